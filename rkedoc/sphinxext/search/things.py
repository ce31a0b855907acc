"""What can be found on a page: taken from the blocks that it shows, so that whatever is shown is found, where it stands.

A reader types the name of a thing, or a value that he has met somewhere: an address, a port, a flag. Both stand in the
rows, facts and parts of views. Each of these is a :class:`Thing` with the kind that it is of, the place that a link can
lead to, and its own line of text; the page of the search weighs them (``rkedoc-search.js``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, assert_never

from rkedoc.i18n import _
from rkedoc.snapshot.identity import ON_NODE, parse_id
from rkedoc.sphinxext.blocks.html import time_text
from rkedoc.sphinxext.blocks.sanitize import searchable, visible
from rkedoc.sphinxext.blocks.targets import row_anchor
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
    Inline,
    ListBlock,
    ObjectTarget,
    Para,
    Part,
    Picture,
    ReadIn,
    Ref,
    Strong,
    Table,
    Time,
)
from rkedoc.sphinxext.kinds import KINDS

LONGEST: Final = 400
"""Characters of a thing's line that are kept: what identifies it stands at its beginning."""

LONGEST_OF_PART: Final = 240
"""The same of a part of a page, of which the line says no more than what it is about."""

_NOTHING: Final = ("", "–")


class Rank(IntEnum):
    """How much a thing is what somebody looks for, the most first. The numbers are those of ``rkedoc-search.js``."""

    PAGE = 0
    OBJECT = 1
    HEADING = 2
    ROW = 3
    PART = 4
    """A heading that every page about a subject of its kind has: it is of use beside the name of the subject alone."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something on a page. Without an ``anchor`` it stands where the thing above it stands.

    ``kind`` and ``where`` are words of the reader's language; ``where`` is empty for what is where its page is, ``kind`` for
    what is no more than a part of it. ``things`` are those that stand below it.
    """

    rank: Rank
    anchor: str
    title: str
    kind: str
    where: str
    text: str
    things: tuple[Thing, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What blocks say of what stands above them, and the things in them."""

    texts: tuple[str, ...]
    things: tuple[Thing, ...]


def said(blocks: Iterable[Block]) -> Said:
    """What some blocks say."""
    texts: list[str] = []
    last: list[str] = []
    things: list[Thing] = []
    for block in blocks:
        match block:
            case Para(inlines=inlines):
                texts.append(_sentence(inlines))
            case Facts(rows=rows):
                texts += [f"{name}: {text}" for name, cell in rows if (text := cell_text(cell)) not in _NOTHING]
            case ListBlock(items=items):
                texts += map(cell_text, items)
            case CodeBlock(text=text):
                texts.append(found_text(text[:LONGEST]))
            case Table():
                things += _rows(block, objects_alone=False)
            case Picture(table=table):  # what it says stands in words elsewhere on the page
                things += _rows(table, objects_alone=True)
            case Callout(title=title, body=body):
                inside = said(body)
                last += (title, *inside.texts)  # what something is comes before how it is
                things += inside.things
            case Details(summary=summary, body=body):
                inside = said(body)
                texts += (cell_text(summary), *inside.texts)
                things += inside.things
            case Part(body=body):
                things.append(part(block, said(body)))
            case _:
                pass
    return Said(tuple(text for text in (*texts, *last) if text), tuple(dict.fromkeys(things)))


def _sentence(inlines: Cell) -> str:
    """A paragraph; what its badge says stands before a colon."""
    match inlines:
        case (Badge(text=text), *rest):
            return f"{found_text(text)}: {cell_text(tuple(rest))}"
    return cell_text(inlines)


def part(frame: Part, inside: Said) -> Thing:
    """A titled group with what it says."""
    if frame.objects:
        return replace(described(frame.objects[0], frame.anchor, inside.texts), things=inside.things)
    return Thing(
        Rank.HEADING, frame.anchor, searchable(frame.title), "", "", line(inside.texts, LONGEST_OF_PART), inside.things
    )


def described(item: ObjectTarget, anchor: str, texts: Iterable[str]) -> Thing:
    """An object where it is described."""
    kind, where, name = _(KINDS[item.kind].label), "", item.name
    if item.kind == "customresource":
        record = parse_id(item.name)
        kind, name = record.kind, record.name
        where = where_words(*(("", record.namespace) if record.group in ON_NODE else (record.namespace, "")))
    elif item.kind == "enginecontainer":
        node, _slash, name = item.name.partition("/")
        where = where_words("", node)
    elif item.kind not in _WHOLE_NAMES and "/" in item.name:
        namespace, _slash, _rest = item.name.partition("/")
        name = item.name.rpartition("/")[2]
        where = where_words(namespace, "")
    title = item.display or name
    return Thing(Rank.OBJECT, anchor, searchable(title), kind, where, line((name if name != title else "", *texts)))


_WHOLE_NAMES: Final = frozenset({"image", "component"})
"""Object types whose names have slashes that part nothing from it."""


def where_words(namespace: str | None, node: str | None) -> str:
    """Where something is, in words; empty for what is in no namespace and on no node."""
    if namespace:
        return _("namespace {name}").format(name=searchable(namespace))
    return _("node {name}").format(name=searchable(node)) if node else ""


def _rows(table: Table, *, objects_alone: bool) -> Iterator[Thing]:
    for row in table.rows:
        if row.objects:
            item = row.objects[0]
            names = (item.name, item.display, item.name.rpartition("/")[2])
            yield described(item, row_anchor(row), _named(table.columns, row.cells, names))
        elif not objects_alone and row.cells and _has_own_name(row.cells[0]):
            title = cell_text(row.cells[0])
            kind = table.columns[0] if table.columns else ""
            texts = line(_named(table.columns[1:], row.cells[1:], ()))
            yield Thing(Rank.ROW, row.anchor or "", title, kind, "", texts)


def _has_own_name(cell: Cell) -> bool:
    """Whether a row is about something that no other place describes: not about an object, and not about a class of things."""
    return bool(cell) and isinstance(cell[0], str | Code) and cell_text(cell) not in _NOTHING


def _named(columns: tuple[str, ...], cells: tuple[Cell, ...], known: tuple[str, ...]) -> Iterator[str]:
    """The cells of a row, each with the name of its column, without those that say nothing or what is ``known``."""
    for number, cell in enumerate(cells):
        text = cell_text(cell)
        if text not in _NOTHING and text not in known:
            name = columns[number] if number < len(columns) else ""
            yield f"{name}: {text}" if name else text


def cell_text(cell: Cell) -> str:
    """A cell on one line, as the page shows it, but for long digests."""
    return " ".join("".join(map(_inline_text, cell)).split())


def _inline_text(item: Inline) -> str:
    match item:
        case str():
            return found_text(item)
        case Ref(name=name, text=text):
            return found_text(name if text is None else text)
        case Code(text=text) | Strong(text=text) | Badge(text=text) | ExtRef(text=text):
            return found_text(text)
        case Time(rfc3339=rfc3339):
            return visible(time_text(rfc3339))
        case Hidden():
            return item.text
        case ReadIn():  # a mark beside the text, of which the page shows nothing until it is opened
            return ""
    assert_never(item)


def found_text(text: str) -> str:
    """A text of which each long run of hexadecimal digits is its first :data:`DIGITS`: nobody reads more of it, and there are very many."""
    return visible(_LONG_DIGEST.sub(lambda match: f"{match[1]}…", text[:_LONGEST_READ]))


DIGITS: Final = 12
"""Digits of a digest or an id that are kept, as tools show them. The page asks for no more either (rkedoc-search.js)."""
_LONG_DIGEST: Final = re.compile(r"\b([0-9a-fA-F]{12})[0-9a-fA-F]{20,}\b")
_LONGEST_READ: Final = 2_000


def line(texts: Iterable[str], longest: int = LONGEST) -> str:
    """Texts as one line."""
    joined = " · ".join(text for text in texts if text)
    return joined if len(joined) <= longest else f"{joined[: longest - 1]}…"
