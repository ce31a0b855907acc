"""Explanations and tables as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rkedoc.explain.screen import PLAIN, Screen, Tone
from rkedoc.i18n import _
from rkedoc.vocabulary import Origin

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.catalog.loader import Catalog
    from rkedoc.explain.listing.lines import Explained


def explained_text(found: Iterable[Explained], screen: Screen = PLAIN) -> str:
    """What each line of a listing names, one line each."""
    rows = [(item.name, item.role or "–", item.origin or "–", item.component or "–", item.summary) for item in found]
    tones: list[Tone | None] = ["bad" if item.origin == Origin.UNEXPLAINED else None for item in found]
    return "\n".join(screen.table(("NAME", "ROLE", "ORIGIN", "COMPONENT", "WHAT IT IS"), rows, tones)) + "\n"


def detail_text(item: Explained, catalog: Catalog, screen: Screen = PLAIN) -> str:
    """What one name stands for, with all that the catalog tells of it."""
    axes = [f"{word} {value}" for word, value in (("role", item.role), ("origin", item.origin)) if value]
    entry = catalog.get(item.component) if item.component else None
    return _lines([
        screen.said(item.name, tone="strong"), screen.said(f"  {', '.join(axes)}" if axes else "", tone="faint"),
        "", screen.prose(item.summary), *(_sections(entry, screen) if entry is not None else ()),
    ])  # fmt: skip


def entry_text(entry: Entry, screen: Screen = PLAIN) -> str:
    """An entry of the catalog: what it is about, its text, what it is recognised by, and where that comes from."""
    facts = [
        (_("Since"), entry.since), (_("Until"), entry.until), (_("Found on"), ", ".join(entry.distributions)),
        (_("Read at"), ", ".join(entry.verified)), (_("Confidence"), entry.confidence),
    ]  # fmt: skip
    return _lines([
        screen.said(f"{entry.name} ({entry.id})", tone="strong"),
        screen.said(f"  {entry.kind}, {entry.origin}", tone="faint"), "", screen.prose(entry.summary), "",
        *(screen.said(f"{word}: {value}") for word, value in facts if value),
        *(screen.said(f"{note.key}: {note.text} ({note.provenance})") for note in entry.notes),
        *_sections(entry, screen),
        *_points(_("Recognised by"), map(str, entry.match), screen),
    ])  # fmt: skip


def _sections(entry: Entry, screen: Screen) -> Iterator[str]:
    for _id, group in groupby(entry.sections, key=lambda section: section.id):
        for place, section in enumerate(group):
            heading = () if place else (screen.said(f"{section.title}:", tone="strong"),)
            yield from ("", *heading, screen.prose(section.markdown.strip()))
    yield from _points(_("Sources"), entry.sources, screen)


def _points(title: str, points: Iterable[str], screen: Screen) -> Iterator[str]:
    told = [screen.said(f"- {point}") for point in points]
    if told:
        yield from ("", screen.said(f"{title}:", tone="strong"), *told)


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(parts) + "\n"
