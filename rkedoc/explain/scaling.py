"""How many pods a workload has, and how many of them may be taken away: its autoscalers and its disruption budgets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import at, items, mapping, number, text, words
from rkedoc.explain.facts.commandlines import flags_of
from rkedoc.snapshot.record import HIDDEN_RE

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload
    from rkedoc.explain.relations.graph import Relations
    from rkedoc.snapshot.record import Record

# autoscaling/v1 has no fields for metrics other than the processor's, nor for conditions: they stand in annotations
# (kubernetes/kubernetes v1.20, pkg/apis/autoscaling/annotations.go).
_NOTES: Final = "autoscaling.alpha.kubernetes.io/"
_PROPORTIONAL: Final = ("cluster-proportional-autoscaler", "rancher/hardened-cluster-autoscaler")
"""Images of what sizes workloads by the size of the cluster; the second is RKE2's build (rancher/rke2 v1.20.13+rke2r1, scripts/build-images)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What an autoscaler goes by: the metric ``name``, and ``of``, the container or object that it is measured on (empty: the pods).

    ``target`` and ``current`` are the value that it aims at and the last one that it saw: a share of the pods' requests (``90%``) or a
    quantity of Kubernetes; ``current`` is empty where none was seen.
    """

    name: str
    of: str
    target: str
    current: str


@dataclass(frozen=True, slots=True)
class ScalerCondition:
    """A condition that an autoscaler reports of itself; ``reason`` and ``message`` are the controller's own words."""

    type: str
    status: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """A HorizontalPodAutoscaler with its numbers of pods; ``None`` for a number that is not known."""

    record: Record
    least: int
    most: int | None
    current: int | None
    wanted: int | None
    scaled_at: str
    metrics: tuple[Metric, ...]
    conditions: tuple[ScalerCondition, ...]

    @property
    def is_blind(self) -> bool:
        """Whether it says that it cannot work out a number of pods."""
        return any(item.type == "ScalingActive" and item.status == "False" for item in self.conditions)


@dataclass(frozen=True, slots=True)
class Budget:
    """A PodDisruptionBudget: what somebody asked for (a number of pods or a share, one of the two), and what that comes to now.

    ``allowed`` pods may be evicted now, since of the ``expected`` ones ``healthy`` are ready and ``needed`` have to stay; each ``None``
    where its controller has not said so.
    """

    record: Record
    at_least: str
    at_most_away: str
    allowed: int | None
    healthy: int | None
    needed: int | None
    expected: int | None

    @property
    def blocks_for_good(self) -> bool:
        """Whether no pod may be evicted although all are ready: then waiting does not help."""
        known = self.healthy is not None and self.expected is not None
        return self.allowed == 0 and known and bool(self.expected) and (self.healthy or 0) >= (self.expected or 0)


def autoscalers(cluster: Cluster, relations: Relations, workload: str) -> tuple[Autoscaler, ...]:
    """The autoscalers that change the number of a workload's pods, by the workload's id."""
    return tuple(autoscaler(record) for record in _leading(cluster, relations, workload, "scales"))


def sized_by(cluster: Cluster, workload: Workload) -> tuple[Workload, ...]:
    """The workloads that set the number of a workload's pods by the size of the cluster.

    kubernetes-sigs/cluster-proportional-autoscaler v1.8.6, cmd/cluster-proportional-autoscaler/options/options.go: ``--target`` is the kind and the
    name, in the namespace of ``--namespace``.
    """
    return tuple(other for other, container in _sizers(cluster) if _sizes(other, container, workload))


@lru_cache(maxsize=4)
def _sizers(cluster: Cluster) -> tuple[tuple[Workload, Mapping[str, Any]], ...]:
    """The containers that size workloads, each with its own workload."""
    return tuple(
        (workload, container)
        for workload in cluster.workloads()
        for _role, container in containers_of(workload.pod_spec)
        if any(name in text(container, "image") for name in _PROPORTIONAL)
    )


def _sizes(other: Workload, container: Mapping[str, Any], workload: Workload) -> bool:
    flags = flags_of((*words(container, "command"), *words(container, "args")))
    if target := flags.get("target", ""):
        here = flags.get("namespace", other.namespace) == workload.namespace
        return here and target.lower() == f"{workload.kind}/{workload.name}".lower()
    # Where its arguments are not known, its name tells: the charts call it so.
    return other.namespace == workload.namespace and other.name == f"{workload.name}-autoscaler"


def budgets(cluster: Cluster, relations: Relations, workload: str) -> tuple[Budget, ...]:
    """The disruption budgets that count a workload's pods, by the workload's id."""
    return tuple(budget(record) for record in _leading(cluster, relations, workload, "protects"))


def _leading(cluster: Cluster, relations: Relations, workload: str, verb: str) -> Iterator[Record]:
    for edge in relations.of(workload):
        record = cluster.snapshot.get(edge.source) if edge.target == workload and edge.verb == verb else None
        if record is not None:
            yield record


def autoscaler(record: Record) -> Autoscaler:
    """What a HorizontalPodAutoscaler of any version of its API says.

    The least number of pods is 1 where none is given (kubernetes/api v0.20, autoscaling/v1/types.go).
    """
    body = record.body
    least = _count(body, "spec", "minReplicas")
    return Autoscaler(
        record=record,
        least=1 if least is None else least,
        most=_count(body, "spec", "maxReplicas"),
        current=_count(body, "status", "currentReplicas"),
        wanted=_count(body, "status", "desiredReplicas"),
        scaled_at=text(body, "status", "lastScaleTime"),
        metrics=tuple(_metrics(record)),
        conditions=tuple(
            ScalerCondition(text(item, "type"), text(item, "status"), _open(item, "reason"), _open(item, "message"))
            for item in scaler_conditions(record)
        ),
    )


def scaler_conditions(record: Record) -> tuple[Mapping[str, Any], ...]:
    """The conditions of a HorizontalPodAutoscaler as it reports them."""
    return (*items(record.body, "status", "conditions"), *_noted(record, "conditions"))


def budget(record: Record) -> Budget:
    """What a PodDisruptionBudget says."""
    body = record.body
    return Budget(
        record=record,
        at_least=_scalar(at(body, "spec", "minAvailable")),
        at_most_away=_scalar(at(body, "spec", "maxUnavailable")),
        allowed=_count(body, "status", "disruptionsAllowed"),
        healthy=_count(body, "status", "currentHealthy"),
        needed=_count(body, "status", "desiredHealthy"),
        expected=_count(body, "status", "expectedPods"),
    )


# -- metrics in all the shapes that they have had ---------------------------------------------------------------------


def _metrics(record: Record) -> Iterator[Metric]:
    body = record.body
    share = _count(body, "spec", "targetCPUUtilizationPercentage")
    if share is not None:
        seen = _count(body, "status", "currentCPUUtilizationPercentage")
        yield Metric("cpu", "", f"{share}%", "" if seen is None else f"{seen}%")
    current = {
        _measured(item): _value(item, "current")
        for item in (*items(body, "status", "currentMetrics"), *_noted(record, "current-metrics"))
    }
    for item in (*items(body, "spec", "metrics"), *_noted(record, "metrics")):
        name, of = _measured(item)
        yield Metric(name, of, _value(item, "target"), current.get((name, of), ""))


def _source(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a metric that its type names: ``containerResource`` for ``ContainerResource``."""
    kind = text(item, "type")
    return mapping(item, kind[:1].lower() + kind[1:])


def _measured(item: Mapping[str, Any]) -> tuple[str, str]:
    """The name of a metric, and the container or the object that it is measured on."""
    source = _source(item)
    # A name of its own in v2beta1, and in autoscaling/v1's annotations; one inside ``metric`` since v2beta2.
    name = text(source, "name") or text(source, "metric", "name") or text(source, "metricName")
    described = mapping(source, "describedObject") or mapping(source, "target")
    of = f"{text(described, 'kind')} {text(described, 'name')}" if text(described, "kind") else ""
    return name, of or text(source, "container")


def _value(item: Mapping[str, Any], which: str) -> str:
    """The ``target`` or ``current`` value of a metric: fields in an object of that name since v2beta2, before that fields whose names
    begin with it."""
    source = _source(item)
    inside = mapping(source, which)
    for name in ("averageUtilization", "averageValue", "value"):
        found = at(inside, name)
        if found is None:
            found = at(source, f"{which}{name[:1].upper()}{name[1:]}")
        if shown := _scalar(found):
            return f"{shown}%" if name == "averageUtilization" else shown
    return _scalar(at(source, "averageValue"))  # of an object: v2beta1 has no prefix there


def _noted(record: Record, name: str) -> tuple[Mapping[str, Any], ...]:
    written = text(record.body, "metadata", "annotations", f"{_NOTES}{name}")
    try:
        return items({"found": json.loads(written)}, "found") if written else ()
    except (ValueError, RecursionError):
        return ()


def readiness(record: Record) -> tuple[int, int] | None:
    """How many pods of a workload are ready, and how many it wants; ``None`` for kinds that want no number of them."""
    body = record.body
    match record.kind:
        case "DaemonSet":
            return number(body, "status", "numberReady"), number(body, "status", "desiredNumberScheduled")
        case "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController":
            wanted = at(body, "spec", "replicas")
            if wanted is None:
                wanted = 1
            return (number(body, "status", "readyReplicas"), wanted) if isinstance(wanted, int) else None
        case _:
            return None


def _count(body: Mapping[str, Any], *path: str) -> int | None:
    found = at(body, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _scalar(value: object) -> str:
    """A number of pods, a share or a quantity, as it is written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    return str(value)


def _open(item: Mapping[str, Any], name: str) -> str:
    """A text of a condition, unless some of it was hidden."""
    found = text(item, name)
    return "" if HIDDEN_RE.search(found) else found
