"""How text becomes terms of the search index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.sphinxext.search.words import split_chinese


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
