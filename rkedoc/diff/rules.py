"""The rules of a comparison: ``rules.yaml``, and what a profile adds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from rkedoc.errors import UsageError
from rkedoc.resources import load_yaml
from rkedoc.vocabulary import Weight

CLASSES = ("observed", "intent", "keyed", "set", "ordered", "arguments", "quantity")

_PARTS = ("rules", "defaults", "empty", "weights", "renames", "shown")
_RULE_KEYS = {
    "path",
    "kinds",
    "class",
    "reason",
    "source",
    "name",
    "where",
    "presence",
    "key",
    "sequence",
    "element",
    "value",
}

Route = tuple[str, ...]
"""The keys from an object's root to a field; ``[]`` stands for any element of a list."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One rule for one field, or, where ``path`` is empty, for whole objects."""

    path: Route
    kinds: frozenset[str]
    name_of_class: str
    reason: str
    source: str = ""
    origin: str = "rkedoc/diff/rules.yaml"
    name: str = ""
    where: tuple[Route, str] | None = None
    presence: bool = False
    key: tuple[Route, ...] = ()
    sequence: bool = False
    element: tuple[tuple[str, str], ...] = ()
    value: str = ""

    def fits(self, kind: str, path: Route) -> bool:
        """Whether the rule is for this field of this kind (``<group>/<Kind>``)."""
        return (not self.kinds or kind in self.kinds) and fits(self.path, path)


@dataclass(frozen=True, slots=True)
class Field:
    """All that the rules say about one field: ``observed`` or not, how its list is compared, what means nothing."""

    observed: bool = False
    shape: str = ""
    key: tuple[Route, ...] = ()
    sequence: bool = False
    defaults: tuple[Any, ...] = ()
    empty: bool = False
    elements: tuple[FieldRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Weigh:
    """Changes at ``path`` of ``kind`` weigh so much."""

    kind: str
    path: Route
    weight: Weight


@dataclass(frozen=True, slots=True)
class Rename:
    """A namespace that is known to have got another name."""

    old: str
    new: str
    reason: str


class Rules:
    """All rules in their order; of several for one field the last one counts."""

    def __init__(self, documents: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        self.rules: tuple[FieldRule, ...] = tuple(
            rule for origin, document in documents for rule in _rules(origin, document.get("rules", ()))
        )
        self.defaults = tuple(
            (kind, _route(path), tuple(values))
            for _origin, document in documents
            for kind, paths in document.get("defaults", {}).items()
            for path, values in paths.items()
        )
        self.empty = tuple(_route(path) for _origin, document in documents for path in document.get("empty", ()))
        self.weights = tuple(
            Weigh(item["kind"], _route(item["path"]), Weight(item["weight"]))
            for _origin, document in documents
            for item in document.get("weights", ())
        )
        self.renames = tuple(
            Rename(item["from"], item["to"], item.get("reason", ""))
            for _origin, document in documents
            for item in document.get("renames", ())
        )
        self.shown = tuple(
            (kind, _route(path))
            for _origin, document in documents
            for kind, paths in document.get("shown", {}).items()
            for path in paths
        )
        self.field = lru_cache(maxsize=65536)(self._field)
        self.weight = lru_cache(maxsize=65536)(self._weight)

    def _field(self, kind: str, path: Route) -> Field:
        observed, shape, sequence = False, "", False
        key: tuple[Route, ...] = ()
        for rule in self.rules:
            if not rule.path or rule.element or not rule.fits(kind, path):
                continue
            if rule.name_of_class in ("observed", "intent"):
                observed = rule.name_of_class == "observed"
            else:
                shape, key, sequence = rule.name_of_class, rule.key, rule.sequence
        return Field(
            observed, shape, key, sequence,
            tuple(v for of, route, vs in self.defaults if of in ("any", kind) and fits(route, path) for v in vs),
            any(fits(route, path) for route in self.empty),
            tuple(rule for rule in self.rules if rule.element and rule.fits(kind, (*path, "[]"))),
        )  # fmt: skip

    def _weight(self, kind: str, path: Route) -> Weight:
        """What a change at ``path``, or below one that is weighed, means."""
        found = Weight.CONFIGURATION
        for item in self.weights:
            if item.kind in ("*", kind) and any(fits(item.path, path[:end]) for end in range(len(path) + 1)):
                found = item.weight
        return found

    def tells(self, kind: str, path: Route) -> bool:
        """Whether a field is among those that tell most of an object that came or went."""
        return any(of in ("any", kind) and fits(route, path) for of, route in self.shown)

    @cached_property
    def wholes(self) -> Mapping[str, tuple[FieldRule, ...]]:
        """The rules for whole objects by kind."""
        found: dict[str, list[FieldRule]] = {}
        for rule in self.rules:
            for kind in rule.kinds if not rule.path else ():
                found.setdefault(kind, []).append(rule)
        return {kind: tuple(rules) for kind, rules in found.items()}

    @cached_property
    def recovered(self) -> Mapping[str, tuple[tuple[Route, str], ...]]:
        """By kind, the observed fields that are compared all the same, each with the values (a regular expression, empty for
        any) that are."""
        found: dict[str, list[tuple[Route, str]]] = {}
        for rule in self.rules:
            if rule.name_of_class == "intent" and rule.path:
                for kind in rule.kinds:
                    found.setdefault(kind, []).append((rule.path, rule.value))
        return {kind: tuple(paths) for kind, paths in found.items()}


def load_rules(profile: Path | None = None) -> Rules:
    """The rules that come with rkedoc, and those of a profile after them.

    Raises :class:`~rkedoc.errors.UsageError` if the profile cannot be read or says what is not understood.
    """
    return _built_in() if profile is None else Rules([*_documents(), (str(profile), _read_profile(profile))])


@cache
def _built_in() -> Rules:
    return Rules(_documents())


def _documents() -> list[tuple[str, Mapping[str, Any]]]:
    split = load_yaml("snapshot", "fields.yaml")["rules"]
    wholes = [_shared(rule) for rule in split if not rule["path"]]
    return [
        ("rkedoc/snapshot/fields.yaml", {"rules": wholes}),
        ("rkedoc/diff/rules.yaml", load_yaml("diff", "rules.yaml")),
    ]


def _shared(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**{key: value for key, value in rule.items() if key != "when"}, "class": "observed"}


def _read_profile(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or type(error).__name__}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise UsageError(f"{path}: this profile is not YAML") from None
    fault = _fault(content)
    if fault:
        raise UsageError(f"{path}: {fault}; see `rkedoc/diff/rules.yaml` for the shape")
    return content if isinstance(content, dict) else {}


def _fault(content: object) -> str:
    """What is wrong with a profile; empty if nothing is."""
    if content is None:
        return ""
    if not isinstance(content, dict) or not set(content) <= set(_PARTS):
        return f"a profile is a mapping of {', '.join(_PARTS)}"
    for part in ("rules", "empty", "weights", "renames"):
        if not isinstance(content.get(part, []), list):
            return f"{part} has to be a list"
    for number, rule in enumerate(content.get("rules", ()), 1):
        if not isinstance(rule, dict) or not set(rule) <= _RULE_KEYS:
            return f"rule {number}: it knows only {', '.join(sorted(_RULE_KEYS))}"
        if rule.get("class") not in CLASSES:
            return f"rule {number}: class has to be one of {', '.join(CLASSES)}"
        if not _texts(rule.get("path")):
            return f"rule {number}: path has to be a list of keys"
        if not _texts(rule.get("kinds", [])) or not _texts(rule.get("key", [])):
            return f"rule {number}: kinds and key have to be lists of texts"
        if not isinstance(rule.get("reason"), str) or not rule["reason"]:
            return f"rule {number}: it has to have a reason"
        if not rule["path"] and not rule.get("kinds"):
            return f"rule {number}: one for whole objects has to name their kinds"
        if rule["class"] == "intent" and not rule.get("kinds"):
            return f"rule {number}: one of class intent has to name its kinds"
        if rule["class"] == "keyed" and not rule.get("key"):
            return f"rule {number}: one of class keyed has to name its key"
        where, element = rule.get("where", {}), rule.get("element", {})
        if where and not (
            isinstance(where, dict) and _texts(where.get("path")) and isinstance(where.get("value"), str)
        ):
            return f"rule {number}: where has to have a path and a value"
        if not isinstance(element, dict):
            return f"rule {number}: element has to be a mapping"
        expressions = [rule.get("name", ""), rule.get("value", ""), where.get("value", ""), *element.values()]
        if not all(_expression(text) for text in expressions):
            return f"rule {number}: name, value, where and element have to be regular expressions"
    if not _mapping_of_mappings(content.get("defaults", {})):
        return "defaults have to be a mapping of kinds to paths to lists of values"
    shown = content.get("shown", {})
    if not isinstance(shown, dict) or not all(_texts(paths) for paths in shown.values()):
        return "shown has to be a mapping of kinds to lists of paths"
    if not _texts(content.get("empty", [])):
        return "empty has to be a list of paths"
    for item in content.get("weights", ()):
        if (
            not isinstance(item, dict)
            or item.get("weight") not in set(Weight)
            or not _texts([item.get("kind"), item.get("path")])
        ):
            return f"weights: each has kind, path and weight, which is one of {', '.join(Weight)}"
    for item in content.get("renames", ()):
        if not isinstance(item, dict) or not _texts([item.get("from"), item.get("to")]):
            return "renames: each has from and to"
    return ""


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _mapping_of_mappings(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(paths, dict) and all(isinstance(values, list) for values in paths.values())
        for paths in value.values()
    )


def _expression(text: object) -> bool:
    try:
        re.compile(str(text))
    except re.error:
        return False
    return True


def _rules(origin: str, rules: Iterable[Mapping[str, Any]]) -> Iterator[FieldRule]:
    for rule in rules:
        where = rule.get("where")
        yield FieldRule(
            path=tuple(rule["path"]), kinds=frozenset(rule.get("kinds") or ()), name_of_class=rule["class"],
            reason=rule["reason"], source=rule.get("source", ""), origin=origin, name=rule.get("name", ""),
            where=(tuple(where["path"]), where["value"]) if where else None, presence=bool(rule.get("presence")),
            key=tuple(_route(key) for key in rule.get("key", ())), sequence=bool(rule.get("sequence")),
            element=tuple((key, str(value)) for key, value in rule.get("element", {}).items()),
            value=str(rule.get("value", "")),
        )  # fmt: skip


def _route(text: str) -> Route:
    return tuple(text.split(".")) if text else ()


def fits(pattern: Route, path: Route) -> bool:
    """Whether ``path`` is what ``pattern`` says: ``*`` is any key, ``x*`` any that begins so, a leading ``**`` any keys."""
    if pattern[:1] == ("**",):
        rest = pattern[1:]
        return len(path) >= len(rest) and fits(rest, path[len(path) - len(rest) :])
    return len(pattern) == len(path) and all(
        want in (key, "*") or (want.endswith("*") and key.startswith(want[:-1]))
        for want, key in zip(pattern, path, strict=True)
    )
