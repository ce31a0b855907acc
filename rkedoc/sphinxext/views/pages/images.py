"""Images: what is there, what uses each, and what nothing uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from rkedoc.cluster.fields import number
from rkedoc.explain.images import image_users
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
from rkedoc.sphinxext.views.parts.cells import DASH, code, codes, joined, moment, reservation, size, words
from rkedoc.sphinxext.views.parts.related import page_ref, sentence

if TYPE_CHECKING:
    from rkedoc.explain.images import ImageUser
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site


@lru_cache(maxsize=4)
def users_of(site: Site) -> Mapping[str, Sequence[ImageUser]]:
    """What uses each image, by the image's name as it is written there."""
    return image_users(site.cluster)


@lru_cache(maxsize=4)
def engine_images(site: Site) -> Mapping[str, tuple[Record, ...]]:
    """The engines' images by each of their names: tags, digests, and the name without a digest's repository.

    containerd writes the registry and the tag that people leave out (distribution/reference v0.6.0, normalize.go); Docker does not.
    """
    found: dict[str, dict[str, Record]] = {}
    for record in site.cluster.snapshot.by_kind("EngineImage"):
        for name in (*words(record.body, "tags"), *words(record.body, "digests"), record.name):
            found.setdefault(_short(name), {})[record.id] = record
    return {name: tuple(records.values()) for name, records in found.items()}


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
    return known.get(_short(name)) or known.get(name) or ()


def _short(name: str) -> str:
    """An image's name as two programs that write it differently would both come to it: without Docker's registry, with a tag or a digest."""
    bare = name.removeprefix("docker.io/").removeprefix("library/")
    return bare if ":" in bare.rpartition("/")[2] or "@" in bare else f"{bare}:latest"


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


def _users(site: Site, users: Sequence[ImageUser]) -> Cell:
    if not users:
        return (Badge(_("nothing"), "muted"),)
    named = dict.fromkeys((user.subject, user.name) for user in users if user.container != "POD")
    cells: list[Cell] = [(page_ref(site, subject, name),) for subject, name in list(named)[:_MOST]]
    if len(named) > _MOST:
        cells.append((_("{count} more").format(count=len(named) - _MOST),))
    if sandboxes := sum(user.container == "POD" for user in users):
        cells.append((_("the sandboxes of {count} pods").format(count=sandboxes),))
    entries = {user.entry.id: user.entry for user in users if user.entry is not None}
    if len(entries) == 1 and all(user.entry is not None for user in users):
        return (*joined(cells), ": ", next(iter(entries.values())).summary)
    only = sentence(site, users[0].subject) if not entries and len(named) == 1 else ""
    return (*joined(cells), ": ", only) if only else joined(cells)


def _digest(records: tuple[Record, ...]) -> Cell:
    digests = words(records[0].body, "digests") if records else ()
    return code(digests[0].rpartition("@")[2][:19] + "…") if digests else DASH
