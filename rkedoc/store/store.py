"""List, get, put and delete snapshots in a store.

What leaves this machine is whole and redacted: :meth:`Store.put` looks at it. What comes from a store is looked at as well before it gets its name:
whoever may write there could have put anything there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rkedoc.errors import SnapshotError, StoreError, UsageError
from rkedoc.redact.check import require_redacted
from rkedoc.snapshot.packing import pack
from rkedoc.snapshot.reader import SnapshotFile
from rkedoc.store.clients import connect
from rkedoc.store.failures import failed
from rkedoc.store.layout import LAYOUT, Stored, fits, folder_of, parse_key, places, refuse_newer
from rkedoc.store.url import FILE, StoreUrl

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from rkedoc.snapshot.record import Header

_PART: Final = 8 << 20
"""Bytes of an upload's parts, of which a store takes 10,000 (docs.aws.amazon.com/AmazonS3, Multipart upload limits)."""
_AT_ONCE: Final = 4
_PAGE: Final = 1000
_CHUNK: Final = 1 << 20
_NAMED: Final = 8
"""Clusters that an error names."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in a store: snapshots by cluster and time, and the keys of what is none of ours."""

    snapshots: tuple[Stored, ...]
    foreign: tuple[str, ...] = ()

    @property
    def clusters(self) -> tuple[str, ...]:
        """The names of the clusters, sorted."""
        return tuple(dict.fromkeys(one.cluster for one in self.snapshots))


class Store:
    """A store. Raises :class:`~rkedoc.errors.StoreError` for whatever goes wrong with it.

    ``make``: it is to be written to, and the folder of ``file://`` is made if it is not there.
    """

    def __init__(self, url: StoreUrl, *, make: bool = False) -> None:
        self.url = url
        self._client: ObjectStore = connect(url, make=make)
        self._known = False

    def require(self) -> None:
        """Raise :class:`~rkedoc.errors.StoreError` if it cannot be listed, or has a later layout: better known before than after the work."""
        import obstore

        if self._known:
            return
        with self._reporting():
            folders = obstore.list_with_delimiter(self._client)["common_prefixes"]
        refuse_newer(self.url, (folder.rstrip("/") for folder in folders))
        self._known = True

    def list(self, cluster: str | None = None) -> Listing:
        """What lies there, or what lies there of one cluster."""
        import obstore

        folder = LAYOUT if cluster is None else folder_of(cluster)
        found: list[Stored] = []
        foreign: list[str] = []
        self.require()
        with self._reporting():
            for page in obstore.list(self._client, folder, chunk_size=_PAGE):
                for item in page:
                    stored = parse_key(item["path"], item["size"])
                    if stored is None:
                        foreign.append(item["path"])
                    elif cluster in (None, stored.cluster):
                        found.append(stored)
        found.sort(key=lambda one: (one.cluster, one.time, one.digest))
        return Listing(tuple(found), tuple(sorted(foreign)))

    def put(self, snapshot: Path, room: Path) -> tuple[Stored, bool]:
        """Put a snapshot there; gives what it is there, and whether it was not there before.

        ``room`` is a private folder for the packed copy that is looked at and sent. Raises :class:`~rkedoc.errors.SnapshotError` for a
        snapshot that is not whole, or not redacted.
        """
        import obstore

        copy = room / "packed"
        try:
            stored = _packed(snapshot, copy)
            for there in self.list(stored.cluster).snapshots:
                if there.key == stored.key:
                    return there, False
            with self._reporting(stored):
                obstore.put(self._client, stored.key, copy, chunk_size=_PART, max_concurrency=_AT_ONCE)
        finally:
            copy.unlink(missing_ok=True)
        return stored, True

    def get(self, stored: Stored, target: Path) -> Header:
        """Write a snapshot to a file of the mode 0600, once it is there and was found to be whole and what its key says."""
        import obstore

        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".rkedoc-", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as out, self._reporting(stored):
                for chunk in obstore.get(self._client, stored.key).stream(min_chunk_size=_CHUNK):
                    out.write(chunk)
            header = self._require(stored, Path(name))
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
        return header

    def delete(self, gone: Sequence[Stored]) -> None:
        """Delete snapshots."""
        import obstore

        if gone:
            with self._reporting():
                obstore.delete(self._client, [one.key for one in gone])

    def url_of(self, object: Stored | str) -> StoreUrl:
        """The URL that names one snapshot, or the object of a key, alone."""
        key = object if isinstance(object, str) else object.key
        return self.url.at(*self.url.parts, *key.split("/"))

    def _require(self, stored: Stored, path: Path) -> Header:
        """Whether what came is whole, and what its key says that it is."""
        try:
            with SnapshotFile(path) as file:
                header = file.header
                for _record in file:
                    pass
        except SnapshotError as error:
            raise StoreError(f"{self.url_of(stored)}: {str(error).removeprefix(f'{path}: ')}") from None
        name = header.cluster.get("name") or "cluster"
        if (header.digest, header.time, name) != (stored.digest, stored.time, stored.cluster):
            raise StoreError(f"{self.url_of(stored)}: what lies there is another snapshot than its name says")
        return header

    @contextmanager
    def _reporting(self, stored: Stored | None = None) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            raise failed(self.url if stored is None else self.url_of(stored), error) from None


def _packed(snapshot: Path, copy: Path) -> Stored:
    """What a snapshot will be in a store, of which ``copy`` is what is sent. Raises :class:`~rkedoc.errors.SnapshotError`."""
    try:
        pack(snapshot, copy)
        with SnapshotFile(copy) as file:
            header = file.header
            if not fits(header.time):
                raise SnapshotError(
                    f"{snapshot}: it does not say when it was collected, and cannot be kept among others"
                )
            require_redacted(snapshot, file)
    except OSError as error:
        raise SnapshotError(f"{snapshot}: cannot be read: {error.strerror or type(error).__name__}") from None
    except SnapshotError as error:
        raise SnapshotError(str(error).replace(str(copy), str(snapshot), 1)) from None
    return Stored(header.cluster.get("name") or "cluster", header.time, header.digest, copy.stat().st_size)


@dataclass(frozen=True, slots=True)
class Found:
    """What a URL names: snapshots by cluster and time, and the keys of what lies among them and is none."""

    store: Store
    snapshots: tuple[Stored, ...]
    foreign: tuple[str, ...] = ()

    @property
    def newest(self) -> Stored:
        """The newest of them. Raises :class:`~rkedoc.errors.UsageError` if they are of several clusters."""
        clusters = Listing(self.snapshots).clusters
        if len(clusters) > 1:
            named = ", ".join(clusters[:_NAMED]) + (" …" if len(clusters) > _NAMED else "")
            raise UsageError(
                f"{self.store.url}: this is a store of {len(clusters)} clusters; add one to the URL: {named}"
            )
        return self.snapshots[-1]


def find(url: StoreUrl, *, may_be_empty: bool = False) -> Found:
    """What a URL names: all of a store, all of a cluster, or one snapshot.

    Raises :class:`~rkedoc.errors.StoreError` if no snapshot lies there and it may not be empty; :class:`~rkedoc.errors.UsageError` if several
    snapshots have the beginning of a name that was given.
    """
    looked: list[Store] = []
    meant = places(url)
    for place in meant:
        if place.store.scheme == FILE and not Path("/" + place.store.prefix).is_dir():
            continue
        store = Store(place.store)
        looked.append(store)
        listing = store.list(place.cluster)
        found = tuple(one for one in listing.snapshots if one.name.startswith(place.begins))
        if place.begins and len(found) > 1:
            raise UsageError(f"{url}: {len(found)} snapshots begin so; write more of the name")
        if found or (listing.foreign and may_be_empty and not place.begins):
            return Found(store, found, listing.foreign)
    if may_be_empty and looked and looked[0].url == meant[0].store:
        return Found(looked[0], ())
    raise StoreError(f"{url}: no snapshot lies there; rkedoc store ls shows what does")


def store_of(url: StoreUrl) -> Store:
    """The store that snapshots are to be put into.

    Raises :class:`~rkedoc.errors.UsageError` for the URL of a cluster or of a snapshot: a snapshot says itself of which cluster it is.
    """
    place = places(url)[0]
    if place.cluster is not None or place.begins:
        raise UsageError(f"{url}: name the store alone; which cluster it is, and when, the snapshot says itself")
    return Store(place.store, make=True)
