"""Known edits of intent amid churn come out, and nothing else does."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rkedoc.catalog.loader import load_catalog
from rkedoc.diff.canonical import Viewer
from rkedoc.diff.compare import applied, edits
from rkedoc.diff.model import Diff
from rkedoc.diff.render.formats import FORMATS
from rkedoc.diff.rules import load_rules
from rkedoc.diff.run import CompareOptions, compare_records
from rkedoc.snapshot.record import Header, Record
from tests.diff.world import EDITS, churned, churned_engine, engine_container, find, header, objects, records

CATALOG = load_catalog()
VIEWER = Viewer(load_rules())
FAST = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)


def compared(
    old: list[Record], new: list[Record], one: Header | None = None, other: Header | None = None, **more: object
) -> Diff:
    options = CompareOptions(**more)  # type: ignore[arg-type]
    return compare_records((one or header(), iter(old)), (other or header(), iter(new)), CATALOG, options)


def world(seed: int, numbers: frozenset[int] = frozenset()) -> list[Record]:
    chance = random.Random(seed)
    found = objects()
    for number in sorted(numbers):
        kind, edit, _where = EDITS[number]
        edit(find(found, kind))
    return records(churned(found, chance), churned_engine(engine_container(), chance))


SEEDS = st.integers(0, 2**32)
NUMBERS = st.frozensets(st.integers(0, len(EDITS) - 1), max_size=8)


@FAST
@given(SEEDS, SEEDS)
def test_churn_is_no_change(one: int, other: int) -> None:
    assert compared(world(one), world(other)).changes == ()


@FAST
@given(SEEDS, SEEDS, NUMBERS, st.sets(st.integers(0, 20)))
def test_the_other_way_round_is_the_mirror(one: int, other: int, numbers: frozenset[int], dropped: set[int]) -> None:
    old = [record for number, record in enumerate(world(one)) if number not in dropped]
    new = world(other, numbers)
    there, back = compared(old, new), compared(new, old)
    turned = {"added": "removed", "removed": "added"}
    mirror = {(turned.get(change.change, change.change), change.old_id or change.id) for change in back.changes}
    assert {(change.change, change.id) for change in there.changes} == mirror
    for change in there.changes:
        opposite = next(c for c in back.changes if (c.old_id or c.id) == change.id)
        assert [edit.mirrored() for edit in opposite.edits] == list(change.edits)
        assert opposite.weight == change.weight


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)
VIEWS = st.dictionaries(st.text(max_size=2), VALUES, max_size=4)


@given(VIEWS, VIEWS)
def test_differences_applied_to_one_view_give_the_other(old: dict[str, object], new: dict[str, object]) -> None:
    found = list(edits(old, new))
    assert applied(old, found) == new
    assert applied(new, [edit.mirrored() for edit in found]) == old
    assert list(edits(old, old)) == []


@settings(parent=FAST, max_examples=60)
@given(SEEDS, NUMBERS)
def test_every_form_can_be_made(seed: int, numbers: frozenset[int]) -> None:
    found = compared(world(seed), world(seed + 1, numbers), observed=True)
    for form in FORMATS.values():
        assert form(found)
        assert form(found, summary=True)
