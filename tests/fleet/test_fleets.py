"""The fleets that tests and benchmarks make up are real snapshots, and the same each time."""

from __future__ import annotations

from pathlib import Path

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.explain.health.checks import problems
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.support import support
from rkedoc.redact.check import require_redacted
from rkedoc.snapshot.reader import load
from rkedoc.vocabulary import SupportState
from tests.support.fleets import NOW, OLD_NEWS, Fleet, plan, write_fleet

FLEET = Fleet(clusters=12, versions=2)


def test_the_same_fleet_is_made_each_time(tmp_path: Path) -> None:
    first, second = write_fleet(tmp_path / "one", FLEET), write_fleet(tmp_path / "two", FLEET)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    other = write_fleet(tmp_path / "three", Fleet(clusters=12, versions=2, seed=17))
    assert [path.read_bytes() for path in first] != [path.read_bytes() for path in other]


def test_each_cluster_is_what_was_planned(tmp_path: Path) -> None:
    for path, planned in zip(write_fleet(tmp_path, Fleet(clusters=12)), plan(Fleet(clusters=12)), strict=True):
        snapshot = load(path)
        require_redacted(path, iter(snapshot.records))
        cluster = Cluster(snapshot, load_catalog())
        assert cluster.distribution == planned.release.distribution
        assert build_ledger(cluster).closes, planned.name
        assert bool(problems(cluster)) or not planned.ill
        assert cluster.whole("Pod") is (planned.refused != "core/Pod")


def test_a_fleet_has_all_that_is_asked_about() -> None:
    planned = plan(FLEET)
    assert {one.release.distribution for one in planned} == {"rke1", "rke2", "k3s", "kubeadm"}
    assert {one.refused for one in planned} >= {"", "core/Pod", "core/Node", "engine"}
    assert {one.ill for one in planned} == {True, False}
    assert len({one.owner for one in planned}) > 1
    assert any(one.seen < NOW - OLD_NEWS / 2 for one in planned)


def test_some_clusters_are_supported_and_some_are_not(tmp_path: Path) -> None:
    states = []
    for path in write_fleet(tmp_path, Fleet(clusters=16)):
        cluster = Cluster(load(path), load_catalog())
        states.append(any(one.state == SupportState.ENDED for one in support(cluster, NOW.date())))
    assert set(states) == {True, False}
