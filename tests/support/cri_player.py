"""A container runtime that answers over gRPC what a test gives it: recorded answers, or none at all, late, or in part."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from cri_api.v1 import api_pb2 as v1
from cri_api.v1alpha2 import api_pb2 as v1alpha2
from google.protobuf.json_format import ParseDict

MESSAGES = {"v1": v1, "v1alpha2": v1alpha2}


class Fault(Exception):
    """An answer that is an error. ``code`` is gRPC's."""

    def __init__(self, code: str, details: str = "") -> None:
        super().__init__(code)
        self.code = grpc.StatusCode[code]
        self.details = details


Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Gives the JSON form of an answer to the JSON form of a request, or raises :class:`Fault`."""


@dataclass
class CriPlayer:
    """A running fake. ``answers`` is by the name of the method; what is not there is not implemented."""

    path: Path
    answers: dict[str, Answer]
    versions: tuple[str, ...] = ("v1",)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Full method name and request, in the order in which they came."""
    at_once: int = 0
    most_at_once: int = 0
    done: threading.Event = field(default_factory=threading.Event, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def methods(self) -> list[str]:
        """The methods that were called, without their service."""
        return [name.rpartition("/")[2] for name, _request in self.requests]


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, player: CriPlayer) -> None:
        self._player = player

    def service(self, details: Any) -> Any:
        _empty, service, method = details.method.split("/")
        package, _dot, _name = service.rpartition(".")
        version = package.rpartition(".")[2]
        player = self._player
        if not service.startswith("runtime.") or version not in player.versions or method not in player.answers:
            with player.lock:
                player.requests.append((details.method, {}))
            return None
        messages = MESSAGES[version]
        kind = getattr(messages, f"{method}Request")

        def answer(request: Any, context: Any) -> Any:
            from google.protobuf.json_format import MessageToDict

            told = MessageToDict(request, preserving_proto_field_name=True)
            with player.lock:
                player.requests.append((details.method, told))
                player.at_once += 1
                player.most_at_once = max(player.most_at_once, player.at_once)
            try:
                found = player.answers[method](told)
            except Fault as fault:
                context.abort(fault.code, fault.details)
            finally:
                with player.lock:
                    player.at_once -= 1
            return ParseDict(found, getattr(messages, f"{method}Response")(), ignore_unknown_fields=True)

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=kind.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )


@contextlib.contextmanager
def running(answers: dict[str, Answer], *, versions: tuple[str, ...] = ("v1",)) -> Iterator[CriPlayer]:
    """A runtime at a socket of its own; a socket's path may have 108 bytes, so it lies in a short folder."""
    with tempfile.TemporaryDirectory(prefix="rkc-") as folder:
        player = CriPlayer(Path(folder) / "cri.sock", answers, versions)
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
        server.add_generic_rpc_handlers((_Handler(player),))
        server.add_insecure_port(player.url)
        server.start()
        try:
            yield player
        finally:
            player.done.set()
            server.stop(None).wait()


def recorded(folder: Path) -> dict[str, Answer]:
    """The answers of a recording: a JSON file a request, named by its method and the first 13 digits of an id."""

    def load(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if "code" in found:
            raise Fault(found["code"], found.get("details", ""))
        return found

    def one(prefix: str, key: str) -> Answer:
        def answer(request: Mapping[str, Any]) -> dict[str, Any]:
            suffix = "-verbose" if request.get("verbose") else ""
            if not (folder / f"{prefix}-{request[key][:13]}{suffix}.json").exists():
                raise Fault("NOT_FOUND", f"an error occurred when try to find {prefix}")
            return load(f"{prefix}-{request[key][:13]}{suffix}")

        return answer

    return {
        "Version": lambda request: load("version-v1alpha2" if request["version"] == "v1alpha2" else "version"),
        "Status": lambda request: load("status-verbose" if request.get("verbose") else "status"),
        "ListPodSandbox": lambda _request: load("sandboxes"),
        "ListContainers": lambda _request: load("containers"),
        "ListImages": lambda _request: load("images"),
        "ImageFsInfo": lambda _request: load("image-fs-info"),
        "PodSandboxStatus": one("sandbox", "pod_sandbox_id"),
        "ContainerStatus": one("container", "container_id"),
    }
