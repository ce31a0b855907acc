"""Every process of a node: proc(5), and proc_pid_stat(5) for the fields.

A process that ends while it is being read is left out and counted; what this account may not see of one is said to be
forbidden.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final

from rkedoc.collect.host.cgroups import ContainerPlace, container_of, paths_of, unit_of
from rkedoc.collect.host.root import HostRoot, Reason, Unread, moment, shown

MOST_ARGUMENTS: Final = 32 << 10
"""As many bytes of a command line are read."""

_PF_KTHREAD = 0x00200000
"""The flag of a thread of the kernel (Linux, include/linux/sched.h). That it comes from process 2 proves nothing: in a process
namespace of its own, as in a node that is a container, process 2 is any process."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process.

    ``started`` is RFC 3339 in UTC, to the second, or empty if the time of boot could not be read. ``state`` is the letter of
    proc(5). ``comm`` is the name of its program, at most 15 bytes (longer for threads of the kernel). ``argv`` is what the
    process shows as its command line, which it may have written itself; threads of the kernel have none; ``argv_cut`` tells
    that there is more. ``uid`` is the effective one, ``None`` if not read. ``exe`` is the path of its program as its own
    root has it, ``network`` names its network namespace; each is ``None`` with the reason beside it where it could not be read
    (``absent`` for threads of the kernel and for what has ended). ``depth`` is the number of process namespaces that it lies
    in, the node's own being 1.
    """

    pid: int
    ppid: int
    started: str
    state: str
    comm: str
    argv: tuple[str, ...]
    argv_cut: bool
    uid: int | None
    exe: str | None
    exe_unread: Reason | None
    network: str | None
    network_unread: Reason | None
    cgroups: tuple[str, ...]
    threads: int
    kernel: bool
    depth: int

    @property
    def container(self) -> ContainerPlace | None:
        """The container that it runs in, by its control groups."""
        return next((place for path in self.cgroups if (place := container_of(path))), None)

    @property
    def unit(self) -> str | None:
        """The service or session that it belongs to, by its control groups."""
        return next((unit for path in self.cgroups if (unit := unit_of(path))), None)


@dataclass(frozen=True, slots=True)
class Processes:
    """All processes, by number. ``vanished`` ended meanwhile; ``unread`` is what could not be read of those that are there.

    ``hidden``: the processes of others are not even listed for this account (proc(5), ``hidepid``).
    """

    processes: tuple[Process, ...]
    vanished: int
    unread: tuple[Unread, ...]
    hidden: bool = False


@dataclass(slots=True)
class _Reader:
    root: HostRoot
    booted: int | None
    unread: list[Unread] = field(default_factory=list)

    def process(self, pid: int) -> Process | None:
        """One process; ``None`` if it has ended, or if nothing of it may be read, which is noted."""
        folder = f"/proc/{pid}"
        stat = self._text(f"{folder}/stat")
        fields = _stat(stat) if isinstance(stat, str) else None
        if fields is None:
            if not isinstance(stat, Unread):
                self.unread.append(Unread(f"{folder}/stat", "failed", f"{folder}/stat"))
            elif stat.reason != "absent":
                self.unread.append(stat)
            return None
        cgroup, status = self._text(f"{folder}/cgroup"), self._text(f"{folder}/status")
        command = self.root.head(f"{folder}/cmdline", MOST_ARGUMENTS)
        exe, network = self.root.link(f"{folder}/exe"), self.root.link(f"{folder}/ns/net")
        answers = (cgroup, status, command)
        if any(isinstance(answer, Unread) and answer.reason == "absent" for answer in answers):
            return None
        for answer in (*answers, exe, network):
            if isinstance(answer, Unread) and answer.reason != "absent":
                self.unread.append(answer)
        told = _status(status) if isinstance(status, str) else {}
        kernel = bool(fields.flags & _PF_KTHREAD)
        return Process(
            pid=pid,
            ppid=fields.ppid,
            started="" if self.booted is None else moment(self.booted + fields.ticks / os.sysconf("SC_CLK_TCK")),
            state=fields.state,
            comm=fields.comm,
            argv=() if isinstance(command, Unread) or kernel else _arguments(command.content),
            argv_cut=not isinstance(command, Unread) and command.cut,
            uid=_number(told.get("Uid", "").split(), 1),
            exe=None if isinstance(exe, Unread) else shown(exe),
            exe_unread=exe.reason if isinstance(exe, Unread) else None,
            network=None if isinstance(network, Unread) else shown(network),
            network_unread=network.reason if isinstance(network, Unread) else None,
            cgroups=paths_of(cgroup) if isinstance(cgroup, str) else (),
            threads=fields.threads,
            kernel=kernel,
            depth=len(told.get("NSpid", "").split()) or 1,
        )

    def _text(self, path: str) -> str | Unread:
        found = self.root.read(path)
        return found if isinstance(found, Unread) else found.decode("utf-8", "replace")


def read_processes(root: HostRoot) -> Processes:
    """Every process that the root's ``/proc`` shows."""
    names = root.names("/proc")
    if isinstance(names, Unread):
        return Processes((), 0, (names,))
    pids = sorted(int(name) for name in names if name.isascii() and name.isdecimal())
    stat = root.read("/proc/stat")
    reader = _Reader(root, None if isinstance(stat, Unread) else booted_in(stat.decode("ascii", "replace")))
    found: list[Process] = []
    vanished = 0
    for pid in pids:
        noted = len(reader.unread)
        process = reader.process(pid)
        if process is not None:
            found.append(process)
        elif len(reader.unread) == noted:
            vanished += 1
    # There is always a process 1: where it is not listed, others are not either.
    hidden = bool(pids) and 1 not in pids
    return Processes(tuple(found), vanished, tuple(reader.unread), hidden)


def booted_in(stat: str) -> int | None:
    """When the node started, in seconds since 1970, by its ``/proc/stat``; ``None`` if that does not say it."""
    lines = (line.split() for line in stat.splitlines())
    return next((_number(words, 1) for words in lines if words[:1] == ["btime"]), None)


@dataclass(frozen=True, slots=True)
class _Stat:
    comm: str
    state: str
    ppid: int
    flags: int
    threads: int
    ticks: int


def _stat(text: str) -> _Stat | None:
    """The fields of ``/proc/<pid>/stat``. The name stands in brackets and may hold brackets itself."""
    before, _bracket, after = text.rpartition(")")
    _pid, _space, comm = before.partition("(")
    words = after.split()
    try:
        return _Stat(comm, words[0], int(words[1]), int(words[6]), int(words[17]), int(words[19]))
    except (ValueError, IndexError):
        return None


def _status(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _colon, value in pairs}


def _arguments(content: bytes) -> tuple[str, ...]:
    """The words of a command line. A process that wrote its own may have left NULs at its end, which are no words."""
    stripped = content.rstrip(b"\0")
    return tuple(word.decode("utf-8", "replace") for word in stripped.split(b"\0")) if stripped else ()


def _number(words: list[str], index: int) -> int | None:
    return int(words[index]) if len(words) > index and words[index].isascii() and words[index].isdecimal() else None
