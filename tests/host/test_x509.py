"""Certificates are read as a library that knows them reads them."""

from __future__ import annotations

import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509 as library
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.collect.host import x509
from tests.host.nodes import certificate

KEYS = {
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("year", [1951, 1999, 2049, 2050, 2125, 9999])
def test_dates_and_names_are_those_of_the_certificate(key: str, year: int) -> None:
    until = datetime.datetime(year, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
    subject = library.Name(
        [
            library.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            library.NameAttribute(NameOID.ORGANIZATION_NAME, "Größe, GmbH"),
            library.NameAttribute(NameOID.EMAIL_ADDRESS, "a@example.com"),
            library.NameAttribute(NameOID.COMMON_NAME, "system:node:一"),
        ]
    )
    builder = (
        library.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(library.Name([library.NameAttribute(NameOID.COMMON_NAME, "ca")]))
        .public_key(KEYS[key].public_key())
        .serial_number(library.random_serial_number())
        .not_valid_before(datetime.datetime(1950, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(until)
        .add_extension(
            library.SubjectAlternativeName(
                [
                    library.DNSName("localhost"),
                    library.IPAddress(ipaddress.ip_address("10.43.0.1")),
                    library.IPAddress(ipaddress.ip_address("fd00::1")),
                    library.UniformResourceIdentifier("spiffe://a"),
                ]
            ),
            critical=False,
        )
        .add_extension(library.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    pem = builder.sign(KEYS[key], None if key == "ed25519" else hashes.SHA256()).public_bytes(
        serialization.Encoding.PEM
    )
    assert x509.certificates(pem) == (
        x509.Certificate(
            "C=DE, O=Größe, GmbH, other=a@example.com, CN=system:node:一",
            "CN=ca",
            "1950-01-01T00:00:00Z",
            f"{year}-12-31T23:59:59Z",
            ("localhost", "10.43.0.1", "fd00::1", "spiffe://a"),
        ),
    )


def test_authorities_of_this_machine_are_read_as_the_standard_library_reads_them() -> None:
    context = ssl.create_default_context()
    context.load_default_certs()
    for der, known in zip(context.get_ca_certs(binary_form=True), context.get_ca_certs(), strict=True):
        found = x509.certificates(ssl.DER_cert_to_PEM_cert(der).encode())
        assert found is not None
        assert found[0].authority
        ends = datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(known["notAfter"])), datetime.UTC)
        assert found[0].until == ends.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_all_certificates_of_a_file_are_read_and_keys_are_not() -> None:
    one, key = certificate("one", until=datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC), authority=True)
    two, _key = certificate("two", until=datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC))
    found = x509.certificates(b"a comment\n" + one + key + two.replace(b"\n", b"\r\n"))
    assert found is not None
    assert [(each.subject, each.until[:4], each.authority) for each in found] == [
        ("O=system:nodes, CN=one", "2030", True),
        ("O=system:nodes, CN=two", "2040", False),
    ]
    assert x509.certificates(key) is None


@given(st.binary(max_size=400), st.integers(0, 500))
def test_what_is_no_certificate_is_none_and_raises_nothing(noise: bytes, cut: int) -> None:
    pem, _key = certificate_once()
    for content in (noise, pem[:cut], ssl.DER_cert_to_PEM_cert(noise).encode(), broken(pem, noise, cut)):
        x509.certificates(content)


def broken(pem: bytes, noise: bytes, at: int) -> bytes:
    der = ssl.PEM_cert_to_DER_cert(pem.decode())
    return ssl.DER_cert_to_PEM_cert(der[:at] + noise + der[at + len(noise) :]).encode()


_ONCE: list[tuple[bytes, bytes]] = []


def certificate_once() -> tuple[bytes, bytes]:
    if not _ONCE:
        _ONCE.append(
            certificate("x", until=datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC), names=("a", "b"), authority=True)
        )
    return _ONCE[0]
