"""Every picture of both demo sites in both languages, as a screen and as paper shows it: whole, and large enough to be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rkedoc.resources import resource
from rkedoc.sphinxext.project import build_site
from tests.browser.conftest import Reader, pages

# What is amiss with the pictures of a page, and how many drawings it shows.
AMISS = """() => {
  const amiss = [];
  let shown = 0;
  const inside = (a, b, slack) => a.left >= b.left - slack && a.right <= b.right + slack && a.top >= b.top - slack && a.bottom <= b.bottom + slack;
  const meets = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  for (const figure of document.querySelectorAll("figure.rkedoc-picture")) {
    const say = (what, element) => amiss.push(what + ": " + (element.textContent || "").trim().slice(0, 60));
    const drawings = [...figure.querySelectorAll("svg.rkedoc-svg")].filter(svg => svg.checkVisibility() && !svg.closest("li"));
    if (drawings.length === 0) { say("no drawing", figure); }
    shown += drawings.length;
    const kinds = new Set(drawings.map(svg => svg.classList.contains("rkedoc-wide") ? "wide" : svg.classList.contains("rkedoc-narrow") ? "narrow" : "tile"));
    if (kinds.size !== 1) { say("two drawings of one picture", figure); }
    for (const words of figure.querySelectorAll("figcaption, .rkedoc-legend li")) {
      if (parseFloat(getComputedStyle(words).fontSize) < 12) { say("small words", words); }
      if (words.scrollWidth > words.clientWidth + 1) { say("words outside", words); }
    }
    for (const svg of drawings) {
      const frame = svg.getBoundingClientRect();
      if (frame.left < -1 || frame.right > document.documentElement.clientWidth + 1) { say("outside of the screen", svg); }
      for (let at = svg.parentElement; at; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== "visible" && at !== document.documentElement && !inside(frame, at.getBoundingClientRect(), 1)) {
          const box = at.getBoundingClientRect();
          if (frame.left < box.left - 1 || frame.right > box.right + 1) { say("cut by " + at.className, svg); }
        }
      }
      const scale = frame.width / svg.width.baseVal.value;
      const texts = [...svg.querySelectorAll("text")];
      const places = texts.map(text => text.getBoundingClientRect());
      texts.forEach((text, index) => {
        if (parseFloat(getComputedStyle(text).fontSize) * scale < 11.99) { say("small text", text); }
        if (!inside(places[index], frame, 1)) { say("text outside of its drawing", text); }
        const node = text.parentElement.querySelector(":scope > rect.rk-node");
        if (node && !inside(places[index], node.getBoundingClientRect(), 1)) { say("text outside of its box", text); }
        for (let other = index + 1; other < texts.length; other++) {
          if (meets(places[index], places[other])) { say("text over text", text); }
        }
        for (const mark of svg.querySelectorAll(".rk-mark, .rk-alarm")) {
          if (meets(places[index], mark.getBoundingClientRect())) { say("text over a mark", text); }
        }
      });
    }
  }
  return { amiss, shown };
}"""


@pytest.fixture(scope="session", params=["demo.ndjson.zst", "demo-rke2.ndjson.zst"], ids=["rke1", "rke2"])
def illustrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a demo, in both languages."""
    site = tmp_path_factory.mktemp("pictures") / "site"
    build_site(resource("data", request.param), site, language="en,zh_CN")
    return site


def with_pictures(site: Path) -> Iterator[Path]:
    return (path for path in pages(site) if "rkedoc-picture" in path.read_text("utf-8"))


@pytest.mark.parametrize("width", [1440, 1024, 390, 360])
def test_every_picture_is_whole_and_its_text_can_be_read(reader: Reader, illustrated: Path, width: int) -> None:
    amiss: dict[str, Any] = {}
    shown = 0
    with reader(width=width) as seen:
        for path in with_pictures(illustrated):
            found = seen.open(path).evaluate(AMISS)
            shown += found["shown"]
            if found["amiss"]:
                amiss[str(path.relative_to(illustrated))] = found["amiss"][:4]
        seen.check()
    assert amiss == {}
    assert shown > 100


def test_on_paper_every_picture_is_whole(reader: Reader, illustrated: Path) -> None:
    amiss = {}
    with reader(width=718) as seen:  # A4 with the margins of Chromium
        seen.page.emulate_media(media="print")
        for path in with_pictures(illustrated / "en"):
            if found := seen.open(path).evaluate(AMISS)["amiss"]:
                amiss[path.name] = found[:4]
    assert amiss == {}


def test_a_way_goes_sideways_on_a_wide_screen_and_downwards_on_a_narrow_one(reader: Reader, illustrated: Path) -> None:
    path = next(illustrated.rglob("en/**/control-plane-outside-pods.html"))
    for width, kind in ((1440, "wide"), (390, "narrow")):
        with reader(width=width) as seen:
            page = seen.open(path)
            assert page.locator(f"figure svg.rkedoc-{kind}").first.is_visible()


def test_a_picture_can_be_had_as_a_file_from_disk(reader: Reader, illustrated: Path) -> None:
    path = next(illustrated.rglob("en/**/control-plane-outside-pods.html"))
    with reader(accept_downloads=True) as seen:
        page = seen.open(path)
        page.locator("figure details summary").first.click()
        for name, start in (("Mermaid", "flowchart LR"), ("draw.io", "<mxfile>")):
            with page.expect_download() as started:
                page.locator("figure details a", has_text=name).first.click()
            assert Path(started.value.path()).read_text("utf-8").startswith(start)
        seen.check()
