"""A snapshot for somebody outside: hosts, addresses and people replaced, the same by the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rkedoc.errors import UsageError
from rkedoc.redact import FingerprintKey, Mask, audit, parse_kinds, redact_snapshot
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Capture, Record, Scope
from rkedoc.snapshot.writer import HeaderParts, write
from rkedoc.vocabulary import Result


def _snapshot(path: Path) -> None:
    records = [
        Record("core/Node/-/rancher01", "Node", None, {"metadata": {"name": "rancher01"}}, {"status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.2"}, {"type": "Hostname", "address": "rancher01"}]}}),
        Record("core/Pod/d/web", "Pod", None, {}, {"metadata": {"name": "web", "namespace": "d"}, "spec": {"nodeName": "rancher01"}, "status": {"podIP": "10.42.0.9"}}),
        Record("engine/EngineContainer/rancher01/etcd", "EngineContainer", None, {"args": ["--name=etcd-rancher01", "--key-file=/etc/kubernetes/ssl/kube-etcd-192-0-2-2-key.pem", "--advertise-client-urls=https://192.0.2.2:2379"], "image": "rancher/coreos-etcd:v3.4.13"}, {}),
        Record("networking.k8s.io/Ingress/d/shop", "Ingress", None, {"metadata": {"name": "shop"}, "spec": {"rules": [{"host": "shop.acme-corp.com"}]}}, {}),
        Record("management.cattle.io/User/-/u-abcde", "User", None, {"metadata": {"name": "u-abcde"}}, {}),
        Record("rbac.authorization.k8s.io/ClusterRoleBinding/-/crb-u-abcde", "ClusterRoleBinding", None, {"metadata": {"name": "crb-u-abcde"}, "roleRef": {"name": "view"}}, {}),
    ]  # fmt: skip
    capture = Capture(
        "engine",
        "rancher01",
        "2026-11-23T05:37:31Z",
        {"rkedoc": "0"},
        (Scope("engine/containers", "list", "/containers/json", 200, Result.COMPLETE),),
    )
    parts = HeaderParts(
        {"name": "shop", "uid": ""}, (capture,), {"rules": {"environment": 2}, "key": None, "masked": []}
    )
    write(path, parts, [sorted(records, key=lambda r: r.id.encode())])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_hosts_addresses_and_people_are_replaced_in_every_form(tmp_path: Path) -> None:
    _snapshot(tmp_path / "a.ndjson")
    header = redact_snapshot(tmp_path / "a.ndjson", tmp_path / "b.ndjson", ["hosts", "ips", "people"])
    text = _text(tmp_path / "b.ndjson")
    for gone in ("rancher01", "192.0.2.2", "192-0-2-2", "10.42.0.9", "acme-corp", "u-abcde"):
        assert gone not in text
    assert header.redaction["masked"] == ["hosts", "ips", "people"]
    assert header.redaction["rules"]["environment"] == 2
    snapshot = load(tmp_path / "b.ndjson")
    node = snapshot.by_kind("Node")[0].name
    assert snapshot.by_kind("Pod")[0].body["spec"]["nodeName"] == node == header.captures[0].node
    etcd = snapshot.by_kind("EngineContainer")[0]
    assert etcd.namespace == node
    address = snapshot.by_kind("Node")[0].body["status"]["addresses"][0]["address"]
    assert etcd.body["args"][1] == f"--key-file=/etc/kubernetes/ssl/kube-etcd-{address}-key.pem"
    assert etcd.body["image"] == "rancher/coreos-etcd:v3.4.13"
    assert all(audit(record) == () for record in snapshot.records)


def test_only_what_is_named_is_replaced(tmp_path: Path) -> None:
    _snapshot(tmp_path / "a.ndjson")
    redact_snapshot(tmp_path / "a.ndjson", tmp_path / "b.ndjson", ["ips"])
    assert "rancher01" in _text(tmp_path / "b.ndjson")
    assert "192.0.2.2" not in _text(tmp_path / "b.ndjson")
    redact_snapshot(tmp_path / "a.ndjson", tmp_path / "c.ndjson")
    assert _text(tmp_path / "c.ndjson") == _text(tmp_path / "a.ndjson")


def test_a_key_gives_the_same_pseudonyms_in_every_snapshot() -> None:
    key = FingerprintKey(b"k" * 32)
    one, two = Mask(["ips", "hosts"], key), Mask(["ips", "hosts"], key)
    two.text("203.0.113.9")
    assert one.text("tcp://192.0.2.2:80") == two.text("tcp://192.0.2.2:80") != "tcp://192.0.2.2:80"


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1", "0.0.0.0", "v1.20.9", "1.19.6", "[::1]:80", "2026-11-23T05:37:31Z", "rancher/pause:3.2", "a1.2.3.4"],
)
def test_what_is_no_address_of_anybodys_stays(text: str) -> None:
    assert Mask(["ips"]).text(text) == text


@pytest.mark.parametrize(("text", "shown"), [("10.42.0.0/16", "ip-1/16"), ("https://192.0.2.2:6443", "https://ip-1:6443"), ("2001:db8::1", "ip-1"), ("[2001:db8::1]:80", "[ip-1]:80"), ("ip-192-0-2-2", "ip-ip-1")])  # fmt: skip
def test_addresses(text: str, shown: str) -> None:
    assert Mask(["ips"]).text(text) == shown


def test_what_can_be_masked() -> None:
    assert parse_kinds("hosts, ips,people") == {"hosts", "ips", "people"}
    for wrong in ("hosts,passwords", ""):
        with pytest.raises(UsageError, match="--mask takes"):
            parse_kinds(wrong)


def test_people_get_pseudonyms_instead_of_being_hidden() -> None:
    from rkedoc.redact import Redactor

    binding: dict[str, Any] = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "b"}, "subjects": [{"kind": "User", "name": "alice"}, {"kind": "User", "name": "bob"}, {"kind": "User", "name": "alice"}]}  # fmt: skip
    out = Redactor(mask=Mask(["people"])).kubernetes(binding)
    assert [s["name"] for s in out["subjects"]] == ["person-1", "person-2", "person-1"]
    assert Redactor().kubernetes(out) == out
