"""Nodes, workloads, jobs, claims, namespaces and APIs that are not well, as their own statuses tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.fields import at, items, mapping, number, text
from rkedoc.explain.health.problem import (
    Finding,
    Moment,
    condition,
    kubectl,
    kubelet_log,
    place,
    shown,
    why,
)
from rkedoc.explain.scaling import scaler_conditions
from rkedoc.i18n import N_, Message
from rkedoc.vocabulary import ProblemKind, Severity

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

# Conditions of nodes that are bad when they hold: the kubelet's own (kubernetes/api v0.20, core/v1/types.go), and those of
# kubernetes/node-problem-detector v0.8, config/. Others may be good when they hold (RKE2's EtcdIsVoter).
_BAD_WHEN_TRUE: Final[Mapping[str, str]] = {
    "MemoryPressure": N_("it runs out of memory"), "DiskPressure": N_("it runs out of disk space"),
    "PIDPressure": N_("it runs out of process ids"), "NetworkUnavailable": N_("its network is not set up"),
    "KernelDeadlock": N_("its kernel hangs"), "ReadonlyFilesystem": N_("a file system of it has become read-only"),
    "CorruptDockerOverlay2": N_("the storage of its container engine is damaged"),
    "FrequentKubeletRestart": N_("its kubelet restarts again and again"),
    "FrequentDockerRestart": N_("its container engine restarts again and again"),
    "FrequentContainerdRestart": N_("its container engine restarts again and again"),
    "FrequentUnregisterNetDevice": N_("its kernel waits for network devices again and again"),
}  # fmt: skip
_LATE: Final = 600


def object_findings(cluster: Cluster, moment: Moment) -> Iterator[Finding]:
    """What is not well with everything but pods and the engine's containers."""
    for node in cluster.snapshot.by_kind("Node"):
        yield from _node(node, cluster.distribution)
    for kind, check in _CHECKS.items():
        for record in cluster.snapshot.by_kind(kind):
            yield from check(record)
    for namespace in cluster.snapshot.by_kind("Namespace"):
        yield from _namespace(namespace, moment)
    yield from _claims(cluster, moment)


# -- nodes ------------------------------------------------------------------------------------------------------------


def _node(record: Record, distribution: str | None) -> Iterator[Finding]:
    look = (kubectl(None, "describe", "node", record.name), kubelet_log(distribution))
    ready = condition(record.body, "Ready")
    if (status := text(ready, "status")) in ("False", "Unknown"):
        reason, *message = why(ready) or ("",)
        since = text(ready, "lastTransitionTime")
        what = ProblemKind.NODE_NOT_READY.seen() if status == "False" else ProblemKind.NODE_SILENT.seen()
        yield Finding(
            record.name,
            record.id,
            Severity.CRITICAL,
            what,
            reason,
            None,
            (*message, Message("since {since}", since=since) if since else ""),
            look,
        )
    for item in items(record.body, "status", "conditions"):
        kind = text(item, "type")
        if kind in _BAD_WHEN_TRUE and text(item, "status") == "True":
            reason, *message = why(item) or ("",)
            yield Finding(
                record.name,
                record.id,
                Severity.ERROR,
                ProblemKind.NODE_CONDITION.seen(told=Message(_BAD_WHEN_TRUE[kind]), condition=kind),
                reason,
                None,
                tuple(message),
                look,
            )
    if at(record.body, "spec", "unschedulable") is True:
        back = kubectl(None, "uncordon", record.name)
        yield Finding(record.name, record.id, Severity.INFO, ProblemKind.NODE_CORDONED.seen(), "", None, ("spec.unschedulable",),
                      (look[0], back))  # fmt: skip


def _replicas(record: Record) -> Iterator[Finding]:
    """A Deployment, StatefulSet or ReplicaSet that has fewer pods ready than it wants."""
    status = mapping(record.body, "status")
    if record.owner is not None or not status:
        return
    wanted = at(record.body, "spec", "replicas")
    wanted = number(status, "replicas") if wanted is None else wanted if isinstance(wanted, int) else 0
    yield from _short(record, wanted, number(status, "readyReplicas"))


def _daemons(record: Record) -> Iterator[Finding]:
    status = mapping(record.body, "status")
    if status:
        yield from _short(record, number(status, "desiredNumberScheduled"), number(status, "numberReady"))


def _short(record: Record, wanted: int, ready: int) -> Iterator[Finding]:
    failed = condition(record.body, "ReplicaFailure")
    stuck = condition(record.body, "Progressing")
    available = condition(record.body, "Available")
    evidence: tuple[str, ...] = ()
    reason = ""
    if text(failed, "status") == "True":
        reason, *message = why(failed) or ("",)
        evidence = tuple(message)
    elif text(stuck, "status") == "False":
        reason = shown(stuck.get("reason"))
    elif text(available, "status") == "False":
        reason = shown(available.get("reason"))
    kind = record.kind.lower()
    commands = (
        kubectl(record.namespace, "describe", kind, record.name),
        kubectl(record.namespace, "rollout", "status", f"{kind}/{record.name}")
        if kind in ("deployment", "daemonset", "statefulset")
        else "",
    )
    if ready < wanted:
        severity = Severity.ERROR if ready == 0 else Severity.WARNING
        what = ProblemKind.PODS_MISSING.seen(ready=ready, wanted=wanted, kind=record.kind)
        yield Finding(place(record), record.id, severity, what, reason, None, evidence, commands)
    elif text(stuck, "status") == "False" or text(failed, "status") == "True":
        what = ProblemKind.CHANGE_STUCK.seen(kind=record.kind)
        yield Finding(place(record), record.id, Severity.WARNING, what, reason, None, evidence, commands)


def _job(record: Record) -> Iterator[Finding]:
    look = (
        kubectl(record.namespace, "describe", "job", record.name),
        kubectl(record.namespace, "logs", f"job/{record.name}", "--tail=100"),
    )
    failed = condition(record.body, "Failed")
    tries = number(record.body, "status", "failed")
    if text(failed, "status") == "True":
        reason, *message = why(failed) or ("",)
        evidence = (*message, Message("{tries} failed tries", tries=tries) if tries > 1 else "")
        # A job of a schedule fails once among many; one that somebody started is not done.
        severity = Severity.WARNING if record.owner is not None else Severity.ERROR
        yield Finding(place(record), record.id, severity, ProblemKind.JOB_FAILED.seen(), reason, None, evidence, look)
    elif tries and text(condition(record.body, "Complete"), "status") != "True":
        what = ProblemKind.JOB_UNFINISHED.seen(tries=tries if tries > 1 else None)
        yield Finding(place(record), record.id, Severity.WARNING, what, "", None, (), look)


def _scaler(record: Record) -> Iterator[Finding]:
    conditions = {text(item, "type"): item for item in scaler_conditions(record)}
    for kind in ("AbleToScale", "ScalingActive"):
        item = conditions.get(kind, {})
        # "ScalingDisabled" is what somebody has done who scaled to 0 by hand.
        if text(item, "status") == "False" and text(item, "reason") != "ScalingDisabled":
            reason, *message = why(item) or ("",)
            what = ProblemKind.SCALER_STUCK if kind == "AbleToScale" else ProblemKind.SCALER_BLIND
            look = (kubectl(record.namespace, "describe", "hpa", record.name),)
            yield Finding(place(record), record.id, Severity.WARNING, what.seen(), reason, None, tuple(message), look)


# -- the API ----------------------------------------------------------------------------------------------------------


def _api(record: Record) -> Iterator[Finding]:
    item = condition(record.body, "Available")
    if text(item, "status") != "False":
        return
    reason, *message = why(item) or ("",)
    service = mapping(record.body, "spec", "service")
    namespace, name = text(service, "namespace"), text(service, "name")
    look = (
        kubectl(None, "describe", "apiservice", record.name),
        kubectl(namespace, "get", "endpoints", name) if namespace and name else "",
    )
    where = f" (Service {namespace}/{name})" if namespace and name else ""
    yield Finding(
        record.name,
        record.id,
        Severity.ERROR,
        ProblemKind.API_UNANSWERED.seen(where=where),
        reason,
        None,
        tuple(message),
        look,
    )


def _component(record: Record) -> Iterator[Finding]:
    """etcd as the API server sees it. What is said of scheduler and controller manager depends on ports that newer
    versions have closed (kubernetes/kubernetes, CHANGELOG-1.19, "componentstatus")."""
    item = next((item for item in items(record.body, "conditions") if text(item, "type") == "Healthy"), {})
    if record.name.startswith("etcd") and text(item, "status") not in ("", "True"):
        look = (kubectl(None, "get", "componentstatuses", record.name),)
        what = ProblemKind.ETCD_UNHEALTHY.seen()
        yield Finding(
            record.name, record.id, Severity.CRITICAL, what, "Unhealthy", None, (shown(item.get("message")),), look
        )


def _namespace(record: Record, moment: Moment) -> Iterator[Finding]:
    since = at(record.body, "metadata", "deletionTimestamp")
    if text(record.body, "status", "phase") != "Terminating" or not (since is None or moment.older(since, _LATE)):
        return
    left = [
        part
        for item in items(record.body, "status", "conditions")
        if text(item, "status") == "True"
        for part in why(item)
    ]
    look = (kubectl(None, "describe", "namespace", record.name),
            kubectl(record.name, "get", "all", "-o", "name"))  # fmt: skip
    yield Finding(
        record.name,
        record.id,
        Severity.WARNING,
        ProblemKind.STILL_THERE.seen(),
        "Terminating",
        None,
        tuple(left),
        look,
    )


# -- storage ----------------------------------------------------------------------------------------------------------


def _claims(cluster: Cluster, moment: Moment) -> Iterator[Finding]:
    waiting: set[tuple[str, str]] | None = None
    for record in cluster.snapshot.by_kind("PersistentVolumeClaim"):
        look = (kubectl(record.namespace, "describe", "pvc", record.name),)
        match text(record.body, "status", "phase"):
            case "Lost":
                yield Finding(
                    place(record),
                    record.id,
                    Severity.ERROR,
                    ProblemKind.CLAIM_LOST.seen(),
                    "Lost",
                    None,
                    (),
                    look,
                )
            case "Pending":
                waiting = _mounted(cluster) if waiting is None else waiting
                if _waits_for_pod(cluster, record) and (record.namespace or "", record.name) not in waiting:
                    continue
                since = text(record.body, "metadata", "creationTimestamp")
                evidence = (
                    Message("since {since}", since=since) if since else "",
                    Message("storage class {name}", name=name)
                    if (name := _class(record))
                    else Message("no storage class"),
                )
                severity = Severity.ERROR if moment.older(since, _LATE) else Severity.WARNING
                yield Finding(
                    place(record),
                    record.id,
                    severity,
                    ProblemKind.CLAIM_PENDING.seen(),
                    "Pending",
                    None,
                    evidence,
                    look,
                )
    for record in cluster.snapshot.by_kind("PersistentVolume"):
        if text(record.body, "status", "phase") == "Failed":
            look = (kubectl(None, "describe", "pv", record.name),)
            reason = shown(at(record.body, "status", "reason"))
            yield Finding(
                record.name,
                record.id,
                Severity.ERROR,
                ProblemKind.VOLUME_FAILED.seen(),
                reason or "Failed",
                None,
                (),
                look,
            )


def _class(record: Record) -> str:
    return shown(at(record.body, "spec", "storageClassName"))


def _waits_for_pod(cluster: Cluster, claim: Record) -> bool:
    """Whether a claim gets its volume only when a pod asks for it."""
    found = cluster.snapshot.get(f"storage.k8s.io/StorageClass/-/{_class(claim)}")
    return found is not None and text(found.body, "volumeBindingMode") == "WaitForFirstConsumer"


def _mounted(cluster: Cluster) -> set[tuple[str, str]]:
    return {
        (pod.namespace or "", text(volume, "persistentVolumeClaim", "claimName"))
        for pod in cluster.snapshot.by_kind("Pod")
        for volume in items(pod.body, "spec", "volumes")
    }


_CHECKS: Final[Mapping[str, Callable[[Record], Iterator[Finding]]]] = {
    "Deployment": _replicas,
    "StatefulSet": _replicas,
    "ReplicaSet": _replicas,
    "DaemonSet": _daemons,
    "Job": _job,
    "HorizontalPodAutoscaler": _scaler,
    "APIService": _api,
    "ComponentStatus": _component,
}
