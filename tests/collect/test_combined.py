"""Live sources and files in one run: they know of each other, and options narrow all of them alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import Outcome, collect
from rkedoc.snapshot.reader import Snapshot, load
from tests.support import fake_engine
from tests.support.collecting import Heard
from tests.support.misbehave import CONFIGMAPS, NAMESPACES, PODS, Api, Kind, kubeconfig, running

SERVICES = Kind("v1", "services", "Service")
LABELS = {
    "io.kubernetes.container.name": "main", "io.kubernetes.pod.name": "till", "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.pod.uid": "uid-till", "io.kubernetes.docker.type": "container",
}  # fmt: skip
CONTAINER = fake_engine.container(
    1, "k8s_main_till_shop_uid-till_0",
    Config={"Labels": LABELS, "Env": ["LOG_LEVEL=debug", "TILL_SERVICE_HOST=10.43.0.7", "DB_PASSWORD=CANARY"]},
)  # fmt: skip
POD: dict[str, Any] = {
    "metadata": {"name": "till", "namespace": "shop", "uid": "uid-till"},
    "spec": {"nodeName": "node-9", "containers": [{"name": "main", "image": "example/app:1", "env": [
        {"name": "LOG_LEVEL", "value": "debug"},
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}},
    ]}]},
}  # fmt: skip
OTHER_POD = {"metadata": {"name": "web", "namespace": "blog", "uid": "uid-web"}, "spec": {"containers": []}}
SERVICE = {
    "metadata": {"name": "till", "namespace": "shop"},
    "spec": {"clusterIP": "10.43.0.7", "ports": [{"port": 80}]},
}
LISTED = {PODS: [POD, OTHER_POD], SERVICES: [SERVICE], CONFIGMAPS: [], NAMESPACES: [
    {"metadata": {"name": "shop"}}, {"metadata": {"name": "blog"}},
    {"metadata": {"name": "kube-system", "uid": "11111111-2222-3333-4444-555555555555"}},
]}  # fmt: skip
IMAGE = {
    "Id": f"sha256:{'a' * 64}",
    "RepoTags": ["example/app:1"],
    "RepoDigests": [],
    "Size": 1,
    "Created": 1,
    "Config": {},
}


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    """What ``kubectl get`` wrote."""
    folder = tmp_path / "dumps"
    folder.mkdir()
    for kind, items in LISTED.items():
        content = {"apiVersion": kind.group_version, "kind": f"{kind.kind}List", "items": items}
        (folder / f"{kind.name}.json").write_text(json.dumps(content))
    return folder


@pytest.fixture
def inspected(tmp_path: Path) -> Path:
    """What ``docker inspect`` wrote."""
    path = tmp_path / "inspect.json"
    path.write_text(json.dumps([CONTAINER]))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A live API."""
    api = Api(*LISTED)
    for kind, items in LISTED.items():
        api.serve(kind, items)
    with running(api) as url:
        yield kubeconfig(tmp_path, url)


@pytest.fixture
def engine() -> Iterator[fake_engine.FakeEngine]:
    """A live engine."""
    image = {f"/images/{IMAGE['Id']}/json": IMAGE}
    network = {"Id": "n" * 64, "Name": "mine", "Driver": "bridge", "IPAM": {}}
    answers = fake_engine.answers(CONTAINER, **{"/images/json": [IMAGE], "/networks": [network]}, **image)
    with fake_engine.running(answers) as found:
        yield found


def run(tmp_path: Path, **options: Any) -> tuple[Outcome, Snapshot]:
    heard = options.pop("heard", None) or QuietProgress()
    outcome = collect(CollectOptions(output=tmp_path / "s.ndjson", **options), progress=heard)
    assert b"CANARY" not in (tmp_path / "s.ndjson").read_bytes()
    return outcome, load(tmp_path / "s.ndjson")


def shown(snapshot: Snapshot) -> dict[str, str]:
    """The environment of the container, which has to be on the node of its pod."""
    record = snapshot.get("engine/EngineContainer/node-9/k8s_main_till_shop_uid-till_0")
    assert record is not None, [record.id for record in snapshot.records]
    return {entry["name"]: entry["value"] for entry in record.body["env"]}


EXPECTED = {"LOG_LEVEL": "debug", "TILL_SERVICE_HOST": "10.43.0.7", "DB_PASSWORD": "‹hidden›"}


def test_a_live_engine_is_joined_with_the_pods_of_files(
    tmp_path: Path, dumps: Path, engine: fake_engine.FakeEngine
) -> None:
    _, snapshot = run(tmp_path, from_=(dumps,), engine=engine.url)
    assert shown(snapshot) == EXPECTED


def test_inspect_from_a_file_is_joined_with_a_live_api(tmp_path: Path, inspected: Path, config: Path) -> None:
    _, snapshot = run(tmp_path, from_=(inspected,), kubeconfig=config)
    assert shown(snapshot) == EXPECTED


def test_inspect_and_pods_from_files(tmp_path: Path, inspected: Path, dumps: Path) -> None:
    _, snapshot = run(tmp_path, from_=(inspected, dumps))
    assert shown(snapshot) == EXPECTED


def test_everything_at_once_names_each_thing_once(
    tmp_path: Path, inspected: Path, dumps: Path, config: Path, engine: fake_engine.FakeEngine
) -> None:
    _, snapshot = run(tmp_path, from_=(inspected, dumps), kubeconfig=config, engine=engine.url)
    assert shown(snapshot) == EXPECTED
    ids = [record.id for record in snapshot.records]
    assert len(ids) == len(set(ids))
    assert [capture.source for capture in snapshot.header.captures] == ["kubernetes", "files", "files", "engine"]


def test_without_any_pod_nothing_of_its_container_is_shown(tmp_path: Path, inspected: Path) -> None:
    _, snapshot = run(tmp_path, from_=(inspected,))
    (record,) = snapshot.by_kind("EngineContainer")
    assert {entry["value"] for entry in record.body["env"]} == {"‹hidden›"}


@pytest.mark.parametrize("name", ["pods", "Pod", "po", "core/pods", "PODS"])
def test_a_kind_of_files_can_be_left_out(tmp_path: Path, dumps: Path, name: str) -> None:
    outcome, snapshot = run(tmp_path, from_=(dumps,), skip=(name,))
    assert not snapshot.by_kind("Pod") and snapshot.by_kind("Service")
    assert outcome.header is not None
    assert {scope.name: scope.reason for scope in outcome.header.scopes() if scope.result == "skipped"} == {
        "core/pods": "option-skip"
    }


def test_files_can_be_narrowed_to_kinds(tmp_path: Path, dumps: Path) -> None:
    outcome, snapshot = run(tmp_path, from_=(dumps,), only=("services",))
    assert [record.kind for record in snapshot.records] == ["Service"]
    assert outcome.header is not None
    skipped = {scope.name for scope in outcome.header.scopes() if scope.reason == "option-only"}
    assert skipped == {"core/pods", "core/namespaces", "core/configmaps"}


def test_files_can_be_narrowed_to_a_namespace(tmp_path: Path, dumps: Path) -> None:
    outcome, snapshot = run(tmp_path, from_=(dumps,), namespaces=("shop",))
    assert [record.id for record in snapshot.records] == [
        "core/Namespace/-/shop", "core/Pod/shop/till", "core/Service/shop/till",
    ]  # fmt: skip
    assert outcome.header is not None
    counts = {scope.name: (scope.namespace, scope.count) for scope in outcome.header.scopes()}
    assert counts["core/pods"] == ("shop", 1) and counts["core/namespaces"] == ("shop", 1)
    assert snapshot.header.cluster["uid"] == "11111111-2222-3333-4444-555555555555"


def test_a_container_keeps_its_node_when_its_pod_is_left_out(tmp_path: Path, dumps: Path, inspected: Path) -> None:
    _, snapshot = run(tmp_path, from_=(dumps, inspected), namespaces=("blog",))
    assert set(shown(snapshot).values()) == {"‹hidden›"}


@pytest.mark.parametrize("live", [True, False])
def test_images_and_networks_of_an_engine_can_be_left_out(
    tmp_path: Path, inspected: Path, engine: fake_engine.FakeEngine, live: bool
) -> None:
    images = tmp_path / "images.json"
    images.write_text(json.dumps([IMAGE]))
    source = {"engine": engine.url, "kubernetes": False} if live else {"from_": (inspected, images)}
    outcome, snapshot = run(tmp_path, skip=("images", "EngineNetwork"), **source)
    assert not snapshot.by_kind("EngineImage") and not snapshot.by_kind("EngineNetwork")
    assert len(snapshot.by_kind("EngineContainer")) == 1
    assert outcome.header is not None
    assert [scope.reason for scope in outcome.header.scopes() if scope.name == "engine/images"] == ["option-skip"]
    asked = engine.paths()
    assert not any("/images" in path or "/networks" in path for path in asked)


@pytest.mark.parametrize("narrowed", [{"skip": ("containers",)}, {"only": ("services",)}])
def test_containers_are_never_left_out_in_silence(
    tmp_path: Path, engine: fake_engine.FakeEngine, narrowed: dict[str, Any]
) -> None:
    heard = Heard()
    _, snapshot = run(tmp_path, kubernetes=False, engine=engine.url, heard=heard, **narrowed)
    assert len(snapshot.by_kind("EngineContainer")) == 1
    assert [note for note in heard.notes if "the ledger is made of them" in note]


def test_the_plan_leaves_out_what_is_left_out(tmp_path: Path, engine: fake_engine.FakeEngine) -> None:
    options = CollectOptions(kubernetes=False, engine=engine.url, only=("containers",), plan=True)
    outcome = collect(options, progress=QuietProgress())
    planned = {request.path for request in outcome.plan}
    assert not any("images" in path or "networks" in path or "volumes" in path for path in planned)
    assert any("containers/json" in path for path in planned)


def test_a_kind_that_no_file_holds_is_named(tmp_path: Path, dumps: Path) -> None:
    heard = Heard()
    run(tmp_path, from_=(dumps,), skip=("gizmos", "images"), heard=heard)
    assert [note for note in heard.notes if "no file" in note] == ["files: no file holds a kind 'gizmos'"]


def test_what_was_read_is_counted(tmp_path: Path, inspected: Path, dumps: Path) -> None:
    heard = Heard()
    run(tmp_path, from_=(inspected, dumps), heard=heard)
    assert heard.objects["inspect.json"] == 1
    assert heard.objects["dumps"] == sum(len(items) for items in LISTED.values())
