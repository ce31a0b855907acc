"""The least rights: reading, every resource named, no Secrets unless asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.rbac import cluster_role
from rkedoc.collect.run import Options, collect, rights
from rkedoc.errors import SourceUnavailable, UsageError
from tests.support.misbehave import DEPLOYMENTS, NAMESPACES, PODS, SECRETS, Api, Kind, kubeconfig, pod, running

LEASES = Kind("coordination.k8s.io/v1", "leases", "Lease")
INGRESSES = Kind("extensions/v1beta1", "ingresses", "Ingress")
TOKENS = Kind("management.cattle.io/v3", "clusterregistrationtokens", "ClusterRegistrationToken")
KINDS = (PODS, SECRETS, NAMESPACES, DEPLOYMENTS, LEASES, INGRESSES, TOKENS)


def granted(text: str) -> dict[tuple[str, str], set[str]]:
    role = yaml.safe_load(text)
    assert (role["apiVersion"], role["kind"]) == ("rbac.authorization.k8s.io/v1", "ClusterRole")
    found: dict[tuple[str, str], set[str]] = {}
    for rule in role["rules"]:
        assert set(rule) == {"apiGroups", "resources", "verbs"}
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found.setdefault((group, resource), set()).update(rule["verbs"])
    assert "*" not in str(role)
    return found


EXPECTED: dict[tuple[str, str], Any] = {
    ("", "pods"): {"list"},
    ("", "namespaces"): {"get", "list"},
    ("apps", "deployments"): {"list"},
    ("extensions", "ingresses"): {"list"},
}


def test_from_discovery_every_resource_is_named(tmp_path: Path) -> None:
    api = Api(*KINDS)
    with running(api) as url:
        options = Options(kubeconfig=kubeconfig(tmp_path, url))
        text = rights(options, progress=QuietProgress())
        more = rights(options, progress=QuietProgress(), with_secrets=True)
    assert granted(text) == EXPECTED
    secret = {("", "secrets"): {"list"}, ("management.cattle.io", "clusterregistrationtokens"): {"list"}}
    assert granted(more) == EXPECTED | secret
    assert not [request for request in api.requests if request.query]


def test_a_snapshot_tells_the_same_as_discovery(tmp_path: Path) -> None:
    api = Api(*KINDS)
    api.serve(PODS, [pod("a")])
    file = tmp_path / "s.ndjson"
    with running(api) as url:
        options = Options(kubeconfig=kubeconfig(tmp_path, url), engine="none", output=file)
        live = rights(options, progress=QuietProgress())
        collect(options, progress=QuietProgress())
    assert rights(Options(), progress=QuietProgress(), snapshot=file) == live


def test_without_a_cluster_there_is_an_error_that_says_so(tmp_path: Path) -> None:
    with running(Api()) as url:
        pass
    with pytest.raises(SourceUnavailable):
        rights(Options(kubeconfig=kubeconfig(tmp_path, url)), progress=QuietProgress())


def test_noise_is_not_granted() -> None:
    assert granted(cluster_role([("coordination.k8s.io", "leases"), ("core", "pods")])) == {("", "pods"): {"list"}}


def test_a_snapshot_without_the_api_grants_nothing(tmp_path: Path) -> None:
    from rkedoc.snapshot.record import Capture, Record
    from rkedoc.snapshot.writer import HeaderParts, write

    file = tmp_path / "s.ndjson"
    capture = Capture("engine", "n", "2026-11-23T10:00:00Z", {"rkedoc": "1"})
    parts = HeaderParts(cluster={"name": "c", "uid": ""}, captures=(capture,))
    write(file, parts, [[Record(id="engine/Engine/n/engine", kind="Engine")]])
    with pytest.raises(UsageError):
        rights(Options(), progress=QuietProgress(), snapshot=file)
