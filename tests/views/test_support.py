"""What the first page says of support: of what has ended, of what ends soon, and of the day that it speaks of."""

from __future__ import annotations

from datetime import date

import pytest

from rkedoc import i18n
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.blocks.view import Table
from rkedoc.sphinxext.views.parts.support import support_follows, supported_sentences
from tests.views.cluster import record, site_of
from tests.views.read import cell_text, html, shown, tables, text


def machine(kubelet: str, runtime: str = "cri-o://1.30.0") -> Record:
    """A node of these versions, seen on 2026-01-02. Its API server is 1.20.9."""
    info = {"kubeletVersion": kubelet, "containerRuntimeVersion": runtime}
    return record("core/Node/-/n1", {"status": {"nodeInfo": info}})


@pytest.fixture(autouse=True)
def read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data was read on a day that later readings of it do not move."""
    monkeypatch.setattr("rkedoc.explain.support.data_read_on", lambda: date(2026, 11, 30))


def test_what_has_ended_is_said_first_and_what_ends_soon_after_it() -> None:
    said = [text((block,)) for block in supported_sentences(site_of([machine("v1.35.1", "containerd://2.1.4")]))]
    assert said[0].startswith("no longer supported Kubernetes 1.20 since 2022-02-28")
    assert said[1].startswith("support ends soon Kubernetes 1.35 until 2027-02-28.")
    assert len(said) == 2


def test_a_cluster_of_years_ago_is_judged_by_what_is_known_now() -> None:
    """A dump of 2022 came out as supported, since it was judged by the day on which it was made."""
    (said,) = [text((block,)) for block in supported_sentences(site_of([machine("v1.32.1")]))]
    assert (
        "Kubernetes 1.32 since 2026-02-28 (supported when it was collected), Kubernetes 1.20 since 2022-02-28." in said
    )


def test_it_stands_right_after_what_the_cluster_is() -> None:
    intro = text(shown(site_of([machine("v1.20.9")]), "overview-intro", "overview"))
    said = ("A cluster of kind", "Kubernetes 1.20 since 2022-02-28", "Everything that was collected")
    assert sorted(said, key=intro.index) == list(said)


def test_of_many_the_first_are_named_and_the_others_counted() -> None:
    nodes = [
        record(f"core/Node/-/n{minor}", {"status": {"nodeInfo": {"kubeletVersion": f"v1.{minor}.1"}}})
        for minor in range(20, 30)
    ]
    (said,) = supported_sentences(site_of(nodes))
    assert "and 4 more. Versions" in text((said,))


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
    rows = {cell_text(row.cells[1][:1]): cell_text(row.cells[2]) for row in versions([machine("v1.36.1")]).rows}
    assert rows == {
        "v1.20.9": "no longer supported since 2022-02-28",
        "v1.36.1": "supported until 2027-06-28",
        "cri-o://1.30.0": "–",
    }


def test_the_day_that_the_page_speaks_of_and_the_sources_stand_below_the_versions() -> None:
    view = shown(site_of([machine("v1.36.1")]), "overview-versions", "overview")
    assert "as they told it until 2026-11-30." in text(view)
    assert "kubernetes/website main, data/releases/eol.yaml" in text(view)
    assert (
        '<time datetime="2027-06-28" data-rkedoc-day="" data-rkedoc-past="no longer supported">2027-06-28</time>'
        in html(view)
    )


@pytest.mark.parametrize("language", list(i18n.LANGUAGES))
def test_it_is_said_in_every_language(language: str) -> None:
    site = site_of([machine("v1.32.1")])
    i18n.set_language(language)
    said = text(supported_sentences(site))
    assert ("已停止支持" in said) is (language == "zh_CN")
    assert "2022-02-28" in said
