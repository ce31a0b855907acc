"""The site that a snapshot becomes: what views read, and where everything in it is described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.catalog.bound import Distribution
from rkedoc.catalog.entry import VIEWPOINT
from rkedoc.cluster.fields import natural
from rkedoc.errors import BuildError
from rkedoc.explain.ledger.ledger import Ledger, build_ledger
from rkedoc.explain.ledger.processes import processes_by_component
from rkedoc.explain.owners import Owners, owners
from rkedoc.explain.relations.graph import Relations, edges
from rkedoc.snapshot.identity import parse_id
from rkedoc.sphinxext.blocks.marks import Marks, marks_of
from rkedoc.sphinxext.blocks.view import ObjectTarget
from rkedoc.sphinxext.kinds import KIND_OF_RECORD
from rkedoc.sphinxext.layout import Page, SubjectPage, subject_key
from rkedoc.sphinxext.pages import NEEDS, PAGES, ROOT, PageTable
from rkedoc.sphinxext.terms import Terms, terms_of
from rkedoc.vocabulary import Role

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Cluster
    from rkedoc.diff.history import History, HistoryStep

__all__ = ["Page", "Site"]

_KNOWN = frozenset(Distribution) - {Distribution.OTHER, Distribution.UNKNOWN}
"""The distributions that entries name; a concept that names all of them is about Kubernetes at large."""


class Site:
    """A cluster with its ledger, its relations and its pages. Immutable; everything derived is made once, when asked.

    Views get a site and the key of their page; they read :attr:`cluster`, :attr:`ledger`, :attr:`relations` and
    :meth:`page`, and change nothing.
    """

    def __init__(
        self,
        cluster: Cluster,
        history: History | None = None,
        since: HistoryStep | None = None,
        declared: PageTable = PAGES,
        note: str = "",
    ) -> None:
        """``history`` is what is known of earlier days, ``since`` what has changed since the one that is compared with, ``declared`` the
        pages that a site can have, ``note`` the sentence at the top of the first one."""
        self.cluster: Cluster = cluster
        self.declared = declared
        self.note = note
        self.history: History | None = history
        self.since = since

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of all nodes."""
        return build_ledger(self.cluster)

    @cached_property
    def relations(self) -> Relations:
        """All relations between the objects of the cluster."""
        return edges(self.cluster)

    @cached_property
    def owners(self) -> Owners:
        """Who answers for everything that runs."""
        return owners(self.cluster)

    @cached_property
    def pages(self) -> Mapping[str, Page]:
        """All pages by their key: fixed ones first, then by kind and key."""
        return MappingProxyType({page.key: page for page in self.declared.lay_out(self._subjects(), has=self._has)})

    @property
    def _has(self) -> frozenset[str]:
        """What there is of that which pages can need."""
        return frozenset(need for need, there in NEEDS.items() if there(self))

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
                + tuple(
                    sorted(
                        (p for p in found[parent] if p.kind != "fixed"),
                        key=lambda p: (natural(p.title), p.key),
                        reverse=parent == "changes",
                    )
                )
                for parent in sorted(found)
            }
        )

    def page_of_concept(self, concept: str) -> Page | None:
        """The page that tells a concept of the catalog; ``None`` where the cluster has nothing of it, so that no page does."""
        return self.pages.get(self.declared.told_at.get(concept) or subject_key("concept", concept))

    @cached_property
    def page_of_record(self) -> Mapping[str, Page]:
        """The page that describes a record, by the record's id: for pods that of their workload."""
        return MappingProxyType({rid: page for page in self.pages.values() for rid in page.record_ids})

    @cached_property
    def marks(self) -> Marks:
        """What is new or has changed since the snapshot that the site is compared with; empty if there is none."""
        return marks_of(self.since.diff, self.page_of_record) if self.since is not None else MappingProxyType({})

    def warm_up(self) -> None:
        """Compute what the views of many pages share, by computing the views of the first page and of one page of each kind.

        Processes that are forked afterwards have it; else each of them computes it again.
        """
        examples = {page.kind: page for page in self.pages.values() if page.kind != "fixed"}
        for page in (self.pages[ROOT], *examples.values()):
            for section in self.declared.kind_of(page).sections:
                section.shows(self, page.key)

    def objects_of(self, page: Page) -> tuple[ObjectTarget, ...]:
        """The objects of the domain that a page as a whole describes."""
        if page.kind in ("fixed", "step", "owner"):
            return ()
        if page.kind == "container":
            names = sorted({page.subject, *(rid.split("/", 2)[2] for rid in page.record_ids)})
            return tuple(ObjectTarget("enginecontainer", name, page.title, name == page.subject) for name in names)
        if page.kind in ("concept", "process", "viewpoint"):
            return (ObjectTarget("component", page.subject, page.title, True),)
        targets = [ObjectTarget(page.kind, page.subject, page.title, True)]
        if page.kind == "workload" and page.record_ids:
            own = parse_id(page.record_ids[0])
            kind = KIND_OF_RECORD.get((own.group, own.kind))
            if kind is not None:
                targets.append(ObjectTarget(kind, page.subject, page.title, kind != "pod"))
        return tuple(targets)

    def aliases_of(self, page: Page) -> tuple[str, ...]:
        """The other names by which people look for what a page is about, as the catalog has them."""
        entry = self._entry_of(page)
        return entry.aliases if entry is not None else ()

    def _entry_of(self, page: Page) -> Entry | None:
        catalog = self.cluster.catalog
        match page.kind:
            case "fixed":
                return catalog.get(self.declared.kind_of(page).tells)
            case "concept" | "process":
                return catalog.get(page.subject)
            case "workload":
                workload = self.cluster.workload_of(page.record_ids[0]) if page.record_ids else None
                return workload.entry if workload is not None else None
            case "container":
                return catalog.get(self._components.get(page.subject, ""))
            case _:
                return None

    @cached_property
    def _components(self) -> Mapping[str, str]:
        return {line.subject: line.component or "" for line in self.ledger.lines if line.role == Role.STANDALONE}

    def terms_of(self, page: Page) -> Terms:
        """What the indices list a page under."""
        return terms_of(self.cluster.snapshot, page)

    def _concerns(self, entry: Entry) -> bool:
        """Whether a concept is about clusters such as this: it names its distribution, or all of them."""
        named, own = frozenset(entry.distributions), self.cluster.distribution
        return not named or named >= _KNOWN or own in (*named, Distribution.UNKNOWN)

    def _subjects(self) -> Iterator[SubjectPage]:
        cluster = self.cluster
        namespaces = {namespace.name for namespace in cluster.namespaces()}
        for namespace in cluster.namespaces():
            yield SubjectPage(
                "namespace",
                (namespace.name,),
                namespace.name,
                namespace.name,
                "namespaces",
                (namespace.id,),
            )
        for node in cluster.nodes():
            yield SubjectPage("node", (node.name,), node.name, node.name, "nodes", (node.id,))
        for workload in cluster.workloads():
            where = workload.namespace
            yield SubjectPage(
                kind="workload",
                identity=(workload.kind.lower(), where, workload.name),
                name=f"{where}/{workload.name}",
                title=workload.name,
                parent=subject_key("namespace", where) if where in namespaces else "namespaces",
                record_ids=(
                    workload.id,
                    *(pod.id for pod in workload.pods if pod.id != workload.id),
                ),
                detail=f"{workload.kind}, {where}",
            )
        for entry in cluster.catalog.of_kind("concept"):
            if entry.id not in self.declared.told_at and self._concerns(entry):
                yield SubjectPage("concept", (entry.id,), entry.id, entry.name, "concepts")
        for entry in cluster.catalog.of_kind(VIEWPOINT):
            yield SubjectPage("viewpoint", (entry.id,), entry.id, entry.name, "viewpoints")
        for line in self.ledger.lines:
            if line.role == Role.STANDALONE:
                where_it_runs, _slash, name = line.subject.partition("/")
                yield SubjectPage(
                    kind="container",
                    identity=(where_it_runs, name),
                    name=line.subject,
                    title=name or where_it_runs,
                    parent="containers",
                    record_ids=(line.record_id,),
                    detail=where_it_runs,
                )
        for component in processes_by_component(cluster):
            known = cluster.catalog.get(component)
            yield SubjectPage(
                "process", (component,), component, known.name if known is not None else component, "processes"
            )
        for owner in self.owners.by_owner:
            yield SubjectPage("owner", (owner,), owner, owner, "owners")
        for step in self.history.steps if self.history is not None else ():
            yield SubjectPage("step", (step.key,), step.key, step.new.label, "changes", detail=step.old.label)
