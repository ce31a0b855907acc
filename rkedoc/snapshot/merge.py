"""Put snapshots of one cluster together: the engines of several nodes, and parts that different accounts may read.

Of what several of them hold, the newest stands. A list that was complete supersedes all that older snapshots know of the
same kind and place, so that what has gone is gone; a list that was forbidden, failed or partial supersedes nothing.

A merged snapshot keeps the time of each list, not of each record. Where lists were partial, merging step by step is
therefore as good as merging all at once only if the steps go from the oldest to the newest.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from rkedoc.errors import SnapshotError
from rkedoc.snapshot.identity import ON_NODE, parse_id
from rkedoc.snapshot.reader import SnapshotFile, open_stream
from rkedoc.snapshot.record import Capture, Header, Record, Scope, canonical
from rkedoc.snapshot.writer import HeaderParts, write
from rkedoc.vocabulary import Result

_Place = tuple[str, str | None]
"""A kind (``<group>/<Kind>``), and the namespace in which it lies, or the node for what an engine holds."""

_NAMESPACE = "core/Namespace"
_KUBERNETES = "kubernetes"


def merge(paths: Sequence[Path | str], output: Path | Literal["-"]) -> Header:
    """Write the records of several snapshots as one to ``output``. Memory does not grow with their size.

    The order of ``paths`` means nothing, and a snapshot that is given twice counts once. Where some have fingerprints and
    others have none, the key of those that have them stays: a value hidden without a fingerprint claims none.

    Raises :class:`~rkedoc.errors.SnapshotError` if they are not of one cluster, if their fingerprints were made with
    different keys, if names are masked in some of them only, or if one of them cannot be read.
    """
    files = _distinct(paths)
    if not files:
        raise SnapshotError("there is nothing to merge: no snapshot was given")
    headers = [header for _path, header in files]
    parts = HeaderParts(
        cluster=_cluster(files), captures=_captures(headers), redaction=_redaction(files), rancher=_rancher(headers)
    )
    return write(output, parts, [_records(files)])


def _distinct(paths: Sequence[Path | str]) -> list[tuple[Path, Header]]:
    found: dict[bytes, tuple[Path, Header]] = {}
    for path in paths:
        with SnapshotFile(path) as file:
            found.setdefault(file.header.line(), (Path(path), file.header))
    return [found[line] for line in sorted(found)]


def _newest(header: Header) -> str:
    return max((capture.time for capture in header.captures), default="")


def _refuse_unlike(
    files: Sequence[tuple[Path, Header]], value: Callable[[Header], object], reason: str, *, empty: object = None
) -> None:
    """Raise an error with ``reason`` that names two files whose value differs, if there are any."""
    told = [(path, found) for path, header in files if (found := value(header)) != empty]
    for path, found in told:
        if found != told[0][1]:
            raise SnapshotError(f"{told[0][0]} and {path} {reason}")


def _cluster(files: Sequence[tuple[Path, Header]]) -> Mapping[str, str]:
    """Name and uid of the cluster that all of them are of. One without a uid (no API was read) has to have the name."""
    _refuse_unlike(
        files, lambda header: header.cluster["uid"],
        "are of different clusters (their uids differ): merge those of one cluster", empty="",
    )  # fmt: skip
    named = [(path, header) for path, header in files if header.cluster["uid"]]
    if not named:
        named = list(files)
        _refuse_unlike(
            files,
            lambda header: header.cluster["name"],
            "are of different clusters (their names differ): merge those of one",
        )
    names = {header.cluster["name"] for _path, header in named}
    for path, header in files:
        if header.cluster["name"] not in names and not header.cluster["uid"]:
            raise SnapshotError(
                f"{path} does not say of which cluster it is, and its name is not that of {named[0][0]}: "
                "collect it with --cluster, giving the name of the others"
            )
    _path, last = max(named, key=lambda item: (_newest(item[1]), item[1].line()))
    return {"name": last.cluster["name"], "uid": last.cluster["uid"]}


def _rancher(headers: Iterable[Header]) -> Mapping[str, Any]:
    """What a Rancher says of the cluster: the newest that is told."""
    told = [header for header in headers if header.rancher]
    return max(told, key=lambda header: (_newest(header), header.line())).rancher if told else {}


def _redaction(files: Sequence[tuple[Path, Header]]) -> Mapping[str, Any]:
    _refuse_unlike(
        files, lambda header: header.redaction["key"],
        "keep fingerprints under different keys, which cannot be compared: collect all of them with one --fingerprint-key",
    )  # fmt: skip
    _refuse_unlike(
        files, lambda header: sorted(header.redaction["masked"]),
        "do not mask the same names: merge first, then mask with `rkedoc redact`",
    )  # fmt: skip
    rules: Counter[str] = Counter()
    for _path, header in files:
        rules.update(header.redaction["rules"])
    key = next((found for _path, header in files if (found := header.redaction["key"]) is not None), None)
    return {"rules": dict(sorted(rules.items())), "key": key, "masked": sorted(files[0][1].redaction["masked"])}


def _captures(headers: Iterable[Header]) -> tuple[Capture, ...]:
    """All captures, oldest last, without the scopes that a newer complete one supersedes."""
    known = {canonical(capture.to_json()): capture for header in headers for capture in header.captures}
    complete: dict[tuple[str, str | None, str | None], str] = {}
    answered = ""
    for capture in known.values():
        for scope in capture.scopes:
            if scope.result == Result.COMPLETE:
                place = _asked_at(capture, scope, scope.namespace)
                complete[place] = max(complete.get(place, ""), capture.time)
        if capture.source == _KUBERNETES and any(scope.kind for scope in capture.scopes):
            answered = max(answered, capture.time)

    def stands(capture: Capture, scope: Scope) -> bool:
        if capture.source == _KUBERNETES and scope.kind is None:
            # How the API was reached, and its discovery: each run that reaches it sees all of that anew.
            return capture.time >= answered
        places = {_asked_at(capture, scope, namespace) for namespace in (None, scope.namespace)}
        return all(capture.time >= complete.get(place, "") for place in places)

    kept = []
    for capture in known.values():
        scopes = tuple(scope for scope in capture.scopes if stands(capture, scope))
        if scopes or not capture.scopes:
            kept.append(replace(capture, scopes=scopes))
    return tuple(sorted(kept, key=lambda c: (c.source, c.node or "", c.time, canonical(c.to_json()))))


def _asked_at(capture: Capture, scope: Scope, namespace: str | None) -> tuple[str, str | None, str | None]:
    """What was asked for (its kind, whichever group served it), of which engine, in which namespace."""
    node = capture.node if _lies_on_node(scope.name) else None
    return scope.kind or scope.name, node, namespace


class _Times:
    """When each kind was listed in each place."""

    def __init__(self, captures: Iterable[Capture]) -> None:
        self._complete: dict[_Place, str] = {}
        self._asked: dict[_Place, str] = {}
        self._last = ""
        for capture in captures:
            self._last = max(self._last, capture.time)
            for scope in capture.scopes:
                if scope.kind is None or scope.result not in (Result.COMPLETE, Result.PARTIAL):
                    continue
                place = (scope.kind, capture.node if _lies_on_node(scope.kind) else scope.namespace)
                self._asked[place] = max(self._asked.get(place, ""), capture.time)
                if scope.result == Result.COMPLETE:
                    self._complete[place] = max(self._complete.get(place, ""), capture.time)

    def complete(self, place: _Place) -> str:
        """The time of the newest complete list, empty if there is none."""
        return _of(self._complete, place)

    def asked(self, place: _Place) -> str:
        """The time of the newest list that gave anything; of a kind that no scope names, that of the newest capture."""
        return _of(self._asked, place) or self._last


def _of(times: Mapping[_Place, str], place: _Place) -> str:
    kind, _where = place
    everywhere = "" if _lies_on_node(kind) else times.get((kind, None), "")
    return max(everywhere, times.get(place, ""))


def _lies_on_node(kind: str) -> bool:
    return kind.partition("/")[0] in ON_NODE


def _place(record: Record) -> _Place:
    """Where a record lies. A namespace lies in itself: who may read no other gets it alone."""
    group, kind, namespace, name = parse_id(record.id)
    kind = f"{group}/{kind}"
    return kind, name if kind == _NAMESPACE else namespace


def _records(files: Sequence[tuple[Path, Header]]) -> Iterator[Record]:
    """Each record once: of those that no newer complete list supersedes, the newest; equal times, the one that sorts last."""
    own = [_Times(header.captures) for _path, header in files]
    whole = _Times(capture for _path, header in files for capture in header.captures)
    runs = [_numbered(path, number) for number, (path, _header) in enumerate(files)]
    merged = heapq.merge(*runs, key=lambda item: item[0])
    for _key, group in groupby(merged, key=lambda item: item[0]):
        best: tuple[str, Record] | None = None
        for _same, number, record in group:
            place = _place(record)
            asked = own[number].asked(place)
            if asked < whole.complete(place):
                continue
            newer = best is None or asked > best[0]
            if newer or best is not None and asked == best[0] and record.line() > best[1].line():
                best = asked, record
        if best is not None:
            yield best[1]


def _numbered(path: Path, number: int) -> Iterator[tuple[bytes, int, Record]]:
    for record in open_stream(path)[1]:
        yield record.id.encode(), number, record
