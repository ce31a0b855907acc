"""Everything that a node's own files say, part by part, and how each part ended.

Nothing is silently missing: what this account may not read is counted as forbidden, with the paths; what has vanished meanwhile
is counted too; what is not there on this node is no lack.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rkedoc.collect.host.files import (
    FILE_PARTS,
    Files,
    Kernel,
    Machine,
    Mounts,
    Spaces,
    read_files,
    read_kernel,
    read_machine,
    read_mounts,
    read_spaces,
)
from rkedoc.collect.host.listeners import Listeners, read_listeners
from rkedoc.collect.host.processes import Processes, read_processes
from rkedoc.collect.host.root import HostRoot, Reason, Unread
from rkedoc.collect.host.units import Units, read_units
from rkedoc.vocabulary import Result


@dataclass(frozen=True, slots=True)
class Part:
    """How one part of a reading ended.

    ``count`` is what was read. ``unread`` are the paths that were not, with the reasons; ``vanished`` is what has ended meanwhile.
    ``hidden``: there is more than this account is even shown, so that nobody can say how much.
    """

    name: str
    count: int
    unread: tuple[Unread, ...] = ()
    vanished: int = 0
    hidden: bool = False

    @property
    def result(self) -> Result:
        """Complete, partial, forbidden, absent or failed."""
        if not self.unread and not self.hidden:
            return Result.COMPLETE if self.count else Result.ABSENT
        if self.count:
            return Result.PARTIAL
        reasons = {one.reason for one in self.unread} - {"absent"}
        if not reasons and not self.hidden:
            return Result.ABSENT
        return Result.FORBIDDEN if reasons <= {"forbidden"} else Result.FAILED

    @property
    def closed(self) -> tuple[str, ...]:
        """The folders and files at which rights were lacking: behind one of them many paths may lie."""
        return tuple(sorted({one.at for one in self.unread if one.reason == "forbidden"}))

    @property
    def reasons(self) -> tuple[tuple[Reason, int], ...]:
        """For each reason how many paths were not read, by name."""
        return tuple(sorted(Counter(one.reason for one in self.unread).items()))


@dataclass(frozen=True, slots=True)
class HostReading:
    """Everything together, in clear: command lines and configuration may hold secrets."""

    machine: Machine
    kernel: Kernel
    processes: Processes
    listeners: Listeners
    units: Units
    mounts: Mounts
    spaces: Spaces
    files: tuple[Files, ...]
    parts: tuple[Part, ...]

    def part(self, name: str) -> Part:
        """How a part ended. Raises :class:`KeyError` if there is none of that name."""
        return {part.name: part for part in self.parts}[name]


def read_host(root: HostRoot) -> HostReading:
    """Read everything that the allowlist names, below ``root``."""
    machine, kernel = read_machine(root), read_kernel(root)
    processes = read_processes(root)
    listeners = read_listeners(root, processes)
    units, mounts, spaces = read_units(root), read_mounts(root), read_spaces(root)
    if processes.hidden:  # so is the process whose mounts these are
        mounts = replace(mounts, unread=tuple(map(_hidden, mounts.unread)))
    files = tuple(read_files(root, part) for part in FILE_PARTS)
    parts = (
        Part("machine", _told(machine), machine.unread),
        Part("kernel", len(kernel.sysctls) + len(kernel.modules), kernel.unread),
        Part("processes", len(processes.processes), processes.unread, processes.vanished, processes.hidden),
        Part("listeners", len(listeners.listeners), listeners.unread, hidden=processes.hidden),
        Part("units", len(units.units), units.unread),
        Part("mounts", len(mounts.mounts), mounts.unread),
        Part("space", len(spaces.spaces), spaces.unread),
        *(Part(one.part, len(one.files), one.unread) for one in files),
    )
    return HostReading(machine, kernel, processes, listeners, units, mounts, spaces, files, parts)


def _hidden(unread: Unread) -> Unread:
    return replace(unread, reason="forbidden") if unread.reason == "absent" else unread


def _told(machine: Machine) -> int:
    values: Sequence[object] = (machine.os_release, machine.booted, machine.processors, machine.memory)
    return sum(1 for value in values if value)
