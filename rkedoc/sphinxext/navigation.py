"""The sidebar of generated pages in themes that would otherwise print a whole section on every page.

A theme that lists all pages of a namespace on each of them takes time and space in the square of their number. This
sidebar has a bounded number of links: the way up, the siblings around the page, and the first of its children.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.html import escape
from rkedoc.sphinxext.blocks.sanitize import title
from rkedoc.sphinxext.headings import page_heading
from rkedoc.sphinxext.pages import ROOT

if TYPE_CHECKING:
    from rkedoc.sphinxext.layout import Page
    from rkedoc.sphinxext.site import Site

TEMPLATE = "rkedoc-navigation.html"
REPLACED = frozenset({"sidebar-nav-bs.html", "sidebar-nav-bs"})
"""Sidebar templates that print a whole section; ours takes their place."""
_AROUND = 12
_CHILDREN = 40

Uri = Callable[[str], str]


class Navigation:
    """Sidebars of the pages of a site. Positions among siblings are found once, and links once for the pages of a folder that follow one another."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._place = {child.key: index for children in site.children.values() for index, child in enumerate(children)}
        self._names: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._folder = ""

    def html(self, page: Page, uri: Uri, folder: str) -> str:
        """The sidebar of a page; ``uri`` gives the address of a document as seen from it, the same for all pages of a ``folder``."""
        if folder != self._folder:
            self._folder = folder
            self._links.clear()
        site = self._site
        top = site.pages[ROOT]
        level = self._list((top, *site.children.get(top.key, ())), page, uri, self._within(page, uri))
        heading = escape(_("Contents of the site"))
        return (
            f'<nav class="bd-docs-nav bd-links rkedoc-nav" aria-label="{heading}">'
            f'<p class="bd-links__title" role="heading" aria-level="1">{heading}</p>'
            f'<div class="bd-toc-item navbar-nav">{level}</div></nav>'
        )

    def _within(self, page: Page, uri: Uri) -> dict[str, str]:
        """What stands below each page on the way down to this one."""
        site = self._site
        below: dict[str, str] = {}
        children = site.children.get(page.key, ()) if page.key != ROOT else ()
        if children:
            below[page.key] = self._list(
                children[:_CHILDREN],
                page,
                uri,
                {},
                more=(len(children) - _CHILDREN, page),
            )
        current = page
        while current.parent and current.parent != ROOT:
            parent = site.pages[current.parent]
            siblings = site.children[parent.key]
            at = self._place[current.key]
            start = max(0, min(at - _AROUND, len(siblings) - 2 * _AROUND - 1))
            around = siblings[start : start + 2 * _AROUND + 1]
            below[parent.key] = self._list(around, page, uri, below, more=(len(siblings) - len(around), parent))
            current = parent
        return below

    def _list(
        self,
        pages: tuple[Page, ...],
        here: Page,
        uri: Uri,
        below: dict[str, str],
        more: tuple[int, Page | None] = (0, None),
    ) -> str:
        items = []
        for page in pages:
            inner = below.get(page.key, "")
            if page.key == here.key:
                items.append(
                    f'<li class="toctree-l1 current active"><a class="current reference internal" href="#" '
                    f'aria-current="page">{self._name(page)}</a>{inner}</li>'
                )
            else:
                mark = " current active" if inner else ""
                items.append(f'<li class="toctree-l1{mark}">{self._link(page, uri)}{inner}</li>')
        count, whole = more
        if count > 0 and whole is not None:
            words = escape(_("{count} more").format(count=f"{count:,}"))
            target = "#" if whole.key == here.key else escape(uri(whole.docname))
            items.append(f'<li class="toctree-l1"><a class="reference internal" href="{target}">{words}</a></li>')
        return f'<ul class="nav bd-sidenav">{"".join(items)}</ul>'

    def _name(self, page: Page) -> str:
        if page.key not in self._names:
            name = page_heading(self._site, page) if page.kind == "fixed" else title(page.title)
            self._names[page.key] = escape(name)
        return self._names[page.key]

    def _link(self, page: Page, uri: Uri) -> str:
        if page.key not in self._links:
            address = escape(uri(page.docname))
            self._links[page.key] = f'<a class="reference internal" href="{address}">{self._name(page)}</a>'
        return self._links[page.key]
