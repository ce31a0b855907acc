"""Which values of ConfigMaps are shown."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, cast

from rkedoc.resources import load_yaml

_DATA: dict[str, Any] = cast("dict[str, Any]", load_yaml("redact", "configmaps.yaml"))
_NEVER = frozenset(_DATA["never"])


def shown_keys(namespace: str, name: str) -> frozenset[str]:
    """The keys of a ConfigMap whose values may be shown once they have passed the rules; ``*`` stands for all."""
    for entry in _DATA["shown"]:
        if entry["namespace"] == namespace and fnmatchcase(name, entry["name"]):
            return frozenset(entry["keys"])
    return frozenset()


def is_shown(keys: frozenset[str], key: str) -> bool:
    """Whether the value of ``key`` may be shown, given what :func:`shown_keys` says of its ConfigMap."""
    return key not in _NEVER and (key in keys or "*" in keys)
