"""The node itself as a source: its processes, who listens where, its units and the files that make it a node of Kubernetes.

It reads below a root, ``/`` or wherever a host is mounted, what the allowlist names and nothing else (:mod:`rkedoc.collect.host.root`).
What this account may not read is forbidden, never absent.
"""

from __future__ import annotations

import os
import re
import socket
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from rkedoc.collect.host.processes import Processes
from rkedoc.collect.host.reading import HostReading, Part, read_host
from rkedoc.collect.host.root import HostRoot, Unread
from rkedoc.collect.host.things import (
    HostThing,
    file_thing,
    listener_things,
    machine_thing,
    process_things,
    program_of,
    unit_thing,
)
from rkedoc.collect.intake import Intake
from rkedoc.collect.source import PlannedRequest, Progress
from rkedoc.errors import CollectError, SourceUnavailable
from rkedoc.redact import Redactor
from rkedoc.snapshot.record import Capture, Scope
from rkedoc.vocabulary import Result

SOURCE: Final = "host"

_KINDS: Final = {"processes": "HostProcess", "listeners": "HostListener", "units": "HostUnit"}
"""The records of each part; those of the machine are one, and all others are files."""

_NAMED = re.compile(r"--(?:hostname-override|node-name)[= ]([a-z0-9][a-z0-9.-]{0,252})")

_OF_MACHINE: Final = ("machine", "kernel", "mounts", "space")


class HostSource:
    """The files of one node. Used by one thread."""

    name = SOURCE
    kinds = None
    cluster = ""

    def __init__(
        self, root: Path, *, redactor: Redactor, progress: Progress, resources: ExitStack, node_name: str | None = None
    ) -> None:
        self._path = root
        self._redactor = redactor
        self._progress = progress
        self._resources = resources
        self._node_name = node_name
        self._root: HostRoot | None = None

    def connect(self) -> None:
        """Find the root and look whether processes are there. Raises :class:`~rkedoc.errors.SourceUnavailable`."""
        where = self._redactor.text(str(self._path))
        try:
            self._root = self._resources.enter_context(HostRoot(self._path))
        except CollectError:
            raise SourceUnavailable(
                SOURCE, where, "it is no folder that this account may enter: give the root of the node"
            ) from None
        self._progress.note(f"{SOURCE}: {where}, as user {os.geteuid()}")
        if not isinstance(self._root.names("/proc"), list | tuple):
            raise SourceUnavailable(
                SOURCE, where, "there is no /proc below it: mount the host's /proc there, read-only, or give --host /"
            )
        if self._path == Path("/") and os.geteuid() != 0:
            self._progress.note(
                f"{SOURCE}: not root: what other accounts' processes hold cannot be seen, and is said to be forbidden"
            )

    def pods(self) -> frozenset[str]:
        """None: processes are joined with containers by their control groups, and not with pods."""
        return frozenset()

    def plan(self) -> tuple[PlannedRequest, ...]:
        """The paths that would be looked at, as patterns."""
        from rkedoc.collect.host.allowlist import entries

        return tuple(
            PlannedRequest(SOURCE, "READ" if "text" in entry.how else "LOOK", pattern, ", ".join(entry.how))
            for entry in entries()
            for pattern in entry.patterns
        )

    def collect(self, intake: Intake) -> tuple[Capture, ...]:
        """Read everything once, and give it to the intake part by part."""
        if self._root is None:
            raise SourceUnavailable(SOURCE, str(self._path), "it has not been connected to")
        reading = _of_the_node(read_host(self._root), self._path)
        node = self._node(reading.processes, intake)
        self._progress.note(self._redactor.text(f"{SOURCE}: belongs to the node {node}"))
        processes = tuple(process_things(reading.processes.processes, own=_own(reading.processes, self._path)))
        names = {int(thing.observed["pid"]): thing.name for thing in processes}
        parts: dict[str, Iterable[HostThing]] = {
            "machine": (machine_thing(reading.machine, reading.kernel, reading.mounts, reading.spaces),),
            "processes": processes,
            "listeners": listener_things(reading.listeners.listeners, names),
            "units": map(unit_thing, reading.units.units),
            **{files.part: map(file_thing, files.files) for files in reading.files},
        }
        scopes = [self._part(name, intake, node, reading, things) for name, things in parts.items()]
        return (intake.captures.live(SOURCE, scopes, node=node, tool={"root": self._redactor.text(str(self._path))}),)

    def _part(self, name: str, intake: Intake, node: str, reading: HostReading, things: Iterable[HostThing]) -> Scope:
        self._progress.begin(SOURCE, name)
        taken = intake.host(node)
        for thing in things:
            taken.take(thing.kind, thing.name, thing.intent, thing.observed)
            self._progress.advance(SOURCE, name, objects=1, size=0)
        taken.close()
        parts = [reading.part(one) for one in (_OF_MACHINE if name == "machine" else (name,))]
        result, reason = _ended(parts, taken.refused.total())
        kind = "Host" if name == "machine" else _KINDS.get(name, "HostFile")
        self._progress.end(SOURCE, name, result)
        return Scope(f"{SOURCE}/{name}", "read", str(name), None, result, reason, taken.count, kind=f"{SOURCE}/{kind}")

    def _node(self, processes: Processes, intake: Intake) -> str:
        """Whose host it is: the node whose containers its processes run in; else as the surroundings, its
        kubelet or the only runtime of the run say; on the machine itself its name."""
        if self._node_name:
            return self._node_name
        held = {process.container.id for process in processes.processes if process.container is not None}
        votes = Counter({node: len(held & ids) for node, ids in intake.learned.containers.items()})
        best = min(votes.items(), key=lambda vote: (-vote[1], vote[0]), default=("", 0))
        if best[1]:
            return best[0]
        nodes = sorted(intake.learned.containers)
        told = os.environ.get("NODE_NAME") or _told_name(processes) or (nodes[0] if len(nodes) == 1 else "")
        if not told and self._path == Path("/"):
            told = socket.gethostname()
        return self._redactor.name(told.replace("/", "_")) or "node"


def _told_name(processes: Processes) -> str:
    """What a kubelet, RKE2 or K3s outside containers was told to call its node; empty if none of them says it."""
    for process in processes.processes:
        if process.container is None and program_of(process) in ("kubelet", "rke2", "k3s"):
            found = _NAMED.search(" ".join(process.argv))
            if found:
                return found[1]
    return ""


def _of_the_node(reading: HostReading, root: Path) -> HostReading:
    """A reading without what ``/proc`` tells of the reader's own network where that is not the node's: settings below ``net`` and the
    tables of sockets follow the process that reads them, not the process whose folder they lie in (network_namespaces(7))."""
    if not _is_procfs(root) or _in_the_nodes_network(reading.processes, root):
        return reading
    sysctls = tuple((name, value) for name, value in reading.kernel.sysctls if not name.startswith("net."))
    listeners, parts = reading.listeners, reading.parts
    if listeners.of_reader:
        listeners = replace(listeners, listeners=())
        other = Unread("/proc/1/net", "forbidden", "/proc/1/net")
        parts = tuple(
            replace(part, count=0, unread=(*part.unread, other)) if part.name == "listeners" else part for part in parts
        )
    return replace(reading, kernel=replace(reading.kernel, sysctls=sysctls), listeners=listeners, parts=parts)


_PROC_ROOT: Final = 1
"""The number of the root of a proc file system (Linux, include/linux/proc_ns.h, PROC_ROOT_INO)."""


def _is_procfs(root: Path) -> bool:
    try:
        return (root / "proc").stat().st_ino == _PROC_ROOT
    except OSError:
        return False


def _in_the_nodes_network(processes: Processes, root: Path) -> bool:
    first = next((process.network for process in processes.processes if process.pid == 1), None)
    try:
        own = os.readlink("/proc/self/ns/net")
    except OSError:
        own = ""
    return first == own if first is not None else root == Path("/")


def _own(processes: Processes, root: Path) -> frozenset[int]:
    """This process and what it has started."""
    if root == Path("/"):
        own = {os.getpid()}
    else:
        # Numbers are others there: it is known by its words, which no other process has.
        mine = tuple(_own_words())
        own = {process.pid for process in processes.processes if mine and process.argv == mine}
    for process in sorted(processes.processes, key=lambda one: one.pid):
        if process.ppid in own:
            own.add(process.pid)
    return frozenset(own)


def _own_words() -> Iterator[str]:
    try:
        content = Path("/proc/self/cmdline").read_bytes()
    except OSError:
        return
    yield from content.decode("utf-8", "replace").removesuffix("\0").split("\0")


def _ended(parts: Iterable[Part], refused: int) -> tuple[Result, str]:
    """How a scope ends that some parts make up, with its reasons: what this account may not read, and what was not understood."""
    found = tuple(parts)
    reasons: Counter[str] = Counter()
    for part in found:
        reasons.update({reason: count for reason, count in part.reasons if reason != "absent"})
        reasons.update({"hidden": 1} if part.hidden else {})
        reasons.update({"vanished": part.vanished} if part.vanished else {})
    if refused:
        reasons["not-understood"] = refused
    result = max(
        (part.result for part in found if part.result != Result.ABSENT),
        key=lambda one: one.order,
        default=Result.ABSENT,
    )
    if not reasons and result == Result.PARTIAL:  # what is lacking is not there on this node, which is no lack
        result = Result.COMPLETE
    if (refused or reasons["vanished"]) and result == Result.COMPLETE:
        result = Result.PARTIAL
    if result in (Result.FORBIDDEN, Result.FAILED) and any(part.count for part in found):
        result = Result.PARTIAL
    return result, ", ".join(f"{reason}:{count}" for reason, count in sorted(reasons.items()))
