"""Pictures for other programs: Mermaid's text, and the file of draw.io.

Both are written from one graph: what has groups and rows instead of lanes is one too. Mermaid: the flowchart with
``subgraph`` of its documentation (mermaid, ``packages/mermaid/src/docs/syntax/flowchart.md``), whose quoted texts take
``#number;`` for any character. draw.io: an uncompressed ``mxfile`` with one ``mxGraphModel`` (jgraph/drawio,
``src/main/webapp/js/grapheditor``).
"""

from __future__ import annotations

import re
from itertools import pairwise

from rkedoc.i18n import _, counted, in_brackets
from rkedoc.sphinxext.blocks.drawings import Arrow, Box, Drawing, Graph, Lane, Strip, Sum, TileMap, Timeline
from rkedoc.sphinxext.blocks.sanitize import one_line
from rkedoc.sphinxext.pictures.shapes import data


def graph_of(drawing: Drawing) -> Graph:
    """A picture of any kind as lanes, boxes and arrows."""
    match drawing:
        case Graph():
            return drawing
        case TileMap(tiles=tiles):
            lanes = [
                Lane(
                    in_brackets(tile.name, tile.note) if tile.note else tile.name,
                    tuple(
                        Box(f"{at}.{row}", _count(strip), strip.label)
                        for row, strip in enumerate(tile.strips)
                    )
                    or (Box(f"{at}", "", tile.last or tile.name),),
                )
                for at, tile in enumerate(tiles)
            ]  # fmt: skip
            return Graph(tuple(lanes), ())
        case Sum(label=label, total=total, steps=steps):
            whole = Box("all", label, str(total), strong=True)
            parts = tuple(Box(str(at), step.label, str(step.count), tone=step.tone) for at, step in enumerate(steps))
            arrows = tuple(Arrow("all", part.id, f"− {part.name}") for part in parts)
            return Graph((Lane("", (whole,)), Lane("", parts)), arrows)
        case Timeline(moments=moments):
            boxes = [Box(str(at), "", moment.label) for at, moment in enumerate(reversed(moments))]
            told = [moment.sum for moment in reversed(moments)]
            arrows = tuple(
                Arrow(old.id, new.id, words) for (old, new), words in zip(pairwise(boxes), told[1:], strict=True)
            )
            return Graph(tuple(Lane("", (found,)) for found in boxes), arrows)


def _count(strip: Strip) -> str:
    return counted(sum(mark.count for mark in strip.marks), _("{count} container"), _("{count} containers"))


_PLAIN = re.compile(r"[^\w \-./:,+()×−]")


def _mermaid_text(*texts: str) -> str:
    shown = [_PLAIN.sub(lambda match: f"#{ord(match[0])};", one_line(text, 400)) for text in texts if text]
    return f'"{"<br>".join(shown) or " "}"'


def mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart."""
    ids = _ids(graph)
    out = ["flowchart LR"]
    for at, lane in enumerate(graph.lanes):
        inner = [f"{ids[box.id]}[{_mermaid_text(box.head, box.name)}]" for box in lane.boxes]
        if lane.title:
            out += [f"  subgraph g{at} [{_mermaid_text(lane.title)}]", "    direction TB"]
            out += [f"    {line}" for line in inner]
            out.append("  end")
        else:
            out += [f"  {line}" for line in inner]
    for arrow in graph.arrows:
        words = f"|{_mermaid_text(arrow.label)}|" if arrow.label else ""
        out.append(f"  {ids[arrow.source]} -->{words} {ids[arrow.target]}")
    return "\n".join(out) + "\n"


def _ids(graph: Graph) -> dict[str, str]:
    boxes = [box for lane in graph.lanes for box in lane.boxes]
    return {box.id: f"n{at}" for at, box in enumerate(boxes)}


_LANE_W, _BOX_W, _BOX_H, _STEP = 300, 220, 50, 66
_PER_ROW = 6
"""Lanes beside one another where no arrow joins them."""


def drawio(graph: Graph, name: str) -> str:
    """The graph as a file of draw.io: lanes are groups with their boxes in them."""
    ids = _ids(graph)
    cells = ['<mxCell id="0"/>', '<mxCell id="1" parent="0"/>']
    tops: list[int] = [0] * (len(graph.lanes) if graph.arrows else _PER_ROW)
    for at, lane in enumerate(graph.lanes):
        column = at if graph.arrows else tops.index(min(tops))
        height = len(lane.boxes) * _STEP + 40
        look = "swimlane;startSize=26;rounded=1;" if lane.title else "group;"
        cells.append(
            f'<mxCell id="g{at}" value="{data(lane.title)}" style="{look}" vertex="1" parent="1">'
            f'<mxGeometry x="{column * _LANE_W}" y="{tops[column]}" width="{_BOX_W + 20}" height="{height}" as="geometry"/></mxCell>'
        )
        tops[column] += height + 24
        for row, box in enumerate(lane.boxes):
            value = "&#10;".join([data(text) for text in (box.head, box.name) if text])
            weight = "strokeWidth=2;" if box.strong else ""
            cells.append(
                f'<mxCell id="{ids[box.id]}" value="{value}" style="rounded=1;whiteSpace=wrap;{weight}" vertex="1" parent="g{at}">'
                f'<mxGeometry x="10" y="{row * _STEP + 34}" width="{_BOX_W}" height="{_BOX_H}" as="geometry"/></mxCell>'
            )
    for at, arrow in enumerate(graph.arrows):
        cells.append(
            f'<mxCell id="e{at}" value="{data(arrow.label)}" style="edgeStyle=orthogonalEdgeStyle;rounded=1;" edge="1" parent="1" '
            f'source="{ids[arrow.source]}" target="{ids[arrow.target]}"><mxGeometry relative="1" as="geometry"/></mxCell>'
        )
    return f'<mxfile><diagram name="{data(name)}"><mxGraphModel><root>{"".join(cells)}</root></mxGraphModel></diagram></mxfile>\n'
