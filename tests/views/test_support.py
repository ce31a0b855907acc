"""What the first page says of support: of what has ended, of what ends soon, and of the day that it speaks of."""

from __future__ import annotations

import pytest

from rkedoc import i18n
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.blocks.view import Table
from rkedoc.sphinxext.views.parts.support import support_follows, supported_sentences
from tests.views.cluster import record, site_of
from tests.views.read import cell_text, html, shown, tables, text


def machine(kubelet: str, runtime: str = "cri-o://1.30.0") -> Record:
    """A node of these versions. The site speaks of 2026-01-02, and its API server is 1.20.9."""
    info = {"kubeletVersion": kubelet, "containerRuntimeVersion": runtime}
    return record("core/Node/-/n1", {"status": {"nodeInfo": info}})


def test_what_has_ended_is_said_first_and_what_ends_soon_after_it() -> None:
    said = [text((block,)) for block in supported_sentences(site_of([machine("v1.32.1", "containerd://2.1.4")]))]
    assert said[0].startswith("no longer supported Kubernetes 1.20 since 2022-02-28.")
    assert said[1].startswith("support ends soon on the day of the collection: Kubernetes 1.32 until 2026-02-28.")
    assert len(said) == 2


def test_it_stands_right_after_what_the_cluster_is() -> None:
    intro = text(shown(site_of([machine("v1.20.9")]), "overview-intro", "overview"))
    said = ("A cluster of kind", "Kubernetes 1.20 since 2022-02-28", "Everything that was collected")
    assert sorted(said, key=intro.index) == list(said)


def test_of_many_the_first_are_named_and_the_others_counted() -> None:
    nodes = [
        record(f"core/Node/-/n{minor}", {"status": {"nodeInfo": {"kubeletVersion": f"v1.{minor}.1"}}})
        for minor in range(20, 27)
    ]
    (said,) = supported_sentences(site_of(nodes))
    assert "Kubernetes 1.23 since 2023-02-28 and 3 more. Versions" in text((said,))


def test_what_follows_is_folded_below_it_with_what_later_kubernetes_has_no_more() -> None:
    cron = record("batch/CronJob/shop/report", {"apiVersion": "batch/v1beta1"})
    said = text(support_follows(site_of([machine("v1.20.9", "docker://20.10.24"), cron])))
    assert "Kubernetes 1.20 | No more fixes, those for security holes included." in said
    assert "batch/v1beta1 CronJob | 1.25 (2022-08-23) | batch/v1 | CronJob shop/report" in said
    assert "dockershim | 1.24 (2022-05-03) | – | node n1" in said
    assert support_follows(site_of([])) != ()
    assert "CronJob" not in text(support_follows(site_of([])))


def versions(site_records: list[Record]) -> Table:
    return next(iter(tables(shown(site_of(site_records), "overview-versions", "overview"))))


def test_each_version_says_how_it_stands_with_it_and_a_dash_where_nothing_is_known() -> None:
    rows = {cell_text(row.cells[1][:1]): cell_text(row.cells[2]) for row in versions([machine("v1.34.1")]).rows}
    assert rows == {
        "v1.20.9": "no longer supported since 2022-02-28",
        "v1.34.1": "supported until 2026-10-27",
        "cri-o://1.30.0": "–",
    }


def test_the_day_that_the_page_speaks_of_and_the_sources_stand_below_the_versions() -> None:
    view = shown(site_of([machine("v1.34.1")]), "overview-versions", "overview")
    assert "on the day of the collection: 2026-01-02." in text(view)
    assert "kubernetes/website, data/releases/eol.yaml" in text(view)
    assert (
        '<time datetime="2026-10-27" data-rkedoc-day="" data-rkedoc-past="no longer supported">2026-10-27</time>'
        in html(view)
    )


@pytest.mark.parametrize("language", list(i18n.LANGUAGES))
def test_it_is_said_in_every_language(language: str) -> None:
    site = site_of([machine("v1.32.1")])
    i18n.set_language(language)
    said = text(supported_sentences(site))
    assert ("已停止支持" in said) is (language == "zh_CN")
    assert "2022-02-28" in said
