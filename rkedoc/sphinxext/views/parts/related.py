"""Relations: the picture of a subject between its neighbours, and a table of the same with the evidence of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rkedoc.i18n import N_, _, counted, in_brackets
from rkedoc.sphinxext.blocks.drawings import Arrow, Box, Graph, Lane
from rkedoc.sphinxext.blocks.view import Block, Cell, Code, Para, Picture, Ref, Row, Table
from rkedoc.sphinxext.pictures.graphs import shortened
from rkedoc.sphinxext.views.parts.cells import (
    joined,
    kind_word,
    missing,
    read_in,
    ref_of,
    reservation,
)
from rkedoc.sphinxext.views.parts.site_index import desk

if TYPE_CHECKING:
    from rkedoc.explain.relations.graph import Edge
    from rkedoc.sphinxext.site import Site

OUT: Mapping[str, str] = {
    "owns": N_("owns"),
    "selects": N_("finds its pods in"),
    "routes-to": N_("sends requests to"),
    "mounts": N_("mounts"),
    "reads-env": N_("reads its environment from"),
    "runs-as": N_("runs as"),
    "grants": N_("grants"),
    "scheduled-on": N_("runs on"),
    "talks-to": N_("talks to"),
    "scales": N_("scales"),
    "protects": N_("limits disruption of"),
    "pulls-with": N_("pulls images with"),
    "handled-by": N_("handled by"),
    "reads": N_("reads"),
    "holds": N_("holds"),
    "binds": N_("bound to"),
    "joins": N_("joins the network of"),
    "calls": N_("calls"),
    "served-by": N_("served by"),
}
"""Verbs of relations as read from the source."""

IN: Mapping[str, str] = {
    "owns": N_("owned by"),
    "selects": N_("found by"),
    "routes-to": N_("gets requests from"),
    "mounts": N_("mounted by"),
    "reads-env": N_("read into the environment of"),
    "runs-as": N_("account of"),
    "grants": N_("granted by"),
    "scheduled-on": N_("runs"),
    "talks-to": N_("called by"),
    "scales": N_("scaled by"),
    "protects": N_("kept from disruption by"),
    "pulls-with": N_("used to pull images by"),
    "handled-by": N_("handles"),
    "reads": N_("read by"),
    "holds": N_("held by"),
    "binds": N_("bound by"),
    "joins": N_("joined by"),
    "calls": N_("called by"),
    "served-by": N_("serves"),
}
"""Verbs of relations as read from the target."""

_TO_READ = ("core/services", "networking.k8s.io/ingresses", "core/configmaps", "core/secrets", "core/serviceaccounts",
            "rbac.authorization.k8s.io/rolebindings", "rbac.authorization.k8s.io/clusterrolebindings")  # fmt: skip


def verb_out(verb: str) -> str:
    """A verb in words, from its source."""
    return _(OUT[verb]) if verb in OUT else verb.replace("-", " ")


def verb_in(verb: str) -> str:
    """A verb in words, from its target."""
    return _(IN[verb]) if verb in IN else verb.replace("-", " ")


def split_edges(site: Site, record_id: str) -> tuple[tuple[Edge, ...], tuple[Edge, ...]]:
    """The relations of a record: those that come to it, and those that leave it. Its own pods are left out, since its
    page lists them."""
    coming: list[Edge] = []
    leaving: list[Edge] = []
    for edge in site.relations.of(record_id):
        if edge.target == record_id and edge.source != record_id:
            coming.append(edge)
        elif edge.source == record_id and kind_word(edge.target) not in ("Pod", "ReplicaSet", "ControllerRevision"):
            leaving.append(edge)
    return tuple(coming), tuple(leaving)


def sentence(site: Site, record_id: str) -> str:
    """The one-line explanation of what a record is, where the catalog has one."""
    workload = desk(site).workload_by_id.get(record_id)
    if workload is not None and workload.entry is not None:
        return workload.entry.summary
    line = desk(site).lines_by_record.get(record_id)
    if line is not None and line.component:
        entry = site.cluster.catalog.get(line.component)
        return entry.summary if entry is not None else ""
    if kind_word(record_id) == "Namespace":
        found = site.cluster.catalog.namespace(record_id.rpartition("/")[2])
        return found.summary if found is not None else ""
    return ""


def neighbours(site: Site, record_id: str, kind: str, name: str, tone: str = "") -> tuple[Block, ...]:
    """The picture of a subject's relations; nothing if it has none."""
    coming, leaving = split_edges(site, record_id)
    if not coming and not leaving:
        return ()
    centre = Box(record_id, kind, name, None, str(tone), strong=True)
    home = f"{_namespace(record_id)}/"
    sources = _spokes("from", [(edge.verb, edge.source) for edge in coming], home)
    targets = _spokes("to", [(edge.verb, edge.target) for edge in leaving], home)
    lanes = [
        Lane(_("Comes to it"), tuple(box for _verb, box in sources)),
        Lane("", (centre,)),
        Lane(_("It leads to"), tuple(box for _verb, box in targets)),
    ]
    arrows = (
        *(Arrow(box.id, centre.id, verb) for verb, box in sources),
        *(Arrow(centre.id, box.id, verb) for verb, box in targets),
    )
    title = _("Relations of {name}").format(name=name)
    graph = Graph(tuple(lane for lane in lanes if lane.boxes), arrows)
    table = edge_table(site, record_id, coming, leaving)
    return (Picture(shortened(graph, _("and {count} more, in the table below"), _DRAWN), title, table),)


_DRAWN = 12
"""Neighbours that are drawn on a side; what is more stands in the table under the picture."""


def _spokes(side: str, edges: list[tuple[str, str]], home: str) -> list[tuple[str, Box]]:
    """A box for each neighbour, with the words of its arrow; those with the same words stand together.

    What lives in the namespace ``home`` is called without it.
    """
    order = {verb: at for at, verb in enumerate(dict.fromkeys(verb for verb, _other in edges))}
    out = []
    for verb, other in sorted(dict.fromkeys(edges), key=lambda edge: order[edge[0]]):
        found = ref_of(other)
        # A neighbour may be connected in two ways: it stands once for each, so that each arrow has words of its own.
        name = found.text or found.name.removeprefix(home)
        out.append((verb_out(verb), Box(f"{side} {verb} {other}", _kind(other), name, found)))
    return out


def _kind(record_id: str) -> str:
    """The kind of a neighbour; ours is none that a reader knows by its name."""
    kind = kind_word(record_id)
    return _("container outside pods") if kind == "EngineContainer" else kind


def edge_table(site: Site, record_id: str, coming: Iterable[Edge], leaving: Iterable[Edge]) -> Table:
    """Relations as a table: which way, what with, what that is, and where it is written."""
    rows = [edge_row(site, verb_in(edge.verb), edge.source, edge.evidence) for edge in coming] + [
        edge_row(site, verb_out(edge.verb), edge.target, edge.evidence) for edge in leaving
    ]
    return Table((_("Relation"), _("Kind"), _("With"), _("What that is")), tuple(dict.fromkeys(rows)))


def edge_row(site: Site, verb: str, other: str, evidence: str) -> Row:
    """A relation as a row: its verb, and what it is with."""
    return Row(
        (
            (verb,),
            (kind_word(other),),
            read_in((ref_of(other),), (Code(evidence),) if evidence else ()),
            (sentence(site, other),),
        )
    )


def related_tables(site: Site, record_id: str, namespace: str) -> tuple[Block, ...]:
    """What to know about the relations beside their picture: that there are none, or which lists are not whole."""
    coming, leaving = split_edges(site, record_id)
    notes = reservation(site, _TO_READ, namespace)
    if coming or leaving:
        return notes
    return notes or (Para((_("Nothing else in this cluster is connected with it."),), "muted"),)


def users(site: Site, record_id: str) -> Cell:
    """What uses a config map, a secret, a claim or an account; that nothing does, if all pods were read."""
    found: dict[str, str] = {}
    for edge in site.relations.of(record_id):
        if edge.target == record_id and edge.verb not in ("owns", "scheduled-on"):
            found.setdefault(edge.source, edge.verb)
    if found:
        cells: list[Cell] = [
            (ref_of(source), in_brackets("", verb_out(verb))) for source, verb in list(found.items())[:_MOST]
        ]
        if len(found) > _MOST:
            cells.append((counted(len(found) - _MOST, _("{count} more"), _("{count} more")),))
        only = sentence(site, next(iter(found))) if len(found) == 1 else ""
        return (*joined(cells), ": ", only) if only else joined(cells)
    reason = missing(site, "core/pods", None if kind_word(record_id) == "Namespace" else _namespace(record_id))
    return (reason,) if reason else (_("nothing that was collected"),)


_MOST = 12


def _namespace(record_id: str) -> str | None:
    namespace = (*record_id.split("/", 3), "", "", "")[2]
    return None if namespace in ("", "-") else namespace


def refs(record_ids: Iterable[str]) -> Cell:
    """Links to records."""
    return joined((ref_of(record_id),) for record_id in record_ids)


def edges_from(site: Site, record_id: str, *verbs: str) -> tuple[Edge, ...]:
    """The relations with these verbs that leave a record."""
    return tuple(edge for edge in site.relations.of(record_id) if edge.source == record_id and edge.verb in verbs)


def edges_to(site: Site, record_id: str, *verbs: str) -> tuple[Edge, ...]:
    """The relations with these verbs that come to a record."""
    return tuple(edge for edge in site.relations.of(record_id) if edge.target == record_id and edge.verb in verbs)


def page_ref(site: Site, record_id: str, text: str) -> Ref:
    """A link to the page that describes a record, by its key; to the record where no page does."""
    page = site.page_of_record.get(record_id)
    return Ref("page", page.key, text) if page is not None else ref_of(record_id, text)
