"""Lists over all clusters: what of a kind there is, and for each the clusters that have it with the page that says so.

Of each cluster its newest version counts. A cluster whose site tells nothing is named in each list as not known: that it is missing there
does not mean that it lacks what is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rkedoc.cluster.fields import items, natural, text
from rkedoc.i18n import N_, between
from rkedoc.publish.portal.told import Told
from rkedoc.snapshot.identity import parse_id
from rkedoc.vocabulary import Severity


@dataclass(frozen=True, slots=True)
class Use:
    """Where a cluster has something: ``page`` of its site says so, ``subject`` is what it is there."""

    cluster: int
    page: str
    subject: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that clusters have. ``group`` tells apart what has one title; ``tone`` is that of a badge, ``ends`` the day on which its
    support ends, or if ``at_latest`` had ended."""

    title: str
    group: str = ""
    tone: str = ""
    ends: str = ""
    at_latest: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the portal. ``key`` is its file's name without an ending, ``title`` and ``about`` are messages."""

    key: str
    title: str
    about: str
    found: Callable[[Told], Iterator[tuple[Entry, str, str]]]
    """Gives each thing of a cluster with its page and its subject."""


def _images(told: Told) -> Iterator[tuple[Entry, str, str]]:
    for image in items(told.site, "images"):
        for user in items(image, "users"):
            yield Entry(text(image, "image")), text(user, "page") or "images.html", _subject(text(user, "record"))


def _components(told: Told) -> Iterator[tuple[Entry, str, str]]:
    running: dict[str, list[str]] = {}
    for version in items(told.site, "versions"):
        running.setdefault(text(version, "of"), []).append(text(version, "version"))
    for component in items(told.site, "components"):
        shown = ", ".join(dict.fromkeys(running.get(text(component, "name"), ())))
        yield Entry(text(component, "name"), text(component, "summary")), told.page_of(text(component, "id")), shown


def _versions(told: Told) -> Iterator[tuple[Entry, str, str]]:
    for version in items(told.site, "versions"):
        yield Entry(f"{text(version, 'of')} {text(version, 'version')}"), "index.html", text(version, "read_in")


def _support(told: Told) -> Iterator[tuple[Entry, str, str]]:
    for one in items(told.site, "support"):
        name = " ".join(part for part in (text(one, "of"), text(one, "line") or text(one, "version")) if part)
        yield (
            Entry(name, ends=text(one, "ends"), at_latest=one.get("at_latest") is True),
            "index.html",
            text(one, "version"),
        )


def _problems(told: Told) -> Iterator[tuple[Entry, str, str]]:
    for problem in items(told.site, "problems"):
        try:
            severity = Severity(text(problem, "severity"))
        except ValueError:
            continue
        # What the platform calls it is the same in all clusters; the sentence names what it is about.
        reason, sentence, subject = (text(problem, name) for name in ("reason", "said", "subject"))
        entry = Entry(reason or sentence, str(severity.label.translated), severity.tone)
        yield (
            entry,
            text(problem, "page") or "index.html",
            between(": ").join((subject, sentence) if reason else (subject,)),
        )


def _owners(told: Told) -> Iterator[tuple[Entry, str, str]]:
    for workload in items(told.site, "workloads"):
        if owner := text(workload, "owner"):
            yield Entry(owner), text(workload, "page") or "owners.html", _subject(text(workload, "id"))


LISTINGS: Final = (
    Listing("images", N_("Images"), N_("Which clusters run this image, and for what."), _images),
    Listing("components", N_("Components"), N_("Which clusters have this part of a platform or this add-on, and in which version."), _components),
    Listing("versions", N_("Versions"), N_("Which clusters run this version of Kubernetes, of a runtime, a system or a component."), _versions),
    Listing("support", N_("Support"), N_("Until when what runs is supported, and where it runs."), _support),
    Listing("problems", N_("What is not well"), N_("What was not well when the newest snapshot of each cluster was taken."), _problems),
    Listing("owners", N_("Owners"), N_("Who answers for what, in which clusters."), _owners),
)  # fmt: skip
"""The lists, in the order of the portal."""


def rows(listing: Listing, clusters: Sequence[Told]) -> Mapping[str, Any]:
    """The data of a list: its rows, each with its uses, and the places of the clusters that tell nothing."""
    found: dict[Entry, dict[Use, None]] = {}
    for place, told in enumerate(clusters):
        for entry, page, subject in listing.found(told):
            if entry.title:
                found.setdefault(entry, {})[Use(place, page, subject)] = None
    ordered = sorted(found, key=lambda entry: (natural(entry.title), entry.group, entry.ends, entry.at_latest))
    return {
        "rows": [
            [entry.title, entry.group, entry.tone, [entry.ends, int(entry.at_latest)] if entry.ends else 0, [[use.cluster, use.page, use.subject] for use in found[entry]]]
            for entry in ordered
        ],
        "unknown": [place for place, told in enumerate(clusters) if not told.site],
    }  # fmt: skip


def _subject(record: str) -> str:
    """A record as people call it."""
    try:
        _group, kind, namespace, name = parse_id(record)
    except ValueError:
        return record
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
