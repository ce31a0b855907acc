"""A cluster: a snapshot joined with the catalog. What pages speak of is derived here, once, and then only read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rkedoc.catalog.bound import ClusterCatalog, Distribution, InPod
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.distribution import distribution_id, rancher_is_there
from rkedoc.cluster.enginepods import engine_pods, owner_by_name
from rkedoc.cluster.fields import items, mapping, natural, text, words
from rkedoc.cluster.host import HostListener, HostProcess, hosts_read, listeners_of, processes_of
from rkedoc.cluster.runtimes import Runtime, runtimes_read
from rkedoc.snapshot.identity import ON_NODE, parse_id, record_id
from rkedoc.snapshot.kinds import CONTROLLERS, SCOPES, TEMPLATES
from rkedoc.snapshot.record import is_row
from rkedoc.vocabulary import Origin, Result

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.catalog.loader import Catalog
    from rkedoc.catalog.matcher import Match
    from rkedoc.snapshot.reader import Snapshot
    from rkedoc.snapshot.record import Header, Record

_STATIC = ("kubernetes.io/config.mirror", "kubernetes.io/config.source")


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """A namespace or a node: ``record`` is ``None`` where only what lies in it was collected."""

    id: str
    name: str
    record: Record | None


@dataclass(frozen=True, slots=True)
class Workload:
    """What somebody decided to run: an object that makes pods and that no other such object makes, or a bare pod.

    ``id`` is that of its record; ``record`` is ``None`` where it was not collected and is known from its pods alone.
    ``pods`` are the pods it has now; ``entry`` is what the catalog knows, ``None`` for somebody's own.
    """

    id: str
    kind: str
    namespace: str
    name: str
    record: Record | None
    pods: tuple[Record, ...]
    match: Match | None

    @property
    def entry(self) -> Entry | None:
        """The entry of the catalog, or ``None``."""
        return self.match.entry if self.match is not None else None

    @property
    def origin(self) -> Origin:
        """Whose it is."""
        return self.match.entry.origin if self.match is not None else Origin.WORKLOAD

    @property
    def template(self) -> Mapping[str, Any]:
        """The pod template (``metadata`` and ``spec``), or the pod itself; empty if neither was collected."""
        if self.record is not None:
            for path in TEMPLATES:
                if found := mapping(self.record.body, *path):
                    return found
            if self.record.kind == "Pod":
                return self.record.body
        return self.pods[0].body if self.pods else {}

    @property
    def pod_spec(self) -> Mapping[str, Any]:
        """The specification of its pods; empty if unknown."""
        return mapping(self.template, "spec")

    @property
    def pod_labels(self) -> Mapping[str, Any]:
        """The labels of its pods, as the template gives them."""
        return mapping(self.template, "metadata", "labels")


class Cluster:
    """A snapshot and a catalog. Immutable; what is derived from both is made when it is first asked for."""

    def __init__(self, snapshot: Snapshot, catalog: Catalog) -> None:
        self.snapshot = snapshot
        self._unbound = catalog
        self._container_matches: dict[tuple[str, str], Match | None] = {}

    @cached_property
    def catalog(self) -> ClusterCatalog:
        """The catalog, bound to what this cluster is."""
        seen = (record.name if record.kind == "Namespace" else record.namespace for record in self.snapshot.records
                if record.group not in ON_NODE)  # fmt: skip
        return self._unbound.of(self.distribution, self.rancher, (name for name in seen if name))

    @property
    def header(self) -> Header:
        """The header of the snapshot."""
        return self.snapshot.header

    def get(self, identifier: str) -> Record | None:
        """The record with this id, also that of a pod that only an engine knows, or of which an engine knows more than a row."""
        found = self.snapshot.get(identifier)
        return found if found is not None and not is_row(found) else self._engine_pods.get(identifier) or found

    @cached_property
    def distribution(self) -> Distribution:
        """What the cluster is; :data:`Distribution.UNKNOWN` where nothing tells."""
        return distribution_id(self.snapshot)

    @cached_property
    def rancher(self) -> bool | None:
        """Whether Rancher or one of its agents is in the cluster; ``None`` where not all pods are known."""
        return rancher_is_there(self.snapshot, all_pods=self.whole("Pod"))

    def collected(self, kind: str) -> bool:
        """Whether some of ``Pod``, ``Node``, ``Namespace``, ``Event`` or ``EngineContainer`` could be listed at all."""
        name = SCOPES[kind]
        return any(
            scope.name == name and scope.result in (Result.COMPLETE, Result.PARTIAL) for scope in self.header.scopes()
        ) or bool(self.snapshot.by_kind(kind))

    def whole(self, kind: str) -> bool:
        """Whether all objects of this kind are here: its list was complete, and not narrowed to namespaces."""
        return (SCOPES[kind], None) in self._complete

    def covers(self, kind: str, namespace: str | None) -> bool:
        """Whether all objects of this kind that lie in a namespace are here."""
        return self.whole(kind) or (SCOPES[kind], namespace) in self._complete

    @cached_property
    def _complete(self) -> frozenset[tuple[str, str | None]]:
        """The lists that were complete, each with the namespace that it was narrowed to."""
        return frozenset((s.name, s.namespace) for s in self.header.scopes() if s.result == Result.COMPLETE)

    @cached_property
    def engine_nodes(self) -> tuple[str, ...]:
        """The nodes whose engine was collected, sorted."""
        found = {
            record.namespace or "" for kind in ("Engine", "EngineContainer") for record in self.snapshot.by_kind(kind)
        }
        found |= {capture.node for capture in self.header.captures if capture.source == "engine" and capture.node}
        return tuple(sorted(found - {""}, key=natural))

    @cached_property
    def runtimes(self) -> tuple[Runtime, ...]:
        """The container runtimes that were read, each with the view of it that there is."""
        return runtimes_read(self.header)

    @cached_property
    def processes(self) -> tuple[HostProcess, ...]:
        """The processes of the nodes whose hosts were read, by node and number."""
        return processes_of(self.snapshot)

    @cached_property
    def sockets(self) -> tuple[HostListener, ...]:
        """Who listens where on the nodes whose hosts were read, by node and port."""
        return listeners_of(self.snapshot)

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The nodes whose hosts were read, sorted."""
        return hosts_read(self.snapshot.by_kind("Host"))

    def nodes(self) -> tuple[NamedRecord, ...]:
        """All nodes by name: those of the API, and those that pods or engines speak of."""
        return self._nodes

    def namespaces(self) -> tuple[NamedRecord, ...]:
        """All namespaces by name: those of the API, and those that objects lie in."""
        return self._namespaces

    def workloads(self) -> tuple[Workload, ...]:
        """All workloads, by namespace, kind and name."""
        return self._workloads

    @cached_property
    def pods(self) -> tuple[Record, ...]:
        """The pods of the API. Of namespaces whose pods could not be listed: what the engines' containers say of theirs, or else the row
        of a table."""
        told = self._engine_pods
        return (*(pod for pod in self.snapshot.by_kind("Pod") if pod.id not in told), *told.values())

    def workload_of(self, identifier: str) -> Workload | None:
        """The workload that a pod, a replica set, a job … belongs to, by the record's id; a workload is its own."""
        return self._workload_by_id.get(identifier) or self._workload_by_id.get(self._tops.get(identifier, ""))

    def container_match(self, workload: Workload, name: str, image: str = "") -> Match | None:
        """What the catalog knows of a container of a workload, by the container's name: the answer for each of its pods.

        Where no entry is about the container, that of the workload is about it too. The container is looked up in the pod
        template, then in the pods; ``image`` is what it runs where neither tells.
        """
        key = (workload.id, name)
        if key not in self._container_matches:
            self._container_matches[key] = self.catalog.find(self._in_pod(workload, name, image)) or workload.match
        return self._container_matches[key]

    def things(self) -> Iterator[InPod]:
        """Each workload and each container of its pods, as they are looked for in the catalog."""
        for workload in self.workloads():
            yield whole(workload)
            for _role, container in containers_of(workload.pod_spec):
                yield self._in_pod(workload, text(container, "name"), "")

    def _in_pod(self, workload: Workload, name: str, image: str) -> InPod:
        specs = (workload.pod_spec, *(mapping(pod.body, "spec") for pod in workload.pods))
        found = (item for spec in specs for _role, item in containers_of(spec) if text(item, "name") == name)
        spec = next(found, {"name": name})
        return in_pod(workload, spec if text(spec, "image") else {**spec, "image": image})

    @cached_property
    def _engine_pods(self) -> Mapping[str, Record]:
        if self.whole("Pod"):
            return MappingProxyType({})
        return MappingProxyType(
            {
                pod.id: pod
                for pod in engine_pods(self.snapshot.by_kind("EngineContainer"), self._is_known)
                if not self.covers("Pod", pod.namespace)
                and ((known := self.snapshot.get(pod.id)) is None or is_row(known))
            }
        )

    def _is_known(self, namespace: str, name: str, kind: str) -> bool:
        return self.catalog.find(InPod(namespace, name, kind)) is not None

    @cached_property
    def _nodes(self) -> tuple[NamedRecord, ...]:
        names = {record.name for record in self.snapshot.by_kind("Node")} | set(self.engine_nodes) | set(self.hosts)
        names |= {text(pod.body, "spec", "nodeName") for pod in self.pods} - {""}
        return tuple(self._place("Node", name) for name in sorted(names, key=natural))

    @cached_property
    def _namespaces(self) -> tuple[NamedRecord, ...]:
        names = {record.name for record in self.snapshot.by_kind("Namespace")}
        names |= {record.namespace for record in (*self.snapshot.records, *self.pods)
                  if record.namespace is not None and record.group not in ON_NODE}  # fmt: skip
        return tuple(self._place("Namespace", name) for name in sorted(names, key=natural))

    def _place(self, kind: str, name: str) -> NamedRecord:
        identifier = record_id("", kind, None, name)
        return NamedRecord(identifier, name, self.snapshot.get(identifier))

    @cached_property
    def _tops(self) -> Mapping[str, str]:
        """The workload of everything that a workload makes, both by id."""
        makers = [record for kind in sorted(CONTROLLERS) for record in self.snapshot.by_kind(kind)]
        return MappingProxyType({record.id: self._top(record) for record in (*makers, *self.pods)})

    def _top(self, record: Record) -> str:
        """The highest of a record's owners that makes pods. A pod's owner may be of any kind but a node."""
        top, seen = record.id, {record.id}
        owner = owner_of(record) or self._owner_by_name(record)
        while owner is not None and owner not in seen and _makes(parse_id(top).kind, parse_id(owner).kind):
            seen.add(owner)
            top = owner
            above = self.snapshot.get(owner)
            owner = owner_of(above) if above is not None else _deployment_of(owner, record)
        return top

    def _owner_by_name(self, record: Record) -> str | None:
        """The workload that the name of a pod tells of, where a row of a table is all that is known of it."""
        if record.kind != "Pod" or not is_row(record):
            return None
        return owner_by_name(record.namespace or "", record.name, self._is_known, ended=has_finished(record))

    @cached_property
    def _workloads(self) -> tuple[Workload, ...]:
        pods: dict[str, list[Record]] = {}
        for pod in self.pods:
            pods.setdefault(self._tops[pod.id], []).append(pod)
        for made in pods.values():
            made.sort(key=lambda pod: natural(pod.name))
        ids = {top for identifier, top in self._tops.items() if parse_id(identifier).kind in CONTROLLERS} | set(pods)
        ids -= {identifier for identifier in ids if self._tops.get(identifier, identifier) != identifier}
        ids = {identifier for identifier in ids if not self._is_husk(identifier, pods)}
        found = [self._workload(identifier, tuple(pods.get(identifier, ()))) for identifier in ids]
        return tuple(sorted(found, key=lambda one: (natural(one.namespace), one.kind, natural(one.name), one.id)))

    def _is_husk(self, identifier: str, pods: Mapping[str, list[Record]]) -> bool:
        """Whether something has neither pods nor a template, since only what it once made is left of it."""
        record = self.get(identifier)
        return record is None and identifier not in pods

    def _workload(self, identifier: str, pods: tuple[Record, ...]) -> Workload:
        _group, kind, namespace, name = parse_id(identifier)
        workload = Workload(identifier, kind, namespace or "", name, self.get(identifier), pods, None)
        return replace(workload, match=workload_match(self.catalog, workload))

    @cached_property
    def _workload_by_id(self) -> Mapping[str, Workload]:
        return MappingProxyType({workload.id: workload for workload in self._workloads})


_BY_IMAGE = 3
_MAIN = "kubectl.kubernetes.io/default-container"


def workload_match(catalog: ClusterCatalog, workload: Workload) -> Match | None:
    """The entry of a workload as a whole first, then by its containers: names of workloads say more than images do.

    What runs beside a workload's own program does not make the workload an add-on.
    """
    best = catalog.find(whole(workload))
    if best is not None and best.order < _BY_IMAGE:
        return best
    for container in items(workload.pod_spec, "containers"):
        found = catalog.find(in_pod(workload, container))
        if found is not None and found.entry.origin != Origin.ADD_ON and (best is None or found.rank < best.rank):
            best = found
    return best


def whole(workload: Workload) -> InPod:
    """A workload as it is looked for in the catalog.

    Its main container is the one that kubectl takes where none is named: that of the annotation
    ``kubectl.kubernetes.io/default-container``, or else the first (kubernetes/enhancements, KEP-2227).
    """
    main = text(workload.template, "metadata", "annotations", _MAIN)
    found = sorted(items(workload.pod_spec, "containers"), key=lambda item: text(item, "name") != main)
    return replace(in_pod(workload, {}), parts=tuple(text(item, "image") for item in found))


def in_pod(workload: Workload, container: Mapping[str, Any]) -> InPod:
    """A container of a workload as it is looked for in the catalog; an empty one is that of which nothing is known.

    A workload's pods come and go, and its containers stay what they are: the pod's name counts where the pod is the
    workload, and the labels are those of the template.
    """
    return InPod(
        namespace=workload.namespace,
        workload=workload.name,
        kind=workload.kind,
        pod=workload.name if workload.kind == "Pod" else workload.pods[0].name if workload.pods else None,
        container=text(container, "name") or None,
        image=text(container, "image") or None,
        labels={key: value for key, value in workload.pod_labels.items() if isinstance(value, str)},
        command=(*words(container, "command"), *words(container, "args")),
    )


def owner_of(record: Record) -> str | None:
    """The id of what controls a record."""
    if record.owner is None:
        return None
    try:
        parse_id(record.owner)
    except ValueError:
        return None
    return record.owner


def is_static(pod: Record) -> bool:
    """Whether a pod is a static one: the kubelet runs it from a file, the API holds but its mirror."""
    annotations = mapping(pod.body, "metadata", "annotations")
    if _STATIC[0] in annotations or text(annotations, _STATIC[1]) in ("file", "http"):
        return True
    owner = owner_of(pod)
    return owner is not None and parse_id(owner).kind == "Node"


def has_finished(pod: Record) -> bool:
    """Whether a pod has ended, well or not: nothing of it runs, and nothing of it has to be on its node any more."""
    return text(pod.body, "status", "phase") in ("Succeeded", "Failed")


def _makes(kind: str, owner: str) -> bool:
    if owner in CONTROLLERS:
        return kind == "Pod" or kind in CONTROLLERS
    # Somebody's own kind may make pods or replica sets (an Argo Rollout); a node "owns" the mirrors of its static pods.
    return kind in ("Pod", "ReplicaSet") and owner != "Node"


def _deployment_of(replica_set: str, pod: Record) -> str | None:
    """The Deployment of a ReplicaSet that was not collected: its name is the ReplicaSet's without the template's hash.

    Source: kubernetes/kubernetes v1.20, pkg/controller/deployment/sync.go, getNewReplicaSet.
    """
    found = parse_id(replica_set)
    label = text(pod.body, "metadata", "labels", "pod-template-hash")
    if found.kind != "ReplicaSet" or not label or not found.name.endswith(f"-{label}"):
        return None
    return record_id("apps", "Deployment", found.namespace, found.name[: -len(label) - 1])
