"""Which distribution of Kubernetes a cluster is, in which versions, and what its nodes are for.

Nothing here needs more than the snapshot, so that the model can ask before it looks anything up in the catalog.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from rkedoc.catalog.bound import Distribution
from rkedoc.catalog.images import parse_image
from rkedoc.cluster.fields import items, mapping, text, words
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.identity import parse_id
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.snapshot.record import HIDDEN_RE

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.reader import Snapshot
    from rkedoc.snapshot.record import Record

NAMES: Final[Mapping[str, str]] = {
    "rke1": "RKE1", "rke2": "RKE2", "k3s": "K3s", "kubeadm": "kubeadm", "other": "Kubernetes", "": "Kubernetes",
}  # fmt: skip
"""How people call a distribution, by its id."""

_ROLE_LABEL: Final = "node-role.kubernetes.io/"
# What a kubelet says of its build: v1.24.1+rke2r2, v1.26.4+k3s1; K3s wrote v1.16.3-k3s.2 before 1.17.
_BUILDS: Final = ((re.compile(r"[+-]rke2"), "rke2"), (re.compile(r"[+-]k3s"), "k3s"))
# The cloud providers inside RKE2 and K3s name each node: rke2://node-1 (pkg/cloudprovider of k3s-io/k3s).
_PROVIDERS: Final = (("rke2://", "rke2"), ("k3s://", "k3s"))
# Each mark with the place where it is written. RKE1: rancher/rke v1.2.4, k8s/node.go (external and internal address);
# RKE2 and K3s: rancher/rke2 and k3s-io/k3s, the agent's node annotations, which K3s before 1.20 wrote as labels; kubeadm:
# constants.go AnnotationKubeadmCRISocket.
_ANNOTATIONS: Final = (
    ("rke2.io/", "rke2"), ("k3s.io/", "k3s"), ("rke.cattle.io/external-ip", "rke1"), ("rke.cattle.io/internal-ip", "rke1"),
    ("kubeadm.alpha.kubernetes.io/", "kubeadm"),
)  # fmt: skip
_LABELS: Final = (("egress.rke2.io/", "rke2"), ("k3s.io/", "k3s"))
# What other vendors write on their nodes: in the kubelet's version, in the name of the operating system, in labels.
_VENDOR_BUILDS: Final = (
    ("-gke.", "GKE"), ("-eks-", "EKS"), ("+k0s", "k0s"), ("-k0s", "k0s"), ("-tke.", "TKE"), ("-aliyun.", "ACK"),
    ("+IKS", "IBM Cloud Kubernetes Service"), ("-CCE", "CCE"), ("-docker-", "Docker Enterprise"), ("-mirantis-", "MKE"),
)  # fmt: skip
_VENDOR_SYSTEMS: Final = (("Talos", "Talos"), ("Red Hat Enterprise Linux CoreOS", "OpenShift"))
_VENDOR_LABELS: Final = (
    ("kubernetes.azure.com/", "AKS"), ("eks.amazonaws.com/", "EKS"), ("cloud.google.com/gke-", "GKE"),
    ("node.openshift.io/", "OpenShift"), ("kops.k8s.io/", "kOps"), ("microk8s.io/", "MicroK8s"), ("doks.digitalocean.com/", "DOKS"),
    ("k8s.scaleway.com/", "Kapsule"), ("worker.gardener.cloud/", "Gardener"), ("cke.cybozu.com/", "CKE"), ("kublr.io/", "Kublr"),
    ("node.k8s.ovh/", "OVHcloud Managed Kubernetes"),
)  # fmt: skip
# rancher/rke, services/services.go; all others write control-plane or master.
_RKE_ROLE: Final = f"{_ROLE_LABEL}controlplane"
_CONFIG_MAPS: Final = (
    ("full-cluster-state", "rke1"), ("rke-network-plugin", "rke1"), ("rke-coredns-addon", "rke1"), ("rke2", "rke2"),
    ("chart-content-rke2-coredns", "rke2"), ("k3s", "k3s"), ("kubeadm-config", "kubeadm"),
)  # fmt: skip
# Others build hyperkube and etcd too (coreos/hyperkube, google-containers/hyperkube, coreos/etcd): the maker tells.
_IMAGES: Final = (
    (
        re.compile(r"(?:^|/)(?:rancher[-_/](?:hyperkube|coreos-etcd)|rke-tools|(?:rancher-)?mirrored-coreos-etcd)$"),
        "rke1",
    ),
    (re.compile(r"(?:^|/)(?:rke2-runtime|hardened-kubernetes)$"), "rke2"),
    (re.compile(r"(?:^|/)klipper-lb$"), "k3s"),
)
_RANCHER_CANAL: Final = re.compile(
    r"(?:^|/)rancher[-_/](?:mirrored-)?(?:calico-node|coreos-flannel|flannelcni-flannel)$"
)
_SYSTEM: Final = "kube-system"
_STATIC: Final = ("kube-apiserver", "kube-scheduler", "kube-controller-manager", "etcd")
_KUBEADM_POD: Final = "kubeadm.kubernetes.io/"
_KUBEADM_FILES: Final = "/etc/kubernetes/pki/"
_MANAGED: Final = (
    ("aws-node-", "EKS"), ("kindnet-", ""), ("azure-cns-", "AKS"), ("azure-ip-masq-agent-", "AKS"), ("pdcsi-node-", "GKE"),
    ("gke-metadata-server-", "GKE"), ("gke-metrics-agent-", "GKE"), ("ebs-csi-node-", ""),
)  # fmt: skip
# K3s puts its manifests into the cluster by itself, as sets of objects (k3s-io/k3s, pkg/deploy); RKE2 has charts.
_K3S_ADDONS: Final = ("coredns", "local-path-provisioner", "metrics-server")
_OBJECT_SET: Final = "objectset.rio.cattle.io/hash"
_MAKERS: Final = ("Pod", "Deployment", "DaemonSet")
_TELLING_NAMES: Final = (
    *_STATIC, "cloud-controller-manager-", "rke2-canal-", "helm-install-", "rke-network-plugin-deploy-job-",
    "rke-coredns-addon-deploy-job-", "svclb-", "canal-", *(prefix for prefix, _vendor_name in _MANAGED),
)  # fmt: skip
"""What the names of the pods begin with that are marks."""

_ROLE_OF_STATIC: Final = (("kube-apiserver", "control-plane"), ("etcd", "etcd"))
_ARGUMENTS: Final = ("rke2.io/node-args", "k3s.io/node-args")
# RKE's containers outside pods, and the role of a node that runs each (rancher/rke v1.2.4, cluster/plan.go).
_CONTAINER_ROLES: Final = (("etcd", "etcd"), ("kube-apiserver", "controlplane"), ("kubelet", "worker"))
_ROLE_ORDER: Final = ("control-plane", "controlplane", "master", "etcd", "worker")
_PARTS: Final = (
    ("Rancher", re.compile(r"(?:^|/)rancher/rancher$")),
    (N_("Rancher agent"), re.compile(r"(?:^|/)rancher-agent$")),
    (N_("Fleet agent"), re.compile(r"(?:^|/)fleet-agent$")),
    ("Fleet", re.compile(r"(?:^|/)fleet$")),
    ("etcd", re.compile(r"(?:^|/)(?:mirrored-coreos-|coreos-|hardened-)?etcd$")),
    (N_("RKE tools"), re.compile(r"(?:^|/)rke-tools$")),
    ("Calico", re.compile(r"(?:^|/)(?:mirrored-calico-node|calico-node|calico/node|hardened-calico)$")),
    ("flannel", re.compile(r"(?:^|/)(?:mirrored-)?(?:coreos-|flannelcni-|flannel-|hardened-)?flannel$")),
    ("Cilium", re.compile(r"(?:^|/)(?:mirrored-cilium-cilium|cilium)$")),
    ("CoreDNS", re.compile(r"(?:^|/)(?:mirrored-coredns-|coredns-|hardened-)?coredns$")),
    ("ingress-nginx", re.compile(r"(?:^|/)nginx-ingress-controller$|(?:^|/)ingress-nginx/controller$")),
    ("Traefik", re.compile(r"(?:^|/)(?:mirrored-library-)?traefik$")),
    ("metrics-server", re.compile(r"(?:^|/)(?:mirrored-|hardened-k8s-)?metrics-server$")),
    ("pause", re.compile(r"(?:^|/)(?:mirrored-pause|pause)$")),
)


class Records(Protocol):
    """The records of a snapshot, or as many of them as bear marks."""

    def by_kind(self, kind: str) -> Sequence[Record]: ...

    def get(self, identifier: str) -> Record | None: ...


class NodeRoles(NamedTuple):
    """The roles of a node, and where they were read; ``labelled`` says that it was in the labels of the node itself."""

    node: str
    roles: tuple[str, ...]
    where: str
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class ClusterIdentity:
    """What a cluster is.

    ``id`` is one of ``rke1``, ``rke2``, ``k3s``, ``kubeadm``, ``other``, empty where nothing tells; ``name`` is for people
    (of another vendor's, its own name where a mark gives it away), ``evidence`` says what told. ``versions`` are (what,
    version, where it was read), ``roles`` (node, its roles, where).
    """

    id: str
    name: str
    evidence: str
    versions: tuple[tuple[str, str, str], ...]
    roles: tuple[NodeRoles, ...]


_DATA_FOLDERS: Final = (("/var/lib/rancher/rke2/", "rke2"), ("/var/lib/rancher/k3s/", "k3s"))
"""Where the container runtimes of RKE2 and K3s keep their data (rancher/rke2 v1.27.12, pkg/rke2/rke2.go; k3s-io/k3s v1.27.12,
pkg/agent/config/config.go)."""

_SUPERVISORS: Final = ("rke2", "k3s")

_HOST_FILES: Final = ("/var/lib/kubelet/kubeadm-flags.env",)
"""kubernetes/kubernetes v1.27, cmd/kubeadm/app/constants/constants.go, KubeletEnvFileName."""


class Marks:
    """Of records that pass by, those that may tell what a cluster is: enough for :func:`distribution_id` and
    :func:`has_rancher`.

    All nodes, namespaces and containers of engines; of pods those of ``kube-system`` whose names can be a mark, the first
    that runs each image, and the first of each namespace.
    """

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Record]] = {}
        self._seen: set[str] = set()

    def learn(self, record: Record) -> None:
        """Keep a record if it may tell. Records come in the order of their ids."""
        if record.kind in ("Node", "Namespace", "Engine", "EngineContainer") or self._tells(record):
            self._kept.setdefault(record.kind, {})[record.id] = record

    def by_kind(self, kind: str) -> Sequence[Record]:
        """What was kept of a kind, in the order of the ids."""
        return tuple(self._kept.get(kind, {}).values())

    def get(self, identifier: str) -> Record | None:
        """What was kept with this id."""
        return self._kept.get(parse_id(identifier).kind, {}).get(identifier)

    def _tells(self, record: Record) -> bool:
        if record.kind == "ConfigMap":
            return record.namespace == _SYSTEM and any(record.name == name for name, _found in _CONFIG_MAPS)
        if record.kind in ("HostProcess", "HostFile"):
            return bool(record.intent) and (record.name in _SUPERVISORS or record.name in _HOST_FILES)
        if record.kind not in _MAKERS:
            return False
        new = {f"{record.kind} in {record.namespace}"}
        if record.kind == "Pod":
            new |= {text(item, "image") for part in ("containers", "initContainers")
                    for item in items(record.body, "spec", part)}  # fmt: skip
        new -= self._seen
        self._seen |= new
        named = record.namespace == _SYSTEM and (
            record.name.startswith(_TELLING_NAMES) if record.kind == "Pod" else record.name in _K3S_ADDONS
        )
        return bool(new) or named


def distribution_id(snapshot: Records) -> Distribution:
    """What the cluster of a snapshot is; unknown where the snapshot does not tell."""
    return Distribution(_identified(snapshot)[0])


@lru_cache(maxsize=4)
def distribution(cluster: Cluster) -> ClusterIdentity:
    """What the cluster of a model is, its versions and the roles of its nodes."""
    snapshot = cluster.snapshot
    found, evidence, vendor = _identified(snapshot)
    return ClusterIdentity(found, vendor or NAMES[found], evidence, tuple(_versions(snapshot)), tuple(_roles(snapshot)))


def has_rancher(snapshot: Records) -> bool:
    """Whether Rancher, one of its agents or Fleet has a place in the cluster."""
    names = {record.name for record in snapshot.by_kind("Namespace")}
    names |= {record.namespace or "" for kind in _MAKERS for record in snapshot.by_kind(kind)}
    names |= {_pod(container)[0] for container in snapshot.by_kind("EngineContainer")}
    return any(name.startswith("cattle-") or name in ("fleet-system", "rancher-operator-system") for name in names)


def rancher_is_there(snapshot: Records, *, all_pods: bool) -> bool | None:
    """Whether Rancher has a place in the cluster; ``None`` where nothing tells.

    That it has none can be said where all pods are known. A dump does not say that it holds all of them: pods of
    ``kube-system`` and of other namespaces stand for the answer about all namespaces.
    """
    if has_rancher(snapshot):
        return True
    places = {pod.namespace for pod in snapshot.by_kind("Pod")}
    return False if all_pods or (_SYSTEM in places and len(places) > 1) else None


def _identified(snapshot: Records) -> tuple[str, str, str]:
    """The distribution, the evidence, and the name of another vendor's; the strongest mark first."""
    return next(_marks(snapshot), ("", "", ""))


def _marks(snapshot: Records) -> Iterator[tuple[str, str, str]]:
    nodes = snapshot.by_kind("Node")
    for found, evidence in (
        _most(told for node in nodes for told in _build(node)),
        _most(told for node in nodes for told in _provider(node)),
        next(_engine_marks(snapshot), ("", "")),
        next(_host_marks(snapshot), ("", "")),
        _most(told for node in nodes for told in _annotated(node)),
        next(_kubeadm_pods(snapshot), ("", "")),
    ):
        if found:
            yield found, evidence, ""
    for node in nodes:
        if _RKE_ROLE in mapping(node.body, "metadata", "labels"):
            yield "rke1", _in(_node(node.name), _label(_RKE_ROLE)), ""
    for node in nodes:
        for vendor, where in _vendor(node):
            yield "other", _in(_node(node.name), where), vendor
    for name, found in _CONFIG_MAPS:
        if snapshot.get(f"core/ConfigMap/kube-system/{name}") is not None:
            yield found, f"ConfigMap kube-system/{name}", ""
    known = any(text(node.body, "status", "nodeInfo", "kubeletVersion") for node in nodes)
    # A kubelet that says no word of RKE2 or K3s is none of theirs, whatever lies on its node.
    possible = ("rke1",) if known else ("rke1", "rke2", "k3s")
    for image, where in chain(_images(snapshot), _node_images(nodes)):
        for pattern, found in _IMAGES:
            if found in possible and pattern.search(image[0]):
                yield found, _in(Message("image {name}", name=image[0]), where), ""
    yield from _pod_marks(snapshot, possible)
    if nodes:
        yield "other", Message("no mark of a distribution on any node"), ""


def _in(place: str, field: str) -> Message:
    return Message("{place}, {field}", place=place, field=field)


def _node(name: str) -> Message:
    return Message("node {name}", name=name)


def _label(name: str) -> Message:
    return Message("label {name}", name=name)


def _annotation(name: str) -> Message:
    return Message("annotation {name}", name=name)


def _most(found: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """The distribution that most nodes speak for, with the first of its marks; the earlier one where they are even."""
    evidence: dict[str, str] = {}
    counted: Counter[str] = Counter()
    for name, where in found:
        evidence.setdefault(name, where)
        counted[name] += 1
    name = max(counted, key=lambda name: counted[name], default="")
    return name, evidence.get(name, "")


def _build(node: Record) -> Iterator[tuple[str, str]]:
    where = _in(_node(node.name), "status.nodeInfo.kubeletVersion")
    version = text(node.body, "status", "nodeInfo", "kubeletVersion")
    yield from ((found, where) for pattern, found in _BUILDS if pattern.search(version))


def _provider(node: Record) -> Iterator[tuple[str, str]]:
    provider = text(node.body, "spec", "providerID")
    yield from (
        (found, _in(_node(node.name), "spec.providerID")) for prefix, found in _PROVIDERS if provider.startswith(prefix)
    )


def _annotated(node: Record) -> Iterator[tuple[str, str]]:
    """The first of the annotations that a distribution writes: RKE2's nodes have those of K3s too."""
    annotations, labels = (mapping(node.body, "metadata", part) for part in ("annotations", "labels"))
    for prefix, found in _ANNOTATIONS:
        if any(name.startswith(prefix) for name in annotations):
            yield found, _in(_node(node.name), _annotation(prefix))
            return
    for prefix, found in _LABELS:
        if any(name.startswith(prefix) for name in labels):
            yield found, _in(_node(node.name), _label(prefix))
            return


def _engine_marks(snapshot: Records) -> Iterator[tuple[str, str]]:
    for container in snapshot.by_kind("EngineContainer"):
        if RKE_NAME in mapping(container.body, "labels") and not any(_pod(container)):
            yield "rke1", _in(Message("engine container {name}", name=container.name), _label(RKE_NAME))
    for engine in snapshot.by_kind("Engine"):
        folder = text(engine.body, "rootDir")
        yield from (
            (found, Message("the folder of the container runtime, {folder}", folder=folder))
            for part, found in _DATA_FOLDERS
            if folder.startswith(part)
        )


def _host_marks(snapshot: Records) -> Iterator[tuple[str, str]]:
    """What runs and lies on a host: the supervisors of RKE2 and K3s, and the file that kubeadm writes for the kubelet."""
    for process in snapshot.by_kind("HostProcess"):
        if process.intent and process.name in _SUPERVISORS:
            yield process.name, Message("process {name} of node {node}", name=process.name, node=process.namespace)
    for file in snapshot.by_kind("HostFile"):
        if file.name in _HOST_FILES:
            yield "kubeadm", Message("file {name} of node {node}", name=file.name, node=file.namespace)


def _vendor(node: Record) -> Iterator[tuple[str, str]]:
    """The vendor of a node that is of none of these distributions, and where it says so."""
    version = text(node.body, "status", "nodeInfo", "kubeletVersion")
    system = text(node.body, "status", "nodeInfo", "osImage")
    labels = mapping(node.body, "metadata", "labels")
    yield from ((vendor, "status.nodeInfo.kubeletVersion") for part, vendor in _VENDOR_BUILDS if part in version)
    for prefix, vendor in _VENDOR_LABELS:
        yield from ((vendor, _label(label)) for label in sorted(labels) if label.startswith(prefix))
    yield from ((vendor, "status.nodeInfo.osImage") for part, vendor in _VENDOR_SYSTEMS if system.startswith(part))


def _kubeadm_pods(snapshot: Records) -> Iterator[tuple[str, str]]:
    """Static pods that kubeadm wrote: by its annotation, or by its labels and the folder of its certificates."""
    for pod in snapshot.by_kind("Pod"):
        if pod.namespace != "kube-system" or not pod.name.startswith(tuple(f"{part}-" for part in _STATIC)):
            continue
        where = Message("static pod {name}", name=f"kube-system/{pod.name}")
        if any(name.startswith(_KUBEADM_POD) for name in mapping(pod.body, "metadata", "annotations")):
            yield "kubeadm", _in(where, _annotation(_KUBEADM_POD))
        labels = mapping(pod.body, "metadata", "labels")
        if text(labels, "tier") == "control-plane" and text(labels, "component") in _STATIC:
            for container in items(pod.body, "spec", "containers"):
                if _KUBEADM_FILES in " ".join((*words(container, "command"), *words(container, "args"))):
                    yield "kubeadm", _in(where, Message("{text} in its command", text=_KUBEADM_FILES))


def _pod_marks(snapshot: Records, possible: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    pods = {pod.name: pod for pod in snapshot.by_kind("Pod") if pod.namespace == "kube-system"}
    names = {name for namespace, name in map(_pod, snapshot.by_kind("EngineContainer")) if namespace == "kube-system"}
    system = sorted({*pods, *names})
    for name in system:
        end = name.removeprefix("cloud-controller-manager-")
        static = end != name and f"kube-apiserver-{end}" in system
        if "rke2" in possible and (static or name.startswith(("rke2-canal-", "helm-install-rke2-"))):
            yield "rke2", Message("pod {name}", name=f"kube-system/{name}"), ""
    for name in system:
        if name.startswith(("rke-network-plugin-deploy-job-", "rke-coredns-addon-deploy-job-")):
            yield "rke1", Message("pod {name}", name=f"kube-system/{name}"), ""
    for name in system:
        if "k3s" in possible and name.startswith(("svclb-", "helm-install-traefik-")):
            yield "k3s", Message("pod {name}", name=f"kube-system/{name}"), ""
    for name in _K3S_ADDONS if "k3s" in possible else ():
        addon = snapshot.get(f"apps/Deployment/kube-system/{name}")
        if addon is not None and _OBJECT_SET in mapping(addon.body, "metadata", "labels"):
            yield "k3s", _in(f"Deployment kube-system/{name}", _label(_OBJECT_SET)), ""
    for name in system:
        images = [text(item, "image") for item in items(pods[name].body, "spec", "containers")] if name in pods else []
        if name.startswith("canal-") and any(_RANCHER_CANAL.search(parse_image(image).repository) for image in images):
            yield "rke1", Message("pod {name}", name=f"kube-system/{name}"), ""
    for name in system:
        for prefix, vendor in _MANAGED:
            if name.startswith(prefix):
                yield "other", Message("pod {name}", name=f"kube-system/{name}"), vendor
    if snapshot.by_kind("Node"):
        return
    for name in system:
        body = pods[name].body if name in pods else {}
        if not name.startswith(tuple(f"{part}-" for part in _STATIC)) or "k8s-app" in mapping(
            body, "metadata", "labels"
        ):
            continue
        # A command that is known was no mark of kubeadm's: see _kubeadm_pods.
        if not any(words(item, "command") or words(item, "args") for item in items(body, "spec", "containers")):
            yield "kubeadm", Message("static pod {name}", name=f"kube-system/{name}"), ""


def _pod(container: Record) -> tuple[str, str]:
    return text(container.body, "pod", "namespace"), text(container.body, "pod", "name")


# -- versions ---------------------------------------------------------------------------------------------------------


def _versions(snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    for capture in snapshot.header.captures:
        version = capture.tool.get("server", "") if capture.source in ("kubernetes", "files") else ""
        if version:
            live = capture.source == "kubernetes"
            yield (
                "Kubernetes",
                version,
                Message("GET /version of the API") if live else Message("a file with the version of the server"),
            )
            break
    for name, field in (
        ("kubelet", "kubeletVersion"), ("kube-proxy", "kubeProxyVersion"), (N_("container runtime"), "containerRuntimeVersion"),
        (N_("operating system"), "osImage"), (N_("kernel"), "kernelVersion"),
    ):  # fmt: skip
        yield from _counted(
            name,
            ((text(node.body, "status", "nodeInfo", field), node.name) for node in snapshot.by_kind("Node")),
            f"status.nodeInfo.{field}",
        )
    if not snapshot.by_kind("Node"):
        engines = ((_engine_version(engine), engine.namespace or "") for engine in snapshot.by_kind("Engine"))
        yield from _counted(N_("container engine"), engines, Message("what the engine says of itself"))
    setting = snapshot.get("management.cattle.io/Setting/-/server-version")
    if setting is not None and (value := text(setting.body, "value") or text(setting.body, "default")):
        yield "Rancher server", value, "Setting server-version"
    yield from _image_versions(snapshot)


def _engine_version(engine: Record) -> str:
    """What a container engine is and its version, as a kubelet would say it; Docker does not give its own name."""
    version = text(engine.body, "version")
    return f"{text(engine.body, 'runtime') or 'docker'}://{version}" if version else ""


def _counted(name: str, found: Iterable[tuple[str, str]], field: str) -> Iterator[tuple[str, str, str]]:
    """Each version that nodes have, with the nodes that have it: one is named, many are counted."""
    nodes: dict[str, list[str]] = {}
    for version, node in found:
        if version:
            nodes.setdefault(version, []).append(node)
    for version in sorted(nodes):
        named = nodes[version]
        who = _node(named[0]) if len(named) == 1 else Message("{count} nodes", count=len(named))
        yield name, version, _in(who, field)


def _image_versions(snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    found: dict[tuple[str, str], str] = {}
    for (repository, tag), where in _images(snapshot):
        if not tag:
            continue
        for name, pattern in _PARTS:
            if pattern.search(repository):
                found.setdefault((name, tag), _in(Message("image {name}", name=repository), where))
    order = [name for name, _pattern in _PARTS]
    for name, tag in sorted(found, key=lambda pair: (order.index(pair[0]), pair[1])):
        yield name, tag, found[name, tag]


def _images(snapshot: Records) -> Iterator[tuple[tuple[str, str], str]]:
    """Every image that something runs as ((repository, tag), where): each once, in the order of the records."""
    seen: set[str] = set()
    for container in snapshot.by_kind("EngineContainer"):
        yield from _image(text(container.body, "image"), Message("engine container {name}", name=container.name), seen)
    for pod in snapshot.by_kind("Pod"):
        for part in ("containers", "initContainers"):
            for item in items(pod.body, "spec", part):
                yield from _image(text(item, "image"), Message("pod {name}", name=f"{pod.namespace}/{pod.name}"), seen)


def _node_images(nodes: Sequence[Record]) -> Iterator[tuple[tuple[str, str], str]]:
    """Every image that lies on a node, as its kubelet lists them: also those of containers outside pods."""
    seen: set[str] = set()
    for node in nodes:
        for item in items(node.body, "status", "images"):
            for name in words(item, "names"):
                yield from _image(name, _in(_node(node.name), "status.images"), seen)


def _image(image: str, where: str, seen: set[str]) -> Iterator[tuple[tuple[str, str], str]]:
    if not image or image in seen or HIDDEN_RE.search(image):
        return
    seen.add(image)
    reference = parse_image(image)
    if reference.identified:
        yield (reference.repository, reference.tag or ""), where


# -- roles ------------------------------------------------------------------------------------------------------------


def _roles(snapshot: Snapshot) -> Iterator[NodeRoles]:
    outside: dict[str, set[str]] = {}
    for container in snapshot.by_kind("EngineContainer"):
        if RKE_NAME in mapping(container.body, "labels"):
            outside.setdefault(container.namespace or "", set()).add(text(container.body, "labels", RKE_NAME))
    static: dict[str, set[str]] = {}
    for pod in snapshot.by_kind("Pod"):
        node = text(pod.body, "spec", "nodeName")
        for part in _STATIC:
            if node and pod.namespace == "kube-system" and pod.name == f"{part}-{node}":
                static.setdefault(node, set()).add(part)
    nodes = {node.name: node for node in snapshot.by_kind("Node")}
    for name in sorted({*nodes, *outside} - {""}):
        labels = mapping(nodes[name].body, "metadata", "labels") if name in nodes else {}
        roles = _label_roles(labels)
        if roles:
            yield NodeRoles(name, roles, Message("labels {name}", name=f"{_ROLE_LABEL}…"), labelled=True)
            continue
        if told := _argument_role(nodes[name]) if name in nodes else None:
            yield NodeRoles(name, *told)
            continue
        if found := tuple(role for part, role in _ROLE_OF_STATIC if part in static.get(name, ())):
            yield NodeRoles(name, found, Message("static pods of kube-system"))
            continue
        containers = outside.get(name, set())
        if containers:
            found = tuple(role for container, role in _CONTAINER_ROLES if container in containers)
            yield NodeRoles(name, found, Message("the containers outside pods"))
        elif name in nodes:
            yield NodeRoles(name, ("worker",), Message("no label {label}", label=f"{_ROLE_LABEL}…"))


def _argument_role(node: Record) -> tuple[tuple[str, ...], str] | None:
    """What RKE2 or K3s was started as on a node without labels: ``["server", …]`` or ``["agent", …]``."""
    for name in _ARGUMENTS:
        words_ = text(node.body, "metadata", "annotations", name)
        for word, role in (("server", "control-plane"), ("agent", "worker")):
            if words_.startswith(f'["{word}"'):
                return (role,), _annotation(name)
    return None


def _label_roles(labels: Mapping[str, Any]) -> tuple[str, ...]:
    found = {name[len(_ROLE_LABEL) :] for name in labels if name.startswith(_ROLE_LABEL)}
    if role := text(labels, "kubernetes.io/role"):
        found.add(role)
    return tuple(sorted(found - {""}, key=lambda role: (_ROLE_ORDER.index(role) if role in _ROLE_ORDER else 99, role)))
