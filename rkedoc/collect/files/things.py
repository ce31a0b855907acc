"""What a document is that another tool wrote: an object of the Kubernetes API, a list of them, what an engine holds, or nothing of use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

from rkedoc.collect.files.internal import as_served, is_internal, kind_of_link
from rkedoc.collect.files.runtimes import runtime_things

Object = dict[str, Any]

_INTERNAL = "\0kind"
"""Where a document of kubectl up to 1.9 notes the kind that its file is named after; no document has such a key."""


class Listed(IntEnum):
    """Whether an object came in a list, and of what that is all. False for one that did not."""

    NO = 0
    """Alone, or in a list of which something is missing."""
    PRINTED = 1
    """In a whole list that somebody had printed: it may be what they named, or what a selector left."""
    ALL = 2
    """In a list of all that there is where it holds anything."""


class FoundThing(NamedTuple):
    """One thing in a document.

    ``what`` is ``"object"`` (of the Kubernetes API, with apiVersion and kind), ``"list"`` (that a list of objects of one
    kind begins, which may be empty), ``"cut"`` (that a list ended before its end), ``"server"`` (the version of an API server), ``"inspect"``, ``"row"`` or ``"ps"`` (a container, in three forms), ``"image"``, ``"network"``, ``"volume"``,
    ``"info"`` or ``"version"`` (of an engine), one of :data:`~rkedoc.collect.files.runtimes.CRI`, ``"failure"`` (what an API server answered instead of a list), ``"nothing"`` (known, and of no interest here), ``"refused"`` (not to be read),
    ``"empty"`` (a list of nothing that does not say of which kind) or ``"unknown"``; ``"watched"`` and ``"gone"`` are
    an object as a watch told of it, and one that it told the end of. ``listed`` tells whether an object came in a list
    that is whole, and not alone; of a list, whether it is whole. ``alone`` tells that an object is a document of its own.
    """

    what: str
    content: Object
    listed: Listed = Listed.NO
    alone: bool = False


_NO_OBJECTS = frozenset(
    {
        "APIGroup", "APIGroupDiscoveryList", "APIGroupList", "APIResourceList", "APIVersions", "Config",
        "PartialObjectMetadata", "PartialObjectMetadataList", "Table",
    }
)  # fmt: skip
"""Answers of an API server (and kubeconfigs) that are no objects of a cluster."""


def things(document: Any, *, depth: int = 0, listed: Listed = Listed.NO) -> Iterator[FoundThing]:
    """What a document holds: the items of lists, the elements of arrays, or itself."""
    if isinstance(document, list) and depth < 4:
        if not document:
            yield FoundThing("empty", {})
        whole = _of_printed(document)
        for element in document:
            yield from things(element, depth=depth + 1, listed=whole)
    elif not isinstance(document, dict):
        yield FoundThing("unknown", {})
    elif is_internal(document):
        yield from _internal(document, depth, listed=listed)
    elif document.keys() == {"type", "object"} and isinstance(document["type"], str) and depth < 4:
        yield from _watched(document, depth)
    elif isinstance(document.get("kind"), str) and (
        document["kind"] in _NO_OBJECTS or document.keys() & {"apiVersion", "metadata"}
    ):
        yield from _kubernetes(document, depth, listed=listed)
    elif "items" in document and isinstance(document["items"], list | type(None)) and depth < 4:
        if _is_cut(document):
            yield from _cut(document["items"], depth)
            return
        if not document["items"]:
            yield FoundThing("empty", {})
        whole = _of_list(document)
        for item in document["items"] or ():
            yield from things(item, depth=depth + 1, listed=whole)
    else:
        yield from _without_kind(document)


def things_of_cut(document: Any) -> Iterator[FoundThing]:
    """What a list holds that lacks its end. It is complete for nothing; rows of which others may be missing tell nothing of what there is."""
    yield FoundThing("cut", {})
    for thing in things(document):
        if thing.what in ("object", "inspect", "list", "refused"):
            yield thing._replace(listed=Listed.NO)


_WITH_STATUS = frozenset(
    {"DaemonSet", "Deployment", "Job", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod", "ReplicaSet", "StatefulSet"}
)  # fmt: skip
"""Kinds of which every object that lives has a status (Kubernetes API reference)."""


def lacks_its_end(document: Any) -> bool:
    """Whether an object that stands at the end of a text in YAML is cut off: Kubernetes' tools sort the keys, and what would have come last is
    missing: the kind, the name, or the status of one that lives (sigs.k8s.io/yaml v1.4, Marshal)."""
    if not isinstance(document, dict) or not isinstance(document.get("apiVersion"), str) or "items" in document:
        return False
    keys, kind, metadata = list(document), document.get("kind"), document.get("metadata")
    if keys != sorted(keys) or not isinstance(kind, str):
        return keys == sorted(keys) and keys[-1] <= "kind"
    if keys[-1] == "metadata" and not _named(document):
        return True
    lives = isinstance(metadata, dict) and metadata.get("creationTimestamp")
    return bool(lives) and kind in _WITH_STATUS and keys[-1] < "status"


_CHANGES: Final = {"ADDED": "watched", "MODIFIED": "watched", "DELETED": "gone"}
"""What an event of a watch says of its object (Kubernetes API, WatchEvent)."""


def _watched(document: Object, depth: int) -> Iterator[FoundThing]:
    """What an event of a watch tells."""
    what, told = _CHANGES.get(document["type"]), document["object"]
    if what is None:  # a bookmark, or an error
        yield from things(told, depth=depth + 1) if document["type"] == "ERROR" else (FoundThing("nothing", document),)
        return
    for thing in things(told, depth=depth + 1):
        yield thing._replace(what=what) if thing.what == "object" else thing


def _internal(document: Object, depth: int, *, listed: Listed) -> Iterator[FoundThing]:
    """A list or an object of kubectl up to 1.9."""
    version, kind = document.get(_INTERNAL, ("", ""))
    if "Items" not in document:
        served = as_served(document, version, kind)
        yield FoundThing("object" if "kind" in served and _named(served) else "unknown", served, listed)
        return
    version, kind = kind_of_link(document.get("selfLink")) or (version, kind)
    items = document["Items"] if depth < 4 else []
    objects = [as_served(item, version, kind) if isinstance(item, dict) else {} for item in items]
    whole = Listed.ALL if _are_objects(objects) else Listed.NO
    if kind:
        yield FoundThing("list", {"apiVersion": version, "kind": kind}, whole)
    for served in objects:
        yield FoundThing("object" if "kind" in served and _named(served) else "unknown", served, whole)


def _of_list(document: Object) -> Listed:
    """Of what a list is all: of nothing if it is a page of a longer one (Kubernetes API, ListMeta), or if something in it is no object. A list of
    one kind is what an API server answered with."""
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and (metadata.get("continue") or metadata.get("remainingItemCount")):
        return Listed.NO
    typed = document.get("kind", "List") != "List"
    items = document["items"] or ()
    if not typed:
        return _of_printed(items)
    return Listed.ALL if _are_objects(items) else Listed.NO


_GIVEN: Final = frozenset(
    {
        "controller-revision-hash", "kubernetes.io/hostname", "kubernetes.io/metadata.name", "objectset.rio.cattle.io/hash", "pod-template-generation",
        "pod-template-hash",
    }
)  # fmt: skip
"""Labels that every object of a kind is given by Kubernetes' controllers, or by Rancher's: that all have them says nothing of a selector."""


def _of_printed(items: Sequence[Any]) -> Listed:
    """Of what a list is all that does not say what it is a list of.

    kubectl prints the same ``List`` for what was named, for what a selector left, and for all (kubernetes/kubernetes v1.31,
    staging/src/k8s.io/kubectl/pkg/cmd/get/get.go, printGeneric). What tells is in it: with names it asks one namespace, so objects of several
    were not named; what a selector left has a label in common, pods also a node; and a server answers in the order of its keys, each kind
    by itself.
    """
    if not _are_objects(items):
        return Listed.NO
    namespaces, nodes, last, common = set(), set(), dict[Any, str](), None
    for item in items:
        metadata, kind = item["metadata"], item.get("kind")
        namespace = metadata.get("namespace") or ""
        at = f"{namespace}/{metadata['name']}"
        if at < last.get(kind, ""):
            return Listed.PRINTED
        last[kind] = at
        namespaces.add(namespace)
        labels = metadata.get("labels")
        keys = labels.keys() if isinstance(labels, dict) else set()
        common = set(keys) if common is None else common & keys
        nodes.add(_map(item, "spec").get("nodeName") if kind == "Pod" else None)
    of_one_node = len(nodes) == 1 and None not in nodes
    several = len(namespaces - {""}) > 1
    return Listed.ALL if several and not of_one_node and not (common or set()) - _GIVEN else Listed.PRINTED


def _are_objects(items: Iterable[Any]) -> bool:
    return all(map(_is_named, items))


def _is_cut(document: Object) -> bool:
    """Whether the end of a list is missing. Kubernetes' tools write its kind behind its items in YAML, whose keys they sort (sigs.k8s.io/yaml
    v1.4, Marshal); without its items, no list says its version alone."""
    return "apiVersion" in document and not isinstance(document.get("kind"), str)


def _cut(items: list[Any] | None, depth: int) -> Iterator[FoundThing]:
    """The items of a list that is cut off: the last one may be but a part of itself."""
    yield FoundThing("cut", {})
    for item in (items or [])[:-1]:
        yield from things(item, depth=depth + 1)


def _kubernetes(document: Object, depth: int, *, listed: Listed) -> Iterator[FoundThing]:
    kind = document["kind"]
    items = document.get("items")
    if kind in _NO_OBJECTS:
        yield FoundThing("nothing", document)
    elif kind == "Status" and document.get("apiVersion") == "v1":
        yield FoundThing("failure" if document.get("status") == "Failure" else "nothing", document)
    elif kind.endswith("List") and isinstance(items, list | type(None)) and "items" in document and depth < 4:
        single, whole = kind.removesuffix("List"), _of_list(document)
        if single and isinstance(document.get("apiVersion"), str):
            yield FoundThing("list", {"apiVersion": document["apiVersion"], "kind": single}, whole)
        elif not items:
            yield FoundThing("empty", {})
        version = document.get("apiVersion")
        for item in items or ():
            if isinstance(item, dict) and single and "kind" not in item:
                item = {"apiVersion": version, "kind": single, **item}
            elif isinstance(item, dict) and single and "apiVersion" not in item:
                item = {"apiVersion": version, **item}
            if (whole or _is_named(item)) and _is_plain(item):
                yield FoundThing("object", item, whole)
            else:
                yield from things(item, depth=depth + 1, listed=whole)
    elif isinstance(document.get("apiVersion"), str) and _named(document):
        yield FoundThing("object", document, listed, alone=depth == 0)
    else:
        yield FoundThing("unknown", document)


def _is_plain(item: Any) -> bool:
    """Whether an item of a list that has a name is an object and can be nothing else, as nearly all are."""
    if "items" in item or "Items" in item:
        return False
    kind = item.get("kind")
    return isinstance(kind, str) and kind not in _NO_OBJECTS and isinstance(item.get("apiVersion"), str)


def _is_named(item: Any) -> bool:
    return isinstance(item, dict) and _named(item)


def _named(document: Object) -> bool:
    metadata = document.get("metadata")
    return isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and bool(metadata["name"])


def of_kind(document: Any, version: str, kind: str) -> Any:
    """A document with a kind in each of its objects that has none."""
    if isinstance(document, list):
        return [of_kind(item, version, kind) for item in document]
    if not isinstance(document, dict):
        return document
    if is_internal(document):
        return {**document, _INTERNAL: (version, kind)}
    if isinstance(document.get("items"), list) and document.get("kind", "List") == "List":
        return {**document, "items": [of_kind(item, version, kind) for item in document["items"]]}
    if "kind" in document or not _named(document):
        return document
    if "spec" not in document and "creationTimestamp" not in document["metadata"]:  # of crictl pods -o json
        return document
    return {"apiVersion": version, "kind": kind, **document}


def _without_kind(document: Object) -> Iterator[FoundThing]:
    """A document that does not say what it is: an engine's, or the version of a server."""
    keys = document.keys()
    if keys & {"desiredState", "currentState"} and any("certificatesBundle" in _map(document, state) for state in keys):
        yield FoundThing(
            "refused", {}
        )  # RKE's state, with all private keys (rancher/rke v1.4, cluster/state.go, FullState)
    elif isinstance(document.get("serverVersion"), dict):  # kubectl version -o json
        yield FoundThing("server", document["serverVersion"])
    elif "gitVersion" in keys:
        yield FoundThing("server", document)
    elif "clientVersion" in keys or document.get("rkedoc") == "snapshot":
        yield FoundThing("nothing", document)
    elif found := runtime_things(document):
        yield from (FoundThing(what, content) for what, content in found)
    elif isinstance(document.get("Volumes"), list):
        for volume in document["Volumes"]:
            yield from (thing._replace(listed=Listed.ALL) for thing in things(volume, depth=3))
    elif isinstance(document.get("Server"), dict) and "Client" in keys:  # docker version --format '{{json .}}'
        yield FoundThing("version", document["Server"])
    else:
        of_list = Listed.ALL if "Links" in keys else Listed.NO  # docker volume ls --format json
        yield FoundThing(_engine_kind(document), document, of_list)


def _map(document: Object, key: str) -> Object:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _engine_kind(document: Object) -> str:
    keys = document.keys()
    if isinstance(document.get("Id"), str):
        if isinstance(document.get("State"), dict) and isinstance(document.get("Config"), dict):
            return "inspect"
        if isinstance(document.get("Names"), list) and isinstance(document.get("State", ""), str):
            return "row"
        if keys >= {"Driver", "IPAM"}:
            return "network"
        return "image" if keys & {"RepoTags", "RootFS"} else "unknown"
    if isinstance(document.get("ID"), str) and isinstance(document.get("Names"), str) and "Image" in keys:
        return "ps"
    if keys >= {"Driver", "Mountpoint", "Name"}:
        return "volume"
    if "ServerVersion" in keys:
        return "info"
    return "version" if keys >= {"ApiVersion", "Version"} else "unknown"
