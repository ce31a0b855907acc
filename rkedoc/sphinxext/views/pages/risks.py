"""Risks: what lets harm spread further than it must, each with its object, why it matters, and whose it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rkedoc.explain.facts.fact import said
from rkedoc.explain.risks import risks
from rkedoc.i18n import _, between, counted
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    Details,
    ListBlock,
    Para,
    Part,
    Ref,
    Row,
    Strong,
    Table,
    View,
)
from rkedoc.sphinxext.views.parts.cells import badge, code, read_in, ref_of
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.vocabulary import RiskKind, Whose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkedoc.explain.risks import Risk, RiskReport
    from rkedoc.i18n import Message
    from rkedoc.sphinxext.site import Site

_MOST = 300
"""Rows of one table; what is more is counted, and stands whole in the answer of the Python API."""


def intro(site: Site, key: str) -> View:
    """What is listed and what is not, and how much there is of each kind."""
    del key
    text = _(
        "Rights, ports and habits by which harm spreads further than it must. What is somebody's own comes first; what the platform "
        "brings is listed below it, folded away. Containers that are done are left out."
    )
    report = risks(site.cluster)
    counts = Counter((risk.kind, risk.whose) for risk in report.findings)
    shown = [whose for whose in Whose if any(risk.whose == whose for risk in report.findings)]
    rows = []
    for kind in RiskKind:
        numbers: list[Cell] = [(str(counts[kind, whose] or "–"),) for whose in shown]
        more: Cell = (" ", Badge(_("not everything was seen"), "warn")) if report.unseen_of(kind) else ()
        rows.append(Row(((Ref("page", "risks", kind.label.translated, anchor=f"risk-{kind}"), *more), *numbers)))
    table = Table((_("What"), *(whose.label.translated for whose in shown)), tuple(rows))
    return (Para((text,)), table, *_beyond(report))


def _beyond(report: RiskReport) -> tuple[Block, ...]:
    """What was not seen, each once, with the kinds that there may be more of."""
    kinds: dict[str, list[str]] = {}
    for kind in RiskKind:
        if found := report.unseen_of(kind):
            kinds.setdefault(between("; ").join(item.translated for item in found), []).append(kind.label.translated)
    rows = tuple(
        (Badge(_("not complete"), "warn"), " ", _("There may be more. Not seen: {beyond}.").format(beyond=beyond), " ",
         *(() if len(kinds) == 1 else (_("That concerns: {kinds}.").format(kinds=between().join(names)),)))
        for beyond, names in kinds.items()
    )  # fmt: skip
    return (ListBlock(rows),) if len(rows) > 1 else tuple(Para(row, "warn") for row in rows)


def findings(site: Site, key: str) -> View:
    """Every finding, by kind: why it matters, then what is somebody's own, then what the platform brings."""
    del key
    report = risks(site.cluster)
    return tuple(
        Part(f"risk-{kind}", kind.label.translated, _kind(site, kind, report.of(kind), report.unseen_of(kind)))
        for kind in RiskKind
    )


def _kind(site: Site, kind: RiskKind, found: Sequence[Risk], unseen: Sequence[Message]) -> tuple[Block, ...]:
    out: list[Block] = [Para((kind.why.translated,))]
    own = [risk for risk in found if risk.whose != Whose.PLATFORM]
    brought = found[len(own) :]
    if own:
        out += _table(site, kind, own)
    elif not unseen:
        out.append(Para((_("None of somebody's own.") if brought else _("None."),)))
    if brought:
        text = counted(len(brought), _("{count} comes with the platform"), _("{count} come with the platform"))
        out.append(Details((text,), _table(site, kind, brought)))
    if unseen:
        out.append(Para((Badge(_("not complete"), "warn"),)))
    return tuple(out)


def _table(site: Site, kind: RiskKind, found: Sequence[Risk]) -> tuple[Block, ...]:
    containers = any(risk.part for risk in found)
    columns = (_("Object"), *((_("Container"),) if containers else ()), _("What exactly"), _("Whose"))
    rows = tuple(_row(site, risk, containers=containers) for risk in found[:_MOST])
    table = Table(columns, rows, filterable=len(rows) > 1)
    if len(found) <= _MOST:
        return (table,)
    return (table, Para((_("and {count} more").format(count=len(found) - _MOST),), "muted"))


def _row(site: Site, risk: Risk, *, containers: bool) -> Row:
    entry = site.cluster.catalog.get(risk.component) if risk.component else None
    whose: Cell = (badge(risk.whose), *((" ", Ref("component", entry.id, entry.name)) if entry is not None else ()))
    part: tuple[Cell, ...] = (code(risk.part),) if containers else ()
    return Row(((_object(site, risk),), *part, read_in((risk.text,), (Code(said(risk.where)),)), whose))


def _object(site: Site, risk: Risk) -> Ref | Strong:
    """What the risk is of: a link to where that is described, or its name, which is no place where it is."""
    if not risk.record_id:
        return Ref("image", risk.subject)
    if site.page_of_record.get(risk.record_id) is not None:
        return page_ref(site, risk.record_id, risk.subject)
    found = ref_of(risk.record_id, risk.subject)
    return found if found.kind != "customresource" else Strong(risk.subject)
