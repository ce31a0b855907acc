"""What a snapshot says of the names in a listing, where one is at hand: what the ledger and the pages say, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from rkedoc.catalog.images import parse_image
from rkedoc.explain.images import ImageUser, image_users
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.snapshot.identity import parse_id

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload
    from rkedoc.explain.ledger.ledger import LedgerLine
    from rkedoc.snapshot.record import Record


class KnownNames:
    """The containers, pods, workloads, namespaces and images of a cluster, by their names."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def lines(self, name: str) -> Sequence[LedgerLine]:
        """The ledger's lines of a container: by the engine's name, or ``<namespace>/<pod or workload>/<container>``."""
        return self._lines.get(name.lstrip("/"), ())

    def pods(self, name: str, namespace: str | None) -> Sequence[Record]:
        """The pods of that name, in a namespace or in any."""
        return _within(self._pods.get(name, ()), namespace)

    def workloads(self, name: str, namespace: str | None, kind: str | None = None) -> Sequence[Workload]:
        """The workloads of that name; what a workload itself made (a ReplicaSet) stands for it."""
        known = self.cluster.snapshot
        made = (
            found
            for one in (kind, *_MADE) if one in _MADE
            for record in known.by_kind(one)
            if record.name == name and namespace in (None, record.namespace)
            and (found := self.cluster.workload_of(record.id)) is not None
        )  # fmt: skip
        own = (
            workload
            for workload in self._workloads.get(name, ())
            if namespace in (None, workload.namespace) and kind in (None, workload.kind)
        )
        return tuple({workload.id: workload for workload in (*own, *made)}.values())

    def namespace(self, name: str) -> bool:
        """Whether the cluster has a namespace of that name."""
        return name in self._namespaces

    def image(self, name: str) -> Sequence[ImageUser]:
        """What runs from an image."""
        return self._images.get(name) or self._images_by_path.get(_path(name), ())

    @property
    def names(self) -> Iterable[str]:
        """Every name that is understood."""
        for known in (self._pods, self._workloads, self._images):
            yield from known
        yield from self._namespaces
        yield from self._lines

    @cached_property
    def nodes(self) -> frozenset[str]:
        """The names of the nodes."""
        return frozenset(place.name for place in self.cluster.nodes())

    @cached_property
    def _lines(self) -> Mapping[str, Sequence[LedgerLine]]:
        found: dict[str, list[LedgerLine]] = {}
        for line in build_ledger(self.cluster).lines:
            names = [line.name]
            container = self._container_of(line)
            if container and line.namespace:
                owner = parse_id(line.subject).name if "/" in line.subject else ""
                names += [f"{line.namespace}/{line.pod}/{container}", f"{line.namespace}/{owner}/{container}"]
            for name in dict.fromkeys(names):
                found.setdefault(name, []).append(line)
        return found

    def _container_of(self, line: LedgerLine) -> str:
        record = self.cluster.snapshot.get(line.record_id)
        part = record.body.get("pod") if record is not None and record.kind == "EngineContainer" else None
        return str(part.get("container") or "") if isinstance(part, Mapping) else ""

    @cached_property
    def _pods(self) -> Mapping[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for pod in self.cluster.pods:
            found.setdefault(pod.name, []).append(pod)
        return found

    @cached_property
    def _workloads(self) -> Mapping[str, list[Workload]]:
        found: dict[str, list[Workload]] = {}
        for workload in self.cluster.workloads():
            found.setdefault(workload.name, []).append(workload)
        return found

    @cached_property
    def _namespaces(self) -> frozenset[str]:
        return frozenset(place.name for place in self.cluster.namespaces())

    @cached_property
    def _images(self) -> Mapping[str, Sequence[ImageUser]]:
        return image_users(self.cluster)

    @cached_property
    def _images_by_path(self) -> Mapping[tuple[str, str], Sequence[ImageUser]]:
        return {_path(name): users for name, users in self._images.items()}


_MADE = ("ReplicaSet", "Job", "ReplicationController")


def _within(records: Sequence[Record], namespace: str | None) -> Sequence[Record]:
    return tuple(record for record in records if namespace in (None, record.namespace))


def _path(image: str) -> tuple[str, str]:
    """An image without what does not tell it apart: ``docker.io/library/nginx`` is ``nginx:latest``."""
    reference = parse_image(image)
    return reference.repository or image, reference.digest or reference.tag or "latest"
