"""What is printed is valid, takes no more than it needs, and gives nothing away."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate.utils import all_versions

from rkedoc.collect.kubernetes.rbac import cluster_role
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.rights import rights
from rkedoc.collect.run import collect
from rkedoc.deploy.request import Request
from rkedoc.deploy.rights import read_rights
from tests.collect.test_rbac import Authoriser, granted
from tests.deploy.asking import IMAGE, REQUESTS, containers_in, objects_of, one, pods_in
from tests.support.misbehave import kubeconfig, running
from tests.support.player import api_of

OLDEST = (1, 24)


@pytest.fixture(params=REQUESTS.values(), ids=REQUESTS)
def request_made(request: pytest.FixtureRequest) -> Request:
    assert isinstance(request.param, Request)
    return request.param


@pytest.fixture
def objects(request_made: Request) -> list[dict[str, Any]]:
    return objects_of(request_made)


def versions() -> list[str]:
    """The oldest and the newest Kubernetes whose schemas are there."""
    known = [version for version in all_versions() if tuple(map(int, version.split(".")[:2])) >= OLDEST]
    return [known[0], known[-1]]


@pytest.mark.parametrize("version", versions())
def test_every_object_is_one_of_kubernetes(objects: list[dict[str, Any]], version: str) -> None:
    for item in objects:
        kubernetes_validate.validate(item, version, strict=True)


# What pods may -------------------------------------------------------------------------------------------------------


def test_nothing_is_mounted_to_be_written_to_but_folders_of_the_pod_itself(objects: list[dict[str, Any]]) -> None:
    for _namespace, pod in pods_in(objects):
        own = {volume["name"] for volume in pod["volumes"] if "emptyDir" in volume}
        assert own == {"result", "tmp"}
        for container in containers_in(pod):
            written = {mount["name"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
            assert written <= own
            assert all("mountPropagation" not in mount for mount in container["volumeMounts"])


def test_no_container_has_more_rights_than_a_process_of_nobody(objects: list[dict[str, Any]]) -> None:
    for _namespace, pod in pods_in(objects):
        assert [pod[name] for name in ("hostNetwork", "hostPID", "hostIPC")] == [False, False, False]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers_in(pod):
            assert container["securityContext"] == {
                "privileged": False,
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert "ports" not in container
            assert set(container["resources"]) == {"requests", "limits"}


def test_the_container_that_waits_has_the_result_and_nothing_else(objects: list[dict[str, Any]]) -> None:
    for _namespace, pod in pods_in(objects):
        (hold,) = pod["containers"]
        assert hold["volumeMounts"] == [{"name": "result", "mountPath": "/result", "readOnly": True}]


def test_no_pod_is_given_a_token_that_it_does_not_ask_for(objects: list[dict[str, Any]]) -> None:
    accounts = [item for item in objects if item["kind"] == "ServiceAccount"]
    assert all(item["automountServiceAccountToken"] is False for item in accounts)
    for namespace, pod in pods_in(objects):
        assert pod["automountServiceAccountToken"] is False
        of_nodes = namespace.endswith("-nodes")
        assert ("serviceAccountName" in pod) is not of_nodes
        assert any("projected" in volume for volume in pod["volumes"]) is not of_nodes


def test_a_node_is_told_its_name_and_nothing_else(objects: list[dict[str, Any]]) -> None:
    for namespace, pod in pods_in(objects):
        told = [entry for container in containers_in(pod) for entry in container.get("env", [])]
        name = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
        assert told == ([name] if namespace.endswith("-nodes") else [])


def test_only_what_reads_the_nodes_has_pieces_of_them(objects: list[dict[str, Any]]) -> None:
    for namespace, pod in pods_in(objects):
        assert any("hostPath" in volume for volume in pod["volumes"]) is namespace.endswith("-nodes")


def test_a_path_that_is_missing_is_not_made(objects: list[dict[str, Any]]) -> None:
    kinds = {
        volume["hostPath"]["type"] for _, pod in pods_in(objects) for volume in pod["volumes"] if "hostPath" in volume
    }
    assert kinds <= {"Socket", "Directory", "File"}


def level_of(pod: Mapping[str, Any]) -> str:
    """The level of the Pod Security Standards that a pod satisfies, of those that matter here."""
    if pod["hostNetwork"] or pod["hostPID"] or pod["hostIPC"] or any("hostPath" in item for item in pod["volumes"]):
        return "privileged"
    limits = [container["securityContext"] for container in containers_in(pod)]
    confined = all(
        not item["allowPrivilegeEscalation"] and item["capabilities"] == {"drop": ["ALL"]} for item in limits
    )
    security = pod["securityContext"]
    own = all(set(volume) & {"configMap", "emptyDir", "projected"} for volume in pod["volumes"])
    nobody = security["runAsNonRoot"] and security["runAsUser"] != 0
    return "restricted" if confined and own and nobody and "seccompProfile" in security else "baseline"


def test_each_namespace_says_the_level_that_its_pods_need(objects: list[dict[str, Any]]) -> None:
    levels = {
        item["metadata"]["name"]: item["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for item in objects
        if item["kind"] == "Namespace"
    }
    assert {namespace: level_of(pod) for namespace, pod in pods_in(objects)} == levels
    for item in objects:
        assert item["metadata"].get("namespace", next(iter(levels))) in levels


def test_nothing_comes_in_and_from_the_nodes_nothing_goes_out(objects: list[dict[str, Any]]) -> None:
    policies = [item for item in objects if item["kind"] == "NetworkPolicy"]
    assert {item["metadata"]["namespace"] for item in policies} == {namespace for namespace, _ in pods_in(objects)}
    for item in policies:
        spec = item["spec"]
        assert (spec["podSelector"], spec["policyTypes"], spec["ingress"]) == ({}, ["Ingress", "Egress"], [])
        if item["metadata"]["namespace"].endswith("-nodes"):
            assert spec["egress"] == []
        else:
            assert [set(rule) for rule in spec["egress"]] == [{"ports"}]


def test_no_image_is_named_but_the_one_that_was_given(objects: list[dict[str, Any]]) -> None:
    assert {container["image"] for _, pod in pods_in(objects) for container in containers_in(pod)} == {IMAGE}


# Which nodes, and as whom --------------------------------------------------------------------------------------------


def test_all_nodes_are_read_whatever_their_taints() -> None:
    daemon = one(objects_of(REQUESTS["rke2"]), "DaemonSet")
    assert daemon["spec"]["template"]["spec"]["tolerations"] == [{"operator": "Exists"}]
    assert daemon["spec"]["selector"]["matchLabels"] == daemon["spec"]["template"]["metadata"]["labels"]


def test_each_named_node_has_a_job_of_its_own() -> None:
    request = REQUESTS["two nodes"]
    jobs = [item for item in objects_of(request) if item["metadata"].get("namespace") == "rkedoc-nodes"][1:]
    assert {item["kind"] for item in jobs} == {"Job"}
    assert len({item["metadata"]["name"] for item in jobs}) == 2
    assert all(len(item["metadata"]["name"]) <= 63 for item in jobs)
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    pods = [item["spec"]["template"]["spec"] for item in jobs]
    terms = [pod["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"] for pod in pods]
    assert [term["matchFields"][0]["values"] for (term,) in terms] == [[node] for node in request.nodes]


def collector(request: Request) -> dict[str, Any]:
    """The container that reads nodes."""
    (pod,) = [pod for namespace, pod in pods_in(objects_of(request)) if namespace.endswith("-nodes")]
    return {**pod["initContainers"][0], "user": pod["securityContext"]["runAsUser"]}


@pytest.mark.parametrize(
    ("name", "user", "asked"),
    [
        ("rke2", 10001, ["--engine", "none", "--runtime", "unix:///run/k3s/containerd/containerd.sock"]),
        ("rke2 with files", 0, ["--runtime", "unix:///run/k3s/containerd/containerd.sock", "--host", "/host"]),
        ("rke2, files alone", 0, ["--engine", "none", "--runtime", "none", "--host", "/host"]),
        ("rke1", 0, ["--engine", "unix:///var/run/docker.sock", "--runtime", "none"]),
        ("k3s with Docker", 0, ["--engine", "unix:///var/run/docker.sock", "--runtime", "none", "--host", "/host"]),
        ("kubeadm with CRI-O", 0, ["--engine", "none", "--runtime", "unix:///var/run/crio/crio.sock"]),
    ],
)
def test_the_collector_is_asked_for_what_is_mounted(name: str, user: int, asked: list[str]) -> None:
    found = collector(REQUESTS[name])
    assert found["args"][: 7] == ["collect", "--quiet", "-o", "/result/snapshot.ndjson.zst", "--cluster",
                                  REQUESTS[name].cluster, "--kubernetes"]  # fmt: skip
    assert found["args"][-len(asked) :] == asked
    assert found["user"] == user
    mounted = {mount["mountPath"] for mount in found["volumeMounts"]}
    assert {argument.removeprefix("unix://") for argument in asked if argument.startswith("unix://")} <= mounted
    assert any(path.startswith("/host") for path in mounted) is ("--host" in asked)


@pytest.mark.parametrize("name", ["rke2 with files", "kubeadm with files"])
def test_neither_the_root_of_a_node_nor_what_holds_keys_and_secrets_is_mounted(name: str) -> None:
    paths = {mount["mountPath"] for mount in collector(REQUESTS[name])["volumeMounts"]}
    secret = ("/", "/etc", "/root", "/home", "/var/lib/kubelet", "/var/lib/kubelet/pods", "/var/lib/rancher/rke2",
              "/var/lib/rancher/rke2/server", "/var/lib/rancher/rke2/agent")  # fmt: skip
    assert not paths & {f"/host{path}".rstrip("/") for path in secret}


# Rights --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_secrets", [False, True])
def test_the_account_can_do_what_the_collector_asks_for_and_nothing_else(
    recording: Callable[[str], Path], tmp_path: Path, with_secrets: bool
) -> None:
    api = api_of(recording("rke-single-node"))
    with running(api) as url:
        options = CollectOptions(kubeconfig=kubeconfig(tmp_path, url), engine="none", output=tmp_path / "s.ndjson")
        printed = rights(options, progress=QuietProgress(), with_secrets=with_secrets)
        objects = objects_of(REQUESTS["the API alone"], read_rights(printed, with_secrets=with_secrets))
        role = granted(yaml.safe_dump(one(objects, "ClusterRole")))
        ((_namespace, pod),) = pods_in(objects)
        arguments = pod["initContainers"][0]["args"]
        skip = tuple(after for name, after in itertools.pairwise(arguments) if name == "--skip")
        authoriser = Authoriser(api, role)
        strict = CollectOptions(
            kubeconfig=options.kubeconfig, engine="none", output=options.output, skip=skip, strict=True
        )
        outcome = collect(strict, progress=QuietProgress())
    assert (authoriser.refused, outcome.exit_code) == (set(), 0)
    allowed = {(group, resource, verb) for (group, resource), verbs in role.items() for verb in verbs}
    assert allowed - authoriser.used == {("", "namespaces", "get")}
    assert (("", "secrets", "list") in allowed) is with_secrets
    assert not any(resource.startswith("nodes/") for _group, resource, _verb in allowed)


def test_the_role_is_the_one_that_rkedoc_rbac_prints_and_is_bound_to_one_account() -> None:
    resources = [("core", "pods"), ("management.cattle.io", "tokens")]
    printed = cluster_role(resources)
    objects = objects_of(REQUESTS["rke2"], read_rights(printed))
    assert one(objects, "ClusterRole") == yaml.safe_load(printed)
    binding = one(objects, "ClusterRoleBinding")
    account = one(objects, "ServiceAccount")["metadata"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}
    ]
    assert binding["roleRef"]["name"] == one(objects, "ClusterRole")["metadata"]["name"]
    pod = one(objects, "Job")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == account["name"]
    assert pod["initContainers"][0]["args"][-2:] == ["--skip", "tokens.management.cattle.io"]
