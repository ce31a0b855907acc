"""The samples of Rancher's logs-collector, Sonobuoy, Velero and sos are collected whole: as folders and as archives, packed in any way."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
import zstandard

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import Outcome, collect
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.vocabulary import Result
from tests.support.samples import Files, samples

CANARY = re.compile(rb"CANARY-[a-z0-9-]+")
"""Every secret that was planted on the recorded node."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What comes of a sample: its records by kind, and what its captures say."""

    format: str
    records: Mapping[str, int]
    containers: int = 0
    time: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


OBJECTS = {
    "ConfigMap": 21, "DaemonSet": 4, "Deployment": 8, "Endpoints": 7, "Job": 4, "Namespace": 7, "Node": 1, "Pod": 18, "ReplicaSet": 8,
    "Service": 7, "ServiceAccount": 45,
}  # fmt: skip

EXPECTED = {
    "rancher-logs-collector-rke1": Expected(
        "rancher-logs-collector",
        {"EngineContainer": 50, "Node": 1, "Pod": 18},
        50,
        "2026-11-23T05:37:31Z",
        {"distribution": "rke1", "time": "clock-without-zone"},
    ),
    "sonobuoy-new": Expected("sonobuoy", OBJECTS, told={"server": "v1.20.9"}),
    "velero-backup": Expected("velero-backup", OBJECTS),
    "sosreport": Expected("sos", {"EngineContainer": 50, "Node": 1, "Pod": 9}, 50, told={"toolVersion": "4.8.0"}),
}


def folder(files: Files, at: Path) -> Path:
    for path, content in files.items():
        (at / path).parent.mkdir(parents=True, exist_ok=True)
        (at / path).write_bytes(content)
    return at


def tar(files: Files, mode: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for path, content in files.items():
            info = tarfile.TarInfo(f"./{path}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def zipped(files: Files) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return packed.getvalue()


def collected(output: Path, *given: Path) -> tuple[Outcome, Snapshot]:
    options = CollectOptions(output=output, from_=given, engine="none", kubernetes=False)
    outcome = collect(options, progress=QuietProgress())
    return outcome, load(output)


def lines(output: Path) -> list[bytes]:
    return output.read_bytes().splitlines()[1:]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_gives_the_same_records_however_it_is_packed(tmp_path: Path, name: str) -> None:
    files, expected = samples()[name], EXPECTED[name]
    given = {"folder": folder(files, tmp_path / "case")}
    for kind, content in {
        "gz": tar(files, "w:gz"),
        "xz": tar(files, "w:xz"),
        "zst": zstandard.compress(tar(files, "w")),
        "zip": zipped({"mail/attachment": tar(files, "w:gz")}),
    }.items():
        given[kind] = tmp_path / f"renamed-{kind}"
        given[kind].write_bytes(content)
    for kind, path in given.items():
        output = tmp_path / f"{kind}.ndjson"
        outcome, snapshot = collected(output, path)
        assert outcome.exit_code == 0, kind
        assert Counter(record.kind for record in snapshot.records) == expected.records, kind
        assert lines(output) == lines(tmp_path / "folder.ndjson"), kind
        assert not CANARY.search(output.read_bytes()), kind
        for capture in snapshot.header.captures:
            assert capture.tool["format"] == expected.format
            assert expected.told.items() <= capture.tool.items()
            assert capture.time == (expected.time or capture.time)


def test_the_samples_hold_secrets_that_have_to_be_hidden() -> None:
    for name in EXPECTED:
        assert any(CANARY.search(content) for content in samples()[name].values()), name


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if expected.containers])
def test_every_container_of_the_node_is_explained(tmp_path: Path, name: str) -> None:
    _, snapshot = collected(tmp_path / "s.ndjson", folder(samples()[name], tmp_path / "case"))
    ledger = build_ledger(Cluster(snapshot, load_catalog()))
    assert len(ledger.lines) == EXPECTED[name].containers
    assert Counter(line.origin.value for line in ledger.lines)["unexplained"] == 0
    assert ledger.mismatches == ()
    scope = next(scope for scope in snapshot.header.scopes() if scope.name == "engine/containers")
    inspected = sum(record.body.get("inspected") is True for record in snapshot.by_kind("EngineContainer"))
    assert (scope.result, scope.reason) == (Result.PARTIAL, f"not-inspected:{50 - inspected}")


def test_what_a_container_is_told_by_its_row_alone_does_not_depend_on_the_inspected_ones(tmp_path: Path) -> None:
    """Own workloads' containers are not inspected by the logs-collector, and are whose their names say all the same."""
    _, snapshot = collected(tmp_path / "s.ndjson", folder(samples()["rancher-logs-collector-rke1"], tmp_path / "case"))
    lines = build_ledger(Cluster(snapshot, load_catalog())).lines
    own = Counter(line.subject for line in lines if line.namespace == "default")
    assert own == {"apps/Deployment/default/webapp": 4, "apps/StatefulSet/default/cache": 2}


def test_each_pod_in_a_table_of_rke2_belongs_to_a_workload(tmp_path: Path) -> None:
    _, snapshot = collected(tmp_path / "s.ndjson", folder(samples()["rancher-logs-collector-rke2"], tmp_path / "case"))
    cluster = Cluster(snapshot, load_catalog())
    pods = {pod.name for workload in cluster.workloads() for pod in workload.pods}
    table = next(
        text for path, text in samples()["rancher-logs-collector-rke2"].items() if path.endswith("kubectl/pods")
    )
    assert pods >= {line.split()[1].decode() for line in table.splitlines()[1:]}
    assert not any(workload.kind == "Pod" and workload.name != "etcd-rancher01" for workload in cluster.workloads())
    assert snapshot.get("management.cattle.io/Cluster/-/local") is not None


def test_results_of_sonobuoy_are_complete_where_they_were_asked_for(tmp_path: Path) -> None:
    _, snapshot = collected(tmp_path / "s.ndjson", folder(samples()["sonobuoy-new"], tmp_path / "case"))
    results = {(scope.name, scope.namespace): scope.result for scope in snapshot.header.scopes()}
    assert results["core/nodes", None] is results["core/pods", "kube-system"] is Result.COMPLETE
    assert results["core/pods", None] is Result.PARTIAL
    assert ("core/secrets", None) not in results


@pytest.mark.parametrize("asked", [["*"], ["default"]])
def test_a_backup_is_complete_for_the_namespaces_that_were_asked_for(tmp_path: Path, asked: list[str]) -> None:
    backup = {
        "kind": "Backup", "apiVersion": "velero.io/v1", "metadata": {"name": "b"}, "spec": {"includedNamespaces": asked},
        "status": {"phase": "Completed", "startTimestamp": "2026-11-23T05:40:00Z"},
    }  # fmt: skip
    case = folder(
        {"velero-backup.json": orjson.dumps(backup), "b.tar.gz": tar(samples()["velero-backup"], "w:gz")},
        tmp_path / "case",
    )
    _, snapshot = collected(tmp_path / "s.ndjson", case)
    results = {(scope.name, scope.namespace): scope.result for scope in snapshot.header.scopes()}
    assert results["core/pods", "default"] is Result.COMPLETE
    whole = Result.COMPLETE if asked == ["*"] else Result.PARTIAL
    assert (
        results["core/pods", "kube-system"] is results["core/nodes", None] is results["core/namespaces", None] is whole
    )
    assert {capture.time for capture in snapshot.header.captures} == {"2026-11-23T05:40:00Z"}


def test_a_backup_of_which_something_was_lost_is_complete_for_nothing(tmp_path: Path) -> None:
    """Each of its objects has a member of its own: together they are all that there is, or nobody knows."""
    backup = {
        "kind": "Backup", "apiVersion": "velero.io/v1", "metadata": {"name": "b"}, "spec": {"includedNamespaces": ["*"]},
        "status": {"phase": "Completed", "startTimestamp": "2026-11-23T05:40:00Z"},
    }  # fmt: skip
    whole = tar(samples()["velero-backup"], "w:gz")
    path = next(path for path in samples()["velero-backup"] if "/pods/" in path and "preferred" not in path)
    damaged = tar({**samples()["velero-backup"], path: b'{"kind": "Pod", "api'}, "w:gz")
    for name, archive in (("cut", whole[: len(whole) * 9 // 10]), ("damaged", damaged)):
        case = folder({"velero-backup.json": orjson.dumps(backup), "b.tar.gz": archive}, tmp_path / name)
        _, snapshot = collected(tmp_path / f"{name}.ndjson", case)
        assert snapshot.records
        assert Result.COMPLETE not in {scope.result for scope in snapshot.header.scopes()}, name
