"""The history of a subject on its own page, and what has changed in it since the snapshot that the site is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from rkedoc.diff.annotate import image_versions
from rkedoc.diff.compare import Edit
from rkedoc.diff.model import Change
from rkedoc.diff.render.lines import text_diff
from rkedoc.diff.render.words import shown_edits
from rkedoc.i18n import _
from rkedoc.snapshot.identity import page_key, parse_id
from rkedoc.sphinxext.blocks.marks import change_badge
from rkedoc.sphinxext.blocks.view import (
    Block,
    Callout,
    Cell,
    Code,
    CodeBlock,
    Para,
    Part,
    Ref,
    Row,
    Table,
    View,
)
from rkedoc.sphinxext.views.parts.cells import DASH, badge, ref_of
from rkedoc.sphinxext.views.parts.change_rows import caveats, change_anchor, edit_row, id_words, is_long, step_page, was
from rkedoc.vocabulary import ChangeKind

if TYPE_CHECKING:
    from rkedoc.diff.history import Event, HistoryStep
    from rkedoc.sphinxext.layout import Page
    from rkedoc.sphinxext.site import Site

_SHORT = 120
"""Characters of a value in a line that only says that it has changed."""
_USES = frozenset({"mounts", "reads-env", "reads", "pulls-with", "runs-as"})
_LEADS = frozenset({"selects", "routes-to", "scales"})
"""Relations of a workload, out of it and into it, in which a change concerns its readers too."""
_MOST = 60
"""Rows that a subject's page has for one step; the rest stands on the page of the step."""


def subject_history(site: Site, key: str) -> View:
    """What has changed in the subject of a page over time, the newest first."""
    history = site.history
    if history is None or not history.steps:
        return ()
    page = site.page(key)
    if page.kind in ("namespace", "node"):
        events: Sequence[tuple[HistoryStep, Sequence[Change]]] = [
            (step, [change for change in step.diff.changes if _is_at(change, page)]) for step in reversed(history.steps)
        ]
        rows = [row for step, changes in events for row in _step_rows(step, changes, named=True)]
    else:
        found = history.of(page.record_ids)
        rows = [row for step, changes in _by_step(found) for row in _step_rows(step, changes, named=False)]
    first = history.points[0].label
    nothing = _("Nothing that somebody decided has changed here since {first}.").format(first=first)
    own: Block = Table(_columns(), tuple(rows)) if rows else Para((nothing,), "muted")
    around = tuple(_around(site, page)) if page.kind == "workload" else ()
    known = (
        (Para((_("Nothing is known from before {first}.").format(first=first),), "muted"),) if rows or around else ()
    )
    return (own, *around, *known)


def _columns() -> tuple[str, ...]:
    return _("On"), _("What changed"), _("Before"), _("After")


def _around(site: Site, page: Page) -> Iterator[Block]:
    """What has changed in what a workload uses, and in what leads to it or scales it."""
    history = site.history
    ids = {
        edge.target if edge.source == record_id else edge.source
        for record_id in page.record_ids[:1]
        for edge in site.relations.of(record_id)
        if edge.verb in (_USES if edge.source == record_id else _LEADS)
    }
    if history is None or not ids:
        return
    rows = []
    for step in reversed(history.steps):
        changes = [change for change in step.diff.changes if change.id in ids]
        rows += [replace(row, anchor="") for row in _step_rows(step, changes, named=True)]
    if rows:
        yield Part("history-around", _("In what it uses, and in what leads to it"), (Table(_columns(), tuple(rows)),))


def _is_at(change: Change, page: Page) -> bool:
    """Whether a change is one of the namespace or node that a page is about."""
    own = parse_id(change.id)
    return change.place == (page.kind.capitalize(), page.subject) or (
        (own.group, own.kind, own.name) == ("core", page.kind.capitalize(), page.subject)
    )


def _by_step(events: Iterable[Event]) -> Iterator[tuple[HistoryStep, list[Change]]]:
    for step, found in groupby(events, key=lambda event: event.step):
        yield step, [event.change for event in found]


def _step_rows(step: HistoryStep, changes: Sequence[Change], *, named: bool) -> Iterator[Row]:
    """The rows of one step; the first is where a link to this point of the history leads."""
    cells = [cells for change in changes for cells in _short_cells(change, named=named)]
    for number, (anchor, *found) in enumerate(cells[:_MOST]):
        link = Ref("page", step_page(step), step.new.label, anchor)
        yield Row(((link,), *found), anchor=f"history-{page_key(step.key)}" if number == 0 else "")
    if len(cells) > _MOST:
        more = _("and {count} more").format(count=len(cells) - _MOST)
        yield Row(((Ref("page", step_page(step), step.new.label),), (more,), DASH, DASH))


def _short_cells(change: Change, *, named: bool) -> Iterator[tuple[str, Cell, Cell, Cell]]:
    """What changed, before and after, in a line for each field."""
    anchor = change_anchor(change)
    name: Cell = (ref_of(change.id, id_words(change.id, namespace=False)), " ") if named else ()
    if change.change in (ChangeKind.ADDED, ChangeKind.REMOVED):
        yield anchor, (*name, change_badge(change.change)), DASH, DASH
    elif change.change == ChangeKind.MOVED and change.old_id is not None:
        before, after = id_words(change.old_id), id_words(change.id)
        yield anchor, (*name, change_badge(ChangeKind.MOVED)), (before,), (after,)
    for edit in shown_edits(change) if change.edits else ():
        row = edit_row(edit)
        what, before_cell, after_cell = row.cells
        versions = image_versions(edit)
        if versions is not None:
            what, before_cell, after_cell = _image_cell(edit), (Code(versions[1]),), (Code(versions[2]),)
        yield anchor, (*name, *what), _bounded(before_cell), _bounded(after_cell)


def _image_cell(edit: Edit) -> Cell:
    container = next((key.strip("[]") for key in reversed(edit.path) if key.startswith("[")), "")
    return (_("image of {container}").format(container=container),) if container else (_("image"),)


def _bounded(cell: Cell) -> Cell:
    return tuple(
        Code(f"{item.text[:_SHORT]}…") if isinstance(item, Code) and len(item.text) > _SHORT else item for item in cell
    )


def subject_since(site: Site, key: str) -> View:
    """What is new or has changed on this page, what is gone from it, before anything else on it."""
    since = site.since
    if since is None:
        return ()
    page = site.page(key)
    title = _("Since {label}").format(label=since.old.label)
    if page.kind in ("namespace", "node", "fixed"):
        changes = [c for c in since.diff.changes if page.kind == "fixed" or _is_at(c, page)]
        if not changes:
            return (Callout("ok", title, (Para((_("Nothing that somebody decided has changed."),)),)),)
        rows = tuple(row for change in changes[:_MOST] for row in _since_rows(change))
        body: list[Block] = [Table((_("What"), _("Weight"), _("What changed"), _("Before"), _("After")), rows)]
        if len(changes) > _MOST:
            body.append(Para((_("and {count} more").format(count=len(changes) - _MOST),), "muted"))
        if page.kind == "fixed":
            body += [Para(item, "muted") for item in caveats(since.diff)]
            if site.history is not None and since in site.history.steps:
                body.append(Para((Ref("page", step_page(since), _("Every change with its meaning")), ".")))
        return (Callout("info", title, tuple(body)),)
    return tuple(
        Callout("ok" if change.change == ChangeKind.ADDED else "info", title, tuple(_since_blocks(change)))
        for change in since.diff.changes
        if change.id in page.record_ids
    )


def _since_blocks(change: Change) -> Iterator[Block]:
    yield Para((change_badge(change.change), " ", *was(change)))
    rows = tuple(Row(tuple(cells)) for _anchor, *cells in _short_cells(change, named=False) if change.edits)
    if rows:
        yield Table((_("What changed"), _("Before"), _("After")), rows)
    for edit in change.edits:
        if is_long(edit):
            yield CodeBlock(text_diff(edit), "diff")


def _since_rows(change: Change) -> Iterator[Row]:
    """A change as a row for each of its fields, with what stood there and what stands there."""
    name = id_words(change.id, namespace=False)
    gone = change.change == ChangeKind.REMOVED
    # Behind a reference the mark is put by whoever marks all references.
    shown: Cell = (name, " ", change_badge(ChangeKind.REMOVED)) if gone else (ref_of(change.id, name),)
    cells = [*_short_cells(change, named=False)]
    for _anchor, what, before, after in cells[:_FIELDS]:
        yield Row((shown, (badge(change.weight),), what, before, after))
    if len(cells) > _FIELDS:
        yield Row(
            (shown, (badge(change.weight),), (_("and {count} more").format(count=len(cells) - _FIELDS),), DASH, DASH)
        )


_FIELDS = 4
"""Fields of one change that the head of a page names."""
