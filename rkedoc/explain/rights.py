"""What roles allow, and who may do what: the roles of a snapshot joined with the bindings that give them.

How a rule is matched is that of kubernetes/kubernetes v1.27, plugin/pkg/auth/authorizer/rbac/rbac.go (RuleAllows) and
pkg/apis/rbac/v1/evaluation_helpers.go; what is worth asking is told in kubernetes.io, docs/concepts/security/rbac-good-practices.
Only what roles give is here: who belongs to a group, and what other authorizers allow, no object says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import items, mapping, text, words
from rkedoc.cluster.selectors import chooses
from rkedoc.i18n import Message
from rkedoc.vocabulary import Right

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

ALL: Final = "*"
_RBAC: Final = "rbac.authorization.k8s.io"
_POWERFUL: Final = "cluster-admin"


@dataclass(frozen=True, slots=True)
class Need:
    """A way to a right: one of ``verbs`` on a resource of an API group (empty: the core).

    ``scoped`` says whether a binding in a namespace gives it there; what lies in no namespace only a binding for the whole cluster gives.
    """

    verbs: tuple[str, ...]
    group: str
    resource: str
    scoped: bool = True

    @property
    def name(self) -> str:
        """The resource as one types it."""
        return f"{self.resource}.{self.group}" if self.group not in ("", ALL) else self.resource


_READ: Final = ("get", "list", "watch")
_CHANGE: Final = ("create", "update", "patch")
_CONTROLLERS: Final = ("daemonsets", "deployments", "replicasets")

NEEDS: Final[Mapping[Right, tuple[Need, ...]]] = MappingProxyType(
    {
        Right.DO_EVERYTHING: (Need((ALL,), ALL, ALL),),
        Right.READ_SECRETS: (Need(_READ, "", "secrets"),),
        # A connection by WebSocket is a GET, so that "get" opened it as well until Kubernetes 1.35 (feature
        # AuthorizePodWebsocketUpgradeCreatePermission); nodes/proxy leads past the API server to the kubelet, which runs commands.
        Right.EXEC_INTO_PODS: (
            Need(("create", "get"), "", "pods/exec"),
            Need(("create", "get"), "", "pods/attach"),
            Need(("create", "get"), "", "nodes/proxy", scoped=False),
        ),
        Right.CREATE_PODS: (
            Need(_CHANGE, "", "pods"),
            Need(_CHANGE, "", "replicationcontrollers"),
            *(Need(_CHANGE, "apps", resource) for resource in (*_CONTROLLERS, "statefulsets")),
            *(Need(_CHANGE, "extensions", resource) for resource in _CONTROLLERS),
            *(Need(_CHANGE, "batch", resource) for resource in ("cronjobs", "jobs")),
        ),
        # To bind a ClusterRole in a namespace is asked of that namespace (pkg/registry/rbac/escalation_check.go, BindingAuthorized).
        Right.GAIN_RIGHTS: (
            Need(("escalate",), _RBAC, "clusterroles", scoped=False),
            Need(("escalate", "bind"), _RBAC, "roles"),
            Need(("bind",), _RBAC, "clusterroles"),
            Need(("impersonate",), "", "users", scoped=False),
            Need(("impersonate",), "", "groups", scoped=False),
            Need(("impersonate",), "", "serviceaccounts"),
            Need(("create",), "", "serviceaccounts/token"),
        ),
        # A request for one namespace counts as one inside it (staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go).
        Right.DELETE_NAMESPACES: (Need(("delete",), "", "namespaces"),),
        Right.READ_EVERYTHING: (Need(_READ, ALL, ALL),),
    }
)
"""What gives each right: any one of these."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a binding gives a role: ``kind`` is ``ServiceAccount``, ``Group`` or ``User``; only an account has a namespace."""

    kind: str
    name: str
    namespace: str = ""

    @property
    def label(self) -> str:
        """Its name as the API server knows it."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Grant:
    """A right that a binding gives: ``namespace`` is where, ``None`` in the whole cluster.

    ``role`` is the id of the role's record, whether or not it is in the snapshot, ``binding`` that of the binding. ``ways`` are
    the verbs with their resource; ``names`` are the objects that the right is narrowed to, none for all.
    """

    right: Right
    subject: Subject
    namespace: str | None
    role: str
    binding: str
    ways: tuple[str, ...]
    names: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The right for programs."""
        who = {"kind": self.subject.kind, "name": self.subject.name, "namespace": self.subject.namespace or None}
        return {
            "right": self.right, "subject": who, "namespace": self.namespace, "role": self.role, "binding": self.binding,
            "ways": list(self.ways), "names": list(self.names),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class RightsReport:
    """Who may do what, by right, place and name. ``unresolved`` are the bindings whose roles were not collected: what they allow is not
    known. ``unseen`` says what else was not collected that could hold more."""

    grants: tuple[Grant, ...]
    unresolved: tuple[str, ...]
    unseen: tuple[Message, ...]

    def of(self, right: Right) -> tuple[Grant, ...]:
        """Who has a right, in the whole cluster first."""
        return tuple(grant for grant in self.grants if grant.right == right)

    def to_json(self) -> dict[str, Any]:
        """The report for programs: the same in every language."""
        return {
            "grants": [grant.to_json() for grant in self.grants], "unresolved": list(self.unresolved),
            "unseen": [str(item) for item in self.unseen],
        }  # fmt: skip


@lru_cache(maxsize=4)
def rights(cluster: Cluster) -> RightsReport:
    """Who has which :class:`~rkedoc.vocabulary.Right`, as roles and bindings say it."""
    roles = rules_by_role(cluster)
    found: set[Grant] = set()
    unresolved = []
    for binding in (*cluster.snapshot.by_kind("ClusterRoleBinding"), *cluster.snapshot.by_kind("RoleBinding")):
        role = role_of(binding)
        if role in roles:
            found.update(_grants(binding, role, roles[role]))
        elif not _whole(cluster, role):
            unresolved.append(binding.id)
    return RightsReport(tuple(sorted(found, key=_order)), tuple(unresolved), tuple(_unseen(cluster)))


def _order(grant: Grant) -> tuple[int, str, str, str, str, tuple[str, ...], tuple[str, ...]]:
    where = grant.namespace or ""
    return grant.right.order, where, grant.subject.label, grant.subject.kind, grant.binding, grant.ways, grant.names


# -- roles ------------------------------------------------------------------------------------------------------------


def rules_by_role(cluster: Cluster) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """The rules of each role by the id of its record; an aggregated role has those of the roles that it chooses too.

    The role of Kubernetes that allows everything is there also where roles were not collected (kubernetes/kubernetes v1.27,
    plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
    """
    everything = {"verbs": [ALL], "apiGroups": [ALL], "resources": [ALL]}
    whole = cluster.snapshot.by_kind("ClusterRole")
    own = {record.id: items(record.body, "rules") for record in (*whole, *cluster.snapshot.by_kind("Role"))}
    found = {_role_id("ClusterRole", "-", _POWERFUL): (everything,), **own}
    for record in whole:
        chosen = [
            rule
            for selector in items(record.body, "aggregationRule", "clusterRoleSelectors")
            for other in whole
            if other.id != record.id and chooses(selector, mapping(other.body, "metadata", "labels"))
            for rule in own[other.id]
        ]
        found[record.id] = (*own[record.id], *chosen)
    return found


def role_of(binding: Record) -> str:
    """The id of the role that a binding gives."""
    kind, name = text(binding.body, "roleRef", "kind"), text(binding.body, "roleRef", "name")
    return _role_id(kind, (binding.namespace or "-") if kind == "Role" else "-", name)


def _role_id(kind: str, namespace: str, name: str) -> str:
    return f"{_RBAC}/{kind}/{namespace}/{name}"


def allowed(rule: Mapping[str, Any], need: Need) -> tuple[str, ...]:
    """The verbs of a need that a rule allows; with ``resourceNames`` those alone that name their object.

    A request to create does not name its object yet, unless it is made through an object (``pods/exec``); and what is narrowed to
    names is never everything.
    """
    if not (_has(rule, "apiGroups", need.group) and _has_resource(rule, need.resource)):
        return ()
    found = tuple(verb for verb in need.verbs if _has(rule, "verbs", verb))
    if not words(rule, "resourceNames"):
        return found
    if need.resource == ALL:
        return ()
    return tuple(verb for verb in found if verb != "create" or "/" in need.resource)


def _has(rule: Mapping[str, Any], field: str, wanted: str) -> bool:
    known = words(rule, field)
    return ALL in known or wanted in known


def _has_resource(rule: Mapping[str, Any], wanted: str) -> bool:
    _resource, slash, part = wanted.partition("/")
    return _has(rule, "resources", wanted) or (bool(slash) and f"*/{part}" in words(rule, "resources"))


def all_powerful(cluster: Cluster) -> frozenset[str]:
    """The names of the ClusterRoles that allow everything; that of Kubernetes is one also where roles were not collected."""
    (need,) = NEEDS[Right.DO_EVERYTHING]
    prefix = _role_id("ClusterRole", "-", "")
    return frozenset(
        role.removeprefix(prefix)
        for role, rules in rules_by_role(cluster).items()
        if role.startswith(prefix) and any(allowed(rule, need) for rule in rules)
    )


# -- bindings ---------------------------------------------------------------------------------------------------------


def _grants(binding: Record, role: str, rules: Iterable[Mapping[str, Any]]) -> Iterator[Grant]:
    given = tuple(_ways(tuple(rules), scoped=binding.namespace is not None))
    for subject in subjects_of(binding.body, binding.namespace):
        for right, ways, names in given:
            yield Grant(right, subject, binding.namespace, role, binding.id, ways, names)


def subjects_of(body: Mapping[str, Any], namespace: str | None) -> Iterator[Subject]:
    """Whom a binding in a namespace (``None``: for the whole cluster) gives its role."""
    for item in items(body, "subjects"):
        account = text(item, "kind") == "ServiceAccount"
        place = (text(item, "namespace") or namespace or "") if account else ""
        yield Subject(text(item, "kind"), text(item, "name"), place)


def _ways(
    rules: tuple[Mapping[str, Any], ...], *, scoped: bool
) -> Iterator[tuple[Right, tuple[str, ...], tuple[str, ...]]]:
    """The rights that rules give, each with the verbs and resources that do: first for all objects, then for named ones alone."""
    for right, needs in NEEDS.items():
        found: dict[tuple[str, ...], dict[str, dict[str, None]]] = {}
        for need in needs:
            for rule in rules if need.scoped or not scoped else ():
                if verbs := allowed(rule, need):
                    names = tuple(sorted(words(rule, "resourceNames")))
                    found.setdefault(names, {}).setdefault(need.name, {}).update(dict.fromkeys(verbs))
        for names, by_resource in sorted(found.items()):
            yield right, tuple(_way(resource, verbs) for resource, verbs in by_resource.items()), names


def _way(resource: str, verbs: Iterable[str]) -> str:
    return f"{' '.join(verbs)} {resource}"


# -- what was not seen ------------------------------------------------------------------------------------------------


def _whole(cluster: Cluster, role: str) -> bool:
    _group, kind, namespace, _name = role.split("/", 3)
    return kind in ("ClusterRole", "Role") and cluster.covers(kind, None if namespace == "-" else namespace)


def _unseen(cluster: Cluster) -> Iterator[Message]:
    if not cluster.whole("ClusterRoleBinding"):
        yield Message("bindings for the whole cluster")
    if not cluster.whole("RoleBinding"):
        yield Message("bindings in namespaces")
