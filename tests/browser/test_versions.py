"""The switch between versions, from disk: each page leads to itself in the other versions, or to their start."""

from __future__ import annotations

from pathlib import Path

import pytest

from rkedoc.publish.run import publish
from tests.browser.conftest import Reader
from tests.diff.world import objects, workload
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
