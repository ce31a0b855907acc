"""Relations that API objects and the engine's containers state about themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import at, items, mapping, text, words
from rkedoc.cluster.model import owner_of
from rkedoc.cluster.selectors import LabelIndex
from rkedoc.snapshot.identity import record_id
from rkedoc.snapshot.record import HIDDEN_RE, Record

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.relations.pods import FoundEdge

_RBAC: Final = "rbac.authorization.k8s.io"
_ALL_PODS: Final = 200
_CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"
_ACCOUNT_ANNOTATION: Final = "kubernetes.io/service-account.name"
# Annotations of ingress-nginx that name a Secret, as "name" or "namespace/name" (docs/user-guide/nginx-configuration).
_SECRET_ANNOTATIONS: Final = (
    "nginx.ingress.kubernetes.io/auth-secret", "nginx.ingress.kubernetes.io/auth-tls-secret",
    "nginx.ingress.kubernetes.io/proxy-ssl-secret",
)  # fmt: skip


def object_relations(cluster: Cluster) -> Iterator[FoundEdge]:
    """What every record says by itself, and what selectors choose."""
    index = LabelIndex(cluster.workloads())
    for record in cluster.snapshot.records:
        if (owner := owner_of(record)) is not None and record.kind != "Event":
            yield owner, "owns", record.id, "metadata.ownerReferences"
        if record.kind in _BY_SELECTOR:
            yield from _BY_SELECTOR[record.kind](record, index)
        elif record.kind in _BY_FIELD:
            yield from _BY_FIELD[record.kind](record)


def _to(source: str, verb: str, target: tuple[str, str, str | None, str], evidence: str) -> Iterator[FoundEdge]:
    """The relation to a record given by group, kind, namespace and name; none if the name is missing or hidden."""
    if target[3] and not HIDDEN_RE.search(target[3]) and not HIDDEN_RE.search(target[2] or ""):
        yield source, verb, record_id(*target), evidence


# -- by selector ------------------------------------------------------------------------------------------------------


def _service(record: Record, index: LabelIndex) -> Iterator[FoundEdge]:
    if text(record.body, "spec", "type") == "ExternalName":
        return
    for workload in index.equal(record.namespace or "", mapping(record.body, "spec", "selector")):
        yield record.id, "selects", workload.id, "spec.selector"


def _policy(record: Record, index: LabelIndex) -> Iterator[FoundEdge]:
    selector, namespace = mapping(record.body, "spec", "podSelector"), record.namespace or ""
    evidence = "spec.podSelector" if _has_terms(selector) else "spec.podSelector is empty: all pods"
    if not _has_terms(selector) and len(index.namespace(namespace)) > _ALL_PODS:
        yield from _to(record.id, "selects", ("", "Namespace", None, namespace), evidence)
        return
    for workload in index.matching(namespace, selector):
        yield record.id, "selects", workload.id, evidence


def _budget(record: Record, index: LabelIndex) -> Iterator[FoundEdge]:
    selector = mapping(record.body, "spec", "selector")
    # An empty selector chose nothing in policy/v1beta1 and chooses everything in policy/v1 (Kubernetes 1.21).
    if not _has_terms(selector) and text(record.body, "apiVersion").endswith("v1beta1"):
        return
    if at(record.body, "spec", "selector") is not None:
        for workload in index.matching(record.namespace or "", selector)[: None if _has_terms(selector) else _ALL_PODS]:
            yield record.id, "protects", workload.id, "spec.selector"


def _has_terms(selector: Mapping[str, Any]) -> bool:
    return bool(mapping(selector, "matchLabels") or items(selector, "matchExpressions"))


# -- by field ---------------------------------------------------------------------------------------------------------


def _ingress(record: Record) -> Iterator[FoundEdge]:
    spec, namespace = mapping(record.body, "spec"), record.namespace
    for field in ("defaultBackend", "backend"):
        yield from _backend(record, mapping(spec, field), f"spec.{field}")
    for rule in items(spec, "rules"):
        for path in items(rule, "http", "paths"):
            address = f"{text(rule, 'host') or '*'}{text(path, 'path') or '/'}"
            yield from _backend(record, mapping(path, "backend"), f"spec.rules, {address}")
    for entry in items(spec, "tls"):
        yield from _to(record.id, "reads", ("", "Secret", namespace, text(entry, "secretName")), "spec.tls")
    annotations = mapping(record.body, "metadata", "annotations")
    for field, name in (("spec.ingressClassName", text(spec, "ingressClassName")),
                        (f"annotation {_CLASS_ANNOTATION}", text(annotations, _CLASS_ANNOTATION))):  # fmt: skip
        yield from _to(record.id, "handled-by", ("networking.k8s.io", "IngressClass", None, name), field)
    for name in _SECRET_ANNOTATIONS:
        place, _slash, secret = text(annotations, name).rpartition("/")
        yield from _to(record.id, "reads", ("", "Secret", place or namespace, secret), f"annotation {name}")


def _backend(record: Record, backend: Mapping[str, Any], evidence: str) -> Iterator[FoundEdge]:
    name = text(backend, "service", "name") or text(backend, "serviceName")
    yield from _to(record.id, "routes-to", ("", "Service", record.namespace, name), evidence)
    resource = mapping(backend, "resource")
    if text(resource, "kind"):
        target = (text(resource, "apiGroup"), text(resource, "kind"), record.namespace, text(resource, "name"))
        yield from _to(record.id, "routes-to", target, evidence)


def _binding(record: Record) -> Iterator[FoundEdge]:
    role = mapping(record.body, "roleRef")
    kind = text(role, "kind")
    if kind in ("Role", "ClusterRole"):
        namespace = record.namespace if kind == "Role" else None
        yield from _to(record.id, "grants", (_RBAC, kind, namespace, text(role, "name")), "roleRef")
    for subject in items(record.body, "subjects"):
        if text(subject, "kind") == "ServiceAccount":
            place = text(subject, "namespace") or record.namespace
            yield from _to(record.id, "grants", ("", "ServiceAccount", place, text(subject, "name")), "subjects")


def _account(record: Record) -> Iterator[FoundEdge]:
    for reference in items(record.body, "secrets"):
        yield from _to(record.id, "holds", ("", "Secret", record.namespace, text(reference, "name")), "secrets")
    for reference in items(record.body, "imagePullSecrets"):
        yield from _to(
            record.id, "pulls-with", ("", "Secret", record.namespace, text(reference, "name")), "imagePullSecrets"
        )


def _secret(record: Record) -> Iterator[FoundEdge]:
    name = text(record.body, "metadata", "annotations", _ACCOUNT_ANNOTATION)
    for account, verb, secret, evidence in _to(
        record.id, "holds", ("", "ServiceAccount", record.namespace, name), f"annotation {_ACCOUNT_ANNOTATION}"
    ):
        yield secret, verb, account, evidence


def _scaler(record: Record) -> Iterator[FoundEdge]:
    target = mapping(record.body, "spec", "scaleTargetRef")
    group, slash, _version = text(target, "apiVersion").partition("/")
    if kind := text(target, "kind"):
        # autoscaling/v1 objects of old tools leave the group out: the built-in kinds are those of "apps".
        found = group if slash else "apps" if kind in ("Deployment", "ReplicaSet", "StatefulSet") else ""
        yield from _to(
            record.id, "scales", (found, kind, record.namespace, text(target, "name")), "spec.scaleTargetRef"
        )


def _claim(record: Record) -> Iterator[FoundEdge]:
    spec = mapping(record.body, "spec")
    yield from _to(record.id, "binds", ("", "PersistentVolume", None, text(spec, "volumeName")), "spec.volumeName")
    yield from _class(record)


def _class(record: Record) -> Iterator[FoundEdge]:
    name = text(record.body, "spec", "storageClassName")
    yield from _to(record.id, "binds", ("storage.k8s.io", "StorageClass", None, name), "spec.storageClassName")


def _webhooks(record: Record) -> Iterator[FoundEdge]:
    for webhook in items(record.body, "webhooks"):
        yield from _client(record, mapping(webhook, "clientConfig", "service"), f"webhook {text(webhook, 'name')}")


def _definition(record: Record) -> Iterator[FoundEdge]:
    for path in (
        ("spec", "conversion", "webhook", "clientConfig", "service"),
        ("spec", "conversion", "webhookClientConfig", "service"),
    ):
        yield from _client(record, mapping(record.body, *path), "spec.conversion")


def _client(record: Record, service: Mapping[str, Any], evidence: str) -> Iterator[FoundEdge]:
    yield from _to(
        record.id, "calls", ("", "Service", text(service, "namespace") or None, text(service, "name")), evidence
    )


def _api(record: Record) -> Iterator[FoundEdge]:
    service = mapping(record.body, "spec", "service")
    target = ("", "Service", text(service, "namespace") or None, text(service, "name"))
    yield from _to(record.id, "served-by", target, "spec.service")


# -- the engine's -----------------------------------------------------------------------------------------------------


def _container(record: Record) -> Iterator[FoundEdge]:
    """Containers outside pods: those in pods hang on their pod, and on nothing else that lasts."""
    body, node = record.body, record.namespace or ""
    if mapping(body, "pod"):
        return
    yield from _to(record.id, "scheduled-on", ("", "Node", None, node), "its engine")
    for other in words(body, "volumesFrom"):
        yield from _to(
            record.id,
            "mounts",
            ("engine", "EngineContainer", node, other.partition(":")[0].lstrip("/")),
            "volumes from",
        )
    for mount in items(body, "mounts"):
        if text(mount, "type") == "volume":
            evidence = f"mount {text(mount, 'destination')}"
            yield from _to(record.id, "mounts", ("engine", "EngineVolume", node, text(mount, "name")), evidence)
    mode, _colon, other = text(body, "networkMode").partition(":")
    if mode == "container":
        yield from _to(record.id, "joins", ("engine", "EngineContainer", node, other.lstrip("/")), "network mode")
    elif mode not in ("host", "none"):
        for name in mapping(body, "networks"):
            yield from _to(record.id, "joins", ("engine", "EngineNetwork", node, name), "networks")


_BY_SELECTOR: Final[Mapping[str, Callable[[Record, LabelIndex], Iterator[FoundEdge]]]] = {
    "Service": _service,
    "NetworkPolicy": _policy,
    "PodDisruptionBudget": _budget,
}
_BY_FIELD: Final[Mapping[str, Callable[[Record], Iterator[FoundEdge]]]] = {
    "Ingress": _ingress,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "ServiceAccount": _account,
    "Secret": _secret,
    "HorizontalPodAutoscaler": _scaler,
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _class,
    "MutatingWebhookConfiguration": _webhooks,
    "ValidatingWebhookConfiguration": _webhooks,
    "CustomResourceDefinition": _definition,
    "APIService": _api,
    "EngineContainer": _container,
}
