"""How text becomes terms of the search index, and what of a page can be found."""

from __future__ import annotations

import html
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sphinx.search.de import SearchGerman
from sphinx.search.en import SearchEnglish
from sphinx.search.ja import SearchJapanese

from rkedoc import i18n
from rkedoc.sphinxext.blocks.html import inline
from rkedoc.sphinxext.blocks.sanitize import visible
from rkedoc.sphinxext.blocks.targets import anchor_of
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Callout,
    Code,
    ExtRef,
    Facts,
    Hidden,
    Inline,
    ObjectTarget,
    Para,
    Part,
    ReadIn,
    Ref,
    Row,
    Strong,
    Table,
    Time,
)
from rkedoc.sphinxext.search.index import INDEX, other_words
from rkedoc.sphinxext.search.things import Rank, Said, Thing, cell_text, said
from rkedoc.sphinxext.search.words import ChineseSearch, split, split_chinese, with_numbers
from tests.sphinxext.stub import Builder, Stub
from tests.support.sitelinks import dead, documents, thing_results


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("kubelet 启动 Pod", ["kubelet", "启动", "Pod"]),
        ("命名空间", ["命名", "名空", "空间"]),
        ("卷", ["卷"]),
        ("在v1.19之后", ["在", "v1.19", "之后"]),
        ("在端口8472监听", ["在端", "端口", "8472", "监听"]),
        ("kube-proxy，网络", ["kube", "proxy", "网络"]),
        ("𠀀𠀁𠀂", ["𠀀𠀁", "𠀁𠀂"]),
    ],
)
def test_words_are_terms_and_chinese_goes_by_pairs(text: str, terms: list[str]) -> None:
    assert split_chinese(text) == terms


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2), st.text(), st.text())
def test_what_stands_in_a_text_is_found_by_its_own_terms(words: str, before: str, after: str) -> None:
    assert set(split_chinese(words)) <= set(split_chinese(before + " " + words + " " + after))
    assert set(split_chinese(words)) <= set(split_chinese("在" + words + "中"))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("kube-dns at 10.43.0.10:53", ["kube", "dns", "at", "10.43.0.10", "53"]),
        ("10.42.0.0/16", ["10.42.0.0", "16"]),
        ("rancher/coredns-coredns:1.8.0", ["rancher", "coredns", "coredns", "1.8.0"]),
        ("v1.20.9-rancher1-1", ["v1.20.9", "rancher1", "1"]),
        ("1.20rc1", ["1", "20rc1"]),
    ],
)
def test_an_address_and_a_version_are_one_term(text: str, terms: list[str]) -> None:
    assert split(text) == terms


@pytest.mark.parametrize(
    ("word", "kept"), [("8472", True), ("53", True), ("7", False), ("123456", False), ("the", False)]
)
def test_numbers_as_long_as_ports_are_kept(word: str, kept: bool) -> None:
    assert with_numbers(SearchEnglish, "en")({}).word_filter(word) is kept
    assert ChineseSearch({}).word_filter(word) is kept


def test_a_language_keeps_what_is_its_own() -> None:
    german = with_numbers(SearchGerman, "de")({})
    assert german.stem("Häuser") == SearchGerman({}).stem("Häuser")
    assert german.split("Port 8472 auf 10.43.0.10") == ["Port", "8472", "auf", "10.43.0.10"]
    assert with_numbers(SearchJapanese, "ja") is SearchJapanese  # has no spaces, and a splitter of its own


SERVICE = Row(
    ((Code("dns"),), (Code("10.43.0.10"),), ("–",)), objects=(ObjectTarget("service", "kube-system/dns", subject=True),)
)


def test_the_row_of_an_object_is_the_object_with_its_values() -> None:
    (thing,) = said((Table(("Service", "Address", "Ports"), (SERVICE,)),)).things
    assert thing == Thing(
        Rank.OBJECT,
        anchor_of("service", "kube-system/dns"),
        "dns",
        "service",
        "namespace kube-system",
        "Address: 10.43.0.10",
    )


def test_a_row_without_an_object_is_what_its_first_cell_says() -> None:
    table = Table(("Argument", "Value"), (Row(((Code("--cluster-dns"),), (Code("10.43.0.10"),))),))
    assert said((table,)).things == (Thing(Rank.ROW, "", "--cluster-dns", "Argument", "", "Value: 10.43.0.10"),)


def test_what_is_described_elsewhere_is_not_a_thing_here() -> None:
    table = Table(("Service", "Why"), (Row(((Ref("service", "kube-system/dns"),), ("it answers",))),))
    assert said((table,)) == Said((), ())


def test_a_part_has_its_sentences_and_its_rows_below_it() -> None:
    part = Part(
        "services", "Services", (Para(("One of them.",)), Facts((("Count", ("1",)),)), Table(("S",), (SERVICE,)))
    )
    (thing,) = said((part,)).things
    assert (thing.rank, thing.anchor, thing.text) == (Rank.HEADING, "services", "One of them. · Count: 1")
    assert [below.title for below in thing.things] == ["dns"]


def test_a_custom_resource_is_called_by_its_kind() -> None:
    target = ObjectTarget("customresource", "autoscaling/HorizontalPodAutoscaler/shop/web")
    (thing,) = said((Table(("Name",), (Row(((Code("web"),),), objects=(target,)),)),)).things
    assert (thing.title, thing.kind, thing.where) == ("web", "HorizontalPodAutoscaler", "namespace shop")


def test_what_is_not_well_comes_behind_what_something_is() -> None:
    assert said((Callout("bad", "Not well", ()), Para(("A database.",)))).texts == ("A database.", "Not well")


EVERY_INLINE = (
    "words",
    Ref("service", "kube-system/dns"),
    Ref("page", "ledger", "The ledger"),
    ExtRef("https://example.com", "source"),
    Code("sha256:66b9a377fe1f"),
    Badge("ready", "ok"),
    Time("2026-11-23T05:37:40Z"),
    Time("2026-11-23"),
    Strong("all"),
    Hidden(),
)


def test_a_line_has_every_word_that_the_page_shows() -> None:
    assert {type(item) for item in EVERY_INLINE} == {*get_args(Inline)} - {ReadIn}
    for item in EVERY_INLINE:
        shown = html.unescape(re.sub("<[^>]+>", "", inline(item, lambda _ref: None)))
        assert cell_text((item,)) == shown
    sentence = (Badge("no longer supported", "bad"), " ", "since ", Time("2025-07-31"), " or before.")
    assert said((Para(sentence),)).texts == ("no longer supported: since 2025-07-31 or before.",)


def test_a_long_digest_is_found_by_its_first_digits() -> None:
    assert cell_text((Code(f"sha256:66b9a377fe1f{'0' * 52}"),)) == "sha256:66b9a377fe1f…"
    assert cell_text(("61e688ec-b1b5-4393-a2b1-0123456789ab",)) == "61e688ec-b1b5-4393-a2b1-0123456789ab"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_other_words_lead_to_pages_that_the_site_has(language: str) -> None:
    i18n.set_language(language)
    try:
        whole = other_words({"overview": "cluster/index", "changes": "cluster/changes"})
        without = other_words({"overview": "index"})
    finally:
        i18n.set_language("en")
    assert whole["out of support"] == ["at:cluster/index#versions"]
    assert whole["what changed"] == ["at:cluster/changes#", "at:cluster/index#changes"]
    assert without["what changed"] == ["at:index#changes"]
    assert "who may read secrets" not in without
    assert whole["hpa"] == ["kind:horizontalpodautoscaler"]
    assert not any(" " in word for words in whole.values() for word in words if word.startswith(("at:", "kind:")))


def test_pages_of_others_can_be_found_too(build: Builder) -> None:
    pages = {
        "index.md": "# Runbook\n\nWho is on duty.\n\n## Night shift\n\nCall the storage team.\n\n```{toctree}\ncluster/index\n```\n"
    }
    result = build(pages=pages)
    _docname, address, _subject, title, kind, _where, text, things, _names = next(
        document for document in documents(result.out) if document[0] == "index"
    )
    assert (address, title, kind, text) == ("index.html", "Runbook", "page", "Who is on duty.")
    assert [(item[1], item[2], item[5]) for item in things] == [
        ("night-shift", "Night shift", "Call the storage team.")
    ]
    assert dead(result.out, thing_results(result.out))[1] == []


def test_a_page_that_its_author_keeps_out_of_the_search_stays_out(build: Builder) -> None:
    pages = {"index.md": "---\nno-search: true\n---\n# Runbook\n\n```{toctree}\ncluster/index\n```\n"}
    assert "index" not in {document[0] for document in documents(build(pages=pages).out)}


@pytest.mark.parametrize(
    "text", ["a 'quote'", 'a "quote"', "a \\ back \\n slash", "</script>", "\u2028 \U0001f600", "‹hidden›"]
)
def test_no_text_breaks_the_index(build: Builder, text: str) -> None:
    result = build(Stub(text={"default/web": text}))
    page = next(document for document in documents(result.out) if document[0] == "workloads/deployment-default-web")
    assert page[6].startswith(visible(text))


def test_addresses_fit_the_builder(build: Builder) -> None:
    result = build(builder="dirhtml")
    addresses = {doc[0]: doc[1] for doc in documents(result.out)}
    page = "workloads/deployment-default-web"
    assert (result.out / addresses[page] / "index.html").resolve() == result.out / page / "index.html"


def test_a_site_without_search_has_no_index_of_things(build: Builder) -> None:
    assert not list(build(builder="epub").out.rglob(INDEX))
    assert not list(build(builder="singlehtml").out.rglob(INDEX))
