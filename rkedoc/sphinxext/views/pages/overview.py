"""The first page: what this cluster is, what is not well in it, and how its containers add up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from rkedoc.cluster.distribution import distribution
from rkedoc.explain.age import time_words
from rkedoc.explain.facts.fact import said
from rkedoc.explain.unseen import kinds_in_no_file, unseen
from rkedoc.i18n import _, between, counted
from rkedoc.snapshot.kinds import WORKLOADS
from rkedoc.snapshot.record import BEYOND_FILES
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    Facts,
    Para,
    Part,
    Ref,
    Row,
    Strong,
    Table,
    Time,
    View,
)
from rkedoc.sphinxext.views.pages.host import processes_sum
from rkedoc.sphinxext.views.pages.namespace import namespaces_table
from rkedoc.sphinxext.views.parts.cells import badge, filled, joined, moment, read_in, reservation
from rkedoc.sphinxext.views.parts.ledger_sum import picture, running_sentence, sentence
from rkedoc.sphinxext.views.parts.nodemap import node_maps
from rkedoc.sphinxext.views.parts.problems import problem_table, told, tone
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.sphinxext.views.parts.support import support_cell, support_follows, support_sources, supported_sentences
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.health.checks import Problem
    from rkedoc.sphinxext.site import Site

_WORST = 5
"""Problems that the first paragraphs name."""
_NODES = 6
"""Nodes of the same roles that the first page names."""
_NIGHT = 25
"""Problems that the first page lists in full; the rest is counted, and stands on the pages of its subjects."""


def intro(site: Site, key: str) -> View:
    """What whoever made the site has to say first, and one paragraph: what it is, how large, when it was collected; and at once whether something is not well."""
    del key
    cluster = site.cluster
    found = distribution(cluster)
    lines = site.ledger.lines
    running = sum(1 for line in lines if line.state == "running")
    pods = len(cluster.snapshot.by_kind("Pod"))
    sized: tuple[tuple[int, Collection[str], Cell], ...] = (
        (len(cluster.nodes()), ("Node",), (Strong(counted(len(cluster.nodes()), _("{count} node"), _("{count} nodes"))),)),
        (len(cluster.namespaces()), ("Namespace",), (Strong(counted(len(cluster.namespaces()), _("{count} namespace"), _("{count} namespaces"))),)),
        (len(cluster.workloads()), WORKLOADS, (Strong(counted(len(cluster.workloads()), _("{count} workload"), _("{count} workloads"))),)),
        (pods, ("Pod",), (Strong(counted(pods, _("{count} pod"), _("{count} pods"))),)),
        (
            len(lines),
            ("Pod", "EngineContainer"),
            (
                Strong(counted(len(lines), _("{count} container"), _("{count} containers"))),
                " ",
                _("({count} running)").format(count=running),
            ),
        ),
    )  # fmt: skip
    # Of what was never listed nobody knows that there is none.
    sizes = [words for count, kinds, words in sized if count or any(map(cluster.collected, kinds))]
    version = next((value for name, value, _where in found.versions if name == "Kubernetes"), "")
    kind: Cell = (Strong(found.name), *((", ", "Kubernetes ", Code(version)) if version else ()))
    out: list[Block] = [Para((site.note,))] if site.note else []
    out.append(Para((_("A cluster of kind"), " ", *kind, *((": ", *joined(sizes)) if sizes else ()), ".")))
    out.append(_seen(cluster))
    out.extend(_called_by_rancher(cluster))
    if lacking := kinds_in_no_file(cluster):
        names = joined((name,) for name in lacking)
        out.append(
            Para((Strong(_("In no file:")), " ", *names, ". ", _("Whether there is any of these is not known.")))
        )
    out.extend(supported_sentences(site))
    out.extend(support_follows(site))
    if "migration" in site.pages:
        out.append(Para((Ref("page", "migration", _("What moving to RKE2 means for this cluster")),)))
    found_ill = desk(site).problems
    if found_ill:
        out.append(Callout(tone(found_ill), told(found_ill), (Para(_first(found_ill)),)))
    else:
        out.append(well(cluster))
    return tuple(out)


def _first(found: Sequence[Problem]) -> Cell:
    """The worst problems by name, with the way to the rest."""
    names = list(dict.fromkeys(problem.subject for problem in found))
    worst = joined((Strong(name),) for name in names[:_WORST])
    rest = len(names) - _WORST
    more = (", ", counted(rest, _("{count} more"), _("{count} more"))) if rest > 0 else ()
    return (*worst, *more, ". ", Ref("page", "overview", _("What to type next"), "problems"))


def _called_by_rancher(cluster: Cluster) -> Iterator[Para]:
    """What the Rancher calls it through which it was collected, with the labels by which it is sorted there."""
    told = cluster.header.rancher
    if not told:
        return
    version = str(told.get("version") or "")
    server: Cell = (Code(str(told.get("server") or "?")), *((" (", Code(version), ")") if version else ()))
    name: Cell = (Strong(str(told.get("name") or "?")), " (", Code(str(told.get("id") or "?")), ")")
    labels = joined((Code(f"{key}={value}"),) for key, value in sorted((told.get("labels") or {}).items()))
    yield Para(
        (
            *filled(
                _("Collected through the Rancher at {server}, which calls it {name}."), {"server": server, "name": name}
            ),
            *((" ", _("Its labels there:"), " ", *labels, ".") if labels else ()),
        )
    )


def _seen(cluster: Cluster) -> Para:
    """When it was looked at, through what, and what of it was not seen: a page is as old and as whole as its snapshot."""
    captures = cluster.header.captures
    times = sorted({capture.time for capture in captures})
    nodes = {
        source: sorted({c.node for c in captures if c.source == source and c.node}) for source in ("engine", "host")
    }
    through: list[Cell] = []
    if any(capture.source == "kubernetes" for capture in captures):
        through.append((_("the Kubernetes API"),))
    if any(capture.source == "files" for capture in captures):
        through.append((_("files with its objects"),))
    if nodes["engine"]:
        through.append(
            (
                counted(
                    len(nodes["engine"]),
                    _("the container runtime of {count} node"),
                    _("the container runtimes of {count} nodes"),
                ),
            )
        )
    if nodes["host"]:
        through.append(
            (counted(len(nodes["host"]), _("the system of {count} node"), _("the systems of {count} nodes")),)
        )
    before, _field, after = _(time_words(cluster.header, times[0])).partition("{time}") if times else ("", "", "")
    when: Cell = (_("Seen here:"), " ", before, Time(times[0]), after, ", ") if times else ()
    origin: Cell = (_("from"), " ", *joined(through), ".") if through else ()
    beyond = tuple(piece for item in unseen(cluster) for piece in (between("; "), item.translated))[1:]
    not_seen: Cell = (" ", Strong(_("Not seen:")), " ", *beyond, ".") if beyond else ()
    return Para((*when, *origin, *not_seen))


def well(cluster: Cluster) -> Para:
    """That nothing is ill, as far as anything was seen."""
    if unseen(cluster):
        return Para((Badge(_("no problem seen"), "info"), " ", _("Nothing that was seen is not well.")))
    return Para((Badge(_("well"), "ok"), " ", _("Everything that was collected is as it should be.")))


def problems_view(site: Site, key: str) -> View:
    """What is not well, listed first for whoever comes at night."""
    del key
    notes = reservation(site, ("core/pods", "core/nodes", "core/events", "engine/containers"))
    found = desk(site).problems
    if not found:
        return (
            Para((_("Nothing that was seen."),))
            if unseen(site.cluster)
            else Para(
                (_("Nothing: every pod that should run is ready, and every component outside pods runs."),), "ok"
            ),
            *notes,
        )
    out: list[Block] = [problem_table(found[:_NIGHT])]
    if len(found) > _NIGHT:
        out.append(
            Para((_("and {count} more, on the pages of what they concern").format(count=len(found) - _NIGHT),), "muted")
        )
    return (*out, *notes)


def ledger_view(site: Site, key: str) -> View:
    """The sum of the ledger, as a sentence and a picture."""
    del key
    lines = tuple(site.ledger.lines)
    return (
        sentence(lines),
        running_sentence(lines),
        picture(lines, _("The containers, added up")),
        *processes_sum(site),
        Para((_("Every one of them, and why it is classed so:"), " ", Ref("page", "ledger", _("the ledger")))),
    )


def map_view(site: Site, key: str) -> View:
    """The maps of a few nodes, or that of a cluster of many."""
    del key
    return node_maps(site)


def namespaces(site: Site, key: str) -> View:
    """The namespaces with their one-line purpose."""
    del key
    return (*reservation(site, ("core/namespaces",)), namespaces_table(site))


def versions(site: Site, key: str) -> View:
    """Versions, with where each was read."""
    del key
    found = distribution(site.cluster)
    rows = tuple(
        Row(((_(name),), read_in((Code(value),), (said(where),)), support_cell(site, name, value)))
        for name, value, where in found.versions
    )
    nodes: dict[tuple[str, ...], list[str]] = {}
    read: dict[tuple[str, ...], list[str]] = {}
    for name, parts, where, _labelled in found.roles:
        nodes.setdefault(parts, []).append(name)
        read.setdefault(parts, []).append(said(where))
    roles = tuple(
        Row(
            (
                read_in((between().join(parts),), (between("; ").join(dict.fromkeys(read[parts])),)),
                (str(len(names)),),
                _some(names),
            )
        )
        for parts, names in nodes.items()
    )
    columns = (_("What"), _("Version"), _("Support state"))
    out: list[Block] = [Table(columns, rows, empty=_("No version could be read.")), *support_sources(site)]
    if roles:
        out.append(
            Part("node-roles", _("Nodes and their roles"), (Table((_("Roles"), _("Nodes"), _("Which")), roles),))
        )
    return tuple(out)


def _some(names: Sequence[str]) -> Cell:
    """The first nodes by name, with the way to all of them."""
    named = joined((Ref("node", name),) for name in names[:_NODES])
    rest = len(names) - _NODES
    return (
        (*named, ", ", Ref("page", "nodes", counted(rest, _("{count} more"), _("{count} more")))) if rest > 0 else named
    )


def missing_view(site: Site, key: str) -> View:
    """What could not be collected, with the way to the whole report."""
    del key
    rows = []
    for capture in site.cluster.header.captures:
        for scope in capture.scopes:
            if scope.result in (Result.COMPLETE, Result.ABSENT) or scope.reason in ("noise", *BEYOND_FILES):
                continue
            status = f"{scope.status} " if scope.status is not None else ""
            rows.append(
                Row(
                    (
                        (Code(scope.path if scope.kind is None and capture.source == "files" else scope.name),),
                        (badge(scope.result),),
                        (
                            scope.namespace or _("all namespaces")
                            if capture.source == "kubernetes"
                            else capture.node or "–",
                        ),
                        (f"{status}{scope.reason}".strip() or "–",),
                    )
                )
            )
    report = Para(
        (_("Every request with its answer:"), " ", Ref("page", "collection", _("the report of the collection")))
    )
    captures: tuple[Block, ...] = (
        Facts(
            tuple(
                (f"{capture.source}{f' {capture.node}' if capture.node else ''}", (*moment(capture.time),))
                for capture in site.cluster.header.captures
            )
        ),
    )
    if all(capture.source != "host" for capture in site.cluster.header.captures):
        text = _(
            "The system of no node was read: which processes, sockets, certificates and files are there is not known here."
        )
        captures = (Para((text,), "muted"), *captures)
    if any(scope.reason in BEYOND_FILES for scope in site.cluster.header.scopes()):
        text = _("A dump tells of the namespaces that it holds lists of. Of others nothing is known.")
        captures = (Para((text,), "muted"), *captures)
    if not rows:
        lead = (
            Para((_("Everything that was asked for was answered."),))
            if unseen(site.cluster)
            else Para((_("Nothing: everything that was asked for was answered."),), "ok")
        )
        return (lead, *captures, report)
    return (Table((_("List"), _("Ended"), _("Where"), _("Answer")), tuple(rows), filterable=True), *captures, report)
