"""The portal of many clusters, and how long its search takes in a browser.

``python -m bench.portal SITE CLUSTERS`` publishes ten clusters and multiplies what they say of themselves, under as many names, to so many; the
portal is then made of all. Pages of the others are not there: the search does not read them.

``python -m bench.portal find SITE TEXT…`` opens the portal from a static server on loopback, anew for each text, and prints the milliseconds from the last key
to the first result, as JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from rkedoc.publish.run import lead, publish
from rkedoc.publish.tree import Shelf
from tests.support.fleets import Fleet, write_fleet

_BUILT = 10
_SAID = ("rkedoc-version.json", "rkedoc.json")


def write(site: Path, clusters: int) -> None:
    """The portal of so many clusters."""
    snapshots = write_fleet(site.with_name("snapshots"), Fleet(clusters=_BUILT, versions=2))
    publish(snapshots, site)
    built = sorted(path for path in site.iterdir() if (path / "latest").is_dir())
    for number in range(clusters - len(built)):
        source = built[number % len(built)]
        name = f"{source.name}-{number:04}"
        for version in sorted(path for path in source.iterdir() if (path / _SAID[0]).is_file()):
            target = site / name / version.name
            target.mkdir(parents=True)
            for file in _SAID:
                text = (version / file).read_text("utf-8").replace(source.name, name)
                (target / file).write_text(text, "utf-8")
            shutil.copy(version / "index.html", target)
    shelf = Shelf(site)
    with shelf.locked():
        lead(shelf)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def find(site: Path, texts: list[str]) -> dict[str, float]:
    """Milliseconds until the first result of each text, on a page that was just opened."""
    from playwright.sync_api import sync_playwright

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found: dict[str, float] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for text in texts:
            page = browser.new_context().new_page()
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/index.html")
            page.wait_for_selector("#find")
            page.evaluate(
                """() => { window.shown = 0; const input = document.querySelector('#find');
                input.addEventListener('input', () => { window.typed = performance.now(); window.shown = 0; }, true);
                new MutationObserver(() => { if (!window.shown && document.querySelector('#found li')) { window.shown = performance.now(); } })
                  .observe(document.body, {childList: true, subtree: true}); }"""
            )
            page.locator("#find").type(text)
            page.wait_for_function("window.shown > 0", timeout=30_000)
            found[text] = page.evaluate("window.shown - window.typed")
            page.context.close()
        browser.close()
    server.shutdown()
    return found


if __name__ == "__main__":
    if sys.argv[1] == "find":
        print(json.dumps(find(Path(sys.argv[2]), sys.argv[3:])))
    else:
        write(Path(sys.argv[1]), int(sys.argv[2]))
