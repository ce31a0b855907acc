"""The lines of the ledger where no engine was read: what the statuses of pods say of their containers.

They know the newest instance of each container and nothing of sandboxes, of containers outside pods, or of dead
attempts that an engine still keeps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, mapping, text
from rkedoc.explain.ledger.line import LedgerLine, Reason, matched
from rkedoc.i18n import Message
from rkedoc.vocabulary import Basis, Origin, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rkedoc.cluster.model import Cluster, Workload
    from rkedoc.snapshot.record import Record

STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
"""The fields of a pod's status that list containers."""

_STATES = {"running": "running", "terminated": "exited", "waiting": "waiting"}


def status_lines(cluster: Cluster) -> list[LedgerLine]:
    """A line for each container that the status of a pod speaks of."""
    return [line for pod in cluster.snapshot.by_kind("Pod") for line in _lines(cluster, pod)]


def _lines(cluster: Cluster, pod: Record) -> Iterator[LedgerLine]:
    workload = cluster.workload_of(pod.id)
    if workload is None:
        return
    specs = {text(container, "name"): (role, container) for role, container in containers_of(mapping(pod.body, "spec"))}
    seen: Counter[str] = Counter()
    for field in STATUSES:
        for status in items(pod.body, "status", field):
            name = text(status, "name")
            role, spec = specs.get(name, (Role.APP, {"name": name}))
            line = _line(cluster, pod, workload, role, {"image": text(status, "image"), **spec}, status)
            seen[name] += 1
            # No API server lets a name stand twice in a pod, but a file can say so.
            yield line if seen[name] == 1 else replace(line, name=f"{line.name} ({seen[name]})")


def _line(
    cluster: Cluster, pod: Record, workload: Workload, role: Role, spec: Mapping[str, Any], status: Mapping[str, Any]
) -> LedgerLine:
    match = cluster.container_match(workload, text(status, "name"), text(spec, "image"))
    owner = Message(
        "owner {kind} {namespace}/{name}", kind=workload.kind, namespace=workload.namespace, name=workload.name
    )
    found = matched(match.rule, match.evidence) if match is not None else Reason("owner", owner)
    state = next((word for key, word in _STATES.items() if key in mapping(status, "state")), "unknown")
    return LedgerLine(
        id=text(status, "containerID").rpartition("//")[2],
        name=f"{pod.namespace}/{pod.name}/{text(status, 'name')}",
        node=text(pod.body, "spec", "nodeName"),
        state=state,
        role=role,
        origin=match.entry.origin if match is not None else Origin.WORKLOAD,
        component=match.entry.id if match is not None else None,
        reasons=(Reason("pod status", ""), found),
        made_of=Basis.POD_STATUS,
        pod=pod.name,
        namespace=pod.namespace,
        record_id=pod.id,
        subject=workload.id,
    )
