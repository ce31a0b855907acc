"""The published JSON Schema and the reader agree on what a line is."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rkedoc.cli import cli
from rkedoc.errors import SnapshotError
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record, canonical
from rkedoc.snapshot.schema import header_fault, json_schema, record_fault
from rkedoc.vocabulary import Result
from tests.snapshot.making import many, objects, pod, snapshot, unpacked
from tests.support.player import playing

SCHEMA = Draft202012Validator(json_schema())


def _refused(path: Path) -> list[int]:
    """The numbers of the lines that the schema does not take."""
    return [n for n, line in enumerate(unpacked(path).splitlines(), start=1) if not SCHEMA.is_valid(json.loads(line))]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_the_schema_takes_the_demo() -> None:
    demo = resource("data", "demo.ndjson.zst")
    assert len(load(demo).records) > 100
    assert _refused(demo) == []


@pytest.mark.parametrize("name", ["rke-single-node-recreated", "rke-single-node-unhealthy"])
def test_the_schema_takes_what_was_collected_from_a_node(
    recording: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    """Also where something did not answer, as the metrics of the unhealthy node."""
    output = tmp_path / "node.ndjson"
    with playing(recording(name), tmp_path) as node:
        options = ["--engine", node.engine, "--kubeconfig", str(node.kubeconfig), "--cluster", "demo", "--quiet"]
        result = CliRunner().invoke(cli, ["collect", "-o", str(output), *options], catch_exceptions=False)
    assert result.exit_code in (0, 1), result.output
    found = load(output)
    assert len(found.records) > 100
    assert any(scope.result == "failed" for scope in found.header.scopes()) == name.endswith("unhealthy")
    assert _refused(output) == []


@given(many)
def test_the_schema_takes_what_is_written(tmp_path_factory: pytest.TempPathFactory, items: list[Record]) -> None:
    assert _refused(snapshot(tmp_path_factory.getbasetemp() / "shape.ndjson", items)) == []


RECORD = {
    "id": "core/Pod/shop/web",
    "kind": "Pod",
    "owner": "apps/ReplicaSet/shop/web",
    "intent": {"a": 1},
    "observed": {},
}
odd = st.sampled_from([None, True, False, 0, -1, 1.5, "", "Pod", "a/b", "core/Pod/shop/\n", [], ["x"], {}, {"x": 1}])


@given(st.sampled_from([*RECORD, "other"]), odd | objects)
def test_schema_and_reader_judge_a_record_alike(tmp_path_factory: pytest.TempPathFactory, key: str, value: Any) -> None:
    """One rule no schema can hold: that the kind of a record is the one in its id."""
    line = {**RECORD, key: value}
    alike = line["kind"] == "Pod" and isinstance(line["id"], str) and line["id"].split("/")[1:2] in ([], ["Pod"])
    if alike or key not in ("id", "kind"):
        assert SCHEMA.is_valid(line) == _readable(tmp_path_factory.getbasetemp() / "judged.ndjson", line)
    else:
        assert not _readable(tmp_path_factory.getbasetemp() / "judged.ndjson", line)


@given(st.sampled_from(list(RECORD)))
def test_schema_and_reader_need_the_same(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    line = {name: value for name, value in RECORD.items() if name != key}
    assert (
        SCHEMA.is_valid(line)
        == _readable(tmp_path_factory.getbasetemp() / "less.ndjson", line)
        == (key not in ("id", "kind"))
    )


@pytest.mark.parametrize("line", [None, [], "core/Pod/shop/web", 7, True])
def test_a_record_is_an_object(line: Any) -> None:
    assert not SCHEMA.is_valid(line)
    assert record_fault(line)


def _readable(path: Path, line: dict[str, Any]) -> bool:
    header = orjson.loads(snapshot(path, [pod("a")]).read_bytes().splitlines()[0])
    body = canonical(line) + b"\n"
    path.write_bytes(canonical({**header, "sha256": sha256(body).hexdigest()}) + b"\n" + body)
    try:
        load(path)
    except SnapshotError:
        return False
    return True


HEADER = orjson.loads(
    b'{"rkedoc":"snapshot","format":1,"cluster":{"name":"demo","uid":""},"captures":[{"source":"engine","node":"a","time":'
    b'"2026-11-23T05:37:31Z","tool":{"rkedoc":"1"},"scopes":[{"name":"engine/images","verb":"list","path":"/images/json",'
    b'"status":200,"result":"complete","count":1,"kind":"engine/EngineImage"}]}],"redaction":{"rules":{"a":1},"key":null,'
    b'"masked":[]},"records":0,"sha256":"' + b"0" * 64 + b'","intent_digest":"' + b"0" * 64 + b'"}'
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _places(inner, (*at, key))
    return found


def _changed(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = _changed(value[place[0]], place[1:], new)
    return copy


def _lacking(value: Any, place: tuple[Any, ...]) -> Any:
    copy = value.copy()
    if place[1:]:
        copy[place[0]] = _lacking(value[place[0]], place[1:])
    else:
        del copy[place[0]]
    return copy


strange = odd | st.sampled_from(["0" * 64, *(result.value for result in Result), "kubernetes", 2])


@given(st.sampled_from(_places(HEADER)[1:]), strange)
def test_schema_and_reader_judge_a_header_alike(place: tuple[Any, ...], value: Any) -> None:
    header = _changed(HEADER, place, value)
    judged = Draft202012Validator({**json_schema(), "oneOf": [{"$ref": "#/$defs/header"}]})
    assert judged.is_valid(header) == (header_fault(header) == "")


@pytest.mark.parametrize("place", _places(HEADER)[1:], ids=str)
def test_schema_and_reader_need_the_same_of_a_header(place: tuple[Any, ...]) -> None:
    header = _lacking(HEADER, place)
    assert SCHEMA.is_valid(header) == (header_fault(header) == "")


@pytest.mark.parametrize("place", [("sha256",), ("intent_digest",), ("captures", 0, "time")], ids=str)
def test_a_newline_at_the_end_is_no_part_of_a_header(place: tuple[Any, ...]) -> None:
    value = "2026-11-23T05:37:31Z" if place[-1] == "time" else "0" * 64
    assert not header_fault(_changed(HEADER, place, value))
    assert header_fault(_changed(HEADER, place, value + "\n"))
