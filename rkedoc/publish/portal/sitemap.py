"""Site maps: which pages a search engine may list, once it is known at which address they are served (sitemaps.org, protocol 0.9).

Of each cluster the newest version is listed alone: pages of all versions name its pages as theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from rkedoc.publish.version import LATEST, PublishedVersion

NAME: Final = "sitemap.xml"

MARK: Final = "<!-- Written by rkedoc. -->"
"""By which a file of ours is known."""

_SCHEMA: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST: Final = 50_000
"""Addresses that one file may hold (ibid.)."""


def site_maps(clusters: Mapping[str, Sequence[PublishedVersion]]) -> Mapping[str, str]:
    """The files by their paths: one for each cluster whose newest version knows its address, and one that names these. ``clusters`` are the
    versions of each by its folder, the newest first. Without any address there is none."""
    newest = {folder: versions[0] for folder, versions in sorted(clusters.items()) if versions[0].base_url}
    if not newest:
        return {}
    found = {f"{folder}/{NAME}": _pages(folder, version) for folder, version in newest.items()}
    lines = [
        f"<sitemap><loc>{_at(version, folder, NAME)}</loc><lastmod>{escape(version.time)}</lastmod></sitemap>"
        for folder, version in newest.items()
    ]
    found[NAME] = _file("sitemapindex", lines)
    return found


def _pages(folder: str, version: PublishedVersion) -> str:
    lines = [
        f"<url><loc>{_at(version, folder, LATEST, page)}</loc><lastmod>{escape(version.time)}</lastmod></url>"
        for page in version.pages[:_MOST]
    ]
    return _file("urlset", lines)


def _at(version: PublishedVersion, *parts: str) -> str:
    return escape("/".join((version.base_url.rstrip("/"), *(quote(part) for part in parts))))


def _file(kind: str, lines: Sequence[str]) -> str:
    head = '<?xml version="1.0" encoding="utf-8"?>'
    return "\n".join((head, MARK, f'<{kind} xmlns="{_SCHEMA}">', *lines, f"</{kind}>")) + "\n"
