"""The demos show what they say: each snapshot is what the collector makes of its recording, and each site is whole."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
import zstandard
from click.testing import CliRunner

from rkedoc.catalog.loader import load_catalog
from rkedoc.cli import cli
from rkedoc.cluster.model import Cluster
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from tests.support.archives import Archives
from tests.support.chinese import english, marks, pieces
from tests.support.demo import DEMOS

NOTES = {
    "rke1": ("Recorded: the answers of a node's Docker engine and of its API.", "录制所得：一个节点的 Docker 引擎及其 API 的应答"),
    "rke2": ("composed: the API's objects and the host's files.", "编写所得：API 的对象和主机的文件"),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(DEMOS))
def name(request: pytest.FixtureRequest) -> str:
    """Which demo."""
    return str(request.param)


@pytest.fixture(scope="module")
def site(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as a person builds it, in both languages."""
    folder = tmp_path_factory.mktemp("demo") / "site"
    built = CliRunner().invoke(
        cli, ["demo", "--node", name, "-o", str(folder), "--language", "en,zh_CN", "-q"], catch_exceptions=False
    )
    assert (built.exit_code, built.stderr) == (0, ""), "a build without a warning says nothing but where the site is"
    return folder


def test_the_packaged_snapshot_is_what_collecting_the_recording_gives(name: str, tmp_path: Path) -> None:
    demo = DEMOS[name]
    (tmp_path / "made").mkdir()
    fresh = tmp_path / "made" / demo.file
    demo.collect(Archives(demo.archives, tmp_path)(demo.recording), fresh)
    assert _unpacked(fresh) == _unpacked(resource("data", demo.file))


def test_every_container_is_accounted_for(name: str) -> None:
    ledger = build_ledger(Cluster(load(resource("data", DEMOS[name].file)), load_catalog()))
    assert ledger.closes
    assert len(ledger.lines) > 40
    assert not ledger.mismatches, "engine and API speak of the same pods"


def test_every_pod_leads_to_the_workload_that_it_belongs_to(name: str) -> None:
    snapshot = load(resource("data", DEMOS[name].file))
    pods = snapshot.by_kind("Pod")
    assert len(pods) > 15
    assert not [pod.id for pod in pods if pod.owner is None or snapshot.get(pod.owner) is None]


def test_the_first_page_says_what_was_recorded_and_what_was_composed(name: str, site: Path) -> None:
    for language, note in zip(("en", "zh_CN"), NOTES[name], strict=True):
        assert note in html.unescape((site / language / "index.html").read_text("utf-8"))


def test_every_link_leads_to_a_page_and_a_place_that_are_there(site: Path) -> None:
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html")}
    anchors = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in pages.items()}
    assert len(pages) > 80
    for path, text in pages.items():
        for link in re.findall(r'<a\b[^>]*?\bhref="([^"]*)"', text):
            place, _hash, anchor = html.unescape(link).partition("#")
            if ":" in place.split("/")[0]:
                continue
            target = Path(os.path.normpath(path.parent / unquote(place))) if place else path
            assert target.exists(), (path.name, link)
            if anchor and target in anchors:
                assert unquote(anchor) in anchors[target], (path.name, link)


def test_no_link_of_a_row_leads_to_that_row(site: Path) -> None:
    """Whoever follows a link wants to learn more than what stands where he is."""
    for path in site.rglob("*.html"):
        for row in re.findall(r"<tr[^>]*>.*?</tr>", path.read_text("utf-8"), re.DOTALL):
            own = set(re.findall(r'\bid="([^"]+)"', row))
            for page, place in re.findall(r'<a (?!class="headerlink")[^>]*href="([^"#]*)#([^"]+)"', row):
                assert place not in own or (page and Path(page).name != path.name), (path.name, place)


def test_nothing_that_was_planted_is_in_snapshot_or_site(name: str, site: Path) -> None:
    assert b"CANARY" not in _unpacked(resource("data", DEMOS[name].file))
    assert not [path for path in site.rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()]


def _unpacked(path: Path) -> bytes:
    with path.open("rb") as stream:
        return zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True).read()


def test_chinese_pages_are_written_as_chinese_is(name: str, site: Path) -> None:
    """What a page says in words of ours: citations and what the cluster says itself are in whatever language they are."""
    theirs = set(cited())
    text = _unpacked(resource("data", DEMOS[name].file)).decode()
    messages = {found[:30] for found in re.findall(r'message\\*":\\*"([^"\\]{10,})', text)}
    amiss: dict[str, str] = {}
    for path in sorted((site / "zh_CN").rglob("*.html")):
        if "_static" in path.parts or path.name.startswith("k8s-"):  # Sphinx's own indices
            continue
        for piece in pieces(path.read_text("utf-8")):
            if any(source in piece for source in theirs) or any(message in piece for message in messages):
                continue
            for fault in (*marks(piece, apart=True), *english(piece)):
                amiss.setdefault(fault, path.name)
    assert amiss == {}


def cited() -> Iterator[str]:
    """Where what the catalog and the tables say comes from, as it is printed."""
    yield from (source.removeprefix("https://") for entry in load_catalog().entries for source in entry.sources)
    for path in resource("explain").rglob("*.yaml"):
        yield from _sources(yaml.safe_load(path.read_text("utf-8")))


def _sources(value: Any, key: str = "") -> Iterator[str]:
    match value:
        case str() if key in ("source", "text"):
            yield value
        case dict():
            for name, inner in value.items():
                yield from _sources(inner, name)
        case list():
            for inner in value:
                yield from _sources(inner, key)
