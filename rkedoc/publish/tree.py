"""The folder that holds the sites of all clusters and versions, and what in it belongs to whom.

::

    SITE/index.html                     clusters, their versions, what changed last
    SITE/<cluster>/<version>/           a site; once there, never written again
    SITE/<cluster>/latest/              the newest of them
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
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from filecmp import cmp
from pathlib import Path

from rkedoc.errors import BuildError
from rkedoc.publish.version import LATEST, PublishedVersion, read_version
from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.events import FILE_MODE, FOLDER_MODE

_PRIVATE = ".rkedoc"
_PRIVATE_MODE = 0o700
_SNAPSHOTS = "snapshots"
_ABANDONED = 86_400
"""Seconds after which nobody builds in a folder any more."""
_SUFFIX = ".ndjson.zst"
MARK = '<meta name="generator" content="rkedoc">'
"""What the pages that lead to versions hold, by which a later run knows them."""


class Shelf:
    """The folder of all sites. Raises :class:`~rkedoc.errors.BuildError` if it belongs to something else."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._private = root / _PRIVATE
        if root.exists() and not root.is_dir():
            raise BuildError(f"{root} is not a folder: choose another one with -o")
        start = root / "index.html"
        if not self._private.is_dir() and start.exists() and MARK not in start.read_text("utf-8", "replace"):
            raise BuildError(f"{root} holds a site that is not one of rkedoc publish: choose another folder with -o")
        root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self._private.mkdir(mode=_PRIVATE_MODE, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock: no other publisher puts a version into its place, or writes what leads to them."""
        with (self._private / "lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextmanager
    def workroom(self) -> Iterator[Path]:
        """A folder to build in, on the same file system; it is gone afterwards. So is what a run that was killed left."""
        for left in self._private.glob("work-*"):
            if time.time() - left.stat().st_mtime > _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="work-", dir=self._private) as room:
            yield Path(room)

    def folder(self, cluster: str) -> Path:
        """The folder of a cluster."""
        return self.root / page_key(cluster)

    def clusters(self) -> Mapping[str, tuple[PublishedVersion, ...]]:
        """The versions of each cluster by the name of its folder, the newest first."""
        found = {}
        for folder in sorted(path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith(".")):
            versions = tuple(self.versions(folder))
            if versions:
                found[folder.name] = versions
        return found

    def versions(self, folder: Path) -> list[PublishedVersion]:
        """The versions in the folder of a cluster, the newest first."""
        if not folder.is_dir():
            return []
        found = [
            version
            for path in folder.iterdir()
            if path.name != LATEST and path.is_dir() and (version := read_version(path)) is not None
            if version.label == path.name
        ]
        return sorted(found, key=lambda version: (version.time, version.label), reverse=True)

    def snapshots(self, folder: Path) -> Path:
        """The folder of the snapshots of a cluster's versions."""
        kept = self._private / _SNAPSHOTS / folder.name
        kept.mkdir(mode=_PRIVATE_MODE, parents=True, exist_ok=True)
        return kept

    def snapshot(self, folder: Path, label: str) -> Path:
        """Where the snapshot of a version is kept. It may be gone: then later versions are not compared with it."""
        return self.snapshots(folder) / f"{label}{_SUFFIX}"

    def put(self, built: Path, folder: Path, label: str, snapshot: Path) -> None:
        """Put a site that was built into its place, with its snapshot. The lock must be held."""
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        kept = self.snapshot(folder, label)
        shutil.copyfile(snapshot, kept)
        kept.chmod(0o600)
        built.rename(folder / label)

    def drop(self, folder: Path, label: str) -> None:
        """Take a version away, with its snapshot: the folder leaves its place at once, and is then emptied."""
        with self.workroom() as room:
            (folder / label).rename(room / "dropped")
        self.snapshot(folder, label).unlink(missing_ok=True)

    def show_latest(self, folder: Path, label: str) -> None:
        """Make the folder ``latest`` equal to a version, file by file, so that no page is missing at any moment."""
        source, target = folder / label, folder / LATEST
        wanted = {path.relative_to(source) for path in source.rglob("*")}
        for relative in sorted(wanted):
            origin, place = source / relative, target / relative
            if origin.is_dir():
                place.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            elif not place.is_file() or not cmp(origin, place):
                place.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
                fresh = place.with_name(f".{place.name}.new")
                shutil.copy2(origin, fresh)
                fresh.replace(place)
        for path in sorted(target.rglob("*"), reverse=True):
            if path.relative_to(target) not in wanted:
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    def write(self, relative: str, text: str) -> None:
        """Write a page that leads to versions, if it is not as it should be: whole, or not at all."""
        path = self.root / relative
        content = text.encode("utf-8", "backslashreplace")
        if path.is_file() and path.read_bytes() == content:
            return
        fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
        fresh.write_bytes(content)
        fresh.chmod(FILE_MODE)
        fresh.replace(path)

    def remove(self, relative: str) -> None:
        """Remove a page that led to versions, if an earlier run wrote it."""
        path = self.root / relative
        if path.is_file() and MARK in path.read_text("utf-8", "replace"):
            path.unlink()
