"""What other tools write in the place of a value that they take out: it is no value, and is kept as hidden by that tool.

Some of it no text has by chance, and it is found anywhere: ``***HIDDEN***`` (replicatedhq/troubleshoot v0.133, pkg/redact/redact.go),
``[REDACTED]`` and ``<token redacted>`` (rancherlabs/support-tools, collection/rancher/v2.x/logs-collector/rancher2_logs_collector.sh).
Of the rest only a whole value is: ``xxx`` (crust-gather v0.16, src/gather/config.rs), ``********`` (sosreport/sos 4.9,
sos/report/plugins/docker.py), ``REDACTED``, also in base64 (phenixblue/k8shark v1.0, internal/redact/redact.go), and in base64 how long
a value is (openshift/oc, pkg/cli/admin/inspect/secret.go). A name stays as it is: whatever it says, it is what the thing is called.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any, Final

from rkedoc.snapshot.record import HIDDEN_IN_BUNDLE

_ANYWHERE: Final = re.compile(r"\*\*\*HIDDEN\*\*\*|\[REDACTED\]|<token redacted>")
_WHOLE: Final = re.compile(r"xxx|\*{3,}|REDACTED|UkVEQUNURUQ=")
_ASSIGNED: Final = re.compile(rf"(?P<name>[\w.-]+=)(?:{_WHOLE.pattern})")
_LENGTH: Final = re.compile(rb"\d{1,12} bytes long")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{16,36}={0,2}")

_TRACES: Final = ((b"*", b"***"), (b"<", b"<token redacted>"), (b"REDACTED", b"REDACTED"), (b"xxx", b"xxx"))
"""What is in every text with one of them that is written plainly, each behind what costs little to look for and most texts do not have."""

_CODED: Final = (b"UkVEQUNURUQ=", b"IGJ5dGVzIGxvbm", b"BieXRlcyBsb25n", b"gYnl0ZXMgbG9uZ")
"""What is in every text with one of those in base64, which stand in the data of Secrets alone. The last three are `` bytes long``, wherever it
begins."""

_NAMES: Final = frozenset(
    {"apiVersion", "kind", "name", "namespace", "uid", "generateName", "Id", "ID", "Name", "Names", "nodeName"}
)


def may_hold(text: bytes) -> bool:
    """Whether anything in a document may be a mask: most documents hold none, and need no second look."""
    if any(first in text and trace in text for first, trace in _TRACES):
        return True
    has_data = text[:1] not in (b"{", b"[") or b'"data"' in text
    return has_data and any(trace in text for trace in _CODED)


def told(value: Any) -> Any:
    """A document in which each mask says that it is one; the parts of it that hold none are the same."""
    if isinstance(value, dict):
        return {key: inner if key in _NAMES and isinstance(inner, str) else told(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [told(inner) for inner in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    if _WHOLE.fullmatch(text) or _is_length(text):
        return HIDDEN_IN_BUNDLE
    if found := _ASSIGNED.fullmatch(text):
        return found["name"] + HIDDEN_IN_BUNDLE
    return _ANYWHERE.sub(HIDDEN_IN_BUNDLE, text)


def _is_length(text: str) -> bool:
    """Whether it is said in base64 how long a value was."""
    if _BASE64.fullmatch(text) is None or len(text) % 4:
        return False
    return _LENGTH.fullmatch(b64decode(text)) is not None
