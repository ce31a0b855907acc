"""Recorded real nodes: churn is no change, and what somebody did is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rkedoc.catalog.loader import load_catalog
from rkedoc.cli import cli
from rkedoc.diff.run import compare

SAME = ("rke-single-node", "rke-single-node-recreated", "rke-single-node-idle")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["diff", *arguments])


@pytest.mark.parametrize(("old", "new"), list(itertools.product(SAME, SAME)))
def test_nothing_that_somebody_decided_has_changed(collected: Callable[[str], Path], old: str, new: str) -> None:
    found = compare(collected(old), collected(new), load_catalog())
    assert (found.changes, found.unknown, found.notes) == ((), (), ())


def test_the_same_intent_exits_with_0_and_says_so(collected: Callable[[str], Path]) -> None:
    result = run(str(collected(SAME[0])), str(collected(SAME[1])))
    assert result.exit_code == 0
    assert "Nothing that somebody decided has changed." in result.stdout


def test_what_somebody_did_is_told_where_it_was_done(collected: Callable[[str], Path]) -> None:
    found = compare(collected(SAME[0]), collected("rke-single-node-unhealthy"), load_catalog())
    told = {(change.change, change.kind, change.name) for change in found.changes}
    assert told == {
        ("removed", "StatefulSet", "cache"),
        ("changed", "Deployment", "coredns"),
        ("changed", "Deployment", "coredns-autoscaler"),
        ("changed", "Deployment", "metrics-server"),
        ("changed", "EngineContainer", "kube-controller-manager"),
        ("added", "Namespace", "staging"),
        ("added", "Deployment", "crasher"),
        ("added", "Deployment", "nopull"),
        ("added", "Job", "once"),
        ("added", "Pod", "annotated"),
        ("added", "Pod", "worker"),
        ("added", "Secret", "worker-env"),
        ("added", "ClusterRoleBinding", "doc-reader-view"),
        ("added", "EngineContainer", "one-off"),
    }
    coredns = next(change for change in found.changes if change.name == "coredns")
    assert coredns.version == ("1.7.0", "1.8.0")
    assert coredns.component == "coredns-rke1"
    assert coredns.weight == "version"
    assert {edit.path[-1] for edit in coredns.edits} == {"replicas", "image"}


def test_differences_exit_with_1_and_trouble_with_2(collected: Callable[[str], Path], tmp_path: Path) -> None:
    old = str(collected(SAME[0]))
    assert run(old, str(collected("rke-single-node-unhealthy"))).exit_code == 1
    (tmp_path / "no-snapshot").write_text("hello\n")
    assert CliRunner().invoke(cli, ["diff", old, str(tmp_path / "no-snapshot")]).exception is not None
