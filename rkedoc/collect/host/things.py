"""From what was read of a host to things on their way to a record: pure functions, everything still in clear.

A thing has a name that survives a restart where somebody decided that it be there (a unit, a file, a program of the platform), and
its number otherwise. Of a process that is not the platform's no argument is kept.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from rkedoc.collect.host.files import HostFile, Kernel, Machine, Mounts, Spaces
from rkedoc.collect.host.listeners import Listener
from rkedoc.collect.host.processes import Process
from rkedoc.collect.host.units import Unit
from rkedoc.resources import load_yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_COUNTED: Final = frozenset({"net.netfilter.nf_conntrack_count", "fs.file-nr"})
"""Settings of the kernel that are counts of what is in use."""

_MODULES: Final = frozenset({
    "br_netfilter", "overlay", "nf_conntrack", "ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "ip_tables", "ip6_tables", "nf_tables",
    "iptable_nat", "iptable_filter", "xt_comment", "vxlan", "wireguard", "ipip", "bridge", "veth", "ip_set", "xt_set", "rbd", "iscsi_tcp",
    "dm_multipath", "nbd", "nfs",
})  # fmt: skip
"""The modules that networks, volumes and runtimes of Kubernetes use; of others nothing is kept."""

_MOST_YAML: Final = 1 << 20
_SHIM_ID: Final = "-id"


@dataclass(frozen=True, slots=True)
class HostThing:
    """One thing of a host. ``kind`` is that of its record, ``intent`` what somebody decided, ``observed`` the rest; in clear."""

    kind: str
    name: str
    intent: Mapping[str, Any]
    observed: Mapping[str, Any]


def machine_thing(machine: Machine, kernel: Kernel, mounts: Mounts, spaces: Spaces) -> HostThing:
    """The machine with its operating system, the kernel's settings, the mounts and the file systems that matter."""
    release = dict(machine.os_release)
    intent = {
        "os": {
            key: release[name]
            for key, name in (("name", "PRETTY_NAME"), ("id", "ID"), ("version", "VERSION_ID"))
            if name in release
        },
        "sysctls": {name: value for name, value in kernel.sysctls if name not in _COUNTED},
    }
    observed = {
        "booted": machine.booted,
        "processors": machine.processors or 0,
        "memory": machine.memory or 0,
        "counts": {name: value for name, value in kernel.sysctls if name in _COUNTED},
        "modules": sorted(_MODULES & set(kernel.modules)),
        "filesystems": sorted(kernel.filesystems),
        "mounts": [
            {"device": one.device, "path": one.path, "type": one.type, "readOnly": "ro" in one.options}
            for one in mounts.mounts
        ],
        "otherMounts": mounts.others,
        "space": [{"path": path, "size": space.size, "free": space.free} for path, space in spaces.spaces],
    }
    return HostThing("Host", "host", intent, observed)


def process_things(processes: Iterable[Process], *, own: frozenset[int]) -> Iterator[HostThing]:
    """Every process once. ``own`` are those of the collector itself."""
    taken: Counter[str] = Counter()
    for process in sorted(processes, key=lambda one: (one.started, one.pid)):
        yield _process(process, taken, own=process.pid in own)


def program_of(process: Process) -> str:
    """The name of a process's program: that of its file, or what it calls itself; of a thread of the kernel its name."""
    if process.kernel:
        return process.comm
    first = process.argv[0] if process.argv else ""
    # Some rewrite their command line into a sentence ("nginx: master process"); k3s calls itself "/usr/local/bin/k3s server" so.
    word = PurePosixPath(first.split(" ")[0].rstrip(":")).name
    file = PurePosixPath(process.exe.removesuffix(" (deleted)")).name if process.exe else ""
    if not file or (file in _SEVERAL and word in programs()):
        return word or process.comm
    # A program without a file of its own has nothing but the name that it gave itself; of any other the file counts.
    return process.comm if file.startswith("memfd:") else file


_SEVERAL: Final = frozenset({"k3s", "rke2", "hyperkube", "kubelite", "busybox"})
"""Files that are several programs, and are called by the name of one."""

_SUPERVISORS: Final = frozenset({"k3s", "rke2"})


@cache
def programs() -> frozenset[str]:
    """The programs of the platform, whose arguments are kept."""
    return frozenset(name for names in load_yaml("collect", "host", "programs.yaml").values() for name in names)


def _process(process: Process, taken: Counter[str], *, own: bool) -> HostThing:
    program = program_of(process)
    place = process.container
    platform = not process.kernel and (place is None or place.monitor) and program in programs()
    args = _arguments(process) if platform else ()
    observed: dict[str, Any] = {
        "pid": process.pid,
        "ppid": process.ppid,
        "started": process.started,
        "state": process.state,
        "comm": process.comm,
        "program": program,
        "threads": process.threads,
        "uid": -1 if process.uid is None else process.uid,
        "unit": process.unit or "",
        "kernel": process.kernel,
        "collector": own,
        "unread": sorted({f"exe:{process.exe_unread}"} if process.exe_unread not in (None, "absent") else ()),
    }
    if place is None and process.unit is None and not process.kernel:
        # A runtime may call a control group as it likes: what it is of may be told by what the runtime says of its containers.
        group = next((path for path in process.cgroups if path.strip("/")), "")
        observed |= {"cgroup": group} if group else {}
    if place is not None:
        observed["container"] = {
            "id": place.id,
            "runtime": place.make,
            "podUid": place.pod_uid,
            "monitor": place.monitor,
        }
    if not platform:
        return HostThing("HostProcess", f"{process.pid}", {}, observed)
    shim = _shim_of(args)
    if shim is not None:
        # A shim comes and goes with its container, which has a record of its own.
        return HostThing("HostProcess", f"{process.pid}", {}, {**observed, "args": _without_id(args), "shim": shim})
    taken[program] += 1
    name = program if taken[program] == 1 else f"{program}~{taken[program]}"
    exe = (process.exe or "").removesuffix(" (deleted)")
    return HostThing("HostProcess", name, {"args": list(args), "exe": exe}, observed)


def _arguments(process: Process) -> tuple[str, ...]:
    """The words of a command line; of one that was rewritten into a sentence those of the sentence."""
    words = process.argv
    found = tuple(words[0].split()) if len(words) == 1 else words
    if found and PurePosixPath(found[0]).name in _SUPERVISORS and found[1:2] not in (("server",), ("agent",)):
        return found[:2]  # k3s kubectl, crictl, token: somebody at work, whose words are nobody else's
    return found


def _without_id(args: tuple[str, ...]) -> list[str]:
    """A shim's words without the id that is told beside them."""
    at = args.index(_SHIM_ID)
    return [*args[:at], *args[at + 2 :]]


def _shim_of(args: tuple[str, ...]) -> dict[str, str] | None:
    """The container or sandbox that a shim watches over, with its namespace; ``None`` for what is no shim, or does not say it.

    Source: containerd/containerd v2.0, pkg/shim/shim.go, parseFlags: ``-id`` and ``-namespace``.
    """
    if not args or "containerd-shim" not in args[0] or _SHIM_ID not in args[:-1]:
        return None
    found = {args[at]: args[at + 1] for at in range(len(args) - 1) if args[at] in (_SHIM_ID, "-namespace")}
    return {"id": found[_SHIM_ID], "namespace": found.get("-namespace", "")}


def listener_things(listeners: Iterable[Listener], names: Mapping[int, str]) -> Iterator[HostThing]:
    """Who listens where: one thing an address and port, with all processes that hold it. ``names`` are those of the processes' records."""
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(listeners, key=lambda each: (each.table, each.address, each.port, each.inode)):
        protocol = one.table.removesuffix("6")
        address = f"[{one.address}]" if ":" in one.address else one.address
        entry = found.setdefault(
            f"{protocol}:{address}:{one.port}",
            {
                "protocol": protocol,
                "address": one.address,
                "port": one.port,
                "uid": one.uid,
                "processes": [],
                "unread": "",
            },
        )
        entry["processes"] = sorted({*entry["processes"], *(names[pid] for pid in one.owners if pid in names)})
        entry["unread"] = entry["unread"] or (one.owner_unread or "")
    for name, observed in found.items():
        yield HostThing("HostListener", name, {}, observed)


def unit_thing(unit: Unit) -> HostThing:
    """A unit of the platform, as its files say."""
    return HostThing(
        "HostUnit",
        unit.name,
        {
            "path": unit.path, "description": unit.description, "commands": [_command(command) for command in unit.commands],
            "environmentFiles": list(unit.environment_files), "environmentLines": unit.environment_lines,
            "dropIns": list(unit.drop_ins), "wantedBy": list(unit.wanted_by), "masked": unit.masked,
        },
        {},
    )  # fmt: skip


def _command(line: str) -> list[str]:
    """The words of a command in a unit, without the quotes around them (systemd.service(5), Command lines): K3s' installer writes each
    argument in quotes."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.replace("'", " ").replace('"', " ").split()


def file_thing(file: HostFile) -> HostThing:
    """A file of the node: what it says, where that is kept, and when it was written."""
    intent: dict[str, Any] = {"part": file.part, "of": sorted(file.of)}
    observed: dict[str, Any] = {}
    if file.facts is not None:
        observed |= {
            "size": file.facts.size,
            "modified": file.facts.modified,
            "mode": file.facts.mode,
            "uid": file.facts.uid,
        }
    if file.names is not None:
        intent["names"] = sorted(file.names)
    if file.certificates:
        observed["certificates"] = [asdict(one) | {"names": list(one.names)} for one in file.certificates]
    if file.text is not None:
        intent |= _content(file.path, file.text)
    if file.part in ("etcd-snapshots", "images") and file.text is None:
        return HostThing("HostFile", file.path, {}, {**intent, **observed})
    return HostThing("HostFile", file.path, intent, observed)


_FORMS: Final = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}


def _content(path: str, text: str) -> dict[str, Any]:
    """What a file says: as objects where it has a form, of which the rules know the fields, else as lines.

    Of a file that should have a form and cannot be read as such nothing is kept: rules for lines do not know which of its lines
    belong together.
    """
    form = _FORMS.get(PurePosixPath(path).suffix)
    if form is None and path.endswith(".conf"):
        form = "toml"
    if form is None:
        return {"lines": text.splitlines()}
    try:
        return {"content": _parsed(form, text)}
    except (yaml.YAMLError, ValueError, RecursionError, _TooMuch):
        return {"unparsed": form}


class _TooMuch(Exception):
    """Anchors make more of a file than is kept."""


def _parsed(form: str, text: str) -> Any:
    left = [_MOST_VALUES]
    if form == "json":
        return _plain(json.loads(text), left)
    if form == "toml":
        return _plain(tomllib.loads(text), left)
    if len(text) > _MOST_YAML:
        raise _TooMuch
    documents = [one for one in yaml.load_all(text, _Loader) if one is not None]
    return _plain(documents[0] if len(documents) == 1 else documents, left)


_MOST_VALUES: Final = 100_000


_SECRET_KEY: Final = re.compile(r"token|passw|secret|credential|auth", re.IGNORECASE)

_DEEPEST: Final = 60
"""What is nested deeper than configuration is, is not kept: no snapshot holds it."""


def _plain(value: Any, left: list[int], depth: int = 0) -> Any:
    """A value of YAML or TOML as JSON has it: keys are texts, times and the like are written out; ``left`` is how many may come yet."""
    left[0] -= 1
    if left[0] < 0 or depth > _DEEPEST:
        raise _TooMuch
    if isinstance(value, Mapping):
        return {str(key): _plain(_as_written(str(key), item), left, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item, left, depth + 1) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _as_written(key: str, value: Any) -> Any:
    """A token of digits alone is a number to YAML; it is the text that somebody wrote, and passes the rules as one."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number and _SECRET_KEY.search(key) else value
