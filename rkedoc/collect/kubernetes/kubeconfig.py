"""What a kubeconfig says of the context in use, looked at before the client library does: it tells a mistake by the name of an exception.

A kubeconfig is read as ``kubectl`` reads it: of several files the first that has a name decides, and a path is found from the folder of its file
(kubernetes/client-go, tools/clientcmd/loader.go). No value of a credential is ever told.
"""

from __future__ import annotations

import base64
import os
import shutil
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from rkedoc.errors import SourceUnavailable
from rkedoc.nearby import unknown
from rkedoc.printable import printable

_HINT = 400
"""Characters of a plugin's hint that are shown."""


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a kubeconfig gives a name: its content, and the file that it stands in."""

    content: Mapping[str, Any]
    file: Path


@dataclass(frozen=True, slots=True)
class KubeContext:
    """The context in use."""

    name: str
    cluster_name: str
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]
    file: Path

    @property
    def words(self) -> str:
        """Where the address and the credentials come from."""
        return f"context {self.name!r} of {self.file}"


@dataclass(slots=True)
class _Merged:
    files: tuple[Path, ...]
    current: str = ""
    named: dict[str, dict[str, Named]] = field(
        default_factory=lambda: {part: {} for part in ("clusters", "users", "contexts")}
    )


def read_context(files: Sequence[Path], context: str | None) -> KubeContext:
    """The context that was asked for, else the current one.

    Raises :class:`~rkedoc.errors.SourceUnavailable`, which names the file, the object in it and what to do.
    """
    merged = _merged(files)
    name = context or merged.current
    where = files[0]
    contexts = merged.named["contexts"]
    if not contexts:
        _refuse(where, "this kubeconfig holds no context: name another one with --kubeconfig")
    if not name:
        there = ", ".join(sorted(contexts))
        _refuse(where, f"it has no current context: choose one with --context. There are: {there}")
    if name not in contexts:
        _refuse(where, unknown("context", name, contexts))
    found = contexts[name]
    cluster = _of_context(merged, found, name, "cluster")
    user = _of_context(merged, found, name, "user") if found.content.get("user") else Named({}, found.file)
    if not isinstance(cluster.content.get("server"), str) or not cluster.content["server"]:
        _refuse(cluster.file, f"its cluster {str(found.content['cluster'])!r} has no server")
    _check_files(cluster, ("certificate-authority",))
    _check_files(user, ("client-certificate", "client-key", "tokenFile"))
    if cluster.content["server"].startswith("https:") and not cluster.content.get("insecure-skip-tls-verify"):
        _check_authority(cluster)
    return KubeContext(name, str(found.content["cluster"]), cluster.content, user.content, cluster.file)


def missing_plugin(user: Mapping[str, Any]) -> str:
    """What to say of a credential plugin that is not installed here, with the hint that the kubeconfig gives; empty if it is, or if none is named.

    A path with folders is left to whoever runs it.
    """
    plugin = user.get("exec")
    command = str(plugin.get("command") or "") if isinstance(plugin, Mapping) else ""
    if not isinstance(plugin, Mapping) or not command or os.sep in command or shutil.which(command):
        return ""
    hint = printable(" ".join(str(plugin.get("installHint") or "").split()))[:_HINT]
    return f"the credential plugin {command} is not on PATH" + (f"; the kubeconfig says of it: {hint}" if hint else "")


def _merged(files: Sequence[Path]) -> _Merged:
    merged = _Merged(tuple(files))
    for file in files:
        content = _content(file)
        merged.current = merged.current or str(content.get("current-context") or "")
        for part, named in merged.named.items():
            for name, one in _entries(file, content, part):
                named.setdefault(name, Named(one, file))
    return merged


def _content(file: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(file.read_bytes())
    except OSError as error:
        _refuse(file, f"it cannot be read: {error.strerror or type(error).__name__}")
    except yaml.MarkedYAMLError as error:
        # The library's own text shows the line, which may be that of a token.
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark is not None else ""
        _refuse(file, f"this is no YAML{line}")
    except (yaml.YAMLError, ValueError, RecursionError):
        _refuse(file, "this is no YAML")
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        _refuse(file, "this is no kubeconfig: it has no clusters, users and contexts")
    return content


def _entries(file: Path, content: Mapping[str, Any], part: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    listed = content.get(part) or []
    if not isinstance(listed, list):
        _refuse(file, f"its {part} are no list")
    kind = part[:-1]
    for place, one in enumerate(listed, start=1):
        if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
            _refuse(file, f"number {place} of its {part} has no name")
        inner = one.get(kind) or {}
        if not isinstance(inner, Mapping):
            _refuse(file, f"its {kind} {one['name']!r} has no settings")
        yield one["name"], inner


def _of_context(merged: _Merged, context: Named, name: str, kind: str) -> Named:
    wanted = str(context.content.get(kind) or "")
    known = merged.named[f"{kind}s"]
    if not wanted:
        _refuse(context.file, f"its context {name!r} names no {kind}")
    if wanted not in known:
        _refuse(
            context.file, f"its context {name!r} names a {kind} that it does not hold: {unknown(kind, wanted, known)}"
        )
    return known[wanted]


def _check_files(of: Named, keys: Sequence[str]) -> None:
    for key in keys:
        path = of.content.get(key)
        if path and not os.access(of.file.parent / str(path), os.R_OK):
            missing = "is not there" if not (of.file.parent / str(path)).exists() else "may not be read by this account"
            _refuse(of.file, f"its {key} {path} {missing}")


def _check_authority(cluster: Named) -> None:
    """Whether there are certificates in what is named as the authority; with none of it the system's are used."""
    data, path = cluster.content.get("certificate-authority-data"), cluster.content.get("certificate-authority")
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if data:  # on as many lines as whoever wrote it liked
            pem = base64.b64decode("".join(str(data).split()), validate=True)
            trust.load_verify_locations(cadata=pem.decode("ascii", "ignore"))
        elif path:
            trust.load_verify_locations(cafile=cluster.file.parent / str(path))
    except (ValueError, ssl.SSLError):
        which = "certificate-authority-data" if data else f"certificate-authority {path}"
        _refuse(cluster.file, f"its {which} holds no certificate in PEM{' and base64' if data else ''}")
    except OSError as error:
        _refuse(cluster.file, f"its certificate-authority {path} cannot be read: {error.strerror}")


def _refuse(file: Path, why: str) -> NoReturn:
    raise SourceUnavailable("kubernetes", str(file), why)
