"""The rows of one snapshot, made by what makes the pages: ledger, images, owners, versions, facts, problems, support, coverage, changes.

Nothing here judges anything anew. What depends on the day on which one asks is left out: of support the days are kept, not the verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.fields import items, mapping, text
from rkedoc.cluster.runtimes import lacks_details_alone
from rkedoc.explain.coverage import coverage
from rkedoc.explain.facts.commandlines import COMPONENTS, command_lines
from rkedoc.explain.facts.fact import Fact
from rkedoc.explain.facts.topics import facts
from rkedoc.explain.health.checks import problems
from rkedoc.explain.images import SANDBOX, image_users, made_from
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.ledger.processes import processes_by_component
from rkedoc.explain.owners import owners
from rkedoc.explain.support import support_lines
from rkedoc.fleet.schema import (
    HIDDEN,
    NO_DETAILS,
    NO_END,
    NO_IMAGE,
    NOT_ASKED,
    NOT_READ,
    NOTHING_BEFORE,
    ChangeRow,
    ClusterRow,
    ComponentRow,
    CoverageRow,
    ImageRow,
    NodeRow,
    ProblemRow,
    Row,
    SettingRow,
    SupportRow,
    VersionRow,
    WorkloadRow,
    phrase_text,
)
from rkedoc.i18n import Message
from rkedoc.snapshot.identity import parse_id
from rkedoc.snapshot.kinds import SCOPES
from rkedoc.snapshot.record import HIDDEN_RE, without_fingerprints
from rkedoc.vocabulary import Origin, Result, RuntimeView

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.diff.history import HistoryStep
    from rkedoc.explain.images import MadeFrom
    from rkedoc.snapshot.record import Header

TOPICS: Final = ("network", "ingress", "etcd")
"""Topics of facts that are settings of the platform, and mean the same on every distribution."""

_VIEWS: Final = {RuntimeView.KUBERNETES: "engine/beside", RuntimeView.NAMESPACE: "engine/namespaces"}
"""What a runtime did not show where it was seen in part: containers beside those of Kubernetes, or in other namespaces of containerd."""

_LAST_DAY: Final = date.max
"""On this day whatever has an end has ended: support is asked for its days, and no verdict."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A part of a cluster that was not looked at: ``code`` says which list, and how it ended; ``node`` whose it is, if it is one node's."""

    code: str
    node: str | None = None


def tables(cluster: Cluster, before: HistoryStep | None) -> Mapping[str, Sequence[Row]]:
    """The rows of all tables, by name. ``before`` is the step from the snapshot before to this one; ``None`` where there is none."""
    return {
        "nodes": tuple(_nodes(cluster)),
        "images": tuple(_images(cluster)),
        "workloads": tuple(_workloads(cluster)),
        "components": tuple(_components(cluster)),
        "versions": tuple(_versions(cluster)),
        "settings": tuple(_settings(cluster)),
        "problems": tuple(_problems(cluster)),
        "support": tuple(_support(cluster)),
        "coverage": tuple(_coverage(cluster)),
        "changes": tuple(_changes(before)),
        "clusters": (_cluster(cluster),),
    }


def common(header: Header) -> dict[str, Any]:
    """The columns that every table begins with, for one snapshot."""
    return {
        "cluster": str(header.cluster.get("name") or "") or "cluster",
        "cluster_uid": str(header.cluster.get("uid") or "") or None,
        "collected_at": header.time.removesuffix("Z") or None,
        "snapshot": header.digest,
    }


def as_data(row: Row) -> dict[str, Any]:
    """A row as JSON has it: hidden parts of texts without their fingerprints, times without a zone."""
    return {field.name: _plain(getattr(row, field.name)) for field in fields(row)}


def _plain(value: Any) -> Any:
    match value:
        case str():
            return without_fingerprints(str(value))
        case tuple():
            return [_plain(one) for one in value]
        case Mapping():
            return {without_fingerprints(key): without_fingerprints(one) for key, one in value.items()}
        case datetime() | date():
            return value.isoformat()
        case _:
            return value


# -- what was not looked at -------------------------------------------------------------------------------------------


def _list_of(cluster: Cluster, kind: str) -> Iterator[Unseen]:
    """Why not all objects of a kind are here, if they are not."""
    if not cluster.whole(kind):
        yield Unseen(f"{SCOPES[kind]}:{_ended(cluster.header, SCOPES[kind])}")


def _ended(header: Header, name: str) -> str:
    """How a list ended that is not whole: the worst of its ends; a list of some namespaces was read in part."""
    ends = [scope.result for scope in header.scopes() if scope.name == name]
    if not ends:
        return NOT_ASKED
    worst = max(ends, key=lambda result: result.order)
    return (Result.PARTIAL if worst == Result.COMPLETE else worst).value


def _engines(cluster: Cluster) -> Iterator[Unseen]:
    """Nodes whose containers nobody has listed, or not all of them."""
    name = SCOPES["EngineContainer"]
    if not cluster.engine_nodes:
        yield Unseen(f"{name}:{NOT_ASKED}")
        return
    for place in cluster.nodes():
        if place.name not in cluster.engine_nodes:
            yield Unseen(f"{name}:{NOT_ASKED}", place.name)
    if not cluster.whole("EngineContainer"):
        details = lacks_details_alone(cluster.header)
        yield Unseen(NO_DETAILS if details else f"{name}:{_ended(cluster.header, name)}")
    for runtime in cluster.runtimes:
        if runtime.view != RuntimeView.ALL:
            yield Unseen(f"{_VIEWS[runtime.view]}:{NOT_ASKED}", runtime.node)


def _containers(cluster: Cluster) -> tuple[Unseen, ...]:
    """What could hold containers that the ledger does not know of."""
    return (*_list_of(cluster, "Pod"), *_engines(cluster))


def _parts(cluster: Cluster) -> tuple[Unseen, ...]:
    """What could hold components of the platform that are not known: pods, and engines where components run outside pods, as those of RKE1
    do."""
    outside = cluster.distribution in ("rke1", "")
    engines = (
        one for one in _engines(cluster) if one.code != NO_DETAILS and not one.code.startswith(tuple(_VIEWS.values()))
    )
    return (*_list_of(cluster, "Pod"), *(engines if outside else ()))


# -- the tables -------------------------------------------------------------------------------------------------------


def _cluster(cluster: Cluster) -> ClusterRow:
    ledger = build_ledger(cluster)
    unseen = _containers(cluster)
    found = distribution(cluster)
    told = [version for name, version, _where in found.versions if name == "Kubernetes"]
    kubelets = {version for name, version, _where in found.versions if name == "kubelet"}
    return ClusterRow(
        distribution=found.id or None,
        distribution_name=found.name,
        kubernetes=told[0] if told else kubelets.pop() if len(kubelets) == 1 else None,
        nodes=len(cluster.nodes()),
        namespaces=len(cluster.namespaces()),
        workloads=len(cluster.workloads()),
        containers=len(ledger.lines),
        running=sum(line.state == "running" for line in ledger.lines),
        unexplained=len(ledger.unexplained),
        closes=ledger.closes,
        labels=_labels(cluster) or None,
        not_known=", ".join(dict.fromkeys(one.code for one in unseen)) or None,
    )


def _labels(cluster: Cluster) -> dict[str, str]:
    """The labels that all nodes bear with the same values, of a cluster of which not all nodes are known of those that are; and those that a
    Rancher has for the cluster."""
    nodes = [mapping(node.body, "metadata", "labels") for node in cluster.snapshot.by_kind("Node")]
    first = nodes[0] if nodes else {}
    return {
        name: value
        for name, value in sorted(first.items())
        if isinstance(value, str)
        and name != "kubernetes.io/hostname"
        and all(labels.get(name) == value for labels in nodes)
    } | {name: value for name, value in mapping(cluster.header.rancher, "labels").items() if isinstance(value, str)}


def _nodes(cluster: Cluster) -> Iterator[NodeRow]:
    roles = {one.node: one.roles for one in distribution(cluster).roles}
    pods = Counter(text(pod.body, "spec", "nodeName") for pod in cluster.pods)
    for place in cluster.nodes():
        body = place.record.body if place.record is not None else {}
        info = mapping(body, "status", "nodeInfo")
        ready = next((one for one in items(body, "status", "conditions") if text(one, "type") == "Ready"), {})
        yield NodeRow(
            node=place.name,
            roles=roles.get(place.name),
            kubelet=text(info, "kubeletVersion") or None,
            runtime=text(info, "containerRuntimeVersion") or None,
            system=text(info, "osImage") or None,
            kernel=text(info, "kernelVersion") or None,
            ready=text(ready, "status") == "True" if ready else None,
            pods=pods[place.name],
            engine_read=place.name in cluster.engine_nodes,
            host_read=place.name in cluster.hosts,
        )
    yield from (NodeRow(not_known=one.code) for one in _list_of(cluster, "Node"))


def _images(cluster: Cluster) -> Iterator[ImageRow]:
    made: dict[tuple[Any, ...], list[MadeFrom]] = {}
    for one in made_from(cluster):
        line = one.line
        key = (one.image, one.digests, line.subject, one.container, line.role, line.origin, line.component)
        made.setdefault(key, []).append(one)
    for used in made.values():
        first = used[0]
        line = first.line
        yield _image(
            first.image, first.digests, line.subject, line.node, first.container, line.role.value, line.origin.value,
            line.component, (len(used), sum(one.line.state == "running" for one in used)),
        )  # fmt: skip
    run = {(one.line.subject, one.container, one.image) for used in made.values() for one in used}
    for image, users in image_users(cluster).items():
        for user in users:
            # What engines hold is in the ledger, and stands above.
            if parse_id(user.subject).kind == "EngineContainer" or (user.subject, user.container, image) in run:
                continue
            component = user.entry.id if user.entry is not None else None
            yield _image(image, (), user.subject, "", user.container, None, user.origin.value, component, (0, 0))
    yield from (ImageRow(node=one.node, not_known=one.code) for one in _containers(cluster))


def _image(
    image: str, digests: tuple[str, ...], subject: str, node: str, container: str, role: str | None, origin: str,
    component: str | None, counts: tuple[int, int],
) -> ImageRow:  # fmt: skip
    reference = parse_image(image)
    named = reference if image and reference.identified else None
    own = (reference.digest,) if named is not None and reference.digest else ()
    # A subject outside pods is <node>/<name>; all others are ids of records.
    outside = subject.count("/") < 3
    kind, namespace, name = ("EngineContainer", None, subject.partition("/")[2]) if outside else parse_id(subject)[1:]
    return ImageRow(
        image=image or None,
        registry=named.registry if named is not None else None,
        repository=named.repository if named is not None else None,
        tag=named.tag if named is not None else None,
        digests=tuple(dict.fromkeys((*own, *digests))) or None,
        node=node if outside else None,
        namespace=namespace,
        kind=kind,
        name=name,
        subject=subject,
        container=container or None,
        role=role,
        origin=origin,
        component=component,
        containers=counts[0],
        running=counts[1],
        not_known=None if image else NO_IMAGE,
    )


def _workloads(cluster: Cluster) -> Iterator[WorkloadRow]:
    lines = {line.record_id: line for line in build_ledger(cluster).lines}
    for one in owners(cluster).all:
        workload = cluster.workload_of(one.record_id)
        _group, kind, namespace, name = parse_id(one.record_id)
        outside = workload is None
        yield WorkloadRow(
            id=one.record_id,
            kind=kind,
            namespace=None if outside else namespace,
            node=namespace if outside else None,
            name=name,
            component=lines[one.record_id].component
            if outside
            else workload.entry.id
            if workload is not None and workload.entry is not None
            else None,
            whose=one.whose.value,
            owner=one.owner or None,
            owner_said_by=one.where or None,
            pods=len(workload.pods) if workload is not None else None,
        )
    yield from (WorkloadRow(node=one.node, not_known=one.code) for one in _containers(cluster))


def _components(cluster: Cluster) -> Iterator[ComponentRow]:
    """Each component in each of its versions: by what containers were made from, and by processes of hosts that run in none. The sandboxes of
    pods are left out: of these engines alone tell, whatever the distribution, and the table of images has them."""
    containers: Counter[tuple[str, str]] = Counter(
        (one.line.component, parse_image(one.image).tag or "")
        for one in made_from(cluster)
        if one.line.component is not None
        and one.line.origin not in (Origin.WORKLOAD, Origin.UNEXPLAINED)
        and one.container != SANDBOX
    )
    processes = {component: len(lines) for component, lines in processes_by_component(cluster).items()}
    known = {component for component, _version in containers}
    found = [*containers, *((component, "") for component in processes if component not in known)]
    for component, version in sorted(found):
        entry = cluster.catalog.get(component)
        yield ComponentRow(
            component=component,
            name=entry.name if entry is not None else component,
            origin=entry.origin.value if entry is not None else None,
            version=version or None,
            containers=containers[component, version],
            processes=processes.get(component, 0),
        )
    yield from (ComponentRow(not_known=code) for code in dict.fromkeys(one.code for one in _parts(cluster)))


def _versions(cluster: Cluster) -> Iterator[VersionRow]:
    for product, version, where in distribution(cluster).versions:
        yield VersionRow(product=str(product), version=version, said_by=str(where))
    yield from (VersionRow(not_known=one.code) for one in _list_of(cluster, "Node"))
    yield from (VersionRow(not_known=code) for code in dict.fromkeys(one.code for one in _parts(cluster)))


def _settings(cluster: Cluster) -> Iterator[SettingRow]:
    lines = command_lines(cluster)
    for program in COMPONENTS:
        for line in lines[program]:
            place = {"topic": "flag", "subject": program, "node": line.node or None, "said_by": str(line.where)}
            for name, value in sorted(line.flags.items()):
                hidden = bool(HIDDEN_RE.search(value))
                yield SettingRow(
                    **place, name=name, value=None if hidden else value, not_known=HIDDEN if hidden else None
                )
        if not lines[program]:
            yield SettingRow(topic="flag", subject=program, not_known=NOT_READ)
    found = facts(cluster)
    for topic in TOPICS:
        for fact in found[topic]:
            place = {"topic": topic, "subject": fact.of or None, "name": fact.key.value}
            if isinstance(fact, Fact):
                said = phrase_text(fact.value) if isinstance(fact.value, Message) else None
                yield SettingRow(**place, value=str(fact.value), phrase=said, said_by=str(fact.where))
            else:
                yield SettingRow(**place, not_known=NOT_READ)
    yield from (SettingRow(topic="flag", not_known=code) for code in dict.fromkeys(one.code for one in _parts(cluster)))


def _problems(cluster: Cluster) -> Iterator[ProblemRow]:
    for one in problems(cluster):
        _group, kind, namespace, _name = parse_id(one.record_id)
        yield ProblemRow(
            severity=one.severity.value,
            what=one.seen.kind.value,
            values={name: str(value) for name, value in one.seen.values} or None,
            phrases={name: phrase_text(value) for name, value in one.seen.values if isinstance(value, Message)} or None,
            reason=one.reason or None,
            exit_code=one.exit_code,
            subject=one.subject,
            id=one.record_id,
            kind=kind,
            namespace=namespace,
            others=len(one.others),
        )
    for unseen in (*_containers(cluster), *_list_of(cluster, "Node"), *_list_of(cluster, "Event")):
        yield ProblemRow(not_known=unseen.code)


def _support(cluster: Cluster) -> Iterator[SupportRow]:
    for one in support_lines(cluster, _LAST_DAY):
        yield SupportRow(
            product=one.product,
            version=one.version or None,
            line=one.line or None,
            ends=one.ends,
            at_latest=one.at_latest if one.ends is not None else None,
            source=one.source.url if one.source is not None else None,
            not_known=NO_END if one.ends is None else None,
        )
    yield from (SupportRow(not_known=one.code) for one in _list_of(cluster, "Node"))
    yield from (SupportRow(not_known=code) for code in dict.fromkeys(one.code for one in _parts(cluster)))


def _coverage(cluster: Cluster) -> Iterator[CoverageRow]:
    for gap in coverage(cluster).findings:
        yield CoverageRow(rule=gap.rule.value, subject=gap.subject, message=str(gap.message), file=gap.file or None)
    yield from (CoverageRow(not_known=code) for code in dict.fromkeys(one.code for one in _containers(cluster)))


def _changes(before: HistoryStep | None) -> Iterator[ChangeRow]:
    if before is None:
        yield ChangeRow(not_known=NOTHING_BEFORE)
        return
    since, since_snapshot = _time(before.old.time), before.old.digest
    for change in before.diff.changes:
        old, new = change.version or (None, None)
        yield ChangeRow(
            id=change.id,
            change=change.change.value,
            weight=change.weight.value,
            kind=change.kind,
            namespace=change.namespace,
            name=change.name,
            component=change.component,
            old_version=old,
            new_version=new,
            fields=_fields(edit.path for edit in change.edits) or None,
            since=since,
            since_snapshot=since_snapshot,
        )
    for unknown in before.diff.unknown:
        yield ChangeRow(
            kind=unknown.kind,
            namespace=unknown.namespace,
            not_known=f"{unknown.missing_in}:{unknown.reason}",
            since=since,
            since_snapshot=since_snapshot,
        )


def _fields(paths: Iterable[Sequence[Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(".".join(str(part) for part in path) for path in paths))


def _time(value: str) -> datetime | None:
    return datetime.fromisoformat(value.removesuffix("Z")) if value else None
