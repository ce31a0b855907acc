"""What was planted on a recorded node reaches neither snapshot nor site nor terminal: names, index and inventory included.

The scan knows nothing of the rules. It looks for the planted words in the bytes, and in whatever the bytes hold in
base64 (once and twice), compressed, or with JavaScript's and HTML's escapes.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner

from rkedoc.cli import cli
from tests.support.archives import DATA
from tests.support.player import playing

PLANTED = tuple(
    line.split()[0]
    for line in (DATA / "recordings" / "canaries.txt").read_text("utf-8").splitlines()
    if line.startswith("CANARY")
)
_ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


def _readable(content: bytes, depth: int = 2) -> Iterator[bytes]:
    yield content
    text = content.decode("utf-8", "replace")
    if "&" in text:
        yield html.unescape(text).encode()
    if "\\x" in text or "\\u" in text:
        yield re.sub(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))", lambda m: chr(int(m[1] or m[2], 16)), text).encode(
            "utf-8", "replace"
        )
    if depth:
        for word in set(_ENCODED.findall(content)):
            for start in range(4):
                with_padding = word[start:].rstrip(b"=")
                with_padding += b"=" * (-len(with_padding) % 4)
                try:
                    plain = base64.b64decode(with_padding.replace(b"-", b"+").replace(b"_", b"/"))
                except binascii.Error:
                    continue
                if b"CANARY" in plain or (start == 0 and plain[:4] in (b"Q0FO", b"eyJh")):
                    yield from _readable(plain, depth - 1)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        yield f"name of {path.name}", str(path.relative_to(folder)).encode()
        if path.is_file():
            content = path.read_bytes()
            yield path.name, content
            if path.name == "objects.inv":
                yield path.name, zlib.decompress(content.split(b"\n", 4)[4])


def _found(content: bytes) -> list[str]:
    return [word for word in PLANTED for text in _readable(content) if word.encode() in text]


@pytest.mark.parametrize("name", ["rke-single-node", "rke-single-node-unhealthy"])
def test_no_planted_secret_is_in_snapshot_site_or_output(
    recording: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    said = []
    snapshot = tmp_path / "node.ndjson.zst"
    with playing(recording(name), tmp_path) as node:
        arguments = ["collect", "-o", str(snapshot), "--engine", node.engine, "--kubeconfig", str(node.kubeconfig)]
        said.append(CliRunner().invoke(cli, arguments, catch_exceptions=False))
    said.append(CliRunner().invoke(cli, ["build", str(snapshot), "-o", str(tmp_path / "site")], catch_exceptions=False))
    said.append(CliRunner().invoke(cli, ["ledger", str(snapshot)], catch_exceptions=False))
    for result in said:
        assert result.exit_code == 0, result.output
        assert _found(result.output.encode()) == []
    with snapshot.open("rb") as stream:
        plain = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True).read()
    assert _found(plain) == []
    for place, content in _files(tmp_path / "site"):
        assert _found(content) == [], place


def test_the_scan_finds_what_is_hidden_in_the_usual_ways() -> None:
    word = PLANTED[0].encode()
    once = base64.b64encode(b'{"token": "' + word + b'"}')
    for content in (
        word,
        b"x " + once,
        base64.b64encode(b"CANARY " + once),
        word.replace(b"-", b"\\x2d"),
        word.replace(b"-", b"&#45;"),
    ):
        assert _found(content), content
