"""What container runtimes' commands print as JSON: told by its shape, and where Docker has a form for it, brought to that form.

``crictl`` prints messages of CRI; what they are is told here, and :mod:`rkedoc.collect.files.cri_dumps` makes records of them.
``podman`` and ``nerdctl`` print what Docker prints, with differences; without these it is an ``inspect`` or a ``row`` like Docker's.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rkedoc.collect.cri.containerd import NO_TASK, inspect_form
from rkedoc.collect.cri.crictl import nanoseconds
from rkedoc.collect.cri.shape import kubelet_name, moment
from rkedoc.snapshot.kinds import CONTAINERD_OF_KUBERNETES
from rkedoc.snapshot.podnames import SANDBOX

Object = dict[str, Any]
Told = tuple[str, Object]
"""What something is, as :class:`~rkedoc.collect.files.documents.FoundThing` says it, and its content."""

CRI: Final = frozenset(
    {
        "cri-sandbox", "cri-container", "cri-image", "cri-sandbox-status", "cri-container-status", "cri-image-status", "cri-info",
        "cri-storage", "cri-version",
    }
)  # fmt: skip
"""What crictl prints: rows of its three lists, what it says of one thing, and of the runtime: ``info``, ``imagefsinfo``, ``version``."""

_CONDITIONS: Final = frozenset({"RuntimeReady", "NetworkReady"})
"""The conditions that every runtime has (cri-api v0.31, pkg/apis/runtime/v1/constants.go)."""

_IMAGE_ID: Final = re.compile(r"[0-9a-f]{64}")
_KIND: Final = "io.cri-containerd.kind"
_NAMESPACE: Final = "nerdctl/namespace"
_OF_POD: Final = "io.kubernetes.pod."


def runtime_things(document: Object) -> tuple[Told, ...]:
    """What a document that a runtime's command printed holds; nothing if it is none, or one of a shape that nobody foresaw."""
    for told in (_crictl, _podman, _nerdctl):
        try:
            if found := tuple(told(document)):
                return found
        except (TypeError, ValueError, AttributeError, LookupError):
            continue
    return ()


def engine_of(content: Mapping[str, Any]) -> str:
    """Which program a container or an image is of: ``podman`` or ``containerd``; empty for Docker."""
    if "IsInfra" in content or "NamesHistory" in content:
        return "podman"
    runtime = content.get("Runtime")
    return runtime if isinstance(runtime, str) and "." not in runtime else ""


# crictl ---------------------------------------------------------------------------------------------------------------


def _crictl(document: Object) -> Iterator[Told]:
    """kubernetes-sigs/cri-tools v1.36, cmd/crictl: util.go (outputStatusData, outputProtobufObjAsJSON) and version.go."""
    status = document.get("status")
    if isinstance(status, dict):
        if what := _status_kind(status):
            yield what, document
    elif {"RuntimeName", "RuntimeVersion"} <= document.keys():
        yield "cri-version", document
    elif what := _row_kind(document):
        yield what, document
    else:
        for key, kind in (("containers", "cri-container"), ("images", "cri-image")):
            listed = document.get(key)
            if isinstance(listed, list) and len(document) == 1:
                rows = [row for row in listed if isinstance(row, dict) and _row_kind(row) == kind]
                if len(rows) == len(listed):
                    yield from ((kind, row) for row in rows)
                    if not rows:
                        yield "empty", {}


def _status_kind(status: Object) -> str:
    conditions = status.get("conditions")
    if isinstance(conditions, list):
        types = {one.get("type") for one in conditions if isinstance(one, dict)}
        return "cri-info" if types & _CONDITIONS else ""
    if isinstance(status.get("imageFilesystems"), list):
        return "cri-storage"
    if not isinstance(status.get("id"), str):
        return ""
    return _of_state(status, "-status") or ("cri-image-status" if status.keys() & {"repoTags", "repoDigests"} else "")


def _row_kind(row: Object) -> str:
    if not isinstance(row.get("id"), str):
        return ""
    if isinstance(row.get("podSandboxId"), str):
        return "cri-container"
    return _of_state(row, "") or ("cri-image" if row.keys() >= {"repoTags", "size"} else "")


def _of_state(item: Object, ending: str) -> str:
    """Whether it is a sandbox or a container, by the word for its state: crictl leaves none out."""
    start, _line, _word = str(item.get("state")).partition("_")
    known = {"SANDBOX": "cri-sandbox", "CONTAINER": "cri-container"}
    return f"{known[start]}{ending}" if start in known else ""


# podman ---------------------------------------------------------------------------------------------------------------


def _podman(document: Object) -> Iterator[Told]:
    """containers/podman v3.4 to v5.8: libpod/define/{container,pod}_inspect.go and pkg/domain/entities/container_ps.go."""
    if not isinstance(document.get("Id"), str):
        return
    if isinstance(document.get("State"), dict) and isinstance(document.get("Config"), dict):
        if "IsInfra" in document:
            yield "inspect", _podman_inspect(document)
    elif isinstance(document.get("Names"), list) and "IsInfra" in document:
        yield "row", _podman_row(document)
    elif "NamesHistory" in document:
        yield "image", {**document, "Id": _image_id(document["Id"])}
    elif isinstance(document.get("Containers"), list) and "InfraContainerID" in document:
        yield from (("ps", _podman_member(one)) for one in document["Containers"] if isinstance(one, dict))


def _podman_inspect(inspect: Object) -> Object:
    config, state = inspect["Config"], inspect["State"]
    return {
        **inspect,
        "Created": utc(inspect.get("Created")),
        "Image": _image_id(inspect.get("Image")),
        "State": {
            **state,
            "StartedAt": utc(state.get("StartedAt")),
            "FinishedAt": utc(state.get("FinishedAt")),
            "Health": state.get("Health") or state.get("Healthcheck"),  # its name before v4
        },
        "Config": {
            **config,
            "Image": inspect.get("ImageName") or config.get("Image"),
            "Entrypoint": _podman_entrypoint(inspect, config),
        },
    }


def _podman_entrypoint(inspect: Object, config: Object) -> Any:
    """The entrypoint as words. Before v5 it is one text, with spaces between the words: where the whole command line, which is
    told as words, ends with the command, the entrypoint is what stands before it."""
    told, command = config.get("Entrypoint"), config.get("Cmd") or []
    if not isinstance(told, str):
        return told
    line = [inspect.get("Path"), *(inspect.get("Args") or [])]
    head = line[: len(line) - len(command)] if line[len(line) - len(command) :] == command else []
    return head if all(isinstance(word, str) for word in head) and " ".join(head) == told else [told] if told else []


def _podman_row(row: Object) -> Object:
    command, status = row.get("Command"), str(row.get("Status") or "")
    if not status and row.get("Exited") is True and isinstance(row.get("ExitCode"), int):
        status = f"Exited ({row['ExitCode']})"
    networks = row.get("Networks")
    return {
        **row,
        "Command": shlex.join(word for word in command if isinstance(word, str)) if isinstance(command, list) else command,
        "ImageID": _image_id(row.get("ImageID")),
        "StartedAt": _since_1970(row.get("StartedAt")),
        "Status": status,
        "Ports": [one for port in row.get("Ports") or () if isinstance(port, dict) for one in _podman_ports(port)],
        "Mounts": [],  # where they are mounted is all that is told
        "NetworkSettings": {
            "Networks": {name: {} for name in networks if isinstance(name, str)} if isinstance(networks, list) else {}
        },
    }  # fmt: skip


def _since_1970(seconds: Any) -> str:
    return moment(seconds * 10**9) if isinstance(seconds, int) else ""


_MOST_PORTS: Final = 1024


def _podman_ports(port: Object) -> Iterator[Object]:
    """The ports of a mapping, which may be a range."""
    inside, outside, count = (port.get(key) for key in ("container_port", "host_port", "range"))
    if not isinstance(inside, int) or not isinstance(outside, int):
        return
    protocols = str(port.get("protocol") or "tcp").split(",")
    for more in range(min(max(count, 1), _MOST_PORTS) if isinstance(count, int) else 1):
        for protocol in protocols:
            yield {
                "PrivatePort": inside + more,
                "PublicPort": outside + more,
                "Type": protocol,
                "IP": port.get("host_ip"),
            }


def _podman_member(container: Object) -> Object:
    """A container that ``podman pod inspect`` names, as the line that ``ps`` has for it."""
    told = {key: str(container.get(key) or "") for key in ("Id", "Name", "State")}
    return {"ID": told["Id"], "Names": told["Name"], "State": told["State"], "Image": "", "IsInfra": False}


def _image_id(identifier: Any) -> Any:
    """The id of an image as Docker writes it: podman leaves its beginning out."""
    return f"sha256:{identifier}" if isinstance(identifier, str) and _IMAGE_ID.fullmatch(identifier) else identifier


# nerdctl --------------------------------------------------------------------------------------------------------------


def _nerdctl(document: Object) -> Iterator[Told]:
    """containerd/nerdctl v1.0 to v2.3: pkg/inspecttypes/{dockercompat/dockercompat,native/container}.go, pkg/cmd/container/list.go."""
    if isinstance(document.get("Id"), str):
        if (
            isinstance(document.get("State"), dict)
            and isinstance(document.get("Config"), dict)
            and _is_nerdctls(document)
        ):
            yield "inspect", _nerdctl_inspect(document)
    elif isinstance(document.get("ID"), str):
        if "SnapshotKey" in document and isinstance(document.get("Labels") or {}, dict):
            yield "inspect", _nerdctl_native(document)
        elif {"Names", "Image", "Platform", "Runtime"} <= document.keys():
            yield "ps", _nerdctl_line(document)


def _is_nerdctls(inspect: Object) -> bool:
    logs = _map(_map(inspect, "HostConfig"), "LogConfig")
    return "driver" in logs or any(
        key.startswith("nerdctl/") or key == _KIND for key in _map(inspect["Config"], "Labels")
    )


def _nerdctl_inspect(inspect: Object) -> Object:
    config, state, host = inspect["Config"], inspect["State"], _map(inspect, "HostConfig")
    labels, logs, image = _map(config, "Labels"), _map(host, "LogConfig"), inspect.get("Image")
    named = not isinstance(image, str) or image.startswith("sha256:")
    return {
        **inspect,
        **_of_pod(labels, inspect.get("Name")),
        **_place(labels),
        "Image": image if named else "",  # in its place stands the name
        "State": {**state, "Status": state.get("Status") or NO_TASK},
        "Config": {**config, "Image": config.get("Image") or image},
        "HostConfig": {**host, "LogConfig": {"Type": logs.get("driver"), "Config": logs.get("opts")}},
    }


def _nerdctl_native(container: Object) -> Object:
    process, labels = _map(container, "Process"), _map(container, "Labels")
    status = _map(process, "Status")
    word = str(status.get("Status") or NO_TASK) if process else NO_TASK
    state: Object = {"Status": {"stopped": "exited", "pausing": "paused"}.get(word, word) if process else NO_TASK}
    if state["Status"] == "exited":
        state |= {"ExitCode": status.get("ExitStatus"), "FinishedAt": utc(status.get("ExitTime"))}
    place = _place(labels)
    made = inspect_form(
        container["ID"], image=str(container.get("Image") or ""), labels=labels, spec=_map(container, "Spec"), state=state,
        created=utc(container.get("CreatedAt")), namespace=place.get("RuntimeNamespace", ""),
    )  # fmt: skip
    return {**made, **_of_pod(labels, made["Name"].removeprefix(f"/{container['ID']}"))}


def _place(labels: Mapping[str, Any]) -> Object:
    """Where a container lies: nerdctl is a client of containerd, and shows one of its namespaces."""
    of_kubernetes = CONTAINERD_OF_KUBERNETES if _KIND in labels else ""
    return {"Runtime": "containerd", "RuntimeNamespace": labels.get(_NAMESPACE) or of_kubernetes}


def _of_pod(labels: Mapping[str, Any], name: Any) -> Object:
    """The pod of a container that the kubelet had made, by its labels, and the name that a kubelet gives; nothing for others."""
    pod = {key: str(labels.get(f"{_OF_POD}{key}") or "") for key in ("name", "namespace", "uid")}
    if name or not pod["name"]:
        return {}
    sandbox = labels.get(_KIND) == "sandbox"
    container = SANDBOX if sandbox else str(labels.get("io.kubernetes.container.name") or "")
    kind = "podsandbox" if sandbox else "container"
    return {
        "Name": f"/{kubelet_name(container, pod, 0)}",
        "Pod": {**pod, "container": container, "attempt": 0, "sandboxId": "", "type": kind},
    }


def _nerdctl_line(line: Object) -> Object:
    """A line of ``nerdctl ps`` in the words of ``docker ps``. Of a container without a task it says that it was created."""
    status = str(line.get("Status") or "")
    first = status.partition(" ")[0].lower()
    state = {"up": "running", "created": NO_TASK, "stopped": "exited"}.get(first, first)
    created = utc(line.get("CreatedAt"))
    day, _t, clock = created.partition("T")
    return {
        **line,
        "Runtime": "containerd",
        "State": state,
        "CreatedAt": f"{day} {clock[:8]} +0000 UTC" if created else "",
    }


def utc(time: Any) -> str:
    """A time in RFC 3339 in UTC, empty for one that says never or is none."""
    counted = nanoseconds(time)
    return moment(counted) if isinstance(counted, int) else ""


def _map(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}
