"""The networks of a cluster as they were configured: pods, services, names, and how packets pass between nodes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import at, items, text, words
from rkedoc.explain.facts.fact import (
    Fact,
    Missing,
    Place,
    Read,
    Reading,
    Unread,
    data_of,
    first,
    flag,
    found,
    hidden_at,
    parsed,
    place_in,
    place_of,
    why_not_there,
)
from rkedoc.explain.facts.keys import FactKey
from rkedoc.i18n import Message
from rkedoc.snapshot.record import HIDDEN_RE

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload

# ConfigMaps that hold flannel's configuration: of RKE's and RKE2's canal, of RKE's flannel, of flannel's own manifest.
_FLANNEL: Final = (
    ("kube-system", "canal-config"), ("kube-system", "rke2-canal-config"), ("kube-system", "kube-flannel-cfg"),
    ("kube-flannel", "kube-flannel-cfg"),
)  # fmt: skip
_CANAL: Final = _FLANNEL[:2]
_BACKEND_ANNOTATION: Final = "flannel.alpha.coreos.com/backend-type"
# flannel-io/flannel, Documentation/backends.md: what a backend listens on unless it is told otherwise.
_BACKEND_PORTS: Final = {"vxlan": "8472", "udp": "8285", "wireguard": "51820"}
_PLUGINS: Final = (
    ("canal", ("canal", "rke2-canal")), ("flannel", ("kube-flannel", "kube-flannel-ds")), ("Calico", ("calico-node",)),
    ("Cilium", ("cilium",)), ("Weave Net", ("weave-net",)),
)  # fmt: skip
_CHART_VALUE: Final = re.compile(r"global\.(clusterCIDR|serviceCIDR|clusterDNS|clusterDomain)=(.+)\Z")


def network_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """Facts about the networks of pods and services."""
    conf, missing = _net_conf(cluster)
    backend = _backend(cluster, conf, missing)
    plugin = _plugin(cluster)
    yield first(FactKey.NETWORK_PLUGIN, [plugin])
    yield first(FactKey.NETWORK_POLICIES, [_policies(cluster, plugin)])
    yield backend
    yield first(FactKey.POD_NETWORK, _pod_network(cluster, conf, missing))
    yield first(FactKey.SERVICE_NETWORK, _service_network(cluster))
    yield first(FactKey.MTU, _mtu(cluster))
    yield first(FactKey.PORT, [_port(conf, backend, missing)])
    yield first(FactKey.NODE_PORTS, _node_ports(cluster))
    yield first(FactKey.PROXY_MODE, _proxy_mode(cluster))
    yield first(FactKey.DNS_ADDRESS, _dns_address(cluster))
    yield first(FactKey.DNS_DOMAIN, _dns_domain(cluster))
    yield first(FactKey.OUTSIDE_NAMES, [_forwarded(cluster)])


def canal_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """Facts about canal; none where there is no canal."""
    name = next(
        (name for namespace, name in _CANAL if cluster.get(f"core/ConfigMap/{namespace}/{name}") is not None), None
    )
    workload = next(
        (w for w in cluster.workloads() if w.namespace == "kube-system" and w.name in ("canal", "rke2-canal")), None
    )
    if name is None and workload is None:
        return
    conf, missing = _net_conf(cluster)
    backend = _backend(cluster, conf, missing)
    yield backend
    yield first(FactKey.POD_NETWORK, _pod_network(cluster, conf, missing))
    yield first(FactKey.MTU, _mtu(cluster))
    yield first(FactKey.PORT, [_port(conf, backend, missing)])
    place = name or "canal-config"
    interface = data_of(cluster, "kube-system", place, "canal_iface")
    if isinstance(interface, Read) and not interface.value:
        where = interface.where.at(Message("{field} is empty", field=interface.where.field))
        interface = Read(Message("that of the default route"), where)
    yield first(FactKey.INTERFACE, [interface])
    yield first(FactKey.MASQUERADING, [data_of(cluster, "kube-system", place, "masquerade")])
    typha = data_of(cluster, "kube-system", place, "typha_service_name")
    if isinstance(typha, Read):
        used = typha.value not in ("", "none")
        yield Fact(FactKey.TYPHA, typha.value if used else Message("not used"), typha.where)
    if workload is not None:
        yield from _parts(workload)


def _parts(workload: Workload) -> Iterator[Fact | Unread]:
    for _role, container in containers_of(workload.pod_spec):
        reference = parse_image(text(container, "image"))
        name = text(container, "name")
        if name in ("calico-node", "kube-flannel") and reference.tag:
            where = place_in(workload, f"image {reference.repository}")
            yield Fact(FactKey.VERSION_OF, reference.tag, where, of=name)
        for variable in items(container, "env"):
            key = _SETTINGS.get(text(variable, "name"))
            where = place_in(workload, text(variable, "name"))
            if key and (reading := found(text(variable, "value"), where)) is not None:
                yield first(key, [reading])


# projectcalico/calico, reference/felix/configuration and reference/configure-calico-node.
_SETTINGS: Final = {
    "CALICO_NETWORKING_BACKEND": FactKey.CALICO_ROUTES,
    "FELIX_DEFAULTENDPOINTTOHOSTACTION": FactKey.ENDPOINT_TO_HOST,
    "FELIX_IPTABLESBACKEND": FactKey.IPTABLES_VARIANT,
    "FELIX_IPTABLESREFRESHINTERVAL": FactKey.IPTABLES_REFRESH,
    "FELIX_LOGSEVERITYSCREEN": FactKey.FELIX_LOG_LEVEL,
    "FELIX_IPV6SUPPORT": FactKey.IPV6,
    "DATASTORE_TYPE": FactKey.DATASTORE,
}


def _net_conf(cluster: Cluster) -> tuple[Read | None, Missing | None]:
    """flannel's net-conf.json, which holds JSON, or why it could not be read."""
    missing: Missing | None = None
    for namespace, name in _FLANNEL:
        if cluster.get(f"core/ConfigMap/{namespace}/{name}") is None:
            continue
        reading = data_of(cluster, namespace, name, "net-conf.json")
        value, unread = parsed(reading)
        if isinstance(reading, Read) and isinstance(value, dict):
            return reading, None
        place = f"ConfigMap {namespace}/{name}, net-conf.json"
        missing = missing or unread or Missing(Message("{where}: not an object", where=place))
    return None, missing or Missing(why_not_there(cluster, "core/ConfigMap/kube-system/canal-config"))


def _value(conf: Read | None, *path: str) -> Reading | None:
    if conf is None:
        return None
    value = at(json.loads(conf.value), *path)
    plain = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return found(plain, conf.where.below(".".join(path)))


def _backend(cluster: Cluster, conf: Read | None, missing: Missing | None) -> Fact | Unread:
    return first(FactKey.BACKEND, (_value(conf, "Backend", "Type"), missing, *_backend_annotations(cluster)))


def _backend_annotations(cluster: Cluster) -> Iterator[Reading | None]:
    for node in cluster.snapshot.by_kind("Node"):
        value = text(node.body, "metadata", "annotations", _BACKEND_ANNOTATION)
        yield found(value, place_of(node, f"annotation {_BACKEND_ANNOTATION}"))


def _pod_network(cluster: Cluster, conf: Read | None, missing: Missing | None) -> Iterator[Reading | None]:
    yield _value(conf, "Network")
    yield missing
    yield flag(cluster, "kube-controller-manager", "cluster-cidr")
    yield flag(cluster, "kube-proxy", "cluster-cidr")
    for pool in cluster.snapshot.by_kind("IPPool"):
        yield found(text(pool.body, "spec", "cidr"), place_of(pool, "spec.cidr"))
    yield _chart(cluster, "clusterCIDR")
    yield _node_argument(cluster, "--cluster-cidr")
    yield _kubeadm(cluster, "podSubnet")


def _service_network(cluster: Cluster) -> Iterator[Reading | None]:
    yield flag(cluster, "kube-apiserver", "service-cluster-ip-range")
    yield flag(cluster, "kube-controller-manager", "service-cluster-ip-range")
    yield _chart(cluster, "serviceCIDR")
    yield _node_argument(cluster, "--service-cidr")
    yield _kubeadm(cluster, "serviceSubnet")


def _mtu(cluster: Cluster) -> Iterator[Reading | None]:
    for namespace, name in _CANAL:
        if cluster.get(f"core/ConfigMap/{namespace}/{name}") is None:
            continue
        reading = data_of(cluster, namespace, name, "veth_mtu")
        if isinstance(reading, Read) and reading.value in ("", "0"):
            yield Missing(
                Message(
                    "{where} sets none: Calico takes that of the node's interface less the tunnel's header",
                    where=reading.where.words,
                )
            )
        elif isinstance(reading, Read) and not reading.value.isdigit():
            yield Missing(Message("{where}: not a number", where=reading.where.words))
        else:
            yield reading
    for config in cluster.snapshot.by_kind("FelixConfiguration"):
        for field in ("vxlanMTU", "mtu"):
            value = at(config.body, "spec", field)
            yield found(
                str(value) if isinstance(value, int) and value else "",
                place_of(config, f"spec.{field}"),
            )
    yield Missing(why_not_there(cluster, "core/ConfigMap/kube-system/canal-config"))


def _port(conf: Read | None, backend: Fact | Unread, missing: Missing | None) -> Reading:
    """The port of the tunnel between nodes: configured, or the default of the backend."""
    if isinstance(set_port := _value(conf, "Backend", "Port"), Read):
        return set_port
    if isinstance(backend, Unread):
        return Missing((missing or backend).why)
    if (default := _BACKEND_PORTS.get(backend.value.lower())) is not None:
        why = Message("the default of flannel's backend {backend}: none is configured", backend=backend.value)
        return Read(default, Place(why))
    return Missing(Message("the backend {backend} listens on no port of its own", backend=backend.value))


def _plugin(cluster: Cluster) -> Reading:
    workloads = {workload.name: workload for workload in cluster.workloads() if workload.kind == "DaemonSet"}
    for name, candidates in _PLUGINS:
        for candidate in candidates:
            if (workload := workloads.get(candidate)) is not None:
                return Read(name, place_in(workload))
    if cluster.distribution == "k3s" and any(isinstance(item, Read) for item in _backend_annotations(cluster)):
        return Read("flannel", Place(Message("inside the k3s process, as the annotations of the nodes show")))
    return Missing(Message("no workload of a known network plugin was found"))


# Which of the plugins enforce NetworkPolicy: docs of each. K3s brings a controller of its own (docs.k3s.io, "Networking
# Services": kube-router's), unless it is switched off.
_ENFORCE: Final = {"canal": True, "Calico": True, "Cilium": True, "Weave Net": True, "flannel": False}


def _policies(cluster: Cluster, plugin: Reading) -> Reading:
    """Whether network policies have an effect."""
    if isinstance(plugin, Missing):
        return plugin
    if cluster.distribution == "k3s" and plugin.value == "flannel":
        off = [node for node in cluster.snapshot.by_kind("Node")
               if "--disable-network-policy" in text(node.body, "metadata", "annotations", "k3s.io/node-args")]  # fmt: skip
        if off:
            value = Message("not enforced: the controller of K3s is switched off")
            return Read(value, place_of(off[0], "k3s.io/node-args"))
        return Read(Message("enforced by the controller inside K3s"), plugin.where)
    if _ENFORCE.get(plugin.value, False):
        return Read(Message("enforced by {plugin}", plugin=plugin.value), plugin.where)
    return Read(Message("not enforced: {plugin} does not know them", plugin=plugin.value), plugin.where)


def _node_ports(cluster: Cluster) -> Iterator[Reading | None]:
    reading = flag(cluster, "kube-apiserver", "service-node-port-range")
    if isinstance(reading, Missing) and reading.unset:
        # kubernetes.io, reference/command-line-tools-reference/kube-apiserver.
        yield Read("30000-32767", Place(Message("the default: {why}", why=reading.why)))
    yield reading
    yield _node_argument(cluster, "--service-node-port-range")


def _proxy_mode(cluster: Cluster) -> Iterator[Reading | None]:
    reading = flag(cluster, "kube-proxy", "proxy-mode")
    yield reading
    if isinstance(reading, Missing) and reading.unset and not isinstance(flag(cluster, "kube-proxy", "config"), Read):
        # kubernetes.io, reference/command-line-tools-reference/kube-proxy.
        yield Read("iptables", Place(Message("the default on Linux: {why}", why=reading.why)))


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
                return found(given, place_of(node, f"annotation {annotation}"))
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


def _kubeadm(cluster: Cluster, field: str) -> Reading | None:
    reading = data_of(cluster, "kube-system", "kubeadm-config", "ClusterConfiguration")
    if isinstance(reading, Missing):
        return None
    for line in reading.value.splitlines():
        name, colon, value = line.strip().partition(":")
        if colon and name == field:
            return found(value.strip(), reading.where.below(field))
    return None
