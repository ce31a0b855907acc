"""Read fields of records, which may hold anything: what is missing or of another type comes out empty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rkedoc.i18n import _
from rkedoc.snapshot.record import HIDDEN_IN_BUNDLE, without_fingerprints

_EMPTY: Mapping[str, Any] = MappingProxyType({})
_OBJECT = (dict, Mapping)
"""What an object can be. Nearly all are dictionaries, which Python knows at once; to ask whether something is a ``Mapping`` takes several times as long."""


def natural(name: str) -> tuple[tuple[str, int, str], ...]:
    """A key that sorts names as people do, who take digits for numbers: ``team-2`` before ``team-10``.

    >>> sorted(("team-10", "team-2", "team"), key=natural)
    ['team', 'team-2', 'team-10']
    """
    parts = _DIGITS.split(name)
    words, numbers = parts[::2], (*parts[1::2], "")
    # Digits may have zeros before them: the text decides between what is one number.
    return tuple((word, int(number or -1), number) for word, number in zip(words, numbers, strict=True))


_DIGITS = re.compile(r"([0-9]{1,18})")


def at(value: Any, *path: str) -> Any:
    """What a path of keys leads to, ``None`` if it leads nowhere."""
    for key in path:
        if not isinstance(value, _OBJECT):
            return None
        value = value.get(key)
    return value


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at a path; empty if there is none."""
    found = at(value, *path)
    return found if isinstance(found, _OBJECT) else _EMPTY


def items(value: Any, *path: str) -> tuple[Mapping[str, Any], ...]:
    """The objects in the list at a path; what is no object is left out."""
    found = at(value, *path)
    return tuple(item for item in found if isinstance(item, _OBJECT)) if isinstance(found, list | tuple) else ()


def words(value: Any, *path: str) -> tuple[str, ...]:
    """The strings in the list at a path; what is no string is left out."""
    found = at(value, *path)
    return tuple(item for item in found if isinstance(item, str)) if isinstance(found, list | tuple) else ()


def text(value: Any, *path: str) -> str:
    """The string at a path; empty if there is none."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: Any, *path: str) -> int:
    """The whole number at a path; 0 if there is none."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def plain(value: str) -> str:
    """A text for people: of what was hidden no fingerprint is shown, and of what a bundle's tool has hidden that it did."""
    shown = without_fingerprints(value)
    if HIDDEN_IN_BUNDLE not in shown:
        return shown
    return shown.replace(HIDDEN_IN_BUNDLE, _("‹hidden by the tool that made the bundle›"))
