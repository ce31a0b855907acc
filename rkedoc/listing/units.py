"""Read what ``systemctl`` prints of units: ``list-units``, ``list-unit-files``, and the first line of ``status``."""

from __future__ import annotations

import re

from rkedoc.listing.row import UNIT, ListingRow

_TYPES = r"(?:service|socket|timer|mount|automount|slice|scope|target|path|device|swap)"
_MARK = r"(?:[●○×*↻x]\s+)?"
_UNIT = re.compile(
    rf"{_MARK}(?P<unit>[^\s/]\S*\.{_TYPES})\s+(?:loaded|not-found|masked|error|bad-setting|merged|stub)\s+"
    r"(?:active|inactive|failed|activating|deactivating|reloading|maintenance|refreshing)\b.*"
)
_FILE = re.compile(
    rf"(?P<unit>[^\s/]\S*\.{_TYPES})\s+(?:enabled|disabled|static|masked|generated|indirect|alias|transient|linked|bad)(?:-runtime)?"
    r"(?:\s+(?:enabled|disabled|ignored|-))?"
)
_STATUS = re.compile(rf"{_MARK}(?P<unit>[^\s/]\S*\.{_TYPES})\s+-\s+\S.*")
_ALONE = re.compile(rf"{_MARK}(?P<unit>[^\s/]\S*\.(?:service|socket|timer))")
_HEADERS = (
    re.compile(r"UNIT LOAD ACTIVE SUB(?: JOB)?(?: DESCRIPTION)?"),
    re.compile(r"UNIT FILE STATE(?: (?:VENDOR )?PRESET)?"),
)


def is_unit_header(line: str) -> bool:
    """Whether a line is the header of a table of units."""
    text = " ".join(line.split())
    return any(header.fullmatch(text) for header in _HEADERS)


def unit_row(line: str, number: int) -> ListingRow | None:
    """The unit of a line, by its shape alone."""
    text = line.strip()
    for shape in (_UNIT, _FILE, _STATUS, _ALONE):
        if found := shape.fullmatch(text):
            return ListingRow(number, UNIT, found["unit"])
    return None
