"""Snapshots of one cluster become one: the newest stands, what has gone is gone, and what nobody could see stays."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.errors import SnapshotError
from rkedoc.snapshot.merge import merge
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Capture, Header, Record
from rkedoc.snapshot.writer import HeaderParts, write
from tests.snapshot.making import CLUSTER, container, ordered, pod, scope, snapshot

Made = tuple[HeaderParts, tuple[Record, ...]]
NAMESPACES = ("shop", "tools")
NODES = ("node-a", "node-b")


def time(hour: int) -> str:
    return f"2026-11-23T{hour:02}:00:00Z"


def seen(
    hour: int, *items: Record, pods: str | None = "complete", namespace: str | None = None, node: str | None = None,
    containers: str = "complete", cluster: dict[str, str] = CLUSTER, key: str | None = None, masked: Sequence[str] = (),
) -> Made:  # fmt: skip
    """What was seen at an hour: the pods (of one namespace), and what the engine of a node held."""
    captures = []
    if pods is not None:
        captures.append(Capture("kubernetes", None, time(hour), {}, (scope("core/pods", pods, "core/Pod", namespace),)))
    if node is not None:
        engine = scope("engine/containers", containers, "engine/EngineContainer")
        captures.append(Capture("engine", node, time(hour), {}, (engine,)))
    redaction = {"rules": {"rule": 1}, "key": key, "masked": list(masked)}
    return HeaderParts(cluster, tuple(captures), redaction), tuple(ordered(items))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("merge")


_number = itertools.count()


def file(folder: Path, made: Made) -> Path:
    return snapshot(folder / f"{next(_number)}.ndjson", made[1], made[0])


def joined(folder: Path, *paths: Path) -> Path:
    output = folder / f"{next(_number)}.ndjson"
    merge(paths, output)
    return output


def merged(folder: Path, *made: Made) -> tuple[Record, ...]:
    return load(joined(folder, *[file(folder, one) for one in made])).records


def listed(records: Sequence[Record]) -> list[tuple[str | None, str, Any]]:
    return [(record.namespace, record.name, record.intent.get("v")) for record in records]


# --- properties -------------------------------------------------------------------------------------------------------


@st.composite
def sights(draw: st.DrawFn, results: Sequence[str]) -> Made:
    """One node's engine, or the pods of all namespaces or of one, as somebody saw them at some hour."""
    hour, result = draw(st.integers(0, 3)), draw(st.sampled_from(results))
    version = st.integers(0, 2)
    nothing = result in ("forbidden", "failed")
    if draw(st.booleans()):
        node = draw(st.sampled_from(NODES))
        names = [] if nothing else draw(st.lists(st.sampled_from("abc"), unique=True))
        return seen(
            hour, *[container(n, node, v=draw(version)) for n in names], pods=None, node=node, containers=result
        )
    namespace = draw(st.sampled_from([None, *NAMESPACES]))
    places = [(n, name) for n in NAMESPACES if namespace in (None, n) for name in "ab"]
    shown = [] if nothing else draw(st.lists(st.sampled_from(places), unique=True))
    return seen(hour, *[pod(name, n, v=draw(version)) for n, name in shown], pods=result, namespace=namespace)


ALL = ("complete", "partial", "forbidden", "failed")
WITHOUT_PARTS = ("complete", "forbidden", "failed")


@given(sights(ALL))
def test_merged_with_itself_it_is_the_same(folder: Path, made: Made) -> None:
    path = file(folder, made)
    assert joined(folder, path, path).read_bytes() == joined(folder, path).read_bytes() == path.read_bytes()


@given(st.lists(sights(ALL), min_size=1, max_size=4))
def test_merging_again_changes_nothing(folder: Path, made: list[Made]) -> None:
    once = joined(folder, *[file(folder, one) for one in made])
    assert joined(folder, once).read_bytes() == once.read_bytes()


@given(st.lists(sights(ALL), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_files_means_nothing(folder: Path, made: list[Made], random: Any) -> None:
    paths = [file(folder, one) for one in made]
    whole = joined(folder, *paths).read_bytes()
    random.shuffle(paths)
    assert joined(folder, *paths).read_bytes() == whole


@given(st.tuples(*[sights(WITHOUT_PARTS)] * 3))
def test_step_by_step_is_as_good_as_at_once(folder: Path, made: tuple[Made, Made, Made]) -> None:
    a, b, c = [file(folder, one) for one in made]
    whole = load(joined(folder, a, b, c)).records
    assert load(joined(folder, joined(folder, a, b), c)).records == whole
    assert load(joined(folder, a, joined(folder, b, c))).records == whole


@given(st.lists(sights(ALL), min_size=3, max_size=4))
def test_day_by_day_is_as_good_as_at_once_even_with_lists_that_broke_off(folder: Path, made: list[Made]) -> None:
    made.sort(key=lambda one: one[0].captures[0].time)
    made = [one for n, one in enumerate(made) if not n or one[0].captures[0].time > made[n - 1][0].captures[0].time]
    first, *others = paths = [file(folder, one) for one in made]
    for path in others:
        first = joined(folder, first, path)
    assert load(first).records == load(joined(folder, *paths)).records


# --- examples ---------------------------------------------------------------------------------------------------------


def test_the_newest_stands(folder: Path) -> None:
    assert listed(merged(folder, seen(2, pod("a", v=2)), seen(1, pod("a", v=1)))) == [("shop", "a", 2)]


def test_what_has_gone_is_gone(folder: Path) -> None:
    found = merged(folder, seen(1, pod("a", v=1), pod("b", v=1)), seen(2, pod("b", v=1)))
    assert listed(found) == [("shop", "b", 1)]


@pytest.mark.parametrize("result", ["forbidden", "failed", "partial", "absent", "skipped"])
def test_who_did_not_see_everything_takes_nothing_away(folder: Path, result: str) -> None:
    found = merged(folder, seen(1, pod("a", v=1), pod("b", v=1)), seen(2, pods=result))
    assert listed(found) == [("shop", "a", 1), ("shop", "b", 1)]


def test_a_part_that_is_newer_stands_beside_the_older_rest(folder: Path) -> None:
    found = merged(folder, seen(1, pod("a", v=1), pod("b", v=1)), seen(2, pod("b", v=2), pods="partial"))
    assert listed(found) == [("shop", "a", 1), ("shop", "b", 2)]


def test_a_namespace_speaks_for_itself_alone(folder: Path) -> None:
    before = seen(1, pod("a", "shop", v=1), pod("a", "tools", v=1))
    assert listed(merged(folder, before, seen(2, namespace="shop"))) == [("tools", "a", 1)]


def test_a_list_of_everything_speaks_for_each_namespace(folder: Path) -> None:
    before = seen(1, pod("a", "shop", v=1), namespace="shop")
    assert listed(merged(folder, before, seen(2, pod("a", "tools", v=2)))) == [("tools", "a", 2)]


def test_each_node_speaks_for_its_own_engine(folder: Path) -> None:
    one = seen(1, container("etcd", "node-a", v=1), container("gone", "node-a", v=1), node="node-a")
    other = seen(2, container("etcd", "node-b", v=2), pods=None, node="node-b")
    later = seen(3, container("etcd", "node-a", v=3), pods=None, node="node-a")
    assert listed(merged(folder, one, other, later)) == [("node-a", "etcd", 3), ("node-b", "etcd", 2)]


def test_the_header_says_how_each_list_that_counts_ended(folder: Path) -> None:
    files = [
        seen(1, pod("a"), node="node-a"),
        seen(2, pods="forbidden", node="node-b"),
        seen(3, pod("b")),
        seen(4, pods="failed"),
    ]
    header = load(joined(folder, *[file(folder, made) for made in files])).header
    found = [
        (capture.node, capture.time, scope.name, scope.result)
        for capture in header.captures
        for scope in capture.scopes
    ]
    assert found == [
        ("node-a", time(1), "engine/containers", "complete"),
        ("node-b", time(2), "engine/containers", "complete"),
        (None, time(3), "core/pods", "complete"),
        (None, time(4), "core/pods", "failed"),
    ]


OTHER = {"name": "other", "uid": "0b1c3e9e-5a6f-4f0e-9d7e-0123456789ab"}
NAMELESS = {"name": "demo", "uid": ""}


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (seen(1), seen(2, cluster=OTHER), "different clusters"),
        (seen(1), seen(2, cluster={**OTHER, "name": "demo"}), "different clusters"),
        (seen(1), seen(2, cluster={**OTHER, "uid": ""}), "does not say of which cluster it is"),
        (seen(1, cluster=NAMELESS), seen(2, cluster={**OTHER, "uid": ""}), "different clusters"),
        (seen(1, key="aaaa"), seen(2, key="bbbb"), "different keys"),
        (seen(1), seen(2, masked=["host"]), "masked in some"),
        (seen(1, masked=["host", "ip"]), seen(2, masked=["host"]), "masked in some"),
    ],
)
def test_what_does_not_belong_together_is_refused(tmp_path: Path, one: Made, other: Made, message: str) -> None:
    paths = [file(tmp_path, one), file(tmp_path, other)]
    output = tmp_path / "all.ndjson"
    for order in (paths, paths[::-1]):
        with pytest.raises(SnapshotError, match=message) as caught:
            merge(order, output)
        assert "\n" not in str(caught.value)
    assert not output.exists()


def test_an_engine_alone_goes_with_a_cluster_of_its_name(folder: Path) -> None:
    engine = seen(1, container("etcd", "node-a"), pods=None, node="node-a", cluster=NAMELESS)
    header = load(joined(folder, file(folder, engine), file(folder, seen(2, pod("a"))))).header
    assert (header.cluster, header.records) == (CLUSTER, 2)


def test_a_key_and_masks_that_all_share_stay(folder: Path) -> None:
    files = [
        file(folder, seen(n, pod("a"), key="aaaa", masked=["ip", "host"][::step])) for n, step in ((1, 1), (2, -1))
    ]
    header = load(joined(folder, *files)).header
    assert header.redaction == {"rules": {"rule": 2}, "key": "aaaa", "masked": ["host", "ip"]}


@pytest.mark.parametrize("name", ["one.ndjson", "one.ndjson.zst"])
def test_the_output_may_be_one_of_the_files(tmp_path: Path, name: str) -> None:
    one, other = seen(1, pod("a", v=1)), seen(2, pod("b", v=2), pods="partial")
    write(tmp_path / name, one[0], [one[1]])
    header: Header = merge([tmp_path / name, file(tmp_path, other)], tmp_path / name)
    assert load(tmp_path / name).header == header
    assert listed(load(tmp_path / name).records) == [("shop", "a", 1), ("shop", "b", 2)]


def test_a_broken_file_leaves_the_output_as_it_was(tmp_path: Path) -> None:
    output = file(tmp_path, seen(1, pod("a")))
    before = output.read_bytes()
    broken = file(tmp_path, seen(2, pod("b"), pod("c")))
    broken.write_bytes(broken.read_bytes()[:-5])
    known = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(SnapshotError, match="line 3: the file is cut off in the middle of a line"):
        merge([output, broken], output)
    assert output.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == known


def test_owners_and_observations_come_along(folder: Path) -> None:
    owned = replace(pod("a"), owner="apps/ReplicaSet/shop/a-1")
    assert merged(folder, seen(1), seen(2, owned)) == (owned,)
