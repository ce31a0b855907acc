"""The demo shows a real node: its snapshot is what the collector makes of the recording."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from rkedoc.resources import resource
from tests.support.demo import RECORDING, collect_demo


@pytest.fixture(scope="module")
def fresh(recording: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("demo") / "demo.ndjson.zst"
    collect_demo(recording(RECORDING), output)
    return output


def test_the_packaged_snapshot_is_what_collecting_the_recording_gives(fresh: Path) -> None:
    assert _unpacked(fresh) == _unpacked(resource("data", "demo.ndjson.zst"))


def _unpacked(path: Path) -> bytes:
    with path.open("rb") as stream:
        return zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True).read()
