"""Containers of an engine: of pods, where the pod's spec decides, and all others, where the rules do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rkedoc.redact.env import split_entry
from rkedoc.redact.podspecs import ContainerView, Shelter
from rkedoc.redact.walk import FieldPath, Walk

#: ``k8s_<container>_<pod>_<namespace>_<uid>_<attempt>``, which the kubelet gives where labels are missing.
_KUBELET_NAME = re.compile(r"/?k8s_(?P<container>[^_]+)_(?P<pod>[^_]+)_(?P<namespace>[^_]+)_(?P<uid>[^_]+)_\d+(?:_.*)?")
_PAUSE = ("/pause", "pause")


def _pod_of(inspect: Mapping[str, Any]) -> tuple[str, str] | None:
    """The pod's uid and the container's name, if a container belongs to a pod."""
    told = inspect.get("Pod")
    if isinstance(told, Mapping) and isinstance(told.get("uid"), str):
        return told["uid"], str(told.get("container") or "")
    config = inspect.get("Config")
    labels = (config.get("Labels") if isinstance(config, Mapping) else None) or inspect.get("Labels") or {}
    if isinstance(labels, Mapping) and isinstance(labels.get("io.kubernetes.pod.uid"), str):
        return labels["io.kubernetes.pod.uid"], str(labels.get("io.kubernetes.container.name") or "")
    names = inspect.get("Names")
    name = inspect.get("Name") or (names[0] if isinstance(names, list) and names else "")
    match = _KUBELET_NAME.fullmatch(name) if isinstance(name, str) else None
    return None if match is None else (match["uid"], match["container"])


def without_history(image: Mapping[str, Any]) -> dict[str, Any]:
    """An image without the commands that built it, which may hold build arguments."""
    return {key: value for key, value in image.items() if key not in ("History", "ContainerConfig", "Container")}


def container(inspect: Mapping[str, Any], shelter: Shelter, walk: Walk) -> dict[str, Any]:
    """A container in Docker's shape, redacted."""
    pod = _pod_of(inspect)
    if pod is None:
        return walk.mapping(inspect, None)
    uid, name = pod
    sandbox = name == "POD"
    view = None if sandbox else shelter.view(uid, name)
    return _sheltered(inspect, view, shelter, walk, sandbox=sandbox)


def _sheltered(
    inspect: Mapping[str, Any],
    view: ContainerView | None,
    shelter: Shelter,
    walk: Walk,
    *,
    sandbox: bool,
) -> dict[str, Any]:
    bare = {key: value for key, value in inspect.items() if key not in ("Path", "Args", "Command", "Config")}
    out = walk.mapping(bare, None)
    config = inspect.get("Config")
    if isinstance(config, Mapping):
        place: FieldPath = (None, "Config")
        shown = walk.mapping(
            {k: v for k, v in config.items() if k not in ("Env", "Cmd", "Entrypoint")},
            place,
        )
        if "Env" in config:
            shown["Env"] = _environment(config["Env"], view, shelter, walk, place)
        entrypoint, arguments = config.get("Entrypoint"), config.get("Cmd")
        if "Entrypoint" in config:
            shown["Entrypoint"] = _words(
                entrypoint,
                None if view is None else view.command,
                walk,
                (place, "Entrypoint"),
                sandbox=sandbox,
            )
        if "Cmd" in config:
            shown["Cmd"] = _words(
                arguments,
                None if view is None else view.args,
                walk,
                (place, "Cmd"),
                sandbox=sandbox,
            )
        out["Config"] = shown
    line = [inspect.get("Path"), *(inspect.get("Args") or [])] if "Path" in inspect else None
    if line is not None:
        known = [*(view.command or []), *(view.args or [])] if view is not None and view.command else None
        if view is not None and known is None and view.args and len(view.args) < len(line):
            head = line[: len(line) - len(view.args)]
            known = [
                *_words(head, None, walk, (None, "Path"), sandbox=sandbox),
                *view.args,
            ]
        words = _words(line, known, walk, (None, "Args"), sandbox=sandbox)
        out["Path"], out["Args"] = words[0], words[1:]
    if "Command" in inspect:
        command = inspect["Command"]
        out["Command"] = (
            command
            if sandbox and isinstance(command, str) and command.strip('"') in _PAUSE
            else walk.hide("sheltered-argument", command, (None, "Command"))
        )
    return out


def _environment(entries: Any, view: ContainerView | None, shelter: Shelter, walk: Walk, place: FieldPath) -> Any:
    if not isinstance(entries, list):
        return entries if entries is None else walk.hide("sheltered-environment", entries, place)
    out = []
    for entry in entries:
        if not isinstance(entry, str):
            out.append(walk.hide("sheltered-environment", entry, place))
            continue
        name, value = split_entry(entry)
        if value is None:
            out.append(walk.hide("entry-without-name", entry, place))
            continue
        shown = shelter.environment(view, name, value) if view is not None and value else value if not value else None
        label = walk.text(name, place)
        if shown is None:
            out.append(f"{label}={walk.hide('sheltered-environment', value, (place, name))}")
        else:
            # what the pod's spec shows has passed the rules; a Service's or a field's value passes them here
            walk.mark.at = (place, name)
            out.append(f"{label}={_again(name, shown, walk)}")
    return out


def _again(name: str, value: str, walk: Walk) -> str:
    done = walk.mapping({"name": name, "value": value}, None)
    return str(done["value"])


def _words(words: Any, known: list[Any] | None, walk: Walk, place: FieldPath, *, sandbox: bool) -> Any:
    if not isinstance(words, list):
        return words if words is None else walk.hide("sheltered-argument", words, place)
    if known is not None:
        return list(known)
    if sandbox and len(words) == 1 and words[0] in _PAUSE:
        return list(words)
    return [walk.hide("sheltered-argument", word, (place, index)) for index, word in enumerate(words)]
