"""What changed in all clusters, by day, and the same as feeds (Atom, RFC 4287) for everything, for a cluster and for an owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from rkedoc.i18n import _, counted
from rkedoc.publish.portal.told import Told, inner
from rkedoc.publish.version import PublishedVersion
from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.blocks.sanitize import title
from rkedoc.store.retention import moment
from rkedoc.vocabulary import Weight

LATEST: Final = 100
"""Entries of a feed."""
SHOWN: Final = 1000
"""Changes that the page of changes names; of more, the newest."""
_ATOM: Final = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Step:
    """A version with what changed in its cluster since the one before."""

    folder: str
    version: PublishedVersion
    inner: str

    @property
    def name(self) -> str:
        """How people call the cluster."""
        return title(self.version.cluster) or self.folder

    @property
    def page(self) -> str:
        """The page that tells what changed, from the root of all sites."""
        page = f"{self.inner}changes.html"
        return f"{self.folder}/{self.version.label}/{page if page in self.version.pages else f'{self.inner}index.html'}"


def steps(clusters: Mapping[str, Sequence[PublishedVersion]], language: str) -> list[Step]:
    """The steps of all clusters in which something changed, the newest first."""
    found = [
        Step(folder, version, inner(version, language))
        for folder, versions in clusters.items()
        for version in versions
        if version.since and sum(version.changes.values())
    ]
    return sorted(found, key=lambda step: (step.version.time, step.folder, step.version.label), reverse=True)


def said(version: PublishedVersion) -> str:
    """What changed in a version, as a sentence in the language in use."""
    if not version.since:
        return _("not compared with an earlier version")
    count = sum(version.changes.values())
    if not count:
        return _("no change since {label}").format(label=version.since)
    parts = ", ".join(
        f"{weight.label.translated} {version.changes[weight]}" for weight in Weight if weight in version.changes
    )
    total = counted(count, _("{count} change"), _("{count} changes"))
    return _("{changes} since {label}: {parts}").format(changes=total, label=version.since, parts=parts)


def raised(version: PublishedVersion) -> list[str]:
    """The versions that rose, or fell, with it."""
    return [f"{name} {old} → {new}" for name, old, new in version.raised]


def lately(versions: Sequence[PublishedVersion], days: int = 7) -> int | None:
    """How much changed in a cluster in the days before its newest snapshot; ``None`` where nothing that old is there to compare with."""
    compared = [version for version in versions if version.since]
    if not versions or not compared:
        return None
    first = moment(versions[0].time) - timedelta(days=days)
    return sum(sum(version.changes.values()) for version in compared if moment(version.time) > first)


def feeds(every: Sequence[Step], newest: Sequence[Told]) -> dict[str, str]:
    """The feeds by their paths below the root of all sites. An owner's has the changes of the clusters in which something is theirs."""
    found = {"feed.xml": feed(_("Changes of all clusters"), "feed.xml", every)}
    for told in newest:
        path = f"{told.folder}/feed.xml"
        own = [step for step in every if step.folder == told.folder]
        found[path] = feed(_("Changes of {cluster}").format(cluster=told.name), path, own)
    owners: dict[str, set[str]] = {}
    for told in newest:
        for owner in told.owners:
            owners.setdefault(owner, set()).add(told.folder)
    for owner, folders in sorted(owners.items()):
        path = owner_feed(owner)
        own = [step for step in every if step.folder in folders]
        found[path] = feed(
            _("Changes of the clusters in which {owner} has something").format(owner=title(owner)), path, own
        )
    return found


def owner_feed(owner: str) -> str:
    """Where the feed of an owner lies."""
    return f"_portal/owner-{page_key(owner)}.xml"


def feed(name: str, path: str, given: Iterable[Step]) -> str:
    """A feed. Addresses are relative to it, since nobody knows where the site will lie; ids are those of what was published."""
    up = "../" * path.count("/")
    entries = list(given)[:LATEST]
    updated = max((step.version.time for step in entries), default="1970-01-01T00:00:00Z")
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="{_ATOM}">',
        f"<title>{_xml(name)}</title>",
        f"<id>urn:rkedoc:feed:{_xml(path)}</id>",
        f"<updated>{_xml(updated)}</updated>",
        "<author><name>rkedoc</name></author>",
        f'<link rel="alternate" href={quoteattr(f"{up}changes.html")}/>',
    ]
    for step in entries:
        version = step.version
        lines += [
            "<entry>",
            f"<title>{_xml(f'{step.name} {version.label}')}</title>",
            f"<id>urn:rkedoc:{_xml(version.snapshot)}:{_xml(step.folder)}</id>",
            f"<updated>{_xml(version.time)}</updated>",
            f"<link href={quoteattr(up + step.page)}/>",
            f"<summary>{_xml('; '.join((said(version), *raised(version))))}</summary>",
            "</entry>",
        ]
    return "\n".join((*lines, "</feed>")) + "\n"


def _xml(text: str) -> str:
    """A text that XML may hold, escaped (XML 1.0, production Char)."""
    allowed = (c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff")
    return escape("".join(allowed))
