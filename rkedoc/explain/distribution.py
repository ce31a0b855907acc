"""Which distribution a cluster is, with the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rkedoc.explain.fields import mapping, text

if TYPE_CHECKING:
    from rkedoc.snapshot.reader import Snapshot

_FOREIGN = ("-gke.", "-eks-", "-aks", "+vmware", "+k0s", "-tke.", "-aliyun")


def distribution_id(snapshot: Snapshot) -> str | None:
    """``rke1``, ``rke2``, ``k3s``, ``kubeadm``, ``other``, or ``None`` where nothing tells."""
    return next(_evidence(snapshot), None)


def _evidence(snapshot: Snapshot) -> Iterator[str]:
    for container in snapshot.by_kind("EngineContainer"):
        if "io.rancher.rke.container.name" in mapping(container.body, "labels"):
            yield "rke1"
    for node in snapshot.by_kind("Node"):
        version = text(node.body, "status", "nodeInfo", "kubeletVersion")
        annotations = mapping(node.body, "metadata", "annotations")
        for mark in ("rke2", "k3s"):
            if f"+{mark}" in version:
                yield mark
        if any(mark in version for mark in _FOREIGN):
            yield "other"
        if "rke.cattle.io/internal-ip" in annotations:
            yield "rke1"
        if "kubeadm.alpha.kubernetes.io/cri-socket" in annotations:
            yield "kubeadm"
    for identifier, found in (
        ("core/ConfigMap/kube-system/kubeadm-config", "kubeadm"),
        ("core/ConfigMap/kube-system/full-cluster-state", "rke1"),
        ("core/ConfigMap/kube-system/cluster-state", "rke1"),
        ("batch/Job/kube-system/rke-network-plugin-deploy-job", "rke1"),
    ):
        if snapshot.get(identifier) is not None:
            yield found
