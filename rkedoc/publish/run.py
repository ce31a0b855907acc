"""Publish snapshots: build the site of each, put it beside the others, and make anew what leads to them.

What is to be built is planned first, from the snapshots alone (:mod:`rkedoc.publish.work`); an engine builds it, in any order
(:mod:`rkedoc.publish.engine`); each site is put into its place as soon as it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from rkedoc.errors import BuildError, RkedocError, UsageError
from rkedoc.publish.engine import Engine, Failure, one_by_one
from rkedoc.publish.portal.pages import portal
from rkedoc.publish.portal.sitemap import site_maps
from rkedoc.publish.portal.switch import cluster_page, switch_script
from rkedoc.publish.tree import Shelf
from rkedoc.publish.version import FILE, PublishedVersion, require_label
from rkedoc.publish.work import Earlier, Given, Manner, Product, Work, work_for
from rkedoc.redact.check import require_redacted
from rkedoc.snapshot.packing import pack
from rkedoc.snapshot.reader import SnapshotFile
from rkedoc.sphinxext.project import languages_in
from rkedoc.store.retention import RetentionRule, kept


@dataclass(frozen=True, slots=True)
class Published:
    """What came of publishing: versions that are there now and were not before, those that were, those built again, and those
    dropped, each as ``<cluster>/<version>``; ``failed`` are the snapshots and versions of which nothing came, each with the reason;
    ``warnings`` are Sphinx's."""

    new: tuple[str, ...]
    known: tuple[str, ...]
    renewed: tuple[str, ...]
    dropped: tuple[str, ...]
    failed: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Came:
    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def publish(
    snapshots: Sequence[Path], root: Path, *, cluster: str = "", label: str = "", keep: Sequence[RetentionRule] = (), renew: bool = False,
    engine: Engine = one_by_one, progress: Callable[[str], None] | None = None, **manner: Any,
) -> Published:  # fmt: skip
    """Publish each snapshot as a version of its cluster below ``root``.

    ``cluster`` is called so whatever the snapshots say; ``label`` is the name of the version, by default the day on which
    it was collected. A snapshot that is published already changes nothing, and a version that is there is not written
    again; but with ``renew`` the versions of these clusters (of all, if no snapshot is given) are built again whose key is not
    what it would be now: rkedoc, its catalog, the annotations, the manner, or the versions before are others. Each site knows the
    versions before it (:mod:`rkedoc.diff.history`). ``keep`` are rules by which older versions of these clusters are dropped.
    ``manner`` are the fields of :class:`~rkedoc.publish.work.Manner`.

    Of several snapshots, one that is at fault costs itself. Raises :class:`~rkedoc.errors.RkedocError` if an option is at fault, or if there is
    nothing else to publish; before anything is written.
    """
    if label:
        require_label(label)
        if len(snapshots) > 1:
            raise UsageError("--version names one version: give one snapshot with it")
    how = Manner(**manner)
    languages_in(how.language)
    build = _Build(Shelf(root), how, how.digest, engine, progress)
    shelf = build.shelf
    came = _Came()
    given = _read_all(snapshots, cluster, came)
    touched = dict.fromkeys(shelf.folder(one.cluster).name for one in given)
    if renew and not snapshots:
        touched = dict.fromkeys(shelf.clusters())
    try:
        try:
            _publish(build, given, label, came)
            if renew:
                _renew(build, touched, came)
        except BaseException:
            # What is in its place already is led to, whatever it was that ended the rest.
            if came.new or came.renewed:
                with suppress(RkedocError, OSError), shelf.locked():
                    lead(shelf)
            raise
        with shelf.locked():
            gone = [(name, label) for name in touched for label in _not_kept(shelf, shelf.root / name, keep)]
            # What leads to versions is made anew before they go, so that no reader meets a link to what is gone.
            lead(shelf, without=set(gone))
            for name, label in gone:
                shelf.drop(shelf.root / name, label)
                came.dropped.append(f"{name}/{label}")
        came.warnings += [
            f"{path.parent.name}/{path.name}: its {FILE} cannot be read, and it is left out of what leads to the versions"
            for path in sorted(shelf.broken)
        ]
    except OSError as error:
        raise BuildError(f"{error.filename or root}: {error.strerror or type(error).__name__}") from None
    # An engine gives them in any order.
    return Published(
        tuple(sorted(came.new)),
        tuple(came.known),
        tuple(sorted(came.renewed)),
        tuple(came.dropped),
        tuple(came.failed),
        tuple(came.warnings),
    )


@dataclass(frozen=True, slots=True)
class _Build:
    """How what is planned is built, and where."""

    shelf: Shelf
    manner: Manner
    digest: str
    engine: Engine
    progress: Callable[[str], None] | None

    def work(self, given: Given, label: str, folder: str, earlier: tuple[Earlier, ...]) -> Work:
        return work_for(given, label, folder, earlier, self.manner, self.digest)

    def done(self, works: Sequence[Work], came: _Came) -> Iterator[tuple[Work, Product]]:
        """Each work that came to something, as soon as it has. What was built is there until the next is asked for."""
        if not works:
            return
        with self.shelf.workroom() as room:
            for work, outcome in self.engine(works, room, self.progress):
                if isinstance(outcome, Failure):
                    came.failed.append(f"{work.name}: {outcome.reason}")
                else:
                    yield work, outcome


def _read_all(paths: Sequence[Path], cluster: str, came: _Came) -> list[Given]:
    """The snapshots that can be read, the oldest first. Raises what is wrong with the last if all are at fault."""
    found: list[Given] = []
    wrong: RkedocError | None = None
    for path in paths:
        try:
            found.append(_read(path, cluster))
        except RkedocError as error:
            came.failed.append(str(error))
            wrong = error
    if wrong is not None and not found:
        raise wrong
    return sorted(found, key=lambda one: one.order)


def _read(path: Path, cluster: str) -> Given:
    with SnapshotFile(path) as file:
        header = file.header
    return Given(path, header, cluster or str(header.cluster.get("name") or "") or "cluster")


def _publish(build: _Build, given: Sequence[Given], wanted: str, came: _Came) -> None:
    """Build the sites of snapshots and put them into their places, unless they are there.

    Where somebody else takes the place of one in the meantime, with the same snapshot or with another one, it is planned again.
    """
    left = list(given)
    refused: dict[Path, RkedocError] = {}
    while left:
        folders: dict[str, list[Given]] = {}
        for one in left:
            folders.setdefault(build.shelf.folder(one.cluster).name, []).append(one)
        works = [work for name, mine in folders.items() for work in _planned(build, name, mine, wanted, came, refused)]
        left = []
        for work, product in build.done(works, came):
            if _put(build.shelf, work, product):
                came.new.append(work.name)
                came.warnings += product.warnings
            else:
                left.append(work.given)
    if refused and not (came.new or came.known or came.failed):
        raise next(iter(refused.values()))
    came.failed += [str(error) for error in refused.values()]


def _planned(
    build: _Build, name: str, given: Sequence[Given], wanted: str, came: _Came, refused: dict[Path, RkedocError]
) -> list[Work]:
    """The works for the snapshots of one cluster that are not published yet, the oldest first."""
    folder = build.shelf.root / name
    there = build.shelf.versions(folder)
    taken = {path.name.lower() for path in folder.iterdir()} if folder.is_dir() else set()
    labels: dict[str, str] = {}
    fresh: list[Given] = []
    for one in given:
        try:
            _check(build.shelf, folder, one, there)
            if known := _known(there, one, wanted) or labels.get(one.digest, ""):
                came.known.append(f"{name}/{known}")
                continue
            _require_whole(one.path)
            labels[one.digest] = _label(folder, one, wanted, taken)
        except RkedocError as error:
            refused[one.path] = error
            continue
        taken.add(labels[one.digest].lower())
        fresh.append(one)
    row = _row(build.shelf, folder, there) | {
        one.order: Earlier(labels[one.digest], one.path, one.digest) for one in fresh
    }
    return [build.work(one, labels[one.digest], name, _before(row, one.order)) for one in fresh]


def _require_whole(path: Path) -> None:
    """Raises :class:`~rkedoc.errors.SnapshotError` for a snapshot that is not whole, or in which something is not redacted."""
    with SnapshotFile(path) as file:
        require_redacted(path, file)


def _row(shelf: Shelf, folder: Path, there: Sequence[PublishedVersion]) -> dict[tuple[str, str], Earlier]:
    """The versions of a cluster whose snapshots are there, by time and content."""
    found = {
        (version.time, version.snapshot): Earlier(
            version.label, shelf.snapshot(folder, version.label), version.snapshot
        )
        for version in there
    }
    return {order: one for order, one in found.items() if one.path.is_file()}


def _before(row: Mapping[tuple[str, str], Earlier], order: tuple[str, str]) -> tuple[Earlier, ...]:
    """What comes before a place in the row, the newest first."""
    return tuple(row[place] for place in sorted(row, reverse=True) if place < order)


def _check(shelf: Shelf, folder: Path, given: Given, there: Sequence[PublishedVersion]) -> None:
    """Whether a snapshot may be published in a folder. Raises :class:`~rkedoc.errors.RkedocError` if not."""
    broken = any(path.parent == folder for path in shelf.broken)
    if folder.is_dir() and not there and not broken and any(folder.iterdir()):
        raise BuildError(f"{folder} holds something that rkedoc did not publish: choose another name with --cluster")
    for version in there:
        if given.uid and version.uid and version.uid != given.uid:
            raise UsageError(
                f"{folder.name} is another cluster (its kube-system has another uid): give this one a name with --cluster"
            )


def _label(folder: Path, given: Given, wanted: str, taken: set[str]) -> str:
    """The name of a new version. Raises :class:`~rkedoc.errors.UsageError` if the wanted one is taken."""
    if not wanted:
        return next(name for name in _names(given.time) if name.lower() not in taken)
    if wanted.lower() in taken:
        raise UsageError(
            f"{folder.name}/{wanted} is there, with other contents, and a version is never written again: choose another "
            "--version"
        )
    return wanted


def _known(there: Sequence[PublishedVersion], given: Given, wanted: str) -> str:
    """The version that shows this snapshot already; empty if there is none."""
    found = [version.label for version in there if version.snapshot == given.digest]
    if wanted:
        return wanted if wanted in found else ""
    return found[-1] if found else ""


def _names(time: str) -> Iterator[str]:
    """Names for a version of this time: the day, the minute, and then numbers."""
    day = time[:10] or "undated"
    yield day
    clock = "".join(character for character in time[11:16] if character.isdigit())
    base = f"{day}-{clock}" if clock else day
    if clock:
        yield base
    yield from (f"{base}-{number}" for number in count(2))


def _put(shelf: Shelf, work: Work, product: Product) -> bool:
    """Put what was built into its place, with its snapshot. False if somebody else has taken the name in the meantime."""
    packed = product.folder.with_name("snapshot")
    pack(work.given.path, packed)
    folder = shelf.root / work.folder
    with shelf.locked():
        if (folder / work.label).exists():
            return False
        shelf.put(product.folder, folder, work.label, packed)
        _lead_to(shelf, work.folder, shelf.versions(folder))
    return True


def _renew(build: _Build, names: Iterable[str], came: _Came) -> None:
    """Build those versions again that would be built otherwise now, as far as their snapshots are kept."""
    works = []
    for name in names:
        folder = build.shelf.root / name
        versions = build.shelf.versions(folder)
        row = _row(build.shelf, folder, versions)
        for version in versions:
            order = version.time, version.snapshot
            if order not in row:
                came.warnings.append(f"{name}/{version.label}: its snapshot is not kept, and it stays as it was built")
                continue
            try:
                given = _read(row[order].path, version.cluster)
            except RkedocError as error:
                came.failed.append(str(error))
                continue
            work = build.work(given, version.label, name, _before(row, order))
            if work.key != version.key:
                works.append(work)
    for work, product in build.done(works, came):
        folder = build.shelf.root / work.folder
        with build.shelf.locked():
            if any(
                one.label == work.label and one.snapshot == work.given.digest for one in build.shelf.versions(folder)
            ):
                build.shelf.replace(product.folder, folder, work.label)
                came.renewed.append(work.name)
                came.warnings += product.warnings


def _not_kept(shelf: Shelf, folder: Path, keep: Sequence[RetentionRule]) -> list[str]:
    """The labels of the versions of a cluster that no rule keeps."""
    times = {version.label: version.time for version in shelf.versions(folder)}
    stays = kept(times, keep)
    return [label for label in times if label not in stays]


def lead(shelf: Shelf, without: set[tuple[str, str]] | None = None) -> None:
    """Make anew what leads to the versions, but for those ``without``, as (folder, label). The lock must be held."""
    clusters = {
        folder: [version for version in versions if (folder, version.label) not in (without or ())]
        for folder, versions in shelf.clusters().items()
    }
    clusters = {folder: versions for folder, versions in clusters.items() if versions}
    for folder, versions in clusters.items():
        _lead_to(shelf, folder, versions)
    shelf.write(".nojekyll", "")
    shelf.write_portal({**portal(shelf.root, clusters), **site_maps(clusters)})


def _lead_to(shelf: Shelf, folder: str, versions: Sequence[PublishedVersion]) -> None:
    """Make anew what leads to the versions of one cluster, the newest of which comes first. The lock must be held."""
    shelf.write(f"{folder}/versions.js", switch_script(versions))
    shelf.write(f"{folder}/index.html", cluster_page(versions[0].cluster))
    shelf.show_latest(shelf.root / folder, versions[0].label)
