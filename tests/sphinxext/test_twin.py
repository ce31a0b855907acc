"""What a site says for programs: complete, of the published shape, the same in every language; and Markdown whose links hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.i18n import set_language
from rkedoc.resources import resource
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.sphinxext import twin
from rkedoc.sphinxext.blocks import markdown
from rkedoc.sphinxext.project import build_site
from rkedoc.sphinxext.site import Site
from tests.explain.recorded import dumped, recorded
from tests.sphinxext.stub import VIEWS, Builder
from tests.sphinxext.test_builders import HOSTILE, every_block, hostile

DEMOS = ("demo.ndjson.zst", "demo-rke2.ndjson.zst")
RECORDINGS = ("rke-single-node-idle", "rke-single-node-recreated", "rke-single-node-unhealthy")
DUMPS = ("rancher-v1.14", "rke-v1.14", "oneke-v1.24", "civo-v1.26")
VALIDATOR = Draft202012Validator(twin.json_schema())


def said(snapshot: Snapshot, language: str = "en") -> dict[str, Any]:
    """What the site of a snapshot says, as a program reads it."""
    set_language(language)
    try:
        site = Site(Cluster(snapshot, load_catalog(language)))
        return json.loads(json.dumps(twin.content(site, language, "internal", lambda docname: f"{docname}.html")))
    finally:
        set_language("en")


def check(found: Mapping[str, Any], snapshot: Snapshot) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(found)] == []
    assert found["ledger"]["total"] == len(found["ledger"]["containers"]) == sum(found["ledger"]["by_role"].values())
    pages = {page["address"] for page in found["pages"]}
    assert {item["page"] for part in ("workloads", "problems") for item in found[part]} <= {*pages, None}
    assert {page["parent"] for page in found["pages"]} <= {*(page["key"] for page in found["pages"]), None}
    known = {component["id"] for component in found["components"]}
    assert {line["component"] for line in found["ledger"]["containers"]} <= {*known, None}
    assert {workload["component"] for workload in found["workloads"]} <= {*known, None}
    assert "‹hidden:" not in json.dumps(found, ensure_ascii=False)
    assert len(found["relations"]) > 0 or len(snapshot.records) < 50


@pytest.mark.parametrize("name", DEMOS)
def test_what_a_site_says_is_of_the_published_shape_and_the_same_in_every_language(name: str) -> None:
    snapshot = load(resource("data", name))
    english, chinese = said(snapshot), said(snapshot, "zh_CN")
    check(english, snapshot)
    check(chinese, snapshot)
    assert list(differing(english, chinese)) != []
    assert set(differing(english, chinese)) <= {"language", "title", "summary", "said", "name"}


def differing(one: Any, other: Any, key: str = "") -> Iterator[str]:
    """The keys below which two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys()
        for name in one:
            yield from differing(one[name], other[name], name)
    elif isinstance(one, list) and isinstance(other, list):
        assert len(one) == len(other), key
        for left, right in zip(one, other, strict=True):
            yield from differing(left, right, key)
    elif one != other:
        yield key


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_nodes_are_of_the_published_shape(recording: Callable[[str], Path], name: str) -> None:
    snapshot = recorded(recording(name))
    check(said(snapshot), snapshot)


@pytest.mark.parametrize("name", DUMPS)
def test_dumps_are_of_the_published_shape(dump: Callable[[str], Path], name: str) -> None:
    snapshot = dumped(dump(name))
    check(said(snapshot), snapshot)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("markdown") / "site"
    build_site(resource("data", DEMOS[1]), out, builder="markdown", classification="internal")
    return out


def test_every_link_of_the_markdown_leads_to_a_file_and_a_place_in_it(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.md")}
    anchors = {name: set(re.findall(r'<a id="([^"]+)"></a>', text)) for name, text in files.items()}
    missing = []
    parser = MarkdownIt("gfm-like", {"linkify": False})
    for name, text in files.items():
        for token in parser.parse(text):
            for child in token.children or ():
                target = unquote(str(child.attrs.get("href", "https:")))
                if target.startswith("https:"):
                    continue
                address, _sign, anchor = target.partition("#")
                where = (Path(name).parent / address).as_posix() if address else name
                where = Path(re.sub(r"[^/]+/\.\./", "", where)).as_posix()
                if where not in files or (anchor and anchor not in anchors[where]):
                    missing.append((name, target))
    assert missing == []
    assert all(len(set(found)) == len(found) for found in map(re.compile(r'<a id="([^"]+)"').findall, files.values()))


def test_every_page_is_listed_for_assistants_and_says_of_what_it_speaks(folder: Path) -> None:
    listed = re.findall(r"^- \[[^\n]+\]\(([^)]+)\)$", (folder / "llms.txt").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.md"))
    for name in listed:
        head = (folder / name).read_text("utf-8")[:2_000]
        assert "UTC" in head
        assert "**internal**" in head
    found = json.loads((folder / twin.NAME).read_bytes())
    assert [error.message for error in VALIDATOR.iter_errors(found)] == []
    assert {page["address"] for page in found["pages"]} == set(listed)


def test_a_site_may_have_a_markdown_twin_of_each_page(tmp_path: Path) -> None:
    build_site(resource("data", DEMOS[0]), tmp_path / "site", twin_pages=True)
    pages = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")}
    found = json.loads((tmp_path / "site" / twin.NAME).read_bytes())
    for page in found["pages"]:
        assert page["address"] in pages
        plain = page["address"].removesuffix(".html")
        assert (tmp_path / "site" / f"{'README' if plain == 'index' else plain}.md").is_file()
    assert (tmp_path / "site" / twin.INDEX).is_file()


@pytest.mark.parametrize("view", [every_block, hostile])
def test_data_stays_text_in_markdown(build: Builder, view: Any) -> None:
    extensions = ["myst_parser", "rkedoc.sphinxext", "rkedoc.sphinxext.markdown"]
    result = build(views={**VIEWS, "overview-intro": view}, builder="markdown", extensions=extensions)
    assert result.warnings == ""
    shown = MarkdownIt("gfm-like", {"linkify": False}).render((result.out / "README.md").read_text("utf-8"))
    for piece in ("<script", "<img", 'href="javascript', "<em>d</em>", "<strong>c</strong>", "\u202e", "\u200b"):
        assert piece not in shown
    if view is hostile:
        assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 10


@pytest.mark.parametrize(
    "text", ["1. a", "- b", "# c", "+ d", "=", "10.42.0.1", "a|b", "*x*", "<b>", "`", "``a`b``", "$x$", "a\nb", HOSTILE]
)
def test_markdown_shows_what_it_was_given(text: str) -> None:
    parser = MarkdownIt("gfm-like", {"linkify": False})
    for made in (markdown.paragraph(markdown.escape(text)), markdown.table(("a",), [(markdown.code(text),)])):
        shown = re.sub(r"<br ?/?>", " ", parser.render(made))
        assert not re.search(r"<(?!/?(?:p|table|thead|tbody|tr|th|td|code)\b)", shown), shown
