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


def settled(once: Callable[[T], T], value: T, whole: Callable[[], T]) -> T:
    """``value`` after ``once``, applied until it changes nothing; what does not settle is hidden as a ``whole``."""
    out = once(value)
    for _round in range(ROUNDS):
        if out == value or (isinstance(out, str) and HIDDEN_RE.fullmatch(out)):
            return out
        value, out = out, once(out)
    return out if out == value else whole()
