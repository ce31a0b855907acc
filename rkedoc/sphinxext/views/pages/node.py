"""Nodes: their list, and the page of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.fields import at, items, mapping, number
from rkedoc.explain.listening import listening
from rkedoc.i18n import _, of_what
from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    Facts,
    Para,
    Part,
    Ref,
    Row,
    Table,
    View,
)
from rkedoc.sphinxext.views.pages.ledger import lines_table
from rkedoc.sphinxext.views.pages.network import listening_table
from rkedoc.sphinxext.views.parts.cells import (
    DASH,
    GOOD_IF_TRUE,
    code,
    codes,
    joined,
    listing,
    missing,
    moment,
    reservation,
    scalar,
    selector,
    size,
    string,
    words,
    yes_no,
)
from rkedoc.sphinxext.views.parts.ledger_sum import picture, running_sentence, sentence
from rkedoc.sphinxext.views.parts.nodemap import node_maps
from rkedoc.sphinxext.views.parts.problems import problem_callouts
from rkedoc.sphinxext.views.parts.site_index import desk

if TYPE_CHECKING:
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site


def record_of(site: Site, key: str) -> Record | None:
    """The record of the node that a page is about."""
    return site.cluster.snapshot.get(f"core/Node/-/{site.page(key).subject}")


def roles_of(site: Site, name: str) -> tuple[str, ...]:
    """The roles of a node."""
    return next((found.roles for found in distribution(site.cluster).roles if found.node == name), ())


def ready(body: Mapping[str, Any]) -> Cell:
    """Whether a node is ready, and whether it takes pods."""
    status = next(
        (string(c, "status") for c in items(body, "status", "conditions") if string(c, "type") == "Ready"), ""
    )
    words_ = {"True": (_("ready"), "ok"), "False": (_("not ready"), "bad"), "Unknown": (_("silent"), "bad")}
    text, tone = words_.get(status, (_("unknown"), "warn"))
    cordoned: Cell = (" ", Badge(_("takes no new pods"), "warn")) if at(body, "spec", "unschedulable") is True else ()
    return (Badge(text, tone), *cordoned)


def table(site: Site, key: str) -> View:
    """All nodes."""
    del key
    counts: dict[str, int] = {}
    for line in site.ledger.lines:
        counts[line.node] = counts.get(line.node, 0) + 1
    rows = []
    for node in site.cluster.nodes():
        record = site.cluster.snapshot.get(f"core/Node/-/{node.name}")
        body: Mapping[str, Any] = record.body if record is not None else {}
        info = mapping(body, "status", "nodeInfo")
        rows.append(
            Row(
                (
                    (Ref("node", node.name),),
                    ready(body) if record is not None else DASH,
                    joined((role,) for role in roles_of(site, node.name)),
                    codes(
                        string(a, "address")
                        for a in items(body, "status", "addresses")
                        if string(a, "type") != "Hostname"
                    ),
                    code(string(info, "kubeletVersion")),
                    code(string(info, "containerRuntimeVersion")),
                    code(string(info, "osImage")),
                    (str(counts.get(node.name, 0)),),
                )
            )
        )
    columns = (
        _("Node"),
        _("State"),
        _("Roles"),
        _("Addresses"),
        _("kubelet"),
        _("Runtime"),
        _("System"),
        _("Containers"),
    )
    return listing(site, "core/nodes", columns, rows, none=_("No node."), filterable=True)


def maps(site: Site, key: str) -> View:
    """The maps of a few nodes, or that of a cluster of many."""
    del key
    return node_maps(site)


def engines(site: Site, key: str) -> View:
    """The container engines, each with what matters of its settings."""
    del key
    out: list[Block] = [*reservation(site, ("engine/engine",))]
    for record in site.cluster.snapshot.by_kind("Engine"):
        name, runtime = record.namespace or "", string(record.body, "runtime")
        anchor = page_key(name, record.name) if runtime else page_key(name)
        title = of_what(name, runtime) if runtime else name
        out.append(Part(f"engine-{anchor}", title, (Facts(tuple(_engine(record.body))),)))
    return tuple(out) or (Para((_("No engine was collected."),), "muted"),)


def _engine(body: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    """What is told of an engine; runtimes other than Docker tell less, and what they do not tell is left out."""
    docker = not string(body, "runtime")
    name: Cell = () if docker else (string(body, "runtime"), " ")
    yield _("Version"), (*name, *code(string(body, "version")))
    if parts := [f"{string(part, 'name')} {string(part, 'version')}" for part in items(body, "components")]:
        yield _("Parts"), codes(parts)
    yield _("API"), codes(v for v in (string(body, "minApiVersion"), string(body, "apiVersion")) if v)
    if docker:
        system = (string(body, "os"), string(body, "kernel"), string(body, "architecture"))
        yield _("System"), codes(v for v in system if v)
        memory = number(body, "memory")
        cpus = _("{count} CPUs").format(count=number(body, "cpus"))
        yield _("Size"), joined([(cpus,), (size(memory) if memory else "–",)])
    cgroup = " ".join(v for v in (string(body, "cgroupDriver"), string(body, "cgroupVersion")) if v)
    for label, value in (
        (_("Storage driver"), string(body, "storageDriver")),
        (_("Control groups"), cgroup),
        (_("Log driver"), string(body, "loggingDriver")),
        (_("Folder"), string(body, "rootDir")),
        (_("Runtime"), string(body, "defaultRuntime")),
        (_("Swarm"), string(body, "swarm")),
    ):
        if value:
            yield label, code(value)
    conditions = [
        (Badge(string(one, "type"), "ok" if one.get("status") is True else "bad"), f" {string(one, 'reason')}".rstrip())
        for one in items(body, "conditions")
    ]
    if conditions:
        yield _("Conditions"), joined(conditions)
    if docker:
        yield _("Containers survive its restart"), yes_no(body.get("liveRestore") is True)
    for label, values in (
        (_("Security"), words(body, "securityOptions")),
        (_("Registries without TLS"), words(body, "insecureRegistries")),
        (_("Labels"), words(body, "labels")),
    ):
        if values:
            yield label, codes(values)
    proxies = mapping(body, "proxies")
    if proxies:
        yield _("Proxies"), codes(f"{name} {scalar(value)}" for name, value in sorted(proxies.items()))


def intro(site: Site, key: str) -> View:
    """What is not well; the node's role, system and size; its containers, added up."""
    name = site.page(key).subject
    record = record_of(site, key)
    out: list[Block] = [*problem_callouts(desk(site).problems_by_record.get(f"core/Node/-/{name}", ()))]
    if record is None:
        out.append(
            Para(
                (missing(site, "core/nodes") or _("Known only by its name: the API has no node of this name."),), "warn"
            )
        )
    else:
        out.append(Facts(tuple(_facts(site, name, record.body))))
    lines = tuple(line for line in site.ledger.lines if line.node == name)
    if lines:
        out += [
            sentence(lines),
            running_sentence(lines),
            picture(lines, _("The containers of {node}, added up").format(node=name)),
        ]
    else:
        out.append(Para((_("No container of this node was collected: its engine was not asked."),), "muted"))
    return tuple(out)


def _facts(site: Site, name: str, body: Mapping[str, Any]) -> list[tuple[str, Cell]]:
    info = mapping(body, "status", "nodeInfo")
    capacity, free = mapping(body, "status", "capacity"), mapping(body, "status", "allocatable")
    facts: list[tuple[str, Cell]] = [
        (_("State"), ready(body)),
        (_("Roles"), joined((role,) for role in roles_of(site, name))),
        (
            _("Addresses"),
            joined((f"{string(a, 'type')} ", *code(string(a, "address"))) for a in items(body, "status", "addresses")),
        ),
        (_("System"), code(string(info, "osImage"))),
        (_("Kernel"), code(string(info, "kernelVersion"))),
        (_("Runtime"), code(string(info, "containerRuntimeVersion"))),
        (_("kubelet"), code(string(info, "kubeletVersion"))),
        (_("Addresses of its pods"), codes(words(body, "spec", "podCIDRs") or (string(body, "spec", "podCIDR"),))),
    ]
    if capacity:
        sizes = joined(
            (
                f"{what} ",
                *code(scalar(amount)),
                *((f" ({_('for pods')} ", *code(scalar(free[what])), ")") if what in free else ()),
            )
            for what, amount in sorted(capacity.items())
            if amount not in ("0", 0)
        )
        facts.append((_("Size"), sizes))
    taints = joined(
        code(f"{string(t, 'key')}{'=' + string(t, 'value') if string(t, 'value') else ''}:{string(t, 'effect')}")
        for t in items(body, "spec", "taints")
    )
    if taints != DASH:
        facts.append((_("Taints"), taints))
    labels = mapping(body, "metadata", "labels")
    if labels:
        facts.append((_("Labels"), selector(labels)))
    return facts


def map_view(site: Site, key: str) -> View:
    """The map of this node."""
    return node_maps(site, site.page(key).subject) or reservation(site, ("engine/containers", "core/pods"))


def conditions(site: Site, key: str) -> View:
    """The conditions that the node reports."""
    record = record_of(site, key)
    if record is None:
        return reservation(site, ("core/nodes",))
    rows = tuple(_condition(item) for item in items(record.body, "status", "conditions"))
    columns = (_("Condition"), _("Is"), _("Reason"), _("Since"))
    return (Table(columns, rows, empty=_("The node reports none.")),)


def _condition(item: Mapping[str, Any]) -> Row:
    kind, status = string(item, "type"), string(item, "status")
    good = status == ("True" if kind in GOOD_IF_TRUE else "False")
    tone = "ok" if good else "bad"
    return Row(
        ((Code(kind),), (Badge(status, tone),), code(string(item, "reason")), moment(item.get("lastTransitionTime")))
    )


def lines(site: Site, key: str) -> View:
    """The ledger of this node."""
    name = site.page(key).subject
    found = tuple(line for line in site.ledger.lines if line.node == name)
    notes = reservation(site, ("engine/containers", "core/pods"))
    return (*notes, lines_table(site, found)) if found else notes or (Para((_("None was collected."),), "muted"),)


def listeners_view(site: Site, key: str) -> View:
    """Ports that are open on this node."""
    name = site.page(key).subject
    found = tuple(item for item in listening(site.cluster) if item.node in ("", name))
    if name in site.cluster.hosts:
        text = _("The sockets that the node has open; what rules of its packet filter lead on is told as it is stated.")
    else:
        text = _("Not read: rkedoc collect --host tells who really listens; this is what is stated.")
    lists = ("host/listeners", "core/pods") if name in site.cluster.hosts else ("core/pods",)
    notes = reservation(site, lists)
    return (Para((text,), "muted"), *notes, *listening_table(site, found, nodes=False))
