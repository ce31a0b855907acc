"""Write a snapshot: a k-way merge of sorted runs of records, whole or not at all."""

from __future__ import annotations

import heapq
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import zstandard

from rkedoc.errors import SnapshotError
from rkedoc.snapshot.record import Capture, Header, Line, Record, line_of, sort_key

STDOUT = "-"
_LEVEL = 9
_CHUNK = 1 << 20
_DIGEST_RANGE = 1 << 256


@dataclass(frozen=True, slots=True)
class HeaderParts:
    """What the header says beside what the records themselves decide."""

    cluster: Mapping[str, str]
    captures: tuple[Capture, ...]
    redaction: Mapping[str, Any] = field(default_factory=lambda: {"rules": {}, "key": None, "masked": []})
    twice: Mapping[str, int] = field(default_factory=dict)
    """May be filled while the records are read: it is looked at when the last is through."""
    rancher: Mapping[str, Any] = field(default_factory=dict)


def write(path: Path | str, parts: HeaderParts, runs: Iterable[Iterable[Record]]) -> Header:
    """Write the records of ``runs`` as one snapshot to ``path``, as :func:`write_lines` does.

    Each run is sorted by the UTF-8 bytes of its records' ids. Equal records in equal runs give equal bytes.
    """
    return write_lines(path, parts, map(_line, heapq.merge(*runs, key=lambda record: sort_key(record.id))))


def write_lines(path: Path | str, parts: HeaderParts, lines: Iterable[Line]) -> Header:
    """Write sorted lines as one snapshot to ``path``, or to standard output if that is ``"-"``.

    A name that ends in ``.zst`` is compressed. The file (mode 0600) is complete when it appears under its name; what stood there
    before is replaced only then.

    Raises :class:`~rkedoc.errors.SnapshotError` if the lines are not sorted, two records share an id, or the file cannot be
    written.
    """
    to_stdout = str(path) == STDOUT
    target = Path(path)
    compress = not to_stdout and target.suffix == ".zst"
    folder = None if to_stdout else target.parent
    if not to_stdout and target.exists() and not target.is_file():
        # A device would be replaced by a file: whoever wants no file wants standard output.
        raise SnapshotError(f"{path}: cannot be written: not a regular file (- stands for standard output)")
    try:
        with _scratch(folder) as body:
            header = _write_body(body, parts, lines, compress=compress)
            body.seek(0)
            if to_stdout:
                _assemble(sys.stdout.buffer, header, body, compress=False)
                sys.stdout.buffer.flush()
            else:
                with _replacing(target) as stream:
                    _assemble(stream, header, body, compress=compress)
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be written: {error.strerror or type(error).__name__}") from None
    return header


def _write_body(stream: IO[bytes], parts: HeaderParts, lines: Iterable[Line], *, compress: bool) -> Header:
    digest = sha256()
    intent = 0
    count = 0
    with _maybe_compressed(stream, compress=compress) as out:
        for line in _sorted(lines):
            digest.update(line.line)
            intent = (intent + line.intent()) % _DIGEST_RANGE
            count += 1
            out.write(line.line)
    header = Header(
        cluster=parts.cluster, captures=parts.captures, redaction=parts.redaction, records=count,
        sha256=digest.hexdigest(), intent_digest=f"{intent:064x}", twice=parts.twice, rancher=parts.rancher,
    )  # fmt: skip
    try:
        header.line()
    except TypeError:
        raise SnapshotError("the snapshot cannot be written: JSON cannot hold what its header says") from None
    return header


def _line(record: Record) -> Line:
    try:
        return line_of(record)
    except TypeError:
        raise SnapshotError(
            f"the snapshot cannot be written: JSON cannot hold what one record of kind {record.kind} says"
        ) from None


def _sorted(lines: Iterable[Line]) -> Iterator[Line]:
    last = b""
    for line in lines:
        if line.key <= last:
            what = "two records share the id of" if line.key == last else "the records are not sorted at"
            raise SnapshotError(f"the snapshot cannot be written: {what} one of kind {line.kind}")
        last = line.key
        yield line


def _assemble(stream: BinaryIO, header: Header, body: IO[bytes], *, compress: bool) -> None:
    """The header comes first but is known last; compressed it is a zstd frame of its own."""
    line = header.line()
    stream.write(zstandard.ZstdCompressor(level=_LEVEL).compress(line) if compress else line)
    shutil.copyfileobj(body, stream, _CHUNK)


@contextmanager
def _maybe_compressed(stream: IO[bytes], *, compress: bool) -> Iterator[IO[bytes]]:
    if not compress:
        yield stream
        return
    with zstandard.ZstdCompressor(level=_LEVEL).stream_writer(stream, closefd=False) as out:
        yield cast("IO[bytes]", out)


@contextmanager
def _scratch(folder: Path | None) -> Iterator[IO[bytes]]:
    """A file without a name, readable by its owner alone, that is gone when it is closed."""
    with tempfile.TemporaryFile(dir=folder, prefix=".rkedoc-") as stream:
        yield stream


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".rkedoc-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(target)
        with suppress(OSError):
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
