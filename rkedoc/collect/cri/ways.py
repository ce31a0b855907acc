"""The ways to a container runtime's socket: on this machine, and on another one over ssh."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from rkedoc.collect.cri.sockets import CRI_SOCKETS, SOURCE, check_socket
from rkedoc.collect.private_folder import PrivateFolder
from rkedoc.errors import SourceUnavailable, UsageError

_CONNECTING: Final = 20.0
"""Seconds that ssh may take to log in and to open the forwarded socket."""

_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:%-]{0,252}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.$-]{0,63}")


class Way(Protocol):
    """Leads to a socket that gRPC can open."""

    @property
    def url(self) -> str:
        """The address, without credentials."""

    @property
    def description(self) -> str:
        """One line about the address, and who named it."""

    @property
    def host(self) -> str:
        """The name of the machine that it leads to; empty for this one."""

    @property
    def is_local(self) -> bool:
        """Whether it leads to this machine."""

    def open(self) -> str:
        """The path of the socket on this machine. Raises :class:`~rkedoc.errors.SourceUnavailable`."""

    def close(self) -> None:
        """Let go of what was opened. Harmless when called again."""

    def advice(self, reason: str) -> str:
        """What a reason code for no answer means here, and what to do."""


@dataclass(frozen=True, slots=True)
class LocalSocket:
    """A socket of this machine, or one that was mounted into this container."""

    path: str
    origin: str
    host: str = ""
    is_local: bool = True

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    @property
    def description(self) -> str:
        return f"{self.url} ({self.origin})"

    def open(self) -> str:
        check_socket(self.path)
        return self.path

    def close(self) -> None:
        """Nothing was opened."""

    def advice(self, reason: str) -> str:
        return _advice(reason, "does the container runtime run, and does `crictl info` answer here?")


@dataclass(slots=True)
class ForwardedSocket:
    """A socket of another machine, forwarded by ``ssh`` as its own configuration says: keys, known hosts, jump hosts.

    Nothing is run there: ssh opens the socket with the rights of the account that logs in. The end on this machine lies in a
    folder that only this process uses.
    """

    user: str
    host: str
    port: int | None
    path: str
    origin: str
    is_local: bool = False
    _folder: PrivateFolder | None = field(default=None, repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        login = f"{self.user}@{self.host}" if self.user else self.host
        return f"ssh://{login}{f':{self.port}' if self.port else ''}{self.path}"

    @property
    def description(self) -> str:
        return f"{self.url} ({self.origin}), encrypted by ssh"

    def open(self) -> str:
        if shutil.which("ssh") is None:
            raise SourceUnavailable(SOURCE, self.url, "there is no ssh on this machine: install OpenSSH's client")
        self._folder = PrivateFolder()
        local = self._folder.path / "runtime.sock"
        login = f"{self.user}@{self.host}" if self.user else self.host
        words = [
            "ssh", "-N", "-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "ControlMaster=no",
            "-o", "ControlPath=none", "-o", "StreamLocalBindMask=0177", "-o", f"ConnectTimeout={int(_CONNECTING)}",
            *(("-p", str(self.port)) if self.port else ()), "-L", f"{local}:{self.path}", "--", login,
        ]  # fmt: skip
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        ends = time.monotonic() + _CONNECTING
        while time.monotonic() < ends and self._process.poll() is None:
            if local.exists():
                return str(local)
            time.sleep(0.05)
        self.close()
        raise SourceUnavailable(
            SOURCE, self.url, f"no ssh connection: does `ssh {login} true` work without a password and without questions?"
        )  # fmt: skip

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    def advice(self, reason: str) -> str:
        who = self.user or "the account that logs in"
        return _advice(
            reason,
            f"is {self.path} there, may {who} open it (mostly root alone), and does sshd allow AllowStreamLocalForwarding?",
        )


def way_to(address: str, origin: str) -> Way:
    """The way to a runtime: ``unix:///path``, ``/path`` or ``ssh://[user@]host[:port]/path``.

    Raises :class:`~rkedoc.errors.UsageError` for what is none of these.
    """
    text = address.strip()
    if text.startswith("/"):
        return LocalSocket(text, origin)
    scheme, colons, rest = text.partition("://")
    if colons and scheme.lower() == "unix" and rest.lstrip("/"):
        return LocalSocket("/" + rest.lstrip("/"), origin)
    if colons and scheme.lower() == "ssh":
        return _ssh(rest, origin)
    raise UsageError(
        "--runtime takes unix:///path/of/the.sock or ssh://host/path/of/the.sock; give Docker with --engine"
    )


def _ssh(rest: str, origin: str) -> ForwardedSocket:
    try:
        parts = urlsplit(f"ssh://{rest}")
        host, user, port = parts.hostname or "", parts.username or "", parts.port
    except ValueError:
        raise UsageError("--runtime ssh://…: its host and port cannot be read from the address") from None
    if parts.password:
        raise UsageError("--runtime ssh://…: a password in the address is not taken; ssh uses its keys")
    if not _HOST.fullmatch(host) or (user and not _USER.fullmatch(user)):
        raise UsageError("--runtime ssh://…: its host and user cannot be read from the address")
    path = parts.path.rstrip("/")
    if not path:
        known = ", ".join(one.path for one in CRI_SOCKETS[:3])
        raise UsageError(
            f"--runtime ssh://{host}: name the socket as well, such as ssh://{host}{CRI_SOCKETS[0].path} ({known})"
        )
    if ":" in path or Path(path).as_posix() != path:
        raise UsageError("--runtime ssh://…: the path of the socket must be a plain one, without colons")
    return ForwardedSocket(user, host, port, path, origin)


def _advice(reason: str, silent: str) -> str:
    told = {
        "timeout": "no answer in time: the container runtime hangs or is very busy",
        "connection-failed": f"no answer: {silent}",
        "forbidden": "it does not let this account ask: run as root",
    }
    return told.get(reason, f"it answered in a way that is of no use ({reason})")
