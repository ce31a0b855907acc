"""Records wait in a private folder that does not outlive the run, sorted, within a ceiling."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.collect.private_folder import PREFIX, PrivateFolder, sweep
from rkedoc.collect.spool import Spool
from rkedoc.errors import CollectError
from rkedoc.snapshot.record import Record, record_of


def record(name: str, size: int = 10) -> Record:
    return Record(id=f"core/Pod/default/{name}", kind="Pod", intent={"text": "x" * size}, observed={"n": 1})


def records_of(spool: Spool) -> list[Record]:
    return [record_of(found.line) for found in spool.merged()]


def test_records_come_back_sorted_whatever_their_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    names = [f"p{n:05}" for n in range(5000)]
    random.Random(1).shuffle(names)
    for part in range(5):
        sink = spool.sink(str(part))
        for name in names[part::5]:
            sink.add(record(name, 5000))
        sink.close()
    assert [found.name for found in records_of(spool)] == sorted(names)
    assert len(list(tmp_path.iterdir())) > 5
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())


@settings(max_examples=50)
@given(st.lists(st.text(min_size=1), unique=True))
def test_a_record_comes_back_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    spool = Spool(tmp_path_factory.mktemp("spool"))
    sink = spool.sink("x")
    records = [record(name) for name in names if name.isprintable()]
    for one in records:
        sink.add(one)
    sink.close()
    assert records_of(spool) == sorted(records, key=lambda one: one.id.encode())


def test_a_list_in_no_order_leaves_few_files(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    sink = spool.sink("x")
    names = [f"p{n:05}" for n in range(40_000)]
    random.Random(1).shuffle(names)
    for name in names:
        sink.add(record(name, 2000))
    sink.close()
    assert 1 < len(list(tmp_path.iterdir())) <= 17
    assert [found.name for found in records_of(spool)] == sorted(names)


def test_a_list_that_begins_again_leaves_nothing_of_what_was(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    sink = spool.sink("x")
    for n in range(2000):
        sink.add(record(f"old{n}", 5000))
    sink.restart()
    assert list(tmp_path.iterdir()) == []
    sink.add(record("new"))
    sink.close()
    assert [found.name for found in records_of(spool)] == ["new"]


def test_a_sink_that_is_not_closed_contributes_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.sink("x").add(record("a"))
    assert list(spool.merged()) == []


def test_an_object_that_was_listed_twice_stands_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    sink = spool.sink("x")
    sink.add(record("a"))
    sink.add(record("a"))
    sink.close()
    assert len(list(spool.merged())) == 1


def test_the_ceiling_holds(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ceiling=100_000)
    sink = spool.sink("x")
    noise = random.Random(1)
    with pytest.raises(CollectError, match="ceiling"):
        for n in range(100):
            sink.add(record(f"{n}-{noise.randbytes(100_000).hex()}"))
    sink.restart()


def test_a_full_file_system_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="--spool-dir"):
        Spool(tmp_path, min_free=1 << 62)


def test_a_private_folder_is_private_and_goes_away(tmp_path: Path) -> None:
    with PrivateFolder(tmp_path) as folder:
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        (folder.path / "key").write_text("secret")
        assert sweep(tmp_path) == 0, "a living run's folder was swept"
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from rkedoc.collect.private_folder import PrivateFolder\n"
        "folder = PrivateFolder(Path(sys.argv[1])); (folder.path / 'key').write_text('secret')\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    left = next(tmp_path.iterdir())
    assert sweep(tmp_path) == 0
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with PrivateFolder(tmp_path) as folder:
        assert folder.swept == 1
        assert not left.exists()


def test_sweeping_touches_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir()
    (target / "file").write_text("")
    (tmp_path / f"{PREFIX}999999999-link").symlink_to(target)
    (tmp_path / f"{PREFIX}nopid-x").mkdir()
    (tmp_path / f"{PREFIX}999999999-file").write_text("")
    fresh = tmp_path / f"{PREFIX}{os.getpid()}-fresh"
    fresh.mkdir()
    assert sweep(tmp_path) == 0
    old = time.time() - 3600
    os.utime(fresh, (old, old))
    assert sweep(tmp_path) == 1
    assert (target / "file").exists()
    assert len(list(tmp_path.iterdir())) == 4


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="private folder"):
        PrivateFolder(tmp_path / "missing")
