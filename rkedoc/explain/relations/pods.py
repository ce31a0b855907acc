"""What workloads need: configuration, secrets, claims, accounts, nodes. Read from templates, and from the pods they made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import at, items, mapping, text, words
from rkedoc.cluster.model import is_static
from rkedoc.snapshot.identity import record_id
from rkedoc.snapshot.kinds import CONTAINER_LISTS
from rkedoc.snapshot.record import HIDDEN_RE

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload

FoundEdge = tuple[str, str, str, str]
"""A relation as it is found: source, verb, target, evidence."""

# Volumes that name a Secret elsewhere than in "secret" (kubernetes/api v0.20, core/v1/types.go, VolumeSource).
_VOLUME_SECRETS: Final = (
    ("azureFile", "secretName"), ("cephfs", "secretRef", "name"), ("cinder", "secretRef", "name"),
    ("csi", "nodePublishSecretRef", "name"), ("flexVolume", "secretRef", "name"), ("iscsi", "secretRef", "name"),
    ("rbd", "secretRef", "name"), ("scaleIO", "secretRef", "name"), ("storageos", "secretRef", "name"),
)  # fmt: skip
# Arguments by which controllers are told which objects to read (kubernetes/ingress-nginx, cmd/nginx/flags.go;
# kubernetes-sigs/cluster-proportional-autoscaler, cmd/cluster-proportional-autoscaler/options).
_ARGUMENT: Final = re.compile(
    r"--?(configmap|tcp-services-configmap|udp-services-configmap|default-backend-service|publish-service|"
    r"default-ssl-certificate)=(?:([^/\s]+)/)?([^/\s]+)\Z"
)
_ARGUMENT_KINDS: Final = {
    "default-backend-service": ("talks-to", "Service"),
    "publish-service": ("reads", "Service"),
    "default-ssl-certificate": ("reads", "Secret"),
}


def pod_relations(cluster: Cluster) -> Iterator[FoundEdge]:
    """What the specifications of pods say: of each workload once from its template, and what its pods have besides."""
    for workload in cluster.workloads():
        spec = workload.pod_spec
        yield from _spec_relations(workload, spec)
        yield from _account(workload, spec)
        for pod in workload.pods:
            own = mapping(pod.body, "spec")
            if own is not spec:
                yield from _volumes(workload, own)
                yield from _pull_secrets(workload, own)
            node = text(own, "nodeName")
            if node:
                yield workload.id, "scheduled-on", record_id("", "Node", None, node), f"spec.nodeName of {pod.name}"
            if pod.id != workload.id and (pod.owner is None or cluster.get(pod.owner) is None):
                yield workload.id, "owns", pod.id, "metadata.ownerReferences" if pod.owner else "its name and labels"


def _spec_relations(workload: Workload, spec: Mapping[str, Any]) -> Iterator[FoundEdge]:
    yield from _volumes(workload, spec)
    yield from _pull_secrets(workload, spec)
    for part in CONTAINER_LISTS:
        for container in items(spec, part):
            yield from _environment(workload, container)
            yield from _arguments(workload, container)


def _account(workload: Workload, spec: Mapping[str, Any]) -> Iterator[FoundEdge]:
    if not spec:
        return
    for field in ("serviceAccountName", "serviceAccount"):
        if name := text(spec, field):
            yield from _relation(workload, "runs-as", "ServiceAccount", name, f"spec.{field}")
            return
    # A static pod has no account: the kubelet makes it without asking the API, where admission would give it one.
    complete = items(spec, "containers") and text(items(spec, "containers")[0], "image")
    if complete and not any(is_static(pod) for pod in workload.pods) and not _known_by_engine(workload):
        yield from _relation(workload, "runs-as", "ServiceAccount", "default", "no spec.serviceAccountName")


def _known_by_engine(workload: Workload) -> bool:
    """Whether only an engine knows of the pods: then nothing tells their account."""
    return workload.record is None and not any(at(pod.body, "status") for pod in workload.pods)


def _relation(workload: Workload, verb: str, kind: str, name: str, evidence: str) -> Iterator[FoundEdge]:
    if name and not HIDDEN_RE.search(name):
        yield workload.id, verb, record_id("", kind, workload.namespace, name), evidence


def _volumes(workload: Workload, spec: Mapping[str, Any]) -> Iterator[FoundEdge]:
    for volume in items(spec, "volumes"):
        evidence = f"volume {text(volume, 'name')}"
        yield from _relation(workload, "mounts", "ConfigMap", text(volume, "configMap", "name"), evidence)
        yield from _relation(workload, "mounts", "Secret", text(volume, "secret", "secretName"), evidence)
        yield from _relation(
            workload, "mounts", "PersistentVolumeClaim", text(volume, "persistentVolumeClaim", "claimName"), evidence
        )
        for path in _VOLUME_SECRETS:
            yield from _relation(workload, "mounts", "Secret", text(volume, *path), evidence)
        for source in items(volume, "projected", "sources"):
            yield from _relation(workload, "mounts", "ConfigMap", text(source, "configMap", "name"), evidence)
            yield from _relation(workload, "mounts", "Secret", text(source, "secret", "name"), evidence)


def _pull_secrets(workload: Workload, spec: Mapping[str, Any]) -> Iterator[FoundEdge]:
    for reference in items(spec, "imagePullSecrets"):
        yield from _relation(workload, "pulls-with", "Secret", text(reference, "name"), "spec.imagePullSecrets")


def _environment(workload: Workload, container: Mapping[str, Any]) -> Iterator[FoundEdge]:
    where = text(container, "name")
    for variable in items(container, "env"):
        evidence = f"env {text(variable, 'name')} of {where}"
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            yield from _relation(workload, "reads-env", kind, text(variable, "valueFrom", field, "name"), evidence)
    for source in items(container, "envFrom"):
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            yield from _relation(workload, "reads-env", kind, text(source, field, "name"), f"envFrom of {where}")


def _arguments(workload: Workload, container: Mapping[str, Any]) -> Iterator[FoundEdge]:
    for argument in (*words(container, "command"), *words(container, "args")):
        if not argument.startswith("-") or (match := _ARGUMENT.match(argument)) is None:
            continue
        flag, namespace, name = match.groups()
        if namespace in (None, "$(POD_NAMESPACE)"):  # cluster-proportional-autoscaler gives the name alone
            namespace = workload.namespace
        verb, kind = _ARGUMENT_KINDS.get(flag, ("reads", "ConfigMap"))
        if not HIDDEN_RE.search(argument) and "$" not in namespace + name:
            yield (
                workload.id,
                verb,
                record_id("", kind, namespace, name),
                f"argument --{flag} of {text(container, 'name')}",
            )
