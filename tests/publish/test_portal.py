"""The portal tells of all clusters, from what their published sites say, and one that is broken costs itself."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.errors import UsageError
from rkedoc.publish.portal.find import KINDS, shard_of, words_of
from rkedoc.publish.portal.listings import LISTINGS
from rkedoc.publish.purge import purge
from rkedoc.publish.run import publish
from tests.publish.test_publish import content, with_image
from tests.support.days import write_day

ATOM = "{http://www.w3.org/2005/Atom}"
NAMES = {"blue": ("1.0", "2.0"), "green": ("2.0", "2.0"), "r<e>d & 红": ("3.0",)}
DAYS = ("2026-10-01", "2026-10-05")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clusters of which two have two versions, in two languages; tests that change anything work on a copy."""
    folder = tmp_path_factory.mktemp("portal")
    root = folder / "SITE"
    for number, (name, tags) in enumerate(NAMES.items()):
        days = [write_day(folder / str(number), day, with_image(tag)) for day, tag in zip(DAYS, tags, strict=False)]
        publish(days, root, cluster=name, language="en,zh_CN")
    return root


@pytest.fixture
def site(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "SITE"))


def data(root: Path, name: str, language: str = "en") -> Any:
    """What a script of data holds."""
    text = (root / f"_portal/{language}/{name}.js").read_text("ascii")
    found = re.fullmatch(r"rkedocPortal\((\"[^\"]*\"),(.*)\);\n", text, re.DOTALL)
    assert found is not None
    assert json.loads(found[1]) == name
    assert "</" not in text
    return json.loads(found[2])


def uses(root: Path, listing: str, title: str, language: str = "en") -> list[tuple[str, str, str]]:
    """The clusters that have something, with the page that says so and what it is there."""
    clusters = data(root, "clusters", language)
    return [
        (clusters[cluster][0], clusters[cluster][1] + page, subject)
        for name, _group, _tone, _ends, places in data(root, listing, language)["rows"]
        if name == title
        for cluster, page, subject in places
    ]


def test_a_list_names_the_clusters_that_have_something_and_the_page_that_says_so(published: Path) -> None:
    found = uses(published, "images", "registry.example.com/shop/web:2.0")
    assert [(cluster, subject) for cluster, _page, subject in found] == [
        ("blue", "Deployment shop/web"),
        ("green", "Deployment shop/web"),
    ]
    assert uses(published, "images", "registry.example.com/shop/web:1.0") == []


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_address_of_the_portal_is_that_of_a_page(published: Path, language: str) -> None:
    clusters = data(published, "clusters", language)
    addresses = {
        clusters[cluster][1] + page
        for listing in LISTINGS
        for *_entry, places in data(published, listing.key, language)["rows"]
        for cluster, page, _subject in places
    }
    for shard in (published / f"_portal/{language}/find").iterdir():
        for _name, kind, groups in data(published, f"find/{shard.stem}", language):
            assert kind < len(KINDS)
            for page, several, *label in groups:
                for cluster in several:
                    base = clusters[cluster][1]
                    if label:
                        base = re.sub(r"^([^/]+)/[^/]+/", rf"\1/{label[0]}/", base)
                    addresses.add(base + page)
    assert len(addresses) > 50
    assert [address for address in sorted(addresses) if not (published / address).is_file()] == []
    for page in published.glob("*.html"):
        for address in re.findall(r'(?:href|src)="([^"#]+)', page.read_text("utf-8")):
            assert (published / address).is_file(), (page.name, address)


def test_everything_that_is_listed_is_found_by_each_of_its_words(published: Path) -> None:
    for name, *_rest in data(published, "images")["rows"]:
        for word in words_of(name):
            assert name in [thing for thing, *_more in data(published, f"find/{shard_of(word)}")]


def test_what_only_an_older_version_had_is_found_and_leads_there(published: Path) -> None:
    lines = [line for line in data(published, f"find/{shard_of('shop')}") if line[0].endswith("shop/web:1.0")]
    assert [(groups[0][1], groups[0][2]) for _name, _kind, groups in lines] == [([0], "2026-10-01")]


@given(st.text(max_size=30))
def test_a_word_has_one_shard_whose_name_every_file_system_can_hold(name: str) -> None:
    for word in words_of(name):
        assert re.fullmatch(r"[0-9a-f]+(-[0-9a-f]+)?", shard_of(word))
        assert shard_of(word) == shard_of(word.upper().lower())


def test_the_start_page_tells_what_is_not_known_apart_from_nothing(site: Path) -> None:
    for broken in ("half", "[]", '{"rkedoc": "site"}'):
        for place in ("en", "zh_CN"):
            (site / f"green/2026-10-05/{place}/rkedoc.json").write_text(broken)
        publish([], site)
        rows = re.findall(r'<tr id="([^"]+)"[^>]*?( data-unknown)?>', (site / "index.html").read_text("utf-8"))
        assert [bool(unknown) for _id, unknown in rows] == [False, broken != '{"rkedoc": "site"}', False]
        unknown = data(site, "images")["unknown"]
        assert unknown == ([1] if broken != '{"rkedoc": "site"}' else [])
        assert uses(site, "images", "registry.example.com/shop/web:2.0")[0][0] == "blue"


def test_changes_are_told_by_day_and_as_feeds_for_all_for_a_cluster_and_for_an_owner(published: Path) -> None:
    page = (published / "changes.html").read_text("utf-8")
    assert "1 change since 2026-10-01: version 1" in page
    assert "shop/web 1.0 → 2.0" in page
    feeds = sorted(path.relative_to(published).as_posix() for path in published.rglob("*.xml"))
    assert {"feed.xml", "blue/feed.xml", "green/feed.xml"} < set(feeds)
    for name in feeds:
        feed = ElementTree.parse(published / name).getroot()
        assert feed.findtext(f"{ATOM}id")
        for entry in feed.iter(f"{ATOM}entry"):
            link = entry.find(f"{ATOM}link")
            assert link is not None
            assert ((published / name).parent / link.attrib["href"]).resolve().is_file()
    everything = ElementTree.parse(published / "feed.xml").getroot()
    assert [entry.findtext(f"{ATOM}title") for entry in everything.iter(f"{ATOM}entry")] == ["blue 2026-10-05"]


def test_names_stay_text(published: Path) -> None:
    for path in published.glob("*.html"):
        text = path.read_text("utf-8")
        assert "<e>" not in text
        # A content security policy may forbid whatever is not a file of the site.
        assert re.search(r"<style|<script(?! src=)| style=| on\w+=", text) is None


def test_what_nothing_needs_any_more_is_gone(site: Path) -> None:
    shutil.rmtree(site / "blue")
    (site / "_portal/en/find/old.js").write_text("x")
    publish([], site)
    assert not (site / "_portal/en/find/old.js").exists()
    assert uses(site, "images", "registry.example.com/shop/web:1.0") == []
    assert "blue" not in (site / "feed.xml").read_text("utf-8")


def test_what_is_taken_back_is_named_nowhere_any_more(site: Path) -> None:
    tables = site / ".rkedoc/tables"
    tables.mkdir()
    (tables / "images.parquet").write_text("2026-10-05")
    before = content(site)
    assert purge(site, "blue", "2026-10-05", dry_run=True).gone == ("blue/2026-10-05",)
    assert content(site) == before
    assert purge(site, "blue", "2026-10-05").gone == ("blue/2026-10-05",)
    assert uses(site, "images", "registry.example.com/shop/web:2.0")[0][0] == "green"
    assert ElementTree.parse(site / "feed.xml").getroot().find(f"{ATOM}entry") is None
    gone = (".rkedoc/snapshots/blue/2026-10-05", ".rkedoc/tables", "blue/2026-10-05")
    assert [name for name in content(site) if name.startswith(gone)] == []
    assert content(site / "blue/latest") == content(site / "blue/2026-10-01")


def test_a_whole_cluster_can_be_taken_back(site: Path) -> None:
    assert len(purge(site, "blue").gone) == 2
    assert not (site / "blue").exists()
    for name, data in content(site).items():
        if "_static/" not in name:  # style sheets name colours
            assert b"blue" not in data, name
    with pytest.raises(UsageError, match="has no cluster 'blue'"):
        purge(site, "blue")
    with pytest.raises(UsageError, match="has no version"):
        purge(site, "green", "1999")


def test_a_version_that_was_compared_with_what_was_taken_back_is_named(site: Path) -> None:
    found = purge(site, "blue", "2026-10-01")
    assert found.compared == ("blue/2026-10-05",)
    assert publish([], site, renew=True, language="en,zh_CN").renewed == ("blue/2026-10-05",)
    assert b"2026-10-01" not in b"".join(content(site / "blue/latest").values())
