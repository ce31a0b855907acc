"""What explains is always visible: no text outside its box on any page, at any width, on paper; and tables that serve whoever reads them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from bench.cluster import Size, write_snapshot
from rkedoc.resources import resource
from rkedoc.sphinxext.project import build_site
from tests.browser.conftest import Reader, pages

BOXES = Path(__file__).with_name("boxes.js").read_text("utf-8")
WIDTHS = (1440, 1024, 390)
PAPER = 718
"""A4 without the margins of Chromium, in CSS pixels."""


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both demos, in both languages."""
    folder = tmp_path_factory.mktemp("layout")
    for name, data in (("rke2", "demo-rke2.ndjson.zst"), ("rke1", "demo.ndjson.zst")):
        build_site(resource("data", data), folder / name, language="en,zh_CN")
    return {f"{name}-{language}": folder / name / language for name in ("rke2", "rke1") for language in ("en", "zh_CN")}


def outside(reader: Reader, chosen: Iterable[Path]) -> list[tuple[str, Any, list[str]]]:
    """What cannot be seen of pages: the page, the width or "paper", and the elements."""
    found: list[tuple[str, Any, list[str]]] = []
    with reader(width=WIDTHS[0]) as seen:
        for path in chosen:
            page = seen.open(path)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                if hidden := page.evaluate(BOXES):
                    found.append((path.name, width, hidden))
            page.set_viewport_size({"width": PAPER, "height": 1000})
            page.emulate_media(media="print")
            if hidden := page.evaluate(BOXES):
                found.append((path.name, "paper", hidden))
            page.emulate_media(media="screen")
        seen.check()
    return found


@pytest.mark.parametrize("name", ["rke2-en", "rke1-en"])
def test_no_text_lies_outside_its_box(reader: Reader, sites: dict[str, Path], name: str) -> None:
    assert outside(reader, (path for path in pages(sites[name]) if path.name != "genindex.html")) == []


@pytest.mark.parametrize("name", ["rke2-zh_CN", "rke1-zh_CN"])
def test_nor_does_any_of_the_chinese_ones(reader: Reader, sites: dict[str, Path], name: str) -> None:
    assert outside(reader, one_of_each_kind(sites[name])) == []


def test_nor_does_any_of_a_large_cluster(reader: Reader, tmp_path: Path) -> None:
    write_snapshot(Size(300, 12), tmp_path / "large.ndjson")
    build_site(tmp_path / "large.ndjson", tmp_path / "site")
    assert outside(reader, one_of_each_kind(tmp_path / "site")) == []


def test_names_that_want_to_break_out_do_not(reader: Reader, hostile_site: Path, sick_site: Path) -> None:
    chosen = [path for path in (*pages(hostile_site), *pages(sick_site)[:10]) if path.name != "genindex.html"]
    assert outside(reader, chosen) == []


def test_what_a_flag_decides_stands_below_it_in_full_width(reader: Reader, sites: dict[str, Path]) -> None:
    path = sites["rke1-en"] / "containers" / "rancher01-kubelet.html"
    with reader(width=1440) as seen:
        row = seen.open(path).locator("table.rkedoc-below tbody tr").filter(has_text="--tls-cipher-suites")
        boxes = [cell.bounding_box() for cell in row.locator("td").all()]
        whole = row.bounding_box()
        name, value, default, meaning = (box for box in boxes if box is not None)
        assert whole is not None
        assert meaning["y"] >= max(box["y"] + box["height"] for box in (name, value, default)) - 1
        assert meaning["width"] > 0.9 * whole["width"]
        assert meaning["width"] > 850


def test_on_a_phone_a_row_is_a_card_and_each_cell_says_what_it_is(reader: Reader, sites: dict[str, Path]) -> None:
    with reader(width=390) as seen:
        page = seen.open(sites["rke2-en"] / "ledger.html")
        cell = page.locator("table.rkedoc-table tbody td:nth-child(2)").first
        assert cell.evaluate("e => getComputedStyle(e).display") in ("block", "flow-root")
        assert cell.evaluate("e => getComputedStyle(e, '::before').content").strip('"') == cell.get_attribute(
            "data-label"
        )


def test_the_article_uses_the_screen(reader: Reader, sites: dict[str, Path]) -> None:
    with reader(width=1440) as seen:
        box = seen.open(sites["rke2-en"] / "index.html").locator("article.bd-article").bounding_box()
        assert box is not None
        assert 930 <= box["width"] <= 1080


def test_columns_sort_and_the_address_remembers_it(reader: Reader, sites: dict[str, Path]) -> None:
    with reader() as seen:
        page = seen.open(sites["rke2-en"] / "index.html")
        table = page.locator("section#namespaces table")
        heads = table.locator("thead button")

        def column() -> list[str]:
            return table.locator("tbody tr td:nth-child(4)").all_inner_texts()

        given = column()
        heads.nth(3).click()
        assert column() == sorted(given, key=int)
        heads.nth(3).click()
        assert column() == sorted(given, key=int, reverse=True)
        assert table.locator("th").nth(3).get_attribute("aria-sort") == "descending"
        page.reload()
        assert column() == sorted(given, key=int, reverse=True)
        heads.nth(3).click()
        assert column() == given
        assert "sort." not in page.url
        seen.check()


def test_a_filter_keeps_its_words_in_the_address(reader: Reader, sites: dict[str, Path]) -> None:
    with reader() as seen:
        page = seen.open(sites["rke2-en"] / "index.html")
        page.locator("section#namespaces .rkedoc-filter input").fill("kube-")
        shown = page.locator("section#namespaces tbody tr:visible").count()
        assert 0 < shown < page.locator("section#namespaces tbody tr").count()
        page.reload()
        assert page.locator("section#namespaces .rkedoc-filter input").input_value() == "kube-"
        assert page.locator("section#namespaces tbody tr:visible").count() == shown
        seen.check()


def test_headers_stay_while_a_long_table_scrolls(reader: Reader, sites: dict[str, Path]) -> None:
    with reader(width=1440) as seen:
        page = seen.open(sites["rke2-en"] / "ledger.html")
        table = page.locator("section#lines table")
        table.locator("tbody tr").nth(30).evaluate("e => e.scrollIntoView({block: 'center'})")
        head = table.locator("thead th").first.bounding_box()
        assert head is not None
        assert 0 <= head["y"] < 120


def test_where_something_was_read_opens_on_hover_focus_and_tap_and_is_printed(
    reader: Reader, sites: dict[str, Path]
) -> None:
    path = sites["rke2-en"] / "index.html"
    with reader(width=390, has_touch=True) as seen:
        page = seen.open(path)
        mark = page.locator("section#versions .rkedoc-read").first
        note = mark.locator("[role=note]")
        assert not note.is_visible()
        mark.locator("button").hover()
        assert note.is_visible()
        page.keyboard.press("Escape")
        assert not note.is_visible()
        page.mouse.move(0, 0)
        mark.locator("button").focus()
        assert note.is_visible()
        box = note.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        page.locator("h1").first.click()
        assert not note.is_visible()
        mark.locator("button").tap()
        assert note.is_visible()
        page.locator("h1").first.click()
        page.emulate_media(media="print")
        assert note.is_visible()


def one_of_each_kind(site: Path) -> list[Path]:
    """The pages about the whole, and the first in each folder."""
    folders = sorted({path.parent for path in pages(site)} - {site})
    whole = [path for path in pages(site) if path.parent == site and path.name != "genindex.html"]
    return [*whole, *(pages(folder)[0] for folder in folders)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_of_page_passes_axe(reader: Reader, sites: dict[str, Path], scheme: str) -> None:
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = {}
    with reader(width=1280, color_scheme=scheme, reduced_motion="reduce") as seen:
        for path in one_of_each_kind(sites["rke2-en" if scheme == "light" else "rke1-zh_CN"]):
            page = seen.open(path)
            page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
            wrong = Axe().run(page, options=rules).response["violations"]
            if wrong:
                found[path.name] = [(one["id"], one["nodes"][0]["html"][:160], len(one["nodes"])) for one in wrong]
    assert found == {}
