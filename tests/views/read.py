"""A view as somebody reads it: all of its text, and its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rkedoc.sphinxext.blocks.html import blocks
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
    ListBlock,
    Para,
    Part,
    Picture,
    Prose,
    ReadIn,
    Ref,
    Strong,
    Table,
    Time,
    View,
)
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.site import Site


def shown(site: Site, name: str, key: str) -> View:
    """A view of a page."""
    return PAGES.views[name](site, key)


def cell_text(cell: Cell) -> str:
    """A cell as it is read."""
    out = []
    for item in cell:
        match item:
            case str():
                out.append(item)
            case Code(text=words) | Badge(text=words) | Strong(text=words) | ExtRef(text=words):
                out.append(words)
            case Ref(name=name, text=words):
                out.append(name if words is None else words)
            case Time(rfc3339=moment):
                out.append(moment)
            case Hidden():
                out.append("‹hidden›")
            case ReadIn(place):
                out.append(f"(read in: {cell_text(place)})")
    return "".join(out)


def flat(view: Iterable[Block]) -> Iterator[Block]:
    """Every block, those inside of others too."""
    for block in view:
        yield block
        match block:
            case Part(body=body) | Callout(body=body) | Details(body=body):
                yield from flat(body)
            case Picture(table=table):
                yield table
            case _:
                pass


def text(view: Iterable[Block]) -> str:
    """All words of a view."""
    out: list[str] = []
    for block in flat(view):
        match block:
            case Para(inlines=inlines):
                out.append(cell_text(inlines))
            case Facts(rows=rows):
                out += [f"{name}: {cell_text(cell)}" for name, cell in rows]
            case Table(columns=columns, rows=found, empty=empty):
                out += [" | ".join(columns), *(" | ".join(map(cell_text, row.cells)) for row in found)]
                out += [] if found else [empty]
            case ListBlock(items=items):
                out += map(cell_text, items)
            case CodeBlock(text=lines):
                out.append(lines)
            case Callout(title=title) | Part(title=title) | Picture(title=title):
                out.append(title)
            case Details(summary=summary):
                out.append(cell_text(summary))
            case Prose(markdown=markdown):
                out.append(markdown)
    return "\n".join(out)


def tables(view: Iterable[Block]) -> list[Table]:
    """Every table of a view."""
    return [block for block in flat(view) if isinstance(block, Table)]


def without_prose(view: Iterable[Block]) -> Iterator[Block]:
    """The view without the catalog's Markdown, which is not of the cluster."""
    for block in view:
        match block:
            case Prose():
                pass
            case Part(anchor, title, body):
                yield Part(anchor, title, tuple(without_prose(body)))
            case Callout(tone, title, body):
                yield Callout(tone, title, tuple(without_prose(body)))
            case Details(summary, body):
                yield Details(summary, tuple(without_prose(body)))
            case _:
                yield block


def html(view: Iterable[Block]) -> str:
    """The view as HTML, every reference a link."""
    return blocks(without_prose(view), lambda ref: "page.html#x", 2)
