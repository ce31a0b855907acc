"""A small cluster written down by a test, as a site: records, how each list ended, and the shipped catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from rkedoc.catalog.loader import Catalog, load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.snapshot.reader import Snapshot
from rkedoc.snapshot.record import Capture, Header, Record, Scope
from rkedoc.sphinxext.site import Site
from rkedoc.vocabulary import Result

TIME = "2026-01-02T03:04:05Z"
LISTS = (
    "core/namespaces", "core/nodes", "core/pods", "core/services", "core/configmaps", "core/secrets",
    "core/serviceaccounts", "core/persistentvolumeclaims", "core/persistentvolumes", "core/events", "apps/deployments",
    "apps/daemonsets", "apps/statefulsets", "apps/replicasets", "batch/jobs", "batch/cronjobs",
    "networking.k8s.io/ingresses", "networking.k8s.io/networkpolicies", "storage.k8s.io/storageclasses",
    "rbac.authorization.k8s.io/roles", "rbac.authorization.k8s.io/rolebindings",
    "rbac.authorization.k8s.io/clusterroles", "rbac.authorization.k8s.io/clusterrolebindings",
    "autoscaling/horizontalpodautoscalers", "policy/poddisruptionbudgets",
)  # fmt: skip
ENGINE = ("engine/containers", "engine/images", "engine/networks", "engine/volumes", "engine/engine")


@cache
def catalog() -> Catalog:
    """The shipped catalog."""
    return load_catalog()


def record(identifier: str, body: Mapping[str, Any], owner: str | None = None) -> Record:
    """A record with all of its body as intent."""
    namespace, name = identifier.split("/", 3)[2:]
    metadata = {"name": name, **({} if namespace == "-" else {"namespace": namespace}), **body.get("metadata", {})}
    return Record(identifier, identifier.split("/", 3)[1], owner, {**body, "metadata": metadata}, {})


def site_of(
    records: Iterable[Record], ended: Mapping[str, str] | None = None, rancher: Mapping[str, Any] | None = None
) -> Site:
    """The site of these records. ``ended`` says how lists ended that were not complete, ``rancher`` what a Rancher calls the cluster."""
    found = tuple(sorted(records, key=lambda item: item.id.encode("utf-8", "surrogatepass")))

    def scopes(names: Iterable[str]) -> tuple[Scope, ...]:
        results = {name: (ended or {}).get(name, "complete") for name in names}
        return tuple(
            Scope(
                name,
                "list",
                f"/{name}",
                403 if result == "forbidden" else 200,
                Result(result),
                "Forbidden" if result == "forbidden" else "",
            )
            for name, result in results.items()
        )

    captures = (
        Capture("kubernetes", None, TIME, {"server": "v1.20.9"}, scopes(LISTS)),
        Capture("engine", "n1", TIME, {"server": "20.10.24"}, scopes(ENGINE)),
    )
    redaction = {"rules": {"env.name": 2}, "key": None, "masked": []}
    header = Header(
        {"name": "test", "uid": "u"}, captures, redaction, len(found), "0" * 64, "0" * 64, rancher=rancher or {}
    )
    return Site(Cluster(Snapshot(header, found), catalog()))


def web(name: str = "web", namespace: str = "shop", **spec: Any) -> tuple[Record, ...]:
    """A Deployment with one pod on node ``n1``, its engine containers, a service and an ingress, in their namespace."""
    container = {
        "name": "main",
        "image": "nginx:1.19",
        "env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "creds", "key": "k"}}}],
    }
    template = {
        "containers": [container],
        "serviceAccountName": "runner",
        "volumes": [{"name": "etc", "configMap": {"name": "settings"}}],
        **spec,
    }
    labels = {"app": name}
    pod, replicas = f"{name}-5d6f7-abcde", f"{name}-5d6f7"
    status = {
        "phase": "Running",
        "podIP": "10.42.0.7",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [
            {"name": "main", "ready": True, "restartCount": 0, "state": {"running": {"startedAt": TIME}}}
        ],
    }
    return (
        record(f"core/Namespace/-/{namespace}", {"status": {"phase": "Active"}}),
        record(
            f"apps/Deployment/{namespace}/{name}",
            {
                "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": template}},
                "status": {"readyReplicas": 1, "replicas": 1},
            },
        ),
        record(f"apps/ReplicaSet/{namespace}/{replicas}", {}, f"apps/Deployment/{namespace}/{name}"),
        record(
            f"core/Pod/{namespace}/{pod}",
            {"metadata": {"labels": labels, "uid": f"uid-{name}"}, "spec": {**template, "nodeName": "n1"}, "status": status},
            f"apps/ReplicaSet/{namespace}/{replicas}",
        ),
        record(f"core/Service/{namespace}/{name}", {"spec": {"selector": labels, "ports": [{"port": 80}], "clusterIP": "10.43.0.9"}}),
        record(
            f"networking.k8s.io/Ingress/{namespace}/{name}",
            {
                "spec": {
                    "rules": [
                        {
                            "host": f"{name}.example",
                            "http": {"paths": [{"path": "/", "backend": {"service": {"name": name, "port": {"number": 80}}}}]},
                        }
                    ]
                }
            },
        ),
        record(f"core/ConfigMap/{namespace}/settings", {"data": {"a": "‹hidden›"}}),
        record(f"core/Secret/{namespace}/creds", {"type": "Opaque", "dataCount": 1}),
        record(f"core/ServiceAccount/{namespace}/runner", {}),
        *(
            engine(
                f"k8s_{container_name}_{pod}_{namespace}_uid-{name}_0",
                image="nginx:1.19" if kind == "container" else "rancher/pause:3.2",
                pod={
                    "namespace": namespace, "name": pod, "uid": f"uid-{name}", "container": container_name, "attempt": 0,
                    "sandboxId": f"sandbox-{name}", "type": kind,
                },
            )
            for container_name, kind in (("POD", "podsandbox"), ("main", "container"))
        ),
    )  # fmt: skip


def engine(name: str, **body: Any) -> Record:
    """A running container of the engine of node ``n1``."""
    known = {"id": f"id-{name}", "state": "running", "exitCode": 0, "startedAt": TIME, "inspected": True, "labels": {}}
    return Record(f"engine/EngineContainer/n1/{name}", "EngineContainer", None, {}, {**known, **body})


def node() -> Record:
    """Node ``n1``."""
    conditions = [{"type": "Ready", "status": "True"}, {"type": "MemoryPressure", "status": "False"}]
    return record(
        "core/Node/-/n1",
        {
            "spec": {"podCIDR": "10.42.0.0/24"},
            "status": {"conditions": conditions, "nodeInfo": {"kubeletVersion": "v1.20.9"}},
        },
    )
