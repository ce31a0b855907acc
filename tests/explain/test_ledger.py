"""Every container stands in the ledger once, with the right role, origin and reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.errors import UsageError
from rkedoc.explain.ledger.ledger import Ledger, LedgerLine, build_ledger, steps
from rkedoc.explain.ledger.text import sentence
from rkedoc.vocabulary import Origin, Role
from tests.explain.recorded import pod as api_pod
from tests.support.nodes import EXITED, RUNNING, Made, Pod, cluster_of, container, image, nodes, rke, user_names

quick = settings(max_examples=60, deadline=None)

WEB = Pod("web-645d6dcdd5-4677w", owner=("ReplicaSet", "web-645d6dcdd5"))


def line(ledger: Ledger, name: str) -> LedgerLine:
    return next(found for found in ledger.lines if found.name == name)


def whats(ledger: Ledger) -> list[str]:
    return [item.kind for item in ledger.mismatches]


# What always holds --------------------------------------------------------------------------------------------------


@quick
@given(nodes())
def test_each_container_is_there_once_and_both_axes_add_up(made: Made) -> None:
    ledger = build_ledger(made.cluster())
    assert sorted(found.name for found in ledger.lines) == sorted(made.expected)
    told = ledger.to_json()
    assert (
        sum(told["by_role"].values())
        == sum(told["by_origin"].values())
        == sum(told["by_node"].values())
        == told["total"]
    )
    assert set(told["by_role"]) <= set(Role)
    assert set(told["by_origin"]) <= set(Origin)
    assert sum(step.count for step in steps(ledger.lines)) == told["total"]
    assert all(found.rule and found.evidence for found in ledger.lines)


@quick
@given(nodes())
def test_roles_and_origins_are_those_that_the_node_was_made_with(made: Made) -> None:
    for found in build_ledger(made.cluster()).lines:
        role, origin = made.expected[found.name]
        assert not role or found.role == role, found
        assert origin is None or found.origin == origin, found


@quick
@given(nodes())
def test_it_closes_if_and_only_if_everything_is_explained(made: Made) -> None:
    ledger = build_ledger(made.cluster())
    assert ledger.closes == made.whole
    assert ledger.closes == (not ledger.unexplained)


@quick
@given(nodes(), st.integers(1, 3))
def test_it_does_not_close_when_the_engine_listed_more_than_there_is(made: Made, lost: int) -> None:
    assert not build_ledger(made.cluster(counts={"n1": len(made.expected) + lost})).closes


@quick
@given(nodes())
def test_sandboxes_and_pods_match_one_to_one_or_are_listed(made: Made) -> None:
    ledger = build_ledger(made.cluster())
    listed = {(item.kind, item.container or item.pod) for item in ledger.mismatches}
    current = [found for found in ledger.lines if found.role == "sandbox"]
    wanted = {f"{pod.namespace}/{pod.name}" for pod in made.known}
    matched = [
        f"{found.namespace}/{found.pod}" for found in current if ("sandbox without pod", found.name) not in listed
    ]
    assert len(matched) == len(set(matched))
    assert set(matched) <= wanted
    due = {f"{pod.namespace}/{pod.name}" for pod in made.known if pod.phase == "Running"}
    assert due - set(matched) == {name for what, name in listed if what == "pod without sandbox"}


@quick
@given(nodes())
def test_an_earlier_attempt_never_runs(made: Made) -> None:
    assert not [
        found
        for found in build_ledger(made.cluster()).lines
        if found.role == "previous-attempt" and found.state == "running"
    ]


@quick
@given(nodes(), st.randoms())
def test_the_order_of_records_changes_nothing(made: Made, random: st.DataObject) -> None:
    before = build_ledger(made.cluster()).to_json()
    random.shuffle(made.records)  # type: ignore[attr-defined]
    assert build_ledger(made.cluster()).to_json() == before


@quick
@given(nodes(), st.integers(1, 4))
def test_pods_of_a_node_that_was_not_collected_change_nothing_but_what_was_not_collected(
    made: Made, count: int
) -> None:
    before = build_ledger(made.cluster()).to_json()
    made.records += [Pod(f"other-{index}", node="n2").record() for index in range(count)]
    after = build_ledger(made.cluster()).to_json()
    assert after.pop("not_collected") == [
        {"what": "node", "node": "n2", "pods": count, "why": "its engine was not read"}
    ]
    assert before.pop("not_collected") == []
    assert len(after.pop("not_seen")) >= len(before.pop("not_seen"))
    assert after.pop("closes") <= before.pop("closes")
    assert after == before


@quick
@given(user_names(), st.sampled_from(("nginx:1.19", "example/etcd:3", "sha256:" + "3" * 64)))
def test_what_somebody_started_is_never_the_platforms(name: str, shown: str) -> None:
    found = build_ledger(cluster_of([container(name, shown), rke("kubelet")]))
    assert (line(found, name).role, line(found, name).origin) == ("standalone", "workload")
    assert found.closes


@quick
@given(nodes(), st.sampled_from(("etcd", "kubelet", "kube-apiserver")))
def test_labels_beat_names(made: Made, component: str) -> None:
    told = container("anything-at-all", labels={"io.rancher.rke.container.name": component})
    found = line(build_ledger(cluster_of([*made.records, told])), "anything-at-all")
    assert (found.origin, found.component) == ("control-plane", component)


# Cases ----------------------------------------------------------------------------------------------------------------


def test_labels_of_a_pod_beat_the_name_of_its_container() -> None:
    pod = WEB
    part = pod.part("web")
    labels = part.body["labels"]
    named = container("k8s_other_elsewhere-0_default_uid-x_0", "sha256:" + "1" * 64, labels=labels)
    found = line(build_ledger(cluster_of([pod.record(), pod.part(), named])), named.name)
    assert (found.namespace, found.pod, found.role) == ("shop", pod.name, "app")


def test_roles_come_from_the_specification() -> None:
    pod = replace(WEB, init=("prepare",), sidecars=("proxy",), ephemeral=("debugger-x7x9z",))
    ledger = build_ledger(cluster_of([pod.record(), *pod.parts()]))
    assert {found.name.split("_")[1]: found.role for found in ledger.lines} == {
        "POD": "sandbox", "prepare": "init", "proxy": "sidecar", "debugger-x7x9z": "ephemeral", "web": "app",
    }  # fmt: skip
    assert all(found.origin == "workload" for found in ledger.lines)
    assert ledger.mismatches == ()


def test_of_several_attempts_the_last_is_the_container_and_the_others_are_previous() -> None:
    records = [WEB.record(), *(WEB.part("web", n, state=EXITED) for n in (9, 10)), WEB.part("web", 11)]
    records += [WEB.part("POD", 0, state=EXITED), WEB.part("POD", 1)]
    ledger = build_ledger(cluster_of(records))
    assert sorted((f.name.split("_")[1], f.name.rsplit("_", 1)[1], f.role) for f in ledger.lines) == [
        ("POD", "0", "previous-attempt"), ("POD", "1", "sandbox"),
        ("web", "10", "previous-attempt"), ("web", "11", "app"), ("web", "9", "previous-attempt"),
    ]  # fmt: skip
    assert ledger.mismatches == ()


def test_a_dead_container_without_a_successor_is_no_previous_attempt() -> None:
    ledger = build_ledger(cluster_of([WEB.record(), WEB.part(), WEB.part("web", 7, state=EXITED)]))
    assert line(ledger, WEB.part("web", 7).name).role == "app"


def test_the_sandbox_of_a_completed_job_is_a_sandbox_that_stopped() -> None:
    pod = Pod("rke-network-plugin-deploy-job-9jgv8", "kube-system", owner=("Job", "rke-network-plugin-deploy-job"),
              containers=("rke-network-plugin-pod",), phase="Succeeded")  # fmt: skip
    ledger = build_ledger(cluster_of([pod.record(), *pod.parts()]))
    assert [(found.role, found.origin, found.state) for found in ledger.lines] == [
        ("sandbox", "platform", "exited"), ("app", "platform", "exited"),
    ]  # fmt: skip
    assert ledger.mismatches == ()


def test_a_completed_job_whose_sandbox_is_gone_is_no_mismatch() -> None:
    pod = Pod("once-d4pn7", owner=("Job", "once"), phase="Succeeded")
    assert build_ledger(cluster_of([pod.record()])).mismatches == ()


def test_a_pod_that_the_api_no_longer_knows_is_counted_and_listed() -> None:
    ledger = build_ledger(cluster_of(WEB.parts()))
    assert whats(ledger) == ["sandbox without pod"]
    assert "no longer knows" in ledger.mismatches[0].why
    assert {found.role for found in ledger.lines} == {"sandbox", "app"}
    assert {found.origin for found in ledger.lines} == {"workload"}
    assert ledger.closes


def test_a_pod_that_the_engine_does_not_know_is_listed() -> None:
    ledger = build_ledger(cluster_of([WEB.record(), rke("kubelet")]))
    assert [(item.kind, item.pod, item.node) for item in ledger.mismatches] == [
        ("pod without sandbox", f"shop/{WEB.name}", "n1")
    ]


def test_the_predecessor_of_a_pod_of_the_same_name_is_not_taken_for_it() -> None:
    old, new = Pod("db-0", uid="old", owner=("StatefulSet", "db")), Pod("db-0", uid="new", owner=("StatefulSet", "db"))
    ledger = build_ledger(cluster_of([new.record(), *old.parts()]))
    assert sorted(whats(ledger)) == ["pod without sandbox", "sandbox without pod"]


def test_a_second_living_sandbox_of_a_pod_is_listed() -> None:
    ledger = build_ledger(cluster_of([WEB.record(), WEB.part("POD", 0), WEB.part("POD", 1)]))
    assert [found.role for found in ledger.lines] == ["sandbox", "sandbox"]
    assert [(item.kind, item.container) for item in ledger.mismatches] == [
        ("second sandbox of a pod", WEB.part("POD", 0).name)
    ]


def test_a_pod_that_the_api_binds_to_another_node_is_listed() -> None:
    part = replace(WEB, node="n1").part()
    assert whats(build_ledger(cluster_of([replace(WEB, node="n2").record(), part]))) == ["sandbox on another node"]


def test_a_static_pod_is_found_by_the_hash_of_its_configuration() -> None:
    pod = Pod("kube-vip-n1", "kube-system", uid="mirror-uid", static=True, host_network=True, containers=("kube-vip",))
    ledger = build_ledger(cluster_of([pod.record(), *pod.parts()]))
    assert ledger.mismatches == ()
    assert all(found.rule.startswith("static pod") for found in ledger.lines)


def test_a_pod_in_the_networks_of_its_host_has_a_sandbox_as_others_have() -> None:
    pod = Pod(
        "canal-nsttb", "kube-system", owner=("DaemonSet", "canal"), containers=("calico-node",), host_network=True,
        image="rancher/calico-node:v3.17.2",
    )  # fmt: skip
    ledger = build_ledger(cluster_of([pod.record(), *pod.parts()]))
    assert {(found.role, found.origin) for found in ledger.lines} == {("sandbox", "platform"), ("app", "platform")}
    assert ledger.mismatches == ()


@pytest.mark.parametrize("seventh", ["", "1f2e3d4c"])
def test_without_labels_names_of_six_or_seven_fields_do(seventh: str) -> None:
    parts = WEB.parts(labelled=False, seventh=seventh)
    ledger = build_ledger(cluster_of([WEB.record(), *parts]))
    assert sorted(found.role for found in ledger.lines) == ["app", "sandbox"]
    assert {found.pod for found in ledger.lines} == {WEB.name}
    assert ledger.mismatches == ()
    alone = build_ledger(cluster_of(parts, pods=None))
    assert sorted(found.role for found in alone.lines) == ["app", "sandbox"]
    assert all(found.rule.startswith("engine name") for found in alone.lines)
    assert alone.closes


@pytest.mark.parametrize(
    ("name", "shown", "origin"),
    [
        ("nostalgic_galileo", "rancher/rancher-agent:v2.5.5", "rancher-agent"),
        ("hungry_wright", "rancher/rancher:v2.5.5", "rancher-server"),
        ("hungry_wright", "registry.example:5000/library/rancher/rancher:v2.5.5", "rancher-server"),
        ("keen_fermi", "rancher/rancher-agent@sha256:" + "a" * 64, "rancher-agent"),
    ],
)
def test_ranchers_own_containers_are_known_by_their_image(name: str, shown: str, origin: str) -> None:
    found = line(build_ledger(cluster_of([container(name, shown)])), name)
    assert (found.role, found.origin) == ("standalone", origin)


@pytest.mark.parametrize(
    ("tags", "digests"),
    [
        (("harbor.example/rke/rancher/rancher-agent:v2.5.5",), ()),
        ((), ("registry.example:5000/rancher/rancher-agent@sha256:" + "b" * 64,)),
        (("<none>:<none>",), ("rancher/rancher-agent@sha256:" + "b" * 64,)),
        (("registry.example/app:1", "rancher/rancher-agent:v2.5.5"), ()),
    ],
)
@pytest.mark.parametrize("shown", ["sha256:" + "c" * 64, "cccccccccccc"])
def test_an_image_given_as_an_id_is_known_by_its_tags_and_digests(
    tags: tuple[str, ...], digests: tuple[str, ...], shown: str
) -> None:
    identifier = "sha256:" + "c" * 64
    records = [container("keen_fermi", shown, image_id=identifier), image(identifier, tags=tags, digests=digests)]
    assert line(build_ledger(cluster_of(records)), "keen_fermi").origin == "rancher-agent"


def test_helpers_of_rke_are_helpers_whether_created_or_done() -> None:
    ledger = build_ledger(cluster_of([
        rke("service-sidekick", state={"Status": "created"}, image="rancher/rke-tools:v0.1.69"),
        container("rke-log-linker", "rancher/rke-tools:v0.1.69", state={"Status": "created"}),
        container("share-mnt", "rancher/rancher-agent:v2.5.5", state=EXITED),
        container("cluster-state-deployer", "rancher/rke-tools:v0.1.69", state=EXITED),
    ]))  # fmt: skip
    assert {found.name: found.origin for found in ledger.lines} == dict.fromkeys(
        ("service-sidekick", "rke-log-linker", "share-mnt", "cluster-state-deployer"), "helper"
    )


def test_a_container_of_a_pod_that_was_never_started_keeps_its_role() -> None:
    ledger = build_ledger(cluster_of([WEB.record(), WEB.part(), WEB.part("web", state={"Status": "created"})]))
    assert [(found.role, found.state) for found in ledger.lines if found.role != "sandbox"] == [("app", "created")]


def test_a_container_with_no_name_of_its_own_no_label_and_no_image_name_is_unexplained() -> None:
    ledger = build_ledger(cluster_of([container("sad_kilby", "sha256:" + "8" * 64)]))
    assert not ledger.closes
    assert ledger.to_json()["unexplained"] == ["sad_kilby"]


def test_the_container_that_collects_is_listed_as_such() -> None:
    found = line(build_ledger(cluster_of([container("sad_kilby", "sha256:" + "8" * 64, collector=True)])), "sad_kilby")
    assert (found.origin, found.rule) == ("workload", "collector")


def test_of_several_nodes_only_those_whose_engine_was_read_are_expected_to_have_sandboxes() -> None:
    other = Pod("web-645d6dcdd5-zzzzz", node="n2")
    done = Pod("once-d4pn7", node="n2", phase="Succeeded")
    ledger = build_ledger(cluster_of([WEB.record(), *WEB.parts(), other.record(), done.record()]))
    assert ledger.mismatches == ()
    assert [(item.node, item.pods) for item in ledger.not_collected] == [("n2", 1)]
    assert ledger.closes


def test_two_engines_may_hold_containers_of_the_same_name() -> None:
    records = [rke("kubelet"), rke("kubelet", node="n2"), rke("etcd", node="n2")]
    ledger = build_ledger(cluster_of(records, engines=("n1", "n2")))
    assert ledger.to_json()["by_node"] == {"n1": 1, "n2": 2}
    assert ledger.closes


def test_one_node_alone_can_be_asked_for() -> None:
    other = replace(WEB, name="web-645d6dcdd5-zzzzz", node="n2")
    cluster = cluster_of(
        [rke("kubelet"), rke("kubelet", node="n2"), WEB.record(), other.record(), *WEB.parts()], engines=("n1", "n2")
    )
    first, second = build_ledger(cluster, "n1"), build_ledger(cluster, "n2")
    assert {found.node for found in first.lines} == {"n1"}
    assert (len(first.lines), len(second.lines), len(build_ledger(cluster).lines)) == (3, 1, 4)
    assert (first.mismatches, whats(second)) == ((), ["pod without sandbox"])
    assert first.closes
    assert second.closes
    with pytest.raises(UsageError, match=r"there is no node 'n3'\. There are: n1, n2"):
        build_ledger(cluster, "n3")


def test_a_rebooted_node_has_a_dead_attempt_of_everything() -> None:
    pods = [Pod(f"p-{index}", init=("prepare",)) for index in range(5)]
    records = [pod.record() for pod in pods]
    for pod in pods:
        records += [
            pod.part(name, 0, state={"Status": "exited", "ExitCode": 255}) for name in ("POD", "prepare", "web")
        ]
        records += [pod.part("POD", 1), pod.part("prepare", 1, state=EXITED), pod.part("web", 1)]
    told = build_ledger(cluster_of(records)).to_json()
    assert told["by_role"] == {"sandbox": 5, "init": 5, "app": 5, "previous-attempt": 15}
    assert (told["running"], told["mismatches"], told["closes"]) == (10, [], True)


def test_without_an_engine_the_statuses_of_pods_stand_in_and_it_says_so() -> None:
    pod = replace(WEB, init=("prepare",), sidecars=("proxy",))
    ledger = build_ledger(cluster_of([pod.record()], engines=()))
    assert {found.name.rpartition("/")[2]: (found.role, found.state) for found in ledger.lines} == {
        "prepare": ("init", "exited"), "proxy": ("sidecar", "running"), "web": ("app", "running"),
    }  # fmt: skip
    assert [item.what for item in ledger.not_collected] == ["engine"]
    assert all(found.rule.startswith("pod status") for found in ledger.lines)
    told = ledger.to_json()
    assert (told["closes"], told["closes_for_what_was_seen"]) == (False, True)
    assert [text for text in told["not_seen"] if text in sentence(ledger)] == told["not_seen"] != []


def test_without_kubernetes_the_labels_of_the_engine_do_and_it_says_so() -> None:
    ledger = build_ledger(cluster_of([*WEB.parts(), rke("kubelet")], pods=None))
    assert [item.what for item in ledger.not_collected] == ["pods"]
    assert ledger.mismatches == ()
    assert {(found.role, found.origin) for found in ledger.lines} == {
        ("sandbox", "workload"), ("app", "workload"), ("standalone", "control-plane"),
    }  # fmt: skip
    assert ledger.closes


def test_where_pods_were_forbidden_a_sandbox_without_pod_is_not_held_against_it() -> None:
    ledger = build_ledger(cluster_of(WEB.parts(), pods="forbidden"))
    assert ledger.mismatches == ()
    assert [item.what for item in ledger.not_collected] == ["pods"]


def test_json_has_the_promised_keys_and_no_others() -> None:
    told = build_ledger(
        cluster_of([WEB.record(), *WEB.parts(), container("sad_kilby", "sha256:" + "8" * 64)])
    ).to_json()
    assert list(told) == ["total", "running", "by_role", "by_origin", "by_node", "made_of", "closes", "closes_for_what_was_seen",
                          "not_seen", "unexplained", "mismatches", "not_collected", "runtimes", "containers"]  # fmt: skip
    for item in told["containers"]:
        assert list(item) == [
            "id",
            "name",
            "node",
            "state",
            "role",
            "origin",
            "component",
            "rule",
            "evidence",
            "made_of",
            "pod",
            "namespace",
        ]


def test_a_snapshot_of_nothing_has_an_empty_ledger() -> None:
    told = build_ledger(cluster_of([], engines=(), pods=None)).to_json()
    assert (told["total"], told["containers"]) == (0, [])
    assert [item["what"] for item in told["not_collected"]] == ["engine", "pods"]


def test_a_paused_sandbox_is_no_previous_attempt() -> None:
    records = [WEB.record(), WEB.part("POD", 0, state={"Status": "paused"}), WEB.part("POD", 1, state=RUNNING)]
    assert [found.role for found in build_ledger(cluster_of(records)).lines] == ["sandbox", "sandbox"]


def test_a_name_that_stands_twice_in_a_pod_makes_two_lines() -> None:
    status = {"name": "main", "image": "nginx:1.19", "state": {"running": {}}}
    record = api_pod("web", containerStatuses=[status, status])
    found = build_ledger(cluster_of([record], engines=()))
    assert [line.name for line in found.lines] == ["shop/web/main", "shop/web/main (2)"]
    assert found.closes
