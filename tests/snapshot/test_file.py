"""A snapshot is written whole or not at all, reads back as it was, and a broken one is refused in one line."""

from __future__ import annotations

import os
import resource
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.errors import SnapshotError
from rkedoc.snapshot.reader import load, open_stream
from rkedoc.snapshot.record import FORMAT, Record, canonical, intent_digest, key_of, line_of, record_digest, record_of
from rkedoc.snapshot.writer import HeaderParts, write
from tests.snapshot.making import PARTS, SECRET, many, ordered, pod, snapshot, unpacked

NAMES = ("a.ndjson", "a.ndjson.zst")
THREE = [pod("a", command=[SECRET]), pod("b", command=[SECRET]), pod("c", command=[SECRET])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("snapshots")


@given(many, st.sampled_from(NAMES))
def test_what_is_written_reads_back(folder: Path, items: list[Record], name: str) -> None:
    header = write(folder / name, PARTS, [ordered(items)])
    found = load(folder / name)
    assert found.header == header
    assert list(found.records) == ordered(items)
    assert [record_digest(record) for record in found.records] == [record_digest(record) for record in ordered(items)]
    assert header.sha256 == sha256(unpacked(folder / name).split(b"\n", 1)[1]).hexdigest()


@given(many)
def test_a_line_says_what_its_record_says(items: list[Record]) -> None:
    for record in items:
        line = line_of(record)
        assert record_of(line.line) == record
        assert (key_of(line.line), line.kind, line.intent()) == (line.key, record.kind, intent_digest(record))


@given(many, st.randoms(use_true_random=False), st.sampled_from(NAMES))
def test_how_answers_came_does_not_show(folder: Path, items: list[Record], random: Any, name: str) -> None:
    plain = snapshot(folder / name, items).read_bytes()
    runs: list[list[Record]] = [[], [], []]
    for record in items:
        random.choice(runs).append(record)
    random.shuffle(runs)
    write(folder / f"other-{name}", PARTS, [ordered(run) for run in runs])
    assert (folder / f"other-{name}").read_bytes() == plain


@pytest.mark.parametrize("name", NAMES)
def test_only_the_owner_may_read_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch(mode=0o644)
    assert stat.S_IMODE(snapshot(tmp_path / name, THREE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [name]


def _in_child(do: Callable[[], object]) -> int:
    """The exit code of a child process that did it; negative for the signal that ended it."""
    child = os.fork()
    if not child:
        code = 1
        try:
            do()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _unsorted() -> Iterator[Record]:
    yield from reversed(THREE)


def _twice() -> Iterator[Record]:
    yield from (THREE[0], THREE[0])


def _no_json() -> Iterator[Record]:
    yield from (THREE[0], pod("b", command=SECRET, value={1, 2}))


def _half() -> Iterator[Record]:
    yield pod("a", command="\ud800" + SECRET)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("run", [_unsorted, _twice, _no_json, _half])
def test_records_that_cannot_be_written_leave_the_old_file(
    tmp_path: Path, run: Callable[[], Iterator[Record]], name: str
) -> None:
    before = snapshot(tmp_path / name, THREE).read_bytes()
    with pytest.raises(SnapshotError) as caught:
        write(tmp_path / name, PARTS, [run()])
    assert "kind Pod" in str(caught.value)
    _is_discreet(caught.value)
    assert (tmp_path / name).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_interruption_leaves_the_old_file(tmp_path: Path) -> None:
    def interrupted() -> Iterator[Record]:
        yield THREE[0]
        raise KeyboardInterrupt

    before = snapshot(tmp_path / "a.ndjson", THREE).read_bytes()
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a.ndjson", PARTS, [interrupted()])
    assert (tmp_path / "a.ndjson").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.ndjson"]


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_full_standard_output_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=full))
        with pytest.raises(SnapshotError, match=r"^-: cannot be written: No space left on device$"):
            write("-", PARTS, [THREE])


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path) -> None:
    before = snapshot(tmp_path / "a.ndjson", THREE).read_bytes()

    def writing() -> None:  # the limit on the size of files cannot be taken back: it holds for the child alone
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        with pytest.raises(SnapshotError):
            write(tmp_path / "a.ndjson", PARTS, [[pod("a", text="x" * 100_000)]])

    assert _in_child(writing) == 0
    assert (tmp_path / "a.ndjson").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.ndjson"]


@pytest.mark.parametrize("name", NAMES)
def test_a_kill_while_records_come_leaves_the_old_file_alone(tmp_path: Path, name: str) -> None:
    def killed() -> Iterator[Record]:
        yield pod("a", text="x" * 5_000_000)
        os.kill(os.getpid(), signal.SIGKILL)

    before = snapshot(tmp_path / name, THREE).read_bytes()
    assert _in_child(lambda: write(tmp_path / name, PARTS, [killed()])) == -signal.SIGKILL
    assert (tmp_path / name).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_a_kill_just_before_the_end_leaves_the_old_file(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(tmp_path / name, THREE).read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _handle: os.kill(os.getpid(), signal.SIGKILL))
    assert _in_child(lambda: write(tmp_path / name, PARTS, [THREE[:1]])) == -signal.SIGKILL
    assert (tmp_path / name).read_bytes() == before
    (left,) = [path for path in tmp_path.iterdir() if path.name != name]
    assert left.name.startswith(".rkedoc-")
    assert stat.S_IMODE(left.stat().st_mode) == 0o600


def test_a_header_that_json_cannot_hold_leaves_the_old_file(tmp_path: Path) -> None:
    before = snapshot(tmp_path / "a.ndjson", THREE).read_bytes()
    with pytest.raises(SnapshotError, match="what its header says") as caught:
        write(tmp_path / "a.ndjson", HeaderParts({"name": f"{SECRET}\udcff", "uid": ""}, ()), [THREE])
    _is_discreet(caught.value)
    assert (tmp_path / "a.ndjson").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.ndjson"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="cannot be written: No such file or directory"):
        write(tmp_path / "none" / "a.ndjson", PARTS, [THREE])


def test_nothing_but_a_file_is_replaced(tmp_path: Path) -> None:
    """Renaming over a device or a pipe would take it away."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/dev/null")
    for name in ("pipe", "folder", "link"):
        with pytest.raises(SnapshotError, match="not a regular file"):
            write(tmp_path / name, PARTS, [THREE])
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "link").is_char_device()


def test_a_dash_is_standard_output(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    header = write("-", PARTS, [THREE])
    (tmp_path / "a").write_bytes(capfdbinary.readouterr().out)
    assert load(tmp_path / "a").header == header
    assert (tmp_path / "a").read_bytes() == snapshot(tmp_path / "b", THREE).read_bytes()


def test_compression_shows_by_content_not_by_name(tmp_path: Path) -> None:
    packed = snapshot(tmp_path / "a.ndjson.zst", THREE)
    assert packed.read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
    renamed = packed.rename(tmp_path / "snapshot")
    assert len(load(renamed).records) == 3


def test_records_are_found_by_id_and_kind(tmp_path: Path) -> None:
    found = load(snapshot(tmp_path / "a", THREE))
    assert found.get("core/Pod/shop/b") == THREE[1]
    assert found.get("core/Pod/shop/none") is None
    assert (found.kinds(), found.by_kind("Pod"), found.by_kind("Node")) == (("Pod",), tuple(THREE), ())


# --- broken files -----------------------------------------------------------------------------------------------------


def _lines(path: Path) -> list[bytes]:
    return snapshot(path, THREE).read_bytes().splitlines(keepends=True)


def _sealed(lines: list[bytes], **changes: Any) -> bytes:
    """The lines under a header that announces them truly, but for ``changes``."""
    header = orjson.loads(lines[0])
    header |= {"records": len(lines) - 1, "sha256": sha256(b"".join(lines[1:])).hexdigest(), **changes}
    return b"".join([canonical(header) + b"\n", *lines[1:]])


def _line(**changes: Any) -> bytes:
    content = {"id": "core/Pod/shop/b", "kind": "Pod", "intent": {"command": [SECRET]}, **changes}
    return canonical(content) + b"\n"


BROKEN: dict[str, tuple[Callable[[list[bytes]], bytes], str]] = {
    "empty": (lambda _: b"", "the file is empty"),
    "white space": (lambda _: b"\n", "line 1: not JSON"),
    "text": (lambda _: SECRET.encode() + b"\n", "line 1: not JSON"),
    "another JSON": (lambda _: b'{"password":"hunter2"}\n', "line 1: this is not a snapshot"),
    "a list": (lambda _: b'["hunter2"]\n', "line 1: this is not a snapshot"),
    "no header": (lambda lines: b"".join(lines[1:]), "line 1: this is not a snapshot"),
    "newer": (lambda lines: _sealed(lines, format=FORMAT + 1), "line 1: .*install a newer one"),
    "no version": (lambda lines: _sealed(lines, format=SECRET), "line 1: the header is malformed: header.format"),
    "true version": (lambda lines: _sealed(lines, format=True), "line 1: the header is malformed: header.format"),
    "odd header": (lambda lines: _sealed(lines, hunter2=1), "line 1: the header is malformed"),
    "odd cluster": (lambda lines: _sealed(lines, cluster=SECRET), "line 1: the header is malformed: header.cluster"),
    "negative": (lambda lines: _sealed(lines, records=-1), "line 1: the header is malformed: header.records"),
    "header cut": (lambda lines: lines[0][:-9], "line 1: the file is cut off in the middle of a line"),
    "cut in a line": (lambda lines: b"".join(lines)[:-5], "line 4: the file is cut off in the middle of a line"),
    "last newline": (lambda lines: b"".join(lines)[:-1], "line 4: the file is cut off in the middle of a line"),
    "cut between": (lambda lines: b"".join(lines[:-1]), "line 3: the file is cut off: 2 of 3 records"),
    "header alone": (lambda lines: lines[0], "line 1: the file is cut off: 0 of 3 records"),
    "too many": (lambda lines: _sealed(lines, records=2), "line 4: the file goes on after the 2 records"),
    "changed": (lambda lines: b"".join(lines).replace(b"hunter2", b"hunter3"), "SHA-256 differs"),
    "twice": (lambda lines: _sealed([*lines[:2], *lines[1:]]), "line 3: this Pod has the id of the record before it"),
    "unsorted": (lambda lines: _sealed([*lines[:2], lines[3], lines[2]]), "line 4: this Pod is not in its place"),
    "not UTF-8": (lambda lines: _sealed([*lines[:2], lines[2].replace(b"hunter2", b"hunter\xff")]), "line 3: byte .* is not UTF-8"),
    "half a pair": (lambda lines: _sealed([*lines[:2], lines[2].replace(b"hunter2", b"\\ud800")]), "line 3: not JSON"),
    "not JSON": (lambda lines: _sealed([*lines[:2], lines[2][:-3] + b"\n"]), "line 3: not JSON"),
    "NaN": (lambda lines: _sealed([lines[0], lines[1].replace(b'"hunter2"', b"NaN")]), "line 2: not JSON"),
    "blank line": (lambda lines: _sealed([*lines[:2], b"\n", *lines[2:]]), "line 3: not JSON"),
    "no object": (lambda lines: _sealed([lines[0], b'["hunter2"]\n']), "line 2: this is not a record: not a JSON object"),
    "odd field": (lambda lines: _sealed([lines[0], _line(hunter2=1)]), "line 2: this is not a record: it has a field"),
    "no id": (lambda lines: _sealed([lines[0], _line(id=None)]), "line 2: this is not a record: its id"),
    "short id": (lambda lines: _sealed([lines[0], _line(id="core/Pod/hunter2")]), "line 2: the id of this record"),
    "no name": (lambda lines: _sealed([lines[0], _line(id="core/Pod/hunter2/")]), "line 2: the id of this record"),
    "other kind": (lambda lines: _sealed([lines[0], _line(kind="hunter2")]), "line 2: the kind of this record"),
    "kind no name": (lambda lines: _sealed([lines[0], _line(id="core/P hunter2/a/b", kind="P hunter2")]), "line 2: the kind"),
    "odd owner": (lambda lines: _sealed([lines[0], _line(owner=[SECRET])]), "line 2: this is not a record: its owner"),
    "odd intent": (lambda lines: _sealed([lines[0], _line(intent=SECRET)]), "line 2: this is not a record: its intent"),
    "odd observed": (lambda lines: _sealed([lines[0], _line(observed=[])]), "line 2: this is not a record: its observed"),
    "too deep": (
        lambda lines: _sealed([lines[0], _line().replace(b'"hunter2"', b"[" * 400 + b'"hunter2"' + b"]" * 400)]),
        "line 2: this record is nested too deeply",
    ),
    "bottomless": (lambda lines: _sealed([lines[0], _line().replace(b'"hunter2"', b"[" * 99_999)]), "line 2: not JSON"),
    "another compression": (lambda _: b"\x1f\x8b\x08\x00" + b"hunter2\n", "line 1: byte 2 is not UTF-8"),
}  # fmt: skip


def _is_discreet(error: SnapshotError) -> None:
    assert SECRET not in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "zstd"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, name: str, packed: bool) -> None:
    breaking, message = BROKEN[name]
    broken = tmp_path / "broken"
    content = breaking(_lines(tmp_path / "good"))
    broken.write_bytes(zstandard.compress(content) if packed else content)
    with pytest.raises(SnapshotError, match=message) as caught:
        load(broken)
    assert str(caught.value).startswith(f"{broken}: ")
    _is_discreet(caught.value)
    with pytest.raises(SnapshotError, match=message):
        for _record in open_stream(broken)[1]:
            pass


def _whole_or_refused(path: Path) -> bool:
    """Whether the file is refused; where it is not, it says what was written."""
    try:
        found = load(path)
    except SnapshotError as error:
        _is_discreet(error)
        return True
    assert list(found.records) == THREE
    return False


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = snapshot(tmp_path / "a.ndjson", THREE).read_bytes()
    for length in range(len(whole)):
        (tmp_path / "cut").write_bytes(whole[:length])
        assert _whole_or_refused(tmp_path / "cut"), length


def test_a_compressed_file_cut_off_anywhere_is_refused_or_holds_everything(tmp_path: Path) -> None:
    whole = snapshot(tmp_path / "a.ndjson.zst", THREE).read_bytes()
    spared = 0
    for length in range(len(whole)):
        (tmp_path / "cut").write_bytes(whole[:length])
        spared += not _whole_or_refused(tmp_path / "cut")
    assert spared <= 4, "only an end of the frame that holds no record may be missing"


@pytest.mark.parametrize("name", NAMES)
def test_any_changed_byte_of_a_record_is_noticed(tmp_path: Path, name: str) -> None:
    whole = snapshot(tmp_path / name, THREE).read_bytes()
    start = (
        len(zstandard.compress(load(tmp_path / name).header.line())) if name.endswith("zst") else whole.index(b"\n") + 1
    )
    for place in range(start, len(whole)):
        (tmp_path / "changed").write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        refused = _whole_or_refused(tmp_path / "changed")
        assert refused or name.endswith("zst")


def test_a_small_file_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    header = unpacked(snapshot(tmp_path / "a", THREE)).split(b"\n", 1)[0] + b"\n"
    compressor = zstandard.ZstdCompressor(level=1)
    with (tmp_path / "line.zst").open("wb") as file, compressor.stream_writer(file) as out:
        out.write(header)
        for _ in range(80):
            out.write(b" " * (1 << 20))
    with pytest.raises(SnapshotError, match="line 2: the line is longer than 64 MiB"):
        load(tmp_path / "line.zst")
    announced = canonical({**orjson.loads(header), "records": 1_000_000}) + b"\n"
    big = b'" ' + b" " * (1 << 22)
    with (tmp_path / "many.zst").open("wb") as file, compressor.stream_writer(file) as out:
        out.write(announced)
        for number in range(70):
            out.write(_line(id=f"core/Pod/shop/{number:09}").replace(b'"hunter2"', big + b'"'))
    with pytest.raises(SnapshotError, match=r"line \d+: the file unpacks to more than 1000 times its size") as caught:
        for _record in open_stream(tmp_path / "many.zst")[1]:
            pass
    _is_discreet(caught.value)


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for name, reason in (
        ("none", "No such file or directory"),
        (".", "Is a directory"),
        ("loop", "Too many levels of symbolic links"),
    ):
        with pytest.raises(SnapshotError, match=f"cannot be read: {reason}"):
            load(tmp_path / name)


def test_a_file_of_somebody_else_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot(tmp_path / "a", THREE).chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)

    def reading() -> None:
        if os.geteuid() == 0:  # who may read every file
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        with pytest.raises(SnapshotError, match=r"^a: cannot be read: Permission denied$"):
            load("a")

    assert _in_child(reading) == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_is_read_as_a_file(tmp_path: Path, name: str) -> None:
    content = snapshot(tmp_path / name, THREE).read_bytes()
    for end, refused in ((None, False), (-5, True), (2, True), (0, True)):
        reading, writing = os.pipe()
        os.write(writing, content[:end])
        os.close(writing)
        try:
            assert _whole_or_refused(Path(f"/dev/fd/{reading}")) == refused
        finally:
            os.close(reading)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that opens and cannot be read")
def test_a_disk_that_fails_is_said() -> None:
    with pytest.raises(SnapshotError, match=r"^/proc/self/mem: line 1: cannot be read: Input/output error$"):
        load("/proc/self/mem")


def test_a_name_that_no_file_has_is_said() -> None:
    with pytest.raises(SnapshotError, match="null byte"):
        load("a\0b")
