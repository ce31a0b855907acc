"""What many pages look up: derived from a site once, then only read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from rkedoc.catalog.entry import VIEWPOINT
from rkedoc.cluster.fields import mapping, natural
from rkedoc.explain.health.checks import Problem, problems
from rkedoc.explain.relations.impact import Impacts
from rkedoc.explain.rights import rights
from rkedoc.explain.viewpoints import Chosen, chosen
from rkedoc.snapshot.identity import ON_NODE, parse_id
from rkedoc.sphinxext.views.parts.cells import scalar

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Workload
    from rkedoc.explain.ledger.ledger import LedgerLine
    from rkedoc.explain.rights import Grant
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

MADE_BY_CONTROLLERS = frozenset(
    ("ReplicaSet", "Pod", "Endpoints", "EndpointSlice", "ControllerRevision", "Event", "Lease", "Job")
)


class Desk:
    """The indexes of a site that views share. Get one with :func:`desk`."""

    def __init__(self, site: Site) -> None:
        self.site = site

    @cached_property
    def by_namespace(self) -> Mapping[str, Mapping[str, tuple[Record, ...]]]:
        """The records of each namespace by kind, by name."""
        found: dict[str, dict[str, list[Record]]] = {}
        for record in self.site.cluster.snapshot.records:
            if record.namespace is not None and record.group not in ON_NODE:
                found.setdefault(record.namespace, {}).setdefault(record.kind, []).append(record)
        return {
            namespace: {
                kind: tuple(sorted(records, key=lambda one: natural(one.name))) for kind, records in kinds.items()
            }
            for namespace, kinds in found.items()
        }

    def of_kind(self, namespace: str, kind: str) -> tuple[Record, ...]:
        """The records of one kind in a namespace."""
        return self.by_namespace.get(namespace, {}).get(kind, ())

    @cached_property
    def lines_by_node(self) -> Mapping[str, tuple[LedgerLine, ...]]:
        """The ledger's lines of each node."""
        found: dict[str, list[LedgerLine]] = {}
        for line in self.site.ledger.lines:
            found.setdefault(line.node, []).append(line)
        return {node: tuple(lines) for node, lines in found.items()}

    @cached_property
    def lines_by_pod(self) -> Mapping[tuple[str, str], tuple[LedgerLine, ...]]:
        """The ledger's lines of each pod, by namespace and name."""
        found: dict[tuple[str, str], list[LedgerLine]] = {}
        for line in self.site.ledger.lines:
            if line.pod and line.namespace:
                found.setdefault((line.namespace, _short(line.pod)), []).append(line)
        return {key: tuple(lines) for key, lines in found.items()}

    @cached_property
    def lines_by_record(self) -> Mapping[str, LedgerLine]:
        """The ledger's lines by the id of their record."""
        return {line.record_id: line for line in self.site.ledger.lines if line.record_id}

    @cached_property
    def engine_nodes(self) -> frozenset[str]:
        """The nodes whose engines were collected."""
        return frozenset(line.node for line in self.site.ledger.lines if line.record_id.startswith("engine/"))

    @cached_property
    def _pods_by_label(self) -> Mapping[tuple[str, str, str], tuple[Record, ...]]:
        found: dict[tuple[str, str, str], list[Record]] = {}
        for pod in self.site.cluster.snapshot.by_kind("Pod"):
            for name, value in mapping(pod.body, "metadata", "labels").items():
                found.setdefault((pod.namespace or "", name, scalar(value)), []).append(pod)
        return {key: tuple(pods) for key, pods in found.items()}

    def selected(self, namespace: str, labels: Mapping[str, object]) -> tuple[Record, ...]:
        """The pods of a namespace that have all of these labels; none for no labels."""
        sets = [self._pods_by_label.get((namespace, name, scalar(value)), ()) for name, value in labels.items()]
        if not sets:
            return ()
        fewest, *others = sorted(sets, key=len)
        ids = [{pod.id for pod in pods} for pods in others]
        return tuple(pod for pod in fewest if all(pod.id in known for known in ids))

    @cached_property
    def workload_of_pod(self) -> Mapping[str, Workload]:
        """The workload of each pod, by the id of the pod's record."""
        return {pod.id: workload for workload in self.site.cluster.workloads() for pod in workload.pods}

    @cached_property
    def workloads_in(self) -> Mapping[str, tuple[Workload, ...]]:
        """The workloads of each namespace."""
        found: dict[str, list[Workload]] = {}
        for workload in self.site.cluster.workloads():
            found.setdefault(workload.namespace, []).append(workload)
        return {namespace: tuple(group) for namespace, group in found.items()}

    @cached_property
    def workload_by_id(self) -> Mapping[str, Workload]:
        """Every workload by its id."""
        return {workload.id: workload for workload in self.site.cluster.workloads()}

    @cached_property
    def impacts(self) -> Impacts:
        """What would be hit if something stopped."""
        return Impacts(self.site.cluster, self.site.relations)

    @cached_property
    def viewpoints(self) -> Mapping[str, Chosen]:
        """What each viewpoint chooses, by its id."""
        cluster = self.site.cluster
        return {entry.id: chosen(cluster, entry) for entry in cluster.catalog.of_kind(VIEWPOINT)}

    @cached_property
    def viewpoints_of(self) -> Mapping[str, tuple[Entry, ...]]:
        """The viewpoints that choose a workload, by its id."""
        found: dict[str, list[Entry]] = {}
        for entry in self.site.cluster.catalog.of_kind(VIEWPOINT):
            for workload in self.viewpoints[entry.id].workloads:
                found.setdefault(workload.id, []).append(entry)
        return {identifier: tuple(entries) for identifier, entries in found.items()}

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is not well, the worst first."""
        return tuple(problems(self.site.cluster))

    @cached_property
    def problems_by_record(self) -> Mapping[str, tuple[Problem, ...]]:
        """What is not well, by the id of each record concerned."""
        found: dict[str, list[Problem]] = {}
        for problem in self.problems:
            for record_id in dict.fromkeys((problem.record_id, *problem.others)):
                if record_id:
                    found.setdefault(record_id, []).append(problem)
        return {key: tuple(group) for key, group in found.items()}

    @cached_property
    def ill(self) -> frozenset[str]:
        """The ids of the records with which something does not work."""
        return frozenset(
            record_id
            for record_id, found in self.problems_by_record.items()
            if any(problem.severity.is_grave for problem in found)
        )

    def problems_of(self, record_ids: Iterable[str]) -> tuple[Problem, ...]:
        """What is not well with any of these records, the worst first, each once."""
        found = (
            problem for record_id in dict.fromkeys(record_ids) for problem in self.problems_by_record.get(record_id, ())
        )
        return tuple(sorted(dict.fromkeys(found), key=lambda problem: problem.severity.order))

    def problems_with(self, workload: Workload) -> tuple[Problem, ...]:
        """What is not well with a workload: with itself, its pods, and what is there for it alone, such as its autoscaler or its claims."""
        ids = [workload.id, *(pod.id for pod in workload.pods)]
        for edge in self.site.relations.of(workload.id):
            other = edge.source if edge.target == workload.id else edge.target
            if parse_id(other).kind in _ATTACHED:
                ids.append(other)
        return self.problems_of(ids)

    def problems_in(self, namespace: str) -> tuple[Problem, ...]:
        """What is not well in a namespace, the worst first, each once: with its workloads, and with everything else that lies in it."""
        of_workloads = {
            problem for workload in self.workloads_in.get(namespace, ()) for problem in self.problems_with(workload)
        }
        return tuple(
            problem
            for problem in self.problems
            if problem in of_workloads or (problem.record_id and _lies_in(problem.record_id, namespace))
        )

    @cached_property
    def grants_by_namespace(self) -> Mapping[str | None, tuple[Grant, ...]]:
        """The rights that bindings give in each namespace; under ``None`` those in the whole cluster."""
        found: dict[str | None, list[Grant]] = {}
        for grant in rights(self.site.cluster).grants:
            found.setdefault(grant.namespace, []).append(grant)
        return {namespace: tuple(group) for namespace, group in found.items()}

    def summary(self, entry: Entry | None) -> str:
        """The catalog's one sentence, or nothing."""
        return entry.summary if entry is not None else ""


_ATTACHED = frozenset({"HorizontalPodAutoscaler", "Ingress", "PersistentVolumeClaim", "PodDisruptionBudget", "Service"})
"""Kinds of objects that are there for a workload: what is not well with them is told where the workload is described."""


def _lies_in(record_id: str, namespace: str) -> bool:
    found = parse_id(record_id)
    return found.group not in ON_NODE and found.namespace == namespace


def _short(pod: str) -> str:
    return pod.rpartition("/")[2]


@lru_cache(maxsize=4)
def desk(site: Site) -> Desk:
    """The desk of a site."""
    return Desk(site)
