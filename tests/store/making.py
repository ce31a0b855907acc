"""Snapshots to put into stores, and stores to put them into."""

from __future__ import annotations

import random
from pathlib import Path

from rkedoc.snapshot.record import Capture
from rkedoc.snapshot.writer import HeaderParts
from tests.snapshot.making import pod, snapshot


def made(
    folder: Path, cluster: str = "prod", time: str = "2026-11-23T05:37:31Z", *, pods: int = 1, size: int = 0
) -> Path:
    """A snapshot of a cluster; its file has some ``size`` bytes more than it needs: digests, which nothing packs."""
    chance = random.Random(f"{cluster} {time} {pods} {size}")
    count = size // 32 // pods
    images = [[f"nginx@sha256:{chance.randbytes(32).hex()}" for _ in range(count)] for _ in range(pods)]
    parts = HeaderParts({"name": cluster, "uid": ""}, (Capture("kubernetes", None, time, {"rkedoc": "0.1.0"}),))
    path = folder / f"{chance.getrandbits(64):x}.ndjson.zst"
    return snapshot(path, [pod(f"web-{number}", images=refs) for number, refs in enumerate(images)], parts)
