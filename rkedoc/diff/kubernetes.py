"""What the minor versions of Kubernetes took away: what a reader of an upgrade has to know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from rkedoc.i18n import N_, _

# Sources: kubernetes/website, content/en/docs/reference/using-api/deprecation-guide.md ("Removed APIs by release", the page
# of Kubernetes 1.29); for 1.24 kubernetes/kubernetes CHANGELOG/CHANGELOG-1.24.md, "Urgent Upgrade Notes" and "API Change".
GONE: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        16: (N_("no longer serves extensions/v1beta1 and apps/v1beta1 for Deployments, DaemonSets and StatefulSets"),),
        22: (
            N_(
                "no longer serves the v1beta1 versions of Ingress, CustomResourceDefinition, webhook configurations, APIService, "
                "roles and role bindings"
            ),
        ),
        24: (
            N_("has no dockershim any more: Docker needs cri-dockerd, or another runtime takes its place"),
            N_("no longer makes a Secret with a token for each service account"),
        ),
        25: (
            N_("has no PodSecurityPolicy any more"),
            N_("no longer serves the v1beta1 versions of CronJob, PodDisruptionBudget and EndpointSlice"),
        ),
        26: (N_("no longer serves autoscaling/v2beta2 for HorizontalPodAutoscaler"),),
        27: (N_("no longer serves the v1beta1 version of CSIStorageCapacity"),),
        29: (N_("no longer serves flowcontrol.apiserver.k8s.io/v1beta2"),),
        32: (N_("no longer serves flowcontrol.apiserver.k8s.io/v1beta3"),),
    }
)
"""What is gone with each minor version of Kubernetes 1, as messages that follow its name."""

_VERSION = re.compile(r"v?1\.([0-9]{1,3})(?:[.+-].*)?")


def taken_away(old: str, new: str) -> Iterator[str]:
    """A sentence for each thing that an upgrade took away, in the language in use; none where nothing was raised.

    >>> list(taken_away("v1.25.9+rke2r1", "v1.26.4"))
    ['Kubernetes 1.26 no longer serves autoscaling/v2beta2 for HorizontalPodAutoscaler.']
    """
    before, after = _VERSION.fullmatch(old), _VERSION.fullmatch(new)
    if before is None or after is None:
        return
    for minor in range(int(before[1]) + 1, int(after[1]) + 1):
        for what in GONE.get(minor, ()):
            yield _("Kubernetes 1.{minor} {what}.").format(minor=minor, what=_(what))
