"""Documentation coverage: what of a cluster somebody has explained, as a number, and what is in want of it.

Counted are namespaces, workloads and containers outside pods, each once. One of the platform, or of a well-known add-on, is
documented by the catalog. One of somebody's own is documented by an annotation file, or by a description that it carries itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.bound import InPod
from rkedoc.catalog.entry import VIEWPOINT
from rkedoc.cluster.images import outside_pods
from rkedoc.explain.descriptions import description
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.places import places
from rkedoc.explain.viewpoints import chosen
from rkedoc.i18n import Message
from rkedoc.vocabulary import GapKind, Origin, Role

if TYPE_CHECKING:
    from rkedoc.catalog.bound import ClusterCatalog, Thing
    from rkedoc.catalog.entry import Entry, MatchRule
    from rkedoc.catalog.loader import OwnFile
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

GROUPS: Final = (Origin.PLATFORM, Origin.ADD_ON, Origin.WORKLOAD, Origin.UNEXPLAINED)
"""What is told apart: the platform's, well-known add-ons, somebody's own, and nobody knows whose."""


@dataclass(frozen=True, slots=True)
class DocumentedThing:
    """Something that wants an explanation: ``kind`` is namespace, container, or a workload's kind in lower case.

    ``group`` is one of :data:`GROUPS`. ``said_by`` is what documents it: the file of an entry, ``"rkedoc"`` for the
    catalog's own, the place of its own description; empty if nothing does.
    """

    kind: str
    name: str
    namespace: str
    group: Origin
    said_by: str

    @property
    def documented(self) -> bool:
        """Whether anything explains it."""
        return bool(self.said_by)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something to put right. ``file`` is an annotation file, empty for the snapshot."""

    rule: GapKind
    subject: str
    message: Message
    file: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many are documented."""

    documented: int
    total: int

    @property
    def percent(self) -> float:
        """From 0 to 100; nothing to document is all documented."""
        return 100.0 if not self.total else 100.0 * self.documented / self.total


@dataclass(frozen=True)
class Coverage:
    """What is documented and what is not. ``judged`` is false where pods were not all read: then nothing is stale.
    ``unseen`` says which containers were not seen, so that nobody has judged whether they are documented."""

    cluster: str
    subjects: tuple[DocumentedThing, ...]
    findings: tuple[Gap, ...]
    judged: bool
    unseen: tuple[Message, ...] = ()

    @cached_property
    def total(self) -> Share:
        """The share of everything."""
        return _share(self.subjects)

    @cached_property
    def groups(self) -> Mapping[Origin, Share]:
        """The share of each group."""
        return {name: _share([s for s in self.subjects if s.group == name]) for name in GROUPS}

    @cached_property
    def namespaces(self) -> Mapping[str, Share]:
        """The share of each namespace, with the namespace itself; containers outside pods are under ``""``."""
        names = sorted({subject.namespace for subject in self.subjects})
        return {name: _share([s for s in self.subjects if s.namespace == name]) for name in names}

    def to_json(self) -> dict[str, Any]:
        """The coverage as ``rkedoc coverage --format json`` prints it."""

        def shown(share: Share) -> dict[str, Any]:
            return {"documented": share.documented, "total": share.total, "percent": round(share.percent, 2)}

        return {
            "cluster": self.cluster,
            "total": shown(self.total),
            "groups": {origin.value: shown(share) for origin, share in self.groups.items()},
            "namespaces": {name: shown(share) for name, share in self.namespaces.items() if name},
            "outside_pods": shown(self.namespaces.get("", Share(0, 0))),
            "stale_judged": self.judged,
            "not_seen": [str(item) for item in self.unseen],
            "subjects": [
                {"kind": s.kind, "name": s.name, "namespace": s.namespace, "group": s.group,
                 "documented": s.documented, "said_by": s.said_by}
                for s in self.subjects
            ],
            "findings": [
                {"rule": f.rule, "subject": f.subject, "message": str(f.message), "file": f.file} for f in self.findings
            ],
        }  # fmt: skip


def _share(subjects: Sequence[DocumentedThing]) -> Share:
    return Share(sum(subject.documented for subject in subjects), len(subjects))


def coverage(cluster: Cluster) -> Coverage:
    """The documentation coverage of a cluster, with the catalog that it was joined with."""
    subjects = tuple(_subjects(cluster))
    judged = cluster.whole("Pod")
    findings = [*_unexplained(cluster), *_undocumented(subjects)]
    if judged:
        findings += _stale(cluster)
    findings += [
        Gap(GapKind.MISMATCH, item.container or item.pod, Message("{kind}: {why}", kind=item.kind.label, why=item.why))
        for item in build_ledger(cluster).mismatches
    ]  # fmt: skip
    name = str(cluster.header.cluster.get("name") or "")
    return Coverage(name, subjects, tuple(findings), judged, build_ledger(cluster).unseen)


def _subjects(cluster: Cluster) -> Iterator[DocumentedThing]:
    for place in cluster.namespaces():
        whose = places(cluster)[place.name]
        said_by = _said_by(next((entry for entry in (whose.entry, *whose.add_ons) if entry), None), place.record)
        yield DocumentedThing("namespace", place.name, place.name, _group(whose.origin), said_by)
    for workload in cluster.workloads():
        record = workload.record or next(iter(workload.pods), None)
        kind, name = workload.kind.lower(), f"{workload.namespace}/{workload.name}"
        yield DocumentedThing(kind, name, workload.namespace, _group(workload.origin), _said_by(workload.entry, record))
    for line in build_ledger(cluster).lines:
        if line.role == Role.STANDALONE:
            entry = cluster.catalog.get(line.component) if line.component else None
            yield DocumentedThing("container", line.subject, "", _group(line.origin), _said_by(entry, None))


def _group(origin: Origin) -> Origin:
    return origin if origin in GROUPS else Origin.PLATFORM


def _said_by(entry: Entry | None, record: Record | None) -> str:
    if entry is not None:
        return entry.provenance
    said = description(record) if record is not None else None
    return said.where if said is not None else ""


def _unexplained(cluster: Cluster) -> Iterator[Gap]:
    for line in build_ledger(cluster).unexplained:
        yield Gap(
            GapKind.UNEXPLAINED, f"{line.node}/{line.name}", Message("{name}: {why}", name=line.name, why=line.told)
        )


def _undocumented(subjects: Sequence[DocumentedThing]) -> Iterator[Gap]:
    for subject in subjects:
        if not subject.documented and subject.group == Origin.WORKLOAD:
            message = Message("{kind} {name}: nothing says what it is", kind=subject.kind, name=subject.name)
            yield Gap(GapKind.UNDOCUMENTED, subject.name, message)


def _stale(cluster: Cluster) -> Iterator[Gap]:
    """Rules of the user's files that nothing holds, and files that extend what is not there."""
    catalog = cluster.catalog
    own_files = catalog.catalog.own_files
    if not own_files:
        return
    here = tuple(_things(cluster))
    names = {place.name for place in cluster.namespaces()}
    present = {
        (found.entry.id, thing.namespace if isinstance(thing, InPod) else None)
        for thing in here
        if (found := catalog.find(thing)) is not None
    }
    present |= {(entry.id, name) for name in names if (entry := catalog.namespace(name)) is not None}
    for file in own_files:
        entry = catalog.get(file.id)
        if entry is None or entry.kind == "concept":
            continue
        if entry.kind == VIEWPOINT:
            for selector in chosen(cluster, entry).idle:
                message = Message("nothing here fits the selector ({selector})", selector=str(selector))
                yield Gap(GapKind.STALE, file.id, message, file.provenance)
            continue
        gone = [rule for rule in file.rules if not _holds(catalog, rule, entry, here, names)]
        for rule in gone:
            yield Gap(
                GapKind.STALE, file.id, Message("nothing here fits the rule ({rule})", rule=rule), file.provenance
            )
        if not gone and not _is_here(file, present):
            yield Gap(GapKind.STALE, file.id, Message("{id} is not in this cluster", id=file.id), file.provenance)


def _is_here(file: OwnFile, present: set[tuple[str, str | None]]) -> bool:

    places = [namespace for identifier, namespace in present if identifier == file.id]
    if not file.namespaces:
        return bool(places)
    return any(fnmatchcase(place or "", pattern) for place in places for pattern in file.namespaces)


def _holds(catalog: ClusterCatalog, rule: MatchRule, entry: Entry, here: Sequence[Thing], namespaces: set[str]) -> bool:
    if entry.kind == "namespace":
        return any(fnmatchcase(name, value) for name in namespaces for value in rule.values("namespace"))
    return any(catalog.fits(entry, rule, thing) for thing in here)


def _things(cluster: Cluster) -> Iterator[Thing]:
    yield from cluster.things()
    for record in cluster.snapshot.by_kind("EngineContainer"):
        if not record.body.get("pod"):
            yield outside_pods(cluster.snapshot.get, record)
