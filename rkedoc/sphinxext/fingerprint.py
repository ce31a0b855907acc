"""The digest of a view, and the words in it: what tells whether a page must be read again, and what search finds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from rkedoc.sphinxext.showing import searchable
from rkedoc.sphinxext.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    CodeBlock,
    Details,
    ExtRef,
    Facts,
    ListBlock,
    Para,
    Part,
    Picture,
    Ref,
    Strong,
    Table,
    View,
)


def digest(view: View) -> str:
    """A digest of everything in a view. Equal views give equal digests, in every process."""
    out: list[str] = []
    _flatten(view, out.append)
    return hashlib.blake2b(
        "\x1f".join(out).encode("utf-8", "surrogatepass"), digest_size=12
    ).hexdigest()


_getters: dict[type, tuple[str, Callable[[Any], tuple[Any, ...]]]] = {}


def _getter(kind: type) -> tuple[str, Callable[[Any], tuple[Any, ...]]]:
    names = [item.name for item in fields(kind)]
    if len(names) > 1:
        return _getters.setdefault(kind, (kind.__name__, attrgetter(*names)))
    return _getters.setdefault(
        kind,
        (kind.__name__, lambda value: tuple(getattr(value, name) for name in names)),
    )


def _flatten(value: Any, add: Any) -> None:
    # Each string is preceded by its length, so that no two different views flatten to the same text.
    kind = type(value)
    if kind is str:
        add(f"{len(value)}:{value}")
    elif kind is tuple:
        add(f"({len(value)}")
        for item in value:
            _flatten(item, add)
    elif value is None or kind is int or kind is bool:
        add(repr(value))
    else:
        name, get = _getters.get(kind) or _getter(kind)
        add(name)
        for item in get(value):
            _flatten(item, add)


def words(blocks: Iterable[Block]) -> str:
    """The text of blocks as the search index takes it: without uids, digests and times."""
    out: list[str] = []
    for block in blocks:
        _block_words(block, out)
    return "\n".join([text for text in out if text])


def _block_words(block: Block, out: list[str]) -> None:
    match block:
        case Table():
            if block.rows:
                out.append(" ".join(block.columns))
                for row in block.rows:
                    for cell in row.cells:
                        _cell_words(cell, out)
            else:
                out.append(block.empty)
        case Facts(rows=rows):
            for name, cell in rows:
                out.append(name)
                _cell_words(cell, out)
        case Para(inlines=inlines):
            _cell_words(inlines, out)
        case ListBlock(items=items):
            for cell in items:
                _cell_words(cell, out)
        case CodeBlock(text=text):
            out.append(searchable(text))
        case Callout(title=title, body=body) | Part(title=title, body=body):
            out.append(searchable(title))
            for item in body:
                _block_words(item, out)
        case Details(summary=summary, body=body):
            _cell_words(summary, out)
            for item in body:
                _block_words(item, out)
        case Picture(title=title, table=table):
            out.append(title)
            _block_words(table, out)
        case _:
            pass


def _cell_words(cell: Cell, out: list[str]) -> None:
    for item in cell:
        if isinstance(item, str):
            out.append(searchable(item))
        elif isinstance(item, Ref):
            out.append(searchable(item.name if item.text is None else item.text))
        elif isinstance(item, Code | Strong | ExtRef | Badge):
            out.append(searchable(item.text))
