"""Dumps as a source: what other tools wrote, through the same redaction as live answers.

What was given is looked through once (:mod:`rkedoc.collect.files.contents`): formats find their bundles in it, and say how each member is
read. Members that decide about others are read first: the containers of engines, whose pods must be known before pods are read, and
autoscalers, which own the replicas of what they scale. Then all others are read, once, one document at a time. Standard input is read
once and kept in memory.

Files and live sources know of each other: an engine's containers are joined with the pods of either, and a dump of an
engine is read with what a live API says of its pods. Where both name the same object it stands once; where a bundle holds two states of an
object, the newer one stands.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson

from rkedoc.collect.files import engine_dumps, masks
from rkedoc.collect.files.contents import Contents, Place
from rkedoc.collect.files.engine_dumps import Dump, Origin, Surroundings
from rkedoc.collect.files.formats import FORMATS, OTHERWISE
from rkedoc.collect.files.formats.format import As, Bundle, Claim, Failure, Format, Reading
from rkedoc.collect.files.formats.output import BROUGHT
from rkedoc.collect.files.members import Given, Member
from rkedoc.collect.files.newest import Newest
from rkedoc.collect.files.plan import plan_of
from rkedoc.collect.files.said import failure_of, failure_of_status, says_no_such_thing, says_nothing_is_there
from rkedoc.collect.files.scopes import CLUSTER, SOURCE, Claims, Key, Kind, Lost
from rkedoc.collect.files.tables import ANY, listing_of, table_of, table_things, why_nothing
from rkedoc.collect.files.texts import Broken, Document, Said, documents
from rkedoc.collect.files.things import FoundThing, lacks_its_end, of_kind, things, things_of_cut
from rkedoc.collect.intake import Intake
from rkedoc.collect.selection import NAMESPACES, Choice
from rkedoc.collect.source import Kinds, PlannedRequest, Progress
from rkedoc.errors import UsageError
from rkedoc.listing import Listing
from rkedoc.nearby import unknown
from rkedoc.redact import Redactor
from rkedoc.snapshot.identity import CORE, canonical_group
from rkedoc.snapshot.kinds import KINDS
from rkedoc.snapshot.record import EMPTY_LIST, FROM_ROW, Capture
from rkedoc.vocabulary import Result

__all__ = ["SOURCE", "Brought", "FilesSource"]

_AUTOSCALER: Key = ("autoscaling", "HorizontalPodAutoscaler")
_POD: Key = (CORE, "Pod")
_TELLING: frozenset[Key] = frozenset({(CORE, "Namespace"), (CORE, "Node")})
"""Kinds that tell one cluster from another."""

_ENDING = re.compile(r"\.(?:json|ndjson|ya?ml|txt|log|tar|tgz|txz|zip|kshrk|gz|xz|zst|bz2)(?:\.\w+)?\Z")


@dataclass(slots=True)
class _Part:
    """One bundle, or all that no format claims, while it is read."""

    format: Format
    bundle: Bundle
    label: str
    """What it is called in messages: where it lies."""
    number: int
    claims: Claims
    newest: Newest
    lost: Lost
    server: str = ""
    uids: dict[str, str] = field(default_factory=dict)
    """The uids of the namespace ``kube-system``, each with where it stands: more than one if it is of several clusters."""
    nodes: dict[str, str] = field(default_factory=dict)
    """The uids of its nodes, each with where it stands."""
    made_up: int = 0
    differing: int = 0
    dumps: list[Dump] = field(default_factory=list)
    around: Surroundings = field(default_factory=Surroundings)
    broken: bool = False
    """Whether an archive in which it lies could not be read to its end."""

    @property
    def gave(self) -> bool:
        """Whether anything came of it."""
        return bool(self.claims.kinds or self.dumps)

    @property
    def damaged(self) -> bool:
        """Whether something of it was lost."""
        return self.broken or self.lost.missed

    @property
    def named(self) -> str:
        """The cluster, as far as the bundle says its name, and where it lies."""
        return f"{self.bundle.cluster} ({self.label})" if self.bundle.cluster else self.label


@dataclass(slots=True)
class _Seen:
    """What was found in one member."""

    used: bool = False
    idle: bool = False
    """Whether it holds what is known, and is of no interest."""
    unknown: int = 0
    read: int = 0
    empty: int = 0
    said: str = ""


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
        formats: Sequence[Format] = (),
        now: str = "9999",
    ) -> None:
        """``complete`` names the kinds of which the files hold all that there are in the cluster; ``formats`` are those that packages bring,
        and come before our own; ``now`` is the time of reading, and no object is younger."""
        self._paths = tuple(paths)
        self._brought = tuple(brought)
        self._formats = (*formats, *FORMATS)
        self._redactor = redactor
        self._progress = progress
        self._choice = choice or Choice()
        self._complete = tuple(complete)
        self._now = now
        self._contents: list[Contents] = []
        self._parts: dict[tuple[int, str], _Part] = {}
        self._numbers = itertools.count(1)
        self._read_first: set[tuple[int, str]] = set()
        """The members that need not be read again."""
        self._autoscalers: list[dict[str, Any]] = []
        self._uids: set[str] = set()
        self._met: dict[tuple[str, str, object, object], int] = {}
        """The state of each object that was taken, as its resourceVersion counts them."""
        self.kinds: Kinds | None = None
        names = [_ENDING.sub("", path.resolve().name) for path in self._paths if isinstance(path, Path)]
        self.cluster = next((name for name in names if name), "")

    def connect(self) -> None:
        """Nothing: whether a file can be read is seen when it is."""

    def plan(self) -> tuple[PlannedRequest, ...]:
        """What each thing is that was given, what of it would be read, and what would be left out. Nothing is sent to anybody."""
        found: list[PlannedRequest] = []
        for path in self._paths:
            contents = Contents(Given.of(path), self._formats, OTHERWISE)
            contents.look(closely=True)
            found += plan_of(contents, self._redactor)
        return tuple(found)

    def pods(self) -> frozenset[str]:
        """Look through everything, and read what decides about the rest; gives the uids of the pods whose containers are in these files.

        A file that cannot be read is a scope that failed, with its name and a reason code.
        """
        otherwise = self._part(-1, OTHERWISE, Bundle("", lambda _path: Reading()), "")
        for path in self._paths:
            self._open(Contents(Given.of(path), self._formats, OTHERWISE), otherwise)
        for name, content in self._foreign(otherwise):
            self._open(Contents(Given(None, content, name), (), BROUGHT), otherwise)
        return frozenset(self._uids)

    def collect(self, intake: Intake) -> tuple[Capture, ...]:
        """Read everything, and give it to the intake. A capture for each bundle that holds things of the Kubernetes API comes first, one more
        follows for each engine. Raises :class:`~rkedoc.errors.UsageError` for bundles of two clusters."""
        for autoscaler in self._autoscalers:
            intake.learn(_AUTOSCALER, autoscaler)
        for number, contents in enumerate(self._contents):
            again = [path for path in contents.places if (number, path) not in self._read_first]
            for member in contents.read(again):
                self._read(number, contents, member, intake)
                contents.forget(member.path)
            missed = any(part.lost.missed for part in self._parts.values())
            self._progress.end(SOURCE, self._shown(contents), Result.PARTIAL if missed else Result.COMPLETE)
        return self._captures(intake)

    # What was given --------------------------------------------------------------------------------------------------

    def _part(self, number: int, format_: Format, bundle: Bundle, label: str) -> _Part:
        key = (number, bundle.root)
        if key not in self._parts:
            self._parts[key] = _Part(
                format_, bundle, label, next(self._numbers), Claims(self._choice, self._complete), Newest(self._now),
                Lost(self._redactor.text),
            )  # fmt: skip
        return self._parts[key]

    def _part_of(self, number: int, place: Place) -> _Part:
        """The part that a member belongs to. What no format claims is one part, wherever it was given."""
        return self._parts[(-1, "") if _is_plain(place.format) else (number, place.bundle.root)]

    def _parts_at(self, number: int, contents: Contents, path: str) -> list[_Part]:
        """The bundles that a path lies in or that lie below it, the nearest first: one bundle, or all in an archive that broke."""
        roots = [bundle.root for format_, bundle in contents.bundles if not _is_plain(format_)]
        above = [root for root in roots if not root or path == root or path.startswith(f"{root}/")]
        below = [root for root in roots if root.startswith(f"{path}/")]
        if path == contents.given.name:  # the bounds of all that was given
            below = roots
        nearest = [max(above, key=len)] if above else []
        return [self._parts[number, root] for root in dict.fromkeys((*nearest, *below))]

    def _open(self, contents: Contents, otherwise: _Part) -> None:
        """Look through one thing that was given, and read what decides about others."""
        number = len(self._contents)
        self._contents.append(contents)
        self._progress.begin(SOURCE, self._shown(contents))
        contents.look()
        for format_, bundle in contents.bundles:
            if not _is_plain(format_):
                where = bundle.root if isinstance(contents.given.path, Path) and contents.given.path.is_file() else ""
                label = "/".join(
                    part for part in (where or contents.given.name, bundle.root if not where else "") if part
                )
                self._part(number, format_, bundle, label)
        for left in contents.left:
            result = Result.SKIPPED if left.reason == "link" else Result.FAILED
            parts = self._parts_at(number, contents, left.path) or [otherwise]
            parts[0].lost.add(left.path, left.reason, result)
            for part in parts[1:]:
                part.broken |= result is Result.FAILED
        first = [path for path, place in contents.places.items() if self._decides(contents, path, place)]
        for member in contents.read(first):
            self._look(number, contents, member)

    def _shown(self, contents: Contents) -> str:
        return self._redactor.text(contents.given.name)

    def _decides(self, contents: Contents, path: str, place: Place) -> bool:
        """Whether a member has to be read before the others."""
        return place.reading.as_ is As.DOCUMENTS and path in contents.decisive

    def _foreign(self, otherwise: _Part) -> Iterator[tuple[str, bytes]]:
        """What packages bring, as a file each: what goes wrong in one of them costs its own scope."""
        for source in self._brought:
            name = f"source {source.name}"
            try:
                content = b"\n".join(orjson.dumps(document) for document in source.documents(source.argument))
            except Exception as error:  # noqa: BLE001 - a foreign package may do anything
                otherwise.lost.add(name, f"source-failed:{type(error).__name__}")
                continue
            yield name, content

    # Reading ---------------------------------------------------------------------------------------------------------

    def _look(self, number: int, contents: Contents, member: Member) -> None:
        """Read a member that decides about others for what it says of them. If that is all, it is not read again."""
        place = contents.places[member.path]
        part = self._part_of(number, place)
        seen, dump = _Seen(), self._dump(part, member.path)
        objects = False
        for found in documents(member.content):
            if not isinstance(found, Document):
                seen.unknown += isinstance(found, Broken)
                continue
            for thing in self._things(found, place):
                if thing.what == "object":
                    objects = True
                    if _key_or_none(thing.content) == _AUTOSCALER:
                        self._autoscalers.append(_target_of(thing.content))
                elif thing.what in engine_dumps.KINDS:
                    used = dump.take(thing)
                    part.newest.look_at(thing.content)
                    seen.read += 1
                    seen.used |= used
                    seen.unknown += not used
                else:
                    seen.unknown += 1
        part.dumps += [dump] if dump else []
        self._uids.update(dump.pod_uids())
        if seen.used and not objects and not seen.unknown:
            self._progress.advance(SOURCE, self._shown(contents), objects=seen.read, size=len(member.content))
            self._read_first.add((number, member.path))
            contents.forget(member.path)

    def _read(self, number: int, contents: Contents, member: Member, intake: Intake) -> None:
        """Read a member, and give what it holds to the intake."""
        place = contents.places[member.path]
        part, reading = self._part_of(number, place), place.reading
        failures = list(reading.failures(member.content)) if reading.failures is not None else []
        for failure in failures:
            part.claims.fail(failure, member.path)
        if reading.as_ is As.DOCUMENTS and not failures:
            read = self._documents(part, place, member, intake, taken=member.path in contents.decisive)
            self._progress.advance(SOURCE, self._shown(contents), objects=read, size=len(member.content))
        elif reading.as_ is As.TABLE:
            rows = self._table(part, place, member, intake)
            self._progress.advance(SOURCE, self._shown(contents), objects=rows, size=len(member.content))
        elif reading.as_ not in (As.DOCUMENTS, As.ERRORS):
            part.lost.add(member.path, reading.reason or reading.as_.value, Result.SKIPPED)

    def _documents(self, part: _Part, place: Place, member: Member, intake: Intake, *, taken: bool) -> int:
        """Read the documents of a member; gives how many things were in them. ``taken`` says that an engine's were taken before."""
        seen = _Seen()
        dump = self._dump(part, member.path)
        broken: Counter[str] = Counter()
        watched: dict[tuple[str, ...], FoundThing | None] = {}
        for found in documents(member.content):
            if isinstance(found, Broken):
                broken[found.reason] += 1
            elif isinstance(found, Said):
                self._said(found.line, part, place, member.path, seen)
            elif found.last and lacks_its_end(found.value):
                broken["cut-off"] += 1
            else:
                if not part.bundle.time or part.bundle.local:
                    part.newest.look(found.text)
                for thing in self._things(found, place):
                    if thing.what in ("watched", "gone"):
                        seen.used = True
                        watched[_identity(thing.content)] = thing if thing.what == "watched" else None
                    else:
                        self._thing(thing, part, place, member.path, intake, seen, dump)
        for last in watched.values():  # of each object its last state
            if last is not None:
                self._thing(last._replace(what="object"), part, place, member.path, intake, seen, dump)
        if broken == {"not-json": 1} and _is_plain(place.format) and (table := table_of(member.content)) is not None:
            return self._rows(table, ANY, part, place, member.path, intake, seen)
        if not taken:
            part.dumps += [dump] if dump else []
        _end(member.path, part.lost, seen, broken)
        return seen.read

    def _table(self, part: _Part, place: Place, member: Member, intake: Intake) -> int:
        """Read the rows of a member, and what was said in their place; gives how many were of use."""
        seen = _Seen()
        for found in documents(member.content):
            if isinstance(found, Said):
                self._said(found.line, part, place, member.path, seen)
        return self._rows(listing_of(member.content), place.reading.kind, part, place, member.path, intake, seen)

    def _rows(
        self, listing: Listing, kind: str, part: _Part, place: Place, path: str, intake: Intake, seen: _Seen
    ) -> int:
        """Put the rows of a table where they belong; gives how many were of use."""
        dump = self._dump(part, path)
        for thing in table_things(listing, kind):
            self._thing(thing, part, place, path, intake, seen, dump)
        seen.unknown += sum(1 + unread.last - unread.first for unread in listing.unread)
        if kind == ANY and not seen.used:
            part.lost.add(path, why_nothing(listing), Result.SKIPPED)
            return 0
        if not listing.rows and not seen.said and not seen.unknown and not seen.used:
            seen.used, seen.empty = True, 1
        part.dumps += [dump] if dump else []
        _end(path, part.lost, seen, Counter())
        return seen.read

    def _things(self, document: Document, place: Place) -> Iterator[FoundThing]:
        """What a document holds, in which what another tool has hidden says so."""
        reading = place.reading
        value = document.value if reading.inside is None else reading.inside(document.value)
        if value is None and reading.inside is not None:
            return iter((FoundThing("nothing", {}),))
        if masks.may_hold(document.text):
            value = masks.told(value)
        return (things_of_cut if document.cut else things)(
            of_kind(value, reading.version, reading.kind) if reading.kind else value
        )

    def _thing(
        self, thing: FoundThing, part: _Part, place: Place, path: str, intake: Intake, seen: _Seen, dump: Dump
    ) -> None:
        """Put one thing where it belongs."""
        if thing.what == "object":
            seen.read += 1
            seen.used |= self._object(thing, part, place, path, intake, seen)
            return
        seen.read += thing.what not in ("list", "nothing", "unknown", "empty", "cut", "failure")
        if thing.what in engine_dumps.KINDS:
            used = dump.take(thing)
            seen.used |= used
            seen.unknown += not used
        elif thing.what == "server":
            part.server = self._redactor.text(str(thing.content.get("gitVersion") or ""))[:64]
            seen.used = True
        elif thing.what == "nothing":
            seen.used = seen.idle = True
        elif thing.what == "failure":
            self._failed(failure_of_status(thing.content, place.reading), part, path, seen)
        elif thing.what == "refused":
            part.lost.add(path, "rke-state", Result.SKIPPED)
            seen.used = True
        elif thing.what == "cut":
            part.lost.add(path, "cut-off", Result.PARTIAL)
            seen.used = True
        elif thing.what in ("list", "empty"):
            seen.used = True
            self._list(thing, part, place, path, seen)
        else:
            seen.unknown += 1

    def _list(
        self, thing: FoundThing, part: _Part, place: Place, path: str, seen: _Seen, *, whole: bool = True
    ) -> None:
        """A list begins, which may hold nothing. ``whole`` is false where it may be of what a selector left."""
        reading = place.reading
        named = thing.content if thing.what == "list" else {"apiVersion": reading.version, "kind": reading.kind}
        if not named.get("kind"):
            seen.empty += 1
            return
        key = _key(named)
        known = KINDS.get(key)
        kind = part.claims.kind(key, namespaced=known.namespaced if known is not None else True)
        kind.empty = kind.empty or path
        if whole and (thing.what == "empty" or thing.listed):
            kind.claim(reading, listed=thing.listed)

    def _object(self, thing: FoundThing, part: _Part, place: Place, path: str, intake: Intake, seen: _Seen) -> bool:
        """Take one object; false if it is none."""
        item = thing.content
        key = _key_or_none(item)
        if key is None:
            seen.unknown += 1
            return False
        if part.bundle.made_up(place.inside, item):
            part.made_up += 1
            return True
        metadata = item["metadata"]
        if key in _TELLING:
            self._remember(key, metadata, part, place.shown(path) if _is_plain(place.format) else part.named)
        elif key == _POD and item.get(FROM_ROW) is True and (on := (item.get("spec") or {}).get("nodeName")):
            part.around.pods[str(metadata.get("namespace")), str(metadata.get("name"))] = on
        kind = part.claims.kinds.get(key)
        if kind is None:
            known = KINDS.get(key)
            kind = part.claims.kind(
                key, namespaced=known.namespaced if known is not None else bool(metadata.get("namespace"))
            )
        where = self._place(kind, metadata)
        if kind.skipped or (self._choice.namespaces and where not in self._choice.namespaces):
            kind.empty = kind.empty or path
            intake.learn(key, item)  # a pod that is left out names the node of its containers all the same
            return True
        if kind.taken is None:
            kind.taken = intake.objects(kind.resource)
        kind.note(path, where)
        reading = place.reading
        if thing.listed:
            kind.claim(reading, where, listed=thing.listed)
        elif thing.alone and reading.claim not in (Claim.LISTED, Claim.PRINTED):
            kind.together[reading.claim, reading.namespace] = reading
        self._take(key, item, kind, where, part)
        return True

    def _take(self, key: Key, item: dict[str, Any], kind: Kind, where: str | None, part: _Part) -> None:
        """Give an object to the intake, unless it was given in the same state or a newer one before."""
        assert kind.taken is not None
        metadata = item["metadata"]
        state = _ROW if item.get(FROM_ROW) is True else _state(metadata)
        name = (*key, str(metadata.get("namespace")), str(metadata.get("name")))
        before = self._met.get(name)
        if before is None or state > before:
            self._met[name] = state
            kind.taken.take(item, where, newer=before is not None)
        else:
            kind.taken.again(where)
        part.differing += before is not None and before != state and _ROW not in (before, state)

    def _remember(self, key: Key, metadata: Mapping[str, Any], part: _Part, where: str) -> None:
        """What tells one cluster from another."""
        uid = metadata.get("uid")
        if isinstance(uid, str) and key == (CORE, "Namespace") and metadata.get("name") == "kube-system":
            part.uids.setdefault(uid, where)
        elif key == (CORE, "Node"):
            part.around.nodes.add(str(metadata.get("name")))
            if isinstance(uid, str):
                part.nodes.setdefault(uid, where)

    def _place(self, kind: Kind, metadata: Mapping[str, Any]) -> str | None:
        """Where an object counts: in its namespace, or in the cluster. Where namespaces are chosen each is a place itself."""
        resource = kind.resource
        if not resource.namespaced and not (self._choice.namespaces and resource.scope == NAMESPACES):
            return CLUSTER
        named = metadata.get("namespace" if resource.namespaced else "name")
        return named if isinstance(named, str) and named else CLUSTER

    def _said(self, line: str, part: _Part, place: Place, path: str, seen: _Seen) -> None:
        """Take note of what a command said in place of an answer."""
        if says_no_such_thing(line):
            seen.used = seen.idle = True
        elif says_nothing_is_there(line):
            seen.used = True
            self._list(FoundThing("empty", {}), part, place, path, seen, whole=False)
        else:
            self._failed(failure_of(line, place.reading), part, path, seen)

    def _failed(self, failure: Failure | None, part: _Part, path: str, seen: _Seen) -> None:
        """Take note of a question without an answer; ``None`` where something failed that was no question for a list."""
        if failure is not None and failure.kind:
            part.claims.fail(failure, path)
            seen.used = seen.idle = True
        elif not seen.said:
            seen.said = failure.reason if failure is not None else "command-failed"

    def _dump(self, part: _Part, path: str) -> Dump:
        return Dump(Origin(path, part.number, part.bundle.node))

    # The end ---------------------------------------------------------------------------------------------------------

    def _captures(self, intake: Intake) -> tuple[Capture, ...]:
        parts = list(self._parts.values())
        _one_cluster(parts, self._redactor)
        captures = []
        self.kinds = self._kinds(parts)
        dumps = [dump for part in parts for dump in part.dumps]
        if dumps and (told := self._choice.engine_note()):
            self._progress.note(f"files: {told}")
        latest = max(part.bundle.time or part.newest.time for part in parts)
        for part in parts:
            for kind in part.claims.kinds.values():
                if kind.taken is not None:
                    kind.taken.close()
            scopes = [*part.claims.scopes(self._redactor, damaged=part.damaged), *part.lost.scopes()]
            if scopes:
                captures.append(
                    intake.captures.dump(
                        SOURCE, scopes, newest=part.newest.time if part.gave else latest, stamp=part.bundle.time,
                        local=part.bundle.local, tool=self._tool([part]) if part.gave else {},
                    )
                )  # fmt: skip
        of_dump = {id(dump): part for part in parts for dump in part.dumps}
        around = {part.number: part.around for part in parts}
        for node, group in engine_dumps.by_node(dumps, intake.learned.pod_nodes, around).items():
            if node == engine_dumps.UNNAMED_NODE and node not in {name for part in parts for name in part.around.nodes}:
                self._progress.note(
                    f"files: the node of {len(group)} files has its name in none of them; here it is called {node!r}"
                )
            shown = self._redactor.name(node)
            told_by = list({id(part): part for dump in group for part in (of_dump[id(dump)],)}.values())
            stamps = {(part.bundle.time, part.bundle.local) for part in told_by}
            stamp, local = stamps.pop() if len(stamps) == 1 else ("", False)
            newest = max(part.newest.time for part in told_by)
            tool = self._tool(told_by)
            captures += [
                intake.captures.dump(
                    SOURCE, scopes, newest=newest, stamp=stamp, local=local, node=shown, tool={**tool, **engine}
                )
                for engine, scopes in engine_dumps.give(shown, group, intake, self._choice, complete=self._complete)
            ]
            self.cluster = self.cluster or shown  # standard input has no name
        self._tell(parts)
        return tuple(captures)

    def _tool(self, parts: Sequence[_Part]) -> dict[str, str]:
        """What a capture says of the tools whose bundles it is made of."""
        found: dict[str, str] = {}
        for part in parts:
            told = {
                "server": part.server,
                "format": part.format.name,
                "toolVersion": part.bundle.tool,
                **part.bundle.facts,
            }
            for name, text in told.items():
                if text and text not in found.get(name, "").split(", "):
                    found[name] = ", ".join(one for one in (found.get(name, ""), self._redactor.text(text)) if one)
        return found

    def _tell(self, parts: Sequence[_Part]) -> None:
        if differing := sum(part.differing for part in parts):
            self._progress.note(
                f"files: objects that stand in two places and differ: {differing}; of each the newer state was taken"
            )
        if some := {name for part in parts for name in part.claims.may_be_some()}:
            self._progress.note(
                f"files: what may not be all in its namespace, but what somebody named or selected: {', '.join(sorted(some))}; "
                "--complete KIND says that it is all"
            )
        if made_up := sum(part.made_up for part in parts):
            self._progress.note(
                f"files: objects that a tool made up and no cluster holds: {made_up}; none of them was taken"
            )

    def _kinds(self, parts: Sequence[_Part]) -> Kinds:
        known = tuple({key: kind.resource for part in parts for key, kind in part.claims.kinds.items()}.values())
        served = tuple(resource.name for resource in known)
        for name in self._complete:
            of_engine = name in engine_dumps.COMPLETED and any(part.dumps for part in parts)
            if not of_engine and not any(resource.answers_to(name) for resource in known):
                raise UsageError(f"--complete: {unknown('kind', self._redactor.text(name), served)}")
        unmatched = self._choice.unmatched(known)
        for name in unmatched:
            if name not in self._choice.only:
                self._progress.note(f"files: no file holds a kind {self._redactor.text(name)!r}")
        return Kinds(served, unmatched)


def _identity(item: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells an object from others."""
    metadata = item["metadata"]
    return str(item["apiVersion"]), str(item["kind"]), str(metadata.get("namespace")), str(metadata["name"])


def _is_plain(format_: Format) -> bool:
    """Whether something lies in no bundle."""
    return format_ in (OTHERWISE, BROUGHT)


def _end(path: str, lost: Lost, seen: _Seen, broken: Counter[str]) -> None:
    """Take note of what a member did not give."""
    result = Result.PARTIAL if seen.used else Result.FAILED
    if broken:
        for reason, count in broken.items():
            alone = not seen.used and broken.total() == 1
            lost.add(path, reason if alone else f"{reason}:{count}", result)
    if seen.unknown:
        lost.add(path, f"not-understood:{seen.unknown}", result)
    elif broken:
        return
    elif not seen.used:
        lost.add(path, seen.said or "empty")
    elif seen.said:
        lost.add(path, seen.said, Result.PARTIAL)
    elif not seen.read and not seen.empty and seen.idle:
        lost.add(path, "no-objects", Result.SKIPPED)
    elif seen.empty and not seen.read:
        lost.add(path, EMPTY_LIST, Result.PARTIAL)


def _one_cluster(parts: Sequence[_Part], redactor: Redactor) -> None:
    """Raise :class:`~rkedoc.errors.UsageError` if what was given is of two clusters: their namespaces ``kube-system`` are two, or two bundles
    have nodes and none in common."""
    clusters: dict[str, str] = {}
    for part in parts:
        for uid, where in part.uids.items():
            clusters.setdefault(uid, where)
    apart = [tuple(clusters.values())[:2]] if len(clusters) > 1 else []
    apart += [
        (next(iter(one.nodes.values())), next(iter(other.nodes.values())))
        for one, other in itertools.combinations(parts, 2)
        if not (one.uids and other.uids) and one.nodes and other.nodes and not one.nodes.keys() & other.nodes
    ]
    for one, other in apart:
        raise UsageError(
            f"these are of two clusters: {redactor.text(one)} and {redactor.text(other)}; collect from each on its own"
        )


def _target_of(autoscaler: Mapping[str, Any]) -> dict[str, Any]:
    """What the intake learns of an autoscaler."""
    spec, metadata = autoscaler.get("spec"), autoscaler.get("metadata")
    target = spec.get("scaleTargetRef") if isinstance(spec, dict) else None
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return {"metadata": {"namespace": namespace}, "spec": {"scaleTargetRef": target}}


_ROW = -1
"""The state of which a row tells: any document tells more."""


def _state(metadata: Mapping[str, Any]) -> int:
    """How far an object's states are counted; 0 where nothing is said. Kubernetes' API server counts with etcd's revisions
    (kubernetes/apiserver v0.31, pkg/storage/api_object_versioner.go)."""
    version = metadata.get("resourceVersion")
    return (
        int(version)
        if isinstance(version, str) and version.isascii() and version.isdigit() and len(version) < 20
        else 0
    )


def _key(item: Mapping[str, Any]) -> Key:
    return _key_of(str(item["apiVersion"]), str(item["kind"]))


@lru_cache(maxsize=4096)
def _key_of(version: str, kind: str) -> Key:
    group, slash, _ = version.rpartition("/")
    return canonical_group(group if slash else "", kind), kind


def _key_or_none(item: Mapping[str, Any]) -> Key | None:
    try:
        return _key(item)
    except (KeyError, TypeError):
        return None
