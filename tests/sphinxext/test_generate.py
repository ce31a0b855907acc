"""Generated pages: written when their bytes change, removed when they are ours, and nowhere else."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from rkedoc.errors import BuildError
from rkedoc.sphinxext.generate import MANIFEST, generate
from tests.sphinxext.stub import Stub, StubSite, tree


def test_pages_hold_nothing_of_the_cluster_but_keys(tmp_path: Path) -> None:
    generate(StubSite(Stub(workloads=("n{{x}}s/<b>`evil`", "default/web"))), tmp_path, "cluster")
    for name, content in tree(tmp_path).items():
        if name.endswith(".md"):
            assert re.fullmatch(r"cluster/([a-z]+/)?[a-z0-9-]+\.md", name)
            assert not re.search(rb"evil`|<b>|\{\{", content)


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    site = StubSite(Stub())
    first = generate(site, tmp_path, "cluster")
    assert len(first.changed) == first.pages
    assert generate(site, tmp_path, "cluster").changed == ()


def test_pages_of_what_is_gone_are_removed_and_files_of_others_stay(tmp_path: Path) -> None:
    generate(StubSite(Stub()), tmp_path, "cluster")
    (tmp_path / "cluster/mine.md").write_text("# Mine\n", "utf-8")
    written = generate(StubSite(Stub(workloads=("default/web",))), tmp_path, "cluster")
    assert [name.partition("/")[0] for name in written.removed] == ["namespaces", "workloads", "workloads"]
    assert (tmp_path / "cluster/mine.md").exists()


def test_a_page_that_somebody_has_made_their_own_is_not_removed(tmp_path: Path) -> None:
    generate(StubSite(Stub()), tmp_path, "cluster")
    page = tmp_path / "cluster/workloads/deployment-default-api.md"
    page.write_text("# Mine now\n", "utf-8")
    generate(StubSite(Stub(workloads=("default/web",))), tmp_path, "cluster")
    assert page.exists()


def test_a_file_in_the_way_stops_everything_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# Mine\n", "utf-8")
    with pytest.raises(BuildError, match=r"index\.md is in the way"):
        generate(StubSite(Stub()), tmp_path, ".")
    assert [path.name for path in tmp_path.iterdir()] == ["index.md"]


def test_a_manifest_that_names_files_elsewhere_removes_none_of_them(tmp_path: Path) -> None:
    victim = tmp_path / "victim.md"
    victim.write_text("x", "utf-8")
    generate(StubSite(Stub()), tmp_path, "cluster")
    manifest = tmp_path / "cluster" / MANIFEST
    digest = hashlib.sha256(b"x").hexdigest()[:32]
    manifest.write_text(json.dumps({"../victim.md": digest, str(victim): digest}), "utf-8")
    for path in (tmp_path / "cluster").rglob("*.md"):
        path.unlink()
    generate(StubSite(Stub()), tmp_path, "cluster")
    assert victim.exists()


def test_a_template_of_the_user_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "workload.md.jinja").write_text(
        "# {rkedoc-title}`{{ page.key }}`\n\nMy words on {{ page.kind }}s.\n", "utf-8"
    )
    generate(StubSite(Stub()), tmp_path, "cluster", mine)
    page = (tmp_path / "cluster/workloads/deployment-default-web.md").read_text("utf-8")
    assert page == "# {rkedoc-title}`workload-deployment-default-web`\n\nMy words on workloads.\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ page.title }}", "page.key, page.kind, page.docname"),
        ("{% if %}", "line 1"),
        ("{% include 'gone' %}", "no template gone"),
    ],
)
def test_a_template_that_cannot_work_is_named(tmp_path: Path, text: str, message: str) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "workload.md.jinja").write_text(text, "utf-8")
    with pytest.raises(BuildError, match=message):
        generate(StubSite(Stub()), tmp_path, "cluster", mine)
