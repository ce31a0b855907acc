"""A short description of any object, for the pages that people write by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rkedoc.i18n import _
from rkedoc.snapshot.identity import ON_NODE
from rkedoc.sphinxext.blocks.targets import anchor_of
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Cell,
    Code,
    Facts,
    Inline,
    ObjectTarget,
    Part,
    Ref,
    Time,
    View,
)
from rkedoc.sphinxext.kinds import KINDS, kind_of, qualified_name, records_named
from rkedoc.sphinxext.terms import images_of

if TYPE_CHECKING:
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

_MOST = 20
"""Labels, images and other items that are listed of an object."""


def describe(site: Site, kind: str, name: str) -> View:
    """What the snapshot says of an object, in one titled group; empty if it has no such object.

    ``kind`` is an object type, ``name`` its qualified name (of a container: of its pod, then its own).
    """
    if kind == "container":
        return _container(site, name)
    if kind == "image":
        return _image(site, name)
    records = list(records_named(site.cluster.snapshot, kind, name))
    if not records:
        return ()
    rows = tuple(row for record in records for row in _rows(site, record))
    return (_part(kind, name, rows, KINDS[kind].subject),)


def _part(kind: str, name: str, rows: tuple[tuple[str, Cell], ...], subject: bool) -> Part:
    title = f"{_(KINDS[kind].label)} {name}"
    return Part(
        anchor_of(kind, name),
        title,
        (Facts(rows),),
        (ObjectTarget(kind, name, name, subject),),
    )


def _rows(site: Site, record: Record) -> list[tuple[str, Cell]]:
    body = record.body
    metadata = _mapping(body.get("metadata"))
    rows: list[tuple[str, Cell]] = [(_("Kind"), (Code(record.kind),))]
    if record.namespace is not None:
        label = _("Node") if record.group in ON_NODE else _("Namespace")
        rows.append(
            (
                label,
                (
                    Ref(
                        "node" if record.group in ON_NODE else "namespace",
                        record.namespace,
                    ),
                ),
            )
        )
    page = site.page_of_record.get(record.id)
    if page is not None:
        rows.append((_("Described on"), (Ref("page", page.key, page.title or page.key),)))
    owner = site.cluster.snapshot.get(record.owner) if record.owner else None
    if owner is not None:
        rows.append(
            (
                _("Owner"),
                (
                    Ref(
                        kind_of(owner),
                        qualified_name(owner),
                        f"{owner.kind} {owner.name}",
                    ),
                ),
            )
        )
    for path, words in (("phase", _("Phase")), ("podIP", _("Address"))):
        value = _mapping(body.get("status")).get(path)
        if isinstance(value, str) and value:
            rows.append(
                (
                    words,
                    (
                        Badge(
                            value,
                            "ok" if value in ("Running", "Bound", "Active") else "",
                        ),
                    ),
                )
            )
    if isinstance(body.get("state"), str):
        rows.append(
            (
                _("State"),
                (Badge(body["state"], "ok" if body["state"] == "running" else "muted"),),
            )
        )
    images = sorted(set(images_of(record)))
    if images:
        rows.append((_("Images"), _codes(images)))
    labels = _mapping(metadata.get("labels"))
    if labels:
        rows.append(
            (
                _("Labels"),
                _codes([f"{key}={value}" for key, value in sorted(labels.items())]),
            )
        )
    created = metadata.get("creationTimestamp") or body.get("created")
    if isinstance(created, str):
        rows.append((_("Created"), (Time(created),)))
    return rows


def _container(site: Site, name: str) -> View:
    place, _slash, container = name.rpartition("/")
    for pod in records_named(site.cluster.snapshot, "pod", place):
        spec = _mapping(pod.body.get("spec"))
        for group in ("initContainers", "containers", "ephemeralContainers"):
            for item in spec.get(group) or ():
                if _mapping(item).get("name") == container:
                    rows: tuple[tuple[str, Cell], ...] = (
                        (_("Pod"), (Ref("pod", place),)),
                        (_("Image"), (Code(str(item.get("image", ""))),)),
                    )
                    return (_part("container", name, rows, False),)
    return ()


def _image(site: Site, name: str) -> View:
    users = [
        page
        for page in site.pages.values()
        if page.kind in ("workload", "container") and name in site.terms_of(page).images
    ]
    if not users:
        return ()
    cell: list[Inline] = []
    for page in users[:_MOST]:
        cell += [", ", Ref("page", page.key, page.title)] if cell else [Ref("page", page.key, page.title)]
    return (_part("image", name, ((_("Used by"), tuple(cell)),), True),)


def _codes(texts: list[str]) -> Cell:
    out: list[Inline] = []
    for text in texts[:_MOST]:
        out += [", ", Code(text)] if out else [Code(text)]
    if len(texts) > _MOST:
        out.append(", …")
    return tuple(out)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
