"""Which distribution of Kubernetes a node runs, by its processes and units."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rkedoc.catalog.bound import Distribution
from rkedoc.listing.row import PROCESS, SOCKET, UNIT, ListingRow

_UNITS = (
    (re.compile(r"rke2-(?:server|agent)\.service"), Distribution.RKE2),
    (re.compile(r"k3s(?:-agent|-server)?\.service"), Distribution.K3S),
)
_PROGRAMS = {
    "rke2": Distribution.RKE2, "k3s": Distribution.K3S, "k3s-server": Distribution.K3S, "k3s-agent": Distribution.K3S,
}  # fmt: skip
# rancher/rke2 and k3s-io/k3s keep everything below one folder; rancher/rke, cluster/plan.go, mounts rke-tools as /opt/rke-tools and names
# its certificates so; kubernetes/kubernetes, cmd/kubeadm/app/constants, has the files of kubeadm.
_COMMANDS = (
    (re.compile(r"/rancher/rke2/"), Distribution.RKE2),
    (re.compile(r"/rancher/k3s/"), Distribution.K3S),
    (re.compile(r"/opt/rke-tools/|/etc/kubernetes/ssl/kube(?:cfg)?-"), Distribution.RKE1),
    (
        re.compile(r"/etc/kubernetes/(?:pki/|manifests\b|(?:bootstrap-)?kubelet\.conf|(?:admin|scheduler|controller-manager)\.conf)"),
        Distribution.KUBEADM,
    ),
)  # fmt: skip


def distribution_of_node(rows: Sequence[ListingRow]) -> Distribution:
    """The distribution that rows of a node give away, RKE2 before K3s, which it has in it; unknown if none does."""
    found = {one for row in rows for one in _given_away(row)}
    order = (Distribution.RKE2, Distribution.K3S, Distribution.RKE1, Distribution.KUBEADM)
    return next((one for one in order if one in found), Distribution.UNKNOWN)


def _given_away(row: ListingRow) -> list[Distribution]:
    if row.what == UNIT:
        return [distribution for pattern, distribution in _UNITS if pattern.fullmatch(row.name)]
    if row.what not in (PROCESS, SOCKET):
        return []
    named = [_PROGRAMS[row.process]] if row.process in _PROGRAMS else []
    return named + [distribution for pattern, distribution in _COMMANDS if row.command and pattern.search(row.command)]
