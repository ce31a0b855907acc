"""Who really listens where: each listening socket of a node with the process or container that holds it, and what for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from rkedoc.explain.facts.ports import NODE_PORTS, purpose_of_port
from rkedoc.explain.ledger.processes import ProcessLine, process_ledger
from rkedoc.i18n import Message
from rkedoc.vocabulary import ProcessClass

if TYPE_CHECKING:
    from rkedoc.cluster.host import HostListener
    from rkedoc.cluster.model import Cluster


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """A listening socket. ``holders`` are the lines of the processes that hold it; where there is none, ``unread`` is the reason.

    ``purpose`` is what its program opens this port for, empty where nothing says so.
    """

    socket: HostListener
    holders: tuple[ProcessLine, ...]
    purpose: Message

    @property
    def everywhere(self) -> bool:
        """Whether it can be reached at every address of the node."""
        return self.socket.address in ("0.0.0.0", "::", "*")

    def to_json(self) -> dict[str, Any]:
        """It as ``rkedoc ledger --format json`` prints it: the same in every language."""
        one = self.socket
        return {
            "node": one.node, "protocol": one.protocol, "address": one.address, "port": one.port,
            "processes": [f"{line.program} ({line.pid})" for line in self.holders],
            "components": sorted({line.component for line in self.holders if line.component}),
            "purpose": str(self.purpose), "unread": one.unread,
        }  # fmt: skip


def open_sockets(cluster: Cluster, node: str | None = None) -> tuple[OpenSocket, ...]:
    """The listening sockets of the nodes whose hosts were read, or of one, by node, port, protocol and address."""
    whole, by_node = _sockets(cluster)
    return whole if node is None else by_node.get(node, ())


@lru_cache(maxsize=4)
def _sockets(cluster: Cluster) -> tuple[tuple[OpenSocket, ...], Mapping[str, tuple[OpenSocket, ...]]]:
    """The sockets of all nodes, and those of each."""
    lines = {line.id: line for line in process_ledger(cluster).lines}
    found: dict[str, list[OpenSocket]] = {}
    for socket in cluster.sockets:
        holders = tuple(lines[identifier] for identifier in socket.processes if identifier in lines)
        found.setdefault(socket.node, []).append(OpenSocket(socket, holders, _purpose(socket, holders)))
    by_node = {node: tuple(own) for node, own in found.items()}
    return tuple(chain.from_iterable(by_node.values())), by_node


_OPENED_IN_THE_KERNEL: Final = ("flanneld", "calico-node")
"""Programs that let the kernel listen: no process holds the ports of their tunnels."""


def _purpose(socket: HostListener, holders: tuple[ProcessLine, ...]) -> Message:
    if not holders and socket.unread != "forbidden" and socket.protocol == "udp":
        of_kernel = (purpose_of_port(socket.port, "UDP", program) for program in _OPENED_IN_THE_KERNEL)
        return next((Message(found.purpose) for found in of_kernel if found is not None), Message(""))
    for line in holders:
        if line.klass not in (ProcessClass.PLATFORM, ProcessClass.IN_CONTAINER):
            continue  # the node's own NGINX is not the ingress controller's
        found = purpose_of_port(socket.port, socket.protocol.upper(), line.program)
        if found is not None:
            return Message(found.purpose)
    if any(line.program == "kube-proxy" for line in holders) and socket.port in NODE_PORTS:
        return Message("kept free for a Service of type NodePort")
    return Message("")
