"""What the keys of a store mean. Nothing here reads or writes.

::

    rkedoc-v1/CLUSTER/TIME-DIGEST.ndjson.zst

``TIME`` is when the snapshot was collected, ``20261130T213037Z``, so that keys of a cluster sort by time. ``DIGEST`` is that of the snapshot's
content (:attr:`rkedoc.snapshot.record.Header.digest`), the same however it is packed. ``CLUSTER`` is the cluster's name, written so that it can
be read back from the key whatever it is: letters, digits, ``.``, ``_`` and ``-`` stand as they are, every other byte of its UTF-8 as ``=XX``.
A name that is longer than a file system takes goes on in the next segment, behind a ``=`` at the end of the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rkedoc.errors import StoreError
from rkedoc.store.url import StoreUrl

LAYOUT: Final = "rkedoc-v1"
"""The folder of this layout. A later one has another number, and lies beside it."""
SUFFIX: Final = ".ndjson.zst"

_LAYOUT: Final = re.compile(r"rkedoc-v([0-9]{1,6})")
_NAME: Final = re.compile(r"([0-9]{8}T[0-9]{6}Z)-([0-9a-f]{64})\.ndjson\.zst")
_BEGUN: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z(?:-[0-9a-f]{0,64}(?:\.ndjson\.zst)?)?")
"""A snapshot's name, or as much of its beginning as tells it from others."""
_TIME: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
_PACKED_TIME: Final = re.compile(r"(....)(..)(..)T(..)(..)(..)Z")
_PLAIN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_SEGMENT: Final = 240
"""Bytes of a segment: file systems take 255."""
_LONGEST: Final = 700
"""Bytes of a cluster's name in a key. Keys end at 1,024 bytes (docs.aws.amazon.com/AmazonS3, Naming Amazon S3 objects), and a prefix comes first."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A snapshot in a store. ``time`` is RFC 3339 in UTC, ``digest`` that of its content, ``size`` in bytes as it lies there."""

    cluster: str
    time: str
    digest: str
    size: int

    @property
    def name(self) -> str:
        """The last segment of its key."""
        return f"{_PUNCTUATION.sub('', self.time)}-{self.digest}{SUFFIX}"

    @property
    def key(self) -> str:
        """Where it lies below the store."""
        return f"{folder_of(self.cluster)}/{self.name}"


_PUNCTUATION: Final = re.compile("[-:]")


@dataclass(frozen=True, slots=True)
class Place:
    """What a URL may name: a whole store, the snapshots of a cluster in it, or those whose names begin so."""

    store: StoreUrl
    cluster: str | None = None
    begins: str = ""


def folder_of(cluster: str) -> str:
    """Where the snapshots of a cluster lie below a store.

    >>> folder_of("prod"), folder_of("team a/b"), folder_of("..")
    ('rkedoc-v1/prod', 'rkedoc-v1/team=20a=2Fb', 'rkedoc-v1/=2E.')

    Raises :class:`~rkedoc.errors.StoreError` for a name that has no room in a key.
    """
    return f"{LAYOUT}/{_written(cluster)}"


def parse_key(key: str, size: int) -> Stored | None:
    """The snapshot that lies under a key below a store; ``None`` if the key is not one that this layout gives."""
    layout, _slash, rest = key.partition("/")
    folder, _slash, name = rest.rpartition("/")
    found = _NAME.fullmatch(name)
    cluster = _read(folder)
    if layout != LAYOUT or found is None or cluster is None:
        return None
    return Stored(cluster, _PACKED_TIME.sub(r"\1-\2-\3T\4:\5:\6Z", found[1]), found[2], size)


def fits(time: str) -> bool:
    """Whether a time is one that a key can hold."""
    return _TIME.fullmatch(time) is not None


def refuse_newer(store: StoreUrl, folders: Iterable[str]) -> None:
    """Raise :class:`~rkedoc.errors.StoreError` if one of the store's folders is that of a later layout."""
    newest = max((int(found[1]) for folder in folders if (found := _LAYOUT.fullmatch(folder))), default=0)
    if f"rkedoc-v{newest}" != LAYOUT and newest > 0:
        raise StoreError(
            f"{store}: the store has the layout rkedoc-v{newest}, this rkedoc knows {LAYOUT}: install a newer one"
        )


def places(url: StoreUrl) -> tuple[Place, ...]:
    """What a URL can mean, in the order in which to look: a store comes before a cluster of the store above it.

    A URL that holds the layout's folder, as those that are listed do, means one thing alone.
    """
    parts = url.parts
    marks = [at for at, part in enumerate(parts) if _LAYOUT.fullmatch(part)]
    if marks:
        store = url.at(*parts[: marks[-1]])
        refuse_newer(store, (parts[marks[-1]],))
        return (_below(store, parts[marks[-1] + 1 :]),)
    named = bool(parts) and _BEGUN.fullmatch(parts[-1]) is not None
    last = len(parts) - 2 if named else len(parts) - 1
    while last > 0 and parts[last - 1].endswith("="):
        last -= 1
    within = [_below(url.at(*parts[:last]), parts[last:])] if last >= 0 else []
    return tuple(within) if named else (Place(url), *within)


def _below(store: StoreUrl, parts: tuple[str, ...]) -> Place:
    """What segments below the layout's folder name. A cluster may be written there as it is called, too."""
    begins = parts[-1] if parts and _BEGUN.fullmatch(parts[-1]) else ""
    folder = "/".join(parts[:-1] if begins else parts)
    if not folder:
        return Place(store, begins=begins)
    cluster = _read(folder)
    return Place(store, folder if cluster is None else cluster, begins)


def _written(cluster: str) -> str:
    """A cluster's name as segments of a key; what would look like something else begins with an escape."""
    content = cluster.encode("utf-8", "surrogatepass")
    disguised = _LAYOUT.fullmatch(cluster) is not None or _BEGUN.fullmatch(cluster) is not None
    segments = [""]
    for byte in content:
        plain = byte in _PLAIN and (segments[-1] or not (disguised or byte == ord(".")))
        one = chr(byte) if plain else f"={byte:02X}"
        if len(segments[-1]) + len(one) > _SEGMENT:
            segments[-1] += "="
            segments.append("=2E" if one == "." else one)
        else:
            segments[-1] += one
    written = "/".join(segments)
    if not 0 < len(written) <= _LONGEST:
        raise StoreError(
            f"the name of the cluster, {len(content)} bytes, has no room in the key of an object: collect it with --cluster NAME"
        )
    return written


def _read(folder: str) -> str | None:
    """The cluster whose name is written so; ``None`` if none is."""
    try:
        content = re.sub(r"=/|=([0-9A-F]{2})", lambda found: chr(int(found[1], 16)) if found[1] else "", folder)
        cluster = content.encode("latin-1").decode("utf-8", "surrogatepass")
        return cluster if _written(cluster) == folder else None
    except (ValueError, StoreError):
        return None
