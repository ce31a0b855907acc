"""The intent digest speaks of what somebody decided, and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rkedoc.snapshot.record import Record, canonical
from rkedoc.snapshot.writer import write
from tests.snapshot.making import PARTS, container, many, objects, ordered, pod, records


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("intent") / "a.ndjson"


def intent_of(target: Path, *runs: list[Record]) -> str:
    return write(target, PARTS, [ordered(run) for run in runs]).intent_digest


@given(many, st.integers(0, 8))
def test_the_order_of_answers_means_nothing(target: Path, items: list[Record], border: int) -> None:
    assert intent_of(target, items[border:], items[:border]) == intent_of(target, items)


@given(many, objects)
def test_what_changes_by_itself_means_nothing(target: Path, items: list[Record], seen: dict[str, Any]) -> None:
    later = [replace(record, observed=seen, owner=None) for record in items]
    assert intent_of(target, later) == intent_of(target, items)


@given(many, records(), objects)
def test_what_comes_and_goes_by_itself_means_nothing(
    target: Path, items: list[Record], made: Record, seen: dict[str, Any]
) -> None:
    assume(made.id not in {record.id for record in items})
    assert intent_of(target, [*items, replace(made, intent={}, observed=seen)]) == intent_of(target, items)


@given(many, records(), objects)
def test_every_change_of_intent_shows(target: Path, items: list[Record], one: Record, other: dict[str, Any]) -> None:
    assume(one.id not in {record.id for record in items})
    before, after = intent_of(target, [*items, one]), intent_of(target, [*items, replace(one, intent=other)])
    assert (before == after) == (canonical(one.intent) == canonical(other))
    assert (intent_of(target, items) == before) == (not one.intent)


def test_the_same_intent_under_another_name_is_another(target: Path) -> None:
    assert intent_of(target, [pod("a", image="nginx:1")]) != intent_of(target, [pod("b", image="nginx:1")])


def test_a_container_made_anew_under_a_generated_name_is_the_same(target: Path) -> None:
    before = intent_of(target, [container("nostalgic_curie", image="nginx:1")])
    assert intent_of(target, [container("boring_wozniak", image="nginx:1")]) == before
    assert intent_of(target, [container("boring_wozniak", image="nginx:2")]) != before
    assert intent_of(target, [container("boring_wozniak", "node-b", image="nginx:1")]) != before
    assert intent_of(target, [container("boring_wozniak", image="nginx:1", args=["-g"])]) != before


def test_two_containers_of_one_image_are_two(target: Path) -> None:
    one = container("nostalgic_curie", image="nginx:1")
    two = container("boring_wozniak", image="nginx:1")
    assert len({intent_of(target), intent_of(target, [one]), intent_of(target, [one, two])}) == 3


def test_a_container_with_a_name_counts_by_it(target: Path) -> None:
    assert intent_of(target, [container("kubelet", image="a:1")]) != intent_of(target, [container("etcd", image="a:1")])
