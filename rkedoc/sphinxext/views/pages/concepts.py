"""Concepts: what ties components together, with a picture and with what this cluster has of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.explain.facts.fact import Place, Words, said
from rkedoc.explain.facts.topics import Unread, facts
from rkedoc.i18n import Message, _
from rkedoc.sphinxext.blocks.view import Badge, Block, Cell, Para, Ref, Row, Table, View
from rkedoc.sphinxext.views.parts.cells import code, collected, marked, read_in
from rkedoc.sphinxext.views.parts.concept_pictures import PICTURES
from rkedoc.sphinxext.views.parts.corefile import plugin_parts
from rkedoc.sphinxext.views.parts.flags import flag_parts
from rkedoc.sphinxext.views.parts.locations import component_places
from rkedoc.sphinxext.views.parts.node_account import node_account
from rkedoc.sphinxext.views.parts.prose import about
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.sphinxext.views.parts.rke2_migration import moving
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.sphinxext.blocks.view import ViewFunction
    from rkedoc.sphinxext.layout import Page
    from rkedoc.sphinxext.site import Site

FACTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "certificates-and-secrets": ("certificates",),
        "control-plane-outside-pods": ("etcd",),
    }
)
"""The topics of live facts that belong to a concept."""

_PARTS: Mapping[str, ViewFunction] = MappingProxyType(
    {
        "control-plane-outside-pods": flag_parts,
        "coredns-plugins": plugin_parts,
        "from-rke1-to-rke2": moving,
        "what-makes-a-node": node_account,
    }
)
"""What else of this cluster a concept shows."""


def told(site: Site) -> tuple[tuple[Entry, Page], ...]:
    """The concepts of which the cluster has something, each with the page that tells it."""
    found = ((entry, site.page_of_concept(entry.id)) for entry in site.cluster.catalog.of_kind("concept"))
    return tuple((entry, page) for entry, page in found if page is not None)


def _entry(site: Site, key: str) -> Entry | None:
    return site.cluster.catalog.get(site.page(key).subject)


def all_concepts(site: Site, key: str) -> View:
    """Every concept with its sentence and the page that tells it."""
    del key
    rows = tuple(
        Row(((Ref("page", page.key, entry.name),), (entry.summary,)))
        for entry, page in sorted(told(site), key=lambda pair: pair[0].name.casefold())
    )
    return (Table((_("Concept"), _("What it is about")), rows),)


def intro(site: Site, key: str) -> View:
    """The sentence, and the picture."""
    entry = _entry(site, key)
    if entry is None:
        return ()
    return (Para((entry.summary,)), *concept_picture(site, entry.id))


def concept_picture(site: Site, concept: str) -> tuple[Block, ...]:
    """The picture of a concept with this cluster's own values; none where the cluster has nothing of it."""
    drawn = PICTURES.get(concept)
    picture = drawn(site) if drawn is not None else None
    return (picture,) if picture is not None else ()


def here(site: Site, key: str) -> View:
    """What of it is in this cluster: facts with where each was read, and its components."""
    entry = _entry(site, key)
    if entry is None:
        return ()
    out: list[Block] = [*fact_blocks(site, FACTS.get(entry.id, ()))]
    if entry.id in _PARTS:
        out += _PARTS[entry.id](site, key)
    out += components(site, entry)
    return tuple(out)


def fact_blocks(site: Site, topics: tuple[str, ...]) -> tuple[Block, ...]:
    """The facts of topics with where each was read; what could not be read says why."""
    rows = []
    for topic in topics:
        for item in facts(site.cluster).get(topic, ()):
            if isinstance(item, Unread):
                rows.append(Row(((said(item.name),), (Badge(_("not read"), "warn"), " ", *marked(said(item.why))))))
            else:
                rows.append(Row(((said(item.name),), read_in(_value(item.value), _where(site, item.where)))))
    return (Table((_("Fact"), _("Value")), tuple(rows)),) if rows else ()


def _value(value: Words) -> Cell:
    """A value as the machine has it; a sentence of ours as a sentence."""
    return (said(value),) if isinstance(value, Message) else code(said(value))


def _where(site: Site, place: Place) -> Cell:
    """Where a fact was read, with a link to the object."""
    if not place.record:
        return (place.text,)
    target = page_ref(site, place.record, said(place.named))
    return (target, ", ", said(place.field)) if place.field else (target,)


def components(site: Site, entry: Entry) -> tuple[Block, ...]:
    """The components that a concept ties together, each with where it is in this cluster."""
    places = component_places(site)
    runtimes = collected(site, "engine/containers") in (Result.COMPLETE, Result.PARTIAL)
    parts = (part for name in entry.talks_to if (part := site.cluster.catalog.get(name)) is not None)
    rows = []
    for part in dict.fromkeys(found for part in parts if (found := _of_distribution(site, part)) is not None):
        unread = (part.is_of_host and not site.cluster.hosts) or (part.is_of_runtime and not runtimes)
        missing = Badge(_("not read"), "warn") if unread else Badge(_("not here"), "muted")
        where: Cell = places.get(part.id) or (missing,)
        rows.append(Row(((Ref("component", part.id, part.name),), (part.summary,), where)))
    return (Table((_("Component"), _("What it is"), _("Here")), tuple(rows)),) if rows else ()


def _of_distribution(site: Site, part: Entry) -> Entry | None:
    """The component that stands for one of another distribution in this one: that of the same name, ``None`` where there is none."""
    own = site.cluster.distribution
    if not own or not part.distributions or own in part.distributions:
        return part
    alike = (
        other
        for other in site.cluster.catalog.of_kind("component")
        if own in other.distributions and _plain_name(other) == _plain_name(part)
    )
    return next(alike, None)


def _plain_name(entry: Entry) -> str:
    """The name of a component without the distribution that it is of: ``kubelet (RKE2)``."""
    return entry.name.partition(" (")[0]


def about_view(site: Site, key: str) -> View:
    """The catalog's text."""
    entry = _entry(site, key)
    return about(site, entry) if entry is not None else ()
