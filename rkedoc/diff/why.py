"""Why a field is compared or not: every rule that is for it, with its reason and its source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rkedoc.diff.rules import FieldRule, Route, fits, load_rules
from rkedoc.errors import UsageError
from rkedoc.i18n import _
from rkedoc.printable import printable
from rkedoc.resources import load_yaml

_PART = re.compile(r'\["([^"\]]*)"\]|\[([^\]]*)\]|([^.\[]+)')
_FREE = ("annotations", "labels", "data", "binaryData", "matchLabels", "nodeSelector")
"""Fields whose keys may hold dots: what follows is one key."""


def explained(text: str, profile: Path | None = None) -> str:
    """Every rule for ``[KIND:]PATH``, the last of which counts, and what follows from them.

    Raises :class:`~rkedoc.errors.UsageError` for a path without a key.
    """
    kind, path = _parsed(text)
    rules = load_rules(profile)
    split = [rule for rule in load_yaml("snapshot", "fields.yaml")["rules"] if rule["path"]]
    found = [
        _split_line(rule) for rule in split if _is_for(kind, rule.get("kinds")) and _covers(tuple(rule["path"]), path)
    ]
    kinds = sorted({k for rule in rules.rules for k in rule.kinds if _is_kind(kind, k)}) or [kind or "*/*"]
    found += [line for rule in rules.rules if rule.path and (line := _line(rule, kind, path))]
    for of, route, values in rules.defaults:
        if (of == "any" or _is_for(kind, [of])) and fits(route, path):
            found.append(
                f"default: {', '.join(map(repr, values))} means the same as nothing ({of}; rkedoc/diff/rules.yaml)"
            )
    if any(fits(route, path) for route in rules.empty):
        found.append("empty: an empty value means the same as nothing (rkedoc/diff/rules.yaml)")
    found.append(
        _("Of several rules, the last one counts.") if found else _("No rule is for it: it is intent, and compared.")
    )
    wholes = [line for rule in rules.rules if not rule.path and (line := _line(rule, kind, path))]
    weight = rules.weight(kinds[0], path)
    return "".join(
        f"{printable(line)}\n"
        for line in (
            text,
            *(f"  {line}" for line in (*wholes, *found)),
            "  " + _("A change of it weighs as: {weight}").format(weight=weight),
        )
    )


def _parsed(text: str) -> tuple[str, Route]:
    kind, colon, rest = text.partition(":")
    if not colon or "." in kind and "/" not in kind:
        kind, rest = "", text
    keys: list[str] = []
    position = 0
    while position < len(rest):
        if keys and keys[-1] in _FREE and rest[position] == ".":
            keys.append(rest[position + 1 :])
            break
        if rest[position] == ".":
            position += 1
            continue
        match = _PART.match(rest, position)
        if match is None:
            raise UsageError("this is no path: write it as spec.template.spec.containers[].image")
        keys.append(match[1] if match[1] is not None else "[]" if match[2] is not None else match[3])
        position = match.end()
    if not keys:
        raise UsageError("the path is empty: write it as Service:spec.clusterIP")
    return kind, tuple(keys)


def _is_kind(wanted: str, kind: str) -> bool:
    return wanted.lower() in (kind.lower(), kind.rpartition("/")[2].lower())


def _is_for(wanted: str, kinds: Any) -> bool:
    return not kinds or not wanted or any(_is_kind(wanted, kind) for kind in kinds)


def _covers(pattern: Route, path: Route) -> bool:
    """Whether a rule is for the path, or for something above it."""
    return any(fits(pattern, path[:end]) for end in range(1, len(path) + 1))


def _split_line(rule: Mapping[str, Any]) -> str:
    when = f" where {rule['when']}" if "when" in rule else ""
    return _shown(
        rule["class"] + when, rule["reason"], rule.get("source", ""), rule.get("kinds"), "rkedoc/snapshot/fields.yaml"
    )


def _line(rule: FieldRule, kind: str, path: Route) -> str:
    if not _is_for(kind, rule.kinds) or (not rule.path and not kind):
        return ""
    if rule.path and not _covers(rule.path, path):
        return ""
    narrowed = [f"name {rule.name}"] if rule.name else []
    if rule.where is not None:
        narrowed.append(f"{'.'.join(rule.where[0])} {rule.where[1]}")
    narrowed += [f"{key} {value}" for key, value in rule.element]
    title = rule.name_of_class + ("" if rule.path else ", the whole object")
    if narrowed:
        title += f" where {', '.join(narrowed)}"
    if rule.key:
        title += f" by {', '.join('.'.join(key) for key in rule.key)}"
    return _shown(title, rule.reason, rule.source, sorted(rule.kinds), rule.origin)


def _shown(title: str, reason: str, source: str, kinds: Any, origin: str) -> str:
    of = f" [{', '.join(kinds)}]" if kinds else ""
    where = f"{origin}; {source}" if source else origin
    return f"{title}{of}: {reason} ({where})"
