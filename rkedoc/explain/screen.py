"""What text is printed on: a terminal of some width, or a file or pipe, which has none.

A line for a terminal is never wider than it: tables fold their cells, or stand row by row where their columns have no room, and prose is
wrapped. What goes elsewhere has a line for each row, of whatever length, so that other programs can cut, sort and count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rkedoc.printable import columns, cut, printable

Tone = Literal["strong", "faint", "good", "bad", "warning", "other"]

_CODES: Final = {"strong": "1", "faint": "2", "good": "32", "bad": "31", "warning": "33", "other": "36"}
"""Select Graphic Rendition of the eight colours that every terminal has (ECMA-48, section 8.3.117)."""

_GAP = "  "
_BESIDE = "\N{NO-BREAK SPACE}"
_WIDEST = 48
"""Columns that a column is filled up to, where no terminal sets a limit."""
_NARROWEST = 16
"""Columns that a cell keeps, if it needs them, before a table is given up for one row after the other."""
_PROSE = 24
"""Columns that the last cell of a row keeps, which says something in words."""
_READABLE = 100
"""Columns of prose: longer lines are hard to read, however wide the terminal is."""

_NO_BEGINNING: Final = "，。、；：？！）》」』】〉”’…—·,.;:?!)]}"
"""What does not begin a line: what closes, in Chinese (GB/T 15834-2011, section 5.1) and elsewhere."""
_JOINTS: Final = "/-_.:=,@"
"""Characters of names after which one is broken rather than in the middle of a word."""
_MARKER: Final = re.compile(r"\s*(?:[-*+] |\d+[.)] |> )?\s*")
_VERBATIM: Final = re.compile(r"\s*(?:\||#{1,6} )")
_FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Screen:
    """Where text is shown. ``width`` is in columns, ``None`` for what is no terminal; ``whole`` cuts and folds nothing."""

    width: int | None = None
    colour: bool = False
    whole: bool = False

    def painted(self, text: str, tone: Tone | None) -> str:
        """The text in a tone, where there is colour."""
        if not (self.colour and tone and text):
            return text
        rest = text.lstrip()
        return f"{text[: len(text) - len(rest)]}\x1b[{_CODES[tone]}m{rest}\x1b[0m"

    def said(self, text: str, *, indent: str = "", tone: Tone | None = None) -> str:
        """A sentence, on as many lines as it takes; those after the first are indented further than it by two columns."""
        safe = printable(text)
        if self.width is None:
            return self.painted(indent + safe, tone)
        indent += " " * (len(safe) - len(safe.lstrip()))
        lines = wrapped(safe.lstrip(), max(1, self.width - len(indent) - 2))
        return "\n".join(
            self.painted(indent + ("" if place == 0 else "  ") + line, tone) for place, line in enumerate(lines)
        )

    def prose(self, markdown: str) -> str:
        """Markdown as text: paragraphs and points of lists are wrapped; code, tables and headings stay as they are."""
        lines = [printable(line) for line in markdown.split("\n")]
        if self.width is None:
            return "\n".join(lines)
        return "\n".join(_flowed(lines, min(self.width, _READABLE)))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], tone: Sequence[Tone | None] = ()) -> list[str]:
        """Rows in columns; the last cell of a row says something in words. ``tone`` has one for each row."""
        safe = [[printable(cell) for cell in row] for row in (head, *rows)]
        tones: list[Tone | None] = ["strong", *(tone or [None] * len(rows))]
        if self.width is None or self.whole:
            return [self.painted(line, tone) for line, tone in zip(_straight(safe, self.whole), tones, strict=True)]
        natural = [max(columns(row[place]) for row in safe) for place in range(len(head))]
        widths = _fitting(natural, self.width)
        if widths is None:
            return self._row_by_row(safe[0], safe[1:], tones[1:])
        lines = []
        for row, own in zip(safe, tones, strict=True):
            lines += [self.painted(line, own) for line in _folded(row, widths)]
        return lines

    def _row_by_row(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], tones: Sequence[Tone | None]
    ) -> list[str]:
        """Each row as a paragraph: its first cell, the others with their headings, the words of the last one."""
        width = max(1, (self.width or 0) - len(_GAP))
        lines = []
        for row, tone in zip(rows, tones, strict=True):
            name, *middle, last = row
            lines += [self.painted(line, tone or "strong") for line in wrapped(name, width + len(_GAP))]
            # A heading stays with its cell; what there is not is not said.
            told = [(title, cell) for title, cell in zip(head[1:-1], middle, strict=True) if cell not in ("", "–")]
            pairs = ", ".join(f"{title}: {cell}".replace(" ", _BESIDE) for title, cell in told)
            lines += [_GAP + line.replace(_BESIDE, " ") for line in wrapped(pairs, width) if line]
            lines += [_GAP + line for line in wrapped(last, width) if line]
        return lines


PLAIN: Final = Screen()
"""A file or a pipe."""


def wrapped(text: str, width: int) -> list[str]:
    """The text on lines of at most ``width`` columns, broken at blanks and between Chinese characters, else anywhere.

    Nothing of it is lost but blanks at the ends of lines. A character of two columns stands on a line of one, since there is no other way.
    """
    lines, line, used = [], "", 0
    for piece in _pieces(text):
        size = columns(piece)
        if used + columns(piece.rstrip()) <= width:
            line, used = line + piece, used + size
            continue
        if line.strip():
            lines.append(line.rstrip())
            line, used = "", 0
        while columns(piece.rstrip()) > width:
            first = cut(piece, width) or piece[0]
            place = max(map(first.rfind, _JOINTS)) + 1
            first = first[:place] if place > len(first) // 2 else first
            lines.append(first)
            piece = piece[len(first) :]
        line, used = piece, columns(piece)
    return [*lines, line.rstrip()]


def _pieces(text: str) -> Iterator[str]:
    """The parts of a text between which a line may be broken; each has the blanks after it."""
    start = 0
    for place in range(1, len(text)):
        before, after = text[place - 1], text[place]
        blank = before == " " != after
        wide = columns(before) == 2 or columns(after) == 2
        if blank or (wide and after != " " and after not in _NO_BEGINNING and before not in "（《「『【〈“‘(["):
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _flowed(lines: Sequence[str], width: int) -> Iterator[str]:
    """Lines of Markdown with what belongs together joined, and wrapped."""
    together: list[str] = []
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        verbatim = bool(fence or mark or _VERBATIM.match(line) or not line.strip())
        marker = _MARKER.match(line)
        if verbatim or (marker and marker[0].strip()):
            yield from _paragraph(together, width)
            together = []
        if mark and (not fence or line.strip() == fence):
            fence = "" if fence else mark[1]
        if verbatim:
            yield line
        else:
            together.append(line)
    yield from _paragraph(together, width)


def _paragraph(lines: Sequence[str], width: int) -> Iterator[str]:
    if not lines:
        return
    marker = _MARKER.match(lines[0])
    begin = marker[0] if marker else ""
    text = ""
    for line in (lines[0][len(begin) :], *lines[1:]):
        text += (" " if text and _apart(text[-1], line.strip()[:1]) else "") + line.strip()
    for place, line in enumerate(wrapped(text, max(1, width - columns(begin)))):
        yield (begin if place == 0 else " " * columns(begin)) + line


def _apart(before: str, after: str) -> bool:
    """Whether two lines are joined with a blank: between Chinese characters there is none."""
    return not (columns(before) == 2 and columns(after or " ") == 2)


def _straight(rows: Sequence[Sequence[str]], whole: bool) -> list[str]:
    """A line for each row, with nothing cut. A cell that is far too wide pushes on those after it, and no other row; ``whole`` columns are as
    wide as their widest cell."""
    widths = [max(columns(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    if not whole:
        widths = [min(width, _WIDEST) for width in widths]
    return [_GAP.join([*map(_padded, row, widths), row[-1]]).rstrip() for row in rows]


def _fitting(natural: Sequence[int], width: int) -> list[int] | None:
    """The widths of columns that together fit; ``None`` if some would have less than they need to be read."""
    *widths, last = natural
    whole = width - len(_GAP) * len(widths)
    least = [min(own, _NARROWEST) for own in widths]
    if sum(least) > whole - min(last, _PROSE):
        return None
    room = max(sum(least), whole - min(last, max(_PROSE, width // 4)))
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda place: widths[place] - least[place])
        widths[widest] -= 1
    return [*widths, whole - sum(widths)]


def _folded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines = []
    for place in range(max(map(len, cells))):
        parts = [
            _padded(cell[place] if place < len(cell) else "", width)
            for cell, width in zip(cells, widths, strict=True)
        ]  # fmt: skip
        lines.append(_GAP.join(parts).rstrip())
    return lines


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - columns(cell))
