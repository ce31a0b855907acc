"""The ledger's second half: every process of a node in exactly one class, each with the rule and the evidence that put it there.

The order of the rules is that of the classes' certainty: what the kernel itself says (its own threads, control groups of containers)
comes before what names say. What a process of the platform starts and nothing else explains belongs to it; what the operating
system's service manager started is the system's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import text
from rkedoc.explain.ledger.line import Reason
from rkedoc.explain.systemprograms import system_program, system_unit
from rkedoc.i18n import Message
from rkedoc.listing.kernel import is_kernel_thread
from rkedoc.snapshot.kinds import CONTAINERD_OF_DOCKER, CONTAINERD_OF_KUBERNETES
from rkedoc.vocabulary import ProcessClass, Result

if TYPE_CHECKING:
    from rkedoc.catalog.matcher import Match
    from rkedoc.cluster.host import HostProcess
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

_SHIM: Final = "containerd-shim"
"""The entry of what stands between a runtime and one container or sandbox."""

_SHIMS: Final = frozenset({_SHIM, "conmon"})

_MOST_ANCESTORS: Final = 64

_FOR_ANYBODY: Final = frozenset({
    "sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox", "tmux", "screen", "sudo", "su", "login", "sshd", "sshd-session", "cron", "crond",
    "atd", "nohup", "timeout", "env", "xargs", "watch",
})  # fmt: skip
"""Programs of the system that start whatever somebody tells them to: what they have started is not the system's for that."""


@dataclass(frozen=True, slots=True)
class ProcessLine:
    """One process, and why it stands where it stands.

    ``component`` is the id of the catalog's entry; of a process in a container that of the container. ``container`` is the id of the
    container's record, empty where none is known or it is in none.
    """

    id: str
    node: str
    pid: int
    program: str
    unit: str
    klass: ProcessClass
    component: str | None
    container: str
    reasons: tuple[Reason, ...]

    @property
    def evidence(self) -> str:
        """What the reasons found, in English."""
        return "; ".join(str(reason.evidence) for reason in self.reasons if reason.evidence)

    def to_json(self) -> dict[str, Any]:
        """The line as ``rkedoc ledger --format json`` prints it: the same in every language."""
        return {
            "node": self.node, "pid": self.pid, "program": self.program, "unit": self.unit, "class": self.klass,
            "component": self.component, "container": self.container or None,
            "rule": " + ".join(reason.rule for reason in self.reasons), "evidence": self.evidence,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProcessLedger:
    """All processes of a cluster's nodes, or of one. ``counted`` is the number that each node's ``/proc`` listed, where all could be read;
    ``read`` are the nodes whose hosts were read, whatever they showed."""

    lines: tuple[ProcessLine, ...]
    counted: tuple[tuple[str, int], ...]
    read: frozenset[str]

    @property
    def nothing(self) -> Message:
        """What is said in the place of a ledger without lines: that no host was read, or that those that were showed no process."""
        if self.read:
            return Message("No process was read: /proc of the hosts showed none.")
        return Message(
            "The hosts themselves were not read: rkedoc collect --host accounts for their processes as well."
        )

    @property
    def closes(self) -> bool:
        """Whether the sums close: each process once, in one class, and none that was counted dropped. Nothing is no sum."""
        by_node = Counter(line.node for line in self.lines)
        return (
            bool(self.lines)
            and len({line.id for line in self.lines}) == len(self.lines)
            and all(by_node[node] == count for node, count in self.counted)
        )

    @property
    def unexplained(self) -> tuple[ProcessLine, ...]:
        """The processes that nothing explains."""
        return tuple(line for line in self.lines if line.klass == ProcessClass.UNEXPLAINED)

    def of(self, klass: ProcessClass) -> tuple[ProcessLine, ...]:
        """The processes of one class."""
        return tuple(line for line in self.lines if line.klass == klass)

    def to_json(self) -> dict[str, Any]:
        """It as ``rkedoc ledger --format json`` prints it."""
        counts = Counter(line.klass for line in self.lines)
        return {
            "total": len(self.lines),
            "by_class": {klass.value: counts[klass] for klass in ProcessClass if counts[klass]},
            "by_node": dict(sorted(Counter(line.node for line in self.lines).items())),
            "closes": self.closes,
            "unexplained": [f"{line.program} ({line.pid})" for line in self.unexplained],
            "processes": [line.to_json() for line in self.lines],
        }


def process_ledger(cluster: Cluster, node: str | None = None) -> ProcessLedger:
    """Every process of the nodes whose hosts were read, or of one of them, by node and number."""
    whole, by_node = _ledgers(cluster)
    return whole if node is None else by_node.get(node, ProcessLedger((), (), frozenset()))


@lru_cache(maxsize=4)
def _ledgers(cluster: Cluster) -> tuple[ProcessLedger, Mapping[str, ProcessLedger]]:
    """The ledger of all nodes, and that of each."""
    lines = tuple(map(_Classing(cluster).line, cluster.processes)) if cluster.processes else ()
    counted = tuple(
        (capture.node or "", scope.count)
        for capture in cluster.header.captures
        for scope in capture.scopes
        if scope.name == "host/processes" and scope.result in (Result.COMPLETE, Result.PARTIAL)
    )
    lines_of: dict[str, list[ProcessLine]] = {
        node: [] for node in (*cluster.hosts, *(node for node, _count in counted))
    }
    for line in lines:
        lines_of.setdefault(line.node, []).append(line)
    counts_of: dict[str, list[tuple[str, int]]] = {}
    for count in counted:
        counts_of.setdefault(count[0], []).append(count)
    by_node = {
        node: ProcessLedger(tuple(own), tuple(counts_of.get(node, ())), frozenset({node}))
        for node, own in lines_of.items()
    }
    return ProcessLedger(lines, counted, frozenset(lines_of)), by_node


@lru_cache(maxsize=4)
def processes_by_component(cluster: Cluster) -> Mapping[str, tuple[ProcessLine, ...]]:
    """The processes of the platform by the component that each is, in the order of the components' ids. What a component has started
    beside is none of its own."""
    found: dict[str, list[ProcessLine]] = {}
    for line in process_ledger(cluster).lines:
        if (
            line.klass in (ProcessClass.PLATFORM, ProcessClass.SHIM)
            and line.component
            and line.reasons[0].rule != "parent"
        ):
            found.setdefault(line.component, []).append(line)
    return {component: tuple(lines) for component, lines in sorted(found.items())}


class _Classing:
    """Puts each process into its class. What it asks of the snapshot and the catalog it asks once."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._by_pid = {(process.node, process.pid): process for process in cluster.processes}
        self._containers: dict[tuple[str, str], list[Record]] = {}
        for record in cluster.snapshot.by_kind("EngineContainer"):
            self._containers.setdefault((record.namespace or "", text(record.body, "id")), []).append(record)
        self._components = _components(cluster)
        self._found: dict[str, ProcessLine] = {}
        self._under_way: set[str] = set()
        """Processes whose class waits for that of a parent: numbers read one after the other may lead in a circle."""

    def line(self, process: HostProcess) -> ProcessLine:
        """The line of a process."""
        found = self._found.get(process.id)
        if found is None:
            self._under_way.add(process.id)
            found = self._found[process.id] = self._class_of(process)
            self._under_way.discard(process.id)
        return found

    def _class_of(self, process: HostProcess) -> ProcessLine:
        if process.collector:
            return _line(process, ProcessClass.COLLECTOR, "collector", Message("rkedoc itself, while it collected"))
        if process.kernel:
            return _line(process, ProcessClass.SYSTEM, "kernel", Message("a thread of the kernel"))
        if process.container and not process.monitor:
            return self._in_container(process)
        if process.cgroup and (record := self._by_cgroup(process)) is not None:
            return self._inside(process, record)
        match = self._cluster.catalog.find(process.thing)
        if process.monitor or process.shim_of or (match is not None and match.entry.id in _SHIMS):
            return self._shim(process, match)
        if match is not None:
            return _line(process, ProcessClass.PLATFORM, match.rule, f"{match.rule} {match.evidence}", match.entry.id)
        return self._by_parent(process) or self._by_system(process)

    def _in_container(self, process: HostProcess) -> ProcessLine:
        record = self._container(process.node, process.container)
        if record is None:
            why = Message(
                "its control group is that of container {id}, which no runtime told of", id=process.container[:12]
            )
            return _line(process, ProcessClass.IN_CONTAINER, "control group", why)
        return self._inside(process, record)

    def _inside(self, process: HostProcess, record: Record) -> ProcessLine:
        why = Message("its control group is that of container {name}", name=record.name)
        component = self._components.get(record.id)
        return _line(process, ProcessClass.IN_CONTAINER, "control group", why, component, record)

    def _shim(self, process: HostProcess, match: Match | None) -> ProcessLine:
        watched = process.shim_of or process.container
        record = self._container(process.node, watched, process.shim_namespace)
        component = match.entry.id if match is not None else _SHIM
        if record is not None:
            why = Message("it stands between the runtime and {name}", name=record.name)
        elif watched:
            why = Message("it stands between a runtime and container {id}", id=watched[:12])
        else:
            why = Message("it stands between a runtime and its containers")
        return _line(process, ProcessClass.SHIM, "shim", why, component, record)

    def _container(self, node: str, identifier: str, namespace: str = "") -> Record | None:
        """A container by its id. Ids that people give are unique within a namespace of a runtime, and not beyond."""
        found = self._containers.get((node, identifier), [])
        fitting = [record for record in found if not namespace or _namespace_of(record) == namespace]
        return fitting[0] if len(fitting) == 1 or (fitting and not namespace) else None

    def _by_cgroup(self, process: HostProcess) -> Record | None:
        """The container that a control group is of, where it ends as containerd calls it by default, ``/<namespace>/<id>``."""
        namespace, _slash, identifier = process.cgroup.rstrip("/").rpartition("/")
        namespace = namespace.rpartition("/")[2]
        return self._container(process.node, identifier, namespace) if namespace and identifier else None

    def _by_parent(self, process: HostProcess) -> ProcessLine | None:
        """What a process of the platform has started and nobody else explains, such as iptables of a kubelet."""
        above = process
        for _step in range(_MOST_ANCESTORS):
            parent = self._by_pid.get((above.node, above.ppid))
            if parent is None or parent.pid == above.pid or parent.pid <= 1 or parent.kernel:
                return None
            if parent.collector:
                return None
            match = None if parent.container and not parent.monitor else self._cluster.catalog.find(parent.thing)
            if match is not None and match.entry.id not in _SHIMS:
                why = Message("{program} ({pid}) has started it", program=parent.program, pid=parent.pid)
                return _line(process, ProcessClass.PLATFORM, "parent", why, match.entry.id)
            if match is not None:
                return self._of_shim(process, parent)
            above = parent
        return None

    def _of_shim(self, process: HostProcess, shim: HostProcess) -> ProcessLine:
        """What a shim has started is in its container, or in one of its sandbox's, though its control group does not say so."""
        watched = shim.shim_of or shim.container
        record = self._container(shim.node, watched, shim.shim_namespace)
        why = Message(
            "a shim has started it, that of {name}", name=record.name if record is not None else watched[:12] or "?"
        )
        return _line(process, ProcessClass.IN_CONTAINER, "shim", why, None, record)

    def _by_system(self, process: HostProcess) -> ProcessLine:
        if process.unit and _is_of_system(process.unit):
            return _line(process, ProcessClass.SYSTEM, "unit", Message("unit {unit}", unit=process.unit))
        if (program := system_program(process.program)) is not None:
            return _line(
                process,
                ProcessClass.SYSTEM,
                "program",
                Message("a program of the operating system: {name}", name=program.name),
            )
        if process.unit and _is_session(process.unit):
            why = Message(
                "somebody has started it in the session {unit}, and nothing says what it is", unit=process.unit
            )
            return _line(process, ProcessClass.UNEXPLAINED, "session", why)
        if process.unit:
            why = Message(
                "unit {unit}, which no entry of the catalog and no list of an operating system's services has",
                unit=process.unit,
            )
            return _line(process, ProcessClass.UNEXPLAINED, "unit", why)
        if is_kernel_thread(process.program) and process.ppid == 2:
            return _line(process, ProcessClass.SYSTEM, "kernel", Message("a thread of the kernel"))
        if process.pid == 1:
            return _line(
                process,
                ProcessClass.SYSTEM,
                "first process",
                Message("the first process of the node, which starts all others"),
            )
        parent = self._by_pid.get((process.node, process.ppid))
        if parent is not None and parent.pid > 1 and parent.id not in self._under_way:
            above = self.line(parent)
            if above.klass == ProcessClass.SYSTEM and not parent.kernel and parent.program not in _FOR_ANYBODY:
                why = Message("{program} ({pid}) has started it", program=parent.program, pid=parent.pid)
                return _line(process, ProcessClass.SYSTEM, "parent", why)
            if above.klass == ProcessClass.COLLECTOR:
                return _line(process, ProcessClass.COLLECTOR, "parent", Message("the collector has started it"))
        return _line(
            process, ProcessClass.UNEXPLAINED, "none",
            Message("in no container and in no unit, and no entry of the catalog or program of an operating system has this name"),
        )  # fmt: skip


def _is_of_system(unit: str) -> bool:
    """Whether a unit is one of those that an operating system brings."""
    service = unit.removeprefix("openrc.")
    return (
        unit == "init.scope"
        or unit.startswith("systemd-")
        or system_unit(unit) is not None
        or system_program(service.removesuffix(".service")) is not None
    )


def _is_session(unit: str) -> bool:
    """Whether a unit is somebody's session, and what runs in it so anybody's choice (systemd-logind.service(8), user@.service(5))."""
    return unit.startswith(("session-", "user@", "run-")) or (unit.endswith(".scope") and unit != "init.scope")


def _namespace_of(container: Record) -> str:
    """The namespace of containerd that a container lies in: its own, that of Kubernetes, or that of Docker."""
    own = text(container.body, "runtimeNamespace")
    return own or (CONTAINERD_OF_KUBERNETES if text(container.body, "runtime") else CONTAINERD_OF_DOCKER)


def _components(cluster: Cluster) -> Mapping[str, str | None]:
    """The component of each container, by its record: what the first half of the ledger says."""
    from rkedoc.explain.ledger.ledger import build_ledger

    return {line.record_id: line.component for line in build_ledger(cluster).lines}


def _line(
    process: HostProcess, klass: ProcessClass, rule: str, why: Message | str, component: str | None = None,
    container: Record | None = None,
) -> ProcessLine:  # fmt: skip
    return ProcessLine(
        id=process.id, node=process.node, pid=process.pid, program=process.program, unit=process.unit, klass=klass,
        component=component, container=container.id if container is not None else "", reasons=(Reason(rule, why),),
    )  # fmt: skip
