"""Every kind of page can be used by everybody: WCAG 2.2 AA, as far as axe can tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Reader, one_of_each_kind

VIOLATIONS = {"resultTypes": ["violations"]}
WHOLE = {**VIOLATIONS, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {**VIOLATIONS, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What changes with the colours alone."""


@pytest.mark.parametrize(
    ("name", "scheme", "rules"),
    [("rke2-en", "light", WHOLE), ("rke1-zh_CN", "light", WHOLE), ("rke2-zh_CN", "dark", COLOURS)],
    ids=["english", "chinese", "by night"],
)
def test_every_kind_of_page_passes_axe(
    reader: Reader, sites: dict[str, Path], name: str, scheme: str, rules: dict[str, object]
) -> None:
    found = {}
    with reader(width=1280, color_scheme=scheme, reduced_motion="reduce") as seen:
        for path in one_of_each_kind(sites[name]):
            page = seen.open(path)
            page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
            wrong = Axe().run(page, options=rules).response["violations"]
            if wrong:
                found[path.name] = [(one["id"], one["nodes"][0]["html"][:160], len(one["nodes"])) for one in wrong]
    assert found == {}
