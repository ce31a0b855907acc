"""The digest of a view, and the words in it: what tells whether a page must be read again, and what search finds."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import fields
from hashlib import blake2b
from operator import attrgetter
from typing import Any, get_args

from rkedoc.sphinxext.blocks.drawings import PARTS
from rkedoc.sphinxext.blocks.sanitize import searchable
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
    Inline,
    ListBlock,
    ObjectTarget,
    Para,
    Part,
    Picture,
    ReadIn,
    Ref,
    Row,
    Strong,
    Table,
    View,
)


def digest(view: View) -> str:
    """A digest of everything in a view. Equal views give equal digests, in every process."""
    strings: list[str] = []
    shape: list[int] = []
    _flatten(view, strings, shape)
    text = "".join(strings).encode("utf-8", "surrogatepass")
    lengths = array("q", map(len, strings))
    state = blake2b(text, digest_size=12)
    state.update(lengths.tobytes())
    state.update(array("q", shape).tobytes())
    return state.hexdigest()


_getters: dict[type, tuple[int, Callable[[Any], tuple[Any, ...]]]] = {}
_TYPES = (*get_args(Block), *get_args(Inline), Row, ObjectTarget, *PARTS)
_TUPLE, _NONE, _NUMBER, _STRING = -1, -2, -3, -4


def _getter(kind: type) -> tuple[int, Callable[[Any], tuple[Any, ...]]]:
    number = _TYPES.index(kind)
    names = [item.name for item in fields(kind)]
    if len(names) > 1:
        return _getters.setdefault(kind, (number, attrgetter(*names)))
    return _getters.setdefault(kind, (number, lambda value: tuple([getattr(value, name) for name in names])))


def _flatten(value: Any, strings: list[str], shape: list[int]) -> None:
    """Take a value apart: its strings, and what tells how they belong together. The two give the value back."""
    kind = value.__class__
    if kind is tuple:
        items = value
        shape.append(_TUPLE)
        shape.append(len(items))
    else:
        number, get = _getters.get(kind) or _getter(kind)
        items = get(value)
        shape.append(number)
    for item in items:
        kind = item.__class__
        if kind is str:
            strings.append(item)
            shape.append(_STRING)
        elif item is None:
            shape.append(_NONE)
        elif kind is int or kind is bool:
            shape.append(_NUMBER)
            shape.append(item)
        else:
            _flatten(item, strings, shape)


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
        elif isinstance(item, ReadIn):
            _cell_words(item.place, out)
