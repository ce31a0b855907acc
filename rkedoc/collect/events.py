"""Events of type Warning as counts: which object, which reason, how often, from when to when.

The message of an event is free text and is not kept. Normal events are noise. There may be a million events; of objects
and reasons no more than :data:`MOST` are told apart, the rest is left out and the list is partial.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rkedoc.snapshot.identity import record_id
from rkedoc.snapshot.record import Record

MOST = 50_000
"""How many different (object, reason) pairs are counted: about 40 MB."""

_REASON = re.compile(r"[A-Za-z][A-Za-z0-9]{0,127}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:_-]{0,251}[A-Za-z0-9])?")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z")

_Key = tuple[str, str, str, str]


class WarningCounts:
    """Counts warnings as they come; ``overflow`` says that some were left out."""

    def __init__(self, name: Callable[[str], str]) -> None:
        """``name`` gives a name as it may be written: what an event is called becomes the identity of its record."""
        self._shown = name
        self._counts: dict[_Key, tuple[int, str, str]] = {}
        self.overflow = False

    def add(self, event: Mapping[str, Any]) -> None:
        """Count one event of the core or the ``events.k8s.io`` group; others than warnings are ignored."""
        if event.get("type") != "Warning":
            return
        about = event.get("involvedObject") or event.get("regarding")
        if not isinstance(about, dict):
            return
        metadata = event.get("metadata") if isinstance(event.get("metadata"), dict) else {}
        assert isinstance(metadata, dict)
        namespace = self._name(about.get("namespace")) or self._name(metadata.get("namespace"))
        reason = event.get("reason")
        key = (
            namespace,
            self._name(about.get("kind")) or "Unknown",
            self._name(about.get("name")) or "unknown",
            reason
            if isinstance(reason, str) and _REASON.fullmatch(reason) and self._shown(reason) == reason
            else "Other",
        )
        series = event.get("series") if isinstance(event.get("series"), dict) else {}
        assert isinstance(series, dict)
        count = (
            _positive(event.get("count"))
            or _positive(event.get("deprecatedCount"))
            or _positive(series.get("count"))
            or 1
        )
        names = ("firstTimestamp", "deprecatedFirstTimestamp", "lastTimestamp", "deprecatedLastTimestamp", "eventTime")
        times = [_seconds(event.get(name)) for name in names]
        times += [_seconds(series.get("lastObservedTime"))]
        known = [time for time in times if time] or [_seconds(metadata.get("creationTimestamp"))]
        before = self._counts.get(key)
        if before is None and len(self._counts) >= MOST:
            self.overflow = True
            return
        if before is not None:
            known += [time for time in before[1:] if time]
            count += before[0]
        known = [time for time in known if time] or [""]
        self._counts[key] = (count, min(known), max(known))

    def _name(self, value: object) -> str:
        return self._shown(value) if isinstance(value, str) and _NAME.fullmatch(value) else ""

    def records(self) -> Iterator[Record]:
        """One record for each object and reason, sorted."""
        for (namespace, kind, name, reason), (count, first, last) in sorted(self._counts.items()):
            involved = {"kind": kind, "namespace": namespace, "name": name}
            yield Record(
                id=record_id("core", "Event", namespace or None, f"{kind}/{name}/{reason}"),
                kind="Event",
                owner=None,
                intent={},
                observed={
                    "involved": involved, "reason": reason, "type": "Warning", "count": count, "first": first,
                    "last": last,
                },
            )  # fmt: skip


def _positive(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _seconds(value: object) -> str:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{match[1]}Z" if match else ""
