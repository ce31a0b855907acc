"""Titles and headings: words in the language of the site over anchors that are the same in every language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from rkedoc.i18n import _, in_brackets
from rkedoc.sphinxext.blocks.html import escape
from rkedoc.sphinxext.blocks.sanitize import title
from rkedoc.sphinxext.layout import DETAIL

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

    from rkedoc.sphinxext.layout import Page
    from rkedoc.sphinxext.site import Site


def heading_parts(site: Site, page: Page) -> tuple[str, str]:
    """The title of a page, and the badge behind it: for the page of a subject its name, and what kind of thing it is; empty if that needs no saying."""
    kind = site.declared.kind_of(page)
    if page.kind == "fixed":
        return _(kind.title), ""
    told = kind.detailed if page.detail and kind.detailed else kind.title
    name, detail = title(page.title), title(page.detail)
    badge = detail if kind.badge == DETAIL else _(kind.badge) if kind.badge else ""
    return _(told).format(name=name, detail=detail), badge


def page_heading(site: Site, page: Page) -> str:
    """The title of a page as plain text."""
    name, badge = heading_parts(site, page)
    return in_brackets(name, badge) if badge else name


class heading_mark(nodes.inline):
    """Words in a heading that say which anchor the heading has (``node["key"]``). Gone once the document is read."""


class kind_badge(nodes.inline):
    """Behind a name in a title: what kind of thing it is the name of. Its text is in brackets, which a badge does not need to show."""

    @classmethod
    def of(cls, words: str) -> kind_badge:
        """The badge with these words."""
        return cls("", in_brackets("", words))


def _visit_kind(translator: HTML5Translator, node: nodes.Element) -> None:
    words = node.astext().strip()
    bracket = '<span class="rkedoc-bracket">{}</span>'.format
    shown = f"{bracket(words[0])}{escape(words[1:-1])}{bracket(words[-1])}"
    blank = " " if words[0] == "(" else ""  # a bracket of full width has one within it
    translator.body.append(f'{blank}<span class="rkedoc-kind">{shown}</span>')
    raise nodes.SkipNode


def _unseen(node: nodes.Node) -> bool:
    """Whether a node shows nothing: a hidden tree of pages."""
    return isinstance(node, nodes.compound) and all(
        isinstance(child, addnodes.toctree) and child.get("hidden") for child in node.children
    )


class StableHeadings(SphinxTransform):
    """Gives marked headings their anchors, and takes out marked sections that have nothing below their heading.

    A hidden tree of pages, which stands at the end of the file, is that of the page and not of its last section: outlines and sidebars
    hang the pages where it stands.
    """

    default_priority = 205

    def apply(self, **kwargs: Any) -> None:
        """Work on the document."""
        marks = list(self.document.findall(heading_mark))
        for mark in marks:
            key, heading = mark["key"], mark.parent
            mark.replace_self(mark.children)
            section = heading.parent if isinstance(heading, nodes.title) else None
            if not isinstance(section, nodes.section):
                continue
            if isinstance(section.parent, nodes.section) and all(map(_unseen, section.children[1:])):
                above = section.parent
                above.remove(section)
                above.extend(section.children[1:])
                continue
            for old in section["ids"]:
                self.document.ids.pop(old, None)
            section["ids"] = [key]
            section["names"] = []
            self.document.ids[key] = section
        page = next(self.document.findall(nodes.section), None)
        if marks and page is not None:
            for tree in list(filter(_unseen, page.findall(nodes.compound))):
                tree.parent.remove(tree)
                page.append(tree)


def register(app: Sphinx) -> None:
    """Add the node and the transform."""
    app.add_node(heading_mark)
    app.add_node(kind_badge, html=(_visit_kind, None))
    app.add_transform(StableHeadings)
