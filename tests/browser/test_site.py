"""The site as a reader meets it: from disk, without a network, on any screen, by keyboard, by day and by night."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.conftest import Reader


@pytest.mark.parametrize("words", ["canal", "calico-kube-controllers", "coredns", "kubelet"])
def test_search_finds_what_runs_there(reader: Reader, demo_site: Path, words: str) -> None:
    with reader() as seen:
        page = seen.open(demo_site / "search.html", f"?q={words}")
        page.wait_for_selector("#search-results li a")
        page.wait_for_function("document.querySelector('#search-results').textContent.includes('finished')")
        links = page.locator("#search-results li a").all()
        assert any(words in (link.text_content() or "") for link in links)
        first = next(link for link in links if (link.text_content() or "").startswith(words))
        first.click()
        page.wait_for_url(lambda url: "search.html" not in url)
        assert words in page.locator("main").inner_text()
        seen.check()


def test_a_click_in_the_map_lands_on_the_page_of_what_was_clicked(reader: Reader, demo_site: Path) -> None:
    with reader() as seen:
        for name in ("canal", "coredns", "kubelet", "etcd"):
            page = seen.open(demo_site / "index.html")
            text = page.locator("figure svg a text").filter(has_text=re.compile(rf"^{name}")).first
            text.click()
            page.wait_for_url(lambda url: "index.html" not in url)
            assert name in page.locator("main h1").inner_text()
        seen.check()


def test_a_last_day_of_support_says_how_far_it_is_from_the_readers_day(reader: Reader, demo_site: Path) -> None:
    for now, away in (("2021-12-28T12:00:00Z", "in 2 months"), ("2032-03-20T12:00:00Z", "10 years ago")):
        with reader() as seen:
            seen.page.clock.set_fixed_time(now)
            page = seen.open(demo_site / "index.html")
            assert f"Kubernetes 1.20 since 2022-02-28 ({away})" in page.locator("main").inner_text()
            seen.check()


def test_support_that_has_ended_since_the_collection_is_not_called_support(
    reader: Reader, sites: dict[str, Path]
) -> None:
    with reader() as seen:
        for now, ended in (("2026-11-27T12:00:00Z", 0), ("2040-01-01T12:00:00Z", 1)):
            seen.page.clock.set_fixed_time(now)
            page = seen.open(sites["rke2-en"] / "index.html")
            later = page.locator("time[data-rkedoc-past] ~ .rkedoc-tone-bad")
            assert (later.count() > 0) == bool(ended)
            shown = page.locator("time[data-rkedoc-past]").locator("xpath=ancestor::*[self::p or self::td]")
            assert (shown.locator(".rkedoc-tone-ok").count() == 0) == bool(ended)
        seen.check()


def test_the_keyboard_reaches_the_content_and_the_pictures(reader: Reader, demo_site: Path) -> None:
    with reader() as seen:
        page = seen.open(demo_site / "index.html")
        page.keyboard.press("Tab")
        assert "#main-content" in (page.evaluate("document.activeElement.getAttribute('href')") or "")
        page.keyboard.press("Enter")
        assert page.url.endswith("#main-content")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
        link = page.locator("figure svg a:visible").first
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "index.html" not in url)
        seen.check()


def test_the_age_of_the_snapshot_is_told_by_the_readers_clock(reader: Reader, demo_site: Path) -> None:
    with reader(locale="en-GB", timezone_id="Asia/Shanghai") as seen:
        page = seen.open(demo_site / "ledger.html")
        told = page.locator(".rkedoc-age").first.inner_text()
        assert re.search(r"ago|yesterday|last|in \d|tomorrow|now|minute", told), told
        seen.check()


def test_without_scripts_the_page_says_the_same(reader: Reader, demo_site: Path) -> None:
    with reader(java_script_enabled=False) as seen:
        page = seen.open(demo_site / "index.html")
        assert "UTC" in page.locator("main").inner_text()
        assert page.locator("figure svg").count() >= 2
