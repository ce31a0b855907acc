"""The layout of pages serves whoever reads them, with a mouse, a finger, a keyboard or a screen reader."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import Reader


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
