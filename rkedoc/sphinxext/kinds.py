"""The object types of the domain: what each is called, and which records it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.i18n import N_

if TYPE_CHECKING:
    from rkedoc.snapshot.reader import Snapshot
    from rkedoc.snapshot.record import Record


@dataclass(frozen=True, slots=True)
class Kind:
    """An object type. ``records`` are the (group, Kind) of its records; ``subject`` says whether its objects survive
    restarts, and so may be linked to from other sites."""

    name: str
    label: str
    records: tuple[tuple[str, str], ...] = ()
    subject: bool = True


_ALL = (
    Kind("namespace", N_("namespace"), (("core", "Namespace"),)),
    Kind("node", N_("node"), (("core", "Node"),)),
    Kind(
        "workload",
        N_("workload"),
        (
            ("apps", "Deployment"),
            ("apps", "DaemonSet"),
            ("apps", "StatefulSet"),
            ("batch", "CronJob"),
            ("batch", "Job"),
            ("core", "Pod"),
        ),
    ),
    Kind("deployment", N_("deployment"), (("apps", "Deployment"),)),
    Kind("daemonset", N_("daemon set"), (("apps", "DaemonSet"),)),
    Kind("statefulset", N_("stateful set"), (("apps", "StatefulSet"),)),
    Kind("job", N_("job"), (("batch", "Job"),)),
    Kind("cronjob", N_("cron job"), (("batch", "CronJob"),)),
    Kind("component", N_("component")),
    Kind("service", N_("service"), (("core", "Service"),)),
    Kind("ingress", N_("ingress"), (("networking.k8s.io", "Ingress"),)),
    Kind("configmap", N_("config map"), (("core", "ConfigMap"),)),
    Kind("secret", N_("secret"), (("core", "Secret"),)),
    Kind("serviceaccount", N_("service account"), (("core", "ServiceAccount"),)),
    Kind(
        "role",
        N_("role"),
        (
            ("rbac.authorization.k8s.io", "Role"),
            ("rbac.authorization.k8s.io", "ClusterRole"),
        ),
    ),
    Kind(
        "rolebinding",
        N_("role binding"),
        (
            ("rbac.authorization.k8s.io", "RoleBinding"),
            ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ),
    ),
    Kind("networkpolicy", N_("network policy"), (("networking.k8s.io", "NetworkPolicy"),)),
    Kind("pvc", N_("volume claim"), (("core", "PersistentVolumeClaim"),)),
    Kind("pv", N_("volume"), (("core", "PersistentVolume"),)),
    Kind("storageclass", N_("storage class"), (("storage.k8s.io", "StorageClass"),)),
    Kind("replicaset", N_("replica set"), (("apps", "ReplicaSet"),)),
    Kind("pod", N_("pod"), (("core", "Pod"),), subject=False),
    Kind("container", N_("container"), subject=False),
    Kind("image", N_("image")),
    Kind("enginecontainer", N_("engine container"), (("engine", "EngineContainer"),)),
    Kind("customresource", N_("custom resource")),
)

KINDS = MappingProxyType({kind.name: kind for kind in _ALL})
"""All object types by name, in the order in which a name that several objects have is understood: what runs, then how it is reached, then
its parts."""

_PLACES = {name: place for place, name in enumerate(KINDS)}
_RUNS = ("deployment", "daemonset", "statefulset", "job", "cronjob")
RANKS = MappingProxyType(_PLACES | dict.fromkeys(_RUNS, _PLACES["workload"]))
"""How near each object type is to what people mean by a name alone, the nearest first; kinds of workloads are equally near."""

KIND_OF_RECORD = MappingProxyType(
    {record: kind.name for kind in reversed(_ALL) if kind.name != "workload" for record in kind.records}
)
"""The object type of a record, by its (group, Kind)."""


def kind_of(record: Record) -> str:
    """The object type of a record; ``customresource`` for those that no other type stands for."""
    return KIND_OF_RECORD.get((record.group, record.kind), "customresource")


def qualified_name(record: Record) -> str:
    """The name of a record within its object type: ``ns/name``, or ``name``; for custom resources the whole id."""
    if kind_of(record) == "customresource":
        return record.id
    return record.name if record.namespace is None else f"{record.namespace}/{record.name}"


def records_named(snapshot: Snapshot, kind: str, name: str) -> Iterator[Record]:
    """The records that an object type and a qualified name stand for: none, one, or one for each of several Kinds."""
    if kind == "customresource":
        record = snapshot.get(name)
        if record is not None:
            yield record
        return
    namespace, slash, rest = name.partition("/")
    for group, record_kind in KINDS[kind].records:
        place = f"{namespace}/{rest}" if slash else f"-/{name}"
        record = snapshot.get(f"{group}/{record_kind}/{place}")
        if record is not None:
            yield record
