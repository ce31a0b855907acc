"""A comparison by structure as dyff makes it, counted in lines of its report for people.

The rules are those of homeport/dyff v1.9.4, pkg/dyff: documents are matched by kind, namespace and name, entries of
lists by ``name``, ``key``, ``id`` or, for Kubernetes, ``manager`` (core.go, listItemIdentifierCandidates), else by their
content (simpleLists); ``metadata.managedFields`` is left out (internal/cmd/root.go). The report (output_human.go) has for
each place an empty line, the path, and for each detail a line of words with the values as YAML below it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import yaml

_IDENTIFIERS = ("name", "key", "id", "manager")
_HEAD = 2
"""Lines before the details of a place: an empty one, and the path."""


def report_lines(old: Sequence[Any], new: Sequence[Any]) -> int:
    """The lines of the report on two lists of API objects."""
    one, other = ({_identity(item): item for item in side} for side in (old, new))
    count = sum(_lines(one[key], other[key]) for key in one.keys() & other.keys())
    for only in (one.keys() - other.keys(), other.keys() - one.keys()):
        side = one if only <= one.keys() else other
        count += sum(_HEAD + 1 + _yaml_lines(side[key]) for key in only)
    return count


def _identity(item: Any) -> tuple[str, str, str]:
    metadata = item.get("metadata", {})
    return item.get("kind", ""), metadata.get("namespace", ""), metadata.get("name", "")


def _lines(old: Any, new: Any) -> int:
    if isinstance(old, dict) and isinstance(new, dict):
        return _mappings(old, new)
    if isinstance(old, list) and isinstance(new, list):
        return _sequences(old, new)
    if old == new and type(old) is type(new):
        return 0
    # A change of value, or of type: words, and both values.
    return _HEAD + 1 + _yaml_lines(old) + _yaml_lines(new)


def _mappings(old: dict[str, Any], new: dict[str, Any]) -> int:
    count = sum(_lines(old[key], new[key]) for key in old.keys() & new.keys())
    gone = {key: old[key] for key in old.keys() - new.keys()}
    come = {key: new[key] for key in new.keys() - old.keys()}
    return count + _details(gone, come)


def _sequences(old: list[Any], new: list[Any]) -> int:
    if len(old) == len(new) == 1:
        return _lines(old[0], new[0])
    for name in _IDENTIFIERS:
        sides = [[item.get(name) if isinstance(item, dict) else None for item in side] for side in (old, new)]
        if all(side and None not in side and len(set(map(str, side))) == len(side) for side in sides):
            return _named(
                [dict(zip(map(str, keys), side, strict=True)) for keys, side in zip(sides, (old, new), strict=True)]
            )
    return _simple(old, new)


def _named(sides: Sequence[dict[str, Any]]) -> int:
    old, new = sides
    count = sum(_lines(old[key], new[key]) for key in old.keys() & new.keys())
    gone, come = [old[key] for key in old if key not in new], [new[key] for key in new if key not in old]
    order = [key for key in old if key in new] != [key for key in new if key in old]
    return count + _details(gone, come) + (_HEAD * (not gone and not come) + 3 if order else 0)


def _simple(old: list[Any], new: list[Any]) -> int:
    one, other = ([json.dumps(item, sort_keys=True) for item in side] for side in (old, new))
    mine, theirs = Counter(one), Counter(other)
    gone = [json.loads(item) for item in (mine - theirs).elements()]
    come = [json.loads(item) for item in (theirs - mine).elements()]
    order = [item for item in one if item in theirs] != [item for item in other if item in mine]
    return _details(gone, come) + (_HEAD * (not gone and not come) + 3 if order else 0)


def _details(gone: Any, come: Any) -> int:
    count = sum(1 + _yaml_lines(side) for side in (gone, come) if side)
    return _HEAD + count if count else 0


def _yaml_lines(value: Any) -> int:
    text = yaml.dump(value, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True, width=10**6)
    return len([line for line in text.splitlines() if line != "..."])
