"""A container runtime over CRI, from what a real containerd answered: everything is told once, and nothing that is secret."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.catalog import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect.cri import info, shape
from rkedoc.collect.cri.channel import Limits
from rkedoc.collect.cri.source import CriSource
from rkedoc.collect.cri.ways import LocalSocket
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import Outcome, collect
from rkedoc.errors import SourceUnavailable
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.redact import Redactor
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import HIDDEN, Record
from rkedoc.vocabulary import Result, Role
from tests.support import cri_player
from tests.support.archives import DATA, Archives
from tests.support.collecting import Heard, MemorySpools, intake
from tests.support.cri_player import Answer, CriPlayer, Fault

QUICK = Limits(connect=0.5, one=0.5, list=0.5)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Archives(DATA / "cri", tmp_path_factory.mktemp("cri"))("cri-containerd")


@pytest.fixture
def player(recorded: Path) -> Iterator[CriPlayer]:
    with cri_player.running(cri_player.recorded(recorded)) as running:
        yield running


def run(player: CriPlayer, folder: Path, *dumps: Path, **options: Any) -> Outcome:
    asked = CollectOptions(
        output=folder / "node.ndjson", runtimes=(player.url,), from_=dumps, kubernetes=False, cluster="rke2",
        collected_at="2026-11-23T12:00:00Z", **options,
    )  # fmt: skip
    return collect(asked, progress=Heard())


def containers(folder: Path) -> tuple[Record, ...]:
    return load(folder / "node.ndjson").by_kind("EngineContainer")


def told(recorded: Path, name: str) -> list[dict[str, Any]]:
    found = json.loads((recorded / f"{name}.json").read_text(encoding="utf-8"))
    return [item for key in ("items", "containers", "images") for item in found.get(key, ())]


# What is told ---------------------------------------------------------------------------------------------------------


def test_every_sandbox_and_every_container_is_a_record_once(player: CriPlayer, recorded: Path, tmp_path: Path) -> None:
    run(player, tmp_path)
    ids = Counter(record.body["id"] for record in containers(tmp_path))
    assert ids == Counter(item["id"] for name in ("sandboxes", "containers") for item in told(recorded, name))
    kinds = Counter(record.body["pod"]["type"] for record in containers(tmp_path))
    assert kinds == {"podsandbox": 21, "container": 30}


def test_states_times_and_attempts_are_those_of_the_runtime(player: CriPlayer, recorded: Path, tmp_path: Path) -> None:
    run(player, tmp_path)
    by_id = {record.body["id"]: record.body for record in containers(tmp_path)}
    for item in told(recorded, "containers"):
        state = item.get("state", "CONTAINER_CREATED").removeprefix("CONTAINER_").lower()
        body = by_id[item["id"]]
        assert (body["state"], body["pod"]["attempt"]) == (state, item["metadata"].get("attempt", 0))
        assert body["image"] == item["image"]["image"]
        assert body["created"] == shape.moment(item["created_at"])
        assert (body["startedAt"] == "") == (state == "created")
    ended = next(
        body for body in by_id.values() if body["pod"]["container"] == "crasher" and body["pod"]["attempt"] == 2
    )
    assert (ended["exitCode"], ended["state"]) == (3, "exited")


def test_the_ledger_says_what_cri_says_and_closes(player: CriPlayer, recorded: Path, tmp_path: Path) -> None:
    run(player, tmp_path, recorded / "k8s", complete=("pods", "nodes"))
    cluster = Cluster(load(tmp_path / "node.ndjson"), load_catalog())
    ledger = build_ledger(cluster)
    assert ledger.closes
    assert ledger.counted == (("rke2-01", 51),)
    assert ledger.mismatches == ()
    roles = Counter(line.role for line in ledger.lines)
    assert roles == {Role.SANDBOX: 20, Role.APP: 23, Role.INIT: 4, Role.PREVIOUS_ATTEMPT: 4}
    assert [runtime.to_json() | {"endpoint": ""} for runtime in ledger.runtimes] == [
        {"node": "rke2-01", "runtime": "containerd", "version": "1.6.20~ds1", "endpoint": "", "view": "kubernetes"}
    ]
    components = {line.component for line in ledger.lines if line.namespace == "kube-system"}
    assert {"rke2-etcd", "rke2-kube-apiserver", "rke2-canal", "pause"} <= components


def test_no_planted_secret_is_shown(player: CriPlayer, recorded: Path, tmp_path: Path) -> None:
    planted = json.loads((recorded / "canaries.json").read_text(encoding="utf-8"))
    assert len(planted) == 9
    for dumps in ((), (recorded / "k8s",)):
        run(player, tmp_path, *dumps)
        text = (tmp_path / "node.ndjson").read_text(encoding="utf-8")
        assert [secret for secret in planted if secret in text] == []


def test_a_value_is_shown_only_where_the_spec_of_the_pod_shows_it(
    player: CriPlayer, recorded: Path, tmp_path: Path
) -> None:
    def environment() -> Mapping[str, str]:
        body = next(record.body for record in containers(tmp_path) if record.name.startswith("k8s_web_web-"))
        return {entry["name"]: entry["value"] for entry in body["env"]}

    run(player, tmp_path, recorded / "k8s")
    assert environment() == {"DATABASE_URL": HIDDEN, "LOG_LEVEL": "info", "SESSION_KEY": HIDDEN}
    run(player, tmp_path)
    assert set(environment().values()) == {HIDDEN}


def test_a_sandbox_has_a_pause_container_where_the_runtime_says_so(
    player: CriPlayer, recorded: Path, tmp_path: Path
) -> None:
    run(player, tmp_path, recorded / "k8s")
    boxes = [record.body for record in containers(tmp_path) if record.body["pod"]["type"] == "podsandbox"]
    assert {body["sandbox"]["pause"] for body in boxes} == {"docker.io/rancher/pause:3.6"}

    plain = player.answers["PodSandboxStatus"]

    def as_crio_tells(request: Mapping[str, Any]) -> Mapping[str, Any]:
        # cri-o/cri-o v1.31, server/sandbox_status.go, createSandboxInfo: a sandbox without an infra container has neither image nor pid.
        return {**plain(request), "info": {"info": json.dumps({"runtimeSpec": {"ociVersion": "1.1.0"}})}}

    player.answers["PodSandboxStatus"] = as_crio_tells
    run(player, tmp_path, recorded / "k8s", complete=("pods", "nodes"))
    ledger = build_ledger(Cluster(load(tmp_path / "node.ndjson"), load_catalog()))
    lines = [line for line in ledger.lines if line.role == Role.SANDBOX]
    assert len(lines) == 20
    assert {line.component for line in lines} == {None}
    assert all("without a pause container" in line.evidence for line in lines)
    assert ledger.closes


def test_an_older_runtime_is_asked_in_its_own_version(recorded: Path, tmp_path: Path) -> None:
    with cri_player.running(cri_player.recorded(recorded), versions=("v1alpha2",)) as old:
        outcome = run(old, tmp_path)
        assert outcome.header is not None
        assert outcome.header.captures[-1].tool["api"] == "v1alpha2"
        assert len(containers(tmp_path)) == 51


def test_the_same_answers_give_the_same_bytes(player: CriPlayer, recorded: Path, tmp_path: Path) -> None:
    found = []
    for number in range(2):
        run(player, tmp_path, recorded / "k8s")
        found.append((tmp_path / "node.ndjson").read_bytes())
        for method in ("ListPodSandbox", "ListContainers"):
            answer, key = player.answers[method], "items" if method == "ListPodSandbox" else "containers"
            player.answers[method] = lambda request, answer=answer, key=key: {key: list(reversed(answer(request)[key]))}
        assert number or len(found) == 1
    assert found[0] == found[1]


def test_only_what_is_listed_is_kept_of_a_verbose_answer(player: CriPlayer, tmp_path: Path) -> None:
    answer = player.answers["ContainerStatus"]

    def more(request: Mapping[str, Any]) -> Mapping[str, Any]:
        found = dict(answer(request))
        inner = json.loads(found["info"]["info"])
        inner["runtimeSpec"]["hooks"] = {"prestart": [{"path": "/marker-of-a-hook"}]}
        inner["marker-of-a-key"] = "marker-of-a-value"
        return {**found, "info": {"info": json.dumps(inner), "marker-of-a-part": "{}"}}

    player.answers["ContainerStatus"] = more
    run(player, tmp_path)
    assert "marker-of" not in (tmp_path / "node.ndjson").read_text(encoding="utf-8")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["config", "envs", "command", "args", "linux", "security_context", "run_as_user", "value", "key", "image", "port_mappings",
                     "namespace_options", "network", "runtimeSpec", "process", "env", "host_port", "hostname", "capabilities"]), inner, max_size=4),
    max_leaves=20))  # fmt: skip
def test_no_shape_of_a_verbose_answer_breaks_anything(told_: Any) -> None:
    for what in ("container", "sandbox"):
        found = info.kept({"info": json.dumps(told_)}, what)
        assert set(found) <= {"Config", "HostConfig", "Sandbox"}


# What goes wrong ------------------------------------------------------------------------------------------------------


def source(player: CriPlayer, limits: Limits = QUICK) -> CriSource:
    return CriSource(LocalSocket(str(player.path), "test"), redactor=Redactor(), progress=Heard(), limits=limits)


def taken(player: CriPlayer, limits: Limits = QUICK) -> tuple[dict[str, tuple[str, str, int]], MemorySpools]:
    """The scopes of a collection: name to result, reason and count; and the records."""
    one = source(player, limits)
    one.connect()
    spools = MemorySpools()
    (capture,) = one.collect(intake(spools, one.pods()))
    return {scope.name: (scope.result, scope.reason, scope.count) for scope in capture.scopes}, spools


def failing(answer: Answer, fault: Fault, *, times: int = 10**6) -> Answer:
    left = [times]

    def failed(request: Mapping[str, Any]) -> Mapping[str, Any]:
        if left[0] > 0:
            left[0] -= 1
            raise fault
        return answer(request)

    return failed


def test_a_container_that_vanished_is_noted(player: CriPlayer) -> None:
    gone = Fault("NOT_FOUND", "an error occurred when try to find container")
    player.answers["ContainerStatus"] = failing(player.answers["ContainerStatus"], gone, times=3)
    scopes, _spools = taken(player)
    assert scopes["engine/containers"] == (Result.PARTIAL, "vanished:3", 48)


def test_one_whose_status_fails_is_kept_as_its_row_says(player: CriPlayer) -> None:
    player.answers["ContainerStatus"] = failing(
        player.answers["ContainerStatus"], Fault("INTERNAL", "secret=hunter2"), times=2
    )
    scopes, spools = taken(player)
    assert scopes["engine/containers"] == (Result.PARTIAL, "grpc-INTERNAL:2", 51)
    kept = [record for record in spools.records if record.kind == "EngineContainer" and not record.body["inspected"]]
    assert len(kept) == 2
    assert all(record.body["pod"]["name"] and record.body["image"] and record.body["state"] for record in kept)
    assert b"hunter2" not in b"".join(spools.lines)


def test_a_runtime_that_hangs_costs_its_own_details_and_not_the_run(player: CriPlayer) -> None:
    player.answers["ContainerStatus"] = lambda request: player.done.wait(30) and {} or {}
    begun = time.monotonic()
    scopes, _spools = taken(player)
    assert time.monotonic() - begun < 10
    result, reason, count = scopes["engine/containers"]
    assert (result, count) == (Result.PARTIAL, 51)
    assert "timeout" in reason
    assert "engine-hangs" in reason
    assert scopes["engine/images"][0] == Result.COMPLETE


def test_a_runtime_that_hangs_from_the_start_is_unavailable_in_time(player: CriPlayer) -> None:
    player.answers["Version"] = lambda request: player.done.wait(30) and {} or {}
    begun = time.monotonic()
    with pytest.raises(SourceUnavailable, match="no answer in time"):
        source(player).connect()
    assert time.monotonic() - begun < 5


def test_an_older_version_without_a_part_of_cri_lacks_nothing(player: CriPlayer) -> None:
    assert "RuntimeConfig" not in player.answers
    scopes, _spools = taken(player)
    assert scopes["engine/engine"] == (Result.COMPLETE, "", 1)


def test_lists_that_fail_the_second_time_stay_as_they_were(player: CriPlayer) -> None:
    one = source(player)
    one.connect()
    pods = one.pods()
    player.answers["ListContainers"] = failing(player.answers["ListContainers"], Fault("UNKNOWN"))
    (capture,) = one.collect(intake(MemorySpools(), pods))
    scope = next(scope for scope in capture.scopes if scope.name == "engine/containers")
    assert (scope.result, scope.reason, scope.count) == (Result.PARTIAL, "grpc-UNKNOWN:1", 51)


def test_no_more_than_four_calls_are_under_way(player: CriPlayer) -> None:
    for method in ("ContainerStatus", "PodSandboxStatus"):
        answer = player.answers[method]
        player.answers[method] = lambda request, answer=answer: time.sleep(0.005) or answer(request)
    taken(player)
    assert player.most_at_once == 4


def test_a_socket_without_cri_says_so(tmp_path: Path) -> None:
    with (
        cri_player.running({}) as nothing,
        pytest.raises(SourceUnavailable, match="neither as a container runtime's CRI nor as containerd"),
    ):
        source(nothing).connect()


@pytest.mark.parametrize(
    ("make", "told_"),
    [
        (lambda path: None, "there is no such socket"),
        (lambda path: path.write_text(""), "this is not a socket"),
    ],
    ids=["absent", "a file"],
)
def test_what_is_wrong_with_a_socket_is_said(make: Any, told_: str, tmp_path: Path) -> None:
    make(tmp_path / "cri.sock")
    one = CriSource(LocalSocket(str(tmp_path / "cri.sock"), "test"), redactor=Redactor(), progress=Heard())
    with pytest.raises(SourceUnavailable, match=told_):
        one.connect()


def test_nobody_listening_is_another_thing_than_no_socket(player: CriPlayer, tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "c.sock"))
    one = CriSource(LocalSocket(str(tmp_path / "c.sock"), "test"), redactor=Redactor(), progress=Heard(), limits=QUICK)
    with pytest.raises(SourceUnavailable, match="does the container runtime run"):
        one.connect()


def test_without_the_packages_the_error_names_them(player: CriPlayer, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "cri_api.v1.api_pb2", None)
    with pytest.raises(SourceUnavailable, match=r"pip install 'rkedoc\[cri\]'"):
        source(player).connect()


# Which node it is -----------------------------------------------------------------------------------------------------


def test_the_node_is_told_by_the_pods_then_by_the_static_ones(
    player: CriPlayer, recorded: Path, tmp_path: Path
) -> None:
    for dumps in ((recorded / "k8s",), ()):
        outcome = run(player, tmp_path, *dumps)
        assert outcome.header is not None
        assert {capture.node for capture in outcome.header.captures if capture.source == "engine"} == {"rke2-01"}
    outcome = run(player, tmp_path, node_name="node-7")
    assert outcome.header is not None
    assert {capture.node for capture in outcome.header.captures} == {"node-7"}


def test_cri_dockerd_is_left_out_where_docker_itself_was_read(player: CriPlayer) -> None:
    player.answers["Version"] = lambda request: {"runtime_name": "docker", "runtime_version": "26.1.4"}
    one = source(player)
    one.connect()
    into = intake(MemorySpools(), one.pods())
    into.learned.containers["rke2-01"] = {next(iter(one.ids))}
    (capture,) = one.collect(into)
    assert [(scope.name, scope.result, scope.reason) for scope in capture.scopes] == [
        ("engine/containers", Result.SKIPPED, "read-from-docker")
    ]


def test_the_plan_names_every_call_that_is_made(player: CriPlayer) -> None:
    one = source(player)
    one.connect()
    planned = {request.path.rpartition("/")[2] for request in one.plan()}
    one.pods()
    one.collect(intake(MemorySpools(), frozenset()))
    asked = {method for method in player.methods() if method != "List"}
    assert asked <= planned


def test_an_image_without_an_id_costs_itself(player: CriPlayer) -> None:
    answer = player.answers["ListImages"]
    player.answers["ListImages"] = lambda request: {
        "images": [*answer(request)["images"], {"repo_tags": ["x:1"], "size": "1"}]
    }
    scopes, spools = taken(player)
    assert scopes["engine/images"] == (Result.PARTIAL, "not-understood:1", 20)
    assert all(record.name for record in spools.records)


def test_cri_dockerd_is_read_where_docker_told_of_other_containers_alone(player: CriPlayer) -> None:
    player.answers["Version"] = lambda request: {"runtime_name": "docker", "runtime_version": "26.1.4"}
    one = source(player)
    one.connect()
    into = intake(MemorySpools(), one.pods())
    into.learned.containers["rke2-01"] = {"f" * 64}
    (capture,) = one.collect(into)
    assert next(scope.count for scope in capture.scopes if scope.name == "engine/containers") == 51
