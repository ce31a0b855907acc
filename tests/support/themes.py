"""The Sphinx themes that are installed. ``nox -s themes`` installs all that the tests know of; elsewhere they run with those that are there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

WITHOUT_PAGES = frozenset(
    ("default", "epub", "sphinx_basic_ng", "basic-ng", "sphinxdoc", "bizstyle", "haiku", "nature", "pyramid")
)
"""Themes that are no more than a base of others, or were made for other times."""

ALSO: Mapping[str, str] = {"sphinx_immaterial": "sphinx_immaterial"}
"""Extensions that a theme asks for by its documentation."""

OPTIONS: Mapping[str, Mapping[str, object]] = {"sphinx_immaterial": {"font": False}}
"""Options without which a theme asks the network."""

INSTALLED = sorted(
    {"alabaster", "classic", *(found.name for found in entry_points(group="sphinx.html_themes"))} - WITHOUT_PAGES
)


def settings(theme: str) -> dict[str, object]:
    """The configuration that a wiki with this theme needs."""
    more = [ALSO[theme]] if theme in ALSO else []
    return {
        "extensions": [*more, "myst_parser", "rkedoc.sphinxext"],
        "html_theme": theme,
        "html_theme_options": dict(OPTIONS.get(theme, {})),
    }
