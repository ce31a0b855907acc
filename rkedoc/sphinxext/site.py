"""The site that a snapshot becomes: what views read, and where everything in it is described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.errors import BuildError
from rkedoc.explain.ledger import Ledger, build_ledger
from rkedoc.explain.relations import Relations, edges
from rkedoc.sphinxext.layout import FIXED, Page, Subject, lay_out, subject_key

if TYPE_CHECKING:
    from rkedoc.explain.model import Cluster

__all__ = ["Page", "Site"]


class Site:
    """A cluster with its ledger, its relations and its pages. Immutable; everything derived is made once, when asked.

    Views get a site and the key of their page; they read :attr:`cluster`, :attr:`ledger`, :attr:`relations` and
    :meth:`page`, and change nothing.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of all nodes."""
        return build_ledger(self.cluster)

    @cached_property
    def relations(self) -> Relations:
        """All relations between the objects of the cluster."""
        return edges(self.cluster)

    @cached_property
    def pages(self) -> Mapping[str, Page]:
        """All pages by their key: fixed ones first, then by kind and key."""
        return MappingProxyType({page.key: page for page in lay_out(self._subjects())})

    def page(self, key: str) -> Page:
        """The page with this key. Raises :class:`~rkedoc.errors.BuildError` if the site has none."""
        try:
            return self.pages[key]
        except KeyError:
            raise BuildError(f"the site has no page {key!r}: build it again from this snapshot") from None

    @cached_property
    def children(self) -> Mapping[str, tuple[Page, ...]]:
        """The pages that each page leads to, in the order of the navigation."""
        found: dict[str, list[Page]] = {}
        for page in self.pages.values():
            if page.parent:
                found.setdefault(page.parent, []).append(page)
        return MappingProxyType(
            {
                parent: tuple(p for p in found[parent] if p.kind == "fixed")
                + tuple(sorted((p for p in found[parent] if p.kind != "fixed"), key=lambda p: (p.title, p.key)))
                for parent in sorted(found)
            }
        )

    @cached_property
    def page_of_record(self) -> Mapping[str, Page]:
        """The page that describes a record, by the record's id: for pods that of their workload."""
        return MappingProxyType({rid: page for page in self.pages.values() for rid in page.record_ids})

    def _subjects(self) -> Iterator[Subject]:
        cluster = self.cluster
        assert FIXED
        for namespace in cluster.namespaces():
            yield Subject("namespace", (namespace.name,), namespace.name, namespace.name, "namespaces", (namespace.id,))
        for node in cluster.nodes():
            yield Subject("node", (node.name,), node.name, node.name, "nodes", (node.id,))
        for workload in cluster.workloads():
            where = workload.namespace
            yield Subject(
                "workload",
                (workload.kind, where, workload.name),
                f"{where}/{workload.name}",
                workload.name,
                subject_key("namespace", where),
                (workload.id, *(pod.id for pod in workload.pods)),
            )
