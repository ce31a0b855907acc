"""The containers of a pod's specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rkedoc.cluster.fields import items, text
from rkedoc.vocabulary import Role


def containers_of(spec: Mapping[str, Any]) -> Iterator[tuple[Role, Mapping[str, Any]]]:
    """The containers of a pod's specification, each with its role: ``init``, ``sidecar``, ``app`` or ``ephemeral``.

    An init container that restarts always is a sidecar (KEP-753, Kubernetes 1.28).
    """
    for container in items(spec, "initContainers"):
        yield Role.SIDECAR if text(container, "restartPolicy") == "Always" else Role.INIT, container
    for container in items(spec, "containers"):
        yield Role.APP, container
    for container in items(spec, "ephemeralContainers"):
        yield Role.EPHEMERAL, container
