"""The tables: a class for each, whose fields are its columns, with their types and what they mean.

A column that does not apply is null. What was not looked at has a row of its own in each table that it would be in: ``not_known`` says why, and
the columns that say of what (``node``, ``namespace``, …) are filled as far as they are known. So a table without rows says that there is nothing,
and never that nobody has looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Final, get_args, get_type_hints

import orjson

from rkedoc.i18n import Message

VERSION: Final = 1
"""The version of the tables: another one where a column has gone, or means something else."""

NOT_ASKED: Final = "not-asked"
"""How a list ended for which nobody asked."""

NO_DETAILS: Final = "engine/containers:details"
"""That containers are all there, and of some of them the details are not."""

HIDDEN: Final = "hidden"
"""That a value is there, and was hidden when it was collected."""

NOT_READ: Final = "not-read"
"""That what would say a setting was not found among what was collected."""

NO_IMAGE: Final = "image-not-told"
"""That nothing tells from which image a container was made."""

NO_END: Final = "no-end-known"
"""That the data about support has no end for a version."""

NOTHING_BEFORE: Final = "no-snapshot-before"
"""That there is no earlier snapshot of the cluster to compare with."""

NO_REFERENCE: Final = "reference-not-known"
"""That it is not known what the cluster has with which the others are compared."""

_NOT_KNOWN: Final = (
    "null where the row is known; else why something is not: <list>:<how it ended>, such as core/pods:forbidden or "
    "engine/containers:not-asked; or a code of one word"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRow:
    """A cluster as a snapshot shows it; one row."""

    distribution: Annotated[str | None, "rke1, rke2, k3s, kubeadm, other; null where nothing tells"] = None
    distribution_name: Annotated[str | None, "what people call the distribution"] = None
    kubernetes: Annotated[
        str | None, "the version that the API server tells, else that of the kubelets if they agree"
    ] = None
    nodes: Annotated[int | None, "nodes"] = None
    namespaces: Annotated[int | None, "namespaces"] = None
    workloads: Annotated[int | None, "workloads"] = None
    containers: Annotated[int | None, "containers, as the ledger counts them"] = None
    running: Annotated[int | None, "containers that run"] = None
    unexplained: Annotated[int | None, "containers that nothing explains"] = None
    closes: Annotated[bool | None, "whether the ledger closes for what was seen"] = None
    labels: Annotated[
        Mapping[str, str] | None,
        "labels that all of its nodes bear alike, and those that a Rancher has for the cluster, which win",
    ] = None
    not_known: Annotated[str | None, _NOT_KNOWN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A node."""

    node: Annotated[str | None, "its name"] = None
    roles: Annotated[tuple[str, ...] | None, "its roles; null where nothing tells"] = None
    kubelet: Annotated[str | None, "the version of its kubelet"] = None
    runtime: Annotated[str | None, "its container runtime with the version, as its kubelet tells it"] = None
    system: Annotated[str | None, "its operating system"] = None
    kernel: Annotated[str | None, "its kernel"] = None
    ready: Annotated[bool | None, "whether it said of itself that it is ready"] = None
    pods: Annotated[int | None, "pods that are bound to it"] = None
    engine_read: Annotated[bool | None, "whether its container engine was read"] = None
    host_read: Annotated[bool | None, "whether its processes and files were read"] = None
    not_known: Annotated[str | None, _NOT_KNOWN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRow:
    """Who uses an image: the containers that were made from it, and the templates that name it. The sum of ``containers`` is the number of
    lines in the ledger."""

    image: Annotated[str | None, "the image as its user names it; null where nothing tells"] = None
    registry: Annotated[str | None, "the registry in it; null where it names none"] = None
    repository: Annotated[str | None, "its repository"] = None
    tag: Annotated[str | None, "its tag"] = None
    digests: Annotated[
        tuple[str, ...] | None, "the digests under which a registry has it; null where nothing tells"
    ] = None
    node: Annotated[str | None, "the node, of what runs outside pods"] = None
    namespace: Annotated[str | None, "the namespace of the user"] = None
    kind: Annotated[str | None, "the kind of the user: Deployment, …, Pod; EngineContainer outside pods"] = None
    name: Annotated[str | None, "the name of the user"] = None
    subject: Annotated[str | None, "the id of the user; <node>/<name> outside pods"] = None
    container: Annotated[str | None, "the name of the container in its pod; POD for sandboxes"] = None
    role: Annotated[
        str | None, "what the container is in its pod: app, init, sidecar, sandbox, …; standalone outside pods"
    ] = None
    origin: Annotated[str | None, "whose it is"] = None
    component: Annotated[str | None, "the id of the catalog's entry"] = None
    containers: Annotated[int | None, "containers of it that are there; 0 for a template of which nothing runs"] = None
    running: Annotated[int | None, "containers of it that run"] = None
    not_known: Annotated[str | None, _NOT_KNOWN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRow:
    """A workload or a container outside pods, with who answers for it."""

    id: Annotated[str | None, "its id in the snapshot"] = None
    kind: Annotated[str | None, "Deployment, …, Pod; EngineContainer outside pods"] = None
    namespace: Annotated[str | None, "its namespace"] = None
    node: Annotated[str | None, "its node, outside pods"] = None
    name: Annotated[str | None, "its name"] = None
    component: Annotated[str | None, "the id of the catalog's entry; null for somebody's own"] = None
    whose: Annotated[str | None, "platform, add-on, own, unknown"] = None
    owner: Annotated[str | None, "who answers for it; null where nobody says so"] = None
    owner_said_by: Annotated[str | None, "the file or the object that says who"] = None
    pods: Annotated[int | None, "its pods; null outside pods"] = None
    not_known: Annotated[str | None, _NOT_KNOWN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRow:
    """A component of the platform or a well-known add-on in one version."""

    component: Annotated[str | None, "the id of the catalog's entry"] = None
    name: Annotated[str | None, "what people call it"] = None
    origin: Annotated[str | None, "whose it is"] = None
    version: Annotated[str | None, "the tag of its image; null where nothing tells"] = None
    containers: Annotated[int | None, "containers of it that are there"] = None
    processes: Annotated[int | None, "processes of it on hosts, outside containers"] = None
    not_known: Annotated[str | None, _NOT_KNOWN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version that the cluster tells of: Kubernetes, kubelets, container runtimes, operating systems, and what images tell."""

    product: Annotated[str | None, "of what it is the version"] = None
    version: Annotated[str | None, "the version"] = None
    said_by: Annotated[str | None, "where it was read"] = None
    not_known: Annotated[str | None, _NOT_KNOWN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """A setting of the platform: a flag of one of its programs, or what networks, ingress and etcd are set to."""

    topic: Annotated[str | None, "flag, network, ingress, etcd"] = None
    subject: Annotated[
        str | None, "the program that has the flag; what the setting is about, where there are several"
    ] = None
    name: Annotated[str | None, "the flag without dashes; the code of the setting"] = None
    value: Annotated[str | None, "its value, in English"] = None
    phrase: Annotated[str | None, "where the value is a phrase of rkedoc: the phrase as JSON, and what fills it"] = None
    node: Annotated[str | None, "the node of the program"] = None
    said_by: Annotated[str | None, "where it was read"] = None
    not_known: Annotated[str | None, _NOT_KNOWN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    """Something that is not well: one cause, however many objects suffer from it."""

    severity: Annotated[str | None, "critical, error, warning, info"] = None
    what: Annotated[str | None, "the code of what was seen"] = None
    values: Annotated[Mapping[str, str] | None, "what was seen in particular: a count, a version, …, in English"] = None
    phrases: Annotated[
        Mapping[str, str] | None,
        "those of the values that are phrases of rkedoc, as JSON: the phrase, and what fills it",
    ] = None
    reason: Annotated[str | None, "the reason that the cluster itself gives, such as CrashLoopBackOff"] = None
    exit_code: Annotated[int | None, "the exit code of the last end"] = None
    subject: Annotated[str | None, "what it is about"] = None
    id: Annotated[str | None, "the id of what it is about"] = None
    kind: Annotated[str | None, "its kind"] = None
    namespace: Annotated[str | None, "its namespace; of what an engine holds, the node"] = None
    others: Annotated[int | None, "further objects that suffer from it"] = None
    not_known: Annotated[str | None, _NOT_KNOWN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportRow:
    """Until when a version that runs here is supported. Whether it is depends on the day on which one asks."""

    product: Annotated[str | None, "the product"] = None
    version: Annotated[str | None, "its version; null where a distribution ends as a whole"] = None
    line: Annotated[
        str | None,
        "the line of versions that is supported together; null where the product ends as a whole, or nothing is known",
    ] = None
    ends: Annotated[date | None, "the last day of support"] = None
    at_latest: Annotated[bool | None, "whether `ends` is a day by which support had ended, rather than its last"] = None
    source: Annotated[str | None, "where the day was read"] = None
    not_known: Annotated[str | None, _NOT_KNOWN + " (no-end-known: the data has no end for it)"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """Something that is missing in the documentation of the cluster."""

    rule: Annotated[str | None, "unexplained, undocumented, stale, mismatch"] = None
    subject: Annotated[str | None, "what it is about"] = None
    message: Annotated[str | None, "what is missing, in English"] = None
    file: Annotated[str | None, "the file of annotations; null for the snapshot"] = None
    not_known: Annotated[str | None, _NOT_KNOWN] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """What somebody changed since the snapshot before, of the same cluster."""

    id: Annotated[str | None, "the id of what was changed"] = None
    change: Annotated[str | None, "added, removed, changed, moved"] = None
    weight: Annotated[str | None, "version, exposure, access, capacity, configuration"] = None
    kind: Annotated[str | None, "its kind"] = None
    namespace: Annotated[str | None, "its namespace; of what an engine holds, the node"] = None
    name: Annotated[str | None, "its name"] = None
    component: Annotated[str | None, "the id of the catalog's entry"] = None
    old_version: Annotated[str | None, "the version that it had, where that was changed"] = None
    new_version: Annotated[str | None, "the version that it has"] = None
    fields: Annotated[tuple[str, ...] | None, "the fields that were changed"] = None
    since: Annotated[datetime | None, "when the snapshot before was collected (UTC)"] = None
    since_snapshot: Annotated[str | None, "the digest of the snapshot before"] = None
    not_known: Annotated[str | None, _NOT_KNOWN + " (no-snapshot-before: there is none to compare with)"] = None


Row = (
    ClusterRow | NodeRow | ImageRow | WorkloadRow | ComponentRow | VersionRow | SettingRow | ProblemRow | SupportRow | CoverageRow | ChangeRow
)  # fmt: skip

TABLES: Final[Mapping[str, type[Row]]] = {
    "nodes": NodeRow, "images": ImageRow, "workloads": WorkloadRow, "components": ComponentRow, "versions": VersionRow,
    "settings": SettingRow, "problems": ProblemRow, "support": SupportRow, "coverage": CoverageRow, "changes": ChangeRow,
    "clusters": ClusterRow,
}  # fmt: skip
"""The tables by name. That of clusters is written last: where it is, the others are."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``type`` is DuckDB's name of it, ``meaning`` a sentence in English."""

    name: str
    type: str
    meaning: str


COMMON: Final = (
    Column("cluster", "VARCHAR", "the name of the cluster"),
    Column("cluster_uid", "VARCHAR", "the uid of its namespace kube-system; null where that was not read"),
    Column("collected_at", "TIMESTAMP", "when the snapshot was collected (UTC)"),
    Column("snapshot", "VARCHAR", "the digest of the snapshot"),
)
"""The columns that every table begins with."""

_TYPES: Final[Mapping[Any, str]] = {
    str: "VARCHAR", int: "BIGINT", bool: "BOOLEAN", date: "DATE", datetime: "TIMESTAMP", tuple[str, ...]: "VARCHAR[]",
    Mapping[str, str]: "MAP(VARCHAR, VARCHAR)",
}  # fmt: skip


@cache
def columns(table: str) -> tuple[Column, ...]:
    """All columns of a table, in order."""
    return (*COMMON, *_own(TABLES[table]))


def _own(row: type[Row]) -> tuple[Column, ...]:
    hints = get_type_hints(row, include_extras=True)
    found = []
    for field in fields(row):
        optional, meaning = get_args(hints[field.name])
        of = next(part for part in get_args(optional) if part is not type(None))
        found.append(Column(field.name, _TYPES[of], meaning))
    return tuple(found)


def tables_schema() -> dict[str, Any]:
    """The tables for programs: their version, and for each table what it holds and its columns with types and meanings."""
    return {
        "rkedoc": "tables",
        "version": VERSION,
        "tables": {
            name: {
                "meaning": " ".join((row.__doc__ or "").split()),
                "columns": [
                    {"name": column.name, "type": column.type, "meaning": column.meaning} for column in columns(name)
                ],
            }
            for name, row in TABLES.items()
        },
    }


def phrase_text(phrase: Message) -> str:
    """A phrase with what fills it, from which it can be said in any language (:func:`phrase`)."""
    return orjson.dumps(_parts_of(phrase)).decode()


def _parts_of(value: object) -> Any:
    if isinstance(value, Message):
        return [value.message, {name: _parts_of(one) for name, one in value.values.items()}]
    return str(value)


def phrase(text: str) -> Message:
    """The phrase that :func:`phrase_text` wrote."""
    found = _phrase(orjson.loads(text))
    assert isinstance(found, Message)
    return found


def _phrase(parts: Any) -> str:
    if isinstance(parts, str):
        return parts
    message, values = parts
    return Message(message, **{name: _phrase(one) for name, one in values.items()})
