"""Facts about the controllers that answer for ingresses: class, ports, default backend, settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.fields import items, mapping, number, plain, text, words
from rkedoc.explain.facts.commandlines import flags_of
from rkedoc.explain.facts.fact import Fact, Reading, Unread, why_none, why_not_there
from rkedoc.i18n import _
from rkedoc.snapshot.record import HIDDEN_RE, is_hidden

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from rkedoc.cluster.model import Cluster, Workload

_DEFAULT_CLASS: Final = "ingressclass.kubernetes.io/is-default-class"
_MOST: Final = 30


def ingress_facts(cluster: Cluster) -> Iterator[Reading]:
    """Facts about each ingress controller, then about ingress classes."""
    known = False
    for workload in cluster.workloads():
        for container in items(workload.pod_spec, "containers"):
            if is_controller(container):
                yield from _controller(cluster, workload, container)
                known = True
    if not known:
        why = (
            _("no workload of a known ingress controller was found")
            if cluster.collected("Pod")
            else why_none(cluster, "core", "Pod")
        )
        yield Unread("controller", why)
    yield from _classes(cluster)


def is_controller(container: Mapping[str, Any]) -> bool:
    """Whether a container is ingress-nginx's controller or Traefik: by its program or its image."""
    family = parse_image(text(container, "image")).repository.rpartition("/")[2]
    command = (*words(container, "command"), *words(container, "args"))
    return (
        family
        in ("nginx-ingress-controller", "mirrored-ingress-nginx-controller", "traefik", "mirrored-library-traefik")
        or parse_image(text(container, "image")).repository.endswith("ingress-nginx/controller")
        or any(word.rpartition("/")[2] == "nginx-ingress-controller" for word in command[:3])
    )


def _controller(cluster: Cluster, workload: Workload, container: Mapping[str, Any]) -> Iterator[Reading]:
    place = f"{workload.kind} {workload.namespace}/{workload.name}"
    yield Fact("controller", f"{workload.namespace}/{workload.name}", place)
    reference = parse_image(text(container, "image"))
    if reference.tag:
        yield Fact("version", reference.tag, f"{place}, image {reference.repository}")
    flags = flags_of((*words(container, "command"), *words(container, "args")))
    nginx = "traefik" not in reference.repository
    yield from _ports(workload, container, place)
    if not nginx:
        return
    # kubernetes/ingress-nginx, docs/user-guide/cli-arguments.md: the class is "nginx" unless a flag says otherwise.
    given = flags.get("ingress-class", "")
    yield Fact(
        "ingress class",
        given or "nginx",
        f"{place}, --ingress-class" if given else _("{place}: the default, no flag sets it").format(place=place),
    )
    backend = _resolved(flags.get("default-backend-service", ""), workload)
    if backend:
        yield Fact("default backend", backend, f"{place}, --default-backend-service")
    else:
        yield Fact(
            "default backend",
            _("the controller's own (404)"),
            _("{place}: no flag --default-backend-service").format(place=place),
        )
    if certificate := _resolved(flags.get("default-ssl-certificate", ""), workload):
        yield Fact("default certificate", f"Secret {certificate}", f"{place}, --default-ssl-certificate")
    for flag, name in (
        ("configmap", "settings"),
        ("tcp-services-configmap", "TCP services"),
        ("udp-services-configmap", "UDP services"),
    ):
        if given := _resolved(flags.get(flag, ""), workload):
            yield _configmap(cluster, name, given)


def _resolved(value: str, workload: Workload) -> str:
    value = value.replace("$(POD_NAMESPACE)", workload.namespace)
    return "" if HIDDEN_RE.search(value) else value


def _configmap(cluster: Cluster, name: str, given: str) -> Reading:
    namespace, slash, own = given.partition("/")
    if not (namespace and slash and own) or "/" in own:
        return Unread(name, f"{given!r} does not name a ConfigMap")
    identifier = f"core/ConfigMap/{namespace}/{own}"
    record = cluster.get(identifier)
    if record is None:
        return Unread(name, why_not_there(cluster, identifier))
    data = mapping(record.body, "data")
    pairs = [
        key if is_hidden(value) or not isinstance(value, str) else f"{key}: {' '.join(value.split())[:80]}"
        for key, value in sorted(data.items())
    ]
    shown = ", ".join(pairs[:_MOST]) + (
        _(" and {count} more").format(count=len(pairs) - _MOST) if len(pairs) > _MOST else ""
    )
    return Fact(name, shown or _("none: everything as the controller has it by default") if name == "settings" else shown or "none",
                f"ConfigMap {given}")  # fmt: skip


def _ports(workload: Workload, container: Mapping[str, Any], place: str) -> Iterator[Reading]:
    on_host = workload.pod_spec.get("hostNetwork") is True
    ports = []
    for port in items(container, "ports"):
        shown = number(port, "containerPort") if on_host else number(port, "hostPort")
        if shown:
            ports.append(f"{shown}/{text(port, 'protocol') or 'TCP'}")
    if ports:
        how = _("host network") if on_host else _("host ports")
        yield Fact("ports on the nodes", ", ".join(dict.fromkeys(ports)), f"{place}, {how}")
    yield Fact("network", _("that of the node") if on_host else _("that of its pod"), f"{place}, hostNetwork")


def _classes(cluster: Cluster) -> Iterator[Reading]:
    names = []
    for record in cluster.snapshot.by_kind("IngressClass"):
        default = text(record.body, "metadata", "annotations", _DEFAULT_CLASS) == "true"
        controller = plain(text(record.body, "spec", "controller"))
        names.append(f"{record.name} ({controller}{_(', default') if default else ''})")
    if names:
        yield Fact("ingress classes", ", ".join(names[:_MOST]), "IngressClass objects")
