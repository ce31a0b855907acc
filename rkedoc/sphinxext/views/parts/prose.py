"""The catalog's text about a component, with its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from rkedoc.explain.descriptions import description, marks
from rkedoc.i18n import N_, _
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
)
from rkedoc.sphinxext.views.parts.cells import badge, joined, read_in

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry, Section
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

TITLES = {
    "what": N_("What it is"),
    "why": N_("Why it is here"),
    "how": N_("How it works"),
    "talks-to": N_("What it talks to"),
    "if-it-stops": N_("What breaks without it"),
    "versions": N_("Versions"),
    "elsewhere": N_("On other distributions"),
}


def about(site: Site, entry: Entry) -> tuple[Block, ...]:
    """All sections of an entry. The first, what it is, stands without a title: the page's own heading says it."""
    out: list[Block] = [*_notes(entry)]
    for name, group in groupby(entry.sections, key=lambda section: section.id):
        sections = tuple(group)
        if name == "what":
            # The lead of the page has said the summary.
            out += _words([rest for each in sections if (rest := _beyond(each, entry.summary)).markdown])
        else:
            title = _(TITLES[name]) if name in TITLES else sections[0].title or name
            more = talks_to(site, entry) if name == "talks-to" else ()
            out.append(Part(f"about-{name}", title, (*_words(sections), *more)))
    lives = tuple(_lives(entry))
    if lives:
        out.append(Facts(lives))
    if entry.sources:
        details: list[Block] = [ListBlock(tuple((_linked(source),) for source in entry.sources))]
        if entry.verified:
            details.append(Para((_("Read at:"), " ", ", ".join(entry.verified))))
        summary: list[Inline] = [_("Where this comes from")]
        if entry.confidence != "verified":
            summary += [" ", Badge(_(entry.confidence), "warn")]
        out.append(Details(tuple(summary), tuple(details)))
    return tuple(out)


def _beyond(section: Section, summary: str) -> Section:
    """A section without the summary, if it begins with that."""
    lead = re.match(r"\s+".join(map(re.escape, summary.split())), section.markdown)
    return section if lead is None else replace(section, markdown=section.markdown[lead.end() :].strip())


def _words(sections: Sequence[Section]) -> Iterator[Block]:
    """The words of several, one below the other, each with whose they are where that is not plain."""
    mixed = len(sections) > 1
    for section in sections:
        yield Prose(section.markdown, section.provenance)
        yield from _whose(section.provenance, named=mixed)


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


def _lives(entry: Entry) -> Iterator[tuple[str, Cell]]:
    """Since when, until when and where the component exists."""
    if entry.since:
        yield _("Since"), (entry.since,)
    if entry.until:
        yield _("Until"), (entry.until,)
    if entry.distributions:
        yield _("Found on"), (", ".join(_(DISTRIBUTIONS.get(name, name)) for name in entry.distributions),)


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
