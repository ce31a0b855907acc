"""A container runtime with as many containers as wanted, made from a recording: ``python -m bench.runtime CONTAINERS`` prints its address.

Each copy of a recorded pod has ids of its own. The answers are held in memory; what a client waits for is mostly gRPC itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import cri_player
from tests.support.archives import DATA, Archives
from tests.support.cri_player import Answer, Fault

_CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


class Answers:
    """What the runtime answers: recorded pods over and over, until there are so many containers (sandboxes come in addition)."""

    def __init__(self, folder: Path, containers: int) -> None:
        self._folder = folder
        self._sandboxes: dict[str, dict[str, Any]] = {}
        self._containers: dict[str, dict[str, Any]] = {}
        self.lists: dict[str, list[dict[str, Any]]] = {"sandboxes": [], "containers": []}
        copy = 0
        while len(self._containers) < containers:
            self._add(copy, containers)
            copy += 1

    def _read(self, name: str) -> Any:
        return json.loads((self._folder / f"{name}.json").read_bytes())

    def _add(self, copy: int, most: int) -> None:
        """One copy of the recorded pods, the last one in part: only sandboxes of which a container is taken come with it."""
        listed = self._read("containers")["containers"][: most - len(self._containers)]
        wanted = {item["pod_sandbox_id"] for item in listed}
        boxes = [item for item in self._read("sandboxes")["items"] if item["id"] in wanted]
        own = {item["id"] for item in (*listed, *boxes)} | {box["metadata"]["uid"] for box in boxes}
        names = re.compile("|".join(sorted(map(re.escape, own), key=len, reverse=True)))

        def renamed(value: Any) -> Any:
            text = names.sub(lambda found: _copied(found[0], copy), json.dumps(value))
            return json.loads(text)

        for kind, items, known in (("sandbox", boxes, self._sandboxes), ("container", listed, self._containers)):
            for item in items:
                shown = renamed(item)
                known[shown["id"]] = renamed(self._read(f"{kind}-{item['id'][:13]}-verbose"))
                self.lists["sandboxes" if kind == "sandbox" else "containers"].append(shown)

    def by_method(self) -> dict[str, Answer]:
        """The answers in the form that the player takes."""
        recorded = cri_player.recorded(self._folder)
        return {
            **{name: recorded[name] for name in ("Version", "Status", "ListImages", "ImageFsInfo")},
            "ListPodSandbox": lambda _request: {"items": self.lists["sandboxes"]},
            "ListContainers": lambda _request: {"containers": self.lists["containers"]},
            "PodSandboxStatus": lambda request: _one(self._sandboxes, request["pod_sandbox_id"]),
            "ContainerStatus": lambda request: _one(self._containers, request["container_id"]),
        }


def _one(known: Mapping[str, dict[str, Any]], identifier: str) -> dict[str, Any]:
    if identifier not in known:
        raise Fault("NOT_FOUND")
    return known[identifier]


def _copied(identifier: str, copy: int) -> str:
    """An id of the same form for each copy of a thing; the first copy keeps its own."""
    if copy == 0:
        return identifier
    digest = hashlib.sha256(f"{copy} {identifier}".encode()).hexdigest()
    if _CONTAINER_ID.fullmatch(identifier):
        return digest
    digits = iter(digest)
    return re.sub("[0-9a-f]", lambda _found: next(digits), identifier)


def main() -> None:
    """Serve until killed."""
    with tempfile.TemporaryDirectory() as scratch:
        answers = Answers(Archives(DATA / "cri", Path(scratch))("cri-containerd"), int(sys.argv[1]))
        with cri_player.running(answers.by_method()) as player:
            print(player.url, flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main()
