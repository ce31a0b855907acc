"""An sshd of the tests' own on loopback, and an ``ssh`` that knows it: nothing of the user's is read or changed.

It needs root and OpenSSH's server and client (Debian: openssh-server, openssh-client). Host key, user's key, configurations and port lie
below one short folder. Each server sees that of its node in the same place, by a mount that no other process sees. OpenSSH has no variable for its configuration, so a script named ``ssh`` that adds ``-F`` comes first on ``PATH``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.daemon import hang

SERVER = Path("/usr/sbin/sshd")
SEPARATED = Path("/run/sshd")
"""The empty folder into which Debian's sshd locks its unprivileged part."""


def missing() -> str:
    """What this machine lacks; empty if nothing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "an sshd that lets accounts in can be started by root alone"
    if not SERVER.exists():
        return "sshd is not installed"
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        return "mounts of its own are not allowed here"
    return "" if shutil.which("ssh") and shutil.which("ssh-keygen") else "the client of OpenSSH is not installed"


class Ssh:
    """A user with a key, and the servers of a test. :attr:`bin` is to come first on ``PATH``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.run = folder / "run"
        """Where every server has the sockets of its node: each shows a folder of its own there."""
        self.run.mkdir()
        self._servers: list[Sshd] = []
        _key(folder / "host")
        _key(folder / "user")
        _key(folder / "stranger")
        (folder / "known").touch()
        (folder / "config").write_text(
            f"Host *\n  IdentityFile {folder}/user\n  IdentitiesOnly yes\n  IdentityAgent none\n"
            f"  UserKnownHostsFile {folder}/known\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n"
        )
        self.bin.mkdir()
        script = self.bin / "ssh"
        script.write_text(
            f'#!/bin/sh\necho "$@" >>{folder}/called\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n'
        )
        script.chmod(0o755)

    def server(
        self, *, sockets: Mapping[str, Path] | None = None, knows: str = "user", known: bool = True, options: str = "",
        limits: str = "",
    ) -> Sshd:  # fmt: skip
        """Start one that takes the key ``knows``, and on whose node :attr:`run` has ``sockets``, by name. ``known`` says whether the user
        has its host key, ``options`` are lines of its configuration, ``limits`` stand before the key in ``authorized_keys``."""
        key = f"{limits} {(self.folder / f'{knows}.pub').read_text()}".lstrip()
        server = Sshd(self, len(self._servers), sockets or {}, key, options)
        self._servers.append(server)
        if known:
            words = (self.folder / "host.pub").read_text().split()
            with (self.folder / "known").open("a") as file:
                file.write(f"[127.0.0.1]:{server.port} {words[0]} {words[1]}\n")
        return server

    def configure(self, lines: str) -> None:
        """Put lines before the user's configuration: of several values ssh takes the first."""
        path = self.folder / "config"
        path.write_text(lines + path.read_text())

    def calls(self) -> list[str]:
        """The words of each call of ssh."""
        path = self.folder / "called"
        return path.read_text().splitlines() if path.exists() else []

    def processes(self) -> list[int]:
        """The clients that are running with the user's configuration."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if f"{self.folder}/config".encode() in words:
                    found.append(int(entry.name))
        return found

    def stop(self) -> None:
        """End all servers, with the sessions that they hold."""
        for server in self._servers:
            server.stop()


class Sshd:
    """A running server."""

    def __init__(self, ssh: Ssh, number: int, sockets: Mapping[str, Path], key: str, options: str) -> None:
        folder, self.port = ssh.folder, _free_port()
        keys, config, node = folder / f"keys-{number}", folder / f"sshd-{number}", folder / f"node-{number}"
        keys.write_text(key)
        keys.chmod(0o644)
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {keys}\nPidFile none\nUsePAM no\n"
            f"PasswordAuthentication no\nKbdInteractiveAuthentication no\nStrictModes no\nMaxStartups 100\n{options}\n"
        )
        node.mkdir()
        for name, target in sockets.items():
            (node / name).symlink_to(target)
        SEPARATED.mkdir(exist_ok=True, mode=0o755)
        words = f"mount --bind {node} {ssh.run} && exec {SERVER} -D -e -f {config}"
        with (folder / f"log-{number}").open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )  # fmt: skip
        ends = time.monotonic() + 20
        while time.monotonic() < ends and self._process.poll() is None:
            with contextlib.closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        tail = (folder / f"log-{number}").read_text(errors="replace")[-2000:]
        self.stop()
        raise RuntimeError(f"sshd did not start:\n{tail}")

    def url(self, user: str = "root") -> str:
        """Its address."""
        return f"ssh://{user}@127.0.0.1:{self.port}"

    @property
    def where(self) -> str:
        """Its address as it is shown: without the account."""
        return f"ssh://127.0.0.1:{self.port}"

    def hang(self) -> None:
        """Answer no more: what connects waits."""
        hang(self._process)

    def stop(self) -> None:
        """End it and the sessions that it holds, as a machine does that goes down."""
        for pid in [self._process.pid, *self._sessions()]:
            for number in (signal.SIGCONT, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self._process.wait(timeout=10)

    def _sessions(self) -> list[int]:
        """The processes that it has started, and theirs."""
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        found = [self._process.pid]
        for above in found:
            found += [pid for pid, parent in parents.items() if parent == above]
        return found[1:]


def _key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fixture(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ssh]:
    """The body of a fixture that gives an :class:`Ssh` whose ``ssh`` is the one that is found."""
    if lacking := missing():
        pytest.skip(lacking)
    folder = Path(tempfile.mkdtemp(prefix="rks-"))
    folder.chmod(0o755)  # sshd reads the keys of an account with the rights of that account
    ssh = Ssh(folder)
    monkeypatch.setenv("PATH", f"{ssh.bin}{os.pathsep}{os.environ['PATH']}")
    try:
        yield ssh
    finally:
        ssh.stop()
        shutil.rmtree(folder, ignore_errors=True)
