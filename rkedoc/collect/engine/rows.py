"""The short form of a container: a row of an engine's list, or a line of ``docker ps``.

A row is enough to know that a container exists, what it is called, whose pod it is and whether it runs. Where a container
cannot be inspected its row stands in, in the shape of ``docker inspect``, so that it passes the same redaction.
"""

from __future__ import annotations

import datetime
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rkedoc.snapshot.podnames import RKE_NAME, engine_name
from rkedoc.snapshot.record import HIDDEN

POD_UID = "io.kubernetes.pod.uid"
"""The label in which a kubelet notes the pod (kubernetes/kubernetes v1.20, pkg/kubelet/types/labels.go)."""

_OVERRIDE = re.compile(r"(?:^|\s)[\"']?--?hostname-override[= ][\"']?([A-Za-z0-9][A-Za-z0-9.-]{0,252})")
_ENDED = re.compile(r"(?:Exited|Restarting) \((\d{1,3})\)")
_HEALTH = re.compile(r"\((healthy|unhealthy|health: starting)\)")
_UID = re.compile(r"[0-9a-f]{32}\Z|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
"""A uid, or the hash of a static pod's configuration that stands in its place."""

_ODD = re.compile(r"[^A-Za-z0-9.-]")
_AGAIN = re.compile(r"(?<=[0-9])_[0-9a-f]{8}\Z")
_PS_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-])(\d\d)(\d\d)")
_PS_LABEL = re.compile(r"(?:^|,)((?:annotation\.)?io\.(?:kubernetes|rancher)\.[\w./-]+)=([^,]*)")
_PS_PORT = re.compile(r"(?:(?P<ip>\S+):(?P<host>\d+)->)?(?P<port>\d+)/(?P<protocol>\w+)")


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """One container of a list. Not redacted: it must not be written or printed.

    ``raw`` is the row in the shape of ``docker inspect``, with what the row knows.
    """

    id: str
    name: str
    pod_uid: str | None
    hostname_override: str | None
    raw: Mapping[str, Any]


def row_of_list(row: Mapping[str, Any]) -> ContainerRow | None:
    """A row of ``GET /containers/json``; ``None`` if it names no container."""
    identifier = _text(row.get("Id"))
    if not identifier:
        return None
    names = [_text(name) for name in _list(row.get("Names"))]
    # A container also bears the names under which others link to it: /other/alias.
    own = [name for name in names if name and "/" not in name.lstrip("/")]
    command = _text(row.get("Command"))
    return _row(
        identifier,
        (own or names or [""])[0],
        labels=_dict(row.get("Labels")),
        command=command,
        raw={
            "Image": row.get("ImageID"),
            "Created": _epoch(row.get("Created")),
            "State": _state(_text(row.get("State")), _text(row.get("Status"))),
            "HostConfig": {"NetworkMode": _dict(row.get("HostConfig")).get("NetworkMode")},
            "NetworkSettings": {
                "Networks": _dict(_dict(row.get("NetworkSettings")).get("Networks")),
                "Ports": _ports(_list(row.get("Ports"))),
            },
            "Mounts": _list(row.get("Mounts")),
        },
        image=_text(row.get("Image")),
    )


def row_of_ps(line: Mapping[str, Any]) -> ContainerRow | None:
    """A line of ``docker ps --format '{{json .}}'``; ``None`` if it names no container.

    Its labels are one text joined by commas, which values may hold too, so that only those are read which say whose
    container it is: their values have no commas.
    """
    identifier = _text(line.get("ID"))
    if not identifier:
        return None
    names = [name for name in _text(line.get("Names")).split(",") if name]
    own = [name for name in names if "/" not in name]
    networks = [name for name in _text(line.get("Networks")).split(",") if name]
    return _row(
        identifier,
        (own or names or [""])[0],
        labels=dict(_PS_LABEL.findall(_text(line.get("Labels")))),
        command=_text(line.get("Command")).strip('"'),
        raw={
            "Runtime": line.get("Runtime"),  # Docker's lines have none
            "Created": _ps_time(_text(line.get("CreatedAt"))),
            "State": _state(_text(line.get("State")), _text(line.get("Status"))),
            "HostConfig": {"NetworkMode": networks[0] if networks else ""},
            "NetworkSettings": {
                "Networks": {name: {} for name in networks},
                "Ports": _ps_ports(_text(line.get("Ports"))),
            },
            "Mounts": [],
        },
        image=_text(line.get("Image")),
    )


def row_of_inspect(inspect: Mapping[str, Any]) -> ContainerRow | None:
    """The row that belongs to an answer of ``docker inspect``; ``None`` if it names no container."""
    identifier = _text(inspect.get("Id"))
    if not identifier:
        return None
    words = [_text(inspect.get("Path")), *(_text(word) for word in _list(inspect.get("Args")))]
    config = _dict(inspect.get("Config"))
    return ContainerRow(
        id=identifier,
        name=_text(inspect.get("Name")).lstrip("/"),
        pod_uid=_pod_uid(_dict(config.get("Labels")), _text(inspect.get("Name"))),
        hostname_override=_override(_text(inspect.get("Name")), _dict(config.get("Labels")), " ".join(words)),
        raw=inspect,
    )


def shown_name(name: str, redact: Callable[[str], str]) -> str:
    """A container's name, redacted by ``redact``.

    Of a name that a kubelet made, the parts are redacted, not the whole: a uid between underscores looks like a key.
    """
    found = engine_name(name)
    if found is None or not _UID.match(found.uid):
        return redact(name)
    parts = "_".join(_part(redact(part)) for part in (found.container, found.pod, found.namespace))
    again = _AGAIN.search(name)
    return f"k8s_{parts}_{found.uid}_{found.attempt}{again[0] if again else ''}"


def _part(shown: str) -> str:
    """A part of a kubelet's name: what no name in Kubernetes can hold does not stand there, whatever a runtime answers."""
    return shown if HIDDEN in shown else _ODD.sub(".", shown)


def _row(
    identifier: str, name: str, *, labels: Mapping[str, Any], command: str, raw: dict[str, Any], image: str
) -> ContainerRow:
    bare = name.lstrip("/")
    return ContainerRow(
        id=identifier,
        name=bare,
        pod_uid=_pod_uid(labels, bare),
        hostname_override=_override(bare, labels, command),
        raw={
            "Id": identifier,
            "Name": f"/{bare}",
            **raw,
            "Config": {"Image": image, "Labels": dict(labels), "Cmd": _words(command)},
        },
    )


def _pod_uid(labels: Mapping[str, Any], name: str) -> str | None:
    label = labels.get(POD_UID)
    if isinstance(label, str) and label:
        return label
    found = engine_name(name)
    return found.uid or None if found is not None else None


def _override(name: str, labels: Mapping[str, Any], command: str) -> str | None:
    """What a kubelet outside pods was told to call its node; kube-proxy takes the same flag and is told the same."""
    if not {name.lstrip("/"), labels.get(RKE_NAME)} & {"kubelet", "kube-proxy"}:
        return None
    found = _OVERRIDE.search(command)
    return found[1] if found else None


def _words(command: str) -> list[str]:
    """The words of a command line; the line itself where quoting cannot be undone (``docker ps`` cuts long ones)."""
    if not command:
        return []
    if command.endswith("…"):
        return [command]
    try:
        return shlex.split(command)
    except ValueError:
        return [command]


def _state(state: str, status: str) -> dict[str, Any]:
    """The fields of ``State`` that a row tells. Lines of old versions of ``docker ps`` have no state, but a sentence."""
    word = state or next((value for start, value in _STATES if status.startswith(start)), "")
    if not state and word == "running" and status.endswith("(Paused)"):
        word = "paused"
    found: dict[str, Any] = {"Status": word}
    if ended := _ENDED.match(status):
        found["ExitCode"] = int(ended[1])
    if health := _HEALTH.search(status):
        found["Health"] = {"Status": health[1].removeprefix("health: ")}
    return found


_STATES = (
    ("Up ", "running"),
    ("Exited", "exited"),
    ("Created", "created"),
    ("Restarting", "restarting"),
    ("Dead", "dead"),
    ("Removal", "removing"),
)


def _ports(ports: list[Any]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for port in map(_dict, ports):
        if not isinstance(port.get("PrivatePort"), int):
            continue
        bindings = found.setdefault(f"{port['PrivatePort']}/{port.get('Type') or 'tcp'}", [])
        if isinstance(port.get("PublicPort"), int):
            bindings.append({"HostIp": _text(port.get("IP")), "HostPort": str(port["PublicPort"])})
    return found


def _ps_ports(text: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for part in text.split(", "):
        if match := _PS_PORT.fullmatch(part.strip()):
            bindings = found.setdefault(f"{match['port']}/{match['protocol']}", [])
            if match["host"]:
                bindings.append({"HostIp": match["ip"], "HostPort": match["host"]})
    return found


def _epoch(value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return ""
    try:
        return datetime.datetime.fromtimestamp(value, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""


def _ps_time(text: str) -> str:
    """``2026-11-23 05:37:31 +0100 CET`` in UTC."""
    found = _PS_TIME.match(text)
    if not found:
        return ""
    day, clock, sign, hours, minutes = found.groups()
    try:
        when = datetime.datetime.fromisoformat(f"{day}T{clock}{sign}{hours}:{minutes}")
        return when.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
