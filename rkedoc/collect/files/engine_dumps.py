"""What engines hold, from files: ``docker inspect``, ``docker ps``, and saved answers of the API.

Files do not say which machine they are of. Files that name the same containers are of one engine; its pods, its kubelet
and the host's name inside its containers say which Node that is; files that say nothing go with their neighbours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from rkedoc.collect.engine.node import which_node
from rkedoc.collect.engine.rows import ContainerRow, row_of_inspect, row_of_list, row_of_ps
from rkedoc.collect.files import cri_dumps
from rkedoc.collect.files.cri_dumps import SHORT, CriDump
from rkedoc.collect.files.runtimes import CRI, engine_of
from rkedoc.collect.files.things import FoundThing
from rkedoc.collect.intake import EngineList, Intake, IntakeList
from rkedoc.collect.selection import Choice
from rkedoc.snapshot.record import NOT_INSPECTED, RUNNING_ONLY, SINGLE_OBJECTS, Scope
from rkedoc.vocabulary import Result

_ROWS: Mapping[str, Callable[[Mapping[str, Any]], ContainerRow | None]] = {
    "inspect": row_of_inspect, "row": row_of_list, "ps": row_of_ps,
}  # fmt: skip
_FULLEST = tuple(_ROWS)
"""The forms of a container, the one that tells most first."""

KINDS = frozenset({*_ROWS, "image", "network", "volume", "info", "version", *CRI})
"""What of :class:`~rkedoc.collect.files.things.FoundThing` belongs to an engine."""

COMPLETED = frozenset({"containers", "images", "networks", "volumes"})
"""Of what a person may say that the dumps hold all."""

UNNAMED_NODE = "node"
"""What a node is called of which no file says the name."""


class Seen(NamedTuple):
    """A container in one of the forms, and the engine that it is of where that is not Docker."""

    form: str
    row: ContainerRow
    engine: str


@dataclass(frozen=True, slots=True)
class _OfPod:
    """What decides of a sandbox or container of CRI whose it is."""

    pod_uid: str
    hostname_override: None = None


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
    containers: dict[str, Seen] = field(default_factory=dict)
    """By the first twelve digits of the id, which is all that ``docker ps`` prints."""
    listed: set[str] = field(default_factory=set)
    """Those of them that stood in a list."""
    others: list[FoundThing] = field(default_factory=list)
    cri: CriDump = field(default_factory=CriDump)

    def __bool__(self) -> bool:
        return bool(self.containers or self.others or self.cri)

    def take(self, found: FoundThing) -> bool:
        """Add one thing; false if it is of no use."""
        if found.what in CRI:
            return self.cri.take(found.what, found.content)
        read = _ROWS.get(found.what)
        if read is None:
            self.others.append(found)
            return True
        row = read(found.content)
        if row is None:
            return False
        key, seen = row.id[:SHORT], Seen(found.what, row, engine_of(found.content))
        if found.what != _FULLEST[0]:
            self.listed.add(key)
        if key not in self.containers or _replaces(seen, self.containers[key]):
            self.containers[key] = seen
        return True

    def ids(self) -> set[str]:
        """The short ids of the containers that it names."""
        return self.containers.keys() | self.cri.ids()

    def pod_uids(self) -> set[str]:
        """The uids of the pods whose containers it names."""
        return {seen.row.pod_uid for seen in self.containers.values() if seen.row.pod_uid} | self.cri.pod_uids()

    def machine(self) -> str:
        """What the engine, or its containers in the host's network, call the machine; empty if nothing does."""
        for found in self.others:
            if found.what == "info" and isinstance(found.content.get("Name"), str):
                return str(found.content["Name"])
        names = Counter(
            name for seen in self.containers.values() if seen.form == "inspect" and (name := _host_name(seen.row.raw))
        )
        return min(names.items(), key=lambda item: (-item[1], item[0]))[0] if names else ""


def _replaces(seen: Seen, other: Seen) -> bool:
    """Whether a container is told of better than it was before: an inspect counts, whatever was there."""
    return seen.form == _FULLEST[0] or _FULLEST.index(seen.form) < _FULLEST.index(other.form)


def _host_name(raw: Mapping[str, Any]) -> str:
    host, config = raw.get("HostConfig"), raw.get("Config")
    if not isinstance(host, dict) or not isinstance(config, dict) or host.get("NetworkMode") != "host":
        return ""
    name = config.get("Hostname")
    return name if isinstance(name, str) else ""


@dataclass(slots=True)
class Surroundings:
    """What stands beside an engine's dumps in one bundle, and says on which node they were made."""

    nodes: set[str] = field(default_factory=set)
    """The names of its Nodes."""
    pods: dict[tuple[str, str], str] = field(default_factory=dict)
    """The node of each pod that a row tells of, by namespace and name: rows have no uid."""


def by_node(
    dumps: Iterable[Dump], pod_nodes: Mapping[str, str], around: Mapping[int, Surroundings] = MappingProxyType({})
) -> dict[str, list[Dump]]:
    """The dumps of each node. ``pod_nodes`` is the node of each pod by its uid; ``around`` is what stands beside the dumps of each bundle.

    A node of which nothing says the name is called :data:`UNNAMED_NODE`.
    """
    groups = _of_one_engine(list(dumps))
    found: dict[str, list[Dump]] = {}
    undecided: list[list[Dump]] = []
    for group in groups:
        rows = [seen.row for dump in group for seen in dump.containers.values()]
        of_cri = _joined_cri(group)
        machine = (
            next((name for dump in group if (name := dump.machine())), "")
            or of_cri.machine()
            or next((dump.source.machine for dump in group if dump.source.machine), "")
        )
        match = which_node([*rows, *map(_OfPod, sorted(of_cri.pod_uids()))], pod_nodes, machine)
        if match.rule == "engine" and (beside := _by_rows(group, of_cri, around)):
            found.setdefault(beside, []).extend(group)
        elif match.rule != "engine" or machine:
            found.setdefault(match.name, []).extend(group)
        else:
            undecided.append(group)
    if not found and len(undecided) == 1 and len(alone := _only_node(undecided[0], around)) == 1:
        return {alone.pop(): undecided[0]}
    nodes = {dump.source.name: node for node, group in found.items() for dump in group}
    for group in undecided:
        node = _neighbours(group, found) or (next(iter(found)) if len(set(nodes.values())) == 1 else UNNAMED_NODE)
        found.setdefault(node, []).extend(group)
    return dict(sorted(found.items()))


def _by_rows(group: Iterable[Dump], of_cri: CriDump, around: Mapping[int, Surroundings]) -> str:
    """The node that most of the engine's pods are on, by what rows of the same bundle say; empty if none does."""
    places = [around[dump.source.bundle].pods for dump in group if dump.source.bundle in around]
    votes = Counter(pods[name] for name in of_cri.pod_names() for pods in places[:1] if name in pods)
    return min(votes.items(), key=lambda vote: (-vote[1], vote[0]))[0] if votes else ""


def _only_node(group: Iterable[Dump], around: Mapping[int, Surroundings]) -> set[str]:
    """The Nodes that are told of beside one engine."""
    return {name for dump in group if dump.source.bundle in around for name in around[dump.source.bundle].nodes}


def _of_one_engine(dumps: list[Dump]) -> list[list[Dump]]:
    """Join the dumps that name the same containers, and those that a bundle has of one machine."""
    groups: list[tuple[set[str], list[Dump]]] = []
    for dump in dumps:
        ids, members = dump.ids(), [dump]
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


def give(
    node: str, dumps: list[Dump], intake: Intake, choice: Choice, *, complete: Collection[str] = ()
) -> Iterator[tuple[Mapping[str, str], tuple[Scope, ...]]]:
    """Give everything of one node to the intake. Of each engine: what its capture says of it, and the scopes, which say what came of it.
    ``complete`` names what a person says that the dumps hold all of."""
    shown = intake.redactor.text(dumps[0].source.name if len(dumps) == 1 else f"{len(dumps)} files")
    of_cri = _joined_cri(dumps)
    best, known = dict[str, Seen](), of_cri.ids()
    for dump in dumps:
        for key, seen in dump.containers.items():
            if seen.engine == _CONTAINERD and key in known:
                continue  # what it is to its pod crictl tells, and containerd does not
            if key not in best or _replaces(seen, best[key]):
                best[key] = seen
    others = [found for dump in dumps for found in dump.others]
    engines = sorted({seen.engine for seen in best.values()})
    alone = engines[0] if len(engines) == 1 else ""
    for engine in sorted({*engines, *([alone] if others else ())}):
        containers = {key: seen for key, seen in best.items() if seen.engine == engine}
        listed = containers.keys() & {key for dump in dumps for key in dump.listed}
        scopes = tuple(
            replace(scope, result=Result.COMPLETE, reason="")
            if scope.reason == SINGLE_OBJECTS and scope.name.removeprefix("engine/") in complete
            else scope
            for scope in _of_engine(node, containers, listed, others if engine == alone else [], shown, intake, choice)
        )
        yield {_TOLD_AS.get(engine, "engine"): engine}, scopes
    if of_cri:
        yield cri_dumps.give(node, of_cri, shown, intake, choice, told_of=best.keys())


_CONTAINERD = "containerd"
_TOLD_AS: Mapping[str, str] = {_CONTAINERD: "runtime"}
"""How a capture says which engine it is of: as one that speaks Docker's language, or as another runtime."""


def _joined_cri(dumps: Iterable[Dump]) -> CriDump:
    joined = CriDump()
    for dump in dumps:
        joined.join(dump.cri)
    return joined


def _of_engine(
    node: str, containers: Mapping[str, Seen], listed_ids: Collection[str], others: list[FoundThing], shown: str, intake: Intake,
    choice: Choice,
) -> tuple[Scope, ...]:  # fmt: skip
    scopes = [_containers(node, containers, listed_ids, shown, intake)] if containers else []
    told: dict[str, list[FoundThing]] = {}
    for found in others:
        told.setdefault(found.what, []).append(found)
    contents = {what: [thing.content for thing in found] for what, found in told.items()}
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
            lacks = () if _IS_LIST[what](told[what]) else (SINGLE_OBJECTS,)
            scopes.append(_things(f"{what}s", kind, shown, _each_once(contents[what]), listed(node), lacks))
    return tuple(scopes)


def _containers(
    node: str, containers: Mapping[str, Seen], listed: Collection[str], shown: str, intake: Intake
) -> Scope:
    """All containers that a node is known to have. There may be more where none were listed, or none but those that run."""
    taken = intake.containers(node, [seen.row for seen in containers.values()])
    inspected = sum(
        taken.take(seen.row, seen.row.raw if seen.form == "inspect" else None) for _, seen in sorted(containers.items())
    )
    states = {_state(seen.row.raw) for seen in containers.values()}
    lacks: tuple[str, ...] = ()
    if inspected < len(containers) and states <= {"running"}:
        lacks = (RUNNING_ONLY,)
    elif not listed or (inspected == len(containers) and states <= {"running"}):
        lacks = (SINGLE_OBJECTS,)
    return _end("containers", "EngineContainer", shown, taken, lacks=lacks, rows_only=taken.count - inspected)


def _state(raw: Mapping[str, Any]) -> Any:
    state = raw.get("State")
    return state.get("Status") if isinstance(state, dict) else None


def _is_row_of_image(raw: Mapping[str, Any]) -> bool:
    """Whether an image stood in a list of the engine's, and not alone (Docker Engine API 1.43, ImageSummary and ImageInspect)."""
    return "RootFS" not in raw and "Config" not in raw


_ALWAYS = frozenset({"host", "none"})
"""The networks that every engine of Docker has (moby/moby, daemon/daemon_unix.go, configureNetworking)."""


def _lists_networks(found: Iterable[FoundThing]) -> bool:
    """Whether networks came in a list. That has the form of an ``inspect``, but for the containers in them (Docker Engine API 1.43,
    NetworkList: not told since 1.28), and holds those that are always there."""
    networks = [thing.content for thing in found]
    names = {str(network.get("Name")) for network in networks}
    return names >= _ALWAYS and not any(network.get("Containers") for network in networks)


_IS_LIST: Mapping[str, Callable[[Sequence[FoundThing]], bool]] = {
    "image": lambda found: any(_is_row_of_image(thing.content) for thing in found),
    "network": _lists_networks,
    "volume": lambda found: any(thing.listed for thing in found),
}
"""Whether a list told of some of what an engine holds: who looked into one thing said nothing of the others."""


def _things(
    what: str, kind: str, shown: str, contents: Iterable[dict[str, Any]], taken: EngineList, lacks: Iterable[str] = ()
) -> Scope:
    for raw in contents:
        taken.take(raw)
    return _end(what, kind, shown, taken, lacks=lacks)


def _each_once(contents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fullest form of each thing, which is the longest."""
    found: dict[str, dict[str, Any]] = {}
    for raw in sorted(contents, key=len, reverse=True):
        found.setdefault(str(raw.get("Id") or raw.get("Name")), raw)
    return list(found.values())


def _joined(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}


def _end(what: str, kind: str, path: str, taken: IntakeList, *, lacks: Iterable[str] = (), rows_only: int = 0) -> Scope:
    taken.close()
    refused = taken.refused.total()
    told = ((NOT_INSPECTED, rows_only), ("not-understood", refused))
    reason = ", ".join((*lacks, *(f"{word}:{count}" for word, count in told if count)))
    return Scope(
        name=f"engine/{what}", verb="list", path=path, status=None, result=Result.PARTIAL if reason else Result.COMPLETE,
        reason=reason, count=taken.count, kind=f"engine/{kind}",
    )  # fmt: skip
