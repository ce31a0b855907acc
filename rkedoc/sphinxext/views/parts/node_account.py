"""The account of a node with this cluster's numbers: from the units that the system starts to the containers that come of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rkedoc.explain.ledger.ledger import steps
from rkedoc.explain.ledger.processes import process_ledger
from rkedoc.i18n import _, counted
from rkedoc.sphinxext.blocks.view import Para, Ref, Row, Strong, Table, View
from rkedoc.sphinxext.pictures.route import Stop
from rkedoc.sphinxext.views.parts.cells import badge
from rkedoc.vocabulary import ProcessClass

if TYPE_CHECKING:
    from rkedoc.explain.ledger.processes import ProcessLine
    from rkedoc.sphinxext.site import Site


def columns_of(site: Site, node: str) -> list[tuple[str, list[Stop]]]:
    """The way from a node's units over the platform's processes and the shims to the containers; empty where its host was not read."""
    lines = process_ledger(site.cluster, node).lines
    own = [line for line in lines if line.klass == ProcessClass.PLATFORM and line.reasons[0].rule != "parent"]
    if not own:
        return []
    units = [Stop(f"unit {unit}", _("unit"), unit) for unit in dict.fromkeys(line.unit for line in own if line.unit)]
    platform = [_process(site, line) for line in own]
    shims = [line for line in lines if line.klass == ProcessClass.SHIM]
    runtimes = tuple(stop.id for stop, line in zip(platform, own, strict=True) if line.program in _RUNTIMES) or tuple(
        stop.id for stop in platform
    )
    between = (
        [Stop("shims", _("stand between"), counted(len(shims), _("{count} shim"), _("{count} shims")), runtimes)]
        if shims
        else []
    )
    containers = [
        Stop(f"step {step.term}", step.term.together.translated, str(step.count), ("shims",) if shims else runtimes, Ref("page", "ledger"), step.term.tone)
        for step in steps(tuple(line for line in site.ledger.lines if line.node == node))
    ]  # fmt: skip
    found = [
        (_("Started by the system"), units),
        (_("Processes"), platform),
        (_("Shims"), between),
        (_("Containers"), containers),
    ]
    return [(heading, stops) for heading, stops in found if stops]


_RUNTIMES = frozenset({"containerd", "dockerd", "crio", "cri-dockerd"})


def _process(site: Site, line: ProcessLine) -> Stop:
    entry = site.cluster.catalog.get(line.component) if line.component else None
    after = (f"unit {line.unit}",) if line.unit else ()
    name = entry.name if entry is not None else line.program
    reference = Ref("component", entry.id, name) if entry is not None else None
    return Stop(
        line.id,
        f"{line.program} {line.pid}",
        name,
        after,
        reference,
        str(entry.origin) if entry is not None else "platform",
    )


def hosts_not_read() -> View:
    """That nothing is known of the processes of the nodes, and what tells it."""
    text = _("The hosts themselves were not read: rkedoc collect --host accounts for their processes as well.")
    return (Para((text,), "muted"),)


def node_account(site: Site, key: str) -> View:
    """What each node whose host was read is made of, in numbers."""
    del key
    hosts = site.cluster.hosts
    if not hosts:
        return hosts_not_read()
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
