"""What the operating system runs on a node for itself: data in ``listing/system_programs.yaml``, and the kernel's own threads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from rkedoc.catalog.entry import is_pattern
from rkedoc.i18n import language
from rkedoc.resources import load_yaml

COMM_LENGTH = 15
"""How many characters the kernel keeps of a program's name (linux, include/linux/sched.h, TASK_COMM_LEN, less the closing zero)."""

# Names of the kernel's own threads, as far as `ps -e` and `top` print them, which leave the brackets out. Before a slash stands what
# the thread does, after it for which processor or disk.
_KERNEL = re.compile(
    r"(?:kworker|ksoftirqd|migration|cpuhp|idle_inject|jbd2|xfsaild|xfs-[a-z-]+|irq|rcuop|rcuos|rcuog|rcuob|rcuc|rcub|kdmflush"
    r"|btrfs(?:-\w+)?|ktimers|dio|watchdog)[/:-].+"
    r"|kthreadd|rcu_\w+(?:/\d+)?|kdamond\.\d+|netns|kdevtmpfs|kauditd|khungtaskd|oom_reaper|writeback|kcompactd\d*|ksmd|khugepaged|kintegrityd|kblockd"
    r"|blkcg_punt_bio|tpm_dev_wq|ata_sff|md|md_bitmap|edac-poller|devfreq_wq|watchdogd|kswapd\d*|ecryptfs-kthrea\w*|kthrotld"
    r"|acpi_thermal_pm|vfio-irqfd-clea\w*|mld|ipv6_addrconf|kstrp|zswap-shrink|charger_manager|cryptd|ttm_swap|raid5wq"
    r"|ext4-rsv-conver\w*|kdmflush|loop\d+|hwrng|psimon|pool_workqueue_\w*|slub_flushwq|inet_frag_wq|nfsiod|nfsd|lockd|rpciod"
    r"|xprtiod|iscsi_\w+|mpt_poll_\d+|kmpathd|kmpath_handlerd|kaluad|kpsmoused|scsi_(?:eh|tmf)_\d+|xfs_\w+|nvme-[a-z-]*wq"
    r"|card\d+-crtc\d+|hv_balloon|dm_bufio_cache|tls-strp|audit_prune_tree"
)


@dataclass(frozen=True, slots=True)
class SystemProgram:
    """A program of an operating system, and one sentence that says what it does, in the language in use."""

    name: str
    summary: str


def system_program(name: str) -> SystemProgram | None:
    """The program of that name; a name of as many characters as the kernel keeps may be the beginning of one.

    ``None`` for what is not known to be of an operating system.

    >>> system_program("systemd-journal").name
    'systemd-journald'
    """
    known = _programs()
    full = name if name in known else full_name(name, known)
    return SystemProgram(full, _said(known[full])) if full is not None else None


def system_unit(unit: str) -> SystemProgram | None:
    """The program that a unit of systemd starts, where that is one of an operating system."""
    for name, found in _programs().items():
        if any(fnmatchcase(unit, pattern) for pattern in found.get("units", ())):
            return SystemProgram(name, _said(found))
    return None


def full_name(name: str, known: Iterable[str], length: int = COMM_LENGTH) -> str | None:
    """The one known name that begins with what was kept of it; ``None`` if there is none, or more than one.

    ``length`` is how many characters whoever printed the name keeps: a shorter one is whole.
    """
    if len(name) < length:
        return None
    found = [one for one in known if one.startswith(name) and not is_pattern(one)]
    return found[0] if len(found) == 1 else None


def is_kernel_thread(name: str) -> bool:
    """Whether a name is that of a thread of the kernel, which no program has."""
    return _KERNEL.fullmatch(name) is not None


def _programs() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = load_yaml("explain", "listing", "system_programs.yaml")
    return found


def _said(words: Mapping[str, Any]) -> str:
    return str(words.get(language(), "") or words.get("en", ""))
