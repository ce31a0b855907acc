"""Keys: what they are made of can be read back from them, whatever clusters are called."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rkedoc.errors import StoreError
from rkedoc.store.layout import LAYOUT, Place, Stored, parse_key, places
from rkedoc.store.url import parse_url

TIME, DIGEST = "2026-11-30T21:30:37Z", "0123456789abcdef" * 4
NAME = f"20261130T213037Z-{DIGEST}.ndjson.zst"

clusters = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=70),
    st.text("./=-_%aA~", min_size=1, max_size=20),
    st.text("ab.", min_size=200, max_size=600),
)


def of(cluster: str) -> Stored:
    return Stored(cluster, TIME, DIGEST, 7)


@given(clusters)
@example("..")
@example(".")
@example("a/../../etc/passwd")
@example("生产集群" * 6)
@example("arn:aws:eks:eu-central-1:111122223333:cluster/prod")
@example("rkedoc-v1")
@example("rkedoc-v2")
@example("20261130T213037Z")
@example(NAME)
@example("a" * 239 + "/" + "b" * 239 + "..")
@example("a" * 240 + ".")
@example("=")
@example("\0\n\x1b")
def test_a_key_gives_back_what_it_was_made_of(cluster: str) -> None:
    key = of(cluster).key
    assert parse_key(key, 7) == of(cluster)
    assert key.isascii() and key.isprintable() and " " not in key and "%" not in key
    parts = key.split("/")
    assert parts[0] == LAYOUT
    assert all(part and part not in (".", "..") and len(part) <= 255 for part in parts)
    assert len(key) < 900
    store = parse_url("s3://fleet/x")
    assert places(store.at(*store.parts, *parts)) == (Place(store, cluster, NAME),)
    assert places(store.at(*store.parts, *parts[:-1])) == (Place(store, cluster),)


@given(clusters, clusters)
def test_two_clusters_never_share_a_key(one: str, other: str) -> None:
    assert (of(one).key == of(other).key) == (one == other)


@given(st.text("abA.=/-20F%rkedocv1", max_size=80))
def test_only_keys_that_this_layout_gives_are_read(folder: str) -> None:
    found = parse_key(f"{LAYOUT}/{folder}/{NAME}", 7)
    assert found is None or found.key == f"{LAYOUT}/{folder}/{NAME}"


@pytest.mark.parametrize("cluster", ["", "x" * 701, "集" * 300])
def test_a_name_that_has_no_room_is_refused(cluster: str) -> None:
    with pytest.raises(StoreError, match="--cluster"):
        _key = of(cluster).key


@pytest.mark.parametrize(
    "key",
    [
        f"{LAYOUT}/prod/{NAME}.part", f"{LAYOUT}/prod/{NAME}#1", f"{LAYOUT}/{NAME}", f"prod/{NAME}", f"rkedoc-v2/prod/{NAME}", f"{LAYOUT}/prod/x",
        f"{LAYOUT}/=70rod/{NAME}", f"{LAYOUT}/=2f/{NAME}", f"{LAYOUT}/=/prod/{NAME}", f"{LAYOUT}/=FF/{NAME}", f"{LAYOUT}/prod/{NAME.upper()}",
        f"{LAYOUT}/../{NAME}", "",
    ],
)  # fmt: skip
def test_what_else_lies_there_is_no_snapshot(key: str) -> None:
    assert parse_key(key, 7) is None


def test_what_a_url_can_mean() -> None:
    store, above = parse_url("s3://fleet/a/prod"), parse_url("s3://fleet/a")
    assert places(store) == (Place(store), Place(above, "prod"))
    assert places(parse_url("s3://fleet")) == (Place(parse_url("s3://fleet")),)
    assert places(parse_url(f"s3://fleet/a/prod/{NAME}")) == (Place(above, "prod", NAME),)
    assert places(parse_url("s3://fleet/a/prod/20261130T213037Z-01")) == (Place(above, "prod", "20261130T213037Z-01"),)
    assert places(parse_url(f"s3://fleet/a/{LAYOUT}")) == (Place(above),)
    assert places(parse_url("s3://fleet/生产"))[1] == Place(parse_url("s3://fleet"), "生产")


def test_a_later_layout_is_told_from_none() -> None:
    with pytest.raises(StoreError, match=r"s3://fleet/a: the store has the layout rkedoc-v2, .* install a newer one"):
        places(parse_url("s3://fleet/a/rkedoc-v2/prod"))
