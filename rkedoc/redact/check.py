"""Refuse a snapshot that holds what should have been hidden: somebody's own dump, or a file that was edited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rkedoc.errors import SnapshotError
from rkedoc.redact.audit import audit
from rkedoc.redact.redactor import Redactor
from rkedoc.snapshot.record import Record

_SHOWN = 10


def require_redacted(path: Path | str, records: Iterable[Record]) -> None:
    """Check that no rule would hide anything more in the records of the snapshot ``path``, in the order of its lines.

    Raises :class:`~rkedoc.errors.SnapshotError` that names line, kind, place and rule of the first findings, never a
    value.
    """
    found: list[str] = []
    words = Redactor()
    for line, record in enumerate(records, start=2):
        found += [
            f"line {line} ({record.kind}), {finding.path}: rule {finding.rule}" for finding in audit(record, words)
        ]
        if len(found) > _SHOWN:
            break
    if found:
        raise refusal(path, found)


def refusal(path: Path | str, found: Sequence[str]) -> SnapshotError:
    """The error for a snapshot in which something was found; ``found`` names places and rules, never values."""
    shown = "; ".join(found[:_SHOWN]) + ("; and more" if len(found) > _SHOWN else "")
    return SnapshotError(
        f"{path}: this snapshot holds what should have been hidden: {shown}. "
        "Write it again with `rkedoc redact`, and treat the file as a secret"
    )
