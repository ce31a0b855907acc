"""An object as YAML, as ``kubectl get -o yaml`` would print what the snapshot kept of it.

Written here and not by a library of YAML: there is a page of every workload, and this takes half the time of a library in C, which not
every platform has. Whatever the object holds, reading the text gives it back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import plain

if TYPE_CHECKING:
    from rkedoc.snapshot.record import Record

_FIRST: Final = ("apiVersion", "kind", "metadata", "spec", "status")
"""The order of an object's fields for people; others come last."""

# Words that stand for themselves without quotes. YAML 1.1 takes some for another type (yaml.org/type: bool, null), and numbers begin with a
# digit, a sign or a dot; a colon or a number sign means something only beside a space or at the end.
_BARE: Final = re.compile(r"-{0,2}[A-Za-z_/][A-Za-z0-9_./@+,=~-]*(?:[: ][A-Za-z0-9_./@+,=~-]+)*")
_TYPED: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
# What a reader of YAML would refuse or fold inside quotes, and what is not seen.
_ESCAPED: Final = re.compile("[\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff]")
_LINES: Final = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff\ufffe\uffff][^\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff\ufffe\uffff]*"
)
_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode
_LONGEST_KEY: Final = 1000
"""Longer keys need a mark of their own (yaml.org, 1.2.2, section 7.4.2)."""


def manifest(record: Record) -> str:
    """The object of a record, as far as the snapshot kept it; of what was hidden no fingerprint is shown."""
    body = dict(record.body)
    names = {"name": record.name, **({"namespace": record.namespace} if record.namespace is not None else {})}
    metadata = body.get("metadata")
    body["kind"] = record.kind
    body["metadata"] = {**names, **metadata} if isinstance(metadata, Mapping) else names
    known = {name: body.pop(name) for name in _FIRST if name in body}
    return plain(as_yaml({**known, **body}))


def as_yaml(value: Any) -> str:
    """A JSON value as YAML."""
    out: list[str] = []
    _write(value, "", "", out)
    return "\n".join([*out, ""])


def _write(value: Any, before: str, indent: str, out: list[str]) -> None:
    """Write a value: the first line begins with ``before``, the others with ``indent``."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            _pair(before, _scalar(str(name)), inner, indent, out)
            before = indent
    elif isinstance(value, list | tuple) and value:
        for inner in value:
            _write(inner, f"{before}- ", f"{indent}  ", out)
            before = indent
    elif (mark := _block(value)) is not None:
        out.append(f"{before}{mark}")
        # At the margin a text of several lines would not be told from what follows.
        out.extend(f"{indent or '  '}{line}" if line else "" for line in value.removesuffix("\n").split("\n"))
    else:
        out.append(f"{before}{_scalar(value)}")


def _pair(before: str, name: str, value: Any, indent: str, out: list[str]) -> None:
    if len(name) > _LONGEST_KEY:
        out.append(f"{before}? {name}")
        before, name = indent, ""
    if isinstance(value, Mapping) and value:
        out.append(f"{before}{name}:")
        _write(value, f"{indent}  ", f"{indent}  ", out)
    elif isinstance(value, list | tuple) and value:
        out.append(f"{before}{name}:")
        _write(value, indent, indent, out)
    else:
        _write(value, f"{before}{name}: ", f"{indent}  ", out)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        if _BARE.fullmatch(value) and value.lower() not in _TYPED:
            return value
        return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", _quoted(value))
    if isinstance(value, float) and "e" in (written := repr(value)):
        return written if "." in written else written.replace("e", ".0e")
    return "[]" if isinstance(value, list | tuple) else "{}" if isinstance(value, Mapping) else json.dumps(value)


def _block(value: Any) -> str | None:
    """How a text of several lines can stand line by line: ``|`` with, ``|-`` without a line break at its end; ``None`` if it cannot."""
    if not isinstance(value, str) or "\n" not in value or value.endswith("\n\n") or not _LINES.fullmatch(value):
        return None
    return "|" if value.endswith("\n") else "|-"
