"""Blocks of a view as ordinary document nodes, for the output formats that are not HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from docutils import nodes

from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.columns import saying, widths
from rkedoc.sphinxext.blocks.html import time_text
from rkedoc.sphinxext.blocks.sanitize import cut
from rkedoc.sphinxext.blocks.targets import row_anchor
from rkedoc.sphinxext.blocks.typeset import typeset
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    CodeBlock,
    Details,
    ExtRef,
    Facts,
    Hidden,
    Image,
    Inline,
    ListBlock,
    Para,
    Part,
    Picture,
    ReadIn,
    Ref,
    Row,
    Strong,
    Table,
    Time,
)

LONGEST_CELL = 600
"""Characters of a value in print, where nothing can be folded away."""

Refer = Callable[[Ref, nodes.Element], nodes.Node]
"""Makes the link of a reference around its text, or gives the text back."""


def ordinary(blocks: Iterable[Block], refer: Refer) -> list[nodes.Node]:
    """The nodes of several blocks."""
    return [node for block in blocks for node in _block(block, refer)]


def framed(frame: Callout | Details | Part, children: Sequence[nodes.Node], refer: Refer) -> list[nodes.Node]:
    """The nodes of a block whose body is already made."""
    container = nodes.container()
    match frame:
        case Callout(title=title):
            head: list[nodes.Node] = [nodes.strong("", _text(title))] if title else []
        case Details(summary=summary):
            head = _inlines(summary, refer)
        case Part(title=title, anchor=anchor):
            head = [*_target(anchor), nodes.strong("", _text(title))]
    if head:
        container += nodes.paragraph("", "", *head)
    container += [child.deepcopy() for child in children]
    return [container]


def _text(text: str) -> str:
    shown, left_out = cut(text, LONGEST_CELL)
    return f"{shown}…" if left_out else shown


def _inline(item: Inline, refer: Refer) -> nodes.Node:
    match item:
        case str():
            return nodes.Text(_text(item))
        case Code(text):
            return nodes.literal("", _text(text))
        case Ref(name=name, text=text):
            shown = _text(name if text is None else text)
            return refer(item, nodes.inline("", shown))
        case Badge(text):
            return nodes.inline("", _text(text))
        case Time(rfc3339):
            return nodes.inline("", _text(time_text(rfc3339)))
        case Strong(text):
            return nodes.strong("", _text(text))
        case Hidden():
            return nodes.inline("", item.text)
        case ExtRef(url, text):
            if not url.startswith("https://"):
                return nodes.inline("", _text(text))
            return nodes.reference("", _text(text), refuri=url, internal=False)
        case ReadIn(place):
            return nodes.inline("", "", *_inlines(("(", _("read in:"), " ", *place, ")"), refer))


def _inlines(cell: Cell, refer: Refer) -> list[nodes.Node]:
    return [_inline(item, refer) for item in typeset(cell)]


def _paragraph(cell: Cell, refer: Refer) -> nodes.paragraph:
    return nodes.paragraph("", "", *_inlines(cell, refer))


def _target(anchor: str) -> list[nodes.Node]:
    return [nodes.target("", "", ids=[anchor])] if anchor else []


def _block(block: Block, refer: Refer) -> list[nodes.Node]:
    match block:
        case Facts(rows):
            return _table(
                (),
                [([], [[nodes.strong("", _text(name))], _inlines(c, refer)]) for name, c in rows],
            )
        case Table(rows=rows, caption=caption, empty=empty):
            if not rows:
                return [nodes.paragraph("", _text(empty))] if empty else []
            kept = saying(block)
            head: list[nodes.Node] = [nodes.paragraph("", "", nodes.strong("", _text(caption)))] if caption else []
            found = [_row(row, len(kept.columns), refer) for row in kept.rows]
            return head + _table(kept.columns, found, widths(kept).shares)
        case Para(inlines=inlines):
            return [_paragraph(inlines, refer)]
        case ListBlock(items):
            if not items:
                return []
            return [
                nodes.bullet_list(
                    "",
                    *[nodes.list_item("", _paragraph(c, refer)) for c in items],
                    bullet="*",
                )
            ]
        case CodeBlock(text=text):
            shown, left_out = cut(text)
            literal = nodes.literal_block("", f"{shown}…" if left_out else shown)
            literal["language"] = "none"
            return [literal]
        case Callout(body=body) | Details(body=body) | Part(body=body):
            return framed(block, ordinary(body, refer), refer)
        case Picture(title=title, table=table):
            return [
                nodes.paragraph("", "", nodes.strong("", _text(title))),
                *_block(table, refer),
            ]
        case Image(file=file, title=title):
            drawn = nodes.image("", uri=file, alt=_text(title), candidates={"*": file})
            return [nodes.paragraph("", "", nodes.strong("", _text(title))), drawn]
        case _:
            raise TypeError(f"{type(block).__name__} is no plain block")


def _row(row: Row, width: int, refer: Refer) -> tuple[list[nodes.Node], list[list[nodes.Node]]]:
    cells = [_inlines(cell, refer) for cell in row.cells[:width]]
    cells += [[] for _missing in range(width - len(cells))]
    return _target(row_anchor(row)), cells


def _table(
    columns: Sequence[str],
    rows: Sequence[tuple[list[nodes.Node], list[list[nodes.Node]]]],
    shares: Sequence[int] = (),
) -> list[nodes.Node]:
    width = len(columns) or (len(rows[0][1]) if rows else 0)
    if not width:
        return []
    group = nodes.tgroup(
        "",
        *[nodes.colspec(colwidth=share) for share in shares or [100 // width] * width],
        cols=width,
    )
    if columns:
        heads = [nodes.entry("", nodes.paragraph("", _text(name))) for name in columns]
        group += nodes.thead("", nodes.row("", *heads))
    body = nodes.tbody()
    for target, cells in rows:
        entries = [
            nodes.entry("", nodes.paragraph("", "", *(target if column == 0 else []), *content))
            for column, content in enumerate(cells)
        ]
        body += nodes.row("", *entries)
    group += body
    return [nodes.table("", group, classes=["rkedoc-table", "longtable"])]
