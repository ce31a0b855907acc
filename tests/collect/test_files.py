"""Collecting from what kubectl and docker wrote into files."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rkedoc.collect.files.source import FilesSource
from rkedoc.redact import Redactor
from rkedoc.snapshot.record import Capture, Record
from tests.support.collecting import Heard, MemorySpools, intake
from tests.support.fake_engine import container, row

SECRET = "CANARY-s3cr3t-in-a-file"


def pod(name: str, **more: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}"},
        "spec": {"nodeName": "node-7", "containers": []},
        **more,
    }


def collect(*paths: Any) -> tuple[tuple[Capture, ...], dict[str, Record], bytes]:
    spools = MemorySpools()
    source = FilesSource(paths, redactor=Redactor(), progress=Heard())
    captures = source.collect(intake(spools, source.pods()))
    assert not spools.open
    return captures, {record.id: record for record in spools.records}, b"".join(spools.lines)


def test_items_get_version_and_kind_from_their_list(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [pod("a"), pod("b")]})
    )
    _, records, _ = collect(tmp_path)
    assert sorted(records) == ["core/Pod/default/a", "core/Pod/default/b"]


@pytest.mark.parametrize("name", ["pods.json", "Pods.json", "core_v1_pods.json"])
@pytest.mark.parametrize("whole", [True, False])
def test_objects_without_a_kind_have_that_of_their_file(tmp_path: Path, name: str, whole: bool) -> None:
    made = [pod("a"), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b", "namespace": "default"}}]
    (tmp_path / name).write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": made} if whole else made))
    assert sorted(collect(tmp_path)[1]) == ["core/Pod/default/a", "core/Service/default/b"]


def test_a_kubelets_sandboxes_are_no_pods(tmp_path: Path) -> None:
    sandbox = {"id": "ab12", "metadata": {"name": "a", "uid": "u", "namespace": "default", "attempt": 0}, "state": "x"}
    (tmp_path / "pods.json").write_text(json.dumps({"items": [sandbox]}))
    assert not collect(tmp_path)[1]


@pytest.mark.parametrize("how", ["list", "array", "lines", "concatenated", "utf-16", "bom", "single"])
def test_the_same_objects_are_read_however_they_were_written(tmp_path: Path, how: str) -> None:
    made = [{"apiVersion": "v1", "kind": "Pod", **pod(name)} for name in (("a",) if how == "single" else ("a", "b"))]
    whole = json.dumps({"apiVersion": "v1", "kind": "List", "items": made})
    content = {
        "list": whole.encode(), "array": json.dumps(made).encode(), "lines": "\n".join(map(json.dumps, made)).encode(),
        "concatenated": "\n".join(json.dumps(item, indent=2) for item in made).encode(), "utf-16": whole.encode("utf-16"),
        "bom": b"\xef\xbb\xbf" + whole.encode(), "single": json.dumps(made[0]).encode(),
    }[how]  # fmt: skip
    (tmp_path / "x.json").write_bytes(content)
    assert len(collect(tmp_path)[1]) == len(made)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{garbage", "not-json"),
        (b"", "empty"),
        (b"\xff\xfa{", "not-utf-8"),
        (b'{"a":1}', "not-understood:1"),
        (b"7 8", "not-json"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_scope_and_the_others_are_read(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    (tmp_path / "good.json").write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", **pod("a")}))
    captures, records, _ = collect(tmp_path)
    assert list(records) == ["core/Pod/default/a"]
    lost = [scope for scope in captures[0].scopes if scope.result == "failed"]
    assert [(scope.path, scope.reason) for scope in lost] == [("bad.json", reason)]


def test_nothing_of_a_secret_but_its_metadata_is_kept(tmp_path: Path) -> None:
    secret = {
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "stringData": {"k": SECRET},
        "metadata": {"name": "s", "namespace": "default", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET}},
    }  # fmt: skip
    (tmp_path / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [secret]}))
    _, records, lines = collect(tmp_path)
    assert list(records) == ["core/Secret/default/s"]
    assert SECRET.encode() not in lines


def test_docker_inspect_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    leaky = container(1, "own", Config={"Env": [f"DB_PASSWORD={SECRET}"]})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps([leaky]).encode())))
    captures, records, lines = collect("-")
    assert list(records) == ["engine/EngineContainer/node/own"]
    assert captures[0].node == "node"
    assert SECRET.encode() not in lines


def test_pods_in_other_files_say_which_node_an_engine_belongs_to(tmp_path: Path) -> None:
    inspect = container(1, "k8s_POD_a_default_uid-a_0", Config={"Labels": {"io.kubernetes.pod.uid": "uid-a"}})
    (tmp_path / "a-inspect.json").write_text(json.dumps([inspect]))
    (tmp_path / "b-rows.json").write_text(json.dumps([row(inspect), row(container(2, "other") | {"Id": "b" * 64})]))
    (tmp_path / "z-pods.json").write_text(json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [pod("a")]}))
    captures, records, _ = collect(tmp_path)
    assert {key for key in records if key.startswith("engine/")} == {
        "engine/EngineContainer/node-7/k8s_POD_a_default_uid-a_0", "engine/EngineContainer/node-7/other",
    }  # fmt: skip
    assert captures[-1].scopes[0].reason == "running-only, not-inspected:1"


def test_a_list_that_holds_what_does_not_run_is_the_list_of_all(tmp_path: Path) -> None:
    ended = container(2, "b", State={"Status": "exited", "ExitCode": 3}, Id="b" * 64)
    rows = [row(container(1, "a")), row(ended)]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    captures, records, _ = collect(tmp_path)
    assert captures[-1].scopes[0].reason == "not-inspected:2"
    assert sorted(record.body["state"] for record in records.values()) == ["exited", "running"]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ("inspect alone", "single-objects"), ("inspect of what runs, and a list of it", "single-objects"), ("inspect of all, and a list of all", ""),
    ],
)  # fmt: skip
def test_containers_are_all_there_only_if_a_list_says_so(tmp_path: Path, form: str, reason: str) -> None:
    """Whoever inspected one container said nothing of any other, and ``docker ps`` lists what runs alone."""
    made = [container(1, "a"), container(2, "b", State={"Status": "exited", "ExitCode": 3}, Id="b" * 64)]
    made = made if form.endswith("list of all") else made[:1]
    (tmp_path / "inspect.json").write_text(json.dumps(made))
    if "list" in form:
        (tmp_path / "rows.json").write_text(json.dumps([row(one) for one in made]))
    captures, _, _ = collect(tmp_path)
    assert [scope.reason for scope in captures[-1].scopes if scope.name == "engine/containers"] == [reason]


def network(name: str, **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Id": f"{name:f<64}",
        "Driver": "bridge",
        "IPAM": {"Config": []},
        "Scope": "local",
        "Containers": {},
        **more,
    }


def volume(name: str, **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Driver": "local",
        "Mountpoint": f"/var/lib/docker/volumes/{name}/_data",
        "Labels": {},
        "Scope": "local",
        **more,
    }


PREDEFINED = [network(name) for name in ("bridge", "host", "none")]


@pytest.mark.parametrize(
    ("made", "whole"),
    [
        ([network("shop")], False),  # docker network inspect shop
        ([network("bridge"), network("shop")], False),
        ([*PREDEFINED, network("shop", Containers={"a" * 64: {"Name": "web"}})], False),  # docker network inspect $(docker network ls -q)
        ([*PREDEFINED, network("shop")], True),  # the API's list
        ([volume("data")], False),  # docker volume inspect data
        ([volume("data"), volume("more")], False),
        ({"Volumes": [volume("data")], "Warnings": None}, True),  # the API's list
        ([volume("data", Links="N/A", Size="N/A")], True),  # docker volume ls --format json
    ],
)  # fmt: skip
def test_networks_and_volumes_are_all_there_only_if_a_list_says_so(tmp_path: Path, made: Any, whole: bool) -> None:
    (tmp_path / "x.json").write_text(json.dumps(made))
    captures, records, _ = collect(tmp_path)
    ends = {(scope.result, scope.reason) for scope in captures[-1].scopes}
    assert ends == {("complete", "") if whole else ("partial", "single-objects")}
    assert records


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    captures, records, _ = collect(tmp_path / "nowhere")
    assert records == {}
    assert captures[0].scopes[0].reason == "no-such-file"
