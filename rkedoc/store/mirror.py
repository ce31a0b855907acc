"""The snapshots of a store as files of a folder, got once: for what looks at all of them time and again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rkedoc.errors import StoreError
from rkedoc.store.layout import LAYOUT

if TYPE_CHECKING:
    from rkedoc.store.store import Found

_MODE: Final = 0o700
"""Snapshots say what a cluster holds: for whoever may read the store."""


def mirror(found: Found, folder: Path, progress: Callable[[str], None] | None = None) -> tuple[str, ...]:
    """Bring a folder to what a URL of a store names: what is not there is got, what the store has no more is removed.

    Only what was found to be whole and what its key says lies there under its name, so that an interrupted run is gone on with. One snapshot that
    is at fault costs itself: gives what is wrong with those. Raises ``OSError`` for a folder that cannot be written.
    """
    folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
    faults: list[str] = []
    wanted = {folder / stored.key for stored in found.snapshots}
    for stored in found.snapshots:
        target = folder / stored.key
        if target.exists():
            continue
        if progress is not None:
            progress(f"getting {stored.cluster}, {stored.time[:10]}")
        target.parent.mkdir(mode=_MODE, parents=True, exist_ok=True)
        try:
            found.store.get(stored, target)
        except StoreError as error:
            faults.append(str(error))
    for path in (folder / LAYOUT).rglob("*"):
        if path.is_file() and path not in wanted:
            path.unlink(missing_ok=True)
    return tuple(faults)
