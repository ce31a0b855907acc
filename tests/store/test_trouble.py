"""What goes wrong with a store is one sentence, soon, and shows nothing of a credential."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rkedoc.errors import StoreError, UsageError
from rkedoc.store.clients import PATIENCE
from rkedoc.store.store import Store, find, store_of
from rkedoc.store.url import parse_url
from tests.store.making import made
from tests.support.s3 import S3, answering, serving

CANARY = "CANARY-s3cr3t"
BUCKET = "arn:aws:s3:::fleet"
POLICIES = {
    "writer": ["s3:PutObject", "s3:AbortMultipartUpload"],
    "reader": ["s3:GetObject"],
    "pruner": ["s3:DeleteObject"],
}


def policy(actions: list[str]) -> dict[str, object]:
    """Listing, and these actions upon objects."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET},
            # moto asks for the right to delete several objects at the bucket, Amazon at each of them.
            {"Effect": "Allow", "Action": actions, "Resource": [BUCKET, f"{BUCKET}/*"]},
        ],
    }


@pytest.fixture(scope="module")
def users() -> Iterator[dict[str, dict[str, str]]]:
    """The environments of users with the least rights, on a server that looks who asks."""
    with serving() as server:
        yield server.require("fleet", {name: policy(actions) for name, actions in POLICIES.items()})


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA" + CANARY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)


def told(url: str) -> str:
    """The error of whoever lists a store; it comes in time, in one line, and tells no secret."""
    began = time.monotonic()
    with pytest.raises((StoreError, UsageError)) as refused:
        Store(parse_url(url)).list()
    assert time.monotonic() - began < 3 * PATIENCE
    said = str(refused.value)
    assert said.startswith(url.partition("?")[0])
    assert said.isprintable()
    assert CANARY not in said
    assert "AKIA" not in said
    return said


@pytest.mark.s3
@pytest.mark.usefixtures("unlooked")
def test_the_least_rights_are_enough_and_no_others(
    users: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = parse_url("s3://fleet/clusters")

    def become(name: str) -> None:
        for variable, value in users[name].items():
            monkeypatch.setenv(variable, value)

    become("writer")
    stored, _new = store_of(url).put(made(tmp_path), tmp_path)
    big, _new = store_of(url).put(made(tmp_path, "big", size=9_000_000), tmp_path)
    assert find(url).snapshots == (big, stored)
    with pytest.raises(StoreError, match="may not do this"):
        Store(url).get(stored, tmp_path / "x")
    with pytest.raises(StoreError, match="may not do this"):
        Store(url).delete([stored])
    become("reader")
    Store(url).get(stored, tmp_path / "x")
    with pytest.raises(StoreError, match="may not do this"):
        store_of(url).put(made(tmp_path, "other"), tmp_path)
    become("pruner")
    Store(url).delete([stored])
    assert find(url).snapshots == (big,)


@pytest.mark.s3
def test_credentials_that_are_not_accepted(users: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in users["reader"].items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    assert "the credentials are not accepted" in told("s3://fleet/clusters")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA" + CANARY)
    assert "the credentials are not accepted" in told("s3://fleet/clusters")


@pytest.mark.s3
def test_a_bucket_that_is_not_there(s3: S3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable, value in s3.environment.items():
        monkeypatch.setenv(variable, value)
    assert "there is no bucket of this name" in told("s3://no-such-bucket/x")
    with pytest.raises(StoreError, match="there is no bucket of this name"):
        store_of(parse_url("s3://no-such-bucket/x")).put(made(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (403, "RequestTimeTooSkewed", "set this machine's clock right"), (400, "ExpiredToken", "have expired"),
        (301, "PermanentRedirect", "another region"), (400, "AuthorizationHeaderMalformed", "another region"),
        (403, "AccessDenied", "may not do this"), (403, "InvalidAccessKeyId", "not accepted"), (403, "Whatever", "may not do this"),
        (503, "SlowDown", "try again later"), (500, "InternalError", "try again later"), (418, "Teapot", "answers with 418"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("credentials")
def test_what_a_server_refuses(status: int, code: str, reason: str) -> None:
    with answering(status, code) as endpoint:
        assert reason in told(f"s3://fleet/x?endpoint={endpoint}")


@pytest.mark.usefixtures("credentials")
def test_a_server_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    assert "nothing listens" in told(f"s3://fleet/x?endpoint=http://127.0.0.1:{free}")
    assert "is not known" in told("s3://fleet/x?endpoint=https://no-such-host.invalid")
    with answering(200, "") as endpoint:
        assert "does not speak TLS" in told(f"s3://fleet/x?endpoint={endpoint.replace('http:', 'https:')}")


@pytest.mark.usefixtures("credentials")
def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rkedoc.store.clients._STALLS", 1)
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        assert "did not answer in time" in told(f"s3://fleet/x?endpoint=http://127.0.0.1:{silent.getsockname()[1]}")


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"])
def test_an_endpoint_in_the_url_comes_before_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with answering(418, "") as one, answering(507, "") as other:
        monkeypatch.setenv(variable, one)
        assert "answers with 418" in told("s3://fleet/x")
        assert "no room left" in told(f"s3://fleet/x?endpoint={other}")


def test_credentials_of_which_half_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    assert "one half of the credentials" in told("s3://fleet/x")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / CANARY))
    assert "GOOGLE_APPLICATION_CREDENTIALS" in told("gs://fleet/x")
    (tmp_path / CANARY).write_text(json.dumps({"type": CANARY}))
    assert "GOOGLE_APPLICATION_CREDENTIALS" in told("gs://fleet/x")
    assert "AZURE_STORAGE_ACCOUNT_NAME" in told("az://fleet/x")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "fleet")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", CANARY + "!")
    assert "malformed" in told("az://fleet/x")


def test_variables_that_make_no_sense(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://u:{CANARY}@minio.example.org")
    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL") as refused:
        Store(parse_url("s3://fleet/x"))
    assert CANARY not in str(refused.value)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(UsageError, match=r"AWS_CA_BUNDLE: .*missing\.pem: cannot be read"):
        Store(parse_url("s3://fleet/x"))


def test_a_folder_that_is_not_there_or_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such folder"):
        Store(parse_url(f"file://{tmp_path}/missing"))
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "rkedoc-v1").write_text("a file where a folder has to be")
    with pytest.raises(StoreError) as refused:
        store_of(parse_url(f"file://{tmp_path}/store")).put(made(tmp_path), tmp_path)
    assert "gave up" not in str(refused.value)
