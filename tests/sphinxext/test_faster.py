"""What is spared in a build changes no page, and is put back when the build is over."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest
import sphinx.builders
import sphinx.builders.html
import sphinx.environment.adapters.toctree
import sphinx.util.docutils
from docutils import nodes
from docutils.parsers.rst import Parser
from docutils.readers import standalone
from hypothesis import given
from hypothesis import strategies as st
from sphinx.builders.html import StandaloneHTMLBuilder

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.errors import BuildError
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.sphinxext import events, faster, parsing
from rkedoc.sphinxext.generate import Templates, page_text
from rkedoc.sphinxext.headings import kind_badge
from rkedoc.sphinxext.parsing import thin_page
from rkedoc.sphinxext.pydata import PageContents
from rkedoc.sphinxext.site import Site
from tests.sphinxext.stub import Builder, Stub, tree

PAGES = {
    "index.md": "# Mine\n\n## Part\n\n```{rkedoc} workload-intro workload-deployment-default-api\n```\n\n"
    "```{toctree}\ncluster/index\nother\n```\n",
    "other.md": "---\nmyst:\n  enable_extensions: [deflist]\n---\n\n# *Other* & more\n\nTerm\n: of a list\n\n"
    "See {k8s:workload}`default/api`.\n\n# Second title\n",
}
WITHOUT: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "what is private to Sphinx": lambda patch: patch.setattr(faster, "_replace", lambda *_given: None),
    "one parser": lambda patch: patch.setattr(parsing, "register", lambda _app: None),
    "kept contents": lambda patch: patch.setattr(PageContents, "into", lambda *_given: None),
    "spared checks": lambda patch: patch.setattr(events, "spare_empty_checks", lambda *_given, **_named: None),
}


@pytest.mark.parametrize("missing", WITHOUT)
def test_a_build_without_it_gives_the_same_site(build: Builder, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    def site(place: str) -> Any:
        build(pages=PAGES, place=place, html_theme="pydata_sphinx_theme")
        return tree(build.folder / place / "html")

    spared = site("spared")
    WITHOUT[missing](monkeypatch)
    assert site("plain") == spared


def test_several_processes_give_the_site_of_one_when_everything_is_spared_and_when_nothing_is(
    build: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = Stub(workloads=tuple(f"team-{number % 3}/app-{number}" for number in range(60)))
    build(many, pages=PAGES, place="one")
    build(many, pages=PAGES, place="two", jobs=2)
    WITHOUT["what is private to Sphinx"](monkeypatch)
    build(many, pages=PAGES, place="plain", jobs=2)
    one, two, plain = (tree(build.folder / place / "html") for place in ("one", "two", "plain"))
    assert one == two == plain


def test_a_title_is_printed_once_for_all_pages_also_with_a_badge(
    build: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[nodes.Node | None] = []
    theirs = StandaloneHTMLBuilder.render_partial

    def counting(self: StandaloneHTMLBuilder, node: nodes.Node | None) -> dict[str, str]:
        printed.append(node)
        return theirs(self, node)

    monkeypatch.setattr(StandaloneHTMLBuilder, "render_partial", counting)
    build()
    titles = [node for node in printed if isinstance(node, nodes.title)]
    assert any(isinstance(child, kind_badge) for title in titles for child in title.children)
    assert len(titles) == len({id(title) for title in titles})


def test_the_theme_prints_the_contents_of_pages_with_the_same_headings_once(
    build: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, printed = [], []
    ours = PageContents._print

    def counting(self: PageContents, toc: str, theirs: Callable[[], Any]) -> str:
        def printing() -> Any:
            printed.append(toc)
            return theirs()

        asked.append(toc)
        return ours(self, toc, printing)

    monkeypatch.setattr(PageContents, "_print", counting)
    build(Stub(workloads=tuple(f"default/app-{number}" for number in range(30))), html_theme="pydata_sphinx_theme")
    pages = [toc for toc in asked if ">app-" in toc]
    assert len(pages) >= 30
    assert len([toc for toc in printed if ">app-" in toc]) <= 1


def test_what_sphinx_says_of_events_is_heard_again_after_a_build() -> None:
    logger = logging.getLogger("sphinx.sphinx.events")
    before = logger.level
    with faster.Undo() as undo:
        faster._unheard(logger, undo)
        assert not logger.isEnabledFor(logging.DEBUG)
    assert logger.level == before


def test_documents_are_not_kept_in_memory_once_they_are_written(build: Builder) -> None:
    env = build().app.env
    kept: Any = env._pickled_doctree_cache
    assert set(kept) <= {"index"}
    assert not env._write_doc_doctree_cache


def _replaced() -> list[Any]:
    return [
        sphinx.util.docutils._get_settings if hasattr(sphinx.util.docutils, "_get_settings") else None,
        sphinx.builders.make_chunks,
        sphinx.builders.html._file_checksum,
        sphinx.environment.adapters.toctree._get_toctree_ancestors,
        gc.get_threshold(),
        gc.get_freeze_count(),
        logging.getLogger("sphinx.sphinx.events").level,
    ]


def test_everything_is_put_back_after_a_build(build: Builder) -> None:
    before = _replaced()
    build(jobs=2)
    assert _replaced() == before


def test_everything_is_put_back_after_a_build_that_could_not_begin(
    build: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: Any) -> None:
        raise BuildError("no")

    before = _replaced()
    monkeypatch.setattr(events, "generate", refuse)
    with pytest.raises(Exception, match="no"):
        build()
    assert _replaced() == before


class _Owner:
    def known(self, one: int, two: int) -> int:
        return one + two


def test_what_takes_other_parameters_is_left_alone() -> None:
    owner = _Owner()
    with faster.Undo() as undo:
        faster._replace(undo, owner, "known", ("one",), lambda _old: lambda _one: -1)
        faster._replace(undo, owner, "unknown", ("one",), lambda _old: lambda _one: -1)
        assert owner.known(1, 2) == 3
        faster._replace(undo, owner, "known", ("one", "two"), lambda _old: lambda _one, _two: -1)
        assert owner.known(1, 2) == -1
    assert owner.known(1, 2) == 3


def test_one_reader_of_documents_that_does_more_than_is_known_is_left_alone(build: Builder) -> None:
    app = build().app

    def more(docnames: list[str]) -> None:
        app.builder.something_new(docnames)  # type: ignore[attr-defined]

    assert faster._all_cleared_first(app.builder, more) is more


@pytest.mark.skipif(not hasattr(sphinx.util.docutils, "_get_settings"), reason="Sphinx 8 learns settings once")
def test_documents_share_no_setting_that_changes() -> None:
    learn = faster._settings_once(sphinx.util.docutils._get_settings)
    given = {"language_code": "en", "smart_quotes": True}
    one, two = (learn(standalone.Reader, Parser(), defaults=given) for _turn in range(2))
    own = sphinx.util.docutils._get_settings(standalone.Reader, Parser(), defaults=given)
    assert {**vars(one), "record_dependencies": 0} == {**vars(own), "record_dependencies": 0}
    one.record_dependencies.add("a file")
    assert not two.record_dependencies.list
    other = learn(standalone.Reader, Parser(), defaults={**given, "language_code": "de"})
    assert other.language_code == "de"


@given(st.lists(st.text(max_size=3), unique=True), st.integers(1, 9))
def test_every_document_is_in_one_batch_and_no_process_is_without(documents: list[str], processes: int) -> None:
    batches = faster._dealt_out(documents, processes)
    assert sorted(name for batch in batches for name in batch) == sorted(documents)
    assert len(batches) == min(processes, len(documents))


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefg"), max_size=4)),
    st.sampled_from("abcdefgh"),
)
def test_the_pages_above_are_those_that_sphinx_finds(includes: dict[str, list[str]], docname: str) -> None:
    theirs = sphinx.environment.adapters.toctree._get_toctree_ancestors(includes, docname)
    assert list(faster._Ancestors()(includes, docname)) == list(theirs)


def test_a_page_whose_headings_change_gets_other_contents(build: Builder) -> None:
    stub = Stub()
    build(stub, html_theme="pydata_sphinx_theme")
    changed = replace(stub, text={"default/api": "something else"})
    build(changed, html_theme="pydata_sphinx_theme")
    build(changed, place="clean", html_theme="pydata_sphinx_theme")
    assert tree(build.folder / "a/html") == tree(build.folder / "clean/html")


def test_every_page_of_the_shipped_templates_is_read_line_by_line() -> None:
    site = Site(Cluster(load(resource("data", "demo-rke2.ndjson.zst")), load_catalog()))
    templates = Templates()
    texts = [page_text(site, page, templates, PurePosixPath("cluster")) for page in site.pages.values()]
    assert all(thin_page(text) for text in texts)


@pytest.mark.parametrize(
    "text",
    [
        "", "Text\n", "# Mine\n", "## {rkedoc-heading}`a`\n", "# {rkedoc-title}`a`\n# {rkedoc-title}`b`\n",
        "# {rkedoc-title}`a`\n\n```{rkedoc} view a\n", "# {rkedoc-title}`a`\n\n```{note} view a\n```\n",
        "# {rkedoc-title}`a` and more\n", "# {rkedoc-title}`a`\n\nOwn words.\n",
    ],
)  # fmt: skip
def test_a_page_with_anything_else_is_left_to_markdown(text: str) -> None:
    assert thin_page(text) is None


@pytest.mark.parametrize("builder", ["text", "gettext"])
def test_other_builders_write_what_they_write_of_markdown(
    build: Builder, monkeypatch: pytest.MonkeyPatch, builder: str
) -> None:
    build(pages=PAGES, builder=builder, place="thin")
    WITHOUT["one parser"](monkeypatch)
    build(pages=PAGES, builder=builder, place="markdown")
    thin, markdown = (
        {
            name: re.sub(rb"POT-Creation-Date:.*", b"", content)
            for name, content in tree(build.folder / place / builder).items()
        }
        for place in ("thin", "markdown")
    )
    assert thin == markdown
