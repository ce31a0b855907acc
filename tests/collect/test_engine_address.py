"""Which engine is asked is decided as the Docker command line decides it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from rkedoc.collect.engine import address as addresses
from rkedoc.collect.engine.address import engine_address
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.errors import SourceUnavailable
from tests.support import fake_engine


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of which nothing is configured."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name in (
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / ".docker"))
    return tmp_path


def add_context(home: Path, name: str, host: str, *, current: bool = False) -> None:
    """What ``docker context create`` and ``docker context use`` write."""
    folder = home / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    endpoint = {"docker": {"Host": host, "SkipTLSVerify": False}}
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoint}))
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name} if current else {}))


def test_an_address_given_wins_then_the_environment_then_the_context(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_context(home, "far", "tcp://192.0.2.1:1", current=True)
    add_context(home, "farther", "tcp://192.0.2.2:2")
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": "far"}))
    assert engine_address(None).url == "tcp://192.0.2.1:1"
    assert engine_address(None).origin == "context 'far'"
    monkeypatch.setenv("DOCKER_CONTEXT", "farther")
    assert engine_address(None).url == "tcp://192.0.2.2:2"
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.3:3")
    assert (engine_address(None).url, engine_address(None).origin) == ("tcp://192.0.2.3:3", "DOCKER_HOST")
    assert engine_address("tcp://192.0.2.4:4").url == "tcp://192.0.2.4:4"


def test_an_unknown_context_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "nowhere")
    with pytest.raises(SourceUnavailable, match=r"context 'nowhere'.*docker context ls"):
        engine_address(None)


@pytest.mark.parametrize("how", ["option", "environment", "context"])
def test_each_way_to_name_an_engine_is_collected_from(home: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    with fake_engine.running(fake_engine.answers(fake_engine.container(1, "own"))) as engine:
        given: dict[str, Any] = {}
        if how == "option":
            given = {"engine": engine.url}
        elif how == "environment":
            monkeypatch.setenv("DOCKER_HOST", engine.url)
        else:
            add_context(home, "here", engine.url, current=True)
        options = CollectOptions(output=home / "s.ndjson", kubernetes=False, strict=True, **given)
        assert collect(options, progress=QuietProgress()).exit_code == 0


def test_ssh_without_its_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(addresses.importlib.util, "find_spec", lambda name: None if name == "paramiko" else real(name))
    options = CollectOptions(output=home / "s.ndjson", kubernetes=False, engine="ssh://root@node-a")
    assert collect(options, progress=QuietProgress()).exit_code == 2
    said = capsys.readouterr().err
    assert "rkedoc[ssh]" in said and "node-a" in said
    assert not (home / "s.ndjson").exists()


def test_passwords_in_addresses_are_not_shown() -> None:
    for url in ("tcp://me:hunter2@192.0.2.1:2375", "https://me:hunter2@192.0.2.1/engine"):
        address = engine_address(url)
        assert "hunter2" not in address.description and "hunter2" not in repr(address)
    assert "hunter2" not in engine_address("ssh://me:hunter2@192.0.2.1").description


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("tcp://192.0.2.1", "tcp://192.0.2.1:2375 (--engine), WARNING: neither encrypted nor authenticated, no proxy"),
        ("https://192.0.2.1:2376", "https://192.0.2.1:2376 (--engine), TLS, no proxy"),
    ],
)
def test_the_description_says_what_protects_the_way(url: str, words: str) -> None:
    assert engine_address(url).description == words


def test_the_proxy_in_effect_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:hunter2@proxy.example:3128")
    described = engine_address("tcp://192.0.2.1:2375").description
    assert described.endswith("through the proxy http://proxy.example:3128")


def test_missing_material_for_tls_names_the_three_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(home / "nothing"))
    with pytest.raises(SourceUnavailable, match=r"ca\.pem, cert\.pem and key\.pem"):
        engine_address("tcp://192.0.2.1:2376")


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://x", "tcp://:port", "ssh://-oProxyCommand=x", "unix:///no/such.sock"]
)
def test_what_is_no_address_is_one_line(url: str) -> None:
    with pytest.raises(SourceUnavailable) as raised:
        engine_address(url)
    assert "\n" not in str(raised.value)
