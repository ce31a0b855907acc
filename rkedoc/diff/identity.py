"""What the cluster of each side of a comparison is, so that the catalog is asked of it as pages and ledger ask.

Two snapshots are read as streams. What tells a cluster's distribution is few records of many, so that these are kept as
they pass, and what grows is what bears a mark, not the cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from rkedoc.catalog.bound import ClusterCatalog, InPod
from rkedoc.catalog.entry import Entry
from rkedoc.catalog.loader import Catalog
from rkedoc.cluster.distribution import Marks, distribution_id, rancher_is_there
from rkedoc.cluster.images import outside_pods
from rkedoc.cluster.model import Workload, workload_match
from rkedoc.snapshot.identity import ON_NODE
from rkedoc.snapshot.kinds import WORKLOADS
from rkedoc.snapshot.record import Header, Record
from rkedoc.vocabulary import Result


class ClusterSide:
    """One side of a comparison. :meth:`learn` has to be told of every record before anything is asked."""

    def __init__(self, header: Header, catalog: Catalog) -> None:
        self._header = header
        self._catalog = catalog
        self._marks = Marks()
        self._images: dict[str, Record] = {}
        self.namespaces: set[str] = set()
        """The namespaces that there are, or that objects lie in."""

    def learn(self, record: Record) -> None:
        """Keep what tells the distribution, and the names of images."""
        self._marks.learn(record)
        if record.kind == "Namespace":
            self.namespaces.add(record.name)
        elif record.namespace is not None and record.group not in ON_NODE:
            self.namespaces.add(record.namespace)
        if record.kind == "EngineImage":
            self._images[record.id] = record

    def entry(self, record: Record) -> Entry | None:
        """What the catalog knows of a record of this side."""
        if record.kind == "Namespace":
            return self._bound.namespace(record.name)
        if record.group in ON_NODE:
            if record.kind != "EngineContainer":
                return None
            match = self._bound.find(outside_pods(self._images.get, record))
        elif record.kind in WORKLOADS:
            pods: Sequence[Record] = (record,) if record.kind == "Pod" else ()
            namespace = record.namespace or ""
            workload = Workload(record.id, record.kind, namespace, record.name, record, tuple(pods), None)
            match = workload_match(self._bound, workload)
        elif record.namespace:
            match = self._bound.find(InPod(record.namespace, workload=record.name, kind=None))
        else:
            match = None
        return match.entry if match is not None else None

    @cached_property
    def _bound(self) -> ClusterCatalog:
        all_pods = any(
            scope.name == "core/pods" and scope.result == Result.COMPLETE and scope.namespace is None
            for scope in self._header.scopes()
        )
        rancher = rancher_is_there(self._marks, all_pods=all_pods)
        return self._catalog.of(distribution_id(self._marks), rancher, self.namespaces)
