"""What pods ask for and may use at most, added up for namespaces and for nodes, beside what the nodes have to give.

A pod counts as the scheduler counts it: kubernetes/component-helpers at v0.34, resource/helpers.go, PodRequests and PodLimits. Its containers
are added up with its sidecars; each init container needs its own and that of the sidecars before it, and the pod the larger of both; what is
asked for the pod as a whole takes the place of that sum; the overhead of its runtime class comes on top. Pods that have ended count nowhere
(kubernetes/kubernetes v1.27, pkg/scheduler/scheduler.go, newPodInformer).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, mapping, text
from rkedoc.cluster.model import has_finished
from rkedoc.explain.quantities import parse_quantity
from rkedoc.vocabulary import Role

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

Amounts = Mapping[str, int]
"""Amounts of resources by their names (``cpu``, ``memory``, ``nvidia.com/gpu``), in billionths of a processor, a byte or a piece."""

_OF_PODS: Final = ("cpu", "memory")
"""The resources that can be asked for a pod as a whole, besides huge pages (SupportedPodLevelResources)."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the pods of a namespace or a node ask for together, and may use at most.

    ``unlimited`` is the number of their containers without a limit of memory: the sum of limits says nothing of these.
    """

    pods: int
    requests: Amounts
    limits: Amounts
    unlimited: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """The loads by namespace and by node, and what each node gives to pods. ``unplaced`` is the load of pods that no node has yet;
    ``unread`` the number of quantities that are none."""

    namespaces: Mapping[str, Load]
    nodes: Mapping[str, Load]
    unplaced: Load
    allocatable: Mapping[str, Amounts]
    unread: int


@lru_cache(maxsize=4)
def capacity(cluster: Cluster) -> Capacity:
    """The loads of all namespaces and nodes of a cluster, by the pods of its API."""
    by_namespace: dict[str, _Sum] = {}
    by_node: dict[str, _Sum] = {}
    for pod in cluster.snapshot.by_kind("Pod"):
        if not has_finished(pod):
            own = _Pod(pod.body)
            by_namespace.setdefault(pod.namespace or "", _Sum()).add(own)
            by_node.setdefault(text(pod.body, "spec", "nodeName"), _Sum()).add(own)
    given: dict[str, Amounts] = {}
    unread = sum(one.unread for one in by_namespace.values())
    for node in cluster.snapshot.by_kind("Node"):
        given[node.name], odd = _read(mapping(node.body, "status", "allocatable"))
        unread += odd
    unplaced = by_node.pop("", _Sum())
    return Capacity(_loads(by_namespace), _loads(by_node), unplaced.load, MappingProxyType(given), unread)


def pod_requests(pod: Mapping[str, Any]) -> Amounts:
    """What the scheduler keeps free for a pod."""
    return _Pod(pod).requests


def pod_limits(pod: Mapping[str, Any]) -> Amounts:
    """What a pod may use at most, of the resources for which its containers have limits."""
    return _Pod(pod).limits


class _Pod:
    """A pod with what it asks for, what it may use, and how many of its quantities could not be read."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.unread = 0
        spec = mapping(body, "spec")
        overhead = self._amounts(mapping(spec, "overhead"))
        self.requests = self._requests(body, spec)
        self._take(self.requests, mapping(spec, "resources", "requests"))
        _add(self.requests, overhead)
        self.limits = self._together(spec, lambda container: mapping(container, "resources", "limits"))
        self._take(self.limits, mapping(spec, "resources", "limits"))
        _add(self.limits, {name: amount for name, amount in overhead.items() if self.limits.get(name)})
        whole = "memory" in mapping(spec, "resources", "limits")
        self.unlimited = 0 if whole else sum(
            "memory" not in mapping(container, "resources", "limits")
            for role, container in containers_of(spec)
            if role in (Role.APP, Role.SIDECAR)
        )  # fmt: skip

    def _requests(self, body: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, int]:
        """What its containers ask for; while they are resized (Kubernetes 1.33) the largest of what is asked for, granted and in force."""
        asked = self._together(spec, lambda container: mapping(container, "resources", "requests"))
        told = {
            text(item, "name"): item
            for part in ("initContainerStatuses", "containerStatuses")
            for item in items(body, "status", part)
        }
        if not any("allocatedResources" in item or "resources" in item for item in told.values()):
            return asked
        refused = any(
            text(item, "type") == "PodResizePending" and text(item, "reason") == "Infeasible"
            for item in items(body, "status", "conditions")
        )

        def granted(container: Mapping[str, Any]) -> Mapping[str, Any]:
            status = told.get(text(container, "name"), {})
            if "allocatedResources" in status:
                return mapping(status, "allocatedResources")
            return {} if refused else mapping(container, "resources", "requests")

        def in_force(container: Mapping[str, Any]) -> Mapping[str, Any]:
            status = told.get(text(container, "name"), {})
            return mapping(status, "resources", "requests") or granted(container)

        found = {} if refused else asked
        for choose in (granted, in_force):
            _raise(found, self._together(spec, choose))
        return found

    def _together(
        self, spec: Mapping[str, Any], of: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> dict[str, int]:
        """The resources of all containers of a pod by the rule for init containers and sidecars (KEP-753)."""
        total: dict[str, int] = {}
        sidecars: dict[str, int] = {}
        first: dict[str, int] = {}
        for role, container in containers_of(spec):
            own = self._amounts(of(container))
            if role == Role.APP:
                _add(total, own)
            elif role == Role.SIDECAR:
                _add(total, own)
                _add(sidecars, own)
                _raise(first, sidecars)
            elif role == Role.INIT:
                _raise(first, _added(own, sidecars))
        _raise(total, first)
        return total

    def _take(self, amounts: dict[str, int], whole: Mapping[str, Any]) -> None:
        for name, amount in self._amounts(whole).items():
            if name in _OF_PODS or name.startswith("hugepages-"):
                amounts[name] = amount

    def _amounts(self, written: Mapping[str, Any]) -> dict[str, int]:
        amounts, unread = _read(written)
        self.unread += unread
        return amounts


class _Sum:
    """Pods added up."""

    def __init__(self) -> None:
        self.pods = self.unlimited = self.unread = 0
        self.requests: dict[str, int] = {}
        self.limits: dict[str, int] = {}

    def add(self, pod: _Pod) -> None:
        self.pods += 1
        self.unlimited += pod.unlimited
        self.unread += pod.unread
        _add(self.requests, pod.requests)
        _add(self.limits, pod.limits)

    @property
    def load(self) -> Load:
        return Load(self.pods, MappingProxyType(self.requests), MappingProxyType(self.limits), self.unlimited)


def _loads(sums: Mapping[str, _Sum]) -> Mapping[str, Load]:
    return MappingProxyType({name: sums[name].load for name in sorted(sums)})


def _read(written: Mapping[str, Any]) -> tuple[dict[str, int], int]:
    """The amounts that are written, and the number of those that are none."""
    found = {
        name: parse_quantity(str(value))
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else None
        for name, value in written.items()
    }
    amounts = {name: amount for name, amount in found.items() if amount is not None}
    return amounts, len(found) - len(amounts)


def _add(total: dict[str, int], more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def _added(one: Amounts, other: Amounts) -> dict[str, int]:
    total = dict(one)
    _add(total, other)
    return total


def _raise(total: dict[str, int], at_least: Amounts) -> None:
    for name, amount in at_least.items():
        total[name] = max(total.get(name, amount), amount)


def resources_of(loads: Iterable[Load]) -> tuple[str, ...]:
    """The resources that any of these loads asks for or limits: processors and memory first, then the others by name."""
    found = {name for load in loads for name in (*load.requests, *load.limits)}
    return (*_OF_PODS, *sorted(found.difference(_OF_PODS)))
