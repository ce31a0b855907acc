"""What of a pasted text is JSON, YAML or ``kubectl describe``: the objects in it as rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from rkedoc.listing.dress import quoted
from rkedoc.listing.nodetables import is_prompt
from rkedoc.listing.row import CRI, ENGINE, IMAGE, NODE, POD, RUNTIME_IMAGE, ListingRow, Skipped, Unreadable

_JSON = re.compile(r"\s*(?:\{\s*(?:\"|\Z|\})|\[\s*(?:[]{\"]|\Z))")
_YAML = re.compile(r"(?:- )?(?:apiVersion|kind):\s+\S+\s*\Z")
_YAML_LINE = re.compile(r"\s*(?:#.*|---.*|\.\.\.|-\s.*|-|[\"']?[\w./$-]+[\"']?:(?:\s.*)?)?\Z|\s+\S.*|[\]}],?\s*\Z")
_ANCHOR = re.compile(r"(?:^|[\s,\[{])[&*][^\s&*]", re.MULTILINE)
_DESCRIBED = re.compile(r"Name:\s+(\S+)\s*\Z")
_DESCRIBES = re.compile(r"\s+\S|[A-Z][\w ()/.-]*:(?:\s|\Z)|\s*\Z")
_FIELD = re.compile(r"([A-Z][\w ()/-]*?):\s*(.*?)\s*\Z")
_OF_DESCRIBE = frozenset((
    "Namespace", "Labels", "Annotations", "Priority", "Priority Class Name", "Node", "Roles", "CreationTimestamp", "Status", "Selector", "Replicas",
    "Node-Selector", "Service Account", "Start Time", "Controlled By", "Image",
))  # fmt: skip
_MOST = 20_000
"""How many lines of one document are looked at."""


class _Plain(yaml.SafeLoader):
    """YAML without anchors, of which a few lines could make a text of any size, and with times as text."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


class _Fast(yaml.CSafeLoader):
    """YAML of which the text shows that it has no anchors."""


_Plain.yaml_implicit_resolvers = _Fast.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def documents(lines: Sequence[str]) -> tuple[list[ListingRow], frozenset[int], list[Skipped]]:
    """The objects of the documents in a text, the places of the lines that these are made of, counted from 0, and where nothing came of one."""
    rows: list[ListingRow] = []
    empty: list[Skipped] = []
    taken: set[int] = set()
    at = 0
    broken = -1
    while at < len(lines):
        line = _unquoted(lines[at])
        found: tuple[list[ListingRow], int] | None = None
        if _JSON.match(line) and at > broken:
            found = _json(lines, at)
            broken = at + 50 if found is None else broken
        elif _YAML.match(line):
            found = _yaml(lines, at)
        elif _DESCRIBED.match(line):
            found = _description(lines, at)
        if found is None:
            at += 1
            continue
        rows += found[0]
        empty += [] if found[0] else [Skipped(at + 1, Unreadable.DOCUMENT)]
        taken.update(range(at, found[1]))
        at = found[1]
    return rows, frozenset(taken), empty


def _unquoted(line: str) -> str:
    found = quoted(line) if not line[:1].isspace() and not line.startswith("- ") else None
    return found[1] if found else line


def _json(lines: Sequence[str], at: int) -> tuple[list[ListingRow], int] | None:
    """The objects of the JSON that begins at a line, and the place after its last line."""
    first = _unquoted(lines[at])
    whole = first.rstrip().endswith(("}", "]"))
    texts = [(first, 1)] if whole else [("\n".join(_unquoted(line) for line in lines[at : at + _MOST]), 0)]
    for text, count in texts:
        start = len(text) - len(text.lstrip())
        try:
            value, end = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        last = at + (count or text.count("\n", 0, end) + 1)
        return list(_placed(_objects(value), lines, at, last)), last
    return None


def _yaml(lines: Sequence[str], at: int) -> tuple[list[ListingRow], int] | None:
    last = at
    block: list[str] = []
    while last < len(lines) and len(block) < _MOST:
        line = _unquoted(lines[last])
        if is_prompt(line) or not _YAML_LINE.match(line):
            break
        block.append(line)
        last += 1
    try:
        values = list(yaml.load_all("\n".join(block), Loader=_Plain))
    except (yaml.YAMLError, ValueError, RecursionError):
        return [], last
    found = [one for value in values for one in _objects(value)]
    return list(_placed(iter(found), lines, at, last)), last


def _placed(rows: Iterator[ListingRow], lines: Sequence[str], at: int, last: int) -> Iterator[ListingRow]:
    """Rows at the lines that hold their names, in their order."""
    place = at
    for row in rows:
        found = next((number for number in range(place, last) if row.name in lines[number]), place)
        place = min(found + 1, last - 1)
        yield replace(row, line=found + 1)


def _objects(value: Any) -> Iterator[ListingRow]:
    """The rows of a document: an object of Kubernetes, what ``docker`` and ``crictl`` print, or a list of these."""
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)
        return
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("items"), list) and (
        "kind" in value or "apiVersion" in value or not value.keys() - {"items"}
    ):
        for item in value["items"]:
            kind = _text(value, "kind").removesuffix("List")
            if isinstance(item, Mapping):
                yield from _objects({"kind": kind or _kind_of_item(item), **item} if "kind" not in item else item)
    elif "kind" in value and isinstance(value.get("metadata"), Mapping):
        yield from _of_kubernetes(value)
    else:
        yield from _of_runtime(value)


def _kind_of_item(item: Mapping[str, Any]) -> str:
    """The kind of what ``crictl pods -o json`` lists."""
    return POD if "state" in item and "metadata" in item else ""


def _of_kubernetes(value: Mapping[str, Any]) -> Iterator[ListingRow]:
    metadata = value["metadata"]
    kind, name = _text(value, "kind"), _text(metadata, "name")
    if not kind or not name:
        return
    spec = _mapping(value, "spec")
    if kind == "CronJob":
        spec = _mapping(spec, "jobTemplate", "spec")
    pod = spec if kind == POD else _mapping(spec, "template", "spec")
    containers = pod.get("containers")
    images = (
        [_text(one, "image") for one in containers if isinstance(one, Mapping)] if isinstance(containers, list) else []
    )
    status = _mapping(value, "status")
    yield ListingRow(
        0, kind, name, namespace=_text(metadata, "namespace") or None, image=",".join(one for one in images if one) or None,
        node=_text(spec, "nodeName") or None if kind == POD else None, status=_text(status, "phase") or None,
        version=_text(_mapping(status, "nodeInfo"), "kubeletVersion") or None if kind == NODE else None,
    )  # fmt: skip


def _of_runtime(value: Mapping[str, Any]) -> Iterator[ListingRow]:
    """What ``docker ps``, ``docker images`` and ``docker inspect``, ``docker compose ps``, ``podman`` and ``crictl`` print as JSON."""
    for key in ("containers", "images"):
        if isinstance(value.get(key), list) and not _text(value, "Image"):
            for item in value[key]:
                yield from _of_cri(item, key)
            return
    names = value.get("Names") or value.get("Name")
    name = str(names[0]) if isinstance(names, list) and names else names if isinstance(names, str) else ""
    config = _mapping(value, "Config")
    image = _text(config, "Image") or _text(value, "Image") or _text(value, "ImageName")
    if name and image:
        state = value.get("State")
        status = _text(value, "Status") or (_text(state, "Status") if isinstance(state, Mapping) else str(state or ""))
        command = value.get("Command")
        line = " ".join(map(str, command)) if isinstance(command, list) else str(command or "").strip('"')
        own = _text(value, "ID") or _text(value, "Id")
        yield ListingRow(0, ENGINE, name, image=image, id=own or None, status=status or None, command=line or None)
    elif (repository := _text(value, "Repository")) and repository != "<none>":
        yield ListingRow(0, IMAGE, repository, image=repository, id=_text(value, "ID") or None)


def _of_cri(item: Any, key: str) -> Iterator[ListingRow]:
    if not isinstance(item, Mapping):
        return
    if key == "images":
        for image in (item.get("repoTags") or [])[:1]:
            yield ListingRow(0, RUNTIME_IMAGE, str(image), image=str(image), id=_text(item, "id") or None)
        return
    labels, metadata = _mapping(item, "labels"), _mapping(item, "metadata")
    name, attempt = _text(metadata, "name"), metadata.get("attempt")
    if name:
        yield ListingRow(
            0, CRI, name, image=_text(_mapping(item, "image"), "image") or None, id=_text(item, "id") or None, status=_text(item, "state") or None,
            pod=_text(labels, "io.kubernetes.pod.name") or None, namespace=_text(labels, "io.kubernetes.pod.namespace") or None,
            pod_id=_text(item, "podSandboxId") or None, attempt=attempt if isinstance(attempt, int) else None,
        )  # fmt: skip


def _description(lines: Sequence[str], at: int) -> tuple[list[ListingRow], int] | None:
    """The object that ``kubectl describe`` tells of from a line on, and the place after its last line."""
    fields: dict[str, str] = {}
    images: list[str] = []
    last = at
    section = ""
    while last < len(lines) and last - at < _MOST:
        line = _unquoted(lines[last])
        if is_prompt(line) or not _DESCRIBES.match(line) or (last > at and _DESCRIBED.match(line)):
            break
        if found := _FIELD.match(line.strip()):
            name, value = found[1], found[2]
            if line[:1].isspace():
                if name == "Image" and value and section in ("Containers", "Pod Template"):
                    images.append(value)
            else:
                section = name
                fields.setdefault(name, value)
            if name in ("Init Containers", "Containers"):
                section = name
        last += 1
    if len(_OF_DESCRIBE & fields.keys()) < 2:
        return None
    kind = _described_kind(fields)
    if kind is None:
        return [], last
    namespace = fields.get("Namespace", "")
    row = ListingRow(
        at + 1, kind, fields["Name"], namespace=namespace or None, image=",".join(images) or None, status=fields.get("Status") or None,
        node=fields.get("Node", "").partition("/")[0] or None if kind == POD else None,
    )  # fmt: skip
    return [row], last


def _described_kind(fields: Mapping[str, str]) -> str | None:
    """The kind of object by the fields that ``kubectl describe`` shows of it (kubernetes/kubectl, pkg/describe/describe.go)."""
    for wanted, kind in (
        ({"Schedule"}, "CronJob"), ({"Parallelism"}, "Job"), ({"Desired Number of Nodes Scheduled"}, "DaemonSet"), ({"StrategyType"}, "Deployment"),
        ({"Roles", "Capacity"}, NODE), ({"Replicas", "Update Strategy"}, "StatefulSet"), ({"Replicas", "Pods Status", "Controlled By"}, "ReplicaSet"),
        ({"Replicas", "Pods Status"}, "StatefulSet"), ({"Type", "Endpoints"}, "Service"), ({"Type", "Port"}, "Service"), ({"Containers"}, POD), ({"Node", "Namespace"}, POD),
    ):  # fmt: skip
        if wanted <= fields.keys():
            return kind
    return None


def _mapping(value: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _text(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""
