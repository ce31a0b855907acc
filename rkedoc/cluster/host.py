"""What a snapshot knows of the hosts themselves: their processes, and who listens where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rkedoc.catalog.bound import OnHost
from rkedoc.cluster.fields import mapping, number, text, words

if TYPE_CHECKING:
    from rkedoc.snapshot.reader import Snapshot
    from rkedoc.snapshot.record import Record


@dataclass(frozen=True, slots=True)
class HostProcess:
    """A process of a node.

    ``args`` is known of programs of the platform alone. ``container`` is the id of the container that it runs in or, with
    ``monitor``, watches over; ``shim_of`` that of a shim, in ``shim_namespace`` of its runtime. ``cgroup`` is its control group where that alone
    may tell of a container. ``unit`` is the unit or session that it belongs to, empty if none is known.
    """

    id: str
    node: str
    pid: int
    ppid: int
    program: str
    args: tuple[str, ...]
    unit: str
    kernel: bool
    collector: bool
    container: str
    monitor: bool
    shim_of: str
    shim_namespace: str = ""
    cgroup: str = ""

    @property
    def thing(self) -> OnHost:
        """The process as the catalog is asked of it."""
        return OnHost(self.program, unit=self.unit or None, command=self.args)


@dataclass(frozen=True, slots=True)
class HostListener:
    """An address and port at which something of a node listens. ``processes`` are the ids of the records of those that hold it;
    ``unread`` is the reason for which none is known."""

    id: str
    node: str
    protocol: str
    address: str
    port: int
    processes: tuple[str, ...]
    unread: str


def processes_of(snapshot: Snapshot) -> tuple[HostProcess, ...]:
    """All processes of all nodes, by node and number."""
    found = (_process(record) for record in snapshot.by_kind("HostProcess"))
    return tuple(sorted(found, key=lambda one: (one.node, one.pid)))


def listeners_of(snapshot: Snapshot) -> tuple[HostListener, ...]:
    """All listening sockets of all nodes, by node, port, protocol and address."""
    found = (_listener(record) for record in snapshot.by_kind("HostListener"))
    return tuple(sorted(found, key=lambda one: (one.node, one.port, one.protocol, one.address)))


def hosts_read(records: Iterable[Record]) -> tuple[str, ...]:
    """The nodes whose hosts were read, sorted, by their records of kind ``Host``."""
    return tuple(sorted({record.namespace or "" for record in records} - {""}))


def _process(record: Record) -> HostProcess:
    body = record.body
    place = mapping(body, "container")
    return HostProcess(
        id=record.id,
        node=record.namespace or "",
        pid=number(body, "pid"),
        ppid=number(body, "ppid"),
        program=text(body, "program") or text(body, "comm"),
        args=tuple(words(body, "args")),
        unit=text(body, "unit"),
        kernel=body.get("kernel") is True,
        collector=body.get("collector") is True,
        container=text(place, "id"),
        monitor=place.get("monitor") is True,
        shim_of=text(body, "shim", "id"),
        shim_namespace=text(body, "shim", "namespace"),
        cgroup=text(body, "cgroup"),
    )


def _listener(record: Record) -> HostListener:
    body = record.body
    node = record.namespace or ""
    return HostListener(
        id=record.id,
        node=node,
        protocol=text(body, "protocol"),
        address=text(body, "address"),
        port=number(body, "port"),
        processes=tuple(f"host/HostProcess/{node}/{name}" for name in words(body, "processes")),
        unread=text(body, "unread"),
    )
