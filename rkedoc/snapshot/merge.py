"""Put snapshots of one cluster together: the engines of several nodes, and parts that different accounts may read.

Of what several of them hold, the newest stands. A list that was complete supersedes all that older snapshots know of the
same kind and place, so that what has gone is gone; a list that was forbidden, failed or partial supersedes nothing.

A merged snapshot keeps the time of each list, not of each record. Where lists were partial, merging step by step is
therefore as good as merging all at once only if the steps go from the oldest to the newest.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from rkedoc.errors import SnapshotError
from rkedoc.snapshot.identity import ENGINE
from rkedoc.snapshot.reader import SnapshotFile, open_stream
from rkedoc.snapshot.record import Capture, Header, Record, Scope, canonical
from rkedoc.snapshot.writer import HeaderParts, write

_Place = tuple[str, str | None]
"""A kind (``<group>/<Kind>``), and the namespace in which it lies, or the node for what an engine holds."""


def merge(paths: Sequence[Path | str], output: Path | Literal["-"]) -> Header:
    """Write the records of several snapshots as one to ``output``. Memory does not grow with their size.

    The order of ``paths`` means nothing, and a snapshot that is given twice counts once. Raises
    :class:`~rkedoc.errors.SnapshotError` if they are not of one cluster, if their fingerprints were made with different
    keys, if names are masked in some of them only, or if one of them cannot be read.
    """
    files = _distinct(paths)
    headers = [header for _path, header in files]
    cluster = _cluster(files)
    parts = HeaderParts(cluster=cluster, captures=_captures(headers), redaction=_redaction(files))
    return write(output, parts, [_records(files)])


def _distinct(paths: Sequence[Path | str]) -> list[tuple[Path, Header]]:
    found: dict[bytes, tuple[Path, Header]] = {}
    for path in paths:
        with SnapshotFile(path) as file:
            found.setdefault(file.header.line(), (Path(path), file.header))
    return [found[line] for line in sorted(found)]


def _newest(header: Header) -> str:
    return max((capture.time for capture in header.captures), default="")


def _cluster(files: Sequence[tuple[Path, Header]]) -> Mapping[str, str]:
    """Name and uid of the cluster that all of them are of. One without a uid (no API was read) has to have the name."""
    uids = {header.cluster.get("uid", "") for _path, header in files} - {""}
    if len(uids) > 1:
        one, other = sorted(uids)[:2]
        first = next(path for path, header in files if header.cluster.get("uid") == one)
        second = next(path for path, header in files if header.cluster.get("uid") == other)
        raise SnapshotError(f"{first} and {second} are of different clusters (their uids differ): merge those of one cluster")
    named = [(path, header) for path, header in files if header.cluster.get("uid")] or list(files)
    names = {header.cluster.get("name", "") for _path, header in named}
    for path, header in files:
        if not header.cluster.get("uid") and header.cluster.get("name", "") not in names:
            raise SnapshotError(
                f"{path} does not say of which cluster it is, and its name is none of {', '.join(sorted(names))}: "
                "collect it with --cluster, giving the name of the others"
            )
    if not uids and len(names) > 1:
        raise SnapshotError(f"the snapshots are of different clusters: {', '.join(sorted(names))}")
    _path, last = max(named, key=lambda item: (_newest(item[1]), item[1].line()))
    return {"name": last.cluster.get("name", ""), "uid": next(iter(uids), "")}


def _redaction(files: Sequence[tuple[Path, Header]]) -> Mapping[str, Any]:
    keys = {header.redaction.get("key") for _path, header in files} - {None}
    if len(keys) > 1:
        raise SnapshotError(
            "the snapshots keep fingerprints under different keys, which cannot be compared: collect all of them with one "
            "--fingerprint-key"
        )
    masks = {tuple(sorted(header.redaction.get("masked") or ())) for _path, header in files}
    if len(masks) > 1:
        raise SnapshotError("names are masked in some of the snapshots only: merge first, then mask with `rkedoc redact`")
    rules: Counter[str] = Counter()
    for _path, header in files:
        rules.update(header.redaction.get("rules") or {})
    return {"rules": dict(sorted(rules.items())), "key": next(iter(keys), None), "masked": list(next(iter(masks), ()))}


def _captures(headers: Iterable[Header]) -> tuple[Capture, ...]:
    """All captures, oldest last, without the scopes that a newer complete one supersedes."""
    known = {canonical(capture.to_json()): capture for header in headers for capture in header.captures}
    kept = []
    for capture in known.values():
        scopes = tuple(
            scope for scope in capture.scopes if not any(_supersedes(other, capture, scope) for other in known.values())
        )
        if scopes or not capture.scopes:
            kept.append(replace(capture, scopes=scopes))
    return tuple(sorted(kept, key=lambda c: (c.source, c.node or "", c.time, canonical(c.to_json()))))


def _supersedes(newer: Capture, older: Capture, scope: Scope) -> bool:
    if newer.time <= older.time or _of_engine(scope) and newer.node != older.node:
        return False
    return any(
        other.name == scope.name and other.result == "complete" and other.namespace in (None, scope.namespace)
        for other in newer.scopes
    )


def _of_engine(scope: Scope) -> bool:
    return scope.name.startswith(f"{ENGINE}/")


class _Times:
    """When each kind was listed in each place."""

    def __init__(self, captures: Iterable[Capture]) -> None:
        self._captures = tuple(captures)
        self._complete: dict[_Place, str] = {}
        self._asked: dict[_Place, str] = {}
        self._last = max((capture.time for capture in self._captures), default="")

    def complete(self, place: _Place) -> str:
        """The time of the newest complete list, empty if there is none."""
        return self._of(place, self._complete, ("complete",))

    def asked(self, place: _Place) -> str:
        """The time of the newest list that gave anything; of a kind that no scope names, that of the newest capture."""
        return self._of(place, self._asked, ("complete", "partial")) or self._last

    def _of(self, place: _Place, known: dict[_Place, str], results: tuple[str, ...]) -> str:
        if place not in known:
            kind, where = place
            engine = kind.startswith(f"{ENGINE}/")
            known[place] = max(
                (
                    capture.time
                    for capture in self._captures
                    for scope in capture.scopes
                    if scope.kind == kind
                    and scope.result in results
                    and (capture.node == where if engine else scope.namespace in (None, where))
                ),
                default="",
            )
        return known[place]


def _records(files: Sequence[tuple[Path, Header]]) -> Iterator[Record]:
    """Each record once: of those that no newer complete list supersedes, the newest; equal times, the one that sorts last."""
    own = [_Times(header.captures) for _path, header in files]
    whole = _Times(capture for _path, header in files for capture in header.captures)
    runs = [_numbered(path, number) for number, (path, _header) in enumerate(files)]
    merged = heapq.merge(*runs, key=lambda item: item[0])
    for _key, group in groupby(merged, key=lambda item: item[0]):
        best: tuple[str, bytes, Record] | None = None
        for _same, number, record in group:
            place = (f"{record.group}/{record.kind}", record.namespace)
            asked = own[number].asked(place)
            if asked < whole.complete(place):
                continue
            candidate = (asked, record.line(), record)
            if best is None or candidate[:2] > best[:2]:
                best = candidate
        if best is not None:
            yield best[2]


def _numbered(path: Path, number: int) -> Iterator[tuple[bytes, int, Record]]:
    for record in open_stream(path)[1]:
        yield record.id.encode(), number, record
