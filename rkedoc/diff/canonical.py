"""Intent as it is compared: one canonical shape, in which everything that means the same looks the same.

Lists whose elements have an identity become mappings from that identity, written in brackets, to the element: what was
``containers: [{name: web, …}]`` is ``containers: {"[web]": {…}}``. So a difference has a place that survives reordering.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from rkedoc.diff.rules import Field, FieldRule, Route, Rules
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.snapshot.record import Record, canonical, is_row, without_fingerprints

Canonical = Mapping[str, Any]
"""A canonical intent: mappings, ordered lists, scalars."""

CERTIFICATE = "‹certificate›"
"""What stands for a certificate: it is renewed by itself."""

_NOTHING = object()
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----\s*")
_PACKED_PEM = re.compile(r"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t[A-Za-z0-9+/=]*")
_FLAG = re.compile(r"(--?[A-Za-z][^=\s]*)(?:=(.*))?\Z", re.DOTALL)
_QUANTITY = re.compile(r"([+-]?[0-9]*\.?[0-9]+)(?:([eE][+-]?[0-9]{1,3})|([numkMGTPE]|[KMGTPE]i)?)\Z")
_SUFFIX = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1), "k": Decimal(10**3),
    "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12), "P": Decimal(10**15), "E": Decimal(10**18),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40), "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}  # fmt: skip
_RKE_TOOLS = "/opt/rke-tools/"


class Viewer:
    """Makes views by a set of rules. ``comparable`` says whether both sides' fingerprints are of one key."""

    def __init__(self, rules: Rules, *, comparable: bool = False) -> None:
        self.rules = rules
        self._comparable = comparable

    def exists(self, record: Record) -> bool:
        """Whether somebody decided that the record be there: it was not made by a controller or by itself."""
        kind = kind_of(record)
        if is_row(record):
            return False
        if not record.intent and (record.owner is not None or kind.startswith(("engine/", "host/")) or _token(record)):
            return kind in self.rules.recovered
        return not self._observed_as_a_whole(record, kind)

    def counts(self, record: Record) -> bool:
        """Whether the record's coming and going is told. An object made with its namespace is compared, no more."""
        return not any(
            rule.presence and self._holds(rule, record) for rule in self.rules.wholes.get(kind_of(record), ())
        )

    def recovers_the_same(self, kind: str, old: Record, new: Record) -> bool:
        """Whether the observed fields that are compared all the same are the same in both."""
        return all(
            at(old.observed, path) == at(new.observed, path) for path, _values in self.rules.recovered.get(kind, ())
        )

    def view(self, record: Record) -> Canonical:
        """The canonical intent of a record."""
        kind = kind_of(record)
        intent = record.intent
        for path, values in self.rules.recovered.get(kind, ()):
            intent = _recovered(intent, record.observed, path, values)
        shown = self._map(kind, intent, (), sets=_is_rke(record))
        return shown if shown is not _NOTHING else {}

    def _observed_as_a_whole(self, record: Record, kind: str) -> bool:
        found = False
        for rule in self.rules.wholes.get(kind, ()):
            if not rule.presence and self._holds(rule, record):
                found = rule.name_of_class == "observed"
        return found

    def _holds(self, rule: FieldRule, record: Record) -> bool:
        if rule.name and not re.fullmatch(rule.name, record.name):
            return False
        if rule.where is None:
            return True
        value = at(record.body, rule.where[0])
        return value is not None and re.fullmatch(rule.where[1], _word(value), re.DOTALL) is not None

    def _map(self, kind: str, value: Mapping[str, Any], path: Route, *, sets: bool) -> Any:
        shown = {}
        for key, item in value.items():
            found = self._value(kind, item, (*path, key), sets=sets)
            if found is not _NOTHING:
                shown[key] = found
        return shown

    def _value(self, kind: str, value: Any, path: Route, *, sets: bool) -> Any:
        field = self.rules.field(kind, path)
        if field.observed or value is None:
            return _NOTHING
        if isinstance(value, Mapping):
            shown = self._map(kind, value, path, sets=sets)
        elif isinstance(value, list):
            shown = self._list(kind, value, path, field, sets=sets)
        elif isinstance(value, str):
            shown = self._text(value)
            if field.shape == "quantity":
                shown = quantity(shown)
        else:
            shown = quantity(str(value)) if field.shape == "quantity" and not isinstance(value, bool) else value
        if field.empty and shown in ({}, [], ""):
            return _NOTHING
        return _NOTHING if any(_same(shown, default) for default in field.defaults) else shown

    def _text(self, text: str) -> str:
        if not self._comparable:
            text = without_fingerprints(text)
        if "CERTIFICATE" in text:
            text = _PEM.sub(CERTIFICATE, text)
        return _PACKED_PEM.sub(CERTIFICATE, text) if "LS0tLS1CRUdJTiBDRVJU" in text else text

    def _list(self, kind: str, items: Sequence[Any], path: Route, field: Field, *, sets: bool) -> Any:
        inner = (*path, "[]")
        kept = [item for item in items if not any(_is_element(rule, item) for rule in field.elements)]
        shown = [self._value(kind, item, inner, sets=sets) for item in kept]
        shown = [None if item is _NOTHING else item for item in shown]
        if field.shape == "arguments":
            return arguments(shown, as_set=sets)
        if field.shape == "keyed" and all(isinstance(item, Mapping) for item in shown):
            pairs = [(_key(item, field.key), item) for item in shown]
            if not field.sequence and len({key for key, _item in pairs}) < len(pairs):
                # Of two with one key the order would tell them apart, and it means nothing.
                pairs.sort(key=lambda pair: (pair[0], _word(pair[1])))
            keyed = _numbered(pairs)
            if field.sequence and len(keyed) > 1:
                keyed["[order]"] = [key[1:-1] for key in keyed]
            return keyed
        if field.shape in ("keyed", "set"):
            return _as_set(shown)
        return shown


def kind_of(record: Record) -> str:
    """``<group>/<Kind>``, as rules name it."""
    return f"{record.group}/{record.kind}"


def arguments(words: Sequence[Any], *, as_set: bool = False) -> Any:
    """A command line: flags by their names, where nothing but flags follows the program.

    ``as_set`` says that the order of all words means nothing. What is neither stays the list that it is.
    """
    texts = [word if isinstance(word, str) else "" for word in words]
    first = next((n for n, word in enumerate(texts) if _FLAG.match(word)), len(texts))
    flags = _flags(texts[first:])
    if flags:
        shown: dict[str, Any] = {f"[{n}]": word for n, word in enumerate(texts[:first])}
        named: dict[str, list[str | bool]] = {}
        for name, value in flags:
            named.setdefault(name, []).append(value)
        for name, values in named.items():
            ordered = sorted(values, key=str) if as_set else values
            shown |= {f"[{name}]" if not n else f"[{name} #{n + 1}]": value for n, value in enumerate(ordered)}
        return shown
    return _as_set(texts) if as_set and texts else list(words)


def _flags(words: Sequence[str]) -> list[tuple[str, str | bool]]:
    """Flags with their values, ``--a=b`` or ``--a b``; none where other words stand among them, as in ``sh -c "…"``."""
    found: list[tuple[str, str | bool]] = []
    for word in words:
        flag = _FLAG.match(word)
        if flag is not None:
            found.append((flag[1], True if flag[2] is None else flag[2]))
        elif found and found[-1][1] is True and found[-1][0].startswith("--"):
            found[-1] = found[-1][0], word
        else:
            return []
    return found


def quantity(text: str) -> str:
    """One way to write a quantity of Kubernetes: ``0.5`` and ``500m`` are ``500m``; what is none stays as it is.

    >>> quantity("0.5"), quantity("1024Mi"), quantity("2e3")
    ('500m', '1Gi', '2k')
    """
    match = _QUANTITY.match(text)
    if match is None:
        return text
    try:
        value = Decimal(match[1] + (match[2] or "")) * _SUFFIX[match[3] or ""]
    except InvalidOperation:
        return text
    if value == 0:
        return "0"
    for suffix in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki") if value % 1024 == 0 else ():
        if value % _SUFFIX[suffix] == 0:
            return f"{value / _SUFFIX[suffix]:f}".partition(".")[0] + suffix
    for suffix in ("E", "P", "T", "G", "M", "k", "", "m", "u", "n"):
        if value % _SUFFIX[suffix] == 0:
            return f"{value / _SUFFIX[suffix]:f}".partition(".")[0] + suffix
    return text


def at(value: Any, path: Iterable[str]) -> Any:
    """What stands at ``path`` below a value; ``None`` if nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def autoscaled(record: Record) -> bool:
    """Whether an autoscaler owns the number of replicas: then it is observed."""
    return at(record.observed, ("spec", "replicas")) is not None


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default


def _word(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value).decode()


def _token(record: Record) -> bool:
    return record.kind == "Secret" and record.body.get("type") == "kubernetes.io/service-account-token"


def _is_rke(record: Record) -> bool:
    """Whether RKE made this container of an engine: it builds the arguments from a map, in any order."""
    if record.kind != "EngineContainer":
        return False
    programs = [
        words[0] for words in map(record.intent.get, ("entrypoint", "args")) if isinstance(words, list) and words
    ]
    return at(record.intent, ("labels", RKE_NAME)) is not None or any(
        isinstance(program, str) and program.startswith(_RKE_TOOLS) for program in programs
    )


def _recovered(intent: Mapping[str, Any], observed: Any, path: Route, values: str) -> Mapping[str, Any]:
    value = at(observed, path)
    if value is None or (values and re.fullmatch(values, _word(value)) is None):
        return intent
    result = dict(intent)
    level = result
    for key in path[:-1]:
        inner = level.get(key)
        level[key] = level = dict(inner) if isinstance(inner, Mapping) else {}
    level[path[-1]] = value
    return result


def _is_element(rule: FieldRule, item: Any) -> bool:
    return isinstance(item, Mapping) and all(
        key in item and re.fullmatch(value, _word(item[key])) is not None for key, value in rule.element
    )


def _key(item: Mapping[str, Any], key: tuple[Route, ...]) -> str:
    parts = [at(item, route) for route in key]
    return "/".join(_key_word(part) for part in parts if part is not None)


def _key_word(part: Any) -> str:
    """A part of a key as people write it: the elements of a set with commas between them."""
    if _is_set(part):
        return ",".join(sorted(_key_word(item) for item in part.values()))
    return _word(part) if part != "" else '""'


def _is_set(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(key.startswith("[") for key in value)


def readable(value: Any) -> Any:
    """A canonical value with its sets as lists again, sorted: fit to be the key of an element that has no other."""
    if _is_set(value):
        return sorted((readable(item) for item in value.values()), key=_word)
    return {key: readable(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def _numbered(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping from keys in brackets; the second of one key gets a number."""
    seen: dict[str, int] = {}
    shown = {}
    for key, item in pairs:
        seen[key] = seen.get(key, 0) + 1
        shown[f"[{key}]" if seen[key] == 1 else f"[{key} #{seen[key]}]"] = item
    return shown


def _as_set(items: Sequence[Any]) -> dict[str, Any]:
    """A list without an order: each element is its own key."""
    words = sorted(((_word(readable(item)), item) for item in items), key=lambda pair: pair[0])
    return _numbered(words)
