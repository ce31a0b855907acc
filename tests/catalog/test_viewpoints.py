"""Files that declare viewpoints: what they may say, and errors that name the file and the line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rkedoc.catalog.entry import Selector, parse_entry
from rkedoc.catalog.lint import lint_own
from rkedoc.catalog.loader import load_catalog
from rkedoc.errors import CatalogError

GOOD = """---
id: order
name: An order
kind: viewpoint
summary: What an order passes through.
shows:
  - {namespace: shop, kind: Deployment, name: web*}
  - label:
      app: cache
  - namespace: [a, b]
picture: relations
---

## Of my own choice

Text.
"""


def test_a_viewpoint_has_selectors_a_picture_and_headings_of_its_own() -> None:
    entry = parse_entry(GOOD, "order.md", provenance="order.md")
    assert entry.shows == (
        Selector(("shop",), ("Deployment",), ("web*",)), Selector(labels=(("app", "cache"),)), Selector(("a", "b")),
    )  # fmt: skip
    assert (entry.kind, entry.picture) == ("viewpoint", "relations")
    assert [section.title for section in entry.sections] == ["Of my own choice"]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("      app: cache", "      app: [cache]", 8, "label has to be a mapping"),
        ("  - namespace: [a, b]", "  - namespace: [a, b]\n    size: 3", 11, "unknown condition 'size'"),
        ("picture: relations", "picture: photo", 11, "picture is 'photo'; it has to be one of relations, map, ingress, none"),
        ("[a, b]", "[a, [b]]", 10, "namespace has to be a text or a list of texts"),
        ("{namespace: shop, kind: Deployment, name: web*}", "web", 7, "a selector is a mapping"),
        ("kind: viewpoint", "kind: concept", 6, "shows is for files with 'kind: viewpoint'"),
        ("shows:", "match: [{name: x}]\nshows:", 6, "a viewpoint chooses workloads with 'shows'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_file_and_line(old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(CatalogError) as error:
        parse_entry(GOOD.replace(old, new), "order.md", provenance="order.md")
    assert str(error.value).startswith(f"order.md, line {line}: ")
    assert says in str(error.value)


@pytest.mark.parametrize(("shows", "says"), [("", "a viewpoint chooses"), ("shows: []", "a list"), ("shows: {a: b}", "a list"), ("shows:", "a list")])  # fmt: skip
def test_a_viewpoint_chooses_something(shows: str, says: str) -> None:
    with pytest.raises(CatalogError, match=says):
        parse_entry(f"---\nid: a\nname: A\nkind: viewpoint\nsummary: B.\n{shows}\n---\n", "a.md", provenance="a.md")


def test_the_catalog_itself_has_no_viewpoints() -> None:
    with pytest.raises(CatalogError, match="kind is 'viewpoint'"):
        parse_entry(GOOD.replace("summary:", "origin: platform\nsources: [x 1, y]\nsummary:"), "order.md")


def test_another_file_adds_to_a_viewpoint(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD, "utf-8")
    (tmp_path / "b.md").write_text(
        "---\nid: order\nshows: [{kind: CronJob}]\npicture: map\n---\n\n## More\n\nText.\n", "utf-8"
    )
    entry = load_catalog(extra=[tmp_path]).get("order")
    assert entry is not None
    assert (entry.shows[-1], len(entry.shows), entry.picture) == (Selector(kinds=("CronJob",)), 4, "map")
    assert [section.title for section in entry.sections] == ["Of my own choice", "More"]
    (tmp_path / "b.md").write_text("---\nid: order\nowner: me\n---\n", "utf-8")
    entry = load_catalog(extra=[tmp_path]).get("order")
    assert entry is not None
    assert (len(entry.shows), entry.picture) == (3, "relations")


def test_lint_finds_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD.replace("picture: relations", "picture: photo"), "utf-8")
    assert any("line 11" in str(finding) for finding in lint_own(tmp_path))
    (tmp_path / "a.md").write_text(GOOD, "utf-8")
    assert lint_own(tmp_path) == ()


@pytest.mark.parametrize(
    ("selector", "labels", "fits"),
    [
        (Selector(("shop",)), {}, True), (Selector(("sh*", "x")), {}, True), (Selector(("other",)), {}, False),
        (Selector(kinds=("deployment",)), {}, True), (Selector(("shop",), ("Job",)), {}, False), (Selector(names=("w?b",)), {}, True),
        (Selector(labels=(("app", "w*"),)), {"app": "web"}, True), (Selector(labels=(("app", "*"),)), {}, False),
        (Selector(labels=(("app", "*"),)), {"app": 7}, False), (Selector(), {}, True),
    ],
)  # fmt: skip
def test_all_conditions_of_a_selector_must_hold(selector: Selector, labels: Mapping[str, Any], fits: bool) -> None:
    assert selector.fits("shop", "Deployment", "web", labels) is fits
