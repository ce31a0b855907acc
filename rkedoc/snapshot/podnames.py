"""The names that a kubelet gives to the containers of an engine: where labels are missing, they say whose pod it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

RKE_NAME = "io.rancher.rke.container.name"
"""The label by which RKE knows its own containers outside pods (rancher/rke v1.2, services/services.go)."""

SANDBOX = "POD"
"""What stands in place of a container's name in the name of a pod's sandbox."""

# kubernetes/kubernetes v1.20, pkg/kubelet/dockershim/naming.go, and Mirantis/cri-dockerd, core/naming.go: six fields
# joined by underscores, which no name in Kubernetes holds; after a conflict of names a seventh of eight hexadecimal digits.
_ENGINE = re.compile(r"/?k8s_([^_]+)_([^_]+)_([^_]+)_([^_]+)_([0-9]{1,9})(?:_[0-9a-f]{8})?\Z")
# containerd/nerdctl, pkg/containerutil/containerutil.go: what `nerdctl -n k8s.io ps` prints as a name.
_NERDCTL = re.compile(r"k8s://([^/\s]+)/([^/\s]+)(?:/([^/\s]+))?\Z")


@dataclass(frozen=True, slots=True)
class EngineName:
    """The fields of ``k8s_<container>_<pod>_<namespace>_<uid>_<attempt>``; a sandbox has the container ``POD``.

    The uid of a static pod is the hash of its configuration, since the kubelet made it before the API server knew of it.
    """

    container: str
    pod: str
    namespace: str
    uid: str
    attempt: int

    @property
    def sandbox(self) -> bool:
        """Whether this is the container that holds the pod's namespaces, and not one of the pod's own."""
        return self.container == SANDBOX


def engine_name(name: str) -> EngineName | None:
    """The fields of the name that a kubelet gave to an engine's container, or ``None`` if no kubelet did.

    >>> engine_name("/k8s_POD_web-0_default_a97e6619-5418-44f9-a2c0-8cba3cbcf068_3_1f2e3d4c").attempt
    3
    """
    if found := _ENGINE.match(name):
        container, pod, namespace, uid, attempt = found.groups()
        return EngineName(container, pod, namespace, uid, int(attempt))
    if found := _NERDCTL.match(name):
        namespace, pod, container = found.groups()
        return EngineName(container or SANDBOX, pod, namespace, "", 0)
    return None
