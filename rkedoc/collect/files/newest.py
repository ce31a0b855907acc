"""When a dump was taken, at the earliest: the newest moment that its objects speak of.

A file does not say when it was written, and the time of reading it is no fact of the cluster. What an object says has
happened had happened when the dump was taken, so the newest such moment is the nearest that can be known.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import orjson

from rkedoc.collect.cri.shape import moment

_HAPPENED = frozenset(
    {
        "acquireTime", "completionTime", "creationTimestamp", "Created", "CreatedAt", "createdAt", "eventTime", "FinishedAt", "finishedAt",
        "firstTimestamp", "lastHeartbeatTime", "lastObservedTime", "lastProbeTime", "lastScheduleTime", "lastSuccessfulTime",
        "lastTimestamp", "lastTransitionTime", "lastUpdateTime", "renewTime", "startTime", "StartedAt", "startedAt",
        "SystemTime", "time",
    }
)  # fmt: skip
"""Fields that say when something happened (Kubernetes API reference; Docker Engine API). What is planned, such as the end
of a certificate, is not among them."""
_OF_A_MANAGER = b"operation"
"""What stands before ``time`` where that says when somebody wrote an object (Kubernetes API, ManagedFieldsEntry): anywhere else the word may mean
anything."""
_TIME = re.compile(rb"(?<![\w.-])(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_KEY = re.compile(rb"""(?<![\\\w])["']?(\w{4,32})["']?[ ]?:[ ]?["']?\Z""")
_NANOSECONDS = re.compile(rb'(?<=":")[1-9]\d{18}(?=")')
"""A time of CRI, since 1970, as crictl lists it."""
_BEFORE, _ENTRY = 48, 200
"""A key and what stands between it and its value are shorter, and so is what stands of a manager's entry before its time."""
_PRINTED = re.compile(rb'(?<=":")(20\d\d-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d\d)(\d\d)\b')
"""A time as docker and its like print it in lists (Go 1.22, time/format.go, Time.String)."""


class Newest:
    """The newest moment among the objects that were looked at, none of them later than ``latest``, which is now: clocks
    that are wrong are not believed."""

    def __init__(self, latest: str) -> None:
        self._latest = latest
        self.time = ""
        """UTC to the second; empty if no object said any."""

    def look(self, text: bytes) -> None:
        """Take into account what a document, in JSON or YAML, says. Its text is looked at, which costs less than its values."""
        known = self.time.encode()
        for found in _times(text, known):
            key = _KEY.search(text[max(0, found.start() - _BEFORE) : found.start()])
            if key is not None and key[1].decode() in _HAPPENED and _happened(key[1], text, found.start()):
                moment = _utc(found[1].decode(), found[2].decode())
                if self.time < moment <= self._latest:
                    self.time, known = moment, moment.encode()

    def look_at(self, content: Mapping[str, Any]) -> None:
        """Take into account what a thing says that was brought into another form than it was written in."""
        with suppress(TypeError):  # what cannot be written says nothing
            self.look(_PRINTED.sub(rb"\1T\2\3:\4", _NANOSECONDS.sub(_in_words, orjson.dumps(content))))


def _happened(key: bytes, text: bytes, at: int) -> bool:
    return key != b"time" or _OF_A_MANAGER in text[max(0, at - _ENTRY) : at]


def _in_words(found: re.Match[bytes]) -> bytes:
    return moment(found[0].decode()).encode()


def _times(text: bytes, known: bytes) -> Iterator[re.Match[bytes]]:
    """The times in a document that may be newer than the newest that is known. In JSON each stands in quotes, which costs little to find."""
    if text[:1] not in (b"{", b"["):
        yield from _TIME.finditer(text)
        return
    day, second, at = known[:8], known[:19], text.find(b'"20')
    while at >= 0:
        stamp = text[at + 1 : at + 21]
        if (stamp[:19] > second or (stamp[-1:] != b"Z" and stamp >= day)) and (found := _TIME.match(text, at + 1)):
            yield found
        at = text.find(b'"20', at + 3)


def _utc(time: str, zone: str) -> str:
    if zone == "Z":
        return f"{time}Z"
    try:
        return datetime.datetime.fromisoformat(time + zone).astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return ""
