"""Lists are read page by page, patiently, and end in a way that says what happened."""

from __future__ import annotations

import email.utils
import itertools
import json
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rkedoc.collect.kubernetes import transport
from rkedoc.collect.kubernetes.endpoint import connect
from rkedoc.collect.kubernetes.guard import METADATA_ONLY, TABLE_ONLY
from rkedoc.collect.kubernetes.lists import End, ListRequest, Page, Waiting, read_list
from rkedoc.collect.kubernetes.transport import JSON_ONLY, Timeouts, Transport
from tests.support import misbehave
from tests.support.misbehave import PODS, SECRETS, Api, Reply, Request, kubeconfig, paged, pod, running, status


class Read:
    """What reading one list gave."""

    def __init__(self, api: Api, url: str, folder: Path) -> None:
        self.api = api
        endpoint = connect(
            kubeconfig=kubeconfig(folder, url), context=None, private=folder, no_exec=True, announce=lambda _: None
        )
        self._transport = Transport(endpoint, run="test")
        self.pauses: list[float] = []
        self.items: list[dict[str, Any]] = []
        self.restarts = 0

    def __call__(self, path: str = PODS.path, *, accept: str = JSON_ONLY, timeouts: Timeouts | None = None) -> End:
        def on_page(page: Page) -> None:
            self.items.extend(page.items)

        def on_restart() -> None:
            self.items.clear()
            self.restarts += 1

        def pause(seconds: float) -> bool:
            self.pauses.append(seconds)
            return False

        stop = threading.Event()
        request = ListRequest(path, accept=accept, timeouts=timeouts or Timeouts(connect=5, read=5, total=20))
        waiting = Waiting(60.0, stop, clock=pause)
        return read_list(
            self._transport.get, request, on_page=on_page, on_restart=on_restart, stop=stop, waiting=waiting
        )


@pytest.fixture
def api() -> Api:
    return Api(PODS, SECRETS)


@pytest.fixture
def read(api: Api, tmp_path: Path) -> Iterator[Read]:
    with running(api) as url:
        yield Read(api, url, tmp_path)


def names(read: Read) -> list[str]:
    return [item["metadata"]["name"] for item in read.items]


def test_a_list_is_read_in_pages_of_500(api: Api, read: Read) -> None:
    api.serve(PODS, [pod(f"p{n:04}") for n in range(1201)])
    assert read() == End("complete", 200, "")
    assert names(read) == [f"p{n:04}" for n in range(1201)]
    assert [request.query for request in api.sent(PODS.path)] == [
        {"limit": "500"}, {"limit": "500", "continue": "500"}, {"limit": "500", "continue": "1000"},
    ]  # fmt: skip


def test_requests_say_who_asks(api: Api, read: Read) -> None:
    from rkedoc import __version__

    api.serve(PODS, [])
    read()
    headers = api.sent(PODS.path)[0].headers
    assert headers["user-agent"] == f"rkedoc/{__version__} run=test"
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("reply", "end"),
    [
        (status(403, "Forbidden", "user admin@example.com cannot"), End("forbidden", 403, "Forbidden")),
        (status(401, "Unauthorized"), End("forbidden", 401, "Unauthorized")),
        (status(404, "NotFound"), End("absent", 404, "NotFound")),
        (status(405, "MethodNotAllowed"), End("absent", 405, "MethodNotAllowed")),
        (Reply(404, b"404 page not found", content_type="text/plain"), End("absent", 404, "NotFound")),
        (Reply(503, b"service unavailable", content_type="text/plain"), End("failed", 503, "ServiceUnavailable")),
        (status(500, "InternalError"), End("failed", 500, "InternalError")),
        (Reply(403, b'{"kind":"Status","reason":"hunter2 Secret"}'), End("forbidden", 403, "Forbidden")),
        (Reply(418, b""), End("failed", 418, "http-418")),
        (Reply(302, b"", {"Location": "http://192.0.2.1/"}), End("failed", 302, "redirected")),
        (Reply(200, b"<html>hello</html>"), End("failed", 200, "not-json")),
        (Reply(200, b"service unavailable", content_type="text/plain"), End("failed", 200, "not-json")),
        (Reply(200, b'{"items": [1, 2]}'), End("failed", 200, "not-a-list")),
        (Reply(200, b"[]"), End("failed", 200, "not-a-list")),
        (Reply(200, b'"\xff\xfe"'), End("failed", 200, "not-json")),
        (Reply(200, b"[" * 100_000), End("failed", 200, "not-json")),
    ],
)
def test_a_refusal_ends_the_list_with_a_code_and_no_message(api: Api, read: Read, reply: Reply, end: End) -> None:
    api.route(PODS.path, reply)
    assert read() == end
    assert read.items == []


def test_an_empty_list_may_have_null_items(api: Api, read: Read) -> None:
    api.route(PODS.path, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": None})
    assert read() == End("complete", 200, "")


def once(bad: Reply, kind: misbehave.Kind = PODS) -> Callable[[Request], Reply | dict[str, Any]]:
    items = [pod(f"p{n}") for n in range(700)]
    return lambda request: bad if request.nth == 2 else paged(kind, items, request)


@pytest.mark.parametrize(
    "bad",
    [
        status(429, "TooManyRequests", Retry_After="3"),
        Reply(503, b"no", {"Retry-After": "2"}, "text/plain"),
        Reply(200, json.dumps({"items": [pod("x")]}).encode(), cut_after=10),
        status(504, "Timeout"),
    ],
)
def test_one_bad_answer_in_the_middle_is_asked_for_again(api: Api, read: Read, bad: Reply) -> None:
    api.route(PODS.path, once(bad))
    assert read() == End("complete", 200, "")
    assert len(read.items) == 700
    assert len(api.sent(PODS.path)) == 3
    wanted = float(bad.headers.get("Retry-After", 0))
    assert len(read.pauses) == 1 and read.pauses[0] >= wanted


def test_a_date_in_retry_after_is_waited_for(api: Api, read: Read) -> None:
    then = email.utils.formatdate(time.time() + 20, usegmt=True)
    api.route(PODS.path, once(status(429, "TooManyRequests", Retry_After=then)))
    assert read() == End("complete", 200, "")
    assert len(read.pauses) == 1 and 10 < read.pauses[0] <= 20
    api.route(PODS.path, status(503, "ServiceUnavailable", Retry_After="soon"))
    assert read() == End("failed", 503, "ServiceUnavailable")


def test_three_tries_are_all(api: Api, read: Read) -> None:
    api.route(PODS.path, status(503, "ServiceUnavailable"))
    assert read() == End("failed", 503, "ServiceUnavailable")
    assert len(api.sent(PODS.path)) == 3


def test_a_list_waits_no_longer_than_its_budget(api: Api, read: Read) -> None:
    api.route(PODS.path, status(429, "TooManyRequests", Retry_After="35"))
    assert read() == End("failed", 429, "TooManyRequests")
    assert len(api.sent(PODS.path)) == 2
    assert sum(read.pauses) <= 60


def test_a_list_that_fails_later_keeps_its_pages_and_is_partial(api: Api, read: Read) -> None:
    items = [pod(f"p{n}") for n in range(700)]
    api.route(PODS.path, lambda r: status(403, "Forbidden") if "continue" in r.query else paged(PODS, items, r))
    assert read() == End("partial", 403, "Forbidden")
    assert len(read.items) == 500


def test_an_expired_list_begins_again_twice_and_is_partial_then(api: Api, read: Read) -> None:
    items = [pod(f"p{n}") for n in range(700)]
    api.route(PODS.path, lambda r: status(410, "Expired") if "continue" in r.query else paged(PODS, items, r))
    assert read() == End("partial", 410, "Expired")
    assert read.restarts == 2
    assert len(read.items) == 500
    assert len(api.sent(PODS.path)) == 6


def test_an_expired_list_that_recovers_is_complete(api: Api, read: Read) -> None:
    api.route(PODS.path, once(status(410, "Expired")))
    assert read() == End("complete", 200, "")
    assert len(read.items) == 700
    assert read.restarts == 1


def test_a_server_that_goes_round_in_circles_is_left(api: Api, read: Read) -> None:
    answer = {"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": "again"}, "items": [pod("p")]}
    api.route(PODS.path, answer)
    assert read() == End("partial", 200, "continuation-repeats")


@pytest.mark.parametrize("objects", [0, 1, 20])
def test_a_list_without_an_end_is_left_as_partial(api: Api, read: Read, objects: int) -> None:
    numbers = itertools.count()
    api.route(PODS.path, lambda _: Reply(200, json.dumps({
        "kind": "PodList", "apiVersion": "v1", "metadata": {"continue": f"t{next(numbers)}"}, "items": [pod("p")] * objects,
    }).encode()))  # fmt: skip
    assert read() == End("partial", 200, "endless")
    assert next(numbers) < 400


def test_an_answer_is_there_once_while_it_is_read() -> None:
    class Served:
        status = 200

        def stream(self, size: int, *, decode_content: bool) -> Iterator[bytes]:
            yield from (b" " * size for _ in range(64 * 1024 * 1024 // size))

        def close(self) -> None: ...

    tracemalloc.start()
    answer = transport._read(Served(), time.monotonic() + 60, None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * len(answer.body)


def test_slow_bytes_end_at_the_limit_of_the_whole_answer(api: Api, read: Read) -> None:
    api.route(PODS.path, lambda _: Reply(200, [b" " for _ in range(200)], pause=0.05))
    assert read(timeouts=Timeouts(connect=5, read=5, total=0.2)) == End("failed", 200, "timeout")


def test_silence_ends_at_the_reading_limit(api: Api, read: Read) -> None:
    api.route(PODS.path, lambda _: Reply(200, [b"{}"], pause=1.0))
    assert read(timeouts=Timeouts(connect=5, read=0.1, total=5)) == End("failed", None, "timeout")


def test_nobody_there_is_a_failure(tmp_path: Path) -> None:
    with running(Api()) as url:
        pass
    assert Read(Api(), url, tmp_path)() == End("failed", None, "connection-refused")


FULL = {
    "kind": "SecretList", "apiVersion": "v1", "metadata": {},
    "items": [{"metadata": {"name": "db", "namespace": "default"}, "data": {"password": "aHVudGVyMg=="}}],
}  # fmt: skip


@pytest.mark.parametrize("accept", [METADATA_ONLY, TABLE_ONLY])
@pytest.mark.parametrize(
    "body",
    [
        FULL,
        {**FULL, "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"},
        {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": [], "rows": [
            {"cells": [], "object": {"kind": "Secret", **FULL["items"][0]}}]},
        {"items": FULL["items"], "kind": "PartialObjectMetadataList"},
        {"items": []},
    ],
)  # fmt: skip
def test_secrets_in_full_are_dropped(api: Api, read: Read, body: dict[str, Any], accept: str) -> None:
    api.route(SECRETS.path, body)
    assert read(SECRETS.path, accept=accept) == End("failed", 200, "contents-not-refused")
    assert read.items == []


def test_secrets_in_full_are_not_even_read(api: Api, read: Read) -> None:
    sent: list[int] = []

    def body() -> Iterator[bytes]:
        yield b'{"kind":"SecretList","apiVersion":"v1","items":[' + b" " * 8192
        for number in range(400):
            sent.append(number)
            yield b" " * 65536

    api.route(SECRETS.path, lambda _: Reply(200, body(), pause=0.005))
    assert read(SECRETS.path, accept=TABLE_ONLY) == End("failed", 200, "contents-not-refused")
    assert len(sent) < 400


def test_another_form_is_asked_for_only_before_anything_came(api: Api, read: Read) -> None:
    api.route(SECRETS.path, status(406, "NotAcceptable"))
    assert read(SECRETS.path, accept=METADATA_ONLY) == End("failed", 406, "NotAcceptable")
    assert len(api.sent(SECRETS.path)) == 1


def test_a_table_of_secrets_gives_names_and_types(api: Api, read: Read) -> None:
    table = {
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
        "columnDefinitions": [{"name": "Name"}, {"name": "Type"}, {"name": "Data"}, {"name": "Age"}],
        "rows": [{
            "cells": ["db", "Opaque", 2, "5d"],
            "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "db"}},
        }],
    }  # fmt: skip
    api.route(SECRETS.path, table)
    assert read(SECRETS.path, accept=TABLE_ONLY) == End("complete", 200, "")
    assert read.items == [{"metadata": {"name": "db"}, "type": "Opaque", "dataCount": 2}]
    assert api.sent(SECRETS.path)[0].headers["accept"] == "application/json;as=Table;v=v1;g=meta.k8s.io"
