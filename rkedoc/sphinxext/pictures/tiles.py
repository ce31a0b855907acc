"""The map: a tile for each group, in it a row for each workload or component, in that a mark for each container.

Tiles are drawings of one width that the page lets flow, so that the map is as readable on a telephone as on a wall.
A mark's colour is the container's origin, its shape the container's role, and its filling the container's state, so
that no fact hangs on colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from rkedoc.sphinxext.blocks.drawings import Mark, Strip, Tile
from rkedoc.sphinxext.pictures.flow import NARROW
from rkedoc.sphinxext.pictures.measure import LINE, NORMAL, SMALL, widest, width, wrap
from rkedoc.sphinxext.pictures.shapes import Link, Svg, box, lines, linked, number, path, text, title
from rkedoc.vocabulary import Role

_PAD = 10
MARK = 12
_PITCH = 17
_BESIDE = 7
"""Marks that stand beside the words of a row; more of them take rows of their own."""
_IN_ROW = (NARROW - 2 * _PAD - 12) // _PITCH


def tile(found: Tile, link: Link) -> Svg:
    """A tile with its name, its rows, and what is said below them."""
    note = wrap(found.note, 140, SMALL) if found.note else ()
    beside = note if len(note) == 1 else ()
    name = wrap(found.name, NARROW - 2 * _PAD - 8 - widest(beside, SMALL), NORMAL, bold=True)
    below = () if beside else wrap(found.note, NARROW - 2 * _PAD, SMALL) if note else ()
    parts = [
        linked(lines(_PAD, 23, name, "rk-head"), found.ref, link),
        lines(NARROW - _PAD, 23, beside, "rk-small rk-number", anchor="end"),
        lines(_PAD, 23 + len(name) * LINE, below, "rk-small"),
    ]
    top = 20 + (len(name) + len(below)) * LINE
    for strip in found.strips:
        drawn, height = _strip(strip, top, link)
        parts.append(drawn)
        top += height + 3
    last = wrap(found.last, NARROW - 2 * _PAD, SMALL) if found.last else ()
    parts.append(lines(_PAD, top + 14, last, "rk-small"))
    height = top + len(last) * LINE + 8
    return Svg(NARROW, height, box(0.5, 0.5, NARROW - 1, height - 1, "rk-tile", radius=8) + "".join(parts))


def _strip(strip: Strip, top: float, link: Link) -> tuple[str, int]:
    sizes = [_size(mark) for mark in strip.marks]
    beside = sum(sizes) if len(sizes) <= _BESIDE and sum(sizes) <= 150 else 0
    words = wrap(strip.label, NARROW - 2 * _PAD - 16 - beside)
    rows = [] if beside else _rows(strip.marks)
    height = (len(words) + len(rows)) * LINE + 7 + (3 if rows else 0)
    shown = f"<g>{title(strip.label)}{lines(_PAD + 8, top + LINE, words)}</g>"
    parts = [
        box(_PAD, top, NARROW - 2 * _PAD, height, "rk-pod"),
        linked(shown, strip.ref, link),
    ]
    if beside:
        parts.append(_line(strip.marks, NARROW - _PAD - 4 - beside, top + 6, link))
    for at, row in enumerate(rows):
        parts.append(_line(row, _PAD + 8, top + (len(words) + at) * LINE + 8, link))
    return "".join(parts), height


def _size(mark: Mark) -> int:
    """The room of a mark, and of its number where it stands for several."""
    return _PITCH + (round(width(f"×{mark.count}", SMALL)) + 6 if mark.count > 1 else 0)


def _rows(marks: Sequence[Mark]) -> list[list[Mark]]:
    rows: list[list[Mark]] = []
    free = 0
    for mark in marks:
        size = _size(mark)
        if size > free:
            rows.append([])
            free = _IN_ROW * _PITCH
        rows[-1].append(mark)
        free -= size
    return rows


def _line(marks: Sequence[Mark], x: float, y: float, link: Link) -> str:
    parts = []
    for mark in marks:
        drawn = mark_at(mark, x, y)
        if mark.count > 1:
            drawn += text(x + _PITCH - 1, y + 10.5, f"×{mark.count}", "rk-small rk-number")
        parts.append(linked(drawn, mark.ref, link))
        x += _size(mark)
    return "".join(parts)


def mark_at(mark: Mark, x: float, y: float) -> str:
    """A mark with its upper left corner at ``(x, y)``: a ring for a sandbox, a diamond for an init container, else a
    square; hollow when it does not run, with a cross through it when it should."""
    cls = f"rk-mark rk-{mark.state} rk-tone-{mark.tone}"
    half = MARK / 2
    if mark.role == Role.SANDBOX:
        shape = (
            f'<circle cx="{number(x + half)}" cy="{number(y + half)}" r="{number(half - 1)}" class="{cls} rk-sandbox"/>'
        )
    elif mark.role == Role.INIT:
        points = ((half, 0), (MARK, half), (half, MARK), (0, half))
        shape = path(f"M{'L'.join(f'{number(x + dx)} {number(y + dy)}' for dx, dy in points)}Z", cls)
    else:
        shape = box(x, y, MARK, MARK, cls, radius=2)
    near, far = 3.5, MARK - 3.5
    alarm = path(
        f"M{number(x + near)} {number(y + near)}L{number(x + far)} {number(y + far)}"
        f"M{number(x + far)} {number(y + near)}L{number(x + near)} {number(y + far)}",
        "rk-alarm",
    )
    return f"<g>{title(mark.label)}{shape}{alarm if mark.state == 'ill' else ''}</g>"
