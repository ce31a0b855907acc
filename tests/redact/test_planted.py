"""Secrets of every shape are planted at every place of every kind of object; none is seen again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rkedoc.redact import Redactor, Shelter
from rkedoc.redact.audit import audit
from rkedoc.redact.redactor import CredentialName
from rkedoc.snapshot.record import Record
from tests.redact.planting import planted, positions, secrets, shape_of

#: What says which rules apply; a secret there makes the object an unknown one.
_HEAD = {("kind",), ("apiVersion",)}


def _places(answers: Any) -> dict[tuple[str, str], tuple[dict[str, Any], tuple[Any, ...]]]:
    places: dict[tuple[str, str], tuple[dict[str, Any], tuple[Any, ...]]] = {}
    for obj in answers.objects():
        if obj["kind"] == "CustomResourceDefinition":
            continue
        obj["metadata"].pop("managedFields", None)
        for path in positions(obj):
            if path not in _HEAD:
                places.setdefault((obj["kind"], shape_of(path)), (obj, path))
    return places


def test_nothing_planted_in_an_object_is_seen_again(answers: Any) -> None:
    redactor = Redactor()
    seen = []
    for number, (place, (obj, path)) in enumerate(_places(answers).items()):
        for shape, text, core in secrets(number % 5):
            try:
                out = redactor.kubernetes(planted(obj, path, text))
            except CredentialName:  # the object is refused: no name is left to keep it by
                assert path[0] == "metadata"
                continue
            if core in json.dumps(out, ensure_ascii=False):
                seen.append((shape, place))
    assert not seen


def test_what_is_redacted_stays_as_it_is_and_the_audit_finds_nothing(answers: Any) -> None:
    redactor = Redactor()
    for number, (place, (obj, path)) in enumerate(_places(answers).items()):
        every = list(secrets(number))
        shape, text, _ = every[number % len(every)]
        try:
            out = redactor.kubernetes(planted(obj, path, text))
        except CredentialName:
            assert path[0] == "metadata"
            continue
        assert Redactor().kubernetes(out) == out, (shape, place)
        group = out["apiVersion"].split("/")[0] if "/" in out["apiVersion"] else "core"
        metadata = out["metadata"]
        record = Record(
            f"{group}/{out['kind']}/{metadata.get('namespace') or '-'}/{obj['metadata']['name']}",
            out["kind"],
            None,
            out,
            {},
        )
        if path[:1] != ("metadata",):
            assert audit(record) == (), (shape, place)


def test_nothing_planted_in_a_container_is_seen_again(answers: Any) -> None:
    redactor, shelter = Redactor(), Shelter()
    places: dict[tuple[bool, str], tuple[dict[str, Any], tuple[Any, ...]]] = {}
    for container in answers.containers():
        container["Config"]["Labels"]["com.example.note"] = "x"
        container["HostConfig"]["LogConfig"]["Config"]["tag"] = "x"
        for path in positions(container):
            places.setdefault((container["Name"].startswith("/k8s_"), shape_of(path)), (container, path))
    seen = []
    for number, (place, (container, path)) in enumerate(places.items()):
        for shape, text, core in secrets(number % 5):
            out = redactor.engine_container(planted(container, path, text), shelter)
            if core in json.dumps(out, ensure_ascii=False):
                seen.append((shape, place))
    assert not seen


@pytest.mark.parametrize("shape", [name for name, _, _ in secrets(0)])
def test_secrets_as_names_of_keys_are_replaced(shape: str) -> None:
    text, core = next((text, core) for name, text, core in secrets(11) if name == shape)
    for obj in (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "d"}, "data": {text: "y"}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "x", "labels": {text: "y"}, "annotations": {text: "y"}},
        },
        {
            "apiVersion": "a.example.com/v1",
            "kind": "Thing",
            "metadata": {"name": "x"},
            "spec": {"map": {text: {"a": 1}}},
        },
    ):
        out = Redactor().kubernetes(obj)
        assert core not in json.dumps(out, ensure_ascii=False)
        assert Redactor().kubernetes(out) == out
