"""Which kinds are not collected, and why: ``noise.yaml``."""

from __future__ import annotations

from functools import cache

from rkedoc.resources import load_yaml


def reason_to_skip(group: str, resource: str) -> str | None:
    """Why the collector leaves a kind out, in words; ``None`` if it does not. ``group`` is ``"core"`` for ``v1``."""
    rules = _rules()
    return rules.get((group, resource)) or rules.get((group, "*"))


def is_events(group: str, resource: str) -> bool:
    """Whether the resource is that of events, of which only counts of warnings are kept."""
    return (group, resource) in _events()


@cache
def _rules() -> dict[tuple[str, str], str]:
    data = load_yaml("collect", "noise.yaml")
    return {(rule["group"], rule.get("resource", "*")): rule["reason"] for rule in data["rules"]}


@cache
def _events() -> frozenset[tuple[str, str]]:
    return frozenset((rule["group"], rule["resource"]) for rule in load_yaml("collect", "noise.yaml")["events"])
