"""How each network carries packets, as this cluster has configured it: the way between nodes, addresses, MTU, port, and settings of its own.

One reader for each network (:data:`READERS`); what all of them share stands in :mod:`rkedoc.explain.facts.network`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import at, items, mapping, text
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
    parsed,
    place_in,
    place_of,
    why_none,
    why_not_there,
)
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.networks import (
    CONFIGURATIONS,
    Found,
    Network,
    backend_annotations,
    containers_of_network,
)
from rkedoc.i18n import N_, Message

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload


class Mode(StrEnum):
    """How packets pass between nodes. ``…_ACROSS``: wrapped only on the way into another subnet."""

    VXLAN = "vxlan"
    VXLAN_ACROSS = "vxlan-across"
    IPIP = "ipip"
    IPIP_ACROSS = "ipip-across"
    BGP = "bgp"
    HOST_GW = "host-gw"
    WIREGUARD = "wireguard"
    UDP = "udp"
    GENEVE = "geneve"
    NATIVE = "native"
    FAST_DATAPATH = "fast-datapath"


@dataclass(frozen=True, slots=True)
class Reader:
    """What is read of a network: the way between nodes with its mode, the pods' addresses, MTU and port, and facts of its own.

    ``shared``: whether pods get their addresses from the slices that Kubernetes gives to nodes, so that what Kubernetes' own programs say
    of the pod network is said of this one too. ``enforces``: whether it gives network policies an effect.
    """

    between: Callable[[Cluster, Found], tuple[Mode | None, Reading]]
    pods: Callable[[Cluster, Found], Iterator[Reading | None]]
    mtu: Callable[[Cluster, Found], Iterator[Reading | None]]
    port: Callable[[Cluster, Found, Mode], Reading]
    own: Callable[[Cluster, Found], Iterator[Fact | Unread]]
    masquerading: Callable[[Cluster, Found], Reading]
    shared: Callable[[Cluster, Found], bool] = lambda _cluster, _found: True
    enforces: bool = True


_NOWHERE: Final = Place("")
"""The place of what follows from the way between nodes, and stands nowhere by itself."""


def mode_of(cluster: Cluster, one: Found) -> Mode | None:
    """How packets pass between nodes, where that is known and one of those that are known here."""
    return READERS[one.network].between(cluster, one)[0]


def variable(cluster: Cluster, workload: Workload | None, name: str) -> Reading | None:
    """A variable in the environment of a workload's containers, also where a ConfigMap holds its value; ``None`` if none sets it."""
    if workload is None:
        return None
    for _role, container in containers_of(workload.pod_spec):
        for item in items(container, "env"):
            if text(item, "name") != name:
                continue
            source = mapping(item, "valueFrom", "configMapKeyRef")
            if source:
                return data_of(cluster, workload.namespace, text(source, "name"), text(source, "key"))
            return found(text(item, "value"), place_in(workload, name))
    return None


def kubeadm(cluster: Cluster, field: str) -> Reading | None:
    """A field of what kubeadm was told of the cluster, such as ``podSubnet``; ``None`` where it was told nothing."""
    reading = data_of(cluster, "kube-system", "kubeadm-config", "ClusterConfiguration")
    if isinstance(reading, Missing):
        return None
    for line in reading.value.splitlines():
        name, colon, value = line.strip().partition(":")
        if colon and name == field:
            return found(value.strip(), reading.where.below(field))
    return None


def versions(one: Found) -> Iterator[Fact | Unread]:
    """The versions of a network's programs, as the tags of their images say."""
    if one.workload is None:
        return
    for container in containers_of_network(one.workload, one.network):
        reference = parse_image(text(container, "image"))
        if reference.tag:
            where = place_in(one.workload, Message("image {name}", name=reference.repository))
            yield Fact(FactKey.VERSION_OF, reference.tag, where, of=text(container, "name"))


def _set(cluster: Cluster, one: Found, keys: Mapping[str, FactKey]) -> Iterator[Fact | Unread]:
    for name, key in keys.items():
        if (reading := variable(cluster, one.workload, name)) is not None:
            yield first(key, [_in_words(name, reading)])


# projectcalico/calico v3.27.0, node/filesystem/etc/rc.local and confd: what the backend runs.
_IN_WORDS: Final[Mapping[tuple[str, str], str]] = MappingProxyType({
    ("CALICO_NETWORKING_BACKEND", "bird"): N_("on: the daemon BIRD tells the nodes' routes"),
    ("CALICO_NETWORKING_BACKEND", "vxlan"): N_("off: the tunnel by VXLAN needs none"),
    ("CALICO_NETWORKING_BACKEND", "none"): N_("off: Calico sets no routes between nodes"),
})  # fmt: skip


def _in_words(name: str, reading: Reading) -> Reading:
    """A value that says little by itself in words; any other as it stands."""
    if isinstance(reading, Read) and (words := _IN_WORDS.get((name, str(reading.value)))):
        return Read(Message(words), reading.where)
    return reading


# -- flannel, alone and in canal --------------------------------------------------------------------------------------

# flannel-io/flannel v0.22.0, Documentation/backends.md: what a backend listens on unless it is told otherwise.
_FLANNEL_PORTS: Final = {"vxlan": "8472", "udp": "8285", "wireguard": "51820"}
_FLANNEL_MODES: Final = {
    "vxlan": Mode.VXLAN, "host-gw": Mode.HOST_GW, "wireguard": Mode.WIREGUARD, "udp": Mode.UDP,
}  # fmt: skip


def _net_conf(cluster: Cluster, one: Found) -> tuple[Read | None, Missing]:
    """flannel's net-conf.json, which holds JSON, or why it could not be read."""
    missing: Missing | None = None
    for (namespace, name), configured in CONFIGURATIONS.items():
        if configured is not one.network or cluster.get(f"core/ConfigMap/{namespace}/{name}") is None:
            continue
        reading = data_of(cluster, namespace, name, "net-conf.json")
        value, unread = parsed(reading)
        if isinstance(reading, Read) and isinstance(value, dict):
            return reading, Missing("")
        place = f"ConfigMap {namespace}/{name}, net-conf.json"
        missing = missing or unread or Missing(Message("{where}: not an object", where=place))
    return None, missing or _no_conf(cluster, one)


def _no_conf(cluster: Cluster, one: Found) -> Missing:
    if one.network is Network.FLANNEL and one.workload is None:
        return Missing(Message("flannel inside k3s has its configuration in a file of each node, which is no object"))
    names = [place for place, configured in CONFIGURATIONS.items() if configured is one.network]
    namespace, name = next(
        (place for place in names if one.workload is not None and place[1].startswith(one.workload.name)), names[0]
    )
    return Missing(why_not_there(cluster, f"core/ConfigMap/{namespace}/{name}"))


def _conf_value(conf: Read | None, *path: str) -> Reading | None:
    if conf is None:
        return None
    value = at(json.loads(conf.value), *path)
    plain = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return found(plain, conf.where.below(".".join(path)))


def _flannel_between(cluster: Cluster, one: Found) -> tuple[Mode | None, Reading]:
    conf, missing = _net_conf(cluster, one)
    tried = (_conf_value(conf, "Backend", "Type"), *backend_annotations(cluster))
    reading = next((said for said in tried if isinstance(said, Read)), None)
    if reading is None:
        return None, next((said for said in tried if said is not None), missing)
    mode = _FLANNEL_MODES.get(reading.value.lower())
    direct = conf is not None and at(json.loads(conf.value), "Backend", "DirectRouting") is True
    return Mode.VXLAN_ACROSS if mode is Mode.VXLAN and direct else mode, reading


def _flannel_pods(cluster: Cluster, one: Found) -> Iterator[Reading | None]:
    conf, missing = _net_conf(cluster, one)
    yield _conf_value(conf, "Network")
    yield missing if conf is None else None


def _flannel_mtu(cluster: Cluster, one: Found) -> Iterator[Reading | None]:
    del cluster, one
    why = Message("flannel makes it of the MTU of the node's interface, and writes it to {file} on each node, which is no object",
                  file="/run/flannel/subnet.env")  # fmt: skip
    yield Missing(why)


def _flannel_port(cluster: Cluster, one: Found, mode: Mode) -> Reading:
    """The port of the tunnel: configured, or the default of the backend."""
    conf, _missing = _net_conf(cluster, one)
    for name in ("Port", "ListenPort"):
        if isinstance(given := _conf_value(conf, "Backend", name), Read):
            return given
    backend = str(mode).removesuffix("-across")
    if (default := _FLANNEL_PORTS.get(backend)) is not None:
        why = Message("the default of flannel's backend {backend}: none is configured", backend=backend)
        return Read(default, Place(why))
    return Read(Message("none: the backend {backend} listens on no port of its own", backend=backend), _NOWHERE)


def _flannel_own(cluster: Cluster, one: Found) -> Iterator[Fact | Unread]:
    del cluster
    yield from versions(one)


def _flannel_masquerading(cluster: Cluster, one: Found) -> Reading:
    """flannel-io/flannel v0.22.0, main.go (``--ip-masq``, ``FLANNELD_IP_MASQ``); k3s-io/k3s, pkg/agent/flannel/flannel.go sets it up always."""
    if one.workload is None:
        return Read("true", Place(Message("what k3s always does")))
    given = variable(cluster, one.workload, "FLANNELD_IP_MASQ")
    if given is not None:
        return given
    for container in containers_of_network(one.workload, one.network):
        for word in (*_words(container, "command"), *_words(container, "args")):
            if word in ("--ip-masq", "-ip-masq", "--ip-masq=true", "-ip-masq=true"):
                return Read("true", place_in(one.workload, "--ip-masq"))
    return Read("false", place_in(one.workload, Message("no flag {flag}", flag="--ip-masq")))


def _words(container: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = container.get(name)
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list | tuple) else ()


# -- canal ------------------------------------------------------------------------------------------------------------

# projectcalico/calico v3.27.0, felix/config/config_params.go and calico reference/configure-calico-node.
_FELIX: Final[Mapping[str, FactKey]] = MappingProxyType({
    "CALICO_NETWORKING_BACKEND": FactKey.CALICO_ROUTES,
    "FELIX_DEFAULTENDPOINTTOHOSTACTION": FactKey.ENDPOINT_TO_HOST,
    "FELIX_IPTABLESBACKEND": FactKey.IPTABLES_VARIANT,
    "FELIX_IPTABLESREFRESHINTERVAL": FactKey.IPTABLES_REFRESH,
    "FELIX_LOGSEVERITYSCREEN": FactKey.FELIX_LOG_LEVEL,
    "FELIX_IPV6SUPPORT": FactKey.IPV6,
    "DATASTORE_TYPE": FactKey.DATASTORE,
})  # fmt: skip


def _canal_config(cluster: Cluster) -> str:
    names = [name for (_namespace, name), network in CONFIGURATIONS.items() if network is Network.CANAL]
    return next((name for name in names if cluster.get(f"core/ConfigMap/kube-system/{name}") is not None), names[0])


def _veth_mtu(cluster: Cluster, namespace: str, name: str) -> Reading:
    """Calico's key of the MTU, where 0 and nothing mean that it finds it out by itself (projectcalico/calico v3.27.0, manifests/calico.yaml)."""
    reading = data_of(cluster, namespace, name, "veth_mtu")
    if isinstance(reading, Missing):
        return reading
    if reading.value in ("", "0"):
        why = Message(
            "{where} sets none: Calico takes that of the node's interface less the tunnel's header",
            where=reading.where.words,
        )
        return Missing(why)
    if not str(reading.value).isdigit():
        return Missing(Message("{where}: not a number", where=reading.where.words))
    return reading


def _canal_mtu(cluster: Cluster, one: Found) -> Iterator[Reading | None]:
    del one
    yield _veth_mtu(cluster, "kube-system", _canal_config(cluster))
    yield from _felix_mtu(cluster)


def _felix_mtu(cluster: Cluster) -> Iterator[Reading | None]:
    for config in cluster.snapshot.by_kind("FelixConfiguration"):
        for name in ("mtu", "vxlanMTU", "ipipMTU"):
            value = at(config.body, "spec", name)
            yield found(str(value) if isinstance(value, int) and value else "", place_of(config, f"spec.{name}"))


def _canal_own(cluster: Cluster, one: Found) -> Iterator[Fact | Unread]:
    place = _canal_config(cluster)
    interface = data_of(cluster, "kube-system", place, "canal_iface")
    if isinstance(interface, Read) and not interface.value:
        where = interface.where.at(Message("{field} is empty", field=interface.where.field))
        interface = Read(Message("that of the default route"), where)
    yield first(FactKey.INTERFACE, [interface])
    yield first(FactKey.MASQUERADING, [_canal_masquerading(cluster, one)])
    yield from _typha(data_of(cluster, "kube-system", place, "typha_service_name"))
    yield from versions(one)
    yield from _set(cluster, one, _FELIX)


def _canal_masquerading(cluster: Cluster, one: Found) -> Reading:
    given = data_of(cluster, "kube-system", _canal_config(cluster), "masquerade")
    return given if isinstance(given, Read) or one.workload is None else _flannel_masquerading(cluster, one)


def _typha(reading: Reading | None) -> Iterator[Fact | Unread]:
    if isinstance(reading, Read):
        used = reading.value not in ("", "none")
        yield Fact(FactKey.TYPHA, reading.value if used else Message("not used"), reading.where)


# -- Calico -----------------------------------------------------------------------------------------------------------

# projectcalico/calico v3.27.0, felix/config/config_params.go: VXLANPort.
_CALICO_VXLAN_PORT: Final = "4789"
_NEVER: Final = ("", "never", "off")
_ACROSS: Final = ("crosssubnet", "cross-subnet")


@dataclass(frozen=True, slots=True)
class _Pool:
    """Where Calico takes addresses of pods from: an IPPool, or what calico-node is told to make one of when there is none yet."""

    name: str
    cidr: Reading | None
    ipip: Reading | None
    vxlan: Reading | None
    nat: Reading | None


def _pools(cluster: Cluster, one: Found) -> tuple[_Pool, ...]:
    """projectcalico/calico v3.27.0, node/pkg/lifecycle/startup/startup.go: the variables count only where there is no pool yet."""
    made = []
    for record in cluster.snapshot.by_kind("IPPool"):
        if not record.group.endswith("projectcalico.org") or at(record.body, "spec", "disabled") is True:
            continue
        nat = at(record.body, "spec", "natOutgoing") is True
        made.append(
            _Pool(
                record.name,
                found(text(record.body, "spec", "cidr"), place_of(record, "spec.cidr")),
                Read(text(record.body, "spec", "ipipMode") or "Never", place_of(record, "spec.ipipMode")),
                Read(text(record.body, "spec", "vxlanMode") or "Never", place_of(record, "spec.vxlanMode")),
                Read("true" if nat else "false", place_of(record, "spec.natOutgoing")),
            )
        )
    if made:
        return tuple(made)
    cidr, ipip, vxlan, nat_ = (
        _at_first(variable(cluster, one.workload, f"CALICO_IPV4POOL_{name}"))
        for name in ("CIDR", "IPIP", "VXLAN", "NAT_OUTGOING")
    )
    return (_Pool("", cidr, ipip, vxlan, nat_),) if any((cidr, ipip, vxlan)) else ()


def _at_first(reading: Reading | None) -> Reading | None:
    """What calico-node was told, with the reservation that pools, which decide since its first start, were not collected."""
    if not isinstance(reading, Read):
        return reading
    told = Message(
        "{field}, of which its first start made a pool; the pools themselves were not collected",
        field=reading.where.field,
    )
    return Read(reading.value, reading.where.at(told))


def _mode_word(reading: Reading | None) -> str:
    return str(reading.value).lower() if isinstance(reading, Read) else ""


def _calico_between(cluster: Cluster, one: Found) -> tuple[Mode | None, Reading]:
    pool = next(iter(_pools(cluster, one)), None)
    if pool is None:
        return None, Missing(_no_pool(cluster, one))
    for reading, wrapped, across, words in (
        (pool.vxlan, Mode.VXLAN, Mode.VXLAN_ACROSS, N_("VXLAN ({mode})")), (pool.ipip, Mode.IPIP, Mode.IPIP_ACROSS, N_("IP-in-IP ({mode})")),
    ):  # fmt: skip
        if isinstance(reading, Missing):
            return None, reading
        if isinstance(reading, Read) and _mode_word(reading) not in _NEVER:
            mode = across if _mode_word(reading) in _ACROSS else wrapped
            return mode, Read(Message(words, mode=reading.value), reading.where)
    told = pool.ipip or pool.vxlan
    where = told.where if isinstance(told, Read) else one.where.at(Message("neither IP-in-IP nor VXLAN is switched on"))
    return Mode.BGP, Read(Message("routes alone: nothing is wrapped"), where)


def _calico_pods(cluster: Cluster, one: Found) -> Iterator[Reading | None]:
    """The pools; where none was collected, what Calico makes one of (startup.go): the network of kubeadm, else one that it picks."""
    pools = _pools(cluster, one)
    for pool in pools:
        yield pool.cidr
    if not pools:
        yield Missing(_no_pool(cluster, one))
        return
    yield kubeadm(cluster, "podSubnet")
    if cluster.distribution == "kubeadm":  # which gives its controller-manager the same
        given = flag(cluster, "kube-controller-manager", "cluster-cidr")
        yield given if isinstance(given, Read) else None
    if cluster.get("core/ConfigMap/kube-system/kubeadm-config") is not None:
        why = N_(
            "{where} names no network: Calico takes that of ConfigMap kube-system/kubeadm-config, which was hidden"
        )
    else:
        why = N_("{where} names no network: Calico picks one that the nodes do not have")
    yield Missing(Message(why, where=one.where.words))


def _no_pool(cluster: Cluster, one: Found) -> Message:
    why = why_none(cluster, "crd.projectcalico.org", "IPPool")
    return Message("{where} names no pool, and {why}", where=one.where.words, why=why)


def _calico_shared(cluster: Cluster, one: Found) -> bool:
    """Whether addresses come from the nodes' slices: only where Calico is told so (projectcalico/calico v3.27.0, cni-plugin, ``host-local``
    with ``usePodCidr``), which its node is told as well."""
    given = variable(cluster, one.workload, "USE_POD_CIDR")
    return isinstance(given, Read) and given.value == "true"


def _calico_mtu(cluster: Cluster, one: Found) -> Iterator[Reading | None]:
    namespace = one.workload.namespace if one.workload is not None else "kube-system"
    yield from _felix_mtu(cluster)
    if namespace == "kube-system":
        yield _veth_mtu(cluster, namespace, "calico-config")
    yield Missing(Message("nothing sets it: Calico takes that of the node's interface less the tunnel's header"))


def _calico_port(cluster: Cluster, one: Found, mode: Mode) -> Reading:
    if mode in (Mode.IPIP, Mode.IPIP_ACROSS):
        return Read(Message("none: IP-in-IP is a protocol of its own, 4, beside TCP and UDP"), _NOWHERE)
    if mode is Mode.BGP:
        return Read(Message("none: nothing is wrapped"), _NOWHERE)
    for config in cluster.snapshot.by_kind("FelixConfiguration"):
        value = at(config.body, "spec", "vxlanPort")
        if isinstance(value, int) and value:
            return Read(str(value), place_of(config, "spec.vxlanPort"))
    given = variable(cluster, one.workload, "FELIX_VXLANPORT")
    return (
        given
        if given is not None
        else Read(_CALICO_VXLAN_PORT, Place(Message("the default of Calico: none is configured")))
    )


def _calico_own(cluster: Cluster, one: Found) -> Iterator[Fact | Unread]:
    for pool in _pools(cluster, one):
        if pool.name and pool.cidr is not None:
            yield first(FactKey.POOL, [pool.cidr], of=pool.name)
        for key, reading in ((FactKey.IPIP, pool.ipip), (FactKey.VXLAN, pool.vxlan)):
            if reading is not None:
                yield first(key, [reading])
    yield first(FactKey.MASQUERADING, [_calico_masquerading(cluster, one)])
    yield from _typha(variable(cluster, one.workload, "FELIX_TYPHAK8SSERVICENAME"))
    yield from versions(one)
    yield from _set(cluster, one, _FELIX)


def _calico_masquerading(cluster: Cluster, one: Found) -> Reading:
    pool = next(iter(_pools(cluster, one)), None)
    if pool is None:
        return Missing(why_none(cluster, "crd.projectcalico.org", "IPPool"))
    return (
        pool.nat if pool.nat is not None else Read("true", Place(Message("the default of Calico: none is configured")))
    )


# -- Cilium -----------------------------------------------------------------------------------------------------------

# cilium/cilium, Documentation/network/concepts/routing.rst (01362dfe): the tunnel is the default, with VXLAN, and these are its ports.
_CILIUM_PORTS: Final = {Mode.VXLAN: "8472", Mode.GENEVE: "6081"}


def _cilium(cluster: Cluster, one: Found, key: str) -> Reading:
    namespace = one.workload.namespace if one.workload is not None else "kube-system"
    return data_of(cluster, namespace, "cilium-config", key)


def _cilium_between(cluster: Cluster, one: Found) -> tuple[Mode | None, Reading]:
    routing, older, protocol = (_cilium(cluster, one, key) for key in ("routing-mode", "tunnel", "tunnel-protocol"))
    if isinstance(routing, Read) and routing.value == "native":
        return Mode.NATIVE, routing
    if isinstance(older, Read) and older.value == "disabled":
        return Mode.NATIVE, Read(Message("native: no tunnel"), older.where)
    for reading in (protocol, older):
        if isinstance(reading, Read) and reading.value in ("vxlan", "geneve"):
            return Mode(reading.value), reading
    if isinstance(routing, Missing) and isinstance(older, Missing) and not (routing.unset and older.unset):
        return None, older if routing.unset else routing
    return Mode.VXLAN, Read("vxlan", Place(Message("the default of Cilium: none is configured")))


def _cilium_pods(cluster: Cluster, one: Found) -> Iterator[Reading | None]:
    yield _cilium(cluster, one, "cluster-pool-ipv4-cidr") if not _cilium_shared(cluster, one) else None


def _cilium_shared(cluster: Cluster, one: Found) -> bool:
    ipam = _cilium(cluster, one, "ipam")
    return not isinstance(ipam, Read) or ipam.value == "kubernetes"


def _cilium_mtu(cluster: Cluster, one: Found) -> Iterator[Reading | None]:
    given = _cilium(cluster, one, "mtu")
    yield given if isinstance(given, Read) or not given.unset else None
    yield Missing(Message("nothing sets it: Cilium makes it of that of the node's interface"))


def _cilium_port(cluster: Cluster, one: Found, mode: Mode) -> Reading:
    given = _cilium(cluster, one, "tunnel-port")
    if isinstance(given, Read) and given.value not in ("", "0"):
        return given
    if (default := _CILIUM_PORTS.get(mode)) is not None:
        return Read(default, Place(Message("the default of Cilium: none is configured")))
    return Read(Message("none: nothing is wrapped"), _NOWHERE)


def _cilium_own(cluster: Cluster, one: Found) -> Iterator[Fact | Unread]:
    for key, name in ((FactKey.ADDRESSES, "ipam"), (FactKey.REPLACES_PROXY, "kube-proxy-replacement")):
        reading = _cilium(cluster, one, name)
        if isinstance(reading, Read) or not reading.unset:
            yield first(key, [reading])
    yield first(FactKey.MASQUERADING, [_cilium_masquerading(cluster, one)])
    yield from versions(one)


def _cilium_masquerading(cluster: Cluster, one: Found) -> Reading:
    """docs.cilium.io, network/concepts/masquerading: on unless ``enable-ipv4-masquerade`` says otherwise (before 1.10: ``masquerade``)."""
    tried = [_cilium(cluster, one, key) for key in ("enable-ipv4-masquerade", "masquerade")]
    if (given := next((reading for reading in tried if isinstance(reading, Read)), None)) is not None:
        return given
    unset = all(isinstance(reading, Missing) and reading.unset for reading in tried)
    return Read("true", Place(Message("the default of Cilium: none is configured"))) if unset else tried[0]


# -- Weave Net --------------------------------------------------------------------------------------------------------

# weaveworks/weave v2.8.1, prog/weave-kube/launch.sh (IPALLOC_RANGE, WEAVE_MTU, WEAVE_NO_FASTDP) and site/tasks/manage/fastdp.md (MTU, ports).
_WEAVE_DEFAULT: Final = N_("the default of Weave Net: {variable} is not set")


def _weave_set(cluster: Cluster, one: Found, name: str, default: str) -> Reading:
    given = variable(cluster, one.workload, name)
    return given if given is not None else Read(default, Place(Message(_WEAVE_DEFAULT, variable=name)))


def _weave_between(cluster: Cluster, one: Found) -> tuple[Mode | None, Reading]:
    slow = variable(cluster, one.workload, "WEAVE_NO_FASTDP")
    if slow is not None:
        return None, Read(Message("sleeve: the fast datapath is switched off"), slow.where) if isinstance(
            slow, Read
        ) else slow
    return Mode.FAST_DATAPATH, Read(
        Message("fast datapath, or sleeve where that does not work"),
        Place(Message(_WEAVE_DEFAULT, variable="WEAVE_NO_FASTDP")),
    )


def _weave_pods(cluster: Cluster, one: Found) -> Iterator[Reading | None]:
    yield _weave_set(cluster, one, "IPALLOC_RANGE", "10.32.0.0/12")


def _weave_mtu(cluster: Cluster, one: Found) -> Iterator[Reading | None]:
    yield _weave_set(cluster, one, "WEAVE_MTU", "1376")


def _weave_port(cluster: Cluster, one: Found, mode: Mode) -> Reading:
    del cluster, one, mode
    return Read("6784", Place(Message("fixed in Weave Net; sleeve takes 6783")))


def _weave_own(cluster: Cluster, one: Found) -> Iterator[Fact | Unread]:
    del cluster
    yield from versions(one)


def _weave_masquerading(cluster: Cluster, one: Found) -> Reading:
    del cluster, one
    return Read("true", Place(Message("what Weave Net always does")))


READERS: Final[Mapping[Network, Reader]] = MappingProxyType({
    Network.CANAL: Reader(_flannel_between, _flannel_pods, _canal_mtu, _flannel_port, _canal_own, _canal_masquerading),
    Network.CALICO: Reader(
        _calico_between, _calico_pods, _calico_mtu, _calico_port, _calico_own, _calico_masquerading, _calico_shared
    ),
    Network.FLANNEL: Reader(
        _flannel_between, _flannel_pods, _flannel_mtu, _flannel_port, _flannel_own, _flannel_masquerading, enforces=False
    ),
    Network.CILIUM: Reader(
        _cilium_between, _cilium_pods, _cilium_mtu, _cilium_port, _cilium_own, _cilium_masquerading, _cilium_shared
    ),
    Network.WEAVE: Reader(
        _weave_between, _weave_pods, _weave_mtu, _weave_port, _weave_own, _weave_masquerading, lambda _c, _f: False
    ),
})  # fmt: skip
"""The reader of each network."""
