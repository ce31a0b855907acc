"""Rules are data, and whatever is counted is a rule that is told of."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.redact import Redactor, audit, is_credential_kind
from rkedoc.redact.strings import Strings
from rkedoc.resources import load_yaml, resource
from rkedoc.snapshot.record import Record


def test_every_rule_says_what_why_and_whence() -> None:
    for rule, entry in load_yaml("redact", "rules.yaml")["rules"].items():
        assert set(entry) == {"what", "why", "source"}, rule
        assert all(entry.values())


def test_every_rule_that_the_code_names_is_in_the_data_and_the_other_way_round() -> None:
    named = set()
    for path in resource("redact").glob("*.py"):
        named |= set(re.findall(r"""["']([a-z0-9]+(?:-[a-z0-9]+)*)["']""", path.read_text(encoding="utf-8")))
    rules = set(load_yaml("redact", "rules.yaml")["rules"])
    assert rules <= named


def test_what_is_reported_is_a_rule(answers: Any) -> None:
    redactor = Redactor()
    for obj in answers.objects():
        redactor.kubernetes(obj)
    for container in answers.containers():
        from rkedoc.redact import Shelter

        redactor.engine_container(container, Shelter())
    assert set(redactor.report) <= set(load_yaml("redact", "rules.yaml")["rules"])
    assert all(count > 0 for count in redactor.report.values())


def test_kinds_that_are_credentials() -> None:
    for group, kind in [("", "secrets"), ("core", "Secret"), ("management.cattle.io", "clusterregistrationtokens"), ("cluster.cattle.io", "ClusterAuthToken"), ("management.cattle.io", "samltokens"), ("bitnami.com", "SealedSecret")]:  # fmt: skip
        assert is_credential_kind(group, kind)
    for group, kind in [
        ("", "configmaps"),
        ("apps", "Deployment"),
        ("", "serviceaccounts"),
        ("cert-manager.io", "Certificate"),
    ]:
        assert not is_credential_kind(group, kind)


def test_an_unredacted_record_is_found_out_without_its_value() -> None:
    body = {
        "spec": {
            "template": {"spec": {"containers": [{"name": "c", "env": [{"name": "DB_PASSWORD", "value": "tulip"}]}]}}
        }
    }
    (finding,) = audit(Record("apps/Deployment/d/x", "Deployment", None, body, {}))
    assert finding.path == "intent.spec.template.spec.containers[0].env[0].value"
    assert finding.rule == "environment"
    assert "tulip" not in repr(finding)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["env", "args", "command", "data", "name", "value", "password", "message", "headers", "image", "key", "auth", "values", "subjects", "kind", "uid", "reason"]) | st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(_JSON)
def test_any_object_can_be_redacted_and_stays_as_it_is_then(value: Any) -> None:
    obj = {"apiVersion": "a.example.com/v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": value}
    out = Redactor().kubernetes(obj)
    assert Redactor().kubernetes(out) == out


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("abKx9=:/@?&-_\"'{}[] \n.$‹›hidden%\\,;#token") | st.characters(), max_size=120)
)
def test_any_string_can_be_cleaned_and_stays_as_it_is_then(text: str) -> None:
    redactor = Redactor()
    once = redactor.text(text)
    assert redactor.text(once) == once


def test_long_and_hostile_strings_take_no_time() -> None:
    strings = Strings()
    for text in ("a" * 16000, "=" * 16000, "a=" * 8000, "a:b@" * 4000, "/" * 16000, "-a " * 5000, "\n  a:\n" * 2500, "password " * 1800, "x" * 1_000_000, '"' * 15999, "http://" * 2200, "eyJ" * 5000, "token: " * 2000, "echo a" * 2600):  # fmt: skip
        strings.clean(text, lambda rule, secret: "‹hidden›")


def test_objects_nested_too_deep_are_cut_off() -> None:
    node: Any = "tulip"
    for _ in range(2000):
        node = {"a": node}
    out = Redactor().kubernetes({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": node})
    assert "tulip" not in json.dumps(out)
