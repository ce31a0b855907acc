"""Generated clusters of any size: what an API server would answer, and the snapshot of it.

``python -m bench.cluster WORKLOADS NAMESPACES PODS CHANGED OLD NEW`` writes the snapshots of two days.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkedoc.redact import Redactor
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.record import Capture, Record, Scope
from rkedoc.snapshot.writer import HeaderParts, write
from rkedoc.vocabulary import Result
from tests.support.archives import DATA, Archives

TIME = "2026-01-02T03:04:05Z"
_NODES = 20
_LATER = 5_000_003
"""Added to the number of a pod that was made anew."""
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, slots=True)
class Size:
    """A cluster of so many workloads in so many namespaces, each with so many pods."""

    workloads: int
    namespaces: int
    pods: int = 2


def objects(size: Size, *, later: bool = False) -> Iterator[dict[str, Any]]:
    """The objects of a cluster: of each workload a Deployment, its ReplicaSet and pods, a Service and a ConfigMap.

    ``later`` is another day of the same cluster: every pod was made anew, with another name, address, node and time.
    """
    for number in range(_NODES):
        yield _node(number)
    for number in range(size.namespaces):
        yield {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": f"team-{number}"},
            "status": {"phase": "Active"},
        }
    for number in range(size.workloads):
        yield from _workload(number, f"team-{number % size.namespaces}", size.pods, later=later)


def _node(number: int) -> dict[str, Any]:
    status = {
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        "addresses": [{"type": "InternalIP", "address": f"192.0.2.{number}"}],
        "nodeInfo": {"kubeletVersion": "v1.20.9", "containerRuntimeVersion": "docker://20.10.24"},
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}, "spec": {}, "status": status}


def _workload(number: int, namespace: str, pods: int, *, later: bool) -> Iterator[dict[str, Any]]:
    name, labels = f"app-{number}", {"app": f"app-{number}", "team": namespace}
    owner_uid = f"00000000-0000-0000-0001-{number:012d}"
    environment: list[dict[str, Any]] = [
        {"name": f"SETTING_{place}", "value": f"value-{number}-{place}"} for place in range(8)
    ]
    environment.append({"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": name, "key": "mode"}}})
    container = {
        "name": "main",
        "image": f"registry.example.com/{namespace}/{name}:1.{number}.0",
        "args": ["--listen=:8080", f"--name={name}", "--verbose"],
        "env": environment,
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 10},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "volumeMounts": [{"name": "settings", "mountPath": "/etc/app", "readOnly": True}],
    }
    spec = {"containers": [container], "volumes": [{"name": "settings", "configMap": {"name": name}}]}
    meta = {"namespace": namespace, "labels": labels, "creationTimestamp": TIME}
    yield {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "uid": owner_uid, **meta},
        "spec": {
            "replicas": pods, "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": labels}, "spec": spec},
        },
        "status": {"replicas": pods, "readyReplicas": pods, "availableReplicas": pods, "updatedReplicas": pods},
    }  # fmt: skip
    digest = f"{number:08d}".translate(str.maketrans("0123456789", _LETTERS[:10]))
    replica_set = f"{name}-{digest}"
    yield {
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": replica_set, **meta, "ownerReferences": [_owner("apps/v1", "Deployment", name)]},
        "spec": {"replicas": pods}, "status": {"replicas": pods},
    }  # fmt: skip
    for place in range(pods):
        yield pod(number * pods + place + (_LATER if later else 0), replica_set, meta, spec)
    yield {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, **meta},
        "spec": {"selector": {"app": name}, "clusterIP": f"10.43.{number // 250 % 250}.{number % 250}", "ports": [{"port": 80, "targetPort": "http"}]},
    }  # fmt: skip
    yield {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **meta},
        "data": {"mode": "fast", "level": "info"},
    }


def pod(number: int, replica_set: str, meta: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """A running pod of a ReplicaSet."""
    suffix = "".join(_LETTERS[number // 27**place % 27] for place in range(5))
    name = f"{replica_set}-{suffix}"
    status = {
        "phase": "Running", "podIP": f"10.42.{number // 250 % 250}.{number % 250}", "startTime": TIME,
        "conditions": [{"type": kind, "status": "True"} for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
        "containerStatuses": [{
            "name": "main", "ready": True, "restartCount": 0, "image": spec["containers"][0]["image"],
            "containerID": f"docker://{number:064x}", "state": {"running": {"startedAt": TIME}},
        }],
    }  # fmt: skip
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "uid": f"00000000-0000-0000-0002-{number:012d}", **meta,
            "ownerReferences": [_owner("apps/v1", "ReplicaSet", replica_set)],
        },
        "spec": {"nodeName": f"node-{number % _NODES}", "serviceAccountName": "default", **spec},
        "status": status,
    }  # fmt: skip


def recorded_pod() -> dict[str, Any]:
    """A pod as a real API server answered, with all that such answers carry (managed fields, tolerations, statuses)."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Archives(DATA / "recordings", Path(scratch))("rke-single-node")
        pods = json.loads((folder / "k8s" / "api_v1_pods.json").read_bytes())["items"]
    return next(pod for pod in pods if pod["metadata"]["name"].startswith("webapp-"))


def as_recorded(pod: dict[str, Any], real: dict[str, Any]) -> dict[str, Any]:
    """A generated pod in the words of a recorded one. Its own stay its identity, node, image and environment, and what differs between any
    two pods: addresses, times, the ids of its containers."""
    own, spec, status = pod["metadata"], real["spec"], real["status"]
    number = int(own["uid"].rpartition("-")[2])
    times = [
        f"2026-01-{1 + number // 86_400 % 28:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{(number + later) % 60:02}Z"
        for later in (0, 2)
    ]
    metadata = {
        **real["metadata"], **{key: own[key] for key in ("name", "namespace", "uid", "ownerReferences")},
        "creationTimestamp": times[0], "resourceVersion": str(1000 + number),
    }  # fmt: skip
    mine = pod["spec"]["containers"][0]
    container = {**spec["containers"][0], "image": mine["image"], "env": [*spec["containers"][0]["env"], *mine["env"]]}
    address = pod["status"]["podIP"]
    seen = {
        **status["containerStatuses"][0], "image": mine["image"], "containerID": f"docker://{number:064x}",
        "state": {"running": {"startedAt": times[1]}},
    }  # fmt: skip
    conditions = [
        {**condition, "lastTransitionTime": times[condition["type"].endswith("Ready")]}
        for condition in status["conditions"]
    ]
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": {**spec, "nodeName": pod["spec"]["nodeName"], "containers": [container]},
        "status": {
            **status, "podIP": address, "podIPs": [{"ip": address}], "startTime": times[0], "conditions": conditions,
            "containerStatuses": [seen],
        },
    }  # fmt: skip


def _owner(version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "name": name, "uid": "x", "controller": True}


def write_snapshot(size: Size, path: Path, *, changed: Collection[int] = (), later: bool = False) -> None:
    """The snapshot of a cluster; the images of the ``changed`` workloads are others. ``later`` is another day of it."""
    redactor = Redactor()
    records: list[Record] = []
    names = {f"app-{number}" for number in changed}
    for item in objects(size, later=later):
        if item["kind"] == "Deployment" and item["metadata"]["name"] in names:
            item["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/changed:2"
        records.append(object_record(redactor.kubernetes(item)))
    counts = Counter(f"{record.group}/{record.kind}" for record in records)
    kinds = sorted(counts)
    scopes = tuple(
        Scope(
            f"{kind.lower()}s",
            "list",
            f"/{kind}",
            200,
            Result.COMPLETE,
            count=counts[kind],
            kind=kind,
        )
        for kind in kinds
    )
    parts = HeaderParts(
        {"name": "bench", "uid": "u"}, (Capture("kubernetes", None, TIME, {"server": "v1.20.9"}, scopes),)
    )
    write(path, parts, [sorted(records, key=lambda record: record.id.encode())])


def write_days(size: Size, old: Path, new: Path, changed: int) -> None:
    """Two days of a cluster: on the second one every pod was made anew, and so many Deployments have another image."""
    write_snapshot(size, old)
    write_snapshot(size, new, changed=range(0, size.workloads, size.workloads // changed), later=True)


if __name__ == "__main__":
    # In a process of its own: what a process holds counts into the peak of those that it starts.
    write_days(Size(*map(int, sys.argv[1:4])), Path(sys.argv[5]), Path(sys.argv[6]), int(sys.argv[4]))
