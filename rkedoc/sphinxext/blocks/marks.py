"""Marks on the pages themselves: what is new or has changed since the snapshot that a site is compared with.

A mark is a badge behind the name of an object, wherever the name begins a row, a list item or a part of a page. Views
know nothing of marks: they are put into a finished view, so that every page has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.diff.compare import ABSENT
from rkedoc.snapshot.identity import parse_id
from rkedoc.snapshot.kinds import CONTROLLERS
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Details,
    ListBlock,
    Para,
    Part,
    Ref,
    Row,
    Table,
    View,
)
from rkedoc.sphinxext.kinds import KIND_OF_RECORD
from rkedoc.vocabulary import ChangeKind

if TYPE_CHECKING:
    from rkedoc.diff.model import Change, Diff
    from rkedoc.sphinxext.layout import Page

Key = tuple[str, str]
"""An object as references name it: its type and its qualified name; pages as ``("page", key)``."""

Marks = Mapping[Key, ChangeKind]
"""What happened to an object: ``added``, ``changed`` or ``moved``."""

_CONTAINERS = ("containers", "initContainers")


def change_badge(change: ChangeKind) -> Badge:
    """What happened to something, in one word, as it is marked where it stands."""
    return Badge(change.mark.translated, change.tone)


def marks_of(diff: Diff, pages: Mapping[str, Page]) -> Marks:
    """The marks of all that is new or has changed. ``pages`` gives the page of a record by the record's id."""
    found: dict[Key, ChangeKind] = {}
    for change in diff.changes:
        if change.change == ChangeKind.REMOVED:
            continue
        for key in _keys(change):
            found[key] = change.change
        found.update(_containers(change))
        page = pages.get(change.id)
        if page is not None:
            found["page", page.key] = change.change
    return MappingProxyType(found)


def _keys(change: Change) -> Iterator[Key]:
    own = parse_id(change.id)
    name = own.name if own.namespace is None else f"{own.namespace}/{own.name}"
    kind = KIND_OF_RECORD.get((own.group, own.kind))
    yield (kind, name) if kind is not None else ("customresource", change.id)
    if own.kind in CONTROLLERS or (own.group, own.kind) == ("core", "Pod"):
        yield "workload", name


def _containers(change: Change) -> Iterator[tuple[Key, ChangeKind]]:
    """The containers of a workload that are new or have changed."""
    own = parse_id(change.id)
    for edit in change.edits:
        for place, (step, name) in enumerate(zip(edit.path, edit.path[1:], strict=False)):
            if step in _CONTAINERS and name.startswith("["):
                whole = len(edit.path) == place + 2
                if not (whole and edit.new is ABSENT):
                    what = ChangeKind.ADDED if whole and edit.old is ABSENT else ChangeKind.CHANGED
                    yield ("container", f"{own.namespace}/{own.name}/{name.strip('[]')}"), what


def marked(view: View, marks: Marks) -> View:
    """The view with its marks."""
    return tuple(_block(block, marks) for block in view) if marks else view


def _block(block: Block, marks: Marks) -> Block:
    match block:
        case Table(rows=rows):
            return replace(block, rows=tuple(_row(row, marks) for row in rows))
        case ListBlock(items=items):
            return replace(block, items=tuple(_cell(item, marks) for item in items))
        case Part(body=body, objects=objects):
            inner = marked(body, marks)
            own = next(
                (marks[target.kind, target.name] for target in objects if (target.kind, target.name) in marks), None
            )
            return replace(block, body=(Para((change_badge(own),)), *inner) if own else inner)
        case Callout(body=body) | Details(body=body):
            return replace(block, body=marked(body, marks))
        case _:
            return block


def _row(row: Row, marks: Marks) -> Row:
    if not row.cells:
        return row
    own = next((marks[target.kind, target.name] for target in row.objects if (target.kind, target.name) in marks), None)
    first = (*row.cells[0], " ", change_badge(own)) if own else _cell(row.cells[0], marks)
    return row if first == row.cells[0] else replace(row, cells=(first, *row.cells[1:]))


def _cell(cell: Cell, marks: Marks) -> Cell:
    """The cell with a mark behind the first reference that has one."""
    for place, item in enumerate(cell):
        if isinstance(item, Ref) and not item.anchor and (change := marks.get((item.kind, item.name))):
            return (*cell[: place + 1], " ", change_badge(change), *cell[place + 1 :])
    return cell
