"""A pod specification as people read it: every container with its image, command, ports, environment, mounts, probes,
resources and security, and the volumes that it shares with the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rkedoc.cluster.fields import at, items, mapping, number
from rkedoc.explain.facts.flags import programs
from rkedoc.i18n import _
from rkedoc.snapshot.record import is_hidden
from rkedoc.sphinxext.blocks.view import (
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

_SHELLS = frozenset(("sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash", "/bin/dash"))


def container_blocks(container: Mapping[str, Any], spec: Mapping[str, Any], namespace: str) -> tuple[Block, ...]:
    """All that a specification says of one container."""
    program, tables = command_blocks(words(container, "command"), words(container, "args"))
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
    environment = tuple(environment_rows(container, namespace))
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
    return (*_handler(probe), f" ({timing})")


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


def command_blocks(command: tuple[str, ...], arguments: tuple[str, ...]) -> tuple[Cell, tuple[Block, ...]]:
    """What a container runs: the program with its words, then its flags as a table; a script is shown as one.

    The program is empty where the image decides it. Flags are taken from both parts, since engines hand over all in one.
    """
    line = (*command, *arguments)
    if command and command[0] in _SHELLS:
        return codes(line[:1]), (CodeBlock("\n".join(line[1:]), "sh"),) if len(line) > 1 else ()
    if any("\n" in word for word in line):
        return codes(command, " ") if command else (), (CodeBlock("\n".join(arguments if command else line), "sh"),)
    start = next((index for index, word in enumerate(line) if word.startswith("-") and index), len(line))
    if not command:
        start = 0
    pairs = tuple(_pairs(line[start:]))
    shown = codes(line[:start], " ") if start else ()
    program = next((name for word in line[:_FIRST] if (name := word.rpartition("/")[2]) in programs()), "")
    if program and pairs:
        flags = {name.removeprefix("--"): _plain(value) for name, value in pairs if name.startswith("--")}
        rows = tuple(
            Row((code(name), value, *told(program, name.removeprefix("--"), flags.get(name.removeprefix("--"), ""))))
            for name, value in pairs
        )
        return shown, (Table((_("Argument"), _("Value"), *columns()), rows, filterable=True, below=True),)
    rows = tuple(Row((code(name), value)) for name, value in pairs)
    return shown, (Table((_("Argument"), _("Value")), rows),) if rows else ()


_FIRST = 3
"""Words of a command line among which the program's name stands, behind a shell or an entry point."""


def _plain(cell: Cell) -> str:
    """The value of a flag as it was given; a flag without one is switched on."""
    return next((item.text for item in cell if isinstance(item, Code)), "true")


def _pairs(arguments: Iterable[str]) -> Iterator[tuple[str, Cell]]:
    waiting: str | None = None
    for argument in arguments:
        if waiting is not None:
            if argument.startswith("-") and not is_hidden(argument):
                yield waiting, DASH
            else:
                yield waiting, code(argument)
                waiting = None
                continue
            waiting = None
        name, equals, value = argument.partition("=")
        if argument.startswith("-") and equals:
            yield name, code(value)
        elif argument.startswith("--"):
            waiting = argument
        else:
            yield argument, DASH
    if waiting is not None:
        yield waiting, DASH


def environment_rows(container: Mapping[str, Any], namespace: str) -> Iterator[Row]:
    """Each name in the environment with its value, or with where the value comes from."""
    for source in items(container, "envFrom"):
        prefix = string(source, "prefix")
        for key, kind in (("configMapRef", "configmap"), ("secretRef", "secret")):
            name = string(source, key, "name")
            if name:
                value: Cell = (Hidden(),) if kind == "secret" else (_("its values"),)
                what = (_("every key of"), " ", Ref(kind, f"{namespace}/{name}", name), *_optional(source, key))
                yield Row(((Code(f"{prefix}*"),), value, what))
    for variable in items(container, "env"):
        yield Row((code(string(variable, "name")), *_variable(variable, namespace)))


def _optional(source: Mapping[str, Any], key: str) -> Cell:
    return (" ", _("(if it exists)")) if at(source, key, "optional") is True else ()


def _variable(variable: Mapping[str, Any], namespace: str) -> tuple[Cell, Cell]:
    source = mapping(variable, "valueFrom")
    if not source:
        return code(variable.get("value", "")), ()
    for key, kind in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
        found = mapping(source, key)
        if found:
            name = string(found, "name")
            value: Cell = (Hidden(),) if kind == "secret" else DASH
            where = (
                _("key"),
                " ",
                *code(string(found, "key")),
                " ",
                _("of"),
                " ",
                Ref(kind, f"{namespace}/{name}", name),
            )
            return value, (*where, *_optional(source, key))
    path = string(source, "fieldRef", "fieldPath")
    if path:
        return DASH, (_("the pod's field"), " ", Code(path))
    resource = string(source, "resourceFieldRef", "resource")
    if resource:
        return DASH, (_("the container's resource"), " ", Code(resource))
    return DASH, code(source)


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
        yield Row((code(string(mount, "mountPath")), what, plain(", ".join(how))))
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
