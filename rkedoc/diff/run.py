"""Compare two snapshot files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.fields import natural
from rkedoc.diff.annotate import Meaning, image_versions
from rkedoc.diff.canonical import Viewer
from rkedoc.diff.compare import ABSENT, Edit, edits
from rkedoc.diff.identity import ClusterSide
from rkedoc.diff.join import Joined, Pair, join
from rkedoc.diff.model import Change, Diff, Side, Unknown, VersionStep
from rkedoc.diff.renames import moves
from rkedoc.diff.rules import load_rules
from rkedoc.diff.scopes import Scopes, notes
from rkedoc.errors import UsageError
from rkedoc.i18n import N_, Message
from rkedoc.nearby import unknown as unknown_name
from rkedoc.redact.audit import audit
from rkedoc.redact.check import refusal
from rkedoc.snapshot.identity import parse_id
from rkedoc.snapshot.kinds import kind_of
from rkedoc.snapshot.reader import SnapshotFile
from rkedoc.snapshot.record import Header, Record
from rkedoc.vocabulary import ChangeKind, Term, Weight

if TYPE_CHECKING:
    from rkedoc.catalog.loader import Catalog

_CHANGES = (ChangeKind.MOVED, ChangeKind.REMOVED, ChangeKind.ADDED, ChangeKind.CHANGED)
_WHOLES = frozenset(
    {"Namespace", "Node", "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod", "EngineContainer",
     "CustomResourceDefinition"}
)  # fmt: skip
"""Kinds of which one that came, went or moved means more than any field."""

_NODE_VERSIONS = {
    "kubeletVersion": "Kubernetes", "containerRuntimeVersion": N_("container runtime"), "osImage": N_("operating system"),
    "kernelVersion": N_("kernel"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What to compare, and what to show. ``only`` are kinds, as ``Deployment``, ``deployments`` or ``deployments.apps``."""

    only: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    profile: Path | None = None
    observed: bool = False


def compare(old: Path | str, new: Path | str, catalog: Catalog, options: CompareOptions | None = None) -> Diff:
    """What changed from ``old`` to ``new``.

    Raises :class:`~rkedoc.errors.SnapshotError` if one of them cannot be read, or holds in what would be shown a value
    that should have been hidden; :class:`~rkedoc.errors.UsageError` for a profile that makes no sense.
    """
    with SnapshotFile(old) as one, SnapshotFile(new) as other:
        return compare_records(
            (one.header, iter(one)), (other.header, iter(other)), catalog, options, names=(str(old), str(new))
        )


def compare_records(
    old: tuple[Header, Iterator[Record]], new: tuple[Header, Iterator[Record]], catalog: Catalog,
    options: CompareOptions | None = None, *, names: tuple[str, str] = ("OLD", "NEW"),
) -> Diff:  # fmt: skip
    """The same for headers and streams of records, sorted by the bytes of their ids. ``names`` stand in errors."""
    chosen = options or CompareOptions()
    rules = load_rules(chosen.profile)
    one, other = old[0], new[0]
    _require_kinds(chosen.only, (one, other))
    key = one.redaction.get("key")
    comparable = key is not None and key == other.redaction.get("key")
    coverage = Scopes(one), Scopes(other)
    sides = ClusterSide(one, catalog), ClusterSide(other, catalog)
    viewer = Viewer(rules, comparable=comparable)
    joined = join(
        _learned(old[1], sides[0]),
        _learned(new[1], sides[1]),
        viewer,
        coverage,
        comparable=comparable,
        observed=chosen.observed,
    )
    _require_namespaces(chosen.namespaces, sides)
    _require_redacted((joined.removed, joined.added, joined.changed, joined.observed), names)

    unknown: dict[tuple[str, str | None, str, str], list[str]] = {}
    removed = _known(joined.removed, coverage[1], "new", unknown)
    added = _known(joined.added, coverage[0], "old", unknown)
    for found in joined.unsure:
        record = _one(found)
        side = "old" if found.old is not None and found.old.body.get("inspected") is False else "new"
        unknown.setdefault((record.kind, record.namespace, side, "not-inspected"), []).append(record.id)
    moved, gone, come = moves(removed, added, rules.renames)
    meaning = Meaning(rules)
    told = [(_change(ChangeKind.MOVED, move.found, move.evidence), move.found) for move in moved]
    for name, pairs in ((ChangeKind.REMOVED, gone), (ChangeKind.ADDED, come), (ChangeKind.CHANGED, joined.changed)):
        told += [(_change(name, found), found) for found in pairs]
    changes = [_explained(meaning, change, found, sides) for change, found in told]
    shown = _sorted([change for change in changes if _wanted(change.id, change.old_id, chosen)])
    groups = [Unknown(*key, tuple(sorted(ids))) for key, ids in sorted(unknown.items(), key=_place)]
    return Diff(
        old=_side(one), new=_side(other), notes=(*notes(*coverage), *_of_bundles(joined)), changes=tuple(shown),
        unknown=tuple(group for group in groups if _wanted(group.ids[0], None, chosen)),
        hidden=joined.hidden, versions=_versions(shown), counts=_counts(shown),
        observed=_observed(joined.observed, chosen) if chosen.observed else None,
        narrowed=bool(chosen.only or chosen.namespaces),
    )  # fmt: skip


def _of_bundles(joined: Joined) -> Iterator[Message]:
    if joined.in_bundle:
        yield Message(
            "What the tool that made a bundle has hidden is compared with nothing; values of which this holds: {count}.",
            count=joined.in_bundle,
        )


def _learned(records: Iterator[Record], side: ClusterSide) -> Iterator[Record]:
    for record in records:
        side.learn(record)
        yield record


def _explained(meaning: Meaning, change: Change, found: Pair, sides: tuple[ClusterSide, ClusterSide]) -> Change:
    """A change in the words of the side that has it; of the newer one, where both have."""
    record, side = (found.new, sides[1]) if found.new is not None else (_one(found), sides[0])
    return meaning.explained(change, _view(found), record, side)


def _change(change: ChangeKind, found: Pair, evidence: Message | None = None) -> Change:
    record = found.new if found.new is not None else _one(found)
    if change in (ChangeKind.MOVED, ChangeKind.CHANGED):
        assert found.old is not None
        old_id = found.old.id if found.old.id != record.id else None
        return Change(record.id, change, edits=found.edits, old_id=old_id, evidence=evidence)
    return Change(record.id, change, old=found.old_view, new=found.new_view)


def _one(found: Pair) -> Record:
    record = found.old if found.old is not None else found.new
    assert record is not None
    return record


def _view(found: Pair) -> Mapping[str, Any]:
    return found.new_view if found.new_view is not None else found.old_view or {}


def _known(
    founds: Iterable[Pair], other: Scopes, side: str, unknown: dict[tuple[str, str | None, str, str], list[str]]
) -> list[Pair]:
    """What the other snapshot would have shown; the rest goes to ``unknown``."""
    kept = []
    for found in founds:
        record = _one(found)
        reason = other.lacks(record.id)
        if reason:
            unknown.setdefault((record.kind, record.namespace, side, reason), []).append(record.id)
        else:
            kept.append(found)
    return kept


def _place(item: tuple[tuple[str, str | None, str, str], list[str]]) -> tuple[str, ...]:
    return tuple(part or "" for part in item[0])


def _require_redacted(groups: Sequence[Iterable[Pair]], paths: tuple[str, str]) -> None:
    for founds in groups:
        for found in founds:
            for record, path in zip((found.old, found.new), paths, strict=True):
                for finding in audit(record) if record is not None else ():
                    raise refusal(path, [f"a {record.kind if record else ''}, {finding.path}: rule {finding.rule}"])


def _wanted(identifier: str, old_id: str | None, options: CompareOptions) -> bool:
    ids = [parse_id(one) for one in (identifier, old_id) if one is not None]
    if options.only and not any(kind_of(one.group, one.kind).answers_to(name) for one in ids for name in options.only):
        return False
    return not options.namespaces or any(
        one.namespace in options.namespaces or (one.kind == "Namespace" and one.name in options.namespaces)
        for one in ids
    )


def _require_namespaces(names: Sequence[str], sides: tuple[ClusterSide, ClusterSide]) -> None:
    """Whether each namespace that somebody wants to see is in one of the snapshots: else nothing would look like no change."""
    known = sides[0].namespaces | sides[1].namespaces
    for name in names:
        if name not in known:
            raise UsageError(f"--namespace: {unknown_name('namespace', name, known)}")


def _require_kinds(names: Sequence[str], headers: Sequence[Header]) -> None:
    """Whether each kind that somebody wants to see can be in one of the snapshots: else nothing would look like no change."""
    asked = {scope.kind for header in headers for scope in header.scopes() if scope.kind}
    kinds = [kind_of(group, kind) for group, _slash, kind in (one.partition("/") for one in asked)]
    for name in names:
        if kinds and not any(kind.answers_to(name) for kind in kinds):
            known = (kind.plural for kind in kinds)
            raise UsageError(f"--only: neither snapshot asked for such a kind; {unknown_name('kind', name, known)}")


def _sorted(changes: list[Change]) -> list[Change]:
    """By namespace, then by component, then by object; what means most comes first in each."""

    def rank(change: Change) -> tuple[int, int]:
        whole = change.change != ChangeKind.CHANGED and change.kind in _WHOLES
        return 0 if whole else 1 + change.weight.order, _CHANGES.index(change.change)

    def component(change: Change) -> tuple[object, ...]:
        return change.place, natural(change.component or change.name)

    best: dict[object, tuple[int, int]] = {}
    for change in changes:
        for group in (change.place, component(change)):
            best[group] = min(best.get(group, (99, 99)), rank(change))
    return sorted(
        changes,
        key=lambda change: (
            best[change.place], change.place, best[component(change)], component(change), rank(change), natural(change.id),
        ),
    )  # fmt: skip


def _versions(changes: Iterable[Change]) -> tuple[VersionStep, ...]:
    found: Counter[tuple[str, str, str]] = Counter()
    for change in changes:
        for edit in change.edits:
            found.update(_version(edit))
    return tuple(VersionStep(*key, places) for key, places in sorted(found.items()))


def _version(edit: Edit) -> Iterable[tuple[str, str, str]]:
    if versions := image_versions(edit):
        yield versions
    elif edit.path[:2] == ("status", "nodeInfo") and edit.old is not ABSENT and edit.new is not ABSENT:
        yield _NODE_VERSIONS.get(edit.path[-1], edit.path[-1]), str(edit.old), str(edit.new)


def _counts(changes: Sequence[Change]) -> dict[str, int]:
    counts: Counter[Term] = Counter(change.change for change in changes)
    counts.update(change.weight for change in changes)
    return {term.value: counts[term] for term in (*_CHANGES, *Weight) if counts[term]}


def _observed(founds: Iterable[Pair], options: CompareOptions) -> tuple[Change, ...]:
    """What changed by itself: differences in the observed parts."""
    changes = []
    for found in founds:
        record = _one(found)
        if not _wanted(record.id, None, options):
            continue
        if found.old is None or found.new is None:
            changes.append(Change(record.id, ChangeKind.ADDED if found.old is None else ChangeKind.REMOVED))
        else:
            differing = tuple(edits(found.old.observed, found.new.observed))
            changes.append(
                Change(record.id, ChangeKind.CHANGED, edits=differing, weights=(Weight.CONFIGURATION,) * len(differing))
            )
    return tuple(changes)


def _side(header: Header) -> Side:
    times = tuple(sorted({capture.time for capture in header.captures}))
    return Side(header.cluster.get("name", ""), header.cluster.get("uid", ""), times, header.records)


def require_two(old: Path | None, new: Path | None) -> tuple[Path, Path]:
    """Both files. Raises :class:`~rkedoc.errors.UsageError` if one is not given."""
    if old is None or new is None:
        raise UsageError("give two snapshots: rkedoc diff OLD NEW")
    return old, new
