"""The networks of a cluster as they were configured: pods, services, names, and how packets pass between nodes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.fields import items, text, words
from rkedoc.explain.facts.fact import (
    Fact,
    Missing,
    Place,
    Read,
    Reading,
    Unread,
    Words,
    data_of,
    first,
    flag,
    found,
    hidden_at,
    listed,
    place_of,
)
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.networks import Found, Network, network, plugin
from rkedoc.explain.facts.packets import READERS, kubeadm
from rkedoc.explain.facts.settings import SERVER, all_settings
from rkedoc.i18n import Message
from rkedoc.snapshot.record import HIDDEN_RE

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

_CHART_VALUE: Final = re.compile(r"global\.(clusterCIDR|serviceCIDR|clusterDNS|clusterDomain)=(.+)\Z")


def network_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """Facts about the networks of pods and services."""
    one = network(cluster)
    yield first(FactKey.NETWORK_PLUGIN, [plugin(cluster)])
    yield first(FactKey.NETWORK_POLICIES, [_policies(cluster, one)])
    way, pods, mtu, port = _carried(cluster, one)
    yield way
    yield pods
    yield first(FactKey.SERVICE_NETWORK, _service_network(cluster))
    yield mtu
    yield port
    yield first(FactKey.NODE_PORTS, _node_ports(cluster))
    yield first(FactKey.PROXY_MODE, _proxy_mode(cluster))
    yield first(FactKey.DNS_ADDRESS, _dns_address(cluster))
    yield first(FactKey.DNS_DOMAIN, _dns_domain(cluster))
    yield first(FactKey.OUTSIDE_NAMES, [_forwarded(cluster)])


def facts_of(which: Network) -> Callable[[Cluster], Iterator[Fact | Unread]]:
    """The facts of the page of a network: what every network has, then its own; none where it is not the cluster's."""

    def reader(cluster: Cluster) -> Iterator[Fact | Unread]:
        one = network(cluster)
        if one is not None and one.network is which:
            yield from _carried(cluster, one)
            yield from READERS[which].own(cluster, one)

    return reader


def _carried(cluster: Cluster, one: Found | None) -> tuple[Fact | Unread, ...]:
    """How a network carries packets: between nodes, the addresses of pods, MTU and port."""
    if one is None:
        unknown = plugin(cluster)
        why = unknown if isinstance(unknown, Missing) else None
        return (
            first(FactKey.BACKEND, [why]),
            first(FactKey.POD_NETWORK, _pod_network(cluster)),
            first(FactKey.MTU, [why]),
            first(FactKey.PORT, [why]),
        )
    reader = READERS[one.network]
    mode, way = reader.between(cluster, one)
    port: Reading
    if mode is not None:
        port = reader.port(cluster, one, mode)
    elif isinstance(way, Missing):
        port = way
    else:
        port = Missing(Message("what {way} listens on is not known", way=way.value))
    pods = reader.pods(cluster, one)
    return (
        first(FactKey.BACKEND, [way]),
        first(FactKey.POD_NETWORK, chain(pods, _pod_network(cluster)) if reader.shared(cluster, one) else pods),
        first(FactKey.MTU, reader.mtu(cluster, one)),
        first(FactKey.PORT, [port]),
    )


def _pod_network(cluster: Cluster) -> Iterator[Reading | None]:
    yield flag(cluster, "kube-controller-manager", "cluster-cidr")
    yield flag(cluster, "kube-proxy", "cluster-cidr")
    yield _chart(cluster, "clusterCIDR")
    yield _node_argument(cluster, "--cluster-cidr")
    yield kubeadm(cluster, "podSubnet")
    yield _default(cluster, "cluster-cidr", "10.42.0.0/16")
    slices = {text(node.body, "spec", "podCIDR") for node in cluster.snapshot.by_kind("Node")} - {""}
    if slices and not any(HIDDEN_RE.search(one) for one in slices):
        shown = listed(sorted(slices, key=_by_number), _MOST_SLICES)
        yield Read(Message("the nodes' slices {parts}", parts=shown), Place(Message("the nodes"), "spec.podCIDR"))


_MOST_SLICES: Final = 6


def _by_number(network: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", network))


def _default(cluster: Cluster, setting: str, value: Words, *, of_all: bool = False) -> Reading | None:
    """The default of K3s and RKE2, where the settings of their servers (``of_all``: of all nodes) were read and do not say otherwise (k3s-io/k3s 005499a9,
    pkg/cli/cmds/server.go, which RKE2 takes over: rancher/rke2 v1.36.3+rke2r1, pkg/cli/cmds/server.go)."""
    asked = [one for one in all_settings(cluster).values() if of_all or one.role == SERVER]
    if not any(one.role == SERVER for one in asked) or not all(one.read and one.get(setting) is None for one in asked):
        return None
    where = Message("the default of {what}: no server sets {flag}", what=_release(cluster), flag=f"--{setting}")
    return Read(value, Place(where))


def _release(cluster: Cluster) -> str:
    """K3s or RKE2 with its version, as the nodes tell it."""
    said = distribution(cluster)
    versions = {
        text(node.body, "status", "nodeInfo", "kubeletVersion") for node in cluster.snapshot.by_kind("Node")
    } - {""}
    return f"{said.name} {', '.join(sorted(versions))}".strip()


def _service_network(cluster: Cluster) -> Iterator[Reading | None]:
    yield flag(cluster, "kube-apiserver", "service-cluster-ip-range")
    yield flag(cluster, "kube-controller-manager", "service-cluster-ip-range")
    yield _chart(cluster, "serviceCIDR")
    yield _node_argument(cluster, "--service-cidr")
    yield kubeadm(cluster, "serviceSubnet")
    yield _default(cluster, "service-cidr", "10.43.0.0/16")
    # The API server's own Service always has the first address of the network (kubernetes.io, concepts/services-networking/cluster-ip-allocation).
    own = cluster.get("core/Service/default/kubernetes")
    address = text(own.body, "spec", "clusterIP") if own is not None else ""
    if own is not None and address and not HIDDEN_RE.search(address):
        yield Read(Message("contains {address}", address=address), place_of(own, "spec.clusterIP"))


def _policies(cluster: Cluster, one: Found | None) -> Reading:
    """Whether network policies have an effect, and who gives it to them."""
    if one is None:
        unknown = plugin(cluster)
        return unknown if isinstance(unknown, Missing) else Missing(unknown.value)
    name = one.network.label
    if READERS[one.network].enforces:
        return Read(Message("enforced by {plugin}", plugin=name), one.where)
    if cluster.distribution == "k3s":
        return _k3s_policies(cluster)
    if one.workload is not None:
        for container in items(one.workload.pod_spec, "containers"):
            if parse_image(text(container, "image")).repository.endswith("kube-network-policies"):
                return Read(Message("enforced by {plugin}", plugin=text(container, "name")), one.where)
    return Read(Message("not enforced: {plugin} does not know them", plugin=name), one.where)


def _k3s_policies(cluster: Cluster) -> Reading:
    """K3s brings a controller, kube-router's, unless a server switches it off (k3s-io/k3s, pkg/agent/netpol/netpol.go)."""
    flag_ = "--disable-network-policy"
    for node in cluster.snapshot.by_kind("Node"):
        if flag_ in text(node.body, "metadata", "annotations", "k3s.io/node-args"):
            value = Message("not enforced: the controller of K3s is switched off")
            return Read(value, place_of(node, "k3s.io/node-args"))
    enforced = Message("enforced by the controller inside K3s")
    if (default := _default(cluster, flag_.removeprefix("--"), enforced)) is not None:
        return default
    return _usual(cluster, Message("enforced by the controller inside K3s, unless a server switches it off"))


def _settings_read(cluster: Cluster) -> bool:
    return any(one.role == SERVER and one.read for one in all_settings(cluster).values())


def _usual(cluster: Cluster, value: Words) -> Read:
    """What holds unless a server says otherwise, where their settings were not read."""
    where = Message("the default of {what}; the settings of its servers were not read", what=_release(cluster))
    return Read(value, Place(where))


def _node_ports(cluster: Cluster) -> Iterator[Reading | None]:
    reading = flag(cluster, "kube-apiserver", "service-node-port-range")
    if isinstance(reading, Missing) and reading.unset:
        # kubernetes.io, reference/command-line-tools-reference/kube-apiserver.
        yield Read("30000-32767", Place(Message("the default: {why}", why=reading.why)))
    yield reading
    yield _node_argument(cluster, "--service-node-port-range")
    yield _default(cluster, "service-node-port-range", "30000-32767")
    if cluster.distribution == "k3s" and not _settings_read(cluster):
        yield _usual(cluster, Message("{value}, unless a server sets another", value="30000-32767"))


def _proxy_mode(cluster: Cluster) -> Iterator[Reading | None]:
    reading = flag(cluster, "kube-proxy", "proxy-mode")
    yield reading
    if isinstance(reading, Missing) and reading.unset and not isinstance(flag(cluster, "kube-proxy", "config"), Read):
        # kubernetes.io, reference/command-line-tools-reference/kube-proxy.
        yield Read("iptables", Place(Message("the default on Linux: {why}", why=reading.why)))
    if (
        cluster.distribution == "k3s"
        and (given := _default(cluster, "kube-proxy-arg", "iptables", of_all=True)) is not None
    ):
        yield given  # k3s-io/k3s, pkg/daemons/agent/agent_linux.go: what it starts its kube-proxy with
    if cluster.distribution == "k3s" and not _settings_read(cluster):
        yield _usual(cluster, Message("{value}, unless a server sets another", value="iptables"))


def _dns_address(cluster: Cluster) -> Iterator[Reading | None]:
    yield flag(cluster, "kubelet", "cluster-dns")
    for name in ("kube-dns", "rke2-coredns-rke2-coredns", "coredns"):
        service = cluster.get(f"core/Service/kube-system/{name}")
        if service is not None:
            yield found(text(service.body, "spec", "clusterIP"), place_of(service, "spec.clusterIP"))
    yield data_of(cluster, "kube-system", "cluster-dns", "clusterDNS")
    yield _chart(cluster, "clusterDNS")


def _dns_domain(cluster: Cluster) -> Iterator[Reading | None]:
    yield flag(cluster, "kubelet", "cluster-domain")
    yield data_of(cluster, "kube-system", "cluster-dns", "clusterDomain")
    yield _chart(cluster, "clusterDomain")
    corefile = _corefile(cluster)
    if isinstance(corefile, Read) and (zones := _directive(corefile.value, "kubernetes")):
        yield found(zones[0], corefile.where.below("kubernetes"))


def _forwarded(cluster: Cluster) -> Reading:
    corefile = _corefile(cluster)
    if isinstance(corefile, Missing):
        return corefile
    for name in ("forward", "proxy"):  # "proxy" until CoreDNS 1.5
        if resolvers := " ".join(_directive(corefile.value, name)[1:]):
            where = corefile.where.below(name)
            return hidden_at(where) if HIDDEN_RE.search(resolvers) else Read(resolvers, where)
    return Missing(Message("{where}: nothing is forwarded", where=corefile.where.words))


def _directive(corefile: str, name: str) -> tuple[str, ...]:
    """The words after a plugin's name in the first line of a Corefile that begins with it."""
    for line in corefile.splitlines():
        head, *rest = line.split() or [""]
        if head == name:
            return tuple(word.strip('"') for word in rest if word != "{")
    return ()


def _corefile(cluster: Cluster) -> Reading:
    names = ("coredns", "rke2-coredns-rke2-coredns")
    known = next((name for name in names if cluster.get(f"core/ConfigMap/kube-system/{name}") is not None), names[0])
    return data_of(cluster, "kube-system", known, "Corefile")


def _chart(cluster: Cluster, value: str) -> Reading | None:
    """A value that RKE2 gives to the jobs that install its charts."""
    for record in cluster.snapshot.by_kind("Job"):
        if not record.name.startswith("helm-install-rke2-"):
            continue
        for container in items(record.body, "spec", "template", "spec", "containers"):
            for argument in words(container, "args"):
                match = _CHART_VALUE.match(argument)
                if match is not None and match[1] == value:
                    return found(match[2], place_of(record, f"global.{value}"))
    return None


def _node_argument(cluster: Cluster, name: str) -> Reading | None:
    """An argument of the k3s or rke2 process, which it writes into an annotation of its node."""
    for node in cluster.snapshot.by_kind("Node"):
        for annotation in ("k3s.io/node-args", "rke2.io/node-args"):
            value = text(node.body, "metadata", "annotations", annotation)
            if value and (given := _after(value, name)):
                return found(given, place_of(node, Message("annotation {name}", name=annotation)))
    return None


def _after(arguments: str, name: str) -> str:
    try:
        words_: Any = json.loads(arguments)
    except (ValueError, RecursionError):
        return ""
    listed = [word for word in words_ if isinstance(word, str)] if isinstance(words_, list) else []
    for index, word in enumerate(listed[:-1]):
        if word == name:
            return listed[index + 1]
    return next((word.partition("=")[2] for word in listed if word.startswith(f"{name}=")), "")
