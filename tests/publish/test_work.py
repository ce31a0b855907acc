"""A version's site is a function of what it is made of: whoever builds it, where, and in which order."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from distributed import Client

from rkedoc.publish.dask import _client
from rkedoc.publish.engine import Failure, Outcome, one_by_one
from rkedoc.publish.run import publish
from rkedoc.publish.version import read_version
from rkedoc.publish.work import Manner, Work
from tests.publish.test_publish import content, with_image
from tests.support.days import write_day

PROGRAM = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from rkedoc.cli import main; main(sys.argv[1:])"
"""A command as a terminal starts it. What a shell starts in the background ignores interruptions, and so may whoever runs the tests."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two clusters on two days each."""
    folder = tmp_path_factory.mktemp("fleet")
    return [
        write_day(folder / name, day, with_image(tag), cluster=name)
        for name in ("blue", "green")
        for day, tag in (("2026-09-01", "1.0"), ("2026-10-02", "2.0"))
    ]


@pytest.fixture(scope="module")
def plain(fleet: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the plain loop publishes; nobody changes it."""
    root = tmp_path_factory.mktemp("plain") / "SITE"
    publish(fleet, root)
    return root


def sites(root: Path) -> dict[str, bytes]:
    """What the readers of a published site see."""
    return {name: data for name, data in content(root).items() if not name.startswith(".rkedoc/")}


def begun(arguments: Sequence[object]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def backwards(
    works: Sequence[Work], room: Path, progress: Callable[[str], None] | None
) -> Iterator[tuple[Work, Outcome]]:
    return one_by_one(works[::-1], room, progress)


def test_the_order_in_which_works_are_done_changes_no_byte(fleet: list[Path], plain: Path, tmp_path: Path) -> None:
    found = publish(fleet[::-1], tmp_path / "SITE", engine=backwards)
    assert found.failed == ()
    assert sites(tmp_path / "SITE") == sites(plain)


def test_a_version_that_an_earlier_one_was_put_before_is_built_again_if_asked_for(
    fleet: list[Path], plain: Path, tmp_path: Path
) -> None:
    root = tmp_path / "SITE"
    for path in fleet[::-1]:
        publish([path], root)
    assert sites(root) != sites(plain)
    found = publish([], root, renew=True)
    assert sorted(found.renewed) == ["blue/2026-10-02", "green/2026-10-02"]
    assert sites(root) == sites(plain)
    assert publish([], root, renew=True).renewed == ()


def test_a_key_changes_with_everything_that_decides_what_pages_show(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    entry = notes / "web.md"
    entry.write_text("one", "utf-8")
    manners = [
        Manner(), Manner(language="zh_CN"), Manner(theme="basic"), Manner(classification="internal"), Manner(note="a"),
        Manner(annotations=(notes,)), Manner(annotations=(notes,), trust_annotations=True), Manner(twin_pages=True), Manner(pages=("x",)),
        Manner(templates=notes),
    ]  # fmt: skip
    digests = [manner.digest for manner in manners]
    assert all(one != other for one, other in itertools.combinations(digests, 2))
    assert Manner(jobs=2).digest == Manner().digest
    entry.write_text("two", "utf-8")
    assert Manner(annotations=(notes,)).digest != digests[5]


def test_a_work_that_comes_to_nothing_is_named_and_costs_itself(fleet: list[Path], tmp_path: Path) -> None:
    def broken(
        works: Sequence[Work], room: Path, progress: Callable[[str], None] | None
    ) -> Iterator[tuple[Work, Outcome]]:
        for work, outcome in one_by_one(works, room, progress):
            yield work, Failure("no memory") if work.name == "blue/2026-09-01" else outcome

    found = publish(fleet, tmp_path / "SITE", engine=broken)
    assert found.failed == ("blue/2026-09-01: no memory",)
    assert found.new == ("blue/2026-10-02", "green/2026-09-01", "green/2026-10-02")
    assert not (tmp_path / "SITE/blue/2026-09-01").exists()
    again = publish(fleet, tmp_path / "SITE")
    assert again.new == ("blue/2026-09-01",)


def test_dask_is_imported_only_where_it_is_asked_for(fleet: list[Path], tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rkedoc.publish.run import publish; import rkedoc.cli.sites\n"
        f"publish([Path({str(fleet[0])!r})], Path({str(tmp_path / 'SITE')!r}))\n"
        "assert not {'dask', 'distributed', 'tornado'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_workers_write_the_same_bytes_though_one_of_them_is_killed(
    fleet: list[Path], plain: Path, tmp_path: Path
) -> None:
    root = tmp_path / "SITE"
    running = begun(["publish", *fleet, "-o", root, "--scheduler", "local", "-j", 2])
    victim = _worker_at_work(running.pid, root)
    victim.kill()
    said, complained = running.communicate(timeout=600)
    assert running.returncode == 0, complained
    assert said.count("published: ") == len(fleet)
    assert sites(root) == sites(plain)
    assert not list((root / ".rkedoc").glob("work-*"))


def test_interrupted_it_ends_at_once_and_the_next_run_finishes(fleet: list[Path], plain: Path, tmp_path: Path) -> None:
    root = tmp_path / "SITE"
    arguments = ["publish", *fleet, "-o", root, "--scheduler", "local", "-j", 2]
    running = begun(arguments)
    workers = [_worker_at_work(running.pid, root), *psutil.Process(running.pid).children(recursive=True)]
    running.send_signal(signal.SIGINT)
    _said, complained = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "Traceback" not in complained
    _gone, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []
    publish(fleet, root)
    assert sites(root) == sites(plain)


def test_a_scheduler_that_is_not_there_is_named(fleet: list[Path], tmp_path: Path) -> None:
    for where in ("tcp://127.0.0.1:9", "nowhere"):
        running = begun(["publish", fleet[0], "-o", tmp_path / "SITE", "--scheduler", where])
        _said, complained = running.communicate(timeout=120)
        assert running.returncode == 2
        assert f"--scheduler {where}: no scheduler of Dask answers" in complained
        assert complained.count("\n") == 1


def test_who_has_no_certificate_of_the_run_is_not_heard_by_its_scheduler() -> None:
    with ExitStack() as stack:
        client = _client(stack, "local", 1, "auto")
        address = client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        for without in (address.replace("tls:", "tcp:"), address):
            with pytest.raises((OSError, TypeError), match=r"Timed out|TLS|ssl|security|reset|closed"):
                Client(without, timeout="3s")


def _worker_at_work(parent: int, root: Path) -> psutil.Process:
    """A worker that has begun to build: one that holds a folder of the room, or is busy in it."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        if list((root / ".rkedoc").glob("work-*/room/built-*")):
            workers = [
                child
                for child in psutil.Process(parent).children(recursive=True)
                if "spawn_main" in " ".join(child.cmdline())
            ]
            if workers:
                return max(workers, key=lambda worker: sum(worker.cpu_times()[:2]))
        time.sleep(0.05)
    raise AssertionError("no worker has begun")


def test_what_a_version_was_built_from_stands_in_it(plain: Path) -> None:
    versions = [read_version(path) for path in sorted((plain / "blue").iterdir()) if (path / "index.html").exists()]
    keys = [version.key for version in versions if version is not None]
    assert len(keys) == 3  # latest is one of them once more
    assert len(set(keys)) == 2
    assert os.path.exists(plain / "blue/latest/rkedoc-version.json")
