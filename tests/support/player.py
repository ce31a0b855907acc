"""Plays a recorded node back: its API server on loopback and its container engine on a unix socket.

What was recorded is answered as it was, path by path. A recording holds plain lists; lists asked for without their
contents (``PartialObjectMetadataList``, ``Table``) and lists asked for in pages are made from them as an API server
makes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import fake_engine
from tests.support.fake_engine import FakeEngine
from tests.support.misbehave import Api, Reply, Request, kubeconfig, running


@dataclass(frozen=True)
class Recorded:
    """One answer: the path without its query, the status, the body."""

    path: str
    status: int
    body: bytes


def answers_of(folder: Path, part: str) -> Iterator[Recorded]:
    """What was recorded of one source, ``k8s`` or ``docker``. Lines without a file (answers to other accounts, or to
    one page) are told apart by :func:`limited_api`."""
    for line in (folder / "index.txt").read_text("utf-8").splitlines():
        status, path, *file = line.split()
        if file and file[0].startswith(f"{part}/"):
            yield Recorded(path.partition("?")[0], int(status), (folder / file[0]).read_bytes())


def api_of(folder: Path) -> Api:
    """The recorded API server."""
    return _serving(answers_of(folder, "k8s"))


def limited_api(folder: Path) -> Api:
    """The API server as an account with few rights saw it. Its recording keeps the bodies beside its index, and the
    answers to other accounts have one more word in their lines."""
    lines = [line.split() for line in (folder / "index.txt").read_text("utf-8").splitlines()]
    return _serving(
        Recorded(path, int(status), (folder / f"{path[1:].replace('/', '_')}.json").read_bytes())
        for status, path in (line for line in lines if len(line) == 2)
    )


def _serving(answers: Iterator[Recorded]) -> Api:
    api = Api()
    api.routes.clear()
    for recorded in answers:
        api.route(recorded.path, lambda request, recorded=recorded: _answer(request, recorded))
    return api


def _answer(request: Request, recorded: Recorded) -> Reply:
    if recorded.status != 200:
        plain = not recorded.body.lstrip().startswith(b"{")
        return Reply(recorded.status, recorded.body, content_type="text/plain" if plain else "application/json")
    accept = request.headers.get("accept", "")
    limit, start = int(request.query.get("limit", "0")), int(request.query.get("continue", "0"))
    if ";as=" not in accept and not start and not limit:
        return Reply(body=recorded.body)
    content = json.loads(recorded.body)
    items = content.get("items") or []
    if ";as=" not in accept and not start and len(items) <= limit:
        return Reply(body=recorded.body)
    end = start + limit if limit else len(items)
    metadata = {key: value for key, value in content["metadata"].items() if key != "continue"}
    if end < len(items):
        metadata |= {"continue": str(end), "remainingItemCount": len(items) - end}
    shown = items[start:end]
    if ";as=PartialObjectMetadataList;" in accept:
        content = {
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "items": [_partial(item) for item in shown],
        }
    elif ";as=Table;" in accept:
        content = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", **_secret_table(shown)}
    else:
        content["items"] = shown
    return Reply(body=json.dumps({**content, "metadata": metadata}).encode())


def _partial(item: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}


def _secret_table(items: list[dict[str, Any]]) -> dict[str, Any]:
    columns = [{"name": name} for name in ("Name", "Type", "Data", "Age")]
    rows = [
        {
            "cells": [item["metadata"]["name"], item.get("type"), len(item.get("data") or {}), "1d"],
            "object": _partial(item),
        }
        for item in items
    ]
    return {"columnDefinitions": columns, "rows": rows}


@dataclass(frozen=True)
class Node:
    """A recorded node that answers. ``engine`` is the URL of its container engine."""

    kubeconfig: Path
    engine: str
    api: Api
    docker: FakeEngine

    def methods(self) -> set[str]:
        """Every HTTP method that arrived, at either."""
        return {request.method for request in self.api.requests} | {method for method, *_ in self.docker.requests}


@contextmanager
def playing(folder: Path, scratch: Path, *, cluster: str = "rancher") -> Iterator[Node]:
    """Play a whole recording for as long as the block lasts. The kubeconfig is written into ``scratch``."""
    api = api_of(folder)
    docker = {
        recorded.path: json.loads(recorded.body)
        for recorded in answers_of(folder, "docker")
        if recorded.path != "/_ping"
    }
    with running(api) as url, fake_engine.running(docker) as engine:
        yield Node(kubeconfig(scratch, url, name=cluster), engine.url, api, engine)
