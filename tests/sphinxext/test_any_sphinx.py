"""A wiki with any theme, any parser of Markdown and any builder: built without a warning, with its pages hung where they belong."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from sphinx import addnodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinxcontrib.serializinghtml import JSONHTMLBuilder

from rkedoc.sphinxext.blocks.view import Code, ObjectTarget, Row, Table, View
from rkedoc.sphinxext.site import Site
from tests.sphinxext.stub import Builder, Result
from tests.sphinxext.test_domain import hrefs, index
from tests.support import themes

# Themes, parsers and builders of others use what Sphinx deprecates; only they can change that.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

WIKI = {
    "index.md": "# Wiki\n\n{k8s:obj}`web`, {any}`default/api`, `code`\n\n```{toctree}\ncluster/index\nother\n```\n",
    "other.md": "# Other\n\nWords.\n\n## More\n\nWords.\n",
}


@pytest.fixture
def builders_as_they_were() -> Iterator[None]:
    """Some themes (sphinxawesome-theme 6.0) change the builders themselves, for whatever is built later in this process."""
    before = {kind: dict(vars(kind)) for kind in (StandaloneHTMLBuilder, JSONHTMLBuilder)}
    yield
    for kind, own in before.items():
        for name in own:
            if vars(kind).get(name) is not own[name]:
                setattr(kind, name, own[name])


@pytest.mark.parametrize("theme", themes.INSTALLED)
@pytest.mark.usefixtures("builders_as_they_were")
def test_a_wiki_with_any_theme_builds_without_a_warning(build: Builder, theme: str) -> None:
    result = build(pages=WIKI, nitpicky=True, **themes.settings(theme))
    assert result.warnings == ""
    assert "deployment-default-api" in result.html("index")


def test_json_names_the_indices_in_the_language_of_the_site(build: Builder) -> None:
    for language, words in (("zh_CN", "按命名空间索引"), ("en", "Index by namespace")):
        result = build(pages=WIKI, builder="json", language=language, place=language)
        page = json.loads((result.out / "k8s-namespaces.fjson").read_text("utf-8"))
        assert page["indextitle"] == words


@pytest.mark.parametrize("parser", [name for name in ("myst_parser", "myst_nb") if find_spec(name)])
@pytest.mark.parametrize("first", [True, False])
def test_a_parser_of_markdown_may_come_before_or_after(build: Builder, parser: str, first: bool) -> None:
    pair = [parser, "rkedoc.sphinxext"] if first else ["rkedoc.sphinxext", parser]
    suffixes = {
        ".rst": "restructuredtext"
    }  # Sphinx keeps in its default what an earlier build of this process has added
    assert build(pages=WIKI, extensions=pair, builder="dummy", source_suffix=suffixes).warnings == ""


def test_pages_hang_below_the_page_that_leads_to_them_and_not_below_its_last_section(build: Builder) -> None:
    env = build(pages=WIKI).app.env
    for docname in ("cluster/index", "cluster/namespaces", "cluster/namespaces/default"):
        trees = list(env.get_doctree(docname).findall(addnodes.toctree))
        assert [tree.parent.parent["ids"] for tree in trees] == [env.get_doctree(docname).next_node(_section)["ids"]]
    lines = _outline(build(pages=WIKI, builder="latex"))
    assert lines.index(("chapter", "Overview")) < lines.index(("section", "Ledger"))


def _section(node: object) -> bool:
    return type(node).__name__ == "section"


def _outline(result: Result) -> list[tuple[str, str]]:
    text = next(result.out.glob("*.tex")).read_text("utf-8")
    return re.findall(r"\\(chapter|section|subsection)\{([^}]*)\}", text)


def test_an_inventory_names_first_what_people_mean(build: Builder) -> None:
    lines = zlib.decompress((build().out / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode().splitlines()
    kinds = list(dict.fromkeys(line.rsplit(" ", 4)[1] for line in lines))
    assert kinds.index("std:doc") < kinds.index("k8s:namespace") < kinds.index("k8s:workload")


def parts(site: Site, key: str) -> View:
    """A service, an account and a pod's container that have the name of the workload."""
    name = site.page(key).subject
    kinds = ("serviceaccount", "configmap", "service")
    rows = [Row(((Code(name),),), objects=(ObjectTarget(kind, name, name, True),)) for kind in kinds]
    last = name.rpartition("/")[2]
    for kind in ("role", "component"):
        rows.append(Row(((Code(last),),), objects=(ObjectTarget(kind, last, last, True),)))
    for owner, lasting in ((name, True), (f"{name}-7b5", False)):
        rows.append(Row(((Code(owner),),), objects=(ObjectTarget("container", f"{owner}/{last}", "", lasting),)))
    return (Table(("Parts",), tuple(rows)),)


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("{k8s:obj}`web`", "workload"),
        ("{any}`web`", "workload"),
        ("{any}`default/web`", "workload"),
        ("[](default/web)", "workload"),
        ("{k8s:obj}`default/web`", "workload"),
        ("{k8s:service}`default/web`", "service-default-web"),
        ("{k8s:container}`web`", "container-default-web-web"),
        ("{k8s:obj}`default/web/web`", "container-default-web-web"),
    ],
)
def test_a_name_means_what_runs_then_its_service_then_its_parts(build: Builder, text: str, anchor: str) -> None:
    result = build(pages=index(text), views={"workload-intro": parts}, nitpicky=True)
    assert result.warnings == ""
    assert hrefs(result) == [f"cluster/workloads/deployment-default-web.html#{anchor}"]


def test_a_search_index_can_be_read_back_into_anchors(build: Builder) -> None:
    """Sphinx leaves out an anchor that is type and name, and its page makes it of the name that is shown."""

    def component(site: Site, key: str) -> View:
        return (Table(("A",), (Row((("a",),), objects=(ObjectTarget("component", "dns", "The names", True),)),)),)

    result = build(views={"workload-intro": component})
    domain = result.app.env.domains["k8s"]
    found = [item for item in domain.get_objects() if item[2] == "component"]
    assert [(name, shown, anchor) for name, shown, _kind, _doc, anchor, _priority in found] == [
        ("dns", "dns", "component-dns")
    ]
