"""A line of a listing, as far as it was understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

RESOURCE = re.compile(r"([a-z]+(?:\.[a-z0-9.-]+)?)/(\S+)\Z")
"""What ``kubectl get -o name`` prints: the resource and the name."""

ENGINE, CRI, IMAGE, PLAIN = "engine", "cri", "image", "plain"
"""A container of Docker or its like, one of CRI, an image of Docker, and a line that is nothing but a name."""

NAMELESS = "nameless container"
"""A container of an engine whose name the listing does not show; ``name`` is then its id."""

POD, NODE, NAMESPACE = "Pod", "Node", "Namespace"

PROCESS, UNIT, SOCKET = "process", "unit", "socket"
CONTAINERD, TASK, CONTAINERD_NAMESPACE = "containerd container", "containerd task", "containerd namespace"
RUNTIME_IMAGE = "runtime image"
"""An image that ``crictl`` or ``ctr`` lists."""

ON_NODE = frozenset((PROCESS, UNIT, SOCKET, CONTAINERD, TASK, CONTAINERD_NAMESPACE, RUNTIME_IMAGE))
"""What rows are that tell of a node alone, and not of pods."""


@dataclass(frozen=True, slots=True)
class ListingRow:
    """One line that names something. ``what`` is ``engine`` (a container of Docker), ``cri``, ``image``, or a kind of
    Kubernetes (``Pod``, ``Deployment``, ``Namespace`` …); ``plain`` where a line holds nothing but a name; or one of
    :data:`ON_NODE`. ``id`` is that of a container as far as it is printed, ``ready`` is ``1/2`` of a pod. ``image`` of a kind of Kubernetes are the images of all its containers, as ``kubectl get -o wide`` writes them.

    ``process`` is the name of a program: of a row about a process its own, of one about a port that of who listens. ``kept`` is how
    many characters of such a name the tool prints, 0 if all. ``kernel`` tells a thread of the kernel, where the tool does.
    """

    line: int
    what: str
    name: str
    namespace: str | None = None
    image: str | None = None
    id: str | None = None
    pod: str | None = None
    pod_id: str | None = None
    node: str | None = None
    command: str | None = None
    status: str | None = None
    ready: str | None = None
    attempt: int | None = None
    version: str | None = None
    process: str | None = None
    script: str | None = None
    kept: int = 0
    kernel: bool = False
    port: int | None = None
    protocol: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The images of a workload or a pod, its first container's first; empty where the listing does not show them."""
        return tuple(self.image.split(",")) if self.image else ()

    @property
    def bare(self) -> str:
        """The name without what ``kubectl`` and ``docker`` put before it: ``pod/web`` and ``/web`` are ``web``."""
        found = RESOURCE.match(self.name)
        return found[2] if found and self.what not in ("engine", "image") else self.name.lstrip("/")


class Unreadable(StrEnum):
    """Why a line gives no row."""

    TEXT = "text"
    """It is no row of a table that is known."""
    CUT = "cut"
    """It is a row, but what names it is cut off, or may be."""
    WORD = "word"
    """It is a word that may be a name, among what is no list of names."""
    DOCUMENT = "document"
    """It begins as YAML or JSON does, and is neither, or holds nothing that is known."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that gives no row, counted from 1."""

    line: int
    reason: Unreadable
