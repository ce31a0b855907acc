"""The lines of the ledger where an engine was read: its containers, joined with the pods of the API.

The join stands on ids: the uid in a container's labels is that of its pod, or, for a static pod, the hash of its
configuration, which the mirror in the API carries as an annotation. Names are the fallback.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rkedoc.catalog.bound import InPod
from rkedoc.catalog.images import parse_image
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import mapping, number, text
from rkedoc.cluster.images import image_name, outside_pods
from rkedoc.cluster.model import has_finished
from rkedoc.cluster.podnames import is_debugger, possible_workloads
from rkedoc.explain.ledger.line import LedgerLine, Reason
from rkedoc.explain.ledger.mismatch import Mismatch
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.identity import is_generated_name, record_id
from rkedoc.snapshot.kinds import CONFIG_HASH, CONTAINERD_OF_DOCKER
from rkedoc.snapshot.record import is_row
from rkedoc.vocabulary import MismatchKind, Origin, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rkedoc.catalog.matcher import Match
    from rkedoc.cluster.model import Cluster, Workload
    from rkedoc.snapshot.record import Record


@dataclass(frozen=True, slots=True)
class _Joined:
    """A container of a pod with the pod as the API knows it, and how it was found."""

    container: Record
    pod: Record | None
    found: Reason


def engine_lines(cluster: Cluster) -> tuple[list[LedgerLine], list[Mismatch]]:
    """A line for each container of each engine, and what the engines and the API do not agree about."""
    join = PodJoin(cluster)
    lines: list[LedgerLine] = []
    mismatches: list[Mismatch] = []
    outside: list[Record] = []
    sandboxes: dict[tuple[str, str], list[Record]] = {}
    previous = _previous_attempts(cluster.snapshot.by_kind("EngineContainer"))
    for container in cluster.snapshot.by_kind("EngineContainer"):
        if not mapping(container.body, "pod"):
            outside.append(container)
            continue
        joined = join.join(container)
        line = _pod_line(cluster, joined, previous=container.id in previous)
        lines.append(line)
        if line.role == Role.SANDBOX:
            mismatches += join.faults(joined)
            if joined.pod is not None:
                sandboxes.setdefault((line.node, joined.pod.id), []).append(container)
    for found in sandboxes.values():
        mismatches += [_second_sandbox(container) for container in sorted(found, key=_age)[:-1]]
    return lines + _outside_lines(cluster, outside), mismatches


def pods_without_sandbox(cluster: Cluster) -> list[Mismatch]:
    """The pods that the API binds to a node whose engine was read, and of which that engine has no sandbox."""
    if not cluster.collected("Pod"):
        return []
    known, named = set(), set()
    for container in cluster.snapshot.by_kind("EngineContainer"):
        part = mapping(container.body, "pod")
        if text(part, "type") == "podsandbox":
            name = f"{text(part, 'namespace')}/{text(part, 'name')}"
            known.add((container.namespace, text(part, "uid") or name))
            named.add((container.namespace, name))
    found = []
    nodes = frozenset(cluster.engine_nodes)
    for pod in cluster.snapshot.by_kind("Pod"):
        node = text(pod.body, "spec", "nodeName")
        phase = text(pod.body, "status", "phase")
        if node not in nodes or has_finished(pod):
            continue
        names = (
            text(pod.body, "metadata", "uid"),
            text(pod.body, "metadata", "annotations", CONFIG_HASH),
            f"{pod.namespace}/{pod.name}",
        )
        if any((node, name) in known for name in names if name) or (is_row(pod) and (node, names[-1]) in named):
            continue
        why = Message(
            "the API binds it to this node (phase {phase}), the engine has no sandbox for it", phase=phase or "unknown"
        )
        found.append(Mismatch(MismatchKind.POD_WITHOUT_SANDBOX, node, f"{pod.namespace}/{pod.name}", why))
    return found


class PodJoin:
    """Finds the pod of an engine's container."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._by_uid: dict[str, Record] = {}
        self._by_hash: dict[str, Record] = {}
        for pod in cluster.pods:
            if uid := text(pod.body, "metadata", "uid"):
                self._by_uid[uid] = pod
            if digest := text(pod.body, "metadata", "annotations", CONFIG_HASH):
                self._by_hash[digest] = pod

    def join(self, container: Record) -> _Joined:
        """The container with its pod, ``None`` if the API does not know it."""
        part = mapping(container.body, "pod")
        uid, where = text(part, "uid"), f"{text(part, 'namespace')}/{text(part, 'name')}"
        labelled = "io.kubernetes.pod.name" in mapping(container.body, "labels")
        engine = "engine labels" if labelled else "engine name"
        if uid and (pod := self._by_uid.get(uid)) is not None:
            told = self._cluster.snapshot.get(pod.id)
            if told is None or is_row(told):
                return _Joined(container, pod, Reason(engine, f"pod {where}"))
            is_pod = Message("uid {uid} is pod {namespace}/{name}", uid=uid, namespace=pod.namespace, name=pod.name)
            return _Joined(container, pod, Reason("pod uid", is_pod))
        if uid and (pod := self._by_hash.get(uid)) is not None:
            is_pod = Message(
                "{config_hash} {uid} is pod {namespace}/{name}",
                config_hash=CONFIG_HASH, uid=uid, namespace=pod.namespace, name=pod.name,
            )  # fmt: skip
            return _Joined(container, pod, Reason("static pod", is_pod))
        named = self._cluster.get(record_id("", "Pod", text(part, "namespace"), text(part, "name") or "-"))
        if named is not None and not (uid and text(named.body, "metadata", "uid")):
            return _Joined(container, named, Reason("pod name", f"pod {where}"))
        return _Joined(container, None, Reason(engine, f"pod {where}"))

    def faults(self, joined: _Joined) -> list[Mismatch]:
        """What is wrong with a sandbox: no pod, or a pod that is bound to another node."""
        part = mapping(joined.container.body, "pod")
        where = f"{text(part, 'namespace')}/{text(part, 'name')}"
        on, name = joined.container.namespace or "", joined.container.name
        if joined.pod is None:
            if not self._cluster.covers("Pod", text(part, "namespace")):
                return []
            same = self._cluster.get(record_id("", "Pod", text(part, "namespace"), text(part, "name") or "-"))
            why = Message("the API no longer knows this pod") if same is None else (
                Message("the API knows a pod of this name, but with another uid: this is the sandbox of its predecessor")
            )  # fmt: skip
            return [Mismatch(MismatchKind.SANDBOX_WITHOUT_POD, on, where, why, name)]
        node = text(joined.pod.body, "spec", "nodeName")
        if node and node != joined.container.namespace:
            why = Message("the API binds this pod to node {node}", node=node)
            return [Mismatch(MismatchKind.SANDBOX_ELSEWHERE, on, where, why, name)]
        return []


def _second_sandbox(container: Record) -> Mismatch:
    part = mapping(container.body, "pod")
    pod = f"{text(part, 'namespace')}/{text(part, 'name')}"
    why = Message("a newer sandbox of this pod is there, and this one has not ended")
    return Mismatch(MismatchKind.SECOND_SANDBOX, container.namespace or "", pod, why, container.name)


def _previous_attempts(containers: Iterable[Record]) -> frozenset[str]:
    """The containers and sandboxes of pods that a newer one has replaced, by their record ids."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for container in containers:
        part = mapping(container.body, "pod")
        if part:
            pod = text(part, "uid") or f"{text(part, 'namespace')}/{text(part, 'name')}"
            key = (container.namespace or "", pod, text(part, "type"), text(part, "container"))
            groups.setdefault(key, []).append(container)
    return frozenset(
        record.id
        for group in groups.values()
        for record in sorted(group, key=_age)[:-1]
        if text(record.body, "state") not in ("running", "paused")
    )


def _age(container: Record) -> tuple[int, bool, str, str]:
    body = container.body
    alive = text(body, "state") in ("running", "paused")
    return number(body, "pod", "attempt"), alive, text(body, "created") or text(body, "startedAt"), container.id


def _pod_line(cluster: Cluster, joined: _Joined, *, previous: bool) -> LedgerLine:
    container, pod = joined.container, joined.pod
    part = mapping(container.body, "pod")
    workload = cluster.workload_of(pod.id) if pod is not None else None
    match = _container_match(cluster, joined, workload)
    sandbox = text(part, "type") == "podsandbox"
    role = Role.SANDBOX if sandbox else _role(cluster, pod, workload, text(part, "container"), match)
    component = _pause(container) if sandbox else match.entry.id if match is not None else None
    reasons = [joined.found]
    if sandbox and component is None:
        reasons.append(Reason("runtime", Message("the runtime holds its namespaces without a pause container")))
    if previous:
        newer = Message("attempt {attempt}, a newer one is there", attempt=number(part, "attempt"))
        reasons.append(Reason("attempt", newer))
    if match is not None:
        reasons.append(Reason(match.rule, f"{match.rule} {match.evidence}"))
    elif workload is not None:
        reasons.append(Reason("owner", _owner(workload)))
    return LedgerLine(
        id=text(container.body, "id"),
        name=container.name,
        node=container.namespace or "",
        state=text(container.body, "state") or "unknown",
        role=Role.PREVIOUS_ATTEMPT if previous else role,
        origin=match.entry.origin if match is not None else Origin.WORKLOAD,
        component=component,
        reasons=tuple(reasons),
        pod=text(part, "name"),
        namespace=text(part, "namespace"),
        record_id=container.id,
        subject=workload.id
        if workload is not None
        else record_id("", "Pod", text(part, "namespace"), text(part, "name") or "-"),
    )


def _pause(sandbox: Record) -> str | None:
    """The component of a sandbox: the pause container, which Docker always has, and other runtimes where they say so."""
    told = mapping(sandbox.body, "sandbox")
    without = told and not text(told, "pause") and sandbox.body.get("inspected") is True
    return None if without else "pause"


def _owner(workload: Workload) -> Message:
    if workload.kind == "Pod":
        return Message("no controller owns it")
    return Message(
        "owner {kind} {namespace}/{name}", kind=workload.kind, namespace=workload.namespace, name=workload.name
    )


def _role(cluster: Cluster, pod: Record | None, workload: Workload | None, name: str, match: Match | None) -> Role:
    """The role that a specification gives a container; what no API told of has none, and its name has to do."""
    read = [record for record in (pod, workload.record if workload is not None else None) if record is not None]
    if workload is not None and any(cluster.snapshot.get(record.id) is not None for record in read):
        for spec in (mapping(pod.body, "spec") if pod is not None else {}, workload.pod_spec):
            for role, container in containers_of(spec):
                if text(container, "name") == name:
                    return role
    return _by_name(name, match)


def _by_name(name: str, match: Match | None) -> Role:
    if is_debugger(name):
        return Role.EPHEMERAL
    return match.entry.role if match is not None and match.entry.role in (Role.INIT, Role.SIDECAR) else Role.APP


def _container_match(cluster: Cluster, joined: _Joined, workload: Workload | None) -> Match | None:
    part = mapping(joined.container.body, "pod")
    sandbox = text(part, "type") == "podsandbox"
    if workload is not None and joined.pod is not None:
        if sandbox:
            return workload.match
        return cluster.container_match(
            workload, text(part, "container"), image_name(cluster.snapshot.get, joined.container)
        )
    return _by_pod_name(
        cluster,
        InPod(
            namespace=text(part, "namespace") or None,
            workload=None,
            kind=None,
            pod=text(part, "name") or None,
            container=None if sandbox else text(part, "container"),
            image=None if sandbox else image_name(cluster.snapshot.get, joined.container) or None,
        ),
    )


def _by_pod_name(cluster: Cluster, known: InPod) -> Match | None:
    """The strongest match of a pod that the API does not know, over the workloads that its name can mean."""
    found = (
        cluster.catalog.find(replace(known, workload=name, kind=kind))
        for name, kind in possible_workloads(known.pod or "")
    )
    return min((match for match in found if match is not None), key=lambda match: match.rank, default=None)


def _outside_lines(cluster: Cluster, containers: list[Record]) -> list[LedgerLine]:
    lines = []
    taken: dict[str, int] = {}
    found = [
        (container, cluster.catalog.find(outside_pods(cluster.snapshot.get, container))) for container in containers
    ]
    # Names that somebody chose come first: a made-up subject must not take one of theirs.
    for container, match in sorted(found, key=lambda item: (is_generated_name(item[0].name), item[0].id)):
        lines.append(_outside_line(cluster, container, match, taken))
        taken.setdefault(lines[-1].subject, 1)
    return lines


def _outside_line(cluster: Cluster, container: Record, match: Match | None, taken: dict[str, int]) -> LedgerLine:
    if match is not None:
        origin, reason = match.entry.origin, Reason(match.rule, match.evidence, said=match.rule.startswith("label "))
    else:
        origin, reason = _somebodys(cluster, container)
    component = match.entry.id if match is not None else None
    return LedgerLine(
        id=text(container.body, "id"),
        name=container.name,
        node=container.namespace or "",
        state=text(container.body, "state") or "unknown",
        role=Role.STANDALONE,
        origin=origin,
        component=component,
        reasons=(reason,),
        pod=None,
        namespace=None,
        record_id=container.id,
        subject=_subject(cluster, container, component, taken),
    )


def _subject(cluster: Cluster, container: Record, component: str | None, taken: dict[str, int]) -> str:
    """``<node>/<name>``; where the name is an engine's invention, the component or the image stands in its place."""
    node, name = container.namespace or "", container.name
    if not is_generated_name(name):
        return f"{node}/{name}"
    image = parse_image(image_name(cluster.snapshot.get, container))
    stem = component or (image.repository.rpartition("/")[2] if image.identified else "") or name
    subject = first = f"{node}/{stem}"
    while subject in taken:
        taken[first] += 1
        subject = f"{first}-{taken[first]}"
    return subject


_ATTRIBUTING = (
    ("com.docker.compose.project", N_("a project of Docker Compose")),
    ("com.docker.swarm.service.name", N_("a service of Docker Swarm")),
    ("com.docker.stack.namespace", N_("a stack of Docker Swarm")),
)


def _somebodys(cluster: Cluster, container: Record) -> tuple[Origin, Reason]:
    """Origin and reason of a container outside pods that no entry of the catalog knows."""
    body = container.body
    namespace = text(body, "runtimeNamespace")
    if namespace == CONTAINERD_OF_DOCKER:
        return Origin.UNEXPLAINED, _alone(
            "namespace", Message("Docker runs it in its own containerd: read Docker as well")
        )
    if body.get("collector") is True:
        return Origin.WORKLOAD, _alone("collector", Message("the container in which this snapshot was collected"))
    labels: Mapping[str, Any] = mapping(body, "labels")
    for label, meaning in _ATTRIBUTING:
        if value := text(labels, label):
            return Origin.WORKLOAD, _alone(
                "label", Message("{label}: {meaning}", label=f"{label}={value}", meaning=Message(meaning))
            )
    if not is_generated_name(container.name):
        return Origin.WORKLOAD, _alone(
            "name",
            Message(
                "not a platform component: somebody named it {name}", name=f"{namespace}/{container.name}".lstrip("/")
            ),
        )
    image = image_name(cluster.snapshot.get, container)
    if image and parse_image(image).identified:
        return Origin.WORKLOAD, _alone("image", Message("not a platform component: image {image}", image=image))
    if labels:
        some = ", ".join(sorted(labels)[:3])
        return Origin.WORKLOAD, _alone("label", Message("not a platform component: {labels}", labels=some))
    return Origin.UNEXPLAINED, _alone("none", Message("a generated name, no labels, and an image without a name"))


def _alone(rule: str, evidence: Message) -> Reason:
    return Reason(rule, evidence, said=False)
