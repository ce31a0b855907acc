"""An engine behind TLS is trusted by its own authority, and by nothing else."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rkedoc.collect.engine.address import engine_address
from rkedoc.collect.engine.transport import EngineClient, Limits
from rkedoc.collect.kubernetes.transport import NoAnswer


def authority(folder: Path) -> Path:
    """A self-signed certificate of this machine's loopback address, as ca.pem, cert.pem and key.pem in a new folder."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "ca.pem").write_bytes(pem)
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


class Version(BaseHTTPRequestHandler):
    """An engine that knows its version."""

    def do_GET(self) -> None:
        body = json.dumps({"ApiVersion": "1.41", "MinAPIVersion": "1.12"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """The material of the engine's authority."""
    return authority(tmp_path / "ours")


@pytest.fixture
def port(ours: Path) -> Iterator[int]:
    """The port of an engine that asks callers for a certificate of its authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours / "cert.pem", ours / "key.pem")
    context.load_verify_locations(ours / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = ThreadingHTTPServer(("127.0.0.1", 0), Version)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def asked(port: int, material: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The API version that an engine and the collector agree on, with this material."""
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(material))
    client = EngineClient(engine_address(f"tcp://127.0.0.1:{port}"), run_id="test", limits=Limits())
    try:
        client.negotiate()
        return client.api_version
    finally:
        client.close()


def test_a_bundle_in_the_environment_does_not_replace_the_engines_authority(
    port: int, ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority(tmp_path / "somebody") / "ca.pem"))
    assert asked(port, ours, monkeypatch) == "1.41"


def test_an_engine_of_another_authority_is_refused(
    port: int, ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ours / "ca.pem"))
    with pytest.raises(NoAnswer, match="tls-failed"):
        asked(port, authority(tmp_path / "somebody"), monkeypatch)
