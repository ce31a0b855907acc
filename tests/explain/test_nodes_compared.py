"""Nodes of one kind are compared: what is odd is named with all nodes that have it, and what must differ is not held against them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc import i18n
from rkedoc.cluster.model import Cluster
from rkedoc.explain.health.checks import Problem, problems
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import ProblemKind, Severity
from tests.explain.recorded import catalog, cluster_of, dumped, record, rke
from tests.views.read import shown, text

OF_NODES = (
    ProblemKind.NODES_DIFFER, ProblemKind.NODES_SPLIT, ProblemKind.NODES_DIFFER_MORE, ProblemKind.KUBELET_NEWER,
    ProblemKind.KUBELET_TOO_OLD, ProblemKind.KUBELET_BEHIND,
)  # fmt: skip


def node(
    name: str, version: str = "v1.27.12", *, roles: tuple[str, ...] = ("worker",), address: str = "",
    annotations: Mapping[str, str] | None = None, **info: str,
) -> Record:  # fmt: skip
    told = {
        "kubeletVersion": version,
        "kubeProxyVersion": version,
        "operatingSystem": "linux",
        "architecture": "amd64",
        **info,
    }
    labels = {f"node-role.kubernetes.io/{role}": "true" for role in roles}
    addresses = [{"type": "InternalIP", "address": address}] if address else []
    body = {
        "metadata": {"labels": labels, "annotations": dict(annotations or {})},
        "status": {"nodeInfo": told, "addresses": addresses},
    }
    return record(f"core/Node/-/{name}", body)


def host(kind: str, name: str, on: str, intent: Mapping[str, Any], **observed: Any) -> Record:
    return Record(f"host/{kind}/{on}/{name}", kind, None, intent, observed)


def kubelet(on: str, *flags: str) -> Record:
    return host(
        "HostProcess", "kubelet", on, {"args": ["kubelet", *flags], "exe": "/usr/bin/kubelet"}, program="kubelet"
    )


def told(*records: Record, server: str = "v1.27.12") -> list[Problem]:
    return compared(cluster_of(records, server=server))


def compared(cluster: Cluster) -> list[Problem]:
    return [problem for problem in problems(cluster) if problem.seen.kind in OF_NODES]


def only(*records: Record, **options: Any) -> Problem:
    found = told(*records, **options)
    assert len(found) == 1, found
    return found[0]


# -- the rule and who is odd ------------------------------------------------------------------------------------------


def test_one_node_that_differs_is_named_with_what_the_others_have() -> None:
    found = only(node("w1"), node("w2"), node("worker3", "v1.27.8"), node("w4"))
    assert found.what == (
        "version of the kubelet: v1.27.8 on worker3, and v1.27.12 on the 3 other nodes with the roles worker"
    )
    assert (found.subject, found.record_id, found.others) == ("worker3", "core/Node/-/worker3", ())
    assert found.severity == Severity.INFO
    assert "kubectl get nodes -o wide" in found.commands
    assert found.told == "status.nodeInfo.kubeletVersion"


def test_all_odd_nodes_are_in_one_finding() -> None:
    found = only(node("a", "v1.27.8"), node("b", "v1.27.9"), *(node(f"w{at}") for at in range(4)))
    assert found.seen.kind == ProblemKind.NODES_DIFFER
    assert "v1.27.8 on a, v1.27.9 on b, and v1.27.12 on the 4 other nodes" in found.what
    assert (found.record_id, found.others) == ("core/Node/-/a", ("core/Node/-/b",))


def test_of_two_nodes_both_are_told_and_none_is_called_odd() -> None:
    found = only(node("a", "v1.27.8"), node("b"))
    assert found.seen.kind == ProblemKind.NODES_SPLIT
    assert "v1.27.8 on a, v1.27.12 on b" in found.what
    assert (found.record_id, found.others) == ("core/Node/-/a", ("core/Node/-/b",))


def test_nodes_of_other_roles_systems_or_machines_are_not_compared() -> None:
    assert told(
        node("a", kernelVersion="5.1"),
        node("b", roles=("control-plane",), kernelVersion="5.2"),
        node("c", architecture="arm64", kernelVersion="5.3"),
        node("d", operatingSystem="windows", kernelVersion="10.0"),
    ) == []  # fmt: skip


def test_what_is_not_known_of_a_node_is_not_held_against_it() -> None:
    assert told(node("a"), node("b"), node("c", "")) == []
    assert told(node("a"), node("b"), kubelet("a", "--max-pods=50")) == []


@given(versions=st.lists(st.sampled_from(("v1.27.8", "v1.27.9", "v1.27.12")), min_size=1, max_size=9))
def test_the_odd_are_always_the_fewer(versions: list[str]) -> None:
    found = told(*(node(f"n{at}", version) for at, version in enumerate(versions)))
    assert len(found) == (len(set(versions)) > 1)
    for problem in found:
        named = {problem.record_id, *problem.others}
        if problem.seen.kind == ProblemKind.NODES_DIFFER:
            rest = {version for at, version in enumerate(versions) if f"core/Node/-/n{at}" not in named}
            assert len(named) < len(versions) / 2
            assert len(rest) == 1
        else:
            assert len(named) == len(versions)
            assert max(map(versions.count, versions)) <= len(versions) / 2


# -- what is compared -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["civo-v1.26", "oneke-v1.24", "rancher-v1.14", "rke-v1.14"])
def test_nodes_of_real_clusters_are_alike(dump: Any, name: str) -> None:
    assert compared(Cluster(dumped(dump(name)), catalog())) == []


@pytest.mark.parametrize("name", ["kernelVersion", "osImage", "containerRuntimeVersion"])
def test_what_a_node_says_of_itself_is_compared(name: str) -> None:
    found = only(*(node(at, **{name: "new" if at == "c" else "old"}) for at in "abc"))
    assert found.told == f"status.nodeInfo.{name}"


def test_flags_are_compared_by_name_without_a_nodes_own_names_and_addresses() -> None:
    nodes = [node(f"n{at}", address=f"10.0.0.{at}") for at in (1, 2, 3)]
    flags = [
        kubelet(
            f"n{at}", f"--node-ip=10.0.0.{at}", f"--hostname-override=n{at}", f"--node-labels=zone={at}", f"--root-dir=/data/n{at}",
            f"--healthz-bind-address=10.0.0.{at}", f"--tls-cert-file=/pki/kube-kubelet-10-0-0-{at}.pem", "--feature-gates=A=true,B=true",
        )
        for at in (1, 2)
    ]  # fmt: skip
    third = kubelet(
        "n3", "--node-ip", "10.0.0.3", "--root-dir=/data/n3", "--healthz-bind-address=10.0.0.3", "--feature-gates=B=true,A=true",
        "--tls-cert-file=/pki/kube-kubelet-10-0-0-3.pem", "--max-pods=50",
    )  # fmt: skip
    found = only(*nodes, *flags, third)
    assert "flag --max-pods of kubelet: 50 on n3, and nothing on the 2 other nodes" in found.what
    assert found.severity == Severity.WARNING


def test_flags_of_nodes_with_other_versions_are_a_note() -> None:
    found = told(node("a"), node("b"), node("c", "v1.27.8"), kubelet("a"), kubelet("b"), kubelet("c", "--max-pods=50"))
    assert [problem.severity for problem in found] == ["info", "info"]


def test_of_a_hidden_value_nothing_is_said() -> None:
    hidden = "‹hidden:0123456789ab›"
    nodes = [node(at) for at in "abc"]
    assert told(*nodes, *(kubelet(at, f"--some={hidden if at == 'c' else 'x'}") for at in "abc")) == []


def test_rke1s_containers_are_compared_by_flags_and_image() -> None:
    records = [node(at, roles=("controlplane", "etcd"), address=f"10.0.0.{ord(at)}") for at in "abc"]
    for at in "abc":
        own = f"--advertise-address=10.0.0.{ord(at)}"
        extra = ("--profiling=true",) if at == "b" else ("--profiling=false",)
        image = "rancher/hyperkube:v1.20.8-rancher1" if at == "c" else "rancher/hyperkube:v1.20.9-rancher1"
        records.append(rke("kube-apiserver", own, *extra, node=at, image=image))
    found = compared(cluster_of(records, server="v1.27.12", engines=("a", "b", "c")))
    assert {problem.what.partition(":")[0] for problem in found} == {
        "flag --profiling of kube-apiserver", "image of kube-apiserver",
    }  # fmt: skip


def test_static_pods_of_one_name_are_compared_and_pods_of_workloads_are_not() -> None:
    def pod(name: str, on: str, image: str, *, static: bool) -> Record:
        annotations = {"kubernetes.io/config.mirror": "x"} if static else {}
        body = {
            "metadata": {"annotations": annotations, "labels": {"k8s-app": name}},
            "spec": {"nodeName": on, "containers": [{"name": "main", "image": image}]},
            "status": {"phase": "Running"},
        }
        owner = None if static else "apps/DaemonSet/kube-system/cni"
        return record(f"core/Pod/kube-system/{name}-{on}", body, owner)

    nodes = [node(at, roles=("control-plane",)) for at in "abc"]
    rollout = [pod("cni", at, f"cni:{at}", static=False) for at in "abc"]
    assert told(*nodes, *rollout) == []
    static = [
        pod("kube-apiserver", at, "kube-apiserver:v1" if at == "a" else "kube-apiserver:v2", static=True)
        for at in "abc"
    ]
    assert "kube-apiserver:v1 on a" in only(*nodes, *static).what


def test_kernel_settings_are_compared_but_for_those_that_the_machines_size_makes() -> None:
    def machine(on: str, forward: str, size: int) -> Record:
        return host("Host", "host", on, {"sysctls": {"net.ipv4.ip_forward": forward, "kernel.pid_max": str(size)}})

    found = only(*(node(at) for at in "abc"), machine("a", "1", 1), machine("b", "1", 2), machine("c", "0", 3))
    assert "net.ipv4.ip_forward of the kernel: 0 on c" in found.what


def test_files_of_one_path_are_compared_key_by_key() -> None:
    path = "/var/lib/kubelet/config.yaml"

    def file(on: str, pods: int) -> Record:
        content = {"maxPods": pods, "authentication": {"anonymous": {"enabled": False}}}
        return host("HostFile", path, on, {"part": "configuration", "content": content})

    found = only(*(node(at) for at in "abc"), file("a", 110), file("b", 110), file("c", 250))
    assert found.what.startswith(f"maxPods in {path}: 250 on c, and 110 on the 2 other nodes")


def test_settings_of_rke2_are_compared_as_files_and_arguments_make_them_together() -> None:
    def noted(*words: str) -> dict[str, str]:
        return {"rke2.io/node-args": json.dumps(["server", *words]), "rke2.io/node-env": "{}"}

    roles = ("control-plane", "etcd")
    found = only(
        node("a", roles=roles, annotations=noted("--tls-san", "a", "--disable", "rke2-ingress-nginx")),
        node("b", roles=roles, annotations=noted("--server", "https://a:9345", "--disable", "rke2-ingress-nginx")),
        node("c", roles=roles, annotations=noted("--server", "https://a:9345", "--node-name", "c")),
    )
    assert "setting disable of rke2: nothing on c, and rke2-ingress-nginx on the 2 other nodes" in found.what


def test_settings_that_lie_in_another_file_are_the_same_settings() -> None:
    def file(on: str, path: str) -> Record:
        return host("HostFile", path, on, {"content": {"cni": "calico"}})

    nodes = [node(at, "v1.27.12+rke2r1") for at in "ab"]
    main, second = "/etc/rancher/rke2/config.yaml", "/etc/rancher/rke2/config.yaml.d/50-rancher.yaml"
    assert told(*nodes, file("a", main), file("b", second)) == []


def test_many_differences_are_counted() -> None:
    flags = tuple(f"--flag-{at}=1" for at in range(20))
    found = told(*(node(at) for at in "abc"), kubelet("a", *flags), kubelet("b", *flags), kubelet("c"))
    assert len(found) == 9
    assert found[-1].seen.kind == ProblemKind.NODES_DIFFER_MORE
    assert "differ in 12 more things" in found[-1].what


# -- kubelets and the API server --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kubelet_version", "server", "kind", "severity"),
    [
        ("v1.28.1", "v1.27.12", ProblemKind.KUBELET_NEWER, "error"),
        ("v1.27.1", "v1.27.12", None, ""),
        ("v1.27.99", "v1.27.12", None, ""),
        ("v1.25.1", "v1.28.2", ProblemKind.KUBELET_BEHIND, "info"),
        ("v1.25.1", "v1.29.2", ProblemKind.KUBELET_TOO_OLD, "warning"),
        ("v1.24.1", "v1.27.2", ProblemKind.KUBELET_TOO_OLD, "warning"),
        ("v1.24.1+k3s1", "v1.26.2+k3s1", ProblemKind.KUBELET_BEHIND, "info"),
    ],
)
def test_a_kubelet_is_measured_by_kubernetes_policy(
    kubelet_version: str, server: str, kind: ProblemKind | None, severity: str
) -> None:
    found = told(node("a", kubelet_version), node("b", kubelet_version), server=server)
    assert [(problem.seen.kind, problem.severity) for problem in found] == ([(kind, severity)] if kind else [])


def test_a_difference_stands_on_the_page_of_each_odd_node_and_on_the_front_page() -> None:
    nodes = [node("a", "v1.27.8"), node("b", "v1.27.8"), *(node(f"w{at}") for at in range(3))]
    site = Site(cluster_of(nodes, server="v1.27.12"))
    index = desk(site)
    (found,) = index.problems
    assert index.problems_by_record == {"core/Node/-/a": (found,), "core/Node/-/b": (found,)}
    for view, key in (("overview-problems", "overview"), *(("node-intro", one) for one in _pages(site, "a", "b"))):
        assert "v1.27.8 on a, b" in text(shown(site, view, key)), view


def _pages(site: Site, *names: str) -> list[str]:
    found = [key for key, page in site.pages.items() if page.kind == "node" and page.title.endswith(names)]
    assert len(found) == len(names)
    return found


def test_each_finding_is_told_in_every_language() -> None:
    found = only(node("a", "v1.27.8"), node("b"))
    i18n.set_language("zh_CN")
    try:
        assert "v1.27.8" in found.what
        assert "none of these" not in found.what
    finally:
        i18n.set_language("en")
