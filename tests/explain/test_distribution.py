"""A distribution is known by its marks, versions and roles say where they were read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rkedoc.explain.distribution import distribution, distribution_id
from rkedoc.explain.model import Cluster
from rkedoc.snapshot.record import Record
from tests.explain.recorded import catalog, cluster_of, container, dumped, pod, record, recorded, rke

Recording = Callable[[str], Path]


def node(name: str = "n1", *, version: str = "v1.20.9", labels: tuple[str, ...] = (), **annotations: str) -> Record:
    metadata = {"labels": dict.fromkeys(labels, "true"), "annotations": annotations}
    return record(f"core/Node/-/{name}", {"metadata": metadata, "status": {"nodeInfo": {"kubeletVersion": version}}})


@pytest.mark.parametrize(
    ("name", "known"),
    [("rancher-v1.14", "rke1"), ("rke-v1.14", "rke1"), ("oneke-v1.24", "rke2"), ("civo-v1.26", "k3s")],
)
def test_real_clusters_are_told_apart(dump: Recording, name: str, known: str) -> None:
    assert distribution_id(dumped(dump(name))) == known


def test_the_recorded_node_is_rke1_with_all_of_its_roles(recording: Recording) -> None:
    found = distribution(Cluster(recorded(recording("rke-single-node")), catalog()))
    assert (found.id, found.name) == ("rke1", "RKE1")
    assert "io.rancher.rke.container.name" in found.evidence
    assert found.roles == (("rancher01", ("controlplane", "etcd", "worker"), "labels node-role.kubernetes.io/…"),)
    versions = {name: value for name, value, _where in found.versions}
    expected = {"Kubernetes": "v1.20.9", "kubelet": "v1.20.9", "Rancher": "v2.5.5", "Rancher agent": "v2.5.5", "Fleet agent": "v0.3.3",
                "etcd": "v3.4.13-rancher1", "RKE tools": "v0.1.69", "Calico": "v3.16.5", "CoreDNS": "1.7.0", "pause": "3.2"}  # fmt: skip
    assert {name: versions[name] for name in expected} == expected
    assert all(where for _name, _value, where in found.versions)


@pytest.mark.parametrize(
    ("records", "known"),
    [
        ([node(version="v1.24.1+rke2r2")], "rke2"),
        ([node(version="v1.26.4+k3s1")], "k3s"),
        ([node(**{"rke.cattle.io/internal-ip": "192.0.2.1"})], "rke1"),
        ([node(**{"kubeadm.alpha.kubernetes.io/cri-socket": "/x"})], "kubeadm"),
        ([node()], "other"),
        ([rke("kubelet")], "rke1"),
        ([container("a", image="example.com:5000/rancher/mirrored-coreos-etcd:v3")], "rke1"),
        ([record("core/ConfigMap/kube-system/kubeadm-config")], "kubeadm"),
        ([record("core/ConfigMap/kube-system/full-cluster-state")], "rke1"),
        ([pod("kube-apiserver-cp1", namespace="kube-system")], "kubeadm"),
        (
            [
                pod("cloud-controller-manager-cp1", namespace="kube-system"),
                pod("kube-apiserver-cp1", namespace="kube-system"),
            ],
            "rke2",
        ),
        ([pod("rke-network-plugin-deploy-job-abcde", namespace="kube-system")], "rke1"),
    ],
)
def test_each_mark_is_enough(records: list[Record], known: str) -> None:
    assert distribution_id(cluster_of(records).snapshot) == known


def test_the_version_of_a_kubelet_says_more_than_what_lies_around() -> None:
    leftover = record("core/ConfigMap/kube-system/full-cluster-state")
    assert distribution_id(cluster_of([leftover, node(version="v1.24.1+rke2r2")]).snapshot) == "rke2"


def test_nothing_is_claimed_where_nothing_tells() -> None:
    found = distribution(cluster_of([container("db")], server=""))
    assert (not found.id, found.name, found.versions, found.roles) == (True, "Kubernetes", (), ())


def test_versions_of_many_nodes_are_counted() -> None:
    found = distribution(cluster_of([node("a"), node("b"), node("c", version="v1.21.1")]))
    assert [item for item in found.versions if item[0] == "kubelet"] == [
        ("kubelet", "v1.20.9", "2 nodes, status.nodeInfo.kubeletVersion"),
        ("kubelet", "v1.21.1", "node c, status.nodeInfo.kubeletVersion"),
    ]


def test_roles_come_from_labels_or_from_the_containers_outside_pods() -> None:
    labels = ("node-role.kubernetes.io/etcd", "node-role.kubernetes.io/control-plane")
    found: Any = distribution(
        cluster_of([node("a", labels=labels), node("b"), rke("etcd", node="c"), rke("kubelet", node="c")])
    )
    assert [(name, roles) for name, roles, _where in found.roles] == [
        ("a", ("control-plane", "etcd")), ("b", ("worker",)), ("c", ("etcd", "worker")),
    ]  # fmt: skip
