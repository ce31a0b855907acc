"""Nothing is said twice on a page: a sentence that stands outside of tables and code stands there once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from rkedoc.cluster.model import Cluster
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.sphinxext.blocks.view import Badge, Block, Callout, Cell, Details, ListBlock, Para, Prose, ReadIn
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.site import Site
from tests.explain.recorded import catalog, dumped, recorded
from tests.support.demo import DEMOS
from tests.views.read import cell_text, flat

SITES = (
    *(f"demo {name}" for name in DEMOS), "recording rke-single-node-unhealthy", "dump civo-v1.26", "dump oneke-v1.24", "dump rancher-v1.14",
    "dump rke-v1.14",
)  # fmt: skip
_LONG = 40
_CODE = re.compile(r"```.*?```|^ *\|.*$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def told(view: Iterable[Block]) -> Iterator[str]:
    """What a view says in words of its own, a paragraph at a time."""
    for block in flat(view):
        match block:
            case Para(inlines=inlines):
                yield _words(inlines)
            case ListBlock(items=items):
                yield from map(_words, items)
            case Callout(title=title):
                yield title
            case Details(summary=summary):
                yield _words(summary)
            case Prose(markdown=markdown):
                yield from re.split(r"\n\s*\n|^#+ ", _CODE.sub(" ", markdown), flags=re.MULTILINE)
            case _:
                pass


def _words(cell: Cell) -> str:
    return cell_text(tuple(item for item in cell if not isinstance(item, ReadIn | Badge)))


def twice(texts: Iterable[str]) -> list[str]:
    """The sentences that stand there more than once."""
    sentences = (sentence for text in texts for sentence in re.split(r"(?<=[.!?:])\s+", " ".join(text.split())))
    counts = Counter(sentence for sentence in sentences if len(sentence) > _LONG)
    return [sentence for sentence, count in counts.items() if count > 1]


@pytest.fixture(scope="module", params=SITES)
def site(request: pytest.FixtureRequest, recording: Callable[[str], Path], dump: Callable[[str], Path]) -> Site:
    """A cluster of each kind, with whatever was seen of it."""
    source, _space, name = str(request.param).partition(" ")
    match source:
        case "demo":
            snapshot = load(resource("data", DEMOS[name].file))
        case "recording":
            snapshot = recorded(recording(name))
        case _:
            snapshot = dumped(dump(name))
    return Site(Cluster(snapshot, catalog()))


def test_no_sentence_stands_twice_on_a_page(site: Site) -> None:
    found = {
        key: again
        for key, page in site.pages.items()
        if (again := twice(text for part in PAGES.kind_of(page).sections for text in told(part.shows(site, key))))
    }
    assert found == {}
