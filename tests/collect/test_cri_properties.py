"""Whatever a runtime answers: each id is told once, what is secret is not, and neither order nor chance shows."""

from __future__ import annotations

import copy
import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rkedoc.catalog import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import collect
from rkedoc.diff.run import CompareOptions, compare
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.redact.audit import audit
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record, Scope
from tests.redact.planting import readable, secrets
from tests.support import cri_player, crictl
from tests.support.collecting import Heard
from tests.support.cri_player import CriPlayer, Fault

CATALOG = load_catalog()
FEW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
FEWER = settings(FEW, max_examples=25)
TIME = "2026-11-23T12:00:00Z"


@pytest.fixture(scope="module")
def player() -> Iterator[CriPlayer]:
    with cri_player.running({}) as running:
        yield running


# What a runtime may answer --------------------------------------------------------------------------------------------

IDS = st.one_of(
    st.integers(0, 9).map(lambda number: f"{number:064x}"),
    st.sampled_from(["", "short", "a/b", "..", "a b", "\u202e", "x\ny", "~", "é" * 40]),
)
NAMES = st.one_of(
    st.sampled_from(
        [
            "web",
            "POD",
            "",
            "k8s_a_b_c_d_0",
            "a_b",
            "../../etc",
            "web~2",
            "\u202eweb",
            "a\nb",
            "|",
            "<b>",
            "%2F",
            "é" * 60,
        ]
    ),
    st.text(max_size=12).filter(lambda text: text.encode("utf-8", "ignore").decode() == text),
)
UIDS = st.one_of(
    st.integers(0, 4).map(lambda number: f"0a1b2c3d-0001-4002-8003-{number:012d}"), st.just("63c0a62f3b0cb27b2828b8beaad649ab"), NAMES
)  # fmt: skip
NUMBERS = st.one_of(st.integers(0, 3), st.just(2**31))
MOMENTS = st.sampled_from(["0", "1795711465907823618", "1", "-5", "9223372036854775807"])
WORDS = st.dictionaries(NAMES, NAMES, max_size=2)


def fields(**of: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object in which each field may be missing."""
    return st.fixed_dictionaries({}, optional=of)


METADATA = fields(name=NAMES, uid=UIDS, namespace=NAMES, attempt=NUMBERS)
LABELS = st.one_of(
    WORDS,
    st.fixed_dictionaries(
        {"io.kubernetes.pod.uid": UIDS, "io.kubernetes.pod.name": NAMES, "io.kubernetes.pod.namespace": NAMES, "io.kubernetes.container.name": NAMES}
    ),
)  # fmt: skip
SANDBOXES = st.fixed_dictionaries(
    {"id": IDS},
    optional={
        "metadata": METADATA, "state": st.sampled_from(["SANDBOX_READY", "SANDBOX_NOTREADY"]), "created_at": MOMENTS, "labels": LABELS,
        "annotations": WORDS, "runtime_handler": NAMES,
    },
)  # fmt: skip
CONTAINERS = st.fixed_dictionaries(
    {"id": IDS, "pod_sandbox_id": IDS},
    optional={
        "metadata": fields(name=NAMES, attempt=NUMBERS), "image": fields(image=NAMES), "image_ref": NAMES, "created_at": MOMENTS,
        "labels": LABELS, "annotations": WORDS,
        "state": st.sampled_from(["CONTAINER_CREATED", "CONTAINER_RUNNING", "CONTAINER_EXITED", "CONTAINER_UNKNOWN"]),
    },
)  # fmt: skip
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just("x"),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["config", "envs", "runtimeSpec", "process", "env", "args", "linux", "image", "mounts"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def of_containerd(words: list[str]) -> dict[str, Any]:
    """The form of containerd (internal/cri/server/container_status.go, v2.0.0)."""
    return {"sandboxID": "x", "pid": 7, "config": {"command": words[:1], "args": words[1:], "envs": [{"key": "A", "value": "b"}]},
            "runtimeSpec": {"process": {"args": words, "env": ["A=b"], "cwd": "/"}}}  # fmt: skip


def of_crio(words: list[str]) -> dict[str, Any]:
    """The form of CRI-O (server/container_status.go, v1.31)."""
    return {
        "sandboxID": "x",
        "pid": 7,
        "privileged": False,
        "runtimeSpec": {"process": {"args": words, "env": ["A=b"]}},
    }


INFOS = st.one_of(
    st.none(),
    st.sampled_from([{}, {"info": ""}, {"info": "no JSON"}, {"info": "[]"}, {"other": "{}"}]),
    ODD.map(lambda told: {"info": json.dumps(told)}),
    st.lists(NAMES, max_size=3).map(lambda words: {"info": json.dumps(of_containerd(words))}),
    st.lists(NAMES, max_size=3).map(lambda words: {"info": json.dumps(of_crio(words))}),
)
ENDS = st.sampled_from(["answers", "answers", "answers", "answers", "gone", "fails", "of another"])


@dataclass(frozen=True)
class World:
    """The lists of a runtime, and what becomes of the question about each thing in them."""

    sandboxes: list[dict[str, Any]] = field(default_factory=list)
    containers: list[dict[str, Any]] = field(default_factory=list)
    infos: list[dict[str, Any] | None] = field(default_factory=lambda: [None])
    ends: list[str] = field(default_factory=lambda: ["answers"])
    version: str = "v1"
    name: str = "containerd"

    @property
    def ids(self) -> set[str]:
        return {item["id"] for item in (*self.sandboxes, *self.containers) if item["id"]}

    def number(self, identifier: str) -> int:
        return sum(identifier.encode())

    def end(self, identifier: str) -> str:
        return self.ends[self.number(identifier) % len(self.ends)]

    def status(self, items: list[dict[str, Any]], identifier: str) -> dict[str, Any]:
        end = self.end(identifier)
        if end == "gone":
            raise Fault("NOT_FOUND")
        if end == "fails":
            raise Fault("INTERNAL", "its text may hold password=hunter2-of-a-fault")
        # A runtime has one state for each id, whatever its list repeats.
        item = min((one for one in items if one["id"] == identifier), key=lambda one: json.dumps(one, sort_keys=True))
        info = self.infos[self.number(identifier) % len(self.infos)]
        found = {"status": {**item, "id": "of another" if end == "of another" else identifier}}
        return found if info is None else {**found, "info": info}

    def shuffled(self, seed: int) -> World:
        chance = random.Random(seed)
        boxes, containers = list(self.sandboxes), list(self.containers)
        chance.shuffle(boxes)
        chance.shuffle(containers)
        return World(boxes, containers, self.infos, self.ends, self.version, self.name)


WORLDS = st.builds(
    World,
    st.lists(SANDBOXES, max_size=6),
    st.lists(CONTAINERS, max_size=8),
    st.lists(INFOS, min_size=1, max_size=3),
    st.lists(ENDS, min_size=1, max_size=5),
    st.sampled_from(["v1", "v1alpha2"]),
    st.sampled_from(["containerd", "cri-o", "", "<x>"]),
)


def play(player: CriPlayer, world: World) -> None:
    """Let the running fake answer what this world says."""
    player.requests.clear()
    player.versions = (world.version,)
    player.answers.clear()
    player.answers.update(
        Version=lambda _request: {"runtime_name": world.name, "runtime_version": "1.7.0"},
        Status=lambda _request: {},
        ImageFsInfo=lambda _request: {},
        ListImages=lambda _request: {},
        ListPodSandbox=lambda _request: {"items": world.sandboxes},
        ListContainers=lambda _request: {"containers": world.containers},
        PodSandboxStatus=lambda request: world.status(world.sandboxes, request["pod_sandbox_id"]),
        ContainerStatus=lambda request: world.status(world.containers, request["container_id"]),
    )


def taken(player: CriPlayer, world: World, folder: Path, pods: Path | None = None) -> Path:
    """The snapshot of one collection, with the pods of the API where they are given."""
    play(player, world)
    path = folder / "node.ndjson"
    options = CollectOptions(
        output=path, runtimes=(player.url,), from_=(pods,) if pods else (), kubernetes=False, cluster="c", collected_at=TIME,
        node_name="node-1", complete=("pods",) if pods else (),
    )  # fmt: skip
    assert collect(options, progress=Heard()).path == path
    return path


def records(path: Path) -> tuple[Record, ...]:
    return load(path).by_kind("EngineContainer")


def scope(path: Path) -> Scope:
    return next(one for one in load(path).header.scopes() if one.name == "engine/containers")


def vanished(found: Scope) -> int:
    told = re.search(r"vanished:(\d+)", found.reason)
    return int(told[1]) if told else 0


@FEW
@given(WORLDS)
@example(
    World(
        [{"id": "1" * 64}, {"id": "1" * 64, "state": "SANDBOX_NOTREADY"}],
        [{"id": "1" * 64, "pod_sandbox_id": "1" * 64}],
    )
)
@example(World([], [{"id": "2" * 64, "pod_sandbox_id": "not listed"}], ends=["gone"]))
def test_every_id_that_is_told_is_a_record_once_or_has_vanished(player: CriPlayer, world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = taken(player, world, Path(folder))
        ids = Counter(record.body["id"] for record in records(path))
        gone = {identifier for identifier in world.ids if world.end(identifier) == "gone"}
        assert len(ids) == len(records(path)) == scope(path).count
        assert len(world.ids) == scope(path).count + vanished(scope(path))
        assert vanished(scope(path)) == len(gone)
        shown = {identifier for identifier in ids if "‹hidden›" not in identifier}
        assert shown <= world.ids - gone


@FEW
@given(WORLDS)
def test_the_ledger_closes_and_every_container_stands_in_one_role_and_origin(player: CriPlayer, world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = taken(player, world, Path(folder))
        ledger = build_ledger(Cluster(load(path), CATALOG))
        assert ledger.closes
        assert sorted(line.record_id for line in ledger.lines) == sorted(record.id for record in records(path))
        assert all(line.role and line.origin for line in ledger.lines)


@FEWER
@given(WORLDS, st.integers())
def test_the_same_answers_in_another_order_give_the_same_bytes(player: CriPlayer, world: World, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = taken(player, world, Path(folder)).read_bytes()
        assert taken(player, world.shuffled(seed), Path(folder)).read_bytes() == first


@FEW
@given(WORLDS)
def test_redacting_again_changes_nothing(player: CriPlayer, world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = taken(player, world, Path(folder))
        assert [(record.id, audit(record)) for record in load(path).records if audit(record)] == []
        assert "hunter2" not in path.read_text("utf-8")


def printed(world: World, folder: Path) -> Path:
    """What crictl prints of a world in which everything answers."""
    documents = [
        {"RuntimeName": world.name, "RuntimeVersion": "1.7.0"},
        crictl.printed("ListPodSandboxResponse", {"items": world.sandboxes}),
        crictl.printed("ListContainersResponse", {"containers": world.containers}),
        *(crictl.sandbox_status(world.status(world.sandboxes, one["id"])) for one in world.sandboxes if one["id"]),
        *(crictl.container_status(world.status(world.containers, one["id"])) for one in world.containers if one["id"]),
    ]
    (folder / "crictl.json").write_text("\n".join(json.dumps(one) for one in documents))
    return folder / "crictl.json"


def told_apart(world: World) -> World:
    """The same world with each id once, and ids that differ in their first digits, by which what commands print is joined."""
    text = re.sub("0{63}([0-9a-f])", lambda found: found[1] * 64, json.dumps([world.sandboxes, world.containers]))
    sandboxes, containers = (list({one["id"]: one for one in items}.values()) for items in json.loads(text))
    return World(sandboxes, containers, world.infos, ["answers"], world.version, world.name or "containerd")


@FEWER
@given(WORLDS.map(told_apart))
def test_what_crictl_prints_gives_the_records_of_the_runtime_that_it_asked(player: CriPlayer, world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        live = {record.name: record.body for record in records(taken(player, world, Path(folder)))}
        options = CollectOptions(
            output=Path(folder) / "dump.ndjson", from_=(printed(world, Path(folder)),), kubernetes=False, cluster="c", collected_at=TIME,
        )  # fmt: skip
        collect(options, progress=Heard())
        assert {record.name: record.body for record in records(Path(folder) / "dump.ndjson")} == live


# What is secret -------------------------------------------------------------------------------------------------------

UID = "0a1b2c3d-0001-4002-8003-000000000001"
BOX, WEB = "b" * 64, "c" * 64


def planted(text: str, name: str) -> tuple[World, dict[str, Any]]:
    """A pod with a secret wherever somebody may have written one, as the runtime tells of it and as the API does."""
    argv = ["/app", "--mode=fast", text, f"--{name}", text, f"--{name}={text}"]
    environment = [
        {"key": name, "value": text},
        {"key": "ARGS", "value": f"--{name} {text}"},
        {"key": "NOTE", "value": text},
    ]
    marks = {"example.com/note": text, f"example.com/{name}": text}
    labels = {
        "io.kubernetes.pod.name": "web-1",
        "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.pod.uid": UID,
        "note": text,
    }
    inner = {
        "config": {"command": argv[:1], "args": argv[1:], "envs": environment, "annotations": marks, "labels": labels},
        "runtimeSpec": {
            "process": {"args": argv, "env": [f"{one['key']}={one['value']}" for one in environment], "cwd": "/"}, "annotations": marks,
        },
    }  # fmt: skip
    box = {
        "id": BOX,
        "metadata": {"name": "web-1", "namespace": "shop", "uid": UID},
        "labels": labels,
        "annotations": marks,
    }
    container = {
        "id": WEB, "pod_sandbox_id": BOX, "metadata": {"name": "web"}, "image": {"image": "web:1"}, "state": "CONTAINER_RUNNING",
        "labels": {**labels, "io.kubernetes.container.name": "web"}, "annotations": marks, "message": text, "reason": "Error",
    }  # fmt: skip
    pod = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "uid": UID, "annotations": marks, "labels": {"note": text}},
        "spec": {
            "nodeName": "node-1",
            "containers": [{
                "name": "web", "image": "web:1", "command": argv[:1], "args": argv[1:],
                "env": [{"name": one["key"], "value": one["value"]} for one in environment],
            }],
        },
    }  # fmt: skip
    return World([box], [container], [{"info": json.dumps(inner)}]), pod


@FEW
@given(
    st.integers(0, 10**6),
    st.sampled_from(["password", "api-token", "DB_PASSWORD", "client_secret", "AWS_SECRET_ACCESS_KEY"]),
    st.data(),
)
def test_no_planted_secret_is_in_the_bytes(player: CriPlayer, seed: int, name: str, data: st.DataObject) -> None:
    shape, text, core = data.draw(st.sampled_from(list(secrets(seed))))
    world, pod = planted(text, name)
    with tempfile.TemporaryDirectory() as folder:
        pods = Path(folder) / "pods.json"
        pods.write_text(json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [pod]}), "utf-8")
        for given_pods in (None, pods):
            path = taken(player, world, Path(folder), given_pods)
            shown = path.read_text("utf-8")
            assert [shape for found in readable(shown, 2) if core in found] == []
            assert len(records(path)) == 2
            if given_pods:  # what is harmless is told, so that it was not all hidden
                assert "--mode=fast" in shown


# What changes by itself -----------------------------------------------------------------------------------------------


def later(world: World, seed: int) -> World:
    """The same pods a little later: containers were restarted, some sandboxes made anew, and old attempts are gone or still there."""
    chance = random.Random(seed)
    new = copy.deepcopy(world)
    renamed: dict[str, str] = {}
    for item in (*new.sandboxes, *new.containers):
        renamed.setdefault(item["id"], f"{chance.getrandbits(256):064x}" if chance.random() < 0.6 else item["id"])
    for item in (*new.sandboxes, *new.containers):
        if renamed[item["id"]] != item["id"]:
            item["metadata"]["attempt"] = item["metadata"].get("attempt", 0) + 1
            item["created_at"] = str(1795711465907823618 + chance.randrange(10**15))
        item["id"] = renamed[item["id"]]
        if "pod_sandbox_id" in item:
            item["pod_sandbox_id"] = renamed[item["pod_sandbox_id"]]
            item["state"] = chance.choice(["CONTAINER_RUNNING", "CONTAINER_EXITED"])
    for one in new.infos:
        inner = json.loads(one["info"]) if one else {}
        inner["pid"] = chance.randrange(2, 10**5)
        if one:
            one["info"] = json.dumps(inner)
    dead = [
        {**item, "state": "CONTAINER_EXITED"}
        for item in world.containers
        if renamed[item["id"]] != item["id"] and chance.random() < 0.5
    ]
    return World(new.sandboxes, [*new.containers, *dead], new.infos, new.ends, new.version, new.name)


def a_node(pods: int, each: int) -> World:
    """A healthy node with some pods of some containers."""
    boxes, containers = [], []
    for pod in range(pods):
        uid, box = f"0a1b2c3d-0001-4002-8003-{pod:012d}", f"{pod + 1:064x}"
        metadata = {"name": f"web-{pod}", "namespace": "shop", "uid": uid}
        boxes.append({"id": box, "metadata": metadata, "created_at": "1795711465907823618"})
        for number in range(each):
            containers.append({
                "id": f"{1000 * (pod + 1) + number:064x}", "pod_sandbox_id": box, "metadata": {"name": f"c{number}"}, "image": {"image": "web:1"},
                "labels": {f"io.kubernetes.pod.{key}": value for key, value in metadata.items()},
                "state": "CONTAINER_RUNNING", "created_at": "1795711465907823618",
            })  # fmt: skip
    return World(boxes, containers, [{"info": json.dumps(of_containerd(["/app", "--x"]))}])


@FEWER
@given(st.integers(0, 4), st.integers(0, 3), st.integers())
def test_a_node_a_little_later_differs_in_nothing_that_somebody_decided(
    player: CriPlayer, pods: int, each: int, seed: int
) -> None:
    world = a_node(pods, each)
    with tempfile.TemporaryDirectory() as old, tempfile.TemporaryDirectory() as new:
        paths = taken(player, world, Path(old)), taken(player, later(world, seed), Path(new))
        assert compare(*paths, CATALOG, CompareOptions()).changes == ()


def test_the_uid_of_a_static_pod_is_told_as_its_containers_are_found_by_it(player: CriPlayer) -> None:
    static = "63c0a62f3b0cb27b2828b8beaad649ab"
    box = {"id": BOX, "metadata": {"name": "etcd-node-1", "namespace": "kube-system", "uid": static}}
    with tempfile.TemporaryDirectory() as folder:
        (record,) = records(taken(player, World([box]), Path(folder)))
        assert record.body["pod"]["uid"] == static
        assert audit(record) == ()
