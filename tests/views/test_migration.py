"""The page about moving to RKE2: there on clusters of RKE1 alone, whole in both languages, with places that the site has."""

from __future__ import annotations

from pathlib import Path

import pytest

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.explain.migration.rules import migration
from rkedoc.i18n import LANGUAGES, set_language
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.sphinxext.blocks.view import Ref
from rkedoc.sphinxext.headings import page_heading
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.site import Site
from tests.views.cluster import node, site_of
from tests.views.read import shown, tables, text

EXPECTED = Path(__file__).parent


def demo(language: str = "en") -> Site:
    """The site of the demo's node of RKE1."""
    set_language(language)
    return Site(Cluster(load(resource("data", "demo.ndjson.zst")), load_catalog(language)))


def page(site: Site) -> str:
    """The whole page as it is read: a line for each heading, paragraph and row."""
    kind = PAGES.kinds["migration"]
    lines = [page_heading(site, site.pages["migration"])]
    for section in kind.sections:
        if section.heading is not None:
            lines += ["", f"## {section.heading.id}"]
        lines.append(text(section.shows(site, "migration")))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_whole_page_of_the_demo(language: str) -> None:
    """Made anew with ``python -m tests.views.test_migration``."""
    assert page(demo(language)) == (EXPECTED / f"expected-migration.{language}.txt").read_text("utf-8")


def test_it_is_there_on_clusters_of_rke1_alone() -> None:
    other = Site(Cluster(load(resource("data", "demo-rke2.ndjson.zst")), load_catalog()))
    assert "migration" in demo().pages
    assert "migration" not in other.pages
    assert "migration" not in site_of([node()]).pages
    assert "moving to RKE2" not in text(shown(other, "overview-intro", "overview"))


def test_the_first_page_leads_to_it() -> None:
    assert "What moving to RKE2 means for this cluster" in text(shown(demo(), "overview-intro", "overview"))


def test_every_finding_has_a_row_with_an_anchor_of_its_own() -> None:
    site = demo()
    anchors = [row.anchor for table in tables(shown(site, "migration-findings", "migration")) for row in table.rows]
    assert anchors == [f"move-{one.rule.id}" for weight_found in _by_weight(site) for one in weight_found]


def _by_weight(site: Site) -> list[tuple[object, ...]]:
    found = migration(site.cluster)
    return [
        found.of(weight) for weight in sorted({one.rule.weight for one in found.findings}, key=lambda one: one.order)
    ]


def test_pages_that_it_leads_to_are_there() -> None:
    site = demo()
    for name in ("migration-intro", "migration-findings"):
        for table in tables(shown(site, name, "migration")):
            for row in table.rows:
                refs = [item for cell in row.cells for item in cell if isinstance(item, Ref) and item.kind == "page"]
                assert [ref.name for ref in refs if ref.name not in site.pages] == []
    assert "concept-from-rke1-to-rke2" in site.pages


if __name__ == "__main__":
    for spoken in LANGUAGES:
        (EXPECTED / f"expected-migration.{spoken}.txt").write_text(page(demo(spoken)), "utf-8")
