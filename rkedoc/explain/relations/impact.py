"""What would be hit if something stopped: what needs it, what needs that, and so on, as far as relations tell.

A relation carries the loss one way only, from its target to its source, and not every relation does: a policy that selects a workload loses
nothing with it. What has several to turn to (a Service with pods of two workloads, a program that calls any of three API servers) is hit
once all of them are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.model import is_over
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.snapshot.identity import parse_id
from rkedoc.vocabulary import Role

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.relations.graph import Edge, Relations

MOST: Final = 200
"""As many are told of; whoever stops the API server hits everything."""

_CARRYING: Final = frozenset({"routes-to", "talks-to", "calls", "served-by"})


@dataclass(frozen=True, slots=True)
class Hit:
    """``record_id`` would be hit, so many steps from what stops. ``edge`` carries it there: its source is what is hit, its target what it loses."""

    record_id: str
    distance: int
    edge: Edge


@dataclass(frozen=True, slots=True)
class Impact:
    """Everything that would be hit, the nearest first; ``is_whole`` is false where there is more than :data:`MOST`."""

    hits: tuple[Hit, ...]
    is_whole: bool = True


class Impacts:
    """What each thing would take with it. Immutable."""

    def __init__(self, cluster: Cluster, relations: Relations) -> None:
        self._relations = relations
        self._over = frozenset(workload.id for workload in cluster.workloads() if is_over(workload))
        self._components = {
            **{workload.id: workload.entry.id for workload in cluster.workloads() if workload.entry is not None},
            **{line.record_id: line.component for line in build_ledger(cluster).lines if line.role == Role.STANDALONE and line.component},
        }  # fmt: skip

    def of(self, stopped: str) -> Impact:
        """What would be hit if the workload or the container outside pods with this id stopped for good; never that itself."""
        lost = {stopped}
        hits: list[Hit] = []
        now = [stopped]
        for distance in count(1):
            following: dict[str, Edge] = {}
            for edge in (edge for target in now for edge in self._needing(target)):
                if edge.source not in lost and edge.source not in following and self._has_nothing_left(edge, lost):
                    following[edge.source] = edge
            now = sorted(following, key=_place)
            hits += [Hit(one, distance, following[one]) for one in now]
            lost.update(now)
            if not now or len(hits) > MOST:
                break
        return Impact(tuple(hits[:MOST]), is_whole=len(hits) <= MOST)

    def _needing(self, target: str) -> Iterator[Edge]:
        """The relations by which something loses what it needs with this target; what has done its work needs nothing."""
        edges = (edge for edge in self._relations.of(target) if edge.target == target and _carries(edge))
        return (edge for edge in edges if edge.source not in self._over)

    def _has_nothing_left(self, edge: Edge, lost: set[str]) -> bool:
        """Whether everything that the source could turn to in place of the target is lost as well."""
        mine = self._like(edge)
        return all(
            other.target in lost or self._like(other) != mine
            for other in self._relations.of(edge.source)
            if other.source == edge.source and other.verb == edge.verb
        )

    def _like(self, edge: Edge) -> str:
        """By what the targets of relations can stand in for one another: any pods of a Service, any instance of a component."""
        if edge.verb == "selects":
            return ""
        return self._components.get(edge.target, edge.target) if edge.verb == "talks-to" else edge.target


def _carries(edge: Edge) -> bool:
    if edge.verb == "selects":
        return parse_id(edge.source).kind == "Service"  # a policy loses nothing with the pods that it is for
    if edge.verb == "joins":
        return (
            parse_id(edge.target).kind == "EngineContainer"
        )  # of another container's network, and not of one of the engine's
    return edge.verb in _CARRYING


def _place(identifier: str) -> tuple[str, str, str]:
    _group, kind, namespace, name = parse_id(identifier)
    return kind, namespace or "", name
