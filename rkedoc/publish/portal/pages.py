"""The files of the portal: its pages in every language that versions are there in, their data, and the feeds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2

from rkedoc import i18n
from rkedoc.cluster.fields import items, text
from rkedoc.i18n import N_, _, counted
from rkedoc.publish.portal import find
from rkedoc.publish.portal.changes import SHOWN, feeds, lately, owner_feed, raised, said, steps
from rkedoc.publish.portal.listings import LISTINGS, Listing, rows
from rkedoc.publish.portal.told import Told, told
from rkedoc.publish.version import PublishedVersion
from rkedoc.resources import resource
from rkedoc.sphinxext.blocks.html import time_text
from rkedoc.vocabulary import Origin, Severity

FOLDER: Final = "_portal"
"""Where data, style and script of the portal lie. No cluster's folder is called so: those have letters, digits and hyphens."""

NO_NEWS_DAYS: Final = 7
"""Days after which it is a finding that nothing has come from a cluster."""

_KINDS: Final[Mapping[str, str]] = {
    "page": N_("page"), "image": N_("image"), "workload": N_("workload"), "component": N_("component"), "node": N_("node"),
    "namespace": N_("namespace"), "version": N_("version"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """A language, and how pages are called in it."""

    language: str
    first: bool
    languages: tuple[str, ...]

    def page(self, key: str, language: str = "") -> str:
        """The file of a page in this language, or in another one."""
        code = language or self.language
        return f"{key}.html" if code == self.languages[0] else f"{key}.{code}.html"


def portal(root: Path, clusters: Mapping[str, Sequence[PublishedVersion]]) -> Mapping[str, str]:
    """All files of the portal by their paths below ``root``. ``clusters`` are the versions of each by its folder, the newest first."""
    spoken = _languages(clusters)
    found = {f"{FOLDER}/portal.{ending}": _asset(f"portal.{ending}") for ending in ("css", "js")}
    current = i18n.language()
    try:
        for code in spoken:
            i18n.set_language(code)
            found.update(_in_language(root, clusters, _Place(code, code == spoken[0], spoken)))
    finally:
        i18n.set_language(current)
    return found


def _languages(clusters: Mapping[str, Sequence[PublishedVersion]]) -> tuple[str, ...]:
    """The languages of the portal: the first of the newest version, then all others that a version is there in."""
    every = [version for versions in clusters.values() for version in versions]
    newest = max(every, key=lambda version: (version.time, version.label), default=None)
    first = newest.languages[0] if newest is not None else "en"
    return tuple(dict.fromkeys(i18n.closest(code) for code in (first, *(c for v in every for c in v.languages))))


def _in_language(
    root: Path, clusters: Mapping[str, Sequence[PublishedVersion]], place: _Place
) -> Iterator[tuple[str, str]]:
    read = {
        folder: [told(root, folder, version, place.language) for version in versions]
        for folder, versions in clusters.items()
    }
    newest = [versions[0] for versions in read.values()]
    every = steps(clusters, place.language)
    data = f"{FOLDER}/{place.language}"
    yield f"{data}/clusters.js", _script("clusters", [_where(one) for one in newest])
    for listing in LISTINGS:
        yield f"{data}/{listing.key}.js", _script(listing.key, rows(listing, newest))
        yield place.page(listing.key), _page("listing.html.jinja", place, listing.key, **_listing(listing, place))
    for name, shard in find.shards(newest, [versions[1:] for versions in read.values()]).items():
        yield f"{data}/find/{name}.js", _script(f"find/{name}", shard)
    yield (
        place.page("changes"),
        _page("changes.html.jinja", place, "changes", days=_days(every), owners=_owner_feeds(newest)),
    )
    yield (
        place.page("index"),
        _page("start.html.jinja", place, "index", clusters=[_cluster(one, place) for one in read.values()]),
    )
    if place.first:
        yield from feeds(every, newest).items()


def _where(one: Told) -> list[str]:
    return [one.name, one.address(""), one.version.time[:10], f"{one.folder}/"]


def _script(name: str, value: Any) -> str:
    """Data as a script: ASCII alone, so that no character set can change it, and nothing that could end a script."""
    data = json.dumps(value, separators=(",", ":")).replace("</", "<\\/")
    return f"rkedocPortal({json.dumps(name)},{data});\n"


def _listing(listing: Listing, place: _Place) -> Mapping[str, Any]:
    return {"title": _(listing.title), "about": _(listing.about)}


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip


def _page(template: str, place: _Place, key: str, **values: Any) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            key=key,
            language=place.language.replace("_", "-"),
            code=place.language,
            folder=FOLDER,
            others=[
                {"file": place.page(key, code), "code": code.replace("_", "-"), "name": i18n.LANGUAGES[code]}
                for code in place.languages
                if code != place.language
            ],
            menu=[
                ("index", place.page("index"), _("Clusters")),
                *((one.key, place.page(one.key), _(one.title)) for one in LISTINGS),
                ("changes", place.page("changes"), _("Changes")),
            ],
            said=_words(),
            script_words=json.dumps(_script_words()),
            **values,
        )
    )


def _asset(name: str) -> str:
    return resource("publish", "assets", name).read_text("utf-8")


def _words() -> Mapping[str, str]:
    return {
        "clusters": _("Clusters"), "cluster": _("Cluster"), "runs": _("What runs"), "support": _("Support"), "problems": _("What is not well"),
        "collected": _("Collected"), "lately": _("Changed in 7 days"), "owners": _("Owners"), "version": _("Version"), "ledger": _("Ledger"),
        "changes": _("What changed"), "latest": _("latest"), "none": _("Nothing has been published yet."), "filter": _("Filter"),
        "find": _("Search in all clusters"), "menu": _("Pages"), "until": _("until"), "by": _("ended by"), "versions": _("Versions"), "feed": _("Feed"),
        "needs_script": _("This list is made by a script, which the browser did not run."), "nothing_changed": _("No change has been published yet."),
        "feeds_by_owner": _("Feeds by owner"), "state": _("State"), "all": _("all"), "not_known": _("not known"), "nobody": _("nobody named"),
        "nothing": _("nothing"), "title_changes": _("Changes"), "first": _("nothing to compare with"),
    }  # fmt: skip


def _script_words() -> Mapping[str, Any]:
    return {
        "noNewsDays": NO_NEWS_DAYS, "noNews": _("no news for {days} days"), "daysAgo": _("{days} days ago"), "today": _("today"), "ended": _("no longer supported"), "endedBy": _("ended by {day}"),
        "problems": _("something is not well"), "fine": _("nothing found"), "nothing": _("Nothing found."), "more": _("Show more"),
        "inClusters": _("{count} clusters"), "inCluster": _("1 cluster"), "unknown": _("Not known of: {clusters}"), "kinds": [_(_KINDS[kind]) for kind in find.KINDS],
        "shown": _("{count} of {total}"), "onlyIn": _("last seen in {label}"), "until": _("supported until {day}"), "endedOn": _("ended {day}"),
        "summary": _("{total} clusters: {ended} run what is no longer supported, {problems} are not well, of {silent} there is no news for {days} days or more."),
    }  # fmt: skip


def _days(every: Sequence[Any]) -> list[Mapping[str, Any]]:
    found: dict[str, list[Any]] = {}
    for step in every[:SHOWN]:
        found.setdefault(step.version.time[:10], []).append(
            {
                "cluster": step.name,
                "label": step.version.label,
                "page": step.page,
                "said": said(step.version),
                "raised": raised(step.version),
            }
        )
    return [{"day": day, "steps": several} for day, several in found.items()]


def _owner_feeds(newest: Sequence[Told]) -> list[tuple[str, str]]:
    return [(owner, owner_feed(owner)) for owner in sorted({owner for one in newest for owner in one.owners})]


def _cluster(versions: Sequence[Told], place: _Place) -> Mapping[str, Any]:
    """A cluster as the start page shows it."""
    newest = versions[0]
    return {
        "name": newest.name,
        "folder": newest.folder,
        "start": f"{newest.folder}/latest/{newest.inner}index.html",
        "time": newest.version.time,
        "moment": time_text(newest.version.time),
        "runs": _runs(newest.version),
        "sizes": ", ".join(
            (
                counted(newest.version.nodes, _("{count} node"), _("{count} nodes")),
                counted(newest.version.namespaces, _("{count} namespace"), _("{count} namespaces")),
                counted(newest.version.workloads, _("{count} workload"), _("{count} workloads")),
            )
        ),
        "known": bool(newest.site),
        "ends": [
            {
                "what": " ".join(part for part in (text(one, "of"), text(one, "line")) if part),
                "day": text(one, "ends"),
                "at_latest": one.get("at_latest") is True,
            }
            for one in sorted(items(newest.site, "support"), key=lambda one: text(one, "ends"))
            if text(one, "ends")
        ],
        "problems": _problems(newest),
        "problems_page": newest.address() + "#problems",
        "lately": lately([one.version for one in versions]),
        "changes": said(newest.version),
        "changes_page": place.page("changes"),
        "owners": newest.owners,
        "versions": [_shown(one) for one in versions],
    }


def _problems(one: Told) -> list[Mapping[str, Any]]:
    """How many problems of which severity, the worst first. Notes are none."""
    counts: dict[str, int] = {}
    for problem in items(one.site, "problems"):
        counts[text(problem, "severity")] = counts.get(text(problem, "severity"), 0) + 1
    return [
        {"count": counts[severity], "words": str(severity.label.translated), "tone": severity.tone, "grave": severity.is_grave}
        for severity in Severity
        if severity in counts and severity is not Severity.INFO
    ]  # fmt: skip


def _shown(one: Told) -> Mapping[str, Any]:
    version = one.version
    changes = f"{one.inner}changes.html"
    return {
        "label": version.label,
        "start": f"{one.inner}index.html",
        "ledger_page": f"{one.inner}ledger.html",
        "changes_page": changes if changes in version.pages else "",
        "time": version.time,
        "moment": time_text(version.time),
        "runs": _runs(version),
        "ledger": _ledger(version),
        "changes": said(version),
        "raised": raised(version),
    }


def _runs(version: PublishedVersion) -> list[str]:
    """The distribution, and the versions that say most of a cluster."""
    return [version.distribution, *(f"{_(name)} {value}" for name, value in version.versions)]


def _ledger(version: PublishedVersion) -> str:
    total = sum(version.containers.values())
    # The origins that occur in the order of the ledger; the unexplained ones always, since that is what one looks for.
    parts = [
        f"{version.containers.get(origin, 0)} {origin.label.translated}"
        for origin in Origin
        if version.containers.get(origin) or origin == Origin.UNEXPLAINED
    ]
    if not total:
        return ""
    return _("{total} containers ({running} running) = {parts}").format(
        total=total, running=version.running, parts=" + ".join(parts)
    )
