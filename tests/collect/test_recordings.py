"""A recorded node, asked over HTTP and a socket: equal answers give equal bytes, equal intent an equal digest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import Options, Outcome, collect
from rkedoc.snapshot.reader import load
from tests.support import fake_engine
from tests.support.misbehave import Api, Reply, Request, kubeconfig, running

Recording = Callable[[str], Path]


def answers_of(folder: Path, part: str) -> dict[str, tuple[int, bytes]]:
    """What was recorded of one source: status and body by path without its query."""
    found = {}
    for line in (folder / "index.txt").read_text().splitlines():
        status, path, *file = line.split()
        if file and file[0].startswith(f"{part}/"):
            found[path.partition("?")[0]] = (int(status), (folder / file[0]).read_bytes())
    return found


def api_of(folder: Path) -> Api:
    """The recorded API server. Lists of credentials are answered as a real server answers what is asked for."""
    api = Api()
    api.routes.clear()
    for path, (status, body) in answers_of(folder, "k8s").items():
        api.route(path, lambda request, status=status, body=body: answer(request, status, body))
    return api


def answer(request: Request, status: int, body: bytes) -> Reply:
    accept = request.headers["accept"]
    if status != 200 or ";as=" not in accept:
        return Reply(status, body, content_type="application/json" if status == 200 else "text/plain")
    items = json.loads(body)["items"] or []
    if ";as=PartialObjectMetadataList;" in accept:
        reply = {"kind": "PartialObjectMetadataList", "items": [{"metadata": item["metadata"]} for item in items]}
    else:
        columns = [{"name": name} for name in ("Name", "Type", "Data", "Age")]
        rows = [
            {
                "cells": [item["metadata"]["name"], item.get("type"), len(item.get("data") or {}), "1d"],
                "object": {"kind": "PartialObjectMetadata", "metadata": item["metadata"]},
            }
            for item in items
        ]
        reply = {"kind": "Table", "columnDefinitions": columns, "rows": rows}
    return Reply(body=json.dumps({"apiVersion": "meta.k8s.io/v1", "metadata": {}, **reply}).encode())


def collected(folder: Path, output: Path) -> Outcome:
    api = api_of(folder)
    engine = {path: json.loads(body) for path, (_, body) in answers_of(folder, "docker").items() if path != "/_ping"}
    with running(api) as url, fake_engine.running(engine) as socket:
        options = Options(
            output=output, kubeconfig=kubeconfig(output.parent, url, name="rancher"), engine=socket.url,
            collected_at="2026-11-23T10:00:00Z",
        )  # fmt: skip
        outcome = collect(options, progress=QuietProgress())
        assert {request.method for request in api.requests} == {method for method, *_ in socket.requests} == {"GET"}
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
