"""A comparison as lines of words, each with what it is: what text, Markdown and HTML are made of."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rkedoc.diff.canonical import readable
from rkedoc.diff.compare import ABSENT, Edit
from rkedoc.diff.model import Change, Diff, Side, Unknown, without_fingerprints, word
from rkedoc.diff.render.words import MOST, bundle_words, bundled, heading, place, shown_edits
from rkedoc.diff.scopes import reason_word
from rkedoc.i18n import _, between, counted, in_brackets, of_what
from rkedoc.vocabulary import ChangeKind, Weight

CONTEXT = 2
_LONGEST = 300
_HEAD = 400


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line. ``kind`` is ``title``, ``group``, ``note``, ``change``, ``field``, ``meaning``, ``more`` or, for a line
    of a longer text, ``+``, ``-``, ``=`` and ``@``. ``tone`` is ``added``, ``removed``, ``changed``, ``moved`` or empty."""

    kind: str
    text: str
    tone: str = ""


def lines(diff: Diff, *, summary: bool = False) -> Iterator[ReportLine]:
    """The whole comparison, in the order in which a person reads it. No fingerprint of a hidden value is in it."""
    for line in _lines(diff, summary=summary):
        yield ReportLine(line.kind, without_fingerprints(line.text), line.tone)


def _lines(diff: Diff, *, summary: bool) -> Iterator[ReportLine]:
    yield from _head(diff)
    if summary:
        return
    said: set[str] = set()
    for where, changes in groupby(diff.changes, key=lambda change: change.place):
        yield ReportLine("group", heading(where))
        for together in bundled(changes):
            if len(together) == 1:
                yield from change_lines(together[0], said)
            else:
                yield ReportLine("change", bundle_words(together), together[0].change)
    if diff.unknown:
        yield ReportLine("group", _("Unknown"))
        yield from (ReportLine("note", unknown_line(unknown)) for unknown in diff.unknown)
    if diff.observed is not None:
        yield ReportLine("group", _("Changed by itself"))
        if not diff.observed:
            yield ReportLine("note", _("Nothing."))
        for change in diff.observed:
            yield from change_lines(change, said)


def _head(diff: Diff) -> Iterator[ReportLine]:
    yield ReportLine("title", f"{side_name(diff.old)} → {side_name(diff.new)}")
    yield from (ReportLine("note", note.translated) for note in diff.notes)
    for unknown in unknown_sums(diff.unknown):
        yield ReportLine("note", unknown)
    if diff.hidden:
        one = _("{count} hidden value could not be compared: both snapshots need fingerprints under the same key.")
        many = _("{count} hidden values could not be compared: both snapshots need fingerprints under the same key.")
        yield ReportLine("note", counted(diff.hidden, one, many))
    if diff.same:
        nothing = _("Nothing that somebody decided has changed.")
        narrow = _("Nothing that somebody decided has changed in what was asked for.")
        yield ReportLine("note", narrow if diff.narrowed else nothing)
        return
    whats = [f"{diff.counts[kind]} {kind.label.translated}" for kind in ChangeKind if kind in diff.counts]
    weights = [f"{weight.label.translated} {diff.counts[weight]}" for weight in Weight if weight in diff.counts]
    total = counted(len(diff.changes), _("{count} change"), _("{count} changes"))
    said = _("{total}: {whats} ({weights}).")
    yield ReportLine("note", said.format(total=total, whats=between().join(whats), weights=between().join(weights)))
    for version in diff.versions:
        times = _(" ({count} places)").format(count=version.places) if version.places > 1 else ""
        yield ReportLine("note", of_what(_(version.name), f"{version.old} → {version.new}{times}"))


def side_name(side: Side) -> str:
    """What a side is called in a title: the cluster, and the time of the collection."""
    time = side.times[-1] if side.times else ""
    return f"{side.cluster or _('cluster')} {time}".strip()


def unknown_sums(unknown: Sequence[Unknown]) -> Iterator[str]:
    """How many objects are unknown on which side and why, in a sentence each."""
    sums: dict[tuple[str, str], int] = {}
    for group in unknown:
        key = group.missing_in, reason_word(group.reason).translated
        sums[key] = sums.get(key, 0) + len(group.ids)
    for (side, reason), count in sorted(sums.items()):
        one = _("{count} object is unknown in {side}: {reason} there, so neither added nor removed.")
        many = _("{count} objects are unknown in {side}: {reason} there, so neither added nor removed.")
        yield (one if count == 1 else many).format(count=count, side=side.upper(), reason=reason)


def unknown_line(unknown: Unknown) -> str:
    """A group of objects that are unknown on one side, with the first names."""
    names = [identifier.split("/", 3)[3] for identifier in unknown.ids[:MOST]]
    more = _(" and {count} more").format(count=len(unknown.ids) - MOST) if len(unknown.ids) > MOST else ""
    place = _(" in {place}").format(place=unknown.namespace) if unknown.namespace else ""
    return f"{unknown.kind}{place} ({unknown.missing_in.upper()}: {reason_word(unknown.reason).translated}): {', '.join(names)}{more}"


def change_lines(change: Change, said: set[str]) -> Iterator[ReportLine]:
    """A change with its fields. What was said of a component before is not said again."""
    head = f"{change.change.sign} {change.kind} {change.name}"
    if change.component_name and change.component_name != change.name:
        head = in_brackets(head, change.component_name)
    if change.version is not None:
        head += f" {change.version[0]} → {change.version[1]}"
    yield ReportLine(
        "change", f"{head} [{change.change.label.translated}{between()}{change.weight.label.translated}]", change.change
    )
    if change.old_id is not None:
        _group, kind, namespace, name = change.old_id.split("/", 3)
        where = _(" in {place}").format(place=namespace) if namespace != "-" else ""
        yield ReportLine("field", _("was {name}").format(name=f"{kind} {name}") + where, ChangeKind.MOVED)
    if change.evidence:
        yield ReportLine("field", _("because: {why}").format(why=change.evidence.translated), ChangeKind.MOVED)
    for edit in shown_edits(change):
        yield from _edit(edit)
    yield from (ReportLine("meaning", text) for text in change.meaning if text not in said)
    said.update(change.meaning)


def _edit(edit: Edit) -> Iterator[ReportLine]:
    where = place(edit.path)
    old, new = without_fingerprints(edit.old), without_fingerprints(edit.new)
    if edit.change == ChangeKind.CHANGED and old == new:
        yield ReportLine("field", _("{field}: a hidden value changed").format(field=where), ChangeKind.CHANGED)
    elif isinstance(old, str) and isinstance(new, str) and ("\n" in old or "\n" in new):
        yield ReportLine("field", f"{where}:", ChangeKind.CHANGED)
        yield from _texts(old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield ReportLine("field", f"{where}:", ChangeKind.CHANGED)
        yield from _texts("\n".join(word(item) for item in old), "\n".join(word(item) for item in new))
    elif edit.change == ChangeKind.CHANGED or edit.default is not ABSENT:
        yield ReportLine("field", of_what(where, f"{_value(edit.old, edit)} → {_value(edit.new, edit)}"), edit.change)
    else:
        value = old if edit.new is ABSENT else new
        where = f"{edit.change.sign} {where}"
        if edit.path[-1].endswith("]") and (value is True or word(readable(value)) == word(edit.path[-1][1:-1])):
            yield ReportLine("field", where, edit.change)
        elif isinstance(value, str) and "\n" in value:
            yield ReportLine("field", f"{where}:", edit.change)
            yield from _texts("", value) if edit.change == ChangeKind.ADDED else _texts(value, "")
        else:
            yield ReportLine("field", of_what(where, _short(value)), edit.change)


def _value(value: Any, edit: Edit) -> str:
    if value is ABSENT:
        return _("{value} (default)").format(value=word(edit.default)) if edit.default is not ABSENT else _("nothing")
    return _short(value)


def _short(value: Any) -> str:
    text = word(readable(value))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + _("… ({count} characters)").format(count=len(text))


def text_diff(edit: Edit) -> str:
    """A longer text, or a list, that changed, line by line as ``diff -u`` writes it."""
    sides = (_as_lines(without_fingerprints(value)) for value in (edit.old, edit.new))
    signs = {"=": " ", "@": "", "more": ""}
    return "\n".join(f"{signs.get(line.kind, line.kind)}{line.text}" for line in _texts(*sides))


def _as_lines(value: Any) -> str:
    if value is ABSENT:
        return ""
    return "\n".join(word(item) for item in value) if isinstance(value, list) else str(value)


def _texts(old: str, new: str) -> Iterator[ReportLine]:
    """A diff of two texts, line by line."""
    one, other = old.split("\n") if old else [], new.split("\n") if new else []
    if len(one) + len(other) > _HEAD * 20:
        yield ReportLine("more", _("{old} lines became {new} lines").format(old=len(one), new=len(other)))
        return
    for number, line in enumerate(list(difflib.unified_diff(one, other, "", "", lineterm="", n=CONTEXT))[2:]):
        if number >= _HEAD:
            yield ReportLine("more", _("… and more"))
            return
        kind = {"+": "+", "-": "-", "@": "@"}.get(line[:1], "=")
        yield ReportLine(kind, line[1:] if kind != "@" else line)
