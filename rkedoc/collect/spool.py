"""Where redacted records wait until all are there: sorted runs in a private folder.

A snapshot is sorted, a server's answers are not. Each list has a sink that sorts what it holds whenever that grows, and
appends it to a compressed run file; lists answer in nearly the order of the snapshot, so that one run a list is the
rule. Short lists share their runs, since a cluster may have thousands of kinds and a process may not open thousands
of files.
"""

from __future__ import annotations

import hashlib
import heapq
import io
import itertools
import operator
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import zstandard

from rkedoc.errors import CollectError
from rkedoc.snapshot.record import Line, Record, key_of, sort_key

CEILING = 8 * 1000**3
"""Bytes that the spool may take on disk."""

MIN_FREE = 512 * 1000**2
"""Bytes that must stay free on the file system of the spool."""

_BUFFER = 2 * 1024 * 1024
_BATCH = 256
_MOST_RUNS = 16
"""A list that comes in no order makes many runs. So many are joined, so that few files are open in the end."""

_LOOK = 16 * 1024 * 1024
"""After so many bytes the free space is looked at again."""

_Entry = tuple[bytes, bytes]
"""The bytes of an id, and the record's line."""


class Spool:
    """The sinks of one run, and what the writer reads in the end. Safe to use from several threads.

    ``folder`` must be private and removed by its owner. Raises :class:`~rkedoc.errors.CollectError` if too little space
    is free, now or later, or when the spool grows beyond ``ceiling`` bytes.
    """

    def __init__(self, folder: Path, *, ceiling: int = CEILING, min_free: int = MIN_FREE) -> None:
        self._folder = folder
        self._ceiling = ceiling
        self._min_free = min_free
        self._lock = threading.RLock()
        self._files: list[Path] = []
        self._shared: list[_Entry] = []
        self._shared_size = 0
        self._used = 0
        self._unlooked = 0
        self._serial = 0
        self.twice: Counter[str] = Counter()
        """How many records :meth:`merged` has left out because another one has their id, by ``<group>/<Kind>``."""
        self._preferred: dict[bytes, bytes] = {}
        """The digest of the line that stands, by the key of what has several."""
        self._look()

    def sink(self, name: str) -> SpoolSink:
        """A new sink. ``name`` appears in messages only."""
        return SpoolSink(self, name)

    def merged(self, last_look: Callable[[bytes], bytes] = bytes) -> Iterator[Line]:
        """The lines of all records that closed sinks hold, sorted by id, each after a ``last_look``. To be used up once, when no sink takes
        records any more.

        A server that changes while it is listed may name an object twice, and so may two sources; then one of them stands: the one that
        was said to replace the others, else whichever sorts first; and :attr:`twice` counts the others.
        """
        with self._lock:
            self._shared.sort()
            runs: list[Iterator[_Entry]] = [*(_read(path) for path in self._files), iter(self._shared)]
        for key, entries in itertools.groupby(heapq.merge(*runs), key=operator.itemgetter(0)):
            line = self._standing(key, [line for _, line in entries])
            yield Line(key, last_look(line))

    def _standing(self, key: bytes, lines: list[bytes]) -> bytes:
        """The one of several lines with a key that stands; the others are counted."""
        if len(lines) == 1:
            return lines[0]
        self.twice["/".join(key.decode("utf-8", "surrogatepass").split("/", 2)[:2])] += len(lines) - 1
        preferred = self._preferred.get(key)
        return next((line for line in lines if preferred is not None and _digest(line) == preferred), lines[0])

    # What sinks use ---------------------------------------------------------------------------------------------------

    def share(self, entries: list[_Entry], size: int) -> None:
        """Take the records of a short list."""
        with self._lock:
            self._shared += entries
            self._shared_size += size
            if self._shared_size >= _BUFFER:
                run = self.run()
                self._shared.sort()
                run.append(self._shared)
                run.close()
                self.keep([run.path])
                self._shared, self._shared_size = [], 0

    def prefer(self, key: bytes, line: bytes) -> None:
        """Let this line stand of all that have its key."""
        with self._lock:
            self._preferred[key] = _digest(line)

    def run(self) -> _Run:
        """A new file for a run; it counts once it is kept."""
        with self._lock:
            self._serial += 1
            return _Run(self._folder / f"run-{self._serial}.zst", self._account)

    def keep(self, paths: list[Path]) -> None:
        """Make finished runs part of the spool."""
        with self._lock:
            self._files += paths

    def drop(self, paths: list[Path]) -> None:
        """Remove runs that were not kept."""
        for path in paths:
            with self._lock:
                self._used -= path.stat().st_size if path.exists() else 0
            path.unlink(missing_ok=True)

    def joined(self, paths: list[Path]) -> Path:
        """Make one run of several."""
        run = self.run()
        merged = heapq.merge(*(_read(path) for path in paths))
        while batch := list(itertools.islice(merged, _BATCH)):
            run.append(batch)
        run.close()
        self.drop(paths)
        return run.path

    def _account(self, size: int) -> None:
        with self._lock:
            self._used += size
            self._unlooked += size
            if self._used > self._ceiling:
                raise CollectError(
                    f"the spool in {self._folder.parent} has reached its ceiling of {self._ceiling // 1000**2} MB: "
                    "narrow what is collected with --skip or --only"
                )
            if self._unlooked > _LOOK:
                self._unlooked = 0
                self._look()

    def _look(self) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < self._min_free:
            raise CollectError(
                f"{self._folder.parent} has {free // 1000**2} MB free, and the spool leaves "
                f"{self._min_free // 1000**2} MB alone: choose another folder with --spool-dir"
            )


class SpoolSink:
    """Where the records of one list go: see :class:`rkedoc.collect.source.Sink`."""

    def __init__(self, spool: Spool, name: str) -> None:
        self.name = name
        self._spool = spool
        self._entries: list[_Entry] = []
        self._size = 0
        self._open: _Run | None = None
        self._done: list[Path] = []
        self._last = b""

    def add(self, record: Record) -> None:
        line = record.line()
        self._entries.append((sort_key(record.id), line))
        self._size += len(line)
        if self._size >= _BUFFER:
            self._flush()

    def replace(self, record: Record) -> None:
        self._spool.prefer(sort_key(record.id), record.line())
        self.add(record)

    def restart(self) -> None:
        self._end_run()
        self._spool.drop(self._done)
        self._entries, self._size, self._done, self._last = [], 0, [], b""

    def close(self) -> None:
        if self._open is None:
            self._spool.share(self._entries, self._size)
        else:
            self._flush()
            self._end_run()
            self._spool.keep(self._done)
        self._entries, self._size, self._done = [], 0, []

    def _flush(self) -> None:
        if not self._entries:
            return
        self._entries.sort()
        if self._open is None or self._entries[0][0] < self._last:
            self._end_run()
            if len(self._done) >= _MOST_RUNS:
                self._done = [self._spool.joined(self._done)]
            self._open = self._spool.run()
        self._open.append(self._entries)
        self._last = self._entries[-1][0]
        self._entries, self._size = [], 0

    def _end_run(self) -> None:
        if self._open is not None:
            self._open.close()
            self._done.append(self._open.path)
            self._open = None


class _Run:
    """One sorted, compressed file of lines."""

    def __init__(self, path: Path, account: Callable[[int], None]) -> None:
        self.path = path
        self._account = account
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._stream: Any = zstandard.ZstdCompressor(level=1).stream_writer(self._file, closefd=True)
        self._told = 0

    def append(self, entries: Iterable[_Entry]) -> None:
        try:
            self._stream.write(b"".join([line for _, line in entries]))
            self._stream.flush()
        except OSError as error:
            raise CollectError(f"{self.path.parent.parent}: the spool cannot be written ({error.strerror})") from None
        size = self._file.tell()
        self._account(size - self._told)
        self._told = size

    def close(self) -> None:
        if not self._file.closed:
            self._stream.close()


def _read(path: Path) -> Iterator[_Entry]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        for line in io.BufferedReader(cast("io.RawIOBase", stream), buffer_size=1 << 16):
            yield key_of(line), line


def _digest(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()
