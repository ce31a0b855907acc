"""Who listens on which port of which node, as specifications, command lines and the engine state it.

Nothing is probed. What holds without a flag says :mod:`rkedoc.explain.facts.ports`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import at, items, mapping, number, plain, text, words
from rkedoc.cluster.model import has_finished
from rkedoc.explain.facts.commandlines import CommandLine, command_lines, readable
from rkedoc.explain.facts.fact import Fact, Words
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.network import network_facts
from rkedoc.explain.facts.ports import ANY, BY_PROGRAM, LOCAL, PortDefault, port_default
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.vocabulary import Role

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload

_FEW: Final = 3
_PROBED: Final = Message("health")
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_RUNNING: Final = ("running", "restarting", "paused")


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that is open on a node.

    ``node`` is empty for what is so on every node; ``address`` is empty where nothing says it. ``record_id`` and ``name``
    are who listens, ``purpose`` what for (empty: what it is says so), ``where`` the field or flag that states it.
    ``default`` is whose default the address is, where nothing states it. ``filtered`` says whether rules of the packet filter may
    lead to it, so that no socket need be open.
    """

    port: int
    protocol: str
    address: str
    node: str
    record_id: str
    name: str
    purpose: Words
    where: Words
    default: str = ""
    filtered: bool = False


@lru_cache(maxsize=4)
def listeners(cluster: Cluster) -> tuple[Listener, ...]:
    """Every port that something states to be open on a node, each once: by port, protocol, node and name."""
    found = [
        *_components(cluster),
        *_kubelets(cluster),
        *_tunnels(cluster),
        *_pods(cluster),
        *_published(cluster),
        *_services(cluster),
    ]
    kept: dict[tuple[int, str, str, str, str], Listener] = {}
    stated: set[tuple[int, str, str, str]] = set()
    for item in found:
        who = (item.port, item.protocol, item.node, item.record_id)
        # A probe says less than the flag or the port that it asks.
        if 0 < item.port < 65536 and not (item.purpose == _PROBED and who in stated):
            stated.add(who)
            shown = replace(item, name=plain(item.name))
            kept.setdefault((*who, item.address), shown)
    return tuple(sorted(kept.values(), key=lambda item: (item.port, item.protocol, item.node, item.name, item.address)))


# -- components by their command lines --------------------------------------------------------------------------------


def _components(cluster: Cluster) -> Iterator[Listener]:
    minor = _minor(cluster)
    for component, lines in command_lines(cluster).items():
        for line in lines:
            if not line.running:
                continue
            for default in _by_flags(component):
                yield from _by_default(line, default, minor)
            if component == "etcd":
                yield from _etcd(line)
            elif component == "kube-proxy":
                yield from _proxy(line)
            elif component == "kubelet":
                yield from _kubelet(line, minor)
            elif component == "nginx-proxy" and line.rke:
                # rancher/rke-tools v0.1.69, nginx template of conf.d: workers reach the API servers through it.
                yield _listener(
                    line,
                    6443,
                    LOCAL,
                    N_("a way to the API servers for this node"),
                    Message("what rke-tools configures"),
                )


def _by_flags(component: str) -> tuple[PortDefault, ...]:
    """The ports of a program of Kubernetes that has one flag for each; those of etcd and kube-proxy are read in their own way."""
    if component in ("etcd", "kube-proxy"):
        return ()
    return tuple(default for default in BY_PROGRAM.get(component, ()) if default.port_flag)


def _by_default(line: CommandLine, default: PortDefault, minor: int | None) -> Iterator[Listener]:
    given = readable(line.flags.get(default.port_flag))
    if default.before is not None and (minor is None or minor >= default.before):
        return
    if given and not given.isdecimal():
        return
    port = int(given[:6]) if given else default.port
    address = readable(line.flags.get(default.address_flag))
    where = f"--{default.port_flag}" if given else Message("the default of --{flag}", flag=default.port_flag)
    version = f" 1.{minor}" if minor is not None else ""
    whose = "" if address else f"{line.component}{version}"
    yield _listener(line, port, address or default.address, default.purpose, where, whose)


def _etcd(line: CommandLine) -> Iterator[Listener]:
    if "config-file" in line.flags:
        return
    for default in BY_PROGRAM["etcd"]:
        flag, purpose = default.port_flag, default.purpose
        given = readable(line.flags.get(flag))
        for url in (given or (f"http://{default.address}:{default.port}" if default.address else "")).split(","):
            if (place := _url(url)) is not None:
                yield _listener(
                    line,
                    place[1],
                    place[0],
                    purpose,
                    f"--{flag}" if given else Message("the default of --{flag}", flag=flag),
                    "" if given else line.component,
                )


def _url(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url.strip())
        return (parts.hostname or "", parts.port) if parts.port else None
    except ValueError:
        return None


def _proxy(line: CommandLine) -> Iterator[Listener]:
    if "config" in line.flags:
        return
    for default in BY_PROGRAM["kube-proxy"]:
        flag = default.address_flag
        given = readable(line.flags.get(flag))
        host, own_port = _host_port(given)
        other = readable(line.flags.get(default.port_flag))
        found = own_port or (int(other[:6]) if other.isdecimal() else default.port)
        yield _listener(
            line,
            found,
            host or default.address,
            default.purpose,
            _stated_in(flag, given, default.port_flag if other.isdecimal() else "", whole=bool(own_port)),
            "" if host else line.component,
        )


def _stated_in(flag: str, given: str, port_flag: str, *, whole: bool) -> Words:
    """What states an address and a port: one flag for both, a flag for each, or the default of what is not given."""
    if whole:
        return f"--{flag}"
    if port_flag:
        return f"--{flag}, --{port_flag}" if given else f"--{port_flag}"
    if given:
        return Message("--{flag}; the port is the default", flag=flag)
    return Message("the default of --{flag}", flag=flag)


def _host_port(value: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:\[([^\]]*)\]|([^:]*)):([0-9]{1,5})", value)
    return (match[1] or match[2] or "", int(match[3])) if match else (value, 0)


def _kubelet(line: CommandLine, minor: int | None) -> Iterator[Listener]:
    given = readable(line.flags.get("read-only-port"))
    if given.isdecimal() and given != "0":
        address = readable(line.flags.get("address"))
        purpose = N_("the kubelet's API without authentication")
        yield _listener(line, int(given[:6]), address or ANY, purpose, "--read-only-port", "" if address else "kubelet")
    if line.rke and minor is not None and minor >= 24:
        # rancher/rke-tools v0.1.88, entrypoint.sh: from 1.24 on the kubelet's container runs cri-dockerd beside it.
        (default,) = BY_PROGRAM["cri-dockerd"]
        where = Message("the default of cri-dockerd")
        yield _listener(line, default.port, default.address, default.purpose, where, "cri-dockerd")


def _listener(line: CommandLine, port: int, address: str, purpose: str, where: Words, default: str = "") -> Listener:
    stated = Message("{place}, {field}", place=line.where, field=where)
    return Listener(port, "TCP", address, line.node, line.record_id, line.name, Message(purpose), stated, default)


def _minor(cluster: Cluster) -> int | None:
    """The minor version of Kubernetes, from the API server or else from a kubelet."""
    versions = [text(capture.tool, "server") for capture in cluster.header.captures if capture.source != "engine"]
    versions += [
        text(node.body, "status", "nodeInfo", "kubeletVersion") for node in cluster.snapshot.by_kind("Node")[:1]
    ]
    for container in cluster.snapshot.by_kind("EngineContainer"):
        if text(container.body, "labels", RKE_NAME) == "kubelet":
            versions.append(text(container.body, "image").rpartition(":")[2])
    for version in versions:
        if match := re.match(r"v?1\.([0-9]{1,3})\b", version):
            return int(match[1])
    return None


def _kubelets(cluster: Cluster) -> Iterator[Listener]:
    """Kubelets that are no containers: the port that their node tells."""
    known = {line.node for line in command_lines(cluster)["kubelet"]}
    for node in cluster.snapshot.by_kind("Node"):
        port = number(node.body, "status", "daemonEndpoints", "kubeletEndpoint", "Port")
        if port and node.name not in known:
            purpose = Message(port_default("kubelet", "port").purpose)
            yield Listener(
                port, "TCP", "", node.name, node.id, "kubelet", purpose, "status.daemonEndpoints.kubeletEndpoint"
            )


def _tunnels(cluster: Cluster) -> Iterator[Listener]:
    """The end of flannel's tunnel: the kernel listens, for whichever pod made the interface."""
    known = {item.key: item for item in network_facts(cluster) if isinstance(item, Fact)}
    port, backend, plugin = (known.get(key) for key in (FactKey.PORT, FactKey.BACKEND, FactKey.NETWORK_PLUGIN))
    if port is None or backend is None or plugin is None or not port.value.isdecimal():
        return
    purpose = Message("packets between pods of different nodes ({backend})", backend=backend.value)
    for workload in (found for found in cluster.workloads() if found.id == plugin.where.record):
        for node in _nodes(cluster, workload):
            yield Listener(int(port.value[:6]), "UDP", "", node, workload.id, workload.name,
                           purpose, port.where.words)  # fmt: skip


# -- pods, the engine, services ---------------------------------------------------------------------------------------


def _pods(cluster: Cluster) -> Iterator[Listener]:
    for workload in cluster.workloads():
        spec = workload.pod_spec
        on_host = spec.get("hostNetwork") is True
        stated = [
            port
            for role, container in containers_of(spec)
            if role in (Role.APP, Role.SIDECAR)
            for port in _stated(container, on_host)
        ]
        if not stated:
            continue
        for node in _nodes(cluster, workload):
            for port, protocol, address, purpose, where, default, filtered in stated:
                yield Listener(
                    port, protocol, address, node, workload.id, workload.name, purpose, where, default, filtered
                )


def _stated(container: Mapping[str, Any], on_host: bool) -> Iterator[tuple[int, str, str, Words, str, str, bool]]:
    name = text(container, "name")
    for port in items(container, "ports"):
        shown = number(port, "hostPort") or (number(port, "containerPort") if on_host else 0)
        if shown:
            given = readable(text(port, "hostIP"))
            address = given or ("" if on_host else ANY)
            how = Message("host network") if on_host else "hostPort"
            yield (
                shown,
                text(port, "protocol") or "TCP",
                address,
                text(port, "name"),
                Message("container {name}, ports ({how})", name=name, how=how),
                "" if given or on_host else "hostPort",
                not on_host,
            )
    for kind in _PROBES if on_host else ():
        for way in ("httpGet", "tcpSocket"):
            asked = number(container, kind, way, "port")
            if asked:
                address = readable(text(container, kind, way, "host"))
                yield (
                    asked,
                    "TCP",
                    address,
                    _PROBED,
                    Message("container {name}, {field}", name=name, field=kind),
                    "",
                    False,
                )


def _nodes(cluster: Cluster, workload: Workload) -> Iterable[str]:
    """The nodes that a workload runs on; one empty name for all of them, where they are more than a few."""
    names = {text(pod.body, "spec", "nodeName") for pod in workload.pods if not has_finished(pod)}
    found = sorted(names - {""})
    return [""] if len(found) > _FEW and len(found) == len(cluster.nodes()) else found


def _published(cluster: Cluster) -> Iterator[Listener]:
    for record in cluster.snapshot.by_kind("EngineContainer"):
        if mapping(record.body, "pod") or text(record.body, "state") not in _RUNNING:
            continue
        for port in items(record.body, "ports"):
            published = at(port, "hostPort")
            plain = str(published) if isinstance(published, str | int) and not isinstance(published, bool) else ""
            if plain.isdecimal() and len(plain) < 6:
                inside = at(port, "containerPort")
                purpose = (
                    Message("port {port} of the container", port=inside)
                    if isinstance(inside, int | str) and inside
                    else ""
                )
                address = readable(text(port, "hostIp"))
                yield Listener(int(plain), (text(port, "protocol") or "tcp").upper(), address or ANY, record.namespace or "",
                               record.id, record.name, purpose, Message("published by the engine"),
                               "" if address else "Docker", True)  # fmt: skip


def _services(cluster: Cluster) -> Iterator[Listener]:
    for record in cluster.snapshot.by_kind("Service"):
        spec, name = mapping(record.body, "spec"), f"{record.namespace}/{record.name}"
        local = text(spec, "externalTrafficPolicy") == "Local"
        for port in items(spec, "ports"):
            protocol = text(port, "protocol") or "TCP"
            told = (
                N_("port {port} of the service (only on nodes with one of its pods)")
                if local
                else N_("port {port} of the service")
            )
            purpose = Message(told, port=number(port, "port"))
            if number(port, "nodePort"):
                yield Listener(
                    number(port, "nodePort"), protocol, "", "", record.id, name, purpose, "spec.ports[].nodePort",
                    filtered=True,
                )  # fmt: skip
            for address in words(spec, "externalIPs"):
                yield Listener(
                    number(port, "port"), protocol, readable(address), "", record.id, name, purpose, "spec.externalIPs",
                    filtered=True,
                )  # fmt: skip
        if number(spec, "healthCheckNodePort"):
            yield Listener(number(spec, "healthCheckNodePort"), "TCP", "", "", record.id, name, Message("health, asked by a load balancer"),
                           "spec.healthCheckNodePort")  # fmt: skip
