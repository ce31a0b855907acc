"""The site in two languages: search in Chinese, and the way from a page to itself in the other language."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rkedoc.resources import resource
from rkedoc.sphinxext.project import build_site
from rkedoc.sphinxext.search.words import split, split_chinese
from tests.browser.conftest import Reader

SHOP = """---
id: shop
name: 网上商店
summary: 客户看到的网上商店。
match:
  - {workload: webapp, namespace: default}
---
## 是什么

商品目录、购物车和订单都在这里。

## 停止后的影响

没有人能下单，请立即联系值班人员。
"""


@pytest.fixture(scope="session")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("languages")
    (folder / "annotations").mkdir()
    (folder / "annotations" / "shop.md").write_text(SHOP, "utf-8")
    build_site(
        resource("data", "demo.ndjson.zst"), folder / "site", language="en,zh_CN", annotations=[folder / "annotations"]
    )
    return folder / "site"


@pytest.mark.parametrize("words", ["商店", "购物车", "值班人员", "webapp 商店", "webapp"])
def test_chinese_is_found_by_words_of_two_characters_and_more(reader: Reader, two_sites: Path, words: str) -> None:
    with reader() as seen:
        page = seen.open(two_sites / "zh_CN" / "search.html", f"?q={words}")
        page.wait_for_selector("#search-results li a")
        links = page.locator("#search-results li a").all()
        assert any("webapp" in (link.get_attribute("href") or "") for link in links)
        seen.check()


def test_chinese_that_stands_nowhere_is_not_found(reader: Reader, two_sites: Path) -> None:
    with reader() as seen:
        page = seen.open(two_sites / "zh_CN" / "search.html", "?q=龙虾饕餮")
        page.wait_for_timeout(1500)
        assert page.locator("#search-results li a").count() == 0


def test_the_page_splits_text_as_the_index_does(reader: Reader, two_sites: Path) -> None:
    dice = random.Random(7)
    alphabet = "命名空间卷容器启动在了，。：（） \t-_./vaZ90é𠀀𠀁１カ한😀\u3000kubelet10.43.0.10"
    texts = ["".join(dice.choice(alphabet) for _ in range(dice.randint(0, 24))) for _ in range(400)]
    with reader() as seen:
        for language, terms in (("en", split), ("zh_CN", split_chinese)):
            page = seen.open(two_sites / language / "search.html")
            found = page.evaluate("texts => texts.map(text => splitQuery(text))", texts)
            assert found == [terms(text) for text in texts]


def test_a_page_leads_to_itself_in_the_other_language_and_to_the_same_place(reader: Reader, two_sites: Path) -> None:
    with reader() as seen:
        page = seen.open(two_sites / "en" / "ledger.html", "#lines")
        page.locator("a.rkedoc-banner-language").click()
        page.wait_for_url(lambda url: url.endswith("/zh_CN/ledger.html#lines"))
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        assert page.locator("#lines").count() == 1
        page.locator("a.rkedoc-banner-language").click()
        page.wait_for_url(lambda url: url.endswith("/en/ledger.html#lines"))
        seen.check()


@pytest.mark.parametrize(("locale", "folder"), [("zh-CN", "zh_CN"), ("en-GB", "en"), ("de-DE", "en")])
def test_a_browser_is_taken_to_the_language_that_it_prefers(
    reader: Reader, two_sites: Path, locale: str, folder: str
) -> None:
    with reader(locale=locale) as seen:
        page = seen.open(two_sites / "index.html")
        page.wait_for_url(lambda url: url.endswith(f"/{folder}/index.html"))
        seen.check()
