"""What is ours can be read in every theme that is installed, whatever the reader prefers: colours follow what the page is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rkedoc.resources import resource
from tests.browser.conftest import CONTRAST, Reader
from tests.support import themes

PAGES = ("index", "ledger", "containers/rancher01-kubelet")
OURS = re.compile(r"\S+ \w+\.[^ ]*\b(rkedoc|rk)-")


@pytest.fixture(scope="module", params=themes.INSTALLED)
def wiki(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wiki")
    values = {
        "project": "Wiki",
        "rkedoc_snapshot": str(resource("data", "demo.ndjson.zst")),
        "rkedoc_classification": "internal",
        **themes.settings(request.param),
    }
    (folder / "conf.py").write_text("".join(f"{key} = {value!r}\n" for key, value in values.items()), "utf-8")
    (folder / "index.md").write_text("# Wiki\n\n`code`\n\n```{toctree}\ncluster/index\n```\n", "utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "-b", "html", str(folder), str(folder / "html")]
    subprocess.run(command, check=True)
    return folder / "html" / "cluster"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_ours_can_be_read(reader: Reader, wiki: Path, scheme: str) -> None:
    poor = {}
    with reader(color_scheme=scheme) as seen:
        for name in PAGES:
            page = seen.open(next(wiki.glob(f"{name}*.html")))
            page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
            if found := [text for text in page.evaluate(CONTRAST)["poor"] if OURS.match(text)]:
                poor[name] = found[:5]
    assert poor == {}
