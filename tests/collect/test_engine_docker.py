"""Collecting from a real Docker engine, which is compared with what it says of itself."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from rkedoc.collect.engine.source import EngineSource
from rkedoc.collect.engine.transport import Limits
from rkedoc.redact import Redactor
from rkedoc.snapshot.record import HIDDEN
from tests.support import dockerd as support
from tests.support.collecting import Heard, MemorySpools, collect_engine, finish, intake
from tests.support.dockerd import Dockerd

pytestmark = pytest.mark.engine

SECRETS = {
    name: f"CANARY-s3cr3t-{name}-q7w8"
    for name in ("token", "s3", "password", "bootstrap", "label", "volume", "sandbox", "resolved", "userinfo", "image")
}
UID = "a97e6619-5418-44f9-a2c0-8cba3cbcf068"
STATIC = "0123456789abcdef0123456789abcdef"


def pod_labels(container: str, kind: str, *, pod: str = "web-0", uid: str = UID, **more: str) -> dict[str, str]:
    """The labels that a kubelet gives."""
    return {
        "io.kubernetes.container.name": container,
        "io.kubernetes.docker.type": kind,
        "io.kubernetes.pod.name": pod,
        "io.kubernetes.pod.namespace": "default",
        "io.kubernetes.pod.uid": uid,
        **more,
    }


@pytest.fixture(scope="module")
def dockerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    yield from support.fixture(tmp_path_factory)


@pytest.fixture(scope="module")
def node(dockerd: Dockerd) -> Dockerd:
    """An engine with the containers of a node."""
    engine = dockerd
    forever = ["/bin/sleep", "1000000"]
    hyperkube, pause = "rancher/hyperkube:v1.20.9-rancher1", "rancher/pause:3.2"
    for name in (hyperkube, pause, "rancher/rancher-agent:v2.5.5", "registry.example.com:5000/mirrored/app:1"):
        engine.image(name)
    engine.image("rancher/rke-tools:v0.1.69", "VOLUME /opt/rke-tools", f"ENV DB_PASSWORD={SECRETS['image']} TZ=UTC")
    client = engine.client()
    client.create_volume(
        "nas-backup", driver_opts={"type": "tmpfs", "device": "tmpfs", "o": f"size=1m,password={SECRETS['volume']}"}
    )

    rke = {"io.rancher.rke.container.name": "service-sidekick"}
    engine.create("service-sidekick", "rancher/rke-tools:v0.1.69", ["/bin/bash"], start=False, labels=rke)
    engine.create(
        "kubelet", hyperkube, ["sleep", "1000000", "1"], entrypoint=["/bin/busybox"],
        labels={"io.rancher.rke.container.name": "kubelet"},
        host={"network_mode": "host", "restart_policy": {"Name": "always"}, "binds": ["/etc:/host/etc:ro"], "volumes_from": ["service-sidekick"]},
    )  # fmt: skip
    engine.create("share-mnt", "rancher/rancher-agent:v2.5.5", ["/bin/true", "--token", SECRETS["token"]])
    engine.create("failed_once", "registry.example.com:5000/mirrored/app:1", ["/bin/sh", "-c", "exit 3"])
    engine.create(
        "etcd-rolling-snapshots", "rancher/rke-tools:v0.1.69",
        ["/bin/sh", "-c", "sleep 1000000", "--s3-endpoint=s3.example.com", f"--s3-secretKey={SECRETS['s3']}"],
    )  # fmt: skip
    engine.create(
        "somebodys.own-thing_1", "registry.example.com:5000/mirrored/app:1", forever,
        environment={
            "DB_PASSWORD": SECRETS["password"], "LOG_LEVEL": "debug", "CATTLE_BOOTSTRAP_PASSWORD": SECRETS["bootstrap"],
            "PROXY": f"http://me:{SECRETS['userinfo']}@proxy.example.com:3128",
        },
        labels={"com.example.backup-token": SECRETS["label"], "team": "blue"},
        volumes=["/data"], host={"binds": ["named-data:/data"]},
    )  # fmt: skip
    engine.create(
        "mighty",
        "rancher/pause:3.2",
        forever,
        start=False,
        host={"cap_add": ["NET_ADMIN"], "privileged": True, "pid_mode": "host"},
    )
    # Starting this one fails, and the engine keeps the reason with the volume's options in it.
    broken = engine.create(
        "broken", "rancher/pause:3.2", forever, start=False, volumes=["/nas"], host={"binds": ["nas-backup:/nas"]}
    )
    with pytest.raises(docker.errors.APIError):
        client.start(broken)
    sandbox = engine.create(
        f"k8s_POD_web-0_default_{UID}_0", pause, forever,
        labels=pod_labels("POD", "podsandbox", **{"annotation.example.com/api-token": SECRETS["sandbox"]}),
    )  # fmt: skip
    engine.create(
        f"k8s_web_web-0_default_{UID}_2", "registry.example.com:5000/mirrored/app:1", forever,
        labels=pod_labels("web", "container", **{"io.kubernetes.sandbox.id": sandbox}),
        environment={"APP_MODE": SECRETS["resolved"]}, host={"network_mode": f"container:{sandbox}"},
    )  # fmt: skip
    engine.create(f"k8s_POD_kube-scheduler-n_kube-system_{STATIC}_1_1f2e3d4c", pause, forever)
    restarted = engine.create("restarted", "rancher/rancher-agent:v2.5.5", forever)
    client.restart(restarted, timeout=0)
    paused = engine.create("paused", "rancher/rancher-agent:v2.5.5", forever)
    client.pause(paused)
    deadline = time.monotonic() + 20
    while engine.states()["failed_once"] != "exited" or engine.states()["share-mnt"] != "exited":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return engine


def test_every_container_stands_there_once_in_the_state_that_the_engine_says(node: Dockerd) -> None:
    found = collect_engine(node.url)
    assert {name: record.body["state"] for name, record in found.containers().items()} == node.states()
    assert {scope.result for scope in found.capture.scopes} == {"complete"}
    bodies = {name: record.body for name, record in found.containers().items()}
    assert all(body["inspected"] and not body["collector"] for body in bodies.values())
    assert bodies["failed_once"]["exitCode"] == 3
    assert bodies["service-sidekick"]["state"] == "created"
    assert bodies["paused"]["state"] == "paused"
    assert bodies["failed_once"]["image"] == "registry.example.com:5000/mirrored/app:1"
    rows = node.client().containers(all=True)
    assert {body["id"] for body in bodies.values()} == {row["Id"] for row in rows}


def test_what_an_operator_set_is_there_to_read(node: Dockerd) -> None:
    bodies = {name: record.body for name, record in collect_engine(node.url).containers().items()}
    own = bodies["somebodys.own-thing_1"]
    mighty = bodies["mighty"]
    assert (own["privileged"], mighty["privileged"], mighty["pidMode"]) == (False, True, "host")
    assert [cap.removeprefix("CAP_") for cap in mighty["capAdd"]] == ["NET_ADMIN"]
    assert own["labels"]["team"] == "blue"
    assert {entry["name"]: entry["value"] for entry in own["env"]}["LOG_LEVEL"] == "debug"
    assert [(mount["type"], mount["name"], mount["destination"]) for mount in own["mounts"]] == [
        ("volume", "named-data", "/data")
    ]
    kubelet = bodies["kubelet"]
    assert kubelet["networkMode"] == "host"
    assert kubelet["volumesFrom"] == ["service-sidekick"]
    assert kubelet["restartPolicy"]["name"] == "always"
    assert ("/etc", "/host/etc", True) in [
        (mount["source"], mount["destination"], mount["readOnly"]) for mount in kubelet["mounts"]
    ]


def test_pods_are_known_by_labels_and_by_names(node: Dockerd) -> None:
    records = collect_engine(node.url).containers()
    web = records[f"k8s_web_web-0_default_{UID}_2"]
    sandbox = records[f"k8s_POD_web-0_default_{UID}_0"]
    assert (web.intent, sandbox.intent) == ({}, {})
    assert web.body["pod"]["sandboxId"] == sandbox.body["id"] == sandbox.body["pod"]["sandboxId"]
    assert (web.body["pod"]["container"], web.body["pod"]["attempt"]) == ("web", 2)
    static = records[f"k8s_POD_kube-scheduler-n_kube-system_{STATIC}_1_1f2e3d4c"].body["pod"]
    assert (static["uid"], static["type"], static["attempt"]) == (STATIC, "podsandbox", 1)


def test_no_secret_reaches_a_record_a_scope_or_a_message(node: Dockerd) -> None:
    found = collect_engine(node.url)
    seen = found.lines + "".join(found.heard.notes).encode()
    assert [name for name, secret in SECRETS.items() if secret.encode() in seen] == []
    raw = json.dumps([node.client().inspect_container(name) for name in ("share-mnt", "broken")])
    assert SECRETS["token"] in raw
    assert SECRETS["volume"] in raw
    assert found.containers()["broken"].body["error"] == HIDDEN


def test_images_volumes_and_the_engine_are_those_that_it_names(node: Dockerd) -> None:
    found = collect_engine(node.url)
    client = node.client()
    of_kind = {
        kind: [r for r in found.records.values() if r.kind == kind]
        for kind in ("EngineImage", "EngineVolume", "EngineNetwork")
    }
    assert {record.body["id"] for record in of_kind["EngineImage"]} == {image["Id"] for image in client.images()}
    assert {record.name for record in of_kind["EngineVolume"]} == {
        volume["Name"] for volume in client.volumes()["Volumes"]
    }
    assert {record.name for record in of_kind["EngineNetwork"]} == {network["Name"] for network in client.networks()}
    engine = found.records["engine/Engine/node-a/engine"].body
    assert engine["version"] == client.version()["Version"]
    assert engine["containers"]["total"] == len(client.containers(all=True))


def test_two_snapshots_of_an_idle_engine_say_the_same(node: Dockerd) -> None:
    first, second = (collect_engine(node.url) for _ in range(2))
    assert [(r.id, r.line()) for r in sorted(first.records.values(), key=lambda r: r.id) if r.kind != "Engine"] == [
        (r.id, r.line()) for r in sorted(second.records.values(), key=lambda r: r.id) if r.kind != "Engine"
    ]


def test_the_engine_has_not_changed_by_being_read(node: Dockerd) -> None:
    def state() -> Any:
        client = node.client()
        rows = sorted(client.containers(all=True), key=lambda row: row["Id"])
        found = [client.inspect_container(row["Id"]) for row in rows]
        # The engine keeps mounts in a map and lists them in any order.
        return [{**one, "Mounts": sorted(one["Mounts"], key=lambda mount: mount["Destination"])} for one in found]

    before = state()
    collect_engine(node.url)
    assert state() == before


class Doing(MemorySpools):
    """Spools that do something when the first record of a kind arrives."""

    def __init__(self, when: str, what: Any) -> None:
        super().__init__()
        self._when, self._what = when, what

    def sink(self, name: str) -> Any:
        if name == self._when:
            self._what()
        return super().sink(name)


def test_a_container_removed_while_collecting_is_not_fatal(node: Dockerd) -> None:
    victims = [node.create(f"victim-{number}", "rancher/pause:3.2", ["/bin/true"]) for number in range(20)]
    stop = threading.Event()

    def remove() -> None:
        for victim in victims:
            if not stop.is_set():
                node.remove(victim)

    source = EngineSource(node.url, redactor=Redactor(), progress=Heard(), run_id="cafe0123")
    source.connect()
    source.pods()
    spools = Doing("engine/containers", lambda: threading.Thread(target=remove).start())
    (capture,) = source.collect(intake(spools))
    stop.set()
    names = [record.name for record in spools.records if record.kind == "EngineContainer"]
    assert len(names) == len(set(names))
    for victim in victims:
        try:
            node.remove(victim)
        except Exception:  # noqa: BLE001 - it was removed before
            continue
    assert set(node.states()) <= set(names)
    scope = next(scope for scope in capture.scopes if scope.name == "engine/containers")
    assert scope.result in ("complete", "partial")
    assert scope.result == "complete" or "vanished" in scope.reason or "http-409" in scope.reason


def test_an_engine_stopped_while_collecting_leaves_a_partial_snapshot_and_no_traceback(node: Dockerd) -> None:
    before = node.states()
    heard = Heard()
    source = EngineSource(node.url, redactor=Redactor(), progress=heard, run_id="cafe0123", limits=Limits(2, 5, 5))
    source.connect()
    source.pods()
    node.stop()
    try:
        found = finish(source, heard)
    finally:
        node.start()
    assert sorted(found.containers()) == sorted(before)
    assert found.scope("engine/containers")[0] == "partial"
    assert {found.scope(f"engine/{name}")[0] for name in ("images", "networks", "volumes")} == {"failed"}
