"""What the rules of a move can look for: each finder reads the model of a cluster, and gives what it found with its place.

A finder takes the words that a rule says about it; :data:`FINDERS` names all that there are. Where nothing was found, :func:`unread` says whether that
is because it could not be looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from posixpath import normpath
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import at, items, mapping, text, words
from rkedoc.explain.facts.commandlines import command_lines, flags_of
from rkedoc.explain.facts.dns import blocks_of, corefile
from rkedoc.explain.facts.fact import Place, Read, Words, place_in, place_of
from rkedoc.explain.migration.successors import REPLACED
from rkedoc.explain.removals import removals
from rkedoc.i18n import Message
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.snapshot.record import HIDDEN_RE, without_fingerprints
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload
    from rkedoc.snapshot.record import Record

Said = Mapping[str, Any]
"""What a rule says to a finder."""

Finder = Callable[["Cluster", Said], Iterator[Read]]

_LONGEST: Final = 100
"""Characters of a value that are shown."""


# -- objects ----------------------------------------------------------------------------------------------------------


def _object(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Objects of a ``kind`` whose ``name`` and ``namespace`` fit patterns, outside of the namespaces ``but``. With a ``path``: the value that stands there, and only where one
    does; ``value`` and ``not`` are patterns that the whole of it fits and does not fit."""
    for record in cluster.snapshot.by_kind(said["kind"]):
        group = said.get("group")
        namespace = record.namespace or ""
        if (
            (group and record.group != group)
            or namespace in said.get("but", ())
            or not _named(said, namespace, record.name)
        ):
            continue
        if "path" not in said:
            yield Read("", place_of(record))
            continue
        found = at(record.body, *said["path"].split("|"))
        for value in found if isinstance(found, list | tuple) else [found]:
            shown = _scalar(value)
            if shown is not None and _fits(said, shown):
                yield Read(_short(shown), place_of(record, said["path"].replace("|", ".")))


def _workload(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Workloads, also those that are known from their pods alone, by ``kind``, ``namespace`` and ``name``."""
    for workload in cluster.workloads():
        if said.get("kind", workload.kind) == workload.kind and _named(said, workload.namespace, workload.name):
            yield Read("", place_in(workload))


def _namespace(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Namespaces by ``name``, also those that are known from what lies in them."""
    for place in cluster.namespaces():
        if fnmatchcase(place.name, said["name"]):
            yield Read("", Place(f"Namespace {place.name}", "", place.id))


def _label(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Labels or annotations (``of``) of nodes whose key fits a pattern: each key once, with the nodes that have it counted."""
    nodes: dict[str, list[Record]] = {}
    for node in cluster.snapshot.by_kind("Node"):
        for key in mapping(node.body, "metadata", said.get("of", "labels")):
            if re.fullmatch(said["key"], key) and key not in said.get("but", ()):
                nodes.setdefault(key, []).append(node)
    for key, found in sorted(nodes.items()):
        yield Read(key, place_of(found[0], said.get("of", "labels")))


# -- command lines and containers outside pods ------------------------------------------------------------------------


def _flag(cluster: Cluster, said: Said) -> Iterator[Read]:
    """A flag (``name``) of a component (``of``) whose value fits ``value`` and does not fit ``not``."""
    seen: set[tuple[str, str]] = set()
    for line in command_lines(cluster).get(said["of"], ()):
        value = line.flags.get(said["name"])
        if value is None or not _fits(said, value) or (line.node, value) in seen:
            continue
        seen.add((line.node, value))
        yield Read(_short(value), Place(line.where, f"--{said['name']}", line.record_id))


def _other_flags(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Flags of a component (``of``) that RKE does not set by itself, and that no rule of their own speaks of (``known``)."""
    seen: set[str] = set()
    for line in command_lines(cluster).get(said["of"], ()):
        for name, value in sorted(line.flags.items()):
            if name not in said["known"] and name not in seen:
                seen.add(name)
                shown = f"--{name}" if HIDDEN_RE.search(value) or not value else f"--{name}={value}"
                yield Read(_short(shown), Place(line.where, "", line.record_id))


def _argument(cluster: Cluster, said: Said) -> Iterator[Read]:
    """A flag (``name``) of a container outside pods (``of``) that is none of the control plane's programs."""
    for record in _outside(cluster, said["of"]):
        given = flags_of((*words(record.body, "entrypoint"), *words(record.body, "args")))
        if value := given.get(said["name"]):
            yield Read(_short(value), place_of(record, f"--{said['name']}"))


def _container(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Containers outside pods that RKE named so, or whose names are so."""
    for record in _outside(cluster, said["name"]):
        yield Read(text(record.body, "image"), place_of(record))


def _variable(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Variables of containers outside pods (``of``) whose ``name`` fits a pattern. Their values are not shown."""
    for record in _outside(cluster, said["of"]):
        for variable in items(record.body, "env"):
            if re.fullmatch(said["name"], text(variable, "name")):
                yield Read(text(variable, "name"), place_of(record, "env"))


def _bind(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Folders of the node that a container outside pods (``of``) has, beyond those that RKE gives it (``known``)."""
    seen: set[str] = set()
    for record in _outside(cluster, said["of"]):
        for mount in items(record.body, "mounts"):
            source, inside = text(mount, "source"), text(mount, "destination")
            if text(mount, "type") == "bind" and source and source not in seen and inside not in said["known"]:
                seen.add(source)
                yield Read(_short(f"{source}:{inside}"), place_of(record, "mounts"))


def _outside(cluster: Cluster, name: str) -> Iterator[Record]:
    for record in cluster.snapshot.by_kind("EngineContainer"):
        if not record.body.get("pod") and name in (text(record.body, "labels", RKE_NAME), record.name):
            yield record


# -- workloads that move ----------------------------------------------------------------------------------------------


def moves(workload: Workload) -> bool:
    """Whether a workload comes along: the new cluster brings all that takes the place of RKE's own."""
    return workload.entry is None or workload.entry.id not in REPLACED


@lru_cache(maxsize=4)
def _moving(cluster: Cluster) -> tuple[Workload, ...]:
    return tuple(workload for workload in cluster.workloads() if moves(workload))


def _host_path(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Folders and sockets of the node (``paths``, with all below them) that workloads mount which come along; not those of ``but``."""
    for workload in _moving(cluster):
        for volume in items(workload.pod_spec, "volumes"):
            path = text(volume, "hostPath", "path")
            real = normpath(path) if path.startswith("/") else path
            if _is_below(real, said["paths"]) and not _is_below(real, said.get("but", ())):
                yield Read(_short(path), place_in(workload, "spec.volumes"))


def _is_below(path: str, places: Sequence[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _host_port(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Ports of the node (``ports``) that workloads take which come along."""
    for workload in _moving(cluster):
        on_host = workload.pod_spec.get("hostNetwork") is True
        for _role, container in containers_of(workload.pod_spec):
            for port in items(container, "ports"):
                number = port.get("hostPort") or (port.get("containerPort") if on_host else None)
                if number in said["ports"]:
                    yield Read(str(number), place_in(workload, f"{text(container, 'name')}, ports"))


def _volume_type(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Volumes of a type (``types``): of workloads that come along, and PersistentVolumes."""
    for workload in _moving(cluster):
        for volume in items(workload.pod_spec, "volumes"):
            for kind in said["types"]:
                if kind in volume and said.get("pods", True):
                    yield Read(kind, place_in(workload, f"spec.volumes, {text(volume, 'name')}"))
    for record in cluster.snapshot.by_kind("PersistentVolume"):
        for kind in said["types"]:
            if kind in mapping(record.body, "spec"):
                claim = mapping(record.body, "spec", "claimRef")
                used = f"{kind}, {text(claim, 'namespace')}/{text(claim, 'name')}" if claim else kind
                yield Read(_short(used), place_of(record, "spec"))


def _node_key(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Keys of labels and taints of nodes (a pattern, ``key``) by which workloads that come along choose or tolerate nodes."""
    for workload in _moving(cluster):
        for key, where in dict.fromkeys(_node_keys(workload.pod_spec)):
            if re.fullmatch(said["key"], key):
                yield Read(key, place_in(workload, where))


def _node_keys(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((key, "nodeSelector") for key in mapping(spec, "nodeSelector"))
    yield from ((text(item, "key"), "tolerations") for item in items(spec, "tolerations"))
    affinity = mapping(spec, "affinity", "nodeAffinity")
    terms = [*items(affinity, "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")]
    terms += [
        mapping(item, "preference") for item in items(affinity, "preferredDuringSchedulingIgnoredDuringExecution")
    ]
    for term in terms:
        yield from ((text(item, "key"), "nodeAffinity") for item in items(term, "matchExpressions"))


def _mention(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Values that hold what a pattern (``words``) finds: in workloads that come along, and in ConfigMaps, Ingresses and NetworkPolicies outside of the
    namespaces that RKE and Rancher made (``but``)."""
    pattern = re.compile(said["words"])
    for workload in _moving(cluster):
        if workload.namespace not in said["but"]:
            yield from _mentions(pattern, workload.template, place_in(workload))
    for kind in ("ConfigMap", "Ingress", "NetworkPolicy"):
        for record in cluster.snapshot.by_kind(kind):
            if (record.namespace or "") not in said["but"] and record.name != "kube-root-ca.crt":
                yield from _mentions(pattern, record.intent, place_of(record))


def _mentions(pattern: re.Pattern[str], value: Any, place: Place) -> Iterator[Read]:
    for path, leaf in _leaves(value, ()):
        for found in dict.fromkeys(match[0] for match in pattern.finditer(leaf)):
            yield Read(_short(found), place.at(".".join(path)))


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner, path)


def _image(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Images of workloads that come along whose repository fits a pattern (``repository``), or ``never`` pulled."""
    for workload in _moving(cluster):
        for _role, container in containers_of(workload.pod_spec):
            image, where = text(container, "image"), place_in(workload, text(container, "name"))
            if (
                said.get("never")
                and text(container, "imagePullPolicy") == "Never"
                or "repository" in said
                and re.fullmatch(said["repository"], parse_image(image).repository)
            ):
                yield Read(_short(image), where)


def _local_image(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Images of workloads that come along which lie on a node and have no digest of a registry: somebody built or loaded them there."""
    del said
    local = {
        name for record in cluster.snapshot.by_kind("EngineImage") if not record.body.get("digests")
        for name in record.body.get("tags") or () if isinstance(name, str)
    }  # fmt: skip
    for workload in _moving(cluster):
        for _role, container in containers_of(workload.pod_spec):
            image = text(container, "image")
            if image in local or (":" not in image and f"{image}:latest" in local):
                yield Read(_short(image), place_in(workload, text(container, "name")))


def _registry(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Registries other than those of everybody (``public``) that images of workloads come from: each once, with the first workload."""
    seen: set[str] = set()
    for workload in _moving(cluster):
        for _role, container in containers_of(workload.pod_spec):
            host, slash, _rest = text(container, "image").partition("/")
            # distribution/reference v0.5, splitDockerDomain: the first part is a registry if it looks like a host.
            is_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
            if is_host and host not in said["public"] and host not in seen:
                seen.add(host)
                yield Read(_short(host), place_in(workload, text(container, "name")))


# -- what has a form of its own ---------------------------------------------------------------------------------------


def _ingress(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Ingresses without ``ingressClassName``, and those with annotations whose key fits a pattern (``annotation``)."""
    for record in cluster.snapshot.by_kind("Ingress"):
        annotations = mapping(record.body, "metadata", "annotations")
        if "annotation" in said:
            for key in sorted(annotations):
                if re.fullmatch(said["annotation"], key):
                    yield Read(_short(key), place_of(record, "metadata.annotations"))
        elif not text(record.body, "spec", "ingressClassName"):
            by = text(annotations, "kubernetes.io/ingress.class")
            yield Read(f"kubernetes.io/ingress.class: {by}" if by else "", place_of(record))


def _settings(cluster: Cluster, said: Said) -> Iterator[Read]:
    """The keys that ConfigMaps (``names`` in ``namespace``) set."""
    for name in said["names"]:
        record = cluster.get(f"core/ConfigMap/{said['namespace']}/{name}")
        if record is not None:
            for key, value in mapping(record.body, "data").items():
                shown = f"{key}: {value}" if isinstance(value, str) else str(key)
                yield Read(_short(shown), place_of(record, "data"))


def _names(cluster: Cluster, said: Said) -> Iterator[Read]:
    """What the Corefile does beyond RKE's: zones besides ``.``, and forwarding elsewhere than to the node's ``/etc/resolv.conf``."""
    del said
    reading = corefile(cluster)
    if not isinstance(reading, Read):
        return
    for block in blocks_of(str(reading.value)):
        if block.zones not in (".", ".:53"):
            yield Read(_short(block.zones), reading.where)
        for plugin in block.plugins:
            if (
                plugin.name in ("forward", "proxy")
                and "/etc/resolv.conf" not in plugin.arguments.replace('"', "").split()
            ):
                yield Read(_short(f"{plugin.name} {plugin.arguments}"), reading.where)


def _removed(cluster: Cluster, said: Said) -> Iterator[Read]:
    """Objects in versions of an API that Kubernetes has removed and that come along; not of the kinds that rules of their own speak of (``but``)."""
    for one in removals(cluster):
        if one.name.rpartition(" ")[2] in said.get("but", ()):
            continue
        for place in one.where:
            workload = cluster.workload_of(place.record)
            if workload is not None and not moves(workload):
                continue
            value = Message("{name}, gone with Kubernetes {release}", name=one.name, release=one.release)
            yield Read(value, Place(place.named, "", place.record))


FINDERS: Final[Mapping[str, Finder]] = {
    "object": _object, "workload": _workload, "namespace": _namespace, "label": _label, "flag": _flag, "other_flags": _other_flags,
    "argument": _argument, "settings": _settings, "container": _container, "variable": _variable, "bind": _bind, "host_path": _host_path, "host_port": _host_port, "volume_type": _volume_type,
    "node_key": _node_key, "mention": _mention, "image": _image, "local_image": _local_image, "registry": _registry, "ingress": _ingress,
    "names": _names, "removed": _removed,
}  # fmt: skip
"""Every finder by the word that rules use."""

_ON_PODS: Final = frozenset({"host_path", "host_port", "node_key", "mention", "image", "registry", "workload"})
_OF_ENGINE: Final = frozenset({"argument", "container", "variable", "bind", "local_image"})
_KINDS_OF: Final[Mapping[str, str]] = {
    "ingress": "Ingress", "settings": "ConfigMap", "names": "ConfigMap", "label": "Node", "volume_type": "PersistentVolume",
}  # fmt: skip


def unread(cluster: Cluster, finder: str, said: Said) -> Words | None:
    """What a finder would have to read and was not collected, at least not whole; ``None`` if nothing stands in its way."""
    if finder in ("flag", "other_flags"):
        found = command_lines(cluster).get(said["of"])
        return None if found else Message("the command line of {component}", component=said["of"])
    if finder in _OF_ENGINE or said.get("kind") in ("Engine", "EngineContainer"):
        return None if cluster.engine_nodes else Message("the container engines of the nodes")
    if finder in _ON_PODS:
        inside = said.get("namespace", "*")
        return (
            None if cluster.whole("Pod") or _listed(cluster, "Pod", inside) else Message("the pods of all namespaces")
        )
    kind = said.get("kind") or _KINDS_OF.get(finder)
    if kind is None or _listed(cluster, kind, said.get("namespace", "*")):
        return None
    if any(True for _ in cluster.snapshot.by_kind(kind)):
        return Message("objects of the kind {kind} in all namespaces", kind=kind)
    return Message("objects of the kind {kind}", kind=kind)


def _listed(cluster: Cluster, kind: str, namespace: str) -> bool:
    """Whether all objects of a kind are here, or all of the namespace that is asked about, or the API has no such kind."""
    scopes = [scope for scope in cluster.header.scopes() if (scope.kind or "").rpartition("/")[2] == kind]
    if any(scope.namespace == namespace and scope.result == Result.COMPLETE for scope in scopes):
        return True
    if scopes:
        return all(scope.result in (Result.COMPLETE, Result.ABSENT) for scope in scopes)
    # A live API that was asked for all it serves would have had a list of the kind: it has none.
    return any(capture.source == "kubernetes" for capture in cluster.header.captures)


# -- values -----------------------------------------------------------------------------------------------------------


def _named(said: Said, namespace: str, name: str) -> bool:
    return fnmatchcase(namespace, said.get("namespace", "*")) and fnmatchcase(name, said.get("name", "*"))


def _fits(said: Said, value: str) -> bool:
    wanted, other = said.get("value"), said.get("not")
    return (wanted is None or re.fullmatch(wanted, value, re.DOTALL) is not None) and (
        other is None or re.fullmatch(other, value, re.DOTALL) is None
    )


def _scalar(value: Any) -> str | None:
    """A value as text; ``None`` for what is none: nothing, or an object."""
    if value is None or isinstance(value, Mapping | list | tuple) or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(value: str) -> str:
    shown = without_fingerprints(" ".join(value.split()))
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
