"""The networks of a cluster as they were configured: pods, services, names, and how packets pass between nodes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.fields import at, items, text, words
from rkedoc.cluster.model import containers_of
from rkedoc.explain.facts.fact import (
    HIDDEN_WHY,
    Fact,
    Reading,
    Unread,
    data_of,
    first,
    flag,
    found,
    parsed,
    why_not_there,
)
from rkedoc.i18n import _
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


def network_facts(cluster: Cluster) -> Iterator[Reading]:
    """Facts about the networks of pods and services."""
    conf, missing = _net_conf(cluster)
    backend = _backend(cluster, conf, missing)
    plugin = _plugin(cluster)
    yield plugin
    yield _policies(cluster, plugin)
    yield backend
    yield first("pod network", _pod_network(cluster, conf, missing))
    yield first("service network", _service_network(cluster))
    yield first("mtu", _mtu(cluster))
    yield _port(conf, backend, missing)
    yield first("node ports", _node_ports(cluster))
    yield first("proxy mode", _proxy_mode(cluster))
    yield first("DNS address", _dns_address(cluster))
    yield first("DNS domain", _dns_domain(cluster))
    yield _forwarded(cluster)


def canal_facts(cluster: Cluster) -> Iterator[Reading]:
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
    yield _backend(cluster, conf, missing)
    yield first("pod network", _pod_network(cluster, conf, missing))
    yield first("mtu", _mtu(cluster))
    yield _port(conf, _backend(cluster, conf, missing), missing)
    place = name or "canal-config"
    interface = data_of(cluster, "kube-system", place, "canal_iface")
    if isinstance(interface, Fact) and not interface.value:
        interface = Fact("", _("that of the default route"), _("{where} is empty").format(where=interface.where))
    yield first("interface", [interface])
    yield first("masquerading", [data_of(cluster, "kube-system", place, "masquerade")])
    typha = data_of(cluster, "kube-system", place, "typha_service_name")
    if isinstance(typha, Fact):
        yield Fact("Typha", _("not used") if typha.value in ("", "none") else typha.value, typha.where)
    if workload is not None:
        yield from _parts(workload)


def _parts(workload: Workload) -> Iterator[Reading]:
    where = f"{workload.kind} {workload.namespace}/{workload.name}"
    for _role, container in containers_of(workload.pod_spec):
        reference = parse_image(text(container, "image"))
        if text(container, "name") in ("calico-node", "kube-flannel") and reference.tag:
            yield Fact(f"version of {text(container, 'name')}", reference.tag, f"{where}, image {reference.repository}")
        for variable in items(container, "env"):
            shown = _SETTINGS.get(text(variable, "name"))
            if shown and (reading := found(text(variable, "value"), f"{where}, {text(variable, 'name')}")) is not None:
                yield first(shown, [reading])


# projectcalico/calico, reference/felix/configuration and reference/configure-calico-node.
_SETTINGS: Final = {
    "CALICO_NETWORKING_BACKEND": "routes by Calico",
    "FELIX_DEFAULTENDPOINTTOHOSTACTION": "packets from pods to their node",
    "FELIX_IPTABLESBACKEND": "iptables variant",
    "FELIX_IPTABLESREFRESHINTERVAL": "rules are checked every (seconds)",
    "FELIX_LOGSEVERITYSCREEN": "log level of Felix",
    "FELIX_IPV6SUPPORT": "IPv6",
    "DATASTORE_TYPE": "datastore",
}


def _net_conf(cluster: Cluster) -> tuple[Fact | None, Unread | None]:
    """flannel's net-conf.json as a fact that holds JSON, or why it could not be read."""
    missing: Unread | None = None
    for namespace, name in _FLANNEL:
        if cluster.get(f"core/ConfigMap/{namespace}/{name}") is None:
            continue
        reading = data_of(cluster, namespace, name, "net-conf.json")
        value, unread = parsed(reading)
        if isinstance(reading, Fact) and isinstance(value, dict):
            return reading, None
        missing = missing or unread or Unread("", f"ConfigMap {namespace}/{name}, net-conf.json: not an object")
    return None, missing or Unread("", why_not_there(cluster, "core/ConfigMap/kube-system/canal-config"))


def _value(conf: Fact | None, *path: str) -> Reading | None:
    if conf is None:
        return None
    value = at(json.loads(conf.value), *path)
    plain = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return found(plain, f"{conf.where}, {'.'.join(path)}")


def _backend(cluster: Cluster, conf: Fact | None, missing: Unread | None) -> Reading:
    return first("backend", (_value(conf, "Backend", "Type"), missing, *_backend_annotations(cluster)))


def _backend_annotations(cluster: Cluster) -> Iterator[Reading | None]:
    for node in cluster.snapshot.by_kind("Node"):
        value = text(node.body, "metadata", "annotations", _BACKEND_ANNOTATION)
        yield found(value, f"node {node.name}, annotation {_BACKEND_ANNOTATION}")


def _pod_network(cluster: Cluster, conf: Fact | None, missing: Unread | None) -> Iterator[Reading | None]:
    yield _value(conf, "Network")
    yield missing
    yield flag(cluster, "kube-controller-manager", "cluster-cidr")
    yield flag(cluster, "kube-proxy", "cluster-cidr")
    for pool in cluster.snapshot.by_kind("IPPool"):
        yield found(text(pool.body, "spec", "cidr"), f"IPPool {pool.name}, spec.cidr")
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
        if isinstance(reading, Fact) and reading.value in ("", "0"):
            yield Unread(
                "",
                _("{where} sets none: Calico takes that of the node's interface less the tunnel's header").format(
                    where=reading.where
                ),
            )
        elif isinstance(reading, Fact) and not reading.value.isdigit():
            yield Unread("", _("{where}: not a number").format(where=reading.where))
        else:
            yield reading
    for config in cluster.snapshot.by_kind("FelixConfiguration"):
        for field in ("vxlanMTU", "mtu"):
            value = at(config.body, "spec", field)
            yield found(
                str(value) if isinstance(value, int) and value else "",
                f"FelixConfiguration {config.name}, spec.{field}",
            )
    yield Unread("", why_not_there(cluster, "core/ConfigMap/kube-system/canal-config"))


def _port(conf: Fact | None, backend: Reading, missing: Unread | None) -> Reading:
    """The port of the tunnel between nodes: configured, or the default of the backend."""
    if isinstance(set_port := _value(conf, "Backend", "Port"), Fact):
        return Fact("port", set_port.value, set_port.where)
    if isinstance(backend, Unread):
        return Unread("port", (missing or backend).why)
    if (default := _BACKEND_PORTS.get(backend.value.lower())) is not None:
        return Fact(
            "port",
            default,
            _("the default of flannel's backend {backend}: none is configured").format(backend=backend.value),
        )
    return Unread("port", _("the backend {backend} listens on no port of its own").format(backend=backend.value))


def _plugin(cluster: Cluster) -> Reading:
    workloads = {workload.name: workload for workload in cluster.workloads() if workload.kind == "DaemonSet"}
    for name, candidates in _PLUGINS:
        for candidate in candidates:
            if (workload := workloads.get(candidate)) is not None:
                return Fact("network plugin", name, f"DaemonSet {workload.namespace}/{workload.name}")
    if cluster.distribution == "k3s" and any(isinstance(item, Fact) for item in _backend_annotations(cluster)):
        return Fact("network plugin", "flannel", _("inside the k3s process, as the annotations of the nodes show"))
    return Unread("network plugin", _("no workload of a known network plugin was found"))


# Which of the plugins enforce NetworkPolicy: docs of each. K3s brings a controller of its own (docs.k3s.io, "Networking
# Services": kube-router's), unless it is switched off.
_ENFORCE: Final = {"canal": True, "Calico": True, "Cilium": True, "Weave Net": True, "flannel": False}


def _policies(cluster: Cluster, plugin: Reading) -> Reading:
    """Whether network policies have an effect."""
    if isinstance(plugin, Unread):
        return Unread("network policies", plugin.why)
    if cluster.distribution == "k3s" and plugin.value == "flannel":
        off = [node.name for node in cluster.snapshot.by_kind("Node")
               if "--disable-network-policy" in text(node.body, "metadata", "annotations", "k3s.io/node-args")]  # fmt: skip
        said = (
            _("not enforced: the controller of K3s is switched off")
            if off
            else _("enforced by the controller inside K3s")
        )
        return Fact("network policies", said, f"node {off[0]}, k3s.io/node-args" if off else plugin.where)
    if _ENFORCE.get(plugin.value, False):
        return Fact("network policies", _("enforced by {plugin}").format(plugin=plugin.value), plugin.where)
    said = _("not enforced: {plugin} does not know them").format(plugin=plugin.value)
    return Fact("network policies", said, plugin.where)


def _node_ports(cluster: Cluster) -> Iterator[Reading | None]:
    reading = flag(cluster, "kube-apiserver", "service-node-port-range")
    if isinstance(reading, Unread) and reading.unset:
        # kubernetes.io, reference/command-line-tools-reference/kube-apiserver.
        yield Fact("", "30000-32767", _("the default: {why}").format(why=reading.why))
    yield reading
    yield _node_argument(cluster, "--service-node-port-range")


def _proxy_mode(cluster: Cluster) -> Iterator[Reading | None]:
    reading = flag(cluster, "kube-proxy", "proxy-mode")
    yield reading
    if isinstance(reading, Unread) and reading.unset and not isinstance(flag(cluster, "kube-proxy", "config"), Fact):
        # kubernetes.io, reference/command-line-tools-reference/kube-proxy.
        yield Fact("", "iptables", _("the default on Linux: {why}").format(why=reading.why))


def _dns_address(cluster: Cluster) -> Iterator[Reading | None]:
    yield flag(cluster, "kubelet", "cluster-dns")
    for name in ("kube-dns", "rke2-coredns-rke2-coredns", "coredns"):
        service = cluster.get(f"core/Service/kube-system/{name}")
        if service is not None:
            yield found(text(service.body, "spec", "clusterIP"), f"Service kube-system/{name}, spec.clusterIP")
    yield data_of(cluster, "kube-system", "cluster-dns", "clusterDNS")
    yield _chart(cluster, "clusterDNS")


def _dns_domain(cluster: Cluster) -> Iterator[Reading | None]:
    yield flag(cluster, "kubelet", "cluster-domain")
    yield data_of(cluster, "kube-system", "cluster-dns", "clusterDomain")
    yield _chart(cluster, "clusterDomain")
    corefile = _corefile(cluster)
    if isinstance(corefile, Fact) and (zones := _directive(corefile.value, "kubernetes")):
        yield found(zones[0], f"{corefile.where}, kubernetes")


def _forwarded(cluster: Cluster) -> Reading:
    corefile = _corefile(cluster)
    if isinstance(corefile, Unread):
        return Unread("names outside the cluster", corefile.why)
    for name in ("forward", "proxy"):  # "proxy" until CoreDNS 1.5
        if resolvers := " ".join(_directive(corefile.value, name)[1:]):
            if HIDDEN_RE.search(resolvers):
                return Unread("names outside the cluster", f"{corefile.where}: {_(HIDDEN_WHY)}")
            return Fact("names outside the cluster", resolvers, f"{corefile.where}, {name}")
    return Unread("names outside the cluster", _("{where}: nothing is forwarded").format(where=corefile.where))


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
                    return found(match[2], f"Job {record.namespace}/{record.name}, global.{value}")
    return None


def _node_argument(cluster: Cluster, name: str) -> Reading | None:
    """An argument of the k3s or rke2 process, which it writes into an annotation of its node."""
    for node in cluster.snapshot.by_kind("Node"):
        for annotation in ("k3s.io/node-args", "rke2.io/node-args"):
            value = text(node.body, "metadata", "annotations", annotation)
            if value and (given := _after(value, name)):
                return found(given, f"node {node.name}, annotation {annotation}")
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
    if isinstance(reading, Unread):
        return None
    for line in reading.value.splitlines():
        name, colon, value = line.strip().partition(":")
        if colon and name == field:
            return found(value.strip(), f"{reading.where}, {field}")
    return None
