"""Which kinds are credentials, and what of them may be kept."""

from __future__ import annotations

from typing import Any, cast

from rkedoc.resources import load_yaml

_DATA: dict[str, Any] = cast("dict[str, Any]", load_yaml("redact", "credentials.yaml"))
_KINDS: frozenset[tuple[str, str]] = frozenset(
    (entry["group"], word.casefold()) for entry in _DATA["kinds"] for word in (entry["resource"], entry["kind"])
)
#: Annotations of credentials that may be kept.
ANNOTATIONS: frozenset[str] = frozenset(_DATA["annotations"])
#: Fields of a credential's metadata that may be kept.
METADATA: frozenset[str] = frozenset(_DATA["metadata"])


def is_credential_kind(group: str, kind: str) -> bool:
    """Whether a kind is a credential. ``kind`` is a kind (``Secret``) or a resource (``secrets``); the core group is ``""``
    or ``"core"``. The case of its letters tells nothing: what is no kind of the API may stand in a file all the same."""
    group = "" if group == "core" else group
    return (group, kind.casefold()) in _KINDS or (group, "*") in _KINDS
