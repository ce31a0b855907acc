"""A small cluster in memory, edits that somebody could make in it, and churn that nobody decided."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.record import Capture, Header, Record, Scope
from rkedoc.vocabulary import Result

Json = dict[str, Any]
_KINDS = {
    "Namespace": "v1", "ConfigMap": "v1", "Service": "v1", "ServiceAccount": "v1", "Secret": "v1", "Node": "v1", "Pod": "v1",
    "PersistentVolumeClaim": "v1", "ResourceQuota": "v1", "Deployment": "apps/v1", "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1", "ReplicaSet": "apps/v1", "CronJob": "batch/v1", "Job": "batch/v1", "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1", "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1", "HorizontalPodAutoscaler": "autoscaling/v1",
    "PodDisruptionBudget": "policy/v1", "CustomResourceDefinition": "apiextensions.k8s.io/v1", "PersistentVolume": "v1",
    "LimitRange": "v1", "ClusterRole": "rbac.authorization.k8s.io/v1", "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "StorageClass": "storage.k8s.io/v1", "PriorityClass": "scheduling.k8s.io/v1", "Thing": "example.com/v1",
    "ValidatingWebhookConfiguration": "admissionregistration.k8s.io/v1", "IPPool": "crd.projectcalico.org/v1",
    "IngressClass": "networking.k8s.io/v1", "PodSecurityPolicy": "policy/v1beta1",
}  # fmt: skip


def obj(kind: str, name: str, namespace: str | None = "shop", **more: Any) -> Json:
    """An API object."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("metadata", {})}
    return {"apiVersion": _KINDS[kind], "kind": kind, "metadata": metadata, **more}


def pod_spec() -> Json:
    """The specification of pods with something in every field that is compared in a way of its own."""
    return {
        "containers": [
            {
                "name": "web", "image": "registry.example.com/shop/web:1.4.0", "command": ["/web"],
                "args": ["--port=8080", "--log-level=info", "--feature=a"],
                "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "REGION", "value": "north"}],
                "ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 9090, "name": "metrics"}],
                "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "250m"}},
                "volumeMounts": [{"name": "config", "mountPath": "/etc/web"}, {"name": "data", "mountPath": "/data"}],
                "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}, "initialDelaySeconds": 5},
            },
            {"name": "sidecar", "image": "registry.example.com/shop/proxy:2.0", "args": ["serve", "now"]},
        ],
        "initContainers": [{"name": "migrate", "image": "shop/migrate:1"}, {"name": "warm", "image": "shop/warm:1"}],
        "volumes": [{"name": "config", "configMap": {"name": "web"}}, {"name": "data", "emptyDir": {}}],
        "tolerations": [{"key": "gpu", "operator": "Exists"}, {"key": "spot", "operator": "Exists"}],
        "serviceAccountName": "web",
    }  # fmt: skip


def workload(kind: str, name: str, namespace: str = "shop", **spec: Any) -> Json:
    """A controller of pods."""
    template = {"metadata": {"labels": {"app": name}}, "spec": pod_spec()}
    if kind == "CronJob":
        template["spec"]["restartPolicy"] = "OnFailure"
        return obj(
            kind, name, namespace, spec={"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": template}}}
        )
    return obj(kind, name, namespace, spec={"selector": {"matchLabels": {"app": name}}, "template": template, **spec})


def objects() -> list[Json]:
    """The cluster."""
    web = workload("Deployment", "web", replicas=3)
    return [
        obj("Namespace", "shop", None, metadata={"labels": {"team": "shop"}}),
        obj("Node", "node-a", None, metadata={"labels": {"disk": "ssd"}}, spec={"taints": [{"key": "dedicated", "effect": "NoSchedule"}]},
            status={"nodeInfo": {"kubeletVersion": "v1.20.9", "osImage": "Linux 5"}}),
        web,
        workload("StatefulSet", "db", replicas=2, serviceName="db"),
        workload("DaemonSet", "agent"),
        workload("CronJob", "report"),
        obj("ConfigMap", "coredns", "kube-system", data={"Corefile": "a {\n  b\n}\n"}),
        obj("Service", "web", spec={"ports": [{"port": 80, "targetPort": 8080}, {"port": 443, "targetPort": 8443}],
                                    "selector": {"app": "web"}}),
        obj("ServiceAccount", "web"),
        obj("Ingress", "web", spec={"rules": [{"host": host, "http": {"paths": [
            {"path": path, "backend": {"service": {"name": "web", "port": {"number": 80}}}} for path in ("/", "/api")]}}
            for host in ("shop.example.com", "www.example.com")], "tls": [{"hosts": ["shop.example.com"], "secretName": "tls"}]}),
        obj("NetworkPolicy", "web", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [
            {"from": [{"podSelector": {"matchLabels": {"app": "a"}}}, {"podSelector": {"matchLabels": {"app": "b"}}}]}]}),
        obj("Role", "web", rules=[{"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": ["get", "list"]},
                                  {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}]),
        obj("RoleBinding", "web", roleRef={"kind": "Role", "name": "web", "apiGroup": "rbac.authorization.k8s.io"},
            subjects=[{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}, {"kind": "User", "name": "system:kube-proxy"}]),
        obj("HorizontalPodAutoscaler", "db", spec={"minReplicas": 2, "maxReplicas": 5, "scaleTargetRef": {"kind": "StatefulSet", "name": "db"}}),
        obj("PodDisruptionBudget", "web", spec={"minAvailable": 1}),
        obj("PersistentVolumeClaim", "data", spec={"resources": {"requests": {"storage": "10Gi"}}, "accessModes": ["ReadWriteOnce"]}),
        obj("CustomResourceDefinition", "things.example.com", None, spec={"group": "example.com", "names": {"kind": "Thing"},
            "versions": [{"name": "v1", "served": True}, {"name": "v1beta1", "served": True}]}),
        workload("Job", "import", backoffLimit=3),
        obj("Pod", "kube-scheduler-node-a", "kube-system", metadata={"annotations": {"kubernetes.io/config.source": "file"}},
            spec={"containers": [{"name": "kube-scheduler", "image": "k8s/scheduler:1.20", "command": ["kube-scheduler", "--leader-elect=true"]}]}),
        obj("ClusterRole", "reader", None, rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]),
        obj("ClusterRoleBinding", "reader", None, roleRef={"kind": "ClusterRole", "name": "reader"}, subjects=[{"kind": "Group", "name": "system:masters"}]),
        obj("ResourceQuota", "shop", spec={"hard": {"pods": "20", "requests.cpu": "4"}}),
        obj("LimitRange", "shop", spec={"limits": [{"type": "Container", "default": {"memory": "256Mi"}}]}),
        obj("PersistentVolume", "disk", None, spec={"capacity": {"storage": "10Gi"}, "hostPath": {"path": "/disk"}, "accessModes": ["ReadWriteOnce"]}),
        obj("StorageClass", "fast", None, provisioner="example.com/disk", parameters={"type": "ssd"}),
        obj("PriorityClass", "high", None, value=1000),
        obj("IngressClass", "inner", None, spec={"controller": "example.com/ingress"}),
        obj("PodSecurityPolicy", "strict", None, spec={"privileged": False, "volumes": ["configMap"]}),
        obj("ValidatingWebhookConfiguration", "guard", None, webhooks=[{"name": "guard.example.com", "failurePolicy": "Fail",
            "clientConfig": {"service": {"name": "guard", "namespace": "shop"}, "caBundle": "QQ=="},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}]),
        obj("IPPool", "default", None, spec={"cidr": "10.42.0.0/16", "ipipMode": "Never"}),
        obj("Thing", "one", spec={"size": 3, "parts": [{"name": "a"}, {"name": "b"}]}),
    ]  # fmt: skip


def engine_container() -> Record:
    """A container that RKE made outside pods."""
    intent = {
        "image": "rancher/hyperkube:v1.20.9", "entrypoint": ["/opt/rke-tools/entrypoint.sh", "kubelet", "--v=2", "--max-pods=110"],
        "args": [], "env": [{"name": "PATH", "value": "/bin"}, {"name": "RKE", "value": "1"}],
        "labels": {"io.rancher.rke.container.name": "kubelet"}, "privileged": True, "networkMode": "host",
        "mounts": [{"type": "bind", "source": "/etc", "destination": "/etc"}, {"type": "bind", "source": "/var", "destination": "/var"}],
        "capAdd": ["A", "B"], "ports": [{"containerPort": 10250}],
    }  # fmt: skip
    return Record(
        "engine/EngineContainer/node-a/kubelet",
        "EngineContainer",
        None,
        intent,
        {"state": "running", "inspected": True},
    )


def header(
    *, cluster: str = "demo", key: str | None = None, without: Iterable[str] = (), results: dict[str, str] | None = None
) -> Header:
    """A header of a snapshot that asked for everything, but for the kinds in ``without``."""
    kinds = {f"{api.partition('/')[0] if '/' in api else 'core'}/{kind}" for kind, api in _KINDS.items()}
    ends = results or {}
    scopes = tuple(
        Scope(kind, "list", "/", 200, Result(ends.get(kind, "complete")), kind=kind)
        for kind in sorted(kinds - set(without))
    )
    engine = (Scope("engine/containers", "list", "/", 200, Result.COMPLETE, kind="engine/EngineContainer"),)
    captures = (
        Capture("engine", "node-a", "2026-11-23T05:37:40Z", {}, engine),
        Capture("kubernetes", None, "2026-11-23T05:37:40Z", {}, scopes),
    )
    return Header(
        {"name": cluster, "uid": cluster}, captures, {"rules": {}, "key": key, "masked": []}, 0, "0" * 64, "0" * 64
    )


def records(found: Iterable[Json], *extra: Record) -> list[Record]:
    """The records of API objects, and others, as a snapshot holds them."""
    made = [object_record(item, autoscaled=item["metadata"]["name"] == "db") for item in found]
    return sorted([*made, *extra], key=lambda record: record.id.encode())


def churned(found: list[Json], chance: random.Random) -> list[Json]:
    """The same intent as another day's answers say it."""
    result = [_stirred(copy.deepcopy(item), chance) for item in found]
    for item in result:
        metadata = item["metadata"]
        metadata |= {
            "uid": f"{chance.getrandbits(64):x}", "resourceVersion": str(chance.randrange(10**6)),
            "creationTimestamp": f"2026-11-{chance.randrange(10, 28)}T05:00:00Z", "generation": chance.randrange(99),
            "managedFields": [{"time": chance.random()}],
        }  # fmt: skip
        item["status"] = {**item.get("status", {}), "observedGeneration": chance.randrange(99)}
        if item["kind"] == "StatefulSet":
            item["spec"]["replicas"] = chance.randrange(2, 6)
        if item["kind"] == "Service" and item["spec"].get("clusterIP") != "None":
            item["spec"]["clusterIP"] = f"10.43.0.{chance.randrange(255)}"
        if item["kind"] == "Deployment" and chance.random() < 0.5:
            item["spec"] |= {"revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}
            metadata.setdefault("annotations", {})["deployment.kubernetes.io/revision"] = str(chance.randrange(9))
    result += [_pod(chance) for _ in range(chance.randrange(4))]
    result.append(obj("ConfigMap", "kube-root-ca.crt", data={"ca.crt": f"{chance.random()}"}))
    return result


def _pod(chance: random.Random) -> Json:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d8f", "controller": True, "uid": "1"}
    suffix = "".join(chance.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
    return obj("Pod", f"web-5d8f-{suffix}", metadata={"ownerReferences": [owner]}, spec=pod_spec())


_NO_ORDER = {
    "containers", "env", "ports", "volumes", "volumeMounts", "tolerations", "rules", "subjects", "versions", "verbs", "resources",
    "paths", "from", "policyTypes", "taints", "accessModes", "hosts",
}  # fmt: skip


def _stirred(value: Any, chance: random.Random, key: str = "") -> Any:
    """The value with keys and lists in another order, and with defaults filled in or not."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        result = {name: _stirred(value[name], chance, name) for name in keys}
        if "image" in result and chance.random() < 0.5:
            result = {"terminationMessagePath": "/dev/termination-log", "securityContext": {}, **result}
        if "containerPort" in result and chance.random() < 0.5:
            result["protocol"] = "TCP"
        if "containers" in result and chance.random() < 0.5:
            result |= {"dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler", "securityContext": {}}
            result["serviceAccount"] = result.get("serviceAccountName", "")
        if result.get("memory") == "512Mi" and chance.random() < 0.5:
            result["memory"] = str(512 * 2**20)
        if result.get("cpu") == "250m" and chance.random() < 0.5:
            result["cpu"] = "0.25"
        return result
    if isinstance(value, list):
        items = [_stirred(item, chance) for item in value]
        if key in _NO_ORDER or (key == "args" and all(str(item).startswith("-") for item in items)):
            chance.shuffle(items)
        return items
    return value


def churned_engine(record: Record, chance: random.Random) -> Record:
    """A container made anew by RKE."""
    intent = copy.deepcopy(dict(record.intent))
    words = intent["entrypoint"][2:]
    chance.shuffle(words)
    intent["entrypoint"] = [*intent["entrypoint"][:2], *words]
    for name in ("env", "mounts", "capAdd"):
        chance.shuffle(intent[name])
    return replace(
        record,
        intent=intent,
        observed={"state": "running", "inspected": True, "startedAt": str(chance.random())},
        _cache={},
    )


def find(found: list[Json], kind: str) -> Json:
    """The first object of a kind."""
    return next(item for item in found if item["kind"] == kind)


Edit = tuple[str, Callable[[Json], object], str]


def _spec(item: Json) -> Json:
    spec: Json = item["spec"]
    template: Json = spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]
    return template["spec"]  # type: ignore[no-any-return]


def _container(item: Json, name: str = "web") -> Json:
    return next(each for each in _spec(item)["containers"] if each["name"] == name)


def _named(items: list[Json], key: str, value: Any) -> Json:
    return next(each for each in items if each[key] == value)


_POD_EDITS: list[tuple[Callable[[Json], object], str]] = [
    (lambda o: _container(o).update(image="registry.example.com/shop/web:1.5.0"), "containers[web].image"),
    (lambda o: _container(o)["args"].__setitem__(0, "--added=1"), "containers[web].args[--…]"),
    (lambda o: _container(o, "sidecar").update(args=["now", "serve"]), "containers[sidecar].args"),
    (lambda o: _container(o)["env"].append({"name": "NEW", "value": "1"}), "containers[web].env[NEW]"),
    (lambda o: _named(_container(o)["env"], "name", "REGION").update(value="south"), "containers[web].env[REGION].value"),
    (lambda o: _container(o)["ports"].append({"containerPort": 8081}), "containers[web].ports[8081]"),
    (lambda o: _named(_container(o)["volumeMounts"], "name", "data").update(readOnly=True), "containers[web].volumeMounts[/data].readOnly"),
    (lambda o: _container(o)["livenessProbe"].update(initialDelaySeconds=50), "containers[web].livenessProbe.initialDelaySeconds"),
    (lambda o: _container(o)["resources"]["limits"].update(memory="1Gi"), "containers[web].resources.limits.memory"),
    (lambda o: _container(o).update(securityContext={"privileged": True}), "containers[web].securityContext"),
    (lambda o: _spec(o)["initContainers"].reverse(), "initContainers[order]"),
    (lambda o: _spec(o)["volumes"].append({"name": "more", "emptyDir": {}}), "volumes[more]"),
    (lambda o: _spec(o)["tolerations"].append({"key": "new"}), 'tolerations[{"key":"new"}]'),
    (lambda o: _spec(o).update(serviceAccountName="other"), "serviceAccountName"),
    (lambda o: _spec(o).update(hostNetwork=True), "hostNetwork"),
]  # fmt: skip

EDITS: list[Edit] = [
    *((kind, edit, where) for kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob") for edit, where in _POD_EDITS),
    ("Deployment", lambda o: o["spec"].update(replicas=7), "spec.replicas"),
    ("Deployment", lambda o: o["spec"].update(strategy={"type": "Recreate"}), "spec.strategy"),
    ("CronJob", lambda o: o["spec"].update(schedule="0 4 * * *"), "spec.schedule"),
    ("Namespace", lambda o: o["metadata"]["labels"].update(team="other"), "metadata.labels.team"),
    ("Node", lambda o: o["metadata"]["labels"].update(disk="hdd"), "metadata.labels.disk"),
    ("Node", lambda o: o["spec"].update(unschedulable=True), "spec.unschedulable"),
    ("Node", lambda o: o["spec"]["taints"].append({"key": "x", "effect": "NoExecute"}), "spec.taints[x/NoExecute]"),
    ("Node", lambda o: o["status"]["nodeInfo"].update(kubeletVersion="v1.21.1"), "status.nodeInfo.kubeletVersion"),
    ("ConfigMap", lambda o: o["data"].update(Corefile="a {\n  c\n}\n"), "data.Corefile"),
    ("ConfigMap", lambda o: o["metadata"].update(labels={"team": "shop"}), "metadata"),
    ("Service", lambda o: _named(o["spec"]["ports"], "port", 80).update(targetPort=81), "spec.ports[80].targetPort"),
    ("Service", lambda o: o["spec"].update(type="LoadBalancer"), "spec.type"),
    ("Service", lambda o: o["spec"].update(clusterIP="None"), "spec.clusterIP"),
    ("ServiceAccount", lambda o: o.update(automountServiceAccountToken=False), "automountServiceAccountToken"),
    ("Ingress", lambda o: o["spec"]["rules"].append({"host": "new.example.com"}), "spec.rules[new.example.com]"),
    ("Ingress", lambda o: _named(o["spec"]["rules"], "host", "shop.example.com")["http"]["paths"].pop(), "spec.rules[shop.example.com].http.paths"),
    ("NetworkPolicy", lambda o: o["spec"].update(podSelector={"matchLabels": {"a": "b"}}), "spec.podSelector"),
    ("Role", lambda o: o["rules"].append({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}), "rules["),
    ("RoleBinding", lambda o: o["subjects"].append({"kind": "Group", "name": "system:authenticated"}), "subjects["),
    ("HorizontalPodAutoscaler", lambda o: o["spec"].update(maxReplicas=9), "spec.maxReplicas"),
    ("PodDisruptionBudget", lambda o: o["spec"].update(minAvailable=2), "spec.minAvailable"),
    ("PersistentVolumeClaim", lambda o: o["spec"]["resources"]["requests"].update(storage="20Gi"), "spec.resources.requests.storage"),
    ("CustomResourceDefinition", lambda o: _named(o["spec"]["versions"], "name", "v1beta1").update(served=False), "spec.versions[v1beta1].served"),
    ("HorizontalPodAutoscaler", lambda o: o["spec"].update(minReplicas=1), "spec.minReplicas"),
    ("Deployment", lambda o: _container(o)["env"].remove(_named(_container(o)["env"], "name", "REGION")), "containers[web].env[REGION]"),
    ("Deployment", lambda o: _container(o)["env"].append({"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}), "containers[web].env[FROM]"),
    ("Deployment", lambda o: _container(o).update(readinessProbe={"tcpSocket": {"port": 1}}), "containers[web].readinessProbe"),
    ("Deployment", lambda o: _spec(o)["containers"].append({"name": "third", "image": "shop/third:1"}), "containers[third]"),
    ("Deployment", lambda o: _spec(o)["containers"].remove(_container(o, "sidecar")), "containers[sidecar]"),
    ("Deployment", lambda o: _spec(o).update(nodeSelector={"disk": "ssd"}), "nodeSelector"),
    ("Deployment", lambda o: _spec(o).update(imagePullSecrets=[{"name": "pull"}]), "imagePullSecrets"),
    ("Deployment", lambda o: o["metadata"].update(annotations={"example.com/owner": "team-shop"}), "metadata"),
    ("DaemonSet", lambda o: o["spec"].update(updateStrategy={"type": "OnDelete"}), "spec.updateStrategy"),
    ("CronJob", lambda o: o["spec"].update(suspend=True), "spec.suspend"),
    ("Job", lambda o: o["spec"].update(backoffLimit=1), "spec.backoffLimit"),
    ("Job", lambda o: _container(o).update(image="registry.example.com/shop/web:2"), "containers[web].image"),
    ("Pod", lambda o: o["spec"]["containers"][0]["command"].append("--profiling=false"), "containers[kube-scheduler].command[--profiling]"),
    ("ClusterRole", lambda o: o["rules"][0]["verbs"].append("delete"), "rules["),
    ("ClusterRoleBinding", lambda o: o["subjects"].pop(), "subjects"),
    ("ClusterRoleBinding", lambda o: o["roleRef"].update(name="cluster-admin"), "roleRef.name"),
    ("ResourceQuota", lambda o: o["spec"]["hard"].update(pods="30"), "spec.hard.pods"),
    ("LimitRange", lambda o: o["spec"]["limits"][0]["default"].update(memory="1Gi"), "spec.limits"),
    ("PersistentVolume", lambda o: o["spec"]["hostPath"].update(path="/other"), "spec.hostPath.path"),
    ("StorageClass", lambda o: o["parameters"].update(type="hdd"), "parameters.type"),
    ("PriorityClass", lambda o: o.update(value=2000), "value"),
    ("IngressClass", lambda o: o["spec"].update(controller="example.com/other"), "spec.controller"),
    ("PodSecurityPolicy", lambda o: o["spec"].update(privileged=True), "spec.privileged"),
    ("ValidatingWebhookConfiguration", lambda o: o["webhooks"][0].update(failurePolicy="Ignore"), "webhooks[guard.example.com].failurePolicy"),
    ("ValidatingWebhookConfiguration", lambda o: o["webhooks"][0]["rules"][0]["operations"].append("DELETE"), "webhooks[guard.example.com].rules"),
    ("IPPool", lambda o: o["spec"].update(cidr="10.44.0.0/16"), "spec.cidr"),
    ("IPPool", lambda o: o["spec"].update(ipipMode="Always"), "spec.ipipMode"),
    ("Thing", lambda o: o["spec"].update(size=4), "spec.size"),
    ("Ingress", lambda o: o["spec"].update(ingressClassName="inner"), "spec.ingressClassName"),
    ("Ingress", lambda o: o["spec"].pop("tls"), "spec.tls"),
    ("Service", lambda o: o["spec"]["selector"].update(app="other"), "spec.selector.app"),
    ("Service", lambda o: _named(o["spec"]["ports"], "port", 80).update(protocol="UDP"), "spec.ports["),
    ("NetworkPolicy", lambda o: o["spec"].update(policyTypes=["Ingress"]), "spec.policyTypes"),
]  # fmt: skip

ENGINE_EDITS: list[tuple[Callable[[Json], object], str]] = [
    (lambda i: i.update(image="rancher/hyperkube:v1.21.1"), "image"),
    (lambda i: i["entrypoint"].__setitem__(2, "--v=4"), "entrypoint[--v]"),
    (lambda i: i["entrypoint"].append("--feature-gates=A=true"), "entrypoint[--feature-gates]"),
    (lambda i: i["env"].append({"name": "NEW", "value": "1"}), "env[NEW]"),
    (lambda i: i["env"][1].update(value="2"), "env[RKE].value"),
    (lambda i: i["mounts"].append({"type": "bind", "source": "/run", "destination": "/run"}), "mounts[/run]"),
    (lambda i: i["mounts"][0].update(source="/other"), "mounts[/etc].source"),
    (lambda i: i.update(privileged=False), "privileged"),
    (lambda i: i.update(networkMode="bridge"), "networkMode"),
    (lambda i: i["capAdd"].append("C"), "capAdd[C]"),
    (lambda i: i["ports"].append({"containerPort": 1, "hostPort": 2}), "ports[1/2]"),
]
"""Edits of the intent of :func:`engine_container`, and where they show."""
