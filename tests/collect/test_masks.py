"""What other tools write in the place of a value is no value: it is hidden by them, and never a change."""

from __future__ import annotations

from base64 import b64encode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.collect.files.masks import may_hold, told
from rkedoc.redact import Redactor
from rkedoc.snapshot.record import HIDDEN, HIDDEN_IN_BUNDLE, is_hidden

WHOLE = ["***HIDDEN***", "xxx", "********", "[REDACTED]", "<token redacted>", "REDACTED", "UkVEQUNURUQ="]
LENGTHS = [b64encode(f"{number} bytes long".encode()).decode() for number in (0, 7, 42, 1679, 123456)]


@pytest.mark.parametrize("mask", WHOLE + LENGTHS)
def test_a_value_that_is_a_mask_is_hidden_by_the_tool(mask: str) -> None:
    document = {
        "data": {"password": mask},
        "env": [{"name": "xxx", "value": mask}],
        "Env": [f"DB_PASSWORD={mask}"],
        "n": 1,
    }
    assert may_hold(orjson.dumps(document))
    shown = told(document)
    assert is_hidden(shown["data"]["password"])
    assert shown["env"] == [{"name": "xxx", "value": HIDDEN_IN_BUNDLE}]
    assert shown["n"] == 1
    if mask not in LENGTHS:
        assert shown["Env"] == [f"DB_PASSWORD={HIDDEN_IN_BUNDLE}"]


def test_a_mask_within_a_text_leaves_the_rest() -> None:
    url = "postgres://***HIDDEN***:***HIDDEN***@db:5432/shop"
    assert told([url]) == [f"postgres://{HIDDEN_IN_BUNDLE}:{HIDDEN_IN_BUNDLE}@db:5432/shop"]
    assert told({"address": "https://[REDACTED]:6443"}) == {"address": f"https://{HIDDEN_IN_BUNDLE}:6443"}


@pytest.mark.parametrize(
    "text", ["xxxl", "maxxx", "**", "2 bytes long", "not REDACTED", "eHh4", "a=b=xxx", "", "aGVsbG8gd29ybGQh"]
)
def test_what_only_looks_like_a_mask_is_a_value(text: str) -> None:
    assert told({"value": text}) == {"value": text}


def test_a_name_is_a_name() -> None:
    named = {"kind": "Pod", "metadata": {"name": "xxx", "namespace": "REDACTED", "uid": "***"}}
    assert told(named) == named


@given(
    st.recursive(
        st.none() | st.booleans() | st.text("x*REDACT=ab"),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abkind"), inner),
    )
)
def test_a_document_keeps_its_shape_and_once_is_enough(document: object) -> None:
    shown = told(document)
    assert told(shown) == shown
    if not may_hold(orjson.dumps(document)):
        assert shown == document


TEXTS = (
    "postgres://{0}:{0}@db:5432/shop", "https://{0}:6443", "a {0} b", "--token {0}", "{0}{0}", "{0}:{0}", "Bearer {0}",
    "server=db;password={0};user id={0}", "https://hooks.example.com/{0}",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["MODE", "A_KEY", "PASSWORD"])
def test_what_a_tool_has_hidden_is_left_alone_by_our_rules_as_what_we_have(name: str, text: str) -> None:
    def redacted(placeholder: str) -> tuple[bytes, bytes]:
        value, redactor = text.format(placeholder), Redactor()
        container = {"name": "c", "env": [{"name": name, "value": value}], "args": [f"--x={value}", value]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}}
        once = redactor.kubernetes(pod)
        line = orjson.dumps(once)
        assert Redactor().kubernetes(once) == once
        return line, redactor.everywhere(line)

    line, again = redacted(HIDDEN_IN_BUNDLE)
    assert line.replace(HIDDEN_IN_BUNDLE.encode(), HIDDEN.encode()) == redacted(HIDDEN)[0]
    assert again == line or "‹‹" not in again.decode()
