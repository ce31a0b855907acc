"""Rows with bars: the ledger's subtraction, and what changed from snapshot to snapshot."""

from __future__ import annotations

from rkedoc.sphinxext.blocks.drawings import Sum, Timeline
from rkedoc.sphinxext.pictures.measure import LINE, widest, width, wrap
from rkedoc.sphinxext.pictures.shapes import Link, Svg, box, lines, linked, number, text

_BAR = 14
_BELOW = 10
"""The space below a row."""


def subtraction(found: Sum, across: int, link: Link) -> Svg:
    """A bar for all, one for each step beginning where the last one ended, and the rest; ``across`` pixels wide."""
    parts: list[str] = []
    top = 0.0
    taken = 0
    for label, count, sign, tone, ref in (
        (found.label, found.total, "", "total", None),
        *((step.label, step.count, "− ", step.tone, step.ref) for step in found.steps),
    ):
        start = 0 if not sign else taken
        taken += count if sign else 0
        drawn, height = _row(label, f"{sign}{count}", across, top, start, count, found.total, tone)
        parts.append(linked(drawn, ref, link))
        top += height
    rest = found.total - taken
    drawn, height = _row(found.rest, f"= {rest}", across, top, taken, rest, found.total, "total")
    return Svg(across, round(top + height - _BELOW + 1), "".join([*parts, drawn]))


def _row(
    label: str, number_shown: str, across: int, top: float, start: int, count: int, total: int, tone: str
) -> tuple[str, int]:
    words = wrap(label, across - width(number_shown) - 16)
    below = top + len(words) * LINE + 4
    bar = (
        box(across * start / total, below, max(across * count / total, 1), _BAR, f"rk-bar rk-tone-{tone}", radius=3)
        if total and count
        else ""
    )
    drawn = (
        f"<g>{box(0, below, across, _BAR, 'rk-track', radius=3)}{bar}{lines(0, top + 13, words)}"
        f"{text(across, top + 13, number_shown, 'rk-text rk-number', anchor='end')}</g>"
    )
    return drawn, len(words) * LINE + 4 + _BAR + _BELOW


_LINE_AT, _LEFT = 7, 22


def timeline(found: Timeline, across: int, link: Link) -> Svg:
    """One row a snapshot on a line, ``across`` pixels wide; the longest bar belongs to the step with most changes."""
    most = max([sum([count for _weight, count in moment.counts]) for moment in found.moments], default=0)
    rows: list[str] = []
    top = 0.0
    places = []
    for moment in found.moments:
        words = wrap(moment.label, across - _LEFT)
        told = wrap(moment.sum, across - _LEFT) if moment.sum else ()
        one_line = len(words) == 1 and len(told) <= 1 and widest(words) + widest(told) + 16 <= across - _LEFT
        places.append(top + 9)
        tone = "platform" if moment.counts else "muted"
        drawn = (
            f'<circle cx="{_LINE_AT}" cy="{number(top + 9)}" r="5" class="rk-mark rk-running rk-tone-{tone}"/>'
            f"{lines(_LEFT, top + 13, words)}"
        )
        if one_line:
            drawn += lines(across, top + 13, told, "rk-text rk-number", anchor="end")
        else:
            drawn += lines(_LEFT, top + 13 + len(words) * LINE, told)
        below = top + (len(words) + (0 if one_line else len(told))) * LINE + 4
        start = float(_LEFT)
        for weight, count in moment.counts:
            share = (across - _LEFT) * count / most
            drawn += box(start, below, max(share, 1), _BAR, f"rk-bar rk-weight-{weight}", radius=0)
            start += share
        rows.append(linked(f"<g>{drawn}</g>", moment.ref, link))
        top = below + (_BAR if moment.counts else 0) + _BELOW
    spine = (
        f'<line x1="{_LINE_AT}" y1="{number(places[0])}" x2="{_LINE_AT}" y2="{number(places[-1])}" class="rk-edge"/>'
        if places
        else ""
    )
    return Svg(across, round(top), spine + "".join(rows))
