"""How views make graphs: ways from lane to lane, in as many boxes as can be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from rkedoc.sphinxext.blocks.drawings import Arrow, Box, Graph, Lane

MOST = 8
"""Boxes of a lane that a drawing shows; what is more is a number in the last one."""


def leading(sources: Iterable[Box], targets: Iterable[Box], label: str = "") -> tuple[Arrow, ...]:
    """An arrow from each of some boxes to each of others."""
    ends = [target.id for target in targets]
    return tuple(Arrow(source.id, end, label) for source in sources for end in ends)


def way(lanes: Iterable[Lane], verbs: Sequence[str]) -> Graph:
    """A graph in which all boxes of each lane lead to all of the next one; ``verbs`` are the words on the way to each.

    Lanes without boxes are left out, with the words on the way to them.
    """
    kept = [(lane, verb) for lane, verb in zip(lanes, ("", *verbs), strict=True) if lane.boxes]
    arrows = [arrow for (near, _verb), (far, verb) in pairwise(kept) for arrow in leading(near.boxes, far.boxes, verb)]
    return Graph(tuple(lane for lane, _verb in kept), tuple(arrows))


def shortened(graph: Graph, more: str, most: int = MOST) -> Graph:
    """The graph with at most so many boxes in a lane. ``more`` is what the last box is called, with ``{count}`` in it."""
    stands_for: dict[str, str] = {}
    lanes = []
    for at, lane in enumerate(graph.lanes):
        boxes = lane.boxes
        if len(boxes) > most:
            rest = boxes[most - 1 :]
            stands_for.update({box.id: f"more {at}" for box in rest})
            boxes = (*boxes[: most - 1], Box(f"more {at}", "", more.format(count=len(rest))))
        lanes.append(Lane(lane.title, boxes))
    arrows = dict.fromkeys(
        Arrow(stands_for.get(arrow.source, arrow.source), stands_for.get(arrow.target, arrow.target), arrow.label)
        for arrow in graph.arrows
    )
    return Graph(tuple(lanes), tuple(arrows))
