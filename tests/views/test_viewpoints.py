"""Viewpoints on pages: what is chosen, its picture, its text, and what is chosen in vain."""

from __future__ import annotations

from pathlib import Path

import pytest

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.explain.coverage import coverage
from rkedoc.sphinxext.blocks.view import Picture
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.site import Site
from rkedoc.vocabulary import GapKind
from tests.views.cluster import node, record, site_of, web
from tests.views.read import flat, html, shown, text

FILE = """---
id: order
name: The way of an order
kind: viewpoint
summary: What an order passes through.
shows:
  - {{namespace: shop, kind: deployment}}
  - {{label: {{app: gone}}}}
picture: {picture}
owner: the shop
---

## When orders hang

Look at the shop first.
"""


def site(folder: Path, picture: str = "relations") -> Site:
    (folder / "order.md").write_text(FILE.format(picture=picture), "utf-8")
    known = site_of([*web(), *web("other", "idle"), node()])
    return Site(Cluster(known.cluster.snapshot, load_catalog(extra=[folder])))


def test_a_viewpoint_has_a_page_with_its_text_and_what_it_chooses(tmp_path: Path) -> None:
    found = site(tmp_path)
    key = "viewpoint-order"
    assert "The way of an order | What an order passes through. | 1 | –" in text(
        shown(found, "viewpoints-table", "viewpoints")
    )
    assert "Nothing here fits its selector (label app=gone)." in text(shown(found, "viewpoint-intro", key))
    said = text(shown(found, "viewpoint-text", key))
    assert "When orders hang" in said
    assert "the shop" in said
    workloads = text(shown(found, "viewpoint-workloads", key))
    assert "shop | web | Deployment" in workloads
    assert "idle" not in workloads
    page = next(page for page in found.pages.values() if page.kind == "workload" and page.title == "web")
    assert "Viewpoints: The way of an order" in text(shown(found, "workload-intro", page.key))


@pytest.mark.parametrize(
    ("picture", "drawn"),
    [("relations", ("Ingress", "Deployment · shop", "settings", "creds")), ("map", ("What runs", "web-5d6f7-abcde")), ("ingress", ("web.example",)),
     ("none", ())],
)  # fmt: skip
def test_it_has_the_picture_that_it_asks_for(tmp_path: Path, picture: str, drawn: tuple[str, ...]) -> None:
    view = shown(site(tmp_path, picture), "viewpoint-picture", "viewpoint-order")
    pictures = [block for block in flat(view) if isinstance(block, Picture)]
    assert bool(pictures) is bool(drawn)
    printed = html(view)
    assert all(words in printed for words in drawn)
    assert "idle" not in printed


def test_a_site_without_viewpoints_has_no_page_of_them() -> None:
    assert not [key for key in site_of(web()).pages if key.startswith("viewpoint")]


def test_a_selector_that_chooses_nothing_is_a_gap_of_coverage(tmp_path: Path) -> None:
    found = site_of([*web(), node(), record("core/Pod/shop/alone", {"spec": {}, "status": {"phase": "Running"}})])
    (tmp_path / "order.md").write_text(FILE.format(picture="map"), "utf-8")
    stale = [
        gap
        for gap in coverage(Cluster(found.cluster.snapshot, load_catalog(extra=[tmp_path]))).findings
        if gap.rule == GapKind.STALE
    ]
    assert [str(gap.message) for gap in stale] == ["nothing here fits the selector (label app=gone)"]


def test_every_view_of_a_viewpoint_is_empty_or_said_where_it_chooses_nothing(tmp_path: Path) -> None:
    (tmp_path / "order.md").write_text(FILE.format(picture="map"), "utf-8")
    found = Site(Cluster(site_of([node()]).cluster.snapshot, load_catalog(extra=[tmp_path])))
    for section in PAGES.kinds["viewpoint"].sections:
        html(shown(found, section.view, "viewpoint-order"))
    assert "chooses no workload" in text(shown(found, "viewpoint-workloads", "viewpoint-order"))
