"""Facts about Rancher and Fleet, as far as the cluster that they manage knows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import at, items, mapping, plain, text
from rkedoc.explain.facts.fact import (
    Fact,
    Missing,
    Place,
    Read,
    Reading,
    Unread,
    Words,
    first,
    found,
    listed,
    place_in,
    place_of,
    together,
    why_none,
    why_not_there,
)
from rkedoc.explain.facts.keys import FactKey
from rkedoc.i18n import Message
from rkedoc.snapshot.record import HIDDEN_RE, Record

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload

_MOST: Final = 12
_PROJECT: Final = "field.cattle.io/projectId"
_SERVER: Final = re.compile(r"(?:^|/)rancher/rancher$")
_FLEET_NAMESPACES: Final = ("cattle-fleet-system", "fleet-system", "cattle-fleet-local-system")


def rancher_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """Facts about Rancher; none where there is nothing of it."""
    agents = [workload for workload in cluster.workloads() if workload.namespace == "cattle-system"]
    servers = [record for record in cluster.snapshot.by_kind("EngineContainer") if _is_server(record)]
    if not agents and not servers and not cluster.snapshot.by_kind("Setting"):
        return
    yield first(FactKey.SERVER_URL, _server_url(cluster, agents))
    yield first(FactKey.SERVER_VERSION, _server_version(cluster, agents, servers))
    for workload in agents:
        if workload.name in ("cattle-cluster-agent", "cattle-node-agent"):
            yield first(FactKey.VERSION_OF, [_version(workload)], of=workload.name)
    yield from _skew(cluster, agents, servers)
    yield first(FactKey.CLUSTER_ID, _cluster_id(cluster))
    for server in servers:
        ports = [Message("{address} for {port}",
                         address=f"{text(port, 'hostIp') or '0.0.0.0'}:{port.get('hostPort')}", port=port.get("containerPort"))
                 for port in items(server.body, "ports") if port.get("hostPort")]  # fmt: skip
        if ports:
            yield Fact(FactKey.SERVER_PUBLISHED, _listed(ports), place_of(server, "ports"))
    yield from _features(cluster, agents)
    if repositories := [_repository(record) for record in cluster.snapshot.by_kind("ClusterRepo")]:
        yield Fact(FactKey.CHART_REPOSITORIES, _listed(repositories), Place("ClusterRepo", "spec.gitRepo, spec.url"))
    if apps := [
        f"{record.namespace}/{record.name}"
        for record in cluster.snapshot.by_kind("App")
        if record.group == "catalog.cattle.io"
    ]:
        yield Fact(FactKey.INSTALLED_APPS, _listed(apps), Place("App (catalog.cattle.io)"))
    if projects := {_project(record) for record in cluster.snapshot.by_kind("Namespace")} - {""}:
        yield Fact(
            FactKey.PROJECTS, _listed(sorted(projects)), Place("Namespace", Message("annotation {name}", name=_PROJECT))
        )


def fleet_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """Facts about Fleet; none where there is nothing of it."""
    agents = [
        workload
        for workload in cluster.workloads()
        if workload.name.startswith(("fleet-agent", "fleet-controller", "gitjob"))
    ]
    kinds = {kind: [record for record in cluster.snapshot.by_kind(kind) if record.group == "fleet.cattle.io"]
             for kind in ("Cluster", "ClusterGroup", "GitRepo", "Bundle", "BundleDeployment")}  # fmt: skip
    if not agents and not any(kinds.values()):
        return
    for workload in agents:
        yield first(FactKey.VERSION_OF, [_version(workload)], of=workload.name)
    places = sorted({workload.namespace for workload in agents} | {
        place.name for place in cluster.namespaces() if place.name in _FLEET_NAMESPACES})  # fmt: skip
    if places:
        yield Fact(
            FactKey.FLEET_NAMESPACES, ", ".join(places), Place(Message("workloads of Fleet, and namespaces by name"))
        )
    feature = cluster.get("management.cattle.io/Feature/-/fleet")
    if feature is not None:
        value = at(feature.body, "spec", "value")
        default = at(feature.body, "status", "default")
        on = value if isinstance(value, bool) else default
        yield Fact(
            FactKey.FLEET_SWITCH,
            Message("yes") if on is True else Message("no") if on is False else Message("not set"),
            place_of(feature, "spec.value"),
        )
    for kind, key in (
        ("Cluster", FactKey.CLUSTERS),
        ("ClusterGroup", FactKey.CLUSTER_GROUPS),
        ("Bundle", FactKey.BUNDLES),
    ):
        if kinds[kind]:
            yield Fact(key, _listed([_place(record) for record in kinds[kind]]), Place(f"{kind} (fleet.cattle.io)"))
    for record in kinds["Cluster"]:
        labels = mapping(record.body, "metadata", "labels")
        shown = [f"{key}={value}" for key, value in sorted(labels.items()) if isinstance(value, str)]
        if shown:
            value = Message("{cluster}: {labels}", cluster=_place(record), labels=_listed(shown))
            yield Fact(FactKey.CLUSTER_LABELS, value, place_of(record, "labels"))
    if kinds["GitRepo"]:
        repositories = _listed([_git(record) for record in kinds["GitRepo"]])
        yield Fact(FactKey.GIT_REPOSITORIES, repositories, Place("GitRepo", "spec.repo"))
    if kinds["BundleDeployment"]:
        shown = [f"{record.name}{_state(record)}" for record in kinds["BundleDeployment"]]
        yield Fact(FactKey.BUNDLES_HERE, _listed(shown), Place("BundleDeployment"))
    elif agents:
        yield Unread(FactKey.BUNDLES_HERE, why_none(cluster, "fleet.cattle.io", "BundleDeployment"))


def _server_url(cluster: Cluster, agents: list[Workload]) -> Iterator[Reading | None]:
    yield _setting(cluster, "server-url")
    for workload in agents:
        yield _environment(workload, "CATTLE_SERVER")


def _server_version(cluster: Cluster, agents: list[Workload], servers: list[Record]) -> Iterator[Reading | None]:
    yield _setting(cluster, "server-version")
    for server in servers:
        tag = parse_image(text(server.body, "image")).tag
        yield found(tag or "", place_of(server, "image"))
    for workload in agents:
        if workload.name == "rancher":
            yield _version(workload)
        yield _environment(workload, "CATTLE_SERVER_VERSION")


def _skew(cluster: Cluster, agents: list[Workload], servers: list[Record]) -> Iterator[Fact | Unread]:
    """Whether the agents are of the server's version; Rancher replaces them when the server is upgraded."""
    server = first(FactKey.SERVER_VERSION, _server_version(cluster, agents, servers))
    known = {
        workload.name: reading
        for workload in agents
        if workload.name in ("cattle-cluster-agent", "cattle-node-agent")
        and isinstance(reading := _version(workload), Read)
    }
    if not isinstance(server, Fact) or not known:
        return
    behind = [f"{name} {item.value}" for name, item in sorted(known.items()) if item.value != server.value]
    where = Place(together([item.where.words for item in known.values()], "; "))
    if behind:
        value = Message("server {server}, but {agents}", server=server.value, agents=", ".join(behind))
        yield Fact(FactKey.AGENTS_AND_SERVER, value, where)
    else:
        yield Fact(FactKey.AGENTS_AND_SERVER, Message("of one version"), where)


def _setting(cluster: Cluster, name: str) -> Reading:
    identifier = f"management.cattle.io/Setting/-/{name}"
    record = cluster.get(identifier)
    if record is None:
        return Missing(why_not_there(cluster, identifier))
    for field in ("value", "default"):
        if (reading := found(text(record.body, field), place_of(record, field))) is not None:
            return reading
    return Missing(Message("{where} is empty", where=f"Setting {name}"))


def _environment(workload: Workload, name: str) -> Reading | None:
    for _role, container in containers_of(workload.pod_spec):
        for variable in items(container, "env"):
            if text(variable, "name") == name:
                return found(text(variable, "value"), place_in(workload, name))
    return None


def _version(workload: Workload) -> Reading:
    """The tag of the image of a workload's first container."""
    containers = items(workload.pod_spec, "containers")
    reference = parse_image(text(containers[0], "image")) if containers else None
    if reference is None or not reference.identified:
        return Missing(Message("what was collected does not name its image"))
    where = place_in(workload, Message("image {name}", name=reference.repository))
    return found(reference.tag or "", where) or Missing(Message("{where} has no tag", where=where.words))


def _is_server(record: Record) -> bool:
    return (
        not mapping(record.body, "pod")
        and _SERVER.search(parse_image(text(record.body, "image")).repository) is not None
    )


def _cluster_id(cluster: Cluster) -> Iterator[Reading | None]:
    for record in cluster.snapshot.by_kind("Namespace"):
        identifier, colon, _project_id = text(record.body, "metadata", "annotations", _PROJECT).partition(":")
        if colon:
            yield found(identifier, place_of(record, Message("annotation {name}", name=_PROJECT)))
    yield Missing(
        Message("no namespace has the annotation {project}", project=_PROJECT)
        if cluster.whole("Namespace")
        else why_none(cluster, "core", "Namespace"),
    )


def _project(record: Record) -> str:
    value = text(record.body, "metadata", "annotations", _PROJECT)
    return "" if HIDDEN_RE.search(value) else value


def _features(cluster: Cluster, agents: list[Workload]) -> Iterator[Fact | Unread]:
    shown = []
    for record in cluster.snapshot.by_kind("Feature"):
        value = at(record.body, "spec", "value")
        if isinstance(value, bool):
            shown.append(f"{record.name}={'true' if value else 'false'}")
    if shown:
        yield Fact(FactKey.FEATURES, _listed(shown), Place("Feature", "spec.value"))
    for workload in agents:
        if workload.name == "cattle-cluster-agent" and isinstance(
            reading := _environment(workload, "CATTLE_FEATURES"), Read
        ):
            yield Fact(FactKey.AGENT_FEATURES, reading.value.replace(",", ", "), reading.where)


def _repository(record: Record) -> str:
    address = text(record.body, "spec", "gitRepo") or text(record.body, "spec", "url")
    branch = text(record.body, "spec", "gitBranch")
    return f"{record.name} ({' '.join(filter(None, (plain(address), plain(branch))))})"


def _git(record: Record) -> str:
    address, branch = plain(text(record.body, "spec", "repo")), plain(text(record.body, "spec", "branch"))
    return f"{_place(record)} ({' '.join(filter(None, (address, branch)))})"


def _state(record: Record) -> str:
    state = plain(text(record.body, "status", "display", "state"))
    return f" ({state})" if state else ""


def _place(record: Record) -> str:
    return f"{record.namespace}/{record.name}" if record.namespace else record.name


def _listed(values: Sequence[Words]) -> Words:
    return listed(values, _MOST)
