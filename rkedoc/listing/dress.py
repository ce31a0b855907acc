"""What stands around the text of a line when people paste it: colours, marks of a quotation or of Markdown, signs of a web page."""

from __future__ import annotations

import html
import re

_ANSI = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\^\[\[[0-9;]*[A-Za-z]|\x07"
)
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff\x00]")
_BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f\u3000]")
_ENTITY = re.compile(r"&(?:lt|gt|quot|amp|nbsp|#\d{1,5});")
_QUOTE = re.compile(r"\s*(?:(?:>|[|]|//|--|;+|#+|[.*-]|\d{1,4}[.:)|])(?:\s|(?=[>#|])))+")
_CELL = 80
"""How wide a cell of a table with drawn borders is made, so that its columns stand under one another."""


def bare(line: str) -> str:
    """A line without colours and without what only looks like a blank; the cells of a table with borders far apart."""
    text = _BLANKS.sub(" ", _UNSEEN.sub("", _ANSI.sub("", line))).rstrip("\r\n")
    if _ENTITY.search(text):
        text = _BLANKS.sub(" ", html.unescape(text))
    return _without_borders(text)


def quoted(line: str) -> tuple[str, str] | None:
    """The marks of a quotation, a comment, a list or of numbered lines before a line, and what stands after them."""
    found = _QUOTE.match(line)
    return (found[0], line[found.end() :]) if found and found.end() < len(line) else None


def _without_borders(line: str) -> str:
    text = line.strip().replace("│", "|").replace("┃", "|")
    if text.startswith("|") and text.endswith("|") and len(text) > 2 and max(map(len, text.split("|"))) < _CELL:
        cells = [cell.strip(" `*") for cell in text.strip("|").split("|")]
        return "" if all(set(cell) <= set("-:=") for cell in cells) else "".join(f"{cell:{_CELL}}" for cell in cells)
    return line
