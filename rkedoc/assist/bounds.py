"""Keeps an answer within a size: long texts are cut, long lists end early, and both say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from rkedoc.snapshot.record import without_fingerprints
from rkedoc.sphinxext.blocks.sanitize import visible

LARGEST: Final = 40_000
"""Bytes of an answer as JSON: about 10,000 words of a model, which leaves room for others."""
_LONGEST: Final = 2_000
"""Characters of one text."""


def shown(value: Any) -> Any:
    """A value as pages show it: without fingerprints and invisible characters, and with texts that are not too long."""
    match value:
        case str():
            text = visible(without_fingerprints(str(value)))
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


def fitting(rows: Sequence[Any], room: int) -> list[Any]:
    """As many of the rows, from the first, as have room."""
    found: list[Any] = []
    for row in rows:
        room -= size(row) + 2
        if room < 0:
            break
        found.append(row)
    return found
