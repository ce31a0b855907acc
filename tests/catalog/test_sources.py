"""A source names the project, the ref and the file, so that it can be opened; and a tool opens all of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rkedoc.catalog.lint import lint
from rkedoc.catalog.sources import Citation, data_sources, parse_source
from rkedoc.errors import CatalogError
from tools.citations import Named, State, clone_of, evidence, looked_for, named, shipped_sources


@pytest.mark.parametrize(
    ("source", "citations"),
    [
        ("rancher/rke v1.2.4, services/etcd.go (RunEtcdSnapshotSave)", [Citation("rancher/rke", ("v1.2.4",), ("services/etcd.go",))]),
        (
            "rancher/rke v0.1.0 to v1.6.3, cluster/plan.go; cluster/defaults.go",
            [
                Citation("rancher/rke", ("v0.1.0", "v1.6.3"), ("cluster/plan.go",), throughout=True),
                Citation("rancher/rke", ("v0.1.0", "v1.6.3"), ("cluster/defaults.go",), throughout=True),
            ],
        ),
        (
            "rancher/charts main, charts/a/104.1.0+up1.0 and README.md; dev-v2.9, Makefile (a; b)",
            [
                Citation("rancher/charts", ("main",), ("charts/a/104.1.0+up1.0", "README.md")),
                Citation("rancher/charts", ("dev-v2.9",), ("Makefile",)),
            ],
        ),
        ("k3s-io/k3s 63f2211b and 02a5bee6, manifests", [Citation("k3s-io/k3s", ("63f2211b", "02a5bee6"), ("manifests",))]),
        (
            "rancher/rke issue 2013 and pull requests 1287 and 1288 (ten years)",
            [Citation("rancher/rke", (), ("issue 2013", "pull requests 1287 and 1288"), "thread")],
        ),
        ("k3s-io/k3s releases v1.0.0 and v1.36.1+k3s1", [Citation("k3s-io/k3s", (), ("releases v1.0.0 and v1.36.1+k3s1",), "thread")]),
        ("kubernetes.io v1.30, concepts/overview", [Citation("kubernetes.io", ("v1.30",), ("concepts/overview",), "page")]),
        ("CIS Docker benchmark 1.6.0, 2.16", [Citation("CIS Docker benchmark", ("1.6.0",), ("2.16",), "page")]),
    ],
)  # fmt: skip
def test_a_source_is_read_part_by_part(source: str, citations: list[Citation]) -> None:
    assert list(parse_source(source)) == citations


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("services/etcd.go", "names no project and ref"),
        ("rancher/webhook, docs", "names no project and ref"),
        ("rancher/rke pki, constants.go", "names no ref"),
        ("rancher/rke v1.2.4", "names no file"),
        ("rancher/rke v1.2.4 and services/etcd.go", "has no comma between"),
        ("rancher/rke v1.2.4, services/etcd.go, where it is saved", "has 'where it is saved', which is no path"),
        ("rancher/rke v1.2.4, services/etcd.go and 0025acbc", "has '0025acbc', which is no path"),
        ("rancher/rke v0.1.0 to v1.0.0 and v1.2.4, pki", "has single refs beside a range"),
        ("rancher/rke v1.2.4, a.go to c.go", "has a range of files"),
    ],
)
def test_what_cannot_be_opened_is_told(source: str, why: str) -> None:
    with pytest.raises(CatalogError, match=why):
        parse_source(source)


def test_every_source_of_the_package_can_be_opened() -> None:
    assert [finding for finding in lint() if finding.key == "sources"] == []
    assert {where for where, _source in data_sources()} == {"migration/rules.yaml", "removed.yaml", "support.yaml"}
    things = set(named(shipped_sources()))
    assert len(things) > 1500
    assert {thing.where for thing in things} > {"etcd.md", "support.yaml"}


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    repository = tmp_path / "some+project"
    (repository / "pkg").mkdir(parents=True)
    (repository / "pkg" / "a.go").write_text("package pkg\n")
    (repository / "pkg" / "b.go").write_text("package pkg\n")
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b.c commit -qm one", "tag v1.0"):
        subprocess.run(["git", "-C", str(repository), *command.split()], check=True)
    return tmp_path


def test_what_is_named_is_looked_for_in_clones(clones: Path) -> None:
    sources = [
        ("x.md", "some/project v1.0, pkg/a.go and b.go; v2.0, pkg; v1.0, c.go"),
        ("x.md", "other/project v1.0, a.go"),
    ]
    found = dict(looked_for(named(sources), clones))
    assert {f"{thing.project} {thing.ref} {thing.path}": state for thing, state in found.items()} == {
        "some/project v1.0 pkg/a.go": State.FOUND,
        "some/project v1.0 b.go": State.FOUND,
        "some/project v2.0 pkg": State.NO_REF,
        "some/project v1.0 c.go": State.NO_FILE,
        "other/project v1.0 a.go": State.NO_CLONE,
    }
    assert evidence(found.items(), {"other/project": {"day": "2026-01-01", "found": 1}}, "2026-11-30") == {
        "other/project": {"day": "2026-01-01", "found": 1},
        "some/project": {
            "day": "2026-11-30",
            "found": 2,
            "missing": ["v1.0, c.go: no such file", "v2.0, pkg: no such ref"],
        },
    }


def test_clones_lie_as_git_makes_them_or_under_a_joined_name(clones: Path) -> None:
    bare = clones / "owner" / "name.git"
    subprocess.run(["git", "init", "-q", "--bare", str(bare)], check=True)
    assert clone_of(clones, "owner/name") is not None
    assert clone_of(clones, "some/project") is not None
    assert clone_of(clones, "some/other") is None
    assert str(Named("some/project", "v1.0", "pkg", "x.md")) == "some/project\tv1.0\tpkg\tx.md"
