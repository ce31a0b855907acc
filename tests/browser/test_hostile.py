"""Whoever may label a pod cannot put a script into the site."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.conftest import Reader, pages
from tests.support import hostile


def test_no_script_of_the_cluster_runs_on_any_page(reader: Reader, hostile_site: Path) -> None:
    found = pages(hostile_site)
    assert len(found) > len(hostile.STRINGS)
    with reader() as seen:
        for path in found:
            page = seen.open(path)
            assert page.evaluate("window.pwned === undefined"), path.name
            if path.name != "search.html":  # which has Sphinx's own script among its content
                assert page.locator("main script, main iframe, main object, main embed").count() == 0, path.name
            bad = page.evaluate(
                """() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes])
                  .filter(a => a.value.includes('pwned') && (/^on/.test(a.name) || /^\\s*javascript:/i.test(a.value)))
                  .map(a => a.name + '=' + a.value)"""
            )
            assert [text for text in bad if text.startswith(("on", "href", "src", "xlink"))] == [], path.name
        seen.check()


def test_no_script_runs_from_the_search(reader: Reader, hostile_site: Path) -> None:
    with reader() as seen:
        for words in ("pwned", "script", "app-2"):
            page = seen.open(hostile_site / "search.html", f"?q={words}")
            page.wait_for_function("document.querySelector('#search-results').textContent.length > 20")
            page.wait_for_timeout(300)
            assert page.evaluate("window.pwned === undefined")
        seen.check()


def test_the_texts_are_shown_as_texts(reader: Reader, hostile_site: Path) -> None:
    whole = "".join(path.read_text("utf-8") for path in pages(hostile_site))
    assert "&lt;script&gt;window.pwned" in whole
    assert "{{ 7*7 }}" in whole
    assert ">49<" not in whole
    with reader() as seen:
        page = seen.open(hostile_site / "namespaces.html")
        assert "<script>" in page.locator("body").inner_text()


def test_nothing_is_written_outside_the_site(hostile_site: Path) -> None:
    assert sorted(path.name for path in hostile_site.parent.iterdir()) == ["dumps", "site", "x.ndjson"]
    assert not Path("/tmp/pwned").exists()
    names = [path.relative_to(hostile_site).as_posix() for path in hostile_site.rglob("*")]
    assert not [name for name in names if not re.fullmatch(r"[A-Za-z0-9._/-]+", name) or len(Path(name).name) > 120]
