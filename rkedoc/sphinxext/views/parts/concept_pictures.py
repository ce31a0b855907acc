"""The pictures of concepts. Each is drawn from this cluster's own objects, and is absent where it has none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, plain
from rkedoc.explain.facts.commandlines import command_lines
from rkedoc.explain.facts.dns import blocks_of, corefile
from rkedoc.explain.facts.fact import Read, said
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.topics import Fact, facts
from rkedoc.explain.rights import all_powerful
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import Picture, Ref, Row, Table
from rkedoc.sphinxext.pictures.route import Stop, route
from rkedoc.sphinxext.views.parts.cells import string
from rkedoc.sphinxext.views.parts.locations import component_places
from rkedoc.sphinxext.views.parts.node_account import columns_of
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.sphinxext.views.parts.rke2_migration import SUCCESSORS
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

_PAGE, _WIDEST = 676, 260
_MOST = 8
"""Boxes of a column; what is more is a number in the last one."""

Column = tuple[str, Sequence[Stop]]


def _drawn(title: str, columns: Sequence[Column]) -> Picture:
    """A picture as wide as a page, with its table: a row for each box, by column."""
    column = min(_WIDEST, (_PAGE - 32 * (len(columns) - 1)) // len(columns))
    rows = tuple(
        Row(((heading,), (stop.head,), (replace(stop.ref, text=stop.name) if stop.ref else stop.name,)))
        for heading, stops in columns
        for stop in stops
    )
    table = Table((_("Where"), _("What"), _("Which")), rows)
    return Picture(route([(heading, _few(stops)) for heading, stops in columns], column=column), title, table)


def _few(stops: Sequence[Stop]) -> Sequence[Stop]:
    if len(stops) <= _MOST:
        return stops
    left = stops[_MOST - 1 :]
    after = tuple(dict.fromkeys(source for stop in left for source in stop.after))
    more = Stop(left[0].id, "", _("and {count} more").format(count=len(left)), after)
    return (*stops[: _MOST - 1], more)


def _ids(stops: Iterable[Stop]) -> tuple[str, ...]:
    return tuple(stop.id for stop in stops)


# -- pods ---------------------------------------------------------------------------------------------------------------


def pod_sandbox(site: Site) -> Picture | None:
    """The pod with the most containers: its containers, what they join, and the node."""
    best: tuple[int, Record] | None = None
    for workload in site.cluster.workloads():
        for pod in workload.pods[:1]:
            count = sum(1 for _role, _container in containers_of(workload.pod_spec))
            if best is None or count > best[0]:
                best = (count, pod)
    if best is None:
        return None
    pod = best[1]
    address, node = string(pod.body, "status", "podIP"), string(pod.body, "spec", "nodeName")
    on_host = pod.body.get("spec", {}).get("hostNetwork") is True
    where = Ref("pod", f"{pod.namespace}/{pod.name}")
    made = [
        Stop(
            f"c{index}",
            role.label.translated,
            string(container, "name"),
            (),
            where,
            "init" if role == Role.INIT else "platform",
        )
        for index, (role, container) in enumerate(containers_of(pod.body.get("spec", {})))
    ]
    owns = [Stop("own", _("each has its own"), _("processes, files, volumes' mounts"), _ids(made))]
    network = _("the node's network") if on_host else address or _("not read")
    sandbox = [
        Stop("pause", _("sandbox: pause holds"), _("network, IPC, host name"), ("own",)),
        Stop("net", _("one address for all"), network, ("own",)),
    ]
    host = [Stop("node", _("node"), node or "?", _ids(sandbox), Ref("node", node) if node else None)]
    columns: list[Column] = [
        (_("Containers of {pod}").format(pod=pod.name), made), (_("Not shared"), owns), (_("Shared"), sandbox),
        (_("Runs on"), host),
    ]  # fmt: skip
    return _drawn(_("What the containers of a pod share: {pod}").format(pod=f"{pod.namespace}/{pod.name}"), columns)


# -- the control plane --------------------------------------------------------------------------------------------------

_STARTED = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "nginx-proxy",
)


def control_plane(site: Site) -> Picture | None:
    """Who starts each program of the control plane here: the engine for the installer, the kubelet, or one process."""
    lines = command_lines(site.cluster)
    starters: dict[str, Stop] = {}
    parts: list[Stop] = []
    nodes: dict[str, Stop] = {}
    for program in _STARTED:
        for line in lines[program]:
            outside = line.record_id.startswith("engine/")
            key = "engine" if outside else "kubelet"
            who = _("container engine, told by the installer") if outside else _("kubelet, from a file or a controller")
            starters.setdefault(key, Stop(key, _("started by"), who))
            identifier = f"{program} {line.node}"
            if any(part.id == identifier for part in parts):
                continue
            tone = "control-plane" if line.running else "bad"
            state = _("runs") if line.running else _("does not run")
            parts.append(Stop(identifier, state, program, (key,), page_ref(site, line.record_id, program), tone))
            if line.node:
                known = nodes.get(line.node)
                after = (*(known.after if known is not None else ()), identifier)
                nodes[line.node] = Stop(f"node {line.node}", _("node"), line.node, after, Ref("node", line.node))
    if not parts:
        return None
    columns: list[Column] = [
        (_("Who starts it"), tuple(starters.values())), (_("Program"), parts), (_("Node"), tuple(nodes.values())),
    ]  # fmt: skip
    return _drawn(_("The control plane of this cluster"), columns)


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
    service = [Stop("svc", _("every pod asks the service"), address)]
    servers = [
        Stop(workload.id, _("{count} pods").format(count=len(workload.pods)), workload.name, ("svc",),
             page_ref(site, workload.id, workload.name), "platform")
        for workload in site.cluster.workloads()
        if "coredns" in workload.name and "autoscaler" not in workload.name and workload.namespace == "kube-system"
        and workload.kind != "Job"
    ] or [Stop("coredns", _("server"), "CoreDNS", ("svc",))]  # fmt: skip
    answering = [plugin for plugin in blocks[0].plugins if plugin.name in _ANSWER]
    chain = [
        Stop(f"p{index}", plugin.name, plain(plugin.arguments) or "–", _ids(servers))
        for index, plugin in enumerate(answering)
    ]
    outside = [
        Stop("out", _("names outside"), plain(plugin.arguments).replace('"', ""), (f"p{index}",))
        for index, plugin in enumerate(answering)
        if plugin.name in ("forward", "proxy")
    ]
    inside = [
        Stop("api", _("services and pods"), _("from the API server"), (f"p{index}",))
        for index, plugin in enumerate(answering)
        if plugin.name == "kubernetes"
    ]
    columns: list[Column] = [
        (_("Address"), service), (_("Server"), servers), (_("Plugins that answer"), chain),
        (_("Knows it from"), (*inside, *outside)),
    ]  # fmt: skip
    return _drawn(_("The way of a question for a name"), columns)


_ANSWER = frozenset(
    ("kubernetes", "forward", "proxy", "hosts", "cache", "file", "etcd", "template", "autopath", "k8s_external")
)


# -- metrics ------------------------------------------------------------------------------------------------------------


def metrics(site: Site) -> Picture | None:
    """From the kubelets over metrics-server to those who ask for its numbers."""
    servers = [w for w in site.cluster.workloads() if "metrics-server" in w.name and w.kind == "Deployment"]
    if not servers:
        return None
    nodes = [
        Stop(node.id, _("kubelet, port 10250"), node.name, (), Ref("node", node.name)) for node in site.cluster.nodes()
    ]
    middle = [
        Stop(w.id, _("keeps the last values"), w.name, _ids(nodes), page_ref(site, w.id, w.name), "platform")
        for w in servers
    ]
    api = [
        Stop(record.id, _("served as"), record.name, _ids(middle))
        for record in site.cluster.snapshot.by_kind("APIService")
        if record.name.endswith(".metrics.k8s.io") and ".custom." not in record.name and ".external." not in record.name
    ]
    last = api or middle
    users = [Stop("top", _("people"), "kubectl top", _ids(last))]
    users += [
        Stop(record.id, _("scales by it"), record.name, _ids(last),
             Ref("customresource", record.id))
        for record in site.cluster.snapshot.by_kind("HorizontalPodAutoscaler")
    ]  # fmt: skip
    columns: list[Column] = [
        (_("Measured by"), nodes),
        (_("Collected by"), middle),
        (_("Asked for at"), api),
        (_("Used by"), users),
    ]
    return _drawn(_("From a container's use of memory to whoever asks"), [column for column in columns if column[1]])


# -- rights -------------------------------------------------------------------------------------------------------------


def rights(site: Site) -> Picture | None:
    """The accounts that may do everything, and through which binding."""
    snapshot = site.cluster.snapshot
    everything = all_powerful(site.cluster)
    accounts: dict[str, Stop] = {}
    bindings: list[Stop] = []
    roles: dict[str, Stop] = {}
    for record in snapshot.by_kind("ClusterRoleBinding"):
        role = string(record.body, "roleRef", "name")
        if role not in everything:
            continue
        sources = []
        for subject in items(record.body, "subjects"):
            kind, name = string(subject, "kind"), plain(string(subject, "name"))
            place = f"{string(subject, 'namespace')}/{name}" if kind == "ServiceAccount" else name
            ref = Ref("serviceaccount", place) if kind == "ServiceAccount" else None
            accounts.setdefault(f"{kind} {place}", Stop(f"{kind} {place}", kind, place, (), ref))
            sources.append(f"{kind} {place}")
        bindings.append(Stop(record.id, _("binding"), record.name, tuple(sources), Ref("rolebinding", record.name)))
        known = roles.get(role)
        after = (*(known.after if known is not None else ()), record.id)
        roles[role] = Stop(f"role {role}", _("may do everything"), role, after, Ref("role", role), "bad")
    if not bindings:
        return None
    columns: list[Column] = [
        (_("Who"), tuple(accounts.values())), (_("Through"), bindings), (_("Role"), tuple(roles.values())),
    ]  # fmt: skip
    return _drawn(_("Who may do everything in this cluster"), columns)


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
    programs: dict[str, Stop] = {}
    files: dict[str, list[str]] = {}
    authorities: dict[str, list[str]] = {}
    for program, lines in command_lines(site.cluster).items():
        for line in lines[:1]:
            shown = [plain(line.flags[name]) for name in _SHOWN if line.flags.get(name)]
            trusted = [plain(line.flags[name]) for name in _TRUSTED if line.flags.get(name)]
            if shown or trusted:
                programs[program] = Stop(
                    program, _("program"), program, (), page_ref(site, line.record_id, program), "control-plane"
                )
            for file in dict.fromkeys(shown):
                files.setdefault(file, []).append(program)
            for file in dict.fromkeys(trusted):
                authorities.setdefault(file, []).append(program)
    if not programs:
        return None
    names = {file: file.rpartition("/")[2] for file in (*files, *authorities)}
    columns: list[Column] = [
        (_("Authority that it trusts"), [Stop(f"ca {file}", _("authority"), names[file]) for file in authorities]),
        (_("Program"), [
            Stop(stop.id, stop.head, stop.name, tuple(f"ca {file}" for file, users in authorities.items() if stop.id in users),
                 stop.ref, stop.tone)
            for stop in programs.values()
        ]),
        (_("Certificate that it presents"), [Stop(file, _("certificate"), names[file], tuple(users)) for file, users in files.items()]),
    ]  # fmt: skip
    return _drawn(_("Who presents which certificate, and trusts which authority"), columns)


# -- from RKE1 to RKE2 --------------------------------------------------------------------------------------------------


def moving(site: Site) -> Picture | None:
    """The components of RKE1 that are here, and what does their job on RKE2."""
    here = component_places(site)
    old: list[Stop] = []
    new: dict[str, Stop] = {}
    for component, (successor, how) in SUCCESSORS.items():
        entry, after = site.cluster.catalog.get(component), site.cluster.catalog.get(successor)
        if entry is None or component not in here or len(old) >= _MOST:
            continue
        old.append(Stop(component, _("here"), entry.name, (), Ref("component", component)))
        key = after.id if after is not None else f"none {how}"
        known = new.get(key)
        sources = (*(known.after if known is not None else ()), component)
        name = after.name if after is not None else _(how)
        head = _("on RKE2") if after is not None else _("none of its own")
        new[key] = Stop(f"new {key}", head, name, sources, Ref("component", after.id) if after is not None else None)
    if not old:
        return None
    columns: list[Column] = [(_("RKE1"), old), (_("RKE2"), tuple(new.values()))]
    return _drawn(_("What becomes of the components that are here"), columns)


# -- Rancher and Fleet --------------------------------------------------------------------------------------------------


def _workloads(site: Site, *names: str) -> Iterator[Workload]:
    for workload in site.cluster.workloads():
        if workload.entry is not None and workload.entry.origin != Origin.WORKLOAD and workload.name in names:
            yield workload


def rancher(site: Site) -> Picture | None:
    """The server, the tunnel that agents keep open to it, and what they reach for it."""
    agents = [
        Stop(w.id, _("keeps a tunnel open"), w.name, ("server",), page_ref(site, w.id, w.name), "rancher-agent")
        for w in _workloads(site, "cattle-cluster-agent", "cattle-node-agent")
    ]
    servers = [w for w in _workloads(site, "rancher") if w.namespace == "cattle-system"]
    if not agents and not servers and not any(line.origin == Origin.RANCHER_SERVER for line in site.ledger.lines):
        return None
    read = (item for item in facts(site.cluster)["rancher"] if isinstance(item, Fact))
    url = next((said(fact.value) for fact in read if fact.key is FactKey.SERVER_URL), "")
    server = [Stop("server", _("people and tools ask"), url or _("Rancher server"), (), None, "rancher-server")]
    reached = [
        Stop(
            "api",
            _("for requests"),
            _("API server of this cluster"),
            tuple(a.id for a in agents if "cluster" in a.name),
        )
    ]
    if any("node" in a.name for a in agents):
        reached.append(
            Stop(
                "docker",
                _("for upgrades by RKE"),
                _("each node's engine"),
                tuple(a.id for a in agents if "node" in a.name),
            )
        )
    direct = [
        Stop(w.id, _("checks Rancher's tokens for it"), w.name, ("api",), page_ref(site, w.id, w.name), "platform")
        for w in _workloads(site, "kube-api-auth")
    ]
    columns: list[Column] = [
        (_("Server"), server), (_("Agents here"), agents), (_("Reached through them"), reached if agents else ()),
        (_("Without Rancher"), direct),
    ]  # fmt: skip
    return _drawn(_("How Rancher reaches this cluster"), [column for column in columns if column[1]])


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
    repos = [Stop(r.id, _("git repository"), r.name) for r in kinds["GitRepo"]] or [
        Stop("git", _("git repositories"), _("known to the manager alone"))
    ]
    manager = [
        Stop(w.id, _("manager, here"), w.name, _ids(repos), page_ref(site, w.id, w.name), "platform") for w in managers
    ] or [Stop("manager", _("manager"), _("where Rancher's server runs"), _ids(repos), None, "rancher-server")]
    agent = [
        Stop(
            w.id,
            _("fetches what is meant for it"),
            w.name,
            _ids(manager),
            page_ref(site, w.id, w.name),
            "rancher-agent",
        )
        for w in agents
    ]
    put = [Stop(r.id, _("deployed here"), r.name, _ids(agent) or _ids(manager)) for r in kinds["BundleDeployment"]]
    columns: list[Column] = [(_("Source"), repos), (_("Stage 1"), manager), (_("Stage 2"), agent), (_("Result"), put)]
    return _drawn(_("The two stages of Fleet"), [column for column in columns if column[1]])


def node_picture(site: Site, node: str) -> tuple[Picture, ...]:
    """From the units of a node over its processes to its containers; none where its host was not read."""
    columns = columns_of(site, node)
    return (_drawn(_("From the units of {node} to its containers").format(node=node), columns),) if columns else ()


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
