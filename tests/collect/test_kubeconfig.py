"""What is wrong with a kubeconfig is said with the file, the object and the next step; so is why nobody answers."""

from __future__ import annotations

import base64
import copy
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from rkedoc.collect.kubernetes.kubeconfig import missing_plugin, read_context
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import collect
from rkedoc.errors import SourceUnavailable
from tests.support.collecting import Heard
from tests.support.misbehave import Api, kubeconfig, running

GOOD: Mapping[str, Any] = {
    "apiVersion": "v1", "kind": "Config", "current-context": "here",
    "clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1:6443"}}],
    "users": [{"name": "u", "user": {"token": "hunter2hunter2"}}],
    "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}, {"name": "there", "context": {"cluster": "c", "user": "u"}}],
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "my-kubeconfig"


def written(file: Path, change: Callable[[dict[str, Any]], object] = lambda _config: None) -> Path:
    content = copy.deepcopy(dict(GOOD))
    change(content)
    file.write_text(yaml.safe_dump(content), "utf-8")
    return file


def cluster(**settings: object) -> Callable[[dict[str, Any]], object]:
    return lambda config: config["clusters"][0]["cluster"].update(settings)


def user(**settings: object) -> Callable[[dict[str, Any]], object]:
    return lambda config: config["users"][0]["user"].update(settings)


def said(file: Path, context: str | None = None) -> str:
    with pytest.raises(SourceUnavailable) as caught:
        read_context([file], context)
    told = str(caught.value)
    assert told.startswith(f"kubernetes at {file}: ")
    assert "\n" not in told
    assert "hunter2" not in told
    return told


def test_a_good_one_is_read(file: Path) -> None:
    found = read_context([written(file)], None)
    assert (found.name, found.cluster_name, found.words) == ("here", "c", f"context 'here' of {file}")
    assert read_context([file], "there").name == "there"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c.pop("current-context"), "no current context: choose one with --context. There are: here, there"),
        (lambda c: c.update({"current-context": "hree"}), "no context 'hree'; did you mean here? There are: here, there"),
        (lambda c: c.pop("contexts"), "holds no context: name another one with --kubeconfig"),
        (lambda c: c.pop("clusters"), "its context 'here' names a cluster that it does not hold: there is no cluster 'c'"),
        (lambda c: c.pop("users"), "its context 'here' names a user that it does not hold: there is no user 'u'"),
        (lambda c: c["contexts"][0]["context"].pop("cluster"), "its context 'here' names no cluster"),
        (lambda c: c.update(clusters={"c": {}}), "its clusters are no list"),
        (lambda c: c.update(users=[{"user": {}}]), "number 1 of its users has no name"),
        (lambda c: c.update(users=[{"name": "u", "user": "token"}]), "its user 'u' has no settings"),
        (lambda c: c["clusters"][0].update(cluster={}), "its cluster 'c' has no server"),
        (cluster(**{"certificate-authority": "pki/ca.pem"}), "its certificate-authority pki/ca.pem is not there"),
        (user(**{"client-key": "/no/such/key"}), "its client-key /no/such/key is not there"),
        (user(tokenFile="token"), "its tokenFile token is not there"),
        (cluster(**{"certificate-authority-data": "!"}), "its certificate-authority-data holds no certificate"),
        (cluster(**{"certificate-authority-data": base64.b64encode(b"\xff").decode()}), "its certificate-authority-data holds no certificate"),
        (cluster(**{"certificate-authority-data": base64.b64encode(b"junk").decode()}), "its certificate-authority-data holds no certificate"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(file: Path, change: Callable[[dict[str, Any]], object], told: str) -> None:
    assert told in said(written(file, change))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: b\n  token: hunter2: x\n", "this is no YAML, line 2"),
        ("token: 'hunter2", "this is no YAML, line 1"),
        ("- hunter2", "this is no kubeconfig"),
        ("\x00hunter2", "this is no YAML"),
        ("", "holds no context"),
    ],
)
def test_what_is_no_kubeconfig_is_named_without_its_text(file: Path, text: str, told: str) -> None:
    file.write_text(text, "utf-8")
    assert told in said(file)


def test_a_file_that_is_no_authority_is_named(file: Path) -> None:
    (file.parent / "ca.pem").write_text("not a certificate\n", "utf-8")
    assert "its certificate-authority ca.pem holds no certificate in PEM" in said(
        written(file, cluster(**{"certificate-authority": "ca.pem"}))
    )


def test_of_several_files_the_first_that_has_a_name_decides(tmp_path: Path) -> None:
    one = written(tmp_path / "one", lambda c: c.pop("users"))
    two = written(tmp_path / "two", lambda c: c.update({"current-context": "there"}))
    found = read_context([one, two], None)
    assert (found.name, found.file, found.user["token"]) == ("here", one, "hunter2hunter2")


def test_a_plugin_that_is_not_installed_comes_with_its_hint() -> None:
    plugin = {"command": "no-such-plugin", "installHint": "Install it:\n\x1b[31m brew install it", "args": ["hunter2"]}
    assert missing_plugin({"exec": plugin}) == (
        "the credential plugin no-such-plugin is not on PATH; the kubeconfig says of it: Install it: ?[31m brew install it"
    )
    assert (
        missing_plugin({"exec": {"command": "no-such-plugin"}}) == "the credential plugin no-such-plugin is not on PATH"
    )
    assert missing_plugin({"exec": {"command": "sh"}}) == missing_plugin({"exec": {"command": "/no/such"}}) == ""
    assert missing_plugin({"token": "x"}) == missing_plugin({"exec": "x"}) == ""


# Nobody answers -------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def unanswered(capsys: pytest.CaptureFixture[str], path: Path, tmp_path: Path) -> str:
    options = CollectOptions(kubeconfig=path, engine="none", runtimes=("none",), output=tmp_path / "s.ndjson")
    assert collect(options, progress=Heard()).exit_code == 2
    return capsys.readouterr().err


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_a_name_that_is_unknown_is_not_a_port_that_is_closed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = unanswered(capsys, kubeconfig(tmp_path, "https://no-such-host.invalid:6443"), tmp_path)
    assert f"nothing here knows this name: is it right in context 'here' of {tmp_path}/kubeconfig" in unknown
    closed = unanswered(capsys, kubeconfig(tmp_path, f"https://127.0.0.1:{closed_port()}"), tmp_path)
    assert f"nothing listens there: is the port right in context 'here' of {tmp_path}/kubeconfig" in closed


@pytest.mark.parametrize("named_by", ["HTTPS_PROXY", "proxy-url of the kubeconfig"])
def test_a_proxy_that_does_not_run_is_named_with_what_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, named_by: str
) -> None:
    proxy = f"http://user:hunter2@127.0.0.1:{closed_port()}"
    path = kubeconfig(tmp_path, "https://192.0.2.1:6443")
    if named_by == "HTTPS_PROXY":
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    else:
        content = yaml.safe_load(path.read_text("utf-8"))
        content["clusters"][0]["cluster"]["proxy-url"] = proxy
        path.write_text(yaml.safe_dump(content), "utf-8")
    told = unanswered(capsys, path, tmp_path)
    assert f"no way through the proxy {proxy.replace('user:hunter2@', '')}, which {named_by} names" in told
    assert "hunter2" not in told


def test_a_port_without_tls_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(Api()) as url:
        told = unanswered(capsys, kubeconfig(tmp_path, url.replace("http:", "https:")), tmp_path)
    assert "it speaks no TLS: is the port right in" in told
