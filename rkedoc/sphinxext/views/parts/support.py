"""What is supported and until when, as far as the data goes: the sentences of the first page, and cells of its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.explain.facts.fact import said
from rkedoc.explain.removals import removals
from rkedoc.explain.support import collected_on, follows, judged_on, supported
from rkedoc.explain.support_report import Judged, judged
from rkedoc.i18n import _, counted
from rkedoc.sphinxext.blocks.view import Block, Cell, Details, ExtRef, Inline, Para, Ref, Row, Strong, Table, Time
from rkedoc.sphinxext.views.parts.cells import DASH, badge, code, joined, marked
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.vocabulary import SupportState

if TYPE_CHECKING:
    from rkedoc.explain.removals import Removal
    from rkedoc.sphinxext.site import Site

_NAMED = 6
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
        rows = tuple(Row(((Strong(one.now.name),), marked(follows(one.now.product)))) for one in ended)
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
    elif body:
        body.append(
            Para(
                (_("None of the objects that were read is in a version of an API that later Kubernetes has no more."),)
            )
        )
    return (Details((_("What follows from that"),), tuple(body)),) if body else ()


def _objects(site: Site, one: Removal) -> Cell:
    more = len(one.where) - _NAMED
    cell = joined((page_ref(site, place.record, said(place.named)),) for place in one.where[:_NAMED])
    return cell if more <= 0 else (*cell, counted(more, _(" and {count} more"), _(" and {count} more")))


def support_cell(site: Site, name: str, version: str) -> Cell:
    """How it stands with a version of the table, by the name that stands there; a dash where nothing is known."""
    header = site.cluster.header
    now, collected = supported(name, version, judged_on(header)), collected_on(header)
    if now is None or now.ends is None:
        return DASH
    then = supported(name, version, collected) if collected is not None else None
    return (badge(now.state), " ", *_when(Judged(now, then)))


def support_sources(site: Site) -> tuple[Block, ...]:
    """On what the states of support rest: the day that they are of, whose word it is, and where each was read."""
    rows = tuple(
        Row(((one.name,), (ExtRef(one.source.url, one.source.text),), (one.source.read.isoformat(),)))
        for judged_line in _judged(site)
        if (one := judged_line.now).source is not None
    )
    if not rows:
        return ()
    return (
        Para(
            (
                _("Support is that of those who make it, as they told it until"), " ",
                Time(judged_on(site.cluster.header).isoformat()), ". ", _("Vendors may support a version for longer."),
            ),
            "muted",
        ),
        Details((_("Where the ends of support were read"),), (Table((_("What"), _("Source"), _("Read on")), rows),)),
    )  # fmt: skip


def _sentence(found: list[Judged]) -> Para:
    named: list[Cell] = [(Strong(one.now.name), " ", *_when(one)) for one in found[:_NAMED]]
    more = len(found) - _NAMED
    rest: Cell = (counted(more, _(" and {count} more"), _(" and {count} more")),) if more > 0 else ()
    return Para(
        (
            badge(found[0].now.state),
            " ",
            *joined(named),
            *rest,
            ". ",
            Ref("page", "overview", _("Versions"), "versions"),
        )
    )


def _when(one: Judged) -> tuple[Inline, ...]:
    """Since when it has ended, and whether that was after the collection; or until when it goes on."""
    now = one.now
    if now.ends is None:
        return ()
    ended = now.state == SupportState.ENDED
    lead, past = (_("since"), "") if ended else (_("until"), SupportState.ENDED.label.translated)
    late: Cell = (" ", _("or before")) if now.at_latest else ()
    then: Cell = (" ", _("(supported when it was collected)")) if ended and _was_supported(one) else ()
    return (lead, " ", Time(now.ends.isoformat(), past), *late, *then)


def _was_supported(one: Judged) -> bool:
    return one.then is not None and one.then.state in (SupportState.SUPPORTED, SupportState.ENDS_SOON)


def _found(site: Site) -> dict[SupportState, list[Judged]]:
    found: dict[SupportState, list[Judged]] = {state: [] for state in SupportState}
    for one in _judged(site):
        found[one.now.state].append(one)
    return found


def _judged(site: Site) -> tuple[Judged, ...]:
    """How it stands with each line of a product once, whichever of its versions run here."""
    return judged(site.cluster, judged_on(site.cluster.header))
