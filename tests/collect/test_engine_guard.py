"""What may be sent to an engine."""

from __future__ import annotations

import pytest

from rkedoc.collect.engine.address import EngineAddress
from rkedoc.collect.engine.transport import EngineClient, Limits, check
from rkedoc.errors import ForbiddenRequest
from tests.support import fake_engine

BASE = "http+docker://localhost"


@pytest.mark.parametrize(
    "path",
    [
        "/_ping",
        "/version",
        "/v1.41/info",
        "/v1.24/containers/json?all=1",
        "/containers/abc/json",
        "/images/sha256:ab/json",
        "/networks",
        "/volumes",
    ],
)
def test_reads_pass(path: str) -> None:
    check("GET", BASE + path)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods_do_not(method: str) -> None:
    with pytest.raises(ForbiddenRequest):
        check(method, f"{BASE}/containers/json")


@pytest.mark.parametrize(
    "path",
    [
        "/system/df", "/v1.41/system/df", "/containers/json?size=1", "/containers/json?all=1&size=true", "/containers/a/json?size=1",
        "/containers/a/logs", "/containers/a/archive?path=/etc", "/containers/a/../../system/df/json", "/events", "/secrets",
        "/containers/a/export", "/images/a/get", "/containers/%2e%2e/json", "/v1.41/v1.41/info", "//info", "/info/",
    ],
)  # fmt: skip
def test_other_paths_do_not(path: str) -> None:
    with pytest.raises(ForbiddenRequest):
        check("GET", BASE + path)


def test_the_guard_stands_below_the_package_itself() -> None:
    with fake_engine.running(fake_engine.answers()) as engine:
        client = EngineClient(EngineAddress(engine.url, "test"), run_id="x", limits=Limits())
        session = client._session
        for call in (
            lambda: session.containers(size=True),
            lambda: session.create_volume("x"),
            lambda: session.remove_container("x"),
            lambda: session.post(f"{BASE}/containers/x/kill"),
        ):
            with pytest.raises(ForbiddenRequest):
                call()
        assert engine.requests == []
