"""Folders that lie in the repository as compressed archives."""

from __future__ import annotations

import tarfile
from pathlib import Path

import zstandard

DATA = Path(__file__).resolve().parent.parent / "data"


def unpack(archive: Path, folder: Path) -> None:
    """Unpack ``*.tar.zst`` into an existing folder."""
    with (
        archive.open("rb") as packed,
        zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(packed) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        # Python 3.11 before 3.11.4 knows no filters; the archives are ours.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # type: ignore[assignment]
        tar.extractall(folder)  # noqa: S202 - the archives are ours


class Archives:
    """The archives of one folder below ``tests/data``, each unpacked when it is first asked for."""

    def __init__(self, source: Path, folder: Path) -> None:
        self._source = source
        self._folder = folder

    def __call__(self, name: str) -> Path:
        """The folder of that name."""
        path = self._folder / name
        if not path.exists():
            unpack(self._source / f"{name}.tar.zst", self._folder)
        return path

    def names(self) -> list[str]:
        """What there is."""
        return sorted(path.name.removesuffix(".tar.zst") for path in self._source.glob("*.tar.zst"))
