"""What a source needs from the run that drives it, kept in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import orjson

from rkedoc.collect.captures import Captures
from rkedoc.collect.engine.source import EngineSource
from rkedoc.collect.engine.transport import Limits
from rkedoc.collect.intake import Intake, Spools
from rkedoc.redact import Redactor
from rkedoc.snapshot.record import Capture, Record

QUICK = Limits(connect=0.5, one=0.5, list=0.5)
"""Limits for engines that hang on purpose."""


class MemorySpools:
    """Sinks whose records stay in ``records``, in the order in which sinks are closed."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.lines: list[bytes] = []
        self.open: set[str] = set()

    def sink(self, name: str) -> MemorySink:
        self.open.add(name)
        return MemorySink(self, name)


class MemorySink:
    def __init__(self, spools: MemorySpools, name: str) -> None:
        self._spools = spools
        self._name = name
        self._records: list[Record] = []

    def add(self, record: Record) -> None:
        record.line()  # what cannot be written fails here, as it does in a spool
        self._records.append(record)

    def replace(self, record: Record) -> None:
        self._records = [other for other in self._records if other.id != record.id]
        self.add(record)

    def restart(self) -> None:
        self._records = []

    def close(self) -> None:
        self._spools.records += self._records
        self._spools.lines += [record.line() for record in self._records]
        self._spools.open.discard(self._name)


@dataclass
class Heard:
    """A progress that remembers what it is told."""

    notes: list[str] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    objects: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, source: str, kind: str) -> None:
        self.objects.setdefault(kind, 0)

    def advance(self, source: str, kind: str, *, objects: int, size: int) -> None:
        with self._lock:
            self.objects[kind] = self.objects.get(kind, 0) + objects

    def end(self, source: str, kind: str, result: str) -> None:
        self.ended[kind] = result

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass
class Collected:
    """What came of collecting from one engine."""

    capture: Capture
    records: dict[str, Record]
    lines: bytes
    heard: Heard

    def containers(self) -> dict[str, Record]:
        """The containers by name."""
        return {record.name: record for record in self.records.values() if record.kind == "EngineContainer"}

    def scope(self, name: str) -> tuple[str, str]:
        """The result of a scope, and its reason."""
        return next((scope.result, scope.reason) for scope in self.capture.scopes if scope.name == name)


def collect_engine(
    url: str,
    *,
    node: str = "node-a",
    limits: Limits | None = None,
    redactor: Redactor | None = None,
) -> Collected:
    """Everything that an engine holds."""
    heard = Heard()
    source = EngineSource(url, redactor=redactor or Redactor(), progress=heard, run_id="cafe0123", limits=limits)
    source.connect()
    source.cluster = node
    source.pods()
    return finish(source, heard)


def finish(source: EngineSource, heard: Heard) -> Collected:
    """The last step of collecting from an engine that was listed before."""
    spools = MemorySpools()
    (capture,) = source.collect(intake(spools))
    assert not spools.open
    ids = [record.id for record in spools.records]
    assert len(ids) == len(set(ids)), "two records share an id"
    header = orjson.dumps(capture.to_json())
    return Collected(capture, {record.id: record for record in spools.records}, b"".join(spools.lines) + header, heard)


def intake(spools: Spools, wanted: frozenset[str] = frozenset()) -> Intake:
    """An intake of a run of its own."""
    return Intake(spools, Redactor(), captures=Captures("2026-11-23T00:00:00Z"), wanted=wanted)
