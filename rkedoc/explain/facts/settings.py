"""The settings of K3s and RKE2 on a node, from its files, its command line and what the node itself has noted.

Both read them the same way (k3s-io/k3s at f6466040, pkg/configfilearg/parser.go): first ``config.yaml``, then the files of
``config.yaml.d`` by name, of which a later one replaces a value, and adds to a list where the key ends in ``+``; what the files say
stands before the arguments, so that arguments win, and add to lists. Both hide their arguments once they run (pkg/cli/server/server.go at
005499a9, SetProcTitle): then the unit tells them, and the node's annotation (pkg/nodeconfig/nodeconfig.go at 0ba4732c), which holds what
files and arguments came to when it was last started, and what the environment set. The files with variables are not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.ranges import parsed_version
from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.fields import at, mapping, number, text, words
from rkedoc.explain.facts.fact import Place, place_of
from rkedoc.i18n import Message
from rkedoc.snapshot.record import HIDDEN_RE
from rkedoc.vocabulary import Evidence, Result

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

SUPERVISORS: Final = ("k3s", "rke2")
"""The distributions whose one process holds the others."""

SERVER: Final = "server"
AGENT: Final = "agent"
_SERVER_ROLES: Final = frozenset({"control-plane", "controlplane", "master", "etcd"})

LISTS: Final = frozenset({
    "cluster-cidr", "service-cidr", "cluster-dns", "kube-apiserver-arg", "etcd-arg", "kube-scheduler-arg", "kube-controller-manager-arg",
    "kube-controller-arg", "kube-cloud-controller-manager-arg", "kube-cloud-controller-arg", "tls-san", "disable", "node-ip",
    "node-external-ip", "kubelet-arg", "kube-proxy-arg", "node-taint", "node-label", "airgap-extra-registry", "cni", "ingress-controller",
    "control-plane-resource-requests", "control-plane-resource-limits", "control-plane-probe-configuration",
})  # fmt: skip
"""Settings that can be given more than once, and then add up (k3s-io/k3s at 005499a9, pkg/cli/cmds/server.go, and at 00cc29ba, agent.go;
rancher/rke2 v1.36.3+rke2r1, pkg/cli/cmds/server.go and root.go: StringSliceFlag)."""

_SHORT: Final = {"d": "data-dir", "t": "token", "s": "server", "i": "node-ip", "o": "write-kubeconfig", "c": "config"}
"""The names of one letter (the same files)."""

_VARIABLES: Final = {"server": "URL", "cluster-init": "CLUSTER_INIT", "datastore-endpoint": "DATASTORE_ENDPOINT"}
"""Settings that decide what holds the data, and that a variable can set as well, by the end of its name (pkg/cli/cmds/server.go)."""

_TRUE: Final = ("1", "t", "T", "TRUE", "true", "True", "")


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting with its values, one unless it is a list, and where it was read."""

    name: str
    values: tuple[str, ...]
    evidence: Evidence
    where: Place

    @property
    def on(self) -> bool:
        """Whether a switch is on."""
        return bool(self.values) and self.values[-1] in _TRUE

    @property
    def value(self) -> str:
        """The value that counts; of a list the last."""
        return self.values[-1] if self.values else ""

    @property
    def items(self) -> frozenset[str]:
        """The values of a list, also those that commas separate."""
        return frozenset(part.strip() for value in self.values for part in value.split(","))


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of K3s or RKE2 on a node.

    ``program`` is ``k3s`` or ``rke2``, ``role`` ``server`` or ``agent``, ``version`` that of its kubelet as (major, minor, patch), empty
    where it is not known, ``process`` the record of its process, ``None`` where that was not collected. ``read`` says whether its
    settings could be read at all, ``variables`` whether variables are set of which it is not known what they set.
    """

    node: str
    program: str
    role: str
    version: tuple[int, ...]
    process: Record | None
    settings: Mapping[str, Setting] = field(hash=False)
    read: bool
    variables: bool
    closed: bool = False
    """There is configuration that could not be read: what nothing says is then not known, and no default."""

    def get(self, name: str) -> Setting | None:
        """A setting by its name without dashes."""
        return self.settings.get(name)

    def on(self, name: str) -> Setting | None:
        """A switch that is on, else ``None``."""
        found = self.settings.get(name)
        return found if found is not None and found.on else None

    def open(self, name: str) -> bool:
        """Whether a setting that was not found may have been set by a variable all the same."""
        return name in _VARIABLES and name not in self.settings and self.variables


@lru_cache(maxsize=4)
def all_settings(cluster: Cluster) -> Mapping[str, Settings]:
    """The settings of K3s or RKE2 by node. A node that runs neither has none."""
    files = by_node(cluster, "HostFile")
    units = by_node(cluster, "HostUnit")
    processes = by_node(cluster, "HostProcess")
    roles = {entry.node: entry.roles for entry in distribution(cluster).roles}
    names = {node.name for node in cluster.nodes()} | set(files) | set(units) | set(processes)
    found = (
        _of_node(cluster, name, files.get(name, ()), units.get(name, ()), processes.get(name, ()), roles.get(name, ()))
        for name in sorted(names)
    )
    return MappingProxyType({one.node: one for one in found if one is not None})


def version_of(cluster: Cluster, node: str) -> tuple[int, ...]:
    """The version of a node's kubelet as (major, minor, patch); empty where the API did not tell."""
    record = cluster.snapshot.get(f"core/Node/-/{node}")
    return parsed_version(text(record.body, "status", "nodeInfo", "kubeletVersion")) if record is not None else ()


def arguments(given: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The settings in a command line, in the order in which they stand there; a switch without a value is ``true``.

    >>> list(arguments(["--disable", "traefik", "--disable=servicelb", "--docker", "-s", "https://a"]))
    [('disable', 'traefik'), ('disable', 'servicelb'), ('docker', 'true'), ('server', 'https://a')]
    """
    for index, word in enumerate(given):
        if not word.startswith("-") or word == "-":
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if not equals:
            after = given[index + 1] if index + 1 < len(given) else ""
            value = after if after and not after.startswith("-") else "true"
        yield _SHORT.get(name, name), value


@lru_cache(maxsize=32)
def by_node(cluster: Cluster, kind: str) -> Mapping[str, tuple[Record, ...]]:
    """The records of a kind of a node's things (``HostProcess``, ``EngineContainer``), by node."""
    found: dict[str, list[Record]] = {}
    for record in cluster.snapshot.by_kind(kind):
        found.setdefault(record.namespace or "", []).append(record)
    return MappingProxyType({node: tuple(records) for node, records in found.items()})


def _of_node(
    cluster: Cluster, node: str, files: Sequence[Record], units: Sequence[Record], processes: Sequence[Record], roles: Sequence[str],
) -> Settings | None:  # fmt: skip
    record = cluster.snapshot.get(f"core/Node/-/{node}")
    process = next((one for one in processes if _started(words(one.body, "args"))[1]), None)
    unit = next((one for one in units if _unit_role(one)[0] and _enabled(one)), None)
    noted = _noted(record)
    if process is not None:
        program, role, given = _started(words(process.body, "args"))
    elif noted is not None:
        program, role, given = noted.program, noted.role, ()
    elif unit is not None:
        program, role, given = *_unit_role(unit), ()
    elif cluster.distribution in SUPERVISORS and roles:
        program, given = str(cluster.distribution), ()
        role = SERVER if _SERVER_ROLES & set(roles) else AGENT
    else:
        return None
    unit = next((one for one in units if _unit_role(one) == (program, role)), None)
    merged = dict(_from_files(program, files))
    where = place_of(process) if process is not None else None
    if not given and unit is not None:
        given, where = _unit_arguments(unit), Place(Message("unit {name}", name=unit.name), "ExecStart", unit.id)
    if given and where is not None:
        _merge(merged, given, Evidence.FLAG, where)
    # A process that hides its arguments says nothing of its settings, and files alone do not tell which arguments there are.
    read = bool(given) or unit is not None
    closed = noted is None and _files_closed(cluster, node)
    read = read and not closed
    variables = unit is not None and _sets_variables(unit, files)
    if noted is not None and (noted.program, noted.role) == (program, role):
        merged = _as_noted(merged, noted)
        read, variables = True, variables and not noted.environment
    return Settings(
        node, program, role, version_of(cluster, node), process, MappingProxyType(merged), read, variables, closed
    )


def _files_closed(cluster: Cluster, node: str) -> bool:
    """Whether there is configuration on a node that the account could not read: then defaults are no more than guesses."""
    unparsed = any(text(record.body, "unparsed") for record in by_node(cluster, "HostFile").get(node, ()))
    return unparsed or any(
        scope.result in (Result.PARTIAL, Result.FORBIDDEN, Result.FAILED)
        for capture in cluster.header.captures
        if capture.source == "host" and capture.node == node
        for scope in capture.scopes
        if scope.name == "host/configuration"
    )


# -- command lines ----------------------------------------------------------------------------------------------------


def _started(args: Sequence[str]) -> tuple[str, str, tuple[str, ...]]:
    """The program and the role that a command line starts, with the arguments after them; empty if it starts none of both."""
    for index, word in enumerate(args[:2]):
        program = PurePosixPath(word).name
        if program in SUPERVISORS:
            # A general option may stand before the command (k3s --debug server).
            following = next((at for at in range(index + 1, len(args)) if not args[at].startswith("-")), len(args))
            if following < len(args) and args[following] in (SERVER, AGENT):
                return program, args[following], tuple(args[following + 1 :])
        name, dash, role = program.partition("-")
        if name in SUPERVISORS and dash and role in (SERVER, AGENT):
            return name, role, tuple(args[index + 1 :])
    return "", "", ()


def _unit_role(unit: Record) -> tuple[str, str]:
    """The program and the role that a unit starts; empty if it starts none of both."""
    found = (_started(command) for command in _commands(unit))
    return next(((program, role) for program, role, _rest in found if program), ("", ""))


def _enabled(unit: Record) -> bool:
    """Whether a unit is started with the node. RKE2 installs those of server and agent on each node, and one of them is enabled."""
    return at(unit.body, "masked") is not True and bool(words(unit.body, "wantedBy"))


def _unit_arguments(unit: Record) -> tuple[str, ...]:
    return next((found[2] for command in _commands(unit) if (found := _started(command))[1]), ())


def _commands(unit: Record) -> Iterator[tuple[str, ...]]:
    """The commands of a unit without the signs that systemd has before a program (systemd.service(5))."""
    commands = unit.body.get("commands")
    for command in commands if isinstance(commands, list | tuple) else ():
        found = [word for word in command if isinstance(word, str)] if isinstance(command, list | tuple) else []
        if found:
            yield (found[0].lstrip("-@:+!"), *found[1:])


def _sets_variables(unit: Record, files: Sequence[Record]) -> bool:
    """Whether a unit sets variables: in its own lines, or in a file that has something in it."""
    if number(unit.body, "environmentLines"):
        return True
    sizes = {one.name: number(one.body, "size") for one in files}
    stem = unit.name.rpartition(".")[0]
    named = (
        path.lstrip("-").replace("%N", stem).replace("%n", unit.name) for path in words(unit.body, "environmentFiles")
    )
    return any(sizes.get(path, 0) for path in named)


# -- files ------------------------------------------------------------------------------------------------------------


def _is_configuration(program: str, path: str) -> bool:
    base = f"/etc/rancher/{program}/config.yaml"
    return path == base or path.startswith(f"{base}.d/")


def _from_files(program: str, files: Sequence[Record]) -> Iterator[tuple[str, Setting]]:
    values: dict[str, Setting] = {}
    for record in sorted((one for one in files if _is_configuration(program, one.name)), key=lambda one: one.name):
        for key, value in mapping(record.body, "content").items():
            name = _SHORT.get(key.removesuffix("+"), key.removesuffix("+"))
            given = tuple(_said(item) for item in value) if isinstance(value, list | tuple) else (_said(value),)
            before = values.get(name)
            if key.endswith("+") and before is not None:
                given = (*before.values, *given)
            values[name] = Setting(
                name, given, Evidence.FILE, Place(Message("file {name}", name=record.name), name, record.id)
            )
    yield from values.items()


def _said(value: Any) -> str:
    """A value of a file as an argument has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _merge(merged: dict[str, Setting], given: Sequence[str], evidence: Evidence, where: Place) -> None:
    """Let arguments come after what is there."""
    fresh: dict[str, tuple[str, ...]] = {}
    for name, value in arguments(given):
        fresh[name] = (*fresh.get(name, ()), value) if name in LISTS else (value,)
    for name, values in fresh.items():
        before = merged.get(name)
        known = before.values if before is not None and name in LISTS else ()
        merged[name] = Setting(name, (*known, *values), evidence, where.at(f"--{name}"))


# -- what the node has noted ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Noted:
    program: str
    role: str
    settings: Mapping[str, Setting]
    environment: bool


def _noted(record: Record | None) -> _Noted | None:
    annotations = mapping(record.body, "metadata", "annotations") if record is not None else {}
    for program in SUPERVISORS:
        given = _list(text(annotations, f"{program}.io/node-args"))
        if record is None or not given or given[0] not in (SERVER, AGENT):
            continue
        where = place_of(record, Message("annotation {name}", name=f"{program}.io/node-args"))
        words_: dict[str, Setting] = {}
        _merge(words_, given[1:], Evidence.NODE, where)
        settings = {name: replace(one, where=where.below(f"--{name}")) for name, one in words_.items()}
        environment = _object(text(annotations, f"{program}.io/node-env"))
        for name, end in _VARIABLES.items():
            variable = f"{program.upper()}_{end}"
            if environment is not None and environment.get(variable) and name not in settings:
                where_set = place_of(record, Message("annotation {name}", name=f"{program}.io/node-env")).below(
                    variable
                )
                settings[name] = Setting(name, (str(environment[variable]),), Evidence.NODE, where_set)
        return _Noted(program, given[0], settings, environment is not None)
    return None


def _as_noted(merged: Mapping[str, Setting], noted: _Noted) -> dict[str, Setting]:
    """What the node noted when it was started, which is what counts, each with the file or the argument that says the same."""
    return {
        name: merged[name] if name in merged and merged[name].values == one.values else one
        for name, one in noted.settings.items()
    }


def _list(value: str) -> list[str]:
    found = _parsed(value)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _object(value: str) -> dict[str, Any] | None:
    found = _parsed(value)
    return found if isinstance(found, dict) else None


def _parsed(value: str) -> Any:
    try:
        return json.loads(value) if value else None
    except (ValueError, RecursionError):
        return None


def hidden(setting: Setting) -> bool:
    """Whether a part of a setting was hidden when it was collected."""
    return any(HIDDEN_RE.search(value) or value == "********" for value in setting.values)
