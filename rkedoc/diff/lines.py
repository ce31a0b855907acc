"""A comparison as lines of words, each with what it is: what text, Markdown and HTML are made of."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rkedoc.diff.compare import ABSENT, Edit
from rkedoc.diff.model import Change, Diff, Side, Unknown, without_fingerprints, word
from rkedoc.diff.scopes import reason_word

CONTEXT = 2
_LONGEST = 300
_MOST = 12
_HEAD = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``kind`` is ``title``, ``group``, ``note``, ``change``, ``field``, ``meaning``, ``more`` or, for a line
    of a longer text, ``+``, ``-``, ``=`` and ``@``. ``tone`` is ``added``, ``removed``, ``changed``, ``moved`` or empty."""

    kind: str
    text: str
    tone: str = ""


def lines(diff: Diff, *, summary: bool = False) -> Iterator[Line]:
    """The whole comparison, in the order in which a person reads it. No fingerprint of a hidden value is in it."""
    for line in _lines(diff, summary=summary):
        yield Line(line.kind, without_fingerprints(line.text), line.tone)


def _lines(diff: Diff, *, summary: bool) -> Iterator[Line]:
    yield from _head(diff)
    if summary:
        return
    group: str | None = None
    for change in diff.changes:
        if change.place != group:
            group = change.place
            yield Line("group", group or "The whole cluster")
        yield from _change(change)
    if diff.unknown:
        yield Line("group", "Unknown")
        yield from (Line("note", _unknown(unknown)) for unknown in diff.unknown)
    if diff.observed is not None:
        yield Line("group", "Changed by itself")
        if not diff.observed:
            yield Line("note", "Nothing.")
        for change in diff.observed:
            yield from _change(change)


def _head(diff: Diff) -> Iterator[Line]:
    yield Line("title", f"{_side(diff.old)} → {_side(diff.new)}")
    yield from (Line("note", note) for note in diff.notes)
    for unknown in _summed(diff.unknown):
        yield Line("note", unknown)
    if diff.hidden:
        those = "1 hidden value" if diff.hidden == 1 else f"{diff.hidden} hidden values"
        yield Line("note", f"{those} could not be compared: both snapshots need fingerprints under the same key.")
    if diff.same:
        yield Line("note", "Nothing that somebody decided has changed.")
        return
    whats = [f"{diff.counts[name]} {name}" for name in ("added", "removed", "changed", "moved") if name in diff.counts]
    weights = [
        f"{name} {diff.counts[name]}"
        for name in ("version", "exposure", "access", "capacity", "configuration")
        if name in diff.counts
    ]
    yield Line("note", f"{len(diff.changes)} changes: {', '.join(whats)} ({', '.join(weights)})." if len(diff.changes) != 1
               else f"1 change: {', '.join(whats)} ({', '.join(weights)}).")  # fmt: skip
    for version in diff.versions:
        times = f" ({version.places} places)" if version.places > 1 else ""
        yield Line("note", f"{version.name}: {version.old} → {version.new}{times}")


def _side(side: Side) -> str:
    time = side.times[-1] if side.times else ""
    return f"{side.cluster or 'cluster'} {time}".strip()


def _summed(unknown: Sequence[Unknown]) -> Iterator[str]:
    sums: dict[tuple[str, str], int] = {}
    for group in unknown:
        key = group.missing_in, reason_word(group.reason)
        sums[key] = sums.get(key, 0) + len(group.ids)
    for (side, reason), count in sorted(sums.items()):
        those = "1 object is" if count == 1 else f"{count} objects are"
        yield f"{those} unknown in {side.upper()}: {reason} there, so neither added nor removed."


def _unknown(unknown: Unknown) -> str:
    names = [identifier.split("/", 3)[3] for identifier in unknown.ids[:_MOST]]
    more = f" and {len(unknown.ids) - _MOST} more" if len(unknown.ids) > _MOST else ""
    place = f" in {unknown.namespace}" if unknown.namespace else ""
    return (
        f"{unknown.kind}{place} ({unknown.missing_in.upper()}: {reason_word(unknown.reason)}): {', '.join(names)}{more}"
    )


_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}


def _change(change: Change) -> Iterator[Line]:
    head = f"{_SIGNS[change.change]} {change.kind} {change.name}"
    if change.component_name and change.component_name != change.name:
        head += f" ({change.component_name})"
    if change.version is not None:
        head += f" {change.version[0]} → {change.version[1]}"
    yield Line("change", f"{head} [{change.change}, {change.weight}]", change.change)
    if change.old_id is not None:
        _group, kind, namespace, name = change.old_id.split("/", 3)
        yield Line("field", f"was {kind} {name}" + (f" in {namespace}" if namespace != "-" else ""), "moved")
    if change.evidence:
        yield Line("field", f"because: {change.evidence}", "moved")
    for edit in change.edits:
        yield from _edit(edit)
    if change.change in ("added", "removed"):
        yield from _whole(change)
    yield from (Line("meaning", text) for text in change.meaning)


def _whole(change: Change) -> Iterator[Line]:
    """The images of something that came or went: the rest stands in the snapshot."""
    view = change.new if change.new is not None else change.old
    for path, image in list(_images(view or {}))[:_MOST]:
        yield Line("field", f"{place(path)}: {_short(image)}", change.change)


def _images(view: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in view.items():
        if isinstance(value, Mapping):
            yield from _images(value, (*path, key))
        elif key == "image" and isinstance(value, str):
            yield (*path, key), value


def place(path: Sequence[str]) -> str:
    """A path as people write it: ``spec.containers[web].image``."""
    shown = ""
    for key in path:
        bracket = key.startswith("[") and key.endswith("]")
        quoted = f'["{key}"]' if "." in key and not bracket else key
        shown += quoted if bracket or quoted.startswith("[") or not shown else f".{quoted}"
    return shown


def _edit(edit: Edit) -> Iterator[Line]:
    where = place(edit.path)
    old, new = without_fingerprints(edit.old), without_fingerprints(edit.new)
    if edit.change == "changed" and old == new:
        yield Line("field", f"{where}: a hidden value changed", "changed")
    elif isinstance(old, str) and isinstance(new, str) and ("\n" in old or "\n" in new):
        yield Line("field", f"{where}:", "changed")
        yield from _texts(old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield Line("field", f"{where}:", "changed")
        yield from _texts("\n".join(word(item) for item in old), "\n".join(word(item) for item in new))
    elif edit.change == "changed" or edit.default is not ABSENT:
        yield Line("field", f"{where}: {_value(edit.old, edit)} → {_value(edit.new, edit)}", edit.change)
    else:
        value = old if edit.new is ABSENT else new
        if value is True and where.endswith("]"):
            yield Line("field", where, edit.change)
        elif isinstance(value, str) and "\n" in value:
            yield Line("field", f"{where}:", edit.change)
            yield from _texts("", value) if edit.change == "added" else _texts(value, "")
        else:
            yield Line("field", f"{where}: {_short(value)}", edit.change)


def _value(value: Any, edit: Edit) -> str:
    if value is ABSENT:
        return f"{word(edit.default)} (default)" if edit.default is not ABSENT else "nothing"
    return _short(value)


def _short(value: Any) -> str:
    text = word(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def text_diff(edit: Edit) -> str:
    """A longer text, or a list, that changed, line by line as ``diff -u`` writes it."""
    sides = (_as_lines(without_fingerprints(value)) for value in (edit.old, edit.new))
    signs = {"=": " ", "@": "", "more": ""}
    return "\n".join(f"{signs.get(line.kind, line.kind)}{line.text}" for line in _texts(*sides))


def _as_lines(value: Any) -> str:
    if value is ABSENT:
        return ""
    return "\n".join(word(item) for item in value) if isinstance(value, list) else str(value)


def _texts(old: str, new: str) -> Iterator[Line]:
    """A diff of two texts, line by line."""
    one, other = old.split("\n") if old else [], new.split("\n") if new else []
    if len(one) + len(other) > _HEAD * 20:
        yield Line("more", f"{len(one)} lines became {len(other)} lines")
        return
    for number, line in enumerate(list(difflib.unified_diff(one, other, "", "", lineterm="", n=CONTEXT))[2:]):
        if number >= _HEAD:
            yield Line("more", "… and more")
            return
        kind = {"+": "+", "-": "-", "@": "@"}.get(line[:1], "=")
        yield Line(kind, line[1:] if kind != "@" else line)
