"""Clusters of other vendors, and of Rancher's beside them: what is whose, which distribution, and what the nodes are for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.model import Cluster
from rkedoc.explain.ledger.ledger import Ledger, build_ledger
from tests.explain.recorded import catalog, dumped, pod
from tests.explain.recorded import cluster_of as cluster_with

Recording = Callable[[str], Path]

KUBEADM: Final = {
    "kubeadm-etcd": 3, "kubeadm-kube-apiserver": 3, "kubeadm-kube-controller-manager": 3, "kubeadm-kube-scheduler": 3,
    "kubeadm-coredns": 2,
}  # fmt: skip
LONGHORN: Final = {
    "longhorn-csi": 12, "longhorn-csi-plugin": 10, "longhorn-driver-deployer": 2, "longhorn-engine-image": 5,
    "longhorn-instance-manager": 8, "longhorn-manager": 5, "longhorn-ui": 1,
}  # fmt: skip
RANCHER: Final = {
    "canal-calico-node": 3, "canal-install-cni": 3, "canal-kube-flannel": 3, "cattle-cluster-agent": 1,
    "cattle-node-agent": 3, "default-http-backend": 1, "kube-api-auth": 3, "kube-dns-rke1": 4, "metrics-server-rke1": 1,
    "nginx-ingress-controller-rke1": 3, "rke-addon-jobs-other": 1, "rke-ingress-controller-job": 1,
    "rke-metrics-addon-job": 1, "rke-network-plugin-job": 1,
}  # fmt: skip

# What was taken for ours once: canal (OVHcloud, Kublr), a hyperkube (Platform9, SNAPS), a cloud-controller-manager and
# static pods of the usual names (Ksyun, MKE, NCS), CoreDNS and kube-proxy of everybody (EKS, AKS, k0s, Talos), kube-dns
# and metrics-server (GKE), and a user's cert-manager (vanillastack).
CLUSTERS: Final[Mapping[str, tuple[str, str, Mapping[str, int]]]] = {
    "aks-v1.26": ("other", "AKS", {}),
    "eks-v1.27": ("other", "EKS", {}),
    "gke-v1.24": ("other", "GKE", {}),
    "k0s-v1.20": ("other", "k0s", {}),
    "kamaji-v1.25": ("kubeadm", "kubeadm", {"kubeadm-coredns": 2, "kubeadm-kube-proxy": 3}),
    "ksyun-v1.15": ("other", "Kubernetes", {}),
    "kublr-v1.13": ("other", "Kublr", {}),
    "mke-v1.12": ("other", "Kubernetes", {}),
    "ncs-v1.17": ("other", "Kubernetes", {}),
    "onekube-v1.23": ("kubeadm", "kubeadm", {**KUBEADM, "kubeadm-kube-proxy": 8, **LONGHORN}),
    "ovh-v1.11": ("other", "Kubernetes", {}),
    "platform9-v1.12": ("other", "Kubernetes", {}),
    "rancher-v1.11": ("rke1", "RKE1", RANCHER),
    "snaps-v1.11": ("other", "Kubernetes", {}),
    "talos-v1.25": ("other", "Talos", {}),
    "vanillastack-v1.19": ("kubeadm", "kubeadm", {**KUBEADM, "kubeadm-kube-proxy": 6}),
}

ROLES: Final = {
    "aks-v1.26": {"agent": 3},
    "ncs-v1.17": {"control-plane": 3, "worker": 4},
    "onekube-v1.23": {"control-plane,master": 3, "worker": 5},
    "rancher-v1.11": {"controlplane,etcd,worker": 3},
    "snaps-v1.11": {"master": 1, "node": 1},
    "talos-v1.25": {"worker": 3},
}


def cluster_of(dump: Recording, name: str) -> Cluster:
    return Cluster(dumped(dump("others") / name), catalog())


OF_PEOPLE: Final = ("workload", "add-on")
"""The origins of what somebody installed."""


def components(ledger: Ledger) -> Mapping[str, int]:
    """What of a ledger is of the platform."""
    return dict(Counter(line.component for line in ledger.lines if line.component and line.origin not in OF_PEOPLE))


@pytest.mark.parametrize("name", sorted(CLUSTERS))
def test_only_what_is_ours_is_of_the_platform(dump: Recording, name: str) -> None:
    cluster = cluster_of(dump, name)
    known, shown, expected = CLUSTERS[name]
    found = distribution(cluster)
    assert (found.id, found.name) == (known, shown)
    assert found.evidence
    ledger = build_ledger(cluster)
    assert components(ledger) == expected
    assert all((line.component is None) == (line.origin == "workload") for line in ledger.lines)
    assert ledger.closes


@pytest.mark.parametrize("name", sorted(ROLES))
def test_nodes_have_the_roles_that_they_show(dump: Recording, name: str) -> None:
    found = Counter(",".join(roles) for _node, roles, *_where in distribution(cluster_of(dump, name)).roles)
    assert dict(found) == ROLES[name]


def test_what_was_not_all_read_does_not_say_that_rancher_is_not_there() -> None:
    shop, cattle = pod("web"), pod("agent", namespace="cattle-system")
    assert cluster_with([shop]).rancher is False
    assert cluster_with([shop], results={"core/Pod": "partial"}).rancher is None
    assert cluster_with([shop, cattle], results={"core/Pod": "partial"}).rancher is True
