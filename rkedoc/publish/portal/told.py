"""What the published versions say of their clusters, as far as it can be read: one that is broken says nothing, and stops nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from rkedoc.cluster.fields import items, text
from rkedoc.publish.version import PublishedVersion
from rkedoc.sphinxext import twin
from rkedoc.sphinxext.blocks.sanitize import title


@dataclass(frozen=True, slots=True)
class Told:
    """A published version with what its site says for programs.

    ``folder`` is that of its cluster, ``inner`` the folder of the language within the version (``en/``, or empty), ``site`` the content
    of ``rkedoc.json`` there, empty if it cannot be read.
    """

    folder: str
    version: PublishedVersion
    inner: str
    site: Mapping[str, Any]

    @property
    def name(self) -> str:
        """How people call the cluster."""
        return title(self.version.cluster) or self.folder

    def address(self, page: str = "index.html") -> str:
        """The address of one of its pages from the root of all sites."""
        return f"{self.folder}/{self.version.label}/{self.inner}{page}"

    def page_of(self, component: str) -> str:
        """The page of a workload that is this component; that of the ledger where it is none."""
        pages = (text(one, "page") for one in items(self.site, "workloads") if text(one, "component") == component)
        return next(pages, "") or "ledger.html"

    @property
    def owners(self) -> Sequence[str]:
        """Who answers for something in it, sorted."""
        return sorted({owner for one in items(self.site, "workloads") if (owner := text(one, "owner"))})


def inner(version: PublishedVersion, language: str) -> str:
    """The folder of a language within a version that is there in several; that of its first where it lacks this one."""
    for code in (language, *version.languages):
        if f"{code}/index.html" in version.pages:
            return f"{code}/"
    return ""


def told(root: Path, folder: str, version: PublishedVersion, language: str) -> Told:
    """What a version below ``root`` says, in a language where it speaks it."""
    place = inner(version, language)
    return Told(folder, version, place, _read(root / folder / version.label / place / twin.NAME))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = orjson.loads(path.read_bytes()) if not path.is_symlink() else None
    except (OSError, ValueError):
        found = None
    return found if isinstance(found, dict) and found.get("rkedoc") == "site" else {}
