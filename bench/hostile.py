"""Strings that are made to be dear: what each rule looks for, again and again, up to the length at which a string is hidden whole."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rkedoc.redact import Redactor
from rkedoc.redact.patterns import LONGEST
from rkedoc.redact.rules import rules

_SEPARATORS = ("", " ", "\n", ";", ",", "&", "'", '"', "=", ":", "/", "\\")
_SECRET = "x1Y2z3W4q5"  # noqa: S105 - made up


def strings(length: int = LONGEST) -> Iterator[str]:
    """Every example of every rule, repeated, whole or cut before its secret, with each separator in between."""
    for rule in rules():
        for example in (*rule.hides, *rule.keeps):
            for text in {example.text.replace("{}", _SECRET), example.text.partition("{}")[0]}:
                if text and len(text) < length // 4:
                    yield from ((text + mark) * (length // len(text + mark)) for mark in _SEPARATORS)


def places(text: str) -> Iterator[dict[str, object]]:
    """Objects in which the text stands as a note, a variable, a word of a command and a script."""
    yield {"kind": "X", "metadata": {"annotations": {"note": text}}}
    for container in (
        {"env": [{"name": "SETTINGS", "value": text}]}, {"args": [f"--settings={text}"]}, {"command": ["sh", "-c", text]},
    ):  # fmt: skip
        yield {"kind": "Pod", "spec": {"containers": [container]}}


def costs(every: int = 1) -> list[tuple[float, str]]:
    """Milliseconds of processor time that each of them costs, and the text, the dearest last; ``every`` n-th is measured."""
    found = []
    for number, text in enumerate(strings()):
        if number % every == 0:
            found += [(cost(item), f"{list(item)[-1]} {text[:60]!r}") for item in places(text)]
    return sorted(found)


def cost(item: dict[str, object], dear: float = 20.0) -> float:
    """Milliseconds of processor time for one object by a redactor that has met nothing yet; the least of five for what seems dear."""
    least = float("inf")
    for _round in range(5):
        redactor = Redactor()
        began = time.process_time()
        redactor.kubernetes(item)
        least = min(least, 1000 * (time.process_time() - began))
        if least < dear:
            break
    return least


def harmless() -> dict[str, object]:
    """An object with a script of the same length that somebody could have written."""
    lines = (
        f'for part in a b c; do echo "step={number} part=$part" >> /var/log/setup-{number}.log; done'
        for number in range(200)
    )
    return {"kind": "Pod", "spec": {"containers": [{"command": ["sh", "-c", "\n".join(lines)[:LONGEST]]}]}}
