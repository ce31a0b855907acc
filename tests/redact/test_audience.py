"""A snapshot for readers who may not see everything holds nothing of what they may not see, in no form, and does not claim that nothing is there."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rkedoc.catalog.loader import load_catalog
from rkedoc.cli import cli
from rkedoc.cluster.model import Cluster
from rkedoc.diff.run import compare
from rkedoc.errors import UsageError
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.publish.run import publish
from rkedoc.redact.audience import Audience, narrow
from rkedoc.redact.rewrite import redact_snapshot
from rkedoc.resources import resource
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.snapshot.record import Record, canonical
from rkedoc.snapshot.writer import HeaderParts, write
from tests.explain.recorded import dumped, recorded
from tests.support.archives import Archives

PLANTED = "qx7planted"
"""A word that stands in the name of everything that is hidden, and nowhere else."""

RECORDINGS = ("rke-single-node", "rke-single-node-unhealthy")
DUMPS = ("civo-v1.26", "rke-v1.14")


def written(snapshot: Snapshot, path: Path, records: list[Record] | None = None) -> Path:
    header = snapshot.header
    parts = HeaderParts(dict(header.cluster), header.captures, header.redaction, dict(header.twice), header.rancher)
    found = list(snapshot.records) if records is None else sorted(records, key=lambda record: record.id.encode())
    write(path, parts, [found])
    return path


def renamed(value: Any, old: str, new: str) -> Any:
    match value:
        case dict():
            return {renamed(key, old, new): renamed(item, old, new) for key, item in value.items()}
        case list():
            return [renamed(item, old, new) for item in value]
        case str():
            return value.replace(old, new)
        case _:
            return value


def planted(folder: Path) -> Path:
    """The demo of RKE2 with a namespace of another name, and with objects elsewhere that speak of it in every way."""
    snapshot = load(resource("data", "demo-rke2.ndjson.zst"))
    namespace = f"{PLANTED}-ns"
    records = [
        Record(
            one.id.replace("shop", namespace), one.kind, None if one.owner is None else one.owner.replace("shop", namespace),
            renamed(dict(one.intent), "shop", namespace), renamed(dict(one.observed), "shop", namespace),
        )
        for one in snapshot.records
    ]  # fmt: skip

    def add(identifier: str, **body: Any) -> None:
        records.append(Record(identifier, identifier.split("/")[1], None, body, {}))

    where = {"namespace": namespace, "name": f"{PLANTED}-account", "kind": "ServiceAccount"}
    add(
        "rbac.authorization.k8s.io/ClusterRoleBinding/-/readers",
        subjects=[where, {"kind": "Group", "name": "system:masters"}],
        roleRef={"kind": "ClusterRole", "name": "view"},
    )
    add(f"rbac.authorization.k8s.io/ClusterRole/-/{PLANTED}-reader", rules=[])
    add(
        "networking.k8s.io/NetworkPolicy/kube-system/from",
        spec={
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}]}]
        },
    )
    add(
        "core/ServiceAccount/kube-system/caller",
        metadata={"annotations": {"example.org/upstream": f"http://web.{namespace}.svc.cluster.local:80/x"}},
    )
    add(
        "core/Event/default/one",
        involvedObject={"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": "web-0"},
        reason="x",
    )
    add(
        "core/Service/kube-system/out",
        spec={"externalName": f"{PLANTED}.example.org", "type": "ExternalName"},
        metadata={"labels": {f"{PLANTED}.example.org/of": "x"}},
    )
    add(
        "core/PersistentVolume/-/pvc-1",
        spec={"claimRef": {"namespace": namespace, "name": "data"}, "hostPath": {"path": f"/srv/{PLANTED}"}},
    )
    add(f"networking.k8s.io/Ingress/{namespace}/{PLANTED}", spec={"rules": [{"host": f"{PLANTED}.example.org"}]})
    add(f"core/Service/{namespace}/{PLANTED}-svc", spec={"clusterIP": "10.43.77.77", "clusterIPs": ["10.43.77.77"]})
    add("core/Endpoints/kube-system/other", subsets=[{"addresses": [{"ip": "10.43.77.77"}, {"ip": "10.43.0.1"}]}])
    return written(snapshot, folder / "planted.ndjson", records)


def everything(path: Path) -> bytes:
    """The bytes of a file, and what is packed in them."""
    content = path.read_bytes()
    if path.name == "objects.inv":
        content += zlib.decompress(content.split(b"\n", 4)[4])
    return content + path.name.encode()


@pytest.fixture(scope="module")
def narrowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audience")
    source = planted(folder)
    assert source.read_text("utf-8").count(PLANTED) > 100
    target = folder / "narrow.ndjson"
    redact_snapshot(source, target, audience=Audience(namespaces=(f"{PLANTED}-*",)))
    return target


def test_nothing_of_it_is_in_the_snapshot(narrowed: Path) -> None:
    text = narrowed.read_text("utf-8")
    assert PLANTED not in text and "10.43.77.77" not in text
    left = load(narrowed)
    binding = left.get("rbac.authorization.k8s.io/ClusterRoleBinding/-/readers")
    assert binding is not None and [one["name"] for one in binding.body["subjects"]] == ["system:masters"]
    assert left.get("core/Event/default/one") is None and left.get("core/PersistentVolume/-/pvc-1") is None


def test_nothing_of_it_is_in_anything_that_is_made_of_it(narrowed: Path, tmp_path: Path) -> None:
    site = tmp_path / "SITE"
    publish([narrowed], site, language="en,zh_CN")
    for command in (
        ["tables", "-o", str(tmp_path / "tables")],
        ["tables", "-o", str(tmp_path / "a.xlsx")],
        ["backstage", "-o", str(tmp_path / "stage")],
    ):
        done = CliRunner().invoke(cli, [command[0], str(narrowed), *command[1:]])
        assert done.exit_code == 0, done.output
    told = [
        CliRunner().invoke(cli, [name, str(narrowed)]).output for name in ("images", "ledger", "support", "coverage")
    ]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix not in (".zst", ".xlsx")]
    assert len(files) > 150
    assert [path for path in files if PLANTED.encode() in everything(path)] == []
    assert PLANTED not in "".join(told)


def test_the_pages_say_that_something_is_left_out(narrowed: Path) -> None:
    cluster = Cluster(load(narrowed), load_catalog())
    assert not cluster.whole("Pod") and not cluster.whole("Namespace") and not cluster.whole("EngineContainer")
    ledger = build_ledger(cluster)
    assert ledger.closes and ledger.unseen
    done = CliRunner().invoke(cli, ["ledger", str(narrowed), "-o", "json"])
    told = json.loads(done.stdout)
    assert told["closes_for_what_was_seen"] and not told["closes"]


def test_no_process_of_a_container_is_left_that_is_not(narrowed: Path) -> None:
    whole, left = load(narrowed.with_name("planted.ndjson")), load(narrowed)
    gone = {
        str(record.body["id"])
        for record in whole.by_kind("EngineContainer")
        if str(record.body.get("pod", {}).get("namespace")).startswith(PLANTED)
    }
    held = [
        record for record in whole.by_kind("HostProcess") if any(one in json.dumps(dict(record.body)) for one in gone)
    ]
    assert len(gone) > 10 and len(held) > 8
    assert not {record.id for record in held} & {record.id for record in left.records}
    assert not [one for one in gone if one in narrowed.read_text("utf-8")]


def test_a_comparison_with_the_whole_tells_of_no_removal(narrowed: Path) -> None:
    found = compare(narrowed.with_name("planted.ndjson"), narrowed, load_catalog())
    assert [change.id for change in found.changes if change.change == "removed"] == []


@pytest.mark.parametrize("name", [*RECORDINGS, *DUMPS])
def test_of_every_namespace_of_every_cluster_nothing_unlike_others_is_left(
    name: str, recording: Archives, dump: Archives, tmp_path: Path
) -> None:
    snapshot = recorded(recording(name)) if name in RECORDINGS else dumped(dump(name))
    namespaces = sorted(
        {record.namespace for record in snapshot.records if record.group not in ("engine", "host") and record.namespace}
    )
    for namespace in namespaces[:6]:
        parts, left = narrow(snapshot, Audience((namespace,)))
        write(tmp_path / "left.ndjson", parts, [left])
        read = load(tmp_path / "left.ndjson")
        assert not [
            record.id
            for record in read.records
            if record.id.split("/")[2] == namespace and record.group not in ("engine", "host")
        ]
        text = b"\n".join(canonical([record.id, record.body]) for record in read.records).decode()
        gone = {record.id for record in snapshot.records} - {record.id for record in read.records}
        uids = {
            uid
            for record in snapshot.records
            if record.id in gone and (uid := record.body.get("metadata", {}).get("uid"))
        }
        assert [uid for uid in uids if uid in text] == []
        assert build_ledger(Cluster(read, load_catalog())).closes
        _again, same = narrow(read, Audience((namespace,)))
        assert [record.line() for record in same] == [record.line() for record in left]


def test_a_kind_takes_with_it_what_belongs_to_it(tmp_path: Path) -> None:
    target = tmp_path / "narrow.ndjson"
    redact_snapshot(resource("data", "demo-rke2.ndjson.zst"), target, audience=Audience(kinds=("deployment",)))
    left = load(target)
    whole = load(resource("data", "demo-rke2.ndjson.zst"))
    gone = {record.id for record in whole.records} - {record.id for record in left.records}
    assert not left.by_kind("Deployment") and {"ReplicaSet", "Pod", "EngineContainer"} <= {
        one.split("/")[1] for one in gone
    }
    assert left.by_kind("DaemonSet")
    scope = next(scope for scope in left.header.scopes() if scope.name == "apps/deployments")
    assert (scope.result, scope.reason, scope.count) == ("skipped", "audience", 0)


def test_what_names_nothing_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="no such kind"):
        narrow(load(resource("data", "demo.ndjson.zst")), Audience(kinds=("Deploymint",)))
