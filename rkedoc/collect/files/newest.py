"""When a dump was taken, at the earliest: the newest moment that its objects speak of.

A file does not say when it was written, and the time of reading it is no fact of the cluster. What an object says has
happened had happened when the dump was taken, so the newest such moment is the nearest that can be known.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rkedoc.collect.cri.shape import moment

_HAPPENED = frozenset(
    {
        "acquireTime", "completionTime", "creationTimestamp", "Created", "CreatedAt", "createdAt", "eventTime", "FinishedAt", "finishedAt",
        "firstTimestamp", "lastHeartbeatTime", "lastObservedTime", "lastProbeTime", "lastScheduleTime", "lastSuccessfulTime",
        "lastTimestamp", "lastTransitionTime", "lastUpdateTime", "renewTime", "startTime", "StartedAt", "startedAt",
        "SystemTime", "time",
    }
)  # fmt: skip
"""Fields that say when something happened (Kubernetes API reference; Docker Engine API; CRI). What is planned, such as the end
of a certificate, is not among them."""
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_NANOSECONDS = re.compile(r"[1-9]\d{18}")
"""A time of CRI, since 1970, as crictl lists it."""
_DEEPEST = 12


class Newest:
    """The newest moment among the objects that were looked at, none of them later than ``latest``, which is now: clocks
    that are wrong are not believed."""

    def __init__(self, latest: str) -> None:
        self._latest = latest
        self.time = ""
        """UTC to the second; empty if no object said any."""

    def look(self, item: Mapping[str, Any]) -> None:
        """Take what an object says into account."""
        for found in _moments(item, 0):
            if self.time < found <= self._latest:
                self.time = found


def _moments(value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str):
                if key in _HAPPENED and (moment := _utc(inner)):
                    yield moment
            elif isinstance(inner, Mapping | list):
                yield from _moments(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _moments(inner, depth + 1)


def _utc(text: str) -> str:
    found = _TIME.fullmatch(moment(text) if _NANOSECONDS.fullmatch(text) else text)
    if found is None:
        return ""
    if found[2] == "Z":
        return f"{found[1]}Z"
    try:
        return (
            datetime.datetime.fromisoformat(found[1] + found[2]).astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        )
    except (ValueError, OverflowError):
        return ""
