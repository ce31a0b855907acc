"""Whose each workload and each container outside pods is: who answers for it, and where that is said.

The first of these that names somebody counts: your own files about it (``owner``, then ``team``), the object itself, the services that find
their pods in it, your own files about its namespace, and the namespace itself. An object names its owner by an annotation or a label
``a8r.io/owner`` (ambassador labs' convention, a8r.io), or any other whose name ends with ``owner`` or ``team``, such as
``example.com/owner``; those below ``kubernetes.io``, ``k8s.io`` and ``cattle.io`` are notes of controllers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.fields import mapping, plain, text
from rkedoc.cluster.selectors import LabelIndex
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.snapshot.identity import record_id
from rkedoc.snapshot.record import HIDDEN_RE
from rkedoc.vocabulary import Role, Whose

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

_NAMING: Final = re.compile(r"(?:(?P<domain>[^/]+)/)?(?P<word>owner|team)", re.IGNORECASE)
_OF_CONTROLLERS: Final = ("kubernetes.io", "k8s.io", "cattle.io")
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who answers for a workload or a container outside pods, by its record's id; ``owner`` is empty where nobody says so.

    ``where`` is the file of annotations, or the object with the annotation or label, that says it. ``whose`` tells what has no owner apart.
    """

    record_id: str
    owner: str
    where: str
    whose: Whose


@dataclass(frozen=True, slots=True)
class Owners:
    """Who answers for everything that runs."""

    all: tuple[Ownership, ...]
    by_record: Mapping[str, Ownership]
    by_owner: Mapping[str, tuple[Ownership, ...]]
    """What each owner has, by the owners' names; sorted."""

    def without(self, *whose: Whose) -> tuple[Ownership, ...]:
        """What has no owner and is of these."""
        return tuple(item for item in self.all if not item.owner and item.whose in whose)


def owners(cluster: Cluster) -> Owners:
    """The owners of all workloads, then of all containers outside pods."""
    found = (*_of_workloads(cluster), *_of_containers(cluster))
    named: dict[str, list[Ownership]] = {}
    for item in found:
        if item.owner:
            named.setdefault(item.owner, []).append(item)
    by_owner = {name: tuple(named[name]) for name in sorted(named, key=lambda name: (name.casefold(), name))}
    return Owners(found, {item.record_id: item for item in found}, by_owner)


def _of_workloads(cluster: Cluster) -> Iterator[Ownership]:
    by_service = _by_service(cluster)
    by_namespace: dict[str, Naming | None] = {}
    for workload in cluster.workloads():
        place = workload.namespace
        if place not in by_namespace:
            by_namespace[place] = _noted(cluster.catalog.namespace(place)) or _marked(
                cluster.snapshot.get(record_id("", "Namespace", None, place))
            )
        entry = workload.entry
        said = (
            _noted(entry)
            or _marked(workload.record or next(iter(workload.pods), None))
            or by_service.get(workload.id)
            or by_namespace[place]
            or _NOBODY
        )
        yield Ownership(workload.id, *said, Whose.of(workload.origin))


def _of_containers(cluster: Cluster) -> Iterator[Ownership]:
    for line in build_ledger(cluster).lines:
        if line.role == Role.STANDALONE:
            said = _noted(cluster.catalog.get(line.component) if line.component else None) or _NOBODY
            yield Ownership(line.record_id, *said, Whose.of(line.origin))


Naming = tuple[str, str]
"""An owner, and where it is said."""

_NOBODY: Final[Naming] = ("", "")


def _noted(entry: Entry | None) -> Naming | None:
    """The owner that files of annotations name."""
    for key in ("owner", "team"):
        for note in entry.notes if entry is not None else ():
            if note.key == key:
                return " ".join(note.text.split())[:_LONGEST], note.provenance
    return None


def _marked(record: Record | None) -> Naming | None:
    """The owner that an object names itself."""
    found: dict[tuple[int, str], Naming] = {}
    if record is None:
        return None
    for part in ("annotations", "labels"):
        for name in mapping(record.body, "metadata", part):
            value = " ".join(text(record.body, "metadata", part, name).split())
            if (rank := _rank(name)) is not None and value and not HIDDEN_RE.search(value):
                found.setdefault(
                    (rank, name), (plain(value)[:_LONGEST], f"{record.kind} {record.name}, {part[:-1]} {name}")
                )
    return found[min(found)] if found else None


def _rank(name: str) -> int | None:
    """How much the name of an annotation or a label says of an owner, the most first; ``None`` if nothing."""
    match = _NAMING.fullmatch(name)
    domain = (match["domain"] or "") if match is not None else ""
    if match is None or any(domain == one or domain.endswith(f".{one}") for one in _OF_CONTROLLERS):
        return None
    return 0 if domain == "a8r.io" else 1 if match["word"].lower() == "owner" else 2


def _by_service(cluster: Cluster) -> Mapping[str, Naming]:
    """The owners that services name, by the workloads that these find their pods in."""
    marked = [(service, said) for service in cluster.snapshot.by_kind("Service") if (said := _marked(service))]
    index = LabelIndex(cluster.workloads()) if marked else None
    found: dict[str, Naming] = {}
    for service, said in marked:
        for workload in (
            index.equal(service.namespace or "", mapping(service.body, "spec", "selector")) if index else ()
        ):
            found.setdefault(workload.id, said)
    return found
