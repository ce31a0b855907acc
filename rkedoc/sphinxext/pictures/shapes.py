"""Shapes of SVG as strings. All data is escaped here, so that a picture's author cannot forget it.

Nothing here has a colour: shapes have classes, and the style sheet gives them the theme's light or dark ones.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape

from rkedoc.sphinxext.blocks.sanitize import one_line

_WIDE = frozenset("mwMWGOQ@%—…")
_NARROW = frozenset("iljtfrI.,:;'|!()[]/-")
EM = 12.0
"""The size of ordinary text in pictures, in user units."""


@lru_cache(maxsize=16_384)
def width(text: str, size: float = EM) -> float:
    """About how wide a text is in a sans-serif face, in user units; on the generous side.

    A face cannot be measured without a browser. Three classes of characters come within a tenth of the truth.
    """
    units = 0.0
    for char in text:
        units += 0.9 if char in _WIDE else 0.36 if char in _NARROW else 0.6 if char < "\u0250" else 1.05
    return units * size


@lru_cache(maxsize=16_384)
def fit(text: str, room: float, size: float = EM) -> str:
    """The text, cut in its middle with an ellipsis if it is wider than ``room`` user units.

    The middle goes because names of Kubernetes differ at both ends.
    """
    text = one_line(text, 400)
    if width(text, size) <= room:
        return text
    keep = len(text)
    while keep > 2:
        keep -= 1
        shown = text[: (keep + 1) // 2] + "…" + text[len(text) - keep // 2 :]
        if width(shown, size) <= room:
            return shown
    return "…"


def data(text: str) -> str:
    """Data as the content of an element or of an attribute."""
    return escape(one_line(text, 400))


def number(value: float) -> str:
    """A coordinate: at most one decimal place, and none where it is not needed, on every machine the same."""
    rounded = round(value * 10)
    return str(rounded // 10) if rounded % 10 == 0 else f"{rounded / 10:.1f}"


def text(x: float, y: float, content: str, cls: str = "rk-text", *, anchor: str = "start") -> str:
    """A line of text with its baseline at ``y``; ``anchor`` is ``start``, ``middle`` or ``end``."""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{number(x)}" y="{number(y)}" class="{cls}"{where}>{data(content)}</text>'


def box(x: float, y: float, w: float, h: float, cls: str, *, radius: float = 4) -> str:
    """A rectangle with round corners."""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}" rx="{number(radius)}" '
        f'class="{cls}"/>'
    )


def curve(x1: float, y1: float, x2: float, y2: float, cls: str = "rk-edge") -> str:
    """A line from left to right that leaves and arrives level."""
    bend = (x2 - x1) / 2
    return (
        f'<path d="M{number(x1)} {number(y1)}C{number(x1 + bend)} {number(y1)} {number(x2 - bend)} {number(y2)} '
        f'{number(x2)} {number(y2)}" class="{cls}"/>'
    )


def arrow_head(x: float, y: float) -> str:
    """The head of an arrow that points right at ``(x, y)``."""
    return f'<path d="M{number(x - 7)} {number(y - 4)}L{number(x)} {number(y)}L{number(x - 7)} {number(y + 4)}Z" class="rk-arrow"/>'


def title(content: str) -> str:
    """What a shape is, for those who hear or hover over it: the first child of its group."""
    return f"<title>{data(content)}</title>"
