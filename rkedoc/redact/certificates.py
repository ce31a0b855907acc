"""Until when certificates hold. The certificates themselves are hidden; the day on which they end is worth knowing."""

from __future__ import annotations

import base64
import binascii
import datetime
import re
import ssl

_BEGIN = "-----BEGIN CERTIFICATE-----"
_BEGIN_ENCODED = base64.b64encode(_BEGIN.encode())[:28].decode()
_BLOCK = re.compile(rf"{_BEGIN}[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_LONGEST = 256 * 1024


def expiry(text: str) -> str:
    """The earliest end of the certificate authorities in a PEM bundle, or in one that is base64 once more.

    RFC 3339 in UTC; empty where there is no authority in it. Private keys beside certificates are not looked at.
    """
    if len(text) > _LONGEST:
        return ""
    if text.startswith(_BEGIN_ENCODED):
        try:
            text = base64.b64decode(text, validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            return ""
    blocks = _BLOCK.findall(text)
    if not blocks:
        return ""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata="\n".join(blocks))
    except (ssl.SSLError, ValueError):
        return ""
    # The standard library gives the fields of authorities alone; a leaf certificate in a bundle stays unread.
    ends = [str(end) for found in context.get_ca_certs() if (end := found.get("notAfter"))]
    return min(map(moment, ends), default="")


def moment(not_after: str) -> str:
    """The time in a certificate, as the ``ssl`` module gives it, in RFC 3339."""
    seconds = ssl.cert_time_to_seconds(not_after)
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
