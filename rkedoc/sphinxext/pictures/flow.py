"""The drawing of a graph: its lanes side by side where the page is wide, below one another where it is narrow.

Arrows that say the same and share their ends are drawn as one bundle: what leaves together runs through one line with
the words on it, and parts again. Both layouts take time proportional to the boxes and arrows, and give the same bytes
everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rkedoc.i18n import of_what
from rkedoc.sphinxext.blocks.drawings import Box, Graph, Lane
from rkedoc.sphinxext.pictures.measure import LINE, SMALL, widest, wrap
from rkedoc.sphinxext.pictures.shapes import (
    Link,
    Svg,
    box,
    curve,
    head_down,
    head_right,
    lines,
    linked,
    number,
    path,
    title,
)

NARROW = 316
"""The width of what is read on a telephone: the column of a page on a screen of 360 pixels has room for it."""
_USUAL, _WIDEST = 736, 940
_COLUMNS = (240, 190, 150, 120, 104)
"""How wide a column may be, the best first."""
_LABEL = 88
"""Where the words on an arrow are broken."""
_PAD, _STRIPE, _GAP = 10, 4, 12
_FAN = 22
"""The length in which lines come together before the words of a bundle, and part behind them."""


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Arrows with the same words from each of some boxes to each of others; lanes by their numbers."""

    label: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Text:
    """A box with its words in lines."""

    box: Box
    head: tuple[str, ...]
    name: tuple[str, ...]

    @property
    def height(self) -> int:
        return (len(self.head) + len(self.name)) * LINE + 12

    @property
    def width(self) -> float:
        return max(widest(self.head, SMALL), widest(self.name)) + 2 * _PAD + _STRIPE


def _text(box: Box, column: float) -> _Text:
    room = column - 2 * _PAD - _STRIPE
    return _Text(box, wrap(box.head, room, SMALL) if box.head else (), wrap(box.name, room))


def _drawn(item: _Text, x: float, y: float, w: float, link: Link) -> str:
    found = item.box
    kind = f"rk-node{' rk-centre' if found.strong else ''}{f' rk-tone-{found.tone}' if found.tone else ''}"
    stripe = box(x, y, _STRIPE, item.height, f"rk-stripe rk-tone-{found.tone}", radius=2) if found.tone else ""
    at = x + _PAD + _STRIPE
    drawn = (
        f"<g>{title(of_what(found.head, found.name) if found.head else found.name)}"
        f"{box(x, y, w, item.height, kind)}{stripe}{lines(at, y + 18, item.head, 'rk-small')}"
        f"{lines(at, y + 18 + len(item.head) * LINE, item.name)}</g>"
    )
    return linked(drawn, found.ref, link)


def bundles(graph: Graph) -> tuple[_Bundle, ...]:
    """The arrows in as few bundles as sharing a whole side allows.

    :raises ValueError: if an arrow does not lead from a box to one of a later lane.
    """
    lane_of = {found.id: at for at, lane in enumerate(graph.lanes) for found in lane.boxes}
    for arrow in graph.arrows:
        if not lane_of.get(arrow.source, len(lane_of)) < lane_of.get(arrow.target, -1):
            raise ValueError(f"an arrow leads from {arrow.source} to {arrow.target}, which is not in a later lane")
    by_source = _joined(
        ((arrow.label, lane_of[arrow.source], lane_of[arrow.target]), arrow.source, arrow.target)
        for arrow in graph.arrows
    )
    by_target = _joined(
        ((arrow.label, lane_of[arrow.source], lane_of[arrow.target]), arrow.target, arrow.source)
        for arrow in graph.arrows
    )
    if len(by_source) <= len(by_target):
        return tuple(_Bundle(key[0], near, far, key[1], key[2]) for key, near, far in by_source)
    return tuple(_Bundle(key[0], far, near, key[1], key[2]) for key, near, far in by_target)


_Key = tuple[str, int, int]


def _joined(ends: Iterable[tuple[_Key, str, str]]) -> list[tuple[_Key, tuple[str, ...], tuple[str, ...]]]:
    """Ends with the same key and the same other ends, joined."""
    far: dict[tuple[_Key, str], dict[str, None]] = {}
    for key, near, other in ends:
        far.setdefault((key, near), {})[other] = None
    found: dict[tuple[_Key, tuple[str, ...]], list[str]] = {}
    for (key, near), others in far.items():
        found.setdefault((key, tuple(others)), []).append(near)
    return [(key, tuple(near), others) for (key, others), near in found.items()]


# -- side by side -------------------------------------------------------------------------------------------------------


def wide(graph: Graph, link: Link) -> Svg | None:
    """The lanes side by side; None where even the narrowest columns have no room on a page."""
    found = bundles(graph)
    labels = {bundle: wrap(bundle.label, _LABEL, SMALL) if bundle.label else () for bundle in found}
    gaps = [_gap([labels[bundle] for bundle in found if _in_gap(bundle, at)]) for at in range(len(graph.lanes) - 1)]
    # What has room on a page of the usual width is best, then what has room at all; each with columns as wide as may be.
    for most, columns in ((_USUAL, _COLUMNS[:-1]), (_WIDEST, _COLUMNS)):
        for column in columns:
            texts = [[_text(item, column) for item in lane.boxes] for lane in graph.lanes]
            widths = [_column(lane, items, column) for lane, items in zip(graph.lanes, texts, strict=True)]
            if sum(widths) + sum(gaps) <= most:
                return _side_by_side(graph, texts, widths, gaps, found, labels, link)
    return None


def _in_gap(bundle: _Bundle, gap: int) -> bool:
    """Whether the words of a bundle stand in a gap: the one behind the lane where it begins."""
    return bundle.first == gap


def _gap(labels: Sequence[tuple[str, ...]]) -> int:
    return round(2 * _FAN + 8 + max([widest(label, SMALL) + 8 for label in labels if label], default=-16))


def _column(lane: Lane, items: Sequence[_Text], column: int) -> int:
    """As wide as its boxes and the words of its heading ask for."""
    heading = widest(wrap(lane.title, column, SMALL, bold=True), SMALL, bold=True)
    return round(max([heading, 60, *[item.width for item in items]]) + 0.5)


def _side_by_side(
    graph: Graph, texts: Sequence[Sequence[_Text]], widths: Sequence[int], gaps: Sequence[int],
    found: Sequence[_Bundle], labels: Mapping[_Bundle, tuple[str, ...]], link: Link,
) -> Svg:  # fmt: skip
    headings = [
        wrap(lane.title, column, SMALL, bold=True) if lane.title else ()
        for lane, column in zip(graph.lanes, widths, strict=True)
    ]
    top = max([len(heading) for heading in headings], default=0) * LINE + 8
    passing = [[b for b in found if b.first < at < b.last] for at in range(len(graph.lanes))]
    heights = [
        sum([item.height + _GAP for item in items]) + len(through) * 2 * _GAP
        for items, through in zip(texts, passing, strict=True)
    ]
    # The words of the bundles in a gap stand below one another; where they are many, they decide the height.
    words = [
        sum([_room(labels[bundle]) for bundle in found if _in_gap(bundle, at)]) for at in range(len(graph.lanes) - 1)
    ]
    body = max(heights + words)
    left: dict[str, tuple[float, float]] = {}
    right: dict[str, tuple[float, float]] = {}
    slots: dict[tuple[_Bundle, int], tuple[float, float, float]] = {}
    boxes: list[str] = []
    x = 0.0
    for at, (items, column) in enumerate(zip(texts, widths, strict=True)):
        boxes.append(lines(x, 14, headings[at], "rk-small rk-lane"))
        y = top + (body - heights[at]) / 2 + _GAP / 2
        for item in items:
            boxes.append(_drawn(item, x, y, column, link))
            middle = y + item.height / 2
            left[item.box.id], right[item.box.id] = (x, middle), (x + column, middle)
            y += item.height + _GAP
        for bundle in passing[at]:
            slots[bundle, at] = (x, x + column, y + _GAP)
            y += 2 * _GAP
        x += column + (gaps[at] if at < len(gaps) else 0)
    edges: list[str] = []
    words_drawn: list[str] = []
    start = 0.0
    for at, gap in enumerate(gaps):
        start += widths[at]
        here = [bundle for bundle in found if _in_gap(bundle, at)]
        trunk = (start + _FAN, start + gap - _FAN - 8)
        wanted = []
        for bundle in here:
            ends = [slots[bundle, at + 1][2]] if bundle.last > at + 1 else [left[end][1] for end in bundle.targets]
            begins = [right[end][1] for end in bundle.sources]
            wanted.append((sum(begins) / len(begins) + sum(ends) / len(ends)) / 2)
        places = _spread(wanted, [_room(labels[bundle]) for bundle in here], top, top + body)
        for bundle, y in zip(here, places, strict=True):
            edges += [path(curve(*right[end], trunk[0], y)) for end in bundle.sources]
            edges.append(path(f"M{number(trunk[0])} {number(y)}L{number(trunk[1])} {number(y)}"))
            label = labels[bundle]
            words_drawn.append(
                lines(sum(trunk) / 2, y - 5 - (len(label) - 1) * LINE, label, "rk-small rk-verb", anchor="middle")
            )
            place: tuple[float, float] = (trunk[1], y)
            for lane in range(bundle.first + 1, bundle.last):
                begin, end, level = slots[bundle, lane]
                edges.append(path(curve(*place, begin, level) + f"L{number(end)} {number(level)}"))
                place = (end, level)
            for target in bundle.targets:
                edges.append(path(curve(*place, left[target][0] - 7, left[target][1])))
                edges.append(head_right(*left[target]))
        start += gap
    return Svg(round(x), round(top + body + 1), "".join([*edges, *boxes, *words_drawn]))


def _room(label: tuple[str, ...]) -> int:
    """The height that a bundle takes in its gap."""
    return len(label) * LINE + 12


def _spread(wanted: Sequence[float], rooms: Sequence[int], top: float, bottom: float) -> list[float]:
    """Places as near to the wanted ones as the room for the words above each allows, in the same order."""
    order = sorted(range(len(wanted)), key=lambda at: (wanted[at], at))
    places = [0.0] * len(wanted)
    free = top
    for at in order:
        places[at] = max(wanted[at], free + rooms[at] - 6)
        free = places[at] + 6
    limit = bottom
    for at in reversed(order):
        places[at] = min(places[at], limit - 6)
        limit = places[at] + 6 - rooms[at]
    return places


# -- below one another --------------------------------------------------------------------------------------------------

_TRACK = 10
_DOWN = 24


def narrow(graph: Graph, link: Link) -> Svg:
    """The lanes below one another.

    What leads from all boxes of a lane to all of the next one is one arrow between them. Other bundles run down a track
    of their own at the left; their words stand above the boxes that they lead to, or come from where they meet in one box.
    """
    found = bundles(graph)
    plain = {
        bundle
        for bundle in found
        if bundle.last == bundle.first + 1
        and len(bundle.sources) == len(graph.lanes[bundle.first].boxes)
        and len(bundle.targets) == len(graph.lanes[bundle.last].boxes)
        and sum(other.first <= bundle.first < other.last for other in found) == 1
    }
    tracked = [bundle for bundle in found if bundle not in plain]
    tracks = _tracks(tracked)
    gutter = (max(tracks.values()) + 1) * _TRACK + 8 if tracks else 0
    into: dict[str, int] = {}
    for bundle in tracked:
        for end in bundle.targets:
            into[end] = into.get(end, 0) + 1
    words: dict[str, list[str]] = {}
    for bundle in tracked:
        if bundle.label:
            meets = len(bundle.targets) == 1 and into[bundle.targets[0]] > 1
            words.setdefault((bundle.sources if meets else bundle.targets)[0], []).append(bundle.label)
    parts: list[str] = []
    at: dict[str, tuple[float, float]] = {}
    framed = {lane for bundle in plain for lane in (bundle.first, bundle.last) if len(graph.lanes[lane].boxes) > 1}
    y = 0.0
    for place, lane in enumerate(graph.lanes):
        inset = 8 if place in framed else 0
        heading = wrap(lane.title, NARROW - gutter - 2 * inset, SMALL, bold=True) if lane.title else ()
        begin = y
        y += inset
        if heading:
            parts.append(lines(gutter + inset, y + 13, heading, "rk-small rk-lane"))
            y += len(heading) * LINE + 6
        for item in lane.boxes:
            column = NARROW - gutter - 2 * inset
            for label in words.get(item.id, ()):
                told = wrap(label, column, SMALL)
                parts.append(lines(gutter + inset, y + 13, told, "rk-small rk-verb"))
                y += len(told) * LINE + 4
            drawn = _text(item, column)
            parts.append(_drawn(drawn, gutter + inset, y, column, link))
            at[item.id] = (y + drawn.height * 0.35, y + drawn.height * 0.7)
            y += drawn.height + 8
        y += inset - 8
        if inset:
            parts.insert(0, box(gutter + 0.5, begin + 0.5, NARROW - gutter - 1, y - begin - 1, "rk-frame"))
        if place + 1 < len(graph.lanes):
            y = _between(parts, next((b for b in plain if b.first == place), None), gutter, y)
    edges = [part for bundle in tracked for part in _along(bundle, tracks[bundle], gutter, at)]
    return Svg(NARROW, round(y + 1), "".join([*edges, *parts]))


def _between(parts: list[str], bundle: _Bundle | None, gutter: int, y: float) -> float:
    """The arrow from a whole lane to the whole next one, if there is one; where the next lane begins."""
    if bundle is None:
        return y + 18
    told = wrap(bundle.label, NARROW - gutter - 48, SMALL) if bundle.label else ()
    height = max(_DOWN, len(told) * LINE + 10)
    x = gutter + 24
    parts.append(path(f"M{x} {number(y)}L{x} {number(y + height - 7)}") + head_down(x, y + height))
    parts.append(lines(x + 14, y + (height - len(told) * LINE) / 2 + 12, told, "rk-small rk-verb"))
    return y + height + 2


def _tracks(found: Sequence[_Bundle]) -> dict[_Bundle, int]:
    """A track for each bundle, as few as keep those apart that run side by side."""
    taken: list[int] = []
    tracks: dict[_Bundle, int] = {}
    for bundle in sorted(found, key=lambda item: (item.first, item.last)):
        free = next((track for track, last in enumerate(taken) if last <= bundle.first - 1), len(taken))
        if free == len(taken):
            taken.append(0)
        taken[free] = bundle.last
        tracks[bundle] = free
    return tracks


def _along(bundle: _Bundle, track: int, gutter: int, at: Mapping[str, tuple[float, float]]) -> list[str]:
    """The lines of a bundle. ``at`` is where lines come into a box and where they leave it, lower down."""
    x = gutter - 8 - (track + 1) * _TRACK + _TRACK / 2
    begins, ends = [at[end][1] for end in bundle.sources], [at[end][0] for end in bundle.targets]
    stops = sorted((*begins, *ends))
    out = [path(f"M{number(x)} {number(stops[0])}L{number(x)} {number(stops[-1])}")]
    out += [path(f"M{number(gutter)} {number(y)}L{number(x)} {number(y)}") for y in begins]
    out += [path(f"M{number(x)} {number(y)}L{number(gutter - 7)} {number(y)}") + head_right(gutter, y) for y in ends]
    return out
