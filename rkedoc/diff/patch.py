"""What the JSON form of a comparison means: applied to the intent of the old snapshot, it gives that of the new one.

Intent here is as it is compared: for each record the view that :class:`rkedoc.diff.canonical.Viewer` makes of it, in which lists
whose elements have an identity are mappings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rkedoc.diff.canonical import Viewer, autoscaled
from rkedoc.diff.model import without_fingerprints
from rkedoc.diff.rules import Rules, load_rules
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import ChangeKind

Intents = Mapping[str, Mapping[str, Any]]
"""Views by the ids of their records."""


def intents(records: Iterable[Record], rules: Rules | None = None) -> Intents:
    """The compared intent of a snapshot: of all records that somebody decided on, without fingerprints of hidden values.

    A number of replicas that an autoscaler owns is not part of it.
    """
    viewer = Viewer(rules or load_rules())
    found = {}
    for record in records:
        if viewer.exists(record):
            view = without_fingerprints(viewer.view(record))
            found[record.id] = _without_replicas(view) if autoscaled(record) else view
    return found


def apply(content: Mapping[str, Any], old: Intents) -> Intents:
    """The new intent, from what ``rkedoc diff --format json`` printed and the old intent. ``old`` is left as it is.

    A removed record goes, an added one is its ``new``; of a changed one each field gets its ``new`` or, where there is
    none, goes; a moved one stands under its new id, with its fields changed.
    """
    result = dict(old)
    came = {}
    for change in content["changes"]:
        before = result.pop(change.get("old_id", change["id"]), {})
        if change["change"] == ChangeKind.ADDED:
            came[change["id"]] = change.get("new", {})
        elif change["change"] in (ChangeKind.CHANGED, ChangeKind.MOVED):
            came[change["id"]] = _changed(before, change.get("fields", ()))
    return {**result, **came}


def _changed(view: Mapping[str, Any], fields: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    for field in fields:
        view = _with(view, field["path"], field)
    return view


def _with(view: Mapping[str, Any], path: list[str], field: Mapping[str, Any]) -> Mapping[str, Any]:
    key, *rest = path
    if rest:
        return {**view, key: _with(view[key], rest, field)}
    return (
        {**view, key: field["new"]} if "new" in field else {name: value for name, value in view.items() if name != key}
    )


def _without_replicas(view: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = {key: value for key, value in view.get("spec", {}).items() if key != "replicas"}
    return {**view, "spec": spec} if spec else {key: value for key, value in view.items() if key != "spec"}
