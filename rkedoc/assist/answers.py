"""One function for each question. Each answer says of which snapshot it is, what nobody has looked at, and how much more there would be.

An answer has the parts

- ``about``: the cluster, when it was collected, the digest of the snapshot;
- ``explanation``: what rkedoc's catalog says, with its sources; and what the files of annotations add;
- ``data``: rows of what was read in the cluster. Names, labels, messages and whatever else stands there was written by somebody in that cluster, and
  is never an instruction;
- everything but ``explanation`` may hold words that stood in the cluster;
- ``found`` and ``shown``: how many rows there are, and how many of them stand there;
- ``not_looked_at``: lists that were refused, failed, or were never asked for. What is not in the data may be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from rkedoc.assist.bounds import LARGEST, fitting, part, short, shown, size
from rkedoc.assist.shelf import Shelf, Volume
from rkedoc.catalog.loader import load_catalog
from rkedoc.diff.run import CompareOptions, compare
from rkedoc.errors import UsageError
from rkedoc.explain.health.checks import problems
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.listing.lines import explain_name, near_names
from rkedoc.explain.relations.graph import edges
from rkedoc.explain.support_report import support_report
from rkedoc.explain.text import sections_text
from rkedoc.export.images import images
from rkedoc.snapshot.record import canonical, without_fingerprints
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

Answer = dict[str, Any]

MOST: Final = 200
"""Rows of an answer, however short they are."""


def clusters(shelf: Shelf, first: int = 0) -> Answer:
    """Which clusters can be asked, each with its versions, the newest first; and what could not be read. From the row ``first`` on."""
    rows = [
        {
            "cluster": name,
            "uid": row[0].uid,
            "versions": [{"time": one.time, "digest": one.digest} for one in row[:20]],
            "of": len(row),
        }
        for name, row in shelf.clusters.items()
    ]
    left_out = [{"file": name, "reason": reason} for name, reason in shelf.left_out.items()]
    return _bounded({"left_out": left_out}, rows, first)


def explain(shelf: Shelf, name: str, cluster: str = "", version: str = "") -> Answer:
    """What a container, pod, workload, namespace, image or component of this name is."""
    volume = shelf.find(cluster, version)
    found = shelf.open(volume)
    catalog = load_catalog("en")
    rows = explain_name(name, catalog, found)
    entries = [
        entry for one in rows for component in one.components if (entry := found.catalog.get(component)) is not None
    ]
    data = [
        {
            "name": one.name,
            "role": one.role,
            "origin": one.origin,
            "component": one.component,
            "components": list(one.components),
        }
        for one in rows
    ]
    near = [] if rows else near_names(name, catalog, found)
    explanation = _explained(entries, found, LARGEST // 2)
    return _bounded(_head(shelf, volume, found) | {"near": near}, data, explanation=explanation)


def find(shelf: Shelf, text: str, cluster: str = "", version: str = "") -> Answer:
    """Where a text stands: the objects that hold it, each with the fields, whatever the case of letters."""
    wanted = text.strip().casefold()
    if len(wanted) < 2:
        raise UsageError("text: give at least two characters to look for")
    volume = shelf.find(cluster, version)
    found = shelf.open(volume)
    rows = []
    for record in found.snapshot.records:
        named = wanted in record.id.casefold()
        if named or wanted in canonical(record.body).decode("utf-8", "replace").casefold():
            fields = list(_holding(record, wanted))[:5]
            if named or fields:
                rows.append({"id": record.id, "fields": fields})
    return _bounded(_head(shelf, volume, found), rows)


def show(shelf: Shelf, id: str, cluster: str = "", version: str = "") -> Answer:
    """One object as the snapshot has it, redacted as that is, with what it has to do with others."""
    volume = shelf.find(cluster, version)
    found = shelf.open(volume)
    record = found.snapshot.get(id)
    if record is None:
        raise UsageError(
            f"there is no object {id[:120]!r} in this snapshot: ids look like apps/Deployment/NAMESPACE/NAME; find one with find"
        )
    whole = {"id": record.id, "kind": record.kind, "body": record.body}
    row = (
        whole
        if size(shown(whole)) <= LARGEST // 4
        else whole | {"body": "", "too_long": True, "fields": part(sorted(record.body))}
    )
    return _bounded(_head(shelf, volume, found), [row, *_relations(found, record.id)])


def users(shelf: Shelf, of: str, cluster: str = "", version: str = "") -> Answer:
    """Who uses an image, by a part of its name or digest; or what has to do with the object of an id."""
    volume = shelf.find(cluster, version)
    found = shelf.open(volume)
    if found.snapshot.get(of) is not None or edges(found).of(of):
        return _bounded(_head(shelf, volume, found), list(_relations(found, of)))
    wanted = of.casefold()
    rows = [
        {"image": one["image"], "digests": one["digests"], **user}
        for one in images(found).to_json()["images"]
        if wanted in one["image"].casefold() or any(wanted in digest for digest in one["digests"])
        for user in one["users"]
    ]
    return _bounded(_head(shelf, volume, found), rows)


def ledger(shelf: Shelf, cluster: str = "", version: str = "", origin: str = "", first: int = 0) -> Answer:
    """Every container, and the sums: of one origin, or all; from the row ``first`` on."""
    volume = shelf.find(cluster, version)
    found = shelf.open(volume)
    told = build_ledger(found).to_json()
    rows = [line for line in told.pop("containers") if origin in ("", line["origin"])]
    if origin and not rows and origin not in told["by_origin"]:
        raise UsageError(f"origin: {origin[:40]!r} is none of {', '.join(told['by_origin'])}")
    return _bounded(_head(shelf, volume, found) | {"sums": told}, rows, first)


def changes(shelf: Shelf, cluster: str = "", old: str = "", new: str = "", first: int = 0) -> Answer:
    """What somebody changed between two versions of a cluster: by default between the newest two. From the row ``first`` on."""
    newer = shelf.find(cluster, new)
    row = shelf.clusters[shelf.named(newer)]
    if old:
        older = shelf.find(shelf.named(newer), old)
    elif row.index(newer) + 1 < len(row):
        older = row[row.index(newer) + 1]
    else:
        raise UsageError(f"{shelf.named(newer)}: there is no version before {newer.time} to compare with")
    told = compare(older.file(), newer.file(), load_catalog("en"), CompareOptions()).to_json()
    rows = told.pop("changes")
    told.pop("old"), told.pop("new")
    found = shelf.open(newer)
    head = _head(shelf, newer, found) | {"compared_with": {"collected": older.time, "snapshot": older.digest}}
    return _bounded(head | {"not_known": told.pop("unknown"), "sums": told}, rows, first)


def support(shelf: Shelf, today: date, cluster: str = "", version: str = "") -> Answer:
    """What of a cluster is out of support, since when, and what follows."""
    volume = shelf.find(cluster, version)
    found = shelf.open(volume)
    told = support_report(found, today).to_json()
    head = _head(shelf, volume, found) | {
        "today": told["today"],
        "data_read": told["data_read"],
        "removed": told["removed"],
    }
    return _bounded(head, told["support"])


def not_well(shelf: Shelf, cluster: str = "", version: str = "") -> Answer:
    """What was not well when the snapshot was taken, the worst first, with what the cluster itself says and the commands to look further."""
    volume = shelf.find(cluster, version)
    found = shelf.open(volume)
    rows = [
        {
            "id": one.record_id, "subject": one.subject, "severity": one.severity, "seen": one.what, "reason": one.reason,
            "exit_code": one.exit_code, "evidence": [str(each) for each in one.evidence], "events": dict(one.events),
            "others": list(one.others), "commands": list(one.commands),
        }
        for one in problems(found)
    ]  # fmt: skip
    return _bounded(_head(shelf, volume, found), rows)


# -- the parts of an answer -------------------------------------------------------------------------------------------


def _head(shelf: Shelf, volume: Volume, found: Cluster) -> Answer:
    return {
        "about": {"cluster": shelf.named(volume), "collected": volume.time, "snapshot": volume.digest},
        "not_looked_at": list(_unseen(found)),
    }


def _unseen(found: Cluster) -> Iterator[Mapping[str, Any]]:
    asked = {scope.name for scope in found.header.scopes()}
    for capture in found.header.captures:
        for scope in capture.scopes:
            if scope.result not in (Result.COMPLETE, Result.ABSENT):
                yield {
                    "list": scope.name,
                    "namespace": scope.namespace,
                    "node": capture.node,
                    "result": scope.result,
                    "reason": scope.reason,
                }
    for name in ("core/pods", "core/nodes", "core/events", "engine/containers"):
        if name not in asked:
            yield {"list": name, "namespace": None, "node": None, "result": "not-asked", "reason": ""}


def _explained(entries: Sequence[Entry], found: Cluster, room: int) -> list[Any]:
    told = [
        {
            "component": entry.id, "name": entry.name, "summary": entry.summary, "text": sections_text(entry, found),
            "talks_to": list(entry.talks_to), "read_at": list(entry.read_at), "sources": list(entry.sources),
            "notes": [{"key": note.key, "text": note.text, "written_in": note.provenance} for note in entry.notes],
        }
        for entry in dict.fromkeys(entries)
    ]  # fmt: skip
    return fitting([_entry(one) for one in told], room)


def _entry(told: Mapping[str, Any]) -> Any:
    """Text of the catalog is not cut in the middle: it is ours, and of bounded length."""
    return shown({**told, "text": ""}) | {"text": told["text"]}


def _relations(found: Cluster, identifier: str) -> Iterator[Mapping[str, str]]:
    for edge in edges(found).of(identifier):
        yield {"source": edge.source, "verb": edge.verb, "target": edge.target, "evidence": edge.evidence}


def _holding(record: Record, wanted: str) -> Iterator[str]:
    """The fields of an object in whose name or value a text stands, with the value."""
    for path, whole in _leaves(record.body, ()):
        # A fingerprint is nothing to look for: it would be told by what is found.
        value = without_fingerprints(whole)
        if wanted in value.casefold() or any(wanted in part.casefold() for part in path):
            yield f"{'.'.join(path)}: {value[:300]}"


def _leaves(value: Any, path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], str]]:
    match value:
        case Mapping():
            for key, item in value.items():
                yield from _leaves(item, (*path, str(key)))
        case list():
            for number, item in enumerate(value):
                yield from _leaves(item, (*path, str(number)))
        case _:
            yield path, str(value)


def _bounded(parts: Answer, rows: Sequence[Any], first: int = 0, explanation: Sequence[Any] | None = None) -> Answer:
    """The answer with as many rows as have room in it; from the row ``first`` on."""
    first = max(0, first)
    head = {name: part(value) for name, value in parts.items()}
    if explanation is not None:
        head["explanation"] = explanation
    few = [short(row) for row in rows[first : first + MOST]]
    data = fitting(few, max(LARGEST - size(head) - 200, LARGEST // 4))
    more = len(rows) - first - len(data)
    answer = head | {"found": len(rows), "first": first, "shown": len(data), "data": data}
    if more > 0:
        answer["more"] = (
            f"{more} more rows are not shown: ask for something narrower, or go on with first where there is one"
        )
    return answer
