"""The objects of the API that the RKE2 demo shows, composed: the recorded pods, and what an API server has beside them.

The recording holds what a container runtime answered, and pods that were made from these answers. Here they get the workloads that they
belong to, and the cluster gets what RKE2 and Rancher put into it (``tests/data/demo-rke2``). Nothing here was ever answered by an API
server; the demo says so on each of its pages.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.archives import DATA

Object = dict[str, Any]

SOURCES = DATA / "demo-rke2"
MADE = "2026-11-20T07:12:41Z"
"""When the cluster was set up: the time at which the kubelet saw its pods, as the recorded annotations say."""
LEFT_OUT = frozenset({"odd-names"})
"""Namespaces of the recording that are there to test odd names, and that no cluster of RKE2 has."""
_OF_A_WORKLOAD = (
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
)
"""Labels that a workload adds to its pods."""
_SCOPE = uuid.UUID("6d0e9d1e-35cf-4c1d-8d2b-5d7f3c3c7a10")


def uid_of(kind: str, namespace: str, name: str) -> str:
    """The same uid for the same object each time the demo is made."""
    return str(uuid.uuid5(_SCOPE, f"{kind}/{namespace}/{name}"))


def write_objects(recording: Path, folder: Path) -> list[str]:
    """Write the objects as ``kubectl get -o json`` would, one file a kind, and give the names of the kinds."""
    names = _yaml("names.yaml")
    lists: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for found in objects(recording):
        lists[found["apiVersion"], found["kind"]].append(found)
    folder.mkdir()
    for (version, kind), items in lists.items():
        items.sort(key=lambda one: (one["metadata"].get("namespace", ""), one["metadata"]["name"]))
        content = {
            "apiVersion": version,
            "kind": f"{kind}List",
            "metadata": {"resourceVersion": "4711"},
            "items": items,
        }
        (folder / f"{kind.lower()}.{version.replace('/', '_')}.json").write_text(json.dumps(content), encoding="utf-8")
    for version, kind in names["empty"]:
        assert (version, kind) not in lists
        content = {"apiVersion": version, "kind": f"{kind}List", "metadata": {"resourceVersion": "4711"}, "items": []}
        (folder / f"{kind.lower()}.{version.replace('/', '_')}.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "version.json").write_text(
        json.dumps({"serverVersion": {"major": "1", "minor": "27", "gitVersion": "v1.27.12+rke2r1"}}), encoding="utf-8"
    )
    return sorted({kind for _version, kind in (*lists, *names["empty"])})


def objects(recording: Path) -> Iterator[Object]:
    """Every object of the cluster, each with an identity and an age."""
    pods = [
        pod
        for pod in json.loads((recording / "k8s" / "pods.json").read_text(encoding="utf-8"))["items"]
        if pod["metadata"]["namespace"] not in LEFT_OUT
    ]
    names = _yaml("names.yaml")
    for found in (
        *(one for one in yaml.safe_load_all((SOURCES / "objects.yaml").read_text(encoding="utf-8")) if one),
        *_workloads(pods),
        *_charts(names["charts"]),
        *(_definition(*row) for row in names["crds"]),
        *(_secret(*row) for row in names["secrets"]),
    ):
        metadata = found["metadata"]
        metadata.setdefault("uid", uid_of(found["kind"], metadata.get("namespace", ""), metadata["name"]))
        metadata.setdefault("creationTimestamp", MADE)
        yield found


def _yaml(name: str) -> Any:
    return yaml.safe_load((SOURCES / name).read_text(encoding="utf-8"))


def _workloads(pods: list[Object]) -> Iterator[Object]:
    """The pods with their owners: those that the node runs by itself belong to it, all others to a workload."""
    by_name = {pod["metadata"]["name"]: pod for pod in pods}
    for told in _yaml("workloads.yaml"):
        yield from _workload(told, by_name.pop(told["pod"]))
    for pod in by_name.values():
        owner = pod["metadata"]["ownerReferences"][0]
        assert owner["kind"] == "Node", f"{pod['metadata']['name']} has no workload in workloads.yaml"
        owner["uid"] = uid_of("Node", "", owner["name"])
        pod["spec"] |= {
            "priorityClassName": "system-node-critical",
            "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
        }
        _settled(pod, "")
        yield pod


def _workload(told: Object, pod: Object) -> Iterator[Object]:
    kind, namespace, name = told["kind"], told["namespace"], told["name"]
    host = told["template"].get("hostNetwork", False)
    pod["spec"] = _merged(pod["spec"], told["template"], told.get("containers", {})) | {"hostNetwork": host}
    labels = {key: value for key, value in pod["metadata"]["labels"].items() if key not in _OF_A_WORKLOAD}
    selector = told.get("selector", labels)
    template = {
        "metadata": {"labels": labels},
        "spec": {key: value for key, value in pod["spec"].items() if key != "nodeName"},
    }
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": uid_of(kind, namespace, name),
        **copy.deepcopy(told.get("metadata", {})),
    }
    if "release" in told:
        metadata["labels"] = metadata.get("labels", {}) | _of_helm(told["release"], told.get("chart", ""))
        metadata["annotations"] = metadata.get("annotations", {}) | {
            "meta.helm.sh/release-name": told["release"],
            "meta.helm.sh/release-namespace": namespace,
        }
    if "owner" in told:
        metadata["ownerReferences"] = [
            told["owner"] | {"uid": uid_of(told["owner"]["kind"], namespace, told["owner"]["name"]), "controller": True}
        ]
    ready = int(all(one["ready"] for one in pod["status"]["containerStatuses"]))
    workload: Object = {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"selector": {"matchLabels": selector}, "template": template, **told.get("spec", {})},
        "status": told.get("status") or _status(kind, ready),
    }
    if kind in ("Deployment", "StatefulSet"):
        workload["spec"]["replicas"] = 1
    yield workload
    direct = workload
    if kind == "Deployment":
        metadata["annotations"] = metadata.get("annotations", {}) | {"deployment.kubernetes.io/revision": "1"}
        direct = _replica_set(workload, pod["metadata"]["labels"]["pod-template-hash"])
        yield direct
    pod["metadata"]["ownerReferences"] = [_reference(direct)]
    _settled(pod, "" if host else told.get("address", ""), told.get("made", MADE))
    yield pod


def _replica_set(deployment: Object, digest: str) -> Object:
    """The ReplicaSet of a Deployment that was never changed."""
    namespace, name = deployment["metadata"]["namespace"], f"{deployment['metadata']['name']}-{digest}"
    content = copy.deepcopy(deployment)
    template = content["spec"]["template"]
    template["metadata"]["labels"]["pod-template-hash"] = digest
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name, "namespace": namespace, "uid": uid_of("ReplicaSet", namespace, name), "labels": template["metadata"]["labels"],
            "annotations": {"deployment.kubernetes.io/revision": "1"}, "ownerReferences": [_reference(deployment)],
        },
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": content["spec"]["selector"]["matchLabels"] | {"pod-template-hash": digest}},
            "template": template,
        },
        "status": {key: content["status"][key] for key in ("replicas", "readyReplicas", "availableReplicas")},
    }  # fmt: skip


def _reference(owner: Object) -> Object:
    metadata = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }


def _status(kind: str, ready: int) -> Object:
    """What a controller says of a workload with one pod."""
    if kind == "DaemonSet":
        counts = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled")
        return dict.fromkeys(counts, 1) | {
            "numberReady": ready,
            "numberAvailable": ready,
            "numberUnavailable": 1 - ready,
            "numberMisscheduled": 0,
        }
    found = {
        "replicas": 1,
        "updatedReplicas": 1,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "observedGeneration": 1,
    }
    if kind == "Deployment":
        found |= {"unavailableReplicas": 1 - ready}
        found["conditions"] = [{"type": "Available", "status": "True" if ready else "False"}]
    return found


def _settled(pod: Object, address: str, made: str = MADE) -> None:
    """The age and the addresses of a pod, and what the kubelet says of its state."""
    pod["metadata"]["creationTimestamp"] = made
    status = pod["status"]
    over = status["phase"] == "Succeeded"
    statuses = status.get("containerStatuses", [])
    ready = not over and all(one["ready"] for one in statuses)
    status["startTime"] = made
    if address:
        status["podIP"] = address
    status["podIPs"] = [{"ip": status["podIP"]}]
    conditions = (("Initialized", True), ("Ready", ready), ("ContainersReady", ready), ("PodScheduled", True))
    status["conditions"] = [
        {"type": name, "status": str(value), "lastTransitionTime": "2026-11-26T16:44:30Z"} for name, value in conditions
    ]


def _merged(spec: Object, more: Mapping[str, Any], containers: Mapping[str, Object]) -> Object:
    found = spec | copy.deepcopy(dict(more))
    for key in ("initContainers", "containers"):
        if key in found:
            found[key] = [one | copy.deepcopy(containers.get(one["name"], {})) for one in found[key]]
    return found


def _of_helm(release: str, chart: str) -> Object:
    found = {"app.kubernetes.io/instance": release, "app.kubernetes.io/managed-by": "Helm"}
    return found | {"helm.sh/chart": chart} if chart else found


def _charts(charts: Iterable[Mapping[str, Any]]) -> Iterator[Object]:
    """The charts that RKE2 installs: the file on the node, the chart, the job that installed it, and Helm's record of it."""
    for chart in charts:
        name, space = chart["name"], "kube-system"
        yield {
            "apiVersion": "k3s.cattle.io/v1", "kind": "Addon", "metadata": {"name": name, "namespace": space},
            "spec": {"source": f"/var/lib/rancher/rke2/server/manifests/{name}.yaml", "checksum": uid_of("checksum", "", name).replace("-", "")},
        }  # fmt: skip
        made = {
            "apiVersion": "helm.cattle.io/v1",
            "kind": "HelmChart",
            "metadata": {
                "name": name, "namespace": space, "uid": uid_of("HelmChart", space, name),
                "annotations": {
                    "helm.cattle.io/chart-url": f"https://rke2-charts.rancher.io/assets/{name.removesuffix('-crd')}/{name}-{chart['version']}.tgz",
                    "objectset.rio.cattle.io/owner-gvk": "k3s.cattle.io/v1, Kind=Addon", "objectset.rio.cattle.io/owner-name": name,
                },
            },
            "spec": {"bootstrap": chart["bootstrap"], "set": {"global.clusterCIDR": "10.42.0.0/16", "global.serviceCIDR": "10.43.0.0/16"}},
            "status": {"jobName": f"helm-install-{name}"},
        }  # fmt: skip
        yield made
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "helm.sh/release.v1",
            "metadata": {
                "name": f"sh.helm.release.v1.{name}.v1",
                "namespace": space,
                "labels": {"name": name, "owner": "helm", "status": "deployed", "version": "1"},
            },
            "data": {},
        }
        if name == "rke2-canal":  # its job is the one whose pod is in the recording
            continue
        yield {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": f"helm-install-{name}", "namespace": space, "labels": {"helmcharts.helm.cattle.io/chart": name},
                "ownerReferences": [_reference(made)],
            },
            "spec": {
                "backoffLimit": 1000, "completions": 1, "parallelism": 1,
                "template": {
                    "metadata": {"labels": {"helmcharts.helm.cattle.io/chart": name}},
                    "spec": {
                        "serviceAccountName": f"helm-{name}", "restartPolicy": "OnFailure",
                        "containers": [{"name": "helm", "image": "rancher/klipper-helm:v0.8.3-build20240228", "args": ["install"]}],
                    },
                },
            },
            "status": {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}], "startTime": MADE, "completionTime": "2026-11-20T07:13:08Z"},
        }  # fmt: skip


def _definition(group: str, plural: str, kind: str, scope: str, version: str) -> Object:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group, "scope": scope, "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [{"name": version, "served": True, "storage": True}],
        },
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    }  # fmt: skip


def _secret(namespace: str, name: str, kind: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": kind,
        "metadata": {"name": name, "namespace": namespace},
        "data": {},
    }
