"""Refuse a snapshot that holds what should have been hidden: somebody's own dump, or a file that was edited."""

from __future__ import annotations

from pathlib import Path

from rkedoc.errors import SnapshotError
from rkedoc.redact.audit import audit
from rkedoc.redact.redactor import Redactor
from rkedoc.snapshot.reader import open_stream

_SHOWN = 10


def require_redacted(path: Path | str) -> None:
    """Read a snapshot to its end and check that no rule would hide anything more in it.

    Raises :class:`~rkedoc.errors.SnapshotError` that names line, kind, place and rule of the first findings, never a
    value, and for a file that is no snapshot.
    """
    _header, records = open_stream(path)
    found: list[str] = []
    words = Redactor()
    for line, record in enumerate(records, start=2):
        found += [
            f"line {line} ({record.kind}), {finding.path}: rule {finding.rule}" for finding in audit(record, words)
        ]
        if len(found) > _SHOWN:
            break
    if found:
        shown = "; ".join(found[:_SHOWN]) + ("; and more" if len(found) > _SHOWN else "")
        raise SnapshotError(
            f"{path}: this snapshot holds what should have been hidden: {shown}. "
            "Write it again with `rkedoc redact`, and treat the file as a secret"
        )
