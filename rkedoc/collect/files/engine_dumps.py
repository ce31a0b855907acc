"""What engines hold, from files: ``docker inspect``, ``docker ps``, and saved answers of the API.

Files do not say which machine they are of. Files that name the same containers are of one engine; its pods, its kubelet
and the host's name inside its containers say which Node that is; files that say nothing go with their neighbours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rkedoc.collect.engine.node import which_node
from rkedoc.collect.engine.rows import ContainerRow, row_of_inspect, row_of_list, row_of_ps
from rkedoc.collect.files.things import FoundThing
from rkedoc.collect.intake import EngineList, Intake, IntakeList
from rkedoc.collect.selection import Choice
from rkedoc.snapshot.record import Scope
from rkedoc.vocabulary import Result

_ROWS: Mapping[str, Callable[[Mapping[str, Any]], ContainerRow | None]] = {
    "inspect": row_of_inspect, "row": row_of_list, "ps": row_of_ps,
}  # fmt: skip
KINDS = frozenset({*_ROWS, "image", "network", "volume", "info", "version"})
"""What of :class:`~rkedoc.collect.files.things.FoundThing` belongs to an engine."""

_UNKNOWN = "node"
"""What a node is called of which no file says the name."""

_SHORT = 12


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that a dump is, by its path. ``bundle`` is a number for all that one tool wrote of one machine, and ``machine`` what it calls
    that; 0 and empty for a file of its own."""

    name: str
    bundle: int = 0
    machine: str = ""

    @property
    def folder(self) -> tuple[str, ...]:
        """The folders above it."""
        return tuple(self.name.split("/")[:-1])


@dataclass(slots=True)
class Dump:
    """What one input says of an engine."""

    source: Origin
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
        return min(names.items(), key=lambda item: (-item[1], item[0]))[0] if names else self.source.machine


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
    """Join the dumps that name the same containers, and those that a bundle has of one machine."""
    groups: list[tuple[set[str], list[Dump]]] = []
    for dump in dumps:
        ids, members = set(dump.containers), [dump]
        if dump.source.machine:
            ids.add(f"bundle {dump.source.bundle}")
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


def give(node: str, dumps: list[Dump], intake: Intake, choice: Choice) -> tuple[Scope, ...]:
    """Give everything of one node to the intake; the scopes say what came of it."""
    shown = intake.redactor.text(dumps[0].source.name if len(dumps) == 1 else f"{len(dumps)} files")
    scopes = []
    if any(dump.containers for dump in dumps):
        scopes.append(_containers(node, dumps, shown, intake))
    contents: dict[str, list[dict[str, Any]]] = {}
    for dump in dumps:
        for found in dump.others:
            contents.setdefault(found.what, []).append(found.content)
    about = {what: _joined(contents.get(what, ())) for what in ("info", "version")}
    if any(about.values()):
        scopes.append(_things("engine", "Engine", shown, [about], intake.engine(node)))
    for what, kind, listed in (
        ("image", "EngineImage", intake.images),
        ("network", "EngineNetwork", intake.networks),
        ("volume", "EngineVolume", intake.volumes),
    ):
        if what not in contents:
            continue
        if reason := choice.engine_reason(f"{what}s"):
            scopes.append(Scope(f"engine/{what}s", "list", shown, None, Result.SKIPPED, reason, kind=f"engine/{kind}"))
        else:
            scopes.append(_things(f"{what}s", kind, shown, _each_once(contents[what]), listed(node)))
    return tuple(scopes)


def _containers(node: str, dumps: list[Dump], shown: str, intake: Intake) -> Scope:
    best: dict[str, tuple[str, ContainerRow]] = {}
    for dump in dumps:
        for key, entry in dump.containers.items():
            if key not in best or entry[0] == "inspect" or best[key][0] == "ps":
                best[key] = entry
    taken = intake.containers(node, [row for _, row in best.values()])
    inspected = sum(taken.take(row, row.raw if form == "inspect" else None) for _, (form, row) in sorted(best.items()))
    return _end("containers", "EngineContainer", shown, taken, rows_only=taken.count - inspected)


def _things(what: str, kind: str, shown: str, contents: Iterable[dict[str, Any]], taken: EngineList) -> Scope:
    for raw in contents:
        taken.take(raw)
    return _end(what, kind, shown, taken)


def _each_once(contents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fullest form of each thing, which is the longest."""
    found: dict[str, dict[str, Any]] = {}
    for raw in sorted(contents, key=len, reverse=True):
        found.setdefault(str(raw.get("Id") or raw.get("Name")), raw)
    return list(found.values())


def _joined(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}


def _end(what: str, kind: str, path: str, taken: IntakeList, *, rows_only: int = 0) -> Scope:
    taken.close()
    refused = taken.refused.total()
    told = (("not-inspected", rows_only), ("not-understood", refused))
    reason = ", ".join(f"{word}:{count}" for word, count in told if count)
    return Scope(
        name=f"engine/{what}", verb="list", path=path, status=None, result=Result.PARTIAL if reason else Result.COMPLETE,
        reason=reason, count=taken.count, kind=f"engine/{kind}",
    )  # fmt: skip
