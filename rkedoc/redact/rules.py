"""The rules of redaction as values: what each hides, why, where that is known from, and examples of what it hides and keeps.

Most rules are applied by the code of their field of knowledge (:mod:`~rkedoc.redact.walk`, :mod:`~rkedoc.redact.strings` and so on); what
they promise stands in ``rules.yaml``, and the examples there are run through the real redactor by a test. People add rules of their own
with a file of the same form and a pattern each: these can hide more, and never show more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rkedoc import plugins
from rkedoc.errors import UsageError
from rkedoc.resources import load_yaml
from rkedoc.snapshot.record import HIDDEN_RE


@dataclass(frozen=True, slots=True)
class Example:
    """A text at a place. ``place`` is one of :data:`PLACES`; in what has to be hidden ``{}`` stands for the secret."""

    place: str
    text: str


PLACES: Mapping[str, str] = {
    "annotation": "the value of an annotation without a telling name",
    "env": "NAME=value, a variable of a pod's container",
    "argv": "the words of a container's command, separated by a space",
    "shell": "what a container's sh -c runs",
    "field": "name=value, a field of a custom resource",
    "annotated": "name=value, an annotation",
    "header": "name=value, a header of a probe",
    "configmap": "name=value, a ConfigMap of the application",
    "secret": "name=value, of a Secret",
    "message": "the message of an event",
    "helm": "name=value, a value of a HelmChart",
    "engine": "NAME=value, a variable of an engine's container whose pod is not known",
    "engine-argv": "the words of the command of an engine's container whose pod is not known",
    "host": "NAME=value, a variable of an engine's container outside pods",
    "creator": "who created an object of Rancher",
    "ingress": "name=value, an annotation of an Ingress",
    "deep": "a string below two hundred lists",
}
"""Where an example can stand."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: ``id`` counts its hits in the header of a snapshot."""

    id: str
    what: str
    why: str
    source: str
    hides: tuple[Example, ...]
    keeps: tuple[Example, ...]


@cache
def rules() -> tuple[Rule, ...]:
    """The rules that rkedoc brings, by id."""
    found = load_yaml("redact", "rules.yaml")["rules"]
    return tuple(
        Rule(
            name, item["what"], item["why"], item["source"], _examples(item["hides"]), _examples(item.get("keeps", ()))
        )
        for name, item in sorted(found.items())
    )


def _examples(items: Sequence[Mapping[str, str]]) -> tuple[Example, ...]:
    return tuple(Example(place, text) for item in items for place, text in item.items())


# Rules of one's own -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule that somebody added: it hides what its pattern finds (the group ``v``, or all of the match), and the whole value of what has
    one of its ``names`` (patterns of names of variables, fields, annotations and options)."""

    rule: Rule
    pattern: re.Pattern[str] | None
    names: tuple[str, ...]

    def clean(self, text: str, mark: Callable[[str, str], str]) -> str:
        """A text without what the pattern finds in it."""
        if self.pattern is None:
            return text
        out: list[str] = []
        done = 0
        group: str | int = "v" if "v" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            start, end = match.span(group)
            if start >= done and end > start and not HIDDEN_RE.search(text[start:end]):
                out += (text[done:start], mark(self.rule.id, text[start:end]))
                done = end
        return "".join((*out, text[done:])) if out else text

    def names_it(self, name: str) -> bool:
        """Whether a name is one whose value is hidden."""
        whole = name.lstrip("-").lower()
        return any(fnmatchcase(part, pattern) for pattern in self.names for part in (whole, whole.rsplit("/", 1)[-1]))


def rules_file(given: Path) -> Path:
    """The file of rules that somebody named: a file, or what a package brings under this name (:mod:`rkedoc.plugins`).

    Raises :class:`~rkedoc.errors.UsageError`.
    """
    if given.exists() or not plugins.is_installed("rkedoc.redaction_rules", str(given)):
        return given
    return plugins.folder("rkedoc.redaction_rules", str(given))


_KEYS = frozenset({"id", "what", "why", "source", "pattern", "names", "hides", "keeps"})
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def load_rules(path: Path) -> tuple[OwnRule, ...]:
    """The rules in a file of somebody's own.

    Raises :class:`~rkedoc.errors.UsageError` for a file that cannot be read or has another form, a pattern that is none or that finds
    nothing, and a rule whose own examples it does not hold to.
    """
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the rules cannot be read ({type(error).__name__})") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: this is no YAML: {str(error).splitlines()[0]}") from None
    items = content.get("rules") if isinstance(content, dict) else None
    if not isinstance(items, list):
        raise UsageError(f"{path}: a file of rules has a list `rules`; see docs/howto/redact-rules.md for an example")
    return tuple(own_rule(item, f"{path}, rule {number}") for number, item in enumerate(items, 1))


def own_rule(item: Any, where: str) -> OwnRule:
    """One rule of somebody's own from its YAML. ``where`` stands in the errors that :func:`load_rules` tells of."""
    if not isinstance(item, dict):
        raise UsageError(f"{where}: a rule is a mapping")
    if unknown := sorted(set(map(str, item)) - _KEYS):
        raise UsageError(f"{where}: there is no key {unknown[0]!r} in a rule; there are {', '.join(sorted(_KEYS))}")
    for key in ("id", "what", "why", "source"):
        if not isinstance(item.get(key), str) or not item[key].strip():
            raise UsageError(f"{where}: {key} is missing: a text")
    if not _ID.fullmatch(item["id"]) or any(rule.id == item["id"] for rule in rules()):
        raise UsageError(f"{where}: id {item['id']!r} is taken or no id: small letters, digits and hyphens")
    texts = {key: _texts(item.get(key, []), key, where) for key in ("names", "hides", "keeps")}
    made = OwnRule(
        Rule(
            item["id"], item["what"], item["why"], item["source"],
            tuple(Example("annotation", text) for text in texts["hides"]),
            tuple(Example("annotation", text) for text in texts["keeps"]),
        ),
        _pattern(item.get("pattern"), where),
        tuple(name.lower() for name in texts["names"]),
    )  # fmt: skip
    _hold(made, where)
    return made


def _texts(found: Any, key: str, where: str) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(text, str) and text for text in found):
        raise UsageError(f"{where}: {key} is a list of texts")
    return tuple(found)


def _pattern(found: Any, where: str) -> re.Pattern[str] | None:
    if found is None:
        return None
    if not isinstance(found, str):
        raise UsageError(f"{where}: pattern is a text, a regular expression of Python")
    try:
        pattern = re.compile(found)
    except re.error as error:
        raise UsageError(f"{where}: pattern is no regular expression: {error}") from None
    if pattern.search("") is not None:
        raise UsageError(f"{where}: pattern matches nothing at all, so it would hide everywhere")
    return pattern


def _hold(own: OwnRule, where: str) -> None:
    if own.pattern is None and not own.names:
        raise UsageError(f"{where}: a rule has a pattern, or names, or both")
    if own.pattern is not None and not own.rule.hides:
        raise UsageError(f"{where}: hides is missing: give a text that the pattern has to hide something in")
    for example in own.rule.hides:
        if own.pattern is not None and own.clean(example.text, lambda _rule, _secret: "") == example.text:
            raise UsageError(f"{where}: it hides nothing in its own example {example.text!r}")
    for example in own.rule.keeps:
        if own.clean(example.text, lambda _rule, _secret: "") != example.text:
            raise UsageError(f"{where}: it hides something in {example.text!r}, which it says it keeps")
