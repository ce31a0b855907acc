"""Every page of the demos, of a node that is not well, of a large cluster and of a hostile one: opened once, seen at every size and
on paper, by day and by night. What is written there is visible, whole, readable and in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.cluster import Size, write_snapshot
from rkedoc.sphinxext.project import build_site
from tests.browser.conftest import BOXES, CONTRAST, HEADINGS, PICTURES, TOO_WIDE, WORDS, Reader, one_of_each_kind, pages

WIDTHS = (2560, 1440, 1024, 390, 360)
"""From a wall to a small phone, in CSS pixels."""
COLOURED = """scheme => document.documentElement.dataset.theme === scheme
  && document.getAnimations().every(animation => animation.playState !== "running")"""
"""Whether a page has the colours of a scheme, with nothing that still fades."""
PAPER = 718
"""A4 without the margins of Chromium, in CSS pixels."""


@dataclass
class Sights:
    """What is amiss on the pages of a site: where, and what; and what was counted."""

    hidden: list[tuple[str, Any, list[str]]] = field(default_factory=list)
    broken: list[tuple[str, Any, list[str]]] = field(default_factory=list)
    pictures: list[tuple[str, Any, list[str]]] = field(default_factory=list)
    drawings: int = 0
    poor: list[tuple[str, str, list[str]]] = field(default_factory=list)
    headings: dict[str, list[int]] = field(default_factory=dict)
    heads: dict[str, tuple[str, str]] = field(default_factory=dict)


def look(reader: Reader, chosen: Iterable[Path], *, contrast: bool) -> Sights:
    """Open pages one by one, and go through every size of each."""
    sights = Sights()
    with reader(width=WIDTHS[0], color_scheme="light") as seen:
        for path in chosen:
            page = seen.open(path)
            sights.heads[str(path)] = page.title(), page.locator('meta[name="robots"]').get_attribute("content") or ""
            sights.headings[str(path)] = page.evaluate(HEADINGS)
            for size in (*WIDTHS, "paper"):
                page.set_viewport_size({"width": PAPER if size == "paper" else size, "height": 900})
                if size == "paper":
                    page.emulate_media(media="print")
                drawn = page.evaluate(PICTURES)
                sights.drawings += drawn["shown"]
                if drawn["amiss"]:
                    sights.pictures.append((path.name, size, drawn["amiss"][:4]))
                if broken := page.evaluate(WORDS):
                    sights.broken.append((path.name, size, broken))
                if hidden := page.evaluate(BOXES) or (size != "paper" and page.evaluate(TOO_WIDE)):
                    sights.hidden.append((path.name, size, hidden))
            page.emulate_media(media="screen")
            page.set_viewport_size({"width": 1280, "height": 900})
            for scheme in ("light", "dark") if contrast and path.name not in ("genindex.html", "search.html") else ():
                page.emulate_media(color_scheme=scheme)
                page.wait_for_function(COLOURED, arg=scheme)
                result = page.evaluate(CONTRAST)
                assert result["texts"] > 20
                if result["poor"]:
                    sights.poor.append((path.name, scheme, result["poor"][:5]))
        seen.check()
    return sights


SITES = ("rke2-en", "rke2-zh_CN", "rke1-en", "rke1-zh_CN", "sick", "large", "hostile")


@pytest.fixture(scope="module", params=SITES)
def sights(
    request: pytest.FixtureRequest,
    reader: Reader,
    sites: dict[str, Path],
    sick_site: Path,
    hostile_site: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Sights:
    """What is seen of a site. The index is Sphinx's own page and no text of ours."""
    if request.param == "large":
        folder = tmp_path_factory.mktemp("large")
        write_snapshot(Size(300, 12), folder / "large.ndjson")
        build_site(folder / "large.ndjson", folder / "site")
        chosen = one_of_each_kind(folder / "site")
    else:
        chosen = pages({**sites, "sick": sick_site, "hostile": hostile_site}[request.param])
    by_night = request.param in ("rke2-en", "rke1-en", "sick")  # a language has no colours of its own
    return look(reader, (path for path in chosen if path.name != "genindex.html"), contrast=by_night)


def test_no_text_lies_outside_its_box(sights: Sights) -> None:
    assert sights.hidden == []


def test_no_word_of_a_usual_length_is_broken(sights: Sights) -> None:
    assert sights.broken == []


def test_every_picture_is_whole_and_its_text_can_be_read(sights: Sights, request: pytest.FixtureRequest) -> None:
    assert sights.pictures == []
    of_demo = request.node.callspec.params["sights"].startswith("rke")
    assert sights.drawings > (300 if of_demo else 0)  # at all sizes together


def test_every_text_stands_out_from_what_is_behind_it_by_day_and_by_night(sights: Sights) -> None:
    assert sights.poor == []


def test_headings_are_a_tree(sights: Sights) -> None:
    for name, levels in sights.headings.items():
        steps = [after - before for before, after in itertools.pairwise(levels)]
        assert levels.count(1) == 1, name
        assert levels[0] == 1, name
        assert max(steps, default=0) <= 1, (name, levels)


def test_every_page_has_a_title_and_asks_not_to_be_indexed(sights: Sights) -> None:
    for name, (title, robots) in sights.heads.items():
        assert title.strip(), name
        assert "noindex" in robots, name
