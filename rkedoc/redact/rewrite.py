"""Redacting and masking a snapshot that exists already: for a vendor, for a bug report, after the rules have grown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rkedoc.redact.audience import EVERYBODY, Audience, narrow
from rkedoc.redact.credentials import is_credential_kind
from rkedoc.redact.fingerprint import FingerprintKey
from rkedoc.redact.mask import Mask
from rkedoc.redact.redactor import Redactor
from rkedoc.redact.rules import OwnRule
from rkedoc.snapshot.reader import load, open_stream
from rkedoc.snapshot.record import Capture, Header, Record
from rkedoc.snapshot.writer import HeaderParts, write


def redact_snapshot(
    source: Path | str,
    target: Path | str,
    mask: Iterable[str] = (),
    key: FingerprintKey | None = None,
    own: Sequence[OwnRule] = (),
    audience: Audience = EVERYBODY,
) -> Header:
    """Write ``source`` again as ``target`` with every rule applied once more, and with hosts, addresses or people masked.

    ``mask`` names what is replaced (see :data:`~rkedoc.redact.mask.KINDS`); with ``key`` the pseudonyms are the same in every
    snapshot that is masked under that key; ``own`` are rules that somebody added; what the ``audience`` may not see is left out first. The snapshot is read twice: once to learn who and
    what is in it.

    Raises :class:`~rkedoc.errors.SnapshotError` for a file that is no snapshot, or that cannot be written, and
    :class:`~rkedoc.errors.UsageError` for an unknown thing to mask.
    """
    masking = Mask(mask, key)
    redactor = Redactor(own=own)
    header, records = _of(source, audience)
    if masking.kinds:
        for capture in header.captures:
            if capture.node:
                masking.host(capture.node)
        for record in records:
            masking.learn(record.kind, record.body)
        header, records = _of(source, audience)
    rewritten = sorted((rewrite_record(record, redactor, masking) for record in records), key=lambda r: r.id.encode())
    counts = dict(header.redaction.get("rules", {}))
    for rule, count in redactor.report.items():
        counts[rule] = counts.get(rule, 0) + count
    masked = sorted({*header.redaction.get("masked", ()), *masking.kinds})
    parts = HeaderParts(
        cluster=masking.apply(header.cluster),
        captures=tuple(_capture(capture, masking) for capture in header.captures),
        redaction={**header.redaction, "rules": dict(sorted(counts.items())), "masked": masked},
        rancher=masking.apply(header.rancher),
    )
    return write(target, parts, [rewritten])


def _of(source: Path | str, audience: Audience) -> tuple[Header | HeaderParts, Iterable[Record]]:
    """What a snapshot has for these readers."""
    return narrow(load(source), audience) if audience else open_stream(source)


def rewrite_record(record: Record, redactor: Redactor, mask: Mask) -> Record:
    """One record with every rule applied and everything masked, its id and its owner's included."""
    group = "" if record.group == "core" else record.group

    def part(body: Mapping[str, Any]) -> Mapping[str, Any]:
        if not body:
            return body
        if is_credential_kind(group, record.kind):
            head = {"apiVersion": f"{group}/v1" if group else "v1", "kind": record.kind}
            done = redactor.credential({**head, **body})
            out = {key: value for key, value in done.items() if key in body}
        else:
            out = redactor.body(group, record.kind, record.namespace or "", record.name, body)
        masked: dict[str, Any] = mask.apply(out)
        return masked

    return Record(
        id=mask.text(_redacted_id(record.id, redactor)),
        kind=record.kind,
        owner=None if record.owner is None else mask.text(_redacted_id(record.owner, redactor)),
        intent=part(record.intent),
        observed=part(record.observed),
    )


def _redacted_id(identifier: str, redactor: Redactor) -> str:
    """An id of which each part passes the rules for names; that of an event is made of several."""
    return "/".join(redactor.name(part) if part not in ("", "-") else part for part in identifier.split("/"))


def _capture(capture: Capture, mask: Mask) -> Capture:
    scopes = tuple(
        replace(
            scope, path=mask.text(scope.path), namespace=None if scope.namespace is None else mask.text(scope.namespace)
        )
        for scope in capture.scopes
    )
    return replace(capture, node=None if capture.node is None else mask.text(capture.node), scopes=scopes)
