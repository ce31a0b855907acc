"""The portal of the demo's five clusters: one command, no cluster, no network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from tests.support.commands import Run
from tests.support.fleets import Fleet, plan, write_version

MADE = Fleet(clusters=7, versions=2)
SHOWN = (2, 3, 6)
"""Those of the fleet that the demo shows: K3s, kubeadm with something that is not well, and one from which nothing has come for a while."""


def test_the_clusters_that_are_made_up_are_those_of_the_generator(tmp_path: Path) -> None:
    shown = resource("data", "fleet")
    made = []
    for planned in plan(MADE):
        if planned.number in SHOWN:
            made += [write_version(tmp_path / planned.name, planned, version, MADE) for version in range(2)]
    names = [path.relative_to(tmp_path).as_posix() for path in made]
    assert sorted(path.relative_to(shown).as_posix() for path in shown.rglob("*.zst")) == sorted(names)
    for name in names:
        kept, fresh = load(Path(str(shown / name))), load(tmp_path / name)
        assert kept.header == fresh.header
        assert kept.records == fresh.records


def test_the_demo_of_a_fleet_is_a_portal_of_five_clusters(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "site"
    ended = run("demo", "--fleet", "-o", site)
    assert (ended.code, ended.out) == (0, f"8 sites. Open {(site / 'index.html').resolve().as_uri()}\n")
    page = (site / "index.html").read_text("utf-8")
    rows = re.findall(r'<tr id="([^"]+)"', page)
    assert rows == ["dev-us-002", "prod-ap-003", "prod-us-006", "rancher-demo", "rke2-demo"]
    for name in ("K3s", "kubeadm", "RKE1", "RKE2", "1 not well"):
        assert name in page
    assert "two nodes that were recorded" in (site / "dev-us-002/latest/index.html").read_text("utf-8")


@pytest.mark.parametrize("node", ["rke1", "rke2"])
def test_a_fleet_is_not_one_node(run: Run, tmp_path: Path, node: str) -> None:
    ended = run("demo", "--fleet", "--node", node, "-o", tmp_path / "site")
    assert (ended.code, "give one of the two" in ended.err) == (2, True)
    assert not (tmp_path / "site").exists()
