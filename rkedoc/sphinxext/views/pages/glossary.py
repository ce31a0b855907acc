"""The glossary: the words of the field and of this site, and every component of the catalog that is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.i18n import N_, _
from rkedoc.sphinxext.blocks.view import (
    Block,
    Cell,
    ObjectTarget,
    Para,
    Part,
    Ref,
    Row,
    Table,
    View,
)
from rkedoc.sphinxext.layout import subject_key
from rkedoc.sphinxext.views.pages.concepts import told
from rkedoc.sphinxext.views.parts.cells import badge
from rkedoc.sphinxext.views.parts.locations import component_places

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site

TERMS = (
    (N_("capture"), N_("What one source said at one time. A snapshot holds one or more.")),
    (N_("collected"), N_("Asked for and answered. What was forbidden or failed is not collected, and is never shown as empty.")),
    (N_("component"), N_("Something that the catalog of rkedoc explains: a container, a workload or a part of the platform.")),
    (N_("container runtime, engine"), N_("What runs containers on a node, such as Docker or containerd.")),
    (N_("evidence"), N_("The label, name or image that made a rule fit.")),
    (N_("init container"), N_("A container that runs to its end before the pod's others start. It stays behind, exited.")),
    (N_("intent"), N_("What somebody decided, as opposed to what changes by itself.")),
    (N_("ledger"), N_("The list of all containers of an engine, each exactly once, with its role and its origin.")),
    (N_("node"), N_("A machine that runs pods.")),
    (N_("origin"), N_("Where a container comes from: Kubernetes itself, an installer, Rancher, the platform, or somebody's own work.")),
    (N_("pod"), N_("Containers that share an address and live and die together.")),
    (N_("pod sandbox"), N_("The container that holds a pod's network and IPC for the others; its image is called pause.")),
    (N_("previous attempt"), N_("A dead earlier instance of a container or of a sandbox. The kubelet keeps one of each.")),
    (N_("record"), N_("One object of the snapshot.")),
    (N_("role"), N_("The part that a container plays: sandbox, init container, container, sidecar, or outside pods.")),
    (N_("scope"), N_("One thing that was asked of a source, and how that ended: complete, partial, forbidden, absent or failed.")),
    (N_("sidecar"), N_("A helper that runs beside a pod's main container.")),
    (N_("snapshot"), N_("The file that a collection wrote and that this site was made from.")),
    (N_("static pod"), N_("A pod that a kubelet starts from a file on its node, without the API.")),
    (N_("workload"), N_("What a controller keeps running, such as a Deployment, or a pod that nobody keeps.")),
)  # fmt: skip
"""The words of this site, in the alphabetical order of English."""


def terms(site: Site, key: str) -> View:
    """The words, and the concepts that the catalog explains."""
    del key
    rows = tuple(Row(((_(term),), (_(meaning),))) for term, meaning in TERMS)
    out: list[Block] = [Table((_("Word"), _("Meaning")), rows)]
    for entry, page in told(site):
        # What a fixed page tells is described there among other things; the concept itself is found here.
        target = (ObjectTarget("component", entry.id, entry.name, subject=True),) if page.kind == "fixed" else ()
        more = Para((_("More:"), " ", Ref("page", page.key, entry.name)))
        out.append(Part(f"concept-{entry.id}", entry.name, (Para((entry.summary,)), more), target))
    return tuple(out)


def components(site: Site, key: str) -> View:
    """The components that this cluster has, each with its sentence and where it is."""
    del key
    places = component_places(site)
    rows = []
    for entry in sorted(site.cluster.catalog.catalog.entries, key=lambda item: (item.name.casefold(), item.id)):
        if entry.kind != "component":
            continue
        where = places.get(entry.id, ())
        if where:
            # A component with a page of its own is found there.
            own = subject_key("process", entry.id) in site.pages
            target = () if own else (ObjectTarget("component", entry.id, entry.name, subject=True),)
            name: Cell = (Ref("component", entry.id, entry.name),) if own else (entry.name,)
            rows.append(Row((name, (badge(entry.origin),), (entry.summary,), where), objects=target))
    columns = (_("Component"), _("Origin"), _("What it is"), _("Here"))
    return (Table(columns, tuple(rows), empty=_("The catalog knows nothing of what runs here."), filterable=True),)
