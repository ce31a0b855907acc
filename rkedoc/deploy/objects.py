"""The objects, in two parts that have nothing in common but what they are for.

What reads the API has an account and no piece of a node; what reads the nodes has pieces of them and no account. So each has a
namespace: who may start pods in a namespace may use its accounts, and the level of Pod Security is a namespace's.

In both an init container collects, and the pod then holds what came of it until somebody has fetched it. The container that holds it
has the file and nothing else: no socket, no folder of the node, no token. What writes into a store holds nothing, and ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from rkedoc.deploy.distributions import is_docker
from rkedoc.deploy.request import Request, proxy_port
from rkedoc.deploy.rights import Rights
from rkedoc.deploy.setting import Setting

Object = dict[str, Any]
"""An object as Kubernetes has it, with settings at some places."""

COLLECT, HOLD = "collect", "hold"
"""The containers of each pod."""

SNAPSHOT = "/result/snapshot.ndjson.zst"
"""The file that each pod holds."""

_HOST = "/host"
_TMP = "/tmp"  # noqa: S108 - the pod's own, which nobody else writes to
_CA = "/ca"
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where client libraries look for a pod's account (client-go, rest/config.go)."""
_DAY = 24 * 60 * 60
_LONGEST = 6 * 60 * 60
"""Seconds that a run which writes into a store may take: one that hangs must not keep the next from beginning."""
_FOREVER = 2**31 - 1
"""As many seconds as every `sleep` takes: 68 years."""


def api_objects(request: Request, rights: Rights) -> list[Object]:
    """What reads the API, once or on a schedule. It satisfies the level ``restricted`` of Pod Security."""
    namespace = _namespace_setting(request)
    role = dict(rights.role["metadata"])["name"]
    account = {"kind": "ServiceAccount", "name": "rkedoc-api", "namespace": namespace}
    return [
        _namespace(namespace, "restricted"),
        _account(request, namespace),
        dict(rights.role),
        {
            **_head("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", role),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [account],
        },
        _network_policy(namespace, [{"ports": _api_ports(request)}]),
        _api_run(request, namespace, _api_pod(request, rights)),
    ]


def images(objects: Iterable[Object]) -> tuple[str, ...]:
    """The images that objects name, each once: what a cluster without a way to their registry has to have beforehand."""
    found: dict[str, None] = {}
    for item in objects:
        if item.get("kind") in ("Job", "CronJob", "DaemonSet"):
            spec = item["spec"]["jobTemplate"]["spec"] if item["kind"] == "CronJob" else item["spec"]
            pod = spec["template"]["spec"]
            found |= dict.fromkeys(
                container["image"] for container in (*pod.get("initContainers", ()), *pod["containers"])
            )
    return tuple(found)


def node_objects(request: Request) -> list[Object]:
    """What reads each node once. Mounts of the node need the level ``privileged`` of Pod Security."""
    namespace = _node_namespace_setting(request)
    pod = _node_pod(request)
    runs: list[Object]
    if request.nodes:
        runs = [
            _job(_name_for(node), namespace, "node", {**pod, "affinity": _affinity(node)})
            for node in dict.fromkeys(request.nodes)
        ]
    else:
        runs = [_daemon_set("rkedoc-node", namespace, "node", pod)]
    return [_namespace(namespace, "privileged"), _network_policy(namespace, []), *runs]


# The cluster's part --------------------------------------------------------------------------------------------------


def _head(version: str, kind: str, name: str, namespace: Setting | None = None) -> Object:
    where = {} if namespace is None else {"namespace": namespace}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, **where, "labels": {"app.kubernetes.io/name": "rkedoc"}},
    }


def _namespace(name: Setting, level: str) -> Object:
    """A namespace that says which level of Pod Security its pods need, whatever the cluster's default is."""
    levels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "audit", "warn")}
    labels = {"app.kubernetes.io/name": "rkedoc", **levels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _network_policy(namespace: Setting, egress: list[Any]) -> Object:
    """Nothing comes in, and out goes what is named alone."""
    return {
        **_head("networking.k8s.io/v1", "NetworkPolicy", "rkedoc", namespace),
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": egress},
    }


def _api_ports(request: Request) -> Setting:
    proxy = () if request.proxy is None else (proxy_port(request.proxy),)
    ports = [{"protocol": "TCP", "port": port} for port in dict.fromkeys((443, 6443, *proxy, *request.ports))]
    if request.reaches_out:  # names have to be found
        ports += [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return Setting(
        "api.ports",
        ports,
        "The ports that the API is reached at, that of the Service and that of the servers behind it; and those of a store and a proxy.",
    )


def _account(request: Request, namespace: Setting) -> Object:
    account = _head("v1", "ServiceAccount", "rkedoc-api", namespace)
    if request.store is not None:
        note = "What ties an account of a cloud, which may write to the store, to the one that reads the API."
        account["metadata"]["annotations"] = Setting("api.accountAnnotations", request.annotations, note)
    return {**account, "automountServiceAccountToken": False}


def _namespace_setting(request: Request) -> Setting:
    return Setting("api.namespace", request.namespace, "The namespace of what reads the API.")


def _node_namespace_setting(request: Request) -> Setting:
    return Setting("nodes.namespace", request.node_namespace, "The namespace of what reads the nodes.")


# Pods ----------------------------------------------------------------------------------------------------------------


def _api_pod(request: Request, rights: Rights) -> Object:
    skip = [argument for name in rights.skip for argument in ("--skip", name)]
    arguments = ["--engine", "none", "--runtime", "none", *skip]
    env: list[Object] = []
    mounts: list[Object] = []
    volumes: list[Object] = []
    if request.proxy is not None:
        env += [{"name": name, "value": request.proxy} for name in ("HTTP_PROXY", "HTTPS_PROXY")]
        # The kubelet puts the API's address in the place of its name (kubernetes v1.21.0, pkg/kubelet/kubelet_pods.go).
        env.append({"name": "NO_PROXY", "value": ",".join(("$(KUBERNETES_SERVICE_HOST)", *request.no_proxy))})
    if request.ca_config_map is not None:
        env.append({"name": "SSL_CERT_FILE", "value": f"{_CA}/ca.crt"})
        item = {"key": "ca.crt", "path": "ca.crt"}
        volumes.append({"name": "ca", "configMap": {"name": request.ca_config_map, "items": [item]}})
        mounts.append({"name": "ca", "mountPath": _CA, "readOnly": True})
    volume = {
        "name": "account",
        "projected": {
            "sources": [
                {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            ],
        },
    }
    mount = {"name": "account", "mountPath": _ACCOUNT, "readOnly": True}
    security = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001, **_SECCOMP}
    resources = Setting(
        "api.resources", _resources("100m", "256Mi", "1", "1Gi"), "What reading the API may take of a node."
    )
    return {
        "serviceAccountName": "rkedoc-api",
        **_pod(request, arguments, [mount, *mounts], [volume, *volumes], resources, env=env, output=request.store),
        "securityContext": security,
        "nodeSelector": {"kubernetes.io/os": "linux"},
    }


def _node_pod(request: Request) -> Object:
    arguments: list[Any] = ["--kubernetes", "none", "--engine", "none", "--runtime", "none"]
    mounts: list[Object] = []
    volumes: list[Object] = []
    if request.socket is not None:
        note = "The socket of what runs the containers. Whoever may open it may do everything on the node."
        socket = Setting("nodes.socket", request.socket, note)
        address = Setting("nodes.socket", request.socket, note, before="unix://")
        arguments[3 if is_docker(request.socket) else 5] = address
        volumes.append({"name": "socket", "hostPath": {"path": socket, "type": "Socket"}})
        mounts.append({"name": "socket", "mountPath": socket, "readOnly": True})
    if request.host:
        arguments += ["--host", _HOST]
    paths = [(path, "Directory") for path in request.folders] + [(path, "File") for path in request.files]
    for path, kind in dict(paths).items():
        name = f"host-{hashlib.sha256(path.encode()).hexdigest()[:8]}"
        volumes.append({"name": name, "hostPath": {"path": path, "type": kind}})
        mounts.append({"name": name, "mountPath": f"{_HOST}{path}".rstrip("/"), "readOnly": True})
    user, group = request.user
    security = Setting(
        "nodes.podSecurityContext",
        {"runAsNonRoot": user != 0, "runAsUser": user, "runAsGroup": group, **_SECCOMP},
        "Who the collector is on a node. The group has to be one that may open the socket.",
    )
    resources = Setting(
        "nodes.resources", _resources("50m", "128Mi", "500m", "512Mi"), "What reading a node may take of it."
    )
    # A runtime does not know what its node is called, and a container has a name of its own.
    called = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    return {
        **_pod(request, arguments, mounts, volumes, resources, env=[called]),
        "securityContext": security,
        "nodeSelector": Setting("nodes.nodeSelector", {"kubernetes.io/os": "linux"}, "Which nodes are read."),
        "tolerations": Setting("nodes.tolerations", [{"operator": "Exists"}], "Which taints do not keep it away."),
    }


_SECCOMP = {"seccompProfile": {"type": "RuntimeDefault"}}


def _pod(
    request: Request, arguments: list[Any], mounts: list[Object], volumes: list[Object], resources: Setting,
    env: list[Object], output: str | None = None,
) -> Object:  # fmt: skip
    image = Setting("image", request.image, "The image, by its digest.")
    cluster = Setting(
        "cluster", request.cluster, "What all snapshots call the cluster: without it they could not be merged."
    )
    into: Any = SNAPSHOT
    if output is not None:
        into = Setting("api.store", output, "The store that snapshots are written to.")
    result = [] if output else [{"name": "result", "mountPath": "/result"}]
    secrets = [] if request.pull_secret is None else [{"name": request.pull_secret}]
    collect = {
        "name": COLLECT,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["collect", "--quiet", "-o", into, "--cluster", cluster, *arguments],
        **({"env": env} if env else {}),
        **({"envFrom": [{"secretRef": {"name": request.store_secret}}]} if output and request.store_secret else {}),
        "securityContext": _confined(),
        "resources": resources,
        # The collector sorts in the folder for temporary files; nothing else can be written to.
        "volumeMounts": [*result, {"name": "tmp", "mountPath": _TMP}, *mounts],
    }
    hold = {
        "name": HOLD,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", str(_FOREVER)],
        "securityContext": _confined(),
        "resources": _resources("1m", "8Mi", "100m", "64Mi"),
        "volumeMounts": [{"name": "result", "mountPath": "/result", "readOnly": True}],
    }
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
        # The first process of a container does not hear SIGTERM unless it listens for it, and `sleep` does not.
        "terminationGracePeriodSeconds": 1,
        "imagePullSecrets": Setting(
            "imagePullSecrets", secrets, "Secrets in both namespaces that the registry asks for: [{name: registry}]."
        ),
        **({"containers": [collect]} if output else {"initContainers": [collect], "containers": [hold]}),
        "volumes": [*([] if output else [_empty("result", "1Gi")]), _empty("tmp", "10Gi"), *volumes],
    }


def _empty(name: str, most: str) -> Object:
    """A folder of the pod's own. Above ``most`` the kubelet ends the pod; the collector's spool stays below 8 GB by itself."""
    return {"name": name, "emptyDir": {"sizeLimit": most}}


def _confined() -> Object:
    return {
        "privileged": False,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def _resources(cpu: str, memory: str, most_cpu: str, most_memory: str) -> Object:
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": most_cpu, "memory": most_memory}}


# What runs pods ------------------------------------------------------------------------------------------------------


def _labels(part: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": "rkedoc", "app.kubernetes.io/component": part}


def _api_run(request: Request, namespace: Setting, pod: Object) -> Object:
    """What starts the pod that reads the API: a Job that holds the snapshot; or, into a store, a Job or a CronJob that ends by itself."""
    if request.store is None:
        return _job("rkedoc-api", namespace, "api", pod)
    labels = _labels("api")
    if any(key.startswith("azure.workload.identity/") for key in request.annotations):
        labels["azure.workload.identity/use"] = "true"  # without which Azure's webhook passes a pod by
    template = {"metadata": {"labels": labels}, "spec": {"restartPolicy": "Never", **pod}}
    job = {"backoffLimit": 2, "activeDeadlineSeconds": _LONGEST, "template": template}
    if request.schedule is None:
        return {
            **_head("batch/v1", "Job", "rkedoc-api", namespace),
            "spec": {**job, "ttlSecondsAfterFinished": _DAY},
        }
    return {
        **_head("batch/v1", "CronJob", "rkedoc-api", namespace),
        "spec": {
            "schedule": Setting("api.schedule", request.schedule, "When the API is read, as cron writes it."),
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 60 * 60,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"metadata": {"labels": _labels("api")}, "spec": job},
        },
    }


def _template(part: str, pod: Object, **spec: Any) -> Object:
    metadata = {"labels": _labels(part), "annotations": {"kubectl.kubernetes.io/default-container": HOLD}}
    return {"metadata": metadata, "spec": {**spec, **pod}}


def _job(name: str, namespace: Setting, part: str, pod: Object) -> Object:
    """A pod that collects once, and holds what came of it for a day. One that failed is kept, so that its log can be read."""
    return {
        **_head("batch/v1", "Job", name, namespace),
        "spec": {
            "backoffLimit": 2,
            "activeDeadlineSeconds": _DAY,
            "ttlSecondsAfterFinished": _DAY,
            "template": _template(part, pod, restartPolicy="Never"),
        },
    }


def _daemon_set(name: str, namespace: Setting, part: str, pod: Object) -> Object:
    return {
        **_head("apps/v1", "DaemonSet", name, namespace),
        "spec": {
            "selector": {"matchLabels": _labels(part)},
            # All at once: to start them again is to collect again, and nobody waits for a service of theirs.
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%"}},
            "template": _template(part, pod),
        },
    }


def _name_for(node: str) -> str:
    """The name of a node's Job: short enough for a label, and no other node's."""
    short = node.replace(".", "-")[:40].strip("-")
    return f"rkedoc-node-{short}-{hashlib.sha256(node.encode()).hexdigest()[:8]}"


def _affinity(node: str) -> Object:
    """That a pod runs on this node. The scheduler still looks whether there is room, which it does not for a ``nodeName``."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"nodeAffinity": required}
