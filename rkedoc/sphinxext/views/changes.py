"""What has changed from one snapshot to the next: the timeline, a page for each step, and the history of each subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rkedoc.diff.compare import ABSENT, Edit
from rkedoc.diff.lines import WEIGHTS as WEIGHT_MESSAGES
from rkedoc.diff.lines import bundle_words, bundled, heading, place, shown_edits, text_diff
from rkedoc.diff.meaning import image_versions
from rkedoc.diff.model import Change, word
from rkedoc.diff.rules import WEIGHTS
from rkedoc.diff.scopes import reason_word
from rkedoc.diff.view import readable
from rkedoc.snapshot.identity import page_key, parse_id
from rkedoc.sphinxext.layout import subject_key
from rkedoc.sphinxext.marks import badge
from rkedoc.sphinxext.pictures.timeline import Moment, timeline
from rkedoc.sphinxext.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    CodeBlock,
    Details,
    Facts,
    Hidden,
    Inline,
    ListBlock,
    Para,
    Part,
    Picture,
    Ref,
    Row,
    Strong,
    Table,
    View,
)
from rkedoc.sphinxext.views.kit import DASH, joined, moment, ref_of
from rkedoc.words import _, counted

if TYPE_CHECKING:
    from rkedoc.diff.history import Event, History, Step
    from rkedoc.diff.model import Diff, Unknown
    from rkedoc.sphinxext.layout import Page
    from rkedoc.sphinxext.site import Site

_SHORT = 120
"""Characters of a value in a line that only says that it has changed."""
_DRAWN = 24
"""Steps that the timeline draws; the table below it has all."""
_MOST = 60
"""Rows that a subject's page has for one step; the rest stands on the page of the step."""

WEIGHT_TONES = {
    "version": "info", "exposure": "bad", "access": "warn", "capacity": "platform", "configuration": "muted",
}  # fmt: skip


def _weight_badge(weight: str) -> Badge:
    return Badge(_(WEIGHT_MESSAGES[weight]), WEIGHT_TONES[weight])


# -- the timeline -------------------------------------------------------------------------------------------------------


def timeline_view(site: Site, key: str) -> View:
    """All snapshots with what changed between them, the newest first."""
    del key
    history = _history(site)
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
        rows = tuple((Code(item.path.name), ": ", item.reason) for item in history.left_out)
        out.append(Callout("warn", _("Left out"), (ListBlock(rows),)))
    if not history.steps:
        return tuple(out)
    table = Table(
        (_("Snapshot"), _("What changed")),
        tuple(Row(((step.new.label,), sum_cell(step.diff))) for step in history.steps[: -_DRAWN - 1 : -1]),
    )
    recent = history.steps[: -_DRAWN - 1 : -1]
    drawing = timeline(
        [
            Moment(
                step.new.label,
                step_sum(step.diff),
                tuple((weight, step.diff.counts[weight]) for weight in WEIGHTS if weight in step.diff.counts),
                Ref("page", step_page(step)),
            )
            for step in recent
        ],
        (history.points[0] if len(recent) == len(history.steps) else recent[-1].old).label,
        _("the first snapshot") if len(recent) == len(history.steps) else _("and earlier ones"),
    )
    legend = joined(((_weight_badge(weight),) for weight in WEIGHTS), " ")
    return (*out, Picture(drawing, _("Changes over time"), table), Para(legend))


def steps_view(site: Site, key: str) -> View:
    """The table of all steps, each with its page."""
    del key
    history = _history(site)
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


def step_sum(diff: Diff) -> str:
    """How many changes there are, in words."""
    if diff.same:
        return _("no change")
    return counted(len(diff.changes), _("{count} change"), _("{count} changes"))


def sum_cell(diff: Diff) -> Cell:
    """The number of changes, and of those of each weight."""
    if diff.same:
        return (Badge(_("no change"), "muted"),)
    parts = [(f"{_(WEIGHT_MESSAGES[weight])} {diff.counts[weight]}",) for weight in WEIGHTS if weight in diff.counts]
    return (Strong(step_sum(diff)), ": ", *joined(parts))


# -- the page of a step -------------------------------------------------------------------------------------------------


def step_page(step: Step) -> str:
    """The key of the page of a step."""
    return subject_key("step", step.key)


def change_anchor(change: Change) -> str:
    """The anchor of a change on the page of its step."""
    return f"change-{page_key(*change.id.split('/'))}"


def step_intro(site: Site, key: str) -> View:
    """From when to when; how differently the two were collected; how much changed, and which versions."""
    step = _step(site, key)
    diff = step.diff
    items = caveats(diff)
    out: list[Block] = [Callout("info", _("What was not compared"), (ListBlock(items),))] if items else []
    if diff.same:
        out.append(Para((Badge(_("no change"), "ok"), " ", _("Nothing that somebody decided has changed."))))
    else:
        out.append(Para((*sum_cell(diff), ".")))
    out.append(
        Facts(
            (
                (_("From"), (step.old.label, " · ", *moment(step.old.time))),
                (_("To"), (step.new.label, " · ", *moment(step.new.time))),
            )
        )
    )
    if diff.versions:
        rows = tuple(
            Row(((version.name,), (Code(version.old),), (Code(version.new),), (str(version.places),)))
            for version in diff.versions
        )
        out.append(
            Part(
                "step-versions",
                _("Versions"),
                (Table((_("What"), _("Before"), _("After"), _("Places")), rows),),
            )
        )
    return tuple(out)


def caveats(diff: Diff) -> tuple[Cell, ...]:
    """What stands between the two snapshots and a whole comparison, in sentences."""
    items: list[Cell] = [(note.here,) for note in diff.notes]
    if diff.unknown:
        count = sum(len(group.ids) for group in diff.unknown)
        one = _("{count} object is unknown: one of the snapshots could not have shown it.")
        many = _("{count} objects are unknown: one of the snapshots could not have shown them.")
        items.append((counted(count, one, many),))
    if diff.hidden:
        one = _("{count} hidden value could not be compared.")
        many = _("{count} hidden values could not be compared.")
        why = _("Both snapshots need fingerprints under the same key.")
        items.append((counted(diff.hidden, one, many), " ", why))
    return tuple(items)


def step_changes(site: Site, key: str) -> View:
    """Every change, by namespace and component, what means most first."""
    said: set[str] = set()
    out: list[Block] = []
    for (kind, name), changes in groupby(_step(site, key).diff.changes, key=lambda change: change.place):
        body = tuple(_together(together, said) for together in bundled(changes))
        anchor = f"in-{kind.lower()}-{page_key(name)}" if name else "in-cluster"
        out.append(Part(anchor, heading((kind, name)), body))
    return tuple(out)


def _together(together: Sequence[Change], said: set[str]) -> Block:
    if len(together) == 1:
        return _change_part(together[0], said)
    names = tuple(
        (_id_words(change.id, namespace=False),)
        if change.change == "removed"
        else (ref_of(change.id, _id_words(change.id, namespace=False)),)
        for change in together
    )
    return Details((bundle_words(together),), (ListBlock(names),))


def _change_part(change: Change, said: set[str]) -> Part:
    """A change with all its fields. What the catalog says of a component is said once on a page."""
    lead: list[Inline] = [badge(change.change), " ", _weight_badge(change.weight)]
    if change.version is not None:
        lead += [" ", Strong(f"{change.version[0]} → {change.version[1]}")]
    if change.component is not None:
        lead += [" ", Ref("component", change.component, change.component_name)]
    if change.change != "removed":
        lead += [" ", ref_of(change.id, _("as it is now"))]
    body: list[Block] = [Para(tuple(lead))]
    if change.old_id is not None:
        body.append(Para(_was(change)))
    body += change_blocks(change)
    body += [Para((text,), "muted") for text in change.meaning if text not in said]
    said.update(change.meaning)
    return Part(change_anchor(change), _id_words(change.id, namespace=False), tuple(body))


def _id_words(identifier: str, *, namespace: bool = True) -> str:
    found = parse_id(identifier)
    name = found.name if found.namespace is None or not namespace else f"{found.namespace}/{found.name}"
    return f"{found.kind} {name}"


def change_blocks(change: Change) -> list[Block]:
    """The fields of a change: short values as a table, longer texts line by line."""
    rows = [edit_row(edit) for edit in shown_edits(change)]
    out: list[Block] = [Table((_("Where"), _("Before"), _("After")), tuple(rows))] if rows else []
    for edit in change.edits:
        if _is_long(edit):
            out += [Para((Code(place(edit.path)),)), CodeBlock(text_diff(edit), "diff")]
    return out


def edit_row(edit: Edit) -> Row:
    """A field with what stood there and what stands there."""
    if _is_long(edit):
        return Row(((Code(place(edit.path)),), _lines(edit.old), _lines(edit.new)))
    if edit.change == "changed" and word(edit.old) == word(edit.new):
        return Row(((Code(place(edit.path)),), (Hidden(),), (Hidden(), " ", _("another hidden value"))))
    return Row(((Code(place(edit.path)),), _value(edit.old, edit), _value(edit.new, edit)))


def _value(value: Any, edit: Edit) -> Cell:
    if value is not ABSENT:
        return (Code(word(readable(value))),)
    if edit.default is ABSENT:
        return DASH
    return (Code(word(edit.default)), " ", _("(default)"))


def _is_long(edit: Edit) -> bool:
    return any(isinstance(value, str) and "\n" in value for value in (edit.old, edit.new)) or (
        isinstance(edit.old, list) and isinstance(edit.new, list)
    )


def _lines(value: Any) -> Cell:
    if value is ABSENT:
        return DASH
    count = len(value) if isinstance(value, list) else len(str(value).splitlines())
    return (counted(count, _("{count} line"), _("{count} lines")),)


def step_unknown(site: Site, key: str) -> View:
    """What could not be compared, because one of the two could not have shown it."""
    unknown = _step(site, key).diff.unknown
    if not unknown:
        return ()
    rows = tuple(_unknown_row(group) for group in unknown)
    return (Table((_("Kind"), _("Where"), _("Missing in"), _("Why"), _("Which")), rows),)


def _unknown_row(group: Unknown) -> Row:
    names = [parse_id(identifier).name for identifier in group.ids[:12]]
    more: Cell = (_(" and {count} more").format(count=len(group.ids) - 12),) if len(group.ids) > 12 else ()
    side = _("the older one") if group.missing_in == "old" else _("the newer one")
    return Row(
        (
            (group.kind,),
            (group.namespace or "–",),
            (side,),
            (reason_word(group.reason).here,),
            (", ".join(names), *more),
        )
    )


# -- the history of a subject ---------------------------------------------------------------------------------------------


def subject_history(site: Site, key: str) -> View:
    """What has changed in the subject of a page over time, the newest first."""
    history = site.history
    if history is None or not history.steps:
        return ()
    page = site.page(key)
    if page.kind in ("namespace", "node"):
        events: Sequence[tuple[Step, Sequence[Change]]] = [
            (step, [change for change in step.diff.changes if _is_at(change, page)]) for step in reversed(history.steps)
        ]
        rows = [row for step, changes in events for row in _step_rows(step, changes, named=True)]
    else:
        found = history.of(page.record_ids)
        rows = [row for step, changes in _by_step(found) for row in _step_rows(step, changes, named=False)]
    first = history.points[0].label
    if not rows:
        return (
            Para((_("Nothing that somebody decided has changed here since {first}.").format(first=first),), "muted"),
        )
    table = Table((_("On"), _("What changed"), _("Before"), _("After")), tuple(rows))
    return (table, Para((_("Nothing is known from before {first}.").format(first=first),), "muted"))


def _is_at(change: Change, page: Page) -> bool:
    """Whether a change is one of the namespace or node that a page is about."""
    own = parse_id(change.id)
    return change.place == (page.kind.capitalize(), page.subject) or (
        (own.group, own.kind, own.name) == ("core", page.kind.capitalize(), page.subject)
    )


def _by_step(events: Iterable[Event]) -> Iterator[tuple[Step, list[Change]]]:
    for step, found in groupby(events, key=lambda event: event.step):
        yield step, [event.change for event in found]


def _step_rows(step: Step, changes: Sequence[Change], *, named: bool) -> Iterator[Row]:
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
    name: Cell = (ref_of(change.id, _id_words(change.id, namespace=False)), " ") if named else ()
    if change.change in ("added", "removed"):
        yield anchor, (*name, badge(change.change)), DASH, DASH
    elif change.change == "moved" and change.old_id is not None:
        before, after = _id_words(change.old_id), _id_words(change.id)
        yield anchor, (*name, badge("moved")), (before,), (after,)
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


# -- since the snapshot that the site is compared with -----------------------------------------------------------------------


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
        rows = tuple(_since_row(change) for change in changes[:_MOST])
        body: list[Block] = [Table((_("What"), _("Weight"), _("Fields")), rows)]
        if len(changes) > _MOST:
            body.append(Para((_("and {count} more").format(count=len(changes) - _MOST),), "muted"))
        if page.kind == "fixed":
            body += [Para(item, "muted") for item in caveats(since.diff)]
            if site.history is not None and since in site.history.steps:
                body.append(Para((Ref("page", step_page(since), _("Every change with its meaning")), ".")))
        return (Callout("info", title, tuple(body)),)
    return tuple(
        Callout("ok" if change.change == "added" else "info", title, tuple(_since_blocks(change)))
        for change in since.diff.changes
        if change.id in page.record_ids
    )


def _since_blocks(change: Change) -> Iterator[Block]:
    yield Para((badge(change.change), " ", *_was(change)))
    rows = tuple(Row(tuple(cells)) for _anchor, *cells in _short_cells(change, named=False) if change.edits)
    if rows:
        yield Table((_("What changed"), _("Before"), _("After")), rows)
    for edit in change.edits:
        if _is_long(edit):
            yield CodeBlock(text_diff(edit), "diff")


def _was(change: Change) -> Cell:
    if change.old_id is None:
        return ()
    why: Cell = (" ", change.evidence.here) if change.evidence is not None else ()
    return (_("It was {name}.").format(name=_id_words(change.old_id)), *why)


def _since_row(change: Change) -> Row:
    name = _id_words(change.id, namespace=False)
    shown: Inline = name if change.change == "removed" else ref_of(change.id, name)
    fields = [(Code(place(edit.path)),) for edit in change.edits[:4]]
    more: Cell = (_(" and {count} more").format(count=len(change.edits) - 4),) if len(change.edits) > 4 else ()
    # Behind a reference the mark is put by whoever marks all references.
    mark: Cell = (" ", badge("removed")) if change.change == "removed" else ()
    return Row(((shown, *mark), (_weight_badge(change.weight),), (*joined(fields), *more)))


# -- the first page -------------------------------------------------------------------------------------------------------


def overview_changes(site: Site, key: str) -> View:
    """The last step, for whoever asks first what has changed."""
    del key
    if site.history is None or not site.history.steps:
        return ()
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


def _history(site: Site) -> History:
    if site.history is None:
        raise LookupError("the site knows no earlier snapshots")
    return site.history


def _step(site: Site, key: str) -> Step:
    subject = site.page(key).subject
    return next(step for step in _history(site).steps if step.key == subject)


VIEWS = {
    "changes-timeline": timeline_view,
    "changes-steps": steps_view,
    "step-intro": step_intro,
    "step-changes": step_changes,
    "step-unknown": step_unknown,
    "subject-history": subject_history,
    "subject-since": subject_since,
    "overview-changes": overview_changes,
}
