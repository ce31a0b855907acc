"""Check a snapshot: all that the reader checks, and what only a look at the whole of it can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from rkedoc.snapshot.identity import ENGINE, canonical_group, parse_id
from rkedoc.snapshot.reader import open_stream
from rkedoc.snapshot.record import Header, Record, intent_digest, record_digest

_DIGEST_RANGE = 1 << 256


class Leak(Protocol):
    """A place in a record where a secret seems to stand, and the id of the rule that would hide it. Never the value."""

    @property
    def path(self) -> str:
        """The keys that lead there."""

    @property
    def rule(self) -> str:
        """The rule."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong in a snapshot. ``line`` counts from 1, the header's; 0 stands for the whole file."""

    line: int
    kind: str
    what: str

    def __str__(self) -> str:
        place = f"line {self.line} ({self.kind}): " if self.line else ""
        return f"{place}{self.what}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. ``count`` is the number of records."""

    header: Header
    count: int
    findings: tuple[Finding, ...]


def validate(path: Path | str, *, audit: Callable[[Record], Iterable[Leak]] | None = None) -> Report:
    """Read a snapshot to its end and check it; with ``audit`` also that nothing in it should have been hidden.

    Memory does not grow with the file. Raises :class:`~rkedoc.errors.SnapshotError` for what is no snapshot, or a broken
    one. What is readable and yet wrong is found instead: a record that is not written canonically, an id that is not the
    one that this version gives, an intent digest that does not fit, a value that a rule would hide.
    """
    header, records = open_stream(path)
    findings: list[Finding] = []
    digest = count = 0
    for count, record in enumerate(records, start=1):
        digest = (digest + intent_digest(record)) % _DIGEST_RANGE
        findings += [Finding(count + 1, record.kind, what) for what in _faults(record)]
        if audit is not None:
            findings += [
                Finding(count + 1, record.kind, f"{leak.path} should have been hidden by rule {leak.rule}")
                for leak in audit(record)
            ]
    if f"{digest:064x}" != header.intent_digest:
        findings.append(Finding(0, "", "the intent digest in the header is not that of the records"))
    return Report(header, count, tuple(findings))


def _faults(record: Record) -> Iterable[str]:
    written = record_digest(record)
    if written != sha256(record.line()).hexdigest():
        yield "the line is not canonical JSON (keys sorted, no white space)"
    found = parse_id(record.id)
    if found.group != ENGINE and canonical_group("" if found.group == "core" else found.group, found.kind) != found.group:
        yield "the group in its id is not the one under which its kind is stored"
    if record.owner is not None:
        try:
            parse_id(record.owner)
        except ValueError:
            yield "its owner is not the id of a record"
