"""A site on this machine's own address, for the one who builds it, and a look at whether what it is made of has changed.

A page of another origin must learn nothing from it, though any may send a browser here: the path begins with a token that no page can guess, a
name that was pointed at this machine (DNS rebinding) is refused by the ``Host`` header, and a browser gives nothing of it to scripts and frames of
others. Nothing can be written: there is no method but GET and HEAD.
"""

from __future__ import annotations

import secrets
import socketserver
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

from rkedoc.errors import UsageError

HOST: Final = "127.0.0.1"
_HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "frame-ancestors 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


class SiteServer(ThreadingHTTPServer):
    """Shows the files below a folder, whichever site lies there at the time. ``port`` 0 takes a free one."""

    daemon_threads = True

    def __init__(self, root: Path, port: int) -> None:
        self.root = root.absolute()
        self.token = secrets.token_urlsafe(12)
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "there is no such port"
            raise UsageError(f"--port {port}: {reason}; --port 0 takes one that is free") from None
        self.names = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}

    @property
    def address(self) -> str:
        """Where a browser finds the first page."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def server_bind(self) -> None:
        """Bind, without asking DNS for this machine's name as :mod:`http.server` does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle is no mistake."""


class _Handler(SimpleHTTPRequestHandler):
    server: SiteServer
    server_version = "rkedoc"
    sys_version = ""

    def __init__(self, request: Any, client_address: Any, server: SiteServer) -> None:
        super().__init__(request, client_address, server, directory=str(server.root))

    def send_head(self) -> Any:
        """The file that was asked for, if it is a page's own and the question comes from one."""
        if self.headers.get("Host", "") not in self.server.names:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return None
        if not self._is_shown():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def translate_path(self, path: str) -> str:
        """Where a path leads, without the token that it begins with."""
        return super().translate_path(urlsplit(path).path.removeprefix(f"/{self.server.token}"))

    def list_directory(self, path: Any) -> IO[bytes] | None:  # type: ignore[override]
        """A folder without a page of its own is not shown."""
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def end_headers(self) -> None:
        """Add what keeps others out."""
        for name, value in _HEADERS:
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """What was looked at is nobody's business."""

    def _is_shown(self) -> bool:
        """Whether a path has the token, and stays below the folder: a published site keeps its snapshots in one that begins with a dot."""
        if not urlsplit(self.path).path.startswith(f"/{self.server.token}/"):
            return False
        root = self.server.root.resolve()
        found = Path(self.translate_path(self.path)).resolve()
        return found.is_relative_to(root) and not any(part.startswith(".") for part in found.relative_to(root).parts)


def stamps(paths: Iterable[Path]) -> Mapping[Path, tuple[int, int]]:
    """The time of change and the size of each file, and of each below a folder; of what is not there nothing."""
    found = {}
    for path in paths:
        for file in (path, *path.rglob("*")) if path.is_dir() else (path,):
            try:
                status = file.stat()
            except OSError:  # it went between two looks
                continue
            found[file] = (status.st_mtime_ns, status.st_size)
    return found
