"""From Docker's shape to records that name no runtime."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.collect.engine.records import (
    container_record,
    engine_record,
    image_record,
    network_record,
    unique_name,
    volume_record,
)
from rkedoc.collect.engine.rows import row_of_inspect, row_of_list, row_of_ps
from rkedoc.snapshot.record import Record, intent_digest
from tests.support.fake_engine import container, row

RKE = {"io.rancher.rke.container.name": "kube-proxy"}
POD_LABELS = {
    "io.kubernetes.container.name": "web",
    "io.kubernetes.docker.type": "container",
    "io.kubernetes.pod.name": "web-0",
    "io.kubernetes.pod.namespace": "default",
    "io.kubernetes.pod.uid": "a97e6619-5418-44f9-a2c0-8cba3cbcf068",
    "io.kubernetes.sandbox.id": "f" * 64,
    "annotation.io.kubernetes.container.restartCount": "3",
}


def record(inspect: dict[str, Any], **settings: object) -> Record:
    name = inspect["Name"].lstrip("/")
    return container_record(inspect, node="n", name=name, names={}, **settings)  # type: ignore[arg-type]


def test_what_somebody_decided_is_intent_and_what_happens_by_itself_is_observed() -> None:
    made = record(container(1, "db", RestartCount=4, Config={"Labels": {"team": "blue"}}))
    assert made.id == "engine/EngineContainer/n/db"
    assert made.intent["image"] == "example/app:1"
    assert made.intent["args"] == ["sleep", "1"]
    assert made.intent["env"] == [{"name": "LOG_LEVEL", "value": "info"}]
    assert made.intent["labels"] == {"team": "blue"}
    assert made.observed["state"] == "running"
    assert made.observed["restartCount"] == 4
    assert not set(made.intent) & {"id", "state", "startedAt", "imageId", "created", "networks"}


def test_a_container_of_a_pod_has_no_intent_of_its_own() -> None:
    made = record(
        container(1, "k8s_web_web-0_default_a97e6619-5418-44f9-a2c0-8cba3cbcf068_3", Config={"Labels": POD_LABELS})
    )
    assert made.intent == {}
    assert made.body["pod"] == {
        "namespace": "default", "name": "web-0", "uid": "a97e6619-5418-44f9-a2c0-8cba3cbcf068", "container": "web",
        "attempt": 3, "sandboxId": "f" * 64, "type": "container",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "container_name", "attempt", "kind"),
    [
        ("k8s_web_web-0_default_a97e6619-5418-44f9-a2c0-8cba3cbcf068_0", "web", 0, "container"),
        ("k8s_POD_web-0_default_a97e6619-5418-44f9-a2c0-8cba3cbcf068_2", "POD", 2, "podsandbox"),
        ("k8s_POD_web-0_default_a97e6619-5418-44f9-a2c0-8cba3cbcf068_2_1f2e3d4c", "POD", 2, "podsandbox"),
        (
            "k8s_kube-apiserver_kube-apiserver-n_kube-system_0123456789abcdef0123456789abcdef_7",
            "kube-apiserver",
            7,
            "container",
        ),
    ],
)
def test_without_labels_the_kubelets_name_says_whose_container_it_is(
    name: str, container_name: str, attempt: int, kind: str
) -> None:
    pod = record(container(1, name)).body["pod"]
    assert (pod["container"], pod["attempt"], pod["type"]) == (container_name, attempt, kind)
    assert pod["sandboxId"] == (f"{1:064x}" if kind == "podsandbox" else "")


@pytest.mark.parametrize(
    "name", ["k8s_web", "k8s_a_b_c_d_x", "k8s_a_b_c_d_1_zz", "my_k8s_a_b_c_d_1", "k8s_a_b_c_d_1_123456789"]
)
def test_a_name_that_only_looks_like_a_kubelets_makes_no_pod(name: str) -> None:
    assert "pod" not in record(container(1, name)).body


def test_the_collector_itself_and_what_was_not_read_have_no_intent() -> None:
    assert record(container(1, "rkedoc"), collector=True).intent == {}
    assert record(container(1, "rkedoc"), collector=True).body["collector"] is True
    assert record(container(1, "stuck"), inspected=False).intent == {}


FLAGS = ["--v=2", "--cluster-cidr=10.42.0.0/16", "--hostname-override=n", "--healthz-bind-address=127.0.0.1"]


@given(st.permutations(FLAGS), st.booleans())
def test_rke_gives_its_flags_in_any_order_and_means_the_same(flags: list[str], as_arguments: bool) -> None:
    def made(flags: list[str]) -> Record:
        head = ["/opt/rke-tools/entrypoint.sh", "kube-proxy"]
        config = (
            {"Labels": RKE, "Entrypoint": head, "Cmd": flags}
            if as_arguments
            else {"Labels": RKE, "Entrypoint": head + flags}
        )
        return record(container(1, "kube-proxy", Config=config))

    assert intent_digest(made(flags)) == intent_digest(made(FLAGS))
    if not as_arguments:
        assert made(flags).body["entrypoint"][:2] == ["/opt/rke-tools/entrypoint.sh", "kube-proxy"]


def test_anybody_elses_arguments_keep_their_order() -> None:
    words = ["sh", "-c", "b; a", "--z=1", "--a=2"]
    assert record(container(1, "mine", Config={"Cmd": words})).body["args"] == words
    pairs = ["save", "--name", "x", "--cacert", "y"]
    assert record(container(1, "snapshots", Config={"Cmd": pairs, "Labels": RKE})).body["args"] == pairs


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_an_engine_answers_changes_nothing(chance: random.Random) -> None:
    mounts = [{"Type": "bind", "Source": f"/s{n}", "Destination": f"/d{n}", "RW": True} for n in range(5)]
    env = [f"E{n}={n}" for n in range(5)]
    labels = [(f"l{n}", str(n)) for n in range(5)]
    networks = [(f"n{n}", {"IPAddress": f"10.0.0.{n}"}) for n in range(3)]

    def made() -> bytes:
        for each in (mounts, env, labels, networks):
            chance.shuffle(each)  # type: ignore[arg-type]
        config = {"Env": list(env), "Labels": dict(labels)}
        return record(
            container(1, "x", Mounts=list(mounts), Config=config, NetworkSettings={"Networks": dict(networks)})
        ).line()

    assert made() == made()


def test_a_volume_that_nobody_named_is_chance_where_it_lies_is_not() -> None:
    def made(name: str) -> Record:
        mount = {
            "Type": "volume",
            "Name": name,
            "Source": f"/var/lib/docker/volumes/{name}/_data",
            "Destination": "/x",
            "RW": True,
        }
        return record(container(1, "db", Mounts=[mount]))

    assert intent_digest(made("a" * 64)) == intent_digest(made("b" * 64))
    assert made("a" * 64).body["mounts"][0]["name"] == "a" * 64
    assert intent_digest(made("data")) != intent_digest(made("other"))


def test_ports_that_the_engine_picked_are_observed_and_chosen_ones_are_intent() -> None:
    chosen = container(1, "a", HostConfig={"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}})
    assert record(chosen).intent["ports"] == [
        {"containerPort": 80, "protocol": "tcp", "hostIp": "", "hostPort": "8080"}
    ]

    def picked(port: str) -> Record:
        ports = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": port}]}
        host = {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": ""}]}}
        return record(container(1, "a", HostConfig=host, NetworkSettings={"Ports": ports}))

    assert intent_digest(picked("32768")) == intent_digest(picked("32769"))
    assert picked("32768").body["ports"][0]["hostPort"] == "32768"


def test_another_containers_id_is_replaced_by_its_name() -> None:
    other = "b" * 64
    host = {
        "NetworkMode": f"container:{other}",
        "IpcMode": f"container:{other}",
        "VolumesFrom": [f"{other}:ro", "by-name"],
    }
    made = container_record(container(1, "a", HostConfig=host), node="n", name="a", names={other: "sidekick"})
    assert made.intent["networkMode"] == "container:sidekick"
    assert made.intent["volumesFrom"] == ["by-name", "sidekick:ro"]


def test_an_engine_of_api_1_24_says_the_same_with_fewer_fields() -> None:
    old = container(
        1,
        "a",
        Mounts=[
            {"Name": "data", "Source": "/v", "Destination": "/d", "RW": False},
            {"Source": "/h", "Destination": "/e"},
        ],
    )
    old["State"] = {"Running": False, "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"}
    body = record(old).body
    assert [mount["type"] for mount in body["mounts"]] == ["volume", "bind"]
    assert body["mounts"][0]["readOnly"] is True
    assert (body["state"], body["startedAt"], body["finishedAt"]) == ("created", "", "")


def test_a_row_stands_in_for_a_container_that_cannot_be_inspected() -> None:
    inspect = container(
        7, "k8s_web_web-0_default_a97e6619-5418-44f9-a2c0-8cba3cbcf068_0", Config={"Labels": POD_LABELS}
    )
    short = row(inspect) | {"State": "exited", "Status": "Exited (137) 5 minutes ago"}
    short["Ports"] = [{"PrivatePort": 80, "PublicPort": 8080, "IP": "127.0.0.1", "Type": "tcp"}]
    found = row_of_list(short)
    assert found is not None
    assert found.pod_uid == "a97e6619-5418-44f9-a2c0-8cba3cbcf068"
    body = record(dict(found.raw), inspected=False).body
    assert (body["state"], body["exitCode"], body["inspected"]) == ("exited", 137, False)
    assert body["ports"] == [{"containerPort": 80, "protocol": "tcp", "hostIp": "127.0.0.1", "hostPort": "8080"}]
    assert body["pod"]["name"] == "web-0"


def test_a_line_of_docker_ps_is_read_with_the_labels_that_say_whose_it_is() -> None:
    line = {
        "ID": "adced4797723", "Names": "k8s_web_web-0_default_uid_1", "Image": "02db04f0422b", "Command": '"sleep 1000000"',
        "Labels": "io.kubernetes.pod.uid=uid-1,io.kubernetes.pod.name=web-0,note=a,b,c=secret", "Networks": "host",
        "CreatedAt": "2026-11-23 06:37:31 +0100 CET", "Status": "Up 2 minutes (Paused)", "Ports": "0.0.0.0:80->8080/tcp, 53/udp",
    }  # fmt: skip
    found = row_of_ps(line)
    assert found is not None
    assert found.pod_uid == "uid-1"
    body = record(dict(found.raw), inspected=False).body
    assert (body["state"], body["created"]) == ("paused", "2026-11-23T05:37:31Z")
    assert body["labels"] == {"io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.uid": "uid-1"}
    assert body["ports"][0]["hostPort"] == "80"


def test_a_kubelet_outside_pods_says_what_its_node_is_called() -> None:
    kubelet = container(
        1, "kubelet", Path="/opt/rke-tools/entrypoint.sh", Args=["kubelet", "--hostname-override=node-7", "--v=2"]
    )
    for found in (row_of_list(row(kubelet)), row_of_inspect(kubelet)):
        assert found is not None
        assert found.hostname_override == "node-7"
    other = row_of_inspect(container(2, "other", Args=["--hostname-override=lies"]))
    assert other is not None
    assert other.hostname_override is None


def test_links_of_others_are_no_names() -> None:
    found = row_of_list(row(container(1, "db")) | {"Names": ["/web/database", "/db"]})
    assert found is not None
    assert found.name == "db"


def test_names_that_became_equal_are_told_apart() -> None:
    taken: set[str] = set()
    names = []
    for number in range(4):
        name = unique_name("same", f"{number % 2:064x}", taken)
        taken.add(name)
        names.append(name)
    assert len(set(names)) == 4
    assert unique_name("", "ab" * 32, ()) == "ab" * 6


def test_images_networks_volumes_and_the_engine() -> None:
    image = image_record(
        {"Id": "sha256:1", "RepoTags": ["b:1", "a:1", "<none>:<none>"], "Size": 5, "Config": {"Env": ["A=1"]}}, node="n"
    )
    assert image.id == "engine/EngineImage/n/sha256:1"
    assert (image.intent, image.observed["tags"], image.observed["size"]) == ({}, ["a:1", "b:1"], 5)
    assert network_record({"Name": "bridge", "Driver": "bridge"}, node="n", name="bridge").intent == {}
    assert network_record({"Name": "mine", "Driver": "bridge"}, node="n", name="mine").intent["driver"] == "bridge"
    assert volume_record({"Name": "a" * 64, "Driver": "local"}, node="n", name="a" * 64).intent == {}
    assert volume_record({"Name": "nas", "Driver": "local"}, node="n", name="nas").intent["driver"] == "local"
    engine = engine_record({"Version": "20.10", "ApiVersion": "1.41"}, {"Name": "host", "NCPU": 2}, node="n")
    assert engine.id == "engine/Engine/n/engine"
    assert (engine.observed["version"], engine.observed["cpus"]) == ("20.10", 2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
FIELDS = (
    "Id",
    "Name",
    "Created",
    "Path",
    "Args",
    "Image",
    "State",
    "Config",
    "HostConfig",
    "NetworkSettings",
    "Mounts",
)
PARTS = (
    "Env",
    "Cmd",
    "Labels",
    "Status",
    "Ports",
    "Networks",
    "PortBindings",
    "VolumesFrom",
    "Devices",
    "Healthcheck",
    "RestartPolicy",
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.dictionaries(st.sampled_from(PARTS), JSON)))
def test_no_shape_of_an_answer_is_fatal(inspect: dict[str, Any]) -> None:
    made = container_record(inspect, node="n", name="x", names={})
    made.line()
    row_of_inspect(inspect)
    row_of_list(inspect)
    row_of_ps(inspect)
