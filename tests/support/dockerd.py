"""A Docker engine of the tests' own, with images made of one static busybox.

It needs root, ``dockerd`` and ``/bin/busybox`` (Debian: docker.io, iptables, busybox-static). No image is pulled. Where
one of these is missing the tests are skipped, which :mod:`tests.support.services` may call a failure.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.support.daemon import BUSYBOX, add_busybox, end, running

STARTING = 60.0


def missing() -> str:
    """What this machine lacks to run an engine; empty if nothing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "an engine can be started by root alone"
    if shutil.which("dockerd") is None:
        return "dockerd is not installed"
    if not BUSYBOX.exists():
        return "busybox is not installed"
    return ""


class Dockerd:
    """A running engine, and what a test does to it. Everything lies below one folder, which is short: a socket's path
    may have 108 bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "docker.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None
        self._client: Any = None

    def start(self) -> None:
        """Start the engine and wait until it answers."""
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [
                "dockerd", "--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec",
                "-H", self.url, "-p", f"{self.folder}/pid", "--bridge=none", "--iptables=false", "--ip6tables=false",
            ],
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        log.close()
        ends = time.monotonic() + STARTING
        while time.monotonic() < ends:
            if self._answers():
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.2)
        tail = (self.folder / "log").read_text(errors="replace")[-2000:]
        self.stop()
        raise RuntimeError(f"dockerd did not start:\n{tail}")

    def _answers(self) -> bool:
        # The package docker leaves a socket open when it cannot connect, so that is found out without it.
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
            if probe.connect_ex(str(self.socket)):
                return False
        with (
            contextlib.suppress(Exception),
            contextlib.closing(docker.APIClient(base_url=self.url, timeout=5)) as client,
        ):
            return bool(client.ping())
        return False

    def stop(self) -> None:
        """Stop the engine with its containers."""
        if self._process is None:
            return
        with contextlib.suppress(Exception):  # a shell that is process 1 does not hear SIGTERM, for which dockerd waits
            client = self.client()
            for row in client.containers():
                client.kill(row["Id"])
        if self._client is not None:
            self._client.close()
            self._client = None
        end(self._process, 60)
        self._process = None

    def client(self) -> Any:
        """A client of the `docker` package, to do with the engine what the collector never does."""
        if self._client is None:
            self._client = docker.APIClient(base_url=self.url, version="auto", timeout=60)
        return self._client

    def image(self, name: str, *changes: str) -> str:
        """Make an image from busybox under a name; ``changes`` are lines of a Dockerfile. Returns its id."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            add_busybox(tar, "bash")
        repository, _, tag = name.rpartition(":")
        client = self.client()
        client.import_image_from_data(archive.getvalue(), repository=repository, tag=tag, changes=list(changes))
        return str(client.inspect_image(name)["Id"])

    def create(
        self, name: str, image: str, command: list[str] | None = None, *, start: bool = True, **settings: Any
    ) -> str:
        """Create a container without a network of its own; ``settings`` as of ``docker.APIClient.create_container``,
        and ``host``, a dictionary of settings of the host's side. Returns its id."""
        client = self.client()
        host = client.create_host_config(**{"network_mode": "none", **settings.pop("host", {})})
        made = client.create_container(image, command, name=name, host_config=host, **settings)
        if start:
            client.start(made["Id"])
        return str(made["Id"])

    def remove(self, identifier: str) -> None:
        """Remove a container, running or not."""
        self.client().remove_container(identifier, force=True, v=True)

    def states(self) -> dict[str, str]:
        """What the engine says of its containers: state by name."""
        rows = self.client().containers(all=True)
        return {row["Names"][0].lstrip("/"): row["State"] for row in rows}


def fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    """The body of a session fixture that gives a :class:`Dockerd`."""
    with running(Dockerd, prefix="rkd-", lacking=missing()) as engine:
        yield engine
