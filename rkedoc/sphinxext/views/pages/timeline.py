"""The page of changes: all snapshots, and what changed on the way to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.i18n import _, counted, translated
from rkedoc.sphinxext.blocks.drawings import Moment, Timeline
from rkedoc.sphinxext.blocks.view import (
    Block,
    Callout,
    Cell,
    Code,
    ListBlock,
    Para,
    Picture,
    Ref,
    Row,
    Table,
    View,
)
from rkedoc.sphinxext.views.parts.cells import DASH, badge, joined, moment
from rkedoc.sphinxext.views.parts.change_rows import (
    step_page,
    step_sum,
    sum_cell,
)
from rkedoc.vocabulary import Weight

if TYPE_CHECKING:
    from rkedoc.diff.history import History, HistoryStep
    from rkedoc.sphinxext.site import Site

_DRAWN = 24
"""Steps that the timeline draws; the table below it has all."""


def timeline_view(site: Site, key: str) -> View:
    """All snapshots with what changed between them, the newest first."""
    del key
    history = history_of(site)
    quiet = sum(1 for step in history.steps if step.diff.same)
    count = len(history.points)
    out: list[Block] = [
        Para(
            (
                counted(count, _("{count} snapshot"), _("{count} snapshots")),
                ": ",
                _("from {first} to {last}.").format(first=history.points[0].label, last=history.points[-1].label),
                " ",
                counted(quiet, _("{count} step changed nothing."), _("{count} steps changed nothing.")),
            )
        )
        if history.steps
        else Para((_("There is no earlier snapshot of this cluster to compare this one with."),), "muted")
    ]
    if history.left_out:
        rows = tuple((Code(item.path.name), ": ", str(translated(item.reason))) for item in history.left_out)
        out.append(Callout("warn", _("Left out"), (ListBlock(rows),)))
    if not history.steps:
        return tuple(out)
    table = Table(
        (_("Snapshot"), _("What changed")),
        tuple(Row(((step.new.label,), sum_cell(step.diff))) for step in history.steps[: -_DRAWN - 1 : -1]),
    )
    recent = history.steps[: -_DRAWN - 1 : -1]
    whole = len(recent) == len(history.steps)
    first = Moment(
        (history.points[0] if whole else recent[-1].old).label,
        _("the first snapshot") if whole else _("and earlier ones"),
    )
    drawing = Timeline((*(_moment(step) for step in recent), first))
    legend = joined(((badge(weight),) for weight in Weight), " ")
    return (*out, Picture(drawing, _("Changes over time"), table), Para(legend))


def _moment(step: HistoryStep) -> Moment:
    counts = tuple((str(weight), step.diff.counts[weight]) for weight in Weight if weight in step.diff.counts)
    return Moment(step.new.label, step_sum(step.diff), counts, Ref("page", step_page(step)))


def steps_view(site: Site, key: str) -> View:
    """The table of all steps, each with its page."""
    del key
    history = history_of(site)
    return (_timeline_table(history),) if history.steps else ()


def _timeline_table(history: History) -> Table:
    rows = []
    for step in reversed(history.steps):
        versions: Cell = joined(
            ((version.name, f" {version.old} → {version.new}") for version in step.diff.versions[:4]), "; "
        )
        rows.append(
            Row(
                (
                    (Ref("page", step_page(step), step.new.label),),
                    moment(step.new.time),
                    (f"{step.new.header.records:,}",),
                    sum_cell(step.diff),
                    versions or DASH,
                )
            )
        )
    first = history.points[0]
    rows.append(
        Row(((first.label,), moment(first.time), (f"{first.header.records:,}",), (_("the first snapshot"),), DASH))
    )
    return Table((_("Snapshot"), _("Collected"), _("Records"), _("What changed"), _("Versions")), tuple(rows))


def history_of(site: Site) -> History:
    """The history of a site that has one."""
    if site.history is None:
        raise LookupError("the site knows no earlier snapshots")
    return site.history


def overview_changes(site: Site, key: str) -> View:
    """The last step, for whoever asks first what has changed, or that nobody can know; nothing where the page begins with what has changed since
    another snapshot."""
    del key
    if site.since is not None:
        return ()
    if site.history is None or not site.history.steps:
        text = _("No earlier snapshot was given, so that nothing is said of what has changed.")
        return (Para((text,), "muted"),)
    step = site.history.steps[-1]
    link = Ref("page", step_page(step), _("Every change with its meaning"))
    since = _("Since {label}:").format(label=step.old.label)
    out: list[Block] = [Para((since, " ", *sum_cell(step.diff), ". ", link, "."))]
    if step.diff.versions:
        rows = tuple(
            Row(((version.name,), (Code(version.old),), (Code(version.new),))) for version in step.diff.versions[:12]
        )
        out.append(Table((_("What"), _("Before"), _("After")), rows))
    return tuple(out)
