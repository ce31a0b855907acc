"""An API server on loopback that serves a generated cluster in pages: ``python -m bench.server PODS`` prints its port."""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.cluster import Size, as_recorded, objects, recorded_pod

_PODS_A_WORKLOAD = 10
_RESOURCES = {
    "/api/v1": {"pods": "Pod", "services": "Service", "configmaps": "ConfigMap", "nodes": "Node", "namespaces": "Namespace"},
    "/apis/apps/v1": {"deployments": "Deployment", "replicasets": "ReplicaSet"},
}  # fmt: skip
_CLUSTER_SCOPED = ("Node", "Namespace")


class Answers:
    """The answers by path. Lists are kept as encoded objects, so that the server costs little beside its clients."""

    def __init__(self, pods: int) -> None:
        self.lists: dict[str, list[bytes]] = {}
        where = {kind: f"{group}/{name}" for group, names in _RESOURCES.items() for name, kind in names.items()}
        self._versions = {
            f"{group}/{name}": (group, kind) for group, names in _RESOURCES.items() for name, kind in names.items()
        }
        workloads = max(1, pods // _PODS_A_WORKLOAD)
        real = recorded_pod()
        for item in objects(Size(workloads, max(1, workloads // 20), _PODS_A_WORKLOAD)):
            shown = as_recorded(item, real) if item["kind"] == "Pod" else item
            self.lists.setdefault(where[item["kind"]], []).append(json.dumps(shown, separators=(",", ":")).encode())

    def of(self, target: str) -> bytes | None:
        """The body of an answer, ``None`` for what there is not."""
        parts = urlsplit(target)
        if parts.path in self.lists or parts.path in self._versions:
            query = parse_qs(parts.query)
            return self._page(parts.path, int(query.get("limit", ["0"])[0]), int(query.get("continue", ["0"])[0]))
        found = _discovery(parts.path)
        return None if found is None else json.dumps(found).encode()

    @lru_cache(maxsize=4)  # noqa: B019 - one instance lives as long as the process
    def _page(self, path: str, limit: int, start: int) -> bytes:
        items = self.lists.get(path, [])
        end = start + limit if limit else len(items)
        group, kind = self._versions[path]
        version = "v1" if group == "/api/v1" else "apps/v1"
        meta = {"resourceVersion": "1", **({"continue": str(end)} if end < len(items) else {})}
        head = json.dumps({"kind": f"{kind}List", "apiVersion": version, "metadata": meta})[:-1].encode()
        return head + b',"items":[' + b",".join(items[start:end]) + b"]}"


def _discovery(path: str) -> dict[str, Any] | None:
    if path == "/version":
        return {"gitVersion": "v1.20.9", "major": "1", "minor": "20"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        version = {"groupVersion": "apps/v1", "version": "v1"}
        return {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [{"name": "apps", "versions": [version], "preferredVersion": version}],
        }
    if path not in _RESOURCES:
        return None
    resources = [
        {
            "name": name,
            "singularName": "",
            "namespaced": kind not in _CLUSTER_SCOPED,
            "kind": kind,
            "verbs": ["get", "list"],
        }
        for name, kind in _RESOURCES[path].items()
    ]
    return {
        "kind": "APIResourceList",
        "groupVersion": path.removeprefix("/apis/").removeprefix("/api/"),
        "resources": resources,
    }


def main() -> None:
    """Serve until killed."""
    answers = Answers(int(sys.argv[1]))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = answers.of(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body or b"{}")))
            self.end_headers()
            self.wfile.write(body or b"{}")

        def log_message(self, format: str, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
