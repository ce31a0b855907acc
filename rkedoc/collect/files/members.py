"""What lies in what was given: the files of a folder, of an archive, and of archives in archives, one after the other.

What something is packed in is told by its first bytes, never by its name. Members are read as streams; nothing is written to disk.
Whoever made an archive may mean harm: a name that leads elsewhere, a link, a device, and whatever would cost more than the bounds
allow is left out, each with a reason code. What stands behind the place where an archive breaks is lost, what stands before it is not.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Literal, Protocol

import zstandard

LAYERS: Final = 8
"""So many wrappings may lie in one another: four ``.tar.gz``, each of two."""

MAX_MEMBER: Final = 1 << 30
"""Bytes of the largest member that is read: as many may be in memory at a time."""

MAX_TOTAL: Final = 32 << 30
"""Bytes that all members of what was given may have, unpacked."""

MAX_MEMBERS: Final = 1 << 18
"""Members that are read of what was given."""

MAX_RATIO: Final = 500
"""So many times its packed size may something have once it has :data:`_RATIO_FROM` bytes; gzip reaches 1,030 with zeros alone."""

_RATIO_FROM: Final = 64 << 20
_MAX_NAME: Final = 4096
_MAX_DIRECTORY: Final = 32 << 20
"""Bytes of the list of members at the end of a zip: it is read as a whole."""

_CHUNK: Final = 1 << 20
_FED: Final = 1 << 10
_BLOCK: Final = 512
_MAY_BE_ONE_LESS: Final = 64 << 20
"""Bytes of a member of a tar up to which it is looked whether its header counts one too many."""

_HEAD: Final = 1024

Everywhere = Callable[[str], bool]
"""Whether a path is wanted: that of a member, or of an archive with a member that is."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file. ``path`` is a POSIX path below what was given, in which archives are folders (``a.tar.gz/dir/x.json``); what is
    compressed alone keeps its name (``x.json.gz``). ``packed`` says that it came out of something, so that reading it again costs."""

    path: str
    content: bytes
    packed: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not read, with the reason code."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Given:
    """What a person has given: a folder, a file, or the content of standard input."""

    path: Path | None
    content: bytes = b""
    label: str = "-"
    """What the content is called."""

    @classmethod
    def of(cls, given: Path | Literal["-"]) -> Given:
        """What ``--from`` names. Standard input is read into memory, since it can be read once and nothing raw touches a disk."""
        return cls(None, sys.stdin.buffer.read(MAX_MEMBER + 1)) if given == "-" else cls(given)

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.label if self.path is None else self.path.name or str(self.path)


class _TooMuch(Exception):
    """A bound was reached. ``whole`` says that nothing more is read of all that was given."""

    def __init__(self, reason: str, *, whole: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.whole = whole


@dataclass(slots=True)
class _Spent:
    """What was read so far of what was given."""

    size: int = 0
    members: int = 0

    def take(self, size: int) -> None:
        self.size += size
        if self.size > MAX_TOTAL:
            raise _TooMuch("too-large-in-all", whole=True)

    def one_more(self) -> None:
        self.members += 1
        if self.members > MAX_MEMBERS:
            raise _TooMuch("too-many-members", whole=True)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


_BROKEN = (
    EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError, tarfile.TarError, zipfile.BadZipFile, ValueError,
    struct.error, NotImplementedError,
)  # fmt: skip
"""What reading a broken archive ends with."""


class _Stream:
    """Bytes that are read once, from front to back. The first ones can be looked at before."""

    def __init__(self, source: _Readable, *, left: int | None = None) -> None:
        self._source = source
        self._ahead = b""
        self._left = left
        self.count = 0
        """Bytes that were read from the source."""

    def head(self, size: int = _HEAD) -> bytes:
        """The first bytes, which are read again."""
        while len(self._ahead) < size and (more := self._more(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end."""
        taken, self._ahead = (self._ahead, b"") if size < 0 else (self._ahead[:size], self._ahead[size:])
        if len(taken) == size:
            return taken
        first = self._more(_CHUNK if size < 0 else size - len(taken))
        if not taken and len(first) in (0, size):
            return first
        whole = io.BytesIO()  # which gives its bytes away without a copy
        whole.write(taken)
        whole.write(first)
        while (size < 0 or whole.tell() < size) and (more := self._more(_CHUNK if size < 0 else size - whole.tell())):
            whole.write(more)
        return whole.getvalue()

    @property
    def declared(self) -> int:
        """Bytes that it is said to have still; 0 if that is not known."""
        return 0 if self._left is None else self._left + len(self._ahead)

    def skip(self) -> None:
        """Step to the end, and keep nothing."""
        self._ahead = b""
        if self._left is not None and isinstance(self._source, _Stream):
            self._source.step(self._left)
            self._left = 0
        while self._more(_CHUNK):
            pass

    def step(self, size: int) -> None:
        """Step over so many bytes, in a file without reading them. Raises ``EOFError`` if they are not there."""
        ahead = min(size, len(self._ahead))
        self._ahead, size = self._ahead[ahead:], size - ahead
        if isinstance(self._source, io.BufferedReader):
            if self._source.seek(size, os.SEEK_CUR) > os.fstat(self._source.fileno()).st_size:
                raise EOFError
            return
        while size > 0:
            passed = len(self._more(size))
            if not passed:
                raise EOFError
            size -= passed

    def _more(self, size: int) -> bytes:
        size = size if self._left is None else min(size, self._left)
        if size <= 0:
            return b""
        found = self._source.read(min(size, _CHUNK))
        self.count += len(found)
        if self._left is not None:
            self._left -= len(found)
            if not found:
                raise EOFError
        return found


class _Unpacked:
    """What comes out of a wrapping, within the bounds."""

    def __init__(self, source: _Readable, packed: Callable[[], int], spent: _Spent) -> None:
        self._source = source
        self._packed = packed
        self._spent = spent
        self._count = 0

    def read(self, size: int) -> bytes:
        found = self._source.read(size)
        self._count += len(found)
        self._spent.take(len(found))
        if self._count > _RATIO_FROM and self._count > MAX_RATIO * max(self._packed(), 1):
            raise _TooMuch("packed-too-tightly")
        return found


class _Deflated:
    """A member of a zip, which ends where its compression says; what was read from the file behind that is given back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """So many bytes, fewer at the end. Raises ``EOFError`` where the file ends before the member does."""
        found, have = [], 0
        while have < size and not self._ended:
            packed = self._unpack.unconsumed_tail or self._file.read(_FED)
            if not packed:
                raise EOFError
            part = self._unpack.decompress(packed, size - have)
            self._ended = self._unpack.eof
            if self._ended:
                self._file.seek(-len(self._unpack.unused_data), os.SEEK_CUR)
            found.append(part)
            have += len(part)
        return b"".join(found)


def _gzip(stream: Any) -> _Readable:
    return gzip.GzipFile(fileobj=stream, mode="rb")


class _Zstd:
    """Frames of Zstandard, one after another. The package's own reader ends without a word where a frame is cut off.

    Little is fed at a time: a block of four bytes may become 128 KiB (RFC 8878, 3.1.1.2).
    """

    def __init__(self, stream: _Readable) -> None:
        self._stream = stream
        self._frames = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        self._frame = self._frames.decompressobj()
        self._ready = b""
        self._rest = b""
        self._within = False

    def read(self, size: int, /) -> bytes:
        """So many bytes, fewer at the end. Raises ``EOFError`` if that is in the middle of a frame."""
        found, have = [self._ready], len(self._ready)
        while have < size:
            packed = self._rest or self._stream.read(_FED)
            if not packed:
                if self._within:
                    raise EOFError
                break
            part = self._frame.decompress(packed)
            self._within, self._rest = not self._frame.eof, b""
            if self._frame.eof:
                self._rest, self._frame = self._frame.unused_data, self._frames.decompressobj()
            found.append(part)
            have += len(part)
        whole = b"".join(found)
        self._ready = whole[size:]
        return whole[:size]


_WRAPPINGS: Final[tuple[tuple[bytes, Callable[[Any], _Readable]], ...]] = (
    (b"\x1f\x8b", _gzip),
    (b"\x28\xb5\x2f\xfd", _Zstd),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
    (b"BZh", bz2.BZ2File),
)
"""How gzip (RFC 1952), Zstandard (RFC 8878), xz and bzip2 begin, and what unpacks them."""

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""How a zip begins, and an empty one (PKWARE, APPNOTE.TXT 4.3)."""

_LOCAL: Final = struct.Struct("<6xHH8xL4xHH")
"""What a member of a zip says of itself: its flags, how it is compressed, its packed size, and how long its name is and what follows that."""

_DESCRIPTOR: Final = 24
"""Bytes that may stand behind a member whose sizes were not known when it was begun."""


def _is_tar(head: bytes) -> bool:
    """Whether the checksum of a header is right: old archives have no other mark."""
    if len(head) < _BLOCK or not head[0]:
        return False
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _all(_path: str) -> bool:
    return True


def members(given: Given, wanted: Everywhere = _all) -> Iterator[Member | LeftOut]:
    """Everything in what was given that is ``wanted``, sorted below each folder, in their order in archives.

    Hidden files of a folder are not looked at. A folder without a file, a path that is not there and a file that cannot be read are
    :class:`LeftOut` themselves.
    """
    walk = _Walk(wanted)
    try:
        if given.path is None:
            yield from walk.enter(given.label, _Stream(io.BytesIO(given.content)), 0)
        elif given.path.is_dir():
            yield from walk.folder(given.path)
        elif given.path.exists():
            yield from walk.file(given.path, given.path.name)
        else:
            yield LeftOut(str(given.path), "no-such-file")
    except _TooMuch as bound:
        yield LeftOut(given.name, bound.reason)


@dataclass(slots=True)
class _Walk:
    """One walk over what was given."""

    wanted: Everywhere
    spent: _Spent = field(default_factory=_Spent)

    def folder(self, root: Path) -> Iterator[Member | LeftOut]:
        found = False
        for path in _files_below(root):
            found = True
            if isinstance(path, LeftOut):
                yield path
                continue
            name = _shown(path.relative_to(root).as_posix())
            if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
                yield LeftOut(name, "link")
            elif self.wanted(name):
                yield from self.file(path, name)
        if not found:
            yield LeftOut(root.name or str(root), "empty-folder")

    def file(self, path: Path, name: str) -> Iterator[Member | LeftOut]:
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                yield LeftOut(name, "not-a-file")
                return
            with path.open("rb") as file:
                yield from self.enter(name, _Stream(file), 0, file)
        except PermissionError:
            yield LeftOut(name, "permission-denied")
        except OSError:
            yield LeftOut(name, "cannot-be-read")

    def enter(
        self, path: str, stream: _Stream, layer: int, file: IO[bytes] | None = None
    ) -> Iterator[Member | LeftOut]:
        """What a stream holds: itself, or what is packed in it. ``file`` is the file that it is, if it is one."""
        head = stream.head()
        unpack = next((unpack for start, unpack in _WRAPPINGS if head.startswith(start)), None)
        packed = unpack is not None or head.startswith(_ZIP) or _is_tar(head)
        if not packed:
            yield self._whole(path, stream, layer)
        elif layer >= LAYERS:
            yield LeftOut(path, "nested-too-deep")
        else:
            try:
                if unpack is not None:
                    inner = _Unpacked(unpack(stream), lambda: stream.count, self.spent)
                    yield from self.enter(path, _Stream(inner), layer + 1)
                elif head.startswith(_ZIP):
                    yield from self._zip(path, stream, layer + 1, file)
                else:
                    yield from self._tar(path, stream, layer + 1)
            except _TooMuch as bound:
                if bound.whole:
                    raise
                yield LeftOut(path, bound.reason)
            except _BROKEN:
                yield LeftOut(path, "archive-broken")

    def _whole(self, path: str, stream: _Stream, layer: int) -> Member | LeftOut:
        content = b"" if stream.declared > MAX_MEMBER else stream.read(MAX_MEMBER + 1)
        if max(stream.declared, len(content)) > MAX_MEMBER:
            del content
            if layer:
                stream.skip()
            return LeftOut(path, "too-large")
        return Member(path, content, packed=layer > 0)

    def _tar(self, path: str, stream: _Stream, layer: int) -> Iterator[Member | LeftOut]:
        """The members of a tar (POSIX.1-2001, pax interchange format; GNU tar's long names)."""
        name, size, ahead = "", None, b""
        while any(block := ahead or stream.read(_BLOCK)):
            ahead = b""
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            if info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME):
                about = _exactly(stream, min(info.size, 1 << 20))
                _pad(stream, info.size, len(about))
                if info.type == tarfile.GNUTYPE_LONGNAME:
                    name = about.rstrip(b"\0").decode("utf-8", "replace")
                else:
                    told = _pax(about)
                    name, size = told.get("path", name), _number(told.get("size"), size)
                continue
            if size is not None:
                info.size = size
            if info.size < 0:
                raise ValueError("a negative size")
            if info.size % _BLOCK == 1 and info.size < _MAY_BE_ONE_LESS:
                content, ahead = _counted(stream, info.size)
                yield from self._one(path, name or info.name, _odd(info), _Stream(io.BytesIO(content)), layer)
            else:
                part = _Stream(stream, left=info.size)
                if not info.isdir():
                    yield from self._one(path, name or info.name, _odd(info), part, layer)
                part.skip()
                _pad(stream, info.size, info.size)
            name, size = "", None

    def _zip(self, path: str, stream: _Stream, layer: int, file: IO[bytes] | None) -> Iterator[Member | LeftOut]:
        """The members of a zip. It has to be there as a whole, since what it holds stands at its end."""
        if file is None:
            content = stream.read(MAX_MEMBER + 1)
            if len(content) > MAX_MEMBER:
                raise _TooMuch("too-large")
            file = io.BytesIO(content)
        try:
            if _directory_size(file) > _MAX_DIRECTORY:
                raise _TooMuch("too-many-members")
            opened_archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            yield from self._cut_zip(path, file, layer)
            return
        with opened_archive as archive:
            for info in archive.infolist():
                if info.is_dir():
                    continue
                mode = info.external_attr >> 16
                odd = "link" if stat.S_ISLNK(mode) else "encrypted" if info.flag_bits & 1 else ""
                if odd:
                    yield from self._one(path, info.filename, odd, _Stream(io.BytesIO()), layer)
                    continue
                try:
                    with archive.open(info) as opened:
                        inner = _Unpacked(opened, lambda info=info: info.compress_size, self.spent)  # type: ignore[misc]
                        yield from self._one(path, info.filename, "", _Stream(inner), layer)
                except _BROKEN:
                    yield LeftOut(f"{path}/{_shown(info.filename)}", "archive-broken")

    def _cut_zip(self, path: str, file: IO[bytes], layer: int) -> Iterator[Member | LeftOut]:
        """The members of a zip whose list is not there, as far as each says itself where it begins (PKWARE, APPNOTE.TXT 4.3.7 to 4.3.9)."""
        file.seek(0)
        try:
            while len(header := file.read(_LOCAL.size)) == _LOCAL.size and header.startswith(_ZIP[0]):
                flags, method, size, name_size, more = _LOCAL.unpack(header)
                name = file.read(name_size).decode("utf-8" if flags & 0x800 else "cp437", "replace")
                start = file.seek(more, os.SEEK_CUR)
                told = not flags & 8
                if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or (
                    method == zipfile.ZIP_STORED and not told
                ):
                    break
                inner = _Deflated(file) if method == zipfile.ZIP_DEFLATED else _Stream(file, left=size)
                unpacked = _Stream(_Unpacked(inner, lambda start=start: file.tell() - start, self.spent))  # type: ignore[misc]
                odd = "encrypted" if flags & 1 else ""
                if not name.endswith("/"):
                    yield from self._one(path, name, odd, unpacked, layer)
                if told:
                    file.seek(start + size)
                else:
                    unpacked.skip()
                    behind = file.read(_DESCRIPTOR + len(_ZIP[0]))
                    file.seek(max(behind.find(_ZIP[0]), 0) - len(behind), os.SEEK_CUR)
        except _BROKEN:
            pass
        yield LeftOut(path, "archive-broken")

    def _one(self, archive: str, name: str, odd: str, stream: _Stream, layer: int) -> Iterator[Member | LeftOut]:
        """One member of an archive. ``odd`` is the reason code of what is no file."""
        self.spent.one_more()
        inside = _inside(name)
        if inside is None:
            yield LeftOut(f"{archive}/{_shown(name)[:_MAX_NAME]}", "hostile-name")
        elif self.wanted(path := f"{archive}/{inside}"):
            if odd:
                yield LeftOut(path, odd)
            else:
                yield from self.enter(path, stream, layer)


def _files_below(root: Path) -> Iterator[Path | LeftOut]:
    lost: list[LeftOut] = []

    def denied(error: OSError) -> None:
        lost.append(LeftOut(_shown(os.path.relpath(error.filename or root, root)), "permission-denied"))

    for folder, folders, files in os.walk(root, onerror=denied):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))
    yield from lost


def _inside(name: str) -> str | None:
    """The path of a member below its archive; ``None`` if it leads out of it, or is none."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or not parts or len(name) > _MAX_NAME or "\0" in name:
        return None
    return _shown("/".join(parts))


def _shown(name: str) -> str:
    """A name that can be written, whatever bytes it had."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _odd(info: tarfile.TarInfo) -> str:
    """The reason code of a member of a tar that is no file; empty for one that is."""
    if info.issym() or info.islnk():
        return "link"
    return "" if info.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE) else "not-a-file"


def _exactly(stream: _Stream, size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError
    return found


def _counted(stream: _Stream, size: int) -> tuple[bytes, bytes]:
    """The content of a member of so many bytes, and the header of the next one where that stands in the block of the last byte.

    crust-gather (v0.3 to v0.16, src/gather/writer.rs) writes one byte more into each header than it writes behind it. That shows where a
    content fills its blocks: then the next header stands where the last byte should.
    """
    content, block = _exactly(stream, size - 1), _exactly(stream, _BLOCK)
    return (content, block) if _is_tar(block) else (content + block[:1], b"")


def _pad(stream: _Stream, size: int, read: int) -> None:
    """Step to the next block of a tar, of which ``read`` of ``size`` bytes were read."""
    stream.step(size - read)
    _exactly(stream, -size % _BLOCK)


def _pax(content: bytes) -> dict[str, str]:
    """The records of a pax header: length, key and value (POSIX.1-2001, ``LENGTH KEY=VALUE\\n``)."""
    found: dict[str, str] = {}
    at = 0
    while at < len(content):
        length, space, _ = content[at : at + 20].partition(b" ")
        if not space or not length.isdigit() or int(length) <= len(length):
            break
        key, _, value = content[at + len(length) + 1 : at + int(length) - 1].partition(b"=")
        found[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        at += int(length)
    return found


def _number(text: str | None, otherwise: int | None) -> int | None:
    return int(text) if text is not None and text.isdigit() and len(text) < 20 else otherwise


def _directory_size(file: IO[bytes]) -> int:
    """Bytes of the list at the end of a zip, as its last record says (PKWARE, APPNOTE.TXT 4.3.14 and 4.3.16)."""
    file.seek(0, os.SEEK_END)
    end = file.tell()
    file.seek(max(0, end - (1 << 16) - 22 - 76))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile
    wide = tail.rfind(b"PK\x06\x06", 0, at)
    size: int = struct.unpack_from("<L", tail, at + 12)[0]
    if size == 0xFFFFFFFF and wide >= 0 and len(tail) >= wide + 48:
        size = struct.unpack_from("<Q", tail, wide + 40)[0]
    file.seek(0)
    return size
