"""What an X.509 certificate says of itself: who it is for, who signed it, and from when until when it holds.

The standard library tells that of authorities alone, so the few fields are read from the encoding (RFC 5280, section 4.1;
ITU-T X.690). No signature is checked, and nothing but certificates is looked at.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END")

_SEQUENCE, _SET, _INTEGER, _OID, _BOOLEAN, _OCTETS = 0x30, 0x31, 0x02, 0x06, 0x01, 0x04
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_BMP_STRING = 0x1E
_DNS_NAME, _IP_ADDRESS, _URI = 0x82, 0x87, 0x86

_NAMES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x05": "serialNumber",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19": "DC",
}
"""Attributes of names (RFC 4519) by their object identifiers."""
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"
_BASIC_CONSTRAINTS = b"\x55\x1d\x13"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. Times are RFC 3339 in UTC; ``names`` are the DNS names, addresses and URIs that it is for."""

    subject: str
    issuer: str
    since: str
    until: str
    names: tuple[str, ...] = ()
    authority: bool = False


def certificates(content: bytes) -> tuple[Certificate, ...] | None:
    """The certificates in a PEM file; ``None`` if there is none, or one that is not understood."""
    found: list[Certificate] = []
    for block in _BLOCK.findall(content):
        try:
            found.append(_certificate(base64.b64decode(b"".join(block.split()), validate=True)))
        except (binascii.Error, ValueError, IndexError):
            return None
    return tuple(found) or None


def _certificate(der: bytes) -> Certificate:
    _tag, whole, _rest = _element(der)
    _tag, signed, _rest = _element(whole)
    fields = list(_elements(signed))
    if fields[0][0] == _VERSION:
        del fields[0]
    _serial, _algorithm, issuer, validity, subject = (value for _tag, value in fields[:5])
    since, until = (_time(tag, value) for tag, value in _elements(validity))
    names: tuple[str, ...] = ()
    authority = False
    for tag, value in fields[5:]:
        if tag != _EXTENSIONS:
            continue
        for identifier, extension in _extensions(value):
            if identifier == _ALTERNATIVE_NAMES:
                names = tuple(_alternative_names(extension))
            elif identifier == _BASIC_CONSTRAINTS:
                authority = any(
                    tag == _BOOLEAN and value == b"\xff" for tag, value in _elements(_element(extension)[1])
                )
    return Certificate(_name(subject), _name(issuer), since, until, names, authority)


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag and value of the first element, and what follows it. Raises :class:`ValueError` or :class:`IndexError`."""
    tag, length, at = data[0], data[1], 2
    if length & 0x80:
        octets = length & 0x7F
        if not 0 < octets <= 4:
            raise ValueError("a length that no certificate has")
        length = int.from_bytes(data[2 : 2 + octets], "big")
        at += octets
    if len(data) < at + length:
        raise ValueError("cut off")
    return tag, data[at : at + length], data[at + length :]


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        tag, value, data = _element(data)
        yield tag, value


def _extensions(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    for _tag, extension in _elements(_element(data)[1]):
        parts = list(_elements(extension))
        yield parts[0][1], parts[-1][1]


def _alternative_names(data: bytes) -> Iterator[str]:
    for tag, value in _elements(_element(data)[1]):
        if tag in (_DNS_NAME, _URI):
            yield value.decode("ascii", "replace")
        elif tag == _IP_ADDRESS and len(value) in (4, 16):
            yield str(ipaddress.ip_address(value))


def _name(data: bytes) -> str:
    """A distinguished name as ``O=system:nodes, CN=system:node:one``, in the order in which it stands there."""
    parts: list[str] = []
    for _tag, group in _elements(data):
        for _inner, attribute in _elements(group):
            (_, identifier), (tag, value) = list(_elements(attribute))[:2]
            text = value.decode("utf-16-be" if tag == _BMP_STRING else "utf-8", "replace")
            parts.append(f"{_NAMES.get(identifier, 'other')}={text}")
    return ", ".join(parts)


def _time(tag: int, value: bytes) -> str:
    """A time (RFC 5280, section 4.1.2.5): two digits of a year from 50 on are of the last century."""
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("not a time")
    found = datetime.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=datetime.UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found.year > 999 else f"{found.year:04d}{found:-%m-%dT%H:%M:%SZ}"
