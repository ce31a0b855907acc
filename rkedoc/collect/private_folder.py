"""A folder that only this process uses and that does not outlive it.

It holds the spool, and the key files that a client library writes because TLS wants files. It goes away when the run
ends, however it ends: an orderly end and an interruption remove it at once; what a kill or a power cut left is
removed by the next run that looks into the same parent. A lock on the folder itself tells a dead owner from a living
one, whatever its process id means in another container's namespace.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rkedoc.errors import CollectError

if os.name == "posix":
    import fcntl

PREFIX = "rkedoc-private-"
_SETTLING = 60.0
"""Seconds in which a folder without a lock may belong to a run that has just made it and not locked it yet."""


def runtime_folder() -> Path | None:
    """Where key files go: a folder in memory that the system keeps for this user, if there is one."""
    folder = os.environ.get("XDG_RUNTIME_DIR")
    return Path(folder) if folder and os.path.isdir(folder) and os.access(folder, os.W_OK) else None


def private_parents(spool: Path | None) -> set[Path]:
    """Where a run makes its private folders: ``spool`` is where the user wants what is collected to lie meanwhile."""
    temporary = Path(tempfile.gettempdir())
    return {runtime_folder() or temporary, spool or temporary}


class PrivateFolder:
    """A new folder of mode 0700 below ``parent`` (default: the system's folder for temporary files).

    Making one sweeps the parent first: see :func:`sweep`. Use it as a context manager, or call :meth:`remove`.
    Raises :class:`~rkedoc.errors.CollectError` if the folder cannot be made.
    """

    def __init__(self, parent: Path | None = None) -> None:
        where = parent or Path(tempfile.gettempdir())
        self.swept = sweep(where)
        try:
            self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=where))
            self._lock = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise CollectError(
                f"{where}: cannot make a private folder there ({error.strerror}); choose another"
            ) from None
        if os.name == "posix":
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove the folder and all that is in it. Harmless when called again."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def sweep(parent: Path) -> int:
    """Remove the private folders below ``parent`` whose runs are dead; how many were removed.

    Only real folders of this user with our prefix are touched, and only if their lock is free.
    """
    removed = 0
    try:
        found = [entry.path for entry in os.scandir(parent) if entry.name.startswith(PREFIX)]
    except OSError:
        return 0
    for path in found:
        if _is_stale(path):
            shutil.rmtree(path, ignore_errors=True)
            removed += not os.path.lexists(path)
    return removed


def _is_stale(path: str) -> bool:
    try:
        seen = os.lstat(path)
    except OSError:
        return False
    if not stat.S_ISDIR(seen.st_mode) or (os.name == "posix" and seen.st_uid != os.getuid()):
        return False
    pid = os.path.basename(path)[len(PREFIX) :].partition("-")[0]
    if not pid.isdigit():
        return False
    if os.name != "posix":  # without locks of folders there is only the process id
        return not _alive(int(pid))
    if _alive(int(pid)) and time.time() - seen.st_mtime < _SETTLING:
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
