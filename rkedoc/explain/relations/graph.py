"""How the objects of a cluster hang together: who owns, selects, mounts, calls, grants what, and where that is written.

The cost is linear in the number of objects and of relations: whatever has to be looked up is looked up in an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.fields import plain
from rkedoc.explain.relations.calls import calls
from rkedoc.explain.relations.objects import object_relations
from rkedoc.explain.relations.pods import pod_relations
from rkedoc.snapshot.identity import parse_id

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

VERBS: Final = (
    "owns", "selects", "routes-to", "handled-by", "mounts", "reads-env", "reads", "pulls-with", "runs-as", "holds", "grants",
    "scheduled-on", "scales", "protects", "binds", "joins", "calls", "served-by", "talks-to",
)  # fmt: skip
"""All verbs, in the order in which the relations of an object are listed."""

_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class Edge:
    """``source`` does to ``target`` what ``verb`` says. Both are ids of records, which the snapshot need not hold: a
    pod may mount a Secret that nobody was allowed to list. ``evidence`` names the field that says so.
    """

    source: str
    verb: str
    target: str
    evidence: str


class Relations:
    """All relations, each once. Immutable."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self.all = tuple(sorted(edges, key=_order))
        found: dict[str, list[Edge]] = {}
        for edge in self.all:
            found.setdefault(edge.source, []).append(edge)
            if edge.target != edge.source:
                found.setdefault(edge.target, []).append(edge)
        self._by_id = MappingProxyType({identifier: tuple(group) for identifier, group in found.items()})

    def of(self, identifier: str) -> tuple[Edge, ...]:
        """The relations that leave or reach the record with this id: by verb (as in :data:`VERBS`), source, target."""
        return self._by_id.get(identifier, ())

    def __iter__(self) -> Iterator[Edge]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)


_RANK: Final = MappingProxyType({verb: rank for rank, verb in enumerate(VERBS)})


def _order(edge: Edge) -> tuple[int, str, str]:
    return _RANK[edge.verb], edge.source, edge.target


def edges(cluster: Cluster) -> Relations:
    """All relations between the objects of a cluster, workloads standing for their pods.

    Several fields may say the same (ten variables from one Secret): they become one relation with all of its evidence.
    """
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for relations in (object_relations, pod_relations, calls):
        for source, verb, target, evidence in relations(cluster):
            if source != target and _is_id(source) and _is_id(target):
                found.setdefault((source, verb, target), {})[plain(evidence)] = None
    return Relations(Edge(*key, _joined(tuple(evidence))) for key, evidence in found.items())


def _is_id(identifier: str) -> bool:
    """Whether this can be the id of a record: names in a body may be anything, such as a namespace with a slash."""
    try:
        parse_id(identifier)
    except ValueError:
        return False
    return True


def _joined(evidence: tuple[str, ...]) -> str:
    more = f" and {len(evidence) - _SHOWN} more" if len(evidence) > _SHOWN else ""
    return ", ".join(evidence[:_SHOWN]) + more
