"""The search over all clusters, as somebody types it: versions of single digits, names, and what there is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from rkedoc.publish.run import publish
from tests.publish.test_publish import with_image
from tests.support.days import write_day


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("portal")
    days = [write_day(folder, "2026-09-01", with_image("7.2.4"), cluster=name) for name in ("blue", "green")]
    publish(days, folder / "SITE")
    return folder / "SITE"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("7.2.4", "web:7.2.4"), ("web", "web"), ("shop/web:7", "web:7.2.4"), ("no-such-thing", ""), ("zzz", "")],
)
def test_what_is_typed_is_found_from_a_disk(browser: Browser, portal: Path, typed: str, expected: str) -> None:
    page = browser.new_context().new_page()
    page.goto((portal / "index.html").as_uri())
    page.locator("#find").type(typed)
    page.wait_for_function("!document.getElementById('found').hidden && document.querySelector('#found li')")
    first = page.locator("#found li").first
    if expected:
        assert expected in first.inner_text() and "blue" in first.inner_text() and "green" in first.inner_text()
        target = first.locator("a").first.get_attribute("href")
        assert target is not None and (portal / target.partition("#")[0]).is_file()
    else:
        assert page.locator("#found a").count() == 0 and first.inner_text()
    page.context.close()


@pytest.mark.parametrize("typed", ["7", ".", " "])
def test_too_little_asks_nothing(browser: Browser, portal: Path, typed: str) -> None:
    page = browser.new_context().new_page()
    page.goto((portal / "index.html").as_uri())
    page.locator("#find").type(typed)
    page.wait_for_timeout(100)
    assert page.locator("#found").is_hidden()
    page.context.close()
