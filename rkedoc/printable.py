"""Text from elsewhere on a terminal: nothing in it may move the cursor, change colours or turn words around."""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` with a question mark for each character that is not printable, line breaks included."""
    return (
        text if text.isascii() and text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)
    )
