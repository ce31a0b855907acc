"""The indices of the domain: pages by namespace, by image and by node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from sphinx.domains import Index, IndexEntry

from rkedoc.i18n import N_, _
from rkedoc.sphinxext.blocks.sanitize import title

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

    from rkedoc.sphinxext.domain import K8sDomain, PageNote


class _PageIndex(Index):
    """Pages, grouped by something that they carry. ``words`` are its name and its short name, as messages."""

    words: ClassVar[tuple[str, str]]

    def groups_of(self, note: PageNote) -> Iterable[str]:
        """The groups that a page belongs to."""
        raise NotImplementedError

    def generate(self, docnames: Iterable[str] | None = None) -> tuple[list[tuple[str, list[IndexEntry]]], bool]:
        """The groups in order, each with its pages in order."""
        pages = cast("K8sDomain", self.domain).pages
        wanted = None if docnames is None else set(docnames)
        groups: dict[str, list[IndexEntry]] = {}
        for docname, note in pages.items():
            if wanted is None or docname in wanted:
                for group in self.groups_of(note):
                    item = IndexEntry(title(note.name), 0, docname, note.anchor, _(note.kind), "", "")
                    groups.setdefault(title(group), []).append(item)

        def key(item: IndexEntry) -> tuple[str, str]:
            return item.name, item.docname

        return [(group, sorted(groups[group], key=key)) for group in sorted(groups)], True


class NamespaceIndex(_PageIndex):
    """Pages by namespace."""

    name = "namespaces"
    words = N_("Index by namespace"), N_("namespaces")

    def groups_of(self, note: PageNote) -> Iterable[str]:
        """The namespace, if the page is about something in one."""
        return (note.namespace,) if note.namespace else ()


class ImageIndex(_PageIndex):
    """Pages by image."""

    name = "images"
    words = N_("Index by image"), N_("images")

    def groups_of(self, note: PageNote) -> Iterable[str]:
        """The images of the subject's containers."""
        return note.images


class NodeIndex(_PageIndex):
    """Pages by node."""

    name = "nodes"
    words = N_("Index by node"), N_("nodes")

    def groups_of(self, note: PageNote) -> Iterable[str]:
        """The nodes that the subject runs on."""
        return note.nodes


INDICES: tuple[type[_PageIndex], ...] = (NamespaceIndex, ImageIndex, NodeIndex)


def speak(_app: Sphinx, _config: Config) -> None:
    """Name the indices in the language of the site. Sphinx reads their names from the classes, and some builders (json) want plain strings."""
    for index in INDICES:
        index.localname, index.shortname = map(_, index.words)
