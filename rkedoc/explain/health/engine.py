"""Containers that are not well, as their engine tells: those outside pods, sandboxes, and pods that no API told of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.fields import at, mapping, number, text
from rkedoc.explain.health.problem import (
    Finding,
    code_of,
    command,
    docker,
    exit_meaning,
    kubectl,
    kubelet_log,
    look_at,
    place,
    shown,
)
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.i18n import Message
from rkedoc.snapshot.identity import record_id
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.vocabulary import Observation, Origin, ProblemKind, Role, Severity

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.ledger.ledger import Ledger, LedgerLine
    from rkedoc.snapshot.record import Record

_KEPT_RUNNING: Final = ("always", "unless-stopped")
_STOPPED: Final = ("exited", "dead")
_STAYING: Final = ("service-sidekick", "share-mnt")
# The containers that RKE runs on a node for each of its roles (rancher/rke v1.2.4, cluster/plan.go).
_RKE_PARTS: Final = {
    "controlplane": ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"),
    "etcd": ("etcd", "kubelet", "kube-proxy"),
    "worker": ("kubelet", "kube-proxy"),
}


def engine_findings(cluster: Cluster) -> Iterator[Finding]:
    """What the engines' containers tell, and what engines and API do not agree about."""
    if not cluster.snapshot.by_kind("EngineContainer"):
        return
    ledger = build_ledger(cluster)
    pods_known = cluster.collected("Pod")
    for line in ledger.lines:
        record = cluster.snapshot.get(line.record_id)
        if record is None or record.kind != "EngineContainer":
            continue
        if line.role == Role.STANDALONE:
            yield from _outside(record, line)
        elif not pods_known and line.role not in (Role.PREVIOUS_ATTEMPT, Role.SANDBOX):
            yield from _in_pod(cluster, record)
    yield from _mismatches(cluster, ledger)
    yield from _missing_parts(cluster)


def _outside(record: Record, line: LedgerLine) -> Iterator[Finding]:
    """A container outside pods. Helpers are meant to end, and service-sidekick never to begin."""
    body = record.body
    state, code = text(body, "state"), code_of(body, "exitCode")
    policy = text(body, "restartPolicy", "name")
    severity = Severity.CRITICAL if line.origin == Origin.CONTROL_PLANE else Severity.ERROR
    look = look_at(record)
    restarts = number(body, "restartCount")
    when = re.sub(r"\.[0-9]+Z\Z", "Z", shown(at(body, "finishedAt")))
    ended = (Message("restart policy {policy}", policy=policy) if policy else "", Message("ended {when}", when=when) if when and not when.startswith("0001-") else "",
             "" if body.get("oomKilled") is True else exit_meaning(code))  # fmt: skip
    reason = "OOMKilled" if body.get("oomKilled") is True else ""
    kept = policy in _KEPT_RUNNING or (policy == "on-failure" and code not in (None, 0))
    if body.get("collector") is True:
        return
    if line.origin == Origin.HELPER:
        yield from _helper(record, line, state, code, look)
        return
    if state == "restarting":
        what = ProblemKind.RESTARTING.seen(restarts=restarts)
        yield _finding(record, severity, what, reason or "Restarting", code, ended, look)
    elif state in _STOPPED and (kept or line.origin == Origin.CONTROL_PLANE):
        yield _finding(
            record, severity, ProblemKind.NOT_RUNNING.seen(), reason or state.capitalize(), code, ended, look
        )
    elif state in _STOPPED and code not in (None, 0):
        yield _finding(
            record,
            Severity.WARNING,
            ProblemKind.ENDED_BADLY.seen(),
            reason or state.capitalize(),
            code,
            ended,
            look,
        )
    elif state == "created" and kept:
        yield _finding(record, severity, ProblemKind.NEVER_STARTED.seen(), "Created", None, ended[:1], look[-1:])
    elif state == "paused":
        yield _finding(
            record,
            severity,
            ProblemKind.PAUSED.seen(),
            "Paused",
            None,
            (),
            (docker("unpause", record.name), *look[-1:]) if not text(body, "runtime") else look,
        )
    elif state == "running" and text(body, "health") == "unhealthy":
        yield _finding(record, Severity.ERROR, ProblemKind.UNHEALTHY.seen(), "Unhealthy", None, (), look)


def _helper(record: Record, line: LedgerLine, state: str, code: int | None, look: tuple[str, ...]) -> Iterator[Finding]:
    """A helper of the installer. RKE removes its helpers when they are done: one that stays was cut off or has failed
    (rancher/rke v1.2.4, docker/docker.go, DoRemoveContainer); share-mnt and service-sidekick are meant to stay."""
    if state not in _STOPPED or line.component in _STAYING:
        return
    if line.component == "old-container":
        what = ProblemKind.LEFT_BEHIND.seen()
        yield _finding(record, Severity.INFO, what, "", code, (), look)
    elif code not in (None, 0):
        yield _finding(
            record,
            Severity.WARNING,
            ProblemKind.HELPER_FAILED.seen(),
            state.capitalize(),
            code,
            (exit_meaning(code),),
            look,
        )


def _in_pod(cluster: Cluster, record: Record) -> Iterator[Finding]:
    """A container of a pod, where no API tells how its pod is. It is told of the pod, which a page describes."""
    state, code = text(record.body, "state"), code_of(record.body, "exitCode")
    oom = record.body.get("oomKilled") is True
    if state != "restarting" and not (state in _STOPPED and (code not in (None, 0) or oom)):
        return
    part = mapping(record.body, "pod")
    pod = cluster.get(record_id("", "Pod", text(part, "namespace"), text(part, "name") or "-"))
    attempt = number(part, "attempt")
    name = text(part, "container")
    what = ProblemKind.ENDED_IN_ENGINE.seen(name=name, attempt=attempt or None)
    evidence = ("" if oom else exit_meaning(code), Message("engine container {name}", name=record.name))
    look = look_at(record)
    reason = "OOMKilled" if oom else state.capitalize()
    subject, identifier = (place(pod), pod.id) if pod is not None else (f"{record.namespace}/{record.name}", record.id)
    yield Finding(subject, identifier, Severity.ERROR, what, reason, code, evidence, look)


def _finding(
    record: Record,
    severity: Severity,
    what: Observation,
    reason: str,
    code: int | None,
    evidence: tuple[Message | str, ...],
    commands: tuple[str, ...],
) -> Finding:
    return Finding(f"{record.namespace}/{record.name}", record.id, severity, what, reason, code, evidence, commands)


def _mismatches(cluster: Cluster, ledger: Ledger) -> Iterator[Finding]:
    """Sandboxes without pods, and pods without sandboxes. Of a pod that has not started its own problem is told."""
    for item in ledger.mismatches:
        node, pod, why = item.node, item.pod, item.why
        if name := item.container:
            record = cluster.snapshot.get(f"engine/EngineContainer/{node}/{name}")
            if record is None:
                continue
            runs = text(record.body, "state") == "running"
            named = pod.partition("/")[2]
            look = (
                (
                    docker("inspect", name),
                    command("docker", "ps", "-a", "--filter", f"label=io.kubernetes.pod.name={named}"),
                )
                if not text(record.body, "runtime")
                else (*look_at(record), command("crictl", "pods", "--name", named))
            )
            what = ProblemKind.SANDBOX_AMISS.seen(what=item.kind.label, pod=pod)
            yield _finding(record, Severity.WARNING if runs else Severity.INFO, what, "", None, (why,), look)
            continue
        namespace, _slash, name = pod.partition("/")
        found = cluster.snapshot.get(record_id("", "Pod", namespace, name or "-"))
        if found is None or text(found.body, "status", "phase") == "Pending":
            continue
        look = (kubectl(namespace, "describe", "pod", name), kubelet_log(cluster.distribution))
        yield Finding(
            pod,
            found.id,
            Severity.WARNING,
            ProblemKind.POD_WITHOUT_SANDBOX.seen(node=node),
            "",
            None,
            (why,),
            look,
        )


def _missing_parts(cluster: Cluster) -> Iterator[Finding]:
    """Control-plane containers that a node of RKE should have by its roles and has not."""
    if cluster.distribution != "rke1" or not cluster.whole("EngineContainer"):
        return
    there: dict[str, set[str]] = {}
    for record in cluster.snapshot.by_kind("EngineContainer"):
        name = text(record.body, "labels", RKE_NAME)
        if name and not mapping(record.body, "pod") and not record.name.startswith("old-"):
            there.setdefault(record.namespace or "", set()).add(name)
    for node, roles, where, labelled in distribution(cluster).roles:
        if node not in there or not labelled:
            continue
        wanted = dict.fromkeys(part for role in roles for part in _RKE_PARTS.get(role, ()))
        for part in wanted:
            if part not in there[node]:
                what = ProblemKind.PART_MISSING.seen(part=part, roles=", ".join(roles))
                identifier = f"core/Node/-/{node}"
                look = (command("docker", "ps", "-a", "--filter", f"name={part}"),)
                yield Finding(node, identifier, Severity.CRITICAL, what, "Missing", None, (where,), look)
