"""The Sphinx extension: a domain, directives and roles, and the pages of a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register everything with Sphinx; ``extensions = ["myst_parser", "rkedoc.sphinxext"]``."""
    from rkedoc.sphinxext.register import register

    return register(app)
