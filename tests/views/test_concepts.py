"""Concepts: a page for each, a picture and this cluster's own values where it has any, and nothing made up where not."""

from __future__ import annotations

import pytest

from rkedoc import i18n
from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.explain.migration.successors import SUCCESSORS
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.sphinxext.blocks.view import Picture
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.views.pages.concepts import concept_picture
from rkedoc.sphinxext.views.parts.concept_pictures import PICTURES, rancher
from tests.views.cluster import node, record, site_of, web
from tests.views.read import cell_text, html, tables, text

CONCEPTS = [entry.id for entry in load_catalog().of_kind("concept")]


@pytest.fixture(scope="module")
def demo() -> Site:
    return Site(Cluster(load(resource("data", "demo.ndjson.zst")), load_catalog()))


@pytest.mark.parametrize("concept", CONCEPTS)
def test_each_concept_is_told_on_a_page(demo: Site, concept: str) -> None:
    page = demo.page_of_concept(concept)
    assert page is not None
    assert page.key == PAGES.told_at.get(concept, page.key)
    if page.kind == "concept":
        assert page.subject == concept
        assert PAGES.views["concept-about"](demo, page.key)
        assert PAGES.views["concept-here"](demo, page.key)


OF_HOSTS = {"what-makes-a-node"}
"""Pictures of what only a host that was read tells."""


@pytest.mark.parametrize("concept", sorted(PICTURES.keys() - OF_HOSTS))
def test_each_picture_is_drawn_from_the_recorded_node(demo: Site, concept: str) -> None:
    (picture,) = concept_picture(demo, concept)
    assert isinstance(picture, Picture)
    assert len(picture.table.rows) > 1


def test_pictures_name_what_is_there(demo: Site) -> None:
    def seen(concept: str) -> str:
        return " ".join(
            cell_text(cell)
            for block in concept_picture(demo, concept)
            for row in block.table.rows
            for cell in row.cells
        )  # type: ignore[union-attr]

    assert "10.43.0.10" in seen("coredns-plugins")
    assert "https://rancher.example.com" in seen("rancher-agents")
    assert "kube-system/rke-job-deployer" in seen("accounts-and-rights")
    assert "kube-apiserver.pem" in seen("certificates-and-secrets")
    assert "calico-node" in seen("pod-sandbox")


@pytest.mark.parametrize("concept", sorted(PICTURES))
def test_where_there_is_nothing_no_picture_is_drawn(concept: str) -> None:
    assert concept_picture(site_of([node()]), concept) == ()


def test_a_concept_of_ones_own_gets_a_page(tmp_path: object) -> None:
    site = site_of([*web(), node()])
    there = {page.subject for page in site.pages.values() if page.kind == "concept"}
    assert there == set(CONCEPTS) - set(PAGES.told_at) - {
        "from-rke1-to-rke2"
    }  # which is not about another vendor's cluster


def test_every_plugin_of_the_corefile_is_listed_with_what_it_does(demo: Site) -> None:
    page = demo.page_of_concept("coredns-plugins")
    assert page is not None
    key = page.key
    rows = [row.cells for table in tables(PAGES.views["concept-here"](demo, key)) for row in table.rows]
    plugins = {cell_text(row[0]): cell_text(row[2]) for row in rows if len(row) == 3}
    assert {"errors", "health", "kubernetes", "forward", "cache", "loop", "reload"} <= set(plugins)
    assert "does not know" not in "".join(plugins.values())


def test_the_way_to_rke2_names_entries_that_exist() -> None:
    known = load_catalog()
    assert [name for name in SUCCESSORS if known.get(name) is None] == []
    assert [new for new, _how in SUCCESSORS.values() if new and known.get(new) is None] == []


def test_what_objects_say_of_themselves_stands_on_their_pages_with_its_place() -> None:
    said = record(
        "core/Namespace/-/bakery",
        {"metadata": {"annotations": {"field.cattle.io/description": "The web shop.", "a8r.io/runbook": "https://wiki/shop"}}},
    )  # fmt: skip
    site = site_of([said, *web()])
    key = next(key for key, page in site.pages.items() if page.kind == "namespace" and page.subject == "bakery")
    shown = text(PAGES.views["namespace-about"](site, key))
    assert "The web shop." in shown
    assert "annotation field.cattle.io/description" in shown
    assert "https://wiki/shop" in shown or "wiki/shop" in shown


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_picture_of_rancher_names_the_server_wherever_that_was_read(language: str) -> None:
    i18n.set_language(language)
    url = "https://rancher.example.org"
    agent = record(
        "apps/Deployment/cattle-system/cattle-cluster-agent",
        {"spec": {"template": {"spec": {"containers": [{"name": "cluster-register", "image": "rancher/rancher-agent:v2.5.5",
                                                         "env": [{"name": "CATTLE_SERVER", "value": url}]}]}}}},
    )  # fmt: skip
    drawn = rancher(site_of([agent]))
    assert drawn is not None
    assert url in html((drawn,))
