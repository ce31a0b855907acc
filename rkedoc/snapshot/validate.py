"""Check a snapshot: all that the reader checks, and what only a look at the whole of it can tell."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from rkedoc.snapshot.identity import ON_NODE, canonical_group, parse_id
from rkedoc.snapshot.reader import SnapshotFile
from rkedoc.snapshot.record import Header, Record, intent_digest, record_digest

_DIGEST_RANGE = 1 << 256
_MOST = 1000
_NOT_CANONICAL = "the line is not canonical JSON (keys sorted, no white space)"


class Leak(Protocol):
    """A place in a record where a secret seems to stand, and the id of the rule that would hide it. Never the value."""

    @property
    def path(self) -> str:
        """The keys that lead there."""

    @property
    def rule(self) -> str:
        """The rule."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that is wrong in a snapshot. ``line`` counts from 1, the header's; 0 stands for the whole file."""

    line: int
    kind: str
    what: str

    def __str__(self) -> str:
        place = f"line {self.line} ({self.kind}): " if self.line else ""
        return f"{place}{self.what}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. ``count`` is the number of records.

    ``ownerless`` counts those whose owner is not among them. That is no fault: the owner may be of a kind that was not
    collected, or gone between two lists.
    """

    header: Header
    count: int
    findings: tuple[Violation, ...]
    ownerless: int = 0


def validate(path: Path | str, *, audit: Callable[[Record], Iterable[Leak]] | None = None) -> Report:
    """Read a snapshot to its end and check it; with ``audit`` also that nothing in it should have been hidden.

    Memory grows by eight bytes a record and by what is found, at most a thousand findings. Raises :class:`~rkedoc.errors.SnapshotError` for what is no snapshot, or a broken
    one. What is readable and yet wrong is found instead: a line that is not written canonically, an id that is not the
    one that this version gives, an intent digest that does not fit, a value that a rule would hide.
    """
    findings = _Findings()
    owners: Counter[int] = Counter()
    known = array("Q")
    digest = count = 0
    with SnapshotFile(path) as file:
        header = file.header
        if not file.canonical:
            findings.add(1, "header", _NOT_CANONICAL)
        for count, record in enumerate(file, start=1):
            digest = (digest + intent_digest(record)) % _DIGEST_RANGE
            known.append(_short(record.id))
            if record.owner is not None:
                owners[_short(record.owner)] += 1
            for what in _faults(record):
                findings.add(count + 1, record.kind, what)
            for leak in audit(record) if audit is not None else ():
                findings.add(count + 1, record.kind, f"{leak.path} should have been hidden by rule {leak.rule}")
    if f"{digest:064x}" != header.intent_digest:
        findings.add(0, "", "the intent digest in the header is not that of the records")
    for owner in known:
        owners.pop(owner, None)
    return Report(header, count, findings.all(), owners.total())


class _Findings:
    """The first findings, and how many more there are."""

    def __init__(self) -> None:
        self._first: list[Violation] = []
        self._more = 0

    def add(self, line: int, kind: str, what: str) -> None:
        if len(self._first) < _MOST:
            self._first.append(Violation(line, kind, what))
        else:
            self._more += 1

    def all(self) -> tuple[Violation, ...]:
        more = [Violation(0, "", f"and {self._more} more")] if self._more else []
        return (*self._first, *more)


def _short(identifier: str) -> int:
    return int.from_bytes(sha256(identifier.encode()).digest()[:8])


def _faults(record: Record) -> Iterable[str]:
    written = record_digest(record)
    if written != sha256(record.line()).hexdigest():
        yield _NOT_CANONICAL
    found = parse_id(record.id)
    if (
        found.group not in ON_NODE
        and canonical_group("" if found.group == "core" else found.group, found.kind) != found.group
    ):
        yield "the group in its id is not the one under which its kind is stored"
    if record.owner is not None:
        try:
            parse_id(record.owner)
        except ValueError:
            yield "its owner is not the id of a record"
