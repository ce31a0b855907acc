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

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from rkedoc.collect.files import engine_dumps
from rkedoc.collect.files.documents import FoundThing, Input, Unreadable, find_inputs, things
from rkedoc.collect.files.engine_dumps import Dump
from rkedoc.collect.files.newest import Newest
from rkedoc.collect.intake import Intake, ObjectList
from rkedoc.collect.kubernetes.discovery import Resource
from rkedoc.collect.selection import NAMESPACES, Choice, resource_in_file
from rkedoc.collect.source import Kinds, PlannedRequest, Progress
from rkedoc.errors import UsageError
from rkedoc.nearby import unknown
from rkedoc.redact import Redactor
from rkedoc.snapshot.identity import CORE, canonical_group
from rkedoc.snapshot.record import EMPTY_LIST, NOT_IN_FILES, SINGLE_OBJECTS, Capture, Scope
from rkedoc.vocabulary import Result

SOURCE = "files"

_FIRST = frozenset({(CORE, "Service"), (CORE, "ConfigMap"), ("autoscaling", "HorizontalPodAutoscaler")})
"""Kinds on which the treatment of others depends."""

_CLUSTER: str | None = None
"""Where the objects of a kind without namespaces lie."""

_Key = tuple[str, str]
"""Canonical group and kind."""


@dataclass(slots=True)
class _List:
    """All objects of one kind, with where they came from, by the namespace that they lie in."""

    resource: Resource
    taken: ObjectList
    inputs: dict[str | None, set[str]] = field(default_factory=dict)
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
    """What the first reading found that is of no single input."""

    server: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """A source that a package brings (:class:`rkedoc.plugins.Source`): its documents are read as those of a file are."""

    name: str
    argument: str
    documents: Callable[[str], Iterable[Mapping[str, Any]]]


class FilesSource:
    """Dumps on disk or on standard input (``"-"``), and what packages bring. Used by one thread."""

    name = SOURCE

    def __init__(
        self,
        paths: Sequence[Path | Literal["-"]],
        *,
        redactor: Redactor,
        progress: Progress,
        choice: Choice | None = None,
        complete: Sequence[str] = (),
        brought: Sequence[Brought] = (),
        now: str = "9999",
    ) -> None:
        """``complete`` names the kinds of which the files hold all that there are in the cluster; ``now`` is the time of reading, and no
        object is younger."""
        self._paths = tuple(paths)
        self._brought = tuple(brought)
        self._redactor = redactor
        self._progress = progress
        self._choice = choice or Choice()
        self._looked: list[tuple[Input, _Seen]] = []
        self._lists: dict[_Key, _List] = {}
        self._whole = tuple(complete)
        self._newest = Newest(now)
        self._learned = _Learned()
        self._scopes: list[Scope] = []
        self._known: dict[_Key, Resource] = {}
        self._skipped: dict[_Key, tuple[str, str]] = {}
        self._empty: dict[_Key, str] = {}
        self.kinds: Kinds | None = None
        names = [path.resolve().name.partition(".json")[0] for path in self._paths if isinstance(path, Path)]
        self.cluster = next((name for name in names if name), "")

    def connect(self) -> None:
        """Nothing: whether a file can be read is seen when it is."""

    def plan(self) -> tuple[PlannedRequest, ...]:
        """Nothing is sent to anybody."""
        return ()

    def pods(self) -> frozenset[str]:
        """Read everything for the first time; gives the uids of the pods whose containers are in these files.

        A file that cannot be read is a scope that failed, with its name and a reason code.
        """
        inputs, left = find_inputs(self._paths)
        for name, reason in left:
            self._lost(name, reason)
        self._looked = [(source, self._look(source)) for source in (*inputs, *self._foreign())]
        return frozenset(uid for _, seen in self._looked for uid in seen.dump.pod_uids())

    def collect(self, intake: Intake) -> tuple[Capture, ...]:
        """Read everything once more, and give it to the intake. The first capture is that of the Kubernetes API, one more follows for
        each engine."""
        for first in (True, False):
            for source, seen in self._looked:
                if seen.first if first else seen.rest:
                    self._read(source, intake, first=first)
        self._close()
        self.kinds = self._kinds()
        dumps = [seen.dump for _, seen in self._looked if seen.dump]
        if dumps and (told := self._choice.engine_note()):
            self._progress.note(f"files: {told}")
        captures = []
        if self._scopes:
            tool = {"server": self._learned.server}
            captures.append(intake.captures.dump(SOURCE, self._scopes, newest=self._newest.time, tool=tool))
        for node, group in engine_dumps.by_node(dumps, intake.learned.pod_nodes).items():
            shown = self._redactor.name(node)
            for engine, scopes in engine_dumps.give(shown, group, intake, self._choice):
                captures.append(intake.captures.dump(SOURCE, scopes, newest=self._newest.time, node=shown, tool=engine))
            self.cluster = self.cluster or shown  # standard input has no name
        return tuple(captures)

    def _kinds(self) -> Kinds:
        known = tuple(self._known.values())
        served = tuple(resource.name for resource in known)
        for name in self._whole:
            if not any(resource.answers_to(name) for resource in known):
                raise UsageError(f"--complete: {unknown('kind', self._redactor.text(name), served)}")
        unmatched = self._choice.unmatched(known)
        for name in unmatched:
            if name not in self._choice.only:
                self._progress.note(f"files: no file holds a kind {self._redactor.text(name)!r}")
        return Kinds(served, unmatched)

    def _foreign(self) -> Iterator[Input]:
        """What packages bring, as inputs like any dump: what goes wrong in one of them costs its own scope."""
        for source in self._brought:
            try:
                content = b"\n".join(orjson.dumps(document) for document in source.documents(source.argument))
            except Exception as error:  # noqa: BLE001 - a foreign package may do anything
                self._lost(f"source {source.name}", f"source-failed:{type(error).__name__}")
                continue
            yield Input(f"source {source.name}", None, content)

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
            self._progress.end(SOURCE, shown, Result.FAILED)
            return _Seen(Dump(source))
        if unknown:
            self._lost(source.name, f"not-understood:{unknown}", result=Result.PARTIAL if seen.used else Result.FAILED)
        elif not seen.used:
            self._lost(source.name, "empty")
        elif not read and not empty and seen.idle:
            self._lost(source.name, "no-objects", result=Result.SKIPPED)
        elif empty and not read:
            self._lost(source.name, EMPTY_LIST, result=Result.PARTIAL)
        self._progress.advance(SOURCE, shown, objects=read - min(read, unknown), size=source.size())
        self._progress.end(SOURCE, shown, Result.PARTIAL if unknown else Result.COMPLETE)
        return seen

    def _look_at(self, item: dict[str, Any], seen: _Seen) -> bool:
        try:
            key = _key(item)
        except (KeyError, TypeError):
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
        return True

    def _read(self, source: Input, intake: Intake, *, first: bool) -> None:
        try:
            documents = source.documents()
        except Unreadable as error:  # it could be read a moment ago
            self._lost(source.name, error.reason)
            return
        for document in documents:
            for found in things(document):
                if found.what == "object" and (_key_or_none(found.content) in _FIRST) is first:
                    self._object(found, source, intake)

    def _object(self, found: FoundThing, source: Input, intake: Intake) -> None:
        item = found.content
        key = _key_or_none(item)
        if key is None:
            return
        entry = self._list(key, item, source, intake)
        place = self._place(entry.resource, item["metadata"]) if entry is not None else _CLUSTER
        if entry is None or (self._choice.namespaces and place not in self._choice.namespaces):
            intake.learn(key, item)  # a pod that is left out names the node of its containers all the same
            return
        entry.inputs.setdefault(place, set()).add(source.name)
        if found.listed:
            entry.listed.add(place)
        entry.taken.take(item, place)

    def _list(self, key: _Key, item: dict[str, Any], source: Input, intake: Intake) -> _List | None:
        """The list that an object belongs to; ``None`` if it is not to be read."""
        resource = self._resource(key, item["metadata"])
        if reason := self._choice.reason_to_skip(resource):
            self._skipped.setdefault(key, (source.name, reason))
            return None
        if key not in self._lists:
            self._lists[key] = _List(resource, intake.objects(resource))
        return self._lists[key]

    def _place(self, resource: Resource, metadata: dict[str, Any]) -> str | None:
        """Where an object counts: in its namespace, or in the cluster. Where namespaces are chosen each is a place itself."""
        if not resource.namespaced and not (self._choice.namespaces and resource.scope == NAMESPACES):
            return _CLUSTER
        named = metadata.get("namespace" if resource.namespaced else "name")
        return named if isinstance(named, str) and named else _CLUSTER

    def _resource(self, key: _Key, metadata: dict[str, Any]) -> Resource:
        if key not in self._known:
            namespaced = bool(metadata.get("namespace"))
            self._known[key] = resource_in_file(*key, namespaced=namespaced)
        return self._known[key]

    # Scopes ----------------------------------------------------------------------------------------------------------

    def _lost(self, name: str, reason: str, *, result: Result = Result.FAILED) -> None:
        path = self._redactor.text(name)
        self._scopes.append(Scope(f"{SOURCE}/file", "list", path, None, result, reason))

    def _close(self) -> None:
        for key, entry in sorted(self._lists.items()):
            entry.taken.close()
            self._scopes += self._scopes_of(key, entry)
        for key, path in self._empty.items():
            if key not in self._known:
                resource = self._resource(key, {"namespace": "?"})
                left_out = self._choice.reason_to_skip(resource)
                whole = self._is_whole(resource)
                result = Result.SKIPPED if left_out else Result.COMPLETE if whole else Result.PARTIAL
                self._scope(key, resource, path, result, left_out or ("" if whole else EMPTY_LIST))
        for key, (path, reason) in self._skipped.items():
            self._scope(key, self._known[key], path, Result.SKIPPED, reason)

    def _scopes_of(self, key: _Key, entry: _List) -> Iterator[Scope]:
        """What of one kind is known to be all that there is: in each namespace that was listed, and nowhere else."""
        whole, chosen = self._is_whole(entry.resource), self._choice.namespaces
        # Events are counted for what they are about, which may lie elsewhere than they do.
        places = {*entry.inputs, *entry.taken.counts, *chosen}
        if entry.resource.namespaced and not chosen:
            places.discard(_CLUSTER)
        for place in sorted(places, key=lambda name: name or ""):
            reason = "" if whole or place in entry.listed else SINGLE_OBJECTS if place in entry.inputs else NOT_IN_FILES
            reason = entry.taken.lacks(place) or reason
            yield self._scope_of(
                key, entry.resource, _told(entry.inputs.get(place, set())), Result.PARTIAL if reason else Result.COMPLETE, reason,
                entry.taken.counts[place], place,
            )  # fmt: skip
        if entry.resource.namespaced and not chosen:
            files = _told({name for names in entry.inputs.values() for name in names})
            result, reason = (Result.COMPLETE, "") if whole else (Result.PARTIAL, NOT_IN_FILES)
            yield self._scope_of(key, entry.resource, files, result, reason, entry.taken.counts[_CLUSTER], _CLUSTER)

    def _is_whole(self, resource: Resource) -> bool:
        """Whether the person who gave the files says that they hold all of a kind."""
        return any(resource.answers_to(name) for name in self._whole)

    def _scope(self, key: _Key, resource: Resource, path: str, result: Result, reason: str) -> None:
        self._scopes.append(self._scope_of(key, resource, path, result, reason, 0, _CLUSTER))

    def _scope_of(
        self, key: _Key, resource: Resource, path: str, result: Result, reason: str, count: int, place: str | None
    ) -> Scope:
        shown, namespace = self._redactor.text(path), None if place is None else self._redactor.name(place)
        name, kind = f"{key[0]}/{resource.name}", f"{key[0]}/{key[1]}"
        return Scope(name, "list", shown, None, result, reason, count, namespace, kind=kind)


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
