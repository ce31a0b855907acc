"""The ledger's subtraction as a picture: from all containers down to none, one step a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rkedoc.sphinxext.blocks.view import Ref, SvgLink, SvgPart, SvgPicture
from rkedoc.sphinxext.pictures.shapes import data

_ROW = 44
_BAR = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """A group that is taken away: its words, how many there are, its colour (an origin or a role) and where it leads."""

    label: str
    count: int
    tone: str
    ref: Ref | None = None


def waterfall(total_label: str, total: int, steps: Sequence[Bar], rest_label: str) -> SvgPicture:
    """A bar for all, one for each step beginning where the last one ended, and the rest.

    Positions are percentages of the width that the page gives, so that text keeps its size on every screen.
    """
    parts: list[SvgPart] = [_row(0, total_label, str(total), 0, 100 if total else 0, "rk-tone-total")]
    taken = 0
    for index, step in enumerate(steps, 1):
        start = 100 * taken / total if total else 0
        share = 100 * step.count / total if total else 0
        taken += step.count
        drawn = _row(index, step.label, f"− {step.count}", start, share, f"rk-tone-{escape(step.tone)}")
        parts.append(drawn if step.ref is None else SvgLink(step.ref, (drawn,)))
    rest = total - taken
    parts.append(
        _row(len(steps) + 1, rest_label, f"= {rest}", 100 - 100 * rest / total if total else 0, 0, "rk-tone-total")
    )
    return SvgPicture(640, _ROW * (len(steps) + 2), tuple(parts), fluid=True)


def _row(index: int, label: str, count: str, start: float, share: float, cls: str) -> str:
    top = index * _ROW
    bar = (
        f'<rect x="{start:.2f}%" y="{top + 24}" width="{share:.2f}%" height="{_BAR}" rx="3" class="rk-bar {cls}"/>'
        if share
        else ""
    )
    return (
        f'<g class="rk-step"><rect x="0" y="{top + 24}" width="100%" height="{_BAR}" rx="3" class="rk-track"/>{bar}'
        f'<text x="0" y="{top + 16}" class="rk-text">{data(label)}</text>'
        f'<text x="100%" y="{top + 16}" class="rk-number" text-anchor="end">{data(count)}</text></g>'
    )
