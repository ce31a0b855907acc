"""The ledger: every container of a node exactly once, on two axes, each with the rule and the evidence that put it there.

Where an engine was read, the lines are its containers (:mod:`rkedoc.explain.ledger.engine`); where none was, they are made
from the statuses of pods (:mod:`rkedoc.explain.ledger.statuses`), which know neither sandboxes nor containers outside pods.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import text
from rkedoc.cluster.model import has_finished
from rkedoc.cluster.runtimes import Runtime
from rkedoc.errors import UsageError
from rkedoc.explain.ledger.engine import engine_lines, pods_without_sandbox
from rkedoc.explain.ledger.line import LedgerLine
from rkedoc.explain.ledger.mismatch import Mismatch, NotCollected
from rkedoc.explain.ledger.statuses import status_lines
from rkedoc.explain.unseen import unseen_containers
from rkedoc.i18n import Message
from rkedoc.nearby import unknown
from rkedoc.vocabulary import Absence, Basis, Origin, Result, Role, Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rkedoc.cluster.model import Cluster

__all__ = ["Ledger", "LedgerLine", "SumStep", "build_ledger", "steps"]


@dataclass(frozen=True, slots=True)
class SumStep:
    """Some lines that are taken away together when the sum is told: in pods by role, outside pods by origin, which ``term`` is."""

    term: Role | Origin
    count: int
    running: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """All containers of a cluster, or of one node.

    ``mismatches`` are what engine and API do not agree about, ``not_collected`` what no line can speak of: nodes whose
    engine was not read with the number of pods bound to them, sources that did not answer. ``counted`` is the number of
    containers that each engine listed, ``runtimes`` whose containers these are, and how much of them was to be seen.
    ``unseen`` says which containers the ledger cannot know of: :attr:`closes` speaks of all others.
    """

    lines: tuple[LedgerLine, ...]
    mismatches: tuple[Mismatch, ...]
    not_collected: tuple[NotCollected, ...]
    counted: tuple[tuple[str, int], ...]
    runtimes: tuple[Runtime, ...] = ()
    unseen: tuple[Message, ...] = ()

    @property
    def closes(self) -> bool:
        """Whether the sums close: each container once, on both axes, none dropped, and none unexplained."""
        total = len(self.lines)
        by_node = Counter(line.node for line in self.lines)
        return (
            len({(line.node, line.record_id, line.name) for line in self.lines}) == total
            and sum(step.count for step in steps(self.lines)) == total
            and all(by_node[node] == count for node, count in self.counted)
            and not self.unexplained
        )

    @property
    def made_of(self) -> Mapping[Basis, int]:
        """How many of the lines were made of what."""
        counts = Counter(line.made_of for line in self.lines)
        return {basis: counts[basis] for basis in Basis if counts[basis]}

    @property
    def unexplained(self) -> tuple[LedgerLine, ...]:
        """The lines that nothing explains."""
        return tuple(line for line in self.lines if line.origin == Origin.UNEXPLAINED)

    def to_json(self) -> dict[str, Any]:
        """The ledger as ``rkedoc ledger --format json`` prints it: the same in every language."""
        return {
            "total": len(self.lines),
            "running": sum(line.state == "running" for line in self.lines),
            "by_role": _counted(line.role for line in self.lines),
            "by_origin": _counted(line.origin for line in self.lines),
            "by_node": dict(sorted(Counter(line.node for line in self.lines).items())),
            "made_of": _counted(line.made_of for line in self.lines),
            "closes": self.closes and not self.unseen,
            "closes_for_what_was_seen": self.closes,
            "not_seen": [str(item) for item in self.unseen],
            "unexplained": [line.name for line in self.unexplained],
            "mismatches": [item.to_json() for item in self.mismatches],
            "not_collected": [item.to_json() for item in self.not_collected],
            "runtimes": [runtime.to_json() for runtime in self.runtimes],
            "containers": [line.to_json() for line in self.lines],
        }


@lru_cache(maxsize=4)
def build_ledger(cluster: Cluster, node: str | None = None) -> Ledger:
    """The ledger of a cluster, or of one of its nodes; lines are sorted by node and name.

    Raises :class:`~rkedoc.errors.UsageError` if the snapshot knows no node of that name.
    """
    if node is not None and node not in {place.name for place in cluster.nodes()}:
        raise UsageError(unknown("node", node, (place.name for place in cluster.nodes())))
    read = cluster.engine_nodes
    if read:
        lines, mismatches = engine_lines(cluster)
        mismatches += pods_without_sandbox(cluster)
    else:
        lines, mismatches = status_lines(cluster), []
    wanted = [line for line in lines if node is None or line.node == node]
    return Ledger(
        lines=tuple(sorted(wanted, key=lambda line: (line.node, line.name, line.id))),
        mismatches=tuple(item for item in mismatches if node is None or item.node == node),
        not_collected=tuple(_not_collected(cluster, node)),
        counted=tuple((name, count) for name, count in _engine_counts(cluster) if node is None or name == node),
        runtimes=tuple(one for one in cluster.runtimes if node in (None, one.node)),
        unseen=unseen_containers(cluster),
    )


def steps(lines: tuple[LedgerLine, ...]) -> tuple[SumStep, ...]:
    """The subtraction that leaves nothing: in pods by role, then outside pods by origin. Each line is in one step."""
    found: dict[Role | Origin, list[LedgerLine]] = {}
    for line in lines:
        found.setdefault(line.origin if line.role == Role.STANDALONE else line.role, []).append(line)
    return tuple(
        SumStep(term, len(found[term]), sum(line.state == "running" for line in found[term]))
        for term in (*Role, *Origin)
        if term in found
    )


def _counted(terms: Iterable[Term]) -> dict[str, int]:
    return {term.value: count for term, count in sorted(Counter(terms).items(), key=lambda item: item[0].order)}


_CONTAINER_LISTS: Final = ("engine/containers", "engine/beside")
"""The lists of containers that a runtime can answer: those of pods, or all, and those that its CRI does not show."""


def _engine_counts(cluster: Cluster) -> list[tuple[str, int]]:
    """How many containers the runtimes of each node have told of; of nodes whose lists were all whole."""
    counts: Counter[str] = Counter()
    broken: set[str] = set()
    for capture in cluster.header.captures:
        for scope in capture.scopes:
            if capture.source != "engine" or scope.name not in _CONTAINER_LISTS or scope.result == Result.SKIPPED:
                continue
            counts[capture.node or ""] += scope.count
            if scope.result != Result.COMPLETE:
                broken.add(capture.node or "")
    return sorted((node, count) for node, count in counts.items() if node not in broken)


def _not_collected(cluster: Cluster, node: str | None) -> Iterator[NotCollected]:
    if not cluster.engine_nodes:
        yield NotCollected(Absence.ENGINE, Message("no engine was read: sandboxes, containers outside pods and dead attempts are not among these lines, which come from the statuses of pods"))  # fmt: skip
    if not cluster.collected("Pod"):
        yield NotCollected(Absence.PODS, Message("the API's pods were not read: whose a container is comes from the labels and names that the engine shows"))  # fmt: skip
        return
    if not cluster.whole("Pod"):
        why = Message("the API's pods were read in part: whose the other containers are comes from the labels and names that the engine shows")  # fmt: skip
        if not cluster.engine_nodes:
            why = Message("the API's pods were read in part: the containers of others are not among these lines")
        yield NotCollected(Absence.PODS, why)
    bound = Counter(text(pod.body, "spec", "nodeName") for pod in cluster.pods if not has_finished(pod))
    for place in cluster.nodes():
        if cluster.engine_nodes and place.name not in cluster.engine_nodes and node in (None, place.name):
            yield NotCollected(Absence.NODE, Message("its engine was not read"), place.name, bound[place.name])
