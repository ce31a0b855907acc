"""What is known of pydata-sphinx-theme beforehand, so that it need not be found out again on each page.

The theme prints each part of a page once to see whether anything comes of it, and once more for the page; the page's
own table of contents it takes apart and puts together with a parser of HTML both times. Pages of one kind have the same
table of contents but for their title, which is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_NEVER_EMPTY = ("navbar-logo.html", "search-button-field.html", "theme-switcher.html")
_EMPTY_WITHOUT_TITLE = "breadcrumbs.html"
_SKIPPED = "theme_templates_skip_empty_check"
_SECONDARY = "theme_secondary_sidebar_items"
_PAGE_TOC = frozenset({"page-toc", "page-toc.html"})
PAGE_TOC = "rkedoc-page-toc.html"
"""The template that takes the place of the theme's own for a page's table of contents: it includes that one."""

_TITLE = re.compile(r'<ul>\n<li><a class="reference internal" href="#">(?s:.*?)</a>')
"""How the contents of a page with one title begin: a link holds no other, whatever else is in it."""


def spare_empty_checks(context: dict[str, Any], own: str, *, is_root: bool) -> None:
    """Name the parts of which something always comes: those of the theme (0.24), and our ``own`` sidebar."""
    skipped = context.get(_SKIPPED)
    if skipped is None:
        return
    more = () if is_root or not context.get("title") else (_EMPTY_WITHOUT_TITLE,)
    context[_SKIPPED] = [*_names(skipped), *_NEVER_EMPTY, *more, own]


def _names(templates: Any) -> list[str]:
    """The names in an option of the theme that is a list or one string; none in one that has a list for each pattern of pages."""
    if isinstance(templates, str):
        templates = templates.split(",")
    return [name.strip() for name in templates] if isinstance(templates, list) else []


class PageContents:
    """The tables of contents of pages as the theme prints them, by what stands below the title."""

    def __init__(self) -> None:
        self._printed: dict[str, str] = {}

    def into(self, context: dict[str, Any]) -> None:
        """Have a page print its table of contents by way of this."""
        names = _names(context.get(_SECONDARY))
        if any(name in _PAGE_TOC for name in names):
            context[_SECONDARY] = [PAGE_TOC if name in _PAGE_TOC else name for name in names]
            context["rkedoc_page_toc"] = lambda theirs: lambda: self._print(str(context.get("toc", "")), theirs)

    def _print(self, toc: str, theirs: Callable[[], Any]) -> str:
        title = _TITLE.match(toc)
        if title is None:
            return str(theirs())
        below = toc[title.end() :]
        if below in self._printed:
            return self._printed[below]
        found = theirs()
        # Of a page with several titles the theme gives all, and else the list below the title, or nothing.
        if getattr(found, "name", "ul") == "ul":
            self._printed[below] = str(found)
        return str(found)
