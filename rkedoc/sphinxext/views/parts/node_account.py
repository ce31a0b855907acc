"""The account of a node with this cluster's numbers: from the units that the system starts to the containers that come of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rkedoc.explain.ledger.ledger import steps
from rkedoc.explain.ledger.processes import process_ledger
from rkedoc.i18n import _, counted
from rkedoc.sphinxext.blocks.drawings import Arrow, Box, Graph, Lane
from rkedoc.sphinxext.blocks.view import Para, Ref, Row, Strong, Table, View
from rkedoc.sphinxext.pictures.graphs import leading
from rkedoc.sphinxext.views.parts.cells import badge
from rkedoc.vocabulary import ProcessClass

if TYPE_CHECKING:
    from rkedoc.explain.ledger.processes import ProcessLedger, ProcessLine
    from rkedoc.sphinxext.site import Site


def account_graph(site: Site, node: str) -> Graph:
    """The way from a node's units over the platform's processes and the shims to the containers; empty where its host was not read."""
    lines = process_ledger(site.cluster, node).lines
    own = [line for line in lines if line.klass == ProcessClass.PLATFORM and line.reasons[0].rule != "parent"]
    if not own:
        return Graph((), ())
    units = tuple(
        Box(f"unit {unit}", _("unit"), unit) for unit in dict.fromkeys(line.unit for line in own if line.unit)
    )
    platform = tuple(_process(site, line) for line in own)
    runtimes = tuple(box for box, line in zip(platform, own, strict=True) if line.program in _RUNTIMES) or platform
    count = sum(line.klass == ProcessClass.SHIM for line in lines)
    shims = (Box("shims", _("stand between"), counted(count, _("{count} shim"), _("{count} shims"))),) if count else ()
    containers = tuple(
        Box(f"step {step.term}", step.term.together.translated, str(step.count), Ref("page", "ledger"))
        for step in steps(tuple(line for line in site.ledger.lines if line.node == node))
    )
    lanes = (
        Lane(_("Started by the system"), units),
        Lane(_("Processes"), platform),
        Lane(_("Shims"), shims),
        Lane(_("Containers"), containers),
    )
    started = (
        Arrow(f"unit {line.unit}", box.id, _("starts")) for line, box in zip(own, platform, strict=True) if line.unit
    )
    held = (*leading(runtimes, shims, _("starts")), *leading(shims or runtimes, containers, _("holds")))
    return Graph(tuple(lane for lane in lanes if lane.boxes), (*started, *held))


_RUNTIMES = frozenset({"containerd", "dockerd", "crio", "cri-dockerd"})


def _process(site: Site, line: ProcessLine) -> Box:
    entry = site.cluster.catalog.get(line.component) if line.component else None
    head = f"{line.program} {line.pid}"
    if entry is None:
        return Box(line.id, head, line.program, None, "platform")
    return Box(line.id, head, entry.name, Ref("component", entry.id, entry.name), str(entry.origin))


def no_processes(ledger: ProcessLedger) -> View:
    """Why nothing is told of the processes of the nodes."""
    return (Para((ledger.nothing.translated,), "muted"),)


def node_account(site: Site, key: str) -> View:
    """What each node whose host was read is made of, in numbers."""
    del key
    hosts = site.cluster.hosts
    if not hosts:
        return no_processes(process_ledger(site.cluster))
    rows = []
    for node in hosts[:_MOST]:
        counts = Counter(line.klass for line in process_ledger(site.cluster, node).lines)
        containers = sum(line.node == node for line in site.ledger.lines)
        told = [(badge(klass), f" {counts[klass]} ") for klass in ProcessClass if counts[klass]]
        shown = tuple(part for pair in told for part in pair)
        rows.append(Row(((Ref("node", node),), (Strong(str(sum(counts.values()))),), shown, (str(containers),))))
    columns = (_("Node"), _("Processes"), _("In these classes"), _("Containers"))
    return (Table(columns, tuple(rows)),)


_MOST = 50
