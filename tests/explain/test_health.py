"""What is not well is found, what is well is not accused, and the next command can be typed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rkedoc.cluster.model import Cluster
from rkedoc.explain.health.checks import Problem, problems
from rkedoc.snapshot.record import HIDDEN, Record
from tests.explain.recorded import catalog, cluster_of, container, dumped, pod, record, recorded, rke

Recording = Callable[[str], Path]

RAN = {"startedAt": "2026-01-01T00:00:00Z"}


def only(*records: Record, **options: Any) -> Problem:
    found = problems(cluster_of(records, **options))
    assert len(found) == 1, found
    return found[0]


def waiting(reason: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "main",
        "ready": False,
        "restartCount": 0,
        "state": {"waiting": {"reason": reason, "message": "m"}},
        **more,
    }


# -- recordings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rke-single-node", "rke-single-node-idle", "rke-single-node-recreated"])
def test_of_a_healthy_node_only_what_is_true_is_said(recording: Recording, name: str) -> None:
    # The recorded autoscaler has in fact not found any metrics of its pods.
    found = problems(Cluster(recorded(recording(name)), catalog()))
    assert [(p.severity, p.record_id, p.reason) for p in found] == [
        ("warning", "autoscaling/HorizontalPodAutoscaler/default/webapp", "FailedGetResourceMetric")
    ]
    assert dict(found[0].events)["FailedGetResourceMetric"] > 1


@pytest.mark.parametrize("name", ["rancher-v1.14", "rke-v1.14"])
def test_nothing_is_said_of_healthy_dumps(dump: Recording, name: str) -> None:
    assert problems(Cluster(dumped(dump(name)), catalog())) == ()


def test_everything_is_found_on_an_unhealthy_node(recording: Recording) -> None:
    found = problems(Cluster(recorded(recording("rke-single-node-unhealthy")), catalog()))
    assert [(p.severity, p.record_id, p.reason, p.exit_code) for p in found] == [
        ("error", "apiregistration.k8s.io/APIService/-/v1beta1.metrics.k8s.io", "MissingEndpoints", None),
        ("error", "core/Pod/staging/annotated", "CrashLoopBackOff", 1),
        ("error", "apps/Deployment/kube-system/coredns", "Unschedulable", None),
        ("error", "apps/Deployment/staging/crasher", "CrashLoopBackOff", 3),
        ("error", "apps/Deployment/staging/nopull", "ImagePullBackOff", None),
        ("warning", "engine/EngineContainer/rancher01/one-off", "Exited", 137),
        ("warning", "autoscaling/HorizontalPodAutoscaler/default/webapp", "FailedGetResourceMetric", None),
    ]  # fmt: skip
    crash = next(p for p in found if p.exit_code == 3)
    assert "restarted 3 times" in crash.what
    assert crash.events == (("BackOff", 7),)
    assert crash.commands == (
        "kubectl -n staging describe pod crasher-5b57d9d889-sgxcm",
        "kubectl -n staging logs crasher-5b57d9d889-sgxcm -c c --tail=100 --previous",
    )
    assert (crash.subject, crash.others) == ("staging/crasher", ("core/Pod/staging/crasher-5b57d9d889-sgxcm",))
    assert "0 of 1 pods are ready (Deployment)" in crash.told
    assert "pod crasher-5b57d9d889-sgxcm" in crash.told
    assert "hidden" not in " ".join(p.told for p in found)


# -- nodes ------------------------------------------------------------------------------------------------------------


def node(*conditions: tuple[str, str], **spec: Any) -> Record:
    listed = [{"type": kind, "status": status, "reason": f"{kind}Reason"} for kind, status in conditions]
    return record("core/Node/-/n1", {"spec": spec, "status": {"conditions": listed}})


def test_a_node_that_is_not_ready_comes_first() -> None:
    found = problems(
        cluster_of([node(("Ready", "Unknown")), pod("p", containerStatuses=[waiting("CrashLoopBackOff")])])
    )
    assert [p.severity for p in found] == ["critical", "error"]
    assert found[0].record_id == "core/Node/-/n1"
    assert "kubectl describe node n1" in found[0].commands


def test_a_pod_on_such_a_node_says_so() -> None:
    found = problems(cluster_of([node(("Ready", "False")), pod("p", containerStatuses=[waiting("CrashLoopBackOff")])]))
    assert "its node n1 is not ready" in found[1].told


def test_the_log_of_the_kubelet_is_where_the_distribution_has_it() -> None:
    assert "docker logs --tail 100 kubelet" in only(node(("Ready", "False")), rke("kubelet")).commands
    versioned = record(
        "core/Node/-/n1",
        {
            "status": {
                "conditions": [{"type": "Ready", "status": "False"}],
                "nodeInfo": {"kubeletVersion": "v1.24.1+rke2r2"},
            }
        },
    )
    assert any("journalctl -u rke2-server" in command for command in only(versioned, server="v1.24.1+rke2r1").commands)


@pytest.mark.parametrize("kind", ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"])
def test_pressure_on_a_node_is_an_error(kind: str) -> None:
    found = only(node(("Ready", "True"), (kind, "True")))
    assert (found.severity, found.reason) == ("error", f"{kind}Reason")


def test_conditions_that_are_good_when_they_hold_are_left_alone() -> None:
    assert problems(cluster_of([node(("Ready", "True"), ("EtcdIsVoter", "True"), ("MemoryPressure", "False"))])) == ()


def test_a_cordoned_node_is_noted() -> None:
    found = only(node(("Ready", "True"), unschedulable=True))
    assert (found.severity, found.commands[-1]) == ("info", "kubectl uncordon n1")


# -- pods -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason",
    ["ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError", "RunContainerError", "InvalidImageName"],
)
def test_a_container_that_cannot_start_is_an_error(reason: str) -> None:
    found = only(pod("p", phase="Pending", containerStatuses=[waiting(reason)]))
    assert (found.severity, found.reason, found.subject) == ("error", reason, "shop/p")


def test_a_pod_that_is_just_being_made_is_well_and_one_that_takes_long_is_not() -> None:
    young = {"startTime": "2026-01-02T03:03:00Z", "containerStatuses": [waiting("ContainerCreating")]}
    assert problems(cluster_of([pod("p", phase="Pending", **young)])) == ()
    old = {**young, "startTime": "2026-01-02T02:00:00Z"}
    assert only(pod("p", phase="Pending", **old)).reason == "ContainerCreating"


def test_why_no_node_takes_a_pod_is_said() -> None:
    unscheduled = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/1 nodes are available",
    }
    found = only(pod("p", node="", phase="Pending", conditions=[unscheduled]))
    assert (found.reason, found.told) == ("Unschedulable", "0/1 nodes are available")


def test_an_init_container_that_fails_is_named_as_such() -> None:
    failed = {"name": "setup", "restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
              "lastState": {"terminated": {"exitCode": 127, "reason": "Error"}}}  # fmt: skip
    found = only(
        pod("p", phase="Pending", initContainerStatuses=[failed], containerStatuses=[waiting("PodInitializing")])
    )
    assert "init container setup" in found.what
    assert found.exit_code == 127
    assert "not found" in found.told


def test_a_container_that_runs_and_is_not_ready_is_found() -> None:
    status = {"name": "main", "ready": False, "restartCount": 0, "state": {"running": RAN}}
    found = only(pod("p", containerStatuses=[status]))
    assert (found.severity, "not ready" in found.what) == ("error", True)


def test_a_container_that_was_killed_for_its_memory_is_a_warning_although_it_runs_again() -> None:
    last = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2025-12-31T00:00:00Z"}}
    status = {"name": "main", "ready": True, "restartCount": 1, "state": {"running": RAN}, "lastState": last}
    found = only(pod("p", containerStatuses=[status]))
    assert (found.severity, found.reason, found.exit_code) == ("warning", "OOMKilled", 137)
    assert found.commands[-1].endswith("--previous")


def test_restarts_of_long_ago_and_those_of_a_reboot_are_no_problem() -> None:
    def status(code: int, finished: str) -> dict[str, Any]:
        last = {"terminated": {"exitCode": code, "reason": "Error", "finishedAt": finished}}
        return {"name": "main", "ready": True, "restartCount": 1, "state": {"running": RAN}, "lastState": last}

    assert problems(cluster_of([pod("p", containerStatuses=[status(1, "2025-12-01T00:00:00Z")])])) == ()
    assert problems(cluster_of([pod("p", containerStatuses=[status(255, "2026-01-02T03:00:00Z")])])) == ()
    assert only(pod("p", containerStatuses=[status(1, "2026-01-02T03:00:00Z")])).severity == "warning"


def test_a_node_that_was_restarted_is_told_once_and_not_for_each_of_its_pods() -> None:
    last = {"terminated": {"exitCode": 137, "reason": "Error", "finishedAt": "2026-01-02T03:00:00Z"}}
    status = {"name": "main", "ready": True, "restartCount": 1, "state": {"running": RAN}, "lastState": last}
    pods = [pod(f"p{number}", containerStatuses=[status]) for number in range(6)]
    found = only(node(("Ready", "True")), *pods)
    assert (found.severity, found.record_id) == ("info", "core/Node/-/n1")
    assert "6 of its 6 pods" in found.what
    assert [p.severity for p in problems(cluster_of(pods[:2]))] == ["warning", "warning"]


def test_a_static_pod_of_the_control_plane_is_critical() -> None:
    api = pod("kube-apiserver-n1", namespace="kube-system", owner="core/Node/-/n1", containerStatuses=[waiting("CrashLoopBackOff")],
              spec={"containers": [{"name": "kube-apiserver", "image": "registry.k8s.io/kube-apiserver:v1.26.1"}]})  # fmt: skip
    assert only(api).severity == "critical"


def test_a_failed_pod_is_an_error_unless_its_job_has_come_through() -> None:
    assert only(pod("p", phase="Failed", reason="Evicted")).severity == "warning"
    failed = pod("p", phase="Failed", owner="batch/Job/shop/j",
                 containerStatuses=[{"name": "main", "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}])  # fmt: skip
    assert only(failed).exit_code == 2
    done = record("batch/Job/shop/j", {"status": {"failed": 1, "conditions": [{"type": "Complete", "status": "True"}]}})
    assert problems(cluster_of([failed, done])) == ()


def test_finished_pods_are_well() -> None:
    ended = {"name": "main", "ready": False, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    assert problems(cluster_of([pod("p", phase="Succeeded", containerStatuses=[ended])])) == ()


def test_a_pod_that_does_not_go_away_is_found() -> None:
    ready = {"name": "main", "ready": True, "state": {"running": RAN}}
    gone = pod("p", containerStatuses=[ready])
    body = {**gone.intent, "metadata": {**gone.intent["metadata"], "deletionTimestamp": "2026-01-02T02:00:00Z"}}
    found = only(Record(gone.id, "Pod", None, body, {}))
    assert found.reason == "Terminating"


# -- workloads and the rest ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ready", "severity"), [(0, "error"), (1, "warning")])
def test_a_workload_with_too_few_pods_is_found(ready: int, severity: str) -> None:
    deployment = record(
        "apps/Deployment/shop/web", {"spec": {"replicas": 2}, "status": {"replicas": 2, "readyReplicas": ready}}
    )
    found = only(deployment)
    assert (found.severity, found.what) == (severity, f"{ready} of 2 pods are ready (Deployment)")
    daemons = record("apps/DaemonSet/shop/agent", {"status": {"desiredNumberScheduled": 2, "numberReady": ready}})
    assert only(daemons).severity == severity


def of_web(name: str, **status: Any) -> Record:
    return pod(name, owner="apps/Deployment/shop/web", **status)


def lacking(ready: int, wanted: int) -> Record:
    return record(
        "apps/Deployment/shop/web",
        {"spec": {"replicas": wanted}, "status": {"replicas": wanted, "readyReplicas": ready}},
    )


def test_what_the_pods_of_a_workload_have_in_common_is_one_problem() -> None:
    pods = [of_web(f"web-{number}", containerStatuses=[waiting("CrashLoopBackOff")]) for number in range(5)]
    found = only(lacking(0, 5), *pods)
    assert (found.record_id, found.severity, found.reason) == ("apps/Deployment/shop/web", "error", "CrashLoopBackOff")
    assert found.others == tuple(one.id for one in pods)
    assert "0 of 5 pods are ready (Deployment); pods web-0, web-1, web-2 and 2 more" in found.told
    assert found.commands[0] == "kubectl -n shop describe pod web-0"


def test_different_causes_are_different_problems_and_what_is_lacking_is_told_once() -> None:
    found = problems(
        cluster_of(
            [
                lacking(0, 3),
                of_web("web-1", containerStatuses=[waiting("CrashLoopBackOff")]),
                of_web("web-2", containerStatuses=[waiting("CrashLoopBackOff")]),
                of_web("web-3", phase="Pending", containerStatuses=[waiting("ImagePullBackOff")]),
            ]
        )
    )
    assert [one.reason for one in found] == ["CrashLoopBackOff", "ImagePullBackOff"]
    assert ["0 of 3 pods" in one.told for one in found] == [True, False]


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_why_a_workload_waits_for_a_young_pod_is_said_with_a_command_for_the_pod(reason: str) -> None:
    young = of_web("web-1", phase="Pending", startTime="2026-01-02T03:03:00Z", containerStatuses=[waiting(reason)])
    found = only(lacking(0, 1), young)
    assert (found.reason, found.commands[0]) == (reason, "kubectl -n shop describe pod web-1")
    assert problems(cluster_of([lacking(1, 1), young])) == ()


def test_what_does_not_keep_a_pod_from_being_ready_is_no_reason_for_what_is_lacking() -> None:
    last = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2025-12-31T00:00:00Z"}}
    status = {"name": "main", "ready": True, "restartCount": 1, "state": {"running": RAN}, "lastState": last}
    found = problems(cluster_of([lacking(1, 2), of_web("web-1", containerStatuses=[status])]))
    assert [one.seen.kind for one in found] == ["pods-missing", "out-of-memory"]


def test_a_namespace_and_what_holds_it_back_are_one_problem() -> None:
    late = {"metadata": {"deletionTimestamp": "2026-01-02T02:00:00Z"}}
    namespace = record("core/Namespace/-/shop", {**late, "status": {"phase": "Terminating"}})
    held = pod("p")
    body = {**held.intent, "metadata": {**held.intent["metadata"], **late["metadata"]}}
    found = only(namespace, Record(held.id, "Pod", None, body, {}))
    assert (found.record_id, found.others) == (namespace.id, (held.id,))
    assert found.commands[-1] == "kubectl -n shop describe pod p"


def clusters(recording: Recording, dump: Recording) -> list[Cluster]:
    live = ("rke-single-node", "rke-single-node-idle", "rke-single-node-recreated", "rke-single-node-unhealthy")
    dumps = ("civo-v1.26", "oneke-v1.24", "rancher-v1.14", "rke-v1.14")
    return [Cluster(recorded(recording(name)), catalog()) for name in live] + [
        Cluster(dumped(dump(name)), catalog()) for name in dumps
    ]


def test_no_pod_of_a_real_cluster_and_its_workload_are_two_problems(recording: Recording, dump: Recording) -> None:
    for cluster in clusters(recording, dump):
        found = problems(cluster)
        about = [workload for one in found if (workload := cluster.workload_of(one.record_id)) is not None]
        causes = [(one.record_id, one.seen.kind, one.reason, one.what) for one in found]
        assert len(causes) == len(set(causes))
        for workload in about:
            told = [one for one in found if cluster.workload_of(one.record_id) is workload]
            lacks = [one for one in told if one.seen.kind == "pods-missing"]
            others = [
                one for one in told if set(one.others) & {pod.id for pod in workload.pods} and one.severity.is_grave
            ]
            assert not (lacks and others), told
        for one in found:
            assert one.commands, one


def test_a_workload_scaled_to_nothing_or_without_status_is_well() -> None:
    off = record("apps/Deployment/shop/off", {"spec": {"replicas": 0}, "status": {"observedGeneration": 2}})
    plain = record("apps/Deployment/shop/plain", {"spec": {"replicas": 2}})
    assert problems(cluster_of([off, plain])) == ()


def test_events_of_replica_sets_count_for_their_deployment() -> None:
    status = {"replicas": 0, "conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}]}
    deployment = record("apps/Deployment/shop/web", {"spec": {"replicas": 1}, "status": status})
    replicas = record("apps/ReplicaSet/shop/web-1", {}, deployment.id)
    involved = {"kind": "ReplicaSet", "namespace": "shop", "name": "web-1"}
    event = Record(
        "core/Event/shop/ReplicaSet/web-1/FailedCreate",
        "Event",
        None,
        {},
        {"involved": involved, "reason": "FailedCreate", "count": 9},
    )
    found = only(deployment, replicas, event)
    assert (found.reason, found.events) == ("FailedCreate", (("FailedCreate", 9),))


@pytest.mark.parametrize("where", ["status", "annotation"])
def test_an_autoscaler_that_does_not_scale_is_found_in_either_version(where: str) -> None:
    conditions = [
        {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "no metrics"}
    ]
    noted = {"annotations": {"autoscaling.alpha.kubernetes.io/conditions": json.dumps(conditions)}}
    body = {"status": {"conditions": conditions}} if where == "status" else {"metadata": noted}
    found = only(record("autoscaling/HorizontalPodAutoscaler/shop/web", body))
    assert (found.severity, found.reason, found.told) == ("warning", "FailedGetResourceMetric", "no metrics")
    assert found.commands == ("kubectl -n shop describe hpa web",)


def test_an_autoscaler_of_what_was_scaled_to_nothing_is_well() -> None:
    conditions = [{"type": "ScalingActive", "status": "False", "reason": "ScalingDisabled"}]
    assert (
        problems(
            cluster_of([record("autoscaling/HorizontalPodAutoscaler/shop/web", {"status": {"conditions": conditions}})])
        )
        == ()
    )


def test_a_failed_job_is_found() -> None:
    job = record(
        "batch/Job/shop/j",
        {
            "status": {
                "failed": 6,
                "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}],
            }
        },
    )
    assert (only(job).severity, only(job).reason) == ("error", "BackoffLimitExceeded")


def test_a_claim_waits_for_a_volume_unless_it_is_meant_to_wait_for_a_pod() -> None:
    claim = record(
        "core/PersistentVolumeClaim/shop/data", {"spec": {"storageClassName": "slow"}, "status": {"phase": "Pending"}}
    )
    assert only(claim).reason == "Pending"
    lazy = record("storage.k8s.io/StorageClass/-/slow", {"volumeBindingMode": "WaitForFirstConsumer"})
    assert problems(cluster_of([claim, lazy])) == ()
    user = pod(
        "p", phase="Succeeded", spec={"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}
    )
    assert len(problems(cluster_of([claim, lazy, user]))) == 1


# -- containers outside pods -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["exited", "dead", "restarting"])
def test_a_dead_part_of_the_control_plane_is_critical(state: str) -> None:
    found = only(rke("etcd"), rke("kube-apiserver", state=state, exitCode=1))
    assert (found.severity, found.exit_code) == ("critical", 1)
    assert found.commands == ("docker logs --tail 100 kube-apiserver", "docker inspect kube-apiserver")


def test_helpers_that_have_ended_are_well() -> None:
    sidekick = rke("service-sidekick", state="created", restartPolicy={"name": "no"})
    share = container("share-mnt", state="exited", exitCode=137, image="rancher/rancher-agent:v2.5.5",
                      labels={"io.rancher.rke.container.name": "share-mnt"}, restartPolicy={"name": "always"})  # fmt: skip
    assert problems(cluster_of([sidekick, share])) == ()


def test_what_a_broken_upgrade_left_is_noted_and_so_is_a_helper_that_failed() -> None:
    old = rke("kubelet", state="exited")
    old = Record("engine/EngineContainer/n1/old-kubelet", old.kind, None, {}, old.observed)
    assert only(rke("kubelet"), old).severity == "info"
    failed = container("rke-log-linker", state="exited", exitCode=1, image="rancher/rke-tools:v0.1.69")
    assert only(failed).severity == "warning"


def test_somebodys_own_container_counts_by_its_restart_policy() -> None:
    assert only(container("db", state="exited", restartPolicy={"name": "always"})).severity == "error"
    assert only(container("try", state="exited", exitCode=1, restartPolicy={"name": "no"})).severity == "warning"
    assert problems(cluster_of([container("done", state="exited", restartPolicy={"name": "no"})])) == ()


def test_a_part_that_a_node_should_have_by_its_roles_is_missed() -> None:
    labels = {f"node-role.kubernetes.io/{role}": "true" for role in ("etcd", "worker")}
    roles = record(
        "core/Node/-/n1",
        {"metadata": {"labels": labels}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
    )
    found = only(roles, rke("etcd"), rke("kube-proxy"))
    assert (found.severity, "kubelet" in found.what) == ("critical", True)


def test_pods_and_sandboxes_that_do_not_fit_are_found() -> None:
    ready = {"name": "main", "ready": True, "state": {"running": RAN}}
    lost = {"namespace": "shop", "name": "gone", "uid": "u-gone", "container": "", "attempt": 0, "type": "podsandbox"}
    sandbox = container("k8s_POD_gone_shop_u-gone_0", pod=lost, image="rancher/pause:3.2")
    found = problems(cluster_of([pod("p", containerStatuses=[ready]), sandbox]))
    assert {(p.record_id, p.severity) for p in found} == {(sandbox.id, "warning"), ("core/Pod/shop/p", "warning")}


def test_without_an_api_the_engine_tells_of_pods() -> None:
    part = {"namespace": "shop", "name": "p", "uid": "u", "container": "main", "attempt": 3, "type": "container"}
    dead = container("k8s_main_p_shop_u_3", pod=part, state="exited", exitCode=137, oomKilled=True)
    found = only(dead, results={"core/Pod": "failed"})
    assert (found.reason, found.exit_code, found.record_id) == ("OOMKilled", 137, "core/Pod/shop/p")
    assert found.commands[0] == "docker logs --tail 100 k8s_main_p_shop_u_3"


# -- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a b", "$(reboot)", "x;rm -rf ~", "it's"])
def test_odd_names_are_quoted_in_commands(name: str) -> None:
    found = only(container(name, state="exited", restartPolicy={"name": "always"}))
    assert shlex.split(found.commands[0]) == ["docker", "logs", "--tail", "100", name]


@pytest.mark.parametrize("name", ["two\nlines", "-rf", HIDDEN, "right\u202eleft"])
def test_names_that_cannot_be_typed_get_no_command(name: str) -> None:
    assert only(container(name, state="exited", restartPolicy={"name": "always"})).commands == ()
