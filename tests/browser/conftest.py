"""Sites as a reader meets them: opened from disk, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.resources import resource
from rkedoc.sphinxext.project import build_site
from tests.support import hostile
from tests.support.player import playing

BOXES, CONTRAST, PICTURES, WORDS = (
    Path(__file__).with_name(f"{name}.js").read_text("utf-8") for name in ("boxes", "contrast", "pictures", "words")
)
"""What is amiss on a page that is open: see the first line of each."""
HEADINGS = "() => [...document.querySelectorAll('main h1, main h2, main h3, main h4, main h5')].map(h => +h.tagName[1])"
TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) { return []; }
  return [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 5)
    .map(e => e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + e.textContent.trim().slice(0, 40));
}"""
TIME = "2026-11-23T10:00:00Z"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@dataclass
class Seen:
    """A page in the browser, and what happened in it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: Path, tail: str = "") -> Page:
        self.page.goto(path.as_uri() + tail)
        return self.page

    def check(self) -> None:
        """Nothing went wrong, and nothing left this machine."""
        assert self.errors == []
        assert [url for url in self.requests if not url.startswith(("file:", "data:"))] == []


Reader = Callable[..., Any]


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Reader:
    """``with reader(width=…, color_scheme=…) as seen`` opens a window."""

    @contextmanager
    def window(*, width: int = 1280, height: int = 900, **settings: Any) -> Iterator[Seen]:
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        # A machine that builds three sites at once is slow, and nobody waits for it.
        context.set_default_timeout(120_000)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("dialog", lambda dialog: (seen.errors.append("a dialog"), dialog.dismiss()))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        try:
            yield seen
        finally:
            seen.page.close()  # first: Chromium may wait for ever on a context whose page is still going somewhere
            context.close()

    return window


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sites of both demonstration nodes, each in both languages: ``rke1-en`` and so on."""
    folder = tmp_path_factory.mktemp("demos")
    for name, data in (("rke2", "demo-rke2.ndjson.zst"), ("rke1", "demo.ndjson.zst")):
        build_site(resource("data", data), folder / name, language="en,zh_CN")
    return {f"{name}-{language}": folder / name / language for name in ("rke2", "rke1") for language in ("en", "zh_CN")}


@pytest.fixture(scope="session")
def demo_site(sites: dict[str, Path]) -> Path:
    """The site of the node at rest."""
    return sites["rke1-en"]


@pytest.fixture(scope="session")
def sick_site(recording: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the node that is not well."""
    folder = tmp_path_factory.mktemp("sick")
    with playing(recording("rke-single-node-unhealthy"), folder) as node:
        options = CollectOptions(
            output=folder / "x.ndjson", kubeconfig=node.kubeconfig, engine=node.engine, collected_at=TIME
        )  # fmt: skip
        collect(options, progress=QuietProgress())
    build_site(folder / "x.ndjson", folder / "site")
    return folder / "site"


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a cluster whose owner wants scripts in it."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "dumps").mkdir()
    hostile.write(folder / "dumps")
    options = CollectOptions(
        output=folder / "x.ndjson", from_=(folder / "dumps",), engine="none", kubernetes=False, collected_at=TIME,
        cluster=hostile.STRINGS[0],
    )  # fmt: skip
    collect(options, progress=QuietProgress())
    build_site(folder / "x.ndjson", folder / "site", classification=hostile.STRINGS[1])
    return folder / "site"


def pages(site: Path) -> list[Path]:
    """Every page of a site, sorted, without the pieces that themes leave among their assets."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def one_of_each_kind(site: Path) -> list[Path]:
    """The pages about the whole, and the first in each folder."""
    folders = sorted({path.parent for path in pages(site)} - {site})
    whole = [path for path in pages(site) if path.parent == site and path.name != "genindex.html"]
    return [*whole, *(pages(folder)[0] for folder in folders)]
