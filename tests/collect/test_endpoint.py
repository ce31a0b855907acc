"""A kubeconfig is read, never rewritten; what it makes us run is named, and can be refused."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from rkedoc.collect.kubernetes.endpoint import Endpoint, bare_url, connect
from rkedoc.errors import SourceUnavailable
from tests.support.misbehave import kubeconfig

URL = "http://127.0.0.1:1"


def plugin(folder: Path, script: str) -> dict[str, Any]:
    program = folder / "my-plugin"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(0o700)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(program),
            "args": ["--password", "hunter2"],
            "interactiveMode": "Never",
        }
    }


def giving(token: str) -> str:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token},
    }  # fmt: skip
    return f"print({json.dumps(json.dumps(credential))})"


def ask(
    path: Path | None, folder: Path, *, no_exec: bool = False, context: str | None = None
) -> tuple[Endpoint, list[str]]:
    said: list[str] = []
    found = connect(kubeconfig=path, context=context, private=folder, no_exec=no_exec, announce=said.append)
    return found, said


@pytest.fixture
def private(tmp_path: Path) -> Path:
    folder = tmp_path / "private"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_a_plugin_is_named_before_it_runs_and_its_arguments_are_not(tmp_path: Path, private: Path) -> None:
    endpoint, said = ask(kubeconfig(tmp_path, URL, user=plugin(tmp_path, giving("abc"))), private)
    assert endpoint.authorization() == "Bearer abc"
    assert endpoint.identity == "credential plugin my-plugin"
    assert said == ["kubernetes: runs the credential plugin my-plugin that the kubeconfig names"]


def test_a_plugin_can_be_refused(tmp_path: Path, private: Path) -> None:
    ran = tmp_path / "ran"
    path = kubeconfig(tmp_path, URL, user=plugin(tmp_path, f"open({str(ran)!r}, 'w')"))
    with pytest.raises(SourceUnavailable, match=r"credential plugin my-plugin.*--no-exec"):
        ask(path, private, no_exec=True)
    assert not ran.exists()


def test_an_old_provider_that_runs_a_command_can_be_refused(tmp_path: Path, private: Path) -> None:
    ran = tmp_path / "ran"
    user = {"auth-provider": {"name": "gcp", "config": {"cmd-path": "/usr/bin/touch", "cmd-args": str(ran)}}}
    with pytest.raises(SourceUnavailable, match=r"authentication provider gcp \(touch\)"):
        ask(kubeconfig(tmp_path, URL, user=user), private, no_exec=True)
    assert not ran.exists()


@pytest.mark.parametrize("script", ["import sys; sys.exit('hunter2')", "print('hunter2')", "print('{}')"])
def test_what_a_failing_plugin_says_is_not_repeated(
    tmp_path: Path, private: Path, script: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceUnavailable) as caught:
        ask(kubeconfig(tmp_path, URL, user=plugin(tmp_path, script)), private)
    out = capfd.readouterr()
    assert "hunter2" not in str(caught.value) + caplog.text + out.out + out.err


def test_the_kubeconfig_is_not_rewritten(tmp_path: Path, private: Path) -> None:
    user = plugin(tmp_path, giving("abc"))
    path = kubeconfig(tmp_path, URL, user=user)
    path.chmod(0o400)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    endpoint, _ = ask(path, private)
    endpoint.authorization()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_key_files_lie_in_the_private_folder_alone(
    tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    data = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"
    user = {"client-certificate-data": data, "client-key-data": data + f"{os.getpid():08}"}
    endpoint, _ = ask(kubeconfig(tmp_path, "https://127.0.0.1:1", user=user), private)
    assert endpoint.identity == "a client certificate"
    assert list(elsewhere.iterdir()) == []
    assert list(private.iterdir())
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in private.iterdir())


def test_the_address_is_shown_without_credentials(tmp_path: Path, private: Path) -> None:
    endpoint, _ = ask(kubeconfig(tmp_path, "http://user:hunter2@127.0.0.1:1/k8s/clusters/c-abcde?x=hunter2"), private)
    assert endpoint.url == "http://127.0.0.1:1/k8s/clusters/c-abcde"


def test_the_proxy_in_effect_is_known(tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hunter2@proxy.example.com:3128")
    monkeypatch.setenv("https_proxy", "http://user:hunter2@proxy.example.com:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    endpoint, _ = ask(kubeconfig(tmp_path, "https://api.example.com"), private)
    assert endpoint.proxy == "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no context"),
        ("{", "this is no YAML, line 1"),
        ("[]", "this is no kubeconfig"),
        ("apiVersion: v1", "holds no context"),
    ],
)
def test_a_broken_kubeconfig_is_one_line(tmp_path: Path, private: Path, text: str, said: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(SourceUnavailable, match=said) as caught:
        ask(path, private)
    assert "\n" not in str(caught.value)


def test_an_unknown_context_is_named(tmp_path: Path, private: Path) -> None:
    with pytest.raises(SourceUnavailable, match="'nirvana'"):
        ask(kubeconfig(tmp_path, URL), private, context="nirvana")


def test_nothing_configured_says_what_to_do(private: Path) -> None:
    with pytest.raises(SourceUnavailable, match="with --kubeconfig"):
        ask(None, private)


def test_a_pod_without_its_token_is_said_so(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(SourceUnavailable, match="service account"):
        ask(None, private)


def test_kubeconfig_is_found_through_the_environment(
    tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/missing{os.pathsep}{kubeconfig(tmp_path, URL, name='mine')}")
    endpoint, _ = ask(None, private)
    assert (endpoint.origin, endpoint.cluster) == ("kubeconfig", "mine")


@pytest.mark.parametrize("url", ["", "x", "http://[", "http://a:b:c", "//x"])
def test_what_is_no_address_is_not_shown(url: str) -> None:
    assert bare_url(url) == "?"


@pytest.mark.parametrize(
    "host", ["127.0.0.1:6443", "127.8.9.1", "localhost:6443", "LOCALHOST", "a.localhost:1", "[::1]:6443"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_token_for_this_machine_goes_to_no_proxy(
    tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch, host: str, scheme: str
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://proxy.example.com:3128")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    endpoint, _ = ask(kubeconfig(tmp_path, f"{scheme}://{host}"), private)
    assert endpoint.proxy == ""
    assert getattr(endpoint.pool, "proxy", None) is None
