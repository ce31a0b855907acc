"""Objects as YAML: whatever they hold, reading the text gives them back, and nothing that was hidden shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from rkedoc.explain.manifest import as_yaml, manifest
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from tests.explain.recorded import record, recorded

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="ab:#-? \n\t'\"{}[]&*!|>%@`,~.0123456789eE_xyYnN=<\\"),
    st.sampled_from(
        ["yes", "No", "null", "~", "1e3", "0x1f", "12:30:45", "1_000", ".5", ".inf", "-.inf", "---", "...", "- a", "? a", "a: b", "a #b", "key:",
         "<<", "=", "true", "2026-11-30", "2026-11-30T12:00:00Z", "", " ", "\n", "a\n", "a\n\n", " a\nb", "a\n b\n\nc", "--flag", "-", "--", "-a b",
         "a:b", "nginx:1.19", "0o7", "007", "é", "中文", "\u202e", "\x85", "\u2028", "\ufeff", "\ufffe", "\U0001f600", "a\r\nb", "a\tb", "x" * 2000]
    ),
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def read(text: str) -> Any:
    return yaml.load(text, yaml.SafeLoader)


@given(VALUES)
@example({"a": [[1, ["x\ny"]], {"b": {}}, [], "l1\nl2\n"]})
@example({"a": [{"x" * 1200: {"y": 1}, "k" * 1001: [1], "l" * 1001: "m\nn"}]})
@example([1e16, 1e-7, 5e-324, -0.0, 123456789012345678901234567890])
def test_what_is_written_is_read_again(value: Any) -> None:
    assert read(as_yaml(value)) == value


@pytest.mark.parametrize("odd", ["\ud800", "a\udfffb\n", "\x00", "\x07\n\x1b"])
def test_texts_that_no_file_can_hold_are_escaped(odd: str) -> None:
    text = as_yaml({odd: odd})
    text.encode("utf-8")
    assert read(text) == {odd: odd}


def test_it_reads_like_what_kubectl_prints() -> None:
    body = {
        "status": {"replicas": 2}, "apiVersion": "apps/v1",
        "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:1.19", "args": ["--v=2", "a b", "on"], "ports": []}]}}},
    }  # fmt: skip
    assert manifest(record("apps/Deployment/shop/web", body)) == (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  template:\n    spec:\n"
        '      containers:\n      - name: main\n        image: nginx:1.19\n        args:\n        - --v=2\n        - a b\n        - "on"\n'
        "        ports: []\nstatus:\n  replicas: 2\n"
    )


def test_of_what_was_hidden_no_fingerprint_is_shown() -> None:
    text = manifest(record("core/Pod/shop/a", {"spec": {"x": "‹hidden:0123456789ab›"}}))
    assert "‹hidden›" in text
    assert "0123456789ab" not in text


def test_every_recorded_object_is_read_again(recording: Callable[[str], Path]) -> None:
    demo = load(resource() / "data" / "demo-rke2.ndjson.zst")
    for found in (*recorded(recording("rke-single-node")).records, *demo.records):
        told = read(manifest(found))
        assert told["kind"] == found.kind
        assert told["metadata"]["name"] == found.name
        rest = {name: value for name, value in found.body.items() if name not in ("kind", "metadata")}
        assert {name: told[name] for name in rest} == rest
