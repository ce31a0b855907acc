"""Why containers do not run: on recorded nodes, and case by case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rkedoc.cluster.model import Cluster
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.ledger.stopped import why_stopped
from rkedoc.snapshot.podnames import engine_name
from tests.explain.recorded import catalog, dumped, recorded
from tests.support.nodes import EXITED, Pod, cluster_of, container, rke

Recording = Callable[[str], Path]
DONE = "its pod has done its work; the kubelet keeps its last containers as long as the pod is there"
INIT = "an init container, which ran before the others and is done"


def stopped(cluster: Cluster) -> dict[str, str]:
    """Why each container does not run, by its name; ``<namespace>/<pod without suffix>/<container>`` for those of pods."""
    found = {}
    for line in build_ledger(cluster).lines:
        if line.state != "running":
            parsed = engine_name(line.name)
            name = (
                line.name
                if parsed is None
                else f"{line.namespace}/{parsed.pod.rpartition('-')[0] or parsed.pod}/{parsed.container}"
            )
            found[name] = why_stopped(cluster, line)
    return found


JOBS = {
    f"kube-system/rke-{name}-deploy-job/{container}": DONE
    for name in ("coredns-addon", "ingress-controller", "metrics-addon", "network-plugin")
    for container in ("POD", f"rke-{name}-pod")
}
TWELVE = {
    **JOBS,
    "kube-system/canal/install-cni": INIT,
    "kube-system/canal/flexvol-driver": INIT,
    "service-sidekick": "it was created and never started: A container that is created and never started; it carries the "
                        "folder /opt/rke-tools that the Kubernetes containers borrow.",
    "share-mnt": "it did its work and ended (exit code 0): A helper of Rancher's node agent that has this node's "
                 "Kubernetes certificates written and ends; Exited (0) is its healthy state.",
}  # fmt: skip


@pytest.mark.parametrize("name", ["rke-single-node", "rke-single-node-idle"])
def test_the_twelve_containers_of_the_recorded_node_that_do_not_run(recording: Recording, name: str) -> None:
    assert stopped(Cluster(recorded(recording(name)), catalog())) == TWELVE


def test_the_seventeen_of_the_unhealthy_node(recording: Recording) -> None:
    found = stopped(Cluster(recorded(recording("rke-single-node-unhealthy")), catalog()))
    more = {name: why for name, why in found.items() if name not in TWELVE}
    assert {name: why for name, why in found.items() if name in TWELVE} == TWELVE
    assert more == {
        "staging/once/POD": DONE,
        "staging/once/o": DONE,
        "staging/annotated/a": "it ended with exit code 1",
        "staging/crasher-5b57d9d889/c": "it ended with exit code 3",
        "one-off": "it ended with exit code 137",
    }


@pytest.mark.parametrize(
    ("name", "total", "running", "sandboxes"),
    [("rke-single-node", 50, 38, 18), ("rke-single-node-unhealthy", 58, 41, 22)],
)
def test_recorded_nodes_are_accounted_for(
    recording: Recording, name: str, total: int, running: int, sandboxes: int
) -> None:
    ledger = build_ledger(Cluster(recorded(recording(name)), catalog()))
    told = ledger.to_json()
    assert (told["total"], told["running"], told["by_role"]["sandbox"]) == (total, running, sandboxes)
    assert (told["closes"], told["unexplained"]) == (True, [])
    assert {item["what"] for item in told["mismatches"]} <= {"pod without sandbox"}
    assert told["by_node"] == {"rancher01": total}


def test_what_else_the_ledger_of_the_recorded_node_says(recording: Recording) -> None:
    told = build_ledger(Cluster(recorded(recording("rke-single-node")), catalog())).to_json()
    assert told["by_role"] == {"sandbox": 18, "init": 2, "app": 19, "standalone": 11}
    assert told["by_origin"] == {
        "control-plane": 7, "helper": 2, "rancher-server": 1, "rancher-agent": 1, "platform": 33, "workload": 6,
    }  # fmt: skip
    assert told["mismatches"] == []
    assert told["not_collected"] == []


def test_on_a_node_whose_containers_were_made_anew_nothing_is_unexplained(recording: Recording) -> None:
    told = build_ledger(Cluster(recorded(recording("rke-single-node-recreated")), catalog())).to_json()
    assert told["total"] > 0
    assert (told["closes"], told["unexplained"]) == (True, [])


@pytest.mark.parametrize("name", ["rancher-v1.14", "rke-v1.14", "oneke-v1.24", "civo-v1.26"])
def test_clusters_of_which_only_the_api_was_read_are_accounted_for_by_their_pods(dump: Recording, name: str) -> None:
    cluster = Cluster(dumped(dump(name)), catalog())
    told = build_ledger(cluster).to_json()
    statuses = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    assert (
        told["total"] == sum(len(pod.body["status"].get(field) or ()) for pod in cluster.pods for field in statuses) > 0
    )
    assert (told["closes"], told["closes_for_what_was_seen"], told["unexplained"]) == (False, True, [])
    assert told["not_seen"] != []
    assert [item["what"] for item in told["not_collected"]] == ["engine", "pods"]


def test_the_ledger_of_each_node_is_its_part_of_the_whole(dump: Recording) -> None:
    cluster = Cluster(dumped(dump("rancher-v1.14")), catalog())
    whole = build_ledger(cluster)
    parts = [build_ledger(cluster, place.name) for place in cluster.nodes()]
    assert sum(len(part.lines) for part in parts) == len(whole.lines)
    assert all(part.closes for part in parts)


WEB = Pod("web-645d6dcdd5-4677w", init=("prepare",))
FAILED: dict[str, Any] = {"Status": "exited", "ExitCode": 7}


@pytest.mark.parametrize(
    ("records", "name", "why"),
    [
        ([WEB.record(), WEB.part("web")], "web", ""),
        ([WEB.record(), WEB.part("web", state=FAILED)], "web", "it ended with exit code 7"),
        (
            [WEB.record(), WEB.part("web", state=FAILED), WEB.part("web", 1)],
            "web",
            "an earlier attempt; the kubelet keeps the last dead one for its log",
        ),
        ([WEB.record(), WEB.part("prepare", state=FAILED)], "prepare", "an init container that failed (exit code 7)"),
        ([WEB.part("web", state=EXITED)], "web", "the API no longer knows its pod"),
        (
            [Pod("p", phase="Failed").record(), Pod("p").part("web", state=FAILED)],
            "web",
            "its pod failed (exit code 7)",
        ),
        ([container("web", state=FAILED)], "web", "it ended with exit code 7"),
        ([rke("kubelet", state=FAILED)], "kubelet", "it ended with exit code 7"),
        ([container("web", state={"Status": "created"})], "web", "it was created and never started"),
        ([container("web", state={"Status": "restarting", "ExitCode": 1})], "web", ""),
        ([container("web", state={"Status": "dead", "ExitCode": 2})], "web", "it ended with exit code 2"),
    ],
)
def test_each_case_has_its_sentence(records: list[Any], name: str, why: str) -> None:
    cluster = cluster_of(records)
    line = next(
        line for line in build_ledger(cluster).lines if line.name == name or line.name.startswith(f"k8s_{name}_")
    )
    assert why_stopped(cluster, line) == why


def test_a_container_of_a_pod_that_was_created_and_never_started_did_not_end() -> None:
    cluster = cluster_of(
        [WEB.record(), WEB.part(), *(WEB.part(name, state={"Status": "created"}) for name in ("web", "prepare"))]
    )
    whys = [why_stopped(cluster, line) for line in build_ledger(cluster).lines if line.state == "created"]
    assert whys == ["it was created and has not been started"] * 2


def test_pod_statuses_give_the_exit_code_too() -> None:
    pod = WEB.record()
    body = dict(pod.body)
    body["status"] = {**body["status"], "containerStatuses": [{"name": "web", "state": {"terminated": {"exitCode": 9}}}],
                      "initContainerStatuses": [{"name": "prepare", "state": {"terminated": {"exitCode": 8}}}]}  # fmt: skip
    cluster = cluster_of([type(pod)(pod.id, "Pod", None, {}, body)], engines=())
    assert {line.name.rpartition("/")[2]: why_stopped(cluster, line) for line in build_ledger(cluster).lines} == {
        "web": "it ended with exit code 9", "prepare": "an init container that failed (exit code 8)",
    }  # fmt: skip
