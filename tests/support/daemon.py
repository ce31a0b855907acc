"""What the daemons of the tests' own have in common: a short folder, an end, and images made of one static busybox."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

BUSYBOX = Path("/bin/busybox")


class Daemon(Protocol):
    """Something that runs until it is stopped."""

    def start(self) -> None:
        """Start it. Raises :class:`RuntimeError` if it does not."""

    def stop(self) -> None:
        """Stop it with all that it runs."""


_Daemon = TypeVar("_Daemon", bound=Daemon)


@contextlib.contextmanager
def running(make: Callable[[Path], _Daemon], *, prefix: str, lacking: str) -> Iterator[_Daemon]:
    """A daemon in a folder of its own, of which nothing is left afterwards. The test is skipped for what is ``lacking``, and if it does not start."""
    if lacking:
        pytest.skip(lacking)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    daemon = make(folder)
    try:
        try:
            daemon.start()
        except RuntimeError as error:
            pytest.skip(str(error))
        yield daemon
    finally:
        daemon.stop()
        _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Ask a process to end, and kill it after so many seconds."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)


def hang(process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Stop a process without ending it, and wait until it stands: its sockets stay open, and nobody answers.

    The signal alone is not enough: each thread stops when it next runs, and on a busy machine one of them may still
    answer. Raises :class:`RuntimeError` if it does not stand after so many seconds."""
    process.send_signal(signal.SIGSTOP)
    ends = time.monotonic() + seconds
    while not _stands(process.pid):
        if time.monotonic() > ends:
            raise RuntimeError(f"process {process.pid} did not stop")
        time.sleep(0.02)


def go_on(process: subprocess.Popen[bytes]) -> None:
    """Let a process that hangs go on."""
    process.send_signal(signal.SIGCONT)


def _stands(pid: int) -> bool:
    """Whether every thread of a process is stopped: state ``T`` of proc(5)."""
    states = set()
    for status in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended since
            states.add(status.read_text().rpartition(")")[2].split()[0])
    return states <= {"T"}


def add_busybox(tar: tarfile.TarFile, *applets: str) -> None:
    """Add busybox to an image's layer, with the names of these of its programs."""
    folder = tarfile.TarInfo("bin")
    folder.type, folder.mode = tarfile.DIRTYPE, 0o755
    tar.addfile(folder)
    tar.add(BUSYBOX.resolve(), "bin/busybox")
    for applet in ("sh", "sleep", "true", "false", *applets):
        link = tarfile.TarInfo(f"bin/{applet}")
        link.type, link.linkname = tarfile.SYMTYPE, "busybox"
        tar.addfile(link)


def _unmount(folder: Path) -> None:
    """What a daemon that was killed leaves mounted."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for path in sorted((path for path in mounts if path.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "-l", path], check=False, capture_output=True)
