"""A site that knows earlier snapshots tells what has changed: over time, on a page for each step, and on each subject's page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rkedoc.redact import Redactor
from rkedoc.sphinxext.project import Built, build_site
from tests.diff.world import find, obj, objects, workload
from tests.sphinxext.stub import tree
from tests.support.days import write_day
from tests.support.hostile import STRINGS

WEB = "workloads/deployment-shop-web.html"


def later() -> list[dict[str, Any]]:
    """What somebody made of the cluster: a newer image, another Corefile, a workload that came and one that went."""
    found = [item for item in objects() if item["kind"] != "CronJob"]
    find(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] = (
        "registry.example.com/shop/web:9.0"
    )
    find(found, "ConfigMap")["data"]["Corefile"] = "a {\n  c\n}\n"
    found.append(workload("Deployment", "fresh"))
    return found


class Site:
    """A built site, page by page."""

    def __init__(self, built: Built) -> None:
        self.built = built

    def __getitem__(self, name: str) -> str:
        return (self.built.folder / name).read_text("utf-8")


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("days")
    return [write_day(folder, "2026-09-01"), write_day(folder, "2026-10-02"), write_day(folder, "2026-11-02", later())]


@pytest.fixture(scope="module")
def site(days: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(build_site(days[2], tmp_path_factory.mktemp("out") / "site", history=days[:2]))


def test_the_timeline_leads_to_a_page_for_each_step(site: Site) -> None:
    assert site.built.warnings == ()
    page = site["changes.html"]
    assert 'href="changes/2026-11-02t053740z.html"' in page
    assert 'href="changes/2026-10-02t053740z.html"' in page
    assert "no change" in page
    assert "the first snapshot" in page


def test_the_page_of_a_step_tells_every_change_where_somebody_would_change_it(site: Site) -> None:
    page = site["changes/2026-11-02t053740z.html"]
    assert "spec.template.spec.containers[web].image" in page
    assert '<span class="rkedoc-line-added">+  c</span>' in page
    assert 'id="change-deployment-shop-fresh' not in page
    assert 'id="change-apps-deployment-shop-fresh' in page
    assert page.count('<section class="rkedoc-part" id="change-') == 4
    assert "Nothing that somebody decided has changed." in site["changes/2026-10-02t053740z.html"]


def test_each_workload_has_its_own_history_with_an_anchor_to_link_to(site: Site) -> None:
    page = site[WEB]
    assert 'id="history"' in page
    assert 'id="history-2026-11-02t053740z"' in page
    assert "image of web" in page
    assert 'href="../changes/2026-11-02t053740z.html#change-apps-deployment-shop-web' in page
    assert (
        "Nothing that somebody decided has changed here since 2026-09-01." in site["workloads/statefulset-shop-db.html"]
    )


def test_what_a_workload_uses_and_what_leads_to_it_tell_their_changes_on_its_page(tmp_path: Path) -> None:
    found = objects()
    found.append(obj("ConfigMap", "web", data={"level": "‹hidden›"}))
    first = write_day(tmp_path, "2026-10-02", found)
    find(found, "Service")["spec"]["type"] = "LoadBalancer"
    find(found[-1:], "ConfigMap")["metadata"]["labels"] = {"team": "shop"}
    site = Site(build_site(write_day(tmp_path, "2026-11-02", found), tmp_path / "site", history=[first]))
    around = site[WEB].partition('id="history-around"')[2]
    assert "ConfigMap web" in around
    assert "Service web" in around
    assert "LoadBalancer" in around
    assert "Nothing that somebody decided has changed here since 2026-10-02." in site[WEB]


def test_the_first_page_says_what_has_changed_last(site: Site) -> None:
    page = site["index.html"]
    assert "Since 2026-10-02:" in page
    assert "shop/web" in page
    assert '<code class="rkedoc-code">9.0</code>' in page


def test_a_site_without_earlier_snapshots_says_nothing_of_changes(days: list[Path], tmp_path: Path) -> None:
    built = build_site(days[2], tmp_path / "site")
    assert not (built.folder / "changes.html").exists()
    assert not any('id="history"' in (built.folder / name).read_text("utf-8") for name in (WEB, "index.html"))


def test_a_site_compared_with_an_earlier_snapshot_marks_what_is_new_or_changed(
    days: list[Path], tmp_path: Path
) -> None:
    site = Site(build_site(days[2], tmp_path / "site", since=days[0]))
    assert "Since 2026-09-01" in site[WEB]
    namespace = site["namespaces/shop.html"]
    new = '<span class="rkedoc-badge rkedoc-tone-ok">new</span>'
    changed = '<span class="rkedoc-badge rkedoc-tone-info">changed</span>'
    assert f'deployment-shop-fresh.html">fresh</a> {new}' in namespace
    assert f'deployment-shop-web.html">web</a> {changed}' in namespace
    assert "removed" in namespace
    assert "Since" not in site["workloads/statefulset-shop-db.html"]


def test_anchors_and_addresses_are_the_same_in_both_languages(days: list[Path], tmp_path: Path) -> None:
    built = build_site(days[2], tmp_path / "site", history=days[:2], since=days[1], language="en,zh_CN")
    assert built.warnings == ()
    english, chinese = (
        {name for name in tree(built.folder / code) if name.endswith(".html")} for code in ("en", "zh_CN")
    )
    assert english == chinese
    page = (built.folder / "zh_CN/changes/2026-11-02t053740z.html").read_text("utf-8")
    assert 'id="change-apps-deployment-shop-web' in page
    assert "Nothing that somebody decided" not in (built.folder / "zh_CN/changes/2026-10-02t053740z.html").read_text(
        "utf-8"
    )


def test_a_snapshot_that_cannot_be_read_costs_a_warning_and_nothing_else(days: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.ndjson.zst"
    broken.write_bytes(days[0].read_bytes()[:-30])
    built = build_site(days[2], tmp_path / "site", history=[broken, days[1]])
    assert len(built.warnings) == 1
    assert "broken.ndjson.zst is left out of the history" in built.warnings[0]
    page = (built.folder / "changes.html").read_text("utf-8")
    assert "broken.ndjson.zst" in page
    assert str(tmp_path) not in page


def test_names_that_changed_cannot_put_markup_on_the_page(tmp_path: Path) -> None:
    sides: dict[str, list[dict[str, Any]]] = {"one": objects(), "two": objects()}
    for number, text in enumerate(STRINGS):
        for side, found in sides.items():
            annotations = {f"key{number}{text}": f"{text}{side}\n{text}"}
            hostile = obj(
                "ConfigMap", f"hostile-{number}", metadata={"annotations": annotations}, data={text: text + side}
            )
            found.append(Redactor().kubernetes(hostile))
    first, second = write_day(tmp_path, "2026-10-02", sides["one"]), write_day(tmp_path, "2026-11-02", sides["two"])
    site = Site(build_site(second, tmp_path / "site", since=first))
    plain = Site(build_site(write_day(tmp_path, "2026-11-03", later()), tmp_path / "plain", since=first))
    for page in ("changes/2026-11-02t053740z.html", "changes.html", "index.html", "namespaces/shop.html"):
        other = page.replace("11-02", "11-03")
        for tag in ("<script", "<img", "<svg", "<iframe", 'href="javascript:'):
            assert site[page].count(tag) == plain[other].count(tag), (page, tag)


@pytest.mark.parametrize("first", ["no history", "other history", "later snapshot"])
def test_a_build_after_the_history_changed_gives_the_site_of_a_clean_build(
    days: list[Path], tmp_path: Path, first: str
) -> None:
    before: dict[str, Any] = {
        "no history": {"snapshot": days[2]},
        "other history": {"snapshot": days[2], "history": [days[0]], "since": days[1]},
        "later snapshot": {"snapshot": days[1], "history": [days[0]]},
    }[first]
    build_site(out=tmp_path / "first", cache=tmp_path / "cache", **before)
    after: dict[str, Any] = {"snapshot": days[2], "history": days[:2], "since": days[0]}
    again = build_site(out=tmp_path / "again", cache=tmp_path / "cache", **after)
    clean = build_site(out=tmp_path / "clean", **after)
    assert _unversioned(tree(again.folder)) == _unversioned(tree(clean.folder))


def _unversioned(found: dict[str, bytes]) -> dict[str, bytes]:
    """Without the version of a file of settings, which holds the time of collection, in the addresses of scripts."""
    return {
        name: re.sub(rb"(documentation_options\.js)\?v=[0-9a-f]+", rb"\1", content) for name, content in found.items()
    }


def test_what_could_not_be_compared_is_said_first_and_listed(days: list[Path], tmp_path: Path) -> None:
    less = write_day(
        tmp_path,
        "2026-11-10",
        [item for item in later() if item["kind"] != "ConfigMap"],
        results={"core/ConfigMap": "forbidden"},
    )
    site = Site(build_site(less, tmp_path / "site", history=[days[2]]))
    page = site["changes/2026-11-10t053740z.html"]
    assert page.index("NEW lacks what was forbidden there: core/ConfigMap.") < page.index(
        "Nothing that somebody decided"
    )
    assert "1 object is unknown" in page
    assert "coredns" in page.partition('id="unknown"')[2]


def test_a_folder_of_snapshots_alone_makes_the_site_of_the_newest(days: list[Path], tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    settings = f"extensions = ['myst_parser', 'rkedoc.sphinxext']\nrkedoc_history = {str(days[0].parent)!r}\nrkedoc_pages = '.'\n"
    (project / "conf.py").write_text(settings, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(project), str(tmp_path / "html")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "collected 2026-11-02" in re.sub(r"<[^>]+>", "", (tmp_path / "html/index.html").read_text("utf-8"))
    assert (tmp_path / "html/changes/2026-11-02t053740z.html").exists()
