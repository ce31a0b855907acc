"""The snapshots that an assistant may ask: which clusters there are, in which versions, and each of them opened when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.errors import UsageError
from rkedoc.nearby import unknown
from rkedoc.redact.check import require_redacted
from rkedoc.snapshot.reader import load

_OPEN = 3
"""Clusters that are kept in memory: who asks about one asks again."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A snapshot: the name and the uid of its cluster, when it was collected (RFC 3339), the digest of its content, and how to come by its file."""

    cluster: str
    uid: str
    time: str
    digest: str
    file: Callable[[], Path]


class Shelf:
    """All snapshots by cluster, the newest first. ``left_out`` are files that cannot be read, each with the reason.

    A name that two clusters bear is followed by the beginning of the uid.
    """

    def __init__(self, volumes: Iterable[Volume], left_out: Mapping[str, str] | None = None) -> None:
        given = tuple(volumes)
        # A store does not tell uids: what it has of a name is the one cluster of that name, if there is one.
        uids: dict[str, set[str]] = {}
        for volume in given:
            uids.setdefault(volume.cluster, set()).update({volume.uid} - {""})
        by_cluster: dict[str, dict[str, Volume]] = {}
        for volume in given:
            known = uids[volume.cluster]
            of = volume.uid or (next(iter(known)) if len(known) == 1 else volume.cluster)
            by_cluster.setdefault(of, {}).setdefault(volume.digest, volume)
        rows = [
            sorted(found.values(), key=lambda one: (one.time, one.digest), reverse=True)
            for found in by_cluster.values()
        ]
        names = [row[0].cluster for row in rows]
        self.clusters: Mapping[str, tuple[Volume, ...]] = {
            name if names.count(name) == 1 else f"{name} ({row[0].uid[:8]})": tuple(row)
            for name, row in sorted(zip(names, rows, strict=True), key=lambda pair: (pair[0], pair[1][0].uid))
        }
        self.left_out: Mapping[str, str] = dict(left_out or {})

    def find(self, cluster: str = "", version: str = "") -> Volume:
        """The newest snapshot of a cluster, or the one whose time or digest begins with ``version``.

        Of one cluster alone the name may be left out. Raises :class:`~rkedoc.errors.UsageError` with what there is.
        """
        if not cluster and len(self.clusters) == 1:
            (cluster,) = self.clusters
        if cluster not in self.clusters:
            raise UsageError(unknown("cluster", cluster, self.clusters))
        row = self.clusters[cluster]
        found = [one for one in row if one.time.startswith(version) or one.digest.startswith(version)]
        if not found:
            raise UsageError(unknown("version", version, [one.time for one in row]))
        return found[0]

    def named(self, volume: Volume) -> str:
        """The name under which a cluster is asked for."""
        return next(name for name, row in self.clusters.items() if volume in row)

    def open(self, volume: Volume) -> Cluster:
        """The cluster as a snapshot shows it. Raises :class:`~rkedoc.errors.RkedocError` if it cannot be read, or was not redacted."""
        return _opened(volume)


@lru_cache(maxsize=_OPEN)
def _opened(volume: Volume) -> Cluster:
    path = volume.file()
    snapshot = load(path)
    require_redacted(path, iter(snapshot.records))
    return Cluster(snapshot, load_catalog("en"))
