"""What something is connected with: who comes to it on the left, where it leads on the right.

Such a graph has one centre and two columns, so no general layout is needed: this one takes time proportional to the
number of its boxes and gives the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rkedoc.sphinxext.blocks.view import Ref, SvgLink, SvgPart, SvgPicture
from rkedoc.sphinxext.pictures.shapes import arrow_head, box, curve, fit, text, title

WIDTH = 720
_COLUMN = 226
_HEIGHT = 38
_STEP = 48
_MOST = 12
"""Boxes that are drawn in a column; what is more stands in the table under the picture."""


@dataclass(frozen=True, slots=True)
class Spoke:
    """A neighbour: how it is connected, its kind and name as text, and where it is described."""

    verb: str
    kind: str
    name: str
    ref: Ref | None = None
    tone: str = ""


def star(
    kind: str, name: str, sources: Sequence[Spoke], targets: Sequence[Spoke], more: str, *, tone: str = ""
) -> SvgPicture:
    """The picture of ``name`` between its sources and its targets.

    ``more`` is the sentence for neighbours that are not drawn, with ``{count}`` in it.
    """
    left, right = _column(sources, more), _column(targets, more)
    rows = max(len(left), len(right), 1)
    height = rows * _STEP + 12
    middle = height / 2
    # Without anything on the left the centre moves there: an empty column would only push the picture aside.
    centre = (WIDTH - _COLUMN) / 2 if left else 0.0
    end = centre + (WIDTH - _COLUMN) / 2
    parts: list[SvgPart] = []
    for x, spokes, outward in ((0.0, left, False), (end, right, True)):
        top = (height - len(spokes) * _STEP) / 2 + (_STEP - _HEIGHT) / 2
        for spoke in spokes:
            y = top + _HEIGHT / 2
            edge = (centre + _COLUMN, middle, x, y) if outward else (x + _COLUMN, y, centre, middle)
            parts.append(curve(*edge[:2], edge[2] - 5, edge[3]))
            if outward:
                parts.append(arrow_head(edge[2], edge[3]))
            parts.append(_spoke(spoke, x, top))
            top += _STEP
    if left:
        parts.append(arrow_head(centre, middle))
    parts.append(
        _plain(
            kind,
            name,
            centre,
            middle - _HEIGHT / 2,
            f"rk-node rk-centre rk-tone-{tone}" if tone else "rk-node rk-centre",
        )
    )
    return SvgPicture(round((end if right else centre) + _COLUMN), height, tuple(parts))


def _column(spokes: Sequence[Spoke], more: str) -> tuple[Spoke, ...]:
    if len(spokes) <= _MOST:
        return tuple(spokes)
    return (*spokes[: _MOST - 1], Spoke("", "", more.format(count=len(spokes) - _MOST + 1)))


def _spoke(spoke: Spoke, x: float, y: float) -> SvgPart:
    if not spoke.kind:
        return text(x + _COLUMN / 2, y + 24, spoke.name, "rk-text rk-faint", anchor="middle")
    head = f"{spoke.verb} · {spoke.kind}" if spoke.verb else spoke.kind
    drawn = _plain(head, spoke.name, x, y, f"rk-node rk-tone-{spoke.tone}" if spoke.tone else "rk-node")
    return drawn if spoke.ref is None else SvgLink(spoke.ref, (drawn,))


def _plain(head: str, name: str, x: float, y: float, cls: str) -> str:
    room = _COLUMN - 20
    return (
        f"<g>{title(f'{head}: {name}')}{box(x, y, _COLUMN, _HEIGHT, cls)}"
        f"{text(x + 10, y + 15, fit(head, room, 10), 'rk-small')}{text(x + 10, y + 30, fit(name, room), 'rk-text')}</g>"
    )
