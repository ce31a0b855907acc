"""The shape of a comparison as JSON, published as a JSON Schema."""

from __future__ import annotations

from typing import Any

from rkedoc.diff.model import FORMAT
from rkedoc.vocabulary import ChangeKind, Weight

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_WEIGHT = {"enum": [weight.value for weight in Weight], "description": "what a change of it means"}
_VIEW = {
    "type": "object",
    "description": "an intent as it is compared: lists whose elements have an identity are mappings, with keys in brackets",
}


def _object(description: str, properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object", "description": description, "additionalProperties": False, "properties": properties,
        "required": [name for name in properties if name not in optional],
    }  # fmt: skip


_SIDE = _object(
    "one of the two snapshots",
    {
        "cluster": {**_TEXT, "description": "the cluster's name"},
        "uid": {**_TEXT, "description": "the uid of its namespace kube-system"},
        "times": {"type": "array", "items": _TEXT, "description": "when it was collected, UTC"},
        "records": {**_COUNT, "description": "how many records it holds"},
    },
)
_FIELD = _object(
    "one field that differs",
    {
        "path": {"type": "array", "items": _TEXT, "description": "the keys from the intent's root"},
        "change": {
            "enum": [kind.value for kind in ChangeKind if kind != ChangeKind.MOVED],
            "description": "what happened to it",
        },
        "weight": _WEIGHT,
        "old": {"description": "what stood there; missing if nothing did"},
        "new": {"description": "what stands there; missing if nothing does"},
        "default": {"description": "what nothing means there"},
        "hidden": {"const": True, "description": "a hidden value changed: both sides show the same placeholder"},
    },
    optional=("old", "new", "default", "hidden"),
)
_CHANGE = _object(
    "one thing that was changed",
    {
        "id": {**_TEXT, "description": "the id of the new record; of the old one if there is no new one"},
        "kind": {**_TEXT, "description": "its kind"},
        "namespace": {**_TEXT, "description": "its namespace, or its node; missing if it has none"},
        "name": {**_TEXT, "description": "its name"},
        "change": {"enum": [kind.value for kind in ChangeKind], "description": "what happened to it"},
        "old_id": {**_TEXT, "description": "the id that it had"},
        "evidence": {**_TEXT, "description": "why it is the same thing under another id"},
        "weight": _WEIGHT,
        "component": {**_TEXT, "description": "the id of the catalog's entry"},
        "meaning": {"type": "array", "items": _TEXT, "description": "what the catalog says of it"},
        "old": _VIEW,
        "new": _VIEW,
        "fields": {"type": "array", "items": _FIELD, "description": "the fields that differ, where both sides have it"},
    },
    optional=("namespace", "old_id", "evidence", "component", "meaning", "old", "new", "fields"),
)
_UNKNOWN = _object(
    "records that one snapshot could not have shown",
    {
        "kind": {**_TEXT, "description": "their kind"},
        "namespace": {"type": ["string", "null"], "description": "their namespace, or their node"},
        "missing_in": {"enum": ["old", "new"], "description": "the snapshot that could not have shown them"},
        "reason": {**_TEXT, "description": "how its list ended"},
        "ids": {"type": "array", "items": _TEXT, "description": "the records"},
    },
)
_VERSION = _object(
    "a version that became another one",
    {"name": _TEXT, "old": _TEXT, "new": _TEXT, "places": {**_COUNT, "description": "in how many places"}},
)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``rkedoc diff --format json`` prints."""
    changes = {"type": "array", "items": {"$ref": "#/$defs/change"}}
    content = _object(
        "What changed between two snapshots.",
        {
            "rkedoc": {"const": "diff"},
            "format": {"const": FORMAT, "description": "the version of this form"},
            "old": _SIDE,
            "new": _SIDE,
            "same": {"type": "boolean", "description": "whether nothing that somebody decided has changed"},
            "notes": {"type": "array", "items": _TEXT, "description": "how differently the two were collected"},
            "counts": {
                "type": "object",
                "additionalProperties": _COUNT,
                "description": "changes by what happened and by weight",
            },
            "hidden_not_compared": {**_COUNT, "description": "hidden values without comparable fingerprints"},
            "versions": {"type": "array", "items": _VERSION},
            "changes": {**changes, "description": "sorted by namespace and component, the weightiest first"},
            "unknown": {"type": "array", "items": _UNKNOWN},
            "observed": {**changes, "description": "what changed by itself, if asked for"},
        },
        optional=("changes", "unknown", "observed"),
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"A comparison by rkedoc, format {FORMAT}",
        **content, "$defs": {"change": _CHANGE},
    }  # fmt: skip
