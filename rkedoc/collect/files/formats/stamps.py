"""The times that tools give their bundles: in names of folders, in what ``date`` printed, in a line of a log.

All are RFC 3339 in UTC, to the second, or empty. A clock that names no zone is taken as it is, and said to be local.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")
_UTC = frozenset({"UTC", "GMT", "Z", "UCT"})


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time, and whether it is that of a clock without a zone."""

    time: str = ""
    local: bool = False

    def __bool__(self) -> bool:
        return bool(self.time)


def clock(*fields: str | int) -> Stamp:
    """The stamp of year, month, day, hour, minute and second of a clock without a zone; empty if there is no such time.

    A field that is empty is 0."""
    try:
        moment = datetime(*(int(field or 0) for field in fields))  # type: ignore[arg-type]  # noqa: DTZ001
    except (TypeError, ValueError):
        return Stamp()
    return Stamp(moment.strftime("%Y-%m-%dT%H:%M:%SZ"), local=True)


def zoned(text: str) -> Stamp:
    """The stamp of a time in RFC 3339; empty if it is none or names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Stamp()
    return Stamp(f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}") if moment.tzinfo is not None else Stamp()


def in_name(root: str, pattern: re.Pattern[str]) -> Stamp:
    """The clock in the name of a bundle's folder or of an archive above it, the nearest first.

    The groups of ``pattern`` are the fields of :func:`clock`.
    """
    for name in reversed(root.split("/")):
        if found := pattern.search(name):
            return clock(*found.groups())
    return Stamp()


def of_date(printed: bytes) -> Stamp:
    """What the command ``date`` printed in English, whatever the order of its words (coreutils, ``date.c``: ``%c`` and ``%Z``
    of the locale). A zone that is a name other than UTC's does not tell the time in UTC: several have the same name."""
    for line in printed.decode(errors="replace").splitlines():
        if stamp := _of_words(line.replace(",", " ").split()):
            return stamp
    return Stamp()


def _of_words(words: list[str]) -> Stamp:
    month = next((_MONTHS.index(word[:3].lower()) + 1 for word in words if word[:3].lower() in _MONTHS), 0)
    day = next((word for word in words if word.isdecimal() and len(word) <= 2), "")
    year = next((word for word in words if word.isdecimal() and len(word) == 4), "")
    time = next((found for word in words if (found := _CLOCK.fullmatch(word))), None)
    if not (month and day and year and time):
        return Stamp()
    hour = int(time[1])
    if "PM" in words and hour < 12:
        hour += 12
    elif "AM" in words and hour == 12:
        hour = 0
    stamp = clock(year, month, day, hour, time[2], time[3])
    offsets = [offset for word in words if (offset := _offset(word)) is not None]
    return zoned((datetime.fromisoformat(stamp.time) - offsets[0]).isoformat()) if stamp and offsets else stamp


def _offset(word: str) -> timedelta | None:
    """How far a zone is ahead of UTC. Zones without letters are printed as hours (IANA time zone database 2017a, NEWS)."""
    if word in _UTC:
        return timedelta()
    if found := _OFFSET.fullmatch(word):
        ahead = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return ahead if found[1] == "+" else -ahead
    return None
