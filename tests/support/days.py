"""Snapshots of one cluster on several days, written down by a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rkedoc.snapshot.record import Record
from rkedoc.snapshot.writer import HeaderParts, write
from tests.diff.world import engine_container, header, objects, records


def write_day(
    folder: Path,
    day: str,
    found: Iterable[dict[str, Any]] | None = None,
    *more: Record,
    cluster: str = "demo",
    results: dict[str, str] | None = None,
) -> Path:
    """The snapshot of a day, as ``2026-10-02`` or with a time of day after a ``T``, in a file of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    time = f"{day}Z" if "T" in day else f"{day}T05:37:40Z"
    parts = header(cluster=cluster, results=results)
    captures = tuple(replace(capture, time=time) for capture in parts.captures)
    path = folder / f"{cluster}-{day.replace(':', '')}.ndjson.zst"
    write(
        path,
        HeaderParts(dict(parts.cluster), captures),
        [records(objects() if found is None else found, *(more or (engine_container(),)))],
    )
    return path
