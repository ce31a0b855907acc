"""Explanations and tables as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from rkedoc.i18n import _
from rkedoc.printable import printable

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.catalog.loader import Catalog
    from rkedoc.explain.listing.lines import Explained

_WIDEST = 48


def explained_text(found: Iterable[Explained]) -> str:
    """What each line of a listing names, one line each."""
    rows = [(item.name, item.role or "–", item.origin or "–", item.component or "–", item.summary) for item in found]
    return "\n".join(table(("NAME", "ROLE", "ORIGIN", "COMPONENT", "WHAT IT IS"), rows)) + "\n"


def detail_text(item: Explained, catalog: Catalog) -> str:
    """What one name stands for, with all that the catalog tells of it."""
    axes = [f"{word} {value}" for word, value in (("role", item.role), ("origin", item.origin)) if value]
    parts = [item.name, f"  {', '.join(axes)}" if axes else "", "", item.summary]
    entry = catalog.get(item.component) if item.component else None
    return _lines([*parts, *(_sections(entry) if entry is not None else ())])


def entry_text(entry: Entry) -> str:
    """An entry of the catalog: what it is about, its text, what it is recognised by, and where that comes from."""
    facts = [
        (_("Since"), entry.since), (_("Until"), entry.until), (_("Found on"), ", ".join(entry.distributions)),
        (_("Read at"), ", ".join(entry.verified)), (_("Confidence"), entry.confidence),
    ]  # fmt: skip
    return _lines([
        f"{entry.name} ({entry.id})", f"  {entry.kind}, {entry.origin}", "", entry.summary, "",
        *(f"{word}: {value}" for word, value in facts if value),
        *(f"{note.key}: {note.text} ({note.provenance})" for note in entry.notes),
        *_sections(entry),
        *(("", f"{_('Recognised by')}:", *(f"- {rule}" for rule in entry.match)) if entry.match else ()),
    ])  # fmt: skip


def _sections(entry: Entry) -> Iterator[str]:
    for _id, group in groupby(entry.sections, key=lambda section: section.id):
        for place, section in enumerate(group):
            yield from ("", *(() if place else (f"{section.title}:",)), section.markdown.strip())
    if entry.sources:
        yield from ("", f"{_('Sources')}:", *(f"- {source}" for source in entry.sources))


def _lines(parts: Sequence[str]) -> str:
    return "\n".join(printable(line) for part in parts for line in part.split("\n")) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns; the last one is as long as it is, the others are cut where they are far too wide."""
    safe = [[printable(cell) for cell in row] for row in (head, *rows)]
    cut = [[*(_cut(cell) for cell in row[:-1]), row[-1]] for row in safe]
    widths = [max(_width(row[column]) for row in cut) for column in range(len(head) - 1)]
    return ["  ".join([*map(_padded, row, widths), row[-1]]).rstrip() for row in cut]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two (Unicode, UAX #11)."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _cut(cell: str) -> str:
    if len(cell) <= _WIDEST and _width(cell) <= _WIDEST:
        return cell
    kept = cell[:_WIDEST]  # no character is narrower than a column, and a cell may be as long as a file
    while _width(kept) >= _WIDEST:
        kept = kept[:-1]
    return f"{kept}…"
