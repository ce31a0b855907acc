"""A writer that is killed, or whose connection breaks, at any byte: what is listed is whole, and the next one succeeds."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rkedoc.errors import StoreError
from rkedoc.store.store import Store, store_of
from rkedoc.store.url import parse_url
from tests.store.making import made
from tests.support.s3 import S3, Cutting

WRITER = """
import sys
from collections import deque
from pathlib import Path
from rkedoc.store import store
from rkedoc.store.url import parse_url
store.require_redacted = lambda path, records: deque(records, maxlen=0)
there = store.store_of(parse_url(sys.argv[1]))
there.require()
print("ready", flush=True)
there.put(Path(sys.argv[2]), Path(sys.argv[3]))
"""
SIZE = 9_000_000
"""Bytes of a snapshot that goes in two parts."""


def whole(url: str, room: Path) -> int:
    """How many snapshots are listed, each of which is whole."""
    store = Store(parse_url(url))
    listed = store.list()
    for stored in listed.snapshots:
        store.get(stored, room / "back")
    assert listed.foreign == ()
    return len(listed.snapshots)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    folder = tmp_path / "room"
    folder.mkdir()
    return folder


@pytest.mark.usefixtures("unlooked")
def test_a_writer_that_is_killed_leaves_nothing_that_is_listed(url: str, room: Path, tmp_path: Path) -> None:
    path = made(tmp_path, pods=4, size=SIZE)
    chance = random.Random(7)
    began = time.monotonic()
    _run(url, path, room, None)
    took = time.monotonic() - began
    Store(parse_url(url)).delete(Store(parse_url(url)).list().snapshots)
    for _try in range(4):
        _run(url, path, room, chance.uniform(0, took))
        assert whole(url, room) in (0, 1)
    stored, _new = store_of(parse_url(url)).put(path, room)
    assert whole(url, room) == 1
    Store(parse_url(url)).get(stored, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == path.read_bytes()


def _run(url: str, path: Path, room: Path, seconds: float | None) -> None:
    """Let a process write, and kill it so many seconds after it has begun to."""
    command = [sys.executable, "-c", WRITER, url, str(path), str(room)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.mark.s3
@pytest.mark.usefixtures("unlooked")
@pytest.mark.parametrize("up", [1, 700, 5000, 1 << 20, (8 << 20) + 2000, SIZE - 1000])
def test_an_upload_that_breaks_leaves_nothing_that_is_listed(
    s3: S3, monkeypatch: pytest.MonkeyPatch, room: Path, tmp_path: Path, up: int
) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("rkedoc.store.clients._TRIES_AGAIN", 1)
    url = s3.bucket(f"cut-{up}")
    path = made(tmp_path, pods=4, size=SIZE)
    store = Store(parse_url(url))
    with Cutting(s3.endpoint, up=up) as way, pytest.raises(StoreError):
        store_of(parse_url(f"{url}?endpoint={way.endpoint}")).put(path, room)
    assert whole(url, room) == 0
    assert store.put(path, room)[1]
    assert whole(url, room) == 1


@pytest.mark.s3
@pytest.mark.usefixtures("unlooked")
@pytest.mark.parametrize("down", [2000, SIZE - 1000])
def test_a_download_that_breaks_leaves_no_file(
    s3: S3, monkeypatch: pytest.MonkeyPatch, room: Path, tmp_path: Path, down: int
) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("rkedoc.store.clients._TRIES_AGAIN", 1)
    url = s3.bucket(f"down-{down}")
    stored, _new = Store(parse_url(url)).put(made(tmp_path, pods=4, size=SIZE), room)
    with Cutting(s3.endpoint, down=down) as way, pytest.raises(StoreError):
        Store(parse_url(f"{url}?endpoint={way.endpoint}")).get(stored, tmp_path / "back")
    assert not (tmp_path / "back").exists()
    assert [entry for entry in tmp_path.iterdir() if entry.name.startswith(".rkedoc")] == []
