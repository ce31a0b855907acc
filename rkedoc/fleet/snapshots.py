"""The snapshots of a fleet: which there are, of which cluster each is, and which is the newest of each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson

from rkedoc.errors import SnapshotError, UsageError
from rkedoc.snapshot.reader import SUFFIXES, SnapshotFile

PUBLISHED: Final = Path(".rkedoc", "snapshots")
"""Where a folder of published sites keeps the snapshots of its versions."""

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot of a fleet. ``fault`` says why it cannot be read, and is empty where it can; ``stamp`` changes with the file."""

    path: Path
    stamp: tuple[int, int]
    cluster: str = ""
    uid: str = ""
    time: str = ""
    digest: str = ""
    fault: str = ""

    @property
    def of(self) -> str:
        """What tells clusters apart: the uid, or the name where there is none."""
        return self.uid or self.cluster


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The snapshots of a fleet that can be read, by cluster and oldest first, each content once, and those that cannot."""

    all: tuple[Kept, ...]
    left_out: tuple[Kept, ...]

    @property
    def newest(self) -> tuple[Kept, ...]:
        """The newest of each cluster."""
        return tuple({one.of: one for one in self.all}.values())


def snapshot_paths(folder: Path) -> Iterator[Path]:
    """The files of a folder that may be snapshots, at any depth, sorted; of a folder of published sites those of its versions.

    Raises :class:`~rkedoc.errors.UsageError` if there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is no folder: name one that holds snapshots, at any depth, or one that rkedoc publish has made"
        )
    kept = folder / PUBLISHED
    found = []
    for path, folders, names in os.walk(kept if kept.is_dir() else folder):
        # What rkedoc keeps beside snapshots are none.
        folders[:] = [name for name in folders if name != PUBLISHED.parts[0]]
        found += [os.path.join(path, name) for name in names if name.endswith(SUFFIXES)]
    yield from (Path(path) for path in sorted(found) if os.path.isfile(path))


def fleet_of(paths: Iterable[Path], remembered: Mapping[str, Kept]) -> Snapshots:
    """What the files are. Of those that are as they were, what is ``remembered`` by their paths counts; the others are opened."""
    read: list[Kept] = []
    for path in paths:
        about = path.stat()
        stamp = about.st_size, about.st_mtime_ns
        known = remembered.get(str(path))
        read.append(known if known is not None and known.stamp == stamp else _opened(path, stamp))
    good = sorted((one for one in read if not one.fault), key=lambda one: (one.cluster, one.of, one.time, one.digest))
    unlike = {one.digest: one for one in good}
    return Snapshots(tuple(unlike.values()), tuple(one for one in read if one.fault))


def broken(snapshots: Snapshots, faults: Mapping[Path, str]) -> Snapshots:
    """The fleet without the snapshots that turned out not to be readable, each with what is wrong with it."""
    bad = tuple(replace(one, fault=faults[one.path]) for one in snapshots.all if one.path in faults)
    return Snapshots(tuple(one for one in snapshots.all if one.path not in faults), (*snapshots.left_out, *bad))


def _opened(path: Path, stamp: tuple[int, int]) -> Kept:
    try:
        with SnapshotFile(path) as file:
            header = file.header
    except SnapshotError as error:
        return Kept(path, stamp, fault=str(error).removeprefix(f"{path}: "))
    name = str(header.cluster.get("name") or "") or "cluster"
    return Kept(path, stamp, name, str(header.cluster.get("uid") or ""), header.time, header.digest)


def remember(file: Path, snapshots: Sequence[Kept]) -> None:
    """Write down what the files are, so that nobody has to open them again. Raises ``OSError``."""
    content = {
        "rkedoc": "fleet", "format": _FORMAT,
        "files": {str(one.path): [*one.stamp, one.cluster, one.uid, one.time, one.digest, one.fault] for one in snapshots},
    }  # fmt: skip
    fresh = file.with_suffix(".part")
    fresh.write_bytes(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))
    fresh.replace(file)


def remembered(file: Path) -> dict[str, Kept]:
    """What was written down; nothing where it cannot be read, since it can be found out again."""
    try:
        content: Any = orjson.loads(file.read_bytes())
        if content["format"] != _FORMAT:
            return {}
        return {
            path: Kept(Path(path), (size, time), *(str(word) for word in words))
            for path, (size, time, *words) in content["files"].items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}
