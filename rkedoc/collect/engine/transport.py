"""Requests to a container engine: nothing but reads, each bounded in time and size.

The `docker` package brings the ways to an engine (unix sockets, named pipes, TLS, ssh); its calls are not used, since
they neither bound what they read nor keep to reading. The guard stands in the session, below every caller: what it does
not know is never sent.
"""

from __future__ import annotations

import importlib
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from rkedoc import __version__
from rkedoc.collect.engine.address import EngineAddress
from rkedoc.collect.kubernetes.transport import NoAnswer
from rkedoc.errors import ForbiddenRequest
from rkedoc.printable import printable

OLDEST_API = "1.24"
"""The oldest version of the API that is spoken (Docker 1.12)."""

_MIB = 1 << 20
_CHUNK = 1 << 18
_CONNECTIONS = 4
"""Idle connections that are kept. The `docker` package keeps one for each path; over ssh each is a session of its own,
of which sshd allows ten (sshd_config, MaxSessions)."""

_API = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\Z")

_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
_ALLOWED: tuple[tuple[re.Pattern[str], Mapping[str, str]], ...] = (
    (re.compile(r"/_ping|/version|/info"), {}),
    (re.compile(r"/containers/json"), {"all": "1"}),
    (re.compile(rf"/containers/(?!json/){_NAME}/json"), {}),
    (re.compile(r"/images/json"), {}),
    (re.compile(rf"/images/(?!json/)(?:sha256:)?{_NAME}/json"), {}),
    (re.compile(rf"/networks(?:/{_NAME})?"), {}),
    (re.compile(rf"/volumes(?:/{_NAME})?"), {}),
)
"""The paths that may be asked for, each with the only parameters that it may bear. No sizes: computing them makes an
engine walk through its whole storage."""

_VERSIONED = re.compile(r"(?:/v[0-9]{1,3}\.[0-9]{1,3})?(/.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, for one answer about one thing, and for one list; and bytes of each."""

    connect: float = 10.0
    one: float = 20.0
    list: float = 60.0
    one_bytes: int = 32 * _MIB
    list_bytes: int = 256 * _MIB


def check(method: str, url: str) -> None:
    """Let a request to an engine pass, or raise :class:`~rkedoc.errors.ForbiddenRequest`."""
    parts = urlsplit(url)
    shown = printable(f"{method} {parts.path}".encode("ascii", "replace").decode()[:200])
    if method != "GET" and not (method == "HEAD" and parts.path == "/_ping"):
        raise ForbiddenRequest(f"{shown} was not sent to the engine: only GET is")
    path = _VERSIONED.fullmatch(parts.path)
    query = parse_qsl(parts.query, keep_blank_values=True)
    for pattern, parameters in _ALLOWED if path is not None and ".." not in parts.path else ():
        if path is not None and pattern.fullmatch(path[1]):
            if all(parameters.get(name) == value for name, value in query):
                return
            raise ForbiddenRequest(f"{shown} was not sent to the engine: it has a parameter that is not allowed")
    raise ForbiddenRequest(f"{shown} was not sent to the engine: not a path that the collector reads")


class EngineClient:
    """Sends guarded requests to one engine. Safe to use from several threads.

    Raises :class:`~rkedoc.collect.kubernetes.transport.NoAnswer` if no way to the engine opens (ssh connects here).
    """

    def __init__(self, address: EngineAddress, *, run_id: str, limits: Limits) -> None:
        self._limits = limits
        self._version = ""
        self._counting = threading.Lock()
        self.received = 0
        """Bytes of all answers so far."""
        self._session = _session(address, run_id, limits)
        self._login = address.login

    @property
    def api_version(self) -> str:
        """The version agreed upon; empty before :meth:`negotiate`."""
        return self._version

    def negotiate(self) -> Mapping[str, Any]:
        """Ask the engine for its version and agree on one of the API: the newest that both sides know.

        Returns what it answered. Raises :class:`NoAnswer`: ``not-an-engine``, ``api-too-old``, or as :meth:`get`.
        """
        from docker.constants import DEFAULT_DOCKER_API_VERSION

        answer = self.get("/version")
        newest = answer.get("ApiVersion") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or not isinstance(newest, str) or not _API.match(newest):
            raise NoAnswer("not-an-engine", status=200, retry=False)
        oldest = answer.get("MinAPIVersion")
        floor = oldest if isinstance(oldest, str) and _API.match(oldest) else OLDEST_API
        if _parts(newest) < _parts(OLDEST_API):
            raise NoAnswer("api-too-old", status=200, retry=False)
        ours = str(DEFAULT_DOCKER_API_VERSION)
        self._version = max(min(newest, ours, key=_parts), floor, key=_parts)
        return answer

    def path(self, path: str) -> str:
        """The path under the version agreed upon."""
        return f"/v{self._version}{path}" if self._version else path

    def get(self, path: str, *, query: Mapping[str, str] | None = None, listing: bool = False) -> Any:
        """The decoded JSON of one answer.

        Raises :class:`~rkedoc.errors.ForbiddenRequest` before anything is sent, and :class:`NoAnswer` with a reason code
        (``timeout``, ``connection-failed``, ``tls-failed``, ``too-large``, ``not-json``, ``not-found``, ``forbidden``,
        ``http-500`` …) if no answer of use came.
        """
        import requests

        unanswered: tuple[type[Exception], ...] = (
            requests.exceptions.RequestException, OSError, EOFError, ValueError, *_ssh_errors(),
        )  # fmt: skip
        limits = self._limits
        seconds, most = (limits.list, limits.list_bytes) if listing else (limits.one, limits.one_bytes)
        ends = time.monotonic() + seconds
        try:
            response = self._session.get(
                f"{self._session.base_url}{self.path(path)}", params=query, stream=True, allow_redirects=False,
                auth=self._login or _no_login, timeout=(limits.connect, seconds),
            )  # fmt: skip
            with response:
                if response.status_code != 200:
                    raise NoAnswer(_reason(response.status_code), status=response.status_code, retry=False)
                body = _read(response, ends, most)
                with self._counting:
                    self.received += len(body)
        except (requests.exceptions.Timeout, TimeoutError):
            raise NoAnswer("timeout") from None
        except requests.exceptions.SSLError:
            raise NoAnswer("tls-failed", retry=False) from None
        except unanswered as error:
            raise NoAnswer("timeout" if "timed out" in str(error) else "connection-failed") from None
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            raise NoAnswer("not-json", status=200, retry=False) from None

    def close(self) -> None:
        """Let go of all connections."""
        self._session.close()


def _ssh_errors() -> tuple[type[Exception], ...]:
    """What the library below ssh raises, where it is installed."""
    try:
        return (importlib.import_module("paramiko").SSHException,)
    except ImportError:
        return ()


def _read(response: Any, ends: float, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > most:
            raise NoAnswer("too-large", status=200, retry=False)
        if time.monotonic() > ends:
            raise NoAnswer("timeout", status=200)
        chunks.append(chunk)
    return b"".join(chunks)


def _reason(status: int) -> str:
    if 300 <= status < 400:
        return "redirected"
    return {401: "unauthorized", 403: "forbidden", 404: "not-found"}.get(status, f"http-{status}")


def _no_login(request: Any) -> Any:
    """Nothing is read from ``.netrc``, which requests would do otherwise."""
    return request


def _session(address: EngineAddress, run_id: str, limits: Limits) -> Any:
    import docker
    from docker.utils.config import load_general_config

    class GuardedSession(docker.APIClient):  # type: ignore[misc]  # the package has no types
        """The session that the `docker` package prepares for an address, behind the guard."""

        def send(self, request: Any, **kwargs: Any) -> Any:
            check(request.method or "", request.url or "")
            kwargs["allow_redirects"] = False
            if address.tls is not None:
                # A bundle that the environment names (REQUESTS_CA_BUNDLE) would take the place of the engine's own.
                kwargs["verify"] = self.verify
            return super().send(request, **kwargs)

    agent = f"rkedoc/{__version__} run={run_id}"
    try:
        # A version is given so that the package asks for none; the one that is agreed upon is put into the path.
        session = GuardedSession(
            base_url=address.url, version=OLDEST_API, timeout=limits.one, tls=address.tls or False, user_agent=agent,
            num_pools=_CONNECTIONS,
        )  # fmt: skip
        session.headers.update(
            {
                str(name): str(value)
                for name, value in (load_general_config().get("HttpHeaders") or {}).items()
                if str(name).lower() != "user-agent"
            }
        )
    except Exception as error:  # noqa: BLE001 - of ssh, of TLS files, of the package: their texts may hold what must not be shown
        raise NoAnswer(f"no-connection:{type(error).__name__}", retry=False) from None
    return session


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
