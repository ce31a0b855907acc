"""The three forms of the objects. Each gives files by name, and says the same whenever it is asked the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from rkedoc import __version__
from rkedoc.deploy.objects import Object, api_objects, images, node_objects
from rkedoc.deploy.request import Request
from rkedoc.deploy.rights import Rights
from rkedoc.deploy.setting import Setting, plain, replaced, settings_in
from rkedoc.errors import UsageError

Files = Mapping[str, str]
"""The text of files, by their paths below a folder."""

_MARK = "SETTING=%d="
"""Stands for an expression while YAML is written. No name that is let through holds the sign ``=``."""


class _Dumper(yaml.SafeDumper):
    """Writes every value where it stands: an object that is applied is read by people, who know no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def parts(request: Request, rights: Rights | None) -> dict[str, list[Object]]:
    """The objects of each part that is asked for. ``rights`` is needed for that which reads the API."""
    found: dict[str, list[Object]] = {}
    if "api" in request.parts and rights is not None:
        found["api"] = api_objects(request, rights)
    if "nodes" in request.parts:
        found["nodes"] = node_objects(request)
    return found


def stream(objects: Mapping[str, Sequence[Object]]) -> str:
    """All objects as one stream of YAML, as ``kubectl apply -f -`` takes it."""
    head = f"# Printed by rkedoc deploy {__version__}. To take all of it away again: kubectl delete -f this file.\n"
    return head + _documents(plain(item) for group in objects.values() for item in group)


def image_list(objects: Mapping[str, Sequence[Object]]) -> str:
    """The images that the objects need, one a line: for a mirror, or for nodes that have no way to a registry."""
    return "".join(f"{name}\n" for name in images(plain(item) for group in objects.values() for item in group))


def kustomize(objects: Mapping[str, Sequence[Object]]) -> Files:
    """A Kustomize base: a file for each part."""
    files = {f"{part}.yaml": _documents(plain(item) for item in group) for part, group in objects.items()}
    base = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(files)}
    return {"kustomization.yaml": _document(base), **files}


def helm(objects: Mapping[str, Sequence[Object]]) -> Files:
    """A Helm chart whose objects, if no value is changed, are those of :func:`stream`.

    Raises :class:`~rkedoc.errors.UsageError` for objects in which Helm would take a name for a command of its own.
    """
    version = re.match(r"\d+\.\d+\.\d+", __version__)
    chart = {
        "apiVersion": "v2",
        "name": "rkedoc",
        "description": "Collects what runs in a cluster and on its nodes, for rkedoc",
        "type": "application",
        "version": version[0] if version else "0.0.0",
        "appVersion": __version__,
        "kubeVersion": ">=1.21.0-0",
    }
    everything = [setting for group in objects.values() for item in group for setting in settings_in(item)]
    templates = {f"templates/{part}.yaml": _template(group) for part, group in objects.items()}
    return {"Chart.yaml": _document(chart), "values.yaml": _values(everything), **templates}


def _template(objects: Sequence[Object]) -> str:
    """Objects with Helm's expressions at the places of settings. JSON is YAML, and quotes whatever a user gives."""
    expressions: list[str] = []

    def mark(setting: Setting) -> str:
        value = f".Values.{setting.name}"
        if setting.before:
            value = f"printf {json.dumps(setting.before + '%s')} {value}"
        expressions.append(f"{{{{ {value} | toJson }}}}")
        return _MARK % (len(expressions) - 1)

    text = _documents([replaced(item, mark) for item in objects])
    if "{{" in text:
        raise UsageError("a name holds {{, which Helm would take for a command: nothing is written")
    for number, expression in enumerate(expressions):
        text = text.replace(_MARK % number, expression)
    return text


def _values(settings: Iterable[Setting]) -> str:
    """The file of values: a sentence above each, those of a part below its name."""
    groups: dict[str, dict[str, Setting]] = {}
    for setting in settings:
        group, _dot, name = setting.name.rpartition(".")
        groups.setdefault(group, {}).setdefault(name, setting)
    lines: list[str] = []
    for group, members in sorted(groups.items()):
        indent = "  " if group else ""
        lines += [f"{group}:"] if group else []
        for name, setting in members.items():
            lines.append(f"{indent}# {setting.note}")
            lines += [f"{indent}{line}" for line in _document({name: setting.value}).splitlines()]
    return "\n".join(lines) + "\n"


def _documents(items: Iterable[Object]) -> str:
    return "".join(f"---\n{_document(item)}" for item in items)


def _document(item: Any) -> str:
    # The width is endless: a long text that is broken into lines is harder to read, and to compare.
    return yaml.dump(item, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=10**6)
