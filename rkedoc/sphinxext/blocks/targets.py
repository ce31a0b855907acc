"""Where objects are described: the anchors of rows and parts, and what a view declares to be described in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.blocks import drawings
from rkedoc.sphinxext.blocks.view import (
    Block,
    Callout,
    Cell,
    Details,
    Facts,
    ListBlock,
    ObjectTarget,
    Para,
    Part,
    Picture,
    ReadIn,
    Ref,
    Row,
    Table,
)


@lru_cache(maxsize=65_536)
def anchor_of(kind: str, name: str) -> str:
    """The anchor of an object: readable, of ``[a-z0-9-]`` alone, and the same wherever and whenever it is described."""
    return f"{kind}-{page_key(*name.split('/'))}"


def row_anchor(row: Row) -> str:
    """The anchor of a row: its own, or that of the first object that it describes; empty if it has neither."""
    if row.anchor is not None:
        return row.anchor
    return anchor_of(row.objects[0].kind, row.objects[0].name) if row.objects else ""


def described(
    blocks: Iterable[Block],
) -> Iterator[tuple[str, tuple[ObjectTarget, ...]]]:
    """Each anchor in the blocks with the objects described there, in the order of the page."""
    for block in blocks:
        match block:
            case Table(rows=rows):
                for row in rows:
                    if anchor := row_anchor(row):
                        yield anchor, row.objects
            case Part(anchor=anchor, body=body, objects=objects):
                if anchor:
                    yield anchor, objects
                yield from described(body)
            case Callout(body=body) | Details(body=body):
                yield from described(body)
            case Picture(table=table):
                yield from described((table,))
            case _:
                pass


def references(blocks: Iterable[Block]) -> Iterator[Ref]:
    """Each reference in the blocks, pictures included."""
    for block in blocks:
        match block:
            case Table(rows=rows):
                for row in rows:
                    for cell in row.cells:
                        yield from _refs(cell)
            case Facts(rows=facts):
                for _name, cell in facts:
                    yield from _refs(cell)
            case Para(inlines=inlines):
                yield from _refs(inlines)
            case ListBlock(items=items):
                for cell in items:
                    yield from _refs(cell)
            case Details(summary=summary, body=body):
                yield from _refs(summary)
                yield from references(body)
            case Part(body=body) | Callout(body=body):
                yield from references(body)
            case Picture(table=table, drawing=drawing):
                yield from drawings.references(drawing)
                yield from references((table,))
            case _:
                pass


def _refs(cell: Cell) -> Iterator[Ref]:
    for item in cell:
        if isinstance(item, Ref):
            yield item
        elif isinstance(item, ReadIn):
            yield from _refs(item.place)


def drop_anchors(blocks: tuple[Block, ...], anchors: frozenset[str]) -> tuple[Block, ...]:
    """The same blocks without these anchors, which the page has already."""
    return tuple(_without(block, anchors) for block in blocks)


def _without(block: Block, anchors: frozenset[str]) -> Block:
    match block:
        case Table():
            return _table_without(block, anchors)
        case Part(anchor=anchor, body=body):
            return replace(
                block,
                anchor="" if anchor in anchors else anchor,
                body=drop_anchors(body, anchors),
            )
        case Callout(body=body) | Details(body=body):
            return replace(block, body=drop_anchors(body, anchors))
        case Picture(table=table):
            return replace(block, table=_table_without(table, anchors))
        case _:
            return block


def _table_without(table: Table, anchors: frozenset[str]) -> Table:
    kept = [replace(row, anchor="", objects=()) if row_anchor(row) in anchors else row for row in table.rows]
    return replace(table, rows=tuple(kept))
