"""Of a store only those snapshots are fetched that are not published yet and would stay."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rkedoc.publish.wanted import wanted
from rkedoc.store.layout import Stored
from rkedoc.store.retention import parse_rule

DAYS = [Stored("prod", f"2026-11-{day}T00:00:00Z", f"{day:064}", 1) for day in range(10, 20)]


def version(stored: Stored) -> Any:
    return SimpleNamespace(snapshot=stored.digest, time=stored.time)


def test_what_is_published_is_not_fetched_again() -> None:
    assert wanted(DAYS, {}, []) == frozenset(DAYS)
    assert wanted(DAYS, {"prod": [version(one) for one in DAYS[:7]]}, []) == frozenset(DAYS[7:])
    assert wanted(DAYS, {"other": [version(one) for one in DAYS]}, []) == frozenset(DAYS)
    assert wanted(DAYS, {"other": [version(one) for one in DAYS]}, [], "other") == frozenset()


def test_what_would_be_dropped_again_is_not_fetched() -> None:
    rules = [parse_rule("last=3")]
    assert wanted(DAYS, {}, rules) == frozenset(DAYS[-3:])
    assert wanted(DAYS, {"prod": [version(one) for one in DAYS[-3:]]}, rules) == frozenset()
    assert wanted(DAYS[:5], {"prod": [version(one) for one in DAYS[5:]]}, rules) == frozenset()
