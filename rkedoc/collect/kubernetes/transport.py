"""One GET request to a Kubernetes API server: guarded, bounded in time and size, and never more than one try.

Tries, waiting and paging are the business of :mod:`rkedoc.collect.kubernetes.lists`; what an answer means is the business of its
caller. No error of the HTTP library leaves this module: its text may hold an address with a password.
"""

from __future__ import annotations

import errno
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson

from rkedoc import __version__
from rkedoc.collect.kubernetes.endpoint import Endpoint
from rkedoc.collect.kubernetes.guard import check
from rkedoc.errors import CollectError
from rkedoc.redact.certificates import moment

JSON_ONLY = "application/json"
"""The ``Accept`` header of ordinary requests."""

MAX_BYTES = 512 * 1024 * 1024
"""The largest answer that is read: a page of 500 objects of 1 MB each. An answer that is larger is no page."""

_CHUNK = 256 * 1024
_HEAD = 4096
_REASONS = frozenset({
    "BadRequest", "Expired", "Forbidden", "Gone", "InternalError", "Invalid", "MethodNotAllowed", "NotAcceptable",
    "NotFound", "RequestEntityTooLarge", "ServerTimeout", "ServiceUnavailable", "StoreReadError", "Timeout",
    "TooManyRequests", "Unauthorized",
})  # fmt: skip
"""Those of Kubernetes' ``metav1.StatusReason`` that a read can meet (apimachinery, pkg/apis/meta/v1/types.go)."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, and for a whole answer."""

    connect: float = 10.0
    read: float = 45.0
    total: float = 300.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``body`` has been decompressed; it is empty unless ``status`` is 200."""

    status: int
    reason: str
    """A code, never a message: the ``reason`` of the server's ``Status`` (``Forbidden``), or the one that fits the
    status."""
    body: bytes | bytearray
    retry_after: float | None
    """Seconds that the server asked to wait."""


class NoAnswer(CollectError):
    """No complete answer came. ``reason`` is a code; ``retry`` says whether asking again may help."""

    def __init__(self, reason: str, *, status: int | None = None, retry: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.retry = retry


class Guard(Protocol):
    """Lets a request pass, or raises :class:`~rkedoc.errors.ForbiddenRequest`; see :func:`rkedoc.collect.kubernetes.guard.check`."""

    def __call__(self, method: str, path: str, query: Mapping[str, str], accept: str, /) -> None: ...


class Transport:
    """Sends guarded GET requests to one endpoint. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint, *, run: str, guard: Guard = check) -> None:
        self._endpoint = endpoint
        self._guard = guard
        self._agent = f"rkedoc/{__version__} run={run}"
        self.closed = False
        self.certificate_until = ""
        """Until when the server's certificate holds (RFC 3339), once it has answered over verified TLS."""

    def get(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        accept: str = JSON_ONLY,
        timeouts: Timeouts = Timeouts(),
        admit: Callable[[bytes], bool] | None = None,
    ) -> Answer:
        """Send one request and read its answer.

        ``admit`` sees the first bytes of a 200 answer; if it returns false the rest is dropped unread and
        :class:`NoAnswer` ``contents-not-refused`` is raised. Raises :class:`~rkedoc.errors.ForbiddenRequest` before
        anything is sent, and :class:`NoAnswer` if no complete answer came.
        """
        return self.request("GET", path, query=query or {}, accept=accept, timeouts=timeouts, admit=admit)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str],
        accept: str,
        timeouts: Timeouts,
        admit: Callable[[bytes], bool] | None = None,
    ) -> Answer:
        """The one place of the package that hands a request to the HTTP library; see :meth:`get`."""
        self._guard(method, path, query, accept)
        import urllib3
        from urllib3.exceptions import (
            ConnectTimeoutError,
            HTTPError,
            NewConnectionError,
            ProxyError,
            ReadTimeoutError,
            SSLError,
        )

        if self.closed:
            raise NoAnswer("stopped", retry=False)
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": self._agent}
        try:
            authorization = self._endpoint.authorization()
        except Exception:  # noqa: BLE001 - a plugin or a token file that worked when the run began; what it says may be secret
            raise NoAnswer("credentials-lost", retry=False) from None
        if authorization:
            headers["Authorization"] = authorization
        url = self._endpoint.base + quote(path) + ("?" + urlencode(query) if query else "")
        ends = time.monotonic() + timeouts.total
        try:
            response = self._endpoint.pool.request(
                method, url, headers=headers, preload_content=False, redirect=False, retries=False,
                timeout=urllib3.Timeout(connect=timeouts.connect, read=timeouts.read),
            )  # fmt: skip
            if not self.certificate_until:
                self.certificate_until = _certificate_until(response)
            try:
                return _read(response, ends, admit)
            finally:
                response.release_conn()
        except ProxyError:
            raise NoAnswer("proxy-failed") from None
        except NewConnectionError as error:  # a kind of ConnectTimeoutError to the library, though nobody waited
            raise NoAnswer(_not_connected(error)) from None
        except (ConnectTimeoutError, ReadTimeoutError):
            raise NoAnswer("timeout") from None
        except (SSLError, ssl.SSLError) as error:
            raise NoAnswer(_tls_reason(error), retry=False) from None
        except (HTTPError, OSError, ValueError):
            raise NoAnswer("connection-failed") from None

    def close(self) -> None:
        """Send nothing more, and let go of idle connections."""
        self.closed = True
        self._endpoint.pool.clear()


_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)
_CERTIFICATE = {
    9: "tls-expired", 10: "tls-expired", 62: "tls-other-name", 64: "tls-other-name", 18: "tls-unknown-authority",
    19: "tls-unknown-authority", 20: "tls-unknown-authority", 21: "tls-unknown-authority",
}  # fmt: skip
"""Why a certificate was not accepted (OpenSSL, include/openssl/x509_vfy.h, X509_V_ERR)."""


def _not_connected(error: BaseException) -> str:
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "name-not-resolved"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection-refused"
    if any(isinstance(cause, OSError) and cause.errno in _UNREACHABLE for cause in causes):
        return "unreachable"
    return "connection-failed"


def _tls_reason(error: BaseException) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATE.get(cause.verify_code, "tls-failed")
        if isinstance(cause, ssl.SSLError) and cause.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            return "tls-not-spoken"
        if isinstance(cause, ssl.SSLError) and cause.reason and "ALERT" in cause.reason:
            return "tls-refused-by-server"
    return "tls-failed"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it came from: as its cause, or as what it was made with."""
    open_, seen = [error], set[int]()
    while open_:
        one = open_.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            open_ += [
                other for other in (one.__cause__, one.__context__, *one.args) if isinstance(other, BaseException)
            ]


def _certificate_until(response: Any) -> str:
    """Until when the certificate holds that the server has shown on the connection of this answer."""
    shown = getattr(getattr(response.connection, "sock", None), "getpeercert", None)
    certificate = shown() if shown is not None else None
    return moment(str(certificate["notAfter"])) if certificate and "notAfter" in certificate else ""


def _read(response: Any, ends: float, admit: Callable[[bytes], bool] | None) -> Answer:
    status = int(response.status)
    body = bytearray()  # grows in its place: the pieces of an answer and the whole of it are never there both
    limit = MAX_BYTES if status == 200 else 64 * 1024
    seen = admit is None or status != 200
    for chunk in response.stream(_CHUNK, decode_content=True):
        body += chunk
        if not seen and len(body) >= _HEAD:
            seen = True
            _admit(response, admit, bytes(body))
        if len(body) > limit:
            response.close()
            if status == 200:
                raise NoAnswer("answer-too-large", status=status, retry=False)
            break
        if time.monotonic() > ends:
            response.close()
            raise NoAnswer("timeout", status=status)
    if not seen:
        _admit(response, admit, bytes(body))
    if status == 200:
        return Answer(200, "", body, None)
    return Answer(status, _reason(status, body), b"", _retry_after(response.headers.get("Retry-After")))


def _admit(response: Any, admit: Callable[[bytes], bool] | None, head: bytes) -> None:
    if admit is not None and not admit(head):
        response.close()
        raise NoAnswer("contents-not-refused", status=200, retry=False)


_BY_STATUS = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
    406: "NotAcceptable", 410: "Expired", 429: "TooManyRequests", 500: "InternalError", 502: "BadGateway",
    503: "ServiceUnavailable", 504: "Timeout",
}  # fmt: skip


def _reason(status: int, body: bytes | bytearray) -> str:
    """A reason code: the one in the server's ``Status``, else one by the HTTP status. Never the message."""
    try:
        answer = orjson.loads(body)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer.get("kind") == "Status" and answer.get("reason") in _REASONS:
        return str(answer["reason"])
    return _BY_STATUS.get(status) or ("redirected" if 300 <= status < 400 else f"http-{status}")


def _retry_after(value: str | None) -> float | None:
    """Seconds from a ``Retry-After`` header, which holds seconds or a date (RFC 9110, section 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value.strip()[:9])
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
