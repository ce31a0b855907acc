"""Runtimes of other makes, as their sources say that they answer: CRI-O, and cri-dockerd on top of a Docker engine.

The recorded answers of containerd are given the other runtimes' forms: cri-o/cri-o v1.31.0, server/container_status.go (containerInfo) and
server/sandbox_status.go (createSandboxInfo); Mirantis/cri-dockerd 246bd657, core/container_status.go, which gives no info at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rkedoc.catalog import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import collect
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.unseen import unseen_containers
from rkedoc.snapshot.reader import load
from rkedoc.vocabulary import Result, Role, RuntimeView
from tests.support import cri_player
from tests.support.archives import DATA, Archives
from tests.support.collecting import Heard
from tests.support.cri_player import Answer

DIGEST = "registry.example.org/app@sha256:" + "d" * 64


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Archives(DATA / "cri", tmp_path_factory.mktemp("cri"))("cri-containerd")


def as_crio(answers: dict[str, Answer]) -> dict[str, Answer]:
    plain = dict(answers)

    def version(_request: Mapping[str, Any]) -> dict[str, Any]:
        return {"version": "0.1.0", "runtime_name": "cri-o", "runtime_version": "1.31.0", "runtime_api_version": "v1"}

    def container(request: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(plain["ContainerStatus"](request))
        inner = json.loads(found["info"]["info"])
        spec = {"process": inner["runtimeSpec"]["process"], "root": {"path": "/x", "readonly": True}}
        told = {"sandboxID": inner["sandboxID"], "pid": inner["pid"], "runtimeSpec": spec, "privileged": True}
        status = dict(found["status"])
        asked = status["image"]["image"]
        status["image"] = {"image": DIGEST, "user_specified_image": asked}
        status["image_id"], status["image_ref"] = status["image_ref"], DIGEST
        return {"status": status, "info": {"info": json.dumps(told)}}

    def sandbox(request: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(plain["PodSandboxStatus"](request))
        return {"status": found["status"], "info": {"info": json.dumps({"runtimeSpec": {"ociVersion": "1.1.0"}})}}

    def config(_request: Mapping[str, Any]) -> dict[str, Any]:
        return {"linux": {"cgroup_driver": "SYSTEMD"}}

    return {
        **plain,
        "Version": version,
        "ContainerStatus": container,
        "PodSandboxStatus": sandbox,
        "RuntimeConfig": config,
    }


def as_cri_dockerd(answers: dict[str, Answer]) -> dict[str, Answer]:
    plain = dict(answers)

    def version(_request: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "version": "0.1.0",
            "runtime_name": "docker",
            "runtime_version": "26.1.4",
            "runtime_api_version": "1.45.0",
        }

    def bare(method: str) -> Answer:
        return lambda request: {"status": plain[method](request)["status"]}

    return {
        **plain,
        "Version": version,
        "ContainerStatus": bare("ContainerStatus"),
        "PodSandboxStatus": bare("PodSandboxStatus"),
    }


def collected(answers: dict[str, Answer], recorded: Path, folder: Path) -> Cluster:
    with cri_player.running(answers) as player:
        options = CollectOptions(
            output=folder / "n.ndjson", runtimes=(player.url,), from_=(recorded / "k8s",), cluster="c", complete=("pods", "nodes"),
            collected_at="2026-11-23T12:00:00Z",
        )  # fmt: skip
        collect(options, progress=Heard())
    return Cluster(load(folder / "n.ndjson"), load_catalog())


def test_crio_is_read_whole_without_pause_containers(recorded: Path, tmp_path: Path) -> None:
    cluster = collected(as_crio(cri_player.recorded(recorded)), recorded, tmp_path)
    ledger = build_ledger(cluster)
    assert ledger.closes
    assert len(ledger.lines) == 51
    assert {line.component for line in ledger.lines if line.role == Role.SANDBOX} == {None}
    assert [(one.name, one.version, one.view) for one in ledger.runtimes] == [
        ("cri-o", "1.31.0", RuntimeView.KUBERNETES)
    ]
    assert "CRI does not show" in " ".join(map(str, unseen_containers(cluster)))
    (engine,) = cluster.snapshot.by_kind("Engine")
    assert (engine.body["runtime"], engine.body["cgroupDriver"]) == ("cri-o", "systemd")


def test_what_crio_tells_of_a_container_is_kept_and_sheltered(recorded: Path, tmp_path: Path) -> None:
    cluster = collected(as_crio(cri_player.recorded(recorded)), recorded, tmp_path)
    web = next(one for one in cluster.snapshot.by_kind("EngineContainer") if one.name.startswith("k8s_web_web-"))
    assert web.body["image"] == "registry.example.org:5000/shop/web:2024.3"
    assert web.body["privileged"] is True
    assert web.body["readOnlyRootfs"] is True
    shown = {entry["name"]: entry["value"] for entry in web.body["env"]}
    assert shown["LOG_LEVEL"] == "info"
    assert shown["SESSION_KEY"] != "" and "CANARY" not in json.dumps(shown)
    planted = json.loads((recorded / "canaries.json").read_text("utf-8"))
    text = (tmp_path / "n.ndjson").read_text("utf-8")
    assert [secret for secret in planted if secret in text] == []


def test_cri_dockerd_alone_says_that_it_does_not_tell_details(recorded: Path, tmp_path: Path) -> None:
    cluster = collected(as_cri_dockerd(cri_player.recorded(recorded)), recorded, tmp_path)
    scopes = {scope.name: scope for scope in cluster.header.scopes()}
    scope = scopes["engine/containers"]
    assert (scope.result, scope.count) == (Result.PARTIAL, 51)
    assert scope.reason.startswith("details-not-told:")
    assert len(build_ledger(cluster).lines) == 51
