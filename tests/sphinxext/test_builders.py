"""Every builder, every kind of block, and data that would be markup."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from rkedoc.sphinxext.blocks.drawings import Arrow, Box, Graph, Lane
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Callout,
    Code,
    CodeBlock,
    Details,
    ExtRef,
    Facts,
    Hidden,
    ListBlock,
    ObjectTarget,
    Para,
    Part,
    Picture,
    Prose,
    Ref,
    Row,
    Strong,
    Table,
    Time,
    View,
)
from rkedoc.sphinxext.pictures import image
from rkedoc.sphinxext.site import Site
from tests.sphinxext.stub import TIME, VIEWS, Builder, Stub, tree

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} {% raw %} | a | `b` **c** _d_ [e](javascript:f) "
    "```\n# g\n.. h::\n\n   i\u202ej\u200bk \x00\x07\ud800 ../../x $(l) &amp; \"m\" 'n'"
)


def every_block(site: Site, key: str, text: str = "words") -> View:
    """A view with every kind of block, each of them showing the text wherever a text can stand."""
    cell = (
        text,
        Code(text),
        Badge(text, text),
        Strong(text),
        Time(text),
        Time(TIME),
        Hidden(),
        Ref("pod", text),
    )
    links = (
        ExtRef("https://example.org/x", text),
        ExtRef("javascript:alert(1)", text),
        Ref("page", "overview", text),
    )
    table = Table(
        (text, "b"),
        (
            Row((cell, links)),
            Row(((text,),), objects=(ObjectTarget("pod", f"{text}/{key}", text, True),)),
        ),
        text,
    )
    graph = Graph(
        (
            Lane(text, (Box("a", text, text, Ref("page", "overview")),)),
            Lane("", (Box("b", "", text, Ref("pod", "no")),)),
        ),
        (Arrow("a", "b", text),),
    )
    return (
        Para(cell, text),
        Para(links),
        table,
        Facts(((text, cell),)),
        ListBlock((cell,)),
        CodeBlock(text, text),
        Callout("warn", text, (Para((text,)), Prose("Words, *stressed*.\n\n- one\n- two\n"))),
        Callout(text, text, (Para((text,)),)),
        Details((text,), (table, Prose("More."))),
        Details((text,), (table,)),
        Part("one", text, (Facts(((text, cell),)), Part("two", text, (Prose("`code`"),)))),
        Part("three", text, (Part("four", text, (Para(cell),)),)),
        Picture(graph, text, table),
        Table(("a",), (), empty=text),
    )


def hostile(site: Site, key: str) -> View:
    return every_block(site, key, HOSTILE)


BUILDERS = (
    "html",
    "dirhtml",
    "singlehtml",
    "text",
    "latex",
    "epub",
    "gettext",
    "man",
    "texinfo",
    "xml",
    "json",
    "linkcheck",
)


@pytest.mark.filterwarnings("ignore:'sphinxcontrib.serializinghtml")
@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("view", [every_block, hostile])
def test_every_builder_prints_every_block(build: Builder, builder: str, view: object) -> None:
    views = {**VIEWS, "overview-intro": view, "workload-about": view}
    config = {"version": "1", "copyright": "us", "linkcheck_ignore": [".*"]}
    result = build(views=views, builder=builder, nitpicky=True, **config)  # type: ignore[arg-type]
    assert result.warnings == ""
    if builder == "text":
        assert "words" in (result.out / "index.txt").read_text("utf-8") or view is hostile


def test_no_page_links_to_itself_as_a_whole(build: Builder) -> None:
    view = (Para((Ref("page", "overview", "words"), Ref("workload", "deployment/default/api", "words"))),)
    result = build(views={**VIEWS, "overview-intro": lambda *_: view, "workload-about": lambda *_: view}, builder="xml")
    links = [
        link for path in result.out.rglob("*.xml") for link in re.findall(r"<reference [^>]*>", path.read_text("utf-8"))
    ]
    assert any("internal" in link for link in links)
    assert [link for link in links if 'refuri=""' in link] == []


def pictured(site: Site, key: str) -> View:
    """A picture whose words every font has, between the blocks that can hold one."""
    boxes = (Box("a", "kind", "one", Ref("page", "overview")), Box("b", "kind", "two"))
    graph = Graph((Lane("from", boxes[:1]), Lane("to", boxes[1:])), (Arrow("a", "b", "asks"),))
    picture = Picture(graph, "Who asks", Table(("name",), (Row((("one",),)),)))
    return (picture, Part("here", "Here", (Details(("Unfolded",), (picture,)),)))


@pytest.mark.skipif(not image.installed(), reason="resvg is not installed")
@pytest.mark.parametrize(("builder", "place", "words"), [
    ("latex", "picture-*.png", r"\sphinxincludegraphics"), ("texinfo", "**/picture-*.png", "@image"),
    ("epub", "_images/picture-*.png", '<img src="_images/picture-'),
])  # fmt: skip
def test_formats_without_drawings_show_pictures_as_images(build: Builder, builder: str, place: str, words: str) -> None:
    config = {"version": "1", "copyright": "us"}
    result = build(views={**VIEWS, "overview-intro": pictured}, builder=builder, **config)  # type: ignore[arg-type]
    assert result.warnings == ""
    (drawn,) = result.out.glob(place)
    assert drawn.read_bytes().startswith(b"\x89PNG")
    text = "".join(
        path.read_text("utf-8") for path in result.out.glob("*") if path.suffix in (".tex", ".texi", ".xhtml")
    )
    assert text.count(words) == 2
    assert text.count("The picture as a table") == 2
    assert "<svg" not in text


@pytest.mark.parametrize("builder", ["latex", "epub"])
def test_without_the_program_that_draws_images_each_picture_is_its_table(
    build: Builder, builder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "installed", lambda: False)
    config = {"version": "1", "copyright": "us"}
    result = build(views={**VIEWS, "overview-intro": pictured}, builder=builder, **config)  # type: ignore[arg-type]
    assert result.warnings.count("pictures are left out, and their tables shown: pip install 'rkedoc[pictures]'") == 1
    assert list(result.out.glob("**/picture-*.png")) == []


@pytest.mark.skipif(not image.installed(), reason="resvg is not installed")
def test_that_no_font_has_the_words_of_a_picture_is_said_once(build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "unseen", lambda _svg: "一二三四五六七八九")
    config = {"version": "1", "copyright": "us"}
    result = build(views={**VIEWS, "overview-intro": pictured}, builder="latex", **config)  # type: ignore[arg-type]
    assert result.warnings.count("pictures are left out: no font of this machine has 一二三四五六七八…") == 1
    assert list(result.out.glob("**/picture-*.png")) == []


@pytest.mark.parametrize("theme", ["basic", "alabaster", "pydata_sphinx_theme"])
def test_data_stays_text(build: Builder, theme: str) -> None:
    stub = Stub(
        workloads=(
            f"{HOSTILE}/{HOSTILE}",
            "../../x/../../y",
            "a" * 253 + "/" + "b" * 253,
        ),
        cluster=HOSTILE,
        lost=((HOSTILE, "failed"),),
    )
    result = build(
        stub,
        views={**VIEWS, "overview-intro": hostile},
        html_theme=theme,
        rkedoc_classification=HOSTILE,
    )
    written = {path.relative_to(build.folder).parts[0] for path in build.folder.rglob("*")}
    assert written == {"a"}
    for name, content in tree(result.out).items():
        assert re.fullmatch(r"[A-Za-z0-9._/-]+", name)
        if name.startswith("_static"):
            continue
        text = content.decode("utf-8") if not name.endswith(".inv") else ""
        for piece in (
            "<script>alert",
            "<img src=x",
            'href="javascript',
            "\u202e",
            "\u200b",
            "\x00",
        ):
            assert piece not in text, name


def test_titles_in_the_search_index_hold_no_markup(build: Builder) -> None:
    result = build(Stub(workloads=(f"default/{HOSTILE}",)))
    index = (result.out / "searchindex.js").read_text("utf-8")
    found = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    assert not re.search(r"[<>&\"]", "".join([*found["titles"], *found["alltitles"]]))


def test_what_is_endless_is_cut(build: Builder) -> None:
    def endless(site: Site, key: str) -> View:
        return (Facts((("a", (Code("x" * 1_000_000),)), ("b", ("y " * 500_000,)))),)

    page = build(views={**VIEWS, "overview-intro": endless}).html("index")
    assert len(page) < 40_000
    assert "992,000 more characters are in the snapshot" in page


def test_uids_and_digests_are_not_in_the_search_index(build: Builder) -> None:
    uid, digest = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "sha256:" + "ab12" * 16

    def view(site: Site, key: str) -> View:
        return (
            Facts(
                (
                    ("uid", (Code(uid),)),
                    ("digest", (Code(digest), "calico-kube-controllers")),
                )
            ),
        )

    result = build(views={**VIEWS, "overview-intro": view})
    index = (result.out / "searchindex.js").read_text("utf-8")
    assert "a5b4c3d2e1f0" not in index
    assert "ab12ab12" not in index
    assert '"calico"' in index
    assert uid in result.html("index")


def test_pages_are_closed_to_others_and_to_search_engines(build: Builder) -> None:
    result = build()
    files = [path for path in result.out.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o640}
    pages = [path for path in files if path.suffix == ".html" and "_static" not in path.parts]
    assert all('<meta name="robots" content="noindex' in path.read_text("utf-8") for path in pages)


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml"])
def test_every_page_says_of_what_and_when_it_speaks(build: Builder, builder: str) -> None:
    result = build(
        Stub(cluster="blue", lost=(("core/secrets", "forbidden"),)),
        builder=builder,
        rkedoc_classification="internal",
    )
    for path in result.out.rglob("*.html"):
        if "_static" in path.parts:
            continue
        page = path.read_text("utf-8")
        assert page.count('<aside class="rkedoc-banner"') == 1, path
        assert "blue" in page
        assert "2026-01-02 03:04:05 UTC" in page
        assert "core/secrets (forbidden)" in page
        assert "internal" in page


WRITTEN = {
    "text": "*.txt",
    "man": "*.7",
    "latex": "*.tex",
    "texinfo": "*.texi",
    "xml": "*.xml",
    "json": "*.fjson",
    "epub": "*.xhtml",
}


@pytest.mark.filterwarnings("ignore:'sphinxcontrib.serializinghtml")
@pytest.mark.parametrize("builder", WRITTEN)
def test_every_output_says_of_what_and_when_it_speaks_and_for_whom(build: Builder, builder: str) -> None:
    stub = Stub(cluster="blue", lost=(("core/secrets", "forbidden"),))
    config = {
        "version": "1",
        "copyright": "us",
        "rkedoc_classification": "for us_only",
        "man_pages": [("index", "wiki", "", "us", 7)],
    }

    def documents(stub: Stub) -> list[str]:
        out = build(stub, builder=builder, **config).out
        found = sorted(path for path in out.rglob(WRITTEN[builder]) if path.name not in ("nav.xhtml", "genindex.xhtml"))
        return [
            _plain(path.read_text("utf-8"))
            for path in found
            if not path.name.startswith(("k8s-", "genindex", "search"))
        ]

    before = documents(stub)
    assert before
    for text in before:
        for words in ("blue", "2026-01-02 03:04:05 UTC", "core/secrets (forbidden)", "for us_only"):
            assert words in text
    later = documents(replace(stub, time="2026-02-03T04:05:06Z"))
    assert len(later) == len(before)
    assert all("2026-02-03 04:05:06 UTC" in text for text in later)


def _plain(text: str) -> str:
    """A text without what its format puts between words: lines, and marks before some signs."""
    return re.sub(r"\s+", " ", re.sub(r"\\(?=[_-])", "", text.replace("\\sphinxhyphen{}", "-")))


@pytest.mark.parametrize("theme", ["basic", "alabaster", "pydata_sphinx_theme"])
def test_no_page_asks_the_network(build: Builder, theme: str) -> None:
    result = build(html_theme=theme)
    for name, content in tree(result.out).items():
        if name.endswith((".html", ".css")):
            for address in re.finditer(
                rb"(?:src|href)=[\"']?(?:https?:)?//|(?:url\(|@import )[\"']?(?:https?:)?//",
                content,
            ):
                tag = content[: address.start()].rpartition(b"<")[2]
                assert tag.startswith(b"a "), (
                    name,
                    content[address.start() : address.end() + 60],
                )


def test_anchors_of_headings_are_the_same_in_every_language(build: Builder) -> None:
    def anchors(language: str) -> list[str]:
        page = build(
            views={**VIEWS, "workload-about": every_block},
            language=language,
            place=language,
        ).html("workloads/deployment-default-web")
        return re.findall(r'<section id="([^"]+)"', page)

    assert anchors("en") == anchors("de") == ["workload", "about"]


def test_a_part_without_content_has_no_heading(build: Builder) -> None:
    page = build().html("workloads/deployment-default-web")
    assert re.findall(r"<h2", page) == []
    assert Path(build.folder / "a/source/workloads/deployment-default-web.md").read_text("utf-8").count("\n## ") > 2
