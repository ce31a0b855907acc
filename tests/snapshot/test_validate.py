"""What is readable and yet wrong in a snapshot is found, with its line and without its value."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given

from rkedoc.errors import SnapshotError
from rkedoc.redact.audit import audit
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record, canonical
from rkedoc.snapshot.validate import Violation, validate
from tests.snapshot.making import SECRET, many, pod, snapshot

TWO = [pod("a", spec={"nodeName": "node-a"}), pod("b", spec={"hostname": SECRET})]
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk4"


def resealed(path: Path, lines: list[bytes], **changes: Any) -> Path:
    """The file with other lines under a header that announces them truly, but for ``changes``."""
    header = orjson.loads(path.read_bytes().split(b"\n", 1)[0])
    header |= {"records": len(lines), "sha256": sha256(b"".join(lines)).hexdigest(), **changes}
    path.write_bytes(b"".join([canonical(header) + b"\n", *lines]))
    return path


def body(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)[1:]


def test_nothing_is_wrong_with_the_demo() -> None:
    demo = resource("data", "demo.ndjson.zst")
    report = validate(demo, audit=audit)
    assert report.findings == ()
    assert (report.header, report.count) == (load(demo).header, len(load(demo).records))


@given(many)
def test_nothing_is_wrong_with_what_is_written(tmp_path_factory: pytest.TempPathFactory, items: list[Record]) -> None:
    report = validate(snapshot(tmp_path_factory.getbasetemp() / "validated.ndjson.zst", items))
    assert (report.findings, report.count) == ((), len(items))


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": "core/Pod/shop/b", "kind": "Pod", "intent": {"spec": {"hostname": "hunter2"}}}\n',
        b'{"kind":"Pod","id":"core/Pod/shop/b","intent":{"spec":{"hostname":"hunter2"}}}\n',
        b'{"id":"core/Pod/shop/b","intent":{"spec":{"hostname":"hunter\\u0032"}},"kind":"Pod"}\n',
        b'{"id":"core/Pod/shop/b","intent":{"spec":{"hostname":"hunter2","hostname":"hunter2"}},"kind":"Pod"}\n',
        b'{"id":"core/Pod/shop/b","intent":{"spec":{"hostname":"hunter2"}},"kind":"Pod","observed":{}}\n',
        b'{"id":"core/Pod/shop/b","intent":{"spec":{"hostname":"hunter2"}},"kind":"Pod","owner":"core/Pod/a/b"}\r\n',
    ],
)
def test_a_line_that_is_not_written_as_all_are(tmp_path: Path, line: bytes) -> None:
    path = snapshot(tmp_path / "a", TWO)
    resealed(path, [body(path)[0], line])
    found = validate(path).findings
    assert found == (Violation(3, "Pod", "the line is not canonical JSON (keys sorted, no white space)"),)
    assert str(found[0]) == "line 3 (Pod): the line is not canonical JSON (keys sorted, no white space)"


def test_an_intent_digest_that_does_not_fit(tmp_path: Path) -> None:
    path = snapshot(tmp_path / "a", TWO)
    found = validate(resealed(path, body(path), intent_digest="0" * 64)).findings
    assert [str(finding) for finding in found] == ["the intent digest in the header is not that of the records"]


@pytest.mark.parametrize("more", [b'{"cluster":{"name":"hunter2","uid":""},', b"{ "])
def test_a_header_that_is_not_written_as_all_are(tmp_path: Path, more: bytes) -> None:
    """A key that stands there twice could hide what nobody else looks at."""
    path = snapshot(tmp_path / "a", TWO)
    path.write_bytes(path.read_bytes().replace(b"{", more, 1))
    (found,) = validate(path).findings
    assert str(found) == "line 1 (header): the line is not canonical JSON (keys sorted, no white space)"


def test_owners_that_are_not_there_are_counted_and_no_fault(tmp_path: Path) -> None:
    items = [
        Record("apps/ReplicaSet/shop/a", "ReplicaSet", "z.example.org/Thing/shop/a"),
        Record("core/Pod/shop/a", "Pod", "apps/ReplicaSet/shop/a"),
        Record("core/Pod/shop/b", "Pod", "apps/ReplicaSet/shop/none"),
        Record("core/Pod/shop/c", "Pod", "apps/ReplicaSet/shop/none"),
        Record("z.example.org/Thing/shop/a", "Thing"),
    ]
    report = validate(snapshot(tmp_path / "a", items))
    assert (report.findings, report.count, report.ownerless) == ((), 5, 2)


def test_findings_without_end_are_counted(tmp_path: Path) -> None:
    items = [Record(f"extensions/Ingress/shop/{number:05}", "Ingress") for number in range(1500)]
    found = validate(snapshot(tmp_path / "a", items)).findings
    assert len(found) == 1001
    assert str(found[-1]) == "and 500 more"


@pytest.mark.parametrize("identifier", ["extensions/Ingress/shop/web", "events.k8s.io/Event/shop/web"])
def test_an_id_with_a_group_under_which_nothing_is_stored(tmp_path: Path, identifier: str) -> None:
    path = snapshot(tmp_path / "a", [Record(identifier, identifier.split("/")[1])])
    (found,) = validate(path).findings
    assert (found.line, found.kind) == (2, identifier.split("/")[1])
    assert "group" in found.what


@pytest.mark.parametrize("owner", ["", SECRET, f"apps/ReplicaSet/{SECRET}", f"apps//shop/{SECRET}"])
def test_an_owner_that_is_no_record(tmp_path: Path, owner: str) -> None:
    (found,) = validate(snapshot(tmp_path / "a", [Record("core/Pod/shop/a", "Pod", owner)])).findings
    assert found == Violation(2, "Pod", "its owner is not the id of a record")


def test_a_secret_that_was_left_is_named_by_its_place(tmp_path: Path) -> None:
    env = {
        "spec": {"containers": [{"name": "web", "env": [{"name": "DB_PASSWORD", "value": SECRET}], "args": [TOKEN]}]}
    }
    path = snapshot(tmp_path / "a", [TWO[0], pod("c", **env)])
    assert validate(path).findings == ()
    found = validate(path, audit=audit).findings
    assert {(finding.line, finding.kind) for finding in found} == {(3, "Pod")}
    assert any("env" in finding.what for finding in found)
    assert any("args" in finding.what for finding in found)
    assert not any(SECRET in str(finding) or TOKEN in str(finding) for finding in found)


def test_a_broken_file_is_no_matter_of_findings(tmp_path: Path) -> None:
    path = snapshot(tmp_path / "a", TWO)
    path.write_bytes(path.read_bytes().replace(b"hunter2", b"hunter3"))
    with pytest.raises(SnapshotError, match="SHA-256"):
        validate(path)
