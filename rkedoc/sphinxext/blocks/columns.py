"""How wide the columns of a table are: decided by what most of its cells need, never by its longest value.

Lengths are in characters, as wide as a digit. Words of a usual length are not broken; what is longer wraps anywhere, so that a table is
never wider than the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rkedoc.sphinxext.blocks.view import Badge, Cell, Code, ExtRef, Hidden, ReadIn, Ref, Strong, Table, Time

_PAGE = 120
"""Characters beside one another on a page that has room."""
_PADDING = 3
"""What the space between two columns takes."""
_GAP = 2
"""What the space between two columns takes at least."""
_HEADING = 2
"""What a heading takes more than its letters: it is bold, and has a mark by which to sort."""
_WORD = 18
"""Characters of a name, with what its mark takes, up to which it is not broken where that can be helped."""
_PIECES = re.compile(r" |(?<=-)(?=\D)")
"""Where every browser breaks a line by itself: at a blank, and after a dash, if no number follows."""
_PIECE = 12
"""Characters beside one another of a name that is broken."""
_MOST = 102
"""Characters that the words of a row may need beside one another; in a table that needs more they are broken after all."""
_LONG = 70
"""Characters of a cell from which more make its column no wider."""


@dataclass(frozen=True, slots=True)
class Widths:
    """The columns of a table.

    ``shares`` are per cent of the table's width, which add up to 100. ``whole`` is the width from which no cell wraps, ``least`` that below
    which words would have to be broken; ``crowded``: they have to be on any page. ``breaking`` are, row by row, the places of the cells that
    hold a word which is too long for any column, and have to wrap anywhere.
    """

    shares: tuple[int, ...]
    whole: int
    least: int
    crowded: bool
    breaking: tuple[frozenset[int], ...]


def saying(table: Table) -> Table:
    """The table without columns that say nothing in any row."""
    kept = [
        place
        for place in range(len(table.columns))
        if any(item != "" for row in table.rows for cell in row.cells[place : place + 1] for item in cell)
    ]
    if table.below or len(kept) == len(table.columns):
        return table
    rows = tuple(
        replace(row, cells=tuple(row.cells[place] for place in kept if place < len(row.cells))) for row in table.rows
    )
    return replace(table, columns=tuple(table.columns[place] for place in kept), rows=rows)


def widths(table: Table) -> Widths:
    """How the columns of a table share its width."""
    rows = [[_measured(cell) for cell in row.cells] for row in table.rows]
    needs, words = [], []
    for place, name in enumerate(table.columns):
        cells = [row[place] for row in rows if place < len(row)]
        word = max([_longest_word(name) + _HEADING, *(found if found <= _WORD else _PIECE for _length, found in cells)])
        needs.append(max(_usual([length for length, _found in cells]), word) + _PADDING)
        words.append(word + _GAP)
    room = _shared(needs, words, _PAGE)
    breaking = tuple(frozenset(place for place, (_length, word) in enumerate(row) if word > _WORD) for row in rows)
    return Widths(_percent(room), sum(needs), min(sum(words), _MOST), sum(words) > _MOST, breaking)


def _measured(cell: Cell) -> tuple[int, int]:
    """The length of a cell's longest line and of its longest word."""
    length = longest = 0
    for item in cell:
        match item:
            case str(text) | Strong(text) | ExtRef(text=text):
                extra = 0
            case Code(text):
                extra = 1
            case Badge(text):
                extra = 2
                text = text.replace(" ", "\xa0")
            case Ref(name=name, text=shown):
                text, extra = name if shown is None else shown, 0
            case Time():
                text, extra = "2026-01-01 00:00:00 UTC", 0
            case Hidden():
                text, extra = item.text, 0
            case ReadIn():
                text, extra = "ⓘ", 1
        if "\n" in text:
            text = max(text.split("\n"), key=len)
        length += _width(text) + extra
        longest = max(longest, _longest_word(text) + extra)
    return min(length, _LONG), longest


def _width(text: str) -> int:
    """The width of a text; a letter that is not Latin takes two, as those of Chinese do."""
    return len(text) if text.isascii() else len(text) + sum(character > "\u2e7f" for character in text)


def _longest_word(text: str) -> int:
    """The longest word. Chinese breaks between any two letters."""
    if not text.isascii() and any(character > "\u2e7f" for character in text):
        return min(_width(text), _WORD // 2)
    return max(map(len, _PIECES.split(text)), default=0)


def _usual(lengths: list[int]) -> int:
    """The length that nine of ten cells do not exceed: one long value makes no column wide."""
    return sorted(lengths)[(len(lengths) * 9) // 10 if len(lengths) >= 10 else -1] if lengths else 0


def _shared(needs: list[int], words: list[int], page: int) -> list[float]:
    """The room of each column. Who needs less than an equal part gets what it needs, and the others divide what is left."""
    if sum(needs) <= page:
        return [float(need) for need in needs]
    room: dict[int, float] = {}
    left, open_ = float(page), set(range(len(needs)))
    while open_:
        part = left / len(open_)
        content = [place for place in open_ if needs[place] <= part]
        if not content:
            break
        for place in content:
            room[place] = float(needs[place])
        left -= sum(needs[place] for place in content)
        open_.difference_update(content)
    total = sum(needs[place] for place in open_)
    for place in open_:
        room[place] = max(left * needs[place] / total, float(words[place]))
    return [room[place] for place in range(len(needs))]


def _percent(room: Iterable[float]) -> tuple[int, ...]:
    """Widths as whole per cent, at least two each, that add up to 100."""
    found = list(room)
    total = sum(found) or 1.0
    shares = [max(2, int(width * 100 / total)) for width in found]
    if shares:
        shares[shares.index(max(shares))] += 100 - sum(shares)
    return tuple(shares)
