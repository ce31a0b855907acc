"""Markdown documents, read with one parser.

MyST makes its parser of Markdown anew for each document, with its rules, its renderer, and the settings of a document
that nobody asked for. On the thin pages of a site that is most of what reading the Markdown takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from myst_parser.parsers.mdit import create_md_parser
from myst_parser.parsers.sphinx_ import MystParser

if TYPE_CHECKING:
    from docutils import nodes
    from markdown_it import MarkdownIt
    from sphinx.application import Sphinx


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
            _kept[0][1].render(inputstring)
        finally:
            del options["document"]


def register(app: Sphinx) -> None:
    """Take the place of MyST's parser of documents."""
    app.add_source_parser(MarkdownParser, override=True)
