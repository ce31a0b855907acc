"""What a comparison came to: changes, what could not be told, and how the two snapshots were collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rkedoc.cluster.fields import plain
from rkedoc.diff.compare import ABSENT, Edit
from rkedoc.i18n import Message
from rkedoc.snapshot import record
from rkedoc.snapshot.identity import ON_NODE, parse_id
from rkedoc.snapshot.record import canonical
from rkedoc.vocabulary import ChangeKind, Weight

FORMAT = 1
"""The version of the JSON form."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that somebody changed.

    ``id`` is that of the new record, or of the old one where nothing new stands. ``change`` is ``added``, ``removed``,
    ``changed`` or ``moved`` (the same thing under another id, ``old_id``; ``evidence`` says why it is the same).
    ``old`` and ``new`` are whole views where one side has nothing, ``edits`` the differences where both sides have
    something. ``summary`` are the fields that tell most of what came or went. ``component`` is the id of the catalog's entry,
    ``meaning`` what it says of this change.
    """

    id: str
    change: ChangeKind
    edits: tuple[Edit, ...] = ()
    old: Mapping[str, Any] | None = None
    new: Mapping[str, Any] | None = None
    old_id: str | None = None
    evidence: Message | None = None
    weight: Weight = Weight.CONFIGURATION
    weights: tuple[Weight, ...] = ()
    component: str | None = None
    component_name: str = ""
    meaning: tuple[str, ...] = ()
    summary: tuple[Edit, ...] = ()
    version: tuple[str, str] | None = None

    @property
    def kind(self) -> str:
        """The kind, without its group."""
        return parse_id(self.id).kind

    @property
    def namespace(self) -> str | None:
        """The namespace, or the node for what an engine holds."""
        return parse_id(self.id).namespace

    @property
    def place(self) -> tuple[str, str]:
        """Under which heading a person looks for it: ``Namespace`` or ``Node`` and its name; empty for the cluster."""
        found = parse_id(self.id)
        if found.kind == "Namespace" and found.group == "core":
            return "Namespace", found.name
        if found.namespace is None:
            return "", ""
        return "Node" if found.group in ON_NODE else "Namespace", found.namespace

    @property
    def name(self) -> str:
        """The name."""
        return parse_id(self.id).name

    def to_json(self) -> dict[str, Any]:
        """The change as JSON."""
        content: dict[str, Any] = {
            "id": self.id, "kind": self.kind, "namespace": self.namespace, "name": self.name, "change": self.change,
            "old_id": self.old_id, "evidence": self.evidence, "weight": self.weight, "component": self.component,
            "meaning": list(self.meaning), "old": self.old, "new": self.new,
            "fields": [edit_json(edit, weight) for edit, weight in zip(self.edits, self.weights, strict=True)],
        }  # fmt: skip
        return {key: value for key, value in content.items() if value not in (None, "", [])}


def edit_json(edit: Edit, weight: Weight) -> dict[str, Any]:
    """One field that differs, as JSON."""
    content: dict[str, Any] = {"path": list(edit.path), "change": edit.change, "weight": weight}
    if edit.old is not ABSENT:
        content["old"] = edit.old
    if edit.new is not ABSENT:
        content["new"] = edit.new
    if edit.default is not ABSENT:
        content["default"] = edit.default
    if edit.change == ChangeKind.CHANGED and without_fingerprints(edit.old) == without_fingerprints(edit.new):
        content["hidden"] = True
    return content


def without_fingerprints(value: Any) -> Any:
    """A value with every hidden part shown as nothing but hidden."""
    if isinstance(value, str):
        return record.without_fingerprints(value)
    if isinstance(value, Mapping):
        return {without_fingerprints(key): without_fingerprints(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_fingerprints(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Unknown:
    """Records of one kind in one place that stand in one snapshot, while the other could not have shown them.

    ``missing_in`` is ``old`` or ``new``; ``reason`` how its scope ended.
    """

    kind: str
    namespace: str | None
    missing_in: str
    reason: str
    ids: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The group as JSON."""
        return {
            "kind": self.kind, "namespace": self.namespace, "missing_in": self.missing_in, "reason": self.reason,
            "ids": list(self.ids),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two snapshots."""

    cluster: str
    uid: str
    times: tuple[str, ...]
    records: int

    def to_json(self) -> dict[str, Any]:
        """The side as JSON."""
        return {"cluster": self.cluster, "uid": self.uid, "times": list(self.times), "records": self.records}


@dataclass(frozen=True, slots=True)
class VersionStep:
    """A version that was raised, lowered or exchanged, in ``places`` places."""

    name: str
    old: str
    new: str
    places: int

    def to_json(self) -> dict[str, Any]:
        """The version as JSON."""
        return {"name": self.name, "old": self.old, "new": self.new, "places": self.places}


@dataclass(frozen=True, slots=True)
class Diff:
    """All that a comparison found. ``notes`` are sentences on how differently the two were collected. ``narrowed`` says
    that only some kinds or namespaces were asked for."""

    old: Side
    new: Side
    notes: tuple[Message, ...] = ()
    changes: tuple[Change, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    hidden: int = 0
    versions: tuple[VersionStep, ...] = ()
    observed: tuple[Change, ...] | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    narrowed: bool = False

    @property
    def same(self) -> bool:
        """Whether nothing that somebody decided has changed."""
        return not self.changes

    def to_json(self, *, summary: bool = False) -> dict[str, Any]:
        """The comparison as JSON, in the shape of :func:`rkedoc.diff.schema.json_schema`."""
        content: dict[str, Any] = {
            "rkedoc": "diff", "format": FORMAT, "old": self.old.to_json(), "new": self.new.to_json(), "same": self.same,
            "notes": list(self.notes), "counts": dict(self.counts), "hidden_not_compared": self.hidden,
            "versions": [version.to_json() for version in self.versions],
        }  # fmt: skip
        if not summary:
            content["changes"] = [change.to_json() for change in self.changes]
            content["unknown"] = [unknown.to_json() for unknown in self.unknown]
            if self.observed is not None:
                content["observed"] = [change.to_json() for change in self.observed]
        shown: dict[str, Any] = without_fingerprints(content)
        return shown


def word(value: Any) -> str:
    """A value as people write it: texts as they are, everything else as JSON; hidden values without fingerprints."""
    return plain(value if isinstance(value, str) else canonical(value).decode())
