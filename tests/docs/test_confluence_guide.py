"""The guide for Confluence word for word, against a server that plays it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.test_guides import blocks, commands
from tests.publish.test_confluence import ROOT, day
from tests.support import wiki

GUIDE = "howto/confluence.md"
PLACES = {True: "https://example.atlassian.net/wiki", False: "https://wiki.example.org"}


def typed(command: str, folder: Path, said: str = "") -> str:
    """What a command says that is typed, with what is typed into it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"}, input=said, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_the_commands_do_what_the_guide_says(tmp_path: Path) -> None:
    day(tmp_path, "2026-10-01", cluster="production").rename(tmp_path / "production.ndjson.zst")
    lines = [line for line in commands(GUIDE) if not line.startswith("python -m pip")]
    typed(next(line for line in lines if line.startswith("install ")), tmp_path, f"{wiki.TOKEN}\n")
    for cloud, place in PLACES.items():
        with wiki.playing(cloud=cloud) as served:
            served.add("Clusters")
            for line in lines:
                # At Cloud the publisher waits half a second for each page, so that there the rehearsal has to do.
                if place in line and (not cloud or line.endswith("--dry-run")):
                    said = typed(line.replace(place, served.url), tmp_path)
                    assert f"added: {ROOT.replace('demo', 'production')}\n" in said
            assert (len(served.pages) > 30) == (not cloud)


def test_an_own_wiki_publishes_as_the_guide_says(tmp_path: Path) -> None:
    (configuration,) = blocks(GUIDE, "python")
    (build,) = (
        part
        for part in (Path(__file__).parents[2] / "docs" / GUIDE).read_text("utf-8").split("`")
        if part.startswith("sphinx-build")
    )
    day(tmp_path, "2026-10-01").rename(tmp_path / "snapshot.ndjson.zst")
    typed("rkedoc init wiki --snapshot snapshot.ndjson.zst", tmp_path)
    token = tmp_path / "wiki" / "confluence-token"
    token.write_text(wiki.TOKEN)
    token.chmod(0o600)
    with wiki.playing(cloud=False) as served:
        served.add("Clusters")
        file = tmp_path / "wiki" / "conf.py"
        file.write_text(f"{file.read_text()}\n{configuration.replace(PLACES[False], served.url)}")
        typed(build, tmp_path)
        assert served.titled("Kubernetes cluster production").parent == served.titled("Clusters").id
        assert served.titled("web (Deployment, shop) · production").version == 1
        served.requests.clear()
        typed(build, tmp_path)
        assert served.writes() == []
