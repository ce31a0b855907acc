"""Findings of what could do harm: each with its object and whose it is, and nothing claimed of what was not collected."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rkedoc.cluster.model import Cluster
from rkedoc.explain.images import image_users
from rkedoc.explain.risks import Risk, risks, sockets_in
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import RiskKind, Whose
from tests.explain.recorded import catalog, cluster_of, container, dumped, pod, record, recorded, rke


def deployment(spec: Mapping[str, Any], name: str = "web", namespace: str = "shop") -> Record:
    return record(f"apps/Deployment/{namespace}/{name}", {"spec": {"template": {"spec": spec}}})


def main(**more: Any) -> dict[str, Any]:
    """A container that is as it should be but for what is given."""
    return {
        "name": "main", "image": f"example.org/web:1@sha256:{'0' * 64}", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}, **more,
    }  # fmt: skip


def found(records: Iterable[Record]) -> list[tuple[str, str, str, str]]:
    """Kind, subject, detail and whose of each finding."""
    return [
        (risk.kind.value, risk.subject, str(risk.detail), risk.whose.value)
        for risk in risks(cluster_of(records)).findings
    ]


def test_a_workload_that_is_as_it_should_be_is_not_listed() -> None:
    assert found([deployment({"containers": [main()], "volumes": [{"name": "e", "emptyDir": {}}]})]) == []


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"containers": [main(securityContext={"privileged": True})]}, [("privileged", "all rights on the node")]),
        ({"containers": [main()], "hostNetwork": True, "hostPID": True}, [("host-namespace", "hostNetwork, hostPID")]),
        ({"containers": [main(resources={"limits": {"cpu": "1"}})]}, [("no-limit", "a limit of processor time alone")]),
        ({"containers": [main(resources={"requests": {"memory": "1Gi"}})]}, [("no-limit", "no limits")]),
        ({"containers": [main(resources={})], "resources": {"limits": {"memory": "1Gi"}}}, []),
        ({"containers": [main()], "initContainers": [main(name="init", resources={})]}, []),
    ],
)
def test_what_a_specification_asks_for_is_found(spec: Mapping[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert found([deployment(spec)]) == [(kind, "shop/web", detail, "own") for kind, detail in wanted]


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("web", "moving-image"), ("example.org:5000/web:latest", "moving-image"), ("web:1.2", "no-digest"),
        (f"web:1.2@sha256:{'0' * 64}", None), (f"web@sha256:{'0' * 64}", None), (f"sha256:{'0' * 64}", None),
    ],
)  # fmt: skip
def test_an_image_is_named_for_good_by_a_digest_alone(image: str, wanted: str | None) -> None:
    told = found([deployment({"containers": [main(image=image)]})])
    assert told == ([(wanted, image, "used by shop/web", "own")] if wanted else [])


@pytest.mark.parametrize(
    ("path", "inside", "wanted"),
    [
        ("/var/run/docker.sock", "", {"runtime-socket": "/var/run/docker.sock"}),
        ("/run/k3s/containerd", "containerd.sock", {"runtime-socket": "/run/k3s/containerd/containerd.sock"}),
        (
            "/run",
            "",
            {"runtime-socket": "/run, where runtimes have their sockets", "host-mount": "/run, read and write"},
        ),
        ("/", "", {"runtime-socket": "/, where runtimes have their sockets", "host-mount": "/, read and write"}),
        ("/run", "calico", {"host-mount": "/run/calico, read and write"}),
        ("/var/run/../lib", "", {"host-mount": "/var/run/../lib, read and write"}),
        ("/etc", "", {"host-mount": "/etc, read and write"}),
    ],
)
def test_a_mount_of_the_node_counts_as_a_runtimes_socket_as_a_folder_or_as_both(
    path: str, inside: str, wanted: dict[str, str]
) -> None:
    mount = {"name": "v", "mountPath": "/v", **({"subPath": inside} if inside else {})}
    spec = {"containers": [main(volumeMounts=[mount])], "volumes": [{"name": "v", "hostPath": {"path": path}}]}
    assert found([deployment(spec)]) == [(kind, "shop/web", detail, "own") for kind, detail in wanted.items()]


def test_a_folder_that_nothing_mounts_is_no_risk_and_one_that_is_only_read_says_so() -> None:
    volumes = [{"name": name, "hostPath": {"path": f"/{name}"}} for name in ("read", "unused")]
    spec = {"containers": [main(volumeMounts=[{"name": "read", "readOnly": True}])], "volumes": volumes}
    assert found([deployment(spec)]) == [("host-mount", "shop/web", "/read, read only", "own")]


@pytest.mark.parametrize(
    "odd", ["", "x", "//", "//run", "/\0/..", "/../run/docker.sock", "relative/docker.sock", "‹hidden›"]
)
def test_paths_of_any_form_are_taken(odd: str) -> None:
    assert isinstance(sockets_in(odd), tuple)


def test_a_limit_that_the_namespace_adds_to_each_pod_counts() -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [main(resources={})]}}
    replicas = record("apps/ReplicaSet/shop/web-1", owner="apps/Deployment/shop/web")
    records = [record("apps/Deployment/shop/web", {"spec": {"template": template}}), replicas]
    limited = pod("web-1-a", owner=replicas.id, spec={"containers": [main()]})
    assert ("no-limit", "shop/web", "no limits", "own") in found(records)
    assert found([*records, limited]) == []


def test_jobs_and_pods_that_are_done_and_containers_that_do_not_run_are_left_out() -> None:
    spec = {"containers": [main(securityContext={"privileged": True})]}
    done = {"spec": {"template": {"spec": spec}}, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    assert found([record("batch/Job/shop/once", done), pod("alone", phase="Succeeded", spec=spec)]) == []
    stopped = container("helper", image=f"x@sha256:{'0' * 64}", privileged=True, state="exited")
    assert found([stopped]) == []


def test_containers_outside_pods_are_looked_into_as_well() -> None:
    tool = container(
        "tool", image=f"x@sha256:{'0' * 64}", privileged=True, pidMode="host", resources={"memory": 1 << 30},
        mounts=[{"type": "bind", "source": "/var/run/docker.sock", "readOnly": True}, {"type": "volume", "source": "/var/lib/docker/x"}],
    )  # fmt: skip
    assert {(kind, detail) for kind, _subject, detail, _whose in found([tool])} == {
        ("privileged", "all rights on the node"), ("host-namespace", "PidMode=host"), ("runtime-socket", "/var/run/docker.sock"),
    }  # fmt: skip
    assert {risk.whose for risk in risks(cluster_of([rke("kubelet", privileged=True)])).findings} == {Whose.PLATFORM}


RBAC = "rbac.authorization.k8s.io"


def bound(name: str, role: str, *subjects: Mapping[str, str], namespace: str = "") -> Record:
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    body = {"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": list(subjects)}
    return record(f"{RBAC}/{kind}/{namespace or '-'}/{name}", body)


def test_whoever_may_do_everything_is_found_by_every_role_that_allows_it() -> None:
    everything = {"rules": [{"verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]}]}
    account = {"kind": "ServiceAccount", "name": "runner", "namespace": "shop"}
    records = [
        record(f"{RBAC}/ClusterRole/-/own-admin", everything),
        deployment({"containers": [main()], "serviceAccountName": "runner"}),
        bound("a", "own-admin", account), bound("b", "view", account), bound("c", "cluster-admin", {"kind": "User", "name": "eve"}),
        bound("d", "cluster-admin", {**account, "name": "nobody"}, namespace="shop"),
        bound("cluster-admin", "cluster-admin", {"kind": "Group", "name": "system:masters"}),
    ]  # fmt: skip
    assert found(records) == [
        ("cluster-admin", "a", "ServiceAccount shop/runner: everything in the whole cluster", "own"),
        ("cluster-admin", "c", "User eve: everything in the whole cluster", "own"),
        ("cluster-admin", "shop/d", "ServiceAccount shop/nobody: everything in namespace shop", "unknown"),
        ("cluster-admin", "cluster-admin", "Group system:masters: everything in the whole cluster", "platform"),
    ]


def test_a_name_does_not_make_a_binding_one_of_kubernetes() -> None:
    told = found([bound("cluster-admin", "cluster-admin", {"kind": "Group", "name": "everybody"})])
    assert [whose for *_rest, whose in told] == ["own"]


def demo(name: str) -> Cluster:
    return Cluster(load(resource() / "data" / name), catalog())


def test_ports_are_those_that_are_open_where_the_host_was_read() -> None:
    ports = {(risk.subject, str(risk.detail), risk.whose.value) for risk in risks(demo("demo-rke2.ndjson.zst")).of(RiskKind.OPEN_PORT)}  # fmt: skip
    assert {
        ("sshd", "22/TCP of rke2-01", "system"), ("kubelet", "10250/TCP of rke2-01", "platform"),
        ("node_exporter", "9100/TCP of rke2-01", "unknown"),
    } <= ports  # fmt: skip
    assert not [subject for subject, detail, _whose in ports if detail.startswith("10248/")]  # on 127.0.0.1 alone


def test_ports_are_those_that_something_states_where_it_was_not(recording: Callable[[str], Path]) -> None:
    report = risks(Cluster(recorded(recording("rke-single-node")), catalog()))
    ports = {(risk.subject, str(risk.detail), risk.whose.value) for risk in report.of(RiskKind.OPEN_PORT)}
    assert {
        ("etcd", "2379/TCP of rancher01", "platform"), ("default/webapp-nodeport", "30080/TCP of every node, by its NodePort", "own"),
    } <= ports  # fmt: skip
    assert report.unseen_of(RiskKind.OPEN_PORT)


def test_the_platform_of_the_recorded_node_is_known_to_be_the_platform(recording: Callable[[str], Path]) -> None:
    report = risks(Cluster(recorded(recording("rke-single-node")), catalog()))
    grave = (
        RiskKind.PRIVILEGED,
        RiskKind.RUNTIME_SOCKET,
        RiskKind.CLUSTER_ADMIN,
        RiskKind.HOST_NAMESPACE,
        RiskKind.HOST_MOUNT,
    )
    assert {risk.whose for kind in grave for risk in report.of(kind)} == {Whose.PLATFORM}
    assert all(report.of(kind) for kind in grave)
    assert {risk.subject for risk in report.of(RiskKind.NO_LIMIT) if risk.whose == Whose.OWN} == {
        "default/cache", "default/nightly-report",
    }  # fmt: skip


def test_the_image_of_sandboxes_is_the_platforms_whosever_the_pods_are(recording: Callable[[str], Path]) -> None:
    cluster = Cluster(recorded(recording("rke-single-node")), catalog())
    (pause,) = [risk for risk in risks(cluster).findings if risk.subject == "rancher/pause:3.2"]
    assert (pause.whose, pause.component) == (Whose.PLATFORM, "pause")
    assert str(pause.detail) == f"used by the sandboxes of {len(image_users(cluster)['rancher/pause:3.2'])} pods"


def test_what_was_not_collected_is_said(dump: Callable[[str], Path]) -> None:
    report = risks(Cluster(dumped(dump("civo-v1.26")), catalog()))
    for kind in RiskKind:
        assert report.unseen_of(kind), kind
    assert not risks(cluster_of([rke("kubelet")])).unseen_of(RiskKind.PRIVILEGED)
    listed = container("tool", inspected=False)
    assert "not looked into" in str(risks(cluster_of([listed])).unseen_of(RiskKind.PRIVILEGED))
    assert not risks(cluster_of([listed])).of(RiskKind.NO_LIMIT)


@pytest.mark.parametrize("name", ["demo.ndjson.zst", "demo-rke2.ndjson.zst"])
def test_findings_are_unique_ordered_and_for_programs_too(name: str) -> None:
    report = risks(demo(name))
    assert len(set(report.findings)) == len(report.findings)
    places = [(risk.kind.order, risk.whose.order) for risk in report.findings]
    assert places == sorted(places)
    assert len(json.loads(json.dumps(report.to_json()))["findings"]) == len(report.findings)
    assert all(isinstance(risk, Risk) and risk.text for risk in report.findings)


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [[]], [None], True])
def test_specifications_of_any_shape_are_taken(odd: Any) -> None:
    container_ = {
        "name": odd,
        "image": odd,
        "securityContext": odd,
        "resources": odd,
        "volumeMounts": odd,
        "ports": odd,
    }
    spec = {
        "containers": [container_, odd],
        "volumes": odd,
        "hostNetwork": odd,
        "serviceAccountName": odd,
        "resources": odd,
    }
    odd_bindings = [record(f"{RBAC}/ClusterRoleBinding/-/x", {"roleRef": odd, "subjects": odd})]
    service = record("core/Service/shop/web", {"spec": {"ports": [{"nodePort": 30000}], "selector": odd}})
    risks(cluster_of([deployment(spec), container("tool", mounts=odd, resources=odd), service, *odd_bindings]))
