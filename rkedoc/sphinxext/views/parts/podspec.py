"""A pod specification as people read it: every container with its image, command, ports, environment, mounts, probes,
resources and security, and the volumes that it shares with the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rkedoc.catalog.ranges import Numbers
from rkedoc.cluster.fields import at, items, mapping, number
from rkedoc.explain.commands import Argument, Command, Given, command_of
from rkedoc.explain.facts.fact import why_not_there
from rkedoc.explain.facts.flags import version_of_image
from rkedoc.explain.holding import here
from rkedoc.i18n import _, between
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    CodeBlock,
    Facts,
    Hidden,
    Inline,
    Ref,
    Row,
    Table,
)
from rkedoc.sphinxext.views.parts.cells import DASH, code, codes, joined, plain, scalar, string, words
from rkedoc.sphinxext.views.parts.flags import columns, told

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster


def container_blocks(
    container: Mapping[str, Any], spec: Mapping[str, Any], namespace: str, cluster: Cluster
) -> tuple[Block, ...]:
    """All that a specification says of one container, with the values that it has from ConfigMaps of the cluster."""
    command, arguments, image = words(container, "command"), words(container, "args"), string(container, "image")
    run = command_of(command, arguments, whole=False, image=image)
    program, tables = command_blocks(run, version_of_image(run.known, image))
    facts: list[tuple[str, Cell]] = [
        (_("Image"), _image(container)),
        (_("Command"), program or (_("as the image says"),)),
    ]
    if string(container, "workingDir"):
        facts.append((_("Working directory"), code(string(container, "workingDir"))))
    ports = tuple(items(container, "ports"))
    if ports:
        facts.append((_("Ports"), joined(_port(port) for port in ports)))
    resources = _resources(container)
    if resources:
        facts.append((_("Resources"), resources))
    facts.append((_("Security"), security(container, spec)))
    facts.extend(_probes(container))
    blocks: list[Block] = [Facts(tuple(facts)), *tables]
    environment = tuple(environment_rows(container, namespace, cluster))
    if environment:
        blocks.append(Table((_("Environment"), _("Value"), _("From")), environment, below=True))
    mounts = tuple(_mounts(container, spec, namespace))
    if mounts:
        blocks.append(Table((_("Mounted at"), _("What"), _("How")), mounts))
    return tuple(blocks)


def _image(container: Mapping[str, Any]) -> Cell:
    image = string(container, "image")
    policy = string(container, "imagePullPolicy")
    name: Cell = (Ref("image", image),) if image else DASH
    return (*name, " ", _("(pulled: {policy})").format(policy=policy)) if policy else name


def _port(port: Mapping[str, Any]) -> Cell:
    name, host = string(port, "name"), string(port, "hostPort")
    text = f"{string(port, 'containerPort')}/{string(port, 'protocol') or 'TCP'}"
    out: list[Inline] = [Code(text)]
    if name:
        out.append(f" {name}")
    if host:
        out += [" ", _("on the node:"), " ", Code(f"{string(port, 'hostIP') or ''}:{host}".lstrip(":"))]
    return tuple(out)


def _resources(container: Mapping[str, Any]) -> Cell:
    parts: list[Cell] = []
    for key, label in (("requests", _("asks for")), ("limits", _("at most"))):
        values = mapping(container, "resources", key)
        if values:
            inner = joined((code(f"{name} {scalar(amount)}") for name, amount in sorted(values.items())), " ")
            parts.append((label, " ", *inner))
    return joined(parts, "; ") if parts else (_("no requests, no limits"),)


def security(container: Mapping[str, Any], spec: Mapping[str, Any]) -> Cell:
    """What a container may do on its node beyond the usual, or is kept from; ``the defaults`` if nothing is said."""
    pod, own = mapping(spec, "securityContext"), mapping(container, "securityContext")
    parts: list[Cell] = []
    if own.get("privileged") is True:
        parts.append((_("privileged: all rights on the node"),))
    parts.extend(
        (_("the node's own {what}").format(what=what),)
        for key, what in (("hostNetwork", _("network")), ("hostPID", _("processes")), ("hostIPC", _("IPC")))
        if spec.get(key) is True
    )
    user = own.get("runAsUser", pod.get("runAsUser"))
    if user is not None:
        parts.append((_("user"), " ", *code(user)))
    group = own.get("runAsGroup", pod.get("runAsGroup"))
    if group is not None:
        parts.append((_("group"), " ", *code(group)))
    if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is True:
        parts.append((_("never root"),))
    if own.get("readOnlyRootFilesystem") is True:
        parts.append((_("file system read-only"),))
    if own.get("allowPrivilegeEscalation") is False:
        parts.append((_("no privilege escalation"),))
    for key, label in (("add", _("capabilities added:")), ("drop", _("capabilities dropped:"))):
        names = words(own, "capabilities", key)
        if names:
            parts.append((label, " ", *codes(names, " ")))
    for key in ("seccompProfile", "appArmorProfile"):
        kind = string(own.get(key, pod.get(key)), "type")
        if kind:
            parts.append((_("profile"), " ", *code(f"{key} {kind}")))
    return joined(parts, "; ") if parts else (_("the defaults"),)


def _probes(container: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    for key, label in (
        ("startupProbe", _("Started when")),
        ("readinessProbe", _("Ready when")),
        ("livenessProbe", _("Restarted unless")),
    ):
        probe = mapping(container, key)
        if probe:
            yield label, probe_cell(probe)
    for key, label in (("postStart", _("After its start")), ("preStop", _("Before it stops"))):
        hook = mapping(container, "lifecycle", key)
        if hook:
            yield label, _handler(hook)


def probe_cell(probe: Mapping[str, Any]) -> Cell:
    """A probe: how it asks, how often, and after how many failures it gives up."""
    timing = _("every {period} s, waits {timeout} s, gives up after {failures}").format(
        period=string(probe, "periodSeconds") or "10",
        timeout=string(probe, "timeoutSeconds") or "1",
        failures=string(probe, "failureThreshold") or "3",
    )
    delay = number(probe, "initialDelaySeconds")
    if delay:
        timing = _("{timing}, begins after {delay} s").format(timing=timing, delay=delay)
    return (*_handler(probe), " (", timing, ")")


def _handler(handler: Mapping[str, Any]) -> Cell:
    http, tcp, grpc = mapping(handler, "httpGet"), mapping(handler, "tcpSocket"), mapping(handler, "grpc")
    if http:
        host = string(http, "host") or _("the pod")
        scheme = (string(http, "scheme") or "HTTP").upper()
        headers = joined((code(string(item, "name")) for item in items(http, "httpHeaders")), " ")
        tail: Cell = (" ", _("with headers"), " ", *headers) if at(http, "httpHeaders") else ()
        return (f"{scheme} GET ", Code(f":{string(http, 'port')}{string(http, 'path') or '/'}"), f" @ {host}", *tail)
    if tcp:
        return (_("connects to TCP port"), " ", *code(tcp.get("port")))
    if grpc:
        return (_("gRPC health check on port"), " ", *code(grpc.get("port")))
    command = words(handler, "exec", "command")
    return (_("runs"), " ", *codes(command, " ")) if command else DASH


def command_blocks(command: Command, version: Numbers = ()) -> tuple[Cell, tuple[Block, ...]]:
    """What a container runs: the program with its words, then its flags as a table; a script is shown as one.

    The program is empty where the image decides it. ``version`` is the program's, whose defaults are told.
    """
    shown = codes(command.program, " ") if command.program else ()
    if command.script:
        return shown, (CodeBlock("\n".join(command.script), "sh"),)
    rows = tuple(Row((_argument(one), _given(one), *_told(command.known, one, version))) for one in command.arguments)
    if not rows:
        return shown, ()
    if command.known:
        return shown, (
            Table((_("Argument"), _("Value"), *columns(command.known, version)), rows, filterable=True, below=True),
        )
    return shown, (Table((_("Argument"), _("Value")), rows),)


def _argument(one: Argument) -> Cell:
    return (Badge(_("word"), "muted"),) if one.given is Given.WORD else code(one.name)


def _given(one: Argument) -> Cell:
    """What a flag was given; no value, an empty one and a value look different."""
    return code(one.value) if one.value else (Badge(one.given.label.translated, "muted"),)


def _told(program: str, one: Argument, version: Numbers) -> tuple[Cell, ...]:
    if not program:
        return ()
    if one.given is Given.WORD:
        return DASH, ()
    return told(program, one.name.lstrip("-"), one.value if one.given is not Given.NOTHING else "true", version)


def environment_rows(container: Mapping[str, Any], namespace: str, cluster: Cluster) -> Iterator[Row]:
    """Each name in the environment with its value, and where the value comes from if it stands elsewhere.

    Of a name that stands there more than once the last one holds, and what stands in ``env`` comes after all of ``envFrom`` (kubernetes/kubernetes
    v1.19.0, pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables).
    """
    found = tuple(_variables(container, namespace, cluster))
    last = {one.name: one for one in found if one.sets}
    for one in found:
        where = one.where
        if one.sets and last[one.name] is not one:
            where = (*where, " ", Badge(_("does not hold"), "warn"), " ", _("a later one of this name does"))
        yield Row((code(one.name), one.value, where))


@dataclass(frozen=True, slots=True)
class _Set:
    """A row of an environment: ``sets`` where it stands for one variable that is really set."""

    name: str
    value: Cell
    where: Cell
    sets: bool = True


def _variables(container: Mapping[str, Any], namespace: str, cluster: Cluster) -> Iterator[_Set]:
    """What sets variables, in its order."""
    for source in items(container, "envFrom"):
        prefix = string(source, "prefix")
        for key, kind in (("configMapRef", "configmap"), ("secretRef", "secret")):
            name = string(source, key, "name")
            if name:
                yield from _every(cluster, prefix, kind, namespace, name, _optional(source, key))
    for variable in items(container, "env"):
        yield _Set(string(variable, "name"), *_variable(variable, namespace, cluster))


def _every(cluster: Cluster, prefix: str, kind: str, namespace: str, name: str, optional: Cell) -> Iterator[_Set]:
    """Every key of a ConfigMap or a Secret: those of a ConfigMap that was collected one by one."""
    there = Ref(kind, f"{namespace}/{name}", name)
    record = cluster.get(f"core/ConfigMap/{namespace}/{name}") if kind == "configmap" else None
    keys = sorted(mapping(record.body, "data")) if record is not None else []
    for key in keys[:_MOST_KEYS]:
        value, where = _of_key(cluster, kind, namespace, name, key, optional)
        is_set = _is_set(f"{prefix}{key}", cluster)
        if not is_set:
            where = (
                *where,
                " ",
                Badge(_("not set"), "warn"),
                " ",
                _("a kubelet leaves out what is no name of a variable"),
            )
        yield _Set(f"{prefix}{key}", value, where, is_set)
    if len(keys) > _MOST_KEYS or not keys:
        whole: Cell = (Hidden(),) if kind == "secret" else _elsewhere()
        if kind == "configmap" and record is None:
            whole = _not_known(cluster, namespace, name)
        yield _Set(f"{prefix}*", whole, (_("every key of"), " ", there, *optional), sets=False)


_NAME = re.compile(r"(?!\.\.)(?!\.\Z)[-._a-zA-Z][-._a-zA-Z0-9]*\Z")
"""A name of a variable as kubelets before 1.32 ask for it (kubernetes/apimachinery v0.31.0, pkg/util/validation/validation.go, IsEnvVarName)."""

_ANY_NAME = (1, 32)
"""From here on a kubelet sets every key (kubernetes/kubernetes pull request 126897, RelaxedEnvironmentVariableValidation)."""


def _is_set(name: str, cluster: Cluster) -> bool:
    """Whether a kubelet makes a variable of a key: not told where no version is known."""
    versions = here(cluster).versions("Kubernetes")
    return _NAME.match(name) is not None or not versions or any(version >= _ANY_NAME for version in versions)


_MOST_KEYS = 100
"""Keys of a ConfigMap that become variables one by one."""


def _elsewhere() -> Cell:
    """The value of something that is known only where it runs."""
    return (Badge(_("from elsewhere"), "muted"),)


def _of_key(cluster: Cluster, kind: str, namespace: str, name: str, key: str, optional: Cell) -> tuple[Cell, Cell]:
    """A value out of a key of a ConfigMap or a Secret, and the key."""
    where = (_("key"), " ", *code(key), " ", _("of"), " ", Ref(kind, f"{namespace}/{name}", name))
    if kind == "secret":
        return (Hidden(),), (*where, *optional)
    record = cluster.get(f"core/ConfigMap/{namespace}/{name}")
    data = mapping(record.body, "data") if record is not None else {}
    if key in data:
        return given(data[key]), (*where, *optional)
    if record is None:
        return _not_known(cluster, namespace, name), (*where, *optional)
    return (Badge(_("not known"), "warn"), " ", _("there is no such key")), (*where, *optional)


def _not_known(cluster: Cluster, namespace: str, name: str) -> Cell:
    """The value of what stands in a ConfigMap that the snapshot does not have, with the reason."""
    why = why_not_there(cluster, f"core/ConfigMap/{namespace}/{name}")
    return (Badge(_("not known"), "warn"), " ", why.translated)


def given(value: Any) -> Cell:
    """A value as it was given; an empty one says so."""
    return (Badge(Given.EMPTY.label.translated, "muted"),) if value in ("", None) else code(value)


def _optional(source: Mapping[str, Any], key: str) -> Cell:
    return (" ", _("(if it exists)")) if at(source, key, "optional") is True else ()


def _variable(variable: Mapping[str, Any], namespace: str, cluster: Cluster) -> tuple[Cell, Cell]:
    source = mapping(variable, "valueFrom")
    if not source:
        return given(variable.get("value", "")), ()
    for key, kind in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
        found = mapping(source, key)
        if found:
            name, own = string(found, "name"), string(found, "key")
            return _of_key(cluster, kind, namespace, name, own, _optional(source, key))
    path = string(source, "fieldRef", "fieldPath")
    if path:
        return _elsewhere(), (_("the pod's field"), " ", Code(path))
    resource = string(source, "resourceFieldRef", "resource")
    if resource:
        return _elsewhere(), (_("the container's resource"), " ", Code(resource))
    return _elsewhere(), code(source)


def _mounts(container: Mapping[str, Any], spec: Mapping[str, Any], namespace: str) -> Iterator[Row]:
    volumes = {string(volume, "name"): volume for volume in items(spec, "volumes")}
    for mount in items(container, "volumeMounts"):
        name = string(mount, "name")
        volume = volumes.get(name)
        what = volume_cell(volume, namespace) if volume is not None else (_("volume"), " ", *code(name))
        part = string(mount, "subPath") or string(mount, "subPathExpr")
        if part:
            what = (*what, ", ", _("only"), " ", Code(part))
        how = [_("read only") if mount.get("readOnly") is True else _("read and write")]
        spread = string(mount, "mountPropagation")
        if spread and spread != "None":
            how.append(_("mounts spread: {mode}").format(mode=spread))
        yield Row((code(string(mount, "mountPath")), what, plain(between().join(how))))
    for device in items(container, "volumeDevices"):
        volume = volumes.get(string(device, "name"))
        what = volume_cell(volume, namespace) if volume is not None else DASH
        yield Row((code(string(device, "devicePath")), what, (_("as a device"),)))


def volume_cell(volume: Mapping[str, Any], namespace: str) -> Cell:
    """What a volume of a pod is made from."""
    for key, kind, name_key in (
        ("configMap", "configmap", "name"),
        ("secret", "secret", "secretName"),
        ("persistentVolumeClaim", "pvc", "claimName"),
    ):
        source = mapping(volume, key)
        if source:
            name = string(source, name_key)
            what = {"configmap": _("config map"), "secret": _("secret"), "pvc": _("claim")}[kind]
            keys = [string(item, "key") for item in items(source, "items")]
            only: Cell = (": ", *codes(keys)) if keys else ()
            return (what, " ", Ref(kind, f"{namespace}/{name}", name), *only)
    if "hostPath" in volume:
        kind = string(volume, "hostPath", "type")
        return (_("the node's"), " ", *code(string(volume, "hostPath", "path")), f" ({kind})" if kind else "")
    if "emptyDir" in volume:
        medium = string(volume, "emptyDir", "medium")
        return (_("scratch space in memory") if medium == "Memory" else _("scratch space, gone with the pod"),)
    if "projected" in volume:
        return joined((_projected(source, namespace) for source in items(volume, "projected", "sources")), ", ")
    if "downwardAPI" in volume:
        return (_("fields of the pod"),)
    kinds = [key for key in volume if key != "name"]
    if not kinds:
        return DASH
    source = mapping(volume, kinds[0])
    driver = string(source, "driver")
    return (_("volume of kind"), " ", Code(kinds[0]), *((" ", Code(driver)) if driver else ()))


def _projected(source: Mapping[str, Any], namespace: str) -> Cell:
    for key, kind, what in (("configMap", "configmap", _("config map")), ("secret", "secret", _("secret"))):
        name = string(source, key, "name")
        if name:
            return (what, " ", Ref(kind, f"{namespace}/{name}", name))
    if "serviceAccountToken" in source:
        return (_("the account's token"),)
    if "downwardAPI" in source:
        return (_("fields of the pod"),)
    return codes(source)


def scheduling_facts(spec: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    """What decides where the pods run, and how they are stopped; only what is not the default."""
    if mapping(spec, "nodeSelector"):
        yield (
            _("Only on nodes with"),
            codes(f"{k}={scalar(v)}" for k, v in sorted(mapping(spec, "nodeSelector").items())),
        )
    affinity = mapping(spec, "affinity")
    if affinity:
        yield _("Affinity"), codes(sorted(affinity))
    tolerations = tuple(_toleration(item) for item in items(spec, "tolerations"))
    if tolerations:
        yield _("Tolerates"), joined(tolerations)
    priority = string(spec, "priorityClassName")
    if priority:
        yield _("Priority"), code(priority)
    if spec.get("hostNetwork") is True:
        yield _("Network"), (_("the node's own (hostNetwork)"),)
    if spec.get("shareProcessNamespace") is True:
        yield _("Processes"), (_("shared by the containers of the pod"),)
    policy = string(spec, "dnsPolicy")
    if policy and policy != "ClusterFirst":
        yield _("DNS"), code(policy)
    grace = string(spec, "terminationGracePeriodSeconds")
    if grace and grace != "30":
        yield _("Time to stop"), (f"{grace} s",)


def _toleration(item: Mapping[str, Any]) -> Cell:
    key, effect = string(item, "key"), string(item, "effect")
    if not key and not effect:
        return (_("everything"),)
    value = string(item, "value")
    return code(f"{key or '*'}{f'={value}' if value else ''}{f':{effect}' if effect else ''}")
