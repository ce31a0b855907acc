"""What engines hold, from files: ``docker inspect``, ``docker ps``, and saved answers of the API.

Files do not say which machine they are of. Files that name the same containers are of one engine; its pods, its kubelet
and the host's name inside its containers say which Node that is; files that say nothing go with their neighbours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rkedoc.collect.engine import records
from rkedoc.collect.engine.node import which_node
from rkedoc.collect.engine.rows import (
    ContainerRow,
    row_of_inspect,
    row_of_list,
    row_of_ps,
    shown_name,
)
from rkedoc.collect.files.documents import FoundThing, Input
from rkedoc.collect.selection import Choice
from rkedoc.collect.source import Sink, Spools
from rkedoc.redact import Redactor, Shelter
from rkedoc.snapshot.record import Record, Scope

_ROWS: Mapping[str, Callable[[Mapping[str, Any]], ContainerRow | None]] = {
    "inspect": row_of_inspect, "row": row_of_list, "ps": row_of_ps,
}  # fmt: skip
KINDS = frozenset({*_ROWS, "image", "network", "volume", "info", "version"})
"""What of :class:`~rkedoc.collect.files.documents.FoundThing` belongs to an engine."""

_UNKNOWN = "node"
"""What a node is called of which no file says the name."""

_SHORT = 12


@dataclass(slots=True)
class Dump:
    """What one input says of an engine."""

    source: Input
    containers: dict[str, tuple[str, ContainerRow]] = field(default_factory=dict)
    """By the first twelve digits of the id, which is all that ``docker ps`` prints: the form, and the row."""
    others: list[FoundThing] = field(default_factory=list)

    def take(self, found: FoundThing) -> bool:
        """Add one thing; false if it is of no use."""
        read = _ROWS.get(found.what)
        if read is None:
            self.others.append(found)
            return True
        row = read(found.content)
        if row is None:
            return False
        key = row.id[:_SHORT]
        if key not in self.containers or found.what == "inspect":
            self.containers[key] = (found.what, row)
        return True

    def machine(self) -> str:
        """What the engine, or its containers in the host's network, call the machine; empty if nothing does."""
        for found in self.others:
            if found.what == "info" and isinstance(found.content.get("Name"), str):
                return str(found.content["Name"])
        names = Counter(
            name for form, row in self.containers.values() if form == "inspect" and (name := _host_name(row.raw))
        )
        return min(names.items(), key=lambda item: (-item[1], item[0]))[0] if names else ""


def _host_name(raw: Mapping[str, Any]) -> str:
    host, config = raw.get("HostConfig"), raw.get("Config")
    if not isinstance(host, dict) or not isinstance(config, dict) or host.get("NetworkMode") != "host":
        return ""
    name = config.get("Hostname")
    return name if isinstance(name, str) else ""


def by_node(dumps: Iterable[Dump], pod_nodes: Mapping[str, str]) -> dict[str, list[Dump]]:
    """The dumps of each node. ``pod_nodes`` is the node of each pod by its uid."""
    groups = _of_one_engine(list(dumps))
    found: dict[str, list[Dump]] = {}
    undecided: list[list[Dump]] = []
    for group in groups:
        rows = [row for dump in group for _, row in dump.containers.values()]
        machine = next((name for dump in group if (name := dump.machine())), "")
        match = which_node(rows, pod_nodes, machine)
        if match.rule != "engine" or machine:
            found.setdefault(match.name, []).extend(group)
        else:
            undecided.append(group)
    nodes = {dump.source.name: node for node, group in found.items() for dump in group}
    for group in undecided:
        node = _neighbours(group, found) or (next(iter(found)) if len(set(nodes.values())) == 1 else _UNKNOWN)
        found.setdefault(node, []).extend(group)
    return dict(sorted(found.items()))


def _of_one_engine(dumps: list[Dump]) -> list[list[Dump]]:
    """Join the dumps that name the same containers."""
    groups: list[tuple[set[str], list[Dump]]] = []
    for dump in dumps:
        ids, members = set(dump.containers), [dump]
        apart = []
        for other in groups:
            if ids & other[0]:
                ids |= other[0]
                members = [*other[1], *members]
            else:
                apart.append(other)
        groups = [*apart, (ids, members)]
    return [members for _, members in groups]


def _neighbours(group: list[Dump], found: Mapping[str, list[Dump]]) -> str | None:
    """The node of the files in the same folder, or in the nearest one above or below, if that is one alone."""
    folder = group[0].source.folder
    for depth in range(len(folder), 0, -1):
        near = {
            node for node, dumps in found.items() if any(dump.source.folder[:depth] == folder[:depth] for dump in dumps)
        }
        if near:
            return near.pop() if len(near) == 1 else None
    return None


def write(
    node: str, dumps: list[Dump], *, redactor: Redactor, shelter: Shelter, spools: Spools, choice: Choice
) -> tuple[Scope, ...]:
    """Put the redacted records of one node into ``spools``; the scopes say what came of it."""
    name_of_file = dumps[0].source.name if len(dumps) == 1 else f"{len(dumps)} files"
    shown = redactor.text(name_of_file)
    scopes = []
    if any(dump.containers for dump in dumps):
        scopes.append(_containers(node, dumps, shown, redactor, shelter, spools.sink("engine/containers")))
    others = [found for dump in dumps for found in dump.others]
    about = [found for found in others if found.what in ("info", "version")]
    if about:
        sink = spools.sink("engine/engine")
        merged: dict[str, dict[str, Any]] = {"info": {}, "version": {}}
        for found in about:
            merged[found.what].update(found.content)
        version, info = (redactor.engine_info(merged[what]) for what in ("version", "info"))
        sink.add(records.engine_record(version, info, node=node))
        sink.close()
        scopes.append(_scope("engine", "Engine", shown, 1, ""))
    for what, kind, make in (
        ("image", "EngineImage", lambda raw, taken: _image(redactor, raw, node)),
        (
            "network",
            "EngineNetwork",
            lambda raw, taken: _named(redactor.engine_network, records.network_record, raw, node, taken),
        ),
        (
            "volume",
            "EngineVolume",
            lambda raw, taken: _named(redactor.engine_volume, records.volume_record, raw, node, taken),
        ),
    ):
        contents = [found.content for found in others if found.what == what]
        reason = choice.engine_reason(f"{what}s")
        if contents and reason:
            scopes.append(Scope(f"engine/{what}s", "list", shown, None, "skipped", reason, kind=f"engine/{kind}"))
        elif contents:
            scopes.append(_plain(f"{what}s", kind, shown, contents, make, spools.sink(f"engine/{what}s")))
    return tuple(scopes)


def _containers(node: str, dumps: list[Dump], shown: str, redactor: Redactor, shelter: Shelter, sink: Sink) -> Scope:
    best: dict[str, tuple[str, ContainerRow]] = {}
    for dump in dumps:
        for key, entry in dump.containers.items():
            if key not in best or entry[0] == "inspect" or best[key][0] == "ps":
                best[key] = entry
    names = {row.id: shown_name(row.name, redactor.name) for _, row in best.values()}
    taken: set[str] = set()
    count = rows_only = refused = 0
    for key in sorted(best):
        form, row = best[key]
        try:
            redacted = redactor.engine_container(dict(row.raw), shelter)
            name = records.unique_name(shown_name(row.name, redactor.name), row.id, taken)
            sink.add(records.container_record(redacted, node=node, name=name, names=names, inspected=form == "inspect"))
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
            refused += 1
            continue
        taken.add(name)
        count += 1
        rows_only += form != "inspect"
    sink.close()
    reasons = [f"not-inspected:{rows_only}"] if rows_only else []
    reasons += [f"not-understood:{refused}"] if refused else []
    return _scope("containers", "EngineContainer", shown, count, ", ".join(reasons))


def _plain(
    what: str, kind: str, shown: str, contents: list[dict[str, Any]], make: Callable[..., Record], sink: Sink
) -> Scope:
    taken: set[str] = set()
    found: dict[str, Record] = {}
    refused = 0
    # The fullest form of a thing is written, which is the longest; and it is written once.
    for raw in sorted(contents, key=len, reverse=True):
        identity = str(raw.get("Id") or raw.get("Name"))
        if identity in found:
            continue
        try:
            found[identity] = make(raw, taken)
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
            refused += 1
    for record in found.values():
        sink.add(record)
    sink.close()
    return _scope(what, kind, shown, len(found), f"not-understood:{refused}" if refused else "")


def _image(redactor: Redactor, raw: dict[str, Any], node: str) -> Record:
    return records.image_record(redactor.engine_image(raw), node=node)


def _named(
    redact: Callable[[dict[str, Any]], dict[str, Any]],
    record: Callable[..., Record],
    raw: dict[str, Any],
    node: str,
    taken: set[str],
) -> Record:
    redacted = redact(raw)
    own = redacted.get("Name")
    name = records.unique_name(own if isinstance(own, str) else "", str(raw.get("Id") or len(taken)), taken)
    taken.add(name)
    return record(redacted, node=node, name=name)


def _scope(what: str, kind: str, path: str, count: int, reason: str) -> Scope:
    return Scope(
        name=f"engine/{what}", verb="list", path=path, status=None, result="partial" if reason else "complete",
        reason=reason, count=count, kind=f"engine/{kind}",
    )  # fmt: skip
