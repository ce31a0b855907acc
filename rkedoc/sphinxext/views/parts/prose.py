"""The catalog's text about a component, with its sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rkedoc.catalog.entry import HEADINGS
from rkedoc.catalog.ranges import IMAGE, parsed_version
from rkedoc.explain.descriptions import description, marks
from rkedoc.explain.holding import bound_words, here_of, lives, read_words, row_here, said, spans_words, tables
from rkedoc.i18n import N_, _, between
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    Details,
    ExtRef,
    Facts,
    Inline,
    ListBlock,
    Para,
    Part,
    Prose,
    Ref,
    Row,
    Table,
)
from rkedoc.sphinxext.views.parts.cells import badge, joined, read_in

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry, Section, VersionTable
    from rkedoc.catalog.ranges import Here
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site


def about(site: Site, entry: Entry) -> tuple[Block, ...]:
    """All sections of an entry, as far as they can hold in this cluster. The first, what it is, stands without a title, below the page's
    own heading and the summary."""
    out: list[Block] = [*_notes(entry)]
    known = here_of(site.cluster, entry)
    for name, group in groupby(entry.sections, key=lambda section: section.id):
        sections = tuple(group)
        if name == "what":
            out += _words(sections, known)
        else:
            title = _(HEADINGS[name]) if name in HEADINGS else sections[0].title or name
            more = talks_to(site, entry) if name == "talks-to" else ()
            by_version = _tables(entry, known) if name == "versions" else ()
            if body := (*by_version, *_words(sections, known), *more):
                out.append(Part(f"about-{name}", title, body))
    rows = tuple(_facts(entry))
    if rows:
        out.append(Facts(rows))
    if entry.sources:
        details: list[Block] = [ListBlock(tuple((_linked(source),) for source in entry.sources))]
        summary: list[Inline] = [_("Where this comes from")]
        if entry.confidence != "verified":
            summary += [" ", Badge(_(entry.confidence), "warn")]
        out.append(Details(tuple(summary), tuple(details)))
    return tuple(out)


def _words(sections: Sequence[Section], known: Here) -> Iterator[Block]:
    """The words of several, one below the other, each with whose they are where that is not plain.

    What does not hold here is left out; what perhaps does not has its range said before it.
    """
    mixed = len(sections) > 1
    for section in sections:
        passages = tuple(said(section, known))
        for passage in passages:
            if passage.bound is not None:
                yield Para((Badge(bound_words(passage.bound), "muted"),))
            yield Prose(passage.markdown, section.provenance)
        if passages:
            yield from _whose(section.provenance, named=mixed)


def _tables(entry: Entry, known: Here) -> Iterator[Block]:
    """What is different from version to version: the row of this cluster, and all of them below it."""
    for table in tables(entry, known):
        by = _("Version") if table.by == IMAGE else table.by
        rows = tuple(Row(((spans_words(row.spans),), (Code(row.value),))) for row in table.rows)
        whole = Table((by, table.of), rows)
        told = _told_here(entry, table, known)
        if told is None:
            yield whole
        else:
            yield Para(told)
            by_product = _("{what}, by versions of {product}").format(what=table.of, product=by)
            yield Details(
                (_("{what}, by version").format(what=table.of) if table.by == IMAGE else by_product,), (whole,)
            )


def _told_here(entry: Entry, table: VersionTable, known: Here) -> Cell | None:
    """The row of this cluster in words. What a component really runs as comes first, where it is not what the table has."""
    row = row_here(table, known)
    if row is None:
        return None
    of = f"{table.by} {spans_words(row.spans)}" if table.by != IMAGE else spans_words(row.spans)
    own = known.versions(IMAGE) if table.of == entry.name else None
    told = parsed_version(row.value)
    if own and any(version[: len(told)] != told for version in own):
        runs = ", ".join(".".join(map(str, version)) for version in own)
        return (
            table.of,
            ": ",
            Code(runs),
            " ",
            _("here;"),
            " ",
            Code(row.value),
            " ",
            _("comes with {versions}").format(versions=of),
        )
    return (table.of, ": ", Code(row.value), " ", _("here; that of {versions}").format(versions=of))


NOTES = {
    "owner": N_("Owner"),
    "team": N_("Team"),
    "runbook": N_("Runbook"),
    "link": N_("Link"),
    "note": N_("Note"),
}


def _notes(entry: Entry) -> tuple[Block, ...]:
    """What the operator's own files say of who answers for it, each with the file that says it."""
    rows = tuple((_(NOTES[note.key]), read_in((_linked(note.text),), (Code(note.provenance),))) for note in entry.notes)
    return (Facts(rows),) if rows else ()


def _whose(provenance: str, *, named: bool) -> tuple[Block, ...]:
    """Whose words a section is in; the catalog is named only beside others."""
    if provenance != "rkedoc":
        return (Para((_("Written in:"), " ", Code(provenance)), "muted"),)
    return (Para((_("Written in:"), " ", _("the catalog of rkedoc")), "muted"),) if named else ()


def _facts(entry: Entry) -> Iterator[tuple[str, Cell]]:
    """Since when, until when and where the component exists, and at which versions its entry was read."""
    for title, versions, how in lives(entry):
        yield title, read_in((versions,), (how,))
    if entry.distributions:
        yield _("Found on"), (between().join(_(DISTRIBUTIONS.get(name, name)) for name in entry.distributions),)
    if entry.read_at:
        yield _("Read at"), (read_words(entry),)


DISTRIBUTIONS = {
    "rke1": "RKE1", "rke2": "RKE2", "k3s": "K3s", "kubeadm": "kubeadm", "harvester": "Harvester",
    "management cluster": N_("the cluster that Rancher's server runs in"), "imported": N_("imported clusters"),
    "hosted": N_("hosted clusters"), "any": N_("any distribution"), "other": N_("others"),
}  # fmt: skip


def in_own_words(*records: Record | None) -> tuple[Block, ...]:
    """What objects of the cluster say about themselves, each sentence with the place where it stands."""
    said = [item for record in records if record is not None
            for item in (*filter(None, [description(record)]), *marks(record))]  # fmt: skip
    rows = tuple((_(item.about), read_in((_linked(item.text),), (item.where,))) for item in dict.fromkeys(said))
    return (Part("own-words", _("What it says about itself"), (Facts(rows),)),) if rows else ()


def _linked(source: str) -> Inline:
    return ExtRef(source, source.removeprefix("https://")) if source.startswith("https://") else source


def lead(entry: Entry) -> Para:
    """The entry's one sentence, with its origin."""
    return Para((badge(entry.origin), " ", entry.summary))


def talks_to(site: Site, entry: Entry) -> tuple[Block, ...]:
    """The components that an entry says it talks to, each with its own sentence. Free text is in the prose already."""
    items: list[Cell] = []
    for name in entry.talks_to:
        other = site.cluster.catalog.get(name)
        if other is not None:
            items.append((Ref("component", other.id, other.name), ": ", other.summary))
    return (ListBlock(tuple(items)),) if items else ()


def unknown(name: str) -> tuple[Block, ...]:
    """What to say where the catalog has nothing: it is somebody's own, and one file would explain it."""
    return (
        Para(
            (
                _("The catalog says nothing about {name}: it is no part of the platform that rkedoc knows.").format(
                    name=name
                ),
                " ",
                _("Whoever runs it can explain it here with a file in the annotations folder."),
            ),
            "muted",
        ),
    )


def names(entries: tuple[Entry, ...]) -> tuple[Inline, ...]:
    """Entries as links, one after the other."""
    return joined((Ref("component", entry.id, entry.name),) for entry in entries)
