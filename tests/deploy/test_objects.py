"""What is printed is valid, takes no more than it needs, and gives nothing away."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate.utils import all_versions

from rkedoc.collect.kubernetes.endpoint import connect
from rkedoc.collect.kubernetes.rbac import cluster_role
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.rights import rights
from rkedoc.collect.run import collect
from rkedoc.deploy.render import image_list
from rkedoc.deploy.request import Request
from rkedoc.deploy.rights import read_rights
from tests.collect.test_rbac import Authoriser, granted
from tests.deploy.asking import IMAGE, REQUESTS, containers_in, objects_of, one, parts_of, pods_in
from tests.support.misbehave import kubeconfig, running
from tests.support.player import api_of


@pytest.fixture(params=REQUESTS.values(), ids=REQUESTS)
def request_made(request: pytest.FixtureRequest) -> Request:
    assert isinstance(request.param, Request)
    return request.param


@pytest.fixture
def objects(request_made: Request) -> list[dict[str, Any]]:
    return objects_of(request_made)


@pytest.fixture(scope="module")
def every_object() -> list[dict[str, Any]]:
    """The objects of all requests, those that are the same once."""
    made = [item for request in REQUESTS.values() for item in objects_of(request)]
    return list({json.dumps(item, sort_keys=True): item for item in made}.values())


# Those whose schemas the package brings: it leaves the oldest out from release to release.
@pytest.mark.parametrize("version", sorted(set(all_versions())))
def test_every_object_is_one_of_kubernetes(every_object: list[dict[str, Any]], version: str) -> None:
    for item in every_object:
        kubernetes_validate.validate(item, version, strict=True)


# What pods may -------------------------------------------------------------------------------------------------------


def test_nothing_is_mounted_to_be_written_to_but_folders_of_the_pod_itself(objects: list[dict[str, Any]]) -> None:
    for _namespace, pod in pods_in(objects):
        own = {volume["name"] for volume in pod["volumes"] if "emptyDir" in volume}
        assert own == ({"result", "tmp"} if "initContainers" in pod else {"tmp"})
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
        if "initContainers" not in pod:  # one that writes into a store: nothing waits
            assert hold["args"][0] == "collect"
            continue
        assert hold["volumeMounts"] == [{"name": "result", "mountPath": "/result", "readOnly": True}]


def test_no_pod_is_given_a_token_that_it_does_not_ask_for(objects: list[dict[str, Any]]) -> None:
    accounts = [item for item in objects if item["kind"] == "ServiceAccount"]
    assert all(item["automountServiceAccountToken"] is False for item in accounts)
    for namespace, pod in pods_in(objects):
        assert pod["automountServiceAccountToken"] is False
        of_nodes = namespace.endswith("-nodes")
        assert ("serviceAccountName" in pod) is not of_nodes
        assert any("projected" in volume for volume in pod["volumes"]) is not of_nodes


def test_a_node_is_told_its_name_and_nothing_else(request_made: Request, objects: list[dict[str, Any]]) -> None:
    for namespace, pod in pods_in(objects):
        if request_made.proxy:
            continue
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


RESTRICTED: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "HostProcess": lambda pod: not any(limit.get("windowsOptions") for limit in _limits(pod)),
    "Host Namespaces": lambda pod: not any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")),
    "Privileged Containers": lambda pod: not any(limit.get("privileged") for limit in _limits(pod)),
    "HostPath Volumes": lambda pod: not any("hostPath" in volume for volume in pod["volumes"]),
    "Host Ports": lambda pod: not any(port.get("hostPort") for c in containers_in(pod) for port in c.get("ports", ())),
    "AppArmor": lambda pod: not any("appArmorProfile" in limit for limit in _limits(pod)),
    "SELinux": lambda pod: not any("seLinuxOptions" in limit for limit in _limits(pod)),
    "/proc Mount Type": lambda pod: not any("procMount" in limit for limit in _limits(pod)),
    "Sysctls": lambda pod: "sysctls" not in pod["securityContext"],
    "Volume Types": lambda pod: all(
        set(volume) - {"name"} <= {"configMap", "emptyDir", "projected", "secret", "csi", "ephemeral", "persistentVolumeClaim", "downwardAPI"}
        for volume in pod["volumes"]
    ),
    "Privilege Escalation": lambda pod: all(
        container["securityContext"].get("allowPrivilegeEscalation") is False for container in containers_in(pod)
    ),
    "Running as Non-root": lambda pod: pod["securityContext"].get("runAsNonRoot") is True
    and not any(limit.get("runAsNonRoot") is False for limit in _limits(pod)),
    "Running as Non-root user": lambda pod: not any(limit.get("runAsUser") == 0 for limit in _limits(pod)),
    "Seccomp": lambda pod: all(
        limit.get("seccompProfile", {"type": "RuntimeDefault"})["type"] == "RuntimeDefault" for limit in _limits(pod)
    )
    and "seccompProfile" in pod["securityContext"],
    "Capabilities": lambda pod: all(
        container["securityContext"]["capabilities"] == {"drop": ["ALL"]} for container in containers_in(pod)
    ),
}  # fmt: skip
"""The controls of the level ``restricted`` with those of ``baseline``, as a pod without Windows has to satisfy them (Kubernetes documentation,
Pod Security Standards)."""


def _limits(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The security contexts of a pod and of its containers."""
    return [pod["securityContext"], *(container["securityContext"] for container in containers_in(pod))]


def test_what_reads_the_api_satisfies_each_control_of_the_restricted_level(objects: list[dict[str, Any]]) -> None:
    for namespace, pod in pods_in(objects):
        if not namespace.endswith("-nodes"):
            assert [name for name, satisfied in RESTRICTED.items() if not satisfied(pod)] == []


def level_of(pod: Mapping[str, Any]) -> str:
    """The level of the Pod Security Standards that a pod needs: nothing here is between the two."""
    return "restricted" if all(satisfied(pod) for satisfied in RESTRICTED.values()) else "privileged"


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


# Into a store --------------------------------------------------------------------------------------------------------


def stored(name: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The objects of a request with a store, and the container that writes into it."""
    objects = objects_of(REQUESTS[name])
    ((_namespace, pod),) = pods_in(objects)
    (container,) = containers_in(pod)
    return objects, container


def test_what_writes_into_a_store_is_given_its_address_and_credentials_and_ends() -> None:
    objects, container = stored("into a store")
    assert container["args"][:4] == ["collect", "--quiet", "-o", "s3://snapshots/rkedoc"]
    assert container["envFrom"] == [{"secretRef": {"name": "store"}}]
    assert "env" not in container
    job = one(objects, "Job")["spec"]
    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (2, 6 * 60 * 60)
    assert not any("secrets" in rule["resources"] for rule in one(objects, "ClusterRole")["rules"])
    ports = one(objects, "NetworkPolicy")["spec"]["egress"][0]["ports"]
    assert [(port["protocol"], port["port"]) for port in ports] == [
        ("TCP", 443), ("TCP", 6443), ("TCP", 9000), ("UDP", 53), ("TCP", 53),
    ]  # fmt: skip


def test_a_schedule_keeps_few_jobs_and_never_runs_two_at_once() -> None:
    objects, container = stored("every night")
    spec = one(objects, "CronJob")["spec"]
    del spec["jobTemplate"]
    assert spec == {
        "schedule": "30 3 * * *", "concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 3,
    }  # fmt: skip
    assert container["args"][3] == "gs://snapshots"
    account = one(objects, "ServiceAccount")["metadata"]
    assert account["annotations"] == {"iam.gke.io/gcp-service-account": "rkedoc@project.iam.gserviceaccount.com"}


def test_the_api_is_not_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _objects, container = stored("every night")
    env = {
        entry["name"]: entry["value"].replace("$(KUBERNETES_SERVICE_HOST)", "10.43.0.1") for entry in container["env"]
    }
    assert env == {
        "HTTP_PROXY": "http://proxy.example:3128", "HTTPS_PROXY": "http://proxy.example:3128",
        "NO_PROXY": "10.43.0.1,.example.org,10.0.0.0/8", "SSL_CERT_FILE": "/ca/ca.crt",
    }  # fmt: skip
    for name, value in env.items():
        monkeypatch.delenv(name.lower(), raising=False)
        monkeypatch.setenv(name, value)
    for url, proxy in (("https://10.43.0.1:443", ""), ("https://s3.example.net", "http://proxy.example:3128")):
        config = kubeconfig(tmp_path, url)
        found = connect(kubeconfig=config, context=None, private=tmp_path, no_exec=False, announce=lambda text: None)
        assert found.proxy == proxy


def test_the_authorities_are_mounted_to_be_read() -> None:
    objects, container = stored("every night")
    ((_namespace, pod),) = pods_in(objects)
    assert {"name": "ca", "mountPath": "/ca", "readOnly": True} in container["volumeMounts"]
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == "ca"]
    assert volume["configMap"] == {"name": "authorities", "items": [{"key": "ca.crt", "path": "ca.crt"}]}


def test_azures_webhook_is_told_of_the_pod() -> None:
    (cron,) = [item for item in objects_of(REQUESTS["every week on Azure"]) if item["kind"] == "CronJob"]
    labels = cron["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    assert labels["azure.workload.identity/use"] == "true"


def test_the_images_that_are_needed_are_listed_once(request_made: Request) -> None:
    assert image_list(parts_of(request_made)) == f"{IMAGE}\n"


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
