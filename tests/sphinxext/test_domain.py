"""References to objects find what they mean, in one process or several."""

from __future__ import annotations

import re
import zlib

import pytest

from tests.sphinxext.stub import Builder, Result, Stub, tree


def index(text: str) -> dict[str, str]:
    return {"index.md": f"# Mine\n\n{text}\n\n```{{toctree}}\n:hidden:\n\ncluster/index\n```\n"}


def hrefs(result: Result, docname: str = "index") -> list[str]:
    """Where the links in the text of a hand-written page lead."""
    body = result.html(docname).partition('<section id="mine">')[2].partition("</section>")[0]
    return re.findall(r'<a class="reference internal" href="([^"]+)"', body)


@pytest.mark.parametrize(
    "reference",
    [
        "{k8s:workload}`default/web`",
        "{k8s:workload}`the web <default/web>`",
        "{k8s:workload}`web`",
        "{k8s:obj}`default/web`",
        "{any}`default/web`",
        "[](default/web)",
        "[the web](default/web)",
        "```{k8s:currentnamespace} default\n```\n\n{k8s:workload}`web`",
    ],
)
def test_a_reference_leads_to_the_page_of_its_object(build: Builder, reference: str) -> None:
    result = build(pages=index(reference), nitpicky=True)
    assert result.warnings == ""
    assert hrefs(result) == ["cluster/workloads/deployment-default-web.html#workload"]


def test_a_pod_is_found_on_the_page_of_its_workload(build: Builder) -> None:
    result = build(pages=index("{k8s:pod}`default/web-1`"))
    page, _hash, anchor = hrefs(result)[0].partition("#")
    assert page == "cluster/workloads/deployment-default-web.html"
    assert f'id="{anchor}"' in result.html("cluster/workloads/deployment-default-web")


def test_a_short_name_that_means_two_objects_is_a_warning_and_no_link(
    build: Builder,
) -> None:
    stub = Stub(workloads=("default/web", "other/web"))
    result = build(stub, pages=index("{k8s:workload}`web`"))
    assert (
        "web is ambiguous: it may mean workload default/web, workload other/web [rkedoc.ambiguous]" in result.warnings
    )
    assert hrefs(result) == []


def test_the_current_namespace_settles_a_short_name(build: Builder) -> None:
    stub = Stub(workloads=("default/web", "other/web"))
    result = build(stub, pages=index("```{k8s:currentnamespace} other\n```\n\n{k8s:workload}`web`"))
    assert result.warnings == ""
    assert hrefs(result) == ["cluster/workloads/deployment-other-web.html#workload"]


def test_a_reference_to_nothing_is_a_warning(build: Builder) -> None:
    result = build(pages=index("{k8s:secret}`default/gone`"))
    assert "no secret default/gone in the snapshot" in result.warnings


def test_the_inventory_holds_subjects_and_not_the_pods_of_the_day(
    build: Builder,
) -> None:
    inventory = (build().out / "objects.inv").read_bytes()
    lines = zlib.decompress(inventory.split(b"\n", 4)[4]).decode().splitlines()
    names = [line.rsplit(" ", 4)[:2] for line in lines]
    assert ["default/web", "k8s:workload"] in names
    assert not [name for name in names if name[1] == "k8s:pod"]


@pytest.mark.parametrize("theme", ["basic", "pydata_sphinx_theme"])
def test_several_processes_build_the_same_site_as_one(build: Builder, theme: str) -> None:
    stub = Stub(workloads=tuple(f"ns{n % 3}/app-{n}" for n in range(30)))
    build(stub, place="one", html_theme=theme)
    build(stub, place="two", jobs=2, html_theme=theme)
    assert tree(build.folder / "one/html") == tree(build.folder / "two/html")


def test_pages_are_listed_by_namespace_image_and_node(build: Builder) -> None:
    result = build()
    assert "workloads/deployment-kube-system-dns" in result.html("k8s-namespaces")
    assert "registry/web:1" in result.html("k8s-images")
    assert "node-1" in result.html("k8s-nodes")
