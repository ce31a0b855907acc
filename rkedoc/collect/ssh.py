"""Sockets of other machines, forwarded to this one by the ``ssh`` of whoever collects.

Nothing is run on the other machine: ssh logs in, and sshd opens the sockets with the rights of the account. Keys, known hosts, jump
hosts and whatever else it takes to get there are those of ``ssh`` itself; nothing of that is repeated here.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from rkedoc.collect.private_folder import PrivateFolder
from rkedoc.errors import SourceUnavailable, UsageError

CONNECTING: Final = 20.0
"""Seconds that ssh may take to log in and to open the forwarded sockets."""

_ENDING: Final = 5.0
"""Seconds that an ssh has to end by itself."""

_SILENT: Final = 5
"""Seconds after which a node that says nothing is asked whether it is still there; after three of them without an answer ssh ends."""

_LONGEST: Final = 103
"""Bytes that the path of a socket may have, without its end: sockaddr_un has 108 on Linux and 104 on the BSDs and macOS."""

_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:%-]{0,252}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.$-]{0,63}")

# What OpenSSH says when it cannot connect (openssh/openssh-portable V_9_2_P1: ssh.c, sshconnect.c, sshconnect2.c), each with a code.
_SAID: Final = (
    ("host-key", (b"Host key verification failed", b"host key is known for")),
    ("login-refused", (b"Permission denied", b"Too many authentication failures")),
    ("no-such-host", (b"Could not resolve hostname",)),
    ("no-connection", (b"Connection refused", b"No route to host", b"Network is unreachable", b"Connection closed", b"Connection reset")),
    ("timeout", (b"timed out", b"Connection timed out")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Login:
    """A machine, and the account that logs in there. ``user`` and ``port`` are empty where ssh's configuration decides."""

    user: str
    host: str
    port: int | None

    @property
    def word(self) -> str:
        """The argument that ssh takes."""
        return f"{self.user}@{self.host}" if self.user else self.host

    @property
    def url(self) -> str:
        """It as an address, without the account: in an address that is a credential, and would be hidden."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ssh://{host}{f':{self.port}' if self.port else ''}"

    @property
    def who(self) -> str:
        """The account, for a sentence."""
        return self.user or "the account that logs in"

    @property
    def command(self) -> str:
        """What a person types to see whether it works."""
        return f"ssh {f'-p {self.port} ' if self.port else ''}{self.word} true"


def login_of(rest: str, option: str) -> tuple[Login, str]:
    """The login and the path of ``[user@]host[:port][/path]``; case stays as it is, since names in ssh's configuration have one.

    Raises :class:`~rkedoc.errors.UsageError`, which never repeats the address: it may hold a password.
    """
    try:
        parts = urlsplit(f"ssh://{rest}")
        port, password, user = parts.port, parts.password, parts.username or ""
    except ValueError:
        raise UsageError(f"{option} ssh://…: its host and port cannot be read from the address") from None
    if password is not None:
        raise UsageError(f"{option} ssh://…: a password in the address is not taken; ssh uses its keys")
    where = parts.netloc.rpartition("@")[2]
    host = where[1:].partition("]")[0] if where.startswith("[") else where.partition(":")[0]
    if not _HOST.fullmatch(host) or (user and not _USER.fullmatch(user)) or parts.query or parts.fragment:
        raise UsageError(f"{option} ssh://…: its host and user cannot be read from the address")
    return Login(user, host, port), parts.path.rstrip("/")


class Tunnel:
    """One ssh process that forwards sockets of one machine. Safe to be closed from another thread than the one that opens it.

    The ends on this machine lie in a folder that only this process uses, and go when it is closed.
    """

    def __init__(self, login: Login, paths: Sequence[str], *, source: str) -> None:
        """``source`` is that of the captures for which it is opened."""
        self.login = login
        self._paths = tuple(paths)
        self._source = source
        self._lock = threading.Lock()
        self._closed = False
        self._folder: PrivateFolder | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> tuple[Path, ...]:
        """Log in. Gives the ends on this machine, one for each path, in that order: whether anything listens behind them ssh
        does not say. Raises :class:`~rkedoc.errors.SourceUnavailable`.
        """
        try:
            return self._open()
        except _NoWay as failed:
            self.close()
            raise SourceUnavailable(
                self._source, self.login.url, _advice(failed.code, self.login), code=failed.code
            ) from None

    def _open(self) -> tuple[Path, ...]:
        if shutil.which("ssh") is None:
            raise _NoWay("no-ssh")
        with self._lock:
            if self._closed:
                raise _NoWay("ended")
            folder = self._folder = PrivateFolder()
            ends = tuple(folder.path / str(number) for number in range(len(self._paths)))
            if any(len(os.fsencode(end)) > _LONGEST for end in ends):
                raise _NoWay("path-too-long")
            with (folder.path / "said").open("wb") as said:
                process = self._process = subprocess.Popen(
                    self._words(ends), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
                )  # fmt: skip
        until = time.monotonic() + CONNECTING
        while time.monotonic() < until and process.poll() is None:
            if all(end.exists() for end in ends):
                return ends
            time.sleep(0.05)
        raise _NoWay(_why(process, folder.path / "said"))

    def close(self) -> None:
        """End ssh and remove the folder. Harmless when called again; after it the tunnel cannot be opened."""
        self.end()
        with self._lock:
            process, self._process = self._process, None
            folder, self._folder = self._folder, None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_ENDING)
            if process.poll() is None:
                _signal(process, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
                process.wait()
        if folder is not None:
            folder.remove()

    def end(self) -> None:
        """Ask ssh to end, without waiting for it."""
        with self._lock:
            self._closed = True
            if self._process is not None and self._process.poll() is None:
                _signal(self._process, signal.SIGTERM)

    def _words(self, ends: Sequence[Path]) -> list[str]:
        login = self.login
        forwarded = [word for end, path in zip(ends, self._paths, strict=True) for word in ("-L", f"{end}:{path}")]
        return [
            "ssh", "-N", "-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR",
            # Forwardings of the user's own configuration may be in use by another ssh, which is no reason to fail; whether ours are
            # there is looked at.
            "-o", "ExitOnForwardFailure=no", "-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "StreamLocalBindMask=0177",
            "-o", "ConnectionAttempts=1", "-o", f"ConnectTimeout={max(int(CONNECTING), 1)}",
            "-o", f"ServerAliveInterval={_SILENT}", "-o", "ServerAliveCountMax=3",
            *(("-p", str(login.port)) if login.port else ()), *forwarded, "--", login.word,
        ]  # fmt: skip


def close_all(tunnels: Iterable[Tunnel]) -> None:
    """Close several at once: each ends while the others do."""
    every = tuple(tunnels)
    for tunnel in every:
        tunnel.end()
    for tunnel in every:
        tunnel.close()


class _NoWay(Exception):
    """No tunnel, with the code of the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _why(process: subprocess.Popen[bytes], said: Path) -> str:
    """The code of what went wrong. What ssh says may come from the other machine, and is not repeated."""
    if process.poll() is None:
        return "timeout"
    try:
        text = said.read_bytes()[-65536:]
    except OSError:  # closed meanwhile
        return "ended"
    return next((code for code, words in _SAID if any(word in text for word in words)), "ssh-failed")


def _advice(code: str, login: Login) -> str:
    works = f"does `{login.command}` work without a password and without questions?"
    told = {
        "no-ssh": "there is no ssh on this machine: install OpenSSH's client",
        "path-too-long": "the folder for temporary files has too long a name for a socket: set TMPDIR to a shorter one",
        "ended": "the run was ended before ssh had logged in",
        "host-key": f"ssh does not know its host key, or knows another one: see ~/.ssh/known_hosts, and {works}",
        "login-refused": f"{login.who} may not log in with the keys that ssh has here: {works}",
        "no-such-host": f"ssh finds no machine of this name: {works}",
        "no-connection": f"no sshd answers there: {works}",
        "timeout": f"no ssh connection within {CONNECTING:.0f} s: {works}",
    }
    return told.get(code, f"no ssh connection: {works}")


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To ssh and to what it has started, such as the ssh to a jump host: they are a group of processes of their own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
