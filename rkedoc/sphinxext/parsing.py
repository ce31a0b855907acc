"""Markdown documents, read with one parser.

MyST makes its parser of Markdown anew for each document, with its rules, its renderer, and the settings of a document
that nobody asked for. On the thin pages of a site that is most of what reading the Markdown takes. What is left of it
is to find the headings and directives that the templates have put there, line by line: a page that has nothing else is
taken apart here, and its directives are run by MyST as ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from docutils import nodes
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from myst_parser.parsers.mdit import create_md_parser
from myst_parser.parsers.sphinx_ import MystParser

from rkedoc.sphinxext.directives import HeadingRole, TitleRole

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from sphinx.application import Sphinx


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that is one role: ``# {rkedoc-title}`key```, of level 1, or ``## {rkedoc-heading}`id```, of level 2."""

    line: int
    level: int
    raw: str
    text: str


@dataclass(frozen=True, slots=True)
class Fence:
    """A directive between fences."""

    line: int
    name: str
    argument: str
    content: str


_HEADING = re.compile(r"(#) (\{rkedoc-title\}`([a-z0-9-]+)`)|(##) (\{rkedoc-heading\}`([a-z0-9-]+)`)")
_FENCE = re.compile(r"```\{(rkedoc|toctree)\} ?([a-z0-9 -]*)")
_END = "```"


def thin_page(text: str) -> list[Heading | Fence] | None:
    """What a page consists of that has one title, headings and our directives; None if it has anything else.

    >>> thin_page("# {rkedoc-title}`overview`\\n\\n```{rkedoc} map overview\\n```\\n")[1]
    Fence(line=3, name='rkedoc', argument='map overview', content='')
    """
    found: list[Heading | Fence] = []
    lines = enumerate(text.split("\n"), start=1)
    for number, line in lines:
        if heading := _HEADING.fullmatch(line):
            level = 1 if heading[1] else 2
            if (level == 1) != (not found):
                return None
            found.append(Heading(number, level, heading[2] or heading[5], heading[3] or heading[6]))
        elif found and (fence := _FENCE.fullmatch(line)):
            content = []
            for _number, inner in lines:
                if inner == _END:
                    break
                content.append(f"{inner}\n")
            else:
                return None
            found.append(Fence(number, fence[1], fence[2], "".join(content)))
        elif line:
            return None
    return found or None


_kept: list[tuple[Any, MarkdownIt]] = []
"""The parser of Markdown that was made last, with the configuration that it is for."""


class MarkdownParser(MystParser):
    """MyST's parser of documents, which makes the parser of Markdown once for all documents of one configuration.

    A document with a configuration of its own (front matter) is read as ever, and so is one within another.
    """

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Read a document."""
        config = document.settings.env.myst_config
        if not _kept or _kept[0][0] is not config:
            _kept[:] = [(config, create_md_parser(config, SphinxRenderer))]
        options = _kept[0][1].options
        if "document" in options or inputstring.startswith("---"):
            super().parse(inputstring, document)
            return
        options["document"] = document
        try:
            page = thin_page(inputstring) if _says_nothing_of_headings(config) else None
            if page is None:
                _kept[0][1].render(inputstring)
            else:
                _put_together(page, _kept[0][1], document)
        finally:
            del options["document"]


def _says_nothing_of_headings(config: Any) -> bool:
    """Whether headings become what they are by themselves: without slugs, and without marks for MathJax."""
    plain = not (config.commonmark_only or config.gfm_only or config.heading_anchors)
    return plain and "dollarmath" not in config.enable_extensions


def _put_together(page: list[Heading | Fence], parser: MarkdownIt, document: nodes.document) -> None:
    """Make the document of a thin page, with the renderer that MyST has for it."""
    renderer: Any = parser.renderer
    renderer.render([], parser.options, {})
    inliner: Any = SimpleNamespace(document=document, reporter=document.reporter)
    for part in page:
        if isinstance(part, Fence):
            renderer.current_node += renderer.run_directive(part.name, part.argument, part.content, part.line)
            continue
        document.current_line = part.line
        name, role = ("rkedoc-title", TitleRole()) if part.level == 1 else ("rkedoc-heading", HeadingRole())
        shown, _messages = role(name, part.raw, part.text, part.line, inliner)
        title = nodes.title(part.raw, "", *shown)
        section = nodes.section("", title)
        for node in (section, title):
            node.source, node.line = document["source"], part.line
        renderer.update_section_level_state(section, part.level)
        section["names"].append(nodes.fully_normalize_name(title.astext()))
        document.note_implicit_target(section, section)
        renderer.current_node = section


def register(app: Sphinx) -> None:
    """Take the place of MyST's parser of documents."""
    app.add_source_parser(MarkdownParser, override=True)
