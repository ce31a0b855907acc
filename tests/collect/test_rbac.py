"""The least rights: reading, every resource named, no Secrets unless asked."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from rkedoc.collect.kubernetes.rbac import cluster_role
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.rights import rights
from rkedoc.collect.run import collect
from rkedoc.errors import SourceUnavailable, UsageError
from tests.support.misbehave import (
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    SECRETS,
    Api,
    Kind,
    Request,
    kubeconfig,
    pod,
    running,
    status,
)
from tests.support.player import api_of

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
        options = CollectOptions(kubeconfig=kubeconfig(tmp_path, url))
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
        options = CollectOptions(kubeconfig=kubeconfig(tmp_path, url), engine="none", output=file)
        live = rights(options, progress=QuietProgress())
        collect(options, progress=QuietProgress())
    assert rights(CollectOptions(), progress=QuietProgress(), snapshot=file) == live


def test_without_a_cluster_there_is_an_error_that_says_so(tmp_path: Path) -> None:
    with running(Api()) as url:
        pass
    with pytest.raises(SourceUnavailable):
        rights(CollectOptions(kubeconfig=kubeconfig(tmp_path, url)), progress=QuietProgress())


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
        rights(CollectOptions(), progress=QuietProgress(), snapshot=file)


class Authoriser:
    """Stands before an API and lets only that through which a role allows, as RBAC decides it: by group, resource and
    verb. Discovery is allowed to everybody, as by the role ``system:discovery``."""

    def __init__(self, api: Api, role: dict[tuple[str, str], set[str]]) -> None:
        self.used: set[tuple[str, str, str]] = set()
        self.refused: set[tuple[str, str, str]] = set()
        self._role = role
        for path, handler in list(api.routes.items()):
            if needed := _needed(path):
                api.routes[path] = functools.partial(self._answer, needed, handler)

    def _answer(self, needed: tuple[str, str, str], handler: Any, request: Request) -> Any:
        group, resource, verb = needed
        if verb in self._role.get((group, resource), set()):
            self.used.add(needed)
            return handler(request)
        self.refused.add(needed)
        return status(403, "Forbidden")


def _needed(path: str) -> tuple[str, str, str] | None:
    match = re.fullmatch(r"/(?:api/v1|apis/([^/]+)/[^/]+)/(?:namespaces/[^/]+/)?([^/]+)", path)
    if single := re.fullmatch(r"/api/v1/namespaces/[^/]+", path):
        return ("", "namespaces", "get") if single else None
    return (match[1] or "", match[2], "list") if match else None


def options_in(text: str) -> tuple[str, ...]:
    """The ``--skip`` options that the printed role asks for."""
    return tuple(re.findall(r"^#   --skip (\S+)$", text, re.MULTILINE))


@pytest.mark.parametrize("with_secrets", [False, True])
def test_the_printed_role_suffices_for_a_recorded_node_and_no_right_is_idle(
    recording: Callable[[str], Path], tmp_path: Path, with_secrets: bool
) -> None:
    api = api_of(recording("rke-single-node"))
    with running(api) as url:
        options = CollectOptions(
            kubeconfig=kubeconfig(tmp_path, url), engine="none", output=tmp_path / "s.ndjson", strict=True
        )
        text = rights(options, progress=QuietProgress(), with_secrets=with_secrets)
        role = granted(text)
        authoriser = Authoriser(api, role)
        outcome = collect(replace(options, skip=options_in(text)), progress=QuietProgress())
    assert authoriser.refused == set()
    assert [scope for scope in outcome.partial if scope.result == "forbidden"] == []
    assert outcome.exit_code == 0
    allowed = {(group, resource, verb) for (group, resource), verbs in role.items() for verb in verbs}
    # A namespace may be got as well, which a run with --namespace does.
    assert allowed - authoriser.used == {("", "namespaces", "get")}
    assert (("", "secrets", "list") in allowed) is with_secrets


def test_the_printed_role_suffices_for_one_namespace(recording: Callable[[str], Path], tmp_path: Path) -> None:
    api = api_of(recording("rke-single-node"))
    for path in [path for path in api.routes if (_needed(path) or ("", "", ""))[2] == "list"]:
        base, _, name = path.rpartition("/")
        empty = {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []}
        api.route(f"{base}/namespaces/kube-system/{name}", empty)
    api.route("/api/v1/namespaces/kube-system", {"metadata": {"name": "kube-system"}})
    with running(api) as url:
        options = CollectOptions(
            kubeconfig=kubeconfig(tmp_path, url), engine="none", output=tmp_path / "s.ndjson", strict=True,
            namespaces=("kube-system",),
        )  # fmt: skip
        text = rights(options, progress=QuietProgress())
        authoriser = Authoriser(api, granted(text))
        outcome = collect(replace(options, skip=options_in(text)), progress=QuietProgress())
    assert authoriser.refused == set() and outcome.exit_code == 0
    again = granted(rights(CollectOptions(), progress=QuietProgress(), snapshot=tmp_path / "s.ndjson"))
    assert again[("", "namespaces")] == {"get", "list"}


def test_what_is_left_out_is_named_with_the_option_that_leaves_it_out() -> None:
    resources = [("core", "secrets"), ("core", "pods"), ("management.cattle.io", "tokens")]
    text = cluster_role(resources)
    assert options_in(text) == ("secrets", "tokens.management.cattle.io")
    assert options_in(cluster_role(resources, with_secrets=True)) == ()
