"""Images: what is there, what uses each, and what nothing uses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from rkedoc.cluster.fields import number
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Cell,
    Code,
    ObjectTarget,
    Para,
    Row,
    Table,
    View,
)
from rkedoc.sphinxext.views.parts.cells import DASH, code, codes, joined, moment, reservation, size, string, words
from rkedoc.sphinxext.views.parts.podspec import containers
from rkedoc.sphinxext.views.parts.related import page_ref, sentence

if TYPE_CHECKING:
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site


@lru_cache(maxsize=4)
def users_of(site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """What uses each image, by the image's name as it is written there: (record id, name) pairs."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for workload in site.cluster.workloads():
        for _role, container in containers(workload.pod_spec):
            image = string(container, "image")
            if image:
                found.setdefault(image, {})[(workload.id, f"{workload.namespace}/{workload.name}")] = None
    for line in site.ledger.lines:
        if line.role != "standalone":
            continue
        record = site.cluster.snapshot.get(line.record_id)
        image = string(record.body, "image") if record is not None else ""
        if image:
            found.setdefault(image, {})[(line.record_id, line.name)] = None
    sandboxes: dict[str, int] = {}
    for line in site.ledger.lines:
        if line.role == "sandbox":
            record = site.cluster.snapshot.get(line.record_id)
            image = string(record.body, "image") if record is not None else ""
            if image:
                sandboxes[image] = sandboxes.get(image, 0) + 1
    for image, count in sandboxes.items():
        found.setdefault(image, {})[("", _("the sandboxes of {count} pods").format(count=count))] = None
    return {image: tuple(users) for image, users in found.items()}


@lru_cache(maxsize=4)
def engine_images(site: Site) -> Mapping[str, tuple[Record, ...]]:
    """The engines' images by each of their names: tags, digests, and the name without a digest's repository."""
    found: dict[str, list[Record]] = {}
    for record in site.cluster.snapshot.by_kind("EngineImage"):
        for name in (*words(record.body, "tags"), *words(record.body, "digests"), record.name):
            found.setdefault(name, []).append(record)
    return {name: tuple(records) for name, records in found.items()}


def names(site: Site) -> tuple[str, ...]:
    """Every image by the name that it is used under, then those that lie on a node unused, by their first tag."""
    used = users_of(site)
    known = engine_images(site)
    taken = {record.id for name in used for record in _found(known, name)}
    unused: dict[str, None] = {}
    for record in site.cluster.snapshot.by_kind("EngineImage"):
        if record.id not in taken:
            unused[(*words(record.body, "tags"), *words(record.body, "digests"), record.name)[0]] = None
    return (*sorted(used), *sorted(name for name in unused if name not in used))


def _found(known: Mapping[str, tuple[Record, ...]], name: str) -> tuple[Record, ...]:
    bare = name.removeprefix("docker.io/").removeprefix("library/")
    tagged = bare if ":" in bare.rpartition("/")[2] or "@" in bare else f"{bare}:latest"
    return known.get(name) or known.get(bare) or known.get(tagged) or ()


def table(site: Site, key: str) -> View:
    """All images with what uses them."""
    del key
    used = users_of(site)
    known = engine_images(site)
    many = len(site.cluster.nodes()) > 1
    rows = []
    for name in names(site):
        records = _found(known, name)
        target = (ObjectTarget("image", name, name, subject=True),)
        rows.append(
            Row(
                (
                    (Code(name),),
                    _users(site, used.get(name, ())),
                    (size(number(records[0].body, "size")),) if records else DASH,
                    moment(records[0].body.get("created")) if records else DASH,
                    _digest(records) if records else (_("on no collected node"),),
                    *((codes(sorted({record.namespace or "" for record in records})),) if many else ()),
                ),
                objects=target,
            )
        )
    columns = (_("Image"), _("Used by"), _("Size"), _("Built on"), _("Digest"), *((_("Nodes"),) if many else ()))
    notes = reservation(site, ("core/pods", "engine/images"))
    lead = Para((_("Every image that something names, and every image that lies on a node."),))
    return (lead, *notes, Table(columns, tuple(rows), filterable=True))


_MOST = 10


def _users(site: Site, users: tuple[tuple[str, str], ...]) -> Cell:
    if not users:
        return (Badge(_("nothing"), "muted"),)
    cells: list[Cell] = [
        (page_ref(site, record_id, name),) if record_id else (name,) for record_id, name in users[:_MOST]
    ]
    if len(users) > _MOST:
        cells.append((_("{count} more").format(count=len(users) - _MOST),))
    only = sentence(site, users[0][0]) if len(users) == 1 and users[0][0] else ""
    return (*joined(cells), f": {only}") if only else joined(cells)


def _digest(records: tuple[Record, ...]) -> Cell:
    digests = words(records[0].body, "digests") if records else ()
    return code(digests[0].rpartition("@")[2][:19] + "…") if digests else DASH


VIEWS = {"images-table": table}
