"""Keeps an answer within a size: long texts are cut, long lists end early, and both say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from rkedoc.sphinxext.blocks.sanitize import visible

LARGEST: Final = 20_000
"""Bytes of an answer as JSON, about 5,000 words of a model. The protocol sends it twice, as data and as text."""
PART: Final = 3_000
"""Bytes of a part of an answer beside its rows."""
_LONGEST: Final = 2_000
"""Characters of one text."""


def shown(value: Any) -> Any:
    """A value as pages show it: without fingerprints and invisible characters, and with texts that are not too long."""
    match value:
        case str():
            text = visible(str(value))
            return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST} more characters)"
        case Mapping():
            return {str(shown(key)): shown(item) for key, item in value.items()}
        case list() | tuple():
            return [shown(item) for item in value]
        case _:
            return value


def size(value: Any) -> int:
    """Bytes of a value as JSON."""
    return len(orjson.dumps(value, default=str))


def part(value: Any) -> Any:
    """A part of an answer within :data:`PART`: a list ends early, and of an object the fields that have room stand there, both with how many are missing."""
    value = shown(value)
    if size(value) <= PART:
        return value
    if isinstance(value, list):
        rows = fitting(value, PART)
        return [*rows, {"more": len(value) - len(rows)}]
    if isinstance(value, dict):
        smallest = sorted(([name, one] for name, one in value.items()), key=size)
        kept = {name for name, _one in fitting(smallest, PART)}
        return {name: one for name, one in value.items() if name in kept} | {"more": len(value) - len(kept)}
    return value


def short(row: Any) -> Any:
    """A row that has room in any answer: of one that is too long, its short fields."""
    row = shown(row)
    if size(row) <= LARGEST // 4 or not isinstance(row, dict):
        return row
    return {name: value for name, value in row.items() if size(value) <= 300} | {"too_long": True}


def fitting(rows: Sequence[Any], room: int) -> list[Any]:
    """As many of the rows, from the first, as have room."""
    found: list[Any] = []
    for row in rows:
        room -= size(row) + 2
        if room < 0:
            break
        found.append(row)
    return found
