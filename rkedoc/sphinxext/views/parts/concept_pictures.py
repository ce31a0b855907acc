"""The pictures of concepts. Each is drawn from this cluster's own objects, and is absent where it has none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, plain
from rkedoc.explain.facts.commandlines import CommandLine, command_lines
from rkedoc.explain.facts.dns import blocks_of, corefile
from rkedoc.explain.facts.fact import Read, said
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.topics import Fact, facts
from rkedoc.explain.migration.successors import SUCCESSORS
from rkedoc.explain.rights import all_powerful
from rkedoc.i18n import N_, _, between, counted
from rkedoc.sphinxext.blocks.drawings import Arrow, Box, Graph, Lane
from rkedoc.sphinxext.blocks.view import Cell, Picture, Ref, Row, Table
from rkedoc.sphinxext.pictures.graphs import MOST, leading, shortened, way
from rkedoc.sphinxext.views.parts.cells import string
from rkedoc.sphinxext.views.parts.locations import component_places
from rkedoc.sphinxext.views.parts.node_account import account_graph
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site


def _drawn(title: str, graph: Graph) -> Picture:
    """A picture with its table: a row for each box, by lane, with what happens on the ways that leave it."""
    names = {box.id: box.name for lane in graph.lanes for box in lane.boxes}
    leaving: dict[str, dict[str, list[str]]] = {}
    for arrow in graph.arrows:
        leaving.setdefault(arrow.source, {}).setdefault(arrow.label, []).append(names[arrow.target])
    rows = tuple(
        Row(((lane.title,), (box.head,), (replace(box.ref, text=box.name) if box.ref else box.name,), (_told(leaving.get(box.id, {})),)))
        for lane in graph.lanes
        for box in lane.boxes
    )  # fmt: skip
    table = Table((_("Where"), _("What"), _("Which"), _("Leads to")), rows)
    return Picture(shortened(graph, _("and {count} more")), title, table)


def _told(leaving: Mapping[str, Sequence[str]]) -> str:
    """What leads where, as text."""
    parts = [
        f"{label} → {between().join(names[:MOST])}{' …' if len(names) > MOST else ''}"
        for label, names in leaving.items()
    ]
    return between("; ").join(part.strip() for part in parts) or "–"


# -- pods ---------------------------------------------------------------------------------------------------------------


def pod_sandbox(site: Site) -> Picture | None:
    """The pod with the most containers: its containers, what they join, and the node."""
    best: tuple[int, Workload, Record] | None = None
    for workload in site.cluster.workloads():
        for pod in workload.pods[:1]:
            count = sum(1 for _role, _container in containers_of(workload.pod_spec))
            if best is None or count > best[0]:
                best = (count, workload, pod)
    if best is None:
        return None
    _count, workload, pod = best
    address, node = string(pod.body, "status", "podIP"), string(pod.body, "spec", "nodeName")
    on_host = pod.body.get("spec", {}).get("hostNetwork") is True
    where = Ref("pod", f"{pod.namespace}/{pod.name}")
    made = tuple(
        Box(
            f"c{index}",
            role.label.translated,
            string(container, "name"),
            where,
            "init" if role == Role.INIT else "platform",
        )
        for index, (role, container) in enumerate(containers_of(pod.body.get("spec", {})))
    )
    own = Box("own", _("each has its own"), _("processes, files, volumes' mounts"))
    network = _("the node's network") if on_host else address or _("not read")
    held = Box("pause", _("sandbox: pause holds"), _("network, IPC, host name"), None, "sandbox")
    shared = Box("net", _("one address for all"), network, None, "sandbox")
    host = Box("node", _("node"), node or "?", Ref("node", node) if node else None)
    graph = Graph(
        (
            Lane(_("Containers of {pod}").format(pod=workload.name), made),
            Lane(_("In the pod"), (own, held, shared)),
            Lane(_("On the node"), (host,)),
        ),
        (
            *leading(made, (own,), _("keep to themselves")),
            *leading(made, (held, shared), _("share")),
            *leading((held, shared), (host,), _("are kept on")),
        ),
    )
    name = f"{workload.namespace}/{workload.name}"
    return _drawn(_("What the containers of a pod share: {pod}").format(pod=name), graph)


# -- the control plane --------------------------------------------------------------------------------------------------

# Who talks to whom: kubernetes/website, content/en/docs/concepts/architecture/control-plane-node-communication.md, and
# index.md beside it.
_ASKS: Mapping[str, str] = MappingProxyType(
    {
        "kubelet": N_("tells of its node, learns its pods"),
        "kube-proxy": N_("learns of services"),
        "kube-controller-manager": N_("watches, and mends what differs"),
        "kube-scheduler": N_("gives each pod a node"),
    }
)
"""What each program wants of the API server."""


def control_plane(site: Site) -> Picture | None:
    """Who talks to whom in the control plane, each program once, with how many nodes run it."""
    lines = command_lines(site.cluster)
    asking = tuple(_program(site, name, lines[name]) for name in _ASKS if lines[name])
    balancer = tuple(_program(site, name, lines[name]) for name in ("nginx-proxy",) if lines[name])
    server = tuple(_program(site, name, lines[name]) for name in ("kube-apiserver",) if lines[name])
    store = tuple(_program(site, name, lines[name]) for name in ("etcd",) if lines[name])
    if not (asking or server or store):
        return None
    if not lines["kubelet"] and (nodes := site.cluster.nodes()):
        # A node is one because its kubelet says so; where that runs as a process, only a host that was read shows it.
        told = counted(len(nodes), _("runs on {count} node"), _("runs on {count} nodes"))
        asking = (Box("kubelet", told, "kubelet", None, "control-plane"), *asking)
    # Where only a part of the nodes was read, the API server is there all the same.
    server = server or (Box("kube-apiserver", _("on a node that was not read"), "kube-apiserver"),)
    asked = tuple(
        Box("asked", _("on each node, port 10250"), box.name, box.ref, box.tone)
        for box in asking
        if box.name == "kubelet"
    )
    arrows = [
        *(Arrow(box.id, "kube-apiserver", _(_ASKS[box.id])) for box in asking),
        *leading([box for box in asking if box.id in ("kubelet", "kube-proxy")], balancer, _("where no API server runs")),
        *leading(balancer, server, _("hands on to one of")),
        *leading(server, store, _("keeps everything in")),
        *leading(server, asked, _("fetches logs, opens shells")),
    ]  # fmt: skip
    lanes = (
        Lane(_("Ask"), asking),
        Lane(_("On the way"), balancer),
        Lane(_("Answers all"), server),
        Lane(_("Asked by it alone"), (*store, *asked)),
    )
    graph = Graph(tuple(lane for lane in lanes if lane.boxes), tuple(arrows))
    rows = tuple(_started(site, line) for name in _STARTED for line in lines[name])
    table = Table((_("Program"), _("Node"), _("State"), _("Started by")), rows, filterable=True)
    return Picture(graph, _("Who talks to whom in the control plane of this cluster"), table)


_STARTED = ("etcd", "kube-apiserver", *_ASKS, "nginx-proxy")


def _program(site: Site, name: str, lines: Sequence[CommandLine]) -> Box:
    """A program wherever it runs: its id is its name."""
    nodes = tuple(dict.fromkeys(line.node for line in lines))
    stopped = len({line.node for line in lines} - {line.node for line in lines if line.running})
    if len(nodes) == 1:
        head = _("does not run on {node}") if stopped else _("runs on {node}")
        head = head.format(node=nodes[0] or "?")
    elif stopped:
        head = _("does not run on {count} of {all} nodes").format(count=stopped, all=len(nodes))
    else:
        head = counted(len(nodes), _("runs on {count} node"), _("runs on {count} nodes"))
    return Box(name, head, name, page_ref(site, lines[0].record_id, name), "bad" if stopped else "control-plane")


def _started(site: Site, line: CommandLine) -> Row:
    outside = line.record_id.startswith("engine/")
    who = _("container engine, told by the installer") if outside else _("kubelet, from a file or a controller")
    node: Cell = (Ref("node", line.node),) if line.node else ("–",)
    state = _("runs") if line.running else _("does not run")
    return Row(((page_ref(site, line.record_id, line.component),), node, (state,), (who,)))


# -- names --------------------------------------------------------------------------------------------------------------


def dns(site: Site) -> Picture | None:
    """A question's way: pod, service, CoreDNS, its plugins, and who is asked for what lies outside."""
    reading = corefile(site.cluster)
    if not isinstance(reading, Read):
        return None
    blocks = blocks_of(reading.value)
    if not blocks:
        return None
    told = {item.key: said(item.value) for topic in ("network", "dns") for item in facts(site.cluster)[topic]
            if isinstance(item, Fact)}  # fmt: skip
    address = told.get(FactKey.DNS_SERVICE) or told.get(FactKey.DNS_ADDRESS, "?")
    service = (Box("svc", _("every pod asks the service"), address),)
    servers = tuple(
        Box(workload.id, counted(len(workload.pods), _("{count} pod"), _("{count} pods")), workload.name,
            page_ref(site, workload.id, workload.name), "platform")
        for workload in site.cluster.workloads()
        if "coredns" in workload.name and "autoscaler" not in workload.name and workload.namespace == "kube-system"
        and workload.kind != "Job"
    ) or (Box("coredns", _("server"), "CoreDNS"),)  # fmt: skip
    answering = [plugin for plugin in blocks[0].plugins if plugin.name in _ANSWER]
    chain = tuple(Box(f"p{at}", plugin.name, plain(plugin.arguments) or "–") for at, plugin in enumerate(answering))
    known: list[Box] = []
    arrows = [*leading(service, servers, _("hands on to")), *leading(servers, chain, _("asks in this order"))]
    for box, plugin in zip(chain, answering, strict=True):
        if plugin.name == "kubernetes":
            known.append(Box(f"api {box.id}", _("services and pods"), _("from the API server")))
            arrows.append(Arrow(box.id, known[-1].id, _("watches")))
        elif plugin.name in ("forward", "proxy"):
            upstream = plain(plugin.arguments).replace('"', "").partition(" ")[2] or "?"
            known.append(Box(f"out {box.id}", _("names outside"), upstream))
            arrows.append(Arrow(box.id, known[-1].id, _("asks in turn")))
    lanes = (
        Lane(_("Address"), service),
        Lane(_("Server"), servers),
        Lane(_("Plugins that answer"), chain),
        Lane(_("Knows it from"), tuple(known)),
    )
    graph = Graph(tuple(lane for lane in lanes if lane.boxes), tuple(arrows))
    return _drawn(_("The way of a question for a name"), graph)


_ANSWER = frozenset(
    ("kubernetes", "forward", "proxy", "hosts", "cache", "file", "etcd", "template", "autopath", "k8s_external")
)


# -- metrics ------------------------------------------------------------------------------------------------------------


def metrics(site: Site) -> Picture | None:
    """From the kubelets over metrics-server to those who ask for its numbers."""
    servers = [w for w in site.cluster.workloads() if "metrics-server" in w.name and w.kind == "Deployment"]
    if not servers:
        return None
    port = _("kubelet, port 10250")
    nodes = tuple(Box(node.id, port, node.name, Ref("node", node.name)) for node in site.cluster.nodes())
    middle = tuple(
        Box(w.id, _("keeps the last values"), w.name, page_ref(site, w.id, w.name), str(w.origin)) for w in servers
    )
    api = tuple(
        Box(record.id, _("part of the API"), record.name)
        for record in site.cluster.snapshot.by_kind("APIService")
        if record.name.endswith(".metrics.k8s.io") and ".custom." not in record.name and ".external." not in record.name
    )
    users = (
        Box("top", _("people"), "kubectl top"),
        *(
            Box(record.id, record.kind, f"{record.namespace}/{record.name}", Ref("customresource", record.id))
            for record in site.cluster.snapshot.by_kind("HorizontalPodAutoscaler")
        ),
    )
    lanes = (
        Lane(_("Measured by"), nodes),
        Lane(_("Collected by"), middle),
        Lane(_("Asked for at"), api),
        Lane(_("Used by"), users),
    )
    graph = way(lanes, (_("is asked by"), _("answers for"), _("is asked by")))
    return _drawn(_("From a container's use of memory to whoever asks"), graph)


# -- rights -------------------------------------------------------------------------------------------------------------


def rights(site: Site) -> Picture | None:
    """The accounts that may do everything, and through which binding."""
    snapshot = site.cluster.snapshot
    everything = all_powerful(site.cluster)
    accounts: dict[str, Box] = {}
    bindings: list[Box] = []
    roles: dict[str, Box] = {}
    arrows: list[Arrow] = []
    for record in snapshot.by_kind("ClusterRoleBinding"):
        role = string(record.body, "roleRef", "name")
        if role not in everything:
            continue
        for subject in items(record.body, "subjects"):
            kind, name = string(subject, "kind"), plain(string(subject, "name"))
            place = f"{string(subject, 'namespace')}/{name}" if kind == "ServiceAccount" else name
            ref = Ref("serviceaccount", place) if kind == "ServiceAccount" else None
            account = accounts.setdefault(f"{kind} {place}", Box(f"{kind} {place}", kind, place, ref))
            arrows.append(Arrow(account.id, record.id, _("named in")))
        bindings.append(Box(record.id, _("binding"), record.name, Ref("rolebinding", record.name)))
        roles.setdefault(role, Box(f"role {role}", _("may do everything"), role, Ref("role", role), "bad"))
        arrows.append(Arrow(record.id, f"role {role}", _("gives")))
    if not bindings:
        return None
    lanes = (
        Lane(_("Who"), tuple(accounts.values())),
        Lane(_("Through"), tuple(bindings)),
        Lane(_("Role"), tuple(roles.values())),
    )
    graph = Graph(tuple(lane for lane in lanes if lane.boxes), tuple(dict.fromkeys(arrows)))
    return _drawn(_("Who may do everything in this cluster"), graph)


# -- certificates -------------------------------------------------------------------------------------------------------

_SHOWN = (
    "tls-cert-file",
    "kubelet-client-certificate",
    "etcd-certfile",
    "proxy-client-cert-file",
    "cert-file",
    "peer-cert-file",
)
_TRUSTED = ("client-ca-file", "requestheader-client-ca-file", "etcd-cafile", "root-ca-file", "trusted-ca-file", "peer-trusted-ca-file",
            "kubelet-certificate-authority")  # fmt: skip


def certificates(site: Site) -> Picture | None:
    """Which certificate each program presents, and which authorities it trusts, by the files in their flags."""
    programs: list[Box] = []
    files: dict[str, None] = {}
    authorities: dict[str, None] = {}
    arrows: list[Arrow] = []
    for program, lines in command_lines(site.cluster).items():
        for line in lines[:1]:
            shown = dict.fromkeys(plain(line.flags[name]) for name in _SHOWN if line.flags.get(name))
            trusted = dict.fromkeys(plain(line.flags[name]) for name in _TRUSTED if line.flags.get(name))
            if shown or trusted:
                ref = page_ref(site, line.record_id, program)
                programs.append(Box(f"program {program}", _("program"), program, ref, "control-plane"))
            files |= shown
            authorities |= trusted
            arrows += [Arrow(f"ca {file}", f"program {program}", _("trusted by")) for file in trusted]
            arrows += [Arrow(f"program {program}", file, _("presents")) for file in shown]
    if not programs:
        return None
    lanes = (
        Lane(_("Authority that it trusts"), tuple(Box(f"ca {file}", _("authority"), _base(file)) for file in authorities)),
        Lane(_("Program"), tuple(programs)),
        Lane(_("Certificate that it presents"), tuple(Box(file, _("certificate"), _base(file)) for file in files)),
    )  # fmt: skip
    graph = Graph(tuple(lane for lane in lanes if lane.boxes), tuple(arrows))
    return _drawn(_("Who presents which certificate, and trusts which authority"), graph)


def _base(file: str) -> str:
    return file.rpartition("/")[2]


# -- from RKE1 to RKE2 --------------------------------------------------------------------------------------------------


def moving(site: Site) -> Picture | None:
    """The components of RKE1 that are here, and what does their job on RKE2."""
    here = component_places(site)
    old: list[Box] = []
    new: dict[str, Box] = {}
    arrows: list[Arrow] = []
    for component, (successor, how) in SUCCESSORS.items():
        entry, after = site.cluster.catalog.get(component), site.cluster.catalog.get(successor)
        if entry is None or component not in here or len(old) >= MOST:
            continue
        old.append(Box(component, _("here"), entry.name, Ref("component", component)))
        key = f"new {after.id if after is not None else how}"
        if after is not None:
            new.setdefault(key, Box(key, _("on RKE2"), after.name, Ref("component", after.id), str(after.origin)))
        else:
            new.setdefault(key, Box(key, _("none of its own"), _(how)))
        arrows.append(Arrow(component, key, _("becomes") if after is not None else _("is replaced by")))
    if not old:
        return None
    graph = Graph((Lane(_("RKE1"), tuple(old)), Lane(_("RKE2"), tuple(new.values()))), tuple(arrows))
    return _drawn(_("What becomes of the components that are here"), graph)


# -- Rancher and Fleet --------------------------------------------------------------------------------------------------


def _workloads(site: Site, *names: str) -> Iterator[Workload]:
    for workload in site.cluster.workloads():
        if workload.entry is not None and workload.entry.origin != Origin.WORKLOAD and workload.name in names:
            yield workload


def rancher(site: Site) -> Picture | None:
    """The server, the tunnel that agents keep open to it, and what they reach for it."""
    agents = tuple(
        Box(w.id, _("keeps a tunnel open"), w.name, page_ref(site, w.id, w.name), "rancher-agent")
        for w in _workloads(site, "cattle-cluster-agent", "cattle-node-agent")
    )
    servers = [w for w in _workloads(site, "rancher") if w.namespace == "cattle-system"]
    if not agents and not servers and not any(line.origin == Origin.RANCHER_SERVER for line in site.ledger.lines):
        return None
    read = (item for item in facts(site.cluster)["rancher"] if isinstance(item, Fact))
    url = next((said(fact.value) for fact in read if fact.key is FactKey.SERVER_URL), "")
    server = (Box("server", _("people and tools ask"), url or _("Rancher server"), None, "rancher-server"),)
    of_cluster = [box for box in agents if "cluster" in box.name]
    of_nodes = [box for box in agents if "node" in box.name]
    api = (Box("api", _("for requests"), _("API server of this cluster")),) if agents else ()
    engines = (Box("docker", _("for upgrades by RKE"), _("each node's engine")),) if of_nodes else ()
    direct = tuple(
        Box(w.id, _("checks Rancher's tokens for it"), w.name, page_ref(site, w.id, w.name), str(w.origin))
        for w in _workloads(site, "kube-api-auth")
    )
    lanes = (
        Lane(_("Server"), server),
        Lane(_("Agents here"), agents),
        Lane(_("Reached through them"), (*api, *engines)),
        Lane(_("Without Rancher"), direct),
    )
    arrows = (
        *leading(server, agents, _("sends through the tunnel")),
        *leading(of_cluster, api, _("asks")),
        *leading(of_nodes, engines, _("tells")),
        *leading(api, direct, _("asks")),
    )
    return _drawn(_("How Rancher reaches this cluster"), Graph(tuple(lane for lane in lanes if lane.boxes), arrows))


def fleet(site: Site) -> Picture | None:
    """From git over the manager to what the agent has put here."""
    snapshot = site.cluster.snapshot
    kinds = {
        kind: [r for r in snapshot.by_kind(kind) if r.group == "fleet.cattle.io"]
        for kind in ("GitRepo", "Bundle", "BundleDeployment")
    }
    agents = list(_workloads(site, "fleet-agent"))
    managers = list(_workloads(site, "fleet-controller", "gitjob"))
    if not agents and not managers:
        return None
    repos = tuple(Box(r.id, _("git repository"), r.name) for r in kinds["GitRepo"]) or (
        Box("git", _("git repositories"), _("known to the manager alone")),
    )
    manager = tuple(
        Box(w.id, _("manager, here"), w.name, page_ref(site, w.id, w.name), str(w.origin)) for w in managers
    ) or (Box("manager", _("manager"), _("where Rancher's server runs"), None, "rancher-server"),)
    agent = tuple(
        Box(w.id, _("fetches what is meant for it"), w.name, page_ref(site, w.id, w.name), "rancher-agent")
        for w in agents
    )
    put = tuple(Box(r.id, _("deployed here"), r.name) for r in kinds["BundleDeployment"])
    lanes = (
        Lane(_("Source"), repos),
        Lane(_("Stage 1"), manager),
        Lane(_("Stage 2"), agent),
        Lane(_("Result"), put),
    )
    graph = way(lanes, (_("is read by"), _("makes bundles for"), _("applies")))
    return _drawn(_("The two stages of Fleet"), graph)


def node_picture(site: Site, node: str) -> tuple[Picture, ...]:
    """From the units of a node over its processes to its containers; none where its host was not read."""
    graph = account_graph(site, node)
    return (_drawn(_("From the units of {node} to its containers").format(node=node), graph),) if graph.lanes else ()


def node_account(site: Site) -> Picture | None:
    """That of the first node that has one."""
    return next((picture for node in site.cluster.hosts for picture in node_picture(site, node)), None)


PICTURES: Mapping[str, Callable[[Site], Picture | None]] = MappingProxyType(
    {
        "accounts-and-rights": rights,
        "certificates-and-secrets": certificates,
        "control-plane-outside-pods": control_plane,
        "coredns-plugins": dns,
        "fleet": fleet,
        "from-rke1-to-rke2": moving,
        "metrics-pipeline": metrics,
        "pod-sandbox": pod_sandbox,
        "rancher-agents": rancher,
        "what-makes-a-node": node_account,
    }
)
"""The picture of each concept. Those of the others stand in the views of the pages that tell them."""
