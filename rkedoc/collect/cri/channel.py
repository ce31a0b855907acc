"""Calls to a container runtime over gRPC: nothing but reads, each bounded in time and size.

Whoever may open a runtime's socket may do everything with it; CRI knows no rights of its own. So the guard stands in the channel,
below every caller: a method that it does not know by name is never sent, and none that streams is.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from rkedoc.collect.engine.address import SOURCE
from rkedoc.collect.kubernetes.transport import NoAnswer
from rkedoc.errors import ForbiddenRequest, SourceUnavailable
from rkedoc.printable import printable

_MIB = 1 << 20

NO_GRPC: Final = "no-grpc"
"""The code of a run that lacks the packages for gRPC."""

VERSIONS: Final = ("v1", "v1alpha2")
"""The versions of CRI that are spoken, the newest first. v1alpha2 is all that containerd before 1.6 and CRI-O before 1.20 know."""

RUNTIME: Final = (
    "Version",
    "Status",
    "ListPodSandbox",
    "PodSandboxStatus",
    "ListContainers",
    "ContainerStatus",
    "RuntimeConfig",
)
IMAGES: Final = ("ListImages", "ImageFsInfo")

ALLOWED: Final = frozenset(
    {f"/runtime.{version}.RuntimeService/{method}" for version in VERSIONS for method in RUNTIME}
    | {f"/runtime.{version}.ImageService/{method}" for version in VERSIONS for method in IMAGES}
    | {
        "/containerd.services.namespaces.v1.Namespaces/List",
        "/containerd.services.containers.v1.Containers/List",
        "/containerd.services.tasks.v1.Tasks/List",
    }
)
"""The methods that may be called. All of them only read; what a newer version of the interface adds is not among them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for the first answer, for one about one thing, and for one list; and bytes of any."""

    connect: float = 5.0
    one: float = 10.0
    list: float = 30.0
    bytes: int = 64 * _MIB


def check(method: str) -> None:
    """Let a call pass, or raise :class:`~rkedoc.errors.ForbiddenRequest`."""
    if method not in ALLOWED:
        shown = printable(method.encode("ascii", "replace").decode()[:200])
        raise ForbiddenRequest(f"{shown} was not called: not a method that only reads")


def guarded(channel: Any) -> Any:
    """A gRPC channel that lets through what :data:`ALLOWED` names, one question and one answer each, and nothing else."""
    import grpc

    class GuardedChannel(grpc.Channel):  # type: ignore[misc]  # the package has no types
        """The channel behind the guard. Making a call is where it is checked."""

        def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
            check(method)
            return channel.unary_unary(method, *args, **kwargs)

        def _refuse(self, method: str, *_args: Any, **_kwargs: Any) -> Any:
            shown = printable(method.encode("ascii", "replace").decode()[:200])
            raise ForbiddenRequest(f"{shown} was not called: the collector opens no streams")

        unary_stream = stream_unary = stream_stream = _refuse

        def subscribe(self, callback: Any, try_to_connect: bool = False) -> None:
            channel.subscribe(callback, try_to_connect)

        def unsubscribe(self, callback: Any) -> None:
            channel.unsubscribe(callback)

        def close(self) -> None:
            channel.close()

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_raised: object) -> None:
            channel.close()

    return GuardedChannel()


class RuntimeClient:
    """Calls one container runtime. Safe to use from several threads, of one process: gRPC does not survive a fork.

    ``path`` is that of a unix socket. Raises :class:`~rkedoc.errors.SourceUnavailable` if the packages for gRPC are missing.
    """

    def __init__(self, path: str, *, limits: Limits) -> None:
        try:
            grpc = importlib.import_module("grpc")
            self._json = importlib.import_module("google.protobuf.json_format")
            self._messages = {version: importlib.import_module(f"cri_api.{version}.api_pb2") for version in VERSIONS}
        except ImportError:
            raise SourceUnavailable(
                SOURCE, f"unix://{path}", "a runtime's CRI needs packages for gRPC: python -m pip install 'rkedoc[cri]'",
                code=NO_GRPC,
            ) from None  # fmt: skip
        self._grpc = grpc
        self._limits = limits
        self._callers: dict[str, Any] = {}
        self._counting = threading.Lock()
        self.received = 0
        """Bytes of all answers so far."""
        self.version = ""
        """The version of CRI agreed upon; empty before :meth:`negotiate`, and where the socket has no CRI."""
        options = (
            ("grpc.max_receive_message_length", limits.bytes),
            ("grpc.enable_http_proxy", 0),
            ("grpc.enable_retries", 0),
            # The authority would otherwise be the escaped path, which runtimes written in Go refuse.
            ("grpc.default_authority", "localhost"),
        )
        self._channel = guarded(grpc.insecure_channel(f"unix://{path}", options=options))

    def negotiate(self) -> Mapping[str, Any] | None:
        """Agree on a version of CRI. Gives what the runtime says of itself; ``None`` if the socket serves something, but no CRI."""
        for version in VERSIONS:
            self.version = version
            try:
                return self.call("Version", {"version": version}, seconds=self._limits.connect)
            except NoAnswer as error:
                if error.reason != "not-served":
                    raise
        self.version = ""
        return None

    def call(self, method: str, request: Mapping[str, Any], *, seconds: float = 0.0) -> dict[str, Any]:
        """The answer to one question of CRI, in the JSON form of protobuf with the fields' own names.

        In that form a field that has its default is left out, and 64-bit integers are texts. Raises
        :class:`~rkedoc.errors.ForbiddenRequest` before anything is sent, and :class:`NoAnswer` with a reason code
        (``not-found``, ``forbidden``, ``not-served``, ``timeout``, ``connection-failed``, ``too-large``, ``grpc-INTERNAL`` …).
        """
        messages: ModuleType = self._messages[self.version]
        service = "ImageService" if method in IMAGES else "RuntimeService"
        name = f"/runtime.{self.version}.{service}/{method}"
        check(name)
        kind = getattr(messages, f"{method}Request", None)
        if kind is None:  # a method that came after this version of CRI
            raise NoAnswer("not-served", retry=False)
        answer = self.ask(name, kind(**request), getattr(messages, f"{method}Response"), seconds=seconds)
        found: dict[str, Any] = self._json.MessageToDict(answer, preserving_proto_field_name=True)
        return found

    def ask(
        self, name: str, request: Any, answer: Any, *, seconds: float = 0.0, metadata: tuple[tuple[str, str], ...] = ()
    ) -> Any:
        """One call by its full name. ``answer`` is the class of the answer; raises as :meth:`call` does."""
        grpc = self._grpc
        caller = self._callers.get(name)
        if caller is None:  # kept, since making one costs as much as the rest of a call; two threads may make the same
            caller = self._callers[name] = self._channel.unary_unary(
                name, request_serializer=lambda message: message.SerializeToString(), response_deserializer=bytes
            )
        wait = seconds or (self._limits.list if "/List" in name else self._limits.one)
        try:
            body = caller(request, timeout=wait, wait_for_ready=False, metadata=metadata)
        except grpc.RpcError as error:
            raise _no_answer(error) from None
        with self._counting:
            self.received += len(body)
        try:
            return answer.FromString(body)
        except Exception:  # noqa: BLE001 - protobuf's DecodeError, whose base differs by implementation
            raise NoAnswer("not-understood", retry=False) from None

    def close(self) -> None:
        """Let go of the connection."""
        self._channel.close()


_REASONS: Final = {
    "NOT_FOUND": "not-found",
    "PERMISSION_DENIED": "forbidden",
    "UNAUTHENTICATED": "unauthorized",
    "UNIMPLEMENTED": "not-served",
    "DEADLINE_EXCEEDED": "timeout",
    "UNAVAILABLE": "connection-failed",
    "RESOURCE_EXHAUSTED": "too-large",
}


def _no_answer(error: Any) -> NoAnswer:
    """What the code of an error says. Its text may hold what a container holds, and is not kept."""
    code = error.code().name if callable(getattr(error, "code", None)) and error.code() is not None else "UNKNOWN"
    return NoAnswer(_REASONS.get(code, f"grpc-{code}"), retry=code in ("UNAVAILABLE", "DEADLINE_EXCEEDED"))
