"""From what CRI answers to the form that every container has on its way to a record: that of ``docker inspect``.

Pure functions. Two things are added to that form, for which Docker has labels: ``Pod``, whose container it is, and ``Runtime``, the
name of what runs it; a sandbox also has ``Sandbox``, with the pause container's image where there is one. CRI gives containers no
names: they get those that the kubelet gave them at Docker, ``k8s_<container>_<pod>_<namespace>_<uid>_<attempt>``, which say the same.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

from rkedoc.collect.cri.info import kept
from rkedoc.collect.engine.rows import ContainerRow
from rkedoc.snapshot.kinds import CONFIG_SOURCE
from rkedoc.snapshot.podnames import SANDBOX

_STATES: Final = {
    "": "created", "CONTAINER_CREATED": "created", "CONTAINER_RUNNING": "running", "CONTAINER_EXITED": "exited",
    "CONTAINER_UNKNOWN": "unknown",
}  # fmt: skip
_PROPAGATIONS: Final = {
    "": "rprivate", "PROPAGATION_PRIVATE": "rprivate", "PROPAGATION_HOST_TO_CONTAINER": "rslave",
    "PROPAGATION_BIDIRECTIONAL": "rshared",
}  # fmt: skip
_RESOURCES: Final = {
    "memory_limit_in_bytes": "Memory", "cpu_shares": "CpuShares", "cpu_quota": "CpuQuota", "cpu_period": "CpuPeriod",
    "oom_score_adj": "OomScoreAdj",
}  # fmt: skip


def kubelet_name(container: str, pod: Mapping[str, Any], attempt: Any) -> str:
    """The name of a pod's container as the kubelet made it for Docker; ``pod`` has name, namespace and uid.

    Source: kubernetes/kubernetes v1.20, pkg/kubelet/dockershim/naming.go.
    """
    parts = (container, _text(pod, "name"), _text(pod, "namespace"), _text(pod, "uid"))
    return "_".join(("k8s", *parts, str(_number(attempt))))


def sandbox_row(item: Mapping[str, Any], *, runtime: str) -> ContainerRow | None:
    """A sandbox of ``ListPodSandbox``; ``None`` if it has no id."""
    identifier, metadata = _text(item, "id"), _map(item, "metadata")
    if not identifier:
        return None
    name = kubelet_name(SANDBOX, metadata, metadata.get("attempt"))
    return ContainerRow(
        identifier, name, _text(metadata, "uid") or None, None, sandbox(item, name=name, runtime=runtime)
    )


def container_row(
    item: Mapping[str, Any], sandboxes: Mapping[str, Mapping[str, Any]], *, runtime: str
) -> ContainerRow | None:
    """A container of ``ListContainers``; ``None`` if it has no id. ``sandboxes`` are those of the list, by id."""
    identifier = _text(item, "id")
    if not identifier:
        return None
    pod, metadata = pod_of(item, sandboxes), _map(item, "metadata")
    name = kubelet_name(_text(metadata, "name"), pod, metadata.get("attempt"))
    raw = container(item, None, pod, name=name, runtime=runtime)
    del raw["State"]["ExitCode"]  # no list tells it (cri-api v0.31, Container)
    return ContainerRow(identifier, name, _text(pod, "uid") or None, None, raw)


def pod_of(item: Mapping[str, Any], sandboxes: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Name, namespace and uid of a container's pod: those of its sandbox, or those in its own labels."""
    box = sandboxes.get(_text(item, "pod_sandbox_id"))
    if box is not None:
        return _map(box, "metadata")
    labels = _map(item, "labels")
    return {key: _text(labels, f"io.kubernetes.pod.{key}") for key in ("name", "namespace", "uid")}


def sandbox(
    status: Mapping[str, Any], info: Mapping[str, Any] | None = None, *, name: str, runtime: str
) -> dict[str, Any]:
    """A sandbox, from a row of the list or an answer of ``PodSandboxStatus``; ``info`` is what a verbose one adds.

    A field with its default is left out of such an answer: a sandbox without ``state`` is ready.
    """
    metadata = _map(status, "metadata")
    options = _map(_map(_map(status, "linux"), "namespaces"), "options")
    told = kept(info, "sandbox")
    network = _map(status, "network")
    addresses = [_text(network, "ip"), *(_text(more, "ip") for more in network.get("additional_ips") or ())]
    image = _text(_map(told, "Sandbox"), "Pause")
    body: dict[str, Any] = {
        "Id": _text(status, "id"),
        "Name": f"/{name}",
        "Created": moment(status.get("created_at")),
        "Runtime": runtime,
        "State": {
            "Status": "exited" if status.get("state") == "SANDBOX_NOTREADY" else "running",
            "StartedAt": moment(status.get("created_at")),
        },
        "Config": {"Image": image, "Labels": dict(_map(status, "labels")), "Annotations": dict(_map(status, "annotations"))},
        "HostConfig": {key: "host" for key, name in NAMESPACES if options.get(name) == "NODE"},
        "NetworkSettings": {"Networks": {"pod": {"IPAddress": addresses[0]}} if addresses[0] else {}},
        "Pod": _pod(metadata, SANDBOX, metadata, _text(status, "id"), "podsandbox"),
        "Sandbox": {
            "Handler": _text(status, "runtime_handler"),
            "Source": _text(_map(status, "annotations"), CONFIG_SOURCE),
            "Addresses": [address for address in addresses if address],
        },
    }  # fmt: skip
    return _laid_over(body, told)


NAMESPACES: Final = (("NetworkMode", "network"), ("PidMode", "pid"), ("IpcMode", "ipc"))
"""What ``docker inspect`` calls the Linux namespaces that may be the host's, with their names in CRI and in the OCI specification."""


def container(
    status: Mapping[str, Any],
    info: Mapping[str, Any] | None,
    pod: Mapping[str, Any],
    *,
    name: str,
    runtime: str,
    image_ids: Mapping[str, str] | None = None,
    sandbox_id: str = "",
) -> dict[str, Any]:
    """A container, from a row of the list or an answer of ``ContainerStatus``; ``info`` is what a verbose one adds.

    ``image_ids`` gives the id of an image by each reference that the list of images has; a container may name it by a digest.
    """
    metadata, image = _map(status, "metadata"), _map(status, "image")
    asked = _text(image, "user_specified_image") or _text(image, "image")
    ran = _text(status, "image_id") or _text(status, "image_ref")
    limits = _map(_map(status, "resources"), "linux")
    body: dict[str, Any] = {
        "Id": _text(status, "id"),
        "Name": f"/{name}",
        "Created": moment(status.get("created_at")),
        "Image": (image_ids or {}).get(ran, ran),
        "Runtime": runtime,
        "RestartCount": metadata.get("attempt", 0),
        "State": {
            "Status": _STATES.get(_text(status, "state"), "unknown"),
            "ExitCode": status.get("exit_code", 0),
            "OOMKilled": status.get("reason") == "OOMKilled",
            "Error": _text(status, "message"),
            "StartedAt": moment(status.get("started_at")),
            "FinishedAt": moment(status.get("finished_at")),
        },
        "Config": {"Image": asked, "Labels": dict(_map(status, "labels")), "Annotations": dict(_map(status, "annotations"))},
        "HostConfig": {key: _number(limits.get(name)) for name, key in _RESOURCES.items() if _number(limits.get(name))},
        "NetworkSettings": {},
        "Mounts": [_mount(mount) for mount in status.get("mounts") or () if isinstance(mount, Mapping)],
        "Pod": _pod(metadata, _text(metadata, "name"), pod, _text(status, "pod_sandbox_id") or sandbox_id, "container"),
    }  # fmt: skip
    return _laid_over(body, kept(info, "container"))


def image(item: Mapping[str, Any], info: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An image of ``ListImages`` in the form of Docker's list, or from an answer of ``ImageStatus`` in that of its inspect.

    What an image was built to run is in no plain answer; ``info`` is what a verbose one adds, with the image's OCI configuration
    (containerd/containerd v1.7, pkg/cri/server/image_status.go, verboseImageInfo; cri-o/cri-o v1.31, server/image_status.go).
    """
    built = kept(info, "image")
    return {
        "Id": _text(item, "id"),
        "RepoTags": list(item.get("repo_tags") or ()),
        "RepoDigests": list(item.get("repo_digests") or ()),
        "Size": _number(item.get("size")),
        **built,
    }


def runtime(
    version: Mapping[str, Any], status: Mapping[str, Any], *, storage: Mapping[str, Any], config: Mapping[str, Any],
    api: str, machine: str, counts: Mapping[str, int],
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """The runtime itself in the form of Docker's ``version`` and ``info``, from ``Version``, ``Status``, ``ImageFsInfo`` and
    ``RuntimeConfig``. The folder in which images lie names root folder and snapshotter."""
    folder = next((_text(_map(one, "fs_id"), "mountpoint") for one in storage.get("image_filesystems") or ()), "")
    root, _slash, last = folder.rpartition("/")
    plugin, dot, snapshotter = last.rpartition(".")
    # The default of this field, which is left out of an answer, is systemd (cri-api v0.31, CgroupDriver).
    driver = config["linux"].get("cgroup_driver", "SYSTEMD") if isinstance(config.get("linux"), Mapping) else ""
    conditions = _map(status, "status").get("conditions") or ()
    return {
        "version": {
            "Runtime": _text(version, "runtime_name"),
            "Version": _text(version, "runtime_version"),
            "ApiVersion": api,
        },
        "info": {
            "Name": machine,
            "Driver": snapshotter if dot and "snapshotter" in plugin else "",
            "DockerRootDir": root if dot and "snapshotter" in plugin else folder,
            "CgroupDriver": {"SYSTEMD": "systemd", "CGROUPFS": "cgroupfs"}.get(driver, ""),
            "Containers": counts["total"],
            "ContainersRunning": counts["running"],
            "ContainersStopped": counts["stopped"],
            "Images": counts["images"],
            "Conditions": [
                {"Type": _text(one, "type"), "Status": one.get("status") is True, "Reason": _text(one, "reason")}
                for one in conditions
                if isinstance(one, Mapping)
            ],
        },
    }


def moment(nanoseconds: Any) -> str:
    """A time of CRI, nanoseconds since 1970 as a number or a text, in RFC 3339; empty for 0, which stands for never."""
    count = _number(nanoseconds)
    if count <= 0:
        return ""
    try:
        second = datetime.datetime.fromtimestamp(count // 10**9, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{second:%Y-%m-%dT%H:%M:%S}.{count % 10**9:09d}Z"


def _pod(
    metadata: Mapping[str, Any], container: str, pod: Mapping[str, Any], sandbox_id: str, kind: str
) -> dict[str, Any]:
    return {
        "namespace": _text(pod, "namespace"),
        "name": _text(pod, "name"),
        "uid": _text(pod, "uid"),
        "container": container,
        "attempt": _number(metadata.get("attempt")),
        "sandboxId": sandbox_id,
        "type": kind,
    }


def _mount(mount: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Type": "bind",
        "Source": _text(mount, "host_path"),
        "Destination": _text(mount, "container_path"),
        "RW": mount.get("readonly") is not True,
        "Propagation": _PROPAGATIONS.get(_text(mount, "propagation"), ""),
    }


def _laid_over(body: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """``body`` with what a verbose answer adds; what the plain one told stays."""
    for key, value in more.items():
        mine = body.get(key)
        if isinstance(mine, dict) and isinstance(value, Mapping):
            body[key] = _laid_over(mine, value)
        elif not mine:
            body[key] = value
    return body


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _map(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _number(value: Any) -> int:
    """A number of protobuf's JSON form, where those of 64 bits are texts; 0 for what is none."""
    if isinstance(value, str):
        return int(value) if value.removeprefix("-").isdecimal() else 0
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
