"""One problem for each cause: what pods of one workload have in common is told once, with what the workload lacks because of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rkedoc.explain.health.problem import Finding
from rkedoc.i18n import Message
from rkedoc.snapshot.identity import parse_id
from rkedoc.vocabulary import ProblemKind

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload

_LACKS: Final = frozenset(
    (ProblemKind.PODS_MISSING, ProblemKind.CHANGE_STUCK, ProblemKind.JOB_FAILED, ProblemKind.JOB_UNFINISHED)
)
"""What a workload says of itself because of its pods."""
_DOWN: Final = frozenset(
    (
        ProblemKind.IMAGE_MISSING, ProblemKind.CRASH_LOOP, ProblemKind.NOT_STARTABLE, ProblemKind.ENDED, ProblemKind.ENDED_IN_ENGINE,
        ProblemKind.RUNS_NOT_READY, ProblemKind.POD_FAILED, ProblemKind.POD_UNKNOWN, ProblemKind.POD_UNSCHEDULABLE,
        ProblemKind.POD_WAITING, ProblemKind.POD_NOT_STARTED, ProblemKind.POD_NOT_READY,
    )
)  # fmt: skip
"""What keeps a pod from being ready, and so is why its workload lacks one."""
_NAMED: Final = 3
"""Pods that a problem names; the rest is counted."""


def by_cause(cluster: Cluster, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings with those of one cause made one, which is about the workload: the pods' reason and commands, and what it lacks.

    A finding that is only a reason (:attr:`~rkedoc.explain.health.problem.Finding.reason_only`) is told where something is lacking.
    """
    of_pods: dict[str, dict[tuple[str, ...], list[Finding]]] = {}
    lacking: dict[str, list[Finding]] = {}
    for finding in _with_what_holds_them([*findings]):
        workload = cluster.workload_of(finding.record_id)
        if workload is None or workload.kind == "Pod":
            if not finding.reason_only:
                yield finding
        elif parse_id(finding.record_id).kind == "Pod":
            of_pods.setdefault(workload.id, {}).setdefault(_cause(finding), []).append(finding)
        elif finding.what.kind in _LACKS:
            lacking.setdefault(workload.id, []).append(finding)
        else:
            yield finding
    for identifier in dict.fromkeys((*of_pods, *lacking)):
        workload = cluster.workload_of(identifier)
        if workload is not None:
            yield from _of_workload(workload, [*of_pods.get(identifier, {}).values()], lacking.get(identifier, []))


def _with_what_holds_them(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, those of namespaces that do not go away with the pods in them that do not: these hold them back."""
    leaving = [finding for finding in findings if finding.what.kind == ProblemKind.STILL_THERE]
    namespaces = {parse_id(one.record_id).name for one in leaving if parse_id(one.record_id).kind == "Namespace"}
    holding: dict[str, list[Finding]] = {}
    for finding in leaving:
        found = parse_id(finding.record_id)
        if found.kind == "Pod" and found.namespace in namespaces:
            holding.setdefault(found.namespace, []).append(finding)
    held = {finding.record_id for group in holding.values() for finding in group}
    for finding in findings:
        found = parse_id(finding.record_id)
        if found.kind == "Namespace" and (pods := holding.get(found.name)):
            identifiers = [pod.record_id for pod in pods]
            yield replace(
                finding,
                evidence=(*finding.evidence, _pods(identifiers)),
                commands=(*finding.commands, *(line for pod in pods[:_NAMED] for line in pod.commands)),
                others=(*finding.others, *identifiers),
            )
        elif finding.record_id not in held:
            yield finding


def _cause(finding: Finding) -> tuple[str, ...]:
    """What findings of one cause have in common: what was seen, of which container, and the reason; not how often, nor when."""
    which = (str(value) for name, value in finding.what.values if name in ("who", "name"))
    return finding.what.kind, finding.reason, *which


def _of_workload(
    workload: Workload, groups: Sequence[Sequence[Finding]], lacking: Sequence[Finding]
) -> Iterator[Finding]:
    down = [group for group in groups if group[0].what.kind in _DOWN and (lacking or not group[0].reason_only)]
    if not down:
        yield from lacking
    # What is lacking is told with the gravest cause.
    down.sort(key=lambda group: (min(finding.severity.order for finding in group), -len(group)))
    for place, group in enumerate(down):
        yield _one(workload, group, lacking if place == 0 else ())
    for group in groups:
        if group[0].what.kind not in _DOWN:
            yield _one(workload, group, ())


def _one(workload: Workload, group: Sequence[Finding], lacking: Sequence[Finding]) -> Finding:
    """The finding of several pods as one about their workload."""
    first = group[0]
    severity = min((finding.severity for finding in (*group, *lacking)), key=lambda one: one.order)
    more: list[Message | str] = []
    for finding in lacking[:_NAMED]:
        more += [finding.what.text, *finding.evidence]
    pods = list(dict.fromkeys(finding.record_id for finding in group))
    others = dict.fromkeys((*pods, *(finding.record_id for finding in lacking)))
    others.pop(workload.id, None)
    return replace(
        first,
        subject=f"{workload.namespace}/{workload.name}",
        record_id=workload.id,
        severity=severity,
        reason=first.reason or next((finding.reason for finding in lacking), ""),
        evidence=(*first.evidence, *more, _pods(pods)),
        commands=first.commands if any(first.commands) else tuple(item for one in lacking for item in one.commands),
        others=tuple(others),
    )


def _pods(identifiers: Sequence[str]) -> Message:
    names = [parse_id(identifier).name for identifier in identifiers]
    if len(names) == 1:
        return Message("pod {name}", name=names[0])
    shown, rest = ", ".join(names[:_NAMED]), len(names) - _NAMED
    if rest > 0:
        return Message("pods {names} and {count} more", names=shown, count=rest)
    return Message("pods {names}", names=shown)
