"""Which network the pods of a cluster have, recognised by the programs that make it and never by a name alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.fields import items, text, words
from rkedoc.explain.facts.fact import Missing, Place, Read, Reading, found, place_in, place_of, why_none
from rkedoc.i18n import N_, Message
from rkedoc.vocabulary import Term

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload


class Network(Term):
    """A network of pods whose ways are known here; its code is the key of its page and the topic of its facts."""

    CANAL = "canal", N_("canal")
    CALICO = "calico", N_("Calico")
    FLANNEL = "flannel", N_("flannel")
    CILIUM = "cilium", N_("Cilium")
    WEAVE = "weave", N_("Weave Net")


@dataclass(frozen=True, slots=True)
class Found:
    """A network that a cluster has, and what shows it. ``workload`` is ``None`` where none was collected, or there is none: inside k3s."""

    network: Network
    where: Place
    workload: Workload | None


@dataclass(frozen=True, slots=True)
class _Mark:
    """What tells a program of a network: the end of its image's repository, or its name in the command line."""

    image: re.Pattern[str]
    program: str


# The images as the projects, Rancher and RKE2 build them: calico/node, rancher/calico-node, rancher/mirrored-calico-node,
# rancher/hardened-calico; coreos/flannel, rancher/coreos-flannel, rancher/mirrored-flannelcni-flannel, rancher/hardened-flannel;
# cilium/cilium, rancher/mirrored-cilium-cilium; weaveworks/weave-kube.
_MARKS: Final[Mapping[Network, _Mark]] = MappingProxyType({
    Network.CALICO: _Mark(re.compile(r"(?:^|[/-])(?:calico[/-]node|hardened-calico)\Z"), "start_runit"),
    Network.FLANNEL: _Mark(re.compile(r"(?:^|[/-])flanneld?\Z"), "flanneld"),
    Network.CILIUM: _Mark(re.compile(r"(?:^|[/-])cilium\Z"), "cilium-agent"),
    Network.WEAVE: _Mark(re.compile(r"(?:^|[/-])weave-kube\Z"), "weaver"),
})  # fmt: skip
_ON_EACH_NODE: Final = ("DaemonSet", "Pod")
_CNI_FOLDERS: Final = ("/etc/cni/net.d", "/opt/cni/bin")
_FIRST: Final = 3
"""Words of a command line among which the program's name stands."""

CONFIGURATIONS: Final[Mapping[tuple[str, str], Network]] = MappingProxyType({
    ("kube-system", "canal-config"): Network.CANAL, ("kube-system", "rke2-canal-config"): Network.CANAL,
    ("kube-system", "kube-flannel-cfg"): Network.FLANNEL, ("kube-flannel", "kube-flannel-cfg"): Network.FLANNEL,
})  # fmt: skip
"""ConfigMaps that hold flannel's configuration: of RKE's and RKE2's canal, of RKE's flannel, of flannel's own manifest."""

BACKEND_ANNOTATION: Final = "flannel.alpha.coreos.com/backend-type"
"""What flannel writes of itself on each node (flannel-io/flannel v0.22.0, pkg/subnet/kube/annotations.go)."""


@lru_cache(maxsize=4)
def networks(cluster: Cluster) -> tuple[Found, ...]:
    """The networks that are installed, each once. More than one is a mistake or a change that is under way."""
    known: dict[Network, Found] = {}
    for workload in cluster.workloads():
        network = _network_of(workload) if workload.kind in _ON_EACH_NODE else None
        if network is not None:
            known.setdefault(network, Found(network, place_in(workload), workload))
    if not known:
        known = {one.network: one for one in (_configured(cluster), _inside_k3s(cluster)) if one is not None}
    return tuple(known[network] for network in Network if network in known)


def _configured(cluster: Cluster) -> Found | None:
    """The network whose configuration is there, although no workload of it was collected."""
    for (namespace, name), configured in CONFIGURATIONS.items():
        record = cluster.get(f"core/ConfigMap/{namespace}/{name}")
        if record is not None:
            return Found(configured, place_of(record), None)
    return None


def _inside_k3s(cluster: Cluster) -> Found | None:
    if cluster.distribution != "k3s" or not any(isinstance(said, Read) for said in backend_annotations(cluster)):
        return None
    return Found(Network.FLANNEL, Place(Message("inside the k3s process, as the annotations of the nodes show")), None)


def network(cluster: Cluster) -> Found | None:
    """The network of a cluster; ``None`` where none is known, or several are."""
    installed = networks(cluster)
    return installed[0] if len(installed) == 1 else None


def plugin(cluster: Cluster) -> Reading:
    """The name of the network with what shows it, or why that is not known."""
    installed = networks(cluster)
    if len(installed) == 1:
        return Read(installed[0].network.label, installed[0].where)
    if installed:
        names = Message("{one} and {other}", one=installed[0].network.label, other=installed[1].network.label)
        why = N_("{names} are both installed; which of them pods get stands in the node's folder /etc/cni/net.d")
        return Missing(Message(why, names=names))
    if not cluster.collected("Pod"):
        return Missing(why_none(cluster, "core", "Pod"))
    return Missing(Message("no workload of a known network plugin was found"))


def others(cluster: Cluster) -> Iterator[Workload]:
    """The workloads that put a network plugin onto each node without being one whose ways are known."""
    for workload in cluster.workloads():
        if workload.kind == "DaemonSet" and _network_of(workload) is None and _fills_cni_folder(workload):
            yield workload


def containers_of_network(workload: Workload, network: Network) -> Iterator[Mapping[str, Any]]:
    """The containers of a workload that run a network's programs; of canal those of Calico and flannel."""
    parts = (Network.CALICO, Network.FLANNEL) if network is Network.CANAL else (network,)
    for container in items(workload.pod_spec, "containers"):
        if any(_runs(container, part) for part in parts):
            yield container


def backend_annotations(cluster: Cluster) -> Iterator[Reading | None]:
    """What flannel says of its backend on each node."""
    for node in cluster.snapshot.by_kind("Node"):
        value = text(node.body, "metadata", "annotations", BACKEND_ANNOTATION)
        yield found(value, place_of(node, Message("annotation {name}", name=BACKEND_ANNOTATION)))


def _network_of(workload: Workload) -> Network | None:
    parts = {part for part in _MARKS for one in items(workload.pod_spec, "containers") if _runs(one, part)}
    if parts >= {Network.CALICO, Network.FLANNEL}:
        return Network.CANAL
    return next((part for part in _MARKS if part in parts), None)


def _runs(container: Mapping[str, Any], part: Network) -> bool:
    mark = _MARKS[part]
    if mark.image.search(parse_image(text(container, "image")).repository):
        return True
    started = (*words(container, "command"), *words(container, "args"))[:_FIRST]
    return any(word.rpartition("/")[2] == mark.program for word in started)


def _fills_cni_folder(workload: Workload) -> bool:
    paths = (text(volume, "hostPath", "path").rstrip("/") for volume in items(workload.pod_spec, "volumes"))
    return any(path in _CNI_FOLDERS for path in paths)
