"""The site as a reader meets it: from disk, without a network, on any screen, by keyboard, by day and by night."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Reader, pages

CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")
HEADINGS = "() => [...document.querySelectorAll('main h1, main h2, main h3, main h4, main h5')].map(h => +h.tagName[1])"
TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) { return []; }
  return [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 5)
    .map(e => e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + e.textContent.trim().slice(0, 40));
}"""


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


def test_every_page_is_whole_on_small_and_large_screens(reader: Reader, demo_site: Path, sick_site: Path) -> None:
    found: list[tuple[str, int, Any]] = []
    for width in (360, 2560):
        with reader(width=width) as seen:
            for path in [*pages(demo_site), sick_site / "index.html", sick_site / "ledger.html"]:
                page = seen.open(path)
                if wide := page.evaluate(TOO_WIDE):
                    found.append((path.name, width, wide))
                assert page.title().strip()
                assert "noindex" in (page.locator('meta[name="robots"]').get_attribute("content") or "")
            seen.check()
    assert found == []


def test_a_last_day_of_support_says_how_far_it_is_from_the_readers_day(reader: Reader, demo_site: Path) -> None:
    for now, away in (("2021-12-28T12:00:00Z", "in 2 months"), ("2032-03-20T12:00:00Z", "10 years ago")):
        with reader() as seen:
            seen.page.clock.set_fixed_time(now)
            page = seen.open(demo_site / "index.html")
            assert f"Kubernetes 1.20 since 2022-02-28 ({away})" in page.locator("main").inner_text()
            seen.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(reader: Reader, demo_site: Path, sick_site: Path, scheme: str) -> None:
    chosen = [path for path in pages(demo_site) if path.name not in ("genindex.html", "search.html")]
    poor: dict[str, Any] = {}
    with reader(color_scheme=scheme) as seen:
        for path in [*chosen, *pages(sick_site)[:12], sick_site / "index.html"]:
            page = seen.open(path)
            assert page.locator("html").get_attribute("data-theme") == scheme
            page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
            result = page.evaluate(CONTRAST)
            assert result["texts"] > 20
            if result["poor"]:
                poor[path.name] = result["poor"][:5]
    assert poor == {}


def test_headings_are_a_tree(reader: Reader, demo_site: Path) -> None:
    wrong = {}
    with reader() as seen:
        for path in pages(demo_site):
            levels = seen.open(path).evaluate(HEADINGS)
            steps = [after - before for before, after in itertools.pairwise(levels)]
            if levels.count(1) != 1 or levels[0] != 1 or max(steps, default=0) > 1:
                wrong[path.name] = levels
    assert wrong == {}


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
