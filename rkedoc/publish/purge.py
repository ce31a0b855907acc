"""Take a version, or all of a cluster, back from a published site: from its pages, history, lists, search, feeds and tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rkedoc.errors import BuildError, UsageError
from rkedoc.publish.run import lead
from rkedoc.publish.tree import Shelf


@dataclass(frozen=True, slots=True)
class Purged:
    """What was taken back, as ``<cluster>/<version>``, and the versions that are still there and were compared with it."""

    gone: tuple[str, ...]
    compared: tuple[str, ...]


def purge(root: Path, cluster: str, label: str = "", *, dry_run: bool = False) -> Purged:
    """Take a version of a cluster back, or all of them if no ``label`` is given. ``cluster`` is its name, or that of its folder.

    What leads to the versions is made anew before they go, so that no reader meets a link to what is gone. With ``dry_run`` nothing is
    changed. Raises :class:`~rkedoc.errors.UsageError` if there is no such cluster or version, and
    :class:`~rkedoc.errors.BuildError` if the site cannot be written.
    """
    shelf = Shelf(root)
    there = shelf.clusters()
    folder = shelf.folder(cluster).name if shelf.folder(cluster).name in there else cluster
    if folder not in there:
        known = ", ".join(sorted(there)[:8]) or "none"
        raise UsageError(f"{root} has no cluster {cluster!r}: it has {known}")
    versions = there[folder]
    gone = [version for version in versions if label in ("", version.label)]
    if not gone:
        raise UsageError(
            f"{folder} has no version {label!r}: it has {', '.join(version.label for version in versions[:8])}"
        )
    first = min(version.time for version in gone)
    found = Purged(
        tuple(f"{folder}/{version.label}" for version in gone),
        tuple(f"{folder}/{version.label}" for version in versions if version not in gone and version.time >= first),
    )
    if dry_run:
        return found
    try:
        with shelf.locked():
            lead(shelf, without={(folder, version.label) for version in gone})
            for version in gone:
                shelf.drop(shelf.root / folder, version.label)
            if len(gone) == len(versions):
                shelf.drop_cluster(folder)
            shelf.drop_tables()
    except OSError as error:
        raise BuildError(f"{error.filename or root}: {error.strerror or type(error).__name__}") from None
    return found
