"""What a snapshot consists of: a header, and records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import orjson

from rkedoc.snapshot.identity import CLUSTER_SCOPED, intent_id
from rkedoc.vocabulary import Result

FORMAT = 1
"""The version of the file format that this version of rkedoc writes."""

HIDDEN = "‹hidden›"
"""What stands in the place of a value that was taken out."""

HIDDEN_IN_BUNDLE = "‹hidden-in-bundle›"
"""What stands in the place of a value that the tool which made a bundle had taken out. Which value that was nobody knows: it is not
another one than any, and no change."""

HIDDEN_RE = re.compile(r"‹hidden(?::[0-9a-f]{12}|-in-bundle)?›")
"""The placeholder, with or without a keyed fingerprint, and that of a bundle's tool."""

_FINGERPRINT_RE = re.compile(r"‹hidden:[0-9a-f]{12}›")

NOT_IN_FILES, SINGLE_OBJECTS, EMPTY_LIST = "not-in-these-files", "single-objects", "empty-list"
MAY_BE_SOME = "may-be-some"
"""Reason codes of scopes that are partial since files cannot tell more: no object of these namespaces is in them; the
objects came alone and not in a list; the list holds nothing, which does not tell where nothing is; the list may be what somebody named or
selected."""

FROM_ROW = "fromRow"
"""Key of an object of which nothing is known but a row of a table: what somebody decided of it is not told, and it has no intent."""
NOT_INSPECTED, DETAILS_NOT_TOLD = "not-inspected", "details-not-told"
"""Reason codes of an engine's containers: how many of them are known by their row in a list alone, or told of without details."""

SANDBOXES_NOT_LISTED, RUNNING_ONLY = "sandboxes-not-listed", "running-only"
"""Reason codes of an engine's containers in files: no list of sandboxes is there; all that is listed runs, and what does not may be missing."""

BEYOND_FILES = frozenset({NOT_IN_FILES, SINGLE_OBJECTS, EMPTY_LIST, MAY_BE_SOME})
"""These reason codes: nothing that was in a file is missing."""

TIME = "time"
NEWEST_IN_OBJECTS, TIME_OF_READING = "newest-in-objects", "time-of-reading"
"""What ``tool["time"]`` of a capture of files can say its time is, if nobody gave it: the newest moment in its objects,
before which the files were not written; or, where they speak of none, that of the import."""

CLOCK_WITHOUT_ZONE = "clock-without-zone"
"""What it says where the tool that wrote the files has noted the time by a clock that names no zone: hours may lie between it and UTC."""

_HEAD = re.compile(rb'\{"id":"((?:[^"\\]|\\.)*)"')
_INTENT = b',"intent":'
"""How a line begins: canonical JSON sorts its keys."""

_EMPTY: Mapping[str, Any] = MappingProxyType({})


def is_row(record: Record) -> bool:
    """Whether a row of a table is all that is known of an object."""
    return record.observed.get(FROM_ROW) is True


def is_hidden(value: object) -> bool:
    """Whether a value is nothing but the placeholder."""
    return isinstance(value, str) and HIDDEN_RE.fullmatch(value) is not None


def without_fingerprints(text: str) -> str:
    """A text in which of what was hidden no fingerprint is told."""
    return _FINGERPRINT_RE.sub(HIDDEN, text) if "‹hidden:" in text else text


_DATED_RE = re.compile(HIDDEN_RE.pattern + r" \(until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\)")


def dated(placeholder: str, until: str) -> str:
    """The placeholder of a certificate, with the time until which it holds: that is no secret, and worth knowing."""
    return f"{placeholder} (until {until})"


def until_of(value: object) -> str:
    """Until when a hidden certificate holds (RFC 3339); empty if that was not kept, or if the value is none."""
    found = _DATED_RE.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found is not None else ""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that was found: an API object, or what a container engine holds.

    ``intent`` is what somebody decided; it is empty for what a controller made from somebody else's intent (pods of a
    workload, replica sets, the engine's containers of a pod). ``observed`` is what changes by itself and is worth showing
    all the same. Both keep the shape that the object has at its source. ``owner`` is the id of the controlling owner.
    """

    id: str
    kind: str
    owner: str | None = None
    intent: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    observed: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    _cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False, hash=False)

    @property
    def group(self) -> str:
        """The canonical API group, ``core`` or ``engine``."""
        return self.id.split("/", 1)[0]

    @property
    def namespace(self) -> str | None:
        """The namespace, for the engine's things the node; ``None`` for what has none."""
        namespace = self.id.split("/", 3)[2]
        return None if namespace == CLUSTER_SCOPED else namespace

    @property
    def name(self) -> str:
        """The name within kind and namespace."""
        return self.id.split("/", 3)[3]

    @property
    def body(self) -> Mapping[str, Any]:
        """Intent and observation as one object, for whoever does not care which part a field is in."""
        body = self._cache.get("body")
        if body is None:
            body = self._cache["body"] = _merged(self.intent, self.observed)
        return body

    def line(self) -> bytes:
        """The record as it stands in the file: canonical JSON and a newline."""
        content: dict[str, Any] = {"id": self.id, "kind": self.kind}
        if self.owner is not None:
            content["owner"] = self.owner
        if self.intent:
            content["intent"] = self.intent
        if self.observed:
            content["observed"] = self.observed
        return canonical(content) + b"\n"


@dataclass(frozen=True, slots=True)
class Line:
    """A record as it stands in a file: the bytes of its id, by which records are sorted, and its line."""

    key: bytes
    line: bytes

    @property
    def kind(self) -> str:
        """The kind of the record."""
        return self.key.decode("utf-8", "surrogatepass").split("/", 2)[1]

    def intent(self) -> int:
        """What :func:`intent_digest` says of the record. A line without intent is not decoded for it."""
        head = _HEAD.match(self.line)
        if head is not None and not self.line.startswith(_INTENT, head.end()):
            return 0
        return intent_digest(record_of(self.line))


def line_of(record: Record) -> Line:
    """A record as a line. Raises ``TypeError`` for what JSON cannot hold."""
    return Line(sort_key(record.id), record.line())


def key_of(line: bytes) -> bytes:
    """The bytes of the id of a record's line. Raises :class:`ValueError` for what is no such line."""
    head = _HEAD.match(line)
    if head is None:
        raise ValueError("no line of a record")
    return head[1] if b"\\" not in head[1] else sort_key(orjson.loads(b'"' + head[1] + b'"'))


def sort_key(identifier: str) -> bytes:
    """The bytes of an id, by which records are sorted."""
    return identifier.encode("utf-8", "surrogatepass")


def record_of(line: bytes) -> Record:
    """The record that a line tells of, which must be one of ours."""
    content = orjson.loads(line)
    return Record(
        content["id"], content["kind"], content.get("owner"), content.get("intent", {}), content.get("observed", {})
    )


def record_digest(record: Record) -> str:
    """A digest of everything that a record says, for whoever has to know whether it changed."""
    digest = record._cache.get("digest")  # noqa: SLF001 - the cache belongs to this module
    if digest is None:
        digest = record._cache["digest"] = sha256(record.line()).hexdigest()  # noqa: SLF001
    return digest


def intent_digest(record: Record) -> int:
    """What a record adds to the intent digest of its snapshot; 0 if it holds no intent."""
    if not record.intent:
        return 0
    image = record.intent.get("image")
    key = intent_id(record.id, image if isinstance(image, str) else None)
    return int.from_bytes(sha256(canonical([key, record.kind, record.intent])).digest())


def canonical(value: Any) -> bytes:
    """Canonical JSON: keys sorted, no white space, UTF-8.

    Raises ``TypeError`` (orjson's) for what JSON cannot hold.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=_plain)


def is_writable(value: Any) -> bool:
    """Whether :func:`canonical` takes the value."""
    try:
        canonical(value)
    except TypeError:
        return False
    return True


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def _merged(intent: Mapping[str, Any], observed: Mapping[str, Any]) -> Mapping[str, Any]:
    if not observed:
        return intent
    if not intent:
        return observed
    merged = dict(intent)
    for key, value in observed.items():
        mine = merged.get(key)
        both = isinstance(mine, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(mine, value) if both else value  # type: ignore[arg-type]
    return merged


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing that was asked of a source, and how that ended.

    ``name`` is ``<group>/<plural>`` (``apps/deployments``, ``engine/containers``). ``result`` is one of
    :class:`~rkedoc.vocabulary.Result`; ``reason`` is a code (``Forbidden``, ``Expired``, ``timeout``), never a message: messages name accounts.
    ``count`` is the number of records that came of it. ``kind`` is ``<canonical group>/<Kind>`` of these records.
    """

    name: str
    verb: str
    path: str
    status: int | None
    result: Result
    reason: str = ""
    count: int = 0
    namespace: str | None = None
    kind: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The scope as it stands in the header; what is empty is left out."""
        content: dict[str, Any] = {
            "name": self.name, "verb": self.verb, "path": self.path, "status": self.status, "result": self.result,
            "reason": self.reason, "count": self.count, "namespace": self.namespace, "kind": self.kind,
        }  # fmt: skip
        return {key: value for key, value in content.items() if value not in (None, "")}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Scope:
        """The scope that :meth:`to_json` wrote."""
        return cls(
            name=content["name"], verb=content["verb"], path=content["path"], status=content.get("status"),
            result=Result(content["result"]), reason=content.get("reason", ""), count=content.get("count", 0),
            namespace=content.get("namespace"), kind=content.get("kind"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Capture:
    """One source that was asked, at one time.

    ``source`` is ``kubernetes``, ``engine`` or ``files``; ``node`` the node whose engine it was; ``time`` UTC to the second
    (``2026-11-23T05:37:31Z``); ``tool`` the versions of both sides (and ``certificateUntil``, the end of the API server's certificate).
    """

    source: str
    node: str | None
    time: str
    tool: Mapping[str, str]
    scopes: tuple[Scope, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The capture as it stands in the header."""
        content = {
            "source": self.source, "time": self.time, "tool": dict(self.tool),
            "scopes": [scope.to_json() for scope in self.scopes],
        }  # fmt: skip
        return content if self.node is None else {**content, "node": self.node}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Capture:
        """The capture that :meth:`to_json` wrote."""
        return cls(
            source=content["source"], node=content.get("node"), time=content["time"], tool=content["tool"],
            scopes=tuple(Scope.from_json(scope) for scope in content["scopes"]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a snapshot.

    ``cluster`` holds ``name`` and ``uid`` (that of the namespace ``kube-system``, empty if it could not be read);
    ``redaction`` holds ``rules`` (count by rule), ``key`` (the id of the fingerprints' key, or ``None``) and ``masked``
    (classes of names that were replaced). ``records`` counts the lines that follow, ``sha256`` is that of their bytes,
    uncompressed. ``intent_digest`` is equal for equal intent. ``twice`` counts by ``<group>/<Kind>`` the objects that were met once more
    and stand there once: the counts of all scopes are ``records`` and these. ``rancher`` is what a Rancher calls the cluster, and says
    of it, if it was collected through one: ``server``, ``id``, ``name``, ``labels`` and, where Rancher tells it, ``provider``, ``driver``,
    ``state`` and ``version`` (Rancher's own).
    """

    cluster: Mapping[str, str]
    captures: tuple[Capture, ...]
    redaction: Mapping[str, Any]
    records: int
    sha256: str
    intent_digest: str
    format: int = FORMAT
    twice: Mapping[str, int] = field(default_factory=lambda: _EMPTY)
    rancher: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)

    @property
    def time(self) -> str:
        """When the snapshot was collected: the time of its newest capture; empty if it has none."""
        return max((capture.time for capture in self.captures), default="")

    @property
    def digest(self) -> str:
        """A digest of the content of the snapshot, equal for one that was packed and one that was not."""
        return sha256(self.line()).hexdigest()

    def line(self) -> bytes:
        """The header as it stands in the file."""
        content = {
            "rkedoc": "snapshot", "format": self.format, "cluster": dict(self.cluster),
            "captures": [capture.to_json() for capture in self.captures], "redaction": dict(self.redaction),
            "records": self.records, "sha256": self.sha256, "intent_digest": self.intent_digest,
        }  # fmt: skip
        if self.twice:
            content["twice"] = dict(self.twice)
        if self.rancher:
            content["rancher"] = self.rancher
        return canonical(content) + b"\n"

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Header:
        """The header that :meth:`line` wrote."""
        return cls(
            cluster=content["cluster"], captures=tuple(Capture.from_json(capture) for capture in content["captures"]),
            redaction=content["redaction"], records=content["records"], sha256=content["sha256"],
            intent_digest=content["intent_digest"], format=content["format"], twice=content.get("twice", _EMPTY),
            rancher=content.get("rancher", _EMPTY),
        )  # fmt: skip

    def scopes(self) -> tuple[Scope, ...]:
        """All scopes of all captures, in order."""
        return tuple(scope for capture in self.captures for scope in capture.scopes)
