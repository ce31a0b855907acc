"""A build after a change reads exactly what has changed, and gives the site that a clean build gives."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.sphinxext.stub import Builder, Stub, tree

BEFORE = Stub()


def test_nothing_is_read_when_nothing_has_changed(build: Builder) -> None:
    build(BEFORE)
    assert build(BEFORE).counts == "0 added, 0 changed, 0 removed"


def test_one_changed_object_makes_one_page_be_read(build: Builder) -> None:
    build(BEFORE)
    result = build(replace(BEFORE, text={"default/api": "something else"}))
    assert result.counts == "0 added, 1 changed, 0 removed"
    assert "something else" in result.html("workloads/deployment-default-api")


@pytest.mark.parametrize("theme", ["basic", "alabaster", "pydata_sphinx_theme"])
@pytest.mark.parametrize(
    "after",
    [
        pytest.param(replace(BEFORE, text={"default/api": "something else"}), id="changed"),
        pytest.param(replace(BEFORE, workloads=(*BEFORE.workloads, "default/new")), id="added"),
        pytest.param(
            replace(BEFORE, workloads=BEFORE.workloads[1:]),
            id="the target of references removed",
        ),
        pytest.param(
            replace(BEFORE, workloads=("default/web", "other/api", "kube-system/dns")),
            id="moved",
        ),
        pytest.param(replace(BEFORE, time="2026-02-03T04:05:06Z"), id="collected later"),
        pytest.param(replace(BEFORE, lost=(("core/pods", "forbidden"),)), id="collected in part"),
        pytest.param(replace(BEFORE, workloads=()), id="emptied"),
    ],
)
def test_the_site_after_a_change_is_the_clean_site(build: Builder, after: Stub, theme: str) -> None:
    build(BEFORE, place="changed", html_theme=theme)
    build(after, place="changed", html_theme=theme)
    build(after, place="clean", html_theme=theme)
    changed, clean = (
        tree(build.folder / "changed/html"),
        tree(build.folder / "clean/html"),
    )
    stale = {name for name in changed if name.endswith(".html")} - set(clean)
    assert {name: text for name, text in changed.items() if name not in stale} == clean
    assert not stale


def test_a_later_collection_of_the_same_reads_and_writes_no_page(
    build: Builder,
) -> None:
    build(BEFORE)
    pages = build.folder / "a/html/workloads"
    result = build(replace(BEFORE, time="2026-02-03T04:05:06Z"))
    assert result.counts == "0 added, 0 changed, 0 removed"
    assert "2026-02-03 04:05:06 UTC" in (pages / "deployment-default-web.html").read_text("utf-8")


def test_a_hand_written_page_is_read_again_when_what_it_shows_has_changed(
    build: Builder,
) -> None:
    pages = {
        "index.md": "# Mine\n\n```{rkedoc} workload-intro workload-deployment-default-api\n```\n\n```{toctree}\ncluster/index\nother\n```\n",
        "other.md": "# Other\n\nSee {k8s:workload}`default/api`.\n",
    }
    build(BEFORE, pages=pages)
    result = build(replace(BEFORE, text={"default/api": "something else"}), pages=pages)
    assert result.counts == "0 added, 2 changed, 0 removed"
    assert "something else" in result.html("index")


def test_a_hand_written_page_loses_its_link_when_the_object_is_gone(
    build: Builder,
) -> None:
    pages = {"index.md": "# Mine\n\nSee {k8s:workload}`default/api`.\n\n```{toctree}\ncluster/index\n```\n"}
    link = re.compile(r'href="cluster/workloads/deployment-default-api\.html')
    assert link.search(build(BEFORE, pages=pages).html("index"))
    assert not link.search(build(replace(BEFORE, workloads=("default/web",)), pages=pages).html("index"))
