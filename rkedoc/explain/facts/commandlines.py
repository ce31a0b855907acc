"""The command lines of a cluster's components, wherever they run: outside pods, as static pods, in somebody's workload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import mapping, text, words
from rkedoc.i18n import Message
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.snapshot.record import HIDDEN_RE

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

COMPONENTS: Final = (
    "kube-apiserver", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager", "kubelet", "kube-proxy", "etcd",
    "nginx-proxy",
)  # fmt: skip
"""Programs whose flags are looked for."""

_RUNNING: Final = ("running", "restarting", "paused")


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A component as it was started. ``flags`` are by name without dashes; a flag without a value is ``"true"``."""

    component: str
    record_id: str
    name: str
    node: str
    where: str
    flags: Mapping[str, str]
    rke: bool
    running: bool


@lru_cache(maxsize=4)
def command_lines(cluster: Cluster) -> Mapping[str, tuple[CommandLine, ...]]:
    """The command lines of each of :data:`COMPONENTS`: those outside pods first, then by record id."""
    found: dict[str, list[CommandLine]] = {name: [] for name in COMPONENTS}
    for line in (*_outside(cluster), *_in_pods(cluster)):
        found[line.component].append(line)
    return MappingProxyType({name: tuple(lines) for name, lines in found.items()})


def flags_of(arguments: Sequence[str]) -> dict[str, str]:
    """The flags in a command line, in either form (``--a=b``, ``--a b``). Of a repeated one the last counts.

    >>> flags_of(["kubelet", "--v=2", "--port", "10250", "--fail"])
    {'v': '2', 'port': '10250', 'fail': 'true'}
    """
    flags: dict[str, str] = {}
    for index, argument in enumerate(arguments):
        if not argument.startswith("--"):
            continue
        name, equals, value = argument[2:].partition("=")
        if not equals:
            after = arguments[index + 1] if index + 1 < len(arguments) else ""
            value = after if after and not after.startswith("-") else "true"
        flags[name] = value
    return flags


def readable(value: str | None) -> str:
    """A value that was not hidden, else an empty string."""
    return value if value and not HIDDEN_RE.search(value) else ""


def _outside(cluster: Cluster) -> Iterator[CommandLine]:
    for record in cluster.snapshot.by_kind("EngineContainer"):
        if mapping(record.body, "pod"):
            continue
        label = text(record.body, "labels", RKE_NAME)
        command = (*words(record.body, "entrypoint"), *words(record.body, "args"))
        # RKE names the container after the program; "old-" is the predecessor that an upgrade left (rancher/rke v1.2.4).
        component = label or (record.name if record.name in COMPONENTS else "")
        if component in COMPONENTS and not record.name.startswith("old-"):
            running = text(record.body, "state") in _RUNNING
            where = Message("engine container {name}", name=record.name)
            yield CommandLine(
                component,
                record.id,
                record.name,
                record.namespace or "",
                where,
                flags_of(command),
                bool(label),
                running,
            )


def _in_pods(cluster: Cluster) -> Iterator[CommandLine]:
    for workload in cluster.workloads():
        if workload.namespace != "kube-system":
            continue
        for _role, container in containers_of(workload.pod_spec):
            command = (*words(container, "command"), *words(container, "args"))
            component = _program(command, container)
            if component is None:
                continue
            for node in sorted({text(pod.body, "spec", "nodeName") for pod in workload.pods}) or [""]:
                where = f"{workload.kind} {workload.namespace}/{workload.name}"
                yield CommandLine(
                    component,
                    workload.id,
                    workload.name,
                    node,
                    where,
                    flags_of(command),
                    False,
                    _runs(workload.pods, node),
                )


def _runs(pods: Sequence[Record], node: str) -> bool:
    return any(
        text(pod.body, "status", "phase") in ("Running", "")
        for pod in pods
        if text(pod.body, "spec", "nodeName") == node
    )


def _program(command: Sequence[str], container: Mapping[str, Any]) -> str | None:
    for word in command[:3]:
        name = word.rpartition("/")[2]
        if name in COMPONENTS:
            return name
    name = text(container, "name")
    return name if name in COMPONENTS and not command else None
