"""A store, be it a folder or a bucket: what is put there is there, is never written again, and is what its key says."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import pytest

from rkedoc.errors import SnapshotError, StoreError, UsageError
from rkedoc.snapshot.reader import SnapshotFile
from rkedoc.snapshot.record import Capture
from rkedoc.snapshot.writer import HeaderParts
from rkedoc.store.clients import connect
from rkedoc.store.layout import LAYOUT, Stored
from rkedoc.store.prune import outdated
from rkedoc.store.retention import parse_rule
from rkedoc.store.store import Store, find, store_of
from rkedoc.store.url import parse_url
from rkedoc.store.verify import verify
from tests.snapshot.making import pod, snapshot, unpacked
from tests.store.making import made
from tests.support.s3 import serving

MANY = 10_000


@pytest.fixture
def room(tmp_path: Path) -> Path:
    folder = tmp_path / "room"
    folder.mkdir()
    return folder


def planted(url: str, key: str, content: bytes) -> None:
    """Put anything there, as somebody else may do."""
    obstore.put(connect(parse_url(url)), key, content)


def test_what_was_put_is_listed_and_comes_back(store: Store, room: Path, tmp_path: Path) -> None:
    path = made(tmp_path)
    stored, is_new = store.put(path, room)
    assert is_new
    assert store.list().snapshots == (stored,)
    assert (stored.cluster, stored.time, stored.size) == ("prod", "2026-11-23T05:37:31Z", path.stat().st_size)
    assert store.get(stored, tmp_path / "back.zst").digest == stored.digest
    assert (tmp_path / "back.zst").read_bytes() == path.read_bytes()
    assert (tmp_path / "back.zst").stat().st_mode & 0o777 == 0o600
    assert [*room.iterdir()] == []


@pytest.mark.usefixtures("unlooked")
def test_a_large_one_goes_in_parts(store: Store, room: Path, tmp_path: Path) -> None:
    path = made(tmp_path, pods=8, size=9_000_000)
    assert path.stat().st_size > 1 << 23, "the size of a part"
    stored, _new = store.put(path, room)
    store.get(stored, tmp_path / "back.zst")
    assert (tmp_path / "back.zst").read_bytes() == path.read_bytes()


def test_the_same_snapshot_is_there_once_however_it_was_packed(store: Store, room: Path, tmp_path: Path) -> None:
    path, plain = made(tmp_path), tmp_path / "plain.ndjson"
    plain.write_bytes(unpacked(path))
    assert [store.put(one, room)[1] for one in (plain, path, plain)] == [True, False, False]
    assert len(store.list().snapshots) == 1


def test_what_is_there_is_not_written_again(store: Store, url: str, room: Path, tmp_path: Path) -> None:
    stored, _new = store.put(made(tmp_path), room)
    planted(url, stored.key, b"somebody else's")
    assert store.put(made(tmp_path), room)[1] is False
    assert bytes(obstore.get(connect(parse_url(url)), stored.key).bytes()) == b"somebody else's"


@pytest.mark.parametrize("same", [True, False], ids=["the same snapshot", "snapshots of one moment"])
def test_two_writers_at_once(url: str, tmp_path: Path, *, same: bool) -> None:
    """Neither knows of the other; both are told that their snapshot is there, and it is."""
    paths = [made(tmp_path, pods=4, size=100_000 + (0 if same else 4 * 32 * number)) for number in range(6)]

    def write(number: int) -> Stored:
        room = tmp_path / f"room-{number}"
        room.mkdir()
        return store_of(parse_url(url)).put(paths[number], room)[0]

    with ThreadPoolExecutor(6) as pool:
        stored = [*pool.map(write, range(6))]
    listed = find(parse_url(url))
    assert set(listed.snapshots) == set(stored)
    assert len(set(stored)) == (1 if same else 6)
    (tmp_path / "room").mkdir()
    assert all(not one.findings for one in verify(listed, tmp_path / "room"))


@pytest.mark.parametrize("cluster", ["a/../../b", "..", "生产", "x" * 300, "rkedoc-v1", "a b?c=d#e%2F", "\x1b[2J"])
def test_clusters_of_any_name(store: Store, url: str, room: Path, tmp_path: Path, cluster: str) -> None:
    path = made(tmp_path, cluster)
    stored, _new = store.put(path, room)
    assert store.list().snapshots == store.list(cluster).snapshots == (stored,)
    assert stored.cluster == cluster
    assert find(store.url_of(stored)).snapshots == (stored,)
    assert store.get(stored, tmp_path / "back").cluster["name"] == cluster
    if url.startswith("file"):
        assert {entry.name for entry in (tmp_path / "store").iterdir()} == {LAYOUT}


def test_only_what_is_whole_and_redacted_leaves(store: Store, room: Path, tmp_path: Path) -> None:
    whole = made(tmp_path, pods=50)
    cut = tmp_path / "cut.zst"
    cut.write_bytes(whole.read_bytes()[:-20])
    parts = HeaderParts({"name": "x", "uid": ""}, (Capture("kubernetes", None, "2026-11-23T05:37:31Z", {}),))
    told = {"containers": [{"env": [{"name": "DB_PASSWORD", "value": "CANARY-s3cr3t"}]}]}
    leaky = snapshot(tmp_path / "leaky.zst", [pod("web", spec=told)], parts)
    undated = snapshot(tmp_path / "undated.zst", [], HeaderParts({"name": "x", "uid": ""}, ()))
    for path, reason in ((cut, "cut off"), (leaky, "should have been hidden"), (undated, "when it was collected")):
        with pytest.raises(SnapshotError, match=reason) as refused:
            store.put(path, room)
        assert "CANARY" not in str(refused.value)
        assert str(path) in str(refused.value)
    assert store.list() == store.list("x")
    assert store.list().snapshots == ()
    assert [*room.iterdir()] == []


def test_what_somebody_changed_there_is_not_taken(store: Store, url: str, room: Path, tmp_path: Path) -> None:
    path = made(tmp_path, pods=20)
    stored, _new = store.put(path, room)
    content = path.read_bytes()
    other = made(tmp_path, "staging").read_bytes()
    target = tmp_path / "back.zst"
    for wrong in (b"", content[:-1], content[:100], content[:-30] + bytes(30), other, content + b"\n", b"x" * 500):
        planted(url, stored.key, wrong)
        with pytest.raises(StoreError) as refused:
            store.get(stored, target)
        assert str(refused.value).startswith(f"{store.url_of(stored)}: ")
        assert str(tmp_path / "back") not in str(refused.value)
        assert not target.exists()
    assert [entry for entry in tmp_path.iterdir() if entry.name.startswith(".rkedoc")] == []


def test_verify_names_what_is_not_well(store: Store, url: str, room: Path, tmp_path: Path) -> None:
    good, _new = store.put(made(tmp_path), room)
    bad, _new = store.put(made(tmp_path, "staging"), room)
    planted(url, bad.key, b"nonsense")
    planted(url, f"{LAYOUT}/prod/notes.txt", b"hello")
    told = {one.url: one.findings for one in verify(find(parse_url(url)), room)}
    assert told[str(store.url_of(good))] == ()
    assert len(told[str(store.url_of(bad))]) == 1
    assert told[str(store.url_of(f"{LAYOUT}/prod/notes.txt"))] == ("this is not a name that a snapshot has here",)
    assert len(told) == 3


def test_what_rules_hide_today_is_found_in_what_was_put_yesterday(
    store: Store, url: str, room: Path, tmp_path: Path
) -> None:
    parts = HeaderParts({"name": "x", "uid": ""}, (Capture("kubernetes", None, "2026-11-23T05:37:31Z", {}),))
    told = {"containers": [{"env": [{"name": "DB_PASSWORD", "value": "CANARY-s3cr3t"}]}]}
    leaky = snapshot(tmp_path / "leaky.zst", [pod("web", spec=told)], parts)
    with SnapshotFile(leaky) as file:
        stored = Stored("x", file.header.time, file.header.digest, 0)
    planted(url, stored.key, leaky.read_bytes())
    (verdict,) = verify(find(parse_url(url)), room)
    assert "should have been hidden" in verdict.findings[0]
    assert "CANARY" not in verdict.findings[0]


def test_a_url_names_all_of_a_store_or_of_a_cluster_or_one(url: str, store: Store, room: Path, tmp_path: Path) -> None:
    days = [f"2026-11-2{day}T05:37:31Z" for day in range(3)]
    stored = {(name, day): store.put(made(tmp_path, name, day), room)[0] for name in ("prod", "qa") for day in days}
    assert find(parse_url(url)).snapshots == tuple(stored.values())
    assert find(parse_url(f"{url}/{LAYOUT}")).snapshots == tuple(stored.values())
    assert find(parse_url(f"{url}/qa")).newest == stored["qa", days[2]]
    assert len(find(parse_url(f"{url}/qa")).snapshots) == 3
    assert find(parse_url(f"{url}/qa/20261121T053731Z")).newest == stored["qa", days[1]]
    with pytest.raises(UsageError, match="2 clusters; add one to the URL: prod, qa"):
        _newest = find(parse_url(url)).newest
    for nothing in (f"{url}/dev", f"{url}/qa/20201121T053731Z", f"{url}/{LAYOUT}/dev"):
        with pytest.raises(StoreError, match="no snapshot lies there"):
            find(parse_url(nothing))
    for not_a_store in (f"{url}/{LAYOUT}/qa", f"{url}/qa/20261121T053731Z"):
        with pytest.raises(UsageError, match="name the store alone"):
            store_of(parse_url(not_a_store))


def test_a_later_layout_is_not_overlooked(url: str, store: Store, room: Path, tmp_path: Path) -> None:
    store.put(made(tmp_path), room)
    planted(url, "rkedoc-v3/prod/x", b"what nobody knows yet")
    with pytest.raises(StoreError, match="layout rkedoc-v3, this rkedoc knows rkedoc-v1: install a newer one"):
        find(parse_url(url))
    with pytest.raises(StoreError, match="install a newer one"):
        store_of(parse_url(url)).put(made(tmp_path, "qa"), room)


def test_pruning_keeps_what_a_rule_keeps_of_each_cluster(url: str, store: Store, room: Path, tmp_path: Path) -> None:
    for name, days in (("prod", range(10, 20)), ("qa", range(10, 12))):
        for day in days:
            store.put(made(tmp_path, name, f"2026-11-{day}T05:37:31Z"), room)
    listed = find(parse_url(url)).snapshots
    gone = outdated(listed, [parse_rule("last=3")])
    assert [(one.cluster, one.time[8:10]) for one in gone] == [("prod", str(day)) for day in range(10, 17)]
    assert outdated(listed, []) == ()
    store.delete(gone)
    assert find(parse_url(url)).snapshots == tuple(one for one in listed if one not in gone)
    store.delete(())


def many() -> set[Stored]:
    return {
        Stored(
            f"c-{number % 100:03}",
            f"20{number // 100:02}-01-02T03:04:05Z",
            hashlib.sha256(b"%d" % number).hexdigest(),
            1,
        )
        for number in range(MANY)
    }


def all_are_listed(url: str) -> None:
    """All pages are read, nothing comes twice, and a cluster alone can be asked for."""
    store = Store(parse_url(url))
    listed = store.list().snapshots
    assert len(listed) == MANY
    assert set(listed) == many()
    assert list(listed) == sorted(listed, key=lambda one: (one.cluster, one.time))
    assert len(store.list("c-042").snapshots) == MANY // 100


def test_ten_thousand_files_are_listed(tmp_path: Path) -> None:
    for one in many():
        path = tmp_path / one.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    all_are_listed(f"file://{tmp_path}")


@pytest.mark.s3
def test_ten_thousand_objects_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("many", (f"fleet/{one.key}" for one in many())) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        all_are_listed("s3://many/fleet")
