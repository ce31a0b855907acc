"""What people have marked in a page stands in the next one, around the same words."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.publish.confluence.comments import Carried, carry_over

_NAMESPACES = 'xmlns:ac="urn:ac" xmlns:ri="urn:ri"'
_MARK = re.compile(r"</?ac:inline-comment-marker[^>]*>")


def marked(text: str, ref: str = "a") -> str:
    return f'<ac:inline-comment-marker ac:ref="{ref}">{text}</ac:inline-comment-marker>'


def parsed(content: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<page {_NAMESPACES}>{content.replace('&nbsp;', '&#160;')}</page>")


words = st.sampled_from(
    [
        "web",
        "3 replicas",
        "1",
        "a &amp; b",
        "<strong>shop</strong>",
        "&lt;none&gt;",
        "<code>10.0.0.1</code>",
        "端口 80",
        " ",
        "&nbsp;",
    ]
)
paragraphs = st.lists(
    st.lists(words, min_size=1, max_size=6).map(lambda parts: f"<p>{''.join(parts)}</p>"), min_size=1, max_size=6
)


@given(paragraphs, st.data())
def test_of_a_page_that_stayed_as_it_was_every_mark_is_where_it_was(parts: list[str], data: st.DataObject) -> None:
    page = "".join(parts)
    texts = [match.span() for match in re.finditer(r"(?<=>)(?:[^<&]|&\w+;)+", page) if html.unescape(match[0]).strip()]
    if not texts:
        return
    start, end = data.draw(st.sampled_from(texts))
    before = page[:start] + marked(page[start:end]) + page[end:]
    carried = carry_over(before, page)
    assert carried == Carried(before, 1)


@given(paragraphs, paragraphs, st.integers(0, 5))
def test_a_page_keeps_its_words_and_its_form_whatever_was_marked_before(
    parts: list[str], others: list[str], chosen: int
) -> None:
    inner = re.sub(r"^<p>|</p>$", "", parts[chosen % len(parts)])
    before = "".join([*parts, f"<p>{marked(inner)}</p>"])
    page = "".join(others)
    carried = carry_over(before, page)
    assert _MARK.sub("", carried.content) == page
    assert carried.kept + len(carried.lost) <= 1
    parsed(carried.content)


def test_of_several_places_the_one_with_the_same_around_it_is_meant() -> None:
    rows = "<tr><td>web</td><td>{}</td></tr><tr><td>db</td><td>{}</td></tr>"
    before = rows.format("1", marked("1"))
    after = "<tr><td>api</td><td>1</td></tr>" + rows.format("1", "1")
    assert carry_over(before, after).content == "<tr><td>api</td><td>1</td></tr>" + before


def test_words_that_now_stand_in_several_elements_are_marked_in_each() -> None:
    carried = carry_over(
        f"<p>has {marked('3 replicas &amp; a budget')} here</p>", "<p>has 3 <em>replicas &amp; a</em> budget here</p>"
    )
    assert carried.kept == 1
    assert carried.content == f"<p>has {marked('3 ')}<em>{marked('replicas &amp; a')}</em>{marked(' budget')} here</p>"


def test_words_that_stand_in_another_row_are_not_those_that_were_marked() -> None:
    row = "<tr><td>{}</td><td>{}</td><td>Deployment</td></tr>"
    before = row.format("web-1", marked("CrashLoopBackOff")) + row.format("web-2", "Running")
    after = row.format("web-1", "Running") + row.format("web-2", "CrashLoopBackOff")
    assert carry_over(before, after) == Carried(after, 0, ("CrashLoopBackOff",))


def test_a_comment_on_words_in_two_elements_is_one() -> None:
    before = f"<p>it has {marked('3 ')}<em>{marked('replicas')}</em></p>"
    assert carry_over(before, "<p>it has 3 <em>replicas</em></p>") == Carried(before, 1)
    assert carry_over(before, "<p>nothing</p>").lost == ("3 … replicas",)


@pytest.mark.parametrize(
    "page",
    [
        "<p>has 4 replicas here</p>",
        '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[has 3 replicas here]]></ac:plain-text-body></ac:structured-macro>',
        '<ac:structured-macro ac:name="x"><ac:parameter ac:name="title">has 3 replicas here</ac:parameter></ac:structured-macro>',
        "<!-- has 3 replicas here --><p>gone</p>",
        "",
    ],
)
def test_words_that_are_gone_are_told(page: str) -> None:
    carried = carry_over(f"<p>has {marked('3 replicas')} here</p>", page)
    assert (carried.content, carried.kept, carried.lost) == (page, 0, ("3 replicas",))


def test_marks_within_marks_and_two_on_the_same_words_are_all_kept() -> None:
    before = f"<p>{marked('the ' + marked('web', 'b') + ' server', 'c')} of the shop</p>"
    carried = carry_over(before, "<p>the web server of the shop</p>")
    assert carried.kept == 2
    assert sorted(set(re.findall(r'ac:ref="(\w)"', carried.content))) == ["b", "c"]
    assert "".join(parsed(carried.content).itertext()) == "the web server of the shop"


def test_what_is_not_whole_is_taken_as_it_comes() -> None:
    for before in (
        "<p",
        marked("x")[:-5],
        "</ac:inline-comment-marker>",
        "<ac:inline-comment-marker/>",
        "<<>>" + marked("the words"),
    ):
        carry_over(before, "<p>the words</p>")
