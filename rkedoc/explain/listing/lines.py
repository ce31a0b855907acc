"""Say what each line of a pasted listing is, from the catalog alone, or from a snapshot too.

This is what ``docker ps -a | rkedoc explain -`` prints: for each container, pod or workload what it is in a sentence,
its role and its origin, in the words of the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from rkedoc.catalog.bound import ClusterCatalog, Distribution, InPod, OnHost, OutsidePods
from rkedoc.catalog.entry import is_pattern
from rkedoc.catalog.images import parse_image
from rkedoc.catalog.loader import Catalog
from rkedoc.catalog.matcher import Match
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import mapping, text
from rkedoc.cluster.podnames import (
    is_debugger,
    kind_by_name,
    possible_workloads,
    scrubbed_workloads,
)
from rkedoc.explain.ledger.processes import process_ledger
from rkedoc.explain.listing.explained import Explained, common_origin
from rkedoc.explain.listing.imagelines import image_line, is_ranchers, plain_image, several
from rkedoc.explain.listing.nodedistribution import distribution_of_node
from rkedoc.explain.places import places
from rkedoc.i18n import _, between, of_what
from rkedoc.listing import read
from rkedoc.listing.row import ENGINE, IMAGE, NAMELESS, NAMESPACE, ON_NODE, PLAIN, POD, ListingRow
from rkedoc.nearby import nearest
from rkedoc.snapshot.identity import is_generated_name
from rkedoc.snapshot.kinds import CONTROLLERS
from rkedoc.snapshot.podnames import EngineName, engine_name
from rkedoc.vocabulary import Origin, ProcessClass, Role

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Cluster, Workload
    from rkedoc.explain.ledger.line import LedgerLine
    from rkedoc.explain.listing.known import KnownNames
    from rkedoc.snapshot.record import Record

__all__ = ["Explained", "distribution_of", "explain_lines", "explain_name", "near_names"]

_NAMES = ("name", "workload", "pod", "container", "namespace")

STATIC_PODS = (
    "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "cloud-controller-manager", "kube-proxy",
)  # fmt: skip
"""Names that kubelets give to static pods of a control plane, followed by the node's name."""

_CANAL = "rke2-canal"
_CANAL_CONTAINERS = frozenset(("calico-node", "install-cni", "flexvol-driver"))
_RKE2 = re.compile(r"(?:^|[-/])rke2-|\+rke2|-rke2r\d|/hardened-|^rke2|rancher/nginx-ingress-controller:\S*-hardened\d")
_K3S = re.compile(r"^svclb-|^helm-install-traefik|[-+]k3s\d")
_RKE1 = re.compile(
    r"^rke-[a-z-]+-(?:deploy|delete)-job|/(?:mirrored-)?(?:rke-tools|coreos-etcd):|rancher[/-](?:mirrored-)?hyperkube|hyperkube:\S+-rancher\d"
)
_RKE_TOOLS = re.compile(r"/opt/rke(?:-tools)?/")
"""Where the container that carries RKE's tools is mounted (rancher/rke, cluster/plan.go)."""

_RKE1_ALONE = frozenset(("kubelet", "service-sidekick", "share-mnt"))
"""Containers outside pods by which RKE is known where no image is shown."""

_OTHER = re.compile(
    r"^(?:aws-node|kindnet|konnectivity-agent|azure-cns|gke-metadata-server|pdcsi-node|ebs-csi-node|ebs-csi-controller"
    r"|azure-ip-masq-agent|cloud-node-manager|csi-azuredisk-node|csi-azurefile-node|ama-logs|tunnelfront|fluentbit-gke"
    r"|fluentd-gke|gke-metrics-agent|l7-default-backend|event-exporter-gke|kube-proxy-gke|do-node-agent|csi-do-node"
    r"|kube-router|nodelocaldns|nginx-ingress-microk8s-controller|kube-addon-manager)-|^storage-provisioner$"
)
_DAEMON_PROXY = re.compile(r"^kube-proxy-[bcdfghjklmnpqrstvwxz2456789]{5}\Z")
_SHARED = frozenset(("calico-node", "kube-flannel", "kube-flannel-ds", "weave-net", "metrics-server"))
"""Workloads of ``kube-system`` that RKE has under the name that their own projects' manifests give them too (projectcalico/calico,
manifests/calico.yaml; flannel-io/flannel, Documentation/kube-flannel.yml; weaveworks/weave, prog/weave-kube; kubernetes-sigs/metrics-server)."""

_CALICO_OF_RKE = re.compile(r"rancher/(?:mirrored-)?calico-(?:node|cni|kube-controllers)(?=[:@]|\Z)")
"""RKE2 runs Calico in a namespace of its own, and K3s has none."""

_TELLING = ((_RKE1, Distribution.RKE1), (_RKE2, Distribution.RKE2), (_K3S, Distribution.K3S))
_SYSCTL, _INGRESS = "sysctl", "nginx-ingress-controller-"
"""The one init container of RKE's ingress controller, which has no entry of its own (rancher/rke v1.2, templates/nginx-ingress.go)."""

_HOLDING_PODS = frozenset((POD, ENGINE, PLAIN, *CONTROLLERS))
_SEARCHED = (Distribution.RKE1, Distribution.RKE2, Distribution.K3S, Distribution.KUBEADM, Distribution.OTHER)
_NAMED_BY_KUBERNETES = frozenset(("Pod", "plain", *CONTROLLERS))
_KUBEADM = re.compile(r"^(?:registry\.k8s\.io|k8s\.gcr\.io)/(?:kube-(?:apiserver|proxy|scheduler)|etcd)")


@dataclass(frozen=True, slots=True)
class _Context:
    """What the listing as a whole, or the snapshot at hand, tells about its lines.

    ``pasted`` where there is nothing but the listing: what it does not tell of the cluster is then not assumed.
    """

    catalog: ClusterCatalog
    known: KnownNames | None = None
    nodes: frozenset[str] = frozenset()
    newest: Mapping[tuple[str, str], int] = field(default_factory=dict)
    containers: frozenset[str] = frozenset()
    nameless: frozenset[str] = frozenset()
    pasted: bool = False

    def on(self, distribution: Distribution) -> _Context:
        """The same for a cluster of another distribution."""
        return replace(
            self, catalog=self.catalog.catalog.of(distribution, self.catalog.rancher, self.catalog.namespaces)
        )


def explain_lines(lines: Iterable[str], catalog: Catalog, cluster: Cluster | None = None) -> list[Explained]:
    """What each line of a text names that is a row of a listing, in the order of the lines; see :func:`rkedoc.listing.read`."""
    return explain_rows(read(lines).rows, catalog, cluster)


def explain_rows(rows: Sequence[ListingRow], catalog: Catalog, cluster: Cluster | None = None) -> list[Explained]:
    """What each row of a listing names, in their order: by the catalog and what the rows tell of their cluster, or by a snapshot of it."""
    # Who asks for one name need not wait for this.
    from rkedoc.explain.listing.onnode import NodeLines

    known = _known_names(cluster) if cluster is not None else None
    nodes = _nodes(rows) | (known.nodes if known else frozenset())
    containers = frozenset(row.name for row in rows if row.what == "cri")
    named = (row.bare if row.what == NAMESPACE else row.namespace for row in rows)
    namespaces = frozenset(name for name in named if name)
    bound = (
        cluster.catalog if cluster is not None else catalog.of(distribution_of(rows), _rancher(namespaces), namespaces)
    )
    context = _Context(bound, known, nodes, _newest(rows), containers, _nameless(rows), pasted=cluster is None)
    on_node = NodeLines(bound, known, rows)
    return [
        on_node.explain(row) if row.what in ON_NODE else _by_itself(row, context) or _explain(row, context)
        for row in rows
    ]


def _known_names(cluster: Cluster) -> KnownNames:
    from rkedoc.explain.listing.known import KnownNames  # who has no snapshot need not wait for the ledger

    return KnownNames(cluster)


def _rancher(namespaces: frozenset[str]) -> bool | None:
    """Whether Rancher or its agents are in the cluster, where a listing shows more than one namespace of it."""
    return any(name.startswith("cattle-") for name in namespaces) if len(namespaces) > 1 else None


def _by_itself(row: ListingRow, context: _Context) -> Explained | None:
    """What a row is whose own name tells its distribution, where the listing seems to come from another one.

    People paste the pods of two clusters one after the other.
    """
    own = context.catalog.distribution
    if context.known is not None or not own or row.what not in _NAMED_BY_KUBERNETES:
        return None
    for pattern, distribution in _TELLING:
        if distribution != own and pattern.search(row.bare):
            explained = _explain(row, context.on(distribution))
            return explained if explained.component is not None else None
    return None


def explain_name(name: str, catalog: Catalog, cluster: Cluster | None = None) -> tuple[Explained, ...]:
    """What containers, pods, workloads, namespaces and images of this name are; empty where nothing of the name is known.

    ``namespace/name`` and ``namespace/pod/container`` work too. With a cluster, each different thing of the name that it
    holds is one answer, and the catalog alone is asked only where it holds none.
    """
    name = name.strip()
    if cluster is not None:
        known = _known_names(cluster)
        context = _Context(cluster.catalog, known, known.nodes)
        if found := (*_known_things(name, context), *_processes_named(name, cluster)):
            return found
    else:
        context = _Context(catalog.of(Distribution.UNKNOWN, None))
    namespace, slash, rest = name.partition("/")
    if slash and rest and "/" not in rest and not re.search(r"[.:@]", name):
        pod = _explain(ListingRow(1, "Pod", rest, namespace=namespace), context)
        if pod.component is not None or context.catalog.namespace(namespace) is not None:
            return (replace(pod, name=name),)
    found_alone = _plain(ListingRow(1, "plain", name), context)
    return (found_alone,) if found_alone is not None else ()


def _processes_named(name: str, cluster: Cluster) -> Iterator[Explained]:
    """The processes of the cluster's nodes whose program or unit has this name: one answer for each component that they are."""
    seen: dict[str | None, None] = {}
    for line in process_ledger(cluster).lines if cluster.hosts else ():
        if name not in (line.program, line.unit) or line.container or line.component in seen:
            continue
        seen[line.component] = None
        entry = cluster.catalog.get(line.component) if line.component else None
        if entry is not None:
            yield Explained(1, name, None, entry.origin, entry.id, entry.summary)
        else:
            origin = Origin.UNEXPLAINED if line.klass == ProcessClass.UNEXPLAINED else None
            yield Explained(1, name, None, origin, None, of_what(line.klass.label.translated, line.reasons[0].text))


def near_names(name: str, catalog: Catalog, cluster: Cluster | None = None) -> list[str]:
    """The names nearest to one that nothing is known of, likeliest first."""
    names = {value for entry in catalog.entries for rule in entry.match for values in (rule.values(key) for key in _NAMES)
             for value in values if "*" not in value}  # fmt: skip
    names |= {entry.id for entry in catalog.entries}
    names |= set(_known_names(cluster).names) if cluster is not None else set()
    return nearest(name.strip(), names)


def _known_things(name: str, context: _Context) -> Iterator[Explained]:
    """Everything of this name that the snapshot at hand holds, each different answer once."""
    seen: set[tuple[str | None, str | None, str | None]] = set()
    for found in _all_known(name, context):
        key = (found.role, found.origin, found.component)
        if key not in seen:
            seen.add(key)
            yield found


def _all_known(name: str, context: _Context) -> Iterator[Explained]:
    assert context.known is not None
    row = ListingRow(1, "plain", name)
    for line in context.known.lines(name):
        yield _of_line(row, line, context)
    first, slash, rest = name.partition("/")
    namespace, bare = (first, rest) if slash and "/" not in rest else (None, name)
    for workload in context.known.workloads(bare, namespace):
        yield _of_workload(row, workload)
    for pod in context.known.pods(bare, namespace):
        yield _of_pod(row, pod, context)
    if context.known.namespace(name):
        yield _namespace(row, name, context)
    if context.known.image(name):
        yield image_line(replace(row, image=name), context.catalog, context.known)


def _of_line(row: ListingRow, line: LedgerLine, context: _Context) -> Explained:
    """What the ledger says of a container."""
    entry = context.catalog.get(line.component) if line.component else None
    if line.pod and line.role == Role.SANDBOX:
        return _sandbox(row, line.namespace or "", line.pod, line.role, line.origin, context)
    if entry is not None and entry.id == "pause" and line.pod:
        return _sandbox(row, line.namespace or "", line.pod, line.role, line.origin, context)
    if entry is not None:
        summary = entry.summary
    elif line.pod:
        owner = _owner(line.namespace or "", line.pod, context)
        container = line.name.rpartition("/")[2] if "/" in line.name else line.name
        parsed = engine_name(line.name)
        summary = _("not a platform component: {owner}, container {container}").format(
            owner=owner, container=parsed.container if parsed else container
        )
    else:
        summary = line.evidence
    return Explained(row.line, row.name, line.role, line.origin, line.component, summary)


def _of_workload(row: ListingRow, workload: Workload) -> Explained:
    entry = workload.entry
    if entry is not None:
        return Explained(row.line, row.name, Role.APP, entry.origin, entry.id, entry.summary)
    summary = _("not a platform component: {what} {where}").format(
        what=workload.kind, where=f"{workload.namespace}/{workload.name}"
    )
    return Explained(row.line, row.name, Role.APP, Origin.WORKLOAD, None, summary)


def _of_pod(row: ListingRow, pod: Record, context: _Context) -> Explained:
    assert context.known is not None
    return _of_workload(row, _of(context.known, pod))


def _of(known: KnownNames, pod: Record) -> Workload:
    workload = known.cluster.workload_of(pod.id)
    assert workload is not None, "every pod belongs to a workload, if only to itself"
    return workload


def distribution_of(rows: Sequence[ListingRow]) -> Distribution:
    """The distribution that a listing comes from; unknown where none of its lines gives it away."""
    if found := distribution_of_node(rows):
        return found
    texts: list[str] = []
    pods: set[str] = set()
    containers: set[str] = set()
    for row in rows:
        parsed = engine_name(row.name)
        pod = parsed.pod if parsed else row.bare if row.what == "Pod" else row.pod
        if pod:
            pods.add(pod)
        if row.what == "cri":
            containers.add(row.name)
        texts += [part for part in (pod, row.bare, row.image, row.node, row.version) if part]
    if any(row.what in ("engine", "plain") and row.bare in _RKE1_ALONE and row.image is None for row in rows):
        return Distribution.RKE1
    for pattern, distribution in (*_TELLING, (_KUBEADM, Distribution.KUBEADM)):
        if any(pattern.search(part) for part in texts):
            return distribution
    system = {workload for row in rows if row.what in _HOLDING_PODS for workload, _ in _system_workloads(row)}
    nodes = _nodes(rows)
    static = {p for p in STATIC_PODS for pod in pods if pod.startswith(f"{p}-") and pod[len(p) + 1 :] in nodes}
    static |= containers & set(STATIC_PODS)
    if "cloud-controller-manager" in static and static & {"etcd", "kube-apiserver", "kube-scheduler"}:
        return Distribution.RKE2
    if {"kube-apiserver", "kube-scheduler"} & static and any(f"kube-proxy-{node}" in pods for node in nodes):
        return Distribution.RKE2
    if {"kube-apiserver", "kube-scheduler"} & static and any(_DAEMON_PROXY.match(pod) for pod in pods):
        return Distribution.KUBEADM
    if "canal" in system or any(_RKE_TOOLS.match(row.command or "") for row in rows):
        return Distribution.RKE1
    if {"local-path-provisioner", "traefik"} & system:
        return Distribution.K3S
    if any(_OTHER.match(pod) for pod in pods):
        return Distribution.OTHER
    if any(_DAEMON_PROXY.match(pod) for pod in pods):
        return (
            Distribution.KUBEADM
        )  # RKE and K3s have no kube-proxy in pods, RKE2's pods of it end with the node's name
    if {"calico-node", "calico-kube-controllers"} & system and any(
        _CALICO_OF_RKE.search(row.image or "") for row in rows
    ):
        return Distribution.RKE1
    workloads = {workload for row in rows for workload, _ in possible_workloads(_pod_of(row))}
    upstream = "ingress-nginx-controller" in workloads and "nginx-ingress-controller" not in workloads
    return Distribution.OTHER if upstream and not system else Distribution.UNKNOWN


def _pod_of(row: ListingRow) -> str:
    parsed = engine_name(row.name)
    return parsed.pod if parsed else row.bare


def _system_workloads(row: ListingRow) -> list[tuple[str, str | None]]:
    """What a row of ``kube-system`` can belong to, whichever tool printed it."""
    parsed = engine_name(row.name)
    namespace = parsed.namespace if parsed else row.namespace
    return list(possible_workloads(parsed.pod if parsed else row.bare)) if namespace == "kube-system" else []


def _nodes(rows: Sequence[ListingRow]) -> frozenset[str]:
    """The nodes that a listing names: in a column, or after the names of two static pods of one control plane."""
    named = {row.node for row in rows if row.node} | {row.bare for row in rows if row.what == "Node"}
    after: dict[str, set[str]] = {}
    for row in rows:
        parsed = engine_name(row.name)
        pod = parsed.pod if parsed and parsed.sandbox else row.bare if row.what == "Pod" else row.pod
        for prefix in STATIC_PODS[:5]:
            if pod and pod.startswith(f"{prefix}-"):
                after.setdefault(pod[len(prefix) + 1 :], set()).add(prefix)
    return frozenset(named | {node for node, prefixes in after.items() if len(prefixes) > 1})


def _nameless(rows: Sequence[ListingRow]) -> frozenset[str]:
    """The static pods from whose names somebody has taken the node's out. One alone may be anybody's pod that is called ``etcd``."""
    found = {row.name for row in rows if row.what == "cri" and row.pod == row.name and row.name in STATIC_PODS}
    return frozenset(found) if len(found) > 1 else frozenset()


def _newest(rows: Sequence[ListingRow]) -> dict[tuple[str, str], int]:
    """The highest attempt of each container of a pod in the listing; the lower ones are its dead predecessors."""
    newest: dict[tuple[str, str], int] = {}
    for row in rows:
        if (key := _attempt(row)) is not None:
            newest[key[0]] = max(newest.get(key[0], 0), key[1])
    return newest


def _attempt(row: ListingRow) -> tuple[tuple[str, str], int] | None:
    if parsed := engine_name(row.name):
        return (parsed.uid or parsed.pod, parsed.container), parsed.attempt
    if row.what == "cri" and row.attempt is not None and row.pod_id:
        return (row.pod_id, row.name), row.attempt
    return None


def _explain(row: ListingRow, context: _Context) -> Explained:
    if row.what in (IMAGE, NAMELESS):
        return image_line(row, context.catalog, context.known)
    if context.known is not None and (found := _known_row(row, context)) is not None:
        return found
    if parsed := engine_name(row.name.split(",")[0]):
        return _pod_container(row, parsed, context)
    if row.what == "engine":
        return _standalone(row, context)
    if row.what == "cri":
        pod = row.pod or (_CANAL if _of_canal(row, context) else "")
        if pod == row.name and (pod in context.nameless or (pod in STATIC_PODS and row.namespace == "kube-system")):
            pod = ""  # the node's name was taken out of the listing
        return _pod_container(row, EngineName(row.name, pod, row.namespace or "", "", row.attempt or 0), context)
    if row.what == "Namespace":
        return _namespace(row, row.bare, context)
    if row.what in CONTROLLERS:
        return _workload(row, row.bare, context)
    if row.what == "Pod":
        return _pod(row, row.bare, context)
    if row.what == "plain":
        return _plain(row, context) or _nothing_known(row, context)
    return Explained(
        row.line, row.name, None, None, None, _("{what}: not a container, a pod or a workload").format(what=row.what)
    )


def _of_canal(row: ListingRow, context: _Context) -> bool:
    """Whether a container of Calico is one of RKE2's canal: an old ``crictl ps`` names no pods, but shows flannel too."""
    return (
        context.catalog.distribution is Distribution.RKE2
        and "kube-flannel" in context.containers
        and row.name in _CANAL_CONTAINERS
    )


def _known_row(row: ListingRow, context: _Context) -> Explained | None:
    """What a row names, where the snapshot at hand holds it."""
    assert context.known is not None
    name = row.name.split(",")[0]
    if row.what in ("engine", "plain", "cri"):
        named = [name] if row.what != "cri" else [f"{row.namespace}/{row.pod}/{name}"]
        for line in (line for one in named for line in context.known.lines(one)):
            return _of_line(row, line, context)
    if row.what in ("Pod", "plain"):
        for pod in context.known.pods(row.bare, row.namespace):
            return _of_pod(row, pod, context)
    if row.what in CONTROLLERS or row.what == "plain":
        kind = row.what if row.what in CONTROLLERS else None
        for workload in context.known.workloads(row.bare, row.namespace, kind):
            return _of_workload(row, workload)
    return None


def _which(context: _Context, look: Callable[[_Context], Match | None]) -> tuple[Match | None, tuple[Entry, ...]]:
    """The entry that is looked for, and those that it may be where nothing tells of which distribution the cluster is."""
    found = look(context)
    if not context.pasted or context.catalog.distribution is not Distribution.UNKNOWN or found is None:
        return found, ()
    by_distribution = [look(context.on(one)) for one in _SEARCHED]
    entries = {match.entry.id: match.entry for match in by_distribution if match is not None}
    if context.catalog.rancher is False and not entries:
        return None, ()
    alone = _SHARED.isdisjoint(value for rule in found.entry.match for value in rule.values("workload"))
    certain = len(entries) < 2 and (alone or None not in by_distribution)
    return found, () if certain else tuple(sorted(entries.values(), key=lambda entry: entry.id))


def _untold(row: ListingRow, role: Role, entries: tuple[Entry, ...]) -> Explained:
    """What is one of several things, of which the listing does not tell which."""
    names = ", ".join(entry.name for entry in entries)
    if len(entries) == 1:
        text = _(
            "Whose it is cannot be told from this: {names} of RKE, or what somebody installed from the project's own manifest."
        )
    else:
        text = _("Which distribution's it is cannot be told from this: {names}.")
    ids = tuple(entry.id for entry in entries)
    return Explained(row.line, row.name, role, common_origin(entries), None, text.format(names=names), ids)


def _pod_container(row: ListingRow, parsed: EngineName, context: _Context) -> Explained:
    """A container that a kubelet started, known by the name that the engine or crictl shows."""
    match, untold = _which(
        context,
        lambda where: _match_pod(
            parsed.pod or None,
            parsed.namespace or None,
            where,
            container=None if parsed.sandbox else parsed.container,
            image=None if parsed.sandbox else row.image,
        ),
    )
    old = _attempt(row)
    previous = old is not None and old[1] < context.newest.get(old[0], 0)
    origin = match.entry.origin if match else Origin.WORKLOAD
    if parsed.sandbox:
        role = Role.PREVIOUS_ATTEMPT if previous else Role.SANDBOX
        return _sandbox(row, parsed.namespace, parsed.pod, role, origin, context, match)
    known = _role_in_spec(parsed, context)
    by_name = Role.INIT if parsed.container == _SYSCTL and parsed.pod.startswith(_INGRESS) else Role.APP
    role = (
        Role.PREVIOUS_ATTEMPT if previous else known or (Role.EPHEMERAL if is_debugger(parsed.container) else by_name)
    )
    if untold:
        return _untold(row, role, untold)
    if match is None:
        summary = _("not a platform component: {owner}, container {container}").format(
            owner=_owner(parsed.namespace, parsed.pod, context), container=parsed.container
        )
        return Explained(row.line, row.name, role, origin, None, summary)
    if role == Role.APP and known is None and match.entry.role:
        role = match.entry.role
    return Explained(row.line, row.name, role, origin, match.entry.id, match.entry.summary)


def _role_in_spec(parsed: EngineName, context: _Context) -> Role | None:
    """The role that the specification of a pod of the snapshot at hand gives a container."""
    pods = context.known.pods(parsed.pod, parsed.namespace or None) if context.known and parsed.pod else ()
    specs = (containers_of(mapping(pod.body, "spec")) for pod in pods)
    return next((role for spec in specs for role, item in spec if text(item, "name") == parsed.container), None)


def _sandbox(
    row: ListingRow, namespace: str, pod: str, role: Role, origin: Origin, context: _Context, match: Match | None = None
) -> Explained:
    entry = context.catalog.get("pause")
    if match is None and context.known is not None:
        pods = context.known.pods(pod, namespace or None)
        match = _of(context.known, pods[0]).match if pods else None
    whose = (
        match.entry.name
        if match
        else _("not a platform component: {owner}").format(owner=_owner(namespace, pod, context))
    )
    where = "/".join(part for part in (namespace, pod) if part)
    summary = _(
        "Sandbox of pod {where} ({whose}): it holds the network and IPC namespaces of the pod's containers."
    ).format(where=where, whose=whose)
    return Explained(row.line, row.name, role, origin, entry.id if entry else None, summary)


def _owner(namespace: str, pod: str, context: _Context) -> str:
    """The workload of somebody's own pod: from the snapshot, or as far as its name says it."""
    if not pod:
        return _("a container of somebody's own pod")
    if context.known is not None and (pods := context.known.pods(pod, namespace or None)):
        workload = _of(context.known, pods[0])
        return f"{workload.kind} {workload.namespace}/{workload.name}"
    kind, name = kind_by_name(pod)
    return (
        _("{kind} {namespace}/{name}, by its name").format(kind=kind, namespace=namespace, name=name)
        if namespace
        else _("{kind} {name}, by its name").format(kind=kind, name=name)
    )


def _standalone(row: ListingRow, context: _Context) -> Explained:
    """A container outside pods."""
    name = row.name.split(",")[0].lstrip("/")
    thing = OutsidePods(name, (row.image,) if row.image else (), command=(row.command,) if row.command else ())
    # one engine may hold the containers of several distributions: K3s beside a node of RKE, a leftover agent
    match = context.catalog.find(thing) or context.on(Distribution.UNKNOWN).catalog.find(thing)
    if match is not None and match.rule == "image" and "/hardened-" in f"/{row.image}":
        match = None  # only RKE2 runs these images, and in pods
    match = match or _renamed(thing, context)
    if match is not None:
        entry = match.entry
        return Explained(row.line, row.name, Role.STANDALONE, entry.origin, entry.id, entry.summary)
    image = parse_image(row.image) if row.image else None
    if is_generated_name(name) and (image is None or not image.identified):
        summary = _("nothing says what it is or whose: a generated name, and no image name")
        return Explained(row.line, row.name, Role.STANDALONE, Origin.UNEXPLAINED, None, summary)
    if row.image and is_ranchers(row.image):
        summary = _("not known: a container of its own, from an image that Rancher publishes: {image}").format(
            image=plain_image(row.image)
        )
        return Explained(row.line, row.name, Role.STANDALONE, Origin.UNEXPLAINED, None, summary)
    what = _(", image {image}").format(image=plain_image(row.image)) if image is not None and image.identified else ""
    return Explained(
        row.line,
        row.name,
        Role.STANDALONE,
        Origin.WORKLOAD,
        None,
        _("not a platform component: a container of its own{what}").format(what=what),
    )


def _renamed(thing: OutsidePods, context: _Context) -> Match | None:
    """The component of which somebody has renamed the container, as before a new one is made: its name with something before or after it."""
    if not thing.images or not is_ranchers(thing.images[0]):
        return None
    known = {
        value
        for entry in context.catalog.of_image(thing.images[0])
        for rule in entry.match
        for value in rule.values("name")
        if not is_pattern(value) and (thing.name.startswith(value) or thing.name.endswith(value))
    }
    longest = max(known, key=lambda value: (len(value), value), default=None)
    return context.catalog.find(replace(thing, name=longest)) if longest else None


def _pod(row: ListingRow, pod: str, context: _Context) -> Explained:
    match, untold = _which(context, lambda where: _match_pod(pod, row.namespace, where, parts=row.parts))
    if untold:
        return _untold(row, Role.APP, untold)
    if match is None:
        owner = _owner(row.namespace or "", pod, context)
        return Explained(
            row.line,
            row.name,
            Role.APP,
            Origin.WORKLOAD,
            None,
            _("not a platform component: {owner}").format(owner=owner),
        )
    return Explained(row.line, row.name, Role.APP, match.entry.origin, match.entry.id, match.entry.summary)


def _workload(row: ListingRow, name: str, context: _Context) -> Explained:
    names = [name]
    if row.what in ("ReplicaSet", "Job"):
        names += [workload for workload, _ in possible_workloads(f"{name}-bbbbb")][:2]
    for candidate in names:
        thing = InPod(row.namespace, candidate, None if candidate != name else row.what, parts=row.parts)
        match, untold = _which(context, partial(_found_in, thing))
        if untold:
            return _untold(row, Role.APP, untold)
        if match is not None:
            return Explained(row.line, row.name, Role.APP, match.entry.origin, match.entry.id, match.entry.summary)
    where = f"{row.namespace}/{name}" if row.namespace else name
    return Explained(
        row.line,
        row.name,
        Role.APP,
        Origin.WORKLOAD,
        None,
        _("not a platform component: {what} {where}").format(what=row.what, where=where),
    )


def _found_in(thing: InPod, context: _Context) -> Match | None:
    return context.catalog.find(thing)


def _match_pod(
    pod: str | None,
    namespace: str | None,
    context: _Context,
    *,
    container: str | None = None,
    image: str | None = None,
    parts: tuple[str, ...] = (),
) -> Match | None:
    """The entry of a pod, or of one of its containers, of which only names are known.

    Every workload that the pod can belong to by its name is tried; the strongest match wins, the likelier reading of
    the name among equals.
    """
    base = InPod(namespace, None, None, pod=pod, container=container, image=image, parts=parts)
    if pod is None:
        return context.catalog.find(base)
    static = any(pod.startswith(f"{p}-") and pod[len(p) + 1 :] in context.nodes for p in STATIC_PODS)
    if static:
        return context.catalog.find(replace(base, workload=pod, kind="Pod"))
    best: Match | None = None
    open_kind = namespace == "kube-system" and _ends_like_a_node(pod)
    readings = [(name, None if open_kind and kind == "StatefulSet" else kind) for name, kind in possible_workloads(pod)]
    for workload, kind in readings:
        match = context.catalog.find(replace(base, workload=workload, kind=kind))
        if match is None or (match.order == 2 and kind != readings[0][1]):
            continue
        if best is None or match.rank < best.rank:
            best = match
    if best is None:
        for workload in scrubbed_workloads(pod):
            match = context.catalog.find(replace(base, workload=workload))
            if match is not None and match.order == 1 and match.rule == "workload":
                best = match
                break
    return best


def _ends_like_a_node(pod: str) -> bool:
    """Whether what looks like a StatefulSet's ordinal may be the end of a node's name, as in ``etcd-server-1``."""
    rests = (pod.removeprefix(f"{prefix}-") for prefix in STATIC_PODS if pod.startswith(f"{prefix}-"))
    return any(not rest.isdigit() for rest in rests)


def _namespace(row: ListingRow, name: str, context: _Context) -> Explained:
    known = context.known
    entry = context.catalog.namespace(name)
    place = places(known.cluster)[name] if known is not None and known.namespace(name) else None
    if entry is not None:
        origin = place.origin if place is not None else entry.origin
        return Explained(row.line, row.name, None, origin, entry.id, entry.summary)
    if place is not None and place.add_ons:
        names = between().join(found.name for found in place.add_ons)
        summary = _("All that runs in this namespace belongs to {names}.").format(names=names)
        return Explained(row.line, row.name, None, place.origin, None, summary)
    summary = _("not a platform component: a namespace that somebody made")
    return Explained(row.line, row.name, None, Origin.WORKLOAD, None, summary)


def _plain(row: ListingRow, context: _Context) -> Explained | None:
    """A name of which nothing is known but itself, asked of the catalog: as a container, a namespace, a pod, an image."""
    name = row.name.lstrip("/")
    if (parsed := engine_name(name)) is not None:
        return _pod_container(row, parsed, context)
    standalone = _standalone(replace(row, what="engine", name=name), context)
    if standalone.component is not None:
        return replace(standalone, name=row.name)
    pod = _pod(row, name, context)
    if pod.component is not None:
        return pod
    if context.catalog.namespace(name) is not None:
        return _namespace(row, name, context)
    container = context.catalog.find(InPod(None, workload=None, kind=None, container=name))
    if container is not None:
        entry = container.entry
        return Explained(row.line, row.name, entry.role or Role.APP, entry.origin, entry.id, entry.summary)
    if (entry_by_id := context.catalog.get(name)) is not None and entry_by_id.kind != "namespace":
        no_container = entry_by_id.kind == "concept" or entry_by_id.is_of_host
        role = None if no_container else entry_by_id.role or Role.APP
        return Explained(row.line, row.name, role, entry_by_id.origin, entry_by_id.id, entry_by_id.summary)
    on_host = context.catalog.find(OnHost(name)) or context.catalog.find(OnHost(None, unit=name))
    if on_host is not None:
        return Explained(row.line, row.name, None, on_host.entry.origin, on_host.entry.id, on_host.entry.summary)
    if "/" in name or ":" in name or "@" in name:
        image = image_line(replace(row, what="image", image=name), context.catalog, context.known)
        # ``shop/thing`` may be anything; a tag, a digest or a registry make an image of it, if no snapshot knows better.
        named = context.known is None and re.search(r"[:@]|^[^/]*\.[^/]*/", name) is not None
        return image if image.components or named else None
    holders = tuple(
        entry
        for entry in context.catalog.of_kind("component")
        if any(name in rule.values("container") for rule in entry.match)
    )
    if holders:
        return several(row, holders, _("A container of this name belongs to several components: {names}."))
    if programs := context.catalog.naming(("process",), (name,)):
        return several(row, programs, _("A process of this name belongs to several components: {names}."))
    return pod if kind_by_name(name)[1] != name else None


def _nothing_known(row: ListingRow, context: _Context) -> Explained:
    """A line that is a bare name, and of a listing: something of that name ran, and nothing says what it is."""
    standalone = _standalone(replace(row, what="engine", name=row.name.lstrip("/")), context)
    if standalone.origin == Origin.UNEXPLAINED:
        return replace(standalone, name=row.name)
    summary = _("not a platform component: no entry of the catalog has this name")
    return replace(standalone, name=row.name, summary=summary)
