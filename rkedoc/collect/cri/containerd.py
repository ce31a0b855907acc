"""containerd's own API, below CRI: the containers of all its namespaces, also those that Kubernetes never heard of.

CRI shows the pods of the namespace ``k8s.io``. What ``ctr``, ``nerdctl``, a build or Docker runs in the same containerd lies in other
namespaces, or in that one without a pod. Three lists tell of all of it. Their messages are small and have not changed since containerd
1.0; the fields that are read are declared here (containerd/containerd v2.0.0, api/services/{namespaces,containers,tasks}/v1 and
api/types/task/task.proto).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson

from rkedoc.collect.cri.channel import RuntimeClient
from rkedoc.collect.cri.shape import NAMESPACES, moment
from rkedoc.collect.engine.rows import ContainerRow, row_of_inspect
from rkedoc.snapshot.record import HIDDEN

_KIND: Final = "io.cri-containerd.kind"
"""Label of what CRI made: ``sandbox`` or ``container`` (pkg/cri/server/service.go and helpers.go, containerKindLabel)."""

_NERDCTL_NAME: Final = "nerdctl/name"
"""Label in which nerdctl keeps a container's name (containerd/nerdctl v1.7, pkg/labels/labels.go)."""

NO_TASK: Final = "stopped"
"""The state of a container without a task: it does not run, and containerd does not know whether it ever has."""

_TASKS: Final = {1: "created", 2: "running", 3: "exited", 4: "paused", 5: "paused"}
_TEXT, _NUMBER, _MESSAGE, _ENUM = 9, 13, 11, 5

_FIELDS: Final[Mapping[str, tuple[tuple[str, int, int, bool, str], ...]]] = {
    # name, number, type, repeated, message
    "ListNamespacesRequest": (("filter", 1, _TEXT, False, ""),),
    "Namespace": (("name", 1, _TEXT, False, ""),),
    "ListNamespacesResponse": (("namespaces", 1, _MESSAGE, True, "Namespace"),),
    "ListContainersRequest": (("filters", 1, _TEXT, True, ""),),
    "Label": (("key", 1, _TEXT, False, ""), ("value", 2, _TEXT, False, "")),
    "Packed": (("type_url", 1, _TEXT, False, ""), ("value", 2, 12, False, "")),
    "Moment": (("seconds", 1, 3, False, ""), ("nanos", 2, _ENUM, False, "")),
    "Container": (
        ("id", 1, _TEXT, False, ""),
        ("labels", 2, _MESSAGE, True, "Label"),
        ("image", 3, _TEXT, False, ""),
        ("spec", 5, _MESSAGE, False, "Packed"),
        ("created_at", 8, _MESSAGE, False, "Moment"),
    ),
    "ListContainersResponse": (("containers", 1, _MESSAGE, True, "Container"),),
    "ListTasksRequest": (("filter", 1, _TEXT, False, ""),),
    "Process": (
        ("container_id", 1, _TEXT, False, ""),
        ("id", 2, _TEXT, False, ""),
        ("pid", 3, _NUMBER, False, ""),
        ("status", 4, _ENUM, False, ""),
        ("exit_status", 9, _NUMBER, False, ""),
        ("exited_at", 10, _MESSAGE, False, "Moment"),
    ),
    "ListTasksResponse": (("tasks", 1, _MESSAGE, True, "Process"),),
}
"""The messages that are asked and answered, as far as they are read. A map is, on the wire, a list of pairs; ``google.protobuf.Any``
and ``Timestamp`` are messages of two fields each."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A container that CRI does not show. ``row.raw`` is in the form of ``docker inspect``."""

    namespace: str
    row: ContainerRow


def namespaces(client: RuntimeClient) -> tuple[str, ...]:
    """The namespaces of a containerd. Raises :class:`~rkedoc.collect.kubernetes.transport.NoAnswer`: ``not-served`` for what is none."""
    answer = _ask(client, "namespaces", "Namespaces", "Namespaces", "")
    return tuple(sorted(item.name for item in answer.namespaces))


def beside(client: RuntimeClient, namespace: str, known: Iterable[str]) -> Iterator[Beside]:
    """The containers of a namespace that CRI does not know, by the ``known`` ids of its containers and sandboxes.

    Raises :class:`~rkedoc.collect.kubernetes.transport.NoAnswer`.
    """
    # The list has one process a container, the first, whose id is the container's (services/tasks/local.go, addTasks).
    tasks = {task.id: task for task in _ask(client, "tasks", "Tasks", "Tasks", namespace).tasks}
    skipped = frozenset(known)
    for item in _ask(client, "containers", "Containers", "Containers", namespace).containers:
        if not item.id or item.id in skipped:
            continue
        row = row_of_inspect(_inspect(item, tasks.get(item.id), namespace))
        if row is not None:
            yield Beside(namespace, row)


def _ask(client: RuntimeClient, package: str, service: str, what: str, namespace: str) -> Any:
    messages = _messages()
    return client.ask(
        f"/containerd.services.{package}.v1.{service}/List",
        messages[f"List{what}Request"](),
        messages[f"List{what}Response"],
        metadata=(("containerd-namespace", namespace),) if namespace else (),
    )


def _inspect(item: Any, task: Any, namespace: str) -> dict[str, Any]:
    status = _TASKS.get(task.status, "unknown") if task is not None else NO_TASK
    state: dict[str, Any] = {"Status": status}
    if task is not None and status == "exited":
        state |= {"ExitCode": int(task.exit_status), "FinishedAt": _moment(task.exited_at)}
    return inspect_form(
        item.id, image=item.image, labels={pair.key: pair.value for pair in item.labels}, spec=_spec(item.spec), state=state,
        created=_moment(item.created_at), namespace=namespace,
    )  # fmt: skip


def inspect_form(
    identifier: str, *, image: str, labels: Mapping[str, Any], spec: Mapping[str, Any], state: Mapping[str, Any], created: str,
    namespace: str,
) -> dict[str, Any]:  # fmt: skip
    """A container of containerd in the form of ``docker inspect``; ``spec`` is its OCI specification, ``state`` as Docker has it."""
    told = spec.get("process")
    process: Mapping[str, Any] = told if isinstance(told, dict) else {}
    args = [word for word in process.get("args") or () if isinstance(word, str)]
    host = {key: "host" for key, kind in NAMESPACES if args and kind not in _own_namespaces(spec)}
    return {
        "Id": identifier,
        "Name": f"/{labels.get(_NERDCTL_NAME) or identifier}",
        "Created": created,
        "Runtime": "containerd",
        "RuntimeNamespace": namespace,
        "State": dict(state),
        "Config": {
            "Image": image,
            "Labels": dict(labels),
            # No pod's specification shelters these values: the names alone are kept.
            "Env": [
                f"{entry.partition('=')[0]}={HIDDEN}"
                for entry in process.get("env") or ()
                if isinstance(entry, str) and "=" in entry
            ],
            "Cmd": args,
            "WorkingDir": process.get("cwd") if isinstance(process.get("cwd"), str) else "",
        },
        "HostConfig": host,
        "NetworkSettings": {},
        "Mounts": [
            {
                "Type": "bind",
                "Source": mount.get("source"),
                "Destination": mount.get("destination"),
                "RW": "ro" not in (mount.get("options") or ()),
            }
            for mount in spec.get("mounts") or ()
            if isinstance(mount, dict) and mount.get("type") == "bind"
        ],
    }


def _own_namespaces(spec: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of Linux namespaces that a container has for itself (opencontainers/runtime-spec v1.1, config-linux.md)."""
    linux = spec.get("linux")
    listed = linux.get("namespaces") if isinstance(linux, dict) else None
    return frozenset(one["type"] for one in listed or () if isinstance(one, dict) and isinstance(one.get("type"), str))


def _spec(packed: Any) -> Mapping[str, Any]:
    """The OCI specification of a container, which containerd keeps as JSON."""
    try:
        found = orjson.loads(packed.value)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _moment(stamp: Any) -> str:
    return moment(stamp.seconds * 10**9 + stamp.nanos)


@cache
def _messages() -> Mapping[str, Any]:
    """The classes of the messages of :data:`_FIELDS`."""
    pb = importlib.import_module("google.protobuf.descriptor_pb2")
    pool = importlib.import_module("google.protobuf.descriptor_pool").DescriptorPool()
    factory = importlib.import_module("google.protobuf.message_factory")
    package = "rkedoc.containerd"
    file = pb.FileDescriptorProto(name="rkedoc/containerd.proto", package=package, syntax="proto3")
    for message, fields in _FIELDS.items():
        made = file.message_type.add(name=message)
        for name, number, kind, repeated, of in fields:
            field = made.field.add(name=name, number=number, type=kind, label=3 if repeated else 1)
            if of:
                field.type_name = f".{package}.{of}"
    pool.Add(file)
    return {name: factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in _FIELDS}
