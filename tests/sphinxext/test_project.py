"""Building without a project: the whole site or nothing, the same bytes everywhere, and a project to begin with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rkedoc.errors import BuildError, RkedocError, SnapshotError
from rkedoc.resources import resource
from rkedoc.sphinxext import loading, project
from rkedoc.sphinxext.blocks.view import View
from rkedoc.sphinxext.project import build_site, init_project
from rkedoc.sphinxext.site import Site
from tests.sphinxext.stub import VIEWS, Stub, StubSite, tree


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The name of a snapshot; a stub stands in for what is in it."""
    site = StubSite(Stub())
    monkeypatch.setattr(loading, "load_site", lambda _inputs: site)
    monkeypatch.setattr(project, "_cluster_name", lambda _path: ("test", "2026-01-02T03:04:05Z"))
    path = tmp_path / "snapshot.ndjson"
    path.write_text("one", "utf-8")
    return path


def test_a_site_is_published_without_doctrees_sources_and_traces_of_its_building(
    snapshot: Path, tmp_path: Path
) -> None:
    built = build_site(snapshot, tmp_path / "site")
    names = tree(tmp_path / "site", without=())
    assert "index.html" in names
    assert not [name for name in names if "doctree" in name or name.startswith((".", "_sources")) or "pickle" in name]
    assert not [name for name, content in names.items() if str(tmp_path).encode() in content]
    assert built.warnings == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site", "snapshot.ndjson"]


@pytest.mark.parametrize("builder", [
    "html", "dirhtml", "singlehtml", "json", "pickle", "text", "markdown", "man", "latex", "texinfo", "epub", "xml", "pseudoxml", "gettext",
])  # fmt: skip
def test_every_builder_of_sphinx_builds_what_the_command_asks_of_it(
    snapshot: Path, tmp_path: Path, builder: str
) -> None:
    assert build_site(snapshot, tmp_path / "site", builder=builder).warnings == ()
    assert any(path.stat().st_size for path in (tmp_path / "site").rglob("*") if path.is_file())


def test_an_earlier_site_is_replaced_and_anything_else_is_left_alone(snapshot: Path, tmp_path: Path) -> None:
    build_site(snapshot, tmp_path / "site")
    (tmp_path / "site/left-over.html").write_text("old", "utf-8")
    build_site(snapshot, tmp_path / "site")
    assert not (tmp_path / "site/left-over.html").exists()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/cat.jpg").write_text("cat", "utf-8")
    with pytest.raises(BuildError, match="not a site of rkedoc"):
        build_site(snapshot, tmp_path / "photos")
    assert (tmp_path / "photos/cat.jpg").exists()


def test_a_build_that_fails_leaves_the_earlier_site(
    snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_site(snapshot, tmp_path / "site")
    before = tree(tmp_path / "site")

    def broken(site: Site, key: str) -> View:
        raise ZeroDivisionError

    def unreadable(_inputs: object) -> Site:
        raise SnapshotError("line 3: not JSON")

    site = StubSite(Stub(), {**VIEWS, "overview-intro": broken})
    monkeypatch.setattr(loading, "load_site", lambda _inputs: site)
    with pytest.raises(BuildError) as caught:
        build_site(snapshot, tmp_path / "site")
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(loading, "load_site", unreadable)
    with pytest.raises(SnapshotError, match="line 3"):
        build_site(snapshot, tmp_path / "site")
    assert tree(tmp_path / "site") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site", "snapshot.ndjson"]


def test_with_a_cache_the_site_is_the_same(snapshot: Path, tmp_path: Path) -> None:
    build_site(snapshot, tmp_path / "plain")
    for _time in range(2):
        build_site(snapshot, tmp_path / "cached", cache=tmp_path / "cache")
    assert tree(tmp_path / "plain") == tree(tmp_path / "cached")


def test_the_site_is_the_same_in_other_folders_with_other_hash_seeds(tmp_path: Path) -> None:
    program = """
import pathlib, sys, pytest
from tests.sphinxext.stub import Builder, Stub
patch = pytest.MonkeyPatch()
Builder(pathlib.Path(sys.argv[1]), patch)(Stub(), html_theme="pydata_sphinx_theme", jobs=int(sys.argv[2]))
patch.undo()
"""
    trees = []
    for seed, folder, jobs in (("0", "here", "1"), ("1", "some/where/else", "2")):
        (tmp_path / folder).mkdir(parents=True)
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        subprocess.run([sys.executable, "-c", program, str(tmp_path / folder), jobs], env=environment, check=True)
        trees.append(tree(tmp_path / folder / "a/html"))
    assert trees[0] == trees[1]


@pytest.mark.parametrize("theme", ["basic", "alabaster"])
def test_other_themes_work(snapshot: Path, tmp_path: Path, theme: str) -> None:
    assert build_site(snapshot, tmp_path / "site", theme=theme).warnings == ()


def test_a_theme_that_is_not_there_is_one_line(snapshot: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no-such-theme") as caught:
        build_site(snapshot, tmp_path / "site", theme="no-such-theme")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "site").exists()


def test_a_new_project_is_ready_to_build(snapshot: Path, tmp_path: Path) -> None:
    folder = tmp_path / "wiki"
    written = init_project(folder, snapshot=snapshot, name="Blue 'cluster'")
    assert {path.relative_to(folder).as_posix() for path in written} == {
        "conf.py",
        "index.md",
        "annotations/README.txt",
    }
    values: dict[str, object] = {}
    exec((folder / "conf.py").read_text("utf-8"), values)  # noqa: S102 - what the test is about
    assert values["project"] == "Blue 'cluster'"
    assert (folder / str(values["rkedoc_snapshot"])).resolve() == snapshot
    (folder / "index.md").write_text("# Mine\n", "utf-8")
    assert init_project(folder) == ()
    assert (folder / "index.md").read_text("utf-8") == "# Mine\n"


def test_pages_and_anchors_are_the_same_in_every_language(tmp_path: Path) -> None:
    build_site(resource("data", "demo.ndjson.zst"), tmp_path / "site", language="en,zh_CN")

    def anchors(language: str) -> dict[str, set[str]]:
        root = tmp_path / "site" / language
        return {
            path.relative_to(root).as_posix(): set(re.findall(r'\bid="([^"]+)"', path.read_text("utf-8")))
            for path in root.rglob("*.html")
        }

    assert anchors("en") == anchors("zh_CN")
    build_site(resource("data", "demo.ndjson.zst"), tmp_path / "site", language="zh_CN")
    assert not (tmp_path / "site" / "en").exists()


def test_of_several_languages_each_has_to_be_known(tmp_path: Path) -> None:
    with pytest.raises(RkedocError, match="'tlh'"):
        build_site(resource("data", "demo.ndjson.zst"), tmp_path / "site", language="en,tlh")
    assert not (tmp_path / "site").exists()


def test_a_cache_serves_every_language(tmp_path: Path) -> None:
    for _round in range(2):
        build_site(
            resource("data", "demo.ndjson.zst"), tmp_path / "site", language="en,zh_CN", cache=tmp_path / "cache"
        )
        pages = [len(list((tmp_path / "site" / language).rglob("*.html"))) for language in ("en", "zh_CN")]
        assert pages[0] == pages[1] > 40
