"""A request's way through the ingress, with this cluster's own names and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, mapping, number
from rkedoc.cluster.model import has_finished
from rkedoc.explain.facts.commandlines import flags_of
from rkedoc.explain.facts.fact import said
from rkedoc.explain.facts.ingress import Controller, controller_in, controllers, empty_answer
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.topics import Fact, facts
from rkedoc.i18n import N_, _, counted
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
from rkedoc.sphinxext.pictures.graphs import leading, shortened
from rkedoc.sphinxext.views.pages.namespace import routes
from rkedoc.sphinxext.views.parts.cells import (
    code,
    codes,
    filled,
    joined,
    missing,
    origin_of,
    ref,
    reservation,
    string,
    words,
)
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


def behind(site: Site, namespace: str, service: str) -> tuple[Record, ...]:
    """The pods that a service sends requests to."""
    record = site.cluster.snapshot.get(f"core/Service/{namespace}/{service}")
    chosen = mapping(record.body, "spec", "selector") if record is not None else {}
    return tuple(pod for pod in desk(site).selected(namespace, chosen) if not has_finished(pod))


def ingress_hosts(site: Site, key: str) -> View:
    """What each controller does with a request; then each host with the way of its requests, as a picture and in words."""
    del key
    notes = reservation(site, ("networking.k8s.io/ingresses", "core/services", "core/pods"))
    found = hosts(site)
    entry = controllers(site.cluster)
    general = tuple(_general(site, workload) for workload in entry)
    if not found:
        return (*general, *(notes or (Para((_("No ingress: no host name leads into this cluster."),), "muted"),)))
    drawn = len(found) <= _HOSTS
    return (*general, *notes, *(_host(site, host, ways, entry, drawn=drawn) for host, ways in found.items()))


def _host(
    site: Site, host: str, ways: tuple[tuple[Record, str, str, str], ...], entry: tuple[Workload, ...], *, drawn: bool
) -> Part:
    shown = host or _("every other host")
    steps: list[Cell] = [_arrival(site, shown, entry)]
    answers = {empty_answer(workload) for workload in entry} - {""}
    empty = answers.pop() if len(answers) == 1 else ""
    for record, path, service, port in ways:
        steps.append(_way(site, record, path, service, port, empty))
    title = _("A request for {host}").format(host=shown)
    anchor = f"host-{page_key(host or 'any')}"
    picture = (host_picture(site, host, ways, entry, title),) if drawn else ()
    return Part(anchor, shown, (*picture, ListBlock(tuple(steps)), *_tls(host, ways)))


def _arrival(site: Site, host: str, entry: tuple[Workload, ...]) -> Cell:
    if not entry:
        reason = missing(site, "core/pods") or _("None of the ingress controllers that are known here was found.")
        return (Badge(_("not known"), "warn"), " ", reason)
    who = joined((page_ref(site, workload.id, workload.name),) for workload in entry)
    return (_("The name {host} has to lead there, where it is taken by").format(host=host), " ", *who, ".")


def _general(site: Site, workload: Workload) -> Part:
    """How requests reach a controller, and what it does with them, whatever the host."""
    known = controller_in(workload)
    steps = [*_doors(site, workload)]
    if known is not None:
        kind, container = known
        own = {item.key: said(item.value) for item in facts(site.cluster)["ingress"] if isinstance(item, Fact)}
        values: dict[str, Cell] = {
            "class": code(own.get(FactKey.INGRESS_CLASS, "nginx")),
            "backend": (own.get(FactKey.DEFAULT_BACKEND, ""),),
            "points": codes(_entry_points(container)),
        }
        steps += [filled(sentence, values) for sentence in _STEPS[kind]]
        if kind is Controller.NGINX and _takes_all(container):
            steps[-len(_STEPS[kind])] = (
                *steps[-len(_STEPS[kind])],
                " ",
                _("It acts on those that name no class as well (`--watch-ingress-without-class`)."),
            )
        if kind is Controller.TRAEFIK:
            steps.append((_("A service without pods is answered with {code}.").format(code=empty_answer(workload)),))
    name = f"{workload.namespace}/{workload.name}"
    return Part(
        f"way-{page_key(workload.kind, name)}", _("What {name} does").format(name=name), (ListBlock(tuple(steps)),)
    )


# kubernetes/ingress-nginx controller-v1.9.4, docs/how-it-works.md and docs/user-guide/nginx-configuration/annotations.md (service-upstream);
# traefik/traefik v2.10.7, docs/content/routing/providers/kubernetes-ingress.md and pkg/server/router/router.go (404 where no router fits).
_STEPS: Mapping[Controller, tuple[str, ...]] = MappingProxyType({
    Controller.NGINX: (
        N_("By the name in TLS nginx picks the certificate from the Secret that the ingress names; by host and path it picks the rule. It acts on ingresses of the class {class}."),
        N_("nginx connects to the address of one of the pods behind the rule's service: the service's own address and kube-proxy have no part in it, unless the annotation `nginx.ingress.kubernetes.io/service-upstream` asks for that."),
        N_("What no rule fits goes to the default backend: {backend}."),
    ),
    Controller.TRAEFIK: (
        N_("Traefik takes it at one of its entry points ({points}), picks the certificate by the name in TLS, and by host and path the router that it has made of an ingress or of an object of its own such as IngressRoute."),
        N_("Traefik connects to the address of one of the pods behind the service: the service's own address and kube-proxy have no part in it, unless a service asks for that."),
        N_("What no router fits Traefik answers itself: 404."),
    ),
})  # fmt: skip
"""What each controller does with a request."""


def _takes_all(container: Mapping[str, Any]) -> bool:
    """Whether nginx takes ingresses without a class too (kubernetes/ingress-nginx controller-v1.9.4, docs/user-guide/cli-arguments.md)."""
    given = flags_of((*words(container, "command"), *words(container, "args")))
    return given.get("watch-ingress-without-class", "false").lower() in ("true", "1", "t")


def _entry_points(container: Mapping[str, Any]) -> Iterator[str]:
    for word in (*words(container, "command"), *words(container, "args")):
        name, equals, value = word.lower().lstrip("-").partition("=")
        if equals and name.startswith("entrypoints.") and name.endswith(".address"):
            yield f"{name.split('.')[1]} {value}"


def _doors(site: Site, workload: Workload) -> Iterator[Cell]:
    """Where requests arrive: ports of the nodes, or services from outside that choose the controller's pods."""
    nodes = joined(
        (Ref("node", n),) for n in sorted({string(p.body, "spec", "nodeName") for p in workload.pods} - {""})
    )
    on_host = workload.pod_spec.get("hostNetwork") is True
    ports = [port for _role, container in containers_of(workload.pod_spec) for port in items(container, "ports")]
    named = "containerPort" if on_host else "hostPort"
    open_ = [f"{string(port, named)}/{string(port, 'protocol') or 'TCP'}" for port in ports if number(port, named)]
    values: dict[str, Cell] = {"ports": codes(dict.fromkeys(open_)), "nodes": nodes}
    if open_ and on_host:
        yield filled(
            N_(
                "A request arrives at a node that runs the controller, which listens in the node's own network on {ports}: {nodes}."
            ),
            values,
        )
    elif open_:
        yield filled(
            N_(
                "A request arrives at a node that runs the controller, at {ports}, from where the node hands it to the pod: {nodes}."
            ),
            values,
        )
    own = {pod.id for pod in workload.pods}
    for service in site.cluster.snapshot.by_kind("Service"):
        kind = string(service.body, "spec", "type")
        chosen = desk(site).selected(service.namespace or "", mapping(service.body, "spec", "selector"))
        if kind not in ("LoadBalancer", "NodePort") or not own & {pod.id for pod in chosen}:
            continue
        at_nodes = [
            f"{number(port, 'port')} → {number(port, 'nodePort')}"
            for port in items(service.body, "spec", "ports")
            if number(port, "nodePort")
        ]
        outside = [
            string(item, "ip") or string(item, "hostname")
            for item in items(service.body, "status", "loadBalancer", "ingress")
        ]
        yield filled(
            N_(
                "A request arrives at the service {service} ({kind}), which hands it to a pod of the controller. Addresses from outside: {outside}; ports, and those of every node: {nodes}."
            ),
            {"service": (ref(service),), "kind": (kind,), "outside": codes(outside), "nodes": codes(at_nodes)},
        )
        for balancer in site.cluster.workloads():
            if balancer.kind == "DaemonSet" and balancer.name.startswith(f"svclb-{service.name}"):
                yield filled(
                    N_(
                        "In front of that service {balancer} has a pod on each node, whose ports are the service's: it hands the request to the service."
                    ),
                    {"balancer": (page_ref(site, balancer.id, balancer.name),)},
                )


def _way(site: Site, record: Record, path: str, service: str, port: str, empty: str) -> Cell:
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
            " (",
            _("{ready} ready").format(ready=ready),
            ")",
            ": ",
            *joined(_pod(pod) for pod in pods[:_PODS]),
        )
        return (*head, *tail)
    known = site.cluster.snapshot.get(f"core/Service/{namespace}/{service}") is not None
    reason = missing(site, "core/pods" if known else "core/services", namespace)
    if reason:
        return (*head, reason)
    text = _("no pod answers") if known else _("there is no such service")
    return (*head, Badge(text, "bad"), *((" ", _("the answer is {code}").format(code=empty)) if empty else ()))


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
        Box(w.id, _("controller"), w.name, page_ref(site, w.id, w.name), str(w.origin)) for w in entry
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
    entry = controllers(site.cluster)
    return tuple(
        host_picture(site, host, ways, entry, _("A request for {host}").format(host=host or _("every other host")))
        for host, ways in hosts(site).items()
    )
