"""Which pages a site has, and what each is called: its key, its place and its title.

The address of a page depends on the identity of its subject alone, never on how pages are grouped or what else the
cluster holds, so that a link stays good from one collection to the next. Keys and document names consist of
``[a-z0-9-]`` (and the folder's ``/``), whatever the names in the cluster hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from rkedoc.snapshot.identity import page_key

FIXED: tuple[str, ...] = (
    "overview",
    "ledger",
    "namespaces",
    "containers",
    "images",
    "nodes",
    "network",
    "storage",
    "access",
    "rancher",
    "fleet",
    "ingress",
    "canal",
    "concepts",
    "glossary",
    "changes",
    "collection",
)
"""The pages about the whole, in the order of the navigation. The first is the root of the site."""

ONLY_WITH_HISTORY = frozenset({"changes"})
"""Pages that a site has only if it knows earlier snapshots."""

FOLDERS = MappingProxyType(
    {
        "namespace": "namespaces",
        "workload": "workloads",
        "container": "containers",
        "node": "nodes",
        "concept": "concepts",
        "step": "changes",
    }
)
"""Kinds of pages that are about one subject each, and the folder that their pages lie in."""

TOLD_AT = MappingProxyType(
    {
        "accounting": "ledger",
        "accounts-and-rights": "access",
        "canal": "canal",
        "fleet": "fleet",
        "ingress": "ingress",
        "rancher-agents": "rancher",
    }
)
"""Concepts of the catalog that a fixed page tells, with what this cluster has of them. Each other one has its own page."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the site.

    ``key`` is unique in the site and is what templates hand to views. ``kind`` is a key of :data:`FOLDERS`, or
    ``"fixed"``. ``subject`` is the qualified name of what the page is about (empty for fixed pages), ``title`` its
    name as text (empty for fixed pages, whose titles are words), ``detail`` what tells it from others of that name.
    ``parent`` is the key of the page that leads here.
    """

    key: str
    kind: str
    subject: str
    docname: str
    title: str
    parent: str
    record_ids: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """Something that gets a page of its own. ``identity`` are the parts that make it unique within its kind."""

    kind: str
    identity: tuple[str, ...]
    name: str
    title: str
    parent: str
    record_ids: tuple[str, ...] = ()
    detail: str = ""


def subject_key(kind: str, *identity: str) -> str:
    """The key of the page about a subject: ``subject_key("workload", "Deployment", "default", "web")``."""
    return f"{kind}-{page_key(*identity)}"


def fixed_docname(key: str) -> str:
    """The document of a fixed page; the overview is the root."""
    return "index" if key == FIXED[0] else key


def lay_out(subjects: Iterable[SubjectPage], *, history: bool = False) -> tuple[Page, ...]:
    """All pages: the fixed ones first, then those of the subjects, sorted by kind and key.

    ``history`` says whether the site knows earlier snapshots.

    Two subjects with one key are one page (the first by name wins, and the records of both belong to it).
    """
    pages: dict[str, Page] = {
        key: Page(
            key,
            "fixed",
            "",
            fixed_docname(key),
            "",
            "" if key == FIXED[0] else FIXED[0],
        )
        for key in FIXED
        if history or key not in ONLY_WITH_HISTORY
    }
    for subject in sorted(subjects, key=lambda s: (s.kind, s.identity, s.record_ids)):
        part = page_key(*subject.identity)
        key = f"{subject.kind}-{part}"
        known = pages.get(key)
        ids = subject.record_ids if known is None else tuple(sorted({*known.record_ids, *subject.record_ids}))
        first = known or subject
        pages[key] = Page(
            key=key,
            kind=subject.kind,
            subject=subject.name if known is None else known.subject,
            docname=f"{FOLDERS[subject.kind]}/{part}",
            title=first.title,
            parent=first.parent,
            record_ids=ids,
            detail=first.detail,
        )
    return tuple(pages.values())
