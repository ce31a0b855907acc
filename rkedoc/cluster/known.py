"""What a snapshot knows about the names in a listing, where one is at hand: better than what a name alone can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from rkedoc.cluster.distribution import distribution_id
from rkedoc.cluster.fields import mapping, text
from rkedoc.cluster.model import containers_of
from rkedoc.snapshot.identity import CONTROLLERS

if TYPE_CHECKING:
    from rkedoc.snapshot.record import Record


class Records(Protocol):
    """The records of a snapshot."""

    def by_kind(self, kind: str) -> Sequence[Record]: ...

    def get(self, identifier: str) -> Record | None: ...


class ClusterLike(Protocol):
    """Anything that holds a snapshot."""

    @property
    def snapshot(self) -> Records: ...


@dataclass(frozen=True, slots=True)
class Owner:
    """The workload that somebody wrote: for a bare or static pod, the pod itself."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class KnownNames:
    """Pods, workloads and the engine's containers of a snapshot, by their names."""

    def __init__(self, cluster: ClusterLike) -> None:
        self._records = cluster.snapshot

    def pod(self, name: str, namespace: str | None) -> Record | None:
        """The pod of that name; without a namespace only if there is just one."""
        return _only(self._pods.get(name, ()), namespace)

    def owner(self, pod: Record) -> Owner:
        """The workload behind a pod: its controller's controller's …, as far as records of them exist."""
        top, seen = pod, {pod.id}
        while top.owner is not None and top.owner not in seen:
            above = self._records.get(top.owner)
            if above is None or above.kind not in CONTROLLERS:
                break
            seen.add(above.id)
            top = above
        return Owner(top.kind, pod.namespace or "", top.name)

    def workload(self, name: str, namespace: str | None) -> Record | None:
        """The workload of that name that no other one owns; without a namespace only if there is just one."""
        return _only(self._workloads.get(name, ()), namespace)

    def engine(self, name: str) -> Mapping[str, Any]:
        """What the engine says of the container of that name; empty if it has none."""
        record = self._engine.get(name.lstrip("/"))
        return record.body if record is not None else {}

    def role(self, pod: Record, container: str) -> str | None:
        """``init``, ``sidecar`` (an init container that keeps running), ``ephemeral`` or ``app``, by the pod's spec."""
        found = (role for role, item in containers_of(mapping(pod.body, "spec")) if item.get("name") == container)
        return next(found, None)

    def image(self, pod: Record, container: str) -> str | None:
        """The image that the pod's spec gives a container: the engine shows an id."""
        specs = containers_of(mapping(pod.body, "spec"))
        return next((text(item, "image") for _role, item in specs if item.get("name") == container), "") or None

    @cached_property
    def nodes(self) -> frozenset[str]:
        """The names of the nodes."""
        return frozenset(record.name for record in self._records.by_kind("Node"))

    @cached_property
    def distribution(self) -> str | None:
        """The distribution, where the snapshot tells."""
        return distribution_id(self._records) or None

    @cached_property
    def _pods(self) -> Mapping[str, Sequence[Record]]:
        return _by_name(self._records.by_kind("Pod"))

    @cached_property
    def _workloads(self) -> Mapping[str, Sequence[Record]]:
        found = [record for kind in sorted(CONTROLLERS) for record in self._records.by_kind(kind)]
        return _by_name([record for record in found if record.owner is None])

    @cached_property
    def _engine(self) -> Mapping[str, Record]:
        return {record.name: record for record in self._records.by_kind("EngineContainer")}


def _by_name(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.name, []).append(record)
    return found


def _only(records: Sequence[Record], namespace: str | None) -> Record | None:
    matching = [record for record in records if namespace is None or record.namespace == namespace]
    return matching[0] if len(matching) == 1 else None
