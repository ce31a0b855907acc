"""Shapes of SVG as strings. All data is escaped here, so that a picture's author cannot forget it.

Nothing here has a colour: shapes have classes, and the style sheet gives them the theme's light or dark ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from rkedoc.sphinxext.blocks.sanitize import one_line
from rkedoc.sphinxext.pictures.measure import LINE

if TYPE_CHECKING:
    from rkedoc.sphinxext.blocks.view import Ref

Link = Callable[["Ref"], str | None]
"""Gives the address of an object as seen from the page that is being written, or None if the site has no such object."""


@dataclass(frozen=True, slots=True)
class Svg:
    """A drawing without its ``<svg>`` element. Lengths are user units, one to a pixel: a drawing is never scaled down."""

    width: int
    height: int
    markup: str


@lru_cache(maxsize=16_384)
def data(text: str) -> str:
    """Data as the content of an element or of an attribute."""
    return escape(one_line(text, 400))


@lru_cache(maxsize=16_384)
def number(value: float) -> str:
    """A coordinate: at most one decimal place, and none where it is not needed, on every machine the same."""
    rounded = round(value * 10)
    return str(rounded // 10) if rounded % 10 == 0 else f"{rounded / 10:.1f}"


def text(x: float, y: float, content: str, cls: str = "rk-text", *, anchor: str = "start") -> str:
    """A line of text with its baseline at ``y``; ``anchor`` is ``start``, ``middle`` or ``end``."""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{number(x)}" y="{number(y)}" class="{cls}"{where}>{data(content)}</text>'


def lines(x: float, y: float, content: Iterable[str], cls: str = "rk-text", *, anchor: str = "start") -> str:
    """Lines of text below one another, the first with its baseline at ``y``."""
    return "".join([text(x, y + at * LINE, line, cls, anchor=anchor) for at, line in enumerate(content)])


def box(x: float, y: float, w: float, h: float, cls: str, *, radius: float = 4) -> str:
    """A rectangle with round corners."""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}" rx="{number(radius)}" '
        f'class="{cls}"/>'
    )


def path(steps: str, cls: str = "rk-edge") -> str:
    """A line through places that are written as SVG has it."""
    return f'<path d="{steps}" class="{cls}"/>'


def curve(x1: float, y1: float, x2: float, y2: float) -> str:
    """The steps of a line from left to right that leaves and arrives level."""
    bend = number((x1 + x2) / 2)
    return f"M{number(x1)} {number(y1)}C{bend} {number(y1)} {bend} {number(y2)} {number(x2)} {number(y2)}"


def head_right(x: float, y: float) -> str:
    """The head of an arrow that points right at ``(x, y)``."""
    return path(f"M{number(x - 8)} {number(y - 4.5)}L{number(x)} {number(y)}L{number(x - 8)} {number(y + 4.5)}Z", "rk-arrow")  # fmt: skip


def head_down(x: float, y: float) -> str:
    """The head of an arrow that points down at ``(x, y)``."""
    return path(f"M{number(x - 4.5)} {number(y - 8)}L{number(x)} {number(y)}L{number(x + 4.5)} {number(y - 8)}Z", "rk-arrow")  # fmt: skip


def title(content: str) -> str:
    """What a shape is, for those who hear or hover over it: the first child of its group."""
    return f"<title>{data(content)}</title>"


def linked(drawn: str, ref: Ref | None, link: Link) -> str:
    """The shapes as a link to an object; as they are if the site has no such object."""
    address = None if ref is None else link(ref)
    return drawn if address is None else f'<a href="{escape(address)}">{drawn}</a>'
