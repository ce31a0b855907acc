"""The folder that holds the sites of all clusters and versions, and what in it belongs to whom.

::

    SITE/index.html                     the portal: clusters, what is not well, their versions; beside it its other pages and its feed
    SITE/_portal/                       its data, style and script
    SITE/<cluster>/<version>/           a site; once there, never written again
    SITE/<cluster>/latest/              the newest of them
    SITE/<cluster>/feed.xml             what changed in it, for readers of feeds
    SITE/<cluster>/versions.js          what the pages of all versions read to lead from one to the other
    SITE/.rkedoc/snapshots/<cluster>/   the snapshots of the versions, to compare later ones with (mode 0700)
    SITE/.rkedoc/lock                   held by whoever writes anything but a version of his own

What leads to the versions is made anew from what is there, so it is right again after whatever went wrong.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from filecmp import cmp
from pathlib import Path
from typing import BinaryIO

from rkedoc.errors import BuildError
from rkedoc.publish.portal.pages import FOLDER
from rkedoc.publish.portal.sitemap import MARK as SITEMAP_MARK
from rkedoc.publish.version import FILE, LATEST, PublishedVersion, read_version
from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.events import FILE_MODE, FOLDER_MODE

_PRIVATE = ".rkedoc"
_PRIVATE_MODE = 0o700
_SNAPSHOTS = "snapshots"
_ROOM_LOCK = "held"
_SUFFIX = ".ndjson.zst"
MARK = '<meta name="generator" content="rkedoc">'
"""What the pages that lead to versions hold, by which a later run knows them."""


class Shelf:
    """The folder of all sites. Raises :class:`~rkedoc.errors.BuildError` if it belongs to something else.

    Below it nothing is written through a symbolic link, wherever that points: what is written to is looked at component by
    component, and a file is made new and then put into its place. ``broken`` are the folders whose file about their version
    cannot be read, as far as they were met.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.broken: set[Path] = set()
        self._private = root / _PRIVATE
        if root.exists() and not root.is_dir():
            raise BuildError(f"{root} is not a folder: choose another one with -o")
        start = root / "index.html"
        if not self._private.is_dir() and start.exists() and MARK not in start.read_text("utf-8", "replace"):
            raise BuildError(f"{root} holds a site that is not one of rkedoc publish: choose another folder with -o")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock: no other publisher puts a version into its place, or writes what leads to them."""
        with self._holding("lock"):
            yield

    @contextmanager
    def workroom(self) -> Iterator[Path]:
        """A folder to build in, on the same file system; it is gone afterwards. So is what a run that was killed left.

        Whoever works in a folder holds a lock on a file in it, which ends with the process.
        """
        with ExitStack() as stack:
            with self._holding("rooms"):
                for left in self._private.glob("work-*"):
                    if not left.is_symlink() and _is_abandoned(left):
                        shutil.rmtree(left, ignore_errors=True)
                held = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="work-", dir=self._private)))
                stack.enter_context(_locked_file(held / _ROOM_LOCK))
            room = held / "room"
            room.mkdir(mode=_PRIVATE_MODE)
            yield room

    @contextmanager
    def _holding(self, name: str) -> Iterator[None]:
        if not self.root.exists():
            self.root.mkdir(parents=True)
            self.root.chmod(FOLDER_MODE)
        self._made(self._private, _PRIVATE_MODE)
        with _locked_file(self._safe(self._private / name)):
            yield

    def folder(self, cluster: str) -> Path:
        """The folder of a cluster."""
        return self.root / page_key(cluster)

    def clusters(self) -> Mapping[str, tuple[PublishedVersion, ...]]:
        """The versions of each cluster by the name of its folder, the newest first."""
        found: dict[str, tuple[PublishedVersion, ...]] = {}
        if not self.root.is_dir():
            return found
        for folder in sorted(path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith(".")):
            versions = tuple(self.versions(folder))
            if versions and not folder.is_symlink():
                found[folder.name] = versions
        return found

    def versions(self, folder: Path) -> list[PublishedVersion]:
        """The versions in the folder of a cluster, the newest first."""
        if not folder.is_dir():
            return []
        found = []
        for path in folder.iterdir():
            if path.name == LATEST or not path.is_dir():
                continue
            version = read_version(path)
            if version is not None and version.label == path.name:
                found.append(version)
            elif os.path.lexists(path / FILE):
                self.broken.add(path)
        return sorted(found, key=lambda version: (version.time, version.label), reverse=True)

    def snapshot(self, folder: Path, label: str) -> Path:
        """Where the snapshot of a version is kept. It may be gone: then later versions are not compared with it."""
        return self._safe(self._private / _SNAPSHOTS / folder.name / f"{label}{_SUFFIX}")

    def put(self, built: Path, folder: Path, label: str, snapshot: Path) -> None:
        """Put a site that was built into its place, with its snapshot. The lock must be held."""
        self._made(folder, FOLDER_MODE)
        self._made(self._made(self._private / _SNAPSHOTS, _PRIVATE_MODE) / folder.name, _PRIVATE_MODE)
        _copied(snapshot, self.snapshot(folder, label), 0o600)
        built.chmod(FOLDER_MODE)
        built.rename(self._safe(folder / label))

    def replace(self, built: Path, folder: Path, label: str) -> None:
        """Put a version that was built again into the place of what it was. The lock must be held."""
        built.chmod(FOLDER_MODE)
        with self.workroom() as room:
            (self._safe(folder / label)).rename(room / "old")
            built.rename(folder / label)

    def drop(self, folder: Path, label: str) -> None:
        """Take a version away, with its snapshot: the folder leaves its place at once, and is then emptied."""
        self._safe(folder)
        with self.workroom() as room:
            (folder / label).rename(room / "dropped")
        self.snapshot(folder, label).unlink(missing_ok=True)

    def drop_cluster(self, folder: str) -> None:
        """Take away what is left of a cluster without versions: what led to them, and the folder if nothing else lies in it."""
        place = self._safe(self.root / folder)
        if (place / LATEST).is_dir():
            shutil.rmtree(self._safe(place / LATEST))
        for name in ("versions.js", "index.html"):
            (place / name).unlink(missing_ok=True)
        kept = self._safe(self._private / _SNAPSHOTS / folder)
        for left in (kept, place):
            if left.is_dir() and not any(left.iterdir()):
                left.rmdir()

    def drop_tables(self) -> None:
        """Take away the tables of all clusters, which whoever asks next makes anew from the snapshots that are there."""
        tables = self._safe(self._private / "tables")
        if tables.is_dir():
            shutil.rmtree(tables)

    def show_latest(self, folder: Path, label: str) -> None:
        """Make the folder ``latest`` equal to a version, file by file, so that no page is missing at any moment.

        A link in its place, which saves space, is replaced: followed, it would write into a version. What it says of itself is
        the first to go and the last to come: where that is right, so is the rest.
        """
        source, target = self._safe(folder / label), folder / LATEST
        self._safe(folder)
        _unlinked(target)
        self._made(target, FOLDER_MODE)
        said = target / FILE
        if said.is_file() and not said.is_symlink() and cmp(source / FILE, said, shallow=False):
            return
        said.unlink(missing_ok=True)
        wanted = {path.relative_to(source) for path in source.rglob("*")} - {Path(FILE)}
        for relative in sorted(wanted):
            origin, place = source / relative, target / relative
            _unlinked(place)
            if origin.is_dir():
                self._made(place, FOLDER_MODE)
            elif not place.is_file() or not cmp(origin, place, shallow=False):
                _copied(origin, place, FILE_MODE)
        for path in sorted(target.rglob("*"), reverse=True):
            if path.relative_to(target) not in wanted:
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        _copied(source / FILE, said, FILE_MODE)

    def write(self, relative: str, text: str) -> None:
        """Write a page that leads to versions, if it is not as it should be: whole, or not at all."""
        path = self.root / relative
        self._safe(path.parent)
        content = text.encode("utf-8", "backslashreplace")
        if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
            return
        _put(path, FILE_MODE, lambda stream: stream.write(content))

    def write_portal(self, files: Mapping[str, str]) -> None:
        """Write the files of the portal, whose paths are given, and remove those that an earlier run wrote and nothing needs any more."""
        for relative in sorted(files):
            folder = self.root
            for part in Path(relative).parts[:-1]:
                folder = self._made(folder / part, FOLDER_MODE)
            self.write(relative, files[relative])
        ours = (path for path in (self.root / FOLDER).rglob("*") if path.is_file() or path.is_symlink())
        pages = (
            path for path in self.root.glob("*.html") if path.is_file() and MARK in path.read_text("utf-8", "replace")
        )
        maps = (
            path
            for path in (self.root / "sitemap.xml", *self.root.glob("*/sitemap.xml"))
            if path.is_file() and SITEMAP_MARK in path.read_text("utf-8", "replace")
        )
        for path in [*ours, *pages, *maps, *self.root.glob("*/feed.xml")]:
            if path.relative_to(self.root).as_posix() not in files:
                self._safe(path.parent)
                path.unlink()

    def _safe(self, path: Path) -> Path:
        """A path below the root of which no component is a symbolic link. Raises :class:`~rkedoc.errors.BuildError`."""
        one = self.root
        for part in path.relative_to(self.root).parts:
            one = one / part
            if one.is_symlink():
                raise BuildError(
                    f"{one} is a symbolic link, and rkedoc writes through none: put a folder or a file there"
                )
        return path

    def _made(self, path: Path, mode: int) -> Path:
        """A folder of ours, with its mode whatever the process's mask is."""
        if not self._safe(path).is_dir():
            path.mkdir()
            path.chmod(mode)
        return path


@contextmanager
def _locked_file(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is made if it is not there."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(handle, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_abandoned(room: Path) -> bool:
    """Whether nobody works in a folder any more."""
    try:
        handle = os.open(room / _ROOM_LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _unlinked(path: Path) -> None:
    if path.is_symlink():
        path.unlink()


def _copied(source: Path, target: Path, mode: int) -> None:
    with source.open("rb") as stream:
        _put(target, mode, lambda out: shutil.copyfileobj(stream, out))


def _put(path: Path, mode: int, fill: Callable[[BinaryIO], object]) -> None:
    """A file in its place whole, or not at all: made new beside it, so that a link there is replaced and not followed."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as stream:
        os.fchmod(stream.fileno(), mode)
        fill(stream)
    fresh.replace(path)
