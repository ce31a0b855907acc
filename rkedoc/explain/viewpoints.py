"""What viewpoints choose: sets of workloads that somebody has given a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rkedoc.cluster.fields import mapping

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry, Selector
    from rkedoc.cluster.model import Cluster, Workload


@dataclass(frozen=True, slots=True)
class Chosen:
    """The workloads that a viewpoint chooses, each once, and its selectors that choose none."""

    workloads: tuple[Workload, ...]
    idle: tuple[Selector, ...]


def chosen(cluster: Cluster, viewpoint: Entry) -> Chosen:
    """What a viewpoint chooses in a cluster. A label counts on the workload itself and on its pods."""
    found: list[Workload] = []
    used: set[Selector] = set()
    for workload in cluster.workloads():
        own = mapping(workload.record.body, "metadata", "labels") if workload.record is not None else {}
        name = (workload.namespace, workload.kind, workload.name)
        fitting = [one for one in viewpoint.shows if one.fits(*name, own) or one.fits(*name, workload.pod_labels)]
        if fitting:
            found.append(workload)
            used.update(fitting)
    return Chosen(tuple(found), tuple(one for one in dict.fromkeys(viewpoint.shows) if one not in used))
