"""The walk over an object: typed fields first, the rules for strings at the leaves.

One walk serves every kind. What is special goes by the name of a field (``env``, ``args``, ``httpHeaders``, ``annotations`` and
so on mean the same in a Pod, in the template of a Deployment, in the data of a ControllerRevision and in most custom
resources), so a kind that nobody has seen is walked as carefully as a Pod.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Final, Protocol, cast

from rkedoc.redact import persons, vocabulary
from rkedoc.redact.certificates import expiry
from rkedoc.redact.commandline import clean_argv, clean_shell, header_value, named_value
from rkedoc.redact.env import env_entry
from rkedoc.redact.fields import (
    EXACT_SHAPE,
    ID_SHAPE,
    REASON_SHAPE,
    SHORT_SHAPE,
    VOLUME_SHAPE,
    FieldInfo,
    FieldKind,
    field_info,
    is_image,
    is_name,
)
from rkedoc.redact.messages import is_known
from rkedoc.redact.objectnames import credential_rule, is_object_name
from rkedoc.redact.parts import SHALLOWEST, TALLEST, Part, Parts, written
from rkedoc.redact.strings import Strings
from rkedoc.redact.vocabulary import Verdict
from rkedoc.snapshot.record import HIDDEN_RE, dated, until_of

#: Where a value stands: the keys from the object's root, innermost first, as a linked list.
FieldPath = tuple[Any, ...] | None

#: Objects nested deeper than this are hidden below it.
DEEPEST = 200


class Marker(Protocol):
    """Gives the placeholder for a secret and counts it. ``at`` is where the walk is."""

    at: FieldPath
    hits: list[tuple[str, str]]
    """Each rule that hit in the object, with the secret, in order."""
    constant: bool
    """Whether every secret has the same placeholder, whatever it is and wherever it stands."""

    def __call__(self, rule: str, secret: str) -> str: ...


class Mode(IntEnum):
    """What the walk is inside of."""

    NORMAL = 0
    #: below a field whose name says that it is secret
    SECRET = 1
    #: below the schema of a custom resource: names are names of fields, not of values
    SCHEMA = 2
    #: below the values of a Helm chart
    HELM = 3
    #: below the data of a ConfigMap or a Secret
    DATA = 4


_WHOLE = {Mode.HELM: "helm-values", Mode.DATA: "configmap-value", Mode.SECRET: "field"}
"""The rule that hides all that stands inside of it."""

DATA_FIELDS: Final = frozenset({"data", "binaryData", "stringData"})
"""Where ConfigMaps and Secrets hold what somebody put into them (Kubernetes API reference, v1)."""

_OWN_DATA: Final = frozenset({"ControllerRevision"})
"""The kinds whose ``data`` is an object of Kubernetes."""


_REFERENCE = frozenset(
    [
        "name",
        "key",
        "optional",
        "namespace",
        "kind",
        "apiVersion",
        "group",
        "apiGroup",
        "secretName",
        "items",
        "defaultMode",
        "path",
        "audience",
        "expirationSeconds",
        "uid",
        "fieldPath",
        "property",
        "version",
        "mode",
    ]
)
_REFERENCE_ANCHORS = frozenset({"name", "secretName", "path", "audience"})
_FLAGLIKE = re.compile(r"--?[A-Za-z]")


_NAMED_IN = frozenset({"metadata", "ownerReferences", "involvedObject", "regarding", "targetRef", "involved"})


def _is_own_name(place: FieldPath) -> bool:
    """Whether a value is the name of an object of Kubernetes, or of one that is referred to, and not of just anything."""
    while place is not None and len(place) == 2:
        place, part = place
        if type(part) is str and part in _NAMED_IN:
            return True
    return False


def _list_of(place: FieldPath) -> str:
    """The name of the list that a part stands in; empty where none is known."""
    outer = place[0] if place is not None else None
    name = outer[1] if outer is not None else ""
    return name if type(name) is str else ""


def _holds_data(node: Mapping[str, Any], of: str) -> bool:
    """Whether the ``data`` of something is what somebody put into it: it is an object of Kubernetes, alone or inside of another, or what
    a Secret is made from, as in whatever calls itself one (``of`` is the kind of the whole)."""
    kind = node.get("kind")
    is_object = type(kind) is str and type(node.get("apiVersion")) is str
    made_from = "stringData" in node or "binaryData" in node or (of.endswith("Secret") and type(node["data"]) is dict)
    return (is_object and kind not in _OWN_DATA) or made_from


class Walk:
    """Redacts the parts of one object. Cheap to make; ``mark`` counts and gives placeholders; ``parts`` are those that were met
    before. Whatever it gives may be a part of other objects too: who changes something in it copies it first."""

    __slots__ = ("about", "depth", "infos", "kind", "lowest", "mark", "parts", "strings")

    def __init__(
        self, strings: Strings, mark: Any, infos: dict[str, FieldInfo], kind: str = "", parts: Parts | None = None
    ) -> None:
        self.strings = strings
        self.mark: Marker = mark
        self.infos = infos
        self.kind = kind
        self.parts = parts
        #: what of the kind of the object decides about its parts
        self.about = 2 * (kind in persons.LIST_KINDS) + 4 * kind.startswith("Engine") + 8 * kind.endswith("Secret")
        self.depth = 0
        #: the greatest depth so far
        self.lowest = 0

    # -- keys ----------------------------------------------------------------------------------------------------------
    def _info(self, key: str) -> FieldInfo:
        info = field_info(key, self.strings.clean)
        if self.strings.own_rule(key):
            info.kind = FieldKind.SECRET
        if len(self.infos) > 50_000:
            self.infos.clear()
        self.infos[key] = info
        return info

    # -- leaves --------------------------------------------------------------------------------------------------------
    def hide(self, rule: str, value: Any, place: FieldPath) -> Any:
        """The placeholder for a whole value. Empty values, booleans and what is hidden already stay."""
        if value is None or value == "" or value is True or value is False:
            return value
        if isinstance(value, str):
            if HIDDEN_RE.fullmatch(value):
                return value
            self.mark.at = place
            return self.mark(rule, value)
        self.mark.at = place
        return self.mark(rule, str(value))

    def text(self, value: str, place: FieldPath) -> str:
        """A string of which nothing is known but that it is one."""
        if self.strings.is_clean(value):
            return value
        self.mark.at = place
        return self.strings.clean(value, self.mark)

    def _loose(self, value: str, place: FieldPath) -> str:
        """A name or an identity. With something hidden in it it is none any more to whoever looks again."""
        self.mark.at = place
        out = self.strings.clean(value, self.mark, opaque=False)
        return out if out == value else self.text(out, place)

    def person(self, value: str, place: FieldPath) -> str:
        """The name of a user, a group or an author."""
        if persons.is_person(value):
            return cast(str, self.hide("person", value, place))
        return self.text(value, place)

    def _all_or_nothing(self, rule: str, value: str, place: FieldPath) -> str:
        """A string that is shown only if there is nothing in it to hide: with a placeholder in it, it would not be known again."""
        if self.strings.is_clean(value) or self.text(value, place) == value:
            return value
        return cast(str, self.hide(rule, value, place))

    def _message(self, value: str, place: FieldPath) -> str:
        if not value or HIDDEN_RE.fullmatch(value):
            return value
        if is_known(value) or (vocabulary.allows("free", value) and not value.isdigit()):
            return self._all_or_nothing("free-text", value, place)
        return cast(str, self.hide("free-text", value, place))

    # -- containers ----------------------------------------------------------------------------------------------------
    def value(self, node: Any, place: FieldPath, mode: Mode = Mode.NORMAL) -> Any:
        """Any JSON value."""
        kind = type(node)
        if kind is str:
            return self.hide(_WHOLE[mode], node, place) if mode in _WHOLE else self.text(node, place)
        if kind is dict:
            if mode is Mode.NORMAL:
                return self._part(FieldKind.PLAIN, "", node, {}, place)
            return self.mapping(node, place, mode)
        if kind is list:
            return self.sequence(node, place, mode)
        return self.hide(_WHOLE[mode], node, place) if mode in _WHOLE and mode is not Mode.DATA else node

    def sequence(self, node: list[Any], place: FieldPath, mode: Mode) -> list[Any]:
        """A list. One that holds options is a command line, whatever it is called."""
        if (
            mode is Mode.NORMAL
            and node
            and type(node[0]) is str
            and any(type(w) is str and _FLAGLIKE.match(w) for w in node)
        ):
            self.mark.at = place
            return clean_argv(node, self.strings, self.mark)
        self._deeper()
        try:
            if self.depth > DEEPEST:
                return [self.hide("too-deep", "…", place)] if node else []
            out = []
            for index, item in enumerate(node):
                inner: Any = index
                if type(item) is dict:
                    inner = item.get("name", index)
                out.append(self.value(item, (place, inner), mode))
            return out
        finally:
            self.depth -= 1

    def mapping(self, node: Mapping[str, Any], place: FieldPath, mode: Mode = Mode.NORMAL) -> dict[str, Any]:
        """An object: every field by its name."""
        self._deeper()
        try:
            if self.depth > DEEPEST:
                return {"…": self.hide("too-deep", "…", place)} if node else {}
            return self._fields(node, place, mode)
        finally:
            self.depth -= 1

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > self.lowest:
            self.lowest = self.depth

    def _part(self, field: FieldKind, key: str, child: Any, node: Mapping[str, Any], place: FieldPath) -> Any:
        """An object or a list that stands in a field of ``node``, or an object in a list: one that was met before is not walked again."""
        parts = self.parts
        if parts is None or self.depth > SHALLOWEST or field is FieldKind.ARGV:
            return self._walked(field, key, child, node, place)
        name = key or _list_of(place)
        if not parts.are_found(name) or (text := written(child)) is None:
            return self._walked(field, key, child, node, place)
        named = key if field is not FieldKind.PLAIN or type(child) is list else ""
        at = (16 * field + self.about + _is_own_name(place), named, text)
        known = parts.of(name, at)
        if known is not None:
            for rule, secret in known.hits:
                self.mark(rule, secret)
            self.lowest = max(self.lowest, self.depth + known.height)
            return known.shown
        before, lowest, self.lowest = len(self.mark.hits), self.lowest, self.depth
        shown = self._walked(field, key, child, node, place)
        height, self.lowest = self.lowest - self.depth, max(lowest, self.lowest)
        hits = tuple(self.mark.hits[before:])
        if height <= TALLEST and (not hits or (self.mark.constant and not parts.is_first(at))):
            parts.keep(at, Part(shown, hits, height))
        return shown

    def _walked(self, field: FieldKind, key: str, child: Any, node: Mapping[str, Any], place: FieldPath) -> Any:
        if field is not FieldKind.PLAIN:
            return self._special(field, key, child, node, place)
        return self.mapping(child, place) if type(child) is dict else self._list(key, child, place)

    def _fields(self, node: Mapping[str, Any], place: FieldPath, mode: Mode) -> dict[str, Any]:
        out: dict[str, Any] = {}
        infos = self.infos
        is_clean = self.strings.is_clean
        pair = self._pair_name(node) if "value" in node or "Value" in node else None
        subject = node.get("kind") in ("User", "Group") and type(node.get("name")) is str
        holds_data = mode is Mode.NORMAL and "data" in node and _holds_data(node, self.kind)
        plain = FieldKind.PLAIN if mode is Mode.NORMAL and not pair and not holds_data else None
        for key, child in node.items():
            info = infos.get(key)
            if info is None:
                info = self._info(key)
            if info.kind is plain and type(child) is str and is_clean(child) and info.shown is not None:
                out[key] = child  # most fields
                continue
            field = info.kind
            shown = info.shown
            if shown is None:
                self.mark.at = (place, "key")
                shown = self._unique(self.strings.clean(key, self.mark), out)
                # A key that says a secret says nothing of its value any more, and once it is hidden it never will.
                out[shown] = self.value(child, (place, key), Mode.SECRET)
                continue
            kind = type(child)
            if holds_data and key == "data":
                out[shown] = self.value(child, (place, key), Mode.DATA)
            elif mode is not Mode.NORMAL and field is not FieldKind.DROPPED:
                out[shown] = self._inside(info, child, (place, key), mode)
            elif field is FieldKind.PLAIN:
                if kind is str:
                    if pair and key in ("value", "Value"):
                        out[shown] = self._paired(pair, child, (place, pair))
                    elif is_clean(child):
                        out[shown] = child
                    else:
                        out[shown] = self.text(child, (place, key))
                elif kind is dict or kind is list:
                    out[shown] = self._part(field, key, child, node, (place, key))
                elif (
                    pair
                    and key == "value"
                    and kind is not bool
                    and child is not None
                    and vocabulary.verdict(pair) is Verdict.SECRET
                    and vocabulary.is_hard(pair)
                ):
                    out[shown] = self.hide("field", child, (place, pair))
                else:
                    out[shown] = child
            elif subject and key == "name":
                out[shown] = self.person(child, (place, key))
            elif field is FieldKind.DROPPED:
                continue
            elif kind is dict or kind is list:
                out[shown] = self._part(field, key, child, node, (place, key))
            else:
                out[shown] = self._special(field, key, child, node, (place, key))
        return out

    @staticmethod
    def _unique(shown: str, out: dict[str, Any]) -> str:
        number, name = 1, shown
        while name in out:
            number += 1
            name = f"{shown} {number}"
        return name

    @staticmethod
    def _pair_name(node: Mapping[str, Any]) -> str | None:
        for key in ("name", "Name", "key"):
            name = node.get(key)
            if type(name) is str:
                return name if key != "key" or "operator" not in node else None
        return None

    def _paired(self, name: str, value: str, place: FieldPath) -> str:
        self.mark.at = place
        return named_value(name, value, self.strings, self.mark, rule="environment")

    def _list(self, key: str, child: list[Any], place: FieldPath) -> list[Any]:
        if key in persons.LIST_FIELDS and (
            self.kind in persons.LIST_KINDS or key in ("users", "members", "principalIds")
        ):
            return [
                self.person(item, (place, i)) if type(item) is str else self.value(item, (place, i))
                for i, item in enumerate(child)
            ]
        return self.sequence(child, place, Mode.NORMAL)

    def _inside(self, info: FieldInfo, child: Any, place: FieldPath, mode: Mode) -> Any:
        """A field below something secret, below a schema, or below a chart's values."""
        if mode is Mode.SECRET and type(child) is str:
            name = f"secret_{info.subject}"
            if vocabulary.allows(name, child) and info.kind is not FieldKind.SECRET:
                return self.text(child, place)
            return self.hide("field", child, place)
        if mode is Mode.SECRET and type(child) not in (dict, list, str):
            return (
                child
                if info.kind is not FieldKind.SECRET and info.level is not Verdict.WEAK
                else self.hide("field", child, place)
            )
        return self.value(child, place, mode)

    def _special(self, field: FieldKind, key: str, child: Any, node: Mapping[str, Any], place: FieldPath) -> Any:
        kind = type(child)
        if field is FieldKind.SECRET:
            return self._secret(key, child, place)
        if field is FieldKind.ENV and kind is list:
            return [self._env(item, (place, i)) for i, item in enumerate(child)]
        if field is FieldKind.ENV and kind is dict:
            return {
                k: self._paired(k, v, (place, k)) if type(v) is str else self.value(v, (place, k))
                for k, v in child.items()
            }
        if field is FieldKind.ARGV:
            return self._argv(key, child, node, place)
        if field is FieldKind.HELM:
            return (
                self.value(child, place, Mode.HELM)
                if kind is dict or (kind is str and key != "set")
                else self.value(child, place)
            )
        if field is FieldKind.DATA:
            return self.value(child, place, Mode.DATA)
        if field is FieldKind.SCHEMA and kind is dict:
            return self.value(child, place, Mode.SCHEMA)
        if field is FieldKind.HEADERS:
            return self._headers(child, place)
        if kind is list and field in (FieldKind.IDENTITY, FieldKind.NAME, FieldKind.IMAGE):
            return [
                self._string(field, item, (place, i)) if type(item) is str else self.value(item, (place, i))
                for i, item in enumerate(child)
            ]
        if kind is list and field in (FieldKind.PERSON, FieldKind.MESSAGE):
            one: Callable[[str, FieldPath], str] = self.person if field is FieldKind.PERSON else self._message
            return [
                one(item, (place, i)) if type(item) is str else self.value(item, (place, i))
                for i, item in enumerate(child)
            ]
        if kind is list and field is FieldKind.BUNDLE:
            return [
                self.hide("bundle", item, (place, i)) if type(item) is str else self.value(item, (place, i))
                for i, item in enumerate(child)
            ]
        if kind is not str:
            return self._list(key, child, place) if kind is list else self.value(child, place)
        return self._string(field, child, place)

    def _string(self, field: FieldKind, text: str, place: FieldPath) -> Any:
        """A string in a field of a special kind."""
        if field is FieldKind.IDENTITY:
            return text if ID_SHAPE.fullmatch(text) else self._named(text, place)
        if field is FieldKind.NAME:
            return self._named(text, place)
        if field is FieldKind.SHORT:
            return text if SHORT_SHAPE.fullmatch(text) else self.text(text, place)
        if field is FieldKind.EXACT:
            return text if EXACT_SHAPE.fullmatch(text) else self.text(text, place)
        if field is FieldKind.IMAGE:
            if is_image(text):
                return self._loose(text, place)
            return self.text(text, place)
        if field is FieldKind.MESSAGE:
            return self._message(text, place)
        if field is FieldKind.REASON:
            return (
                self._all_or_nothing("free-text", text, place)
                if not text or REASON_SHAPE.fullmatch(text)
                else self.hide("free-text", text, place)
            )
        if field is FieldKind.PERSON:
            return self.person(text, place)
        if field is FieldKind.SHELL:
            self.mark.at = place
            return clean_shell(text, self.strings, self.mark)
        rules = {
            FieldKind.DIGEST: "foreign-digest",
            FieldKind.COPY: "annotation-copy",
            FieldKind.SNIPPET: "shell-snippet",
        }
        if field is FieldKind.DIGEST and (vocabulary.allows("switch_enabled", text) or text.isdigit()):
            return text
        if field in rules:
            return self.hide(rules[field], text, place)
        if field is FieldKind.BUNDLE:
            if vocabulary.allows("cert_file", text) or (len(text) < 64 and is_name(text)):
                return self.text(text, place)
            if until_of(text):
                return text
            hidden, until = self.hide("bundle", text, place), expiry(text)
            return dated(hidden, until) if until else hidden
        return self.text(text, place)

    def _named(self, text: str, place: FieldPath) -> str:
        if self.strings.is_clean_name(text):
            return text
        if is_object_name(text) and ((named := is_name(text)) or _is_own_name(place)):
            rule = credential_rule(text)
            if rule is not None:
                return cast(str, self.hide(rule, text, place))
            if named:
                self.strings.remember_name(text)
            return text
        if self.strings.is_loosely_clean(text):
            return text
        if self.kind.startswith("Engine") and VOLUME_SHAPE.fullmatch(text):
            return text
        if is_name(text):
            return self._loose(text, place)
        return self.text(text, place)

    def _secret(self, key: str, child: Any, place: FieldPath) -> Any:
        """A value under a name that says that it is secret."""
        kind = type(child)
        if child and kind is not bool and (own := self.strings.own_rule(key)):
            return self.hide(own, child, place)
        if kind is dict:
            if not _REFERENCE.issuperset(child) or _REFERENCE_ANCHORS.isdisjoint(child):
                return self.mapping(child, place, Mode.SECRET)
            return self.mapping(child, place)
        if kind is list:
            return [
                self._secret(key, item, (place, i))
                if type(item) is dict
                else item
                if type(item) in (bool, type(None))
                else self._secret(key, item, (place, i))
                for i, item in enumerate(child)
            ]
        last = key.rsplit("/", 1)[-1]
        if kind is str:
            if vocabulary.allows(key, child) or vocabulary.allows(last, child):
                return self.text(child, place)
            return self.hide("field", child, place)
        if kind in (int, float) and vocabulary.is_hard(last) and not vocabulary.allows(last, str(child)):
            return self.hide("field", child, place)
        return child

    def _env(self, item: Any, place: FieldPath) -> Any:
        if type(item) is str:
            self.mark.at = (place, item.partition("=")[0])
            return env_entry(item, self.strings, self.mark)
        return self.value(item, place)

    def _argv(self, key: str, child: Any, node: Mapping[str, Any], place: FieldPath) -> Any:
        self.mark.at = place
        if type(child) is str:
            if child.lstrip()[:1] == "[":
                return self.text(child, place)
            return clean_shell(child, self.strings, self.mark)
        if type(child) is not list:
            return self.value(child, place)
        if any(type(word) is dict for word in child):
            return self.sequence(child, place, Mode.NORMAL)
        before: Any = ()
        if key == "args":
            before = node.get("command") or node.get("entrypoint") or ()
        elif key == "Cmd":
            before = node.get("Entrypoint") or ()
        elif key == "Args":
            before = [node["Path"]] if type(node.get("Path")) is str else ()
        return clean_argv(child, self.strings, self.mark, before if type(before) is list else ())

    def _headers(self, child: Any, place: FieldPath) -> Any:
        if type(child) is list:
            return [self._header(item, (place, i)) for i, item in enumerate(child)]
        if type(child) is dict:
            self.mark.at = place
            return {
                self.text(k, place): header_value(k, v, self.strings, self.mark)
                if type(v) is str
                else self.value(v, (place, k), Mode.SECRET if type(v) is list else Mode.NORMAL)
                for k, v in child.items()
            }
        return self.value(child, place)

    def _header(self, item: Any, place: FieldPath) -> Any:
        if type(item) is dict and type(item.get("name")) is str and type(item.get("value")) is str:
            name = self.text(item["name"], place)
            others = self.mapping({k: v for k, v in item.items() if k not in ("name", "value")}, place)
            self.mark.at = (place, item["name"])
            return {
                **others,
                "name": name,
                "value": header_value(item["name"], item["value"], self.strings, self.mark),
            }
        if type(item) is str and ":" in item:
            name, _, value = item.partition(":")
            shown = self.text(name, place)
            self.mark.at = (place, name)
            return f"{shown}: {header_value(name, value.strip(), self.strings, self.mark)}"
        return self.value(item, place)
