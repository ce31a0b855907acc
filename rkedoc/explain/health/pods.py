"""Pods and their containers that are not well, as the statuses of the API tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import at, items, mapping, number, text
from rkedoc.cluster.model import is_static
from rkedoc.explain.facts.commandlines import COMPONENTS
from rkedoc.explain.health.problem import (
    Finding,
    Moment,
    code_of,
    condition,
    exit_meaning,
    kubectl,
    place,
    shown,
    why,
)
from rkedoc.i18n import Message
from rkedoc.vocabulary import Observation, ProblemKind, Severity

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

_STARTING: Final = ("ContainerCreating", "PodInitializing")
_PULLING: Final = ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
                   "RegistryUnavailable", "SignatureValidationFailed")  # fmt: skip
_START_LIMIT: Final = 300
_READY_LIMIT: Final = 300
_RESTART_LIMIT: Final = 3600
_MANY_RESTARTS: Final = 5
_TOGETHER: Final = 300
_MANY_PODS: Final = 4
_GRACE_LIMIT: Final = 300
_UNKNOWN_END: Final = (0, 143, 255)


def pod_findings(cluster: Cluster, moment: Moment) -> Iterator[Finding]:
    """What is not well with the pods of the API."""
    ill = {
        node.name
        for node in cluster.snapshot.by_kind("Node")
        if text(condition(node.body, "Ready"), "status") in ("False", "Unknown")
    }
    restarted = _restarted_nodes(cluster, moment)
    for node, (count, total, when) in sorted(restarted.items()):
        what = ProblemKind.NODE_RESTARTED.seen(count=count, total=total)
        look = (kubectl(None, "describe", "node", node),)
        yield Finding(
            node, f"core/Node/-/{node}", Severity.INFO, what, "", None, (Message("at about {when}", when=when),), look
        )
    for pod in cluster.snapshot.by_kind("Pod"):
        node = text(pod.body, "spec", "nodeName")
        yield from _Pod(cluster, moment, pod, node_ill=node in ill, node_restarted=node in restarted).findings()


def _restarted_nodes(cluster: Cluster, moment: Moment) -> dict[str, tuple[int, int, str]]:
    """The nodes of which most pods were restarted at the same time, not long ago: (restarted, pods, when)."""
    pods: dict[str, int] = {}
    ended: dict[str, dict[int, set[str]]] = {}
    times: dict[tuple[str, int], str] = {}
    for pod in cluster.snapshot.by_kind("Pod"):
        node = text(pod.body, "spec", "nodeName")
        if not node or text(pod.body, "status", "phase") != "Running":
            continue
        pods[node] = pods.get(node, 0) + 1
        for item in items(pod.body, "status", "containerStatuses"):
            when = text(item, "lastState", "terminated", "finishedAt")
            age = moment.age(when)
            if age is not None and age <= _RESTART_LIMIT:
                # Windows overlap by half, so that what happens together is never cut in two.
                for window in (int(age // _TOGETHER), int(age // _TOGETHER) + 1):
                    ended.setdefault(node, {}).setdefault(window, set()).add(pod.id)
                    times[node, window] = when
    found = {}
    for node, windows in ended.items():
        window, ids = max(windows.items(), key=lambda pair: (len(pair[1]), -pair[0]))
        if len(ids) >= _MANY_PODS and len(ids) * 3 >= pods[node] * 2:
            found[node] = (len(ids), pods[node], times[node, window])
    return found


class _Pod:
    """The checks of one pod."""

    def __init__(self, cluster: Cluster, moment: Moment, pod: Record, *, node_ill: bool, node_restarted: bool) -> None:
        self._node_ill = node_ill
        self._node_restarted = node_restarted
        self._cluster = cluster
        self._moment = moment
        self._pod = pod
        self._status = mapping(pod.body, "status")
        self._phase = text(self._status, "phase")

    def findings(self) -> Iterator[Finding]:
        leaving = [*self._terminating()]
        if leaving:
            yield from leaving  # what its containers do on the way is no problem of its own
        elif self._phase == "Failed":
            yield from self._failed()
        elif self._phase == "Unknown":
            yield self._finding(Severity.ERROR, ProblemKind.POD_UNKNOWN.seen(), text(self._status, "reason"))
        elif self._phase in ("Pending", "Running"):
            found = [*self._containers()]
            yield from found
            if not found:
                yield from self._pending() if self._phase == "Pending" else self._not_ready()

    # -- the pod as a whole

    def _terminating(self) -> Iterator[Finding]:
        since = at(self._pod.body, "metadata", "deletionTimestamp")
        # The time stamp is that of the end of the grace period.
        if self._moment.older(since, _GRACE_LIMIT):
            keeps = at(self._pod.body, "metadata", "finalizers")
            held = "finalizers: " + ", ".join(map(str, keeps)) if isinstance(keeps, list) and keeps else ""
            yield self._finding(
                Severity.WARNING,
                ProblemKind.STILL_THERE.seen(),
                "Terminating",
                evidence=(Message("deleted {since}", since=since), held),
            )

    def _failed(self) -> Iterator[Finding]:
        owner = self._cluster.snapshot.get(self._pod.owner) if self._pod.owner else None
        if owner is not None and owner.kind == "Job" and text(condition(owner.body, "Complete"), "status") == "True":
            return  # another try of the job has succeeded
        ended = next((end for item in items(self._status, "containerStatuses")
                      if code_of(end := mapping(item, "state", "terminated"), "exitCode") not in (None, 0)), {})  # fmt: skip
        reason = shown(self._status.get("reason")) or shown(at(ended, "reason"))
        code = code_of(ended, "exitCode")
        evidence = (shown(self._status.get("message")), exit_meaning(code))
        yield self._finding(
            Severity.WARNING if reason == "Evicted" else Severity.ERROR,
            ProblemKind.POD_FAILED.seen(),
            reason,
            code,
            evidence,
        )

    def _pending(self) -> Iterator[Finding]:
        scheduled = condition(self._pod.body, "PodScheduled")
        if text(scheduled, "status") == "False":
            reason, *message = why(scheduled) or ("",)
            what = ProblemKind.POD_UNSCHEDULABLE.seen() if reason == "Unschedulable" else ProblemKind.POD_WAITING.seen()
            yield self._finding(Severity.ERROR, what, reason, evidence=tuple(message))
            return
        since = text(self._status, "startTime") or text(self._pod.body, "metadata", "creationTimestamp")
        late = self._moment.older(since, _START_LIMIT)
        waits = sorted({text(item, "state", "waiting", "reason") for item in self._statuses()} - {""})
        found = self._finding(
            Severity.ERROR if late else Severity.WARNING,
            ProblemKind.POD_NOT_STARTED.seen(),
            ", ".join(waits) or "Pending",
            evidence=(Message("since {since}", since=since) if since else "",),
        )
        yield replace(found, reason_only=not late)

    def _not_ready(self) -> Iterator[Finding]:
        ready = condition(self._pod.body, "Ready")
        if text(ready, "status") == "False" and text(ready, "reason") not in ("PodCompleted", "ContainersNotReady"):
            reason, *message = why(ready) or ("",)
            yield self._finding(Severity.WARNING, ProblemKind.POD_NOT_READY.seen(), reason, evidence=tuple(message))

    # -- its containers

    def _statuses(self) -> tuple[Mapping[str, Any], ...]:
        return (*items(self._status, "initContainerStatuses"), *items(self._status, "containerStatuses"))

    def _containers(self) -> Iterator[Finding]:
        sidecars = {text(item, "name") for item in items(self._pod.body, "spec", "initContainers")
                    if text(item, "restartPolicy") == "Always"}  # fmt: skip
        for item in items(self._status, "initContainerStatuses"):
            yield from self._container(item, init=text(item, "name") not in sidecars)
        for item in items(self._status, "containerStatuses"):
            yield from self._container(item, init=False)

    def _container(self, item: Mapping[str, Any], *, init: bool) -> Iterator[Finding]:
        name = text(item, "name")
        last = mapping(item, "lastState", "terminated")
        waiting = mapping(item, "state", "waiting")
        ended = mapping(item, "state", "terminated")
        if waiting and (reason := text(waiting, "reason")) and reason not in _STARTING:
            yield self._waiting(name, reason, waiting, last, number(item, "restartCount"), init=init)
        elif (code := code_of(ended, "exitCode")) not in (None, 0):
            yield self._ended(name, ended, code, number(item, "restartCount"), init=init)
        elif mapping(item, "state", "running"):
            yield from self._running(name, item, last, init=init)

    def _waiting(
        self, name: str, reason: str, waiting: Mapping[str, Any], last: Mapping[str, Any], restarts: int, *, init: bool
    ) -> Finding:
        who = _who(name, init=init)
        code = code_of(last, "exitCode")
        if reason in _PULLING:
            what = ProblemKind.IMAGE_MISSING.seen(who=who)
        elif reason == "CrashLoopBackOff":
            what = ProblemKind.CRASH_LOOP.seen(who=who, times=_times(restarts))
        else:
            what = ProblemKind.NOT_STARTABLE.seen(who=who)
        message = "" if reason == "CrashLoopBackOff" else shown(waiting.get("message"))
        return self._finding(
            Severity.ERROR, what, reason, code, (*self._last(last), message), container=name, previous=bool(last)
        )

    def _ended(self, name: str, ended: Mapping[str, Any], code: int | None, restarts: int, *, init: bool) -> Finding:
        who = _who(name, init=init)
        what = ProblemKind.ENDED.seen(who=who, times=_times(restarts) if restarts else None)
        return self._finding(
            Severity.ERROR, what, shown(ended.get("reason")), code, self._last(ended)[1:], container=name
        )

    def _running(self, name: str, item: Mapping[str, Any], last: Mapping[str, Any], *, init: bool) -> Iterator[Finding]:
        restarts, code, reason = number(item, "restartCount"), code_of(last, "exitCode"), shown(last.get("reason"))
        since = at(item, "state", "running", "startedAt")
        if item.get("ready") is False and not init:
            fresh = not self._moment.older(since, _READY_LIMIT)
            what = ProblemKind.RUNS_NOT_READY.seen(name=name, times=_times(restarts) if restarts else None)
            evidence = (
                Message("running since {since}", since=since) if isinstance(since, str) else "",
                *self._last(last),
            )
            yield self._finding(
                Severity.WARNING if fresh else Severity.ERROR,
                what,
                reason,
                code,
                evidence,
                container=name,
                previous=bool(last),
                unready=True,
            )
        elif reason == "OOMKilled":
            what = ProblemKind.OUT_OF_MEMORY.seen(name=name, times=_times(restarts))
            yield self._finding(
                Severity.WARNING, what, reason, code, self._last(last)[1:], container=name, previous=True
            )
        elif (
            last
            and self._recent(last)
            and (restarts >= _MANY_RESTARTS or code not in (None, *_UNKNOWN_END))
            and not self._node_restarted
        ):
            what = ProblemKind.RUNS_AGAIN.seen(name=name, times=_times(restarts))
            yield self._finding(
                Severity.WARNING, what, reason, code, self._last(last)[1:], container=name, previous=True
            )

    def _recent(self, last: Mapping[str, Any]) -> bool:
        age = self._moment.age(last.get("finishedAt"))
        return age is not None and age <= _RESTART_LIMIT

    def _last(self, last: Mapping[str, Any]) -> tuple[Message | str, ...]:
        """How a container ended: reason, time, the meaning of its code, its message."""
        if not last:
            return ("",)
        reason, when = shown(last.get("reason")), shown(last.get("finishedAt"))
        parts = (
            Message("last end: {reason}", reason=reason) if reason else "",
            Message("ended {when}", when=when) if when else "",
        )
        return (*parts, exit_meaning(code_of(last, "exitCode")), shown(last.get("message")))

    def _names(self) -> set[str]:
        return {text(item, "name") for item in items(self._pod.body, "spec", "containers")}

    def _finding(
        self, severity: Severity, what: Observation, reason: str = "", code: int | None = None, evidence: tuple[Message | str, ...] = (), *,
        container: str = "", previous: bool = False, unready: bool = False,
    ) -> Finding:  # fmt: skip
        pod = self._pod
        commands = [kubectl(pod.namespace, "describe", "pod", pod.name)]
        if container and (code is not None or previous or unready):
            parts = ("logs", pod.name, "-c", container, "--tail=100", *(("--previous",) if previous else ()))
            commands.append(kubectl(pod.namespace, *parts))
        elif not container and (node := text(pod.body, "spec", "nodeName")) and severity != Severity.WARNING:
            commands.append(kubectl(None, "describe", "node", node))
        if (
            severity == Severity.ERROR
            and pod.namespace == "kube-system"
            and is_static(pod)
            and self._names() & set(COMPONENTS)
        ):
            severity = Severity.CRITICAL
        where = (
            Message("its node {nodename} is not ready", nodename=text(pod.body, "spec", "nodeName"))
            if self._node_ill
            else ""
        )
        return Finding(place(pod), pod.id, severity, what, reason, code, (*evidence, where), tuple(commands))


def _who(name: str, *, init: bool) -> Message:
    return Message("init container {name}", name=name) if init else Message("container {name}", name=name)


def _times(count: int) -> Message:
    return Message("once") if count == 1 else Message("{count} times", count=count)
