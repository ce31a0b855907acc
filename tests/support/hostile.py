"""A cluster whose owner tries to put markup, scripts and paths into the site: dumps for ``rkedoc collect --from``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.fake_engine import container

ALERT = "window.pwned=1"
STRINGS = (
    f"<script>{ALERT}</script>",
    f'"><img src=x onerror="{ALERT}">',
    f"'><svg onload={ALERT}>",
    f"</title></style></script><script>{ALERT}</script>",
    f"<!--<script>{ALERT}//-->",
    f"javascript:{ALERT}",
    f"[click](javascript:{ALERT})",
    "{{ 7*7 }}{% raw %}{# x #}",
    "{{ config.__class__.__mro__ }}",
    "```{raw} html\n<script>" + ALERT + "</script>\n```",
    ".. raw:: html\n\n   <script>" + ALERT + "</script>\n",
    "{eval-rst}`x` :ref:`x` {doc}`../../../etc/passwd` |x| `` ` ",
    "../../../../tmp/pwned",
    "a|b|c\n---|---\n# heading\n\n| x | y |",
    "\u202egnp.exe\u2066\u200b",
    "line\r\nbreak\x0b\x0c\x85\u2028\u2029end",
    "&lt;script&gt;&#x3c;script&#x3e;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "%3Cscript%3E" + ALERT,
    "$(touch /tmp/pwned) `touch /tmp/pwned` ;&|",
    "n" * 253,
)
LONG = "L<b>" * 250_000
"""1 MB in one string."""


def _meta(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "uid": f"uid-{abs(hash(name)) % 10**8}",
        "creationTimestamp": "2026-11-23T05:00:00Z",
        "labels": {"app": text, text: text},
        "annotations": {"field.cattle.io/description": text, "a8r.io/owner": text, text: text},
        **more,
    }


def _workload(index: int, text: str) -> list[dict[str, Any]]:
    """A Deployment with everything that hangs on it, each string of which is ``text``."""
    name = text if index % 2 else f"app-{index}"  # names, which a real API server refuses; dumps hold anything
    at = {"namespace": text if index % 3 == 0 else "hostile"}
    spec = {
        "nodeName": "node-a",
        "serviceAccountName": text,
        "containers": [
            {
                "name": text, "image": f"{text}/{text}:{text}", "command": [text], "args": [text, f"--{text}={text}"],
                "env": [{"name": text, "value": text}, {"name": "LOG_LEVEL", "value": text}], "workingDir": text,
                "ports": [{"name": text, "containerPort": 80}], "volumeMounts": [{"name": text, "mountPath": text}],
                "livenessProbe": {"httpGet": {"path": text, "port": text}},
            },
        ],
        "volumes": [{"name": text, "hostPath": {"path": text}}, {"name": "c", "configMap": {"name": text}}],
    }  # fmt: skip
    waiting = {"reason": text, "message": text}
    return [
        {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta(name, text, **at),
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": text}},
                     "template": {"metadata": {"labels": {"app": text}}, "spec": spec}},
            "status": {"conditions": [{"type": text, "status": "False", "reason": text, "message": text}]},
        },
        {
            "apiVersion": "v1", "kind": "Pod", "metadata": _meta(f"{name}-x", text, **at), "spec": spec,
            "status": {"phase": text, "podIP": text, "containerStatuses": [
                {"name": text, "ready": False, "restartCount": 9, "image": text, "imageID": text,
                 "state": {"waiting": waiting}, "lastState": {"terminated": {**waiting, "exitCode": 137}}}]},
        },
        {
            "apiVersion": "v1", "kind": "Service", "metadata": _meta(name, text, **at),
            "spec": {"type": "ExternalName", "externalName": text, "selector": {"app": text},
                     "ports": [{"name": text, "port": 80, "targetPort": text}]},
        },
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": _meta(name, text, **at),
            "spec": {"rules": [{"host": text, "http": {"paths": [
                {"path": text, "backend": {"service": {"name": name, "port": {"name": text}}}}]}}]},
        },
        {
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": _meta(name, text, **at),
            "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "maxReplicas": 3,
                     "metrics": [{"type": "Pods", "pods": {"metric": {"name": text}, "target": {"averageValue": text}}}]},
            "status": {"conditions": [{"type": text, "status": text, "reason": text, "message": text}]},
        },
        {
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": _meta(name, text, **at),
            "spec": {"minAvailable": text, "selector": {"matchLabels": {"app": text}}},
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta(text, text, **at), "data": {text: text}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _meta(text, text, **at)},
        {
            "apiVersion": "v1", "kind": "Event", "type": "Warning", "metadata": _meta(f"{name}.1", text, **at),
            "involvedObject": {"kind": "Pod", "name": f"{name}-x", **at}, "reason": text, "message": text, "count": 3,
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": _meta(f"a/{text}:{{b}}", text, **at),
            "roleRef": {"kind": "ClusterRole", "name": text},
            "subjects": [{"kind": "User", "name": text}, {"kind": "ServiceAccount", "name": text, **at}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": _meta(f"r/{text}", text),
            "rules": [{"apiGroups": [text], "resources": [text], "verbs": [text]}],
        },
        {
            "apiVersion": f"{text}/v1", "kind": text, "metadata": _meta(name, text, **at), "spec": {text: [text, {text: text}]},
        },
        {"apiVersion": "v1", "kind": "Namespace", "metadata": _meta(at["namespace"], text), "status": {"phase": text}},
    ]  # fmt: skip


def objects() -> list[dict[str, Any]]:
    """Every object of the cluster."""
    node = {
        "apiVersion": "v1", "kind": "Node", "metadata": _meta("node-a", STRINGS[0]),
        "status": {"nodeInfo": dict.fromkeys(("kubeletVersion", "osImage", "containerRuntimeVersion"), STRINGS[0])},
    }  # fmt: skip
    found = [node, *(item for index, text in enumerate(STRINGS) for item in _workload(index, text))]
    found += _workload(100, LONG)[:1]
    known: dict[tuple[str, ...], dict[str, Any]] = {}
    for item in found:
        metadata = item["metadata"]
        known.setdefault((item["apiVersion"], item["kind"], metadata.get("namespace", ""), metadata["name"]), item)
    return list(known.values())


def inspects() -> list[dict[str, Any]]:
    """Every container of the engine."""
    return [
        container(
            number + 1, text.replace("/", "∕"),
            Config={"Image": text, "Cmd": [text], "Env": [f"{text}={text}", f"LOG_LEVEL={text}"], "Labels": {text: text},
                    "WorkingDir": text, "User": text, "Hostname": text},
            State={"Status": "exited", "Running": False, "ExitCode": 1, "Error": text},
            Mounts=[{"Type": "bind", "Source": text, "Destination": text, "RW": True}],
        )
        for number, text in enumerate(STRINGS)
    ]  # fmt: skip


def write(folder: Path) -> None:
    """Write the dumps, as ``kubectl`` and ``docker`` would."""
    listed = {"apiVersion": "v1", "kind": "List", "items": objects()}
    (folder / "objects.json").write_text(json.dumps(listed), "utf-8")
    (folder / "inspect.json").write_text(json.dumps(inspects()), "utf-8")
