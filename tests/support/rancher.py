"""Plays a Rancher: its list of clusters in pages, and its proxy, behind which each cluster is a server of the tests.

What it answers has the shape of rancher/norman (api/writer/json.go, httperror/error.go, api/handler/query.go) and of Rancher's proxy
(rancher/rancher v2.14.4, pkg/clusterrouter).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.misbehave import NAMESPACES, PODS, Api, Reply, Request, pod

TOKEN = "token-x7k2p:CANARYrancherT0kenCANARYrancherT0kenCANARYrancherT0ken"
PROXY = "/k8s/clusters/"


def error(code: int, name: str, message: str = "a message") -> Reply:
    """An error as norman words it."""
    body = {"type": "error", "status": code, "code": name, "message": message}
    return Reply(code, json.dumps(body).encode())


def small(*names: str) -> Api:
    """A cluster with few objects."""
    api = Api(PODS, NAMESPACES)
    api.serve(PODS, [pod(name) for name in names or ("web",)])
    api.serve(NAMESPACES, [{"metadata": {"name": "default"}}, {"metadata": {"name": "kube-system", "uid": "u-1"}}])
    return api


@dataclass
class Member:
    """A cluster in a Rancher: what the list says of it, and what its proxy does."""

    id: str
    name: str
    behind: Api | Callable[[], Reply] = field(default_factory=small)
    labels: Mapping[str, str] = field(default_factory=dict)
    state: str = "active"
    more: Mapping[str, Any] = field(default_factory=dict)

    def listed(self) -> dict[str, Any]:
        return {
            "id": self.id, "type": "cluster", "name": self.name, "labels": dict(self.labels), "state": self.state,
            "provider": "rke2", "driver": "imported", "links": {}, "actions": {}, **self.more,
        }  # fmt: skip


class Rancher(Api):
    """Answers to one token. ``version`` is what it calls itself."""

    def __init__(self, *members: Member, token: str = TOKEN, version: str = "v2.9.2", most: int = 10_000) -> None:
        super().__init__()
        self.routes.clear()
        self.members = sorted(members, key=lambda member: member.id)
        self._authorization = f"Bearer {token}"
        self._most = most
        self.route("/v3/clusters", self._clusters)
        self.route("/v3/settings/server-version", {"id": "server-version", "type": "setting", "value": version})

    def answer(self, method: str, target: str, headers: dict[str, str]) -> Reply:
        parts = urlsplit(target)
        if headers.get("authorization") != self._authorization:
            self.requests.append(Request(method, parts.path, dict(parse_qsl(parts.query)), headers, 1))
            return error(401, "Unauthorized", "must authenticate")
        if not parts.path.startswith(PROXY):
            return super().answer(method, target, headers)
        id_, slash, rest = parts.path.removeprefix(PROXY).partition("/")
        self.requests.append(Request(method, parts.path, dict(parse_qsl(parts.query)), headers, 1))
        member = next((member for member in self.members if member.id == id_), None)
        if member is None:
            return error(404, "NotFound", "failed to find cluster")
        if isinstance(member.behind, Api):
            return member.behind.answer(method, f"{slash}{rest}?{parts.query}", headers)
        return member.behind()

    def _clusters(self, request: Request) -> dict[str, Any]:
        limit = min(int(request.query.get("limit", "1000")), self._most)
        ids = [member.id for member in self.members]
        marker = request.query.get("marker", "")
        start = ids.index(marker) if marker in ids else 0
        pagination: dict[str, Any] = {"limit": limit, "total": len(ids)}
        if start + limit < len(ids):
            # Norman gives whole addresses, made of the headers that came: they may lead anywhere.
            next_ = f"https://elsewhere.invalid/v3/clusters?limit={limit}&marker={ids[start + limit]}"
            pagination |= {"partial": True, "next": next_}
        data = [member.listed() for member in self.members[start : start + limit]]
        return {"type": "collection", "resourceType": "cluster", "pagination": pagination, "data": data}
