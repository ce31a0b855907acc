"""The script by which the pages of a cluster's versions lead to each other, and the page that leads to its newest one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import jinja2

from rkedoc import i18n
from rkedoc.i18n import N_
from rkedoc.publish.version import PublishedVersion
from rkedoc.resources import resource
from rkedoc.sphinxext.blocks.sanitize import title

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
