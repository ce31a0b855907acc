"""What lies in archives is read as it lies there; whoever made one to do harm is bounded, and told of."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

from rkedoc.collect.files import members as module
from rkedoc.collect.files.members import Given, LeftOut, Member, members

FILES: Mapping[str, bytes] = {
    "a/pods.json": b'{"kind": "PodList"}',
    "b/c/x.yaml": b"kind: List\n",
    "empty": b"",
    "long" * 60: b"7",
}

PACK: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes, ".gz": gzip.compress, ".xz": lambda content: lzma.compress(content, preset=0), ".bz2": bz2.compress, ".zst": zstandard.ZstdCompressor().compress,
}  # fmt: skip


def tar(files: Mapping[str, bytes], *odd: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for info in odd:
            archive.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def read(content: bytes) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    found = list(members(Given(None, content)))
    inside = {one.path.removeprefix("-/"): one.content for one in found if isinstance(one, Member)}
    return inside, [(one.path.removeprefix("-/"), one.reason) for one in found if isinstance(one, LeftOut)]


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_is_read_however_it_was_packed(packing: str, form: int) -> None:
    files = {name: content for name, content in FILES.items() if form != tarfile.USTAR_FORMAT or len(name) < 100}
    assert read(PACK[packing](tar({f"./{name}": content for name, content in files.items()}, form=form))) == (files, [])


def test_a_zip_is_read() -> None:
    assert read(zipped(FILES)) == (dict(FILES), [])


@pytest.mark.parametrize("packing", list(PACK)[1:])
def test_what_is_compressed_alone_is_what_is_in_it(packing: str) -> None:
    assert read(PACK[packing](b"kind: Pod\n")) == ({"-": b"kind: Pod\n"}, [])


def test_archives_in_archives_are_folders() -> None:
    inner = {"x.json": b"{}"}
    outer = tar({"in.tar.gz": gzip.compress(tar(inner)), "in.zip": zipped(inner), "y.json.gz": gzip.compress(b"[]")})
    assert read(zipped({"all.tar": outer})) == (
        {"all.tar/in.tar.gz/x.json": b"{}", "all.tar/in.zip/x.json": b"{}", "all.tar/y.json.gz": b"[]"}, [],
    )  # fmt: skip


def test_only_what_is_wanted_is_read() -> None:
    wanted = {"-", "-/a", "-/a/pods.json"}
    found = [one.path for one in members(Given(None, tar(FILES)), wanted.__contains__) if isinstance(one, Member)]
    assert found == ["-/a/pods.json"]


# Harm -------------------------------------------------------------------------------------------------------------------


def odd(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("make", [tar, zipped])
@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/shadow", "a/../../b", ".."])
def test_a_name_that_leads_elsewhere_is_left_out(make: Callable[[Mapping[str, bytes]], bytes], name: str) -> None:
    inside, left = read(make({name: b"{}", "good.json": b"[]"}))
    assert inside == {"good.json": b"[]"}
    assert [reason for _, reason in left] == ["hostile-name"]


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (odd("l", tarfile.SYMTYPE, "/etc/shadow"), "link"), (odd("l", tarfile.LNKTYPE, "../x"), "link"), (odd("d", tarfile.CHRTYPE), "not-a-file"),
        (odd("f", tarfile.FIFOTYPE), "not-a-file"),
    ],
)  # fmt: skip
def test_links_and_devices_are_left_out(info: tarfile.TarInfo, reason: str) -> None:
    assert read(tar({"good.json": b"[]"}, info)) == ({"good.json": b"[]"}, [(info.name, reason)])


def test_a_link_out_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    folder = tmp_path / "dump"
    folder.mkdir()
    (folder / "good.json").write_text("[]")
    (folder / "out.json").symlink_to(tmp_path / "secret")
    (folder / "in.json").symlink_to(folder / "good.json")
    found = list(members(Given(folder)))
    assert [one.path for one in found if isinstance(one, Member)] == ["good.json", "in.json"]
    assert [one for one in found if isinstance(one, LeftOut)] == [LeftOut("out.json", "link")]


@pytest.mark.parametrize("packing", [".gz", ".xz", ".zst", ".bz2"])
def test_a_bomb_is_stopped_before_it_bursts(packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RATIO_FROM", 1 << 20)
    bomb = PACK[packing](tar({"zeros": bytes(1 << 27)}))
    tracemalloc.start()
    inside, left = read(tar({"bomb.tar": bomb, "good.json": b"[]"}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert inside == {"good.json": b"[]"}
    assert left == [("bomb.tar", "packed-too-tightly")]
    assert peak < 1 << 27


def test_a_zip_in_which_all_members_are_the_same_bytes_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TOTAL", 1 << 22)
    inside, left = read(zipped({f"z{number}": bytes(1 << 20) for number in range(16)}))
    assert len(inside) < 16
    assert left[-1] == ("-", "too-large-in-all")


def test_a_member_that_is_too_large_costs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MEMBER", 1 << 16)
    large = bytes(range(256)) * 512
    assert read(tar({"large": large, "good.json": b"[]"})) == ({"good.json": b"[]"}, [("large", "too-large")])


@pytest.mark.parametrize("make", [tar, zipped])
def test_too_many_members_are_not_read(
    make: Callable[[Mapping[str, bytes]], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_MEMBERS", 10)
    inside, left = read(make({f"{number}.json": b"{}" for number in range(50)}))
    assert (len(inside), left) == (10, [("-", "too-many-members")])


def test_a_zip_with_a_long_list_of_members_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_DIRECTORY", 1000)
    assert read(zipped({f"{number}.json": b"{}" for number in range(50)})) == ({}, [("-", "too-many-members")])


def test_archives_are_not_followed_without_end() -> None:
    content = b"{}"
    for _ in range(10):
        content = tar({"x.tar": content})
    inside, left = read(content)
    assert inside == {}
    assert [reason for _, reason in left] == ["nested-too-deep"]


@pytest.mark.parametrize("packing", list(PACK)[1:])
def test_what_stands_before_a_break_is_read(packing: str) -> None:
    noise = bytes((number * 7919 >> 3) & 255 for number in range(1 << 16))
    whole = PACK[packing](tar({"first.json": b"{}", "noise": noise, "last.json": b"[]"}))
    inside, left = read(whole[: len(whole) // 2])
    assert "last.json" not in inside
    assert {reason for _, reason in left} == {"archive-broken"}


class _Pipe(io.BytesIO):
    """What cannot be gone back in: a zip that is written to it tells the sizes of a member behind it."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation


@pytest.mark.parametrize("made", [io.BytesIO, _Pipe])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_of_a_zip_without_its_end_the_members_before_the_break_are_read(made: type[io.BytesIO], method: int) -> None:
    noise = bytes((number * 7919 >> 3) & 255 for number in range(5000))
    files = {
        "ä/first.json": b'{"a": 1}' * 40,
        "empty": b"",
        "noise": noise,
        "x.json.gz": gzip.compress(b"[]"),
        "last.json": b"[7]",
    }
    target = made()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.mkdir("ä")
        for name, content in files.items():
            archive.writestr(name, content)
    whole = target.getvalue()
    expected = list({**files, "x.json.gz": b"[]"}.items())
    assert read(whole) == (dict(expected), [])
    seen = set()
    for end in range(4, len(whole) - 1, 29):
        inside, left = read(whole[:end])
        assert list(inside.items()) == expected[: len(inside)]
        assert ("-", "archive-broken") in left
        seen.add(len(inside))
    # Of what is stored without a size nobody can tell where it ends.
    assert max(seen) == (0 if (made, method) == (_Pipe, zipfile.ZIP_STORED) else len(files))


def test_a_zip_without_its_end_is_bounded_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RATIO_FROM", 1 << 16)
    cut = zipped({"ok.json": b"{}", "../up.json": b"{}", "bomb.json": bytes(1 << 24), "more.json": b"{}"})[:-60]
    assert read(cut) == ({"ok.json": b"{}"}, [("../up.json", "hostile-name"), ("-", "packed-too-tightly")])


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"]
)
def test_the_beginning_of_an_archive_alone_is_a_broken_one(content: bytes) -> None:
    assert read(content + b"x" * 3) == ({}, [("-", "archive-broken")])


def test_a_member_of_two_gigabytes_costs_no_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("large.json")
    header.size = 2 << 30
    path = tmp_path / "large.tar"
    with path.open("wb") as file:
        file.write(header.tobuf())
        file.truncate(file.tell() + header.size)  # nothing but a hole
        file.seek(0, io.SEEK_END)
        file.write(tar({"good.json": b"[]"}))
    tracemalloc.start()
    found = list(members(Given(path)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [LeftOut("large.tar/large.json", "too-large"), Member("large.tar/good.json", b"[]", packed=True)]
    assert peak < 1 << 24
