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
from rkedoc.snapshot.record import Capture, Header, Record, Scope
from rkedoc.snapshot.writer import HeaderParts, write
from rkedoc.vocabulary import Result
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


def namespaces(hour: int, *names: str, only: str | None = None, result: str = "complete") -> Made:
    """The namespaces that a list of all showed, or one of them, asked for by its name."""
    listed_or_got = scope("core/namespaces", result, "core/Namespace", only)
    records = [Record(f"core/Namespace/-/{name}", "Namespace", None, {"v": hour}) for name in names]
    return HeaderParts(CLUSTER, (Capture("kubernetes", None, time(hour), {}, (listed_or_got,)),)), tuple(
        ordered(records)
    )


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
    """One node's engine, or the pods or the names of all namespaces or of one, as somebody saw them at some hour."""
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
    if draw(st.booleans()):
        there = [] if nothing else draw(st.lists(st.sampled_from(NAMESPACES), unique=True))
        return namespaces(hour, *[n for n in there if namespace in (None, n)], only=namespace, result=result)
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
        (seen(1), seen(2, masked=["host"]), "do not mask the same"),
        (seen(1, masked=["host", "ip"]), seen(2, masked=["host"]), "do not mask the same"),
    ],
)
def test_what_does_not_belong_together_is_refused(tmp_path: Path, one: Made, other: Made, message: str) -> None:
    paths = [file(tmp_path, one), file(tmp_path, other)]
    output = tmp_path / "all.ndjson"
    for order in (paths, paths[::-1]):
        with pytest.raises(SnapshotError, match=message) as caught:
            merge(order, output)
        assert "\n" not in str(caught.value)
        assert all(str(path) in str(caught.value) for path in paths), "both files are named"
    assert not output.exists()


def test_a_name_of_several_lines_makes_no_error_of_several(tmp_path: Path) -> None:
    strange = {"name": "a\nb", "uid": ""}
    with pytest.raises(SnapshotError) as caught:
        merge([file(tmp_path, seen(1, cluster=strange)), file(tmp_path, seen(2, cluster=NAMELESS))], tmp_path / "all")
    assert "\n" not in str(caught.value)


def test_nothing_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no snapshot was given"):
        merge([], tmp_path / "all.ndjson")
    assert not list(tmp_path.iterdir())


def test_an_engine_alone_goes_with_a_cluster_of_its_name(folder: Path) -> None:
    engine = seen(1, container("etcd", "node-a"), pods=None, node="node-a", cluster=NAMELESS)
    header = load(joined(folder, file(folder, engine), file(folder, seen(2, pod("a"))))).header
    assert (header.cluster, header.records) == (CLUSTER, 2)


def test_a_key_that_only_some_have_stays(folder: Path) -> None:
    files = [file(folder, seen(1, pod("a"))), file(folder, seen(2, pod("a"), key="aaaa"))]
    assert load(joined(folder, *files)).header.redaction["key"] == "aaaa"


def test_one_namespace_that_was_got_alone_says_nothing_of_others(folder: Path) -> None:
    found = merged(folder, namespaces(1, "shop", "tools"), namespaces(2, "shop", only="shop"))
    assert listed(found) == [(None, "shop", 2), (None, "tools", 1)]


def test_a_namespace_that_was_got_alone_is_no_newer_than_that(folder: Path) -> None:
    alone, engine, later = namespaces(2, "shop", only="shop"), seen(5, pods=None, node="node-a"), namespaces(3, "tools")
    paths = [file(folder, made) for made in (alone, engine, later)]
    whole = load(joined(folder, *paths)).records
    assert listed(whole) == [(None, "tools", 3)]
    assert load(joined(folder, joined(folder, *paths[:2]), paths[2])).records == whole


def _scoped(hour: int, *scopes: Scope, source: str = "kubernetes", node: str | None = None) -> Made:
    return HeaderParts(CLUSTER, (Capture(source, node, time(hour), {}, scopes),)), ()


UNREACHED = Scope("kubernetes/*", "get", "/", None, Result.FAILED, "connection-failed")
UNDISCOVERED = Scope(
    "metrics.k8s.io/v1beta1", "get", "/apis/metrics.k8s.io/v1beta1", 503, Result.FAILED, "ServiceUnavailable"
)


@pytest.mark.parametrize("lost", [UNREACHED, UNDISCOVERED], ids=["API", "group"])
def test_an_api_that_was_reached_later_was_reached(folder: Path, lost: Scope) -> None:
    before, after = _scoped(1, lost), _scoped(3, lost)
    reached = seen(2, pod("a"))
    assert lost not in load(joined(folder, *[file(folder, made) for made in (before, reached)])).header.scopes()
    assert lost in load(joined(folder, *[file(folder, made) for made in (after, reached)])).header.scopes()


def test_an_engine_that_was_not_reached_may_be_any(folder: Path) -> None:
    lost = Scope("engine/*", "get", "/", None, Result.FAILED, "connection-failed")
    files = [_scoped(1, lost, source="engine"), seen(2, node="node-a")]
    assert lost in load(joined(folder, *[file(folder, made) for made in files])).header.scopes()


def test_a_list_that_another_group_served_is_superseded_too(folder: Path) -> None:
    old, new = [
        scope(f"{group}/ingresses", "complete", "networking.k8s.io/Ingress")
        for group in ("extensions", "networking.k8s.io")
    ]
    header = load(joined(folder, file(folder, _scoped(1, old)), file(folder, _scoped(2, new)))).header
    assert header.scopes() == (new,)


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
