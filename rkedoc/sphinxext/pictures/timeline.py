"""Snapshots from the newest down to the first, with a bar for what changed on the way to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rkedoc.sphinxext.blocks.view import Ref, SvgLink, SvgPart, SvgPicture
from rkedoc.sphinxext.pictures.shapes import data

_ROW = 44
_BAR = 14
_LINE = 7
_LEFT = 22


@dataclass(frozen=True, slots=True)
class Moment:
    """A snapshot: its label, the number of changes in words, their counts by weight, and where it leads."""

    label: str
    sum: str
    counts: tuple[tuple[str, int], ...]
    ref: Ref


def timeline(moments: Sequence[Moment], first: str, first_words: str) -> SvgPicture:
    """One row a snapshot on a line; the longest bar belongs to the step with most changes.

    Lengths are percentages of the width that the page gives, so that text keeps its size on every screen.
    """
    most = max((sum(count for _weight, count in moment.counts) for moment in moments), default=0)
    height = _ROW * (len(moments) + 1)
    parts: list[SvgPart] = [f'<line x1="{_LINE}" y1="16" x2="{_LINE}" y2="{height - _ROW + 16}" class="rk-edge"/>']
    for index, moment in enumerate(moments):
        parts.append(SvgLink(moment.ref, (_row(index, moment, most),)))
    parts.append(_point(len(moments), first, first_words, "rk-tone-total"))
    return SvgPicture(640, height, tuple(parts), fluid=True)


def _row(index: int, moment: Moment, most: int) -> str:
    top = index * _ROW
    bars, start = [], 0.0
    for weight, count in moment.counts:
        share = 96 * count / most
        bars.append(
            f'<rect x="{4 + start:.2f}%" y="{top + 24}" width="{share:.2f}%" height="{_BAR}" '
            f'class="rk-bar rk-weight-{escape(weight)}"/>'
        )
        start += share
    tone = "rk-tone-platform" if moment.counts else "rk-tone-muted"
    return _point(index, moment.label, moment.sum, tone) + "".join(bars)


def _point(index: int, label: str, words: str, tone: str) -> str:
    top = index * _ROW
    return (
        f'<g class="rk-step"><circle cx="{_LINE}" cy="{top + 16}" r="5" class="rk-mark rk-running {tone}"/>'
        f'<text x="{_LEFT}" y="{top + 20}" class="rk-text">{data(label)}</text>'
        f'<text x="100%" y="{top + 20}" class="rk-number" text-anchor="end">{data(words)}</text></g>'
    )
