"""The search over all clusters and versions: an index in shards, of which a page loads those that a reader's words begin with.

A thing is in the shard of each of its words, by the word's first two characters. Things of one name and kind are one line, with the clusters and
pages that have them. What only an older version of a cluster has is found too, and leads there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rkedoc.cluster.fields import items, text
from rkedoc.publish.portal.told import Told

_WORD: Final = re.compile(r"[^\W_]+", re.UNICODE)
_LENGTH: Final = 2
"""Characters of a word that decide in which shard it is. Of words in Chinese the first, since they are short."""
_CJK: Final = re.compile(r"[\u3400-\u9fff]")

KINDS: Final = ("page", "image", "workload", "component", "node", "namespace", "version")
"""What kinds of things are found; a thing has the place of its kind in this list."""

_Thing = tuple[str, int]
"""The name of a thing, and the place of its kind."""


def shard_of(word: str) -> str:
    """The name of the shard of a word: the code points of what it begins with, in hexadecimal.

    >>> shard_of("Nginx"), shard_of("暂停容器"), shard_of("4")
    ('6e-67', '6682', '34')
    """
    start = word.lower()[: 1 if _CJK.match(word) else _LENGTH]
    return "-".join(f"{ord(character):x}" for character in start)


def words_of(name: str) -> set[str]:
    """The words by which a name is found: each of its parts, of Chinese each character as well as what follows it."""
    found: set[str] = set()
    for word in _WORD.findall(name.lower()):
        found.add(word)
        found.update(word[place:] for place in range(1, len(word)) if _CJK.match(word[place]))
    return found


def shards(newest: Sequence[Told], older: Sequence[Sequence[Told]]) -> Mapping[str, Any]:
    """The shards by name. ``older`` are for each cluster its versions before the newest, the newest of them first."""
    found: dict[_Thing, list[tuple[int, str, str]]] = {}
    for place, told in enumerate(newest):
        seen: set[_Thing] = set()
        for version, label in ((told, ""), *((one, one.version.label) for one in older[place])):
            fresh = {thing: page for thing, page in _things(version) if thing not in seen}
            seen.update(fresh)
            for thing, page in fresh.items():
                found.setdefault(thing, []).append((place, page, label))
    by_shard: dict[str, list[Any]] = {}
    for (name, kind), places in sorted(found.items()):
        line = [name, kind, _grouped(places)]
        for shard in sorted({shard_of(word) for word in words_of(name)}):
            by_shard.setdefault(shard, []).append(line)
    return by_shard


def _grouped(places: Sequence[tuple[int, str, str]]) -> list[list[Any]]:
    """Pages with the clusters that have them: components that clusters have in common are mostly on pages of one address."""
    pages: dict[tuple[str, str], list[int]] = {}
    for cluster, page, label in places:
        pages.setdefault((page, label), []).append(cluster)
    return [[page, clusters, *([label] if label else [])] for (page, label), clusters in pages.items()]


def _things(told: Told) -> Iterator[tuple[_Thing, str]]:
    """What can be found in a version, each with its page; the first page of a thing counts."""
    seen: set[_Thing] = set()
    for kind, name, page in _named(told):
        thing = (name, KINDS.index(kind))
        if name and thing not in seen:
            seen.add(thing)
            yield thing, page


def _named(told: Told) -> Iterator[tuple[str, str, str]]:
    for image in items(told.site, "images"):
        user = next(iter(items(image, "users")), {})
        yield "image", text(image, "image"), text(user, "page") or "images.html"
    for workload in items(told.site, "workloads"):
        yield "workload", f"{text(workload, 'namespace')}/{text(workload, 'name')}", text(workload, "page")
    for page in items(told.site, "pages"):
        kind = text(page, "kind")
        if kind in ("node", "namespace"):
            yield kind, text(page, "subject") or text(page, "title"), text(page, "address")
        elif kind != "workload":
            yield "page", text(page, "title"), text(page, "address")
    for component in items(told.site, "components"):
        yield "component", text(component, "name"), told.page_of(text(component, "id"))
    for version in items(told.site, "versions"):
        yield "version", f"{text(version, 'of')} {text(version, 'version')}", "index.html"
