"""Stores to test with: folders, and buckets of a real S3 server."""

from __future__ import annotations

import os
import uuid
from collections import deque
from pathlib import Path

import pytest

from rkedoc.store.store import Store
from rkedoc.store.url import parse_url
from tests.support.s3 import S3, s3

__all__ = ["s3"]


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test meets the credentials of whoever runs it."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(params=["file", pytest.param("s3", marks=pytest.mark.s3)])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty store, for whose client the environment is set."""
    if request.param == "file":
        (tmp_path / "store").mkdir()
        return f"file://{tmp_path}/store"
    server: S3 = request.getfixturevalue("s3")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return f"{server.bucket(f'b-{uuid.uuid4().hex}')}/fleet/clusters"


@pytest.fixture
def store(url: str) -> Store:
    return Store(parse_url(url))


@pytest.fixture
def unlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large snapshots are read to their end and not looked through for secrets, which takes a minute for ten megabytes of digests."""
    monkeypatch.setattr("rkedoc.store.store.require_redacted", lambda _path, records: deque(records, maxlen=0))
