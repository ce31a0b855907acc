"""How a change is shown, whatever the form: its words, its place, its fields, and what stands together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rkedoc.diff.compare import ABSENT, Edit
from rkedoc.diff.model import Change, without_fingerprints, word
from rkedoc.i18n import _, between, in_brackets, of_what
from rkedoc.vocabulary import ChangeKind, Weight

_LONGEST_KEY = 120
"""Characters of a key in a path that are shown."""

MOST = 12
"""Names, or fields of something that came or went, that are shown; the rest is counted."""

MANY = 20
"""So many of one kind that came, or went, are still told one by one."""


def heading(place: tuple[str, str]) -> str:
    """The heading of a :attr:`~rkedoc.diff.model.Change.place`."""
    kind, name = place
    if not kind:
        return _("The whole cluster")
    return (_("Namespace {name}") if kind == "Namespace" else _("Node {name}")).format(name=name)


def bundled(changes: Iterable[Change]) -> Iterator[tuple[Change, ...]]:
    """The changes of one place, each alone, but for what is read better together: many of one kind that came, or went, and
    what only moved along with something else."""
    found = tuple(changes)
    together: dict[tuple[str, str], list[Change]] = {}
    for change in found:
        together.setdefault(_bundle(change), []).append(change)
    done: set[tuple[str, str]] = set()
    for change in found:
        key = _bundle(change)
        least = 2 if change.change == ChangeKind.MOVED else MANY + 1
        if key == _ALONE or len(together[key]) < least:
            yield (change,)
        elif key not in done:
            done.add(key)
            yield tuple(together[key])


_ALONE = ("", "")


def _bundle(change: Change) -> tuple[str, str]:
    """What a change has to share with others to stand in one line with them."""
    if change.change in (ChangeKind.ADDED, ChangeKind.REMOVED):
        return change.change, change.kind
    if (
        change.change == ChangeKind.MOVED
        and not change.edits
        and change.evidence is not None
        and change.kind != "Namespace"
    ):
        return ChangeKind.MOVED, change.evidence
    return _ALONE


def bundle_words(together: Sequence[Change]) -> str:
    """A bundle in one line, with the first of its names."""
    first = together[0]
    moved = first.change == ChangeKind.MOVED
    names = between().join(f"{change.kind} {change.name}" if moved else change.name for change in together[:MOST])
    more = _(" and {count} more").format(count=len(together) - MOST) if len(together) > MOST else ""
    kind = "" if moved else f" {first.kind}"
    said = f"{first.change.sign} {len(together):,}{kind} [{first.change.label.translated}{between()}{weightiest(together).label.translated}]"
    why = in_brackets("", first.evidence.translated) if moved and first.evidence is not None else ""
    return of_what(f"{said}{why}", f"{names}{more}")


def weightiest(changes: Iterable[Change]) -> Weight:
    """The weight of the weightiest change."""
    return min((change.weight for change in changes), key=lambda weight: weight.order)


def shown_edits(change: Change) -> tuple[Edit, ...]:
    """The fields of a change as people read them; of something that came or went those that tell most.

    Small structures stand as their fields. An element that went and one that came, which differ only in what is hidden in
    them, are one whose hidden value changed.
    """
    parts = [part for edit in change.edits or change.summary[:MOST] for part in spread(edit)]
    gone = {_plain(part.path): part for part in parts if part.new is ABSENT}
    come = {_plain(part.path): part for part in parts if part.old is ABSENT}
    same = {
        path: Edit(come[path].path, gone[path].old, come[path].new)
        for path in gone.keys() & come.keys()
        if without_fingerprints(gone[path].old) == without_fingerprints(come[path].new)
    }
    return tuple(
        same.get(path, part)
        for part in parts
        for path in (_plain(part.path),)
        if path not in same or part.new is ABSENT
    )


def _plain(path: Sequence[str]) -> tuple[str, ...]:
    """A path without fingerprints."""
    return tuple(word(key) for key in path)


def spread(edit: Edit) -> Iterator[Edit]:
    """A small structure that came or went as its fields, which are read more easily than JSON; all else as it is."""
    value = edit.new if edit.old is ABSENT else edit.old
    leaves = list(_leaves(value, ())) if isinstance(value, Mapping) and ABSENT in (edit.old, edit.new) else []
    if not 0 < len(leaves) <= MOST or edit.path[-1].startswith("[{"):
        yield edit
        return
    for path, leaf in leaves:
        yield Edit((*edit.path, *path), ABSENT, leaf) if edit.old is ABSENT else Edit((*edit.path, *path), leaf, ABSENT)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, value


def place(path: Sequence[str]) -> str:
    """A path as people write it: ``spec.containers[web].image``."""
    shown = ""
    for key in map(_cut, path):
        bracket = key.startswith("[") and key.endswith("]")
        quoted = f'["{key}"]' if "." in key and not bracket else key
        shown += quoted if bracket or quoted.startswith("[") or not shown else f".{quoted}"
    return shown


def _cut(key: str) -> str:
    """A key without fingerprints, cut where it is a whole command line."""
    shown = word(key)
    return (
        shown if len(shown) <= _LONGEST_KEY else f"{shown[: _LONGEST_KEY - 1]}…" + ("]" if shown.endswith("]") else "")
    )
