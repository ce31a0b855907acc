"""A Kubernetes API behind TLS: trusted by its authority, asked with the account's own proof."""

from __future__ import annotations

import base64
import datetime
import ssl
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import collect
from rkedoc.snapshot.reader import load
from tests.collect.test_engine_tls import authority
from tests.support import misbehave
from tests.support.collecting import Heard
from tests.support.misbehave import NAMESPACES, PODS, Api, pod


@pytest.fixture
def api() -> Api:
    api = Api(PODS, NAMESPACES)
    api.serve(PODS, [pod("web")])
    api.serve(NAMESPACES, [])
    return api


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return authority(tmp_path / "ours")


def serving(api: Api, material: Path, *, client_certificates: bool) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(material / "cert.pem", material / "key.pem")
    if client_certificates:
        context.load_verify_locations(material / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (misbehave._Handler,), {"api": api}))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def port(api: Api, ours: Path) -> Iterator[int]:
    yield from serving(api, ours, client_certificates=False)


@pytest.fixture
def guarded_port(api: Api, ours: Path) -> Iterator[int]:
    yield from serving(api, ours, client_certificates=True)


def config(folder: Path, port: int, cluster: dict[str, Any], user: dict[str, Any]) -> Path:
    content = {
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{port}", **cluster}}],
        "users": [{"name": "u", "user": user}], "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }  # fmt: skip
    path = folder / "config"
    path.write_text(yaml.safe_dump(content))
    return path


def collected(tmp_path: Path, **options: Any) -> tuple[int, list[str]]:
    heard = Heard()
    outcome = collect(
        CollectOptions(output=tmp_path / "s.ndjson", engine="none", strict=True, **options), progress=heard
    )
    return outcome.exit_code, heard.notes


def test_a_client_certificate_is_the_proof(guarded_port: int, ours: Path, tmp_path: Path) -> None:
    user = {"client-certificate": str(ours / "cert.pem"), "client-key": str(ours / "key.pem")}
    path = config(tmp_path, guarded_port, {"certificate-authority": str(ours / "ca.pem")}, user)
    before = path.read_bytes()
    code, notes = collected(tmp_path, kubeconfig=path)
    assert code == 0
    assert notes[0] == f"kubernetes: https://127.0.0.1:{guarded_port} (kubeconfig), as a client certificate, no proxy"
    assert path.read_bytes() == before


def test_the_end_of_the_servers_certificate_is_kept(port: int, ours: Path, tmp_path: Path) -> None:
    path = config(tmp_path, port, {"certificate-authority": str(ours / "ca.pem")}, {"token": "t"})
    assert collected(tmp_path, kubeconfig=path)[0] == 0
    ends = x509.load_pem_x509_certificate((ours / "cert.pem").read_bytes()).not_valid_after_utc
    until = load(tmp_path / "s.ndjson").header.captures[0].tool["certificateUntil"]
    assert datetime.datetime.fromisoformat(until) == ends


def test_an_unverified_certificate_is_not_read(port: int, tmp_path: Path) -> None:
    path = config(tmp_path, port, {"insecure-skip-tls-verify": True}, {"token": "t"})
    assert collected(tmp_path, kubeconfig=path)[0] == 0
    assert "certificateUntil" not in load(tmp_path / "s.ndjson").header.captures[0].tool


def test_without_its_certificate_nothing_is_collected(guarded_port: int, ours: Path, tmp_path: Path) -> None:
    path = config(tmp_path, guarded_port, {"certificate-authority": str(ours / "ca.pem")}, {"token": "t"})
    assert collected(tmp_path, kubeconfig=path)[0] == 2


def test_a_server_of_another_authority_is_refused(
    port: int, api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = authority(tmp_path / "somebody")
    path = config(tmp_path, port, {"certificate-authority": str(other / "ca.pem")}, {"token": "t"})
    assert collected(tmp_path, kubeconfig=path)[0] == 2
    assert "its certificate is of an authority that context 'here' of" in capsys.readouterr().err
    assert api.requests == []


@pytest.mark.parametrize("form", ["a file with notes", "data on several lines"])
def test_an_authority_is_taken_in_any_form_that_kubectl_takes(port: int, ours: Path, tmp_path: Path, form: str) -> None:
    pem = "# für uns\n".encode() + (ours / "ca.pem").read_bytes()
    if form == "a file with notes":
        (tmp_path / "ca.pem").write_bytes(pem)
        cluster = {"certificate-authority": "ca.pem"}
    else:
        cluster = {"certificate-authority-data": base64.encodebytes(pem).decode()}
    assert collected(tmp_path, kubeconfig=config(tmp_path, port, cluster, {"token": "t"}))[0] == 0


def test_a_certificate_for_another_name_is_told_from_one_of_another_authority(
    port: int, ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = {"certificate-authority": str(ours / "ca.pem"), "tls-server-name": "other.example.com"}
    assert collected(tmp_path, kubeconfig=config(tmp_path, port, named, {"token": "t"}))[0] == 2
    assert "its certificate is for other names than this one: use a name that it has in context 'here' of" in (
        capsys.readouterr().err
    )


def test_an_unverified_server_is_warned_of(port: int, tmp_path: Path) -> None:
    path = config(tmp_path, port, {"insecure-skip-tls-verify": True}, {"token": "t"})
    code, notes = collected(tmp_path, kubeconfig=path)
    assert code == 0 and notes[0].endswith("WARNING: its certificate is not verified")


def test_inside_a_pod_its_service_account_asks(
    port: int, api: Api, ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes.config import incluster_config

    token = tmp_path / "token"
    token.write_text("pod-t0ken")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(ours / "ca.pem"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(port))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    code, notes = collected(tmp_path)
    assert code == 0
    assert notes[0] == f"kubernetes: https://127.0.0.1:{port} (in-cluster), as the pod's service account, no proxy"
    assert {request.headers["authorization"].lower() for request in api.requests} == {"bearer pod-t0ken"}


def test_a_proxy_of_the_kubeconfig_is_named_and_used(port: int, ours: Path, tmp_path: Path) -> None:
    cluster = {"certificate-authority": str(ours / "ca.pem"), "proxy-url": "http://me:hunter2@127.0.0.1:9"}
    heard = Heard()
    path = config(tmp_path, port, cluster, {"token": "t"})
    outcome = collect(CollectOptions(output=tmp_path / "s.ndjson", engine="none", kubeconfig=path), progress=heard)
    assert "through the proxy http://127.0.0.1:9" in heard.notes[0] and "hunter2" not in heard.notes[0]
    assert outcome.exit_code == 2  # nobody listens there, and no other way is tried
