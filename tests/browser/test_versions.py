"""The switch between versions, from disk: each page leads to itself in the other versions, or to their start."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from rkedoc.publish.run import publish
from rkedoc.sphinxext.project import build_site
from tests.browser.conftest import CONTRAST, HEADINGS, TOO_WIDE, Reader
from tests.diff.world import find, objects, workload
from tests.support.days import write_day


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions")
    old = write_day(folder, "2026-10-02")
    new = write_day(folder, "2026-11-02", [*objects(), workload("Deployment", "fresh")])
    root = folder / "under any path" / "SITE"
    publish([old, new], root)
    return root


def test_a_page_leads_to_itself_in_another_version(reader: Reader, site: Path) -> None:
    with reader() as seen:
        page = seen.open(site / "demo/2026-11-02/workloads/deployment-shop-web.html", "#containers")
        select = page.locator("[data-rkedoc-version] select")
        assert select.locator("option").all_inner_texts() == ["2026-11-02 (latest)", "2026-10-02"]
        select.select_option("2026-10-02")
        page.wait_for_url("**/demo/2026-10-02/workloads/deployment-shop-web.html#containers")
        assert page.locator("[data-rkedoc-version] select").input_value() == "2026-10-02"
        page.get_by_role("link", name="There is a newer one: 2026-11-02").click()
        page.wait_for_url("**/demo/2026-11-02/workloads/deployment-shop-web.html#containers")
        seen.check()


def test_a_page_that_a_version_lacks_leads_to_its_start(reader: Reader, site: Path) -> None:
    with reader() as seen:
        page = seen.open(site / "demo/2026-11-02/workloads/deployment-shop-fresh.html")
        page.locator("[data-rkedoc-version] select").select_option("2026-10-02")
        page.wait_for_url("**/demo/2026-10-02/index.html")
        seen.check()


def test_the_start_page_leads_to_the_newest_version_and_back(reader: Reader, site: Path) -> None:
    with reader(width=360) as seen:
        page = seen.open(site / "index.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("link", name="demo").click()
        page.wait_for_url("**/demo/latest/index.html")
        page.get_by_role("link", name="Version", exact=True).click()
        page.wait_for_url("**/SITE/index.html")
        seen.check()


def test_without_scripts_the_version_is_named_and_all_versions_are_a_link_away(reader: Reader, site: Path) -> None:
    with reader(java_script_enabled=False) as seen:
        page = seen.open(site / "demo/2026-10-02/index.html")
        page.get_by_role("link", name="Version 2026-10-02").click()
        page.wait_for_url("**/SITE/index.html")


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with all that comparing adds to one: a history, and marks of what is new and has changed."""
    folder = tmp_path_factory.mktemp("marked")
    found = [item for item in objects() if item["kind"] != "CronJob"]
    find(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/shop/web:9"
    find(found, "ConfigMap")["data"]["Corefile"] = "a {\n  c\n}\n"
    find(found, "Ingress")["spec"]["rules"].append({"host": "new.example.com"})
    days = [write_day(folder, "2026-09-01"), write_day(folder, "2026-10-02", found)]
    new = write_day(folder, "2026-11-02", [*found, workload("Deployment", "fresh")])
    built = build_site(new, folder / "site", history=days, since=days[0])
    return built.folder


CHANGED = (
    "index.html", "changes.html", "changes/2026-10-02t053740z.html", "changes/2026-11-02t053740z.html",
    "namespaces/shop.html", "workloads/deployment-shop-web.html", "nodes/node-a.html",
)  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_and_changes_can_be_read_in_light_and_dark(reader: Reader, marked: Path, scheme: str) -> None:
    poor = {}
    with reader(color_scheme=scheme) as seen:
        for name in CHANGED:
            page = seen.open(marked / name)
            page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
            if found := page.evaluate(CONTRAST)["poor"]:
                poor[name] = found[:5]
        seen.check()
    assert poor == {}


def test_pages_of_changes_fit_a_telephone_and_have_headings_in_order(reader: Reader, marked: Path) -> None:
    with reader(width=360) as seen:
        for name in CHANGED:
            page = seen.open(marked / name)
            assert page.evaluate(TOO_WIDE) == [], name
            levels = page.evaluate(HEADINGS)
            assert max(after - before for before, after in itertools.pairwise(levels)) <= 1, (name, levels)


def test_the_history_of_a_workload_leads_to_the_change_itself(reader: Reader, marked: Path) -> None:
    with reader() as seen:
        page = seen.open(marked / "workloads/deployment-shop-web.html", "#history-2026-10-02t053740z")
        page.locator("#history-2026-10-02t053740z a").first.click()
        page.wait_for_url("**/changes/2026-10-02t053740z.html#change-apps-deployment-shop-web*")
        assert "registry.example.com/shop/web:9" in page.locator(":target").inner_text()
        seen.check()
