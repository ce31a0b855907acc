"""The ways to a container runtime's socket: on this machine, and on another one over ssh."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rkedoc.collect.cri.sockets import CRI_SOCKETS
from rkedoc.collect.engine.address import SOURCE, check_socket
from rkedoc.collect.ssh import Login, Tunnel, login_of
from rkedoc.errors import UsageError


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
        # gRPC has one code for a socket that is not there, one that may not be used, and one at which nobody listens.
        check_socket(
            self.path,
            hidden="this account may not look there: run as root",
            absent="there is no such socket: does the container runtime run here? Give --runtime URL, or --runtime none",
            closed="this account may not use the socket: run as root, or as a member of its group",
        )
        return self.path

    def close(self) -> None:
        """Nothing was opened."""

    def advice(self, reason: str) -> str:
        return advice(reason, "does the container runtime run, and does `crictl info` answer here?")


@dataclass(slots=True)
class SocketBehindSsh:
    """A socket of another machine; how it is reached is for those to say who derive from this."""

    login: Login
    path: str
    origin: str
    is_local: bool = field(default=False, init=False)

    @property
    def url(self) -> str:
        return f"{self.login.url}{self.path}"

    @property
    def host(self) -> str:
        return self.login.host

    @property
    def description(self) -> str:
        return f"{self.url} ({self.origin}), encrypted by ssh"


@dataclass(slots=True)
class ForwardedSocket(SocketBehindSsh):
    """One that is forwarded by an ssh of its own: see :mod:`rkedoc.collect.ssh`."""

    _tunnel: Tunnel | None = field(default=None, init=False, repr=False)

    def open(self) -> str:
        self._tunnel = Tunnel(self.login, (self.path,), source=SOURCE)
        (end,) = self._tunnel.open()
        return str(end)

    def close(self) -> None:
        if self._tunnel is not None:
            self._tunnel.close()
            self._tunnel = None

    def advice(self, reason: str) -> str:
        return advice(
            reason,
            f"is {self.path} there, may {self.login.who} open it (mostly root alone), and does sshd allow AllowStreamLocalForwarding?",
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
    login, path = login_of(rest, "--runtime")
    if not path:
        known = ", ".join(one.path for one in CRI_SOCKETS[:3])
        raise UsageError(
            f"--runtime ssh://{login.host}: name the socket as well, such as ssh://{login.host}{CRI_SOCKETS[0].path} ({known}), "
            "or have all of them looked for with --node"
        )
    if ":" in path or Path(path).as_posix() != path:
        raise UsageError("--runtime ssh://…: the path of the socket must be a plain one, without colons")
    return ForwardedSocket(login, path, origin)


def advice(reason: str, silent: str) -> str:
    """What a reason code for no answer means, and what to do; ``silent`` is what to do where nothing answers at all."""
    told = {
        "timeout": "no answer in time: the container runtime hangs or is very busy",
        "connection-failed": f"no answer: {silent}",
        "forbidden": "it does not let this account ask: run as root",
    }
    return told.get(reason, f"it answered in a way that is of no use ({reason})")
