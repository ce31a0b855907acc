"""A request's way through the ingress, and a packet's way through canal, with this cluster's own names and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, mapping, natural, number
from rkedoc.cluster.model import has_finished
from rkedoc.explain.facts.fact import said as in_words
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.topics import Unread, facts
from rkedoc.i18n import _, counted
from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.blocks.drawings import Arrow, Box, Graph, Lane
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    ListBlock,
    Para,
    Part,
    Picture,
    Ref,
    Row,
    Table,
    View,
)
from rkedoc.sphinxext.pictures.graphs import leading, shortened, way
from rkedoc.sphinxext.views.pages.namespace import routes
from rkedoc.sphinxext.views.pages.topics import workloads_of
from rkedoc.sphinxext.views.parts.cells import code, joined, missing, origin_of, reservation, string, words
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.sphinxext.views.parts.site_index import desk

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

_PODS = 8
"""Pods of a service that are named; the rest is a number."""


_HOSTS = 100
"""Hosts that have a picture each; a cluster with more of them has their steps in words."""

# -- a request's way ------------------------------------------------------------------------------------------------


def hosts(site: Site) -> Mapping[str, tuple[tuple[Record, str, str, str], ...]]:
    """Every host with its routes: ingress, path, service, port. An empty host stands for every one."""
    found: dict[str, list[tuple[Record, str, str, str]]] = {}
    for record in site.cluster.snapshot.by_kind("Ingress"):
        for host, path, service, port in routes(record.body):
            found.setdefault(host, []).append((record, path, service, port))
    return {host: tuple(sorted(found[host], key=lambda item: (item[1], item[0].id))) for host in sorted(found)}


def controllers(site: Site) -> tuple[Workload, ...]:
    """The ingress controllers: workloads of the topic that listen on a port for the web."""
    out = []
    for workload in workloads_of(site, "ingress"):
        spec = workload.pod_spec
        ports = {number(port, "containerPort") for _r, c in containers_of(spec) for port in items(c, "ports")}
        if ports & {80, 443, 8000, 8443}:
            out.append(workload)
    return tuple(out)


def behind(site: Site, namespace: str, service: str) -> tuple[Record, ...]:
    """The pods that a service sends requests to."""
    record = site.cluster.snapshot.get(f"core/Service/{namespace}/{service}")
    chosen = mapping(record.body, "spec", "selector") if record is not None else {}
    return tuple(pod for pod in desk(site).selected(namespace, chosen) if not has_finished(pod))


def ingress_hosts(site: Site, key: str) -> View:
    """Each host with the way of its requests, as a picture and in words."""
    del key
    notes = reservation(site, ("networking.k8s.io/ingresses", "core/services", "core/pods"))
    found = hosts(site)
    if not found:
        return notes or (Para((_("No ingress: no host name leads into this cluster."),), "muted"),)
    entry = controllers(site)
    drawn = len(found) <= _HOSTS
    return (*notes, *(_host(site, host, ways, entry, drawn=drawn) for host, ways in found.items()))


def _host(
    site: Site, host: str, ways: tuple[tuple[Record, str, str, str], ...], entry: tuple[Workload, ...], *, drawn: bool
) -> Part:
    shown = host or _("every other host")
    steps: list[Cell] = [_arrival(site, shown, entry)]
    for record, path, service, port in ways:
        steps.append(_way(site, record, path, service, port))
    title = _("A request for {host}").format(host=shown)
    anchor = f"host-{page_key(host or 'any')}"
    picture = (host_picture(site, host, ways, entry, title),) if drawn else ()
    return Part(anchor, shown, (*picture, ListBlock(tuple(steps)), *_tls(host, ways)))


def _arrival(site: Site, host: str, entry: tuple[Workload, ...]) -> Cell:
    if not entry:
        reason = missing(site, "core/pods") or _("No ingress controller was found: nobody acts on these ingresses.")
        return (Badge(_("nobody answers"), "warn"), " ", reason)
    nodes = sorted(
        {string(pod.body, "spec", "nodeName") for workload in entry for pod in workload.pods} - {""}, key=natural
    )
    who = joined((page_ref(site, workload.id, workload.name),) for workload in entry)
    where = joined((Ref("node", name),) for name in nodes)
    return (
        _("The name {host} has to lead to a node where the controller listens:").format(host=host), " ", *where, ". ",
        _("There it is taken by"), " ", *who, ".",
    )  # fmt: skip


def _way(site: Site, record: Record, path: str, service: str, port: str) -> Cell:
    namespace = record.namespace or ""
    pods = behind(site, namespace, service)
    head: Cell = (
        Code(path), ": ", _("the ingress"), " ", Ref("ingress", f"{namespace}/{record.name}"), " ", _("names the service"), " ",
        Ref("service", f"{namespace}/{service}", service), *((" ", _("at port"), " ", Code(port)) if port else ()), "; ",
    )  # fmt: skip
    if pods:
        ready = sum(1 for pod in pods if _ready(pod))
        text = counted(len(pods), _("{count} pod answers"), _("{count} pods answer"))
        tail: Cell = (
            text,
            f" ({_('{ready} ready').format(ready=ready)}): ",
            *joined(_pod(pod) for pod in pods[:_PODS]),
        )
        return (*head, *tail)
    known = site.cluster.snapshot.get(f"core/Service/{namespace}/{service}") is not None
    reason = missing(site, "core/pods" if known else "core/services", namespace)
    if reason:
        return (*head, reason)
    text = _("no pod answers") if known else _("there is no such service")
    return (*head, Badge(text, "bad"), " ", _("the answer is 503"))


def _pod(pod: Record) -> Cell:
    address = string(pod.body, "status", "podIP")
    return (Ref("pod", f"{pod.namespace}/{pod.name}", pod.name), *((" ", Code(address)) if address else ()))


def _ready(pod: Record) -> bool:
    return any(
        string(item, "type") == "Ready" and string(item, "status") == "True"
        for item in items(pod.body, "status", "conditions")
    )


def _tls(host: str, ways: Iterable[tuple[Record, str, str, str]]) -> tuple[Block, ...]:
    found: dict[str, str] = {}
    for record, *_rest in ways:
        for item in items(record.body, "spec", "tls"):
            names = words(item, "hosts")
            if not names or host in names:
                found[f"{record.namespace}/{string(item, 'secretName')}"] = string(item, "secretName")
    if not found:
        return (Para((_("Without TLS: the controller answers HTTPS with a certificate of its own."),), "muted"),)
    secrets = joined(
        (Ref("secret", name, text),) if text else (_("the controller's default"),) for name, text in found.items()
    )
    return (
        Para(
            (_("TLS ends at the controller, with the certificate in"), " ", *secrets, "."),
        ),
    )


def host_picture(
    site: Site, host: str, ways: tuple[tuple[Record, str, str, str], ...], entry: tuple[Workload, ...], title: str
) -> Picture:
    """The picture of a host's routes: host, controller, service, and the workloads whose pods answer."""
    shown = host or "*"
    asked = (Box("host", _("host"), shown),)
    taken = tuple(
        Box(w.id, _("controller"), w.name, page_ref(site, w.id, w.name), "platform") for w in entry
    ) or (Box("nobody", _("controller"), _("none found"), None, "bad"),)  # fmt: skip
    services: dict[str, Box] = {}
    answering: dict[str, Box] = {}
    arrows: list[Arrow] = [*leading(asked, taken, _("leads to"))]
    rows: list[Row] = []
    for record, path, service, port in ways:
        namespace = record.namespace or ""
        goal = Ref("service", f"{namespace}/{service}")
        key = f"service {namespace}/{service} {port}"
        sent = services.setdefault(key, Box(key, _("service"), f"{service}:{port}" if port else service, goal))
        arrows += leading(taken, (sent,), path)
        found = behind(site, namespace, service)
        for box in _answering(site, namespace, found):
            answering.setdefault(box.id, box)
            arrows.append(Arrow(key, box.id, _("is answered by")))
        answer: Cell = joined(_pod(pod) for pod in found) if found else (_("nobody"),)
        rows.append(
            Row(
                ((Code(f"{shown}{path}"),), (Ref("ingress", f"{namespace}/{record.name}"),), (goal, f":{port}"), answer)
            )
        )
    lanes = (
        Lane(_("Asked for"), asked),
        Lane(_("Taken by"), taken),
        Lane(_("Sent to"), tuple(services.values())),
        Lane(_("Answered by"), tuple(answering.values())),
    )
    graph = Graph(tuple(lane for lane in lanes if lane.boxes), tuple(dict.fromkeys(arrows)))
    table = Table((_("Address"), _("Ingress"), _("Service"), _("Pods")), tuple(rows))
    return Picture(shortened(graph, _("and {count} more")), title, table)


def _answering(site: Site, namespace: str, pods: Iterable[Record]) -> Iterator[Box]:
    """A box for each workload whose pods these are, with how many of them are ready."""
    groups: dict[str, list[Record]] = {}
    for pod in pods:
        workload = desk(site).workload_of_pod.get(pod.id)
        groups.setdefault(workload.id if workload is not None else pod.id, []).append(pod)
    for subject, group in groups.items():
        workload = desk(site).workload_by_id.get(subject)
        name = workload.name if workload is not None else group[0].name
        ready = sum(1 for pod in group if _ready(pod))
        count = counted(len(group), _("{count} pod"), _("{count} pods"))
        head = f"{count}, {_('{ready} ready').format(ready=ready)}"
        ref = page_ref(site, subject, name) if workload is not None else Ref("pod", f"{namespace}/{name}")
        yield Box(subject, head, name, ref, str(origin_of(workload)) if ready == len(group) else "bad")


def ingress_pictures(site: Site, key: str) -> View:
    """The pictures of all hosts."""
    del key
    entry = controllers(site)
    return tuple(
        host_picture(site, host, ways, entry, _("A request for {host}").format(host=host or _("every other host")))
        for host, ways in hosts(site).items()
    )


# -- a packet's way -------------------------------------------------------------------------------------------------


def packet(site: Site, key: str) -> View:
    """From a pod to a pod: on the same node, on another node, and out of the cluster."""
    del key
    known = {item.key: item for item in facts(site.cluster).get("network", ())}

    def said(key: FactKey) -> Cell:
        item = known.get(key)
        if item is None:
            return (_("(not read)"),)
        return (
            (_("(not read: {why})").format(why=in_words(item.why)),)
            if isinstance(item, Unread)
            else code(in_words(item.value))
        )

    def value(key: FactKey) -> str:
        item = known.get(key)
        return "" if item is None or isinstance(item, Unread) else str(item.value)

    notes = reservation(site, ("core/configmaps", "core/nodes"))
    backend = value(FactKey.BACKEND)
    tunnel = backend.lower() == "vxlan"
    across: Cell
    if tunnel:
        across = (
            _("To another node: the route table of the node sends it to the interface flannel.1, which wraps it in a UDP packet (VXLAN) to port"),
            " ", *said(FactKey.PORT), " ", _("of the other node. That takes 50 bytes, so pods have an MTU of"), " ", *said(FactKey.MTU), ".",
        )  # fmt: skip
    elif backend.lower() == "host-gw":
        across = (
            _(
                "To another node: the route table names the other node as the gateway. Nothing is wrapped; all nodes must share one subnet. MTU:"
            ),
            " ",
            *said(FactKey.MTU),
            ".",
        )
    else:
        across = (
            _("To another node: by flannel, with the backend"),
            " ",
            *said(FactKey.BACKEND),
            "; ",
            _("MTU:"),
            " ",
            *said(FactKey.MTU),
            ".",
        )
    steps: tuple[Cell, ...] = (
        (_("It leaves the pod through its interface eth0, whose other end is an interface cali… on the node. The pod has an address of"), " ", *said(FactKey.POD_NETWORK), "."),
        (_("Calico's rules in the node's iptables decide whether it may leave that pod: those of the network policies that choose the pod."),),
        (_("To a service's address (of"), " ", *said(FactKey.SERVICE_NETWORK), _("): kube-proxy's rules put the address of one of its pods in its place.")),
        (_("To a pod on the same node: the route table leads straight to that pod's cali… interface."),),
        across,
        (_("Before it enters the other pod, Calico's rules decide whether it may."),),
        (_("Out of the cluster: its sender becomes the node's address (masquerading), since nobody outside knows a way to pods."),),
    )  # fmt: skip
    return (
        *notes,
        packet_picture(backend, value(FactKey.MTU), value(FactKey.PORT)),
        ListBlock(steps),
        *_node_networks(site),
    )


def packet_picture(backend: str, mtu: str, port: str) -> Picture:
    """The way between two pods on two nodes."""
    wire = f"{backend or '?'}{f', UDP {port}' if port else ''}"
    wrap = "flannel.1" if backend.lower() == "vxlan" else _("route table")
    asked = f"{_('which way?')} MTU {mtu}" if mtu else _("which way?")
    stops = (
        (_("Pod"), _("sender"), "eth0"),
        (_("Its node"), _("may it leave?"), "cali…, iptables"),
        (_("Its node"), asked, wrap),
        (_("Between nodes"), _("carried by"), wire),
        (_("Other node"), _("may it enter?"), "iptables, cali…"),
        (_("Pod"), _("receiver"), "eth0"),
    )
    # What carries it between the nodes is the words on that arrow.
    places = [stop for stop in stops if stop[2] != wire]
    lanes = [Lane(heading, (Box(str(at), head, name),)) for at, (heading, head, name) in enumerate(places)]
    on = _("goes on to")
    verbs = (_("sends through"), on, f"{_('carried by')} {wire}", on)
    rows = tuple(Row(((heading,), (head,), (Code(name),))) for heading, head, name in stops)
    return Picture(
        way(lanes, verbs),
        _("A packet from a pod to a pod on another node"),
        Table((_("Where"), _("Question"), _("By")), rows),
    )


def _node_networks(site: Site) -> tuple[Block, ...]:
    rows = tuple(
        Row(((Ref("node", record.name),), code(string(record.body, "spec", "podCIDR")), _public(record)))
        for record in site.cluster.snapshot.by_kind("Node")
    )
    return (Table((_("Node"), _("Addresses of its pods"), _("Address that flannel uses")), rows),) if rows else ()


def _public(record: Record) -> Cell:
    annotations = mapping(record.body, "metadata", "annotations")
    return code(string(annotations, "flannel.alpha.coreos.com/public-ip"))
