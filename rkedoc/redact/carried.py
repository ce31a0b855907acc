"""Secrets and ConfigMaps that stand in other objects: as an object in a field, as a manifest in a text.

Operators, chart controllers and whoever copies namespaces carry whole objects in theirs: a ``Bundle`` of Fleet the manifests of an application,
a ``ManifestWork`` a list of objects, an ``ExternalSecret`` the template of a Secret. What is hidden in the object is hidden there too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from rkedoc.snapshot.record import HIDDEN_RE

CONTENT: Final = ("data", "stringData", "binaryData")
"""The fields of a Secret and of a ConfigMap in which the values lie."""

RULE: Final = "carried-content"

_KIND: Final = re.compile(
    r"""(?m)^[ \t-]*["']?kind["']?[ \t]*:[ \t]*["']?(?:ConfigMap|\w*Secret)["']?[ \t]*(?:#.*)?\r?$"""
)
_SEPARATOR: Final = re.compile(r"(?m)^(?=---)")
_BLOCK: Final = re.compile(
    r"""(?m)^(?P<k>(?P<i>[ \t]*)(?:-[ \t]+)?["']?(?:data|stringData|binaryData)["']?[ \t]*:)(?P<v>[^\n]*(?:\n(?:(?P=i)[ \t]+[^\n]*|[ \t]*(?=\n)))*)"""
)


def is_carrier(kind: object) -> bool:
    """Whether an object of this kind holds contents that anything may stand in: a ConfigMap, or a Secret of whatever maker."""
    return type(kind) is str and (kind == "ConfigMap" or kind.endswith("Secret"))


def held(node: Mapping[str, Any], of: str) -> bool:
    """Whether the field ``data`` of an object in a field is such content; ``of`` is the kind of the whole."""
    return "data" in node and (is_carrier(node.get("kind")) or of.endswith("Secret"))


def clean(text: str, mark: Callable[[str, str], str]) -> str:
    """A text with the contents of every such object hidden whose manifest, in YAML, stands in it."""
    if "kind" not in text or _KIND.search(text) is None:
        return text

    def hidden(found: re.Match[str]) -> str:
        value = found["v"].strip()
        if value in _EMPTY or HIDDEN_RE.fullmatch(value):
            return found.group()
        return f"{found['k']} {mark(RULE, value)}"

    parts = _SEPARATOR.split(text)
    return "".join(_BLOCK.sub(hidden, part) if _KIND.search(part) else part for part in parts)


_EMPTY: Final = frozenset(("", "{}", "null", "~"))
