"""The shape of a snapshot's lines: checked fast while reading, and published as a JSON Schema.

The reader checks each line with :func:`header_fault` and :func:`record_fault`, which name what is wrong without naming a
value. :func:`json_schema` says the same to other programs; a test holds the two together.
"""

from __future__ import annotations

import re
from typing import Any

from rkedoc.snapshot.record import FORMAT
from rkedoc.vocabulary import Result

_SOURCES = ("kubernetes", "engine", "files", "host")
_RECORD_KEYS = frozenset({"id", "kind", "owner", "intent", "observed"})

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_SCOPE_SCHEMA = {
    "type": "object",
    "description": "One thing that was asked of a source, and how that ended.",
    "required": ["name", "verb", "path", "result", "count"],
    "additionalProperties": False,
    "properties": {
        "name": {**_TEXT, "description": "<group>/<plural>, such as apps/deployments or engine/containers"},
        "verb": {**_TEXT, "description": "list, get or watch, as an audit log names it; read, of the files of a host"},
        "path": {**_TEXT, "description": "the path of the request"},
        "status": {"type": "integer", "description": "the HTTP status of the last answer"},
        "result": {"enum": [result.value for result in Result], "description": "how it ended"},
        "reason": {**_TEXT, "description": "a reason code, never a message"},
        "count": {**_COUNT, "description": "records that came of it"},
        "namespace": {**_TEXT, "description": "the namespace, if only one was asked for"},
        "kind": {**_TEXT, "description": "<group>/<Kind> of the records that came of it"},
    },
}
_CAPTURE_SCHEMA = {
    "type": "object",
    "description": "One source that was asked, at one time.",
    "required": ["source", "time", "tool", "scopes"],
    "additionalProperties": False,
    "properties": {
        "source": {"enum": list(_SOURCES), "description": "what was asked"},
        "node": {**_TEXT, "description": "the node whose engine or host it was"},
        "time": {**_TEXT, "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$", "description": "UTC"},
        "tool": {
            "type": "object",
            "additionalProperties": _TEXT,
            "description": "versions of both sides, and until when the certificate of the API server holds (certificateUntil); of files, if nobody gave the time, what it is (time: newest-in-objects or time-of-reading)",
        },
        "scopes": {"type": "array", "items": _SCOPE_SCHEMA, "description": "what was asked for"},
    },
}
_HEADER_SCHEMA = {
    "type": "object",
    "description": "The first line.",
    "required": ["rkedoc", "format", "cluster", "captures", "redaction", "records", "sha256", "intent_digest"],
    "additionalProperties": False,
    "properties": {
        "rkedoc": {"const": "snapshot", "description": "what this file is"},
        "format": {"const": FORMAT, "description": "the version of the format"},
        "cluster": {
            "type": "object",
            "required": ["name", "uid"],
            "additionalProperties": _TEXT,
            "description": "the cluster's name, and the uid of its namespace kube-system",
        },
        "captures": {"type": "array", "items": _CAPTURE_SCHEMA, "description": "the sources that were asked"},
        "redaction": {
            "type": "object",
            "required": ["rules", "key", "masked"],
            "additionalProperties": False,
            "description": "what was taken out: counts by rule, the id of the fingerprints' key, masked classes",
            "properties": {
                "rules": {"type": "object", "additionalProperties": _COUNT},
                "key": {"type": ["string", "null"]},
                "masked": {"type": "array", "items": _TEXT},
            },
        },
        "records": {**_COUNT, "description": "how many lines follow"},
        "sha256": {**_TEXT, "pattern": "^[0-9a-f]{64}$", "description": "of the bytes of these lines, uncompressed"},
        "intent_digest": {**_TEXT, "pattern": "^[0-9a-f]{64}$", "description": "equal for equal intent"},
        "twice": {
            "type": "object",
            "additionalProperties": _COUNT,
            "description": "by kind, how many objects were met once more and stand there once: the counts of all scopes are records and these",
        },
        "rancher": {
            "type": "object",
            "required": ["server", "id", "name", "labels"],
            "additionalProperties": False,
            "description": "what a Rancher says of the cluster, if it was collected through one",
            "properties": {
                "server": {**_TEXT, "description": "Rancher's address"},
                "version": {**_TEXT, "description": "Rancher's version"},
                "id": {**_TEXT, "description": "the id of the cluster in Rancher: local, c-…, c-m-…"},
                "name": {**_TEXT, "description": "the name that it has there"},
                "labels": {"type": "object", "additionalProperties": _TEXT, "description": "its labels there"},
                "provider": {**_TEXT, "description": "what Rancher takes it for: rke2, k3s, rke, eks"},
                "driver": {**_TEXT, "description": "how it came to Rancher: imported, rke2, rancherKubernetesEngine"},
                "state": {**_TEXT, "description": "how it was when it was listed: active, unavailable"},
            },
        },
    },
}
_RECORD_SCHEMA = {
    "type": "object",
    "description": "Each further line, sorted by the UTF-8 bytes of the ids.",
    "required": ["id", "kind"],
    "additionalProperties": False,
    "properties": {
        "id": {
            **_TEXT,
            "pattern": "^[^/]+/[^/]+/[^/]+/[\\s\\S]+$",
            "description": "<group>/<Kind>/<namespace or ->/<name>",
        },
        "kind": {**_TEXT, "pattern": "^[A-Za-z][A-Za-z0-9]{0,62}$", "description": "the Kind of the id"},
        "owner": {**_TEXT, "description": "the id of the controlling owner"},
        "intent": {"type": "object", "description": "what somebody decided"},
        "observed": {"type": "object", "description": "what changes by itself"},
    },
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a line of a snapshot: a header or a record."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of an rkedoc snapshot, format {FORMAT}",
        "oneOf": [{"$ref": "#/$defs/header"}, {"$ref": "#/$defs/record"}],
        "$defs": {"header": _HEADER_SCHEMA, "record": _RECORD_SCHEMA},
    }


def record_fault(content: object) -> str:
    """What is wrong with a parsed line that should be a record; empty if nothing is."""
    if not isinstance(content, dict):
        return "not a JSON object"
    if not content.keys() <= _RECORD_KEYS:
        return "it has a field that records do not have"
    for key in ("id", "kind"):
        if not isinstance(content.get(key), str) or not content[key]:
            return f"its {key} is not a text"
    if not isinstance(content.get("owner", ""), str):
        return "its owner is not a text"
    for key in ("intent", "observed"):
        if not isinstance(content.get(key, {}), dict):
            return f"its {key} part is not an object"
    return ""


def header_fault(content: dict[str, Any]) -> str:
    """What is wrong with a parsed first line; empty if nothing is."""
    return _fault(content, _HEADER_SCHEMA, "header")


def _fault(value: object, schema: dict[str, Any], where: str) -> str:
    """The part of JSON Schema that the header's schema uses, with messages that hold no value."""
    if "const" in schema or "enum" in schema:
        allowed = schema.get("enum", [schema.get("const")])
        return "" if value in allowed and not isinstance(value, bool) else f"{where} has a value that it cannot have"
    types = schema.get("type", [])
    names = types if isinstance(types, list) else [types]
    if not any(_is(value, name) for name in names):
        return f"{where} is not of type {' or '.join(names)}"
    if isinstance(value, str):
        pattern = schema.get("pattern")
        return "" if pattern is None or re.fullmatch(pattern, value) else f"{where} is not of the right form"
    if isinstance(value, int):
        return "" if value >= schema.get("minimum", value) else f"{where} is negative"
    if isinstance(value, list):
        faults = (_fault(item, schema["items"], f"{where}[{n}]") for n, item in enumerate(value))
        return next((fault for fault in faults if fault), "")
    return _object_fault(value, schema, where) if isinstance(value, dict) else ""


def _object_fault(value: dict[str, Any], schema: dict[str, Any], where: str) -> str:
    for key in schema.get("required", ()):
        if key not in value:
            return f"{where} lacks {key}"
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for key, item in value.items():
        inner = known.get(key, others)
        if inner is False:
            return f"{where} has a field that it does not know"
        if isinstance(inner, dict) and (fault := _fault(item, inner, f"{where}.{key}" if key in known else where)):
            return fault
    return ""


def _is(value: object, name: str) -> bool:
    if name == "null":
        return value is None
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "object": dict, "array": list}[name])
