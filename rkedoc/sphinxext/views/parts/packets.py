"""A packet's way from pod to pod on the network that the cluster has, as steps and as a picture, with this cluster's own values.

Each network is a :class:`Way`: sentences with fields that :func:`packet` fills, and what stands in the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rkedoc.explain.facts.fact import Read
from rkedoc.explain.facts.fact import said as in_words
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.networks import Found, Network, network
from rkedoc.explain.facts.packets import READERS, Mode, mode_of
from rkedoc.explain.facts.topics import Unread, facts
from rkedoc.i18n import N_, Message, _
from rkedoc.sphinxext.blocks.drawings import Box, Lane
from rkedoc.sphinxext.blocks.view import Block, Cell, Code, ListBlock, Picture, Ref, Row, Table, View
from rkedoc.sphinxext.pictures.graphs import way
from rkedoc.sphinxext.views.parts.cells import code, filled, reservation, string

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rkedoc.explain.facts.topics import Fact
    from rkedoc.sphinxext.site import Site


@dataclass(frozen=True, slots=True)
class Across:
    """How a packet passes to another node: the sentence, with fields, and what carries it on the node (empty: the route table)."""

    sentence: str
    through: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A packet's way on one network. ``far`` is the pod's other end on the node; ``asks`` and ``guards`` say who decides what may pass."""

    far: str
    leaves: str
    near: str
    asks: str
    guards: str
    lets_in: str
    across: Mapping[Mode, Across]


# flannel-io/flannel v0.22.0: Documentation/backends.md, pkg/backend/vxlan/vxlan_network.go (50 bytes), pkg/backend/wireguard/wireguard_network.go
# (80 bytes, flannel-wg), pkg/backend/udp/udp_network_amd64.go (28 bytes, a device of the kind flannel0).
_FLANNEL: Final[Mapping[Mode, Across]] = MappingProxyType({
    Mode.VXLAN: Across(
        N_("To another node: the route table of the node sends it to the interface `flannel.1`, which wraps it in a UDP packet (VXLAN) to port {port} of the other node. That takes 50 bytes. MTU of pods: {mtu}."),
        "flannel.1"),
    Mode.VXLAN_ACROSS: Across(
        N_("To another node of the same subnet: the route table names the other node as the gateway, and nothing is wrapped (DirectRouting). Into another subnet: the interface `flannel.1` wraps it in a UDP packet (VXLAN) to port {port} of the other node, which takes 50 bytes. MTU of pods: {mtu}."),
        "flannel.1"),
    Mode.HOST_GW: Across(
        N_("To another node: the route table names the other node as the gateway. Nothing is wrapped; all nodes must share one subnet. MTU of pods: {mtu}.")),
    Mode.WIREGUARD: Across(
        N_("To another node: the route table of the node sends it to the interface `flannel-wg`, where WireGuard encrypts it and sends it by UDP to port {port} of the other node. That takes 80 bytes. MTU of pods: {mtu}."),
        "flannel-wg"),
    Mode.UDP: Across(
        N_("To another node: the route table of the node sends it to the interface `flannel0`, from which flanneld itself takes it and sends it by UDP to port {port} of the other node. That takes 28 bytes. MTU of pods: {mtu}."),
        "flannel0"),
})  # fmt: skip

# projectcalico/calico v3.22.0, calico/networking/vxlan-ipip.md and mtu.md (20 and 50 bytes; VXLAN needs no BGP, IP-in-IP does), and v3.27.0,
# felix/dataplane/linux/ipip_mgr.go (tunl0) and int_dataplane.go (vxlan.calico).
_CALICO: Final[Mapping[Mode, Across]] = MappingProxyType({
    Mode.IPIP: Across(
        N_("To another node: the route table of the node, which BIRD fills with what the other nodes announce (BGP), sends it to the interface `tunl0`, which wraps it in another IP packet (IP-in-IP) to the other node. That takes 20 bytes. MTU of pods: {mtu}."),
        "tunl0"),
    Mode.IPIP_ACROSS: Across(
        N_("To another node of the same subnet: the route table, which BIRD fills with what the other nodes announce (BGP), names the other node as the gateway, and nothing is wrapped. Into another subnet: the interface `tunl0` wraps it in another IP packet (IP-in-IP), which takes 20 bytes. MTU of pods: {mtu}."),
        "tunl0"),
    Mode.VXLAN: Across(
        N_("To another node: the route table of the node, which Calico fills without BGP, sends it to the interface `vxlan.calico`, which wraps it in a UDP packet (VXLAN) to port {port} of the other node. That takes 50 bytes. MTU of pods: {mtu}."),
        "vxlan.calico"),
    Mode.VXLAN_ACROSS: Across(
        N_("To another node of the same subnet: the route table names the other node as the gateway, and nothing is wrapped. Into another subnet: the interface `vxlan.calico` wraps it in a UDP packet (VXLAN) to port {port} of the other node, which takes 50 bytes. MTU of pods: {mtu}."),
        "vxlan.calico"),
    Mode.BGP: Across(
        N_("To another node: the route table of the node, which BIRD fills with what other nodes or routers announce (BGP), names the next hop. Nothing is wrapped: the network between the nodes has to let packets with addresses of pods pass. MTU of pods: {mtu}.")),
})  # fmt: skip

# cilium/cilium 01362dfe, Documentation/network/concepts/routing.rst.
_CILIUM: Final[Mapping[Mode, Across]] = MappingProxyType({
    Mode.VXLAN: Across(
        N_("To another node: Cilium hands it to the interface `cilium_vxlan`, which wraps it in a UDP packet (VXLAN) to port {port} of the other node, together with the identity of its sender. That takes 50 bytes. MTU: {mtu}."),
        "cilium_vxlan"),
    Mode.GENEVE: Across(
        N_("To another node: Cilium hands it to the interface `cilium_geneve`, which wraps it in a UDP packet (Geneve) to port {port} of the other node, together with the identity of its sender. MTU: {mtu}."),
        "cilium_geneve"),
    Mode.NATIVE: Across(
        N_("To another node: Cilium leaves it to the route table of the node. Nothing is wrapped: the network between the nodes, or routes that something sets on each node, have to know the way to addresses of pods. MTU: {mtu}.")),
})  # fmt: skip

# weaveworks/weave v2.8.1, net/bridge.go (bridge and datapath) and site/tasks/manage/fastdp.md (fast datapath, sleeve, ports).
_WEAVE: Final[Mapping[Mode, Across]] = MappingProxyType({
    Mode.FAST_DATAPATH: Across(
        N_("To another node: the bridge `weave` hands it to Weave's datapath in the kernel, which wraps it (VXLAN) and sends it by UDP to port {port} of the other node; where that does not work, Weave's own process carries it by UDP to port 6783 (sleeve), which is slower. MTU of pods: {mtu}."),
        "weave, datapath"),
})  # fmt: skip

_BY_CALICO: Final = N_(
    "Calico's rules on the node decide whether it may leave that pod: those of the network policies that choose the pod."
)
_INTO_BY_CALICO: Final = N_("Before it enters the other pod, Calico's rules decide whether it may.")
_CALICO_LEAVES: Final = N_(
    "It leaves the pod through its interface `eth0`, whose other end is an interface `cali…` on the node. The pod has an address of {pods}."
)
_CALICO_NEAR: Final = N_("To a pod on the same node: the route table leads straight to that pod's `cali…` interface.")

WAYS: Final[Mapping[Network, Way]] = MappingProxyType({
    Network.CANAL: Way("cali…", _CALICO_LEAVES, _CALICO_NEAR, _BY_CALICO, "iptables", _INTO_BY_CALICO, _FLANNEL),
    Network.CALICO: Way("cali…", _CALICO_LEAVES, _CALICO_NEAR, _BY_CALICO, N_("Calico's rules"), _INTO_BY_CALICO, _CALICO),
    Network.FLANNEL: Way(
        "veth…",
        N_("It leaves the pod through its interface `eth0`, whose other end is an interface `veth…` on the node, a port of the bridge `cni0`. The pod has an address of {pods}."),
        N_("To a pod on the same node: the bridge `cni0` hands it to that pod's `veth…` interface."),
        N_("Network policies: {policies}."),
        "cni0",
        "",
        _FLANNEL,
    ),
    Network.CILIUM: Way(
        "lxc…",
        N_("It leaves the pod through its interface `eth0`, whose other end is an interface `lxc…` on the node. The pod has an address of {pods}."),
        N_("To a pod on the same node: Cilium hands it straight to that pod's `lxc…` interface."),
        N_("At that interface an eBPF program of Cilium decides whether it may leave that pod: by the network policies that choose the pod."),
        "eBPF",
        N_("Before it enters the other pod, an eBPF program of Cilium decides whether it may, by the identity of its sender."),
        _CILIUM,
    ),
    Network.WEAVE: Way(
        "vethwe…",
        N_("It leaves the pod through its interface `eth0`, whose other end is an interface `vethwe…` on the node, a port of the bridge `weave`. The pod has an address of {pods}."),
        N_("To a pod on the same node: the bridge `weave` hands it to that pod's interface."),
        N_("Network policies: {policies}."),
        "weave",
        "",
        _WEAVE,
    ),
})  # fmt: skip
"""The way of a packet on each network."""

_OUT: Final[Mapping[str, str]] = MappingProxyType({
    "true": N_("Out of the cluster: its sender becomes the node's address (masquerading), since nobody outside knows a way to pods."),
    "false": N_("Out of the cluster: its sender stays the pod's address, since masquerading is switched off."),
})  # fmt: skip


def packet(site: Site, topic: str) -> View:
    """From a pod to a pod: on the same node, on another node, and out of the cluster."""
    one = network(site.cluster)
    if one is None or one.network != topic:
        return ()
    known = {item.key: item for item in facts(site.cluster)["network"]}
    told, mode = WAYS[one.network], mode_of(site.cluster, one)
    across = told.across.get(mode) if mode is not None else None
    values = {
        "pods": _value(known.get(FactKey.POD_NETWORK)), "services": _value(known.get(FactKey.SERVICE_NETWORK)),
        "mtu": _value(known.get(FactKey.MTU)), "port": _value(known.get(FactKey.PORT)),
        "policies": _value(known.get(FactKey.NETWORK_POLICIES)), "way": _value(known.get(FactKey.BACKEND)),
    }  # fmt: skip
    unknown = N_("To another node: {way}. MTU of pods: {mtu}.")
    steps = [
        filled(told.leaves, values),
        filled(told.asks, values),
        filled(_to_services(site, one), values),
        filled(told.near, values),
        filled(across.sentence if across is not None else unknown, values),
        *([filled(told.lets_in, values)] if told.lets_in else []),
        *_out(READERS[one.network].masquerading(site.cluster, one)),
    ]
    notes = reservation(site, ("core/configmaps", "core/nodes"))
    picture = (_picture(told, across, known),) if across is not None else ()
    return (*notes, *picture, ListBlock(tuple(steps)), *_slices(site, one))


def _value(item: Fact | Unread | None) -> Cell:
    if item is None:
        return (_("(not read)"),)
    if isinstance(item, Unread):
        return (_("(not read: {why})").format(why=in_words(item.why)),)
    shown = in_words(item.value)
    return (shown,) if isinstance(item.value, Message) else code(shown)


def _to_services(site: Site, one: Found) -> str:
    """Who sends packets for services on: kube-proxy, or Cilium in its place."""
    replaces = {item.key: item for item in facts(site.cluster)[one.network]}.get(FactKey.REPLACES_PROXY)
    if replaces is not None and not isinstance(replaces, Unread) and replaces.value in ("true", "strict"):
        return N_("To a service's address (network of services: {services}): Cilium, in the place of kube-proxy, puts the address of one of its pods in its place.")  # fmt: skip
    return N_("To a service's address (network of services: {services}): kube-proxy's rules put the address of one of its pods in its place.")  # fmt: skip


def _out(masquerading: object) -> Iterator[Cell]:
    if isinstance(masquerading, Read):
        sentence = _OUT.get(str(masquerading.value).lower())
        if sentence is not None:
            yield (_(sentence),)
        return
    yield (
        _(
            "Out of the cluster: its sender becomes the node's address, unless masquerading is switched off, which was not read."
        ),
    )


def _picture(told: Way, across: Across, known: Mapping[FactKey, Fact | Unread]) -> Picture:
    """The way between two pods on two nodes."""

    def value(key: FactKey) -> str:
        item = known.get(key)
        return "" if item is None or isinstance(item, Unread) else in_words(item.value)

    mtu, port = value(FactKey.MTU), value(FactKey.PORT)
    wire = f"{value(FactKey.BACKEND)}{f', UDP {port}' if port.isdecimal() else ''}"
    asked = _("which way? MTU {mtu}").format(mtu=mtu) if mtu.isdigit() else _("which way?")
    guards = _(told.guards)
    stops: Iterable[tuple[str, str, str]] = (
        (_("Pod"), _("sender"), "eth0"),
        (_("Its node"), _("may it leave?") if told.lets_in else _("takes it"), f"{told.far}, {guards}"),
        (_("Its node"), asked, across.through or _("route table")),
        (_("Between nodes"), _("carried by"), wire),
        (_("Other node"), _("may it enter?") if told.lets_in else _("hands it on"), f"{guards}, {told.far}"),
        (_("Pod"), _("receiver"), "eth0"),
    )
    stops = tuple(stops)
    # What carries it between the nodes is the words on that arrow.
    places = [stop for at, stop in enumerate(stops) if at != _WIRE]
    lanes = [Lane(heading, (Box(str(at), head, name),)) for at, (heading, head, name) in enumerate(places)]
    on = _("goes on to")
    verbs = (_("sends through"), on, f"{_('carried by')} {wire}", on)
    rows = tuple(Row(((heading,), (head,), (Code(name),))) for heading, head, name in stops)
    return Picture(
        way(lanes, verbs),
        _("A packet from a pod to a pod on another node"),
        Table((_("Where"), _("Question"), _("By")), rows),
    )


_WIRE: Final = 3
"""The place of what carries a packet between nodes among the stops of its way."""


def _slices(site: Site, one: Found) -> tuple[Block, ...]:
    """The slice of each node, where pods get their addresses from it, and the address that flannel uses for the node."""
    nodes = site.cluster.snapshot.by_kind("Node")
    if not nodes or not READERS[one.network].shared(site.cluster, one):
        return ()
    flannel = "flannel.alpha.coreos.com/public-ip"
    addresses = [string(node.body, "metadata", "annotations", flannel) for node in nodes]
    some = any(addresses) and one.network in (Network.CANAL, Network.FLANNEL)
    rows = tuple(
        Row(
            ((Ref("node", node.name),), code(string(node.body, "spec", "podCIDR")), *((code(address),) if some else ()))
        )
        for node, address in zip(nodes, addresses, strict=True)
    )
    return (Table((_("Node"), _("Addresses of its pods"), *((_("Address that flannel uses"),) if some else ())), rows),)
