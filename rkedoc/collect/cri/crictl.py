"""What crictl prints as JSON, as the answers of CRI that it was made from.

crictl prints protobuf's JSON form, with lowerCamelCase names and with every default; in what it says of one thing the times are
texts, in the zone of the machine (kubernetes-sigs/cri-tools v1.12 to v1.36, cmd/crictl/util.go, protobufObjectToJSON; container.go,
marshalContainerStatus; sandbox.go, marshalPodSandboxStatus). The collector knows the form with the fields' own names, and times as
nanoseconds.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, Final

_MAPS: Final = frozenset({"labels", "annotations", "unified"})
"""Fields that are maps: their keys are words that somebody chose (cri-api v0.31, pkg/apis/runtime/v1/api.proto)."""

_TIMES: Final = frozenset({"createdAt", "startedAt", "finishedAt"})
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_SECOND: Final = datetime.timedelta(seconds=1)

_DEEPEST: Final = 12
"""No message of CRI is nested as deep."""


def as_answered(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as the runtime answered with it."""
    return _fields(message, 0)


def nanoseconds(time: Any) -> Any:
    """A time in RFC 3339 as nanoseconds since 1970, negative for the one with which Go says never; what is no such text stays."""
    found = _TIME.fullmatch(time) if isinstance(time, str) else None
    if found is None:
        return time
    try:
        moment = datetime.datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
        return (moment - _EPOCH) // _SECOND * 10**9 + int((found[2] or "").ljust(9, "0"))
    except (ValueError, OverflowError):
        return time


def _fields(message: Mapping[str, Any], depth: int) -> dict[str, Any]:
    return {
        _CAPITAL.sub(r"_\1", key).lower(): value
        if key in _MAPS
        else nanoseconds(value)
        if key in _TIMES
        else _inner(value, depth + 1)
        for key, value in message.items()
    }


def _inner(value: Any, depth: int) -> Any:
    if not isinstance(value, Mapping | list):
        return value
    if depth > _DEEPEST:
        return None
    return _fields(value, depth) if isinstance(value, Mapping) else [_inner(one, depth + 1) for one in value]
