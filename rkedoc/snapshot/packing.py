"""A snapshot packed, as others keep it."""

from __future__ import annotations

import shutil
from pathlib import Path

import zstandard


def pack(source: Path, target: Path) -> None:
    """Write a packed copy of a snapshot, whether it was packed or not. Raises ``OSError``."""
    with source.open("rb") as stream, target.open("wb") as out:
        packed = stream.read(4) == zstandard.FRAME_HEADER
        stream.seek(0)
        if packed:
            shutil.copyfileobj(stream, out, 1 << 20)
        else:
            zstandard.ZstdCompressor().copy_stream(stream, out)
