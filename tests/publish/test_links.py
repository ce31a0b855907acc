"""Below the folder of the sites nothing is written through a symbolic link, whatever stands in whose place."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.errors import BuildError
from rkedoc.publish.run import publish
from rkedoc.publish.version import FILE, read_version
from rkedoc.store.retention import parse_rule
from tests.diff.world import objects
from tests.support.days import write_day


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("days")
    return [write_day(folder, day, objects()) for day in ("2026-09-01", "2026-10-02", "2026-11-02")]


@pytest.fixture(scope="module")
def published(days: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published") / "SITE"
    publish(days[:2], root)
    return root


@pytest.fixture
def site(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "SITE"))


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def places() -> Iterator[str]:
    """Every kind of path that publishing writes to, or below."""
    yield from (
        "demo",
        "demo/latest",
        "demo/latest/index.html",
        "demo/latest/_static",
        "demo/versions.js",
        "demo/index.html",
    )
    yield from (
        "index.html",
        ".nojekyll",
        ".rkedoc",
        ".rkedoc/lock",
        ".rkedoc/rooms",
        ".rkedoc/snapshots",
        ".rkedoc/snapshots/demo",
    )
    yield from (".rkedoc/snapshots/demo/2026-11-02.ndjson.zst", "demo/2026-11-02", ".rkedoc/work-old")


@pytest.mark.parametrize("of_a_version", [False, True])
@pytest.mark.parametrize("place", list(places()))
def test_a_link_in_the_place_of_anything_is_not_followed(
    site: Path, days: list[Path], tmp_path: Path, place: str, of_a_version: bool
) -> None:
    victim = site / "demo" / "2026-09-01" if of_a_version else tmp_path / "victim"
    target = site / place
    is_folder = target.is_dir() or place.endswith(("work-old", "demo/2026-11-02"))
    if not of_a_version:
        victim.mkdir()
        (victim / "precious.txt").write_text("precious")
    before = content(victim) if victim.exists() else {}
    aim = victim if is_folder else victim / ("index.html" if of_a_version else "precious.txt")
    if target.is_dir() and not target.is_symlink():
        target.rename(tmp_path / "moved")
        if of_a_version and place in ("demo", ".rkedoc"):
            aim = tmp_path / "moved"  # the version went away with the folder: the link leads to that
            victim, before = aim, content(aim)
    else:
        target.unlink(missing_ok=True)
    target.symlink_to(aim)
    with suppress(BuildError):
        publish(days[2:], site, keep=[parse_rule("last=9")])
    assert content(victim) == before


def test_a_link_to_the_newest_version_is_replaced(site: Path, days: list[Path]) -> None:
    demo = site / "demo"
    first = content(demo / "2026-10-02")
    shutil.rmtree(demo / "latest")
    (demo / "latest").symlink_to("2026-10-02")
    publish(days[2:], site)
    assert not (demo / "latest").is_symlink()
    assert content(demo / "latest") == content(demo / "2026-11-02")
    assert content(demo / "2026-10-02") == first


@pytest.mark.parametrize("mask", ["000", "022", "077"])
def test_modes_are_the_same_under_any_mask(days: list[Path], tmp_path: Path, mask: str) -> None:
    code = f"import os, sys; os.umask(0o{mask}); from pathlib import Path; from rkedoc.publish.run import publish; publish([Path(sys.argv[1])], Path(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", code, str(days[0]), str(tmp_path / "SITE")], check=True)

    def modes(path: Path) -> str:
        return oct(stat.S_IMODE(path.stat().st_mode))

    site = tmp_path / "SITE"
    assert {
        modes(site / name) for name in (".", "demo", "demo/latest", "demo/2026-09-01", "demo/2026-09-01/_static")
    } == {"0o750"}
    assert {modes(site / name) for name in ("index.html", "demo/versions.js", "demo/latest/index.html")} == {"0o640"}
    assert {modes(site / name) for name in (".rkedoc", ".rkedoc/snapshots", ".rkedoc/snapshots/demo")} == {"0o700"}
    assert {modes(path) for path in (site / ".rkedoc").rglob("*") if path.is_file()} == {"0o600"}


def test_what_a_dead_run_built_in_goes_at_once_and_what_a_live_one_builds_in_stays(
    site: Path, days: list[Path]
) -> None:
    code = (
        "import sys, time; from pathlib import Path; from rkedoc.publish.tree import Shelf\n"
        "with Shelf(Path(sys.argv[1])).workroom() as room: (room / 'x').write_text('x'); print(room, flush=True); time.sleep(600)"
    )
    dead, live = (
        subprocess.Popen([sys.executable, "-c", code, str(site)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    )
    rooms = []
    for run in (dead, live):
        assert run.stdout is not None
        rooms.append(Path(run.stdout.readline().strip()))
    dead.kill()
    dead.communicate()
    try:
        publish(days[2:], site)
        assert [room.exists() for room in rooms] == [False, True]
    finally:
        live.kill()
        live.communicate()


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=200)
@given(st.data())
def test_whatever_a_version_says_of_itself_it_is_read_or_left(published: Path, data: st.DataObject) -> None:
    good: dict[str, Any] = json.loads((published / "demo" / "2026-09-01" / FILE).read_text())
    key = data.draw(st.sampled_from(sorted(good)))
    folder = published.parent / "one"
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_text(json.dumps({**good, key: data.draw(_json)}))
    version = read_version(folder)
    if version is not None:
        publish_pages(version)


def publish_pages(version: Any) -> None:
    from rkedoc.publish.portal.pages import portal
    from rkedoc.publish.portal.switch import switch_script

    assert "index.html" in portal(Path("/nowhere"), {"demo": (version,)})
    assert switch_script((version,))


@pytest.mark.parametrize(
    "broken", [b"", b"\xff\xfe", b"[" * 100_000, b'{"rkedoc": "version", "format": 1}', b"null", None], ids=range(6)
)
def test_one_broken_version_costs_its_own_row(site: Path, days: list[Path], broken: bytes | None) -> None:
    file = site / "demo" / "2026-09-01" / FILE
    file.unlink()
    if broken is None:
        file.mkdir()
    else:
        file.write_bytes(broken)
    came = publish(days[2:], site)
    assert came.new == ("demo/2026-11-02",)
    assert [warning for warning in came.warnings if "demo/2026-09-01" in warning]
    shown = (site / "index.html").read_text()
    assert "2026-10-02" in shown
    assert os.path.lexists(file)
