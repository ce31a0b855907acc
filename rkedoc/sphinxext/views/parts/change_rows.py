"""What has changed in one thing, as rows and blocks: what the pages of steps, the histories and the marks are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rkedoc.diff.canonical import readable
from rkedoc.diff.compare import ABSENT, Edit
from rkedoc.diff.model import Change, word
from rkedoc.diff.render.lines import text_diff
from rkedoc.diff.render.words import place, shown_edits
from rkedoc.i18n import _, counted
from rkedoc.snapshot.identity import page_key, parse_id
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    CodeBlock,
    Hidden,
    Para,
    Row,
    Strong,
    Table,
)
from rkedoc.sphinxext.layout import subject_key
from rkedoc.sphinxext.views.parts.cells import DASH, joined
from rkedoc.vocabulary import ChangeKind, Weight

if TYPE_CHECKING:
    from rkedoc.diff.history import HistoryStep
    from rkedoc.diff.model import Diff


def step_page(step: HistoryStep) -> str:
    """The key of the page of a step."""
    return subject_key("step", step.key)


def change_anchor(change: Change) -> str:
    """The anchor of a change on the page of its step."""
    return f"change-{page_key(*change.id.split('/'))}"


def id_words(identifier: str, *, namespace: bool = True) -> str:
    """An id as people write it: kind and name, with the namespace unless that is said elsewhere."""
    found = parse_id(identifier)
    name = found.name if found.namespace is None or not namespace else f"{found.namespace}/{found.name}"
    return f"{found.kind} {name}"


def was(change: Change) -> Cell:
    """What a thing was that has another id now, and why it is the same."""
    if change.old_id is None:
        return ()
    why: Cell = (" ", change.evidence.translated) if change.evidence is not None else ()
    return (_("It was {name}.").format(name=id_words(change.old_id)), *why)


def step_sum(diff: Diff) -> str:
    """How many changes there are, in words."""
    if diff.same:
        return _("no change")
    return counted(len(diff.changes), _("{count} change"), _("{count} changes"))


def sum_cell(diff: Diff) -> Cell:
    """The number of changes, and of those of each weight."""
    if diff.same:
        return (Badge(_("no change"), "muted"),)
    parts = [(f"{weight.label.translated} {diff.counts[weight]}",) for weight in Weight if weight in diff.counts]
    return (Strong(step_sum(diff)), ": ", *joined(parts))


def caveats(diff: Diff) -> tuple[Cell, ...]:
    """What stands between the two snapshots and a whole comparison, in sentences."""
    items: list[Cell] = [(note.translated,) for note in diff.notes]
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


def change_blocks(change: Change) -> list[Block]:
    """The fields of a change: short values as a table, longer texts line by line."""
    rows = [edit_row(edit) for edit in shown_edits(change)]
    out: list[Block] = [Table((_("Where"), _("Before"), _("After")), tuple(rows))] if rows else []
    for edit in change.edits:
        if is_long(edit):
            out += [Para((Code(place(edit.path)),)), CodeBlock(text_diff(edit), "diff")]
    return out


def edit_row(edit: Edit) -> Row:
    """A field with what stood there and what stands there."""
    if is_long(edit):
        return Row(((Code(place(edit.path)),), _lines(edit.old), _lines(edit.new)))
    if edit.change == ChangeKind.CHANGED and word(edit.old) == word(edit.new):
        return Row(((Code(place(edit.path)),), (Hidden(),), (Hidden(), " ", _("another hidden value"))))
    return Row(((Code(place(edit.path)),), _value(edit.old, edit), _value(edit.new, edit)))


def _value(value: Any, edit: Edit) -> Cell:
    if value is not ABSENT:
        return (Code(word(readable(value))),)
    if edit.default is ABSENT:
        return DASH
    return (Code(word(edit.default)), " ", _("(default)"))


def is_long(edit: Edit) -> bool:
    """Whether a field is better read line by line."""
    return any(isinstance(value, str) and "\n" in value for value in (edit.old, edit.new)) or (
        isinstance(edit.old, list) and isinstance(edit.new, list)
    )


def _lines(value: Any) -> Cell:
    if value is ABSENT:
        return DASH
    count = len(value) if isinstance(value, list) else len(str(value).splitlines())
    return (counted(count, _("{count} line"), _("{count} lines")),)
