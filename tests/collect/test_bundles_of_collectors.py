"""Bundles of other collectors become snapshots: whole, at any depth, in any archive, with their time, and without what they leak."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from rkedoc.catalog.loader import load_catalog
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.diff.run import CompareOptions, compare
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.snapshot.record import HIDDEN_IN_BUNDLE
from tests.collect.test_formats_collectors import META, as_the_tool_writes, sample
from tests.support.archives import DATA
from tests.support.samples import Files, samples

WHOLE = Path(__file__).parents[2] / "rkedoc" / "data" / "demo.ndjson.zst"
"""All of the node of which the samples hold a part."""

CANARIES = [
    line.partition("|")[0].strip()
    for line in (DATA / "recordings" / "canaries.txt").read_text().splitlines()
    if "|" in line
]
TIMES = {
    "crust-gather": "2026-11-23T05:37:40Z",
    "must-gather": "2026-11-23T05:38:00Z",
    "troubleshoot": "2026-11-23T05:37:31Z",
    "k8shark.kshrk": "2026-11-23T05:37:31Z",
    "support-bundle-kit": "2024-05-06T07:08:09Z",
}
OBJECTS = 130
"""Objects of the samples."""


def kit() -> Files:
    """A bundle of support-bundle-kit of the same objects."""
    files = {"metadata.yaml": META}
    for path, content in sample("k8shark.kshrk").items():
        if "/records/" not in path:
            continue
        record = json.loads(content)
        found = re.fullmatch(r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>\w+)/(?P<plural>\w+)", record["api_path"])
        assert found is not None
        version = "/".join(filter(None, (found["group"], found["version"])))
        kind = record["response_body"]["kind"].removesuffix("List")
        by_namespace = defaultdict(list)
        for item in record["response_body"]["items"]:
            by_namespace[item["metadata"].get("namespace")].append({**item, "apiVersion": version, "kind": kind})
        for namespace, items in by_namespace.items():
            folder = "yamls/cluster" if namespace is None else f"yamls/namespaced/{namespace}"
            written = as_the_tool_writes({"apiVersion": "v1", "kind": "List", "items": items})
            files[f"{folder}/{version}/{found['plural']}.yaml"] = yaml.safe_dump(written).encode()
    return files


def of(name: str) -> Files:
    return kit() if name == "support-bundle-kit" else samples()[name]


def laid(files: Files, form: str, to: Path) -> Path:
    """Files in a folder, or in an archive whose name tells nothing."""
    if form == "folder":
        for path, content in files.items():
            place = to / "renamed" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return to / "renamed"
    target = to / "renamed"
    if form == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            for path, content in files.items():
                archive.writestr(f"deep/er/{path}", content)
        return target
    with tarfile.open(target, f"w:{form}") as tar:
        for path, content in files.items():
            info = tarfile.TarInfo(f"./deep/er/{path}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return target


def collected(given: Path, output: Path) -> Snapshot:
    options = CollectOptions(output=output, from_=(given,), engine="none", kubernetes=False)
    collect(options, progress=QuietProgress())
    return load(output)


@pytest.mark.parametrize("form", ["folder", "gz", "xz", "zip"])
@pytest.mark.parametrize("name", TIMES)
def test_a_bundle_is_collected_whole_in_any_form(name: str, form: str, tmp_path: Path) -> None:
    output = tmp_path / "it.ndjson"
    snapshot = collected(laid(of(name), form, tmp_path), output)
    (capture,) = snapshot.header.captures
    assert len(snapshot.by_kind("Pod")) == 18
    assert snapshot.header.records == OBJECTS
    assert (capture.tool["format"], capture.time) == (name.partition(".")[0], TIMES[name])
    written = output.read_text("utf-8")
    assert [canary for canary in CANARIES if canary in written] == []


@pytest.mark.parametrize("name", TIMES)
def test_of_a_part_nothing_that_it_did_not_see_is_said(name: str, tmp_path: Path) -> None:
    output = tmp_path / "part.ndjson"
    collected(laid(of(name), "folder", tmp_path), output)
    for old, new in ((WHOLE, output), (output, WHOLE)):
        assert compare(old, new, load_catalog(), CompareOptions()).changes == ()


def test_what_is_claimed_is_what_a_bundle_proves(tmp_path: Path) -> None:
    ends = {}
    for name in TIMES:
        (tmp_path / name).mkdir()
        snapshot = collected(laid(of(name), "folder", tmp_path / name), tmp_path / f"{name}.ndjson")
        scopes = [scope for scope in snapshot.header.scopes() if scope.name == "core/pods"]
        ends[name] = Counter((scope.namespace is None, str(scope.result), scope.reason) for scope in scopes)
    parts = {(False, "partial", "single-objects"), (True, "partial", "not-in-these-files")}
    assert set(ends["crust-gather"]) == set(ends["must-gather"]) == parts
    assert set(ends["k8shark.kshrk"]) == {(False, "complete", ""), (True, "complete", "")}
    assert set(ends["support-bundle-kit"]) == {(False, "complete", ""), (True, "partial", "not-in-these-files")}
    assert set(ends["troubleshoot"]) == {
        (False, "complete", ""), (False, "forbidden", "Forbidden"), (True, "partial", "not-in-these-files")
    }  # fmt: skip


def test_a_capture_may_be_a_stream_of_answers(tmp_path: Path) -> None:
    lines = [content for path, content in sample("k8shark.kshrk").items() if "/records/" in path]
    (tmp_path / "renamed.log").write_bytes(b"\n".join(lines))
    snapshot = collected(tmp_path / "renamed.log", tmp_path / "it.ndjson")
    assert snapshot.header.records == OBJECTS
    assert {capture.tool["format"] for capture in snapshot.header.captures} == {"k8shark"}
    assert not any(scope.namespace is None and scope.result == "complete" for scope in snapshot.header.scopes())


def test_an_archive_whose_headers_count_one_byte_too_many_is_read_to_its_end(tmp_path: Path) -> None:
    """crust-gather v0.16, src/gather/writer.rs: ``header.set_size(data.len() as u64 + 1)``."""
    written = io.BytesIO()
    for number, (path, content) in enumerate(samples()["crust-gather"].items()):
        fill = -len(content) % 512
        if number % 3 == 0 and path.endswith(".yaml") and fill:  # as long as its blocks
            content += b"#" * (fill - 1) + b"\n"
        info = tarfile.TarInfo(f"crust-gather/{path}")
        info.size = len(content) + 1
        written.write(info.tobuf() + content + bytes(-len(content) % 512))
    (tmp_path / "x").write_bytes(gzip.compress(written.getvalue() + bytes(1024)))
    snapshot = collected(tmp_path / "x", tmp_path / "it.ndjson")
    assert snapshot.header.records == OBJECTS
    assert not any(scope.result == "failed" for scope in snapshot.header.scopes())


def test_a_node_pod_that_the_tool_made_up_is_no_pod(tmp_path: Path) -> None:
    made_up = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "rancher01", "namespace": "default"},
        "spec": {"nodeName": "rancher01", "containers": [{"name": "kubelet"}]}, "status": {"phase": "Succeeded"},
    }  # fmt: skip
    files = {**samples()["crust-gather"], "namespaces/default/v1/pod/rancher01.yaml": yaml.safe_dump(made_up).encode()}
    snapshot = collected(laid(files, "folder", tmp_path), tmp_path / "it.ndjson")
    assert snapshot.header.records == OBJECTS


def test_what_the_tool_has_hidden_is_no_value_and_no_change(tmp_path: Path) -> None:
    path = "support-bundle-2026-11-23T05_37_31/cluster-resources/deployments/default.json"
    whole = samples()["troubleshoot"]
    document = json.loads(whole[path])
    (web, *_others) = document["items"]
    web["spec"]["template"]["spec"]["containers"][0].setdefault("env", []).append({"name": "MODE", "value": "fast"})
    plain = json.dumps(document).encode()
    masked = plain.replace(b'"fast"', b'"***HIDDEN***"')
    outputs = {}
    for name, content in (("plain", plain), ("masked", masked)):
        (tmp_path / name).mkdir()
        outputs[name] = tmp_path / f"{name}.ndjson"
        collected(laid({**whole, path: content}, "folder", tmp_path / name), outputs[name])
    assert HIDDEN_IN_BUNDLE in outputs["masked"].read_text("utf-8")
    assert "***HIDDEN***" not in outputs["masked"].read_text("utf-8")
    assert compare(outputs["plain"], outputs["masked"], load_catalog(), CompareOptions()).changes == ()


def test_keys_in_clear_are_refused(tmp_path: Path) -> None:
    files = {
        **samples()["troubleshoot"],
        "support-bundle-2026-11-23T05_37_31/secrets/shop/db/password.json": b'{"name": "db", "key": "password", "value": "hunter2-in-clear"}',
    }
    snapshot = collected(laid(files, "gz", tmp_path), tmp_path / "it.ndjson")
    assert "hunter2-in-clear" not in (tmp_path / "it.ndjson").read_text("utf-8")
    assert any(scope.reason == "holds-credentials" for scope in snapshot.header.scopes())
