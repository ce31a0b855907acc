"""What names a store, what does not, and that nothing of a credential is shown."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.errors import UsageError
from rkedoc.store.url import checked_endpoint, is_url, parse_url

SECRET = "hunter2"


@pytest.mark.parametrize(
    "text",
    [
        "s3://fleet", "s3://fleet/a/b", "gs://fleet/a", "az://container/a", "file:///srv/fleet", "s3://fleet/v1/a b",
        "s3://fleet/a?endpoint=https://minio.example.org:9000", "s3://fleet?endpoint=http://10.0.0.1:9000&region=eu-central-1",
    ],
)  # fmt: skip
def test_a_url_is_written_as_it_was_read(text: str) -> None:
    assert is_url(text)
    assert str(parse_url(text)) == text
    assert parse_url(f"{text.partition('?')[0]}/") == parse_url(text.partition("?")[0])


@pytest.mark.parametrize("text", ["node.ndjson.zst", "/srv/x", "-", "", "C:/x", "a:b//c", "://x"])
def test_names_of_files_are_no_urls(text: str) -> None:
    assert not is_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://fleet", "S3://fleet", "s3://", "s3:///x", "s3://a", "s3://fleet/a//x", "s3://fleet/../x", "s3://fleet/a/.", "s3://fleet/\x1b[2J",
        "file://srv/fleet", "file://", "file:///", "file:///a?endpoint=https://x", "s3://fleet?region=eu&region=us", "s3://fleet?region=a b",
        f"s3://AKIA:{SECRET}@fleet/x", f"s3://AKIA:{SECRET}/+x@fleet/x", f"s3://{SECRET}@fleet", f"s3://fleet?sig={SECRET}", f"s3://fleet?{SECRET}",
        f"az://fleet?sv=2026&sig={SECRET}", f"s3://fleet?endpoint=https://u:{SECRET}@minio", f"s3://fleet?endpoint={SECRET}",
        f"s3://fleet?endpoint=https://minio?token={SECRET}", f"s3://fleet?region=eu%0a{SECRET}!", f"s3://fleet?endpoint=https://minio:{SECRET}",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_url(text)
    assert SECRET not in str(refused.value)
    assert str(refused.value).isprintable()


@given(st.text(max_size=60))
def test_no_text_is_more_than_refused(text: str) -> None:
    for scheme in ("s3", "file", "az"):
        with suppress(UsageError):
            found = parse_url(f"{scheme}://{text}")
            assert parse_url(str(found)) == found


def test_an_endpoint_of_a_variable_is_looked_at_as_well() -> None:
    assert checked_endpoint("https://minio.example.org/", "X") == "https://minio.example.org"
    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL") as refused:
        checked_endpoint(f"https://u:{SECRET}@minio", "AWS_ENDPOINT_URL")
    assert SECRET not in str(refused.value)
