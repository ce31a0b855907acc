"""A row of snapshots of one cluster, oldest first, and what changed from each to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.diff.model import Change, Diff
from rkedoc.diff.run import compare, compare_records
from rkedoc.errors import SnapshotError
from rkedoc.i18n import Message
from rkedoc.snapshot.reader import SUFFIXES, Snapshot, SnapshotFile

if TYPE_CHECKING:
    from rkedoc.catalog.loader import Catalog
    from rkedoc.snapshot.record import Header


@dataclass(frozen=True, slots=True)
class Point:
    """One snapshot of the row.

    ``time`` is that of its newest capture (RFC 3339, UTC). ``key`` stands for it in addresses and ``label`` on pages:
    the day, with the time of day where the row has several snapshots of one day. ``digest`` is equal for equal
    snapshots, packed or not.
    """

    path: Path
    header: Header
    time: str
    digest: str
    key: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """What changed from one snapshot to the next."""

    old: Point
    new: Point
    diff: Diff

    @property
    def key(self) -> str:
        """What stands for the step in addresses: the snapshot that it led to."""
        return self.new.key


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to one thing in one step."""

    step: HistoryStep
    change: Change


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A snapshot that was given and is not in the row, and why."""

    path: Path
    reason: str


class History:
    """The row, and its steps. ``points`` are oldest first, and the last of them is the snapshot that the site shows."""

    def __init__(self, points: Sequence[Point], steps: Sequence[HistoryStep], left_out: Sequence[LeftOut] = ()) -> None:
        self.points = tuple(points)
        self.steps = tuple(steps)
        self.left_out = tuple(left_out)

    def of(self, identifiers: Iterable[str]) -> tuple[Event, ...]:
        """What happened to the records of these ids, the newest first; under the names that they had before, too."""
        wanted = set(identifiers)
        found: list[Event] = []
        for step, changes in reversed(self._by_id):
            hit = [changes[identifier] for identifier in sorted(wanted) if identifier in changes]
            for change in hit:
                found.append(Event(step, change))
                if change.old_id is not None:
                    wanted = (wanted - {change.id}) | {change.old_id}
        return tuple(found)

    def since(self, path: Path, snapshot: Snapshot, catalog: Catalog) -> HistoryStep:
        """What has changed from the snapshot in ``path``, which may be one of the row or not, to the last of the row.

        Raises :class:`~rkedoc.errors.SnapshotError` if it cannot be read.
        """
        with SnapshotFile(path) as file:
            old = next(_named([_point(path, file.header)]))
            if self.steps and self.steps[-1].old.digest == old.digest:
                return self.steps[-1]
            new = self.points[-1]
            names = str(path), str(new.path)
            diff = compare_records(
                (file.header, iter(file)), (snapshot.header, iter(snapshot.records)), catalog, names=names
            )
            return HistoryStep(old, new, diff)

    @cached_property
    def _by_id(self) -> tuple[tuple[HistoryStep, Mapping[str, Change]], ...]:
        return tuple(
            (step, MappingProxyType({change.id: change for change in step.diff.changes})) for step in self.steps
        )


def history(paths: Iterable[Path], current: Path, snapshot: Snapshot, catalog: Catalog) -> History:
    """The row that ends with the ``current`` snapshot, which has been read already.

    ``paths`` are snapshots, and folders of them, in any order; the same one may be among them twice, and the current
    one too. What was collected later than the current one does not belong to the row. What is of another cluster, or
    cannot be read, is left out, and said to be.
    """
    last = _point(current, snapshot.header)
    given = tuple(paths)
    left_out: list[LeftOut] = []
    found = {last.digest: last}
    for path in snapshots_in(given):
        try:
            with SnapshotFile(path) as file:
                point = _point(path, file.header)
        except SnapshotError as error:
            left_out.append(LeftOut(path, _reason(error, path)))
            continue
        if not _same_cluster(point.header, last.header):
            if path in given:
                left_out.append(LeftOut(path, Message("it is of another cluster")))
        elif point.time <= last.time:
            found.setdefault(point.digest, point)
    earlier = sorted((point for point in found.values() if point is not last), key=lambda point: point.time)
    points, diffs = _compared([*_named([*earlier, last])], snapshot, catalog, left_out)
    steps = [HistoryStep(old, new, diff) for old, new, diff in zip(points, points[1:], diffs, strict=False)]
    return History(points, steps, left_out)


def _point(path: Path, header: Header) -> Point:
    return Point(path, header, header.time, header.digest)


def snapshots_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Every file that is named, and every snapshot that lies in a folder that is named."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES) and file.is_file())
        else:
            yield path


def newest(paths: Iterable[Path]) -> Path | None:
    """The snapshot that was collected last, of several the one named last; ``None`` if none can be read."""
    found: list[tuple[str, int, Path]] = []
    for place, path in enumerate(snapshots_in(paths)):
        try:
            with SnapshotFile(path) as file:
                found.append((file.header.time, place, path))
        except SnapshotError:
            continue
    return max(found)[2] if found else None


def _reason(error: SnapshotError, path: Path) -> str:
    """What is wrong with a file, without the path: the reason stands on a page, which tells nothing of the machine."""
    return str(error).removeprefix(f"{path}: ")


def _same_cluster(one: Header, other: Header) -> bool:
    mine, theirs = one.cluster.get("uid"), other.cluster.get("uid")
    return mine == theirs if mine and theirs else one.cluster.get("name") == other.cluster.get("name")


def _named(points: Sequence[Point]) -> Iterator[Point]:
    """The points with keys and labels that tell them apart."""
    days = Counter(point.time[:10] for point in points)
    minutes = Counter(point.time[:16] for point in points)
    times = Counter(point.time for point in points)
    for point in points:
        day, clock = point.time[:10], point.time[11:]
        length = 0 if days[day] == 1 else 5 if minutes[point.time[:16]] == 1 else len(clock)
        label = f"{day} {clock[:length].rstrip('Z')}".strip()
        key = point.time.lower().replace(":", "")
        if times[point.time] > 1:
            label, key = f"{label} ({point.digest[:8]})", f"{key}-{point.digest[:8]}x"
        yield replace(point, key=key, label=label)


def _compared(
    points: list[Point], snapshot: Snapshot, catalog: Catalog, left_out: list[LeftOut]
) -> tuple[list[Point], list[Diff]]:
    """The points that can be read, and the differences between each and the next."""
    kept, diffs = [points[-1]], []
    for point in reversed(points[:-1]):
        try:
            if len(kept) == 1:
                with SnapshotFile(point.path) as file:
                    records = (file.header, iter(file)), (snapshot.header, iter(snapshot.records))
                    names = str(point.path), str(kept[0].path)
                    diffs.append(compare_records(*records, catalog, names=names))
            else:
                diffs.append(compare(point.path, kept[-1].path, catalog))
        except SnapshotError as error:
            left_out.append(LeftOut(point.path, _reason(error, point.path)))
            continue
        kept.append(point)
    return kept[::-1], diffs[::-1]
