"""Nothing vanishes: what the sources told of is what was written, was refused with a reason, or stood there already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.collect.spool import Spool
from rkedoc.snapshot.reader import Snapshot, load
from tests.explain.recorded import dumped, recorded


def closes(snapshot: Snapshot) -> bool:
    header = snapshot.header
    return sum(scope.count for scope in header.scopes()) == len(snapshot.records) + sum(header.twice.values())


@pytest.mark.parametrize(
    "name", ["rke-single-node", "rke-single-node-idle", "civo-v1.26", "oneke-v1.24", "rancher-v1.14", "rke-v1.14"]
)
def test_the_sums_of_real_clusters_close(
    recording: Callable[[str], Path], dump: Callable[[str], Path], name: str
) -> None:
    assert closes(recorded(recording(name)) if name.startswith("rke-single") else dumped(dump(name)))


def gathered(folder: Path, items: list[Any], *more: str) -> Snapshot:
    (folder / "a.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), "utf-8")
    for name in more:
        (folder / name).write_text((folder / "a.json").read_text("utf-8"), "utf-8")
    output = folder.parent / f"{folder.name}.ndjson"
    collect(CollectOptions(output=output, from_=(folder,)), progress=QuietProgress())
    return load(output)


def pod(name: object, namespace: object = "shop") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": []},
    }


def test_an_object_that_is_met_twice_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    snapshot = gathered(tmp_path / "in", [pod("a"), pod("b")], "b.json", "c.json")
    assert (len(snapshot.records), dict(snapshot.header.twice)) == (2, {"core/Pod": 4})
    assert closes(snapshot)


NAMES = st.sampled_from(
    [
        "a",
        "b",
        "secret1",
        "admin123",
        "changeme",
        "sk-learn-model-serving-v2",
        "AKIAIOSFODNN7EXAMPLE",
        "x" * 300,
        "ghp_" + "a1B2" * 9,
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=12))
def test_answered_is_written_and_refused_and_twice(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("sums") / "in"
    folder.mkdir()
    snapshot = gathered(folder, [pod("always", "there"), *(pod(name, place) for name, place in made)])
    refused = sum(
        int(scope.reason.partition(":")[2])
        for scope in snapshot.header.scopes()
        if scope.reason.startswith("objects-not-understood")
    )
    assert closes(snapshot)
    assert len(made) + 1 == len(snapshot.records) + sum(snapshot.header.twice.values()) + refused


def test_a_run_whose_sums_do_not_close_says_so_and_fails_a_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Spool.merged
    monkeypatch.setattr(
        Spool, "merged", lambda self, look=bytes: (r for r in whole(self, look) if b"shop/b" not in r.line)
    )
    (tmp_path / "a.json").write_text(
        json.dumps({"kind": "List", "apiVersion": "v1", "items": [pod("a"), pod("b")]}), "utf-8"
    )
    options = CollectOptions(output=tmp_path / "s.ndjson", from_=(tmp_path / "a.json",), strict=True)
    assert collect(options, progress=QuietProgress()).exit_code == 3
    assert "the sums do not close: the sources told of +1 records" in capsys.readouterr().err
    assert len(load(tmp_path / "s.ndjson").records) == 1


def test_a_warning_is_counted_where_it_is_about(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    event = {
        "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "Failed", "count": 1,
        "metadata": {"name": "e", "namespace": "here"}, "involvedObject": {"kind": "Pod", "name": "p", "namespace": "there"},
    }  # fmt: skip
    assert closes(
        gathered(tmp_path / "in", [pod("a"), event, {**event, "involvedObject": {"kind": "Node", "name": "n"}}])
    )
