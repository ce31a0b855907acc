"""The differences between two views, and a view with differences applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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
