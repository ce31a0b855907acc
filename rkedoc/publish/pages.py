"""What leads to the versions: the script that their pages read, and the start page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import jinja2

from rkedoc import i18n
from rkedoc.i18n import N_, _, counted
from rkedoc.publish.version import PublishedVersion
from rkedoc.resources import resource
from rkedoc.sphinxext.blocks.html import time_text
from rkedoc.sphinxext.blocks.sanitize import title
from rkedoc.vocabulary import Origin, Weight

_HTML = ".html"


def switch_script(versions: Sequence[PublishedVersion]) -> str:
    """The script beside the versions of a cluster, the newest of which comes first."""
    union = sorted({page for version in versions for page in version.pages}, key=_by_folder)
    data = {
        "versions": [
            {
                "label": version.label,
                "time": version.time,
                "lacks": _lacks(union, frozenset(version.pages)),
            }
            for version in versions
        ],
        "pages": _folded(union),
        "words": {code.partition("_")[0]: _switch_words(code) for code in i18n.LANGUAGES},
    }
    text = resource("publish", "assets", "versions.js").read_text("utf-8")
    # ASCII alone, so that no character set can change it, and nothing that could end a script.
    return text.replace("/*DATA*/null", json.dumps(data, separators=(",", ":")).replace("</", "<\\/"))


def _switch_words(language: str) -> Mapping[str, str]:
    return {
        "version": i18n.message_in(language, N_("Version")),
        "latest": i18n.message_in(language, N_("latest")),
        "newer": i18n.message_in(language, N_("There is a newer one: {label}")),
    }


def _by_folder(page: str) -> tuple[str, str]:
    path = PurePosixPath(page)
    return path.parent.as_posix(), path.name


def _folded(pages: Sequence[str]) -> Mapping[str, str]:
    """The names of pages by their folders, with a bar between them."""
    found: dict[str, list[str]] = {}
    for page in pages:
        folder, name = _by_folder(page)
        found.setdefault("" if folder == "." else folder, []).append(name.removesuffix(_HTML))
    return {folder: "|".join(names) for folder, names in found.items()}


def _lacks(union: Sequence[str], pages: frozenset[str]) -> list[int]:
    return [place for place, page in enumerate(union) if page not in pages]


_CLUSTER_PAGE = """\
<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="robots" content="noindex, nofollow">
<meta name="generator" content="rkedoc">
<meta http-equiv="refresh" content="0; url=latest/index.html">
<title>{{ name }}</title>
</head>
<body><p><a href="latest/index.html">{{ name }}</a></p></body>
</html>
"""


def cluster_page(cluster: str) -> str:
    """The page that leads from the folder of a cluster to its newest version."""
    return jinja2.Environment(autoescape=True).from_string(_CLUSTER_PAGE).render(name=title(cluster)) + "\n"


def start_pages(clusters: Mapping[str, Sequence[PublishedVersion]]) -> Mapping[str, str]:
    """The start page by file name: ``index.html`` in the first language of the newest version, and one for each other
    language that a version is there in."""
    every = [version for versions in clusters.values() for version in versions]
    newest = max(every, key=lambda version: (version.time, version.label), default=None)
    first = newest.languages[0] if newest is not None else "en"
    spoken = list(dict.fromkeys(i18n.closest(code) for code in (first, *(c for v in every for c in v.languages))))
    names = {code: "index.html" if place == 0 else f"index.{code}.html" for place, code in enumerate(spoken)}
    current = i18n.language()
    try:
        return {name: _start_page(clusters, code, names) for code, name in names.items()}
    finally:
        i18n.set_language(current)


def _start_page(clusters: Mapping[str, Sequence[PublishedVersion]], language: str, names: Mapping[str, str]) -> str:
    i18n.set_language(language)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = resource("publish", "assets", "index.html.jinja").read_text("utf-8")
    return environment.from_string(template).render(
        language=language.replace("_", "-"),
        others=[
            {"file": name, "code": code.replace("_", "-"), "name": i18n.LANGUAGES[code]}
            for code, name in names.items()
            if code != language
        ],
        said=_page_words(),
        clusters=[
            {
                "name": title(versions[0].cluster),
                "folder": folder,
                "newest": _shown(versions[0], language),
                "versions": [_shown(version, language) for version in versions],
            }
            for folder, versions in clusters.items()
        ],
    )


def _page_words() -> Mapping[str, str]:
    return {
        "title": _("Clusters"),
        "version": _("Version"),
        "collected": _("Collected"),
        "runs": _("What runs"),
        "ledger": _("Ledger"),
        "changes": _("What changed"),
        "latest": _("latest"),
        "none": _("Nothing has been published yet."),
    }


def _shown(version: PublishedVersion, language: str) -> Mapping[str, Any]:
    """A version as the start page shows it, in the language in use."""
    inner = _inner(version, language)
    changes = f"{inner}changes.html"
    return {
        "label": version.label,
        "start": f"{inner}index.html",
        "ledger_page": f"{inner}ledger.html",
        "changes_page": changes if changes in version.pages else "",
        "time": version.time,
        "moment": time_text(version.time),
        "runs": [version.distribution, *(f"{name} {value}" for name, value in version.versions)],
        "sizes": ", ".join(
            (
                counted(version.nodes, _("{count} node"), _("{count} nodes")),
                counted(version.namespaces, _("{count} namespace"), _("{count} namespaces")),
                counted(version.workloads, _("{count} workload"), _("{count} workloads")),
            )
        ),
        "ledger": _ledger(version),
        "changes": _changes(version),
        "raised": [f"{name} {old} → {new}" for name, old, new in version.raised],
    }


def _inner(version: PublishedVersion, language: str) -> str:
    """The folder of a language within a version that is there in several."""
    for code in (language, *version.languages):
        if f"{code}/index.html" in version.pages:
            return f"{code}/"
    return ""


def _ledger(version: PublishedVersion) -> str:
    total = sum(version.containers.values())
    parts = [f"{count} {origin.label.translated}" for origin, count in _in_order(version.containers)]
    if not total:
        return ""
    return _("{total} containers ({running} running) = {parts}").format(
        total=total, running=version.running, parts=" + ".join(parts)
    )


def _in_order(containers: Mapping[str, int]) -> Sequence[tuple[Origin, int]]:
    """The origins that occur in the order of the ledger; the unexplained ones always, since that is what one looks for."""
    return [
        (origin, containers.get(origin, 0))
        for origin in Origin
        if containers.get(origin) or origin == Origin.UNEXPLAINED
    ]


def _changes(version: PublishedVersion) -> str:
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
