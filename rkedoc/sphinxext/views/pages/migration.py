"""Moving to RKE2, for a cluster of RKE1: what stands in it, what becomes of it, what must be decided, and what cannot move by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.explain.facts.fact import said
from rkedoc.explain.migration.rules import beyond, migration, order, told
from rkedoc.i18n import Message, _, between, counted
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    Details,
    ExtRef,
    Inline,
    ListBlock,
    Para,
    Part,
    ReadIn,
    Ref,
    Row,
    Strong,
    Table,
    View,
)
from rkedoc.sphinxext.views.parts.cells import badge, joined, marked
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.vocabulary import MoveTopic, MoveWeight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkedoc.explain.facts.fact import Read
    from rkedoc.explain.migration.rules import Finding
    from rkedoc.sphinxext.site import Site

_PLACES = 12
"""Places that a finding names; the others are counted, and stand in the answer of the command."""


def intro(site: Site, key: str) -> View:
    """Why one moves, that the way is a new cluster, and how much there is of each sort."""
    del key
    found = migration(site.cluster)
    text = _(
        "There is no upgrade from RKE1 to RKE2 in place: a new cluster is made, and what runs here moves. Each finding names its object, what "
        "becomes of it, the source of what is said, and the command to look further."
    )
    rows = []
    for topic in MoveTopic:
        about = [one for one in found.findings if one.rule.topic == topic]
        if about:
            numbers = [sum(one.rule.weight == weight for one in about) for weight in MoveWeight]
            rows.append(Row(((topic.label.translated,), *((str(number or "–"),) for number in numbers))))
    columns = (_("About"), *(weight.label.translated for weight in MoveWeight))
    command = _("As a list to tick, in Markdown: `rkedoc migrate FILE -o markdown`.")
    concept = Ref("page", "concept-from-rke1-to-rke2", _("From RKE1 to RKE2"))
    return (Para((text, " ", concept)), Table(columns, tuple(rows)), Para(marked(command), "muted"))


def findings(site: Site, key: str) -> View:
    """Every finding, the gravest first; then what could not be judged."""
    del key
    found = migration(site.cluster)
    out: list[Block] = []
    for weight in MoveWeight:
        if ours := found.of(weight):
            out.append(Part(f"move-{weight}", weight.label.translated, (_table(site, ours),)))
    if found.unjudged:
        missing: dict[str, list[str]] = {}
        for one in found.unjudged:
            missing.setdefault(said(one.missing), []).append(one.rule.title)
        items: list[Cell] = [(Strong(what), ": ", between("; ").join(titles)) for what, titles in missing.items()]
        text = _("What could not be judged, since it was not read")
        out.append(Details((Badge(_("not complete"), "warn"), " ", text), (ListBlock(tuple(items)),)))
    return tuple(out)


def _table(site: Site, found: Sequence[Finding]) -> Table:
    rows = tuple(_row(site, one) for one in found)
    columns = (_("What stands here"), _("Where"), _("What becomes of it"))
    return Table(columns, rows, filterable=len(rows) > 1, below=True)


def _row(site: Site, one: Finding) -> Row:
    rule = one.rule
    places = [_place(site, read) for read in one.evidence[:_PLACES]]
    more = len(one.evidence) - len(places) + one.more
    where = joined(places)
    if more > 0:
        where = (*where, " ", counted(more, _("and {count} more"), _("and {count} more")))
    sources: Cell = joined((ExtRef(source.url, source.text),) for source in rule.sources)
    becomes: Cell = (*marked(rule.becomes), " ", ReadIn(sources), " ", _("To look:"), " ", Code(rule.look))
    title: Cell = (Strong(rule.title), " ", badge(rule.topic))
    return Row((title, where, becomes), anchor=f"move-{rule.id}")


def _place(site: Site, read: Read) -> Cell:
    """The object, with what stands there; the field is in the mark behind it."""
    where = read.where
    named: Inline = page_ref(site, where.record, said(where.named)) if where.record else said(where.named)
    value = said(read.value)
    words: Inline = value if isinstance(read.value, Message) else Code(value)
    shown: Cell = (named, *((": ", words) if value else ()))
    return (*shown, " ", ReadIn((Code(said(where.field)),))) if where.field else shown


def beyond_view(site: Site, key: str) -> View:
    """What no snapshot holds and a move has to do with."""
    del site, key
    return (ListBlock(tuple(marked(told(words)) for words in beyond())),)


def order_view(site: Site, key: str) -> View:
    """The steps of a move, in their order."""
    del site, key
    return (ListBlock(tuple((f"{place}. ", *marked(told(words))) for place, words in enumerate(order(), 1))),)
