"""What each page shows: pure functions from a site and the key of a page to a view.

:data:`VIEWS` holds them under the names that templates and hand-written pages use.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rkedoc.sphinxext.view import ViewFunction
from rkedoc.sphinxext.views.headings import HEADINGS

__all__ = ["HEADINGS", "VIEWS"]

VIEWS: Mapping[str, ViewFunction] = MappingProxyType({})
"""Every view by its name."""
