"""What is kept of a verbose answer: the parts that :file:`kept.yaml` lists, each with its reason, and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import orjson

from rkedoc.resources import load_yaml


def kept(info: Mapping[str, Any] | None, what: Literal["container", "sandbox", "image"]) -> dict[str, Any]:
    """The parts of ``info`` that are kept, in the form of ``docker inspect``. Empty for what a runtime does not tell, or tells in
    a form that is not JSON: nothing is known then, which is something else than nothing there."""
    told = _decoded(info)
    found: dict[str, Any] = {}
    for rule in _rules(what) if told else ():
        if rule.unless and rule.unless in told:
            continue
        value = _at(told, rule.source)
        shown = None if value is None else rule.form(value)
        if shown is not None:
            _put(found, rule.target, shown)
    return found


def was_told(info: Mapping[str, Any] | None) -> bool:
    """Whether a runtime told anything of its own form at all."""
    return bool(_decoded(info))


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line of :file:`kept.yaml`: from where to where, in which form, and which part makes it void."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    form: Callable[[Any], Any]
    unless: str


@cache
def _rules(what: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(tuple(rule["from"].split(".")), tuple(rule["to"].split(".")), _FORMS[rule["as"]], rule.get("unless", ""))
        for rule in load_yaml("collect", "cri", "kept.yaml")[what]
    )


def _decoded(info: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a runtime told: JSON in a text, or that JSON itself, as which crictl prints it (cri-tools v1.36, outputStatusData)."""
    text = (info or {}).get("info")
    if isinstance(text, Mapping):
        return text
    if not isinstance(text, str):
        return {}
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _at(told: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    node: Any = told
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return node


def _put(found: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        found = found.setdefault(part, {})
    found.setdefault(path[-1], value)


def _words(value: Any) -> list[str] | None:
    return [word for word in value if isinstance(word, str)] or None if isinstance(value, list) else None


def _env(value: Any) -> list[str] | None:
    if not isinstance(value, list):
        return None
    pairs = (entry for entry in value if isinstance(entry, dict) and isinstance(entry.get("key"), str))
    return [f"{entry['key']}={_text(entry.get('value')) or ''}" for entry in pairs] or None


def _ports(value: Any) -> dict[str, list[dict[str, str]]] | None:
    """Port mappings of a sandbox as Docker's bindings; a protocol is a number (cri-api v0.31, Protocol)."""
    if not isinstance(value, list):
        return None
    found: dict[str, list[dict[str, str]]] = {}
    for entry in value:
        if not isinstance(entry, dict) or not isinstance(entry.get("host_port"), int) or entry["host_port"] == 0:
            continue
        protocol = {0: "tcp", 1: "udp", 2: "sctp"}.get(entry.get("protocol", 0), "tcp")
        bindings = found.setdefault(f"{entry.get('container_port', 0)}/{protocol}", [])
        bindings.append({"HostIp": _text(entry.get("host_ip")) or "", "HostPort": str(entry["host_port"])})
    return found or None


def _namespace(value: Any) -> str | None:
    """A NamespaceMode (cri-api v0.31: POD 0, CONTAINER 1, NODE 2, TARGET 3), told only where it is the host's."""
    return "host" if value in (2, "NODE") else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> int | None:
    """Zero stands for what nobody set, as in every answer of protobuf."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value else None


def _number_text(value: Any) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)


def _map(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) and value else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "words": _words, "env": _env, "text": _text, "number": _number, "number-text": _number_text, "flag": _flag,
    "namespace": _namespace, "ports": _ports, "map": _map,
}  # fmt: skip
