"""Where the components of the catalog are in this cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from rkedoc.explain.ledger.processes import processes_by_component
from rkedoc.i18n import _, counted
from rkedoc.sphinxext.blocks.view import Cell, Ref
from rkedoc.sphinxext.views.parts.cells import joined
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import Role

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site

_MOST = 6


@lru_cache(maxsize=4)
def component_places(site: Site) -> Mapping[str, Cell]:
    """For each entry that something here has, links to it: workloads, containers outside pods, and processes."""
    places: dict[str, dict[tuple[str, str], None]] = {}
    for workload in site.cluster.workloads():
        if workload.entry is not None:
            found = places.setdefault(workload.entry.id, {})
            found[(workload.id, f"{workload.namespace}/{workload.name}")] = None
    by_pod = desk(site).workload_of_pod
    for line in site.ledger.lines:
        if not line.component:
            continue
        found = places.setdefault(line.component, {})
        if line.role == Role.STANDALONE:
            found[(line.record_id, line.name)] = None
        elif not found and line.pod:
            workload_here = by_pod.get(f"core/Pod/{line.namespace}/{line.pod.rpartition('/')[2]}")
            if workload_here is not None:
                found[(workload_here.id, f"{workload_here.namespace}/{workload_here.name}")] = None
    sandboxes = sum(1 for line in site.ledger.lines if line.role == Role.SANDBOX)
    if sandboxes:
        text = counted(sandboxes, _("{count} pod sandbox"), _("{count} pod sandboxes"))
        places["pause"] = {("", text): None}
    cells: dict[str, list[Cell]] = {
        component: [(page_ref(site, rid, name) if rid else name,) for rid, name in list(here)[:_MOST]]
        for component, here in places.items()
    }
    for component, lines in processes_by_component(site.cluster).items():
        text = counted(len(lines), _("{count} process"), _("{count} processes"))
        cells.setdefault(component, []).append((Ref("component", component, text),))
    return {component: joined(here) for component, here in cells.items()}
