"""The floor of collecting from a container runtime: the same calls, four at a time, the same JSON decoded, and all of it written.

``python -m bench.plain_cri URL FILE`` knows nothing of redaction, records, identity, order, guards or limits.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import orjson
from cri_api.v1 import api_pb2
from google.protobuf.json_format import MessageToDict

_AT_ONCE = 4
_LISTS = {"ListPodSandbox": "items", "ListContainers": "containers"}
_BYTES = 64 << 20


class Runtime:
    """Calls by the names of their methods, as a stub has them."""

    def __init__(self, url: str) -> None:
        options = (("grpc.default_authority", "localhost"), ("grpc.max_receive_message_length", _BYTES))
        self._channel = grpc.insecure_channel(url, options=options)

    def call(self, method: str, **request: Any) -> dict[str, Any]:
        """The answer as JSON has it, what is JSON inside of it decoded as well; empty for a method that the runtime lacks."""
        service = "ImageService" if method in ("ListImages", "ImageFsInfo") else "RuntimeService"
        caller = self._channel.unary_unary(
            f"/runtime.v1.{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=getattr(api_pb2, f"{method}Response").FromString,
        )
        try:
            answer = caller(getattr(api_pb2, f"{method}Request")(**request), timeout=30)
        except grpc.RpcError:
            return {}
        found: dict[str, Any] = MessageToDict(answer, preserving_proto_field_name=True)
        inner = found.get("info", {}).get("info")
        return {**found, "info": orjson.loads(inner)} if inner else found


def main() -> None:
    """Ask for everything once, and for both lists twice."""
    runtime, target = Runtime(sys.argv[1]), sys.argv[2]
    runtime.call("Version", version="v1")
    found: dict[str, list[dict[str, Any]]] = {}
    for method in (*_LISTS, *_LISTS):
        found[method] = runtime.call(method).get(_LISTS[method], [])

    def status(item: tuple[str, str]) -> dict[str, Any]:
        method, identifier = item
        key = "pod_sandbox_id" if method == "PodSandboxStatus" else "container_id"
        return runtime.call(method, **{key: identifier, "verbose": True})

    wanted = [("PodSandboxStatus", item["id"]) for item in found["ListPodSandbox"]]
    wanted += [("ContainerStatus", item["id"]) for item in found["ListContainers"]]
    with open(target, "wb") as out, ThreadPoolExecutor(_AT_ONCE) as pool:
        out.writelines(map(_line, runtime.call("ListImages").get("images", [])))
        out.writelines(map(_line, pool.map(status, wanted)))
        out.writelines(_line(runtime.call(method)) for method in ("Status", "ImageFsInfo", "RuntimeConfig"))


def _line(answer: dict[str, Any]) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    main()
