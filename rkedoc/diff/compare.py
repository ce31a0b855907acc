"""The differences between two views, and a view with differences applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from rkedoc.snapshot.record import HIDDEN_IN_BUNDLE
from rkedoc.vocabulary import ChangeKind

Path = tuple[str, ...]

ABSENT: Any = object()
"""Stands where there is no value; ``None`` does not occur in a view but within lists."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference: what stood at ``path``, and what stands there now; :data:`ABSENT` where nothing does.

    ``default`` is what nothing means there, where that is known.
    """

    path: Path
    old: Any
    new: Any
    default: Any = ABSENT

    @property
    def change(self) -> ChangeKind:
        """What happened to it: it never moves."""
        return (
            ChangeKind.ADDED if self.old is ABSENT else ChangeKind.REMOVED if self.new is ABSENT else ChangeKind.CHANGED
        )

    def mirrored(self) -> Edit:
        """The same difference seen from the other side."""
        return Edit(self.path, self.new, self.old, self.default)


def edits(old: Any, new: Any, path: Path = ()) -> Iterator[Edit]:
    """Every difference once, at the deepest place that names it, sorted by path."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from edits(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))
    elif not equal(old, new):
        yield Edit(path, old, new)


def equal(old: Any, new: Any) -> bool:
    """Whether two values are the same, their types included: ``true`` is not 1."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(equal(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(equal(one, other) for one, other in zip(old, new, strict=True))
    return type(old) is type(new) and old == new


def unknowable(edit: Edit, parents: AbstractSet[Path] = frozenset()) -> bool:
    """Whether nobody can say that something has changed, since a bundle's tool had hidden what stands on one side. ``parents`` are the lists
    without an order of which it has hidden an element."""
    if edit.change != ChangeKind.CHANGED:
        return edit.path[:-1] in parents
    return _unknowable(edit.old, edit.new)


def with_hidden_elements(found: Iterable[Edit]) -> AbstractSet[Path]:
    """The lists without an order of which a bundle's tool has hidden an element: what it is the same as cannot be told."""
    return {edit.path[:-1] for edit in found if edit.path and HIDDEN_IN_BUNDLE in edit.path[-1]}


def _unknowable(old: Any, new: Any) -> bool:
    if any(isinstance(side, str) and HIDDEN_IN_BUNDLE in side for side in (old, new)):
        return True
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return all(equal(one, other) or _unknowable(one, other) for one, other in zip(old, new, strict=True))
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() == new.keys():
        return all(equal(old[key], new[key]) or _unknowable(old[key], new[key]) for key in old)
    return False


def applied(view: Mapping[str, Any], changes: Iterable[Edit]) -> dict[str, Any]:
    """``view`` with differences applied: ``applied(old, edits(old, new))`` is ``new``. ``view`` is left as it is."""
    result: dict[str, Any] = _copied(view)
    for change in changes:
        level = result
        for key in change.path[:-1]:
            level = level[key]
        if change.new is ABSENT:
            del level[change.path[-1]]
        else:
            level[change.path[-1]] = _copied(change.new)
    return result


def _copied(value: Any) -> Any:
    return {key: _copied(item) for key, item in value.items()} if isinstance(value, Mapping) else value
