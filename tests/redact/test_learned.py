"""What was hidden once for its name is hidden wherever it stands again in the same run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.redact import Redactor, audit
from rkedoc.redact.learned import RULE, is_telling
from rkedoc.snapshot.reader import load

VALUES = (
    "83a1af91-1111-4082-aafe-bd6e30b34600",
    "mobikaza94sa",
    "Sommer_2021!x",
    "kartoffel.99/Salat",
    "blau elefant 77",
)


def pod(
    name: str, namespace: str = "shop", annotations: dict[str, str] | None = None, **container: Any
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations or {}},
        "spec": {"containers": [{"name": "c", "image": "nginx:1", **container}]},
    }


def named(value: str) -> tuple[dict[str, Any], ...]:
    """The places where something names the value."""
    return (
        pod("z-env", env=[{"name": "DB_PASSWORD", "value": value}]),
        pod("z-arg", args=[f"--db-password={value}"]),
        pod("z-annotation", annotations={"example.org/api-token": value}),
    )


def unnamed(value: str) -> tuple[dict[str, Any], ...]:
    """Places where nothing does. They sort before the others, and come before them."""
    return (
        pod("a-env", env=[{"name": "AUTHORITY", "value": value}]),
        pod("a-env-within", env=[{"name": "LINE", "value": f"x {value} y"}]),
        pod("a-arg", args=["run", f"--realm={value}"]),
        pod("a-annotation", annotations={"example.org/realm": f"see {value}."}),
        pod("a-url", annotations={"example.org/link": f"https://example.org/{value}/x"}),
        pod("a-other", "team", annotations={"example.org/lines": f"one\n{value}\ntwo"}),
        {
            "apiVersion": "example.org/v1",
            "kind": "Realm",
            "metadata": {"name": "r", "namespace": "shop"},
            "spec": {"deep": [{"x": value}]},
        },
    )


def collected(objects: list[dict[str, Any]], tmp_path: Path, **options: Any) -> Path:
    (tmp_path / "in.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}), "utf-8")
    collect(
        CollectOptions(output=tmp_path / "s.ndjson", from_=(tmp_path / "in.json",), **options), progress=QuietProgress()
    )
    return tmp_path / "s.ndjson"


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("place", range(3), ids=["variable", "option", "annotation"])
def test_hidden_once_hidden_everywhere(tmp_path: Path, value: str, place: int) -> None:
    written = collected([*unnamed(value), named(value)[place]], tmp_path)
    assert json.dumps(value)[1:-1] not in written.read_text("utf-8")
    snapshot = load(written)
    assert snapshot.header.redaction["rules"][RULE] >= 4  # the strong ones are found by their form
    assert len(snapshot.records) == len(unnamed(value)) + 1
    for record in snapshot.records:
        assert not list(audit(record, Redactor()))


@pytest.mark.parametrize("value", VALUES)
def test_what_nothing_names_stays(tmp_path: Path, value: str) -> None:
    written = collected([pod("a", args=["run", f"--realm={value.split(' ', maxsplit=1)[0]}"])], tmp_path)
    assert RULE not in load(written).header.redaction["rules"]


@pytest.mark.parametrize(
    "value", ["true", "admin", "password", "postgres", "redis-0", "10.42.0.10", "db.example.org:5432", "v1.20.9", "/etc/keys/a", "info", "nginx", "3600", "wordpress"]
)  # fmt: skip
def test_what_is_too_common_to_be_a_secret_is_not_looked_for(tmp_path: Path, value: str) -> None:
    assert not is_telling(value)
    written = collected([pod("a", args=["run", f"--mode={value}"]), *named(value)], tmp_path)
    assert f"--mode={value}" in written.read_text("utf-8")


def test_names_and_uids_of_objects_stay(tmp_path: Path) -> None:
    value = "83a1af91-1111-4082-aafe-bd6e30b34600"
    there = pod(value)
    there["metadata"]["uid"] = value
    snapshot = load(collected([there, *named(value)], tmp_path))
    record = snapshot.get(f"core/Pod/shop/{value}")
    assert record is not None
    assert record.body["metadata"]["uid"] == value


def test_the_value_is_no_part_of_a_longer_word(tmp_path: Path) -> None:
    written = collected([pod("a", args=["run", "--realm=xmobikaza94sa"]), *named("mobikaza94sa")], tmp_path)
    assert "xmobikaza94sa" in written.read_text("utf-8")


def test_one_run_does_not_know_what_another_has_hidden() -> None:
    one, other = Redactor(), Redactor()
    one.kubernetes(named("mobikaza94sa")[0])
    line = b'{"id":"a/B/-/c","kind":"B","intent":{"x":"mobikaza94sa"}}\n'
    assert b"mobikaza94sa" not in one.everywhere(line)
    assert other.everywhere(line) == line


@settings(max_examples=150)
@given(st.text(max_size=40), st.text(max_size=40))
def test_a_line_stays_json_and_nothing_else_changes(before: str, after: str) -> None:
    redactor = Redactor()
    redactor.kubernetes(named("mobikaza94sa")[0])
    text = f"{before} mobikaza94sa {after}"
    line = (
        json.dumps({"id": "a/B/-/c", "kind": "B", "intent": {"x": text}}, ensure_ascii=False).encode(
            "utf-8", "surrogatepass"
        )
        + b"\n"
    )
    try:
        out = json.loads(redactor.everywhere(line))
    except ValueError:
        assert any("\ud800" <= char <= "\udfff" for char in text)
        return
    assert "mobikaza94sa" not in out["intent"]["x"]
    assert (out["id"], out["kind"]) == ("a/B/-/c", "B")
