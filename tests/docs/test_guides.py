"""The guides do what they say: every command of theirs that needs no other machine is run as it stands, one after the other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from rkedoc.resources import resource
from tests.diff.world import find, objects
from tests.support.days import write_day
from tests.support.fleets import Fleet, write_fleet
from tests.support.player import playing

DOCS = Path(__file__).parents[2] / "docs"
HERE = ("rkedoc", "sphinx-build")
"""What is installed with rkedoc; other programs of the guides (docker, kubectl, rsync, pip, systemctl) belong to other machines."""

FALLS_SHORT = ("rkedoc diff", "rkedoc coverage", "rkedoc fleet")
"""Commands that tell by their exit code, 1, what they have found."""

DEMOS = ("tutorial/index.md", "howto/outputs.md", "howto/languages.md", "howto/vendor.md")
DAYS = ("howto/compare.md", "howto/versions.md", "howto/coverage.md")


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in a language."""
    text = (DOCS / page).read_text("utf-8")
    fence = rf"^(?P<f>`{{3,}})(?:\{{code-block\}} )?{language}\n(?::caption: .*\n\n)?(?P<body>.*?)^(?P=f)$"
    return [match["body"] for match in re.finditer(fence, text, re.DOTALL | re.MULTILINE)]


def commands(page: str) -> Iterator[str]:
    """The commands that a page shows."""
    for block in blocks(page, "console"):
        yield from (line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ "))


def run(command: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command as a reader types it; it must end well."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    known = {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", **(environment or {})}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=known, capture_output=True, text=True, check=False
    )
    good = (0, 1) if command.startswith(FALLS_SHORT) else (0,)
    assert done.returncode in good, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def shown(folder: Path, name: str) -> str:
    """The text of a page that was built."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", (folder / name).read_text("utf-8")))


@pytest.mark.parametrize("page", DEMOS)
def test_commands_about_a_node_work_as_they_stand(page: str, tmp_path: Path, recording: Callable[[str], Path]) -> None:
    shutil.copy(resource("data", "demo.ndjson.zst"), tmp_path / "node.ndjson.zst")
    (tmp_path / "socket").mkdir()
    if page == "tutorial/index.md":
        (tmp_path / "node.ndjson.zst").unlink()
        with playing(recording("rke-single-node"), tmp_path / "socket") as node:
            environment = {"KUBECONFIG": str(node.kubeconfig), "DOCKER_HOST": str(node.engine)}
            said = {
                command: run(command, tmp_path, environment) for command in commands(page) if command.startswith(HERE)
            }
        assert "Nothing that somebody decided has changed" in said["rkedoc diff node.ndjson.zst later.ndjson.zst"]
        assert (tmp_path / "SITE" / "index.html").is_file()
        assert (tmp_path / "site" / "index.html").is_file()
    else:
        assert [run(command, tmp_path) for command in commands(page) if command.startswith(HERE)] != []


@pytest.mark.parametrize("page", DAYS)
def test_commands_about_several_days_work_as_they_stand(page: str, tmp_path: Path) -> None:
    later = objects()
    find(later, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/shop/web:9"
    named = set(re.findall(r"[\w-]+\.ndjson\.zst", (DOCS / page).read_text("utf-8")))
    for number, name in enumerate(
        sorted(named, key=lambda name: (name.startswith(("after", "today", "2026-12")), name))
    ):
        path = write_day(tmp_path / "days", f"2026-0{number + 1}-02", later if number % 2 else None)
        shutil.copy(path, tmp_path / name)
    (tmp_path / "annotations").mkdir()
    for text in blocks(page, "yaml"):
        if text.startswith("rules:"):
            (tmp_path / "ours.yaml").write_text(text, "utf-8")
    assert [run(command, tmp_path) for command in commands(page) if command.startswith(HERE)] != []


def test_questions_to_many_clusters_work_as_they_stand(tmp_path: Path) -> None:
    page = "howto/fleet.md"
    write_fleet(tmp_path / "snapshots", Fleet(clusters=4, versions=2))
    (accepted,) = blocks(page, "yaml")
    (tmp_path / "accepted.yaml").write_text(accepted, "utf-8")
    said = {command: run(command, tmp_path) for command in commands(page)}
    assert all(said[command] for command in said if ">" not in command)
    assert "prod-" in (tmp_path / "support.csv").read_text("utf-8")
    (python,) = blocks(page, "python")
    path = tmp_path / "read.py"
    path.write_text(python.replace("duckdb.sql(", "duckdb.execute("), "utf-8")
    run(f"python {path}", tmp_path)


def test_a_wiki_of_your_own_is_what_its_guide_says(tmp_path: Path) -> None:
    shutil.copy(resource("data", "demo.ndjson.zst"), tmp_path / "node.ndjson.zst")
    guide = "howto/own-wiki.md"
    first, build = commands(guide)
    run(first, tmp_path)
    wiki = tmp_path / "wiki"
    assert (wiki / "conf.py").is_file()
    # What the guide has you write, where it has you write it.
    shutil.copy(DOCS / "annotations" / "shop.md", wiki / "annotations")
    etcd, before = blocks(guide, "md")
    (wiki / "annotations" / "etcd.md").write_text(etcd, "utf-8")
    (wiki / "before.md").write_text(before, "utf-8")
    index = wiki / "index.md"
    index.write_text(index.read_text("utf-8").replace("cluster/index\n", "cluster/index\nbefore\n"), "utf-8")
    (wiki / "templates").mkdir()
    (template,) = blocks(guide, "jinja")
    (wiki / "templates" / "namespace.md.jinja").write_text(template, "utf-8")
    with (wiki / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write('\nrkedoc_templates = "templates"\n')
    run(f"{build} -W -n", tmp_path)
    html = wiki / "_build" / "html"
    page = shown(html, "cluster/containers/rancher01-etcd.html")
    assert 0 < page.index("Call the storage team. Snapshots lie on backup02") < page.index("the catalog of rkedoc")
    assert "The web shop" in shown(html, "cluster/workloads/deployment-default-webapp.html")
    assert "Who to call" in shown(html, "cluster/namespaces/kube-system.html")
    assert "webapp" in shown(html, "before.html")
    assert run(first, tmp_path) == "Everything was there already; nothing was changed.\n"
