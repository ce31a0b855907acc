"""Reading one list: page by page, with few tries, little waiting, and a clear end.

The numbers are a promise to the server that is read. A list is asked for in pages of 500 objects (``limit`` and
``continue``: all pages show one moment); the continuation expires after minutes, then the server answers 410 and the
list begins again (Kubernetes documentation, "API concepts", retrieving large result sets in chunks).
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from rkedoc.collect.kubernetes.guard import METADATA_ONLY, TABLE_ONLY
from rkedoc.collect.kubernetes.transport import JSON_ONLY, Answer, NoAnswer, Timeouts
from rkedoc.errors import ForbiddenRequest
from rkedoc.vocabulary import Result

PAGE = 500
TRIES = 3
RESTARTS = 2
MOST_PAGES = 4000
"""Pages of one list: two million objects, which is more than etcd holds of any kind (etcd, storage size limit)."""
SPARE_PAGES = 100
"""Pages that a list may have beyond one for every fifty objects: a server that gives few objects and always more has no end."""
LONGEST = 1800.0
"""Seconds that one list may take."""
WAITING = 60.0
"""Seconds that one list may spend waiting between tries, all pages together."""

PATIENT = Timeouts(connect=10.0, read=45.0, total=300.0)
"""For the API server itself, whose objective is to answer any list within 30 s (Kubernetes SIG Scalability, API call
latency)."""

SHORT = Timeouts(connect=5.0, read=10.0, total=60.0)
"""For groups that another server answers for: a dead one must not hold up the run."""

_RETRIED = frozenset({429, 500, 502, 503, 504})
_KINDS = {METADATA_ONLY: "PartialObjectMetadataList", TABLE_ONLY: "Table"}
_HEAD = re.compile(rb'\s*\{\s*(?:"apiVersion"\s*:\s*"([^"]*)"\s*,\s*)?(?:"kind"\s*:\s*"([^"]*)")?')


@dataclass(frozen=True, slots=True)
class ListRequest:
    """One list to read: in one namespace, or everywhere."""

    path: str
    accept: str = JSON_ONLY
    query: Mapping[str, str] = field(default_factory=dict)
    timeouts: Timeouts = PATIENT
    otherwise: str = ""
    """The ``Accept`` header to try if the server answers 406 to the first."""


@dataclass(frozen=True, slots=True)
class Page:
    """The objects of one page, as the server wrote them, and its size in bytes."""

    items: tuple[dict[str, Any], ...]
    size: int


@dataclass(frozen=True, slots=True)
class End:
    """How a list ended, in the words of a scope."""

    result: Result
    status: int | None
    reason: str


class Get(Protocol):
    """:meth:`rkedoc.collect.kubernetes.transport.Transport.get`."""

    def __call__(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        accept: str = JSON_ONLY,
        timeouts: Timeouts = PATIENT,
        admit: Callable[[bytes], bool] | None = None,
    ) -> Answer: ...


class Waiting:
    """The waiting that is left of a budget. ``wait`` sleeps unless the budget or the run is at its end."""

    def __init__(self, budget: float, stop: threading.Event, *, clock: Callable[[float], bool] | None = None) -> None:
        self._left = budget
        self._wait = clock or stop.wait

    def wait(self, seconds: float) -> bool:
        """Sleep, and say true; or say false at once because it would be too long, or because the run ends."""
        if seconds > self._left:
            return False
        self._left -= seconds
        return not self._wait(seconds)


def read_list(
    get: Get,
    request: ListRequest,
    *,
    on_page: Callable[[Page], None],
    on_restart: Callable[[], None],
    stop: threading.Event,
    waiting: Waiting | None = None,
) -> End:
    """Read a list to its end and hand over its pages; never raises for what a server does.

    ``on_restart`` is called before the list begins again: everything handed over until then is void. ``stop`` ends
    waiting and reading early.
    """
    waiting = waiting or Waiting(WAITING, stop)
    restarts, pages, token, objects = 0, 0, "", 0
    accept = request.accept
    ends = time.monotonic() + LONGEST
    while not stop.is_set():
        query = {"limit": str(PAGE), **request.query, **({"continue": token} if token else {})}
        try:
            answer = ask(get, request.path, query=query, accept=accept, timeouts=request.timeouts, waiting=waiting)
            if answer.status == 406 and not pages and request.otherwise not in ("", accept):
                accept = request.otherwise
                continue
            if answer.status == 410 and restarts < RESTARTS:
                restarts, pages, token, objects = restarts + 1, 0, "", 0
                on_restart()
                continue
            if answer.status != 200:
                return ended(answer.status, answer.reason, pages)
            before = token
            page, token = _page(answer.body, accept)
            if token and token == before:  # a server that goes round in circles
                return End(Result.PARTIAL, 200, "continuation-repeats")
        except NoAnswer as error:
            return End(Result.PARTIAL if pages else Result.FAILED, error.status, error.reason)
        except ForbiddenRequest:  # the server gave a continuation or a name that makes no request
            return End(Result.PARTIAL if pages else Result.FAILED, None, "bad-request-refused")
        on_page(page)
        pages += 1
        objects += len(page.items)
        if not token:
            return End(Result.COMPLETE, 200, "")
        if pages >= MOST_PAGES or pages > SPARE_PAGES + objects // 50 or time.monotonic() > ends:
            return End(Result.PARTIAL, 200, "endless")
    return End(Result.PARTIAL if pages else Result.FAILED, None, "interrupted")


def ask(
    get: Get,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    accept: str = JSON_ONLY,
    timeouts: Timeouts,
    waiting: Waiting,
) -> Answer:
    """One request in at most three tries. The last answer is returned whatever it is; the last failure is raised."""
    admit = _admit(accept)
    for attempt in range(1, TRIES + 1):
        pause = 0.5 * attempt * random.uniform(1.0, 1.5)
        try:
            answer = get(path, query=query, accept=accept, timeouts=timeouts, admit=admit)
        except NoAnswer as error:
            if not error.retry or attempt == TRIES or not waiting.wait(pause):
                raise
            continue
        if answer.status not in _RETRIED or attempt == TRIES:
            return answer
        if not waiting.wait(max(pause, answer.retry_after or 0.0) if answer.retry_after is not None else pause):
            return answer
    raise AssertionError("every last try returns or raises")


def ended(status: int, reason: str, pages: int) -> End:
    """The end of a list at an answer other than 200, after ``pages`` pages."""
    if pages:
        return End(Result.PARTIAL, status, reason)
    if status in (401, 403):
        return End(Result.FORBIDDEN, status, reason)
    if status in (404, 405):
        return End(Result.ABSENT, status, reason)
    return End(Result.PARTIAL if status == 410 else Result.FAILED, status, reason)


def _admit(accept: str) -> Callable[[bytes], bool] | None:
    """Whether the beginning of an answer may be read on: that of credentials only if it says that it has no
    contents."""
    wanted = _KINDS.get(accept)
    if wanted is None:
        return None
    expected = wanted.encode()

    def admit(head: bytes) -> bool:
        match = _HEAD.match(head)
        if match is None:
            return False
        version, kind = match[1] or b"", match[2]
        # A server that sorts its keys says the kind after the items; both lists without contents have this version.
        return bool(kind == expected if kind is not None else version.startswith(b"meta.k8s.io/"))

    return admit


def _page(body: bytes | bytearray, accept: str) -> tuple[Page, str]:
    try:
        document = orjson.loads(body)
    except ValueError:
        raise NoAnswer("not-json", status=200, retry=False) from None
    if not isinstance(document, dict):
        raise NoAnswer("not-a-list", status=200, retry=False)
    items: Any
    if accept == TABLE_ONLY:
        items = _rows(document)
    else:
        items = document.get("items")
        items = [] if items is None and str(document.get("kind", "")).endswith("List") else items
        if accept == METADATA_ONLY and isinstance(items, list):
            _refuse_contents(document, items)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise NoAnswer("not-a-list", status=200, retry=False)
    metadata = document.get("metadata")
    token = metadata.get("continue") if isinstance(metadata, dict) else None
    return Page(tuple(items), len(body)), token if isinstance(token, str) else ""


def _refuse_contents(document: dict[str, Any], items: list[Any]) -> None:
    """What calls itself metadata but has more than metadata is not read."""
    if document.get("kind") != "PartialObjectMetadataList" or any(
        not isinstance(item, dict) or not item.keys() <= {"apiVersion", "kind", "metadata"} for item in items
    ):
        raise NoAnswer("contents-not-refused", status=200, retry=False)


def _rows(table: dict[str, Any]) -> list[Any]:
    """The rows of a ``Table`` of Secrets as objects: their metadata, their type, the number of their keys."""
    rows, columns = table.get("rows"), table.get("columnDefinitions")
    if rows is None:
        rows = []
    if table.get("kind") != "Table" or not isinstance(rows, list) or not isinstance(columns, list | None):
        raise NoAnswer("contents-not-refused", status=200, retry=False)
    names = [str(column.get("name")) if isinstance(column, dict) else "" for column in columns or []]
    objects = []
    for row in rows:
        item = row.get("object") if isinstance(row, dict) else None
        if not isinstance(item, dict) or not item.keys() <= {"apiVersion", "kind", "metadata"}:
            raise NoAnswer("contents-not-refused", status=200, retry=False)
        cells = dict(zip(names, row.get("cells") or [], strict=False))
        found: dict[str, Any] = {"metadata": item.get("metadata")}
        if isinstance(cells.get("Type"), str):
            found["type"] = cells["Type"]
        if isinstance(cells.get("Data"), int):
            found["dataCount"] = cells["Data"]
        objects.append(found)
    return objects
