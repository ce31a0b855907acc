"""Parts of objects that were walked before: most of what a cluster holds stands in it many times.

The pods of one workload differ in their names, addresses and times; tolerations, probes, mounts and variables are the same, and many of them
are the same in all workloads. What a walk makes of such a part depends on the part alone and on little of where it stands. So its
result is used again, with the same secrets counted and learned as by a walk.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

SHALLOWEST = 50
"""Objects and lists around a part; of one that lies deeper nothing is used again, so that it is not deeper than a walk goes."""

TALLEST = 100
"""Objects and lists within each other in a part that is remembered."""

_SHORTEST, _LONGEST = 32, 8192
"""Bytes of a part as JSON. Shorter ones are walked as fast; longer ones hardly come again."""

_MOST = 4 * 1024 * 1024
"""Bytes of all parts that are remembered, as JSON; what is made of them takes several times as much."""

_MOST_SEEN = 50_000

_TRIES, _PAUSE = 64, 2_000
"""After so many parts of one name that were not met before, so many are walked without being looked for: the times and names in some fields
are others in each object."""

_EXACTLY = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""What is no JSON value is not written as if it were one."""

Key = tuple[int, str, bytes]
"""What a part's result depends on: the kinds of its field and its object and where it stands, in one number; the name of its field if that
matters; and the part itself as JSON."""


class Part(NamedTuple):
    """What became of a part: what is shown, each rule that hit in it with the secret that it took out, and how many objects and lists lie
    within each other in it."""

    shown: Any
    hits: tuple[tuple[str, str], ...]
    height: int


class Parts:
    """The parts that were walked. Bounded; safe to use from several threads."""

    __slots__ = ("_known", "_left", "_seen", "_size")

    def __init__(self) -> None:
        self._known: dict[Key, Part] = {}
        self._left: dict[str, int] = {}
        self._seen: set[int] = set()
        self._size = 0

    def are_found(self, name: str) -> bool:
        """Whether parts of this name have been found again of late, so that the next is worth looking for."""
        left = self._left.get(name, _TRIES)
        if left < -_PAUSE:
            left = _TRIES
        if len(self._left) > 10_000:
            self._left.clear()
        self._left[name] = left - 1
        return left > 0

    def of(self, name: str, key: Key) -> Part | None:
        """What became of this part before; ``name`` is that under which parts like it are looked for."""
        known = self._known.get(key)
        if known is not None:
            self._left[name] = _TRIES
        return known

    def is_first(self, key: Key) -> bool:
        """Whether a part in which something is hidden is met for the first time. Only after the first walk are all of its strings known, so
        that every later one counts the same."""
        number = hash(key)
        if number in self._seen:
            return False
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen.add(number)
        return True

    def keep(self, key: Key, part: Part) -> None:
        """Remember what became of a part."""
        if self._size >= _MOST:
            self._known.clear()
            self._size = 0
        self._known[key] = part
        self._size += len(key[2])


def written(part: Any) -> bytes | None:
    """A part as JSON, the order of its keys as they stand; ``None`` for one that is not remembered."""
    try:
        found = orjson.dumps(part, None, _EXACTLY)
    except TypeError:  # nothing that JSON holds, or too deep
        return None
    return found if _SHORTEST <= len(found) <= _LONGEST else None
