"""Which parts of Kubernetes a node has, and what runs each: the one process of K3s or RKE2, a child of it, a static pod, a container.

K3s holds everything in one process but containerd (k3s-io/k3s: pkg/daemons/executor/embed.go at 09cbc584, pkg/agent/containerd/containerd.go
at 02a5bee6, "as a child process"). RKE2 starts kubelet and containerd as children and writes static pods for the rest (rancher/rke2
v1.36.3+rke2r1, pkg/executor/staticpod/staticpod.go). What switches a part off: k3s-io/k3s at 005499a9, pkg/cli/cmds/server.go and
pkg/cli/server/server.go; rancher/rke2 v1.36.3+rke2r1, pkg/cli/cmds/server.go and pkg/rke2/rke2_linux.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.fields import mapping, number, text, words
from rkedoc.cluster.model import is_static
from rkedoc.explain.facts.commandlines import command_lines
from rkedoc.explain.facts.fact import Place, place_of
from rkedoc.explain.facts.settings import (
    AGENT,
    SERVER,
    Setting,
    Settings,
    all_settings,
    by_node,
    hidden,
)
from rkedoc.i18n import Message
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.vocabulary import Evidence, NodePart, PartState

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record


@dataclass(frozen=True, slots=True)
class Part:
    """A part of Kubernetes on a node.

    ``evidence`` says what the state rests on and ``where`` where that was read, ``None`` for a default. ``since`` is the version from
    which on the setting, or this way to run the part, is there; empty where that was not looked up. ``seen`` says whether the
    snapshot shows the part itself running; ``None`` where it would not show.
    """

    name: NodePart
    state: PartState
    evidence: Evidence = Evidence.DEFAULT
    where: Place | None = None
    since: str = ""
    seen: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """It as JSON has it, the same in every language."""
        where = (
            {"place": str(self.where.named), "field": str(self.where.field), "record": self.where.record}
            if self.where
            else None
        )
        return {
            "part": self.name, "state": self.state, "evidence": self.evidence, "where": where, "since": self.since, "seen": self.seen,
        }  # fmt: skip


_KUBE_PROXY_POD: Final = "v1.20.9+rke2r1, v1.21.3+rke2r1"
_CLOUD_POD: Final = _KUBE_PROXY_POD
"""RKE2 runs kube-proxy and the cloud controller manager as static pods since these (pkg/podexecutor/staticpod.go of the tags before and at
them); before, kube-proxy was a chart (pkg/rke2/kp.go names it)."""
_BALANCER_SINCE: Final = "v1.23.13+rke2r1, v1.24.7+rke2r1, v1.25.3+rke2r1"
_DATABASE_SINCE: Final = "v1.27.13+rke2r1, v1.28.9+rke2r1, v1.29.4+rke2r1, v1.30.0+rke2r1"
"""The first tags of rancher/rke2 whose pkg/cli/cmds/server.go has ``enable-servicelb`` and copies ``datastore-endpoint``."""

_SWITCHES: Final = (
    (NodePart.API_SERVER, "disable-apiserver", "kube-apiserver"),
    (NodePart.CONTROLLER_MANAGER, "disable-controller-manager", "kube-controller-manager"),
    (NodePart.SCHEDULER, "disable-scheduler", "kube-scheduler"),
)
_PODS: Final = {
    NodePart.API_SERVER: "kube-apiserver", NodePart.CONTROLLER_MANAGER: "kube-controller-manager", NodePart.SCHEDULER: "kube-scheduler",
    NodePart.CLOUD_CONTROLLER: "cloud-controller-manager", NodePart.ETCD: "etcd", NodePart.KUBE_PROXY: "kube-proxy",
}  # fmt: skip
"""The names of static pods, before the name of the node."""

_MANIFESTS: Final = ("/var/lib/rancher/rke2/agent/pod-manifests/", "/etc/kubernetes/manifests/")
_ETCD_PEERS: Final = 2380
_NOT_TRANSLATED: Final = ("http", "https", "unix", "unixs")
"""Schemes of an endpoint that speaks etcd's API, for which kine is not needed (rancher/rke2 v1.36.3+rke2r1, pkg/rke2/rke2_linux.go)."""

# What kubeadm has on a node of its control plane (kubernetes/kubernetes at 00886ac0, cmd/kubeadm/app/constants/constants.go).
_KUBEADM: Final = (NodePart.API_SERVER, NodePart.CONTROLLER_MANAGER, NodePart.SCHEDULER)
# RKE1's containers by role (rancher/rke v1.2.4, cluster/plan.go): nginx-proxy is on nodes that have no API server.
_RKE: Final = (
    (NodePart.API_SERVER, "kube-apiserver", ("controlplane",)), (NodePart.CONTROLLER_MANAGER, "kube-controller-manager", ("controlplane",)),
    (NodePart.SCHEDULER, "kube-scheduler", ("controlplane",)), (NodePart.ETCD, "etcd", ("etcd",)),
    (NodePart.KUBELET, "kubelet", ("controlplane", "etcd", "worker")), (NodePart.KUBE_PROXY, "kube-proxy", ("controlplane", "etcd", "worker")),
)  # fmt: skip


def supervisor_parts(cluster: Cluster, node: str) -> tuple[Part, ...]:
    """The parts of Kubernetes on a node by name: what runs each, and what says so.

    Of K3s and RKE2 those that their process holds, starts, or has run as static pods; of kubeadm and RKE1 those that a node of its
    roles must have. Empty where nothing is known of the node.
    """
    settings = all_settings(cluster).get(node)
    if settings is not None:
        found = _k3s(cluster, settings) if settings.program == "k3s" else _rke2(cluster, settings)
    elif cluster.distribution == "rke1":
        found = _rke1(cluster, node)
    elif cluster.distribution == "kubeadm":
        found = _kubeadm(cluster, node)
    else:
        found = iter(())
    parts = sorted(found, key=lambda part: part.name.order)
    return tuple(_unless_closed(part, settings) for part in parts)


def _unless_closed(part: Part, settings: Settings | None) -> Part:
    """A part, or that nothing is known of it: where configuration could not be read a default is a guess."""
    if settings is None or not settings.closed or part.evidence is not Evidence.DEFAULT:
        return part
    return replace(part, state=PartState.UNKNOWN, evidence=Evidence.NONE)


# -- K3s --------------------------------------------------------------------------------------------------------------


def _k3s(cluster: Cluster, settings: Settings) -> Iterator[Part]:
    if settings.role == SERVER:
        for name, switch, _pod in _SWITCHES:
            yield _switched(settings, name, switch, PartState.INSIDE)
        yield _switched(settings, NodePart.CLOUD_CONTROLLER, "disable-cloud-controller", PartState.INSIDE)
        yield _switched(settings, NodePart.HELM_CONTROLLER, "disable-helm-controller", PartState.INSIDE)
        disabled = settings.get("disable")
        if disabled is not None and "servicelb" in disabled.items:
            yield _said(NodePart.SERVICE_BALANCER, PartState.OFF, disabled)
        else:
            yield Part(NodePart.SERVICE_BALANCER, PartState.INSIDE)
        yield from _data(cluster, settings, PartState.INSIDE)
    agentless = settings.on("disable-agent") if settings.role == SERVER else None
    if agentless is not None:
        for name in (
            NodePart.KUBELET,
            NodePart.CONTAINERD,
            NodePart.KUBE_PROXY,
            NodePart.FLANNEL,
            NodePart.NETWORK_POLICY,
        ):
            yield _said(name, PartState.OFF, agentless)
        return
    yield Part(NodePart.KUBELET, PartState.INSIDE)
    yield from _runtime(cluster, settings)
    deciding, other = _deciding(cluster, settings)
    for name, switch in (
        (NodePart.KUBE_PROXY, "disable-kube-proxy"),
        (NodePart.NETWORK_POLICY, "disable-network-policy"),
    ):
        yield _switched(deciding, name, switch, PartState.INSIDE, other=other)
    yield _flannel(settings, deciding, other=other)


def _flannel(settings: Settings, deciding: Settings, *, other: bool) -> Part:
    """Flannel is off with the backend ``none`` of the servers, and was with ``--no-flannel`` of an agent (pkg/cli/cmds/agent.go)."""
    if (without := settings.on("no-flannel")) is not None:
        return _said(NodePart.FLANNEL, PartState.OFF, without)
    backend = deciding.get("flannel-backend")
    if backend is None:
        return Part(NodePart.FLANNEL, PartState.INSIDE, Evidence.OTHER if other else Evidence.DEFAULT)
    return _said(NodePart.FLANNEL, PartState.OFF if backend.value == "none" else PartState.INSIDE, backend, other=other)


def _deciding(cluster: Cluster, settings: Settings) -> tuple[Settings, bool]:
    """The settings that decide about kube-proxy, flannel and network policies: those of a server, which agents ask for them."""
    if settings.role == SERVER:
        return settings, False
    known = (
        one
        for one in all_settings(cluster).values()
        if one.role == SERVER and one.program == settings.program and one.read
    )
    found = next(known, None)
    return (found, True) if found is not None else (settings, False)


def _runtime(cluster: Cluster, settings: Settings) -> Iterator[Part]:
    """containerd is a child, unless another runtime is set (k3s-io/k3s, pkg/agent/run.go at 0097157b, startCRI)."""
    docker, endpoint = settings.on("docker"), settings.get("container-runtime-endpoint")
    if settings.program == "k3s" and docker is not None:
        yield _said(NodePart.CONTAINERD, PartState.OFF, docker)
        yield _said(NodePart.RUNTIME, PartState.OUTSIDE, docker)
        # The kubelet of Kubernetes 1.24 lost the code for Docker that it had (kubernetes/kubernetes v1.24, CHANGELOG, dockershim).
        if not settings.version or settings.version >= (1, 24):
            yield _said(NodePart.CRI_DOCKERD, PartState.INSIDE, docker)
        return
    if endpoint is not None and endpoint.value not in ("", "true"):
        yield _said(NodePart.CONTAINERD, PartState.OFF, endpoint)
        yield _said(NodePart.RUNTIME, PartState.OUTSIDE, endpoint)
        return
    yield _child(cluster, settings, NodePart.CONTAINERD, "containerd")


# -- RKE2 -------------------------------------------------------------------------------------------------------------


def _rke2(cluster: Cluster, settings: Settings) -> Iterator[Part]:
    pods = (
        settings.version >= (1, 20, 9)
        and settings.version not in ((1, 21, 0), (1, 21, 1), (1, 21, 2))
        or not settings.version
    )
    if settings.role == SERVER:
        for name, switch, _pod in _SWITCHES:
            yield _shown(cluster, settings, _switched(settings, name, switch, PartState.STATIC_POD))
        cloud = PartState.STATIC_POD if pods else PartState.UNKNOWN
        part = _switched(settings, NodePart.CLOUD_CONTROLLER, "disable-cloud-controller", cloud, since=_CLOUD_POD)
        yield _shown(cluster, settings, part) if pods else Part(part.name, part.state, part.evidence, part.where)
        # Its flag is dropped from RKE2's command line, so that nobody can switch it off (pkg/cli/cmds/server.go).
        yield Part(NodePart.HELM_CONTROLLER, PartState.INSIDE)
        balancer = settings.on("enable-servicelb")
        yield (
            _said(NodePart.SERVICE_BALANCER, PartState.STATIC_POD, balancer, since=_BALANCER_SINCE)
            if balancer is not None
            else Part(NodePart.SERVICE_BALANCER, PartState.OFF, since=_BALANCER_SINCE)
        )
        yield from (_shown(cluster, settings, one) for one in _data(cluster, settings, PartState.STATIC_POD))
    agentless = settings.on("disable-agent") if settings.role == SERVER else None
    if agentless is not None:
        for name in (NodePart.KUBELET, NodePart.CONTAINERD, NodePart.KUBE_PROXY):
            yield _said(name, PartState.OFF, agentless)
        return
    yield _child(cluster, settings, NodePart.KUBELET, "kubelet")
    yield from _runtime(cluster, settings)
    deciding, other = _deciding(cluster, settings)
    if _is_windows(cluster, settings.node):
        # There kube-proxy is a child too (rancher/rke2 v1.36.3+rke2r1, pkg/executor/pebinary/pebinary.go).
        yield _switched(deciding, NodePart.KUBE_PROXY, "disable-kube-proxy", PartState.CHILD, other=other)
        return
    if not pods:
        yield Part(NodePart.KUBE_PROXY, PartState.POD)
        return
    proxy = _switched(
        deciding, NodePart.KUBE_PROXY, "disable-kube-proxy", PartState.STATIC_POD, other=other, since=_KUBE_PROXY_POD
    )
    yield _shown(cluster, settings, proxy)


# -- where the data is ------------------------------------------------------------------------------------------------


def _data(cluster: Cluster, settings: Settings, held: PartState) -> Iterator[Part]:
    """What keeps the data of a server: etcd, kine, or a database elsewhere.

    K3s: an etcd that is there is used; ``--cluster-init``, and ``--server`` with a token, make one; an endpoint that is set is used in its
    place; else kine keeps the data in SQLite (k3s-io/k3s at 0663681a, pkg/cluster/managed.go). RKE2 has etcd, unless an endpoint is set
    or etcd is switched off; without ``--server`` the latter means kine (rancher/rke2 v1.36.3+rke2r1, pkg/rke2/rke2_linux.go).
    """
    since = _DATABASE_SINCE if settings.program == "rke2" else ""
    endpoint, without, joins = settings.get("datastore-endpoint"), settings.on("disable-etcd"), settings.get("server")
    if (shown := _etcd_shown(cluster, settings)) is not None:
        yield Part(NodePart.ETCD, held, shown[0], shown[1], seen=True)
    elif endpoint is not None and endpoint.value:
        yield from _elsewhere(endpoint, since)
    elif without is not None and (joins is not None or settings.program == "k3s"):
        yield _said(NodePart.ETCD, PartState.OUTSIDE, without)
    elif without is not None:
        yield _said(NodePart.ETCD, PartState.OFF, without)
        yield _said(NodePart.KINE, PartState.INSIDE, without, since=since)
    elif settings.program == "rke2":
        if settings.open("datastore-endpoint"):
            yield Part(NodePart.ETCD, PartState.UNKNOWN, Evidence.NONE)
        else:
            yield Part(NodePart.ETCD, held)
    elif (asked := settings.on("cluster-init") or joins) is not None:
        yield _said(NodePart.ETCD, held, asked)
    elif any(settings.open(name) for name in ("datastore-endpoint", "cluster-init", "server")):
        yield Part(NodePart.ETCD, PartState.UNKNOWN, Evidence.NONE)
        yield Part(NodePart.KINE, PartState.UNKNOWN, Evidence.NONE)
    else:
        yield Part(NodePart.KINE, PartState.INSIDE)
        yield Part(NodePart.ETCD, PartState.OFF)


def _elsewhere(endpoint: Setting, since: str) -> Iterator[Part]:
    """A database that is given by an endpoint, which is never shown: it holds a password as a rule. Only its scheme says what it speaks."""
    yield _said(NodePart.ETCD, PartState.OFF, endpoint, since=since)
    yield _said(NodePart.DATABASE, PartState.OUTSIDE, endpoint, since=since)
    scheme, colon, _rest = endpoint.value.partition("://")
    if hidden(endpoint) and not (colon and scheme.isalpha()) or not colon:
        yield _said(NodePart.KINE, PartState.UNKNOWN, endpoint, since=since)
    else:
        state = PartState.OFF if scheme in _NOT_TRANSLATED else PartState.INSIDE
        yield _said(NodePart.KINE, state, endpoint, since=since)


def _etcd_shown(cluster: Cluster, settings: Settings) -> tuple[Evidence, Place] | None:
    """What shows that a server has an etcd: its process listens for other members, or the node says so (pkg/etcd/etcd.go)."""
    if settings.process is not None and settings.program == "k3s":
        for listener in by_node(cluster, "HostListener").get(settings.node, ()):
            held = settings.process.name in words(listener.body, "processes")
            if number(listener.body, "port") == _ETCD_PEERS and held:
                return Evidence.SEEN, Place(Message("listener {name}", name=listener.name), "", listener.id)
    record = cluster.snapshot.get(f"core/Node/-/{settings.node}")
    annotation = f"etcd.{settings.program}.cattle.io/node-name"
    if record is not None and annotation in mapping(record.body, "metadata", "annotations"):
        return Evidence.NODE, place_of(record, Message("annotation {name}", name=annotation))
    return None


# -- RKE1 and kubeadm -------------------------------------------------------------------------------------------------


def _rke1(cluster: Cluster, node: str) -> Iterator[Part]:
    """The containers that a node of RKE1 must have by its roles."""
    containers = {
        text(record.body, "labels", RKE_NAME): record
        for record in by_node(cluster, "EngineContainer").get(node, ())
        if not mapping(record.body, "pod") and not record.name.startswith("old-")
    }
    roles = _roles(cluster, node)
    read = node in cluster.engine_nodes and cluster.whole("EngineContainer")
    wanted = [(name, container) for name, container, whose in _RKE if set(whose) & set(roles)]
    if roles and "controlplane" not in roles:
        wanted.append((NodePart.API_BALANCER, "nginx-proxy"))
    for name, container in wanted:
        record = containers.get(container)
        if record is not None:
            yield Part(
                name, PartState.CONTAINER, Evidence.SEEN, place_of(record), seen=text(record.body, "state") == "running"
            )
        elif read:
            yield Part(name, PartState.MISSING, Evidence.SEEN, seen=False)
        else:
            yield Part(name, PartState.CONTAINER)


def _kubeadm(cluster: Cluster, node: str) -> Iterator[Part]:
    """The static pods and the services that a node of kubeadm must have."""
    roles = _roles(cluster, node)
    if {"control-plane", "master"} & set(roles):
        for name in (*_KUBEADM, NodePart.ETCD):
            part = _of_static(cluster, node, name)
            if (
                name == NodePart.ETCD
                and part.state == PartState.MISSING
                and (outside := _other_etcd(cluster, node)) is not None
            ):
                part = Part(name, PartState.OUTSIDE, Evidence.FLAG, outside)
            yield part
    record = cluster.snapshot.get(f"core/Node/-/{node}")
    for name, field in ((NodePart.KUBELET, "kubeletVersion"), (NodePart.RUNTIME, "containerRuntimeVersion")):
        if record is not None and text(record.body, "status", "nodeInfo", field):
            yield Part(name, PartState.SERVICE, Evidence.NODE, place_of(record, f"status.nodeInfo.{field}"))
    proxies = [
        pod
        for pod in cluster.pods
        if pod.namespace == "kube-system"
        and pod.name.startswith("kube-proxy-")
        and text(pod.body, "spec", "nodeName") == node
    ]
    if proxies:
        yield Part(NodePart.KUBE_PROXY, PartState.POD, Evidence.SEEN, place_of(proxies[0]), seen=True)


def _of_static(cluster: Cluster, node: str, name: NodePart) -> Part:
    if (record := _static_pod(cluster, node, name)) is not None:
        return Part(name, PartState.STATIC_POD, Evidence.SEEN, place_of(record), seen=True)
    if cluster.covers("Pod", "kube-system"):
        return Part(name, PartState.MISSING, Evidence.SEEN, seen=False)
    return Part(name, PartState.STATIC_POD)


def _other_etcd(cluster: Cluster, node: str) -> Place | None:
    """The flag of the API server that names an etcd on other machines."""
    for line in command_lines(cluster)["kube-apiserver"]:
        servers = line.flags.get("etcd-servers", "")
        if line.node == node and servers and not any(local in servers for local in ("127.0.0.1", "localhost", "[::1]")):
            return Place(line.where, "--etcd-servers", line.record_id)
    return None


# -- helpers ----------------------------------------------------------------------------------------------------------


def _roles(cluster: Cluster, node: str) -> tuple[str, ...]:
    return next((entry.roles for entry in distribution(cluster).roles if entry.node == node), ())


def _is_windows(cluster: Cluster, node: str) -> bool:
    record = cluster.snapshot.get(f"core/Node/-/{node}")
    return record is not None and text(record.body, "status", "nodeInfo", "operatingSystem") == "windows"


def _said(name: NodePart, state: PartState, setting: Setting, *, other: bool = False, since: str = "") -> Part:
    return Part(name, state, Evidence.OTHER if other else setting.evidence, setting.where, since)


def _switched(
    settings: Settings, name: NodePart, switch: str, state: PartState, *, other: bool = False, since: str = ""
) -> Part:
    """A part that is there unless its switch is set."""
    found = settings.get(switch)
    if found is not None:
        return _said(name, PartState.OFF if found.on else state, found, other=other, since=since)
    return Part(name, state, Evidence.OTHER if other else Evidence.DEFAULT, None, since)


def _child(cluster: Cluster, settings: Settings, name: NodePart, program: str) -> Part:
    """A process that the one process starts: seen where the node's processes were read."""
    if settings.process is None:
        return Part(name, PartState.CHILD)
    pid = number(settings.process.body, "pid")
    for record in by_node(cluster, "HostProcess").get(settings.node, ()):
        if text(record.body, "program") == program and number(record.body, "ppid") == pid:
            return Part(
                name,
                PartState.CHILD,
                Evidence.SEEN,
                Place(Message("process {name}", name=record.name), "", record.id),
                seen=True,
            )
    return Part(name, PartState.CHILD, seen=False)


def _shown(cluster: Cluster, settings: Settings, part: Part) -> Part:
    """A part that runs as a static pod, with the pod or its file where one of them shows it."""
    if part.state not in (PartState.STATIC_POD, PartState.UNKNOWN) or part.name not in _PODS:
        return part
    record = _static_pod(cluster, settings.node, part.name)
    if record is not None:
        certain = part.evidence in (Evidence.DEFAULT, Evidence.NONE)
        evidence, where = (Evidence.SEEN, place_of(record)) if certain else (part.evidence, part.where)
        return Part(part.name, PartState.STATIC_POD, evidence, where, part.since, seen=True)
    unseen = False if cluster.covers("Pod", "kube-system") else part.seen
    return Part(part.name, part.state, part.evidence, part.where, part.since, unseen)


def _static_pod(cluster: Cluster, node: str, name: NodePart) -> Record | None:
    """The static pod of a part on a node, or the file that the kubelet runs it from."""
    pod = cluster.get(f"core/Pod/kube-system/{_PODS[name]}-{node}")
    if pod is not None and (is_static(pod) or not pod.owner):
        return pod
    files = (cluster.snapshot.get(f"host/HostFile/{node}/{folder}{_PODS[name]}.yaml") for folder in _MANIFESTS)
    return next((file for file in files if file is not None), None)


__all__ = ["AGENT", "SERVER", "Evidence", "NodePart", "Part", "PartState", "supervisor_parts"]
