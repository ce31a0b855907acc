"""What is hidden in a Secret and in a ConfigMap is hidden wherever such an object is carried, in whatever form."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from rkedoc.redact import Redactor
from rkedoc.snapshot.intent import object_record
from tests.redact.test_typed import passwords

SECRET = next(passwords(7))
"""A word that no rule finds by itself, under a name that says nothing."""

Json = dict[str, Any]

FIELDS = ("data", "stringData", "binaryData")
KINDS = (("v1", "ConfigMap"), ("v1", "Secret"))


def carrier(kind: tuple[str, str], field: str) -> Json:
    return {
        "apiVersion": kind[0],
        "kind": kind[1],
        "metadata": {"name": "a", "namespace": "shop"},
        field: {"greeting": SECRET},
    }


def of(kind: str, **fields: Any) -> Json:
    return {"apiVersion": "example.org/v1", "kind": kind, "metadata": {"name": "a", "namespace": "shop"}, **fields}


def copy(obj: Json, key: str) -> Json:
    return {**obj, "metadata": {**obj["metadata"], "annotations": {key: json.dumps(obj)}}}


CARRIED: dict[str, Callable[[Json], Json]] = {
    "itself": lambda obj: obj,
    "its copy": lambda obj: copy(obj, "kubectl.kubernetes.io/last-applied-configuration"),
    "a copy of another tool": lambda obj: of("Thing", spec={}) | {"metadata": copy(obj, "example.org/before")["metadata"]},
    "a field": lambda obj: of("Thing", spec={"manifest": obj}),
    "a list": lambda obj: of("ManifestWork", spec={"workload": {"manifests": [obj, of("Service", spec={"type": "x"})]}}),
    "JSON in a text": lambda obj: of("Bundle", spec={"resources": [{"name": "a.json", "content": json.dumps(obj)}]}),
    "YAML in a text": lambda obj: of("Bundle", spec={"resources": [{"name": "a.yaml", "content": yaml.safe_dump(obj)}]}),
    "several documents": lambda obj: of("Addon", spec={"template": f"apiVersion: v1\nkind: Service\n---\n{yaml.safe_dump(obj)}---\nkind: Pod\n"}),
    "a list in YAML": lambda obj: of("Addon", spec={"template": yaml.safe_dump({"kind": "List", "items": [obj]})}),
    "kind at the end": lambda obj: of("Addon", spec={"template": yaml.safe_dump(dict(reversed(obj.items())), sort_keys=False)}),
    "lines as of Windows": lambda obj: of("Addon", spec={"template": yaml.safe_dump(obj).replace("\n", "\r\n")}),
    "quoted": lambda obj: of("Addon", spec={"template": yaml.safe_dump(obj, default_style='"')}),
    "flow": lambda obj: of("Addon", spec={"template": f'kind: {obj["kind"]}\ndata: {{"greeting": "{SECRET}"}}\n'}),
    "an annotation": lambda obj: of("Thing", spec={}) | {"metadata": {"name": "a", "annotations": {"example.org/from": yaml.safe_dump(obj)}}},
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[1])
@pytest.mark.parametrize("where", CARRIED)
def test_contents_are_hidden_wherever_the_object_is(where: str, kind: tuple[str, str], field: str) -> None:
    obj = CARRIED[where](carrier(kind, field))
    assert SECRET in json.dumps(obj)
    redactor = Redactor()
    shown = redactor.kubernetes(obj)
    assert SECRET not in json.dumps(shown)
    assert redactor.afresh().kubernetes(shown) == shown


@pytest.mark.parametrize(
    "odd", [{"spec": {"greeting": SECRET}}, {"greeting": SECRET}, {"things": [SECRET]}, {"Data": {"greeting": SECRET}}]
)
def test_a_field_that_no_configmap_has_is_taken_for_data(odd: Json) -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "coredns", "namespace": "kube-system"}, **odd}
    assert SECRET not in json.dumps(Redactor().kubernetes(obj))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("kind", ["ExternalSecret", "ClusterExternalSecret", "VaultStaticSecret", "CopiedSecret"])
def test_the_template_of_a_secret_is_one(kind: str, field: str) -> None:
    obj = of(kind, spec={"target": {"template": {"type": "Opaque", field: {"greeting": SECRET}}}})
    shown = Redactor().kubernetes(obj)
    assert SECRET not in json.dumps(shown)
    assert "greeting" in json.dumps(shown)


def test_what_an_external_secret_refers_to_stays() -> None:
    data = [{"remoteRef": {"key": "shop/database", "property": "user"}}]
    assert Redactor().kubernetes(of("ExternalSecret", spec={"data": data}))["spec"]["data"] == data


def test_other_objects_of_the_text_stay() -> None:
    text = f"kind: ConfigMap\ndata:\n  greeting: {SECRET}\n---\nkind: Deployment\nspec:\n  replicas: 3\n"
    shown = Redactor().kubernetes(of("Addon", spec={"template": text}))["spec"]["template"]
    assert SECRET not in shown
    assert "kind: Deployment\nspec:\n  replicas: 3\n" in shown


def test_a_record_of_such_an_object_is_settled() -> None:
    redactor = Redactor()
    record = object_record(redactor.kubernetes(carrier(("v1", "ConfigMap"), "stringData")))
    again = redactor.afresh().body("core", "ConfigMap", "shop", "a", record.body)
    assert again == record.body
