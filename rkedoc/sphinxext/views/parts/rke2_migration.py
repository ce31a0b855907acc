"""What moving to RKE2 changes for each component that is here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.i18n import N_, _
from rkedoc.sphinxext.blocks.view import Badge, Cell, Para, Ref, Row, Table, View
from rkedoc.sphinxext.views.parts.locations import component_places

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site

SUCCESSORS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "etcd": ("rke2-etcd", N_("a static pod instead of a container")),
    "kube-apiserver": ("rke2-kube-apiserver", N_("a static pod instead of a container")),
    "kube-controller-manager": ("rke2-kube-controller-manager", N_("a static pod instead of a container")),
    "kube-scheduler": ("rke2-kube-scheduler", N_("a static pod instead of a container")),
    "kube-proxy": ("rke2-kube-proxy", N_("a static pod instead of a container")),
    "kubelet": ("", N_("a process that the rke2 service starts on the host")),
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
})  # fmt: skip
"""For components of RKE1: what does the same job on RKE2 (an entry's id, or empty) and how. docs.rke2.io, "Architecture";
rancher/rke2 v1.30, charts; ranchermanager.docs.rancher.com, "RKE1 to RKE2 Windows Migration Guidance" and "Rancher Agents"."""


def moving(site: Site, key: str) -> View:
    """The components of RKE1 that are here, each with what becomes of it."""
    del key
    places = component_places(site)
    rows = []
    for component, (successor, how) in SUCCESSORS.items():
        entry, after = site.cluster.catalog.get(component), site.cluster.catalog.get(successor)
        if entry is None or component not in places:
            continue
        new: Cell = (
            (Ref("component", after.id, after.name),) if after is not None else (Badge(_("none of its own"), "muted"),)
        )
        rows.append(Row(((Ref("component", entry.id, entry.name),), places[component], new, (_(how),))))
    if not rows:
        return (Para((Badge(_("not here"), "muted"), " ", _("No component of RKE1 was found in this cluster."))),)
    return (Table((_("Here"), _("Where"), _("On RKE2"), _("How it changes")), tuple(rows)),)
