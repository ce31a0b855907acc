"""A look at what is already written: would the rules still hide something in it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rkedoc.redact.credentials import is_credential_kind
from rkedoc.redact.redactor import Redactor
from rkedoc.snapshot.record import Record


@dataclass(frozen=True, slots=True)
class Exposure:
    """A place in a record where a secret seems to stand. ``path`` are the keys to it; ``rule`` is the id of the rule that hit.
    Never the value."""

    path: str
    rule: str


def audit(record: Record, words: Redactor | None = None) -> tuple[Exposure, ...]:
    """What the rules would still hide in a record; nothing, in anything that a :class:`Redactor` made.

    Whoever looks at many records gives the same ``words`` each time: what it has learnt of strings need not be found out
    again. It changes no finding.
    """
    words = words or Redactor()
    group = "" if record.group == "core" else record.group
    found: list[Exposure] = []
    for part, body in (("intent", record.intent), ("observed", record.observed)):
        if not body:
            continue
        redactor = words.afresh()
        plain = _plain(body)
        if is_credential_kind(group, record.kind):
            head = {"apiVersion": f"{group}/v1" if group else "v1", "kind": record.kind}
            again = redactor.credential({**head, **plain})
            plain = {**head, **plain}
        else:
            again = redactor.body(group, record.kind, record.namespace or "", record.name, plain)
        if plain == again:
            continue
        rules = redactor.report
        for path in _differences(plain, again, ""):
            found.append(Exposure(part + path, _rule(redactor, rules)))
    for name in _names(record):
        hits = _hits(name, words)
        if any(rule not in ("opaque-value", "person-email") for rule in hits):
            found.append(Exposure("id", next(iter(hits))))
    return tuple(found)


def _names(record: Record) -> Iterator[str]:
    """The names in a record's ids, each as it stood in its object. That of an event is made of several."""
    if record.kind == "Event":
        yield from record.name.split("/")
    else:
        yield record.name
    if record.owner is not None and record.owner.count("/") >= 3:
        yield record.owner.split("/", 3)[3]


def _hits(text: str, words: Redactor) -> dict[str, int]:
    redactor = words.afresh()
    redactor.name(text)
    return redactor.report


def _rule(redactor: Redactor, rules: Mapping[str, int]) -> str:
    return ", ".join(rules) if rules else "structure"


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(child) for key, child in node.items()}
    if isinstance(node, (list, tuple)):
        return [_plain(child) for child in node]
    return node


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key, child in before.items():
            if key in after:
                yield from _differences(child, after[key], f"{path}.{key}")
            else:
                yield f"{path}.(a key)"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif before != after:
        yield path
