"""What may be shown of the environment and the arguments of a pod's container that a container engine reports.

The engine knows the resolved values: of Secrets, of ``envFrom``, of ``$(VARIABLE)`` in arguments. The pod's spec knows where each
came from. So of such a container the pod spec's own, redacted form is shown, and what the pod spec does not give in clear
only if it can be found again: in a ConfigMap that is shown, in the variables of a real Service, in the pod's own fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rkedoc.snapshot.kinds import CONFIG_HASH, CONTAINER_LISTS
from rkedoc.snapshot.record import HIDDEN, HIDDEN_RE

_NOT_VARIABLE = re.compile(r"[^A-Z0-9_]")
_FIELD = re.compile(r"([a-zA-Z.]+)(?:\['([^']+)'\])?")


@dataclass(slots=True)
class ContainerView:
    """What the pod spec says of one container. ``env`` maps a name to the form that may be shown, or to ``None`` where that
    has to be looked up by ``source``."""

    namespace: str
    env: dict[str, str | None] = field(default_factory=dict)
    sources: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    configmaps: list[tuple[str, str]] = field(default_factory=list)
    command: list[Any] | None = None
    args: list[Any] | None = None


class Shelter:
    """Learns from ConfigMaps, Services and pods; then answers for the engine's containers.

    ``wanted_uids`` are the uids of the pods that the engine runs (from its containers' labels); of other pods nothing is
    kept, so that memory is bounded by one node. ``None`` keeps all.
    """

    def __init__(self, wanted_uids: frozenset[str] | None = None) -> None:
        self._wanted = wanted_uids
        self._pods: dict[str, dict[str, ContainerView]] = {}
        self._configmaps: dict[tuple[str, str], dict[str, str]] = {}
        self._services: dict[str, dict[str, str]] = {}

    # -- learning ------------------------------------------------------------------------------------------------------
    def learn_configmap(self, redacted_configmap: Mapping[str, Any]) -> None:
        """A ConfigMap, after redaction: only what it still shows can be shown elsewhere."""
        metadata = redacted_configmap.get("metadata") or {}
        shown = {
            key: value
            for key, value in (redacted_configmap.get("data") or {}).items()
            if isinstance(value, str) and not HIDDEN_RE.search(value)
        }
        if shown:
            self._configmaps[str(metadata.get("namespace", "")), str(metadata.get("name", ""))] = shown

    def learn_service(self, redacted_service: Mapping[str, Any]) -> None:
        """A Service: the variables that the kubelet makes of it. Source: Kubernetes 1.20 pkg/kubelet/envvars."""
        metadata, spec = (
            redacted_service.get("metadata") or {},
            redacted_service.get("spec") or {},
        )
        address, ports = spec.get("clusterIP"), spec.get("ports") or []
        if not isinstance(address, str) or address in ("", "None") or not ports:
            return
        name = _NOT_VARIABLE.sub("_", str(metadata.get("name", "")).upper())
        namespace = str(metadata.get("namespace", ""))
        host = f"[{address}]" if ":" in address else address
        first = ports[0]
        variables = {
            f"{name}_SERVICE_HOST": address,
            f"{name}_SERVICE_PORT": str(first.get("port")),
            f"{name}_PORT": f"{str(first.get('protocol') or 'TCP').lower()}://{host}:{first.get('port')}",
        }
        for port in ports:
            number, protocol = port.get("port"), str(port.get("protocol") or "TCP")
            if port.get("name"):
                variables[f"{name}_SERVICE_PORT_{_NOT_VARIABLE.sub('_', str(port['name']).upper())}"] = str(number)
            prefix = f"{name}_PORT_{number}_{protocol}"
            variables[prefix] = f"{protocol.lower()}://{host}:{number}"
            variables[f"{prefix}_PROTO"] = protocol.lower()
            variables[f"{prefix}_PORT"] = str(number)
            variables[f"{prefix}_ADDR"] = address
        self._services.setdefault(namespace, {}).update(variables)

    def learn_pod(self, raw_pod: Mapping[str, Any], redacted_pod: Mapping[str, Any]) -> None:
        """A pod, as it was answered and after redaction. Known afterwards under its uid and, for the mirror of a static pod,
        under the hash that the engine has in the uid's place."""
        metadata = raw_pod.get("metadata") or {}
        hashed = (metadata.get("annotations") or {}).get(CONFIG_HASH)
        uids = [
            uid
            for uid in (metadata.get("uid"), hashed)
            if isinstance(uid, str) and (self._wanted is None or uid in self._wanted)
        ]
        if not uids:
            return
        shown = redacted_pod.get("spec") or {}
        views: dict[str, ContainerView] = {}
        for group in CONTAINER_LISTS:
            for container in shown.get(group) or ():
                if isinstance(container, Mapping) and isinstance(container.get("name"), str):
                    views[container["name"]] = self._view(container, redacted_pod)
        for uid in uids:
            self._pods[uid] = views

    @staticmethod
    def _view(container: Mapping[str, Any], pod: Mapping[str, Any]) -> ContainerView:
        namespace = str((pod.get("metadata") or {}).get("namespace", ""))
        view = ContainerView(namespace)
        for entry in container.get("env") or ():
            if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
                continue
            name = entry["name"]
            source = entry.get("valueFrom")
            if not isinstance(source, Mapping):
                view.env[name] = str(entry.get("value") or "")
            elif isinstance(source.get("configMapKeyRef"), Mapping):
                view.env[name] = None
                view.sources[name] = (
                    "configmap",
                    str(source["configMapKeyRef"].get("name")),
                    str(source["configMapKeyRef"].get("key")),
                )
            elif isinstance(source.get("fieldRef"), Mapping):
                view.env[name] = None
                view.sources[name] = (
                    "field",
                    str(_field_value(pod, str(source["fieldRef"].get("fieldPath")))),
                    "",
                )
            else:
                view.env[name] = HIDDEN
        for entry in container.get("envFrom") or ():
            if isinstance(entry, Mapping) and isinstance(entry.get("configMapRef"), Mapping):
                view.configmaps.append(
                    (
                        str(entry["configMapRef"].get("name")),
                        str(entry.get("prefix") or ""),
                    )
                )
        command, args = container.get("command"), container.get("args")
        view.command = list(command) if isinstance(command, list) and command else None
        view.args = list(args) if isinstance(args, list) and args else None
        return view

    # -- answering -----------------------------------------------------------------------------------------------------
    def view(self, uid: str, container: str) -> ContainerView | None:
        """What is known of a container, or ``None``: then nothing of it may be shown."""
        return self._pods.get(uid, {}).get(container)

    def environment(self, view: ContainerView, name: str, value: str) -> str | None:
        """The form of a variable's value that may be shown; ``None`` if it has to be hidden."""
        if name in view.env:
            shown = view.env[name]
            if shown is not None:
                return shown
            kind, first, second = view.sources[name]
            if kind == "field":
                return value if value == first else None
            known = self._configmaps.get((view.namespace, first), {}).get(second)
            return value if known is not None and known == value else None
        for configmap, prefix in reversed(view.configmaps):
            if name.startswith(prefix):
                known = self._configmaps.get((view.namespace, configmap), {}).get(name[len(prefix) :])
                if known is not None:
                    return value if known == value else None
        for namespace in (view.namespace, "default"):
            variables = self._services.get(namespace, {})
            if variables.get(name) == value and (namespace == view.namespace or name.startswith("KUBERNETES_")):
                return value
        return None


def _field_value(pod: Mapping[str, Any], path: str) -> object:
    match = _FIELD.fullmatch(path)
    if match is None:
        return None
    node: object = pod
    for part in match[1].split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    if match[2] is not None:
        node = node.get(match[2]) if isinstance(node, Mapping) else None
    return node if isinstance(node, str) and not HIDDEN_RE.search(node) else None
