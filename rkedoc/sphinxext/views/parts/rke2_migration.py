"""What moving to RKE2 changes for each component that is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.explain.migration.successors import SUCCESSORS
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import Badge, Cell, Para, Ref, Row, Table, View
from rkedoc.sphinxext.views.parts.locations import component_places

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site


def moving(site: Site, key: str) -> View:
    """The components of RKE1 that are here, each with what becomes of it."""
    places = component_places(site)
    rows = []
    for component, (successor, how) in SUCCESSORS.items():
        entry, after = site.cluster.catalog.get(component), site.cluster.catalog.get(successor)
        if entry is None or component not in places:
            continue
        new: Cell = (
            (Ref("component", after.id, after.name),) if after is not None else (Badge(_("none of its own"), "muted"),)
        )
        rows.append(Row(((Ref("component", entry.id, entry.name),), places[component], new, (_(how),))))
    if not rows:
        return (Para((Badge(_("not here"), "muted"), " ", _("No component of RKE1 was found in this cluster."))),)
    table = Table((_("Here"), _("Where"), _("On RKE2"), _("How it changes")), tuple(rows))
    if key == "migration" or "migration" not in site.pages:
        return (table,)
    return (Para((Ref("page", "migration", _("What moving to RKE2 means for this cluster")),)), table)
