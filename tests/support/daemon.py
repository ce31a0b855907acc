"""What the daemons of the tests' own have in common: a short folder, an end, and images made of one static busybox."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tarfile
import tempfile
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
