"""Redaction, before anything is written.

:class:`Redactor` takes API objects and engine answers and gives the same without secrets; :class:`Shelter` carries what pod specs,
ConfigMaps and Services allow to be shown of an engine's containers; :func:`audit` looks at what is already written. Rules are
data: ``rules.yaml`` names them, the other YAML files say what they look for.
"""

from __future__ import annotations

from rkedoc.redact.audit import Exposure, audit
from rkedoc.redact.credentials import is_credential_kind
from rkedoc.redact.fingerprint import FingerprintKey, generate_key_file, load_key_file
from rkedoc.redact.mask import Mask, parse_kinds
from rkedoc.redact.podspecs import Shelter
from rkedoc.redact.redactor import Redactor
from rkedoc.redact.rewrite import redact_snapshot

__all__ = [
    "Exposure",
    "FingerprintKey",
    "Mask",
    "Redactor",
    "Shelter",
    "audit",
    "generate_key_file",
    "is_credential_kind",
    "load_key_file",
    "parse_kinds",
    "redact_snapshot",
]
