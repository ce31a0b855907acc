"""The catalog's text about a component, with its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.sphinxext.view import (
    Badge,
    Block,
    Cell,
    Details,
    ExtRef,
    Inline,
    ListBlock,
    Para,
    Part,
    Prose,
    Ref,
)
from rkedoc.sphinxext.views.kit import joined, origin_badge
from rkedoc.words import N_, _

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
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
    out: list[Block] = []
    for section in entry.sections:
        prose = Prose(section.markdown, section.provenance)
        if section.id == "what":
            if " ".join(section.markdown.split()) != entry.summary:  # the lead of the page has said it
                out.append(prose)
        else:
            title = _(TITLES[section.id]) if section.id in TITLES else section.title or section.id
            more = talks_to(site, entry) if section.id == "talks-to" else ()
            out.append(Part(f"about-{section.id}", title, (prose, *more)))
    if entry.notes:
        out.append(ListBlock(tuple((f"{key}: ", _linked(value)) for key, value in entry.notes)))
    if entry.sources:
        details: list[Block] = [ListBlock(tuple((_linked(source),) for source in entry.sources))]
        if entry.verified:
            details.append(Para((_("Read at:"), " ", ", ".join(entry.verified))))
        summary: list[Inline] = [_("Where this comes from")]
        if entry.confidence != "verified":
            summary += [" ", Badge(_(entry.confidence), "warn")]
        out.append(Details(tuple(summary), tuple(details)))
    return tuple(out)


def _linked(source: str) -> Inline:
    return ExtRef(source, source.removeprefix("https://")) if source.startswith("https://") else source


def lead(entry: Entry) -> Para:
    """The entry's one sentence, with its origin."""
    return Para((origin_badge(entry.origin), " ", entry.summary))


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
