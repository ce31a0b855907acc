"""The container runtimes that were read, and how much of what each runs it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rkedoc.snapshot.record import DETAILS_NOT_TOLD, NOT_INSPECTED, SANDBOXES_NOT_LISTED, Capture, Header
from rkedoc.vocabulary import Result, RuntimeView

_CONTAINERS: Final = "engine/containers"
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
        if any(scope.name == _CONTAINERS and scope.result != Result.SKIPPED for scope in capture.scopes)
        or any(scope.name == _BESIDE and scope.result == Result.COMPLETE for scope in capture.scopes)
    }
    return tuple(sorted(found.values(), key=lambda one: (one.node, one.name, one.endpoint)))


def without_sandboxes(header: Header) -> frozenset[str]:
    """The nodes on which sandboxes may be that nobody listed: ``crictl ps`` tells of containers alone."""
    return frozenset(
        capture.node or ""
        for capture in header.captures
        for scope in capture.scopes
        if scope.name == _CONTAINERS and SANDBOXES_NOT_LISTED in scope.reason
    )


def lacks_details_alone(header: Header) -> bool:
    """Whether every container is there that an engine runs, and of some of them the details are not."""
    reasons = [
        reason.partition(":")[0]
        for scope in header.scopes()
        if scope.name == _CONTAINERS and scope.result not in (Result.COMPLETE, Result.SKIPPED)
        for reason in scope.reason.split(", ")
    ]
    return bool(reasons) and {*reasons} <= {NOT_INSPECTED, DETAILS_NOT_TOLD}


def _runtime(capture: Capture) -> Runtime:
    name = capture.tool.get("runtime", "")
    beside = next((scope for scope in capture.scopes if scope.name == _BESIDE), None)
    if not name or (beside is not None and beside.result == Result.COMPLETE):
        view = RuntimeView.ALL
    else:
        view = RuntimeView.KUBERNETES if beside is not None else RuntimeView.NAMESPACE
    return Runtime(
        capture.node or "",
        name or capture.tool.get("engine") or _DOCKER,
        capture.tool.get("server", ""),
        capture.tool.get("endpoint", ""),
        view,
    )
