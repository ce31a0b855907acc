"""Facts about the controllers that answer for ingresses: class, ports, default backend, settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.fields import items, mapping, number, plain, text, words
from rkedoc.explain.facts.commandlines import flags_of
from rkedoc.explain.facts.fact import Fact, Place, Unread, Words, listed, place_in, place_of, why_none, why_not_there
from rkedoc.explain.facts.keys import FactKey
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.record import HIDDEN_RE, is_hidden
from rkedoc.vocabulary import Term

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from rkedoc.cluster.model import Cluster, Workload

_DEFAULT_CLASS: Final = "ingressclass.kubernetes.io/is-default-class"
_MOST: Final = 30


def ingress_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """Facts about each ingress controller, then about ingress classes."""
    known = False
    for workload in cluster.workloads():
        for container in items(workload.pod_spec, "containers"):
            if is_controller(container):
                yield from _controller(cluster, workload, container)
                known = True
    if not known:
        why = (
            Message("no workload of a known ingress controller was found")
            if cluster.collected("Pod")
            else why_none(cluster, "core", "Pod")
        )
        yield Unread(FactKey.CONTROLLER, why)
    yield from _classes(cluster)


class Controller(Term):
    """An ingress controller whose ways are known here."""

    NGINX = "ingress-nginx", N_("ingress-nginx")
    TRAEFIK = "traefik", N_("Traefik")


def controllers(cluster: Cluster) -> tuple[Workload, ...]:
    """The workloads that run an ingress controller."""
    return tuple(workload for workload in cluster.workloads() if controller_in(workload) is not None)


def controller_in(workload: Workload) -> tuple[Controller, Mapping[str, Any]] | None:
    """The ingress controller that a workload runs, with its container; ``None`` if it runs none that is known."""
    for container in items(workload.pod_spec, "containers"):
        if is_controller(container):
            repository = parse_image(text(container, "image")).repository
            return Controller.TRAEFIK if repository.endswith("traefik") else Controller.NGINX, container
    return None


def empty_answer(workload: Workload) -> str:
    """What a controller answers for a service without pods; empty where that is not known.

    kubernetes/ingress-nginx controller-v1.9.4, docs/how-it-works.md; traefik/traefik v2.10.7, docs/content/providers/kubernetes-ingress.md
    (allowEmptyServices).
    """
    known = controller_in(workload)
    if known is None:
        return ""
    kind, container = known
    flags = {name.lower(): value for name, value in flags_of(_started(container)).items()}
    if kind is Controller.NGINX or flags.get("providers.kubernetesingress.allowemptyservices", "false") == "true":
        return "503"
    return "404"


def _started(container: Mapping[str, Any]) -> tuple[str, ...]:
    return (*words(container, "command"), *words(container, "args"))


def is_controller(container: Mapping[str, Any]) -> bool:
    """Whether a container is ingress-nginx's controller or Traefik: by its program or its image."""
    family = parse_image(text(container, "image")).repository.rpartition("/")[2]
    command = _started(container)
    return (
        family
        in (
            "nginx-ingress-controller",
            "mirrored-ingress-nginx-controller",
            "traefik",
            "mirrored-library-traefik",
            "hardened-traefik",
        )
        or parse_image(text(container, "image")).repository.endswith("ingress-nginx/controller")
        or any(word.rpartition("/")[2] == "nginx-ingress-controller" for word in command[:3])
    )


def _controller(cluster: Cluster, workload: Workload, container: Mapping[str, Any]) -> Iterator[Fact | Unread]:
    place = place_in(workload)
    yield Fact(FactKey.CONTROLLER, f"{workload.namespace}/{workload.name}", place)
    reference = parse_image(text(container, "image"))
    if reference.tag:
        yield Fact(
            FactKey.CONTROLLER_VERSION, reference.tag, place.at(Message("image {name}", name=reference.repository))
        )
    flags = flags_of(_started(container))
    nginx = "traefik" not in reference.repository
    yield from _ports(workload, container, place)
    if not nginx:
        return
    # kubernetes/ingress-nginx, docs/user-guide/cli-arguments.md: the class is "nginx" unless a flag says otherwise.
    given = flags.get("ingress-class", "")
    yield Fact(
        FactKey.INGRESS_CLASS,
        given or "nginx",
        place.at("--ingress-class" if given else Message("the default, no flag sets it")),
    )
    backend = _resolved(flags.get("default-backend-service", ""), workload)
    if backend:
        yield Fact(FactKey.DEFAULT_BACKEND, backend, place.at("--default-backend-service"))
    else:
        yield Fact(
            FactKey.DEFAULT_BACKEND,
            Message("the controller's own (404)"),
            place.at(Message("no flag {flag}", flag="--default-backend-service")),
        )
    if certificate := _resolved(flags.get("default-ssl-certificate", ""), workload):
        yield Fact(FactKey.DEFAULT_CERTIFICATE, f"Secret {certificate}", place.at("--default-ssl-certificate"))
    for flag, key in (
        ("configmap", FactKey.CONTROLLER_SETTINGS),
        ("tcp-services-configmap", FactKey.TCP_SERVICES),
        ("udp-services-configmap", FactKey.UDP_SERVICES),
    ):
        if given := _resolved(flags.get(flag, ""), workload):
            yield _configmap(cluster, key, given)


def _resolved(value: str, workload: Workload) -> str:
    value = value.replace("$(POD_NAMESPACE)", workload.namespace)
    return "" if HIDDEN_RE.search(value) else value


def _configmap(cluster: Cluster, key: FactKey, given: str) -> Fact | Unread:
    namespace, slash, own = given.partition("/")
    if not (namespace and slash and own) or "/" in own:
        return Unread(key, Message("{given} does not name a ConfigMap", given=repr(given)))
    identifier = f"core/ConfigMap/{namespace}/{own}"
    record = cluster.get(identifier)
    if record is None:
        return Unread(key, why_not_there(cluster, identifier))
    data = mapping(record.body, "data")
    pairs = [
        name if is_hidden(value) or not isinstance(value, str) else f"{name}: {' '.join(value.split())[:80]}"
        for name, value in sorted(data.items())
    ]
    none = Message("none")
    if key is FactKey.CONTROLLER_SETTINGS:
        none = Message("none: everything as the controller has it by default")
    return Fact(key, listed(pairs, _MOST) if pairs else none, place_of(record))


def _ports(workload: Workload, container: Mapping[str, Any], place: Place) -> Iterator[Fact | Unread]:
    on_host = workload.pod_spec.get("hostNetwork") is True
    ports = []
    for port in items(container, "ports"):
        shown = number(port, "containerPort") if on_host else number(port, "hostPort")
        if shown:
            ports.append(f"{shown}/{text(port, 'protocol') or 'TCP'}")
    if ports:
        how = Message("host network") if on_host else Message("host ports")
        yield Fact(FactKey.CONTROLLER_PORTS, ", ".join(dict.fromkeys(ports)), place.at(how))
    network = Message("that of the node") if on_host else Message("that of its pod")
    yield Fact(FactKey.CONTROLLER_NETWORK, network, place.at("hostNetwork"))


def _classes(cluster: Cluster) -> Iterator[Fact | Unread]:
    names: list[Words] = []
    for record in cluster.snapshot.by_kind("IngressClass"):
        default = text(record.body, "metadata", "annotations", _DEFAULT_CLASS) == "true"
        controller = plain(text(record.body, "spec", "controller"))
        shown = Message("{name} ({controller}, default)", name=record.name, controller=controller)
        names.append(shown if default else f"{record.name} ({controller})")
    if names:
        yield Fact(FactKey.INGRESS_CLASSES, listed(names, _MOST), Place("IngressClass"))
