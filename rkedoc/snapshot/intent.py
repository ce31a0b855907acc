"""Which part of an API object is intent and which is observed: the rules of ``fields.yaml``, and records made by it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rkedoc.resources import load_yaml
from rkedoc.snapshot.identity import KIND, canonical_group, record_id
from rkedoc.snapshot.kinds import CONTAINER_LISTS
from rkedoc.snapshot.record import FROM_ROW, Record

_TOKEN_VOLUME = re.compile(r"(kube-api-access)-[a-z0-9]{5}")
"""The name of the volume that the server adds to every pod (kubernetes/kubernetes v1.21,
plugin/pkg/admission/serviceaccount): its end is random, another in each pod."""

_CLUSTER_OWNERS = frozenset({"Node", "Namespace", "ClusterRole", "CustomResourceDefinition", "PersistentVolume"})


@dataclass(slots=True)
class _Node:
    """The rules below one key."""

    rule: str = ""
    keys: dict[str, _Node] = field(default_factory=dict)
    prefixes: dict[str, _Node] = field(default_factory=dict)

    def below(self, key: str) -> _Node | None:
        """The rules for what stands under ``key``."""
        found = self.keys.get(key)
        if found is None:
            for prefix, node in self.prefixes.items():
                if key.startswith(prefix):
                    return node
        return found


def split(obj: Mapping[str, Any], *, autoscaled: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """The intent and the observed part of a redacted API object; what is neither is in none of them.

    Merged again they are the object without what was dropped. ``autoscaled`` says that an autoscaler owns its replicas.
    """
    group, kind = _identity(obj)
    rules = _rules(group, kind, autoscaled=autoscaled, aggregated=bool(obj.get("aggregationRule")))
    if rules.rule == "observed" or obj.get(FROM_ROW) is True or _made_by_controller(obj, kind):
        return {}, _kept(obj, rules)
    return _split(obj, rules)


def object_record(obj: Mapping[str, Any], *, autoscaled: bool = False) -> Record:
    """The record of a redacted API object with ``apiVersion``, ``kind`` and ``metadata``.

    Raises ``KeyError`` or ``TypeError`` for what is no API object.
    """
    group, kind = _identity(obj)
    metadata = obj["metadata"]
    namespace, name = metadata.get("namespace"), metadata["name"]
    if not isinstance(name, str) or not name or not isinstance(namespace, str | None):
        raise TypeError("an object without a name")
    if not KIND.match(kind) or "/" in f"{group}{namespace or ''}":
        raise TypeError("a kind, a group or a namespace that no API server would take")
    if kind == "Pod":
        obj = _without_random_volumes(obj)
    intent, observed = split(obj, autoscaled=autoscaled)
    return Record(
        id=record_id(group, kind, namespace, name), kind=kind, owner=_owner(metadata, namespace), intent=intent,
        observed=observed,
    )  # fmt: skip


def _identity(obj: Mapping[str, Any]) -> tuple[str, str]:
    group, _, _ = str(obj["apiVersion"]).rpartition("/")
    kind = str(obj["kind"])
    return canonical_group(group, kind), kind


def _controller(metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
    owners = metadata.get("ownerReferences")
    if isinstance(owners, list):
        for owner in owners:
            if isinstance(owner, Mapping) and owner.get("controller") is True:
                return owner
    return None


def _made_by_controller(obj: Mapping[str, Any], kind: str) -> bool:
    """Whether a controller made the object from somebody else's intent.

    A static pod is owned by its node, but somebody put its manifest there. The token of a service account has no owner.
    """
    metadata = obj.get("metadata")
    owner = _controller(metadata) if isinstance(metadata, Mapping) else None
    if owner is not None:
        return owner.get("kind") != "Node"
    return kind == "Secret" and obj.get("type") == "kubernetes.io/service-account-token"


def _owner(metadata: Mapping[str, Any], namespace: str | None) -> str | None:
    owner = _controller(metadata)
    if owner is None or not all(
        isinstance(owner.get(key), str) and owner[key] for key in ("apiVersion", "kind", "name")
    ):
        return None
    group, _, _ = owner["apiVersion"].rpartition("/")
    return record_id(group, owner["kind"], None if owner["kind"] in _CLUSTER_OWNERS else namespace, owner["name"])


def _split(obj: Mapping[str, Any], rules: _Node) -> tuple[dict[str, Any], dict[str, Any]]:
    intent: dict[str, Any] = {}
    observed: dict[str, Any] = {}
    for key, value in obj.items():
        node = rules.below(key)
        if node is None:
            intent[key] = value
        elif node.rule == "observed":
            observed[key] = value
        elif node.rule == "dropped":
            continue
        elif isinstance(value, Mapping) and value:
            mine, seen = _split(value, node)
            if mine:
                intent[key] = mine
            if seen:
                observed[key] = seen
        else:
            intent[key] = _elements(value, node)
    return intent, observed


def _kept(obj: Mapping[str, Any], rules: _Node) -> dict[str, Any]:
    """Both parts of an object in one: all of it but what is neither."""
    kept: dict[str, Any] = {}
    for key, value in obj.items():
        node = rules.below(key)
        if node is None or node.rule == "observed":
            kept[key] = value
        elif node.rule == "dropped":
            continue
        elif isinstance(value, Mapping) and value:
            inner = _kept(value, node)
            if inner:
                kept[key] = inner
        else:
            kept[key] = _elements(value, node)
    return kept


def _elements(value: Any, rules: _Node) -> Any:
    """A value that is no object; of the objects in a list the intent alone is kept."""
    element = rules.keys.get("[]")
    if element is None or not isinstance(value, list):
        return value
    return [_split(item, element)[0] if isinstance(item, Mapping) else item for item in value]


def _without_random_volumes(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pod with the random end taken off the names of the volumes that the server added."""
    spec = pod.get("spec")
    volumes = spec.get("volumes") if isinstance(spec, Mapping) else None
    if not isinstance(spec, Mapping) or not isinstance(volumes, list):
        return pod
    names: dict[str, str] = {}
    for volume in volumes:
        name = volume.get("name") if isinstance(volume, Mapping) else None
        match = _TOKEN_VOLUME.fullmatch(name) if isinstance(name, str) else None
        if match and "projected" in volume:
            names[match[0]] = match[1]
    if not names:
        return pod
    changed = dict(spec)
    changed["volumes"] = [_renamed(volume, names) for volume in volumes]
    for key in CONTAINER_LISTS:
        containers = spec.get(key)
        if isinstance(containers, list):
            changed[key] = [_remounted(container, names) for container in containers]
    return {**pod, "spec": changed}


def _renamed(item: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(item, Mapping) or item.get("name") not in names:
        return item
    return {**item, "name": names[item["name"]]}


def _remounted(container: Any, names: Mapping[str, str]) -> Any:
    mounts = container.get("volumeMounts") if isinstance(container, Mapping) else None
    if not isinstance(mounts, list):
        return container
    return {**container, "volumeMounts": [_renamed(mount, names) for mount in mounts]}


@cache
def _rules(group: str, kind: str, *, autoscaled: bool, aggregated: bool) -> _Node:
    """The rules for one kind, as a tree of keys."""
    holds = {"autoscaled": autoscaled, "aggregated": aggregated}
    root = _Node()
    for rule in load_yaml("snapshot", "fields.yaml")["rules"]:
        kinds: Iterable[str] | None = rule.get("kinds")
        if (kinds is None or f"{group}/{kind}" in kinds) and holds.get(rule.get("when"), True):
            node = root
            for key in rule["path"]:
                where, name = (node.prefixes, key[:-1]) if key.endswith("*") else (node.keys, key)
                node = where.setdefault(name, _Node())
            node.rule = rule["class"]
    return root
