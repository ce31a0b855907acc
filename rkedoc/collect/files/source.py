"""Files as a source: what ``kubectl get -o json`` and Docker's commands wrote, through the same redaction as live answers.

Files come in any order, but pods, ConfigMaps and Services decide what may be shown of an engine's containers. So files
are read up to three times: for what others depend on, for the rest of the Kubernetes API, and for engines. Standard
input is read once and kept in memory.

Files and live sources know of each other: an engine's containers are joined with the pods of either, and a dump of an
engine is read with what a live API says of its pods. Where both name the same object it stands once.

What a dump does not hold is not known to be missing: a list is complete for the namespaces that it holds, and says
nothing of others, unless the person who gave it says so (``complete``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rkedoc import __version__
from rkedoc.collect.events import WarningCounts
from rkedoc.collect.files import engine_dumps
from rkedoc.collect.files.documents import FoundThing, Input, Unreadable, find_inputs, things
from rkedoc.collect.files.engine_dumps import Dump
from rkedoc.collect.files.newest import Newest
from rkedoc.collect.kubernetes.discovery import Resource
from rkedoc.collect.selection import NAMESPACES, Choice, resource_in_file
from rkedoc.collect.source import Progress, Sink, Spools
from rkedoc.errors import UsageError
from rkedoc.nearby import unknown
from rkedoc.redact import Redactor, Shelter, is_credential_kind
from rkedoc.snapshot.identity import CORE, canonical_group
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.kinds import CONFIG_HASH, kind_of
from rkedoc.snapshot.record import EMPTY_LIST, NOT_IN_FILES, SINGLE_OBJECTS, Capture, Record, Scope

SOURCE = "files"

_FIRST = frozenset({(CORE, "Service"), (CORE, "ConfigMap"), ("autoscaling", "HorizontalPodAutoscaler")})
"""Kinds on which the treatment of others depends."""

_NOTHING: Mapping[str, str] = {}
_CLUSTER: str | None = None
"""Where the objects of a kind without namespaces lie."""

_Key = tuple[str, str]
"""Canonical group and kind."""


@dataclass(slots=True)
class _List:
    """All objects of one kind on their way into their sink, counted by the namespace that they lie in."""

    sink: Sink
    resource: Resource
    warnings: WarningCounts
    inputs: dict[str | None, set[str]] = field(default_factory=dict)
    counts: Counter[str | None] = field(default_factory=Counter)
    refused: Counter[str | None] = field(default_factory=Counter)
    listed: set[str | None] = field(default_factory=set)
    """The namespaces of which an object came in a list."""


@dataclass(slots=True)
class _Seen:
    """What the first reading found in one input."""

    dump: Dump
    first: bool = False
    rest: bool = False
    used: bool = False
    idle: bool = False
    """Whether it holds what is known, and is of no interest."""


@dataclass(slots=True)
class _Learned:
    """What objects say about others."""

    uids: set[str] = field(default_factory=set)
    autoscaled: set[tuple[str, str, str, str]] = field(default_factory=set)
    pod_nodes: dict[str, str] = field(default_factory=dict)
    server: str = ""


class FilesSource:
    """Dumps on disk or on standard input (``"-"``). Used by one thread."""

    def __init__(
        self,
        paths: Sequence[Path | Literal["-"]],
        *,
        redactor: Redactor,
        progress: Progress,
        choice: Choice | None = None,
        complete: Sequence[str] = (),
        inputs: Sequence[Input] = (),
        now: str = "9999",
    ) -> None:
        """``inputs`` are read as files are, after ``paths``. ``complete`` names the kinds of which the files hold all that there are in
        the cluster; ``now`` is the time of
        reading, and no object is younger."""
        self._paths = tuple(paths)
        self._inputs = tuple(inputs)
        self._redactor = redactor
        self._progress = progress
        self._choice = choice or Choice()
        self._looked: list[tuple[Input, _Seen]] = []
        self._lists: dict[_Key, _List] = {}
        self._whole = tuple(complete)
        self._newest = Newest(now)
        self._learned = _Learned()
        self._wanted: frozenset[str] = frozenset()
        self._scopes: list[Scope] = []
        self._kinds: dict[_Key, Resource] = {}
        self._skipped: dict[_Key, tuple[str, str]] = {}
        self._empty: dict[_Key, str] = {}
        self.unmatched: tuple[str, ...] = ()
        """The names of kinds that a person gave and of which no file holds an object."""
        self.served: tuple[str, ...] = ()
        self.cluster_uid = ""
        """The uid of the namespace ``kube-system``, once :meth:`look` has met it."""

    @property
    def newest(self) -> str:
        """The newest moment that an object speaks of, once :meth:`look` has read them; empty if none speaks of any."""
        return self._newest.time

    @property
    def pod_nodes(self) -> Mapping[str, str]:
        """The node of each pod that was wanted, by its uid; known after :meth:`collect`."""
        return self._learned.pod_nodes

    def look(self) -> frozenset[str]:
        """Read everything for the first time; gives the uids of the pods whose containers are in these files.

        A file that cannot be read is a scope that failed, with its name and a reason code.
        """
        inputs, left = find_inputs(self._paths)
        for name, reason in left:
            self._lost(name, reason)
        self._looked = [(source, self._look(source)) for source in (*inputs, *self._inputs)]
        return frozenset(self._learned.uids)

    def collect(
        self, spools: Spools, shelter: Shelter, *, wanted: frozenset[str], pod_nodes: Mapping[str, str] = _NOTHING,
        autoscaled: Iterable[tuple[str, str, str, str]] = (),
    ) -> tuple[Capture, ...]:  # fmt: skip
        """Put the redacted records into ``spools``, after :meth:`look`.

        ``wanted`` are the uids of the pods that any engine of the run holds, ``pod_nodes`` and ``autoscaled`` what another
        source has learned of them (as :class:`~rkedoc.collect.kubernetes.source.Learned` has it). The first capture is that of
        the Kubernetes API, one more follows for each engine.
        """
        self._wanted = wanted
        self._learned.pod_nodes.update(pod_nodes)
        self._learned.autoscaled.update(autoscaled)
        for first in (True, False):
            for source, seen in self._looked:
                if seen.first if first else seen.rest:
                    self._read(source, shelter, spools, first=first)
        self._close()
        self.served = tuple(resource.name for resource in self._kinds.values())
        self.unmatched = self._choice.unmatched(tuple(self._kinds.values()))
        for name in self._whole:
            if not any(resource.answers_to(name) for resource in self._kinds.values()):
                raise UsageError(f"--complete: {unknown('kind', self._redactor.text(name), self.served)}")
        for name in self.unmatched:
            if name in self._choice.only:
                continue
            self._progress.note(f"files: no file holds a kind {self._redactor.text(name)!r}")
        dumps = [seen.dump for _, seen in self._looked if seen.dump.containers or seen.dump.others]
        if dumps and (told := self._choice.engine_note()):
            self._progress.note(f"files: {told}")
        captures = [self._capture(None, tuple(self._scopes), self._learned.server)] if self._scopes else []
        for node, group in engine_dumps.by_node(dumps, self._learned.pod_nodes).items():
            shown = self._redactor.name(node)
            scopes = engine_dumps.write(
                shown, group, redactor=self._redactor, shelter=shelter, spools=spools, choice=self._choice
            )
            captures.append(self._capture(shown, scopes, ""))
        return tuple(captures)

    # The readings ----------------------------------------------------------------------------------------------------

    def _look(self, source: Input) -> _Seen:
        """Read an input for the first time: what is in it, and what others have to know."""
        seen = _Seen(Dump(source))
        shown = self._redactor.text(source.name)
        self._progress.begin(SOURCE, shown)
        unknown = read = empty = 0
        try:
            for document in source.documents():
                for found in things(document):
                    read += found.what not in ("list", "nothing", "unknown", "empty")
                    empty += found.what == "empty"
                    if found.what == "object":
                        unknown += not self._look_at(found.content, seen)
                    elif found.what in engine_dumps.KINDS:
                        unknown += not self._take(found, seen)
                    elif found.what == "server":
                        self._learned.server = self._redactor.text(str(found.content.get("gitVersion") or ""))[:64]
                        seen.used = True
                    elif found.what == "nothing":
                        seen.used = seen.idle = True
                    elif found.what == "list":
                        seen.used = True
                        self._empty.setdefault(_key(found.content), source.name)
                    elif found.what == "empty":
                        seen.used = True
                    else:
                        unknown += 1
        except Unreadable as error:
            self._lost(source.name, error.reason)
            self._progress.end(SOURCE, shown, "failed")
            return _Seen(Dump(source))
        if unknown:
            self._lost(source.name, f"not-understood:{unknown}", result="partial" if seen.used else "failed")
        elif not seen.used:
            self._lost(source.name, "empty")
        elif not read and not empty and seen.idle:
            self._lost(source.name, "no-objects", result="skipped")
        elif empty and not read:
            self._lost(source.name, EMPTY_LIST, result="partial")
        self._progress.advance(SOURCE, shown, objects=read - min(read, unknown), size=source.size())
        self._progress.end(SOURCE, shown, "partial" if unknown else "complete")
        return seen

    def _look_at(self, item: dict[str, Any], seen: _Seen) -> bool:
        try:
            key = _key(item)
            if key == (CORE, "Namespace") and item["metadata"]["name"] == "kube-system":
                self.cluster_uid = str(item["metadata"].get("uid") or "")[:64]
            if key == ("autoscaling", "HorizontalPodAutoscaler"):
                self._learned.autoscaled.add(_target(item))
        except (KeyError, TypeError, AttributeError):
            return False
        seen.used = True
        self._newest.look(item)
        if key in _FIRST:
            seen.first = True
        else:
            seen.rest = True
        return True

    def _take(self, found: FoundThing, seen: _Seen) -> bool:
        if not seen.dump.take(found):
            return False
        seen.used = True
        self._newest.look(found.content)
        self._learned.uids.update(row.pod_uid for _, row in seen.dump.containers.values() if row.pod_uid)
        return True

    def _read(self, source: Input, shelter: Shelter, spools: Spools, *, first: bool) -> None:
        try:
            documents = source.documents()
        except Unreadable as error:  # it could be read a moment ago
            self._lost(source.name, error.reason)
            return
        for document in documents:
            for found in things(document):
                if found.what == "object" and (_key_or_none(found.content) in _FIRST) is first:
                    self._object(found, source, shelter, spools)

    def _object(self, found: FoundThing, source: Input, shelter: Shelter, spools: Spools) -> None:
        item = found.content
        key = _key_or_none(item)
        if key is None:
            return
        if key == (CORE, "Pod"):
            self._learn_node(item)
        entry = self._list(key, item, source, spools)
        if entry is None:
            return
        place = self._place(entry.resource, item["metadata"])
        if self._choice.namespaces and place not in self._choice.namespaces:
            return
        entry.inputs.setdefault(place, set()).add(source.name)
        if found.listed:
            entry.listed.add(place)
        if key == (CORE, "Event"):
            entry.warnings.add(item)
            return
        try:
            entry.sink.add(self._record(key, item, shelter))
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
            entry.refused[place] += 1  # of a shape that nobody foresaw: dropped, never kept as it came
            return
        entry.counts[place] += 1

    def _list(self, key: _Key, item: dict[str, Any], source: Input, spools: Spools) -> _List | None:
        """The list that an object belongs to; ``None`` if it is not to be read."""
        resource = self._resource(key, item["metadata"])
        if reason := self._choice.reason_to_skip(resource):
            self._skipped.setdefault(key, (source.name, reason))
            return None
        if key not in self._lists:
            sink = spools.sink(f"{key[0]}/{resource.name}")
            self._lists[key] = _List(sink, resource, WarningCounts(self._redactor.name))
        return self._lists[key]

    def _place(self, resource: Resource, metadata: dict[str, Any]) -> str | None:
        """Where an object counts: in its namespace, or in the cluster. Where namespaces are chosen each is a place itself."""
        if not resource.namespaced and not (self._choice.namespaces and resource.scope == NAMESPACES):
            return _CLUSTER
        named = metadata.get("namespace" if resource.namespaced else "name")
        return named if isinstance(named, str) and named else _CLUSTER

    def _resource(self, key: _Key, metadata: dict[str, Any]) -> Resource:
        if key not in self._kinds:
            namespaced = bool(metadata.get("namespace"))
            self._kinds[key] = resource_in_file(*key, namespaced=namespaced)
        return self._kinds[key]

    def _record(self, key: _Key, item: dict[str, Any], shelter: Shelter) -> Record:
        if _is_credential(item, key):
            return object_record(self._redactor.credential(item))
        redacted = self._redactor.kubernetes(item)
        metadata = item["metadata"]
        if key == (CORE, "Pod"):
            shelter.learn_pod(item, redacted)
        elif key == (CORE, "Service"):
            shelter.learn_service(redacted)
        elif key == (CORE, "ConfigMap"):
            shelter.learn_configmap(redacted)
        named = (*key, str(metadata.get("namespace") or ""), str(metadata["name"]))
        return object_record(redacted, autoscaled=named in self._learned.autoscaled)

    def _learn_node(self, item: dict[str, Any]) -> None:
        """Which node a pod is on: also of a pod that is left out, since that names the engine its containers are in."""
        metadata, spec = item["metadata"], item.get("spec")
        annotations = metadata.get("annotations")
        hashed = annotations.get(CONFIG_HASH) if isinstance(annotations, dict) else None
        uids = {uid for uid in (metadata.get("uid"), hashed) if isinstance(uid, str)} & self._wanted
        node = spec.get("nodeName") if isinstance(spec, dict) else None
        if uids and isinstance(node, str) and node:
            self._learned.pod_nodes.update(dict.fromkeys(uids, node))

    # Scopes ----------------------------------------------------------------------------------------------------------

    def _lost(self, name: str, reason: str, *, result: str = "failed") -> None:
        path = self._redactor.text(name)
        self._scopes.append(Scope(f"{SOURCE}/file", "list", path, None, result, reason))

    def _close(self) -> None:
        for key, entry in sorted(self._lists.items()):
            for record in entry.warnings.records():
                entry.sink.add(record)
                entry.counts[record.namespace] += 1
            entry.sink.close()
            self._scopes += self._scopes_of(key, entry)
        for key, path in self._empty.items():
            if key not in self._kinds:
                resource = self._resource(key, {"namespace": "?"})
                left_out = self._choice.reason_to_skip(resource)
                whole = self._is_whole(resource)
                result = "skipped" if left_out else "complete" if whole else "partial"
                self._scope(key, resource, path, result, left_out or ("" if whole else EMPTY_LIST))
        for key, (path, reason) in self._skipped.items():
            self._scope(key, self._kinds[key], path, "skipped", reason)

    def _scopes_of(self, key: _Key, entry: _List) -> Iterator[Scope]:
        """What of one kind is known to be all that there is: in each namespace that was listed, and nowhere else."""
        whole, chosen = self._is_whole(entry.resource), self._choice.namespaces
        # Events are counted for what they are about, which may lie elsewhere than they do.
        places = {*entry.inputs, *entry.counts, *chosen}
        if entry.resource.namespaced and not chosen:
            places.discard(_CLUSTER)
        for place in sorted(places, key=lambda name: name or ""):
            reason = "" if whole or place in entry.listed else SINGLE_OBJECTS if place in entry.inputs else NOT_IN_FILES
            if entry.refused[place]:
                reason = f"objects-not-understood:{entry.refused[place]}"
            yield self._scope_of(
                key, entry.resource, _told(entry.inputs.get(place, set())), "partial" if reason else "complete", reason,
                entry.counts[place], place,
            )  # fmt: skip
        if entry.resource.namespaced and not chosen:
            files = _told({name for names in entry.inputs.values() for name in names})
            result, reason = ("complete", "") if whole else ("partial", NOT_IN_FILES)
            yield self._scope_of(key, entry.resource, files, result, reason, entry.counts[_CLUSTER], _CLUSTER)

    def _is_whole(self, resource: Resource) -> bool:
        """Whether the person who gave the files says that they hold all of a kind."""
        return any(resource.answers_to(name) for name in self._whole)

    def _scope(self, key: _Key, resource: Resource, path: str, result: str, reason: str) -> None:
        self._scopes.append(self._scope_of(key, resource, path, result, reason, 0, _CLUSTER))

    def _scope_of(
        self, key: _Key, resource: Resource, path: str, result: str, reason: str, count: int, place: str | None
    ) -> Scope:
        shown, namespace = self._redactor.text(path), None if place is None else self._redactor.name(place)
        name, kind = f"{key[0]}/{resource.name}", f"{key[0]}/{key[1]}"
        return Scope(name, "list", shown, None, result, reason, count, namespace, kind=kind)

    def _capture(self, node: str | None, scopes: tuple[Scope, ...], server: str) -> Capture:
        return Capture(
            source=SOURCE,
            node=node,
            time=self._newest.time,
            tool={"rkedoc": __version__, **({"server": server} if server else {})},
            scopes=tuple(sorted(scopes, key=lambda scope: (scope.name, scope.path))),
        )


def _told(names: set[str]) -> str:
    """Files in a scope: the one, or how many."""
    return next(iter(names)) if len(names) == 1 else f"{len(names)} files"


def _key(item: dict[str, Any]) -> _Key:
    group, slash, _ = str(item["apiVersion"]).rpartition("/")
    kind = str(item["kind"])
    return canonical_group(group if slash else "", kind), kind


def _key_or_none(item: dict[str, Any]) -> _Key | None:
    try:
        return _key(item)
    except (KeyError, TypeError):
        return None


def _target(item: dict[str, Any]) -> tuple[str, str, str, str]:
    """Whose replicas an autoscaler owns: canonical group, kind, namespace, name."""
    target = item["spec"]["scaleTargetRef"]
    kind = str(target.get("kind"))
    group = canonical_group(str(target.get("apiVersion") or "").rpartition("/")[0], kind)
    return group, kind, str(item["metadata"].get("namespace") or ""), str(target.get("name"))


def _is_credential(item: dict[str, Any], key: _Key) -> bool:
    given = str(item["apiVersion"]).rpartition("/")[0]
    return any(is_credential_kind(group, name) for group in {given, key[0]} for name in (key[1], kind_of(*key).plural))
