"""Looking at written records again: as sharp for the thousandth as for the first."""

from __future__ import annotations

import base64

import pytest

from rkedoc.redact import Redactor, audit
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.record import Record


def _pod(name: str, value: str) -> Record:
    container = {"name": "c", "image": "web:1", "env": [{"name": "GREETING", "value": value}], "args": [value]}
    return object_record(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "d"},
            "spec": {"containers": [container]},
        }
    )


def test_what_was_learnt_from_other_records_changes_no_finding() -> None:
    values = ("hello", "postgres://u:Tr0ub4dor-x9@db/x", "--password=Tr0ub4dor-x9", "hello", "--verbose", "‹hidden›")
    records = [_pod(f"pod-{number}", value) for number, value in enumerate(values * 2)]
    words = Redactor()
    assert [audit(record, words) for record in records] == [audit(record) for record in records]
    assert any(audit(record) for record in records)


def test_names_that_were_hidden_alike_are_findings_of_no_record() -> None:
    words = Redactor()
    body = {"metadata": {"name": "‹hidden›"}}
    records = [Record(f"example.com/Thing/d/‹hidden›{end}", "Thing", None, body, {}) for end in ("", " 2", " 3")]
    assert all(audit(record, words) == audit(record) == () for record in records)


def test_what_was_too_deep_inside_an_encoding_is_found_where_it_stands_openly() -> None:
    text = "Tr0ub4dor!"
    layers = [text]
    for _ in range(6):
        layers.append(base64.b64encode(layers[-1].encode()).decode())
    redactor = Redactor()
    for layer in reversed(layers):
        assert (redactor.text(layer) == layer) == (Redactor().text(layer) == layer)
    assert redactor.text(layers[1]) != layers[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_SHARED_CREDENTIALS_FILE", "/home/.aws/credentials"),
        ("tlsKeyFile", "/etc/webhook/certs/tls.key"),
        ("tls-private-key-file", "/etc/snapshot-validation-webhook/certs/key.pem"),
        ("auth-keys", '{"password": "Tr0ub4dor-x9", "user": "web"}'),
    ],
)
def test_a_value_that_was_hidden_in_part_is_not_refused_when_it_is_read_again(name: str, value: str) -> None:
    container = {"name": "c", "image": "web:1", "env": [{"name": name, "value": value}], "args": [f"--{name}={value}"]}
    body = Redactor().body("", "Pod", "d", "web", {"spec": {"containers": [container]}})
    assert "‹hidden›" in str(body)
    assert audit(Record("core/Pod/d/web", "Pod", None, {}, body)) == ()
