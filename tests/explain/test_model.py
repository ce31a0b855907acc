"""Workloads, pods, nodes and namespaces of a cluster, and how much of it was read."""

from __future__ import annotations

import pytest

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.model import is_static
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.record import HIDDEN, Record
from tests.support.nodes import Pod, cluster_of, container, rke


def owned(identifier: str, kind: str, owner: str | None) -> Record:
    return Record(identifier, kind, owner, {}, {"metadata": {"name": identifier.rpartition("/")[2]}})


SET = owned("apps/ReplicaSet/shop/web-645d6dcdd5", "ReplicaSet", "apps/Deployment/shop/web")
DEPLOYMENT = owned("apps/Deployment/shop/web", "Deployment", None)
POD = Pod("web-645d6dcdd5-4677w", owner=("ReplicaSet", "web-645d6dcdd5"))


def test_a_pods_workload_is_the_highest_owner_that_makes_pods() -> None:
    cluster = cluster_of([POD.record(), SET, DEPLOYMENT])
    for identifier in (POD.record().id, SET.id, DEPLOYMENT.id):
        workload = cluster.workload_of(identifier)
        assert workload is not None
        assert workload.id == DEPLOYMENT.id
    assert [workload.id for workload in cluster.workloads()] == [DEPLOYMENT.id]


def test_a_deployment_whose_replica_sets_were_not_read_is_told_by_the_hash_of_its_template() -> None:
    found = POD.record()
    body = {**found.body, "metadata": {**found.body["metadata"], "labels": {"pod-template-hash": "645d6dcdd5"}}}
    cluster = cluster_of([Record(found.id, "Pod", SET.id, {}, body)])
    assert [workload.id for workload in cluster.workloads()] == [DEPLOYMENT.id]


def test_a_static_pod_belongs_to_no_node_but_to_itself() -> None:
    pod = Pod("kube-vip-n1", "kube-system", static=True).record()
    cluster = cluster_of([pod, owned("core/Node/-/n1", "Node", None)])
    assert is_static(pod)
    assert [workload.id for workload in cluster.workloads()] == [pod.id]


@pytest.mark.parametrize("length", [1, 2, 5])
def test_owners_that_go_round_in_a_circle_end(length: int) -> None:
    ring = [
        owned(f"apps/ReplicaSet/shop/r{index}", "ReplicaSet", f"apps/ReplicaSet/shop/r{(index + 1) % length}")
        for index in range(length)
    ]
    pod = Record(
        "core/Pod/shop/p", "Pod", ring[0].id, {}, {"spec": {"nodeName": "n1", "containers": [{"name": "web"}]}}
    )
    cluster = cluster_of([*ring, pod, Pod("p").part("web")])
    assert build_ledger(cluster).closes
    cluster.workloads()
    assert len(build_ledger(cluster).lines) == 1


@pytest.mark.parametrize(
    "owner",
    ["", "x", "a/b", "core/Pod/shop/p", "core/Node/-/n1", "example.com/Thing/shop/t", "apps/ReplicaSet/shop/gone"],
)
def test_an_owner_that_is_odd_or_gone_hides_no_pod(owner: str) -> None:
    pod = Record(
        "core/Pod/shop/p", "Pod", owner, {}, {"metadata": {"uid": "uid-of-shop-p"}, "spec": {"nodeName": "n1"}}
    )
    cluster = cluster_of([pod, *Pod("p").parts()])
    assert sum(len(workload.pods) for workload in cluster.workloads()) == 1
    assert build_ledger(cluster).closes


def test_nodes_and_namespaces_are_also_those_that_others_speak_of() -> None:
    cluster = cluster_of(
        [POD.record(), Pod("x", "team-a", node="n7").record(), rke("kubelet", node="n3")], engines=("n3",)
    )
    assert [place.name for place in cluster.nodes()] == ["n1", "n3", "n7"]
    assert [place.name for place in cluster.namespaces()] == ["shop", "team-a"]
    assert cluster.engine_nodes == ("n3",)


def test_where_pods_were_listed_in_one_namespace_the_engine_stands_in_for_the_others() -> None:
    other = Pod("db-0", "team-a", owner=("StatefulSet", "db"))
    gone = Pod("gone-0")
    cluster = cluster_of([POD.record(), *POD.parts(), *other.parts(), *gone.parts()], namespaces=("shop",))
    assert (cluster.whole("Pod"), cluster.covers("Pod", "shop"), cluster.covers("Pod", "team-a")) == (
        False,
        True,
        False,
    )
    assert {pod.name for pod in cluster.pods} == {POD.name, "db-0"}
    ledger = build_ledger(cluster)
    assert [(item.kind, item.pod) for item in ledger.mismatches] == [("sandbox without pod", "shop/gone-0")]
    assert [item.what for item in ledger.not_collected] == ["pods"]
    assert ledger.closes


def test_containers_of_a_specification_have_roles() -> None:
    spec = {
        "initContainers": [{"name": "a"}, {"name": "b", "restartPolicy": "Always"}, "odd"], "containers": [{"name": "c"}, None],
        "ephemeralContainers": {"name": "odd"},
    }  # fmt: skip
    assert [(role, found["name"]) for role, found in containers_of(spec)] == [
        ("init", "a"),
        ("sidecar", "b"),
        ("app", "c"),
    ]


ODD = [
    None,
    True,
    3,
    1.5,
    "",
    "x",
    HIDDEN,
    "‹hidden:0123456789ab›",
    [],
    {},
    [None],
    [{}],
    {"": ""},
    {"name": {"name": 1}},
    "x" * 10_000,
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    "field",
    [
        "pod",
        "labels",
        "image",
        "imageId",
        "state",
        "exitCode",
        "created",
        "entrypoint",
        "args",
        "id",
        "collector",
        "env",
    ],
)
def test_a_field_of_another_type_neither_raises_nor_drops_a_container(field: str, odd: object) -> None:
    part, alone = POD.part("web"), container("sad_kilby")
    records = [Record(found.id, found.kind, None, {}, {**found.body, field: odd}) for found in (part, alone)]
    ledger = build_ledger(cluster_of([POD.record(), POD.part(), *records]))
    assert len(ledger.lines) == 3
    assert ledger.to_json()["total"] == 3


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("field", ["namespace", "name", "uid", "container", "attempt", "sandboxId", "type"])
def test_odd_words_about_a_pod_neither_raise_nor_drop_a_container(field: str, odd: object) -> None:
    parts = [
        Record(found.id, found.kind, None, {}, {**found.body, "pod": {**found.body["pod"], field: odd}})
        for found in POD.parts()
    ]
    for pods in ("complete", "forbidden"):
        ledger = build_ledger(cluster_of([POD.record(), *parts], pods=pods))
        assert len(ledger.lines) == 2
        assert all(found.role and found.origin for found in ledger.lines)


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("field", ["metadata", "spec", "status"])
def test_a_pod_of_odd_shape_neither_raises_nor_drops_a_container(field: str, odd: object) -> None:
    found = POD.record()
    pod = Record(found.id, "Pod", found.owner, {}, {**found.body, field: odd})
    for engines in (("n1",), ()):
        ledger = build_ledger(cluster_of([pod, *(POD.parts() if engines else ())], engines=engines))
        assert len(ledger.lines) >= (2 if engines else 0)


def test_hidden_labels_are_no_evidence() -> None:
    told = container(
        "sad_kilby",
        "sha256:" + "8" * 64,
        labels={"com.docker.compose.project": HIDDEN, "io.rancher.rke.container.name": HIDDEN},
    )
    found = build_ledger(cluster_of([told])).lines[0]
    assert found.origin == "workload"  # names of labels are shown, and somebody gave them
    assert "0123456789ab" not in found.evidence


def test_fingerprints_of_hidden_labels_are_not_shown() -> None:
    secret = "‹hidden:0123456789ab›"
    told = container(
        "sad_kilby", labels={"com.docker.compose.project": secret, "io.rancher.rke.container.name": secret}
    )
    found = build_ledger(cluster_of([told])).lines[0]
    assert "0123456789ab" not in f"{found.evidence}{found.rule}{found.subject}"


def test_hundreds_of_containers_without_a_name_of_their_own_have_subjects_of_their_own() -> None:
    names = [f"sad_{chr(97 + index // 26)}{chr(97 + index % 26)}" for index in range(600)]
    lines = build_ledger(cluster_of([container(name, "nginx:1") for name in names])).lines
    assert len({line.subject for line in lines}) == 600
    assert {"n1/nginx", "n1/nginx-2", "n1/nginx-600"} <= {line.subject for line in lines}


def test_an_object_of_another_kind_makes_pods_too() -> None:
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "web", "namespace": "shop"},
    }
    pod = Record(
        "core/Pod/shop/p",
        "Pod",
        "argoproj.io/Rollout/shop/web",
        {},
        {"spec": {"nodeName": "n1", "containers": [{"name": "web"}]}},
    )
    cluster = cluster_of([object_record(rollout), pod, Pod("p").part("web")])
    assert [(workload.kind, workload.name) for workload in cluster.workloads()] == [("Rollout", "web")]
