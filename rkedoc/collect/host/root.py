"""The root folder of a node: the one thing of this package that touches the file system.

Every call is checked against the allowlist before anything is opened. Symbolic links are resolved here, one part of a path
after the other, and never by the kernel: an absolute link begins at the root, ``..`` does not leave it, and each path that
a link leads to has to be on the allowlist itself. Nothing is written, and no time of access is changed where that can be
avoided.

Ordinary trouble is not an error: it is :class:`Unread` with a reason.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal, Self

from rkedoc.collect.host import x509
from rkedoc.collect.host.allowlist import How, check, is_allowed, wild
from rkedoc.errors import CollectError

Reason = Literal["forbidden", "absent", "failed", "too-large", "not-a-file", "leads-elsewhere", "withheld"]
"""Why something was not read.

``forbidden``: this account lacks the right. ``absent``: there is nothing of that name, or the process has ended.
``failed``: the file system gave an error, or links lead in a circle. ``too-large``: there is more than is read.
``not-a-file``: a folder, device, socket or named pipe stands where a file was expected, or a file where a folder was.
``leads-elsewhere``: a symbolic link leads to a path that is not on the allowlist. ``withheld``: it was found by its name and is
never looked at, whatever names it.
"""

MOST_BYTES: Final = 4 << 20
"""The largest file that is read unless the caller says otherwise."""

MOST_NAMES: Final = 200_000
"""The most names that a folder may hold."""

_MOST_LINKS = 40
"""As many symbolic links as the kernel follows in one path (path_resolution(7))."""

_ABSENT = frozenset({errno.ENOENT, errno.ESRCH, errno.ENXIO})
"""What a name that is not there, and a process that has ended, answer with."""
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
_FOLDER: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Unread:
    """A path that was not read, and why; as text that can be encoded.

    ``at`` is what stood in the way: the folder that may not be entered, the link that leads elsewhere, or the path itself.
    """

    path: str
    reason: Reason
    at: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a folder says of a file: its size in bytes, when its contents changed (RFC 3339, UTC), its mode and owner.

    ``mode`` is octal without the kind of the file, such as ``0600``; ``kind`` is ``file``, ``folder`` or ``other``.
    """

    size: int
    modified: str
    mode: str
    uid: int
    kind: Literal["file", "folder", "other"]


@dataclass(frozen=True, slots=True)
class Space:
    """A file system: its size, what of it is free for everybody (bytes), the same of its inodes, and its device number."""

    size: int
    free: int
    inodes: int
    free_inodes: int
    device: int


@dataclass(frozen=True, slots=True)
class Text:
    """The beginning of a file, and whether there is more."""

    content: bytes
    cut: bool = False

    def __str__(self) -> str:
        return self.content.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path leads: an open folder, a name in it (``.`` for the root itself), and the path without links."""

    folder: int
    name: str
    path: str

    @property
    def above(self) -> str:
        """The path of the folder, which has to be entered to learn anything of the name."""
        return self.path.rpartition("/")[0] or "/"


class HostRoot:
    """A node's files below ``root``: ``/`` on the node itself, or the folder that its root is mounted at.

    Use it as a context manager. Raises :class:`~rkedoc.errors.CollectError` if ``root`` is no folder that can be entered.
    """

    def __init__(self, root: Path) -> None:
        try:
            self._root = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            raise CollectError(f"{root} is not a folder that can be entered: give the root of the node") from None

    def close(self) -> None:
        """Let go of the root folder."""
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def read(self, path: str, limit: int = MOST_BYTES) -> bytes | Unread:
        """The contents of a file of at most ``limit`` bytes. Raises :class:`~rkedoc.collect.host.allowlist.ForbiddenPath`."""
        check(path, "text")
        found = self._contents(path, "text", limit)
        return found if isinstance(found, Unread) else _missed(path, "too-large", path) if found.cut else found.content

    def head(self, path: str, limit: int) -> Text | Unread:
        """The first ``limit`` bytes of a file. Raises :class:`~rkedoc.collect.host.allowlist.ForbiddenPath`."""
        check(path, "text")
        return self._contents(path, "text", limit)

    def certificates(self, path: str, limit: int = MOST_BYTES) -> tuple[x509.Certificate, ...] | Unread:
        """The certificates in a PEM file, of which nothing else leaves this call. One that cannot be understood fails.

        Raises :class:`~rkedoc.collect.host.allowlist.ForbiddenPath`.
        """
        check(path, "certificate")
        found = self._contents(path, "certificate", limit)
        if isinstance(found, Unread):
            return found
        if found.cut:
            return _missed(path, "too-large", path)
        certificates = x509.certificates(found.content)
        return certificates if certificates is not None else _missed(path, "failed", path)

    def names(self, path: str) -> tuple[str, ...] | Unread:
        """The names in a folder, sorted. Raises :class:`~rkedoc.collect.host.allowlist.ForbiddenPath`."""
        check(path, "names")
        with ExitStack() as stack:
            found = self._listed(path, stack)
            return found if isinstance(found, Unread) else found[1]

    def links(self, path: str) -> Mapping[str, str | Unread] | Unread:
        """Where all symbolic links of a folder lead, by their names; they are not followed.

        A link that may not be read is left out. Raises :class:`~rkedoc.collect.host.allowlist.ForbiddenPath`.
        """
        check(path, "names")
        with ExitStack() as stack:
            found = self._listed(path, stack)
            if isinstance(found, Unread):
                return found
            folder, names = found
            return {
                name: _link(_Place(folder, name, f"{path}/{name}"), f"{path}/{name}")
                for name in names
                if is_allowed(f"{path}/{name}", "link")
            }

    def link(self, path: str) -> str | Unread:
        """Where a symbolic link leads, as it stands there; it is not followed. What is no link is ``not-a-file``.

        Raises :class:`~rkedoc.collect.host.allowlist.ForbiddenPath`.
        """
        check(path, "link")
        with ExitStack() as stack:
            place = self._resolve(path, "link", stack, follow=False)
            return place if isinstance(place, Unread) else _link(place, path)

    def facts(self, path: str) -> Facts | Unread:
        """What a folder says of a file. Raises :class:`~rkedoc.collect.host.allowlist.ForbiddenPath`."""
        check(path, "size")
        with ExitStack() as stack:
            found = self._looked_at(path, "size", stack)
            return found if isinstance(found, Unread) else _facts(found[1])

    def space(self, path: str) -> Space | Unread:
        """The file system that a folder lies in. Raises :class:`~rkedoc.collect.host.allowlist.ForbiddenPath`."""
        check(path, "space")
        with ExitStack() as stack:
            place = self._resolve(path, "space", stack)
            if isinstance(place, Unread):
                return place
            try:
                folder = _open(place, _FOLDER, stack)
                found = os.fstatvfs(folder)
                device = os.fstat(folder).st_dev
            except OSError as error:
                return _unread(path, error, place.above)
            block = found.f_frsize
            return Space(found.f_blocks * block, found.f_bavail * block, found.f_files, found.f_favail, device)

    def find(self, pattern: str, how: How) -> Iterator[str | Unread]:
        """The paths that a pattern of the allowlist names, as far as its folders may be listed.

        A pattern without ``*`` is given as it is, whether there is such a file or not. A folder that is not there is
        ``absent``, and what is never looked at is ``withheld``: the paths themselves may all be looked at in this way.
        """
        yield from self._find("", pattern.split("/")[1:], how, listed=False)

    def _find(self, above: str, parts: list[str], how: How, *, listed: bool) -> Iterator[str | Unread]:
        for index, part in enumerate(parts):
            matches = wild(part)
            if matches is None:
                continue
            folder = "/".join((above, *parts[:index])) or "/"
            if listed and not is_allowed(folder, "names"):
                yield _missed(folder, "withheld", folder)
                return
            names = self.names(folder)
            if isinstance(names, Unread):
                # What `*` stands for may as well be a file, which holds nothing that the pattern names.
                if not (listed and names.reason == "not-a-file"):
                    yield names
                return
            for name in names:
                if matches.fullmatch(name):
                    below = "/".join((above, *parts[:index], name))
                    yield from self._find(below, parts[index + 1 :], how, listed=True)
            return
        path = "/".join((above, *parts))
        yield path if not listed or is_allowed(path, how) else _missed(path, "withheld", path)

    def _contents(self, path: str, how: How, limit: int) -> Text | Unread:
        with ExitStack() as stack:
            found = self._looked_at(path, how, stack)
            if isinstance(found, Unread):
                return found
            place, before = found
            if not stat.S_ISREG(before.st_mode):
                return _missed(path, "not-a-file", place.path)
            try:
                file = _open_file(place, stack)
                after = os.fstat(file)
                if not stat.S_ISREG(after.st_mode):
                    return _missed(path, "not-a-file", place.path)
                if after.st_size > limit:
                    return Text(_first(file, limit), cut=True)
                content = _first(file, limit + 1)
            except OSError as error:
                return _unread(path, error, place.path)
            return Text(content[:limit], cut=len(content) > limit)

    def _listed(self, path: str, stack: ExitStack) -> tuple[int, tuple[str, ...]] | Unread:
        found = self._looked_at(path, "names", stack)
        if isinstance(found, Unread):
            return found
        place, before = found
        if not stat.S_ISDIR(before.st_mode):
            return _missed(path, "not-a-file", place.path)
        try:
            folder = _open(place, _READ | os.O_DIRECTORY, stack)
            with os.scandir(folder) as listing:
                names = [one.name for one in islice(listing, MOST_NAMES + 1)]
        except OSError as error:
            return _unread(path, error, place.path)
        return _missed(path, "too-large", place.path) if len(names) > MOST_NAMES else (folder, tuple(sorted(names)))

    def _looked_at(self, path: str, how: How, stack: ExitStack) -> tuple[_Place, os.stat_result] | Unread:
        """Where a path leads and what is there, before it is opened: opening a device or a pipe may already do something."""
        place = self._resolve(path, how, stack)
        if isinstance(place, Unread):
            return place
        try:
            return place, os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        except OSError as error:
            return _unread(path, error, place.above)

    def _resolve(self, path: str, how: How, stack: ExitStack, *, follow: bool = True) -> _Place | Unread:
        """Where a path leads. Each folder on the way is entered without being read, and stays open until ``stack`` ends."""
        waiting = path.split("/")[:0:-1] if path != "/" else []
        done: list[tuple[str, int]] = []
        followed = 0
        while waiting:
            name = waiting.pop()
            folder = done[-1][1] if done else self._root
            above = "/".join(("", *(one for one, _ in done)))
            place = _Place(folder, name, f"{above}/{name}")
            if waiting:
                try:
                    done.append((name, _open(place, _FOLDER, stack)))
                    continue
                except NotADirectoryError:
                    pass  # a file, or a symbolic link, which is looked at below
                except OSError as error:
                    return _unread(path, error, above or "/")
            elif not follow:
                return place
            try:
                target = os.readlink(name, dir_fd=folder)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    return _unread(path, error, above or "/")
                return _missed(path, "absent", place.path) if waiting else place
            followed += 1
            if followed > _MOST_LINKS:
                return _missed(path, "failed", place.path)
            leads = _joined(() if target.startswith("/") else [one for one, _ in done], target, waiting[::-1])
            if leads is None or not is_allowed(leads, how):
                return _missed(path, "leads-elsewhere", place.path)
            waiting = leads.split("/")[:0:-1] if leads != "/" else []
            done = []
        return _Place(self._root, ".", "/")


def _joined(folder: list[str] | tuple[str, ...], target: str, rest: list[str]) -> str | None:
    """The path that a link leads to; ``None`` if only the file system could say what ``..`` in it means."""
    above = list(folder)
    below: list[str] = []
    for part in target.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            below.append(part)
        elif below:
            return None  # the folder before it may be a link itself, and `..` is relative to where that leads
        elif above:
            above.pop()  # at the root `..` stays there
    return "/" + "/".join((*above, *below, *rest))


def _link(place: _Place, path: str) -> str | Unread:
    try:
        return os.readlink(place.name, dir_fd=place.folder)
    except OSError as error:
        return (
            _missed(path, "not-a-file", place.path) if error.errno == errno.EINVAL else _unread(path, error, place.path)
        )


def _open(place: _Place, flags: int, stack: ExitStack) -> int:
    opened = os.open(place.name, flags, dir_fd=place.folder)
    stack.callback(os.close, opened)
    return opened


def _open_file(place: _Place, stack: ExitStack) -> int:
    # Only the owner of a file, or root, may ask that its time of access stays (open(2), O_NOATIME).
    with contextlib.suppress(PermissionError):
        return _open(place, _READ | os.O_NOATIME, stack)
    return _open(place, _READ, stack)


def _first(file: int, limit: int) -> bytes:
    """At most ``limit`` bytes; files below ``/proc`` give them in pieces."""
    pieces: list[bytes] = []
    left = limit
    while left > 0 and (piece := os.read(file, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _missed(path: str, reason: Reason, at: str) -> Unread:
    return Unread(shown(path), reason, shown(at))


def _unread(path: str, error: OSError, at: str) -> Unread:
    reason: Reason
    if error.errno in _FORBIDDEN:
        reason = "forbidden"
    elif error.errno in _ABSENT:
        reason = "absent"
    elif error.errno in (errno.ENOTDIR, errno.ELOOP, errno.EISDIR):
        reason = "not-a-file"  # something else has taken its place since it was looked at
    else:
        reason = "failed"
    return _missed(path, reason, path if reason == "absent" else at)


def _facts(status: os.stat_result) -> Facts:
    kind: Literal["file", "folder", "other"] = "other"
    if stat.S_ISREG(status.st_mode):
        kind = "file"
    elif stat.S_ISDIR(status.st_mode):
        kind = "folder"
    return Facts(status.st_size, moment(status.st_mtime), f"{stat.S_IMODE(status.st_mode):04o}", status.st_uid, kind)


def moment(seconds: float) -> str:
    """A time in seconds since 1970 in RFC 3339, UTC; empty if no calendar has it."""
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""


def shown(path: str) -> str:
    """A name as text that can be encoded: bytes that are no UTF-8 become the sign for what is unknown."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
