"""What was removed here and added there, and is the same all the same: renamed namespaces, other kinds, other names.

Only strong evidence counts, and it is shown. Whatever could be two things stays removed and added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rkedoc.catalog.images import parse_image
from rkedoc.diff.canonical import Canonical, at
from rkedoc.diff.compare import edits
from rkedoc.diff.join import Pair
from rkedoc.diff.model import without_fingerprints
from rkedoc.diff.rules import Rename
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.identity import ON_NODE
from rkedoc.snapshot.kinds import WORKLOADS
from rkedoc.snapshot.record import Record, canonical

_MOST = 0.5
"""Of the objects of a renamed namespace, at least this part has to be found again under the new name."""


@dataclass(frozen=True, slots=True)
class Move:
    """The same thing under two ids, and why it is the same."""

    found: Pair
    evidence: Message


def moves(
    removed: Sequence[Pair], added: Sequence[Pair], renames: Sequence[Rename]
) -> tuple[list[Move], list[Pair], list[Pair]]:
    """The moves, and what stays removed and added."""
    seeker = _Seeker(removed, added)
    seeker.namespaces(renames)
    seeker.kinds()
    seeker.places()
    seeker.names()
    return seeker.moves, list(seeker.removed.values()), list(seeker.added.values())


class _Seeker:
    def __init__(self, removed: Sequence[Pair], added: Sequence[Pair]) -> None:
        self.removed = {_record(found).id: found for found in removed}
        self.added = {_record(found).id: found for found in added}
        self.moves: list[Move] = []

    def _take(self, old: str, new: str, evidence: Message) -> None:
        one, other = self.removed.pop(old), self.added.pop(new)
        assert one.old_view is not None
        assert other.new_view is not None
        # Fingerprints are made with the id of the record: under another id the same value has another one.
        before, after = without_fingerprints(one.old_view), without_fingerprints(other.new_view)
        pair = Pair(one.old, other.new, before, after, tuple(edits(before, after)))
        self.moves.append(Move(pair, evidence))

    def namespaces(self, renames: Sequence[Rename]) -> None:
        """Namespaces, and nodes, of which most objects are there again under another name."""
        for group_kind, title, holds in (
            ("core/Namespace", N_("namespace {old} became {new}"), _in_namespace),
            ("core/Node", N_("node {old} became {new}"), _on_node),
        ):
            gone = [
                record.name
                for record in map(_record, self.removed.values())
                if f"{record.group}/{record.kind}" == group_kind
            ]
            come = [
                record.name
                for record in map(_record, self.added.values())
                if f"{record.group}/{record.kind}" == group_kind
            ]
            if not gone or not come:
                continue
            mine, theirs = _contents(self.removed, holds), _contents(self.added, holds)
            for old, new, evidence in _pairs(
                gone, come, mine, theirs, renames if group_kind == "core/Namespace" else ()
            ):
                shared = mine.get(old, {}).keys() & theirs.get(new, {}).keys()
                self._take(f"{group_kind}/-/{old}", f"{group_kind}/-/{new}", evidence)
                for key in sorted(shared):
                    self._take(mine[old][key], theirs[new][key], Message(title, old=old, new=new))

    def kinds(self) -> None:
        """A workload of the same name and place that another kind of controller manages now."""
        self._seek(
            lambda record: f"{record.namespace}/{record.name}",
            N_("the same name and place, and the same images: {images}"),
        )

    def places(self) -> None:
        """A workload of the same kind and name in another namespace."""
        self._seek(
            lambda record: f"{record.kind}/{record.name}", N_("the same kind and name, and the same images: {images}")
        )

    def names(self) -> None:
        """A workload of the same kind and place under another name, with the same containers."""
        self._seek(
            lambda record: f"{record.kind}/{record.namespace}",
            N_("the same containers in the same place: {images}"),
            whole=True,
        )

    def _seek(self, key: Callable[[Record], str], evidence: str, *, whole: bool = False) -> None:
        groups: tuple[dict[tuple[str, str], list[str]], dict[tuple[str, str], list[str]]] = ({}, {})
        for side, founds in enumerate((self.removed, self.added)):
            for identifier, found in founds.items():
                record = _record(found)
                images = _images(found) if record.kind in WORKLOADS else ""
                if images:
                    mark = f"{images} {_containers(found)}" if whole else images
                    groups[side].setdefault((key(record), mark), []).append(identifier)
        for together in sorted(groups[0].keys() & groups[1].keys()):
            old, new = groups[0][together], groups[1][together]
            if len(old) == len(new) == 1:
                self._take(old[0], new[0], Message(evidence, images=_images(self.removed[old[0]])))


def _record(found: Pair) -> Record:
    record = found.old if found.old is not None else found.new
    assert record is not None
    return record


def _view(found: Pair) -> Canonical:
    view = found.old_view if found.old_view is not None else found.new_view
    assert view is not None
    return view


def _in_namespace(record: Record) -> str | None:
    return record.namespace if record.group not in ON_NODE else None


def _on_node(record: Record) -> str | None:
    return record.namespace if record.group in ON_NODE else None


def _contents(founds: Mapping[str, Pair], holds: Callable[[Record], str | None]) -> dict[str, dict[str, str]]:
    """By place, the ids of what lies in it, by what they would be called in any place."""
    found: dict[str, dict[str, str]] = {}
    for identifier, item in founds.items():
        record = _record(item)
        place = holds(record)
        if place is not None:
            found.setdefault(place, {})[f"{record.group}/{record.kind}/{record.name}"] = identifier
    return found


def _pairs(
    gone: Sequence[str], come: Sequence[str], mine: Mapping[str, Mapping[str, str]],
    theirs: Mapping[str, Mapping[str, str]], renames: Sequence[Rename],
) -> Iterator[tuple[str, str, Message]]:  # fmt: skip
    """Old names with their new ones: the pairs that share most, each name once."""
    known = {(rename.old, rename.new): rename.reason for rename in renames}
    rated = []
    for old in gone:
        for new in come:
            one, other = mine.get(old, {}), theirs.get(new, {})
            shared, whole = len(one.keys() & other.keys()), max(len(one), len(other))
            reason = known.get((old, new), "")
            if reason or (shared and shared / whole >= _MOST):
                rated.append((not reason, -shared, old, new, _shown(shared, len(one), reason)))
    used: set[tuple[int, str]] = set()
    for _unknown, _score, old, new, evidence in sorted(rated):
        if (0, old) not in used and (1, new) not in used:
            used |= {(0, old), (1, new)}
            yield old, new, evidence


def _shown(shared: int, of: int, reason: str) -> Message:
    text = Message("{shared} of {count} objects have the same kind and name there", shared=shared, count=of)
    return Message("{reason}; {more}", reason=reason, more=text) if reason else text


def _pod(found: Pair) -> Canonical | None:
    """The specification of the pods of a workload."""
    view = _view(found)
    for path in (("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"), ("spec",)):
        pod = at(view, path)
        if at(pod, ("containers",)):
            return pod if isinstance(pod, Mapping) else None
    return None


def _containers(found: Pair) -> str:
    return canonical(at(_pod(found), ("containers",)) or {}).decode()


def _images(found: Pair) -> str:
    """The names and images of a workload's containers, without tags."""
    containers = at(_pod(found), ("containers",))
    if not isinstance(containers, Mapping):
        return ""
    shown = []
    for key in sorted(containers):
        image = at(containers[key], ("image",))
        shown.append(f"{key.strip('[]')} {parse_image(image).path if isinstance(image, str) else '?'}")
    return ", ".join(shown)
