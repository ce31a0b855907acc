"""What :func:`rkedoc.sphinxext.setup` does; apart from it so that views do not load Sphinx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc import __version__
from rkedoc.i18n import DOMAIN
from rkedoc.resources import resource
from rkedoc.sphinxext import config, directives, events, headings, indices, parsing
from rkedoc.sphinxext.blocks import nodes
from rkedoc.sphinxext.domain import K8sDomain
from rkedoc.sphinxext.search import index, words

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def register(app: Sphinx) -> ExtensionMetadata:
    """Add the configuration values, the domain, the nodes, the directives and the handlers of events."""
    if ".md" not in app.registry.source_suffix:  # myst_nb, where it is loaded, reads Markdown in its own way
        app.setup_extension("myst_parser")
    config.register(app)
    parsing.register(app)
    app.connect("config-inited", config.check)
    app.connect("config-inited", indices.speak)  # after the language is known
    for domain in (DOMAIN, "sphinx"):
        app.add_message_catalog(domain, str(resource("locale")))
    K8sDomain.directives.update(directives.object_directives())
    app.add_domain(K8sDomain)
    nodes.register(app)
    headings.register(app)
    directives.register(app)
    events.register(app)
    words.register(app)
    index.register(app)
    return {
        "version": __version__,
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
