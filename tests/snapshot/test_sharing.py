"""Equal parts of records are one value, and nothing becomes another value by it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bench.cluster import Size, write_snapshot
from rkedoc.snapshot.reader import SnapshotFile, load
from rkedoc.snapshot.sharing import Sharing

LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("ab", max_size=2)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
)


def exact(value: Any) -> Any:
    """A value with the types of its leaves: 1, 1.0 and true are equal in Python."""
    match value:
        case dict():
            return {key: exact(item) for key, item in value.items()}, list(value)
        case list():
            return [exact(item) for item in value]
        case _:
            return type(value), repr(value)


@given(st.lists(JSON, max_size=8))
def test_values_stay_what_they_are(values: list[Any]) -> None:
    shared = Sharing()
    assert [exact(shared(copy.deepcopy(value))) for value in values] == [exact(value) for value in values]


@given(JSON)
def test_equal_values_become_one(value: Any) -> None:
    shared = Sharing()
    first, second = shared(copy.deepcopy(value)), shared(copy.deepcopy(value))
    assert first is second or not isinstance(value, dict | list | str)


def test_a_snapshot_is_read_as_it_is_and_pods_of_a_workload_share_their_specification(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    write_snapshot(Size(3, 1, 5), path)
    read = load(path)
    with SnapshotFile(path) as file:
        plain = tuple(file)
    assert [record.line() for record in read.records] == [record.line() for record in plain]
    pods = [record.observed["spec"]["containers"] for record in read.by_kind("Pod") if record.name.startswith("app-1-")]
    assert len(pods) == 5 and len({id(one) for one in pods}) == 1
