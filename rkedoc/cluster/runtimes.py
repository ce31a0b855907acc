"""The container runtimes that were read, and how much of what each runs it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rkedoc.snapshot.record import Capture, Header
from rkedoc.vocabulary import Result, RuntimeView

_BESIDE: Final = "engine/beside"
"""The scope of the containers that run in a runtime and in no pod, which CRI does not show."""

_DOCKER: Final = "Docker"


@dataclass(frozen=True, slots=True)
class Runtime:
    """A container runtime of a node, and the view of it that the snapshot has.

    ``name`` is what it calls itself (``containerd``, ``cri-o``; ``Docker`` for an engine of that make), ``endpoint`` where it was
    asked, empty where that was not kept.
    """

    node: str
    name: str
    version: str
    endpoint: str
    view: RuntimeView

    @property
    def title(self) -> str:
        """Its name and its version."""
        return f"{self.name} {self.version}".strip()

    def to_json(self) -> dict[str, Any]:
        """It as JSON has it, the same in every language."""
        return {
            "node": self.node, "runtime": self.name, "version": self.version, "endpoint": self.endpoint, "view": self.view,
        }  # fmt: skip


def runtimes_read(header: Header) -> tuple[Runtime, ...]:
    """The runtimes whose containers were listed, by node and name."""
    found = {
        (capture.node or "", capture.tool.get("endpoint", ""), capture.tool.get("runtime", "")): _runtime(capture)
        for capture in sorted(header.captures, key=lambda one: one.time)
        if any(scope.name == "engine/containers" and scope.result != Result.SKIPPED for scope in capture.scopes)
        or any(scope.name == _BESIDE and scope.result == Result.COMPLETE for scope in capture.scopes)
    }
    return tuple(sorted(found.values(), key=lambda one: (one.node, one.name, one.endpoint)))


def _runtime(capture: Capture) -> Runtime:
    name = capture.tool.get("runtime", "")
    beside = next((scope for scope in capture.scopes if scope.name == _BESIDE), None)
    whole = not name or (beside is not None and beside.result == Result.COMPLETE)
    view = RuntimeView.ALL if whole else RuntimeView.KUBERNETES
    return Runtime(
        capture.node or "",
        name or capture.tool.get("engine") or _DOCKER,
        capture.tool.get("server", ""),
        capture.tool.get("endpoint", ""),
        view,
    )
