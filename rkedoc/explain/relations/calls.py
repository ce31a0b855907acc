"""Who talks to whom, as the catalog says of components that are here.

A specification rarely says what a program calls. The catalog does, for the components it knows: such a relation is drawn
only where both sides were found in the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import text
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.snapshot.identity import parse_id
from rkedoc.vocabulary import Role

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Cluster, Workload
    from rkedoc.explain.relations.pods import FoundEdge

_MOST: Final = 32


def calls(cluster: Cluster) -> Iterator[FoundEdge]:
    """``talks-to`` relations between workloads and containers outside pods."""
    here: dict[str, dict[str, None]] = {}
    entries: dict[str, dict[str, Entry]] = {}
    for identifier, entry in _components(cluster):
        here.setdefault(entry.id, {})[identifier] = None
        entries.setdefault(identifier, {})[entry.id] = entry
    for source, found in entries.items():
        for entry in found.values():
            for goal in entry.talks_to:
                for target in _reached(source, tuple(here.get(goal, ()))):
                    yield source, "talks-to", target, f"catalog: {entry.id}"


def _components(cluster: Cluster) -> Iterator[tuple[str, Entry]]:
    for workload in cluster.workloads():
        for entry in _entries(cluster, workload):
            yield workload.id, entry
    for line in build_ledger(cluster).lines:
        known = cluster.catalog.get(line.component) if line.role == Role.STANDALONE and line.component else None
        if known is not None:
            yield line.record_id, known


def _entries(cluster: Cluster, workload: Workload) -> Iterator[Entry]:
    """The entries of a workload and of its containers: canal's pods hold Calico's node agent and flannel."""
    if workload.entry is None:
        return
    yield workload.entry
    for role, container in containers_of(workload.pod_spec):
        match = cluster.container_match(workload, text(container, "name")) if role in (Role.APP, Role.SIDECAR) else None
        if match is not None:
            yield match.entry


def _reached(source: str, targets: tuple[str, ...]) -> tuple[str, ...]:
    """Of the containers that a container may mean, those on its own node; if there are none, all, up to a ceiling."""
    if source.startswith("engine/"):
        node = parse_id(source).namespace
        near = tuple(
            target for target in targets if target.startswith("engine/") and parse_id(target).namespace == node
        )
        if near:
            return near
    return targets[:_MOST]
