"""What is done for a site grows as the cluster does, and not with the square of it.

Counted are the functions that are called, which is the same on every machine: twice the cluster takes twice as much more of them. What is
computed of the whole cluster for each of its workloads shows here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.cluster import Size, write_snapshot
from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.export.images import images
from rkedoc.fleet.tables import tables
from rkedoc.snapshot.reader import load
from rkedoc.sphinxext import twin
from rkedoc.sphinxext.site import Site

SIZES = (80, 160, 320)


def every_view(site: Site) -> None:
    for page in site.pages.values():
        for section in site.declared.kind_of(page).sections:
            section.shows(site, page.key)


def the_twin(site: Site) -> None:
    twin.content(site, "en", "", lambda docname: docname)


MADE: dict[str, Callable[[Site], object]] = {
    "every view": every_view,
    "rkedoc.json": the_twin,
    "tables": lambda site: tables(site.cluster, None),
    "images": lambda site: images(site.cluster),
    "ids of all pages": lambda site: [site.objects_of(page) for page in site.pages.values()],
    "terms": lambda site: [(site.terms_of(page), site.aliases_of(page)) for page in site.pages.values()],
}


def calls(made: Callable[[Site], object], site: Site) -> int:
    """How many Python functions are called."""
    count = 0

    def counting(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counting)
    try:
        made(site)
    finally:
        sys.setprofile(None)
    return count


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("growth")
    paths = [folder / f"{size}.ndjson" for size in SIZES]
    for size, path in zip(SIZES, paths, strict=True):
        write_snapshot(Size(size, size // 10), path)
    return paths


@pytest.mark.parametrize("made", MADE)
def test_twice_the_cluster_takes_twice_as_much_more(made: str, clusters: list[Path]) -> None:
    small, middle, large = (calls(MADE[made], Site(Cluster(load(path), load_catalog()))) for path in clusters)
    assert (large - middle) / (middle - small) < 2.3, (small, middle, large)
