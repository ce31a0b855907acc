"""Publish snapshots: build the site of each, put it beside the others, and make anew what leads to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import zstandard

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.distribution import ClusterIdentity, distribution
from rkedoc.cluster.model import Cluster
from rkedoc.diff.history import content_digest, history, moment
from rkedoc.errors import BuildError, UsageError
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.i18n import LANGUAGES
from rkedoc.publish.pages import cluster_page, start_pages, switch_script
from rkedoc.publish.retention import RetentionRule, kept
from rkedoc.publish.tree import Shelf
from rkedoc.publish.version import FILE, PublishedVersion, require_label
from rkedoc.redact.check import require_redacted
from rkedoc.snapshot.reader import SnapshotFile, load
from rkedoc.snapshot.record import Header
from rkedoc.sphinxext.events import FILE_MODE
from rkedoc.sphinxext.project import build_site, languages_in
from rkedoc.vocabulary import Origin, Weight

_TELLING = frozenset({"Kubernetes", "container runtime", "container engine", "Rancher", "Rancher server"})
_RAISED = 6
"""Versions that rose, as many as the start page has room for; the rest stands on the page of changes."""


@dataclass(frozen=True, slots=True)
class Published:
    """What came of publishing: versions that are there now and were not before, those that were, and those dropped, each
    as ``<cluster>/<version>``; ``warnings`` are Sphinx's."""

    new: tuple[str, ...]
    known: tuple[str, ...]
    dropped: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Came:
    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Given:
    """A snapshot that is to be published."""

    path: Path
    header: Header
    cluster: str

    @property
    def digest(self) -> str:
        return content_digest(self.header)

    @property
    def time(self) -> str:
        return moment(self.header)


def publish(
    snapshots: Sequence[Path], root: Path, *, cluster: str = "", label: str = "", keep: Sequence[RetentionRule] = (),
    progress: Callable[[str], None] | None = None, **site: Any,
) -> Published:  # fmt: skip
    """Publish each snapshot as a version of its cluster below ``root``, the oldest first.

    ``cluster`` is called so whatever the snapshots say; ``label`` is the name of the version, by default the day on which
    it was collected. A snapshot that is published already changes nothing, and a version that is there is never written
    again. Each site knows the versions before it (:mod:`rkedoc.diff.history`). ``keep`` are rules by which older versions
    of these clusters are dropped. ``site`` goes to :func:`~rkedoc.sphinxext.project.build_site`.

    Raises :class:`~rkedoc.errors.RkedocError`; before anything is written if a snapshot or an option is at fault.
    """
    if label:
        require_label(label)
        if len(snapshots) > 1:
            raise UsageError("--version names one version: give one snapshot with it")
    languages_in(str(site.get("language", "en")))
    given = sorted((_read(path, cluster) for path in snapshots), key=lambda one: one.time)
    came = _Came()
    try:
        shelf = Shelf(root)
        for one in given:
            _publish(shelf, one, label, came, progress, site)
        with shelf.locked():
            for name in dict.fromkeys(one.cluster for one in given):
                _drop(shelf, shelf.folder(name), keep, came)
            _lead(shelf)
        came.warnings += [
            f"{path.parent.name}/{path.name}: its {FILE} cannot be read, and it is left out of what leads to the versions"
            for path in sorted(shelf.broken)
        ]
    except OSError as error:
        raise BuildError(f"{error.filename or root}: {error.strerror or type(error).__name__}") from None
    return Published(tuple(came.new), tuple(came.known), tuple(came.dropped), tuple(came.warnings))


def _read(path: Path, cluster: str) -> _Given:
    with SnapshotFile(path) as file:
        header = file.header
        require_redacted(path, file)
    name = cluster or str(header.cluster.get("name") or "") or "cluster"
    return _Given(path, header, name)


def _publish(
    shelf: Shelf, given: _Given, wanted: str, came: _Came, progress: Callable[[str], None] | None, site: dict[str, Any]
) -> None:
    """Build a snapshot's site and put it into its place, unless it is there."""
    folder = shelf.folder(given.cluster)
    while True:
        label = _label(shelf, folder, given, wanted)
        if label is None:
            came.known.append(f"{folder.name}/{_known(shelf, folder, given, wanted)}")
            return
        if progress is not None:
            progress(f"publishing {folder.name}/{label}")
        with shelf.workroom() as room:
            before = [
                path
                for version in shelf.versions(folder)
                if version.time <= given.time and (path := shelf.snapshot(folder, version.label)).is_file()
            ]
            built = build_site(given.path, room / "site", history=before, version=label, progress=progress, **site)
            version = _described(given, label, built.folder, before[:1], str(site.get("language", "en")))
            (built.folder / FILE).write_text(version.to_json(), "utf-8")
            (built.folder / FILE).chmod(FILE_MODE)
            packed = room / "snapshot"
            _pack(given.path, packed)
            with shelf.locked():
                if not (folder / label).exists():
                    shelf.put(built.folder, folder, label, packed)
                    came.new.append(f"{folder.name}/{label}")
                    came.warnings += built.warnings
                    _lead(shelf)
                    return
        # Somebody else took the name in the meantime: with the same snapshot, or with another one.


def _label(shelf: Shelf, folder: Path, given: _Given, wanted: str) -> str | None:
    """The name of the new version; ``None`` if the snapshot is published already.

    Raises :class:`~rkedoc.errors.UsageError` if the cluster is another one, or the wanted name is taken.
    """
    there = shelf.versions(folder)
    broken = any(path.parent == folder for path in shelf.broken)
    if folder.is_dir() and not there and not broken and any(folder.iterdir()):
        raise BuildError(f"{folder} holds something that rkedoc did not publish: choose another name with --cluster")
    uid = str(given.header.cluster.get("uid") or "")
    for version in there:
        if uid and version.uid and version.uid != uid:
            raise UsageError(
                f"{folder.name} is another cluster (its kube-system has another uid): give this one a name with --cluster"
            )
    if _known(shelf, folder, given, wanted):
        return None
    taken = {path.name.lower() for path in folder.iterdir()} if folder.is_dir() else set()
    if wanted:
        if wanted.lower() in taken:
            raise UsageError(
                f"{folder.name}/{wanted} is there, with other contents, and a version is never written again: choose another "
                "--version"
            )
        return wanted
    return next(name for name in _names(given.time) if name.lower() not in taken)


def _known(shelf: Shelf, folder: Path, given: _Given, wanted: str) -> str:
    """The version that shows this snapshot already; empty if there is none."""
    found = [version.label for version in shelf.versions(folder) if version.snapshot == given.digest]
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


def _described(given: _Given, label: str, built: Path, before: Sequence[Path], language: str) -> PublishedVersion:
    """What the version says of itself."""
    snapshot = load(given.path)
    catalog = load_catalog()
    cluster = Cluster(snapshot, catalog)
    lines = build_ledger(cluster).lines
    found = distribution(cluster)
    origins = Counter(line.origin for line in lines)
    steps = history(before, given.path, snapshot, catalog).steps
    diff = steps[-1].diff if steps else None
    return PublishedVersion(
        cluster=given.cluster,
        uid=str(given.header.cluster.get("uid") or ""),
        label=label,
        time=given.time,
        snapshot=given.digest,
        languages=languages_in(language),
        pages=tuple(
            sorted(path.relative_to(built).as_posix() for path in built.rglob("*.html") if "_static" not in path.parts)
        ),
        distribution=found.name,
        versions=_versions(found),
        nodes=len(cluster.nodes()),
        namespaces=len(cluster.namespaces()),
        workloads=len(cluster.workloads()),
        containers={
            origin.value: origins[origin] for origin in Origin if origins[origin] or origin == Origin.UNEXPLAINED
        },
        running=sum(1 for line in lines if line.state == "running"),
        since=before[0].name.removesuffix(".ndjson.zst") if diff is not None else "",
        changes={weight.value: diff.counts[weight] for weight in Weight if weight in diff.counts}
        if diff is not None
        else {},
        raised=tuple((version.name, version.old, version.new) for version in diff.versions[:_RAISED]) if diff else (),
    )


def _versions(found: ClusterIdentity) -> tuple[tuple[str, str], ...]:
    """The versions that say most of a cluster."""
    return tuple((name, value) for name, value, _where in found.versions if name in _TELLING)


def _pack(source: Path, target: Path) -> None:
    """A packed copy of a snapshot, whether it was packed or not."""
    with source.open("rb") as stream, target.open("wb") as out:
        packed = stream.read(4) == zstandard.FRAME_HEADER
        stream.seek(0)
        if packed:
            while chunk := stream.read(1 << 20):
                out.write(chunk)
        else:
            zstandard.ZstdCompressor().copy_stream(stream, out)


def _drop(shelf: Shelf, folder: Path, keep: Sequence[RetentionRule], came: _Came) -> None:
    """Drop the versions that no rule keeps. The lock must be held; what leads to versions is made anew first."""
    versions = shelf.versions(folder)
    stays = kept({version.label: version.time for version in versions}, keep)
    gone = [version for version in versions if version.label not in stays]
    if gone:
        _lead(shelf, without={(folder.name, version.label) for version in gone})
    for version in gone:
        shelf.drop(folder, version.label)
        came.dropped.append(f"{folder.name}/{version.label}")


def _lead(shelf: Shelf, without: set[tuple[str, str]] | None = None) -> None:
    """Make anew what leads to the versions. The lock must be held."""
    clusters = {
        folder: [version for version in versions if (folder, version.label) not in (without or ())]
        for folder, versions in shelf.clusters().items()
    }
    for folder, versions in clusters.items():
        shelf.write(f"{folder}/versions.js", switch_script(versions))
        shelf.write(f"{folder}/index.html", cluster_page(versions[0].cluster))
        shelf.show_latest(shelf.root / folder, versions[0].label)
    shelf.write(".nojekyll", "")
    pages = start_pages(clusters)
    for name, text in pages.items():
        shelf.write(name, text)
    for code in LANGUAGES:
        if f"index.{code}.html" not in pages:
            shelf.remove(f"index.{code}.html")
