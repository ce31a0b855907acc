"""The merge join of two sorted snapshots: what stands in one of them only, and what differs in both.

Both are read once, side by side. What is kept grows with what differs, not with the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rkedoc.diff.canonical import Canonical, Viewer, autoscaled, kind_of
from rkedoc.diff.compare import Edit, edits, unknowable, with_hidden_elements
from rkedoc.diff.scopes import Scopes
from rkedoc.snapshot.identity import intent_id
from rkedoc.snapshot.record import HIDDEN, HIDDEN_IN_BUNDLE, Record, canonical

_WITHOUT_FINGERPRINT, _ANY, _IN_BUNDLE = (text.encode() for text in (HIDDEN, "‹hidden", HIDDEN_IN_BUNDLE))


@dataclass(frozen=True, slots=True)
class _Placeholders:
    """How many hidden values a view holds."""

    any: int
    without_fingerprint: int
    in_bundle: int

    @classmethod
    def of(cls, view: Canonical) -> _Placeholders:
        written = canonical(view)
        found = written.count(_ANY)
        if not found:
            return _NONE
        return cls(found, written.count(_WITHOUT_FINGERPRINT), written.count(_IN_BUNDLE))

    def ours(self, comparable: bool) -> int:
        """Those that cannot be compared and that we have hidden; ``comparable`` says whether fingerprints can."""
        return self.without_fingerprint if comparable else self.any - self.in_bundle


_NONE = _Placeholders(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Pair:
    """A record of one side, or of both, with its views; ``edits`` are the differences where both exist."""

    old: Record | None
    new: Record | None
    old_view: Canonical | None = None
    new_view: Canonical | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(slots=True)
class Joined:
    """What the join found. ``unsure`` are pairs of which one side was not read whole."""

    removed: list[Pair] = field(default_factory=list)
    added: list[Pair] = field(default_factory=list)
    changed: list[Pair] = field(default_factory=list)
    unsure: list[Pair] = field(default_factory=list)
    observed: list[Pair] = field(default_factory=list)
    hidden: int = 0
    in_bundle: int = 0
    """Values that a bundle's tool had hidden, on either side."""


def join(
    old: Iterator[Record], new: Iterator[Record], viewer: Viewer, coverage: tuple[Scopes, Scopes], *,
    comparable: bool, observed: bool = False,
) -> Joined:  # fmt: skip
    """Compare two streams of records, sorted by the bytes of their ids."""
    return _Join(viewer, coverage, comparable=comparable, observed=observed).run(old, new)


class _Join:
    def __init__(self, viewer: Viewer, coverage: tuple[Scopes, Scopes], *, comparable: bool, observed: bool) -> None:
        self._viewer = viewer
        self._coverage = coverage
        self._comparable = comparable
        self._with_observed = observed
        self._by_chance: tuple[dict[str, list[Record]], dict[str, list[Record]]] = ({}, {})
        self.found = Joined()

    def run(self, old: Iterator[Record], new: Iterator[Record]) -> Joined:
        mine, theirs = next(old, None), next(new, None)
        mine_key, theirs_key = _bytes(mine), _bytes(theirs)
        while mine is not None or theirs is not None:
            if theirs is None or (mine is not None and mine_key < theirs_key):
                assert mine is not None
                self._single(mine, 0)
                mine = next(old, None)
                mine_key = _bytes(mine)
            elif mine is None or theirs_key < mine_key:
                self._single(theirs, 1)
                theirs = next(new, None)
                theirs_key = _bytes(theirs)
            else:
                self._both(mine, theirs)
                mine, theirs = next(old, None), next(new, None)
                mine_key, theirs_key = _bytes(mine), _bytes(theirs)
        self._match_those_named_by_chance()
        return self.found

    def _single(self, record: Record, side: int) -> None:
        self._coverage[side].learn(record)
        if self._with_observed:
            self.found.observed.append(Pair(record, None) if side == 0 else Pair(None, record))
        image = record.intent.get("image") if record.kind == "EngineContainer" else None
        if isinstance(image, str) and (key := intent_id(record.id, image)) != record.id:
            self._by_chance[side].setdefault(key, []).append(record)
        else:
            self._keep(record, side)

    def _keep(self, record: Record, side: int) -> None:
        if not self._viewer.exists(record) or not self._viewer.counts(record):
            return
        view = self._viewer.view(record)
        if side == 0:
            self.found.removed.append(Pair(record, None, view, None))
        else:
            self.found.added.append(Pair(None, record, None, view))

    def _both(self, old: Record, new: Record) -> None:
        kind = kind_of(new)
        if new.kind in ("CustomResourceDefinition", "Node"):
            self._coverage[0].learn(old)
            self._coverage[1].learn(new)
        if self._with_observed and old.observed != new.observed:
            self.found.observed.append(Pair(old, new))
        if old.intent == new.intent and old.owner == new.owner and self._viewer.recovers_the_same(kind, old, new):
            if old.intent and (there := _Placeholders.of(old.intent)).any and self._viewer.exists(old):
                self.found.hidden += there.ours(self._comparable)
                self.found.in_bundle += there.in_bundle
            return
        self._differing(old, new)

    def _differing(self, old: Record, new: Record) -> None:
        there = self._viewer.exists(old), self._viewer.exists(new)
        if not any(there):
            return
        if _uninspected(old) or _uninspected(new):
            if _uninspected(old) != _uninspected(new):
                self.found.unsure.append(Pair(old, new))
            return
        if not all(there):
            self._keep(*((old, 0) if there[0] else (new, 1)))
            return
        one, other = self._viewer.view(old), self._viewer.view(new)
        mine, theirs = _Placeholders.of(one), _Placeholders.of(other)
        self.found.hidden += min(mine.ours(self._comparable), theirs.ours(self._comparable))
        self.found.in_bundle += max(mine.in_bundle, theirs.in_bundle)
        told = without_autoscaled(old, new, edits(one, other))
        hidden = with_hidden_elements(told)
        found = tuple(edit for edit in told if not unknowable(edit, hidden))
        if found:
            self.found.changed.append(Pair(old, new, one, other, found))

    def _match_those_named_by_chance(self) -> None:
        """Containers that an engine named by chance: those of one image are the same, however they are called."""
        mine, theirs = self._by_chance
        for key in sorted(mine.keys() | theirs.keys()):
            old, new = list(mine.get(key, ())), list(theirs.get(key, ()))
            for record in list(old):
                same = next((other for other in new if other.intent == record.intent), None)
                if same is not None:
                    old.remove(record)
                    new.remove(same)
            while old and new:
                self._differing(old.pop(0), new.pop(0))
            for side, rest in enumerate((old, new)):
                for record in rest:
                    self._keep(record, side)


def without_autoscaled(old: Record, new: Record, found: Iterator[Edit]) -> tuple[Edit, ...]:
    """Differences without the number of replicas, where an autoscaler owns it on either side."""
    ignored = ("spec", "replicas") if autoscaled(old) or autoscaled(new) else None
    return tuple(edit for edit in found if edit.path != ignored)


def _bytes(record: Record | None) -> bytes:
    return record.id.encode() if record is not None else b""


def _uninspected(record: Record) -> bool:
    """Whether an engine listed a container, but did not say what it is."""
    return record.kind == "EngineContainer" and record.body.get("inspected") is False
