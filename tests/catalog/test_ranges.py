"""Ranges of versions and distributions: how they are written, and where they hold."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.catalog.ranges import (
    DISTRIBUTIONS,
    PRODUCTS,
    Here,
    OfProduct,
    OnDistributions,
    Range,
    Span,
    parse_range,
    parse_spans,
    parsed_version,
)

NUMBERS = st.lists(st.integers(0, 40), min_size=1, max_size=4).map(tuple)
SPANS = st.one_of(
    NUMBERS.map(lambda low: Span(low)),
    NUMBERS.map(lambda high: Span((), high)),
    NUMBERS.map(lambda line: Span(line, line)),
    st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Span(*pair)),
)
PRODUCT = st.builds(OfProduct, st.sampled_from(PRODUCTS), SPANS.map(lambda span: (span,)))
ON = st.sets(st.sampled_from(list(DISTRIBUTIONS.values())), min_size=1).map(
    lambda ids: OnDistributions(tuple(each for each in DISTRIBUTIONS.values() if each in ids))
)
RANGES = st.builds(lambda product, on: Range((product, on)), PRODUCT, ON)


@pytest.mark.parametrize(
    ("text", "version", "holds"),
    [
        ("Rancher 2.0.6 to 2.5.9", "2.0.5", False),
        ("Rancher 2.0.6 to 2.5.9", "2.0.6", True),
        ("Rancher 2.0.6 to 2.5.9", "2.5.10", False),
        ("Rancher 2.0 to 2.4", "2.4.18", True),
        ("Rancher from 2.6", "2.6.0", True),
        ("Rancher 2.5", "2.5.17", True),
        ("Rancher 2.8.9 to 2.8, from 2.9.3", "2.9.0", False),
        ("Rancher 2.8.9 to 2.8, from 2.9.3", "2.8.17", True),
        ("Rancher 2.5.10 to 2.11", "2.5", None),
        ("Rancher to 2.5", "2.10", False),
    ],
)
def test_a_bound_of_few_numbers_takes_in_all_that_begin_with_them(text: str, version: str, holds: bool | None) -> None:
    assert parse_range(text).holds(Here("rke1", {"Rancher": (parsed_version(version),)})) is holds


def test_what_is_not_known_does_not_decide_and_what_is_not_there_does() -> None:
    bound = parse_range("Rancher from 2.5; on RKE1")
    assert bound.holds(Here()) is None
    assert bound.holds(Here("rke2")) is False
    assert bound.holds(Here("rke1", {"Rancher": ()})) is False
    assert bound.holds(Here("rke1", {"Rancher": ((2, 4, 1), (2, 6, 0))})) is None, (
        "two versions, and only one lies in it"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Rancher", "is no range of versions"),
        ("Rancher since 2.5", "is no range of versions"),
        ("Rancher from v2.5", "is no version"),
        ("Rancher 2.5 to 2.4", "ends before it begins"),
        ("Rancher 2.4 to 2.6, from 2.5", "overlap"),
        ("Rancher from 2.5, 2.4", "overlap, or do not rise"),
        ("Racher 2.5", "nothing that a range can be of"),
        ("on RKE3", "is no distribution"),
        ("Rancher 2.5; Rancher 2.6", "names one product twice"),
        ("", "nothing that a range can be of"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_range(text)


@given(RANGES)
def test_what_is_written_is_read_back(bound: Range) -> None:
    assert parse_range(str(bound)) == bound


@given(SPANS, NUMBERS, st.integers(0, 40))
def test_more_numbers_never_take_an_answer_back(span: Span, version: tuple[int, ...], more: int) -> None:
    answer = span.holds(version)
    assert answer is None or span.holds((*version, more)) is answer


@given(SPANS, NUMBERS)
def test_a_version_lies_in_the_span_of_itself_alone_or_meets_it(span: Span, version: tuple[int, ...]) -> None:
    itself = Span(version, version)
    assert itself.holds(version) is True
    assert span.meets(itself) is (span.holds(version) is not False)


@given(st.lists(NUMBERS, min_size=3, max_size=3, unique=True).map(sorted))
def test_rising_spans_are_read_and_no_two_of_them_hold(bounds: list[tuple[int, ...]]) -> None:
    low, middle, high = bounds
    first, second = Span((), low), Span(middle, high)
    if first.meets(second) or not first < second:
        return
    spans = parse_spans(f"{first}, {second}")
    assert not any(all(span.holds(version) for span in spans) for version in bounds)


@given(RANGES, st.sampled_from(["", *DISTRIBUTIONS.values()]), st.lists(NUMBERS, max_size=3))
def test_to_know_more_of_a_cluster_never_takes_an_answer_back(
    bound: Range, distribution: str, versions: list[tuple[int, ...]]
) -> None:
    product = bound.conditions[0]
    assert isinstance(product, OfProduct)
    less, more = Here(distribution), Here(distribution, {product.product: tuple(versions)})
    assert bound.holds(less) in (None, bound.holds(more))


@given(st.text(max_size=40))
def test_any_text_is_a_range_that_is_read_back_or_an_error(text: str) -> None:
    with suppress(ValueError):
        bound = parse_range(text)
        assert parse_range(str(bound)) == bound
