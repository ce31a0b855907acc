"""What pictures show, as plain values: what stands in them and what leads where, without a place, a size or a colour.

A page keeps these values alone. Drawings, files for other programs and images are made of them where a page is written
(:mod:`rkedoc.sphinxext.pictures`), so that every form of a picture says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rkedoc.sphinxext.blocks.view import Ref


@dataclass(frozen=True, slots=True)
class Box:
    """A thing. ``head`` says what it is; ``id`` is its own within its graph; ``tone`` an origin or a role of the ledger,
    or ``bad`` for what is not well. A ``strong`` box is what the picture is about."""

    id: str
    head: str
    name: str
    ref: Ref | None = None
    tone: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """Things at the same step of a way, under one heading."""

    title: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a box to a box of a later lane; ``label`` says what happens there, read along the arrow."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Lanes in the order of the way, and the arrows between their boxes."""

    lanes: tuple[Lane, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A container, a node, or several that are alike. ``role`` and ``tone`` are of the ledger; ``state`` is ``running``,
    ``stopped`` or ``ill``; ``label`` is said when it is pointed at."""

    role: str
    tone: str
    state: str
    label: str
    ref: Ref | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of a tile: a workload or a component, and its marks."""

    label: str
    marks: tuple[Mark, ...]
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """A group of a map. ``note`` stands beside its name, ``last`` below its rows."""

    name: str
    note: str
    strips: tuple[Strip, ...]
    ref: Ref | None = None
    last: str = ""


@dataclass(frozen=True, slots=True)
class TileMap:
    """Groups side by side; ``legend`` is how to read their marks, where that is not said above them already."""

    tiles: tuple[Tile, ...]
    legend: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """A group that is taken away from a sum: its words, how many there are, its tone and where it leads."""

    label: str
    count: int
    tone: str
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """A subtraction: all, one step a group, and what is left."""

    label: str
    total: int
    steps: tuple[Bar, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A snapshot: its label, what changed on the way to it in words and by weight, and where it leads."""

    label: str
    sum: str
    counts: tuple[tuple[str, int], ...] = ()
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Snapshots, the newest first; the last one is where the picture begins."""

    moments: tuple[Moment, ...]


Drawing = Graph | TileMap | Sum | Timeline
PARTS = (Box, Lane, Arrow, Graph, Mark, Strip, Tile, TileMap, Bar, Sum, Moment, Timeline)
"""Every type that a picture is made of."""


def references(drawing: Drawing) -> Iterator[Ref]:
    """Each reference in a picture, in the order of reading."""
    match drawing:
        case Graph(lanes=lanes):
            found = [box.ref for lane in lanes for box in lane.boxes]
        case TileMap(tiles=tiles):
            found = []
            for tile in tiles:
                found.append(tile.ref)
                for strip in tile.strips:
                    found += [strip.ref, *[mark.ref for mark in strip.marks]]
        case Sum(steps=steps):
            found = [step.ref for step in steps]
        case Timeline(moments=moments):
            found = [moment.ref for moment in moments]
    for ref in found:
        if ref is not None:
            yield ref
