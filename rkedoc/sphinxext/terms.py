"""What the indices list a page under: its namespace, the images of its containers, the nodes that it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from rkedoc.cluster.fields import items, mapping, text
from rkedoc.snapshot.identity import ON_NODE

if TYPE_CHECKING:
    from rkedoc.snapshot.reader import Snapshot
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.layout import Page

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


class Terms(NamedTuple):
    """What a page is listed under. ``namespace`` is empty for what is in none."""

    namespace: str
    images: tuple[str, ...]
    nodes: tuple[str, ...]


def terms_of(snapshot: Snapshot, page: Page) -> Terms:
    """The terms of a page, from its records."""
    images: set[str] = set()
    nodes: set[str] = set()
    namespace = page.subject if page.kind == "namespace" else ""
    for record_id in page.record_ids if page.kind in ("workload", "container") else ():
        record = snapshot.get(record_id)
        if record is None:
            continue
        images.update(images_of(record))
        if record.group in ON_NODE:
            nodes.add(record.namespace or "")
        else:
            namespace = record.namespace or namespace
            node = mapping(record.body, "spec").get("nodeName") if record.kind == "Pod" else None
            if isinstance(node, str):
                nodes.add(node)
    if page.kind == "node":
        nodes.add(page.subject)
    return Terms(namespace, tuple(sorted(images - {""})), tuple(sorted(nodes - {""})))


def images_of(record: Record) -> Iterator[str]:
    """The images that a record names: of a pod, of the template of a workload, of an engine's container."""
    body = record.body
    if record.group in ON_NODE:
        if isinstance(body.get("image"), str):
            yield body["image"]
        return
    spec = mapping(body, "spec")
    if record.kind == "CronJob":
        spec = mapping(spec, "jobTemplate", "spec")
    if record.kind != "Pod":
        spec = mapping(spec, "template", "spec")
    for group in _CONTAINERS:
        yield from (image for container in items(spec, group) if (image := text(container, "image")))
