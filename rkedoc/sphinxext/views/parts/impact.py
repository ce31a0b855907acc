"""What would be hit if something stopped, each with the relation that carries the loss there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.explain.relations.impact import MOST
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import Block, Code, Para, Row, Table
from rkedoc.sphinxext.views.parts.cells import kind_word, read_in, ref_of, reservation
from rkedoc.sphinxext.views.parts.related import page_ref, sentence, verb_out
from rkedoc.sphinxext.views.parts.site_index import desk

if TYPE_CHECKING:
    from rkedoc.explain.relations.impact import Hit
    from rkedoc.sphinxext.site import Site

_LISTS = ("core/services", "networking.k8s.io/ingresses")
"""The lists without which something that needs it may be missing."""

_SHORT = 12
"""A longer table has a field that narrows it."""


def what_would_be_hit(site: Site, record_id: str, namespace: str | None = None) -> tuple[Block, ...]:
    """Everything that needs it, and what needs that in turn, the nearest first."""
    found = desk(site).impacts.of(record_id)
    notes = reservation(site, _LISTS, namespace)
    if not found.hits:
        text = _("Nothing that was collected says that it needs it.")
        return notes or (Para((text, " ", _caution()), "muted"),)
    out: list[Block] = [Para((_caution(),), "muted")]
    columns = (_("Would be hit"), _("Steps"), _("What that is"), _("Because it"))
    out.append(Table(columns, tuple(_row(site, hit) for hit in found.hits), filterable=len(found.hits) > _SHORT))
    if not found.is_whole:
        out.append(Para((_("There is more: the nearest {count} are shown.").format(count=MOST),)))
    return (*out, *notes)


def _caution() -> str:
    return _(
        "Only what objects and the catalog state is known here: a program may need it without anything that says so."
    )


def _row(site: Site, hit: Hit) -> Row:
    edge = hit.edge
    return Row(
        (
            (ref_of(hit.record_id), " (", kind_word(hit.record_id), ")"),
            (str(hit.distance),),
            (sentence(site, hit.record_id),),
            read_in(
                (verb_out(edge.verb), " ", page_ref(site, edge.target, ref_of(edge.target).name)),
                (Code(edge.evidence),) if edge.evidence else (),
            ),
        )
    )
