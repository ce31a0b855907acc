"""What several formats say of members that are not read, and where a bundle's folder is.

The codes of reasons are those of a collection's report; ``rkedoc/collect/reasons.py`` has their words.
"""

from __future__ import annotations

from collections.abc import Iterator

from rkedoc.collect.files.formats.format import As, Index, Reading

NO_OBJECTS = Reading(As.NOTHING, reason="no-objects")
"""Logs, measurements, descriptions of a machine."""

STANDS_ELSEWHERE = Reading(As.NOTHING, reason="stands-elsewhere")
"""What another member of the bundle says too, and better."""

PARTS_OF_OBJECTS = Reading(As.NOTHING, reason="parts-of-objects")
"""Objects of which little more than the names were kept."""

DESIRED = Reading(As.NOTHING, reason="desired-not-live")
"""What somebody wants to run, from a node's disk: what runs is told elsewhere."""

PROSE = Reading(As.NOTHING, reason="prose")
"""Objects as a text for people (``kubectl describe``)."""

ROWS_ALONE = Reading(As.NOTHING, reason="rows-alone")
"""A table of what a row tells no more of than the name: it is not worth a record. Of containers, pods and nodes it is."""

OF_ROWS = frozenset({"Pod", "Node"})
"""The kinds of Kubernetes of which rows are read."""

RKE_STATE = Reading(As.REFUSED, reason="rke-state")
"""All private keys of a cluster that RKE made."""

CREDENTIALS = Reading(As.REFUSED, reason="holds-credentials")
"""Keys, tokens, or settings among which they stand."""

_OF_ACCESS = ("kubeconfig", ".kubeconfig", "admin.conf", "client.config")
_OF_KEYS = (".key", "-key.pem", ".p12", ".pfx", ".jks")


def is_access(path: str) -> bool:
    """Whether a member is known by its name to hold keys: a kubeconfig, a private key, a store of keys."""
    name = path.rpartition("/")[2].lower()
    return name.endswith((*_OF_ACCESS, *_OF_KEYS)) or name.startswith("kubecfg-")


def named(index: Index, name: str, folder: str = "") -> Iterator[tuple[str, bytes]]:
    """The root above each key member ``name``, or ``folder/name``, with the member's beginning. The root is empty for the top, and
    ends without a slash."""
    tail = f"{folder}/{name}" if folder else name
    for path, head in index.heads.items():
        if path == tail:
            yield "", head
        elif path.endswith(f"/{tail}"):
            yield path[: -len(tail) - 1], head


def below(root: str, path: str) -> str:
    """The path of what lies at ``path`` below ``root``."""
    return f"{root}/{path}" if root else path


def head_of(index: Index, root: str, *paths: str) -> bytes:
    """The beginning of the first of these key members that is there; empty if none is."""
    return next((head for path in paths if (head := index.heads.get(below(root, path)))), b"")
