"""A page of a site, and what it is called: its key, its place and its title. Which pages there are stands in :mod:`rkedoc.sphinxext.pages`.

The address of a page depends on the identity of its subject alone, never on how pages are grouped or what else the
cluster holds, so that a link stays good from one collection to the next. Keys and document names consist of
``[a-z0-9-]`` (and the folder's ``/``), whatever the names in the cluster hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from rkedoc.snapshot.identity import page_key

DETAIL = "{detail}"
"""The badge of pages whose subjects say themselves what they are: a workload its kind and namespace."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the site.

    ``key`` is unique in the site and is what templates hand to views. ``kind`` is that of its subject, or
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
