"""The node map: a tile for each namespace, in it a row for each pod or workload, in that a mark for each container.

Tiles are drawings of one width that the page lets flow, so that the map is as readable on a telephone as on a wall.
A mark's colour is the container's origin, its shape the container's role, and its filling the container's state, so
that no fact hangs on colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rkedoc.sphinxext.blocks.view import Ref, SvgLink, SvgPart, SvgPicture
from rkedoc.sphinxext.pictures.shapes import box, fit, number, text, title
from rkedoc.vocabulary import Role

WIDTH = 316
_PAD = 10
_ROW = 26
_HEAD = 38
_MARK = 12
_PITCH = 16
_MARKS = 9
"""Marks that are drawn in a row; what is more is a number."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A container. ``role`` and ``origin`` are the ledger's; ``state`` is ``running``, ``stopped`` or ``ill``."""

    role: str
    origin: str
    state: str
    label: str
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of a tile: a pod or workload (or a container outside pods) and its marks."""

    label: str
    marks: tuple[Mark, ...]
    ref: Ref | None = None
    note: str = ""


def tile(name: str, note: str, strips: Sequence[Strip], *, ref: Ref | None = None, last: str = "") -> SvgPicture:
    """A tile. ``note`` stands at the right of its name, ``last`` below its rows."""
    height = _HEAD + len(strips) * _ROW + (_ROW if last else 0) + 8
    head = f"{text(_PAD, 24, fit(name, WIDTH - 110, 14), 'rk-head')}"
    parts: list[SvgPart] = [
        box(0.5, 0.5, WIDTH - 1, height - 1, "rk-tile", radius=8),
        head if ref is None else SvgLink(ref, (head,)),
        text(WIDTH - _PAD, 24, note, "rk-small rk-number", anchor="end"),
    ]
    for index, strip in enumerate(strips):
        parts.extend(_strip(strip, _HEAD + index * _ROW))
    if last:
        parts.append(text(_PAD, _HEAD + len(strips) * _ROW + 17, last, "rk-small"))
    return SvgPicture(WIDTH, height, tuple(parts))


def _strip(strip: Strip, top: float) -> list[SvgPart]:
    shown = strip.marks if len(strip.marks) <= _MARKS else strip.marks[: _MARKS - 2]
    hidden = len(strip.marks) - len(shown)
    room = WIDTH - 2 * _PAD - len(shown) * _PITCH - (2 * _PITCH if hidden else 0) - 20
    name = f"<g>{title(f'{strip.label} {strip.note}'.strip())}{text(_PAD + 8, top + 17, fit(strip.label, room), 'rk-text')}</g>"
    parts: list[SvgPart] = [
        box(_PAD, top + 1, WIDTH - 2 * _PAD, _ROW - 3, "rk-pod"),
        name if strip.ref is None else SvgLink(strip.ref, (name,)),
    ]
    x = WIDTH - _PAD - 6 - (2 * _PITCH if hidden else 0) - len(shown) * _PITCH + (_PITCH - _MARK)
    for mark in shown:
        drawn = mark_at(mark, x, top + (_ROW - 2 - _MARK) / 2)
        parts.append(drawn if mark.ref is None else SvgLink(mark.ref, (drawn,)))
        x += _PITCH
    if hidden:
        parts.append(text(WIDTH - _PAD - 6, top + 17, f"+{hidden}", "rk-small rk-number", anchor="end"))
    return parts


def mark_at(mark: Mark, x: float, y: float) -> str:
    """A mark with its upper left corner at ``(x, y)``: a ring for a sandbox, a diamond for an init container, else a
    square; hollow when it does not run, with an exclamation mark when it should."""
    cls = f"rk-mark rk-{mark.state} rk-tone-{mark.origin}"
    half = _MARK / 2
    if mark.role == Role.SANDBOX:
        shape = (
            f'<circle cx="{number(x + half)}" cy="{number(y + half)}" r="{number(half - 1)}" class="{cls} rk-sandbox"/>'
        )
    elif mark.role == Role.INIT:
        points = ((half, 0), (_MARK, half), (half, _MARK), (0, half))
        path = "L".join(f"{number(x + dx)} {number(y + dy)}" for dx, dy in points)
        shape = f'<path d="M{path}Z" class="{cls}"/>'
    else:
        shape = box(x, y, _MARK, _MARK, cls, radius=2)
    alarm = text(x + half, y + half + 4, "!", "rk-alarm", anchor="middle") if mark.state == "ill" else ""
    return f"<g>{title(mark.label)}{shape}{alarm}</g>"
