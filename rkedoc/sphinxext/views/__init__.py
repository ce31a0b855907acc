"""What each page shows: pure functions from a site and the key of a page to a view.

:data:`VIEWS` holds them under the names that templates and hand-written pages use.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rkedoc.sphinxext.blocks.view import ViewFunction
from rkedoc.sphinxext.views.pages import (
    access,
    collection,
    concepts,
    glossary,
    images,
    ledger,
    namespace,
    network,
    node,
    overview,
    standalone,
    step,
    storage,
    timeline,
    topics,
    workload,
)
from rkedoc.sphinxext.views.parts import history, ways
from rkedoc.sphinxext.views.parts.headings import HEADINGS

__all__ = ["HEADINGS", "VIEWS"]

VIEWS: Mapping[str, ViewFunction] = MappingProxyType(
    {
        **access.VIEWS,
        **history.VIEWS,
        **step.VIEWS,
        **timeline.VIEWS,
        **collection.VIEWS,
        **concepts.VIEWS,
        **glossary.VIEWS,
        **images.VIEWS,
        **ledger.VIEWS,
        **namespace.VIEWS,
        **network.VIEWS,
        **node.VIEWS,
        **overview.VIEWS,
        **standalone.VIEWS,
        **storage.VIEWS,
        **topics.VIEWS,
        **ways.VIEWS,
        **workload.VIEWS,
    }
)
"""Every view by its name."""
