"""What runs from each image: the containers that name it, each with what the ledger says it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import text
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Cluster


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
