"""crictl, as far as it prints JSON: a recording of a runtime's answers, in the form in which crictl would have printed them.

kubernetes-sigs/cri-tools v1.36, cmd/crictl: messages in protobuf's JSON form with every default (util.go, protobufObjectToJSON); times of
one thing as texts in the machine's zone (container.go, marshalContainerStatus; sandbox.go, marshalPodSandboxStatus); what a runtime adds
decoded beside the status (util.go, outputStatusData).
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cri_api.v1 import api_pb2
from google.protobuf.json_format import MessageToDict, ParseDict

NEVER = "0001-01-01T00:00:00Z"


def printed(kind: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """A message of CRI as crictl prints it."""
    message = ParseDict(dict(answer), getattr(api_pb2, kind)(), ignore_unknown_fields=True)
    found: dict[str, Any] = MessageToDict(message, always_print_fields_with_no_presence=True)
    return found


def listed(folder: Path, zone: datetime.timezone = datetime.UTC) -> dict[str, list[Any]]:
    """What each command prints, by its name: ``ps -a``, ``pods``, ``images``, ``imagefsinfo`` and ``info`` as one document, of
    ``inspect``, ``inspectp`` and ``inspecti`` one for each thing."""
    return {
        "ps": [printed("ListContainersResponse", _load(folder / "containers.json"))],
        "pods": [printed("ListPodSandboxResponse", _load(folder / "sandboxes.json"))],
        "images": [printed("ListImagesResponse", _load(folder / "images.json"))],
        "imagefsinfo": [{"status": printed("ImageFsInfoResponse", _load(folder / "image-fs-info.json"))}],
        "info": [_told("RuntimeStatus", _load(folder / "status-verbose.json"))],
        "version": [_version(_load(folder / "version.json"))],
        "inspect": [container_status(answer, zone) for answer in _each(folder, "container")],
        "inspectp": [sandbox_status(answer, zone) for answer in _each(folder, "sandbox")],
        "inspecti": [_told("Image", answer, "image") for answer in _each(folder, "image")],
    }


def container_status(answer: Mapping[str, Any], zone: datetime.timezone = datetime.UTC) -> dict[str, Any]:
    """What ``crictl inspect`` prints for an answer of ``ContainerStatus``."""
    found = _told("ContainerStatus", answer)
    status = found["status"]
    state = status["state"]
    ended = state == "CONTAINER_EXITED" or (state == "CONTAINER_UNKNOWN" and int(status["finishedAt"]) > 0)
    status["createdAt"] = _time(status["createdAt"], zone)
    status["startedAt"] = NEVER if state == "CONTAINER_CREATED" else _time(status["startedAt"], zone)
    status["finishedAt"] = _time(status["finishedAt"], zone) if ended else NEVER
    return found


def sandbox_status(answer: Mapping[str, Any], zone: datetime.timezone = datetime.UTC) -> dict[str, Any]:
    """What ``crictl inspectp`` prints for an answer of ``PodSandboxStatus``."""
    found = _told("PodSandboxStatus", answer)
    found["status"]["createdAt"] = _time(found["status"]["createdAt"], zone)
    return found


def _told(kind: str, answer: Mapping[str, Any], key: str = "status") -> dict[str, Any]:
    info = {
        name: json.loads(text) if text.startswith("{") else text.strip('"')
        for name, text in sorted((answer.get("info") or {}).items())
    }
    return {"status": printed(kind, answer.get(key) or {}), **info}


def _version(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The lines of ``crictl version``, which are YAML."""
    return {
        "Version": answer["version"],
        "RuntimeName": answer["runtime_name"],
        "RuntimeVersion": answer["runtime_version"],
        "RuntimeApiVersion": answer["runtime_api_version"],
    }


def _time(nanoseconds: str, zone: datetime.timezone) -> str:
    """``time.RFC3339Nano``: without the zeros that end a fraction, and with Z for UTC."""
    second, part = divmod(int(nanoseconds), 10**9)
    moment = datetime.datetime.fromtimestamp(0, zone) + datetime.timedelta(seconds=second)
    offset = "Z" if zone == datetime.UTC else _offset(moment)
    fraction = f".{part:09d}".rstrip("0") if part else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{offset}"


def _offset(moment: datetime.datetime) -> str:
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:]}"


def _each(folder: Path, what: str) -> Iterable[dict[str, Any]]:
    return [_load(path) for path in sorted(folder.glob(f"{what}-*-verbose.json"))]


def _load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
