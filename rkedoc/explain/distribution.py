"""Which distribution of Kubernetes a cluster is, in which versions, and what its nodes are for.

Nothing here needs more than the snapshot, so that the model can ask before it looks anything up in the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.explain.fields import items, mapping, text
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.snapshot.record import HIDDEN_RE

if TYPE_CHECKING:
    from rkedoc.explain.known import Records
    from rkedoc.explain.model import Cluster
    from rkedoc.snapshot.reader import Snapshot
    from rkedoc.snapshot.record import Record

NAMES: Final[Mapping[str, str]] = {
    "rke1": "RKE1", "rke2": "RKE2", "k3s": "K3s", "kubeadm": "kubeadm", "other": "Kubernetes", "": "Kubernetes",
}  # fmt: skip
"""How people call a distribution, by its id."""

_ROLE_LABEL: Final = "node-role.kubernetes.io/"
# Each mark with the place where it is written. RKE1: rancher/rke v1.2.4, k8s/node.go (external and internal address);
# RKE2 and K3s: rancher/rke2 and k3s-io/k3s, the agent's node annotations; kubeadm: constants.go AnnotationKubeadmCRISocket.
_ANNOTATIONS: Final = (
    ("rke2.io/", "rke2"), ("k3s.io/", "k3s"), ("rke.cattle.io/external-ip", "rke1"), ("rke.cattle.io/internal-ip", "rke1"),
    ("kubeadm.alpha.kubernetes.io/", "kubeadm"),
)  # fmt: skip
_CONFIG_MAPS: Final = (
    ("full-cluster-state", "rke1"), ("rke-network-plugin", "rke1"), ("rke-coredns-addon", "rke1"), ("rke2", "rke2"),
    ("chart-content-rke2-coredns", "rke2"), ("k3s", "k3s"), ("kubeadm-config", "kubeadm"),
)  # fmt: skip
_IMAGES: Final = (
    (re.compile(r"(?:^|/)(?:hyperkube|rke-tools|mirrored-coreos-etcd|coreos-etcd)$"), "rke1"),
    (re.compile(r"(?:^|/)(?:rke2-runtime|hardened-kubernetes)$"), "rke2"),
    (re.compile(r"(?:^|/)(?:klipper-lb|klipper-helm)$"), "k3s"),
)
_STATIC: Final = ("kube-apiserver", "kube-scheduler", "kube-controller-manager", "etcd")
_MANAGED: Final = ("aws-node-", "kindnet-", "azure-cns-", "gke-metadata-server-", "pdcsi-node-", "ebs-csi-node-")
# RKE's containers outside pods, and the role of a node that runs each (rancher/rke v1.2.4, cluster/plan.go).
_CONTAINER_ROLES: Final = (("etcd", "etcd"), ("kube-apiserver", "controlplane"), ("kubelet", "worker"))
_ROLE_ORDER: Final = ("control-plane", "controlplane", "master", "etcd", "worker")
_PARTS: Final = (
    ("Rancher", re.compile(r"(?:^|/)rancher/rancher$")),
    ("Rancher agent", re.compile(r"(?:^|/)rancher-agent$")),
    ("Fleet agent", re.compile(r"(?:^|/)fleet-agent$")),
    ("Fleet", re.compile(r"(?:^|/)fleet$")),
    ("etcd", re.compile(r"(?:^|/)(?:mirrored-coreos-|coreos-|hardened-)?etcd$")),
    ("RKE tools", re.compile(r"(?:^|/)rke-tools$")),
    ("Calico", re.compile(r"(?:^|/)(?:mirrored-calico-node|calico-node|calico/node|hardened-calico)$")),
    ("flannel", re.compile(r"(?:^|/)(?:mirrored-)?(?:coreos-|flannelcni-|flannel-|hardened-)?flannel$")),
    ("Cilium", re.compile(r"(?:^|/)(?:mirrored-cilium-cilium|cilium)$")),
    ("CoreDNS", re.compile(r"(?:^|/)(?:mirrored-coredns-|coredns-|hardened-)?coredns$")),
    ("ingress-nginx", re.compile(r"(?:^|/)nginx-ingress-controller$|(?:^|/)ingress-nginx/controller$")),
    ("Traefik", re.compile(r"(?:^|/)(?:mirrored-library-)?traefik$")),
    ("metrics-server", re.compile(r"(?:^|/)(?:mirrored-|hardened-k8s-)?metrics-server$")),
    ("pause", re.compile(r"(?:^|/)(?:mirrored-pause|pause)$")),
)


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a cluster is.

    ``id`` is one of ``rke1``, ``rke2``, ``k3s``, ``kubeadm``, ``other``, empty where nothing tells; ``name`` is for people,
    ``evidence`` says what told. ``versions`` are (what, version, where it was read), ``roles`` (node, its roles, where).
    """

    id: str
    name: str
    evidence: str
    versions: tuple[tuple[str, str, str], ...]
    roles: tuple[tuple[str, tuple[str, ...], str], ...]


def distribution_id(snapshot: Records) -> str:
    """``rke1``, ``rke2``, ``k3s``, ``kubeadm`` or ``other``; empty where the snapshot does not tell."""
    return _identified(snapshot)[0]


@lru_cache(maxsize=4)
def distribution(cluster: Cluster) -> Distribution:
    """What the cluster of a model is, its versions and the roles of its nodes."""
    snapshot = cluster.snapshot
    found, evidence = _identified(snapshot)
    return Distribution(found, NAMES[found], evidence, tuple(_versions(snapshot)), tuple(_roles(snapshot)))


def _identified(snapshot: Records) -> tuple[str, str]:
    """The distribution and the evidence; the strongest mark first."""
    return next(_marks(snapshot), ("", ""))


def _marks(snapshot: Records) -> Iterator[tuple[str, str]]:
    nodes = snapshot.by_kind("Node")
    for node in nodes:
        version = text(node.body, "status", "nodeInfo", "kubeletVersion")
        for mark, found in (("+rke2", "rke2"), ("+k3s", "k3s")):
            if mark in version:
                yield found, f"node {node.name}, status.nodeInfo.kubeletVersion"
    for container in snapshot.by_kind("EngineContainer"):
        if RKE_NAME in mapping(container.body, "labels") and not any(_pod(container)):
            yield "rke1", f"engine container {container.name}, label {RKE_NAME}"
    for node in nodes:
        annotations = mapping(node.body, "metadata", "annotations")
        for prefix, found in _ANNOTATIONS:
            if any(name.startswith(prefix) for name in annotations):
                yield found, f"node {node.name}, annotation {prefix}"
    for name, found in _CONFIG_MAPS:
        if snapshot.get(f"core/ConfigMap/kube-system/{name}") is not None:
            yield found, f"ConfigMap kube-system/{name}"
    for image, where in _images(snapshot):
        for pattern, found in _IMAGES:
            if pattern.search(image[0]):
                yield found, f"image {image[0]}, {where}"
    yield from _pod_marks(snapshot)
    if nodes:
        yield "other", "no mark of a distribution on any node"


def _pod_marks(snapshot: Records) -> Iterator[tuple[str, str]]:
    names = {(pod.namespace or "", pod.name) for pod in snapshot.by_kind("Pod")}
    names |= {_pod(container) for container in snapshot.by_kind("EngineContainer")} - {("", "")}
    system = sorted(name for namespace, name in names if namespace == "kube-system")
    for name in system:
        if name.startswith(("rke2-canal-", "cloud-controller-manager-", "helm-install-rke2-")):
            yield "rke2", f"pod kube-system/{name}"
    for name in system:
        if name.startswith(("rke-network-plugin-deploy-job-", "rke-coredns-addon-deploy-job-")):
            yield "rke1", f"pod kube-system/{name}"
    for name in system:
        if name.startswith(("svclb-", "helm-install-traefik-")):
            yield "k3s", f"pod kube-system/{name}"
    for name in system:
        if name.startswith(tuple(f"{part}-" for part in _STATIC)):
            yield "kubeadm", f"static pod kube-system/{name}"
    for name in system:
        if name.startswith("canal-"):
            yield "rke1", f"pod kube-system/{name}"
    for name in system:
        if name.startswith(_MANAGED):
            yield "other", f"pod kube-system/{name}"


def _pod(container: Record) -> tuple[str, str]:
    return text(container.body, "pod", "namespace"), text(container.body, "pod", "name")


# -- versions ---------------------------------------------------------------------------------------------------------


def _versions(snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    for capture in snapshot.header.captures:
        version = capture.tool.get("server", "") if capture.source == "kubernetes" else ""
        if version:
            yield "Kubernetes", version, "GET /version of the API"
            break
    for name, field in (
        ("kubelet", "kubeletVersion"), ("kube-proxy", "kubeProxyVersion"), ("container runtime", "containerRuntimeVersion"),
        ("operating system", "osImage"), ("kernel", "kernelVersion"),
    ):  # fmt: skip
        yield from _counted(
            name,
            ((text(node.body, "status", "nodeInfo", field), node.name) for node in snapshot.by_kind("Node")),
            f"status.nodeInfo.{field}",
        )
    if not snapshot.by_kind("Node"):
        engines = ((text(engine.body, "version"), engine.namespace or "") for engine in snapshot.by_kind("Engine"))
        yield from _counted("container engine", engines, "what the engine says of itself")
    setting = snapshot.get("management.cattle.io/Setting/-/server-version")
    if setting is not None and (value := text(setting.body, "value") or text(setting.body, "default")):
        yield "Rancher server", value, "Setting server-version"
    yield from _image_versions(snapshot)


def _counted(name: str, found: Iterable[tuple[str, str]], field: str) -> Iterator[tuple[str, str, str]]:
    """Each version that nodes have, with the nodes that have it: one is named, many are counted."""
    nodes: dict[str, list[str]] = {}
    for version, node in found:
        if version:
            nodes.setdefault(version, []).append(node)
    for version in sorted(nodes):
        who = f"node {nodes[version][0]}" if len(nodes[version]) == 1 else f"{len(nodes[version])} nodes"
        yield name, version, f"{who}, {field}"


def _image_versions(snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    found: dict[tuple[str, str], str] = {}
    for (repository, tag), where in _images(snapshot):
        if not tag:
            continue
        for name, pattern in _PARTS:
            if pattern.search(repository):
                found.setdefault((name, tag), f"image {repository}, {where}")
    order = [name for name, _pattern in _PARTS]
    for name, tag in sorted(found, key=lambda pair: (order.index(pair[0]), pair[1])):
        yield name, tag, found[name, tag]


def _images(snapshot: Records) -> Iterator[tuple[tuple[str, str], str]]:
    """Every image that something runs as ((repository, tag), where): each once, in the order of the records."""
    seen: set[str] = set()
    for container in snapshot.by_kind("EngineContainer"):
        yield from _image(text(container.body, "image"), f"engine container {container.name}", seen)
    for pod in snapshot.by_kind("Pod"):
        for part in ("containers", "initContainers"):
            for item in items(pod.body, "spec", part):
                yield from _image(text(item, "image"), f"pod {pod.namespace}/{pod.name}", seen)


def _image(image: str, where: str, seen: set[str]) -> Iterator[tuple[tuple[str, str], str]]:
    if not image or image in seen or HIDDEN_RE.search(image):
        return
    seen.add(image)
    reference = parse_image(image)
    if reference.identified:
        yield (reference.repository, reference.tag or ""), where


# -- roles ------------------------------------------------------------------------------------------------------------


def _roles(snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, ...], str]]:
    outside: dict[str, set[str]] = {}
    for container in snapshot.by_kind("EngineContainer"):
        if RKE_NAME in mapping(container.body, "labels"):
            outside.setdefault(container.namespace or "", set()).add(text(container.body, "labels", RKE_NAME))
    nodes = {node.name: node for node in snapshot.by_kind("Node")}
    for name in sorted({*nodes, *outside} - {""}):
        labels = mapping(nodes[name].body, "metadata", "labels") if name in nodes else {}
        roles = _label_roles(labels)
        if roles:
            yield name, roles, f"labels {_ROLE_LABEL}…"
            continue
        containers = outside.get(name, set())
        if containers:
            found = tuple(role for container, role in _CONTAINER_ROLES if container in containers)
            yield name, found, "the containers outside pods"
        elif name in nodes:
            yield name, ("worker",), f"no label {_ROLE_LABEL}…"


def _label_roles(labels: Mapping[str, Any]) -> tuple[str, ...]:
    found = {name[len(_ROLE_LABEL) :] for name in labels if name.startswith(_ROLE_LABEL)}
    if role := text(labels, "kubernetes.io/role"):
        found.add(role)
    return tuple(sorted(found - {""}, key=lambda role: (_ROLE_ORDER.index(role) if role in _ROLE_ORDER else 99, role)))
