"""What does the work of each component of RKE1 on RKE2."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rkedoc.i18n import N_

SUCCESSORS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "etcd": ("rke2-etcd", N_("a static pod instead of a container")),
    "kube-apiserver": ("rke2-kube-apiserver", N_("a static pod instead of a container")),
    "kube-controller-manager": ("rke2-kube-controller-manager", N_("a static pod instead of a container")),
    "kube-scheduler": ("rke2-kube-scheduler", N_("a static pod instead of a container")),
    "kube-proxy": ("rke2-kube-proxy", N_("a static pod instead of a container")),
    "kubelet": ("rke2-kubelet", N_("a process that the rke2 service starts on the host")),
    "nginx-proxy": ("", N_("inside the rke2 agent: it balances over the API servers itself")),
    "service-sidekick": ("", N_("gone: nothing borrows a volume any more")),
    "share-mnt": ("", N_("gone")),
    "etcd-rolling-snapshots": ("", N_("inside the rke2 server; a schedule is switched on from the start")),
    "cert-deployer": ("", N_("inside the rke2 process, which makes and renews certificates itself")),
    "canal-calico-node": ("rke2-canal", N_("from a Helm chart; new clusters may choose Cilium, Calico or Flannel instead")),
    "canal-kube-flannel": ("rke2-canal", N_("from a Helm chart")),
    "coredns-rke1": ("rke2-coredns", N_("from a Helm chart")),
    "coredns-autoscaler": ("rke2-coredns-autoscaler", N_("from the same chart")),
    "metrics-server-rke1": ("rke2-metrics-server", N_("from a Helm chart")),
    "nginx-ingress-controller-rke1": ("rke2-ingress-nginx", N_("from a Helm chart; Traefik in newer versions")),
    "default-http-backend": ("", N_("gone: the controller answers with 404 itself")),
    "rke-network-plugin-job": ("rke2-helm-install", N_("a job for each chart")),
    "rke-coredns-addon-job": ("rke2-helm-install", N_("a job for each chart")),
    "rke-metrics-addon-job": ("rke2-helm-install", N_("a job for each chart")),
    "rke-ingress-controller-job": ("rke2-helm-install", N_("a job for each chart")),
    "cattle-node-agent": ("", N_("gone: rancher-system-agent, a service of the host, does its work")),
    "rancher-agent-bootstrap": ("", N_("gone: a script of Rancher's installs rancher-system-agent")),
    "cattle-cluster-agent": ("cattle-cluster-agent", N_("stays")),
    "kube-api-auth": ("kube-api-auth", N_("stays where the authorized cluster endpoint is used")),
    "fleet-agent": ("fleet-agent", N_("stays")),
    "fleet-agent-25": ("fleet-agent", N_("stays, in the namespace cattle-fleet-system")),
    "calico-node-rke1": ("calico-node", N_("from Helm charts, by an operator of Tigera's")),
    "flannel-rke1": ("rke2-flannel", N_("from a Helm chart, with VXLAN alone and without network policies")),
    "weave-rke1": ("", N_("none: RKE2 brings Canal, Calico, Cilium and Flannel")),
    "aci-rke1": ("", N_("none: RKE2 brings Canal, Calico, Cilium and Flannel")),
    "kube-dns-rke1": ("rke2-coredns", N_("CoreDNS takes its place; its settings have to be written anew")),
})  # fmt: skip
"""For components of RKE1: what does the same job on RKE2 (an entry's id, or empty) and how. docs.rke2.io, "Architecture";
rancher/rke2 v1.30, charts; ranchermanager.docs.rancher.com, "RKE1 to RKE2 Windows Migration Guidance" and "Rancher Agents"."""

REPLACED = frozenset({
    *SUCCESSORS, "canal-daemonset", "canal-install-cni", "canal-flexvol-driver", "canal-mount-bpffs", "calico-kube-controllers",
    "ingress-nginx-admission-create", "ingress-nginx-admission-patch", "node-local-dns", "rke-addon-jobs-other", "aci-containers-system",
    "cert-fetcher", "cluster-state-deployer", "file-deployer", "kube-cleaner", "rke-log-linker", "rke-log-linker-agent", "rke-log-cleaner",
    "rke-port-checker", "rke-port-listeners", "rke-bundle-cert", "cattle-node-agent-windows", "fleet-agent-register", "fleet-agent-clusterstatus",
})  # fmt: skip
"""The components that do not come along: those of RKE1 itself and Rancher's agents, which a new cluster gets anew."""
