"""Real answers to redact: every list of the API and every container that the recordings hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

RECORDINGS = ("rke-single-node", "rke-single-node-unhealthy")


class Answers:
    """What one recorded node answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def objects(self, pattern: str = "*") -> Iterator[dict[str, Any]]:
        """The objects of every list whose file name fits, with ``apiVersion`` and ``kind``."""
        for path in sorted((self.folder / "k8s").glob(f"{pattern}.json")):
            try:
                content = json.loads(path.read_bytes())
            except ValueError:
                continue
            if isinstance(content, dict) and isinstance(content.get("items"), list):
                kind = content["kind"].removesuffix("List")
                for item in content["items"]:
                    yield {"apiVersion": content.get("apiVersion", "v1"), "kind": kind, **item}

    def engine(self, name: str) -> Any:
        """One of the engine's answers (``containers``, ``images``, ``info`` …)."""
        return json.loads((self.folder / "docker" / f"{name}.json").read_bytes())

    def containers(self) -> list[dict[str, Any]]:
        """Every container's inspect answer."""
        return [
            json.loads(path.read_bytes()) for path in sorted((self.folder / "docker" / "containers").glob("*.json"))
        ]

    def images(self) -> list[dict[str, Any]]:
        """Every image's inspect answer."""
        return [json.loads(path.read_bytes()) for path in sorted((self.folder / "docker" / "images").glob("*.json"))]


@pytest.fixture(params=RECORDINGS)
def answers(request: pytest.FixtureRequest, recording: Callable[[str], Path]) -> Answers:
    """One recorded node after the other."""
    return Answers(recording(request.param))
