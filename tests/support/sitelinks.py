"""Where the search of a built site and its inventory lead: every target that a reader can be sent to, as address and anchor."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rkedoc.sphinxext.search.index import INDEX


class Target(NamedTuple):
    """A place that something leads to: the page from the root of the site, and the id on it, empty for the page."""

    what: str
    page: str
    anchor: str


def inventory(site: Path) -> Iterator[Target]:
    """Every object of ``objects.inv``."""
    content = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    for line in zlib.decompress(content).decode().splitlines():
        name, _role, _priority, uri, _display = re.fullmatch(r"(.+?) (\S+) (-?\d+) (\S*) (.*)", line).groups()  # type: ignore[union-attr]
        page, _hash, anchor = uri.partition("#")
        yield Target(name, page, anchor.replace("$", name))


def sphinx_results(site: Path) -> Iterator[Target]:
    """Every target of Sphinx's index, put together as its page does (Sphinx 9.0.4, searchtools.js)."""
    index = json.loads((site / "searchindex.js").read_text("utf-8").removeprefix("Search.setIndex(").removesuffix(")"))
    pages = [f"{name}.html" for name in index["docnames"]]
    for prefix, objects in index["objects"].items():
        for number, kind, _priority, short, name in objects:
            full = f"{prefix}.{name}" if prefix else name
            own = index["objnames"][str(kind)][1]
            yield Target(full, pages[number], {"": full, "-": f"{own}-{full}"}.get(short, short))
    for part in ("alltitles", "indexentries"):
        for title, places in index[part].items():
            for place in places:
                yield Target(title, pages[place[0]], place[1] or "")


def documents(site: Path) -> Iterator[list[Any]]:
    """The documents of the index of things, as the page of the search takes them apart."""
    for line in (site / "_static" / INDEX).read_text("utf-8").splitlines():
        if quoted := re.match(r"'(.*)'(?:,|\]\};)?$", line):
            yield json.loads(re.sub(r"\\(.)", r"\1", quoted[1]))


def thing_results(site: Path) -> Iterator[Target]:
    """Every target of the index of things."""

    def below(page: str, above: str, items: list[list[Any]]) -> Iterator[Target]:
        for item in items:
            anchor = item[1] or above
            yield Target(item[2], page, anchor)
            yield from below(page, anchor, item[6] if len(item) > 6 else [])

    for _docname, uri, _subject, title, _kind, _where, _text, items, _names in documents(site):
        yield Target(title, uri, "")
        yield from below(uri, "", items)


def dead(site: Path, targets: Iterator[Target]) -> tuple[int, list[Target]]:
    """How many targets there are, and those that do not exist."""
    ids: dict[str, frozenset[str]] = {}
    missing: list[Target] = []
    count = 0
    for target in targets:
        count += 1
        if target.page not in ids:
            path = site / target.page
            text = path.read_text("utf-8") if path.is_file() else None
            ids[target.page] = frozenset() if text is None else frozenset(("", *re.findall(r'\sid="([^"]+)"', text)))
        if target.anchor not in ids[target.page]:
            missing.append(target)
    return count, missing
