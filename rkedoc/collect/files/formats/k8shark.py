"""Captures of k8shark: answers of an API with the questions, one file each, several of one question one after another.

A capture may also be one stream of them, without an index (``--out -``).

phenixblue/k8shark v1.0.0, docs/archive-format.md, internal/archive/format/format.go and internal/capture/{engine,demux,poll}.go; format
versions 1 and 2. Of each question the last answer counts. What was watched between is left aside: the answers after it hold it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import orjson

from rkedoc.collect.files.formats.format import As, Bundle, Claim, Failure, Format, Index, Reading
from rkedoc.collect.files.formats.parts import CREDENTIALS, NO_OBJECTS, below, is_access, named
from rkedoc.collect.files.formats.questions import ListPath, list_path
from rkedoc.collect.files.formats.stamps import zoned
from rkedoc.i18n import N_, Message
from rkedoc.vocabulary import Result

_META, _INDEX = "metadata.json", "index.json.zst"
_RECORD = re.compile(r"records/(?P<folder>[0-9a-f]{16})/(?P<number>\d+)\.json\.zst")
_FILE = re.compile(rf"(?:^|/){_RECORD.pattern}\Z")
_EARLIER = Reading(As.NOTHING, reason="earlier-answer")
_CODES = {401: (Result.FAILED, "Unauthorized"), 403: (Result.FORBIDDEN, "Forbidden"), 404: (Result.ABSENT, "NotFound")}
_IN_STREAM = b'"response_body":'
_NO_LIST = 405
"""What a server says of a kind that cannot be listed."""


@dataclass(frozen=True, slots=True)
class _Last:
    """The last answer to a question for a list. ``number`` is that of its file."""

    number: int
    asked: ListPath
    time: str


def _find(index: Index) -> Iterable[Bundle]:
    yield from _of_files(index)
    yield from (Bundle(path, _stream) for path in index.marked.get(_IN_STREAM, ()) if not _FILE.search(path))


def _stream(_path: str) -> Reading:
    return Reading(inside=_answer)


def _of_files(index: Index) -> Iterable[Bundle]:
    for root, head in named(index, _META):
        told = _json(head)
        entries = index.heads.get(below(root, _INDEX))
        if entries is None or "record_count" not in told:
            continue
        last = _last(_json(entries))
        times = [one.time for one in last.values() if one.time]
        server = told.get("kubernetes_version")
        yield Bundle(
            root,
            partial(_reading, last=last),
            time=max(times, default="") or _time(told.get("captured_until")) or _time(told.get("captured_at")),
            facts=MappingProxyType({"server": server} if isinstance(server, str) and server.startswith("v") else {}),
        )


def _last(index: Mapping[str, Any]) -> Mapping[str, _Last]:
    """The last answers to questions for lists, by the folders of these: the beginning of each path's digest."""
    entries = index.get("entries", index)
    found: dict[str, _Last] = {}
    for path, entry in entries.items() if isinstance(entries, dict) else ():
        asked, number = list_path(path), _at_end(entry, "seqs")
        if asked is not None and isinstance(number, int):
            found[sha256(path.encode()).hexdigest()[:16]] = _Last(number, asked, _time(_at_end(entry, "times")))
    return found


def _at_end(entry: Any, key: str) -> object:
    values = entry.get(key) if isinstance(entry, dict) else None
    return values[-1] if isinstance(values, list) and values else None


def _time(text: object) -> str:
    return zoned(text).time if isinstance(text, str) else ""


def _json(content: bytes) -> Mapping[str, Any]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _reading(path: str, *, last: Mapping[str, _Last]) -> Reading:
    if is_access(path):
        return CREDENTIALS
    record = _RECORD.fullmatch(path)
    if record is None:
        return NO_OBJECTS
    answer = last.get(record["folder"])
    if answer is None:  # the same objects as a table, or what the API says of itself
        return NO_OBJECTS
    if answer.number != int(record["number"]):
        return _EARLIER
    asked = answer.asked
    return Reading(
        namespace=asked.namespace,
        claim=Claim.CLUSTER if asked.namespace is None else Claim.NAMESPACE,
        inside=_answer,
        failures=partial(_failures, asked=asked),
    )


def _answer(record: Any) -> Any:
    """The list that an API answered with; ``None`` if it was an error, something else, or a change that was watched."""
    if not isinstance(record, dict) or record.get("response_code") != 200 or "event_type" in record:
        return None
    return record.get("response_body") if list_path(str(record.get("api_path"))) is not None else None


def _failures(content: bytes, asked: ListPath) -> Iterable[Failure]:
    code = _json(content).get("response_code")
    if isinstance(code, int) and code not in (200, _NO_LIST):
        yield Failure(asked.kind, asked.namespace, *_CODES.get(code, (Result.FAILED, "query-failed")))


K8SHARK = Format(
    name="k8shark",
    title=Message(N_("Captures of k8shark")),
    recognised=Message(
        N_("metadata.json with record_count, beside index.json.zst and records/; or a text of such records")
    ),
    shows=Message(
        N_(
            "The last answer of the API to each question that was asked: whole lists, of the cluster or of a namespace; what was forbidden; "
            "the server's version, and when it answered."
        )
    ),
    lacks=Message(
        N_(
            "Containers; kinds and namespaces that were not asked for; earlier answers. Of a stream the newest state of each object is "
            "read, also of those that were gone at its end. An encrypted capture is refused."
        )
    ),
    keys=frozenset({_META}),
    marks=(_IN_STREAM,),
    whole=frozenset({_INDEX}),
    find=_find,
)
