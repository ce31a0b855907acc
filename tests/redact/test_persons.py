"""People are hidden, components are not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rkedoc.redact import Redactor, Shelter

H = "‹hidden›"


def _binding(kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "subjects": [{"kind": kind, "apiGroup": "rbac.authorization.k8s.io", "name": name}]}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("User", "alice", H), ("User", "u-x7f2k", H), ("User", "alice@example.com", H), ("Group", "team-payments", H), ("Group", "github_team://4711", H),
        ("User", "system:kube-scheduler", "system:kube-scheduler"), ("User", "kube-apiserver", "kube-apiserver"),
        ("Group", "system:masters", "system:masters"), ("Group", "system:serviceaccounts:cattle-system", "system:serviceaccounts:cattle-system"),
        ("ServiceAccount", "cattle", "cattle"),
    ],
)  # fmt: skip
def test_users_and_groups_in_role_bindings(kind: str, name: str, shown: str) -> None:
    assert Redactor().kubernetes(_binding(kind, name))["subjects"][0]["name"] == shown


def test_creators_authors_and_whoever_typed() -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "n",
            "annotations": {"field.cattle.io/creatorId": "user-x7f2k", "kubernetes.io/change-cause": "alice did it"},
            "labels": {"cattle.io/creator": "norman"},
        },
    }
    out = Redactor().kubernetes(obj)["metadata"]
    assert out["annotations"] == {"field.cattle.io/creatorId": H, "kubernetes.io/change-cause": H}
    assert out["labels"] == {"cattle.io/creator": "norman"}
    image = Redactor().engine_image(
        {
            "Id": "sha256:" + "a" * 64,
            "Author": "Alice",
            "Config": {"Labels": {"maintainer": "Alice <alice@example.com>"}},
        }
    )
    assert image["Author"] == H
    assert image["Config"]["Labels"]["maintainer"] == H


def test_homes_in_mounts() -> None:
    container = {
        "Name": "/x",
        "HostConfig": {"Binds": ["/home/alice/.kube:/root/.kube:ro"]},
        "Mounts": [{"Type": "bind", "Source": "/home/alice/.kube", "Destination": "/root/.kube"}],
    }
    out = Redactor().engine_container(container, Shelter())
    assert "alice" not in json.dumps(out)
    assert out["Mounts"][0] == {"Type": "bind", "Source": f"/home/{H}/.kube", "Destination": "/root/.kube"}
    assert Redactor().engine_container(out, Shelter()) == out


def test_certificate_requests() -> None:
    obj = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "csr-8fk2p"}, "spec": {"username": "alice", "groups": ["dev", "system:authenticated"], "signerName": "kubernetes.io/kube-apiserver-client"}}  # fmt: skip
    spec = Redactor().kubernetes(obj)["spec"]
    assert spec == {
        "username": H,
        "groups": [H, "system:authenticated"],
        "signerName": "kubernetes.io/kube-apiserver-client",
    }
