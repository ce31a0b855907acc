"""What :func:`rkedoc.sphinxext.setup` does; apart from it so that views do not load Sphinx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc import __version__
from rkedoc.i18n import DOMAIN
from rkedoc.resources import resource
from rkedoc.sphinxext import config, directives, events, headings, markdown, search
from rkedoc.sphinxext.blocks import nodes
from rkedoc.sphinxext.domain import K8sDomain

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def register(app: Sphinx) -> ExtensionMetadata:
    """Add the configuration values, the domain, the nodes, the directives and the handlers of events."""
    app.setup_extension("myst_parser")
    config.register(app)
    markdown.register(app)
    app.connect("config-inited", config.check)
    for domain in (DOMAIN, "sphinx"):
        app.add_message_catalog(domain, str(resource("locale")))
    K8sDomain.directives.update(directives.object_directives())
    app.add_domain(K8sDomain)
    nodes.register(app)
    headings.register(app)
    directives.register(app)
    events.register(app)
    search.register(app)
    return {
        "version": __version__,
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
