"""Every value that somebody decided on a real node is compared: what is left out is what a rule names, with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rkedoc.diff.canonical import Viewer, kind_of
from rkedoc.diff.rules import load_rules
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record

RULES = load_rules()
VIEWER = Viewer(RULES)
Steps = tuple[str | int, ...]


def leaves(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
    elif value is not None:
        yield path, value


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 7 if isinstance(value, int | float) else f"{value}x"


def with_value(value: Any, path: Steps, new: Any) -> Any:
    if not path:
        return new
    step, *rest = path
    if isinstance(value, dict):
        return {**value, step: with_value(value[step], tuple(rest), new)}
    return [with_value(item, tuple(rest), new) if place == step else item for place, item in enumerate(value)]


def named_by_a_rule(record: Record, path: Steps) -> bool:
    """Whether a rule leaves out the field, what it is in, or the element of a list that it belongs to."""
    kind = kind_of(record)
    route = tuple("[]" if isinstance(step, int) else step for step in path)
    fields = [RULES.field(kind, route[:end]) for end in range(1, len(route) + 1)]
    return any(field.observed or field.elements for field in fields)


@pytest.mark.parametrize("name", ["rke-single-node", "rke-single-node-unhealthy"])
def test_a_value_that_changed_is_told_or_a_rule_says_why_not(collected: Callable[[str], Path], name: str) -> None:
    looked, lost = 0, []
    for record in load(collected(name)).records:
        if not record.intent or not VIEWER.exists(record):
            continue
        view = VIEWER.view(record)
        for path, value in leaves(record.intent):
            if isinstance(value, str) and "‹hidden" in value:
                continue
            looked += 1
            changed = replace(record, intent=with_value(record.intent, path, other(value)), _cache={})
            if VIEWER.view(changed) == view and not named_by_a_rule(record, path):
                lost.append((record.id, path))
    assert looked > 3_000
    assert lost == []
