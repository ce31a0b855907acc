"""Fingerprints tell that a value changed, and nothing else."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pytest

from rkedoc.errors import UsageError
from rkedoc.redact import FingerprintKey, Redactor, generate_key_file, load_key_file

KEY = FingerprintKey(bytes(range(32)))


def _deployment(**env: str) -> dict[str, Any]:
    containers = [{"name": "c", "env": [{"name": n, "value": v} for n, v in env.items()]}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x", "namespace": "d"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }


def _values(key: FingerprintKey | None, **env: str) -> list[str]:
    out = Redactor(key=key).kubernetes(_deployment(**env))
    return [e["value"] for e in out["spec"]["template"]["spec"]["containers"][0]["env"]]


def test_the_same_value_in_the_same_place_gives_the_same_fingerprint_and_another_value_another() -> None:
    assert _values(KEY, A_PASSWORD="tulip") == _values(KEY, A_PASSWORD="tulip")
    assert _values(KEY, A_PASSWORD="tulip") != _values(KEY, A_PASSWORD="rose")
    assert re.fullmatch(r"‹hidden:[0-9a-f]{12}›", _values(KEY, A_PASSWORD="tulip")[0])


def test_equal_values_in_two_places_do_not_show() -> None:
    one, two = _values(KEY, A_PASSWORD="tulip", B_PASSWORD="tulip")
    assert one != two


@pytest.mark.parametrize(
    "headers", [[{"name": "X-Telling", "value": "tulip"}], ["X-Telling: tulip"], {"X-Telling": "tulip"}]
)
def test_what_was_met_before_changes_no_fingerprint(headers: Any) -> None:
    """In which order the lists of a server come is chance."""
    item = {**_deployment(), "spec": {"httpHeaders": headers}}
    redactor = Redactor(key=KEY)
    assert redactor.kubernetes(item) == redactor.kubernetes(item)


def test_without_a_key_there_is_no_fingerprint() -> None:
    assert _values(None, A_PASSWORD="tulip") == ["‹hidden›"]


def test_fingerprints_are_left_alone_when_redacted_again() -> None:
    out = Redactor(key=KEY).kubernetes(_deployment(A_PASSWORD="tulip", URL="http://u:tulip@x/"))
    other = FingerprintKey(b"x" * 40)
    assert Redactor().kubernetes(out) == out
    assert Redactor(key=other).kubernetes(out) == out


def test_a_key_file_is_private_never_overwritten_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = generate_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key.secret) >= 32
    assert load_key_file(path) == key
    assert re.fullmatch(r"[0-9a-f]{12}", key.id)
    assert key.secret.hex() not in repr(key)
    with pytest.raises(UsageError, match="never overwritten"):
        generate_key_file(path)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"short")
    with pytest.raises(UsageError, match="at least 32"):
        load_key_file(path)
    with pytest.raises(UsageError, match="cannot read"):
        load_key_file(tmp_path / "none")
