"""What runs from each image: the containers that name it, each with what the ledger says it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, mapping, text, words
from rkedoc.cluster.images import image_name
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.ledger.statuses import STATUSES
from rkedoc.snapshot.identity import record_id
from rkedoc.vocabulary import Basis, Origin, Role

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.ledger.line import LedgerLine
    from rkedoc.snapshot.record import Record


SANDBOX: Final = "POD"
"""The name that the kubelet gives the container of a pod's sandbox."""


@dataclass(frozen=True, slots=True)
class ImageUser:
    """A container that names an image: ``subject`` is its workload's record id or, outside pods, its own.

    ``name`` is how its workload, or itself, is called; ``entry`` what the catalog knows of the container, ``origin`` whose it
    is. Of sandboxes, ``container`` is :data:`SANDBOX`.
    """

    subject: str
    name: str
    container: str
    origin: Origin
    entry: Entry | None


def image_users(cluster: Cluster) -> Mapping[str, Sequence[ImageUser]]:
    """What uses each image, by the image's name as it is written there."""
    found: dict[str, dict[ImageUser, None]] = {}
    for workload in cluster.workloads():
        for _role, container in containers_of(workload.pod_spec):
            name, image = text(container, "name"), text(container, "image")
            if image:
                match = cluster.container_match(workload, name)
                entry = match.entry if match is not None else None
                origin = entry.origin if entry is not None else Origin.WORKLOAD
                user = ImageUser(workload.id, f"{workload.namespace}/{workload.name}", name, origin, entry)
                found.setdefault(image, {})[user] = None
    for line in build_ledger(cluster).lines:
        if line.role not in (Role.STANDALONE, Role.SANDBOX):
            continue
        record = cluster.snapshot.get(line.record_id)
        image = text(record.body, "image") if record is not None else ""
        if image:
            entry = cluster.catalog.get(line.component) if line.component else None
            sandbox = line.role == Role.SANDBOX
            user = ImageUser(line.record_id, line.name, SANDBOX if sandbox else "", line.origin, entry)
            found.setdefault(image, {})[user] = None
    return {image: tuple(users) for image, users in found.items()}


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """A line of the ledger with the image that its container was made from.

    ``container`` is the container's name in its pod, :data:`SANDBOX` for a sandbox, empty outside pods. ``image`` is the name that the pod's
    specification gives, or the engine; empty where neither tells. ``digests`` are those under which a registry has it.
    """

    line: LedgerLine
    container: str
    image: str
    digests: tuple[str, ...]


def made_from(cluster: Cluster) -> Iterator[MadeFrom]:
    """The image of each line of the ledger, in the order of the ledger."""
    for line in build_ledger(cluster).lines:
        pod = cluster.get(record_id("", "Pod", line.namespace, line.pod)) if line.pod and line.namespace else None
        if line.made_of == Basis.POD_STATUS:
            container = line.name.rpartition("/")[2].partition(" ")[0]
            image, digests = _in_pod(pod, container)
        else:
            record = cluster.snapshot.get(line.record_id)
            body = record.body if record is not None else {}
            container = SANDBOX if line.role == Role.SANDBOX else text(body, "pod", "container")
            image, digests = _in_pod(pod, container)
            if record is not None:
                image = (
                    image or _identified(text(body, "image")) or _identified(image_name(cluster.snapshot.get, record))
                )
                digests = _of_engine(cluster, record) or digests
        yield MadeFrom(line, container, image, digests)


def _in_pod(pod: Record | None, container: str) -> tuple[str, tuple[str, ...]]:
    """What a pod says of the image of one of its containers."""
    if pod is None:
        return "", ()
    specs = (spec for _role, spec in containers_of(mapping(pod.body, "spec")) if text(spec, "name") == container)
    statuses = (
        status for part in STATUSES for status in items(pod.body, "status", part) if text(status, "name") == container
    )
    status: Mapping[str, Any] = next(statuses, {})
    image = text(next(specs, {}), "image") or _identified(text(status, "image"))
    return image, _digests((text(status, "imageID"),))


def _of_engine(cluster: Cluster, container: Record) -> tuple[str, ...]:
    image = cluster.snapshot.get(f"engine/EngineImage/{container.namespace}/{text(container.body, 'imageId')}")
    return _digests(words(image.body, "digests")) if image is not None else ()


def _digests(references: Sequence[str]) -> tuple[str, ...]:
    """The digests of references that name a repository with one: what is but the id of an image is known to no registry."""
    found = (parse_image(reference) for reference in references)
    return tuple(sorted({one.digest for one in found if one.identified and one.digest}))


def _identified(image: str) -> str:
    return image if parse_image(image).identified else ""
