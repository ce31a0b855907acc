"""Text from elsewhere on a terminal: nothing in it may move the cursor, change colours or turn words around."""

from __future__ import annotations

from unicodedata import category, east_asian_width


def printable(text: str) -> str:
    """``text`` with a question mark for each character that is not printable, line breaks included."""
    return (
        text if text.isascii() and text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)
    )


def columns(text: str) -> int:
    """The columns of a terminal that a printable text takes: Chinese characters two (Unicode, UAX #11), marks upon others none."""
    return len(text) if text.isascii() else sum(map(_column, text))


def cut(text: str, width: int) -> str:
    """As much of the beginning of a printable text as has room in ``width`` columns."""
    if len(text) <= width and text.isascii():
        return text
    used = 0
    for place, char in enumerate(text):
        used += _column(char)
        if used > width:
            return text[:place]
    return text


def _column(char: str) -> int:
    if char.isascii():
        return 1
    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
