"""Dumps of real clusters of other people are collected whole, and twice the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import Outcome, collect
from rkedoc.snapshot.reader import load

PODS = {"rancher-v1.14": 26, "rke-v1.14": 19, "oneke-v1.24": 63, "civo-v1.26": 10}


def collected(folder: Path, output: Path) -> Outcome:
    options = CollectOptions(
        output=output, from_=(folder,), engine="none", kubernetes=False, collected_at="2026-11-23T10:00:00Z"
    )  # fmt: skip
    return collect(options, progress=QuietProgress())


@pytest.mark.parametrize("name", PODS)
def test_a_real_clusters_dump_is_collected_whole(dump: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    outcomes = [collected(dump(name), tmp_path / part) for part in ("a.ndjson", "b.ndjson")]
    assert [(outcome.exit_code, outcome.partial) for outcome in outcomes] == [(0, ())] * 2
    assert (tmp_path / "a.ndjson").read_bytes() == (tmp_path / "b.ndjson").read_bytes()
    snapshot = load(tmp_path / "a.ndjson")
    assert len(snapshot.by_kind("Pod")) == PODS[name]
    assert len(snapshot.by_kind("Node")) >= 3
