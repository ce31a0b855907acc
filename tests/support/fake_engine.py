"""A container engine's API on a unix socket that answers what a test gives it, and misbehaves where the test says so."""

from __future__ import annotations

import contextlib
import json
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """An answer that is not just JSON with status 200."""

    status: int = 200
    body: bytes = b"{}"
    hang: bool = False
    """Never answer."""
    cut_after: int | None = None
    """Close the connection after so many bytes of the body."""
    headers: tuple[tuple[str, str], ...] = ()


Answer = Any
"""A JSON value, a :class:`Reply`, or a function without arguments that gives one of them."""


@dataclass
class FakeEngine:
    """A running fake. ``answers`` is by path, without the API's version."""

    url: str
    answers: dict[str, Answer]
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, full path with query, headers."""
    done: threading.Event = field(default_factory=threading.Event)

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [path for _, path, _ in self.requests]


def container(number: int, name: str, **changes: Any) -> dict[str, Any]:
    """An answer of inspect, as small as one can be."""
    identifier = f"{number:064x}"
    made: dict[str, Any] = {
        "Id": identifier, "Name": f"/{name}", "Created": "2026-11-23T05:00:00Z", "Path": "sleep", "Args": ["1"],
        "Image": f"sha256:{'a' * 64}", "RestartCount": 0,
        "State": {"Status": "running", "Running": True, "StartedAt": "2026-11-23T05:00:01Z", "ExitCode": 0},
        "Config": {"Image": "example/app:1", "Cmd": ["sleep", "1"], "Env": ["LOG_LEVEL=info"], "Labels": {}},
        "HostConfig": {"NetworkMode": "default", "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}},
        "NetworkSettings": {"Networks": {}, "Ports": {}}, "Mounts": [],
    }  # fmt: skip
    for key, value in changes.items():
        made[key] = {**made[key], **value} if isinstance(made.get(key), dict) and isinstance(value, dict) else value
    return made


def row(inspect: dict[str, Any]) -> dict[str, Any]:
    """The row of the list that belongs to an answer of inspect."""
    words = [inspect["Path"], *inspect["Args"]]
    return {
        "Id": inspect["Id"], "Names": [inspect["Name"]], "Image": inspect["Config"]["Image"], "ImageID": inspect["Image"],
        "Command": " ".join(words), "Created": 1795400000, "Labels": inspect["Config"]["Labels"],
        "State": inspect["State"]["Status"], "Status": "Up 2 minutes", "Ports": [], "Mounts": inspect["Mounts"],
        "HostConfig": {"NetworkMode": inspect["HostConfig"]["NetworkMode"]}, "NetworkSettings": {"Networks": {}},
    }  # fmt: skip


def answers(*containers: dict[str, Any], api: str = "1.41", **more: Answer) -> dict[str, Answer]:
    """What a healthy engine answers that holds ``containers`` and nothing else."""
    return {
        "/version": {"Version": "20.10.24", "ApiVersion": api, "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64"},
        "/info": {"Name": "node-a", "Containers": len(containers), "Images": 0, "ServerVersion": "20.10.24"},
        "/containers/json": [row(inspect) for inspect in containers],
        **{f"/containers/{inspect['Id']}/json": inspect for inspect in containers},
        "/images/json": [],
        "/networks": [],
        "/volumes": {"Volumes": [], "Warnings": None},
        **more,
    }


@contextlib.contextmanager
def running(served: dict[str, Answer]) -> Iterator[FakeEngine]:
    """Serve ``served`` on a socket."""
    with tempfile.TemporaryDirectory(prefix="fake-engine-") as folder:
        path = Path(folder, "docker.sock")
        engine = FakeEngine(f"unix://{path}", served)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                engine.requests.append((self.command, self.path, dict(self.headers.items())))
                self._answer(_lookup(engine.answers, self.path))

            do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

            def _answer(self, answer: Answer) -> None:
                reply = answer if isinstance(answer, Reply) else Reply(body=json.dumps(answer).encode())
                if reply.hang:
                    engine.done.wait(60)
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply.body)))
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body[: reply.cut_after])
                self.close_connection = self.close_connection or reply.cut_after is not None

            def log_message(self, *_: object) -> None: ...

            def address_string(self) -> str:
                return "unix"

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None: ...

        with Server(str(path), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            try:
                yield engine
            finally:
                engine.done.set()
                server.shutdown()
                thread.join()


def _lookup(served: dict[str, Answer], target: str) -> Answer:
    path = urlsplit(target).path
    if path.startswith("/v1."):
        path = "/" + path.split("/", 2)[2]
    answer = served.get(path, Reply(404, b'{"message":"no such thing: SECRET-in-a-message"}'))
    while callable(answer) and not isinstance(answer, Reply):
        answer = answer()
    return answer
