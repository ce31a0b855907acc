"""Whether the collector itself runs in a container, and in which."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection
from pathlib import Path

_LONG = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SHORT = re.compile(r"[0-9a-f]{12}\Z")
_IN_CONTAINERS = re.compile(r"/containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\.conf)\Z")
_OWN_FILES = frozenset({"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"})


def own_container_ids(proc: Path = Path("/proc/self"), hostname: str | None = None) -> tuple[str, ...]:
    """Ids, or beginnings of ids, by which an engine may know the container that this process runs in.

    The control groups name it (with cgroup v1, or without a namespace of their own); otherwise the files that an engine
    mounts over ``/etc/hostname``, ``/etc/hosts`` and ``/etc/resolv.conf``, whose origin the mount table tells; otherwise
    the host's name, which is the first twelve digits of the id unless somebody chose another. Empty on a host.
    """
    grouped = {identifier for line in _lines(proc / "cgroup") for identifier in _LONG.findall(line)[-1:]}
    if grouped:
        return tuple(sorted(grouped))
    mounted = set()
    for line in _lines(proc / "mountinfo"):
        fields = line.split(" ")
        # proc(5): the fourth field is the root of the mount in its file system, the fifth where it is mounted.
        if len(fields) > 5 and fields[4] in _OWN_FILES and (found := _IN_CONTAINERS.search(fields[3])):
            mounted.add(found[1])
    if mounted:
        return tuple(sorted(mounted))
    name = socket.gethostname() if hostname is None else hostname
    return (name,) if _SHORT.match(name) else ()


def is_own(identifier: str, own: Collection[str]) -> bool:
    """Whether a container's id is one of those that :func:`own_container_ids` found."""
    return any(identifier.startswith(part) for part in own)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
