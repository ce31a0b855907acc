"""From what an engine answers, redacted but in its own shape, to records that name no runtime.

Pure functions. Every field of a record is always there; what is not known is empty. Whatever an engine reports in no
particular order is sorted: mounts by destination, networks, labels and environment by name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rkedoc.collect.engine.rows import POD_UID
from rkedoc.snapshot.identity import ENGINE, record_id
from rkedoc.snapshot.podnames import RKE_NAME, SANDBOX, engine_name
from rkedoc.snapshot.record import HIDDEN, Record, is_hidden

_ID = re.compile(r"[0-9a-f]{64}\Z")
_ANONYMOUS = _ID
"""An engine names a volume that nobody named by 64 hexadecimal digits of chance."""

_FLAG = re.compile(r"--?[A-Za-z][^=\s]*(?:=.*)?\Z", re.DOTALL)
_RKE_ENTRYPOINT = "/opt/rke-tools/entrypoint.sh"
_NEVER = "0001-01-01T00:00:00Z"

_INTENT = (
    "image", "entrypoint", "args", "env", "workdir", "user", "labels", "mounts", "ports", "exposed", "networkMode",
    "pidMode", "ipcMode", "utsMode", "privileged", "readOnlyRootfs", "capAdd", "capDrop", "securityOpt", "restartPolicy",
    "volumesFrom", "devices", "healthcheck", "logDriver", "resources",
)  # fmt: skip
"""What somebody decided about a container that no pod owns."""

_RESOURCES = {
    "Memory": "memory", "MemoryReservation": "memoryReservation", "MemorySwap": "memorySwap", "CpuShares": "cpuShares",
    "NanoCpus": "nanoCpus", "CpuQuota": "cpuQuota", "CpuPeriod": "cpuPeriod", "CpusetCpus": "cpusetCpus",
    "CpusetMems": "cpusetMems", "PidsLimit": "pidsLimit", "OomScoreAdj": "oomScoreAdj",
}  # fmt: skip
_DIGITS = re.compile(r"[0-9a-f]+")
_BUILT_IN_NETWORKS = frozenset({"bridge", "host", "none", "ingress", "docker_gwbridge"})


def container_record(
    inspect: Mapping[str, Any],
    *,
    node: str,
    name: str,
    names: Mapping[str, str],
    inspected: bool = True,
    collector: bool = False,
) -> Record:
    """The record of one container, from a redacted answer of ``docker inspect`` or a row in its shape.

    ``name`` is the last part of the record's id, ``names`` the name of each container by its id: a reference to another
    container is an id, which changes whenever that container is made anew. A container of a pod has no intent of its
    own, since its pod's spec says it; nor has one that could not be ``inspected``, since it was not read; nor has the
    ``collector`` itself, which would otherwise be part of what it documents.
    """
    config, host = _dict(inspect, "Config"), _dict(inspect, "HostConfig")
    state, settings = _dict(inspect, "State"), _dict(inspect, "NetworkSettings")
    labels = _texts(config.get("Labels"))
    pod = _pod_told(_dict(inspect, "Pod")) or _pod(labels, name, _text(inspect.get("Id")))
    rke = RKE_NAME in labels or _RKE_ENTRYPOINT in _list(config.get("Entrypoint"))[:1]
    mounts = _mounts(inspect)
    bound = _bindings(_dict(host, "PortBindings"))
    published = _bindings(_dict(settings, "Ports"))
    body: dict[str, Any] = {
        "id": _text(inspect.get("Id")),
        "image": _text(config.get("Image")),
        "imageId": _text(inspect.get("Image")),
        "entrypoint": _ordered(_words(config.get("Entrypoint")), rke=rke),
        "args": _ordered(_words(config.get("Cmd")), rke=rke),
        "env": _env(config.get("Env")),
        "workdir": _text(config.get("WorkingDir")),
        "user": _text(config.get("User")),
        "hostname": _text(config.get("Hostname")),
        "labels": labels,
        "mounts": mounts,
        "ports": bound or published,
        "exposed": sorted(_dict(config, "ExposedPorts")),
        "networkMode": _reference(_text(host.get("NetworkMode")), names),
        "pidMode": _reference(_text(host.get("PidMode")), names),
        "ipcMode": _reference(_text(host.get("IpcMode")), names),
        "utsMode": _text(host.get("UTSMode")),
        "privileged": host.get("Privileged") is True,
        "readOnlyRootfs": host.get("ReadonlyRootfs") is True,
        "capAdd": sorted(_words(host.get("CapAdd"))),
        "capDrop": sorted(_words(host.get("CapDrop"))),
        "securityOpt": sorted(_words(host.get("SecurityOpt"))),
        "restartPolicy": {
            "name": _text(_dict(host, "RestartPolicy").get("Name")) or "no",
            "maximumRetryCount": _number(_dict(host, "RestartPolicy").get("MaximumRetryCount")),
        },
        "volumesFrom": sorted(_volumes_from(entry, names) for entry in _words(host.get("VolumesFrom"))),
        "devices": sorted(_device(device) for device in _list(host.get("Devices"))),
        "healthcheck": _healthcheck(_dict(config, "Healthcheck")),
        "logDriver": {
            "type": _text(_dict(host, "LogConfig").get("Type")),
            "options": _texts(_dict(host, "LogConfig").get("Config")),
        },
        "resources": {name: value for key, name in _RESOURCES.items() if (value := host.get(key)) and _plain(value)},
        "networks": _networks(_dict(settings, "Networks"), _text(inspect.get("Id"))),
        "state": _state(state),
        "exitCode": _exit_code(state, inspected=inspected),
        "oomKilled": state.get("OOMKilled") is True,
        "error": _text(state.get("Error")),
        "created": _time(inspect.get("Created")),
        "startedAt": _time(state.get("StartedAt")),
        "finishedAt": _time(state.get("FinishedAt")),
        "restartCount": _number(inspect.get("RestartCount")),
        "health": _text(_dict(state, "Health").get("Status")),
        "inspected": inspected,
        "collector": collector,
    }
    if pod is not None:
        body["pod"] = pod
    body |= _of_other_runtimes(inspect, config)
    intent = {} if pod is not None or not inspected or collector else {key: body.pop(key) for key in _INTENT}
    if intent:
        _without_chance(intent, body, published=published, all_ports=host.get("PublishAllPorts") is True)
    return Record(record_id(ENGINE, "EngineContainer", node, name), "EngineContainer", None, intent, body)


def _of_other_runtimes(inspect: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """What runtimes other than Docker tell beside: which one it is, containerd's namespace, annotations, what a sandbox is made of."""
    told: dict[str, Any] = {
        "runtime": _text(inspect.get("Runtime")),
        "runtimeNamespace": _text(inspect.get("RuntimeNamespace")),
        "annotations": _texts(config.get("Annotations")),
    }
    sandbox = _dict(inspect, "Sandbox")
    if sandbox:
        told["sandbox"] = {
            "pause": _text(sandbox.get("Pause")),
            "handler": _text(sandbox.get("Handler")),
            "source": _text(sandbox.get("Source")),
            "addresses": _words(sandbox.get("Addresses")),
        }
    return {key: value for key, value in told.items() if value}


def runtime_of(version: Mapping[str, Any]) -> str:
    """What a runtime calls itself; empty for Docker, whose answers do not say it."""
    return _text(version.get("Runtime"))


def image_record(image: Mapping[str, Any], *, node: str) -> Record:
    """The record of one image, from a redacted answer of ``docker image inspect`` or a row of the list of images.

    All of it is observed: images come and go with what uses them.
    """
    config = _dict(image, "Config")
    identifier = _text(image.get("Id"))
    if not identifier:
        raise ValueError("an image without an id is none that can be told")
    created = image.get("Created")
    body = {
        "id": identifier,
        "tags": sorted(tag for tag in _words(image.get("RepoTags")) if tag != "<none>:<none>"),
        "digests": sorted(digest for digest in _words(image.get("RepoDigests")) if digest != "<none>@<none>"),
        "size": _number(image.get("Size")),
        "created": _time(created) if isinstance(created, str) else "",
        "labels": _texts(config.get("Labels")) or _texts(image.get("Labels")),
        "config": {
            "env": _env(config.get("Env")),
            "entrypoint": _words(config.get("Entrypoint")),
            "args": _words(config.get("Cmd")),
            "exposed": sorted(_dict(config, "ExposedPorts")),
            "user": _text(config.get("User")),
            "workdir": _text(config.get("WorkingDir")),
        },
    }
    return Record(record_id(ENGINE, "EngineImage", node, identifier), "EngineImage", None, {}, body)


def network_record(network: Mapping[str, Any], *, node: str, name: str) -> Record:
    """The record of one network, from a redacted answer of ``docker network inspect``.

    The networks that an engine makes for itself are nobody's intent. Subnets are observed: mostly the engine chose them.
    """
    intent: dict[str, Any] = {
        "driver": _text(network.get("Driver")),
        "internal": network.get("Internal") is True,
        "attachable": network.get("Attachable") is True,
        "ipv6": network.get("EnableIPv6") is True,
        "options": _texts(network.get("Options")),
        "labels": _texts(network.get("Labels")),
    }
    subnets = [
        {"subnet": _text(entry.get("Subnet")), "gateway": _text(entry.get("Gateway"))}
        for entry in _list(_dict(network, "IPAM").get("Config"))
        if isinstance(entry, dict)
    ]
    observed: dict[str, Any] = {
        "id": _text(network.get("Id")),
        "name": _text(network.get("Name")),
        "scope": _text(network.get("Scope")),
        "created": _time(network.get("Created")),
        "subnets": sorted(subnets, key=lambda entry: entry["subnet"]),
    }
    if observed["name"] in _BUILT_IN_NETWORKS:
        intent, observed = {}, {**intent, **observed}
    return Record(record_id(ENGINE, "EngineNetwork", node, name), "EngineNetwork", None, intent, observed)


def volume_record(volume: Mapping[str, Any], *, node: str, name: str) -> Record:
    """The record of one volume, from a redacted answer of ``docker volume inspect``. One without a name is observed."""
    intent: dict[str, Any] = {
        "driver": _text(volume.get("Driver")),
        "options": _texts(volume.get("Options")),
        "labels": _texts(volume.get("Labels")),
    }
    observed: dict[str, Any] = {
        "name": _text(volume.get("Name")),
        "anonymous": _ANONYMOUS.match(_text(volume.get("Name"))) is not None,
        "mountpoint": _text(volume.get("Mountpoint")),
        "scope": _text(volume.get("Scope")),
        "created": _time(volume.get("CreatedAt")),
    }
    if observed["anonymous"]:
        intent, observed = {}, {**intent, **observed}
    return Record(record_id(ENGINE, "EngineVolume", node, name), "EngineVolume", None, intent, observed)


def engine_record(version: Mapping[str, Any], info: Mapping[str, Any], *, node: str, name: str = "engine") -> Record:
    """The record of the engine itself, from redacted answers of ``docker version`` and ``docker info``, or what stands for them."""
    components = [
        {"name": _text(part.get("Name")), "version": _text(part.get("Version"))}
        for part in _list(version.get("Components"))
        if isinstance(part, dict)
    ]
    body: dict[str, Any] = {
        "name": _text(info.get("Name")),
        "version": _text(version.get("Version")) or _text(info.get("ServerVersion")),
        "apiVersion": _text(version.get("ApiVersion")),
        "minApiVersion": _text(version.get("MinAPIVersion")),
        "components": sorted(components, key=lambda part: part["name"]),
        "os": _text(info.get("OperatingSystem")),
        "osType": _text(info.get("OSType")) or _text(version.get("Os")),
        "architecture": _text(info.get("Architecture")) or _text(version.get("Arch")),
        "kernel": _text(info.get("KernelVersion")) or _text(version.get("KernelVersion")),
        "cpus": _number(info.get("NCPU")),
        "memory": _number(info.get("MemTotal")),
        "storageDriver": _text(info.get("Driver")),
        "cgroupDriver": _text(info.get("CgroupDriver")),
        "cgroupVersion": _text(info.get("CgroupVersion")),
        "loggingDriver": _text(info.get("LoggingDriver")),
        "rootDir": _text(info.get("DockerRootDir")),
        "defaultRuntime": _text(info.get("DefaultRuntime")),
        "runtimes": sorted(_dict(info, "Runtimes")),
        "liveRestore": info.get("LiveRestoreEnabled") is True,
        "securityOptions": sorted(_words(info.get("SecurityOptions"))),
        "swarm": _text(_dict(info, "Swarm").get("LocalNodeState")),
        "labels": sorted(_words(info.get("Labels"))),
        "insecureRegistries": sorted(_words(_dict(info, "RegistryConfig").get("InsecureRegistryCIDRs"))),
        "proxies": {
            name: value
            for name, key in (("http", "HttpProxy"), ("https", "HttpsProxy"), ("none", "NoProxy"))
            if (value := _text(info.get(key)))
        },
        "containers": {
            state: _number(info.get(key))
            for state, key in (
                ("total", "Containers"), ("running", "ContainersRunning"), ("paused", "ContainersPaused"),
                ("stopped", "ContainersStopped"),
            )
        },
        "images": _number(info.get("Images")),
    }  # fmt: skip
    if runtime := runtime_of(version):
        body["runtime"] = runtime
        body["conditions"] = [
            {"type": _text(one.get("Type")), "status": one.get("Status") is True, "reason": _text(one.get("Reason"))}
            for one in _list(info.get("Conditions"))
            if isinstance(one, dict)
        ]
    return Record(record_id(ENGINE, "Engine", node, name), "Engine", None, {}, body)


def unique_name(name: str, identifier: str, taken: Iterable[str]) -> str:
    """``name``, or the short id where there is none, told apart by the id from names that are taken already.

    Names are unique in an engine; once redacted, or read from files of several engines, they may not be.
    """
    short = identifier.removeprefix("sha256:")[:12]
    if short and not _DIGITS.fullmatch(
        short
    ):  # of no engine: what tells it apart must not be words that somebody chose
        short = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    bare = name.lstrip("/") or short or "unnamed"
    if bare not in taken:
        return bare
    candidate = f"{bare}~{short}"
    number = 2
    while candidate in taken:
        candidate, number = f"{bare}~{short}~{number}", number + 1
    return candidate


# What a container says of its pod -------------------------------------------------------------------------------------


def _pod_told(told: Mapping[str, Any]) -> dict[str, Any] | None:
    """The pod of a container where the runtime says it in fields of its own, as CRI does."""
    if not _text(told.get("name")):
        return None
    words = {key: _text(told.get(key)) for key in ("namespace", "name", "uid", "container", "sandboxId", "type")}
    # A slash would be a border within the ids of objects; no name of Kubernetes has one.
    words["namespace"] = words["namespace"].replace("/", ".")
    return {**words, "attempt": _number(told.get("attempt"))}


def _pod(labels: Mapping[str, str], name: str, identifier: str) -> dict[str, Any] | None:
    """The pod of a container: by the kubelet's labels, and where these say nothing by the name that it gave.

    Labels: kubernetes/kubernetes v1.20, pkg/kubelet/dockershim/docker_service.go and pkg/kubelet/types/labels.go;
    Mirantis/cri-dockerd keeps them.
    """
    named = engine_name(name)

    def label(key: str) -> str:
        value = labels.get(key, "")
        return "" if HIDDEN in value or is_hidden(value) else value

    uid = label(POD_UID) or (named.uid if named else "")
    pod = label("io.kubernetes.pod.name") or (named.pod if named else "")
    if not pod:
        return None
    container = label("io.kubernetes.container.name") or (named.container if named else "")
    kind = label("io.kubernetes.docker.type") or ("podsandbox" if container == SANDBOX else "container")
    attempts = label("annotation.io.kubernetes.container.restartCount")
    attempt = named.attempt if named else int(attempts) if re.fullmatch(r"[0-9]{1,9}", attempts) else 0
    return {
        "namespace": (label("io.kubernetes.pod.namespace") or (named.namespace if named else "")).replace("/", "."),
        "name": pod,
        "uid": uid,
        "container": container or (SANDBOX if kind == "podsandbox" else ""),
        "attempt": attempt,
        "sandboxId": identifier if kind == "podsandbox" else label("io.kubernetes.sandbox.id"),
        "type": kind,
    }


# What is chance and what is not ---------------------------------------------------------------------------------------


def _without_chance(intent: dict[str, Any], observed: dict[str, Any], *, published: list[Any], all_ports: bool) -> None:
    """Move what nobody chose to the observed part: names of anonymous volumes, ports that the engine picked."""
    if any(_anonymous(mount) for mount in intent["mounts"]):
        observed["mounts"] = intent["mounts"]
        intent["mounts"] = [
            {key: value for key, value in mount.items() if key not in ("name", "source")}
            if _anonymous(mount)
            else mount
            for mount in intent["mounts"]
        ]
    if published and (all_ports or any(port["hostPort"] in ("", "0") for port in intent["ports"])):
        observed["ports"] = published
        if all_ports:
            intent["ports"] = []


def _anonymous(mount: Mapping[str, Any]) -> bool:
    return _ANONYMOUS.match(mount.get("name", "")) is not None


def _ordered(words: list[str], *, rke: bool) -> list[str]:
    """A command line; for RKE's own containers with its flags sorted.

    RKE builds the flags of its services from a Go map, so that they come in another order each time a container is made
    anew, and compares commands as sets when it decides whether to (rancher/rke v1.2, services/services.go and
    docker/docker.go, ``sliceEqualsIgnoreOrder``). Only flags that carry their own value are moved.
    """
    first = next((n for n, word in enumerate(words) if word.startswith("-")), len(words))
    flags = words[first:]
    if not rke or "--" in flags or not all(_FLAG.match(word) for word in flags):
        return words
    return [*words[:first], *sorted(flags)]


def _reference(mode: str, names: Mapping[str, str]) -> str:
    """``container:<id>`` with the name of that container, which it keeps when it is made anew."""
    start, colon, identifier = mode.partition(":")
    return f"container:{names[identifier]}" if start == "container" and colon and identifier in names else mode


def _volumes_from(entry: str, names: Mapping[str, str]) -> str:
    identifier, colon, mode = entry.partition(":")
    return f"{names.get(identifier, identifier)}{colon}{mode}"


# Fields ---------------------------------------------------------------------------------------------------------------


def _mounts(inspect: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for mount in _list(inspect.get("Mounts")):
        if not isinstance(mount, dict):
            continue
        name = _text(mount.get("Name"))
        entry: dict[str, Any] = {
            # The type came with API 1.25; before it only volumes had a name.
            "type": _text(mount.get("Type")) or ("volume" if name else "bind"),
            "source": _text(mount.get("Source")),
            "destination": _text(mount.get("Destination")),
            "readOnly": mount.get("RW") is False,
            "propagation": _text(mount.get("Propagation")),
        }
        if name:
            entry["name"] = name
        found.append(entry)
    return sorted(found, key=lambda entry: (entry["destination"], entry["source"]))


def _bindings(ports: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for key, bindings in ports.items():
        port, _, protocol = key.partition("/")
        if not port.isdecimal():
            continue
        for binding in _list(bindings):
            if isinstance(binding, dict):
                found.append(
                    {
                        "containerPort": int(port),
                        "protocol": protocol or "tcp",
                        "hostIp": _text(binding.get("HostIp")),
                        "hostPort": _text(binding.get("HostPort")),
                    }
                )
    return sorted(
        found, key=lambda entry: (entry["containerPort"], entry["protocol"], entry["hostIp"], entry["hostPort"])
    )


def _networks(networks: Mapping[str, Any], identifier: str) -> dict[str, Any]:
    """The networks of a container by name. The short id that an engine adds to the aliases says nothing."""
    return {
        name: {
            "ip": _text(network.get("IPAddress")) or _text(network.get("GlobalIPv6Address")),
            "aliases": sorted(alias for alias in _words(network.get("Aliases")) if not identifier.startswith(alias)),
        }
        for name, network in sorted(networks.items())
        if isinstance(network, dict)
    }


def _state(state: Mapping[str, Any]) -> str:
    if status := _text(state.get("Status")):
        return status.lower()
    words = (("Paused", "paused"), ("Restarting", "restarting"), ("Running", "running"), ("Dead", "dead"))
    found = next((word for key, word in words if state.get(key) is True), "")
    return found or ("created" if _time(state.get("StartedAt")) == "" else "exited")


def _exit_code(state: Mapping[str, Any], *, inspected: bool) -> int | None:
    """How a container ended; ``None`` where it has and its row does not say how: CRI's lists never do."""
    unknown = not inspected and "ExitCode" not in state and _state(state) == "exited"
    return None if unknown else _number(state.get("ExitCode"))


def _healthcheck(check: Mapping[str, Any]) -> dict[str, Any]:
    """A health check with its times in seconds."""
    if not check:
        return {}
    found: dict[str, Any] = {"test": _words(check.get("Test"))}
    for key, name in (("Interval", "interval"), ("Timeout", "timeout"), ("StartPeriod", "startPeriod")):
        if nanoseconds := _number(check.get(key)):
            found[name] = nanoseconds / 1e9
    if retries := _number(check.get("Retries")):
        found["retries"] = retries
    return found


def _device(device: object) -> str:
    if not isinstance(device, dict):
        return _text(device)
    parts = (device.get("PathOnHost"), device.get("PathInContainer"), device.get("CgroupPermissions"))
    return ":".join(_text(part) for part in parts)


def _env(entries: object) -> list[dict[str, str]]:
    """The environment, sorted by name: an engine keeps one value a name, whatever their order."""
    found = []
    for entry in _words(entries):
        name, _, value = entry.partition("=")
        found.append({"name": name, "value": value})
    return sorted(found, key=lambda entry: (entry["name"], entry["value"]))


def _time(value: object) -> str:
    """A time of an engine; empty for the one with which Go says never."""
    return value if isinstance(value, str) and value != _NEVER else ""


def _plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(value: object) -> list[str]:
    """A list of texts. Old engines answered with one text where they mean a list of one."""
    if isinstance(value, str):
        return [value] if value else []
    return [word for word in _list(value) if isinstance(word, str)]


def _dict(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _texts(value: object) -> dict[str, str]:
    """Labels or options, sorted by name."""
    if not isinstance(value, dict):
        return {}
    return {str(key): text for key, text in sorted(value.items()) if isinstance(text, str)}
