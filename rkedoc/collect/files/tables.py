"""What commands printed as tables: ``docker ps``, ``crictl ps``, ``crictl pods`` and ``kubectl get``, as the things that their JSON would give.

A row tells who something is and how it does, and nothing of what it is made of. So no kinds are made of rows but those of which that is
worth something: containers, sandboxes, pods and nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rkedoc.collect.files.texts import encoding_of
from rkedoc.collect.files.things import FoundThing
from rkedoc.listing import Listing, ListingRow, read
from rkedoc.listing.row import CRI, ENGINE, NODE, POD
from rkedoc.listing.tables import begins_with_header
from rkedoc.snapshot.record import FROM_ROW

Object = dict[str, Any]

_PHASES = {"Completed": "Succeeded", "Error": "Failed", "Evicted": "Failed", "OOMKilled": "Failed"}
"""What ``kubectl get`` writes of pods that have ended, and the phase that they are in (kubernetes/kubernetes v1.31,
pkg/printers/internalversion/printers.go, printPod)."""
_ENDED = frozenset({"Running", "Pending", "Succeeded", "Failed", "Unknown"})


_BEGINNING = 1 << 13
"""Bytes in which a table begins."""

ANY = "*"
"""Whatever the rows are of."""


def listing_of(content: bytes) -> Listing:
    """The rows of a file, whatever its encoding is."""
    return read(_text(content))


def table_of(content: bytes) -> Listing | None:
    """The rows of a file that is a table from its beginning on, and has more than a header; ``None`` for any other. What stands in the midst of
    somebody's words may be an example."""
    listing = listing_of(content) if begins_with_header(_text(content[:_BEGINNING]).splitlines()) else None
    return listing if listing is not None and listing.rows else None


def why_nothing(listing: Listing) -> str:
    """The reason code for which nothing comes of a table's rows."""
    return "rows-without-namespace" if any(row.what == POD for row in listing.rows) else "rows-alone"


def _text(content: bytes) -> str:
    return content.decode(encoding_of(content) or "utf-8", "replace")


def table_things(listing: Listing, kind: str = "") -> Iterator[FoundThing]:
    """What the rows of a listing are; nothing for those of which a row tells too little.

    ``kind`` is that of Kubernetes which was asked for; without one it is what a container runtime told, and a pod is a sandbox; :data:`ANY`
    leaves it to the row.
    """
    for row in listing.rows:
        if row.what == ENGINE and row.id:
            yield FoundThing("ps", _container(row))
        elif row.what == CRI and row.id:
            yield FoundThing("cri-container", _of_cri(row))
        elif row.what == POD and row.id and kind in ("", ANY):
            yield FoundThing("cri-sandbox", _sandbox(row))
        elif row.what == POD and kind in (POD, ANY) and row.namespace:
            yield FoundThing("object", _pod(row))
        elif row.what == NODE and kind in (NODE, ANY):
            yield FoundThing("object", _node(row))


def _container(row: ListingRow) -> Object:
    """As ``docker ps --format '{{json .}}'`` has it."""
    return {
        "ID": row.id,
        "Names": row.name,
        "Image": row.image or "",
        "Command": row.command or "",
        "Status": row.status or "",
    }


def _of_cri(row: ListingRow) -> Object:
    """As ``crictl ps -o json`` has it (cri-tools v1.31, cmd/crictl/container.go: the table's words are those of the state)."""
    pod = {"io.kubernetes.pod.name": row.pod, "io.kubernetes.pod.namespace": row.namespace}
    return {
        "id": row.id,
        "podSandboxId": row.pod_id or "",
        "metadata": {"name": row.name, "attempt": row.attempt or 0},
        "image": {"image": row.image or ""},
        "state": f"CONTAINER_{(row.status or 'unknown').upper()}",
        "labels": {"io.kubernetes.container.name": row.name, **{key: text for key, text in pod.items() if text}},
    }


def _sandbox(row: ListingRow) -> Object:
    """As ``crictl pods -o json`` has it. A table has no uid."""
    names = {"name": row.name, "namespace": row.namespace or ""}
    return {
        "id": row.id,
        "metadata": {**names, "attempt": row.attempt or 0, "uid": ""},
        "state": f"SANDBOX_{(row.status or 'notready').upper()}",
        "labels": {f"io.kubernetes.pod.{key}": text for key, text in names.items() if text},
    }


def _pod(row: ListingRow) -> Object:
    status = row.status or ""
    phase = _PHASES.get(status, status if status in _ENDED else "")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        FROM_ROW: True,
        "metadata": {"name": row.name, "namespace": row.namespace},
        "spec": {"nodeName": row.node} if row.node else {},
        "status": {"phase": phase} if phase else {},
    }


def _node(row: ListingRow) -> Object:
    ready = (row.status or "").split(",")[0]
    conditions = [{"type": "Ready", "status": "True" if ready == "Ready" else "False"}] if ready else []
    return {
        "apiVersion": "v1",
        "kind": "Node",
        FROM_ROW: True,
        "metadata": {"name": row.name},
        "status": {"conditions": conditions, **({"nodeInfo": {"kubeletVersion": row.version}} if row.version else {})},
    }
