"""Viewpoints: sets of workloads that somebody has given a name, each with own text and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.explain.facts.ingress import controllers
from rkedoc.i18n import _
from rkedoc.snapshot.identity import parse_id
from rkedoc.sphinxext.blocks.drawings import Arrow, Box, Graph, Lane
from rkedoc.sphinxext.blocks.view import Badge, Block, Para, Picture, Ref, Row, Table, View
from rkedoc.sphinxext.layout import subject_key
from rkedoc.sphinxext.pictures.graphs import shortened
from rkedoc.sphinxext.views.pages.namespace import workload_table
from rkedoc.sphinxext.views.parts.cells import kind_word, origin_of, ref_of, reservation
from rkedoc.sphinxext.views.parts.nodemap import map_of
from rkedoc.sphinxext.views.parts.problems import amounts, problem_box
from rkedoc.sphinxext.views.parts.prose import about
from rkedoc.sphinxext.views.parts.related import edge_row, page_ref, verb_out
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.sphinxext.views.parts.ways import host_picture, hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Workload
    from rkedoc.explain.health.checks import Problem
    from rkedoc.explain.viewpoints import Chosen
    from rkedoc.sphinxext.site import Site

_BOXES = 12
"""Boxes of one column of the picture of relations; what is more stands in its table."""

_HOSTS = 12
"""Hosts whose way is drawn."""

_NEEDS = frozenset({"mounts", "reads-env", "reads", "talks-to"})


def table(site: Site, key: str) -> View:
    """Every viewpoint with what it is about."""
    del key
    rows = []
    for entry in site.cluster.catalog.of_kind("viewpoint"):
        found = desk(site).viewpoints[entry.id].workloads
        rows.append(
            Row(
                (
                    (Ref("page", subject_key("viewpoint", entry.id), entry.name),),
                    (entry.summary,),
                    (str(len(found)),),
                    amounts(_problems(site, found)),
                )
            )
        )
    return (Table((_("Viewpoint"), _("What it shows"), _("Workloads"), _("Not well")), tuple(rows)),)


def _problems(site: Site, found: Sequence[Workload]) -> tuple[Problem, ...]:
    ill = {problem for workload in found for problem in desk(site).problems_with(workload)}
    return tuple(problem for problem in desk(site).problems if problem in ill)


def _of(site: Site, key: str) -> tuple[Entry, Chosen]:
    identifier = site.page(key).subject
    entry = site.cluster.catalog.get(identifier)
    if entry is None:
        raise LookupError(identifier)
    return entry, desk(site).viewpoints[identifier]


def intro(site: Site, key: str) -> View:
    """What it shows, what of that is not well, and what it chooses in vain."""
    entry, found = _of(site, key)
    out: list[Block] = [Para((entry.summary,))]
    out.extend(problem_box(_problems(site, found.workloads)))
    notes = reservation(site, ("core/pods", "apps/deployments", "apps/daemonsets", "apps/statefulsets"))
    for selector in () if notes else found.idle:
        text = _("Nothing here fits its selector ({selector}).").format(selector=selector)
        out.append(Para((Badge(_("nothing chosen"), "warn"), " ", text), "warn"))
    return (*out, *notes)


def text(site: Site, key: str) -> View:
    """The text of whoever declared it."""
    return about(site, _of(site, key)[0])


def workloads(site: Site, key: str) -> View:
    """The workloads that it chooses."""
    found = _of(site, key)[1].workloads
    if not found:
        return (Para((_("It chooses no workload of this cluster."),), "muted"),)
    return (workload_table(site, found, namespace=True),)


def picture(site: Site, key: str) -> View:
    """The picture that it asks for, of what it chooses."""
    entry, found = _of(site, key)
    drawn = _PICTURES.get(entry.picture)
    return drawn(site, entry.name, found.workloads) if drawn is not None and found.workloads else ()


# -- pictures -----------------------------------------------------------------------------------------------------------


def _relations(site: Site, name: str, found: Sequence[Workload]) -> View:
    """What leads to the workloads, and what they need, in columns."""
    chosen = {workload.id for workload in found}
    edges = [edge for workload in found for edge in site.relations.of(workload.id)]
    services = [
        edge
        for edge in edges
        if edge.target in chosen and edge.verb == "selects" and kind_word(edge.source) == "Service"
    ]
    behind = {edge.source for edge in services}
    routes = [
        edge
        for one in sorted(behind)
        for edge in site.relations.of(one)
        if edge.target == one and edge.verb == "routes-to"
    ]
    needs = [edge for edge in edges if edge.source in chosen and edge.target not in chosen and edge.verb in _NEEDS]
    within = [edge for edge in edges if edge.source in chosen and edge.target in chosen]
    lanes = (
        _lane(site, _("Routes"), "route", (edge.source for edge in routes)),
        _lane(site, _("Services"), "service", (edge.source for edge in services)),
        _lane(site, _("Workloads"), "workload", (workload.id for workload in found)),
        _lane(site, _("They need"), "need", (edge.target for edge in needs)),
    )
    steps = (("route", "service", routes), ("service", "workload", services), ("workload", "need", needs))
    arrows = tuple(dict.fromkeys(
        Arrow(f"{near} {edge.source}", f"{far} {edge.target}", verb_out(edge.verb)) for near, far, told in steps for edge in told
    ))  # fmt: skip
    shown = [*dict.fromkeys((*routes, *services, *within, *needs))]
    rows = tuple(
        Row(
            (
                (page_ref(site, edge.source, ref_of(edge.source).name),),
                *edge_row(site, verb_out(edge.verb), edge.target, edge.evidence).cells,
            )
        )
        for edge in shown
    )
    table_ = Table((_("Object"), _("Relation"), _("Kind"), _("With"), _("What that is")), rows)
    graph = Graph(tuple(lane for lane in lanes if lane.boxes), arrows)
    return (Picture(shortened(graph, _("and {count} more"), _BOXES), name, table_),)


def _lane(site: Site, title: str, step: str, ids: Iterable[str]) -> Lane:
    """A lane with a box for each of these objects."""
    workload = desk(site).workload_by_id
    boxes = []
    for one in dict.fromkeys(ids):
        _group, kind, namespace, name = parse_id(one)
        head = f"{kind} · {namespace}" if namespace is not None else kind
        tone = str(origin_of(workload[one])) if one in workload else ""
        boxes.append(Box(f"{step} {one}", head, name, page_ref(site, one, name), tone))
    return Lane(title, tuple(boxes))


def _map(site: Site, name: str, found: Sequence[Workload]) -> View:
    """A tile for each namespace, with the pods of the workloads."""
    del name
    by_pod = desk(site).lines_by_pod
    lines = [
        line for workload in found for pod in workload.pods for line in by_pod.get((pod.namespace or "", pod.name), ())
    ]
    return (map_of(site, lines),) if lines else ()


def _ingress(site: Site, name: str, found: Sequence[Workload]) -> View:
    """The ways of requests that end in one of the workloads, a picture a host."""
    del name
    chosen = {workload.id for workload in found}
    services = {
        edge.source
        for one in chosen
        for edge in site.relations.of(one)
        if edge.target == one and edge.verb == "selects"
    }
    out: list[Block] = []
    for host, ways in hosts(site).items():
        own = tuple(way for way in ways if f"core/Service/{way[0].namespace}/{way[2]}" in services)
        if own and len(out) < _HOSTS:
            title = _("A request for {host}").format(host=host or _("every other host"))
            out.append(host_picture(site, host, own, controllers(site.cluster), title))
    return tuple(out)


_PICTURES: Mapping[str, Callable[[Site, str, Sequence[Workload]], View]] = MappingProxyType(
    {"relations": _relations, "map": _map, "ingress": _ingress}
)
