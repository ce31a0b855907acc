"""What somebody put into a ConfigMap, a Secret or what is like them is hidden, however it is written and wherever it stands."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from rkedoc.collect.files.source import FilesSource
from rkedoc.redact import Redactor
from rkedoc.snapshot.kinds import KINDS
from tests.support.collecting import Heard, MemorySpools, intake

WORD = "tulip-harbour"
"""A secret that no rule for strings could tell from a word, under a name that says nothing."""

CODED = base64.b64encode(WORD.encode()).decode()
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

LIKE_THEM = [
    ("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "configmap"), ("v1", "secret"), ("v1", "Secrets"), ("v1", "ConfigMaps"), ("v2", "Secret"),
    ("core/v1", "ConfigMap"), ("example.org/v1", "Secret"), ("example.org/v1", "ConfigMap"), ("clustersecret.io/v1", "ClusterSecret"),
]  # fmt: skip


def holding(version: str, kind: str) -> dict[str, Any]:
    """An object with the word in all fields that hold data, and in copies of itself."""
    data = {
        "data": {"greeting": WORD},
        "stringData": {"greeting": WORD, "deep": {"list": [WORD]}},
        "binaryData": {"greeting": CODED},
    }
    applied = json.dumps({"apiVersion": version, "kind": kind, **data})
    manifest = yaml.safe_dump({"apiVersion": "v1", "kind": "Secret", **data})
    annotations = {LAST_APPLIED: applied, "example.org/note": applied, "example.org/manifest": manifest}
    metadata = {"name": "one", "namespace": "shop", "annotations": annotations}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **data}


def shows(text: str) -> bool:
    return WORD in text or CODED in text


@pytest.mark.parametrize(("version", "kind"), LIKE_THEM)
def test_the_data_of_what_is_like_a_secret_is_hidden(version: str, kind: str) -> None:
    assert not shows(json.dumps(Redactor().kubernetes(holding(version, kind))))


def test_the_data_of_no_kind_is_shown() -> None:
    """Kinds have no such fields; whoever wrote them into a file, or gave a key ``kind`` twice, meant a Secret."""
    for group, kind in KINDS:
        version = "v1" if group == "core" else f"{group}/v1"
        made = holding(version, kind)
        if kind == "ControllerRevision":
            del made["data"]
        assert not shows(json.dumps(Redactor().kubernetes(made))), kind


@pytest.mark.parametrize("value", [WORD, {"greeting": WORD}, [WORD], [{"greeting": [WORD]}]])
def test_what_a_configmap_does_not_have_is_treated_as_its_data(value: Any) -> None:
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "one", "namespace": "shop"},
        "immutable": True,
    }
    shown = Redactor().kubernetes({**made, "greeting": value, "status": value, "spec": {"text": value}})
    assert shown["immutable"] is True
    assert not shows(json.dumps(shown))


def test_an_object_inside_of_another_is_hidden_as_it_would_be_alone() -> None:
    work = {
        "apiVersion": "work.karmada.io/v1alpha1",
        "kind": "Work",
        "metadata": {"name": "w", "namespace": "shop"},
        "spec": {"workload": {"manifests": [holding(*one) for one in LIKE_THEM]}},
    }
    assert not shows(json.dumps(Redactor().kubernetes(work)))


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
@pytest.mark.parametrize("flow", [True, False, None])
def test_a_manifest_in_a_text_shows_its_keys_above_the_data_alone(kind: str, flow: bool | None) -> None:
    text = yaml.safe_dump_all(
        [{"apiVersion": "v1", "kind": kind, "metadata": {"name": "one"}, "data": {"greeting": WORD, "text": f"a\n{WORD}\n"}}] * 2,
        default_flow_style=flow,
    )  # fmt: skip
    bundle = {
        "apiVersion": "fleet.cattle.io/v1alpha1",
        "kind": "Bundle",
        "metadata": {"name": "b", "namespace": "fleet-local"},
        "spec": {"resources": [{"name": "one.yaml", "content": text}]},
    }
    shown = Redactor().kubernetes(bundle)
    if flow is False:
        assert f"kind: {kind}" in shown["spec"]["resources"][0]["content"]
    assert not shows(json.dumps(shown))
    assert Redactor().kubernetes(shown) == shown


def test_the_template_that_a_controllerrevision_keeps_is_shown() -> None:
    template = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "nginx:1.19.6"}]}}}}
    metadata = {"name": "r", "namespace": "shop"}
    made = {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": metadata,
        "revision": 1,
        "data": template,
    }
    assert Redactor().kubernetes(made)["data"] == template


def written(made: list[dict[str, Any]]) -> dict[str, bytes]:
    """Objects in files, in every way that people and tools write them."""
    listed = {"apiVersion": "v1", "kind": "List", "items": made}
    return {
        "list.json": json.dumps(listed).encode(),
        "indented.json": json.dumps(listed, indent=4).encode(),
        "lines.json": "\n".join(map(json.dumps, made)).encode(),
        "list.yaml": yaml.safe_dump(listed).encode(),
        "documents.yaml": yaml.safe_dump_all(made).encode(),
        "around.txt": b"Warning: old\n" + json.dumps(listed, indent=4).encode() + b"\n$ exit\n",
        "watched.json": "\n".join(json.dumps({"type": "ADDED", "object": one}) for one in made).encode(),
        "flow.yaml": yaml.safe_dump(listed, default_flow_style=True).encode(),
        "twice.json": json.dumps(listed).replace('"kind": "Secret"', '"kind": "Secret", "kind": "ConfigMap"').encode(),
        "cut.json": json.dumps(listed, indent=4).encode()[:-40],
        "cut.yaml": yaml.safe_dump(listed).encode()[:-400],
        "items.json": json.dumps(made).encode(),
    }


@pytest.mark.parametrize("name", sorted(written([])))
def test_nothing_of_it_reaches_a_record_however_the_file_is_written(tmp_path: Path, name: str) -> None:
    made = [holding(*one) for one in LIKE_THEM]
    for number, one in enumerate(made):
        one["metadata"]["name"] = f"one-{number}"
    (tmp_path / name).write_bytes(written(made)[name])
    spools = MemorySpools()
    source = FilesSource([tmp_path], redactor=Redactor(), progress=Heard())
    captures = source.collect(intake(spools, source.pods()))
    assert not shows(b"".join(spools.lines).decode())
    assert not shows(repr(captures))


def test_the_rows_of_a_table_hold_no_data(tmp_path: Path) -> None:
    """A column that somebody made of the data is no column that is read."""
    (tmp_path / "cm.txt").write_text(f"NAMESPACE   NAME   DATA   GREETING\nshop        one    1      {WORD}\n")
    (tmp_path / "secrets.txt").write_text(
        f"NAMESPACE   NAME   TYPE     DATA   AGE\nshop        one    Opaque   {WORD}   2d\n"
    )
    spools = MemorySpools()
    source = FilesSource([tmp_path], redactor=Redactor(), progress=Heard())
    captures = source.collect(intake(spools, source.pods()))
    assert not shows(b"".join(spools.lines).decode())
    assert not shows(repr(captures))
