"""Why a container does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.cluster.fields import items, number, text
from rkedoc.explain.ledger.statuses import STATUSES
from rkedoc.i18n import _, of_what
from rkedoc.snapshot.identity import record_id
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.ledger.line import LedgerLine

_RUNS = ("running", "paused", "restarting", "waiting", "unknown")


def why_stopped(cluster: Cluster, line: LedgerLine) -> str:
    """One sentence, empty for a container that runs.

    What a kubelet keeps, and for how long: kubernetes/kubernetes v1.20, pkg/kubelet/kuberuntime/kuberuntime_gc.go.
    """
    if line.state in _RUNS:
        return ""
    code = _exit_code(cluster, line)
    entry = cluster.catalog.get(line.component) if line.component else None
    if line.role == Role.PREVIOUS_ATTEMPT:
        return _("an earlier attempt; the kubelet keeps the last dead one for its log")
    if line.state == "created" and line.role != Role.STANDALONE:
        return _("it was created and has not been started")
    if line.role == Role.INIT:
        done = _("an init container, which ran before the others and is done")
        return done if not code else _("an init container that failed (exit code {code})").format(code=code)
    if line.state == "stopped":
        return _("containerd has no task for it: it does not run, and whether it ever has is not kept")
    if line.role == Role.STANDALONE:
        if line.state == "created":
            told = _("it was created and never started")
            return of_what(told, entry.summary) if entry is not None else told
        if entry is not None and entry.origin == Origin.HELPER and code is not None:
            return _("it did its work and ended (exit code {code}): {summary}").format(code=code, summary=entry.summary)
        return _ended(code)
    pod = cluster.get(record_id("", "Pod", line.namespace, line.pod or "-"))
    phase = text(pod.body, "status", "phase") if pod is not None else ""
    if pod is None:
        return _("the API no longer knows its pod")
    if phase == "Succeeded":
        return _("its pod has done its work; the kubelet keeps its last containers as long as the pod is there")
    if line.role == Role.SANDBOX and phase != "Failed" and _of_cri(cluster, line):
        return _("the sandbox is no longer ready: its pod has ended, or the machine was started anew since")
    if phase == "Failed":
        return _("its pod failed") if code is None else _("its pod failed (exit code {code})").format(code=code)
    return _ended(code)


def _ended(code: int | None) -> str:
    if code is None:
        return _("it ended; with which exit code, its row in the list does not say")
    return _("it ended with exit code {code}").format(code=code)


def _of_cri(cluster: Cluster, line: LedgerLine) -> bool:
    """Whether a runtime told of it that knows of sandboxes nothing but whether they are ready."""
    record = cluster.get(line.record_id)
    return record is not None and bool(text(record.body, "runtime"))


def _exit_code(cluster: Cluster, line: LedgerLine) -> int | None:
    """The exit code as the engine gives it, or the status of the pod that the line was read from; ``None`` where it is not known."""
    record = cluster.get(line.record_id)
    if record is None:
        return 0
    if record.kind == "EngineContainer":
        return None if record.body.get("exitCode") is None else number(record.body, "exitCode")
    name = line.name.rpartition("/")[2]
    statuses = [status for field in STATUSES for status in items(record.body, "status", field)]
    return next((number(s, "state", "terminated", "exitCode") for s in statuses if text(s, "name") == name), 0)
