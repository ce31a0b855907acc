"""What the kernel of a node shows in tables of processes: its own threads, and as much of a name as it keeps."""

from __future__ import annotations

import re

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


def is_kernel_thread(name: str) -> bool:
    """Whether a name is that of a thread of the kernel, which no program has."""
    return _KERNEL.fullmatch(name) is not None
