"""A Kubernetes API server that serves what a test gives it, and misbehaves where the test says so.

It is a real HTTP server in a thread. Every request is remembered; anything but GET is remembered too, and refused, so
that a test can say that nothing else was sent.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml


@dataclass(frozen=True)
class Request:
    """A request that arrived. ``nth`` counts those to the same path, from 1."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    nth: int


@dataclass(frozen=True)
class Reply:
    """An answer, good or bad."""

    status: int = 200
    body: bytes | Iterable[bytes] = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut_after: int | None = None
    """Close the connection after so many bytes of the body."""
    pause: float = 0.0
    """Seconds to wait before each piece of an iterable body."""


Handler = Callable[[Request], Reply | dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """A resource to be served: its discovery entry."""

    group_version: str
    name: str
    kind: str
    namespaced: bool = True

    @property
    def base(self) -> str:
        return f"/api/{self.group_version}" if "/" not in self.group_version else f"/apis/{self.group_version}"

    @property
    def path(self) -> str:
        return f"{self.base}/{self.name}"


PODS = Kind("v1", "pods", "Pod")
SECRETS = Kind("v1", "secrets", "Secret")
NAMESPACES = Kind("v1", "namespaces", "Namespace", namespaced=False)
CONFIGMAPS = Kind("v1", "configmaps", "ConfigMap")
DEPLOYMENTS = Kind("apps/v1", "deployments", "Deployment")


class Api:
    """The routes of a server. A path without a route answers 404."""

    def __init__(self, *kinds: Kind) -> None:
        self.routes: dict[str, Handler] = {}
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._discovery(kinds)

    def route(self, path: str, answer: Handler | Reply | dict[str, Any]) -> None:
        self.routes[path] = answer if callable(answer) else lambda _: answer

    def serve(self, kind: Kind, items: list[dict[str, Any]]) -> None:
        """Serve a list in pages of the size that is asked for."""
        self.route(kind.path, lambda request: paged(kind, items, request))

    def sent(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def answer(self, method: str, target: str, headers: dict[str, str]) -> Reply:
        parts = urlsplit(target)
        with self._lock:
            request = Request(method, parts.path, dict(parse_qsl(parts.query)), headers, len(self.sent(parts.path)) + 1)
            self.requests.append(request)
        if method != "GET":
            return status(405, "MethodNotAllowed")
        handler = self.routes.get(parts.path)
        found = handler(request) if handler else status(404, "NotFound")
        return Reply(body=json.dumps(found).encode()) if isinstance(found, dict) else found

    def _discovery(self, kinds: tuple[Kind, ...]) -> None:
        self.route("/version", {"gitVersion": "v1.20.9"})
        self.route("/api", {"kind": "APIVersions", "versions": ["v1"]})
        self.route("/api/v1", resource_list("v1", [kind for kind in kinds if kind.group_version == "v1"]))
        groups: dict[str, list[str]] = {}
        for kind in kinds:
            group, _, version = kind.group_version.rpartition("/")
            if group and version not in groups.setdefault(group, []):
                groups[group].append(version)
        listed = []
        for group, versions in groups.items():
            entries = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
            listed.append({"name": group, "versions": entries, "preferredVersion": entries[0]})
            for entry in entries:
                at = entry["groupVersion"]
                self.route(f"/apis/{at}", resource_list(at, [kind for kind in kinds if kind.group_version == at]))
        self.route("/apis", {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed})


def resource_list(group_version: str, kinds: list[Kind]) -> dict[str, Any]:
    resources = [
        {
            "name": kind.name,
            "kind": kind.kind,
            "namespaced": kind.namespaced,
            "verbs": ["get", "list", "watch", "create"],
        }
        for kind in kinds
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources}


def paged(kind: Kind, items: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    """One page of a list, as an API server answers ``limit`` and ``continue``."""
    start = int(request.query.get("continue", "0"))
    limit = int(request.query.get("limit", str(len(items) or 1)))
    metadata = {"resourceVersion": "1"}
    if start + limit < len(items):
        metadata["continue"] = str(start + limit)
    return {
        "kind": f"{kind.kind}List",
        "apiVersion": kind.group_version,
        "metadata": metadata,
        "items": items[start : start + limit],
    }


def status(code: int, reason: str, message: str = "a message", **headers: str) -> Reply:
    """An error as an API server words it."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return Reply(
        status=code, body=json.dumps(body).encode(), headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def pod(name: str, namespace: str = "default", **spec: Any) -> dict[str, Any]:
    """A small pod."""
    return {
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}"},
        "spec": {"containers": [{"name": "main", "image": "busybox:1"}], "nodeName": "node-1", **spec},
        "status": {"phase": "Running"},
    }


def kubeconfig(folder: Path, url: str, *, user: dict[str, Any] | None = None, name: str = "test") -> Path:
    """A kubeconfig that names the server."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": url}}],
        "users": [{"name": "someone", "user": user if user is not None else {"token": "t0ken"}}],
        "contexts": [{"name": "here", "context": {"cluster": name, "user": "someone"}}],
        "current-context": "here",
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    return path


@contextmanager
def running(api: Api) -> Iterator[str]:
    """Serve an API for as long as the block lasts; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"api": api}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    api: Api
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        reply = self.api.answer(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        try:
            if isinstance(reply.body, bytes):
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body if reply.cut_after is None else reply.body[: reply.cut_after])
                self.wfile.flush()
            else:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in reply.body:
                    time.sleep(reply.pause)
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        if reply.cut_after is not None:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _any

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""
