"""The way of a request in columns: each box leads to boxes of the next column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rkedoc.sphinxext.blocks.view import Ref, SvgLink, SvgPart, SvgPicture
from rkedoc.sphinxext.pictures.shapes import arrow_head, box, curve, fit, text, title

_GAP = 32
_HEIGHT = 40
_STEP = 52
_HEAD = 26


@dataclass(frozen=True, slots=True)
class Stop:
    """A box on the way. ``after`` are the ids of the boxes of the column before it that lead here."""

    id: str
    head: str
    name: str
    after: tuple[str, ...] = ()
    ref: Ref | None = None
    tone: str = ""


def route(columns: Sequence[tuple[str, Sequence[Stop]]], *, column: int = 150) -> SvgPicture:
    """The columns, each with its title, side by side; boxes stand centred in them."""
    rows = max((len(stops) for _title, stops in columns), default=1) or 1
    height = _HEAD + rows * _STEP
    at: dict[str, tuple[float, float]] = {}
    edges: list[SvgPart] = []
    boxes: list[SvgPart] = []
    for index, (heading, stops) in enumerate(columns):
        x = index * (column + _GAP)
        boxes.append(text(x, 14, fit(heading, column, 10), "rk-small rk-column"))
        top = _HEAD + (rows - len(stops)) * _STEP / 2
        for stop in stops:
            y = top + _HEIGHT / 2
            at[stop.id] = (x + column, y)
            for source in stop.after:
                if source in at:
                    edges.append(curve(*at[source], x - 5, y))
                    edges.append(arrow_head(x, y))
            boxes.append(_stop(stop, x, top, column))
            top += _STEP
    width = len(columns) * (column + _GAP) - _GAP
    return SvgPicture(max(width, column), height, (*edges, *boxes))


def _stop(stop: Stop, x: float, y: float, column: int) -> SvgPart:
    room = column - 20
    cls = f"rk-node rk-tone-{stop.tone}" if stop.tone else "rk-node"
    drawn = (
        f"<g>{title(f'{stop.head}: {stop.name}')}{box(x, y, column, _HEIGHT, cls)}"
        f"{text(x + 10, y + 16, fit(stop.head, room, 10), 'rk-small')}"
        f"{text(x + 10, y + 31, fit(stop.name, room), 'rk-text')}</g>"
    )
    return drawn if stop.ref is None else SvgLink(stop.ref, (drawn,))
