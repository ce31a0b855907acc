"""Which engine is asked, and how it is reached: as the Docker command line decides it.

An address given wins, then ``DOCKER_HOST``, then the context (``DOCKER_CONTEXT``, or the one that ``docker context use``
chose), then the socket of this machine (docker/cli, cli/command/cli.go, ``resolveContextName``). TLS material is that of
the context, otherwise what ``DOCKER_TLS_VERIFY`` and ``DOCKER_CERT_PATH`` name.
"""

from __future__ import annotations

import importlib.util
import os
import re
import stat
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from rkedoc.errors import SourceUnavailable

SOURCE = "engine"
"""The source of all captures of container runtimes, Docker or another: they tell what an engine holds."""
DEFAULT_SOCKET = "unix:///var/run/docker.sock"

_SCHEMES = ("unix", "tcp", "http", "https", "ssh", "npipe")
_PLAIN_PORT, _TLS_PORT = 2375, 2376


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """Where an engine listens.

    ``url`` has no credentials in it, so that it can be shown; ``origin`` says who named it.
    """

    url: str
    origin: str
    tls: Any = field(default=None, repr=False)
    """A ``docker.tls.TLSConfig``, or ``None``."""
    login: tuple[str, str] | None = field(default=None, repr=False)
    """User and password that the address held."""
    proxy: str = ""
    """The proxy that the environment names for it, without credentials."""

    @property
    def scheme(self) -> str:
        """``unix``, ``tcp``, ``http``, ``https``, ``ssh`` or ``npipe``."""
        return self.url.partition("://")[0]

    @property
    def description(self) -> str:
        """One line about the address and the protection of the way to it."""
        parts = [f"{self.url} ({self.origin})"]
        if self.scheme in ("tcp", "http", "https"):
            if self.tls is None and self.scheme != "https":
                parts.append("WARNING: neither encrypted nor authenticated")
            elif self.tls is not None and not self.tls.verify:
                parts.append("TLS, WARNING: its certificate is not verified")
            else:
                parts.append("TLS")
            parts.append(f"through the proxy {self.proxy}" if self.proxy else "no proxy")
        return ", ".join(parts)


def engine_address(given: str | None) -> EngineAddress:
    """The address of the engine to ask. Raises :class:`~rkedoc.errors.SourceUnavailable` if none can be made out."""
    if given:
        return _address(given, "--engine", _tls_of_environment)
    if host := os.environ.get("DOCKER_HOST"):
        return _address(host, "DOCKER_HOST", _tls_of_environment)
    name = os.environ.get("DOCKER_CONTEXT") or _current_context()
    if name and name != "default":
        return _of_context(name)
    return _address(DEFAULT_SOCKET, "default", lambda: None)


def names_docker() -> bool:
    """Whether the environment says which engine is meant, by an address or by a context."""
    if os.environ.get("DOCKER_HOST"):
        return True
    name = os.environ.get("DOCKER_CONTEXT") or _current_context()
    return bool(name and name != "default")


def _current_context() -> str:
    from docker.context.config import get_current_context_name

    try:
        return str(get_current_context_name() or "")
    except Exception:  # noqa: BLE001 - a configuration that cannot be read names no context, as for the Docker command line
        return ""


def _of_context(name: str) -> EngineAddress:
    from docker.context import ContextAPI

    where = f"context {name!r}"
    try:
        context = ContextAPI.get_context(name)
        host = context.Host if context is not None else None
        tls = context.TLSConfig if context is not None else None
    except Exception as error:  # noqa: BLE001 - the package raises plain ones
        raise SourceUnavailable(
            SOURCE, where, f"it cannot be read ({type(error).__name__}): see docker context ls"
        ) from None
    if not isinstance(host, str) or not host:
        raise SourceUnavailable(SOURCE, where, "there is no such context: see docker context ls, or give --engine URL")
    return _address(host.removeprefix("http+"), where, lambda: tls)


def _tls_of_environment() -> Any:
    from docker.errors import DockerException
    from docker.utils import kwargs_from_env

    try:
        return kwargs_from_env().get("tls")
    except DockerException:
        raise SourceUnavailable(
            SOURCE, "TLS", "DOCKER_CERT_PATH (or ~/.docker) does not hold the three files ca.pem, cert.pem and key.pem"
        ) from None


def _address(url: str, origin: str, tls_material: Any) -> EngineAddress:
    url = url.strip()
    if url.startswith("/"):
        url = f"unix://{url}"
    scheme, colons, rest = url.partition("://")
    scheme = scheme.lower()
    if not colons or scheme not in _SCHEMES or not rest:
        raise SourceUnavailable(
            SOURCE, origin, f"not an address of an engine: it starts with one of {_shown_schemes()}"
        )
    if scheme == "unix":
        path = "/" + rest.lstrip("/")
        check_socket(
            path,
            hidden="this account may not look there: run as one that may use Docker",
            absent="there is no such socket: is an engine running here? Give --engine URL, --runtime URL for another container runtime, or --engine none",
            closed="this account may not use the socket: run as root or as a member of its group (mostly docker)",
        )
        return EngineAddress(f"unix://{path}", origin)
    if scheme == "npipe":
        return EngineAddress(f"npipe://{rest}", origin)
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise SourceUnavailable(SOURCE, origin, "its host and port cannot be read from the address") from None
    if scheme != "ssh" and not host:
        host = "127.0.0.1"
    if not re.fullmatch(r"[A-Za-z0-9_.:%-]{1,253}", host) or host.startswith("-"):
        raise SourceUnavailable(SOURCE, origin, "its host cannot be read from the address")
    bare = f"[{host}]" if ":" in host else host
    if scheme == "ssh":
        return _ssh(bare, parts.username, port, origin)
    tls = tls_material()
    if port is None and scheme == "tcp":
        port = _TLS_PORT if tls is not None else _PLAIN_PORT
    shown = f"{scheme}://{bare}" + (f":{port}" if port else "") + parts.path.rstrip("/")
    login = (unquote(parts.username or ""), unquote(parts.password or "")) if parts.username or parts.password else None
    return EngineAddress(shown, origin, tls, login, _proxy(shown, tls))


def _ssh(host: str, user: str | None, port: int | None, origin: str) -> EngineAddress:
    shown = f"ssh://{user}@{host}" if user else f"ssh://{host}"
    shown += f":{port}" if port else ""
    if importlib.util.find_spec("paramiko") is None:
        raise SourceUnavailable(
            SOURCE, shown, "an engine behind ssh needs one package more: python -m pip install 'rkedoc[ssh]'"
        )
    return EngineAddress(shown, origin)


def check_socket(path: str, *, hidden: str, absent: str, closed: str) -> None:
    """Say what is wrong with a socket before the attempt to use it ends in nothing but a refusal.

    ``hidden``, ``absent`` and ``closed`` are what to say of one in a folder that may not be entered, of one that is not there, and of one
    that this account may not use. Raises :class:`~rkedoc.errors.SourceUnavailable`.
    """
    where = f"unix://{path}"
    try:
        mode = os.stat(path).st_mode
    except PermissionError:
        raise SourceUnavailable(SOURCE, where, hidden) from None
    except OSError:
        raise SourceUnavailable(SOURCE, where, absent) from None
    if not stat.S_ISSOCK(mode):
        raise SourceUnavailable(SOURCE, where, "this is not a socket")
    if not os.access(path, os.R_OK | os.W_OK):
        raise SourceUnavailable(SOURCE, where, closed)


def _proxy(url: str, tls: Any) -> str:
    """The proxy that requests will use by the environment, without its credentials."""
    from requests.utils import get_environ_proxies, select_proxy

    scheme = "https" if tls is not None or url.startswith("https:") else "http"
    target = f"{scheme}://{url.partition('://')[2]}"
    found = select_proxy(target, get_environ_proxies(target))
    if not found:
        return ""
    parts = urlsplit(found if "://" in found else f"http://{found}")
    return f"{parts.scheme}://{parts.hostname or '?'}" + (f":{parts.port}" if parts.port else "")


def _shown_schemes() -> str:
    return ", ".join(f"{scheme}://" for scheme in _SCHEMES)
