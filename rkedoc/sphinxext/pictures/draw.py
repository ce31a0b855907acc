"""A picture as the drawings that a page shows of it, and how to read its colours."""

from __future__ import annotations

from dataclasses import dataclass

from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.drawings import Drawing, Graph, Mark, Sum, TileMap, Timeline
from rkedoc.sphinxext.pictures import bars, flow, tiles
from rkedoc.sphinxext.pictures.measure import LINE, NORMAL, width
from rkedoc.sphinxext.pictures.shapes import Link, Svg, lines
from rkedoc.vocabulary import Origin, Role

PAGE = 680
"""The width of drawings that could be of any."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The drawings of a picture. Of ``wide`` and ``narrow`` a page shows the one that it has room for; ``tiles`` flow."""

    narrow: Svg | None = None
    wide: Svg | None = None
    tiles: tuple[Svg, ...] = ()
    legend: tuple[Mark, ...] = ()


def drawn(found: Drawing, link: Link) -> Drawn:
    """The drawings of a picture, with the addresses of what it names."""
    match found:
        case Graph():
            return Drawn(flow.narrow(found, link), flow.wide(found, link), legend=_tones(found))
        case TileMap():
            return Drawn(tiles=tuple([tiles.tile(item, link) for item in found.tiles]), legend=found.legend)
        case Sum():
            return Drawn(bars.subtraction(found, flow.NARROW, link), bars.subtraction(found, PAGE, link))
        case Timeline():
            return Drawn(bars.timeline(found, flow.NARROW, link), bars.timeline(found, PAGE, link))


def _tones(graph: Graph) -> tuple[Mark, ...]:
    """What the colours of boxes mean, where there are several."""
    used = {box.tone for lane in graph.lanes for box in lane.boxes} - {""}
    names = {str(term): term.label.translated for term in (*Origin, *Role)} | {"bad": _("not well")}
    shown = [Mark("", tone, "running", name) for tone, name in names.items() if tone in used]
    return tuple(shown) if len(shown) > 1 else ()


def mark(found: Mark) -> Svg:
    """A mark alone, as it stands in a legend."""
    return Svg(tiles.MARK + 2, tiles.MARK + 2, tiles.mark_at(found, 1, 1))


# -- one drawing for where nothing can flow -----------------------------------------------------------------------------


def sheet(found: Drawing) -> Svg:
    """All of a picture as one drawing without links, for formats that take images."""
    shown = drawn(found, lambda _ref: None)
    main = shown.wide if shown.wide is not None and shown.wide.width <= PAGE + 80 else shown.narrow
    body = _columns(shown.tiles) if shown.tiles else main
    if body is None:
        return Svg(1, 1, "")
    key = _legend(shown.legend, max(body.width, flow.NARROW))
    return Svg(max(body.width, key.width), key.height + body.height, key.markup + _moved(body.markup, 0, key.height))


def _moved(markup: str, x: float, y: float) -> str:
    return f'<g transform="translate({x:g} {y:g})">{markup}</g>' if markup else ""


def _columns(found: tuple[Svg, ...]) -> Svg:
    """Tiles in two columns, each below the shorter one."""
    gap = 14
    heights = [0, 0]
    parts = []
    for item in found:
        column = 0 if heights[0] <= heights[1] else 1
        parts.append(_moved(item.markup, column * (flow.NARROW + gap), heights[column]))
        heights[column] += item.height + gap
    across = flow.NARROW if len(found) == 1 else 2 * flow.NARROW + gap
    return Svg(across, max(heights) - gap, "".join(parts))


def _legend(found: tuple[Mark, ...], across: int) -> Svg:
    parts = []
    x, y = 0.0, 2.0
    for item in found:
        size = tiles.MARK + 8 + width(item.label, NORMAL)
        if x and x + size > across:
            x, y = 0.0, y + LINE + 6
        parts.append(tiles.mark_at(item, x + 1, y + 1) + lines(x + tiles.MARK + 7, y + 11.5, (item.label,)))
        x += size + 18
    return Svg(across, round(y + LINE + 12) if found else 0, "".join(parts))
