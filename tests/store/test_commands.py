"""What a person types: stores are given where files are, and messages name them."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rkedoc.resources import resource
from rkedoc.store.store import Store, find
from rkedoc.store.url import parse_url
from tests.store.making import made
from tests.support.commands import Run
from tests.support.player import playing

DEMO, RKE2 = resource("data", "demo.ndjson.zst"), resource("data", "demo-rke2.ndjson.zst")
NAME = re.compile(r"rkedoc-v1/[^ :]+/\d{8}T\d{6}Z-[0-9a-f]{64}\.ndjson\.zst")


@pytest.fixture
def full(run: Run, url: str) -> str:
    """A store of two clusters."""
    put = run("store", "put", url, DEMO, RKE2)
    assert (put.code, put.out) == (0, "")
    assert len(NAME.findall(put.err)) == 2
    return url


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where private files lie; no command leaves any. Its path is short, since that of a socket may have 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="rk-", dir="/tmp") as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield Path(folder)


def test_what_is_there_is_listed(run: Run, full: str) -> None:
    told = run("store", "ls", full)
    assert [line.split()[:2] for line in told.out.splitlines()[1:]] == [
        ["rancher-demo", "2026-11-23T05:37:40Z"],
        ["rke2-demo", "2026-11-26T16:45:00Z"],
    ]
    data = json.loads(run("store", "ls", full, "--format", "json").out)
    assert [one["cluster"] for one in data] == ["rancher-demo", "rke2-demo"]
    urls = run("store", "ls", full, "-o", "name").out.splitlines()
    assert urls == [one["url"] for one in data]
    assert run("store", "ls", urls[1], "-o", "name").out.splitlines() == urls[1:]
    assert "集群" in run("store", "ls", full, "--language", "zh_CN").out
    empty = run("store", "ls", f"{full}/rkedoc-v1/nothing")
    assert (empty.code, empty.out) == (0, "")
    assert "no snapshot lies there" in empty.err


def test_commands_that_read_a_file_read_a_url(run: Run, full: str, temporary: Path) -> None:
    (one,) = run("store", "ls", f"{full}/rancher-demo", "-o", "name").out.splitlines()
    for command in (
        ["ledger"],
        ["coverage"],
        ["support"],
        ["migrate"],
        ["explain", "etcd", "--snapshot"],
        ["rbac", "--from"],
    ):
        there, here = run(*command, f"{full}/rancher-demo"), run(*command, DEMO)
        assert (there.code, there.out) == (here.code, here.out)
        assert there.code in (0, 1)
    assert run("ledger", one).out == run("ledger", DEMO).out
    across = run("diff", "--across", f"{full}/rancher-demo", f"{full}/rke2-demo", "-o", "json")
    assert across.out == run("diff", "--across", DEMO, RKE2, "-o", "json").out
    assert [*temporary.iterdir()] == []


def test_a_store_of_several_clusters_is_no_snapshot(run: Run, full: str) -> None:
    refused = run("ledger", full)
    assert refused.code == 2
    assert "add one to the URL: rancher-demo, rke2-demo" in refused.err


def test_messages_name_the_url(run: Run, full: str, temporary: Path) -> None:
    told = run("validate", full)
    assert told.code == 0
    assert len(NAME.findall(told.out)) == 2
    assert str(temporary) not in told.out + told.err
    different = run("merge", f"{full}/rancher-demo", f"{full}/rke2-demo", "-o", "both.ndjson")
    assert different.code == 2
    assert len(NAME.findall(different.err)) == 2
    assert str(temporary) not in different.err
    assert "rkedoc-private" not in different.err
    data = json.loads(run("validate", full, "-o", "json").out)
    assert all(one["good"] and one["file"].startswith(full.partition("://")[0]) for one in data)


def test_get_writes_a_private_file(run: Run, full: str, tmp_path: Path) -> None:
    told = run("store", "get", f"{full}/rke2-demo")
    assert told.out == "rke2-demo-20261126T164500Z.ndjson.zst: 381 records\n"
    path = tmp_path / "rke2-demo-20261126T164500Z.ndjson.zst"
    assert path.read_bytes() == RKE2.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_results_can_be_put_as_well(run: Run, full: str, url: str) -> None:
    masked = run("redact", f"{full}/rke2-demo", "-o", full, "--mask", "hosts")
    assert masked.code == 0
    assert NAME.search(masked.err)
    assert len(run("store", "ls", f"{full}/rke2-demo", "-o", "name").out.splitlines()) == 2
    assert run("merge", f"{full}/rancher-demo", f"{full}/rancher-demo", "-o", full).code == 0


def test_pruning_says_first_what_it_would_do(run: Run, url: str, tmp_path: Path) -> None:
    paths = [made(tmp_path, "prod", f"2026-11-{day}T05:37:31Z") for day in range(10, 15)]
    run("store", "put", url, *paths)
    dry = run("store", "prune", url, "--keep", "last=2", "-o", "name")
    assert (len(dry.out.splitlines()), dry.code) == (3, 0)
    assert "3 of 5 would be deleted; --yes deletes them" in dry.err
    assert len(run("store", "ls", url, "-o", "name").out.splitlines()) == 5
    assert "3 of 5 deleted" in run("store", "prune", url, "--keep", "last=2", "--yes").err
    assert run("store", "prune", url, "--keep", "nonsense").code == 2
    assert len(run("store", "ls", url, "-o", "name").out.splitlines()) == 2


def test_verify_ends_with_two_where_something_is_wrong(run: Run, full: str, tmp_path: Path) -> None:
    good = run("store", "verify", full)
    assert (good.code, good.out) == (0, "2 of 2 objects are whole, redacted snapshots\n")
    if full.startswith("file:"):
        next((tmp_path / "store").rglob("*rancher-demo/*")).write_bytes(b"nonsense")
        bad = run("store", "verify", full)
        assert (bad.code, bad.out) == (2, "1 of 2 objects are whole, redacted snapshots\n")
        assert "rancher-demo" in bad.err
        assert len(run("store", "verify", full, "-o", "name").out.splitlines()) == 1


def test_collecting_into_a_store_keeps_no_secret(
    run: Run, url: str, recording: Callable[[str], Path], tmp_path: Path, temporary: Path
) -> None:
    with playing(recording("rke-single-node"), tmp_path) as node:
        ended = run(
            "collect",
            "-o",
            url,
            "--kubeconfig",
            node.kubeconfig,
            "--engine",
            node.engine,
            "--collected-at",
            "2026-11-23T10:00:00Z",
        )
    assert ended.code == 0, ended.err
    (key,) = NAME.findall(ended.err)
    assert [*temporary.iterdir()] == []
    assert run("store", "verify", url).code == 0
    run("store", "get", url, "-o", "back.ndjson.zst")
    from rkedoc.snapshot.reader import load

    snapshot = load(tmp_path / "back.ndjson.zst")
    content = b"".join(record.line() for record in snapshot.records) + snapshot.header.line() + key.encode()
    assert len(snapshot.records) > 400
    for secret in (b"CANARY", b"s3cr3t", b"eyJhbGci", b"PRIVATE KEY"):
        assert secret not in content


def test_a_store_that_cannot_be_written_is_known_before_anything_is_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    ended = run("collect", "-o", f"file://{tmp_path}/taken", "--kubeconfig", "/nonexistent", "--engine", "none")
    assert ended.code == 2
    assert f"file://{tmp_path}/taken" in ended.err
    assert "/nonexistent" not in ended.err


def test_a_whole_store_is_published_and_nothing_is_fetched_twice(
    run: Run, full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("publish", full, "-o", "site")
    assert first.code == 0, first.err
    assert {line for line in first.out.splitlines() if line.startswith("published")} == {
        "published: rancher-demo/2026-11-23",
        "published: rke2-demo/2026-11-26",
    }

    def fetched(*_: object) -> None:
        raise AssertionError("it is published already")

    monkeypatch.setattr("rkedoc.store.store.Store.get", fetched)
    again = run("publish", full, "-o", "site", "--keep", "last=1")
    assert again.code == 0, again.err
    assert "published" not in again.out


def test_all_clusters_of_a_store_are_asked_and_nothing_is_fetched_twice(
    run: Run, full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = run("fleet", "versions", full, "kubelet", "-o", "csv")
    assert first.code == 0, first.err
    assert all(name in first.out for name in ("rancher-demo", "rke2-demo"))
    files = list((tmp_path / "cache").rglob("*.ndjson.zst"))
    assert len(files) == 2
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in [*files, *(path.parent for path in files)]} == {0}
    get = Store.get
    monkeypatch.setattr(Store, "get", lambda *_: (_ for _ in ()).throw(AssertionError("it is there")))
    assert run("fleet", "versions", full, "kubelet", "-o", "csv").out == first.out
    monkeypatch.setattr(Store, "get", get)
    found = find(parse_url(full))
    gone = next(one for one in found.snapshots if one.cluster == "rke2-demo")
    found.store.delete([gone])
    again = run("fleet", "versions", full, "kubelet", "-o", "csv")
    assert "rancher-demo" in again.out
    assert "rke2-demo" not in again.out
    assert len(list((tmp_path / "cache").rglob("*.ndjson.zst"))) == 1


@pytest.mark.parametrize(
    "arguments",
    [["store", "ls", "/srv/fleet"], ["store", "ls", "ftp://x"], ["store", "put", "s3://a", "x"], ["ledger", "gs://"]],
)
def test_what_makes_no_sense_is_said_in_a_line(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("rkedoc: ")
    assert "a mistake in rkedoc" not in ended.err


def test_credentials_in_a_url_are_not_repeated(run: Run) -> None:
    for url in ("s3://AKIA:hunter2@fleet/x", "s3://fleet/x?X-Amz-Signature=hunter2", "az://fleet/x?sig=hunter2"):
        for command in (["ledger"], ["store", "ls"], ["collect", "--engine", "none", "-o"], ["publish", "-o", "site"]):
            ended = run(*command, url)
            assert ended.code == 2
            assert "hunter2" not in ended.err + ended.out
            assert "AKIA" not in ended.err


def test_the_client_is_loaded_for_a_url_alone_and_named_where_it_is_missing(tmp_path: Path) -> None:
    missing = "import sys; sys.modules['obstore'] = None; from rkedoc.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    plain = subprocess.run([sys.executable, "-c", missing, "validate", DEMO], capture_output=True, env=environment)
    assert plain.returncode == 0
    there = subprocess.run(
        [sys.executable, "-c", missing, "ledger", "s3://fleet/x"], capture_output=True, env=environment
    )
    assert there.returncode == 2
    assert (
        there.stderr.decode()
        == "rkedoc: s3://fleet/x: a store needs the extra rkedoc[store]: pip install 'rkedoc[store]'\n"
    )
