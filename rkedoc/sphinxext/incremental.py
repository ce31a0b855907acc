"""Which documents are read again, and which are written again, after the snapshot has changed.

A document remembers the digest of each view that it showed. Those whose views have changed are read again, and no
others. Documents whose references lead elsewhere now, or whose navigation shows a page that has come, gone or got
another title, are written again without being read. So a build after a change gives the site that a clean build gives.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rkedoc.sphinxext.directives import shown_digest
from rkedoc.sphinxext.domain import DomainObject, K8sDomain, Key

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from rkedoc.sphinxext.site import Site

STATE = "rkedoc-state.json"


def read_state(doctrees: Path) -> dict[str, str]:
    """What the last complete build of these doctrees was made from; empty if there was none."""
    try:
        found = json.loads((doctrees / STATE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def write_state(doctrees: Path, state: Mapping[str, str]) -> None:
    """Remember what a complete build was made from."""
    path = doctrees / STATE
    text = json.dumps(dict(state), sort_keys=True) + "\n"
    try:
        if path.read_text("utf-8") == text:
            return
    except OSError:
        pass
    temporary = path.with_suffix(".new")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)


def changed_documents(domain: K8sDomain, site: Site | None, skip: AbstractSet[str] = frozenset()) -> list[str]:
    """The documents that show something other than when they were read; those in ``skip`` are not looked at."""
    found = []
    shown: Mapping[str, Any] = domain.data["shown"]
    for docname, views in shown.items():
        if docname in skip:
            continue
        if site is None or shown_digest(site, views.views) != views.digest:
            found.append(docname)
    return sorted(found)


def outline(env: BuildEnvironment, docname: str) -> str:
    """A digest of what the navigation of other pages shows of a document: its title, its headings, its children."""
    title = env.titles.get(docname)
    toc = env.tocs.get(docname)
    text = "\x1f".join(
        (
            "" if title is None else title.astext(),
            "" if toc is None else toc.astext(),
            *env.toctree_includes.get(docname, ()),
        )
    )
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class Before:
    """How things stood before documents were read."""

    def __init__(self, domain: K8sDomain) -> None:
        self.objects: dict[Key, tuple[DomainObject, ...]] = dict(domain.objects)
        self.outlines: dict[str, str] = dict(domain.data["outline"])
        self.documents = frozenset(domain.env.all_docs)
        self.found: dict[tuple[str, str, str], Any] = {}
        self.domain = domain

    def moved(self, read: Iterable[str]) -> set[str]:
        """The documents, other than those read, whose references lead elsewhere now."""
        domain = self.domain
        if self.objects == domain.objects:
            return set()
        old = K8sDomain.__new__(K8sDomain)
        old._objects = self.objects  # noqa: SLF001 - the domain is part of this package
        cache: dict[tuple[str, str, str], bool] = {}

        def differs(reference: tuple[str, str, str]) -> bool:
            if reference not in cache:
                cache[reference] = _meaning(old, reference) != _meaning(domain, reference)
            return cache[reference]

        skip = set(read)
        references: Mapping[str, Any] = domain.data["references"]
        return {doc for doc, refs in references.items() if doc not in skip and any(differs(ref) for ref in refs)}

    def renamed(self, read: Iterable[str]) -> bool:
        """Whether the navigation of other pages has changed. Keeps the new outlines."""
        domain = self.domain
        outlines: dict[str, str] = domain.data["outline"]
        env = domain.env
        for docname in read:
            if docname in env.all_docs:
                outlines[docname] = outline(env, docname)
        gone = self.documents - set(env.all_docs)
        return bool(gone) or any(self.outlines.get(docname) != outlines.get(docname) for docname in read)


def _meaning(domain: K8sDomain, reference: tuple[str, str, str]) -> Any:
    kind, name, namespace = reference
    exact = domain.objects.get((kind, name))
    if exact:
        return exact[0]
    return domain.find(kind, name, namespace or None)


def before(env: BuildEnvironment) -> Before:
    """Take note of how things stand."""
    return Before(cast(K8sDomain, env.domains["k8s"]))
