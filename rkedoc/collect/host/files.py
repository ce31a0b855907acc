"""What the files of a node say: configuration, manifests, certificates, snapshots, images, and the state of the kernel.

Which files these are, and what may be learnt of each, is in ``allowlist.yaml``: each entry of a part is looked for and read in
the way that it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rkedoc.collect.host.allowlist import Entry, entries
from rkedoc.collect.host.processes import booted_in
from rkedoc.collect.host.root import Facts, HostRoot, Space, Unread, moment, shown
from rkedoc.collect.host.x509 import Certificate

FILE_PARTS: Final = (
    "configuration", "environment", "static-pods", "server-manifests", "images", "etcd-snapshots", "certificates",
)  # fmt: skip
"""The parts of a reading that are files of the node, in the order in which they are told."""

_SYSCTLS = "/proc/sys/"


@dataclass(frozen=True, slots=True)
class HostFile:
    """One file, or one folder of which the names are told.

    ``part`` and ``of`` are those of the entry that names it. ``text`` is the contents in clear where they are read,
    ``certificates`` what stands in a file of certificates, ``names`` what is in a folder; ``facts`` is told of every file.
    """

    path: str
    part: str
    of: tuple[str, ...]
    facts: Facts | None = None
    text: str | None = None
    certificates: tuple[Certificate, ...] = ()
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one part, by path, and what could not be read.

    ``withheld`` is the number of files that were found beside them and are never looked at, such as keys.
    """

    part: str
    files: tuple[HostFile, ...]
    unread: tuple[Unread, ...]
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount: what, where, which file system, with which options (proc(5), ``/proc/<pid>/mounts``)."""

    device: str
    path: str
    type: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """The operating system and the machine. ``os_release`` has the fields of os-release(5); ``memory`` is in bytes."""

    os_release: tuple[tuple[str, str], ...]
    booted: str
    processors: int | None
    memory: int | None
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class Kernel:
    """Settings of the kernel by name (``net.ipv4.ip_forward``), its modules, and the file systems that it knows.

    A module that is built into the kernel is not in the list of modules, which may not be there at all.
    """

    sysctls: tuple[tuple[str, str], ...]
    modules: tuple[str, ...]
    filesystems: tuple[str, ...]
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class Mounts:
    """The mounts that concern Kubernetes, how many others there are, and what could not be read."""

    mounts: tuple[Mount, ...]
    others: int
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class Spaces:
    """How large and how full the file systems of folders are, by folder, and what could not be read."""

    spaces: tuple[tuple[str, Space], ...]
    unread: tuple[Unread, ...]


def read_files(root: HostRoot, part: str) -> Files:
    """The files of one part of :data:`FILE_PARTS`. What is not there is not missing."""
    found: dict[str, HostFile] = {}
    unread: dict[str, Unread] = {}
    withheld: set[str] = set()
    for entry in entries(part):
        for path in _paths(root, entry):
            if not isinstance(path, str):
                if path.reason == "withheld":
                    withheld.add(path.path)
                elif path.reason != "absent":
                    unread.setdefault(path.path, path)
                continue
            if path in found:  # an entry before this one tells more of it
                continue
            file = _file(root, path, entry)
            if isinstance(file, HostFile):
                found[path] = file
            elif file is not None:
                unread.setdefault(path, file)
    return Files(part, tuple(found[path] for path in sorted(found)), tuple(unread.values()), len(withheld))


def read_machine(root: HostRoot) -> Machine:
    """The operating system, when it started, and what the machine has."""
    unread: list[Unread] = []
    release = _text(root, "/etc/os-release", [])
    if release is None:
        release = _text(root, "/usr/lib/os-release", unread)
    stat = _text(root, "/proc/stat", unread)
    memory = _text(root, "/proc/meminfo", unread)
    booted = booted_in(stat or "")
    total = re.search(r"^MemTotal:\s+([0-9]+) kB$", memory or "", re.MULTILINE)
    return Machine(
        tuple(_assignments(release or "")),
        moment(booted) if booted is not None else "",
        len(re.findall(r"^cpu[0-9]+ ", stat, re.MULTILINE)) if stat else None,
        int(total[1]) << 10 if total else None,
        tuple(unread),
    )


def read_kernel(root: HostRoot) -> Kernel:
    """The settings and modules of the kernel. A setting that a kernel does not have is not told."""
    unread: list[Unread] = []
    sysctls: list[tuple[str, str]] = []
    for path in _fixed("sysctls"):
        value = _text(root, path, unread, absent=False)
        if value is not None:
            sysctls.append((path.removeprefix(_SYSCTLS).replace("/", "."), " ".join(value.split())))
    modules = _text(root, "/proc/modules", unread, absent=False)
    systems = _text(root, "/proc/filesystems", unread)
    return Kernel(
        tuple(sorted(sysctls)),
        tuple(sorted(line.split(" ", 1)[0] for line in (modules or "").splitlines())),
        tuple(sorted(line.rpartition("\t")[2] for line in (systems or "").splitlines())),
        tuple(unread),
    )


def read_mounts(root: HostRoot) -> Mounts:
    """The mounts of the node at or above the data of Kubernetes and of engines, or below them outside of pods."""
    unread: list[Unread] = []
    text = _text(root, "/proc/1/mounts", unread)
    mounts = [mount for line in (text or "").splitlines() if (mount := _mount(line)) is not None]
    told = tuple(mount for mount in mounts if _concerns(mount.path))
    return Mounts(told, len(mounts) - len(told), tuple(unread))


def read_spaces(root: HostRoot) -> Spaces:
    """The file systems that the folders of the data lie in."""
    spaces: list[tuple[str, Space]] = []
    unread: list[Unread] = []
    for path in _fixed("space"):
        found = root.space(path)
        if isinstance(found, Space):
            spaces.append((path, found))
        elif found.reason != "absent":
            unread.append(found)
    return Spaces(tuple(spaces), tuple(unread))


def _paths(root: HostRoot, entry: Entry) -> Iterator[str | Unread]:
    for pattern in entry.patterns:
        yield from root.find(pattern, entry.how[0])


def _fixed(part: str) -> list[str]:
    """The paths of a part whose patterns name each path in full."""
    return [pattern for entry in entries(part) for pattern in entry.patterns]


def _file(root: HostRoot, path: str, entry: Entry) -> HostFile | Unread | None:
    """A file, why it was not read, or ``None`` if it is not there."""
    if "names" in entry.how:
        names = root.names(path)
        if isinstance(names, Unread):
            return _unless_absent(names)
        return HostFile(shown(path), entry.part, entry.of, names=tuple(map(shown, names)))
    facts = root.facts(path)
    if isinstance(facts, Unread):
        return _unless_absent(facts)
    text: str | None = None
    certificates: tuple[Certificate, ...] = ()
    if "text" in entry.how:
        content = root.read(path)
        if isinstance(content, Unread):
            return _unless_absent(content)
        text = content.decode("utf-8", "replace")
    elif "certificate" in entry.how:
        found = root.certificates(path)
        if isinstance(found, Unread):
            return _unless_absent(found)
        certificates = found
    return HostFile(shown(path), entry.part, entry.of, facts, text, certificates)


def _unless_absent(unread: Unread) -> Unread | None:
    return None if unread.reason == "absent" else unread


def _text(root: HostRoot, path: str, unread: list[Unread], *, absent: bool = True) -> str | None:
    """The contents of a file; what is missing is noted, that it is not there only where ``absent`` says so."""
    found = root.read(path)
    if isinstance(found, Unread):
        if absent or found.reason != "absent":
            unread.append(found)
        return None
    return found.decode("utf-8", "replace")


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """The fields of os-release(5): ``NAME=value``, the value in quotes or not."""
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
                value = re.sub(r"\\([\\\"'$`])", r"\1", value[1:-1])
            yield name, value


def _mount(line: str) -> Mount | None:
    words = [_unescaped(word) for word in line.split(" ")]
    return Mount(words[0], words[1], words[2], tuple(words[3].split(","))) if len(words) >= 4 else None


def _unescaped(word: str) -> str:
    """Blanks in names are written as three octal digits (Linux, fs/proc_namespace.c, mangle)."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), word)


_DATA: Final = (
    "/var/lib/rancher", "/var/lib/kubelet", "/var/lib/containerd", "/var/lib/docker", "/var/lib/containers", "/var/lib/etcd",
    "/var/lib/cni", "/var/log", "/run/k3s", "/run/containerd", "/opt/rke", "/opt/cni", "/etc/kubernetes", "/etc/rancher",
)  # fmt: skip
_OF_CONTAINERS = re.compile(
    r"/(?:pods|overlay2?|overlay-containers|tasks|io\.containerd\.[^/]+|containers|sandboxes|netns|aufs)/"
)
"""What engines and the kubelet mount for single containers and pods, which is as much as there are of them."""


def _concerns(path: str) -> bool:
    if path == "/" or any(folder == path or folder.startswith(f"{path}/") for folder in _DATA):
        return True
    return any(path.startswith(f"{folder}/") for folder in _DATA) and not _OF_CONTAINERS.search(path)
