"""A real S3 server on this machine: moto's, with the command ``aws`` beside it, in an environment of its own, since it wants another python-dateutil than kubernetes does.

The environment is made once and kept in the user's cache. With authorization it checks signatures and policies as Amazon does.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

_PACKAGES = ("moto[s3,iam]>=5.1", "flask>=3", "flask-cors>=5", "awscli>=1.40")
_ADMIN = {"AWS_ACCESS_KEY_ID": "admin", "AWS_SECRET_ACCESS_KEY": "admin-s3cr3t", "AWS_REGION": "us-east-1"}
_STARTS = 60
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rkedoc-tests"
"""Looked up now: a test may have another home."""

_SERVER = """
import sys
from moto.s3.models import s3_backends
from moto.server import main
port, bucket = sys.argv[1:]
if bucket:
    backend = s3_backends["123456789012"]["aws"]
    backend.create_bucket(bucket, "us-east-1")
    for key in sys.stdin.read().split():
        backend.put_object(bucket, key, b"x")
main(["-H", "127.0.0.1", "-p", port])
"""

_USERS = """
import json, sys, boto3
endpoint, bucket, users = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
of = dict(endpoint_url=endpoint, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
boto3.client("s3", **of).create_bucket(Bucket=bucket)
iam, keys = boto3.client("iam", **of), {}
for name, policy in users.items():
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys[name] = [key["AccessKeyId"], key["SecretAccessKey"]]
print(json.dumps(keys))
"""


@dataclass(frozen=True)
class S3:
    """A server that runs. ``environment`` is what a command needs to be its client, with all rights where it asks for none."""

    endpoint: str
    python: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**_ADMIN, "AWS_ENDPOINT_URL": self.endpoint}

    def bucket(self, name: str) -> str:
        """A new bucket; gives its URL."""
        _asked(f"{self.endpoint}/{name}", method="PUT")
        return f"s3://{name}"

    def require(self, bucket: str, policies: dict[str, object]) -> dict[str, dict[str, str]]:
        """Make a bucket and users with these policies, and from now on ask everybody who he is; gives the environment of each."""
        arguments = [str(self.python), "-c", _USERS, self.endpoint, bucket, json.dumps(policies)]
        keys = json.loads(subprocess.run(arguments, check=True, capture_output=True, timeout=120).stdout)
        _asked(f"{self.endpoint}/moto-api/reset-auth", method="POST", body=b"0")
        return {
            name: {**self.environment, "AWS_ACCESS_KEY_ID": one, "AWS_SECRET_ACCESS_KEY": other}
            for name, (one, other) in keys.items()
        }


def _asked(url: str, *, method: str, body: bytes | None = None) -> None:
    headers = {"Content-Type": "text/plain"} if body else {}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=60) as answered:  # noqa: S310
        assert answered.status == 200


@contextmanager
def serving(bucket: str = "", keys: Iterable[str] = ()) -> Iterator[S3]:
    """A server of its own, in whose ``bucket`` these keys are from the beginning. Skips the test where the package index cannot be reached."""
    python = _environment()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [str(python), "-c", _SERVER, str(port), bucket],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdin is not None
        with process.stdin as stream:
            stream.write("\n".join(keys).encode())
        _wait(port, process)
        yield S3(f"http://127.0.0.1:{port}", python)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """A server that lets everybody do everything."""
    with serving() as server:
        yield server


def _environment() -> Path:
    wanted = hashlib.sha256("\n".join((*_PACKAGES, sys.version)).encode()).hexdigest()[:12]
    _CACHE.mkdir(parents=True, exist_ok=True)
    folder = _CACHE / f"moto-{wanted}"
    python = folder / "bin" / "python"
    with open(_CACHE / f"moto-{wanted}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, capture_output=True)
            # What this run holds its own packages to is nothing to another environment.
            environment = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
            command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *_PACKAGES]
            done = subprocess.run(command, capture_output=True, env=environment, timeout=600)
            if done.returncode:
                pytest.skip(f"moto's server cannot be installed: {done.stderr.decode()[-300:]}")
            (folder / "whole").touch()
    return python


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _STARTS
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=5):
            return
        time.sleep(0.1)
    pytest.fail("moto's server did not start")


@contextmanager
def answering(status: int, code: str) -> Iterator[str]:
    """A server that answers everything with one error of S3, in whose message a secret stands; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>CANARY-s3cr3t</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class Cutting:
    """A way to a server that breaks once so many bytes went up, or came down, and stays broken."""

    def __init__(self, endpoint: str, *, up: int | None = None, down: int | None = None) -> None:
        there = urlsplit(endpoint)
        self._there = (there.hostname, there.port)
        self._left = {"up": up, "down": down}
        self._lock = threading.Lock()
        self._broken = False
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.passed = {"up": 0, "down": 0}
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._break()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                if self._broken:
                    client.close()
                    continue
                server = socket.create_connection(self._there)
                self._open += [client, server]
                for source, target, way in ((client, server, "up"), (server, client, "down")):
                    threading.Thread(target=self._pass, args=(source, target, way), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, way: str) -> None:
        with suppress(OSError):
            while chunk := source.recv(4096):
                with self._lock:
                    left = self._left[way]
                    self.passed[way] += len(chunk)
                    chunk = chunk if left is None else chunk[:left]
                    if left is not None:
                        self._left[way] = left - len(chunk)
                target.sendall(chunk)
                if self._left[way] == 0:
                    break
            target.shutdown(socket.SHUT_WR)
        if self._left[way] == 0:
            self._break()

    def _break(self) -> None:
        self._broken = True
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
