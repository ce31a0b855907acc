"""A snapshot for readers who may not see everything: without some namespaces, without some kinds, and without what would tell of them.

What is made of a snapshot, pages, search, pictures, inventories, tables and comparisons, knows nothing else. So it is narrowed before anything is made
of it, and nothing that comes later has to be careful.

Three things go: the objects themselves, with everything that belongs to them (pods of a workload, containers of a pod, events about them); the entries
of lists elsewhere that name them, such as the subjects of a binding; and every other text in which one of their names stands. A name
that something else bears too, such as ``web``, stays there: it tells nothing. Lists that have lost something count as read in part, and do not say how
much is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rkedoc.errors import UsageError
from rkedoc.snapshot.identity import parse_id, record_id
from rkedoc.snapshot.record import HIDDEN, Capture, Record, Scope
from rkedoc.snapshot.writer import HeaderParts
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from rkedoc.snapshot.reader import Snapshot

REASON: Final = "audience"
"""The reason of lists from which something was left out for its readers."""

_NODES: Final = frozenset(("engine", "host"))
"""Groups whose records have a node where others have a namespace."""
_WORD: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*(?::[0-9a-fA-F]*){2,7}")
_VERSION: Final = re.compile(r"v?\d+(?:[.\-+].*)?|")
_SHORTEST: Final = 3
"""Characters of a name that tells of anything."""
_FREE: Final = frozenset(
    ("annotations", "labels", "matchLabels", "nodeSelector", "data", "binaryData", "selector", "options", "podSelector")
)
"""Fields whose keys are somebody's own words."""
_STRUCTURE: Final = frozenset(("apiVersion", "kind", "type", "reason", "phase", "protocol", "verbs", "apiGroups"))
"""Fields whose values are words of Kubernetes."""
_NAMING: Final = (
    "name",
    "image",
    "uid",
    "host",
    "hostname",
    "podIP",
    "ip",
    "clusterIP",
    "namespace",
    "serviceName",
    "volumeName",
    "podSandboxId",
    "id",
)
_NAMING_LISTS: Final = ("podIPs", "clusterIPs", "hosts", "tags", "digests", "externalIPs")
"""Fields in which an object says what it, or a part of it, is called."""


_OTHERS: Final = frozenset(
    ("subjects", "roleRef", "involvedObject", "regarding", "claimRef", "ownerReferences", "targetRef", "scaleTargetRef", "service", "backend",
     "subsets", "endpoints", "addresses", "valueFrom", "envFrom", "volumes", "imagePullSecrets", "secrets", "tls", "rules")
)  # fmt: skip
"""Fields below which an object says what others are called."""


@dataclass(frozen=True, slots=True)
class Audience:
    """What some readers may not see: namespaces by patterns of their names (``*``, ``?``, ``[…]``), and kinds by their names."""

    namespaces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.namespaces or self.kinds)

    def hides_namespace(self, name: str) -> bool:
        """Whether a namespace is hidden."""
        return any(fnmatchcase(name, pattern) for pattern in self.namespaces)


EVERYBODY: Final = Audience()
"""Readers who may see everything."""


def narrow(snapshot: Snapshot, audience: Audience) -> tuple[HeaderParts, list[Record]]:
    """The header and the records of what is left, sorted. Raises :class:`~rkedoc.errors.UsageError` for what names nothing."""
    parts = _parts_of(snapshot)
    hidden = _with_parts(parts, _hidden(snapshot, audience))
    while True:
        gone = [record for record in snapshot.records if record.id in hidden]
        kept = [record for record in snapshot.records if record.id not in hidden]
        names = {name for record in gone if (name := _namespace(record)) and audience.hides_namespace(name)}
        words = _Words(gone, kept, names)
        # A role or a volume that is called after what is hidden tells of it by its name alone.
        telling = {record.id for record in kept if words.tell(record.id)}
        if not telling:
            break
        hidden = _with_parts(parts, hidden | telling)
    left = [_without(record, words, hidden) for record in kept]
    return _header(snapshot, audience, left, words), left


def _hidden(snapshot: Snapshot, audience: Audience) -> set[str]:
    """The ids of the objects of hidden namespaces and kinds."""
    kinds = {kind.casefold() for kind in audience.kinds}
    known = {record.kind.casefold() for record in snapshot.records}
    if odd := sorted(
        kinds - known - {str(scope.kind).rpartition("/")[2].casefold() for scope in snapshot.header.scopes()}
    ):
        raise UsageError(f"--without-kind {odd[0]!r}: the snapshot knows no such kind")
    found: set[str] = set()
    for record in snapshot.records:
        namespace = _namespace(record)
        if record.kind.casefold() in kinds or (namespace is not None and audience.hides_namespace(namespace)):
            found.add(record.id)
    return found


def _parts_of(snapshot: Snapshot) -> Mapping[str, Sequence[str]]:
    """The ids of what belongs to each object, by its id, whether the snapshot has the object or not."""
    known = _by_runtime_id(snapshot)
    found: dict[str, list[str]] = {}
    for record in snapshot.records:
        for whole in (*_belongs_to(record), *_on_node(record, known)):
            found.setdefault(whole, []).append(record.id)
    return found


def _with_parts(parts: Mapping[str, Sequence[str]], hidden: set[str]) -> set[str]:
    """What is hidden, with everything that belongs to it, and with what belongs to that."""
    found, waiting = set(hidden), list(hidden)
    while waiting:
        new = set(parts.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def _by_runtime_id(snapshot: Snapshot) -> dict[str, list[str]]:
    """The ids of records by those that a node knows them under: containers by the id of their runtime, pods by their uid and by the ids of their
    containers, processes by what they are called on their node."""
    found: dict[str, list[str]] = {}
    for record in snapshot.records:
        body = record.body
        match record.kind:
            case "EngineContainer":
                found.setdefault(str(body.get("id") or ""), []).append(record.id)
            case "Pod":
                metadata = body.get("metadata")
                if isinstance(metadata, Mapping):
                    found.setdefault(str(metadata.get("uid") or ""), []).append(record.id)
                for name, value in _leaves(body.get("status"), ""):
                    if name == "containerID":
                        found.setdefault(value.rpartition("//")[2], []).append(record.id)
            case "HostProcess":
                for name in ("comm", "program"):
                    found.setdefault(f"{record.namespace} {body.get(name)}", []).append(record.id)
    found.pop("", None)
    return found


def _on_node(record: Record, known: Mapping[str, list[str]]) -> Iterator[str]:
    """What a process, or who listens, on a node is a part of: the container and the pod of a process and of a shim, and the processes of a listener."""
    if record.kind == "HostProcess":
        for part in ("container", "shim"):
            held = record.body.get(part)
            if isinstance(held, Mapping):
                for name in ("id", "podUid"):
                    yield from known.get(str(held.get(name) or ""), ())
    elif record.kind == "HostListener":
        for process in record.body.get("processes") or ():
            yield record_id("host", "HostProcess", record.namespace, str(process))
            yield from known.get(f"{record.namespace} {process}", ())


def _namespace(record: Record) -> str | None:
    """The namespace in which something is, or which it is; of a container of a runtime that of its pod."""
    if record.kind == "Namespace":
        return record.name
    if record.group not in _NODES:
        return record.namespace
    pod = record.body.get("pod")
    namespace = pod.get("namespace") if isinstance(pod, Mapping) else None
    return namespace if isinstance(namespace, str) and namespace else None


def _belongs_to(record: Record) -> Iterator[str]:
    """The ids of what something is a part of, or is about."""
    if record.owner is not None:
        yield record.owner
    body = record.body
    pod = body.get("pod")
    if record.group in _NODES and isinstance(pod, Mapping):
        yield record_id("", "Pod", str(pod.get("namespace") or ""), str(pod.get("name") or ""))
    about = body.get("involvedObject") or body.get("regarding")
    if isinstance(about, Mapping):
        group = str(about.get("apiVersion") or "").rpartition("/")[0]
        yield record_id(
            group, str(about.get("kind") or ""), about.get("namespace") or None, str(about.get("name") or "")
        )
        yield record_id("", "Namespace", None, str(about.get("namespace") or ""))
    spec = body.get("spec")
    claim = spec.get("claimRef") if isinstance(spec, Mapping) else None
    if record.kind == "PersistentVolume" and isinstance(claim, Mapping):
        yield record_id("", "PersistentVolumeClaim", str(claim.get("namespace") or ""), str(claim.get("name") or ""))
        yield record_id("", "Namespace", None, str(claim.get("namespace") or ""))


class _Words:
    """The names that tell of what is hidden: those that it bears, and nothing that is left."""

    def __init__(self, gone: Sequence[Record], kept: Sequence[Record], namespaces: Iterable[str]) -> None:
        self.namespaces = frozenset(namespaces)
        ours = {word for record in kept for word in _names(record, _OTHERS)} | {
            word for record in kept for word in _fields(record.body)
        }
        theirs = {word for record in gone for word in _names(record)} | self.namespaces
        self._telling = frozenset(word for word in theirs - ours if len(word) >= _SHORTEST)
        shared = "|".join(re.escape(name) for name in sorted(self.namespaces - self._telling, key=len, reverse=True))
        self._placed = (
            re.compile(rf"(?:^|/)(?:{shared})/|:serviceaccounts?:(?:{shared})(?::|$)|\.(?:{shared})\.(?:svc|pod)\b")
            if shared
            else None
        )
        self.tell = lru_cache(maxsize=100_000)(self._tell)

    def _tell(self, text: str) -> bool:
        """Whether a text tells of something hidden."""
        if self._placed is not None and self._placed.search(text):
            return True
        if not self._telling:
            return False
        return any(one in self._telling for found in (_WORD, _ADDRESS) for one in _parts(found.findall(text)))


def _parts(words: Iterable[str]) -> Iterator[str]:
    """Words, what stands between their dots, and every run of what stands between their hyphens."""
    for word in words:
        yield word
        for piece in word.split(".") if "." in word else (word,):
            yield piece
            if "-" in piece:
                bits = piece.split("-")
                for start in range(len(bits)):
                    for end in range(start + 1, min(len(bits), start + 12) + 1):
                        yield "-".join(bits[start:end])


def _names(record: Record, beside: frozenset[str] = frozenset()) -> Iterator[str]:
    """What an object and its parts are called: names, uids, addresses, hosts, and the parts of names of images; but for what stands below the fields
    ``beside``."""
    if record.group not in _NODES:
        yield record.id.rpartition("/")[2]
    elif isinstance(pod := record.body.get("pod"), Mapping):
        yield from (str(value) for value in pod.values() if isinstance(value, str))
    for name, value in _leaves(record.body, "", beside):
        if name in _NAMING or name in _NAMING_LISTS:
            yield value
            # Of an image the registry and the parts of its repository: a tag such as 1.25 is anybody's.
            pieces = (piece.partition(":")[0] for piece in re.split(r"[/@]", value))
            yield from (piece for piece in pieces if not _VERSION.fullmatch(piece))


def _leaves(value: Any, name: str, beside: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    match value:
        case Mapping():
            for key, item in value.items():
                if key not in beside:
                    yield from _leaves(item, str(key), beside)
        case list() | tuple():
            for item in value:
                yield from _leaves(item, name, beside)
        case str():
            yield name, value


def _fields(value: Any) -> Iterator[str]:
    """The names of fields, and words of Kubernetes, which a name may be equal to."""
    match value:
        case Mapping():
            for key, item in value.items():
                yield str(key)
                if key in _STRUCTURE:
                    yield from (text for _name, text in _leaves(item, ""))
                elif key not in _FREE:
                    yield from _fields(item)
        case list() | tuple():
            for item in value:
                yield from _fields(item)


def _without(record: Record, words: _Words, hidden: set[str]) -> Record:
    owner = None if record.owner is None or record.owner in hidden or words.tell(record.owner) else record.owner
    return Record(record.id, record.kind, owner, _cut(record.intent, words) or {}, _cut(record.observed, words) or {})


def _cut(value: Any, words: _Words) -> Any:
    """A value without entries of lists that name something hidden, and with every other text hidden that does."""
    match value:
        case Mapping():
            return {
                HIDDEN if words.tell(str(key)) else key: item if key in ("kind", "apiVersion") else _cut(item, words)
                for key, item in value.items()
            }
        case list() | tuple():
            return [_cut(item, words) for item in value if not _names_hidden(item, words)]
        case str():
            return HIDDEN if words.tell(value) else value
        case _:
            return value


def _names_hidden(item: Any, words: _Words) -> bool:
    """Whether an entry of a list is about something hidden: a text that names it, or an object with its namespace or its name."""
    if isinstance(item, str):
        return words.tell(item)
    if not isinstance(item, Mapping):
        return False
    if item.get("namespace") in words.namespaces:
        return True
    return any(
        isinstance(name := item.get(key), str) and words.tell(name)
        for key in ("name", "namespace", "host", "image", "ip")
    )


def _header(snapshot: Snapshot, audience: Audience, left: Sequence[Record], words: _Words) -> HeaderParts:
    header = snapshot.header
    kinds = {kind.casefold() for kind in audience.kinds}
    before = Counter((record.kind, _place(record)) for record in snapshot.records)
    after = Counter((record.kind, _place(record)) for record in left)
    in_namespaces = {
        record.kind for record in snapshot.records if record.group not in _NODES and record.namespace is not None
    }
    changed = {kind for kind, _node in before if any(after[key] != before[key] for key in before if key[0] == kind)}
    told: Counter[tuple[str, str | None]] = Counter()

    def narrowed(scope: Scope, node: str | None) -> Scope | None:
        if scope.namespace is not None and (audience.hides_namespace(scope.namespace) or words.tell(scope.namespace)):
            return None
        kind = (scope.kind or "").rpartition("/")[2]
        key = kind, node
        # What was counted in several lists is counted in the first.
        count = after[key] if kind and not told[key] else 0
        told[key] += 1
        path = HIDDEN if words.tell(scope.path) else scope.path
        if kind.casefold() in kinds:
            return replace(scope, result=Result.SKIPPED, reason=REASON, status=None, count=0, path=path)
        # Of a namespaced kind something may be missing wherever a namespace is: that nothing is, is not said.
        may_lack = kind in changed or (audience.namespaces and (kind in in_namespaces or kind == "Namespace"))
        if may_lack and scope.result == Result.COMPLETE:
            return replace(scope, result=Result.PARTIAL, reason=REASON, count=count, path=path)
        return replace(scope, count=count if scope.result != Result.SKIPPED else scope.count, path=path)

    captures: list[Capture] = []
    for capture in header.captures:
        node = capture.node if capture.source == "engine" else None
        scopes = tuple(one for scope in capture.scopes if (one := narrowed(scope, node)) is not None)
        captures.append(replace(capture, scopes=scopes))
    cluster = {key: HIDDEN if words.tell(value) else value for key, value in header.cluster.items()}
    return HeaderParts(cluster, tuple(captures), header.redaction, {}, _cut(header.rancher, words))


def _place(record: Record) -> str | None:
    """The node of what a runtime of it told; ``None`` of everything else."""
    return parse_id(record.id).namespace if record.group == "engine" else None
