"""Collecting from what container runtimes' commands printed: crictl, podman, nerdctl."""

from __future__ import annotations

import datetime
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rkedoc.collect.cri import crictl as answers
from rkedoc.collect.files.source import FilesSource
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import collect
from rkedoc.redact import Redactor
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Capture, Record, Scope
from tests.support import cri_player, crictl
from tests.support.archives import DATA, Archives
from tests.support.collecting import Heard, MemorySpools, intake

TIME = "2026-11-23T12:00:00Z"
INDIA = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
SECRET = "CANARY-s3cr3t-of-a-runtime"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Archives(DATA / "cri", tmp_path_factory.mktemp("cri"))("cri-containerd")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    Archives(DATA / "bundles", folder)("synthetic")
    return folder


@pytest.fixture(scope="module")
def live(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Record]:
    """What the runtime itself tells a collector, by record."""
    output = tmp_path_factory.mktemp("live") / "node.ndjson"
    with cri_player.running(cri_player.recorded(recorded)) as player:
        asked = CollectOptions(output=output, runtimes=(player.url,), kubernetes=False, cluster="c", collected_at=TIME)
        collect(asked, progress=Heard())
    return {record.id: record for record in load(output).records}


@pytest.fixture(scope="module")
def printed(recorded: Path) -> Mapping[str, list[Any]]:
    return crictl.listed(recorded, INDIA)


def read(*paths: Path) -> tuple[tuple[Capture, ...], dict[str, Record], bytes]:
    spools = MemorySpools()
    source = FilesSource(paths, redactor=Redactor(), progress=Heard())
    captures = source.collect(intake(spools, source.pods()))
    assert not spools.open
    return captures, {record.id: record for record in spools.records}, b"".join(spools.lines)


def write(folder: Path, printed: Mapping[str, list[Any]], *commands: str) -> Path:
    """A file for each command, with its documents one after another."""
    for command in commands:
        (folder / f"{command}.json").write_text("\n".join(json.dumps(one, indent=2) for one in printed[command]))
    return folder


def containers(records: Mapping[str, Record]) -> Iterator[Record]:
    return (record for record in records.values() if record.kind == "EngineContainer")


def scope(captures: tuple[Capture, ...], name: str = "engine/containers") -> Scope:
    return next(one for capture in captures for one in capture.scopes if one.name == name)


# crictl ---------------------------------------------------------------------------------------------------------------


def test_what_crictl_printed_gives_the_records_of_the_live_runtime(
    live: Mapping[str, Record], printed: Mapping[str, list[Any]], tmp_path: Path
) -> None:
    commands = ("ps", "pods", "inspect", "inspectp", "images", "imagefsinfo", "info", "version")
    captures, records, _ = read(write(tmp_path, printed, *commands))
    assert records.keys() == live.keys()
    of_engine = [key for key in live if key.startswith("engine/Engine/")]
    assert [key for key in live if key not in of_engine and records[key].line() != live[key].line()] == []
    # What the machine is called is in no answer of the runtime: the containers in the host's network say it.
    for key in of_engine:
        assert {**records[key].body, "name": ""} == {**live[key].body, "name": ""}
        assert records[key].body["name"] == "rke2-01"
    assert (scope(captures).result, scope(captures).count) == ("complete", 51)
    assert scope(captures, "engine/beside").reason == "not-visible-through-cri"
    (capture,) = captures
    assert (capture.node, capture.tool["runtime"], capture.tool["server"]) == ("rke2-01", "containerd", "1.6.20~ds1")


@pytest.mark.parametrize("form", ["one file each", "an array", "after one another"])
def test_details_are_joined_with_rows_however_they_were_written(
    form: str, live: Mapping[str, Record], printed: Mapping[str, list[Any]], tmp_path: Path
) -> None:
    write(tmp_path, printed, "ps", "pods", "images")
    told = [*printed["inspect"], *printed["inspectp"]]
    if form == "one file each":
        for number, document in enumerate(told):
            (tmp_path / f"crictl_inspect_{number}").write_text(json.dumps(document))
    elif form == "an array":
        (tmp_path / "all.json").write_text(json.dumps(told))
    else:
        (tmp_path / "all.json").write_text("\n".join(map(json.dumps, told)))
    captures, records, _ = read(tmp_path)
    found = {record.id: record.line() for record in containers(records)}
    assert found == {record.id: record.line() for record in containers(live)}
    assert scope(captures).result == "complete"


def test_nothing_that_was_planted_is_kept(recorded: Path, printed: Mapping[str, list[Any]], tmp_path: Path) -> None:
    planted = json.loads((recorded / "canaries.json").read_text("utf-8"))
    _, _, lines = read(write(tmp_path, printed, *printed))
    assert [secret for secret in planted if secret.encode() in lines] == []


def test_the_pods_of_the_dump_name_the_node_and_shelter_nothing_that_they_do_not_show(
    recorded: Path, printed: Mapping[str, list[Any]], tmp_path: Path
) -> None:
    pods = json.loads((recorded / "k8s" / "pods.json").read_text("utf-8"))
    for pod in pods["items"]:
        pod["spec"]["nodeName"] = "node-of-the-api"
    (tmp_path / "pods-of-the-api.json").write_text(json.dumps(pods))
    _, records, _ = read(write(tmp_path, printed, "ps", "pods", "inspect"))
    assert {record.namespace for record in containers(records)} == {"node-of-the-api"}
    shown = {entry["value"] for record in containers(records) for entry in record.body["env"]}
    assert len(shown) > 1


def test_rows_are_records_without_details(printed: Mapping[str, list[Any]], tmp_path: Path) -> None:
    captures, records, _ = read(write(tmp_path, printed, "ps", "pods"))
    assert Counter(record.body["pod"]["type"] for record in containers(records)) == {"podsandbox": 21, "container": 30}
    assert not any(record.body["inspected"] for record in containers(records))
    assert scope(captures).reason == "not-inspected:51"
    assert captures[0].tool["runtime"] == "CRI"  # nothing in a list says whose it is


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        (("inspect", "inspectp"), "sandboxes-not-listed, containers-not-listed"),
        (("ps", "inspect"), "sandboxes-not-listed"),
        (("pods", "inspect", "inspectp"), "containers-not-listed"),
    ],
)
def test_what_was_not_listed_may_be_more(
    commands: tuple[str, ...], reason: str, printed: Mapping[str, list[Any]], tmp_path: Path
) -> None:
    captures, _, _ = read(write(tmp_path, printed, *commands))
    assert (scope(captures).result, scope(captures).reason) == ("partial", reason)


def test_a_list_of_what_runs_is_not_the_list_of_all(printed: Mapping[str, list[Any]], tmp_path: Path) -> None:
    running = [one for one in printed["ps"][0]["containers"] if one["state"] == "CONTAINER_RUNNING"]
    captures, _, _ = read(
        write(tmp_path, {**printed, "ps": [{"containers": running}]}, "ps", "pods", "inspectp", "inspect")
    )
    assert scope(captures).reason == "running-only"


def test_an_image_that_was_looked_into_says_what_it_runs(printed: Mapping[str, list[Any]], tmp_path: Path) -> None:
    captures, records, _ = read(write(tmp_path, printed, "inspecti"))
    images = [record.body for record in records.values() if record.kind == "EngineImage"]
    assert len(images) == 20
    assert all(image["config"]["args"] and image["created"] for image in images)
    assert scope(captures, "engine/images").reason == "images-not-listed"


def test_passwords_of_registries_in_the_runtimes_configuration_are_not_read(
    printed: Mapping[str, list[Any]], tmp_path: Path
) -> None:
    document = json.loads(json.dumps(printed["info"][0]))
    document["config"]["registry"]["configs"] = {"r": {"auth": {"username": "u", "password": SECRET}}}
    _, records, lines = read(write(tmp_path, {**printed, "info": [document]}, "info"))
    assert SECRET.encode() not in lines
    (engine,) = records.values()
    assert engine.body["conditions"] == [
        {"type": "RuntimeReady", "status": True, "reason": ""},
        {"type": "NetworkReady", "status": True, "reason": ""},
    ]
    assert (engine.body["storageDriver"], engine.body["rootDir"]) == (
        "native",
        "/var/lib/rancher/rke2/agent/containerd",
    )


def test_what_docker_itself_tells_of_is_not_told_of_again(bundles: Path) -> None:
    captures, records, _ = read(bundles / "docker-inspect", bundles / "crictl-inspect")
    told = [
        (one.result, one.reason) for capture in captures for one in capture.scopes if one.name == "engine/containers"
    ]
    assert told == [("partial", "single-objects"), ("skipped", "read-from-docker")]
    assert len({record.body["id"] for record in containers(records)}) == 50


def test_times_of_crictl_are_nanoseconds_in_any_zone() -> None:
    for text, wanted in (
        ("2026-11-23T05:30:00Z", 1795411800 * 10**9),
        ("2026-11-23T11:00:00.1+05:30", 1795411800 * 10**9 + 10**8),
        ("2026-11-22T21:30:00.000000001-08:00", 1795411800 * 10**9 + 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1795411800000000000", "1795411800000000000"),
        ("soon", "soon"),
    ):
        assert answers.nanoseconds(text) == wanted
    assert answers.nanoseconds("0001-01-01T00:00:00Z") < 0


def test_names_of_fields_are_those_of_the_runtime_and_keys_of_maps_stay() -> None:
    told = {"podSandboxId": "a", "labels": {"camelCase": "x"}, "linux": {"resources": {"unified": {"memoryHigh": "1"}}}}
    assert answers.as_answered(told) == {
        "pod_sandbox_id": "a", "labels": {"camelCase": "x"}, "linux": {"resources": {"unified": {"memoryHigh": "1"}}},
    }  # fmt: skip


@given(st.data())
@settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
def test_whatever_a_file_holds_in_the_place_of_something_nothing_breaks(
    printed: Mapping[str, list[Any]], data: st.DataObject
) -> None:
    known = [
        *(documents[0] for documents in printed.values()),
        of_podman(),
        of_containerd("d" * 64, {"nerdctl/name": "own"}),
    ]
    document = json.loads(json.dumps(data.draw(st.sampled_from(known))))
    *above, last = data.draw(st.sampled_from(list(places(document))))
    inner = document
    for key in above:
        inner = inner[key]
    inner[last] = data.draw(ODD)
    with tempfile.TemporaryDirectory() as folder:
        captures, records, _ = given_in(Path(folder), document)
        assert sum(one.count for capture in captures for one in capture.scopes) == len(records)


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=3), st.just("9" * 5000),
    st.lists(st.integers(), max_size=2), st.lists(st.none(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """The paths to everything in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (key,)
        yield from ((key, *path) for path in places(inner))


# podman and nerdctl ---------------------------------------------------------------------------------------------------


def given_in(folder: Path, *documents: Any) -> tuple[tuple[Capture, ...], list[Record], bytes]:
    (folder / "given.json").write_text("\n".join(json.dumps(one) for one in documents))
    captures, records, lines = read(folder / "given.json")
    return captures, list(records.values()), lines


def of_podman(**more: Any) -> dict[str, Any]:
    """A container as ``podman inspect`` of v4 has it, as far as it differs from Docker's."""
    return {
        "Id": "a" * 64, "Created": "2026-11-23T06:30:00.5+01:00", "Path": "/entry point", "Args": ["--fast", "run", "me"],
        "State": {"Status": "running", "StartedAt": "2026-11-23T06:30:01+01:00", "FinishedAt": "0001-01-01T00:00:00Z"},
        "Image": "b" * 64, "ImageName": "docker.io/library/web:1", "Name": "web", "OCIRuntime": "crun", "IsInfra": False, "Pod": "f" * 64,
        "Config": {
            "Entrypoint": "/entry point --fast", "Cmd": ["run", "me"], "Image": "docker.io/library/web:1", "StopSignal": 15,
            "CreateCommand": ["podman", "run", "-e", f"DB_PASSWORD={SECRET}"], "Env": [f"DB_PASSWORD={SECRET}"],
        },
        "Mounts": [{"Type": "bind", "Source": "/s", "Destination": "/d", "Options": ["rbind"], "RW": True, "Propagation": "rprivate"}],
        "HostConfig": {},
        **more,
    }  # fmt: skip


def test_a_container_of_podman_has_the_name_of_its_image_and_its_words(tmp_path: Path) -> None:
    (capture,), (record,), lines = given_in(tmp_path, [of_podman()])
    body = record.body
    assert (body["image"], body["imageId"]) == ("docker.io/library/web:1", f"sha256:{'b' * 64}")
    assert (body["entrypoint"], body["args"]) == (["/entry point", "--fast"], ["run", "me"])
    assert (body["created"], body["startedAt"]) == ("2026-11-23T05:30:00.500000000Z", "2026-11-23T05:30:01.000000000Z")
    assert (body["finishedAt"], record.name) == ("", "web")
    assert capture.tool["engine"] == "podman"
    assert SECRET.encode() not in lines


def test_an_entrypoint_that_the_command_line_does_not_show_stays_one_text(tmp_path: Path) -> None:
    _, (record,), _ = given_in(tmp_path, of_podman(Path="/dev/init", Args=["--", "/entry point"]))
    assert record.body["entrypoint"] == ["/entry point --fast"]


def test_rows_of_podman_have_what_they_tell(tmp_path: Path, bundles: Path) -> None:
    (row,) = json.loads((bundles / "podman-ps" / "ps.json").read_text("utf-8"))
    row |= {
        "Labels": {},
        "State": "exited",
        "Status": "",
        "Exited": True,
        "ExitCode": 3,
        "Image": "docker.io/library/web:1",
    }
    row["Ports"][0]["range"] = 2
    pod = {"Id": "f" * 64, "Name": "p", "InfraContainerID": "e" * 64, "Containers": [
        {"Id": row["Id"], "Name": "etcd", "State": "exited"}, {"Id": "e" * 64, "Name": "infra", "State": "running"},
    ]}  # fmt: skip
    for documents in (([row], pod), (pod, [row])):
        captures, records, _ = given_in(tmp_path, *documents)
        found = {record.name: record.body for record in records}
        assert found.keys() == {"etcd", "infra"}
        assert (found["etcd"]["state"], found["etcd"]["exitCode"]) == ("exited", 3)
        assert [port["hostPort"] for port in found["etcd"]["ports"]] == ["8080", "8081"]
        assert (found["etcd"]["image"], found["etcd"]["args"]) == ("docker.io/library/web:1", ["sleep", "1"])
        assert found["infra"]["state"] == "running"
        assert (scope(captures).reason, captures[0].tool["engine"]) == ("not-inspected:2", "podman")
        assert captures[0].time == "2023-11-14T22:13:20Z"


def test_a_container_of_nerdctl_is_one_of_containerd(tmp_path: Path, bundles: Path) -> None:
    (inspect,) = json.loads((bundles / "nerdctl-inspect" / "inspect.json").read_text("utf-8"))
    inspect |= {"Name": "web", "Image": "docker.io/library/web:1"}
    inspect["Config"] |= {"Labels": {"nerdctl/namespace": "default", "nerdctl/name": "web"}, "Image": ""}
    inspect["HostConfig"]["LogConfig"] = {"driver": "json-file", "opts": {"max-size": "1m"}, "address": ""}
    (capture,), (record,), _ = given_in(tmp_path, inspect)
    body = record.body
    assert (body["image"], body["imageId"]) == ("docker.io/library/web:1", "")
    assert body["logDriver"] == {"type": "json-file", "options": {"max-size": "1m"}}
    assert (body["runtime"], body["runtimeNamespace"], record.name) == ("containerd", "default", "web")
    assert capture.tool["runtime"] == "containerd"


def of_containerd(identifier: str, labels: dict[str, str], **more: Any) -> dict[str, Any]:
    """A container as ``nerdctl inspect --mode=native`` has it."""
    return {
        "ID": identifier, "Labels": labels, "Image": "docker.io/library/web:1", "SnapshotKey": identifier, "Snapshotter": "overlayfs",
        "Runtime": {"Name": "io.containerd.runc.v2", "Options": None}, "CreatedAt": "2026-11-23T05:30:00Z",
        "Spec": {"process": {"args": ["/app", f"--token={SECRET}"], "env": [f"DB_PASSWORD={SECRET}"], "cwd": "/"}, "linux": {"namespaces": []}},
        **more,
    }  # fmt: skip


def test_containers_as_containerd_keeps_them(tmp_path: Path) -> None:
    ended = {"Pid": 7, "Status": {"Status": "stopped", "ExitStatus": 3, "ExitTime": "2026-11-23T05:31:00Z"}}
    pod = {
        f"io.kubernetes.pod.{key}": value for key, value in (("name", "web-0"), ("namespace", "shop"), ("uid", "u-1"))
    }
    inside = {**pod, "io.kubernetes.container.name": "web", "io.cri-containerd.kind": "container"}
    _, records, lines = given_in(
        tmp_path,
        of_containerd("a" * 64, {"nerdctl/name": "own", "nerdctl/namespace": "default"}, Process=ended),
        of_containerd("b" * 64, inside, Process={"Pid": 8, "Status": {"Status": "running"}}),
        of_containerd("c" * 64, {**pod, "io.cri-containerd.kind": "sandbox"}),
    )
    assert SECRET.encode() not in lines
    found = {record.body["id"][0]: record for record in records}
    assert {key: record.body["state"] for key, record in found.items()} == {
        "a": "exited",
        "b": "running",
        "c": "stopped",
    }
    assert (found["a"].name, found["a"].body["exitCode"], found["a"].body["networkMode"]) == ("own", 3, "host")
    assert found["b"].body["pod"] | {"attempt": 0} == found["b"].body["pod"]
    assert [found[key].body["pod"]["type"] for key in "bc"] == ["container", "podsandbox"]
    assert {record.body["runtimeNamespace"] for record in records} == {"default", "k8s.io"}


def test_lines_of_nerdctl_say_whether_a_container_runs(tmp_path: Path) -> None:
    lines = [
        {"ID": f"{number}" * 12, "Names": name, "Image": "web:1", "Status": status, "Platform": "linux/amd64", "Ports": "", "Labels": labels,
         "Runtime": "io.containerd.runc.v2", "Command": '"/app"', "CreatedAt": "2026-11-23T06:30:00+01:00", "Size": ""}
        for number, name, status, labels in (
            (1, "own", "Up", ""), (2, "done", "Exited (3) 2 hours ago", ""), (3, "new", "Created", ""),
            (4, "k8s://shop/web-0/web", "Up", "io.kubernetes.pod.uid=u-1,io.kubernetes.pod.name=web-0,io.kubernetes.pod.namespace=shop"),
        )
    ]  # fmt: skip
    _, records, _ = given_in(tmp_path, *lines)
    found = {record.body["id"][0]: record.body for record in records}
    assert {key: body["state"] for key, body in found.items()} == {
        "1": "running",
        "2": "exited",
        "3": "stopped",
        "4": "running",
    }
    assert (found["2"]["exitCode"], found["1"]["created"], found["1"]["runtime"]) == (
        3,
        "2026-11-23T05:30:00Z",
        "containerd",
    )
    assert (found["4"]["pod"]["name"], found["4"]["pod"]["container"]) == ("web-0", "web")


def test_podman_and_docker_of_one_machine_are_two_engines(tmp_path: Path, bundles: Path) -> None:
    (tmp_path / "podman.json").write_text(json.dumps([of_podman()]))
    captures, records, _ = read(bundles / "docker-inspect", tmp_path / "podman.json")
    assert [capture.tool.get("engine") for capture in captures] == [None, "podman"]
    assert len({capture.node for capture in captures}) == 1
    assert sum(one.count for capture in captures for one in capture.scopes if one.name == "engine/containers") == len(
        list(containers(records))
    )


def test_what_crictl_tells_of_containerd_itself_does_not_tell_again(
    printed: Mapping[str, list[Any]], live: Mapping[str, Record], tmp_path: Path
) -> None:
    write(tmp_path, printed, "ps", "pods", "inspect", "inspectp", "images")
    same = next(one for one in printed["ps"][0]["containers"])
    again = of_containerd(same["id"], same["labels"] | {"io.cri-containerd.kind": "container"})
    (tmp_path / "nerdctl.json").write_text(json.dumps([again, of_containerd("e" * 64, {"nerdctl/name": "own"})]))
    captures, records, _ = read(tmp_path)
    found = {record.body["id"]: record.line() for record in containers(records)}
    assert found.pop("e" * 64)
    assert found == {record.body["id"]: record.line() for record in containers(live)}
    assert {capture.node for capture in captures} == {"rke2-01"}


# Every sample ---------------------------------------------------------------------------------------------------------

PRINTED = {
    "crictl-inspect": (1, "containerd"), "crictl-pods": (1, "CRI"), "crictl-ps": (1, "CRI"), "docker-inspect": (50, ""),
    "nerdctl-inspect": (1, "containerd"), "podman-inspect": (1, "podman"), "podman-ps": (1, "podman"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_every_sample_is_read_and_nothing_planted_is_kept(name: str, bundles: Path) -> None:
    captures, records, lines = read(bundles / name)
    (capture,) = captures
    assert (
        len(list(containers(records))),
        capture.tool.get("runtime", "") or capture.tool.get("engine", ""),
    ) == PRINTED[name]
    planted = (DATA / "recordings" / "canaries.txt").read_text("utf-8")
    secrets = [word for word in planted.split() if word.startswith("CANARY-")] + ["canary-crictl-7fae31"]
    assert [secret for secret in secrets if secret.encode() in lines] == []
