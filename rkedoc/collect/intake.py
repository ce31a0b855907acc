"""The intake: the only way from a raw object to a record in the spool.

A source gives what it was answered, in clear, to a list of the intake. Whether that is a credential, what of it may be written, what
later objects need to know of it, what its record looks like, and that an object whose shape nobody foresaw is counted and dropped: all
of it is decided here, for a live API, an engine, a file and a source of another package alike. No source has a sink of its own.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rkedoc.collect import noise
from rkedoc.collect.captures import Captures
from rkedoc.collect.engine import records
from rkedoc.collect.engine.rows import ContainerRow, shown_name
from rkedoc.collect.events import WarningCounts
from rkedoc.collect.kubernetes.discovery import Resource, aggregated_groups
from rkedoc.errors import RkedocError, SourceUnavailable
from rkedoc.redact import Redactor, Shelter, is_credential_kind
from rkedoc.snapshot.identity import CORE, HOST, canonical_group, record_id
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.kinds import CONFIG_HASH, SCOPES, kind_of
from rkedoc.snapshot.record import Record

_UID = 64
"""The uid of a namespace has 36 characters; of anything longer nothing more is kept."""

Place = str | None
"""Where an object counts: its namespace, or ``None`` for the cluster."""


class Sink(Protocol):
    """Where the records of one list go. Used by one thread at a time.

    Order does not matter. The records are visible to the writer once the sink is closed; a sink that is not closed
    contributes nothing.
    """

    def add(self, record: Record) -> None:
        """Take one record. Raises :class:`~rkedoc.errors.CollectError` when the spool's ceiling is reached."""

    def replace(self, record: Record) -> None:
        """Take one record, which stands in place of all that have its id."""

    def restart(self) -> None:
        """Forget every record taken so far: the list begins again."""

    def close(self) -> None:
        """Nothing more comes; what was taken so far is part of the snapshot."""


class Spools(Protocol):
    """Makes sinks. Safe to call from several threads."""

    def sink(self, name: str) -> Sink:
        """A new sink for the list ``name`` (``"apps/deployments"``, ``"engine/containers"``)."""


@dataclass(slots=True)
class Learned:
    """What objects have said of others, in all sources of a run so far."""

    cluster_uid: str = ""
    """The uid of the namespace ``kube-system``: of the first one that was met."""
    server: str = ""
    pod_nodes: dict[str, str] = field(default_factory=dict)
    """The node of each pod that is wanted, by its uid (and a static pod's configuration hash)."""
    autoscaled: set[tuple[str, str, str, str]] = field(default_factory=set)
    """The targets of autoscalers: canonical group, kind, namespace, name."""
    aggregated: frozenset[str] = frozenset()
    """The groups of the API that another server answers for."""
    containers: dict[str, set[str]] = field(default_factory=dict)
    """The ids of the containers that were taken, by their node: two runtimes of one node may tell of the same ones."""


def is_credential(resource: Resource, group: str | None = None) -> bool:
    """Whether the objects of a kind are credentials, of which nothing but the name is read.

    ``group`` is the one that an object names, where that may be another than the kind is known under.
    """
    canonical = canonical_group(resource.group, resource.kind)
    groups = {"" if name == CORE else name for name in (resource.group, canonical, group or "")} | {canonical}
    names = {resource.name, resource.kind, kind_of(canonical, resource.kind).plural}
    return any(is_credential_kind(group, name) for group in groups for name in names)


class Intake:
    """Takes what the sources of one run were answered.

    ``wanted`` are the uids of the pods whose containers an engine of the run holds: of other pods nothing is remembered. Safe to use from
    several threads: one thing is taken after the other, whichever of them brings it. A list belongs to one thread at a time.
    """

    def __init__(
        self, spools: Spools, redactor: Redactor, *, captures: Captures, wanted: frozenset[str] = frozenset()
    ) -> None:
        self.captures = captures
        self.learned = Learned()
        self.wanted = wanted
        self.redactor = redactor
        self.shelter = Shelter(wanted)
        self._spools = spools
        self._names: dict[tuple[str, str], set[str]] = {}
        self.lock = threading.RLock()
        """Held while a record is made: what is learned of one object, and the names that are taken, decide about others."""
        self.twice: Counter[str] = Counter()
        """How many objects were met that had been taken already, by ``<group>/<Kind>``: those that no second record was made of."""
        self.unavailable: list[SourceUnavailable] = []
        """What a source that reads several things could not reach, beside those that it gave; told at the end of the run."""

    def objects(self, resource: Resource) -> ObjectList:
        """A list of Kubernetes objects of one kind."""
        return ObjectList(self, resource, self._spools.sink(resource.scope))

    def containers(self, node: str, rows: Iterable[ContainerRow]) -> ContainerList:
        """The list of a node's containers; ``rows`` are all of them, since one may name another."""
        with self.lock:
            return ContainerList(self, node, rows, self._spools.sink("engine/containers"))

    def images(self, node: str) -> EngineList:
        """A list of an engine's images."""
        return EngineList(self, self._image, node, "EngineImage")

    def networks(self, node: str) -> EngineList:
        """A list of an engine's networks."""
        return EngineList(self, self._network, node, "EngineNetwork")

    def volumes(self, node: str) -> EngineList:
        """A list of an engine's volumes."""
        return EngineList(self, self._volume, node, "EngineVolume")

    def _taken(self, node: str, kind: str) -> set[str]:
        """The names that things of a node have: those of all its runtimes are told apart."""
        with self.lock:
            return self._names.setdefault((node, kind), set())

    def engine(self, node: str) -> EngineList:
        """The engine itself: one thing, with ``version`` and ``info`` as it answers to these questions."""
        return EngineList(self, self._engine, node, "Engine")

    def host(self, node: str) -> HostList:
        """A list of things of a host: of its processes, listeners, units and files."""
        return HostList(self, node)

    def learn(self, kind: tuple[str, str], item: Mapping[str, Any]) -> None:
        """Remember what an object says of others. ``kind`` is its canonical group and its kind.

        Every object that is taken is learned from; a source also calls this for one that is left out, where it has been answered anyway.
        """
        if kind == (CORE, "Pod"):
            self._learn_node(item)
        elif kind == (CORE, "Namespace"):
            self._learn_cluster(item)
        elif kind == ("autoscaling", "HorizontalPodAutoscaler"):
            self._learn_target(item)
        elif kind == ("apiregistration.k8s.io", "APIService"):
            self.learned.aggregated |= aggregated_groups([item])

    # Records ---------------------------------------------------------------------------------------------------------

    def _image(self, raw: dict[str, Any], node: str, taken: set[str]) -> Record:
        return records.image_record(self.redactor.engine_image(raw), node=node)

    def _network(self, raw: dict[str, Any], node: str, taken: set[str]) -> Record:
        redacted = self.redactor.engine_network(raw)
        return records.network_record(redacted, node=node, name=_free_name(redacted, raw, taken))

    def _volume(self, raw: dict[str, Any], node: str, taken: set[str]) -> Record:
        redacted = self.redactor.engine_volume(raw)
        return records.volume_record(redacted, node=node, name=_free_name(redacted, raw, taken))

    def _engine(self, raw: dict[str, Any], node: str, taken: set[str]) -> Record:
        version, info = (self.redactor.engine_info(dict(raw.get(part) or {})) for part in ("version", "info"))
        name = records.unique_name(records.runtime_of(version) or "engine", str(len(taken)), taken)
        taken.add(name)
        return records.engine_record(version, info, node=node, name=name)

    # Learning --------------------------------------------------------------------------------------------------------

    def _learn_node(self, pod: Mapping[str, Any]) -> None:
        metadata, node = _map(pod, "metadata"), _map(pod, "spec").get("nodeName")
        named = (metadata.get("uid"), _map(metadata, "annotations").get(CONFIG_HASH))
        uids = {uid for uid in named if isinstance(uid, str)} & self.wanted
        if uids and isinstance(node, str) and node:
            self.learned.pod_nodes.update(dict.fromkeys(uids, node))

    def _learn_cluster(self, namespace: Mapping[str, Any]) -> None:
        metadata = _map(namespace, "metadata")
        uid = metadata.get("uid")
        if metadata.get("name") == "kube-system" and isinstance(uid, str):
            self.learned.cluster_uid = self.learned.cluster_uid or self.redactor.text(uid)[:_UID]

    def _learn_target(self, autoscaler: Mapping[str, Any]) -> None:
        target = _map(_map(autoscaler, "spec"), "scaleTargetRef")
        kind = str(target.get("kind"))
        group = canonical_group(str(target.get("apiVersion") or "").rpartition("/")[0] or CORE, kind)
        namespace = str(_map(autoscaler, "metadata").get("namespace") or "")
        self.learned.autoscaled.add((group, kind, namespace, str(target.get("name"))))


class IntakeList:
    """What was taken of one list, by place, and what was refused since nobody foresaw its shape. Used by one thread at a time."""

    def __init__(self, sink: Sink, lock: threading.RLock) -> None:
        self._sink = sink
        self._lock = lock
        self.counts: Counter[Place] = Counter()
        """The records that came of it."""
        self.refused: Counter[Place] = Counter()
        """The objects that no record came of."""

    @property
    def count(self) -> int:
        """How many records came of it."""
        return self.counts.total()

    def restart(self) -> None:
        """Forget all that was taken: the list begins again."""
        self._sink.restart()
        self.counts.clear()
        self.refused.clear()

    def close(self) -> None:
        """Nothing more comes."""
        self._sink.close()

    def _add(self, record: Callable[[], Record], place: Place = None, *, newer: bool = False) -> bool:
        """Add the record that ``record`` makes, or count that it cannot: what was answered is never kept as it came."""
        try:
            with self._lock:
                made = record()
            if newer:
                self._sink.replace(made)
            else:
                self._sink.add(made)
        except RkedocError:
            raise
        except Exception:  # noqa: BLE001 - whatever a shape that nobody foresaw breaks in a rule, or in JSON
            self.refused[place] += 1
            return False
        self.counts[place] += 1
        return True


class ObjectList(IntakeList):
    """The objects of one kind on their way into the spool."""

    def __init__(self, intake: Intake, resource: Resource, sink: Sink) -> None:
        super().__init__(sink, intake.lock)
        self.resource = resource
        self._intake = intake
        self._kind = (canonical_group(resource.group, resource.kind), resource.kind)
        self._credentials: dict[str, bool] = {}
        self._counts_events = noise.is_events(resource.group, resource.name)
        self._warnings = WarningCounts(intake.redactor.name)

    def take(self, item: dict[str, Any], place: Place = None, *, newer: bool = False) -> None:
        """Take one object, with its ``apiVersion`` and ``kind``. Events of type Warning are counted, and no record each.

        ``newer`` says that it was taken before, and is a newer state of it: it stands in place of the older.
        """
        if self._counts_events:
            if not newer:
                self._warnings.add(item)
        else:
            self._add(lambda: self._record(item), place, newer=newer)

    def again(self, place: Place = None) -> None:
        """Take note of an object that was taken before, in the same state or a newer one."""
        if not self._counts_events:
            with self._lock:
                self._intake.twice["/".join(self._kind)] += 1
            self.counts[place] += 1

    def restart(self) -> None:
        super().restart()
        self._warnings = WarningCounts(self._intake.redactor.name)

    def close(self) -> None:
        for record in self._warnings.records():
            self._sink.add(record)
            self.counts[record.namespace] += 1
        super().close()

    def lacks(self, place: Place = None) -> str:
        """The reason code for which the list lacks something that was answered; empty if it does not."""
        if self.refused[place]:
            return f"objects-not-understood:{self.refused[place]}"
        return "too-many-warnings" if self._warnings.overflow else ""

    def _record(self, item: dict[str, Any]) -> Record:
        intake, kind = self._intake, self._kind
        if self._is_credential(str(item["apiVersion"]).rpartition("/")[0]):
            return object_record(intake.redactor.credential(item))
        redacted = intake.redactor.kubernetes(item)
        intake.learn(kind, item)
        if kind == (CORE, "Pod"):
            intake.shelter.learn_pod(item, redacted)
        elif kind == (CORE, "Service"):
            intake.shelter.learn_service(redacted)
        elif kind == (CORE, "ConfigMap"):
            intake.shelter.learn_configmap(redacted)
        metadata = item["metadata"]
        named = (*kind, str(metadata.get("namespace") or ""), str(metadata.get("name")))
        return object_record(redacted, autoscaled=named in intake.learned.autoscaled)

    def _is_credential(self, group: str) -> bool:
        found = self._credentials.get(group)
        if found is None:
            found = self._credentials[group] = is_credential(self.resource, group)
        return found


class ContainerList(IntakeList):
    """The containers of one node on their way into the spool."""

    def __init__(self, intake: Intake, node: str, rows: Iterable[ContainerRow], sink: Sink) -> None:
        super().__init__(sink, intake.lock)
        self._intake = intake
        self._node = node
        self._names = {row.id: shown_name(row.name, intake.redactor.name) for row in rows}
        self._taken = intake._taken(node, "EngineContainer")  # noqa: SLF001 - the lists are the intake's own
        self._own: dict[str, str] = {}
        """A name for each, given before the first is taken: in which order they are taken is chance."""
        for identifier, shown in sorted(self._names.items()):
            self._own[identifier] = records.unique_name(shown, identifier, self._taken)
            self._taken.add(self._own[identifier])
        self._ids = intake.learned.containers.setdefault(node, set())

    def take(self, row: ContainerRow, inspect: Mapping[str, Any] | None = None, *, collector: bool = False) -> bool:
        """Take one container: as ``inspect`` says, or as its row does where that is missing or of no use.

        ``collector`` says that it is the one in which this program runs. Gives whether the record is that of ``inspect``.
        """
        if inspect is not None:
            if self._add(lambda: self._record(row, inspect, inspected=True, collector=collector)):
                return True
            if inspect is row.raw:
                return False
            self.refused[None] -= 1  # its row stands in
        self._add(lambda: self._record(row, row.raw, inspected=False, collector=collector))
        return False

    def _record(self, row: ContainerRow, raw: Mapping[str, Any], *, inspected: bool, collector: bool) -> Record:
        redacted = self._intake.redactor.engine_container(dict(raw), self._intake.shelter)
        name = self._own.get(row.id)
        if name is None:
            shown = shown_name(row.name, self._intake.redactor.name)
            name = records.unique_name(shown, row.id, self._taken)
        record = records.container_record(
            redacted, node=self._node, name=name, names=self._names, inspected=inspected, collector=collector
        )
        self._own.pop(row.id, None)
        self._taken.add(name)
        self._ids.add(row.id)
        return record


class EngineList(IntakeList):
    """What else an engine holds, of one kind, on its way into the spool."""

    def __init__(
        self, intake: Intake, record: Callable[[dict[str, Any], str, set[str]], Record], node: str, kind: str
    ) -> None:
        super().__init__(intake._spools.sink(SCOPES[kind]), intake.lock)  # noqa: SLF001 - the lists are the intake's own
        self._record = record
        self._node = node
        self._taken = intake._taken(node, kind)  # noqa: SLF001

    def take(self, raw: Mapping[str, Any]) -> bool:
        """Take one thing; false if it was refused."""
        return self._add(lambda: self._record(dict(raw), self._node, self._taken))


class HostList(IntakeList):
    """Things of one host on their way into the spool. Of a file that holds an object of Kubernetes, that is what it is taken as."""

    def __init__(self, intake: Intake, node: str) -> None:
        super().__init__(intake._spools.sink("host"), intake.lock)  # noqa: SLF001 - the lists are the intake's own
        self._intake = intake
        self._node = node

    def take(self, kind: str, name: str, intent: Mapping[str, Any], observed: Mapping[str, Any]) -> bool:
        """Take one thing, in clear; false if it was refused."""
        return self._add(lambda: self._record(kind, name, intent, observed))

    def _record(self, kind: str, name: str, intent: Mapping[str, Any], observed: Mapping[str, Any]) -> Record:
        redactor = self._intake.redactor
        free = self._free(kind, redactor.text(name))
        whole = redactor.host(kind, name, {"intent": intent, "observed": observed})
        return Record(record_id(HOST, kind, self._node, free), kind, None, whole["intent"], whole["observed"])

    def _free(self, kind: str, shown: str) -> str:
        """A name that no other thing has: two that differ in what was hidden must not become one."""
        taken = self._intake._taken(self._node, kind)  # noqa: SLF001
        numbered = (shown if number == 1 else f"{shown}~{number}" for number in itertools.count(1))
        free = next(name for name in numbered if name not in taken)
        taken.add(free)
        return free


def _free_name(redacted: Mapping[str, Any], raw: Mapping[str, Any], taken: set[str]) -> str:
    """The name of a thing within its kind and node, which nothing else has taken."""
    name, identifier = redacted.get("Name"), raw.get("Id")
    shown = name.lstrip("/") if isinstance(name, str) else ""
    free = records.unique_name(shown, identifier if isinstance(identifier, str) else str(len(taken)), taken)
    taken.add(free)
    return free


def _map(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = item.get(key)
    return found if isinstance(found, Mapping) else {}
