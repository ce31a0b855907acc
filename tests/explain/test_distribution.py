"""A distribution is known by its marks, versions and roles say where they were read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rkedoc.cluster.distribution import distribution, distribution_id
from rkedoc.cluster.model import Cluster
from rkedoc.snapshot.record import Record
from tests.explain.recorded import catalog, cluster_of, container, dumped, pod, record, recorded, rke

Recording = Callable[[str], Path]


def node(
    name: str = "n1", *, version: str = "v1.20.9", labels: tuple[str, ...] = (), system: str = "", provider: str = "",
    images: tuple[str, ...] = (), **annotations: str,
) -> Record:  # fmt: skip
    metadata = {"labels": dict.fromkeys(labels, "true"), "annotations": annotations}
    info = {"kubeletVersion": version, "osImage": system}
    status = {"nodeInfo": info, "images": [{"names": [image]} for image in images]}
    return record(f"core/Node/-/{name}", {"metadata": metadata, "spec": {"providerID": provider}, "status": status})


def static(
    name: str, *, labels: dict[str, str] | None = None, command: tuple[str, ...] = (), image: str = "", **notes: str
) -> Record:
    spec = {
        "containers": [{"name": "main", "image": image, "command": list(command)}],
        "nodeName": name.rpartition("-")[2],
    }
    metadata = {"labels": labels or {}, "annotations": notes}
    return record(f"core/Pod/kube-system/{name}", {"metadata": metadata, "spec": spec})


CONTROL_PLANE = {"component": "kube-apiserver", "tier": "control-plane"}
OBJECT_SET = {"objectset.rio.cattle.io/hash": "x"}
KUBEADM = {"kubeadm.alpha.kubernetes.io/cri-socket": "/x"}


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
    assert found.roles == (("rancher01", ("controlplane", "etcd", "worker"), "labels node-role.kubernetes.io/…", True),)
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


@pytest.mark.parametrize(
    ("records", "known", "name"),
    [
        ([node(version="v1.16.3-k3s.2")], "k3s", "K3s"),
        ([node(version="", provider="k3s://n1")], "k3s", "K3s"),
        ([node(version="", provider="rke2://n1")], "rke2", "RKE2"),
        ([node(version="", **{"k3s.io/hostname": "n1", "rke2.io/node-args": "[]"})], "rke2", "RKE2"),
        ([node(version="", labels=("k3s.io/hostname",))], "k3s", "K3s"),
        ([node(version="", labels=("k3s.io/hostname", "egress.rke2.io/cluster"))], "rke2", "RKE2"),
        ([node(labels=("node-role.kubernetes.io/controlplane",))], "rke1", "RKE1"),
        ([node(images=("rancher/rke-tools:v0.1.69",))], "rke1", "RKE1"),
        ([node(images=("registry.example.com/rancher/hyperkube:v1.20.4-rancher1",))], "rke1", "RKE1"),
        ([node(images=("gcr.io/google-containers/hyperkube:v1.11.0",))], "other", "Kubernetes"),
        ([node(images=("quay.io/coreos/etcd:v3.4.3",))], "other", "Kubernetes"),
        ([node(images=("rancher/klipper-lb:v0.1.2",))], "other", "Kubernetes"),
        ([node(), static("canal-7hs5h", image="calico/node:v3.8.0")], "other", "Kubernetes"),
        ([static("canal-7hs5h", image="rancher/calico-node:v3.8.0")], "rke1", "RKE1"),
        ([node(), static("cloud-controller-manager-f5blb")], "other", "Kubernetes"),
        ([node(), static("kube-apiserver-n1", labels={"k8s-app": "kube-apiserver"})], "other", "Kubernetes"),
        ([node(), static("kube-apiserver-n1", labels=CONTROL_PLANE, command=("kube-apiserver",))], "other", "Kubernetes"),
        (
            [node(), static("kube-apiserver-n1", labels=CONTROL_PLANE, command=("a", "--x=/etc/kubernetes/pki/ca.crt"))],
            "kubeadm",
            "kubeadm",
        ),
        ([node(), static("etcd-n1", **{"kubeadm.kubernetes.io/etcd.advertise-client-urls": "x"})], "kubeadm", "kubeadm"),
        ([static("kube-apiserver-n1", command=("kube-apiserver", "--x=/etc/kubernetes/ssl/ca.pem"))], "", "Kubernetes"),
        ([record("apps/Deployment/kube-system/coredns", {"metadata": {"labels": OBJECT_SET}})], "k3s", "K3s"),
        ([node(), record("apps/Deployment/kube-system/coredns", {"metadata": {"labels": OBJECT_SET}})], "other", "Kubernetes"),
        ([node(version="v1.24.6-gke.1500")], "other", "GKE"),
        ([node(version="v1.27.4-eks-8ccc7ba")], "other", "EKS"),
        ([node(version="v1.21.2-eks-1-21-4", **KUBEADM)], "kubeadm", "kubeadm"),
        ([node(version="v1.22.5+k0s")], "other", "k0s"),
        ([node(labels=("kubernetes.azure.com/cluster",))], "other", "AKS"),
        ([node(system="Talos (v1.2.8)")], "other", "Talos"),
        ([node(system="Red Hat Enterprise Linux CoreOS 412.86")], "other", "OpenShift"),
        ([static("azure-ip-masq-agent-4xk2p")], "other", "AKS"),
    ],
)  # fmt: skip
def test_what_others_build_is_not_taken_for_ours(records: list[Record], known: str, name: str) -> None:
    found = distribution(cluster_of(records))
    assert (found.id, found.name) == (known, name)
    assert bool(found.evidence) == bool(known)


def test_of_mixed_nodes_most_decide() -> None:
    nodes = [node("a", version="v1.26.4+k3s1"), *(node(name, version="v1.26.4+rke2r1") for name in ("b", "c"))]
    found = distribution(cluster_of([*nodes, node("d")]))
    assert (found.id, found.evidence) == ("rke2", "node b, status.nodeInfo.kubeletVersion")


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
    assert [(name, roles) for name, roles, *_where in found.roles] == [
        ("a", ("control-plane", "etcd")), ("b", ("worker",)), ("c", ("etcd", "worker")),
    ]  # fmt: skip


def test_roles_of_nodes_without_labels_come_from_what_runs_there() -> None:
    server, agent = ({"rke2.io/node-args": f'["{word}","--node-name","x"]'} for word in ("server", "agent"))
    records = [
        node("a"),
        node("b"),
        node("c", **server),
        node("d", **agent),
        static("kube-apiserver-a"),
        static("etcd-a"),
    ]
    found = distribution(cluster_of([*records, static("kube-apiserver-elsewhere")]))
    assert found.roles == (
        ("a", ("control-plane", "etcd"), "static pods of kube-system", False),
        ("b", ("worker",), "no label node-role.kubernetes.io/…", False),
        ("c", ("control-plane",), "annotation rke2.io/node-args", False),
        ("d", ("worker",), "annotation rke2.io/node-args", False),
    )
