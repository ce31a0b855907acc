"""YAML as the tools of Kubernetes read it, made of the parser's events alone.

They read YAML 1.1 through Go (sigs.k8s.io/yaml v1.4, goyaml.v2/resolve.go): ``on`` and ``yes`` are true, ``0777`` is octal, ``1:30`` and
times are text. ``y`` and ``n``, which Go takes for truth values too, stay text: who writes with another library does not quote them, and names
may be so short. No tag makes an object of anything; what an alias repeats is counted, so that a few lines cannot become billions of
values; and the last of two equal keys counts, as in JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML has it."""

MAX_REPEATED: Final = 1_000_000
"""So many values may aliases repeat in one document."""

MAX_DEPTH: Final = 200

_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN")),
    **dict.fromkeys(f"{sign}{word}" for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")),
}
"""Plain scalars that are words. JSON knows neither infinity nor what is no number."""

_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*|0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?\Z")
_STARTS_NUMBER = frozenset("+-.0123456789")
_TEXT = "tag:yaml.org,2002:str"


class NotYaml(ValueError):
    """A text is no YAML, or more than is read. ``reason`` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def load(content: bytes) -> Iterator[Any]:
    """The documents of a text. Raises :class:`NotYaml` where one cannot be read; those before it have been given."""
    with _loading(content) as loader:
        yield from _documents(loader)


def load_first(content: bytes) -> tuple[Any, int]:
    """The first value of a text, whatever follows it, and how many bytes of the text it takes. Raises :class:`NotYaml` where it cannot be read."""
    last: Any = None
    with _loading(content) as loader:

        def next_event() -> Any:
            nonlocal last
            last = loader.get_event()
            return last

        while not isinstance(next_event(), yaml.DocumentStartEvent):
            if isinstance(last, yaml.StreamEndEvent):
                raise NotYaml("not-yaml")
        value = _value(next_event, next_event(), _Document(), 0)
        return value, len(content.decode("utf-8", "replace")[: last.end_mark.index].encode())


@contextmanager
def _loading(content: bytes) -> Iterator[_Loader]:
    """A loader of a text, whose every error is a :class:`NotYaml`."""
    loader = _Loader(content)
    try:
        yield loader
    except yaml.YAMLError:
        raise NotYaml("not-yaml") from None
    except (UnicodeError, ValueError) as error:
        if isinstance(error, NotYaml):
            raise
        raise NotYaml("not-utf-8" if isinstance(error, UnicodeError) else "not-yaml") from None
    finally:
        loader.dispose()


class _Document:
    """A document while it is made: what anchors name, how many values each holds, and how many were repeated."""

    def __init__(self) -> None:
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.repeated = 0
        self.values = 0

    def alias(self, name: str) -> Any:
        """What an alias repeats. An anchor that is not closed yet would hold itself."""
        if name not in self.anchors:
            raise NotYaml("not-yaml")
        value, size = self.anchors[name]
        self.repeated += size
        if self.repeated > MAX_REPEATED:
            raise NotYaml("too-many-repetitions")
        return value

    def anchor(self, name: str | None, value: Any, since: int, repeated: int) -> None:
        """Take note of a value that is complete; ``since`` and ``repeated`` are the counts before it began."""
        if name is not None:
            self.anchors[name] = (value, self.values - since + self.repeated - repeated)


def _documents(loader: Any) -> Iterator[Any]:
    next_event = loader.get_event
    while not isinstance(event := next_event(), yaml.StreamEndEvent):
        if isinstance(event, yaml.DocumentStartEvent):
            yield _value(next_event, next_event(), _Document(), 0)


def _value(next_event: Any, event: Any, document: _Document, depth: int) -> Any:
    """The value that begins with an event."""
    kind = type(event)
    if kind is yaml.ScalarEvent:
        document.values += 1
        value = scalar(event.value) if event.implicit[0] and event.tag != _TEXT else event.value
        if event.anchor is not None:
            document.anchors[event.anchor] = (value, 1)
        return value
    if kind is yaml.AliasEvent:
        return document.alias(event.anchor)
    if depth > MAX_DEPTH:
        raise NotYaml("too-deep")
    since, repeated = document.values, document.repeated
    document.values += 1
    made: Any
    if kind is yaml.SequenceStartEvent:
        made = []
        while type(inner := next_event()) is not yaml.SequenceEndEvent:
            made.append(_value(next_event, inner, document, depth + 1))
    else:
        made = _mapping(next_event, document, depth)
    document.anchor(event.anchor, made, since, repeated)
    return made


def _mapping(next_event: Any, document: _Document, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    merged: list[Any] = []
    while type(event := next_event()) is not yaml.MappingEndEvent:
        plain = type(event) is yaml.ScalarEvent and event.implicit[0]
        key = event.value if plain else _value(next_event, event, document, depth + 1)
        value = _value(next_event, next_event(), document, depth + 1)
        if plain and key == "<<":
            merged += value if isinstance(value, list) else [value]
        else:
            made[_key(key, plain=plain)] = value
    for other in merged:
        if isinstance(other, dict):
            made = {**other, **made}
    return made


def _key(key: Any, *, plain: bool) -> str:
    """A key as JSON has it: numbers and truth values become their text (sigs.k8s.io/yaml, convertToJSONableObject)."""
    value = scalar(key) if plain else key
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if value is None:
        return str(key or "null") if plain else "null"
    raise NotYaml("not-yaml")


def scalar(text: str) -> Any:
    """What a plain scalar means.

    >>> scalar("on"), scalar("0777"), scalar("1:30"), scalar("1e3"), scalar("2026-01-31"), scalar("~"), scalar("1.20.4")
    (True, 511, '1:30', 1000.0, '2026-01-31', None, '1.20.4')
    """
    if text[:1] not in _STARTS_NUMBER:
        return _WORDS.get(text, text)
    if text in _WORDS:
        return _WORDS[text]
    bare = text.replace("_", "")
    if _NUMBER.match(text) and (number := _integer(bare)) is not None:
        return number
    if _FLOAT.match(bare):
        found = float(bare)
        return found if found - found == 0 else None
    return text


def _integer(text: str) -> int | float | None:
    """A number in the base that it names; ``None`` if it has a digit that the base does not. What 64 bits cannot hold is a fraction,
    as Go has it."""
    digits = text.lstrip("+-")
    octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
    if len(digits) > 100:
        return None
    try:
        found = int(digits, 8) if octal else int(digits, 0)
    except ValueError:
        return None
    found = -found if text[0] == "-" else found
    return found if -(1 << 63) <= found < 1 << 64 else float(found)
