"""Nodes compared with each other: those of the same roles, operating system and architecture should be made the same way.

What most nodes of such a group have is the rule, and those that have something else are named; where no value is that of most of
them, all values are told and no node is called odd. What was not read of a node says nothing about it. Names and addresses of a
node in its own settings are taken to be the same as another node's own; ``by_node.yaml`` names what is not compared at all, and why.

Versions during an upgrade are a note. What a kubelet may be beside its API server is Kubernetes' policy
(kubernetes.io/releases/version-skew-policy: not newer; up to three minor versions older, before kubelet 1.25 up to two).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.ranges import parsed_version
from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.fields import at, items, mapping, text, words
from rkedoc.cluster.model import is_static
from rkedoc.explain.facts.commandlines import command_lines, flags_of
from rkedoc.explain.facts.fact import Words, listed
from rkedoc.explain.facts.settings import all_settings
from rkedoc.explain.health.problem import Finding, command, kubectl
from rkedoc.i18n import N_, Message
from rkedoc.printable import printable
from rkedoc.resources import load_yaml
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.snapshot.record import HIDDEN_RE
from rkedoc.vocabulary import ProblemKind, Result, Severity

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

_MOST_FINDINGS: Final = 8
"""Differences of one group that are told one by one; the others are counted."""
_MOST_NODES: Final = 5
_MOST_VALUES: Final = 4
_LONGEST: Final = 100
_NONE: Final = ""
_THERE: Final = "\0there"
"""That a file is there, where its contents are compared apart."""
_FACTS: Final[tuple[tuple[str, str], ...]] = (
    ("kubeletVersion", N_("version of the kubelet")), ("kubeProxyVersion", N_("version of kube-proxy")),
    ("containerRuntimeVersion", N_("version of the container runtime")), ("kernelVersion", N_("version of the kernel")),
    ("osImage", N_("operating system")),
)  # fmt: skip
_ENGINE: Final[tuple[tuple[str, str, Severity], ...]] = (
    ("version", N_("version of the container engine"), Severity.INFO),
    ("cgroupDriver", N_("cgroup driver of the container engine"), Severity.WARNING),
    ("cgroupVersion", N_("cgroup version of the container engine"), Severity.WARNING),
    ("storageDriver", N_("storage driver of the container engine"), Severity.WARNING),
)  # fmt: skip
_SWITCH: Final = re.compile(r"(?:disable|enable)-")


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something that nodes of a group should have in common, with what each node has; empty is that it has nothing there.

    ``where`` says where it was read. ``versioned`` is a thing that a new version may bring along: it weighs less between nodes whose
    kubelets are of different versions.
    """

    name: Message
    where: str
    severity: Severity
    values: Mapping[str, str] = field(hash=False)
    versioned: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    roles: tuple[str, ...]
    nodes: tuple[str, ...]


def node_findings(cluster: Cluster) -> Iterator[Finding]:
    """Nodes that differ from those of their kind, and kubelets that do not fit the API server."""
    yield from _skewed(cluster)
    groups = [group for group in _groups(cluster) if len(group.nodes) > 1]
    if not groups:
        return
    things = tuple(_things(cluster))
    own = _Own(cluster)
    versions = _kubelets(cluster)
    for group in groups:
        found = [one for thing in things if (one := _compared(thing, group, own, versions)) is not None]
        found.sort(key=lambda one: one.severity.order)
        yield from found[:_MOST_FINDINGS]
        if len(found) > _MOST_FINDINGS:
            what = ProblemKind.NODES_DIFFER_MORE.seen(roles=", ".join(group.roles), count=len(found) - _MOST_FINDINGS)
            yield _finding(group.nodes, Severity.INFO, what, "")


# -- groups -----------------------------------------------------------------------------------------------------------


def _groups(cluster: Cluster) -> Iterator[_Group]:
    """The nodes of the same roles, operating system and architecture."""
    found: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for entry in distribution(cluster).roles:
        if entry.roles:
            found.setdefault((entry.roles, *_platform(cluster, entry.node)), []).append(entry.node)
    for (roles, _system, _machine), nodes in sorted(found.items()):
        yield _Group(roles, tuple(sorted(nodes)))


def _platform(cluster: Cluster, node: str) -> tuple[str, str]:
    record = cluster.snapshot.get(f"core/Node/-/{node}")
    if record is None:
        return "", ""
    told = mapping(record.body, "status", "nodeInfo")
    labels = mapping(record.body, "metadata", "labels")
    return (
        text(told, "operatingSystem") or text(labels, "kubernetes.io/os"),
        text(told, "architecture") or text(labels, "kubernetes.io/arch"),
    )


class _Own:
    """The names and addresses of the nodes, to tell what in a value is a node's own."""

    def __init__(self, cluster: Cluster) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}
        for node in cluster.snapshot.by_kind("Node"):
            told = {text(item, "address") for item in items(node.body, "status", "addresses")}
            names = {node.name, text(node.body, "metadata", "labels", "kubernetes.io/hostname"), *told}
            # RKE writes an address into names of files with hyphens (kube-etcd-10-0-0-1.pem; rancher/rke v1.6.3, pki/constants.go).
            names |= {name.replace(".", "-") for name in names if re.fullmatch(r"[0-9.]+", name)}
            self._patterns[node.name] = _any_of(names - {""})

    def without(self, node: str, value: str) -> str:
        """A value with a mark in place of what is the node's own."""
        pattern = self._patterns.get(node) or _any_of({node})
        return pattern.sub("{node}", value)


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])")


# -- comparing --------------------------------------------------------------------------------------------------------


def _compared(thing: _Thing, group: _Group, own: _Own, versions: Mapping[str, str]) -> Finding | None:
    known = {node: thing.values[node] for node in group.nodes if node in thing.values}
    # Of what was hidden nothing is said, not even that it differs.
    if len(known) < 2 or any(HIDDEN_RE.search(value) for value in known.values()):
        return None
    if len({_canonical(value) for value in known.values()}) < 2:
        return None
    kinds = {node: _canonical(own.without(node, value)) for node, value in known.items()}
    counted = Counter(kinds.values())
    if len(counted) < 2:
        return None
    usual, times = max(counted.items(), key=lambda pair: (pair[1], pair[0]))
    several_versions = len({versions.get(node, "") for node in known}) > 1
    severity = Severity.INFO if thing.versioned and several_versions else thing.severity
    if 2 * times <= len(known):
        values = _told(known, kinds)
        what = ProblemKind.NODES_SPLIT.seen(thing=thing.name, values=values, roles=", ".join(group.roles))
        return _finding(tuple(known), severity, what, thing.where)
    odd = {node: value for node, value in known.items() if kinds[node] != usual}
    rule = next(value for node, value in known.items() if kinds[node] == usual)
    what = ProblemKind.NODES_DIFFER.seen(
        thing=thing.name, odd=_told(odd, kinds), usual=_value(rule), count=times, roles=", ".join(group.roles)
    )
    return _finding(tuple(odd), severity, what, thing.where)


def _canonical(value: str) -> str:
    """A value to compare: lists without their order."""
    return ",".join(sorted({part.strip() for part in value.split(",")})) if "," in value else value.strip()


def _told(values: Mapping[str, str], kinds: Mapping[str, str]) -> Words:
    """Each value with the nodes that have it, as ``v1.27.8 on worker3``."""
    nodes: dict[str, list[str]] = {}
    for node in values:
        nodes.setdefault(kinds[node], []).append(node)
    return listed(
        [
            Message("{value} on {nodes}", value=_value(values[named[0]]), nodes=listed(named, _MOST_NODES))
            for named in nodes.values()
        ],
        _MOST_VALUES,
    )


def _value(value: str) -> Words:
    if value == _NONE:
        return Message("nothing")
    if value == _THERE:
        return Message("the file")
    return _line(value)


def _line(value: str) -> str:
    """A text from the cluster in one line that is not too long."""
    line = printable(" ".join(value.split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _finding(nodes: Sequence[str], severity: Severity, what: Any, where: str) -> Finding:
    subject = ", ".join(nodes[:3]) + ("…" if len(nodes) > 3 else "")
    ids = [f"core/Node/-/{node}" for node in nodes]
    look = (kubectl(None, "get", "nodes", "-o", "wide"), command("kubectl", "describe", "node", nodes[0]))
    return Finding(subject, ids[0], severity, what, "", None, (_line(where),), look, tuple(ids[1:]))


# -- what is compared -------------------------------------------------------------------------------------------------


def _things(cluster: Cluster) -> Iterator[_Thing]:
    yield from _versions(cluster)
    yield from _engines(cluster)
    yield from _settings(cluster)
    yield from _flags(cluster)
    yield from _images(cluster)
    yield from _sysctls(cluster)
    yield from _files(cluster)
    yield from _units(cluster)


def left_out_of(part: str) -> frozenset[str]:
    """The names of one part of ``by_node.yaml``: what may be different from node to node, and is not compared."""
    return frozenset(load_yaml("explain", "health", "by_node.yaml")[part])


def _versions(cluster: Cluster) -> Iterator[_Thing]:
    nodes = {node.name: mapping(node.body, "status", "nodeInfo") for node in cluster.snapshot.by_kind("Node")}
    for name, label in _FACTS:
        values = {node: text(told, name) for node, told in nodes.items() if text(told, name)}
        if name == "kubeProxyVersion":
            # The kubelet writes its own version there (kubernetes/kubernetes, pkg/kubelet/nodestatus/setters.go): that is told once.
            values = {node: value for node, value in values.items() if value != text(nodes[node], "kubeletVersion")}
        yield _Thing(Message(label), f"status.nodeInfo.{name}", Severity.INFO, values)


def _engines(cluster: Cluster) -> Iterator[_Thing]:
    told = {
        node.name
        for node in cluster.snapshot.by_kind("Node")
        if text(node.body, "status", "nodeInfo", "containerRuntimeVersion")
    }
    engines = {engine.namespace or "": engine for engine in cluster.snapshot.by_kind("Engine")}
    for name, label, severity in _ENGINE:
        values = {node: text(engine.body, name) for node, engine in engines.items() if text(engine.body, name)}
        if name == "version":
            values = {node: value for node, value in values.items() if node not in told}
        yield _Thing(Message(label), name, severity, values)


def _settings(cluster: Cluster) -> Iterator[_Thing]:
    """The settings of K3s and RKE2 as files and arguments make them together; those that hold flags flag by flag."""
    left_out = left_out_of("settings")
    for program in ("k3s", "rke2"):
        found = {
            node: dict(_flat(settings.settings.values()))
            for node, settings in all_settings(cluster).items()
            if settings.program == program and settings.read
        }
        for name in sorted({name for one in found.values() for name in one}):
            setting, _space, flag = name.partition(" ")
            if setting in left_out or flag in left_out:
                continue
            label = Message("setting {name} of {program}", name=_line(name), program=program)
            yield _Thing(label, name, Severity.WARNING, {node: one.get(name, _NONE) for node, one in found.items()})


def _flat(settings: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for setting in settings:
        if setting.name.endswith("-arg"):
            for value in setting.values:
                flag, _equals, given = value.lstrip("-").partition("=")
                yield f"{setting.name} {flag}", given or "true"
        elif not (_SWITCH.match(setting.name) and setting.values == ("false",)):
            yield setting.name, ",".join(setting.values)


def _flags(cluster: Cluster) -> Iterator[_Thing]:
    """The flags of Kubernetes' programs in containers and pods, and of the platform's programs outside them."""
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    for component, lines in command_lines(cluster).items():
        for line in lines:
            if line.node and line.running:
                found.setdefault(component, {}).setdefault(line.node, line.flags)
    several = left_out_of("programs")
    for record in cluster.snapshot.by_kind("HostProcess"):
        arguments = words(record.intent, "args")
        if arguments and record.name == text(record.body, "program") and record.name not in several:
            found.setdefault(record.name, {}).setdefault(record.namespace or "", flags_of(arguments))
    left_out = left_out_of("settings")
    for program, by_node in sorted(found.items()):
        for name in sorted({name for flags in by_node.values() for name in flags} - left_out):
            label = Message("flag --{name} of {program}", name=_line(name), program=_line(program))
            values = {node: flags.get(name, _NONE) for node, flags in by_node.items()}
            yield _Thing(label, f"--{name}", Severity.WARNING, values, versioned=True)


def _images(cluster: Cluster) -> Iterator[_Thing]:
    """The images of RKE's containers outside pods, and of static pods. Those of a workload's pods are the workload's own matter."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for record in cluster.snapshot.by_kind("EngineContainer"):
        name = text(record.body, "labels", RKE_NAME)
        if name and not mapping(record.body, "pod") and not record.name.startswith("old-"):
            found.setdefault((name, name), {})[record.namespace or ""] = text(record.body, "image")
    for pod in cluster.snapshot.by_kind("Pod"):
        node = text(pod.body, "spec", "nodeName")
        if node and is_static(pod) and pod.name.endswith(f"-{node}"):
            for container in items(pod.body, "spec", "containers"):
                key = (pod.name.removesuffix(f"-{node}"), text(container, "name"))
                found.setdefault(key, {})[node] = text(container, "image")
    for (pod_name, name), images in sorted(found.items()):
        # An image that has lost its name is known by its digest alone, which says nothing about its version.
        values = {node: image for node, image in images.items() if image and not image.startswith("sha256:")}
        named = name if name == pod_name else f"{pod_name}/{name}"
        yield _Thing(Message("image of {name}", name=_line(named)), "image", Severity.INFO, values)


def _sysctls(cluster: Cluster) -> Iterator[_Thing]:
    hosts = {host.namespace or "": mapping(host.body, "sysctls") for host in cluster.snapshot.by_kind("Host")}
    for name in sorted({name for one in hosts.values() for name in one} - left_out_of("sysctls")):
        values = {node: str(one[name]) for node, one in hosts.items() if name in one}
        yield _Thing(Message("setting {name} of the kernel", name=_line(name)), name, Severity.WARNING, values)


def _files(cluster: Cluster) -> Iterator[_Thing]:
    """Files of the same path: whether they are there where all such files were read, and what they say key by key."""
    paths: Sequence[str] = load_yaml("explain", "health", "by_node.yaml")["files"]
    read = {
        capture.node
        for capture in cluster.header.captures
        if capture.source == "host"
        and any(scope.name == "host/configuration" and scope.result == Result.COMPLETE for scope in capture.scopes)
    }
    for path in paths:
        files = {file.namespace or "": file for file in cluster.snapshot.by_kind("HostFile") if file.name == path}
        if not files:
            continue
        there = {node or "": (_THERE if node in files else _NONE) for node in read}
        yield _Thing(Message("file {path}", path=path), path, Severity.WARNING, there)
        contents = {
            node: dict(_leaves(file.body.get("content"))) for node, file in files.items() if "content" in file.body
        }
        for name in sorted({name for one in contents.values() for name in one}):
            label = Message("{key} in {path}", key=_line(name), path=path)
            values = {node: one.get(name, _NONE) for node, one in contents.items()}
            yield _Thing(label, path, Severity.WARNING, values, versioned=True)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The values of an object by their paths; a list is one value."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}" if path else str(key))
    elif path:
        yield path, value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _units(cluster: Cluster) -> Iterator[_Thing]:
    """What was changed about services of the same name."""
    units: dict[str, dict[str, Record]] = {}
    for unit in cluster.snapshot.by_kind("HostUnit"):
        units.setdefault(unit.name, {})[unit.namespace or ""] = unit
    said: tuple[tuple[str, Callable[[Record], str]], ...] = (
        (N_("files that change {name}"), lambda unit: ",".join(words(unit.body, "dropIns"))),
        (N_("whether {name} is masked"), lambda unit: "true" if at(unit.body, "masked") is True else "false"),
    )
    for name, by_node in sorted(units.items()):
        for label, value in said:
            values = {node: value(unit) for node, unit in by_node.items()}
            yield _Thing(Message(label, name=_line(name)), name, Severity.WARNING, values)


# -- kubelets and the API server --------------------------------------------------------------------------------------


def _kubelets(cluster: Cluster) -> dict[str, str]:
    return {
        node.name: text(node.body, "status", "nodeInfo", "kubeletVersion") for node in cluster.snapshot.by_kind("Node")
    }


def _skewed(cluster: Cluster) -> Iterator[Finding]:
    """Kubelets that are newer or older than the API server: one finding for each pair of versions."""
    servers = (
        capture.tool.get("server", "")
        for capture in cluster.header.captures
        if capture.source in ("kubernetes", "files")
    )
    server = next((version for version in servers if len(parsed_version(version)) > 1), "")
    if not server:
        return
    found: dict[str, list[str]] = {}
    for node, version in _kubelets(cluster).items():
        if len(parsed_version(version)) > 1:
            found.setdefault(version, []).append(node)
    for version, nodes in sorted(found.items()):
        kubelet, api = parsed_version(version)[:2], parsed_version(server)[:2]
        if kubelet == api or kubelet[0] != api[0]:
            continue
        allowed = 3 if kubelet >= (1, 25) else 2
        if kubelet > api:
            kind, severity = ProblemKind.KUBELET_NEWER, Severity.ERROR
        elif api[1] - kubelet[1] > allowed:
            kind, severity = ProblemKind.KUBELET_TOO_OLD, Severity.WARNING
        else:
            kind, severity = ProblemKind.KUBELET_BEHIND, Severity.INFO
        told = {"allowed": allowed} if kind == ProblemKind.KUBELET_TOO_OLD else {}
        what = kind.seen(kubelet=_value(version), server=_value(server), **told)
        yield _finding(sorted(nodes), severity, what, "status.nodeInfo.kubeletVersion")
