"""Whose a namespace is: the platform's, a well-known add-on's, or somebody's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rkedoc.vocabulary import Origin

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Cluster, Workload

_ANYBODYS: Final = "default"
"""The namespace that Kubernetes makes for whatever names none (kubernetes.io, docs/concepts/overview/working-with-objects/namespaces)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose a namespace is, the entry that is about it, and the add-ons that it is there for where no entry is, by their names."""

    origin: Origin
    entry: Entry | None
    add_ons: tuple[Entry, ...] = ()


@lru_cache(maxsize=4)
def places(cluster: Cluster) -> Mapping[str, Place]:
    """Whose each namespace is, by its name.

    An entry says it. ``default`` has one and is whoever's things run in it: somebody's own come first, then add-ons. A namespace
    that no entry knows is an add-on's where all that runs in it is an add-on's or the platform's.
    """
    here: dict[str, list[Workload]] = {}
    for workload in cluster.workloads():
        here.setdefault(workload.namespace, []).append(workload)
    names = (namespace.name for namespace in cluster.namespaces())
    return {name: _place(name, cluster.catalog.namespace(name), here.get(name, ())) for name in names}


def _place(name: str, entry: Entry | None, here: Sequence[Workload]) -> Place:
    if entry is not None and name != _ANYBODYS:
        return Place(entry.origin, entry)
    own = any(workload.origin == Origin.WORKLOAD for workload in here)
    add_ons = {found.name: found for workload in here if (found := workload.entry) and found.origin == Origin.ADD_ON}
    if add_ons and not own:
        return Place(Origin.ADD_ON, entry, tuple(add_ons[key] for key in sorted(add_ons)))
    return Place(Origin.WORKLOAD if own or entry is None else entry.origin, entry)
