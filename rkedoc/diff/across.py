"""Compare two clusters that are not the same one: components by their role, workloads by name and image, settings by meaning.

What an installer puts into a cluster differs from one to the next as a whole, and is told in one line. What people put there is shown as it is
shown of one cluster: by the same views, rules and weights, with workloads paired that lie elsewhere now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.bound import Distribution
from rkedoc.catalog.images import parse_image
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.fields import items, mapping, text
from rkedoc.cluster.model import Cluster
from rkedoc.diff.compare import edits
from rkedoc.diff.model import Change, Diff, Side, Unknown, without_fingerprints
from rkedoc.diff.run import CompareOptions, compare
from rkedoc.explain.facts.fact import Fact, said
from rkedoc.explain.facts.topics import facts
from rkedoc.explain.ledger.processes import processes_by_component
from rkedoc.explain.migration.successors import SUCCESSORS
from rkedoc.i18n import Message
from rkedoc.redact.check import require_redacted
from rkedoc.snapshot.identity import ON_NODE, parse_id
from rkedoc.snapshot.kinds import WORKLOADS
from rkedoc.snapshot.reader import load
from rkedoc.vocabulary import ChangeKind, Origin, Weight

if TYPE_CHECKING:
    from rkedoc.catalog.loader import Catalog

_TOPICS: Final = ("network", "ingress", "etcd")
"""Topics of facts that mean the same on every distribution."""

_SYSTEM_NAMESPACES: Final = re.compile(
    r"kube-(?:system|public|node-lease)|ingress-nginx|cattle-.*|fleet-.*|cluster-fleet-.*|calico-.*|tigera-.*"
)
_SYSTEM_NAMES: Final = re.compile(
    r"system:.*|system-.*|(?:cluster-)?admin|edit|view|kubeadm:.*|proxy-clusterrole-kubeapiserver|proxy-role-binding-kubernetes-master|rke2-.*|k3s-.*|helm-kube-system-.*"
)
_SYSTEM_GROUPS: Final = re.compile(
    r"(?:.*\.)?(?:cattle\.io|k8s\.io|projectcalico\.org|tigera\.io|cilium\.io|traefik\.io|traefik\.containo\.us)"
)
_MADE: Final = frozenset(
    {"APIService", "Node", "CSINode", "ComponentStatus", "FlowSchema", "PriorityLevelConfiguration", "IngressClass"}
)
"""Kinds of the whole cluster that come with it."""

_TWINS: Final[Mapping[str, str]] = {"canal-daemonset": "rke2-canal"}
"""Workloads that are one thing on both sides, beside the components that have successors."""

_KUBELET: Final = "kubelet"
"""The program of a process by which an entry is of a kubelet: its version is that of the node."""

_HOLDERS: Final = frozenset({"EngineContainer", "EngineNetwork", "EngineVolume"})
"""What people can put on a node beside the cluster."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the platform and what plays it on each side, with its version; empty where nothing does.

    ``how`` says what does the work of a component of RKE1 on RKE2 where no component does.
    """

    name: str
    old: str
    new: str
    how: Message | None = None

    def to_json(self) -> dict[str, Any]:
        """It for programs."""
        return {
            "role": self.name,
            "old": self.old or None,
            "new": self.new or None,
            "how": str(self.how) if self.how else None,
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the platform that is another one now, by what it means; empty where it was not read or is not set."""

    name: Message
    topic: str
    old: str
    new: str

    def to_json(self) -> dict[str, Any]:
        """It for programs."""
        return {"topic": self.topic, "name": str(self.name), "old": self.old or None, "new": self.new or None}


@dataclass(frozen=True, slots=True)
class Across:
    """All that the comparison of two clusters found. ``installed`` are the objects of the installers that differ, on the old and the new side;
    ``alike`` counts the workloads of people that are the same on both; ``unknown`` are objects of people's that one side could not have shown."""

    old: Side
    new: Side
    roles: tuple[Role, ...]
    settings: tuple[Setting, ...]
    changes: tuple[Change, ...]
    alike: int
    installed: tuple[int, int]
    notes: tuple[Message, ...]
    unknown: tuple[Unknown, ...]

    @property
    def same(self) -> bool:
        """Whether what people put there is the same on both sides."""
        return not self.changes

    def to_json(self) -> dict[str, Any]:
        """The comparison as JSON; changes are as those of one cluster."""
        shown: dict[str, Any] = without_fingerprints({
            "rkedoc": "diff-across", "old": self.old.to_json(), "new": self.new.to_json(), "same": self.same, "notes": list(self.notes),
            "roles": [role.to_json() for role in self.roles], "settings": [one.to_json() for one in self.settings],
            "changes": [change.to_json() for change in self.changes], "workloads_alike": self.alike,
            "installed": {"old": self.installed[0], "new": self.installed[1]},
            "unknown": [one.to_json() for one in self.unknown],
        })  # fmt: skip
        return shown


def compare_across(old: Path, new: Path, catalog: Catalog, options: CompareOptions | None = None) -> Across:
    """What is different between two clusters. Raises what :func:`~rkedoc.diff.run.compare` raises."""
    diff = compare(old, new, catalog, options)
    return across(diff, _cluster(old, catalog), _cluster(new, catalog))


def _cluster(path: Path, catalog: Catalog) -> Cluster:
    snapshot = load(path)
    require_redacted(path, iter(snapshot.records))
    return Cluster(snapshot, catalog)


def across(diff: Diff, old: Cluster, new: Cluster) -> Across:
    """The comparison of two clusters, made from that of their records."""
    peoples = [change for change in diff.changes if _is_peoples(change, old, new)]
    ids = {change.id for change in peoples}
    others = [change for change in diff.changes if change.id not in ids]
    on_old = sum(change.change != ChangeKind.ADDED for change in others)
    on_new = sum(change.change != ChangeKind.REMOVED for change in others)
    changes = tuple(_paired(peoples))
    differing = {change.old_id or change.id for change in changes}
    alike = sum(
        1
        for workload in old.workloads()
        if workload.id not in differing and _is_own(workload.entry) and new.snapshot.get(workload.id) is not None
    )
    unknown = tuple(one for one in diff.unknown if one.namespace is not None and _lies_with_people(one))
    return Across(
        diff.old, diff.new, tuple(_roles(old, new)), tuple(_settings(old, new)), changes, alike, (on_old, on_new), diff.notes, unknown,
    )  # fmt: skip


def _lies_with_people(unknown: Unknown) -> bool:
    return parse_id(unknown.ids[0]).group not in ON_NODE and not _SYSTEM_NAMESPACES.fullmatch(unknown.namespace or "")


# -- whose something is -----------------------------------------------------------------------------------------------


def _is_own(entry: Any) -> bool:
    return entry is None or entry.origin == Origin.WORKLOAD


def _is_peoples(change: Change, old: Cluster, new: Cluster) -> bool:
    """Whether people put something there: it is none of the platform's components and lies in none of its places."""
    side = old if change.change == ChangeKind.REMOVED else new
    if change.component and not _is_own(side.catalog.get(change.component)):
        return False
    group, kind, namespace, name = parse_id(change.id)
    if group in ON_NODE:
        return kind in _HOLDERS
    if kind == "Namespace" or namespace is not None:
        return not _SYSTEM_NAMESPACES.fullmatch(namespace or name) and not (kind == "Namespace" and name == "default")
    if kind in _MADE or _SYSTEM_NAMES.fullmatch(name):
        return False
    if kind in ("ClusterRole", "ClusterRoleBinding"):
        return name in _peoples_rights(side)[kind]
    if kind == "CustomResourceDefinition":
        return not _SYSTEM_GROUPS.fullmatch(name.partition(".")[2])
    return not _SYSTEM_GROUPS.fullmatch(group) or kind == "StorageClass"


def _peoples_rights(cluster: Cluster) -> Mapping[str, frozenset[str]]:
    """The bindings for the whole cluster that name somebody of no part of the platform, and the roles that people's bindings name."""
    bindings, roles = set(), set()
    for record in (*cluster.snapshot.by_kind("ClusterRoleBinding"), *cluster.snapshot.by_kind("RoleBinding")):
        whole = record.kind == "ClusterRoleBinding"
        ours = (
            any(map(_is_somebody, items(record.body, "subjects")))
            if whole
            else not _SYSTEM_NAMESPACES.fullmatch(record.namespace or "")
        )
        if ours and not _SYSTEM_NAMES.fullmatch(record.name):
            if whole:
                bindings.add(record.name)
            roles.add(text(record.body, "roleRef", "name"))
    return {"ClusterRoleBinding": frozenset(bindings), "ClusterRole": frozenset(roles)}


def _is_somebody(subject: Mapping[str, Any]) -> bool:
    if text(subject, "kind") == "ServiceAccount":
        return not _SYSTEM_NAMESPACES.fullmatch(text(subject, "namespace"))
    return not text(subject, "name").startswith("system:")


# -- workloads --------------------------------------------------------------------------------------------------------


def _paired(changes: Sequence[Change]) -> Iterator[Change]:
    """The changes, with each workload that went here and came there as one that moved: of one kind and name, running the same images."""
    come: dict[tuple[str, str, frozenset[str]], list[Change]] = {}
    for change in changes:
        if change.change == ChangeKind.ADDED and change.kind in WORKLOADS:
            come.setdefault(_likeness(change, change.new or {}), []).append(change)
    taken: set[str] = set()
    for change in changes:
        alike = (
            come.get(_likeness(change, change.old or {}), [])
            if change.change == ChangeKind.REMOVED and change.kind in WORKLOADS
            else []
        )
        if len(alike) == 1 and alike[0].id not in taken:
            taken.add(alike[0].id)
            yield _as_moved(change, alike[0])
        elif change.change != ChangeKind.ADDED:
            yield change
    yield from (change for change in changes if change.change == ChangeKind.ADDED and change.id not in taken)


def _likeness(change: Change, view: Mapping[str, Any]) -> tuple[str, str, frozenset[str]]:
    return change.kind, change.name, frozenset(_repositories(view))


def _repositories(view: Any) -> Iterator[str]:
    """The repositories of all images in a view, without the registry: a mirror does not make another program."""
    if isinstance(view, Mapping):
        image = view.get("image")
        if isinstance(image, str):
            yield parse_image(image).repository.rpartition("/")[2]
        for value in view.values():
            yield from _repositories(value)
    elif isinstance(view, list | tuple):
        for value in view:
            yield from _repositories(value)


def _as_moved(old: Change, new: Change) -> Change:
    before, after = without_fingerprints(old.old), without_fingerprints(new.new)
    found = tuple(edits(before, after))
    return replace(
        new, change=ChangeKind.MOVED, old_id=old.id, old=None, new=None, edits=found, weights=(Weight.CONFIGURATION,) * len(found),
        summary=(), evidence=Message("it has the same name and runs the same images"),
    )  # fmt: skip


# -- the platform -----------------------------------------------------------------------------------------------------


def _roles(old: Cluster, new: Cluster) -> Iterator[Role]:
    """What plays each role: a component of RKE1 and its successor are one role, and so is a component that is on both sides."""
    before, after = _components(old), _components(new)
    seen: set[str] = set()
    for component, version in before.items():
        successor, how = SUCCESSORS.get(component, (_TWINS.get(component, ""), ""))
        twin = component if component in after else successor if successor in after else ""
        seen.add(twin)
        if (then := _titled(old, component, version)) != (now := _titled(new, twin, after.get(twin, ""))):
            elsewhere = bool(how) and not successor and new.distribution == Distribution.RKE2
            said_how = Message(how) if elsewhere else None
            yield Role(_name(old, component), then, now, said_how)
    for component, version in after.items():
        if component not in seen:
            yield Role(_name(new, component), "", _titled(new, component, version))


def _components(cluster: Cluster) -> dict[str, str]:
    """The platform's workloads, containers outside pods and processes of hosts, each with the tag of its image, a kubelet with its version."""
    found: dict[str, str] = {}
    for workload in cluster.workloads():
        if workload.entry is not None and not _is_own(workload.entry) and workload.kind != "Job":
            tags = [
                parse_image(text(container, "image")).tag or "" for _role, container in containers_of(workload.pod_spec)
            ]
            found.setdefault(workload.entry.id, tags[0] if tags else "")
    for record in cluster.snapshot.by_kind("EngineContainer"):
        component = text(record.body, "labels", "io.rancher.rke.container.name")
        if not mapping(record.body, "pod") and cluster.catalog.get(component) is not None:
            found.setdefault(component, parse_image(text(record.body, "image")).tag or "")
    for component in processes_by_component(cluster):
        entry = cluster.catalog.get(component)
        is_kubelet = entry is not None and any(_KUBELET in rule.values("process") for rule in entry.match)
        found.setdefault(component, _kubelet_version(cluster) if is_kubelet else "")
    return found


def _kubelet_version(cluster: Cluster) -> str:
    """The version that the nodes' kubelets tell; empty where they differ."""
    told = {version for name, version, _where in distribution(cluster).versions if name == "kubelet"}
    return told.pop() if len(told) == 1 else ""


def _name(cluster: Cluster, component: str) -> str:
    entry = cluster.catalog.get(component)
    return entry.name if entry is not None else component


def _titled(cluster: Cluster, component: str, version: str) -> str:
    return f"{_name(cluster, component)} {version}".strip() if component else ""


def _settings(old: Cluster, new: Cluster) -> Iterator[Setting]:
    """Facts that differ: what both clusters are asked alike, whatever their distributions call it."""
    for topic in _TOPICS:
        before, after = ({(fact.key, fact.of): fact for fact in facts(one)[topic]} for one in (old, new))
        for key in dict.fromkeys((*before, *after)):
            one, other = before.get(key), after.get(key)
            then, now = (said(fact.value) if isinstance(fact, Fact) else "" for fact in (one, other))
            named = one or other
            if then != now and named is not None:
                yield Setting(named.name, topic, then, now)
