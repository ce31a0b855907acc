"""Bundles of other people's tools, for tests: the samples that lie in ``tests/data/bundles``, and lists of paths."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import zstandard

from rkedoc.collect.files.formats.format import HEAD, Bundle, Claim, Format, Index, Reading
from tests.support.archives import DATA

Files = Mapping[str, bytes]
"""What a bundle holds, by path."""


@cache
def samples() -> Mapping[str, Files]:
    """One bundle of each format, by the name of its folder, made of the recorded node."""
    content = zstandard.ZstdDecompressor().stream_reader((DATA / "bundles" / "synthetic.tar.zst").read_bytes())
    found: dict[str, dict[str, bytes]] = {}
    with tarfile.open(fileobj=io.BytesIO(content.read())) as archive:
        for member in archive:
            stream = archive.extractfile(member)
            if stream is not None:
                top, _, path = member.name.removeprefix("./").partition("/")
                found.setdefault(top, {})[path or top] = stream.read()
    return MappingProxyType(found)


def index(files: Files, formats: Sequence[Format], below: str = "") -> Index:
    """The index of files that lie below a folder, with the beginnings that the formats want to see."""
    keys = {key for one in formats for key in one.keys}
    moved = {f"{below}/{path}" if below else path: content for path, content in files.items()}
    whole = {name for one in formats for name in one.whole}
    heads = {path: content[:HEAD] for path, content in moved.items() if path.rpartition("/")[2] in keys}
    heads |= {path: content for path, content in moved.items() if path.rpartition("/")[2] in whole}
    return Index({path: len(content) for path, content in moved.items()}, heads)


def found(one: Format, files: Files, below: str = "") -> list[Bundle]:
    """The bundles that a format finds, by their roots."""
    return sorted(one.find(index(files, [one], below)), key=lambda bundle: bundle.root)


def paths(listing: str) -> list[str]:
    """The paths in a listing, one a line; ``{a,b}`` stands for each of its words."""
    return [path for line in listing.split() for path in _each(line)]


def _each(path: str) -> list[str]:
    choice = re.search(r"\{([^{}]*)\}", path)
    if choice is None:
        return [path]
    return [one for word in choice[1].split(",") for one in _each(path[: choice.start()] + word + path[choice.end() :])]


def told(reading: Reading) -> str:
    """A reading in one line: how it is read, of which kind, of what it is all, and why it is left out."""
    where = f"in {reading.namespace}" if reading.namespace else ""
    whole = "" if reading.claim is Claim.NOTHING else f"all of the {reading.claim.value}"
    return " ".join(filter(None, (reading.as_.value, reading.version, reading.kind, where, whole, reading.reason)))


def made(listing: str) -> dict[str, bytes]:
    """Empty files at the paths of a listing."""
    return dict.fromkeys(paths(listing), b"")


def check(bundle: Bundle, expected: Mapping[str, str]) -> None:
    """Each path of each listing is read as the line beside it says."""
    wrong = {
        path: (reading, line)
        for listing, line in expected.items()
        for path in paths(listing)
        if (reading := told(bundle.reading(path))) != line
    }
    assert wrong == {}
