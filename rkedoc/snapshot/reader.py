"""Read a snapshot, and trust nothing in it: whatever is wrong is one :class:`~rkedoc.errors.SnapshotError` of one line.

Messages name the file, the line and the reason, never a value: a file that was not redacted may be read by mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Protocol, Self, cast

import orjson
import zstandard

from rkedoc.errors import SnapshotError
from rkedoc.snapshot.identity import KIND, parse_id
from rkedoc.snapshot.record import FORMAT, Header, Record, is_writable
from rkedoc.snapshot.schema import header_fault, record_fault
from rkedoc.snapshot.sharing import Sharing

SUFFIXES = (".ndjson", ".ndjson.zst")
"""How the names of snapshots end. Of a folder only files of such names are read."""

_MAX_LINE = 64 << 20
_CHUNK = 1 << 20
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# Snapshots compress some 10 to 60 times. A file far beyond that, and large, was made to fill a memory.
_MAX_RATIO = 1000
_RATIO_FROM = 256 << 20
_MAX_WINDOW = 128 << 20
# Writing gives up beyond some 250 levels (orjson 3, README "Serialize"), so that no snapshot was written with more.
_MAX_DEPTH = 200


class Snapshot:
    """A snapshot in memory. Records are sorted by the bytes of their ids."""

    def __init__(self, header: Header, records: tuple[Record, ...]) -> None:
        self.header = header
        self.records = records

    def get(self, identifier: str) -> Record | None:
        """The record with this id."""
        return self._by_id.get(identifier)

    def by_kind(self, kind: str) -> tuple[Record, ...]:
        """All records of a kind, whatever their group, sorted by id."""
        return self._by_kind.get(kind, ())

    def kinds(self) -> tuple[str, ...]:
        """The kinds that occur, sorted."""
        return tuple(sorted(self._by_kind))

    @cached_property
    def _by_id(self) -> Mapping[str, Record]:
        return MappingProxyType({record.id: record for record in self.records})

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[Record, ...]]:
        found: dict[str, list[Record]] = {}
        for record in self.records:
            found.setdefault(record.kind, []).append(record)
        return MappingProxyType({kind: tuple(records) for kind, records in found.items()})


def load(path: Path | str) -> Snapshot:
    """The whole snapshot, checked to its end. Raises :class:`~rkedoc.errors.SnapshotError`."""
    shared = Sharing()
    with SnapshotFile(path) as file:
        records = (replace(one, intent=shared(one.intent), observed=shared(one.observed)) for one in file)
        return Snapshot(file.header, tuple(records))


def open_stream(path: Path | str) -> tuple[Header, Iterator[Record]]:
    """The header, and the records one by one; the file is closed when they are used up.

    Raises :class:`~rkedoc.errors.SnapshotError`, for what is wrong at the end only when the end is reached.
    """
    file = SnapshotFile(path)
    return file.header, _closing(file)


def _closing(file: SnapshotFile) -> Iterator[Record]:
    with file:
        yield from file


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Source:
    """The bytes of a file, or of a pipe, which can be read but once; ``count`` is how many were read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._head = b""
        self.count = 0

    def decoded(self) -> _Readable:
        """What is to be read instead: the same, or what it unpacks to."""
        self._head = self._stream.read(len(_ZSTD_MAGIC))
        if self._head != _ZSTD_MAGIC:
            return self
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
        packed = cast("BinaryIO", self)  # of which it needs nothing but read()
        return decompressor.stream_reader(packed, read_across_frames=True, closefd=False)

    def read(self, size: int, /) -> bytes:
        """As a file's."""
        chunk = self._head + self._stream.read(size - len(self._head))
        self._head = b""
        self.count += len(chunk)
        return chunk


class SnapshotFile:
    """An open snapshot: a context manager, and an iterator over its records."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._line = 0
        self.canonical = True
        """Whether the header stands there as this version writes it."""
        try:
            self._stream = self.path.open("rb")
        except OSError as error:
            raise SnapshotError(f"{self.path}: cannot be read: {error.strerror or type(error).__name__}") from None
        except ValueError:
            raise SnapshotError("the name of the snapshot cannot be that of a file: it holds a null byte") from None
        try:
            self._lines = self._read_lines()
            self.header = self._read_header()
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[Record]:
        digest = sha256()
        last = b""
        for count, line in enumerate(self._lines):
            if count == self.header.records:
                raise self._error(f"the file goes on after the {count} records that its header announces")
            digest.update(line)
            record = self._read_record(line)
            key = record.id.encode()
            if key <= last:
                raise self._error(
                    f"this {record.kind} has the id of the record before it" if key == last else
                    f"this {record.kind} is not in its place: records are sorted by id"
                )  # fmt: skip
            last = key
            yield record
        found = self._line - 1
        if found < self.header.records:
            raise self._error(f"the file is cut off: {found} of {self.header.records} records are there")
        if digest.hexdigest() != self.header.sha256:
            raise SnapshotError(f"{self.path}: the records were changed after they were written (SHA-256 differs)")

    def _read_header(self) -> Header:
        line = next(self._lines, None)
        if line is None:
            raise SnapshotError(f"{self.path}: the file is empty")
        content = self._parse(line)
        if not isinstance(content, dict) or content.get("rkedoc") != "snapshot":
            raise self._error("this is not a snapshot: the first line is not the header that `rkedoc collect` writes")
        version = content.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise self._error(
                f"the snapshot has format {version}, this rkedoc reads up to {FORMAT}: install a newer one"
            )
        if fault := header_fault(content):
            raise self._error(f"the header is malformed: {fault}")
        header = Header.from_json(content)
        self.canonical = header.line() == line
        return header

    def _read_record(self, line: bytes) -> Record:
        content: Any = self._parse(line)
        if fault := record_fault(content):
            raise self._error(f"this is not a record: {fault}")
        record = Record(
            content["id"], content["kind"], content.get("owner"), content.get("intent", {}), content.get("observed", {}),
            {"digest": sha256(line).hexdigest()},
        )  # fmt: skip
        try:
            kind = parse_id(record.id).kind
        except ValueError:
            raise self._error("the id of this record does not have four parts") from None
        if line.count(b"{") + line.count(b"[") > _MAX_DEPTH and not is_writable(content):
            raise self._error("this record is nested too deeply")
        if kind != record.kind or not KIND.match(kind):
            raise self._error("the kind of this record is not the one in its id")
        return record

    def _parse(self, line: bytes) -> object:
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError as error:
            try:
                line.decode()
            except UnicodeDecodeError as wrong:
                raise self._error(f"byte {wrong.start + 1} is not UTF-8") from None
            raise self._error(f"not JSON (at character {error.colno})") from None

    def _read_lines(self) -> Iterator[bytes]:
        source = _Source(self._stream)
        stream: _Readable | None = None
        rest = b""
        total = 0
        while True:
            try:
                stream = stream or source.decoded()
                chunk = stream.read(_CHUNK)
            except zstandard.ZstdError:
                raise self._error("the compressed data is damaged or cut off here") from None
            except OSError as error:
                raise self._error(f"cannot be read: {error.strerror or type(error).__name__}") from None
            if not chunk:
                break
            total += len(chunk)
            if total > _RATIO_FROM and total > source.count * _MAX_RATIO:
                raise self._error(f"the file unpacks to more than {_MAX_RATIO} times its size: refused")
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._line += 1
                yield line + b"\n"
            if len(rest) > _MAX_LINE:
                self._line += 1
                raise self._error(f"the line is longer than {_MAX_LINE >> 20} MiB")
        if rest:
            self._line += 1
            raise self._error("the file is cut off in the middle of a line")

    def _error(self, reason: str) -> SnapshotError:
        return SnapshotError(f"{self.path}: line {max(self._line, 1)}: {reason}")
