"""What is supported and until when, compared with the day of the collection: the sentences of the first page, and cells of its versions."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from rkedoc.explain.facts.fact import said
from rkedoc.explain.removals import removals
from rkedoc.explain.support import Support, collected_on, follows, support_lines, supported
from rkedoc.i18n import _, counted
from rkedoc.sphinxext.blocks.view import Block, Cell, Details, ExtRef, Inline, Para, Ref, Row, Strong, Table, Time
from rkedoc.sphinxext.views.parts.cells import DASH, badge, code, joined, marked
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.vocabulary import SupportState

if TYPE_CHECKING:
    from rkedoc.explain.removals import Removal
    from rkedoc.sphinxext.site import Site

_NAMED = 4
"""How many a sentence names; the others are counted, and stand in the table of the versions."""


def supported_sentences(site: Site) -> tuple[Block, ...]:
    """What is no longer supported, and what ends soon; where neither is, what is supported. Nothing where nothing is known."""
    found = _found(site)
    out = [_sentence(found[state]) for state in (SupportState.ENDED, SupportState.ENDS_SOON) if found[state]]
    if not out and found[SupportState.SUPPORTED]:
        out.append(_sentence(found[SupportState.SUPPORTED]))
    return tuple(out)


def support_follows(site: Site) -> tuple[Block, ...]:
    """What follows from what is no longer supported, and what of the cluster later Kubernetes has no more; folded away."""
    ended = _found(site)[SupportState.ENDED]
    gone = removals(site.cluster)
    body: list[Block] = []
    if ended:
        rows = tuple(Row(((Strong(one.name),), marked(follows(one.product)))) for one in ended)
        body.append(Table((_("No longer supported"), _("What follows")), rows, below=True))
    if gone:
        removed = tuple(
            Row(
                (
                    (Strong(one.name),),
                    (f"{one.release} (", Time(one.day.isoformat()), ")"),
                    code(one.instead),
                    _objects(site, one),
                )
            )
            for one in gone
        )
        columns = (_("What later Kubernetes has no more"), _("Gone with"), _("Instead"), _("Where"))
        body.append(Table(columns, removed))
    return (Details((_("What follows from that"),), tuple(body)),) if body else ()


def _objects(site: Site, one: Removal) -> Cell:
    more = len(one.where) - _NAMED
    cell = joined((page_ref(site, place.record, said(place.named)),) for place in one.where[:_NAMED])
    return cell if more <= 0 else (*cell, counted(more, _(" and {count} more"), _(" and {count} more")))


def support_cell(site: Site, name: str, version: str) -> Cell:
    """How it stands with a version of the table, by the name that stands there; a dash where nothing is known."""
    on = _day(site)
    one = supported(name, version, on) if on is not None else None
    return (badge(one.state), " ", *_when(one)) if one is not None and one.ends is not None else DASH


def support_sources(site: Site) -> tuple[Block, ...]:
    """On what the states of support rest: the day that they are of, whose word it is, and where each was read."""
    on = _day(site)
    rows = tuple(
        Row(((one.name,), (ExtRef(one.source.url, one.source.text),), (one.source.read.isoformat(),)))
        for one in supported_here(site)
        if one.source is not None
    )
    if on is None or not rows:
        return ()
    return (
        Para(
            (
                _("Support is that of those who make it, as it was on the day of the collection:"), " ",
                Time(on.isoformat()), ". ", _("Vendors may support a version for longer."),
            ),
            "muted",
        ),
        Details((_("Where the ends of support were read"),), (Table((_("What"), _("Source"), _("Read on")), rows),)),
    )  # fmt: skip


def _sentence(found: list[Support]) -> Para:
    named: list[Cell] = [(Strong(one.name), " ", *_when(one)) for one in found[:_NAMED]]
    more = len(found) - _NAMED
    rest: Cell = (counted(more, _(" and {count} more"), _(" and {count} more")),) if more > 0 else ()
    then: Cell = () if found[0].state == SupportState.ENDED else (_("on the day of the collection:"), " ")
    return Para(
        (
            badge(found[0].state),
            " ",
            *then,
            *joined(named),
            *rest,
            ". ",
            Ref("page", "overview", _("Versions"), "versions"),
        )
    )


def _when(one: Support) -> tuple[Inline, ...]:
    """Since when it has ended, or until when it goes on."""
    if one.ends is None:
        return ()
    ended = one.state == SupportState.ENDED
    lead, past = (_("since"), "") if ended else (_("until"), SupportState.ENDED.label.translated)
    return (lead, " ", Time(one.ends.isoformat(), past), *((" ", _("or before")) if one.at_latest else ()))


def _found(site: Site) -> dict[SupportState, list[Support]]:
    found: dict[SupportState, list[Support]] = {state: [] for state in SupportState}
    for one in supported_here(site):
        found[one.state].append(one)
    return found


def supported_here(site: Site) -> tuple[Support, ...]:
    """How it stands on the day of the collection: each line of a product once, whichever of its versions run here."""
    on = _day(site)
    return support_lines(site.cluster, on) if on is not None else ()


def _day(site: Site) -> date | None:
    return collected_on(site.cluster.header)
