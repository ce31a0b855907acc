"""Explanations and tables as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rkedoc.catalog.ranges import IMAGE, Here
from rkedoc.explain.holding import NOWHERE, bound_words, here_of, lives, read_words, row_here, said, spans_words, tables
from rkedoc.explain.screen import PLAIN, Screen, Tone
from rkedoc.i18n import N_, _, between, in_brackets, of_what
from rkedoc.listing import Unread, Unreadable
from rkedoc.vocabulary import Origin, spoken

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.catalog.loader import Catalog
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.listing.lines import Explained


def explained_text(found: Iterable[Explained], screen: Screen = PLAIN) -> str:
    """What each line of a listing names, one line each."""
    rows = [(item.name, spoken(item.role), spoken(item.origin), item.component or "–", item.summary) for item in found]
    tones: list[Tone | None] = ["bad" if item.origin == Origin.UNEXPLAINED else None for item in found]
    return (
        "\n".join(screen.table((_("NAME"), _("ROLE"), _("ORIGIN"), _("COMPONENT"), _("WHAT IT IS")), rows, tones))
        + "\n"
    )


_UNREAD: Final = {
    Unreadable.TEXT: N_("no row of a table that is known"),
    Unreadable.CUT: N_("a row whose name is cut off, or may be"),
    Unreadable.WORD: N_("a word that may be a name, among what is no list of names"),
    Unreadable.DOCUMENT: N_("YAML, JSON or a description of nothing that is known, or broken"),
}
_PLACES: Final = 12
"""How many places of a text are named."""


def unread_text(unread: Sequence[Unread]) -> Iterator[str]:
    """Which lines of a text were not read, a sentence for each reason."""
    for reason, sentence in _UNREAD.items():
        places = [
            str(one.first) if one.first == one.last else f"{one.first}–{one.last}"
            for one in unread
            if one.reason is reason
        ]
        if places:
            shown = between().join(places[:_PLACES]) + (_(" and others") if len(places) > _PLACES else "")
            yield _("not read, line {lines}: {reason}").format(lines=shown, reason=_(sentence))


def detail_text(item: Explained, catalog: Catalog, screen: Screen = PLAIN, cluster: Cluster | None = None) -> str:
    """What one name stands for, with all that the catalog tells of it: in a cluster what can hold there, else each with its range."""
    axes = [f"{word} {spoken(value)}" for word, value in ((_("role"), item.role), (_("origin"), item.origin)) if value]
    entry = catalog.get(item.component) if item.component else None
    return _lines([
        screen.said(item.name, tone="strong"), screen.said(f"  {between().join(axes)}" if axes else "", tone="faint"),
        "", screen.prose(item.summary), *(_sections(entry, screen, here_of(cluster, entry) if cluster is not None else NOWHERE) if entry is not None else ()),
    ])  # fmt: skip


def sections_text(entry: Entry, cluster: Cluster) -> str:
    """What the catalog tells of an entry beside its summary, with its sources: what can hold in this cluster."""
    return _lines(_sections(entry, PLAIN, here_of(cluster, entry))).strip()


def entry_text(entry: Entry, screen: Screen = PLAIN) -> str:
    """An entry of the catalog: what it is about, its text, what it is recognised by, and where that comes from."""
    facts = [
        *((title, in_brackets(versions, how) if how else versions) for title, versions, how in lives(entry)),
        (_("Found on"), between().join(entry.distributions)),
        (_("Read at"), read_words(entry)), (_("Confidence"), entry.confidence if entry.confidence != "verified" else ""),
    ]  # fmt: skip
    return _lines([
        screen.said(in_brackets(entry.name, entry.id), tone="strong"),
        screen.said(f"  {_(entry.kind)}{between()}{spoken(entry.origin)}", tone="faint"), "", screen.prose(entry.summary), "",
        *(screen.said(of_what(word, value)) for word, value in facts if value),
        *(screen.said(of_what(note.key, in_brackets(note.text, note.provenance))) for note in entry.notes),
        *_sections(entry, screen, NOWHERE),
        *_points(_("Recognised by"), map(str, entry.match), screen),
    ])  # fmt: skip


def _sections(entry: Entry, screen: Screen, known: Here) -> Iterator[str]:
    for name, group in groupby(entry.sections, key=lambda section: section.id):
        sections = tuple(group)
        told = [*(_tables(entry, screen, known) if name == "versions" else ())]
        for section in sections:
            for passage in said(section, known):
                bound = (
                    [screen.said(f"[{bound_words(passage.bound)}]", tone="faint")] if passage.bound is not None else []
                )
                told.append("\n".join([*bound, screen.prose(passage.markdown)]))
        if told:
            yield from ("", screen.said(of_what(sections[0].title, "").rstrip(), tone="strong"), "\n\n".join(told))
    yield from _points(_("Sources"), entry.sources, screen)


def _tables(entry: Entry, screen: Screen, known: Here) -> Iterator[str]:
    """What is different from version to version: the row that holds, or all of them where that is not known."""
    for table in tables(entry, known):
        row = row_here(table, known)
        by = _("Version") if table.by == IMAGE else table.by
        told = [(spans_words(one.spans), one.value) for one in table.rows if row is None or one is row]
        yield "\n".join(screen.table((by, table.of), told))


def _points(title: str, points: Iterable[str], screen: Screen) -> Iterator[str]:
    told = [screen.said(f"- {point}") for point in points]
    if told:
        yield from ("", screen.said(of_what(title, "").rstrip(), tone="strong"), *told)


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(parts) + "\n"
