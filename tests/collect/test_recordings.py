"""A recorded node, asked over HTTP and a socket: equal answers give equal bytes, equal intent an equal digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import Outcome, collect
from rkedoc.snapshot.reader import load
from tests.support.misbehave import kubeconfig, running
from tests.support.player import limited_api, playing

Recording = Callable[[str], Path]


def collected(folder: Path, output: Path) -> Outcome:
    with playing(folder, output.parent) as node:
        options = CollectOptions(
            output=output, kubeconfig=node.kubeconfig, engine=node.engine, collected_at="2026-11-23T10:00:00Z"
        )  # fmt: skip
        outcome = collect(options, progress=QuietProgress())
        assert node.methods() == {"GET"}
    return outcome


def test_the_same_node_gives_the_same_bytes(recording: Recording, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.ndjson", "b.ndjson")]
    for file in files:
        assert collected(recording("rke-single-node"), file).partial == ()
    assert files[0].read_bytes() == files[1].read_bytes()


def test_what_changes_by_itself_is_no_intent(recording: Recording, tmp_path: Path) -> None:
    digests = set()
    for name in ("rke-single-node", "rke-single-node-idle", "rke-single-node-recreated"):
        header = collected(recording(name), tmp_path / f"{name}.ndjson").header
        assert header is not None
        digests.add(header.intent_digest)
    assert len(digests) == 1


def test_what_somebody_changed_is_intent(recording: Recording, tmp_path: Path) -> None:
    rest, sick = (
        collected(recording(name), tmp_path / f"{name}.ndjson")
        for name in ("rke-single-node", "rke-single-node-unhealthy")
    )
    assert rest.header is not None and sick.header is not None
    assert rest.header.intent_digest != sick.header.intent_digest
    assert [(scope.name, scope.status) for scope in sick.partial] == [("metrics.k8s.io/v1beta1", 503)]
    assert sick.exit_code == 0


@pytest.mark.parametrize("name", ["rke-single-node", "rke-single-node-unhealthy"])
def test_nothing_that_was_planted_is_kept(recording: Recording, tmp_path: Path, name: str) -> None:
    collected(recording(name), tmp_path / "x.ndjson")
    content = (tmp_path / "x.ndjson").read_bytes()
    assert b"CANARY" not in content
    assert b"eyJhbGci" not in content, "a token"
    assert b"PRIVATE KEY" not in content


def test_the_whole_node_is_there(recording: Recording, tmp_path: Path) -> None:
    collected(recording("rke-single-node"), tmp_path / "x.ndjson")
    snapshot = load(tmp_path / "x.ndjson")
    assert len(snapshot.by_kind("Pod")) == 18
    assert len(snapshot.by_kind("EngineContainer")) == 50
    assert [record.id for record in snapshot.by_kind("Ingress")] == ["networking.k8s.io/Ingress/default/webapp"]
    assert snapshot.by_kind("Secret") and not any("data" in record.body for record in snapshot.by_kind("Secret"))
    assert {capture.source: capture.node for capture in snapshot.header.captures} == {
        "kubernetes": None, "engine": "rancher01",
    }  # fmt: skip


def test_few_rights_give_what_they_may_read_and_say_the_rest(recording: Recording, tmp_path: Path) -> None:
    with running(limited_api(recording("rke-single-node-limited"))) as url:
        options = CollectOptions(
            output=tmp_path / "x.ndjson", kubeconfig=kubeconfig(tmp_path, url), engine="none",
            collected_at="2026-11-23T10:00:00Z",
        )  # fmt: skip
        outcome = collect(options, progress=QuietProgress())
    ended = {scope.name: scope.result for scope in outcome.partial}
    assert ended["core/secrets"] == ended["core/nodes"] == "forbidden"
    assert load(tmp_path / "x.ndjson").by_kind("Pod")
    assert outcome.exit_code == 0
