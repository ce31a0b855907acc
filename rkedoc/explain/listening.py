"""Who listens where: what specifications and command lines state, and what nodes whose hosts were read have open, as one list.

Where both tell of a port, what was read of the host counts. What rules of the packet filter lead on (a NodePort, a hostPort, a port that
the engine publishes) needs no socket, so that it stands beside the sockets as it is stated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from rkedoc.explain.facts.listeners import listeners
from rkedoc.explain.ledger.sockets import open_sockets
from rkedoc.snapshot.kinds import SCOPES
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.facts.listeners import Listener
    from rkedoc.explain.ledger.sockets import OpenSocket

_Place = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Listening:
    """A port at which something listens: by a ``socket`` that the host has open, by what is ``stated``, or by both.

    ``node`` is empty for what is so on every node; ``address`` is empty where nothing says it.
    """

    port: int
    protocol: str
    address: str
    node: str
    socket: OpenSocket | None
    stated: Listener | None


@lru_cache(maxsize=4)
def listening(cluster: Cluster) -> tuple[Listening, ...]:
    """Every port once for each node, address and source: by port, protocol, node and address, what was measured first."""
    sockets: dict[_Place, list[OpenSocket]] = {}
    for one in open_sockets(cluster):
        sockets.setdefault((one.socket.node, one.socket.port, one.socket.protocol.upper()), []).append(one)
    nodes = {node.name for node in cluster.nodes()}
    whole = _read_whole(cluster)
    told: dict[_Place, Listener] = {}
    found = []
    for item in listeners(cluster):
        alike = {place for place in sockets if place[1:] == (item.port, item.protocol)} if not item.node else set()
        here = (item.node, item.port, item.protocol)
        if item.filtered:
            found.append(_as_stated(item))
        elif here in sockets:
            told.setdefault(here, item)
        elif alike:
            for place in alike:
                told.setdefault(place, item)
            if not nodes <= {place[0] for place in alike}:
                found.append(_as_stated(replace(item, address="", default="")))
        elif not (item.default and item.node in whole):
            found.append(_as_stated(item))
    for place, open_here in sockets.items():
        node, port, protocol = place
        found += [Listening(port, protocol, one.socket.address, node, one, told.get(place)) for one in open_here]
    return tuple(sorted(found, key=_order))


def _as_stated(item: Listener) -> Listening:
    return Listening(item.port, item.protocol, item.address, item.node, None, item)


def _order(one: Listening) -> tuple[int, str, str, bool, str, str]:
    name = one.stated.name if one.stated is not None else ""
    return one.port, one.protocol, one.node, one.socket is None, one.address, name


def _read_whole(cluster: Cluster) -> frozenset[str]:
    """The nodes all of whose open sockets were read."""
    return frozenset(
        capture.node
        for capture in cluster.header.captures
        for scope in capture.scopes
        if capture.node and scope.name == SCOPES["HostListener"] and scope.result == Result.COMPLETE
    )
