"""The kinds of objects, and every name that people have for one: one table for all who read, write or are asked about kinds.

The first part is Kubernetes' own (``kubectl api-resources`` of 1.20 and 1.31; short names as ``ShortNames`` in
kubernetes/kubernetes, pkg/registry, gives them), the last an engine's. Kinds that are not here, custom resources above all, have
the names that their group and their kind give by rule, and the short ones that a server tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rkedoc.snapshot.identity import CORE, ENGINE, HOST, ON_NODE

CONTAINER_LISTS: Final = ("containers", "initContainers", "ephemeralContainers")
"""The fields of a pod's specification that list containers (kubernetes/api v0.31, core/v1, PodSpec)."""

CONFIG_HASH: Final = "kubernetes.io/config.hash"
"""Annotation of a static pod's mirror: the uid that the kubelet uses for the pod itself
(kubernetes/kubernetes v1.20, pkg/kubelet/types/pod_update.go)."""

CONFIG_SOURCE: Final = "kubernetes.io/config.source"
"""Annotation in which the kubelet notes where a pod comes from: ``api``, ``file`` or ``http``
(kubernetes/kubernetes v1.27, pkg/kubelet/types/pod_update.go, ConfigSourceAnnotationKey)."""

CONTAINERD_OF_KUBERNETES: Final = "k8s.io"
"""The namespace in which the CRI of containerd keeps its pods (pkg/cri/constants/constants.go, K8sContainerdNamespace)."""

CONTAINERD_OF_DOCKER: Final = "moby"
"""The namespace of containerd in which Docker keeps its containers (moby/moby v25.0, cmd/dockerd/config.go, DefaultNamespace)."""

_IN_TEMPLATE: Final = ("spec", "template")
_IN_JOB: Final = ("spec", "jobTemplate", "spec", "template")


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """A kind. ``group`` is the canonical one; ``plural`` is the name of its resource; ``short`` are kubectl's short names.

    ``template`` is where it holds the template of the pods that it makes, empty for what makes none and for a pod itself.
    """

    group: str
    kind: str
    plural: str
    short: tuple[str, ...] = ()
    namespaced: bool = True
    template: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """The name of its list in a snapshot's header: ``core/pods``."""
        return f"{self.group}/{self.plural}"

    @property
    def makes_pods(self) -> bool:
        """Whether its objects make pods, directly or through one another."""
        return bool(self.template)

    def answers_to(self, name: str, groups: Iterable[str] = ()) -> bool:
        """Whether a person may mean it by ``name``: ``deployments``, ``Deployment``, ``deploy``, ``deployments.apps``,
        ``apps/deployments``, in any case. ``groups`` are further groups that serve it."""
        wanted = name.strip().lower()
        words = {self.plural, self.kind.lower(), *self.short}
        if self.group == ENGINE:
            own = self.kind.removeprefix("Engine").lower() or self.plural
            words |= {own, f"{self.kind.lower()}s"}
        named = {self.group, *groups}
        return (
            wanted in words
            or wanted in {f"{word}.{group}" for word in words for group in named}
            or wanted in {f"{group}/{word}" for word in words for group in named}
        )


def _kind(
    group: str, kind: str, *short: str, plural: str = "", namespaced: bool = True, template: tuple[str, ...] = ()
) -> ObjectKind:
    return ObjectKind(group, kind, plural or guessed_plural(kind), short, namespaced, template)


def guessed_plural(kind: str) -> str:
    """The resource of a kind, by the rule by which Kubernetes' own are named.

    kubernetes/apimachinery, pkg/api/meta/restmapper.go, ``UnsafeGuessKindToResource``.
    """
    word = kind.lower()
    if word == "endpoints":
        return word
    if word.endswith("s"):
        return f"{word}es"
    return f"{word.removesuffix('y')}ies" if word.endswith("y") else f"{word}s"


_RBAC: Final = "rbac.authorization.k8s.io"
_NETWORKING: Final = "networking.k8s.io"
_STORAGE: Final = "storage.k8s.io"
_ADMISSION: Final = "admissionregistration.k8s.io"

TABLE: Final[tuple[ObjectKind, ...]] = (
    _kind(CORE, "ConfigMap", "cm"),
    _kind(CORE, "Endpoints", "ep"),
    _kind(CORE, "Event", "ev"),
    _kind(CORE, "LimitRange", "limits"),
    _kind(CORE, "Namespace", "ns", namespaced=False),
    _kind(CORE, "Node", "no", namespaced=False),
    _kind(CORE, "PersistentVolume", "pv", namespaced=False),
    _kind(CORE, "PersistentVolumeClaim", "pvc"),
    _kind(CORE, "Pod", "po"),
    _kind(CORE, "PodTemplate"),
    _kind(CORE, "ReplicationController", "rc", template=_IN_TEMPLATE),
    _kind(CORE, "ResourceQuota", "quota"),
    _kind(CORE, "Secret"),
    _kind(CORE, "Service", "svc"),
    _kind(CORE, "ServiceAccount", "sa"),
    _kind("apps", "ControllerRevision"),
    _kind("apps", "DaemonSet", "ds", template=_IN_TEMPLATE),
    _kind("apps", "Deployment", "deploy", template=_IN_TEMPLATE),
    _kind("apps", "ReplicaSet", "rs", template=_IN_TEMPLATE),
    _kind("apps", "StatefulSet", "sts", template=_IN_TEMPLATE),
    _kind("batch", "CronJob", "cj", template=_IN_JOB),
    _kind("batch", "Job", template=_IN_TEMPLATE),
    _kind("autoscaling", "HorizontalPodAutoscaler", "hpa"),
    _kind("policy", "PodDisruptionBudget", "pdb"),
    _kind("policy", "PodSecurityPolicy", "psp", namespaced=False),
    _kind(_NETWORKING, "Ingress", "ing"),
    _kind(_NETWORKING, "IngressClass", namespaced=False),
    _kind(_NETWORKING, "NetworkPolicy", "netpol"),
    _kind("discovery.k8s.io", "EndpointSlice"),
    _kind(_RBAC, "ClusterRole", namespaced=False),
    _kind(_RBAC, "ClusterRoleBinding", namespaced=False),
    _kind(_RBAC, "Role"),
    _kind(_RBAC, "RoleBinding"),
    _kind(_STORAGE, "CSIDriver", namespaced=False),
    _kind(_STORAGE, "CSINode", namespaced=False),
    _kind(_STORAGE, "CSIStorageCapacity", plural="csistoragecapacities"),
    _kind(_STORAGE, "StorageClass", "sc", namespaced=False),
    _kind(_STORAGE, "VolumeAttachment", namespaced=False),
    _kind("scheduling.k8s.io", "PriorityClass", "pc", namespaced=False),
    _kind("node.k8s.io", "RuntimeClass", namespaced=False),
    _kind("coordination.k8s.io", "Lease"),
    _kind(_ADMISSION, "MutatingWebhookConfiguration", namespaced=False),
    _kind(_ADMISSION, "ValidatingWebhookConfiguration", namespaced=False),
    _kind("apiextensions.k8s.io", "CustomResourceDefinition", "crd", "crds", namespaced=False),
    _kind("apiregistration.k8s.io", "APIService", namespaced=False),
    _kind("certificates.k8s.io", "CertificateSigningRequest", "csr", namespaced=False),
    # What Rancher keeps of itself and pages look for.
    _kind("management.cattle.io", "Setting", namespaced=False),
    # A container engine's lists.
    _kind(ENGINE, "Engine", plural="engine"),
    _kind(ENGINE, "EngineContainer", plural="containers"),
    _kind(ENGINE, "EngineImage", plural="images"),
    _kind(ENGINE, "EngineNetwork", plural="networks"),
    _kind(ENGINE, "EngineVolume", plural="volumes"),
    # The host itself.
    _kind(HOST, "Host", plural="machine"),
    _kind(HOST, "HostFile", plural="files"),
    _kind(HOST, "HostListener", plural="listeners"),
    _kind(HOST, "HostProcess", plural="processes"),
    _kind(HOST, "HostUnit", plural="units"),
)  # fmt: skip

KINDS: Final[Mapping[tuple[str, str], ObjectKind]] = MappingProxyType({(one.group, one.kind): one for one in TABLE})
"""The table by canonical group and kind."""

ENGINE_KINDS: Final = tuple(one for one in TABLE if one.group == ENGINE)
"""What an engine holds."""

HOST_KINDS: Final = tuple(one for one in TABLE if one.group == HOST)
"""What a host is made of."""

CONTROLLERS: Final = frozenset(one.kind for one in TABLE if one.makes_pods)
"""Kinds of Kubernetes' own whose objects make pods, directly or through one another."""

WORKLOADS: Final = CONTROLLERS | {"Pod"}
"""The kinds that a page may be about: what makes pods, or a pod that nothing makes."""

TEMPLATES: Final = tuple(dict.fromkeys(one.template for one in TABLE if one.template))
"""Where the template of pods is in whatever makes some."""

SCOPES: Final[Mapping[str, str]] = MappingProxyType({one.kind: one.scope for one in reversed(TABLE)})
"""The list of each kind in a snapshot's header, by the kind alone."""


def kind_of(group: str, kind: str) -> ObjectKind:
    """A kind by its canonical group and its own name; by rule if the table does not have it."""
    return KINDS.get((group, kind)) or ObjectKind(group, kind, guessed_plural(kind))


def kind_named(word: str) -> str | None:
    """The kind that kubectl calls so in front of a name (``deploy`` in ``deploy/web``); ``None`` if it is none of the table's."""
    bare = word.partition(".")[0]
    return next((one.kind for one in TABLE if one.group not in ON_NODE and one.answers_to(bare)), None)
