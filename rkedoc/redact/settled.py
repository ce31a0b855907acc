"""What is hidden once is hidden for good: applying the rules again changes nothing.

A placeholder is text, and what a rule sees beside it is not what it saw beside the secret. ``${DB_PASSWORD:=x}`` with its value
taken out looks like another assignment. Who reads a snapshot applies the rules again and refuses what they would still hide, so
a string is only done when a second look leaves it alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rkedoc.snapshot.record import HIDDEN_RE

T = TypeVar("T")

ROUNDS = 6
"""Looks that are enough for any string that was met; more than that is a string that plays with the rules."""

_LONG = 2048
"""Of a longer value the second look has to leave the first one's result alone: none that was met needed a third, and each is dear."""


Mark = Callable[[str, str], str]
"""Called with a rule's id and the secret; gives the placeholder."""

MOST = 20
"""Secrets that one string can hold and still be shown in part. What holds more is no text that somebody reads, and looking at it
piece by piece is what makes a hostile string dear."""


class _TooMany(Exception):
    """A string holds more secrets than are looked at one by one."""


def _size(value: object) -> int:
    if isinstance(value, list):
        return sum(len(word) for word in value if isinstance(word, str))
    return len(value) if isinstance(value, str) else 0


def settled(
    once: Callable[[T, Mark], T], value: T, mark: Mark, whole: Callable[[str], T],
    is_known: Callable[[T], bool] = lambda _value: False,
) -> T:  # fmt: skip
    """``value`` after ``once``, applied until it changes nothing.

    What does not settle, and what holds more than :data:`MOST` secrets, is hidden as a ``whole``, which is called with the rule's id.
    ``is_known`` tells what was met before and is left alone: many secrets hidden look alike.
    """
    hits = 0

    def counting(rule: str, secret: str) -> str:
        nonlocal hits
        hits += 1
        if hits > MOST:
            raise _TooMany
        return mark(rule, secret)

    try:
        out = once(value, counting)
        if out == value:
            return out
        for _round in range(ROUNDS if _size(value) <= _LONG else 1):
            if out == value or is_known(out) or (isinstance(out, str) and HIDDEN_RE.fullmatch(out)):
                return out
            value, out = out, once(out, counting)
    except _TooMany:
        return whole("too-many")
    return out if out == value else whole("unsettled")
