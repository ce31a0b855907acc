"""Keyed fingerprints of hidden values.

A fingerprint lets two snapshots be compared ("this password was changed") without telling anything about the value. It is
an HMAC under a key that stays with whoever collects; the key of one field is derived from the subject and the field, so
that the same password in two places gives two fingerprints. Without a key file there are no fingerprints at all: an
unkeyed digest of a short password is the password.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from rkedoc.errors import UsageError

#: Fewest bytes that a key must have.
MIN_KEY_BYTES = 32

_PREFIX = "rkedoc-key-1:"


@dataclass(frozen=True, slots=True)
class FingerprintKey:
    """A secret key for fingerprints. ``secret`` are its bytes, never shown: not by ``repr`` either."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < MIN_KEY_BYTES:
            raise UsageError(
                f"a fingerprint key needs at least {MIN_KEY_BYTES} random bytes: make one with rkedoc keygen"
            )

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits that name the key in a snapshot's header. They do not tell the key."""
        return hmac.new(self.secret, b"rkedoc key id", hashlib.sha256).hexdigest()[:12]

    def fingerprint(self, subject: str, field: str, value: str) -> str:
        """Twelve hexadecimal digits for ``value`` in ``field`` of ``subject`` (a record id)."""
        where = hmac.new(
            self.secret,
            f"field\0{subject}\0{field}".encode(errors="surrogatepass"),
            hashlib.sha256,
        )
        return hmac.new(where.digest(), value.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()[:12]

    def pseudonym(self, kind: str, value: str) -> str:
        """Eight hexadecimal digits that stand for a host, an address or a person everywhere in a snapshot."""
        text = f"mask\0{kind}\0{value}".encode(errors="surrogatepass")
        return hmac.new(self.secret, text, hashlib.sha256).hexdigest()[:8]


def generate_key_file(path: Path | str) -> FingerprintKey:
    """Make a new random key and write it to ``path`` (mode 0600), which must not exist yet.

    Raises :class:`~rkedoc.errors.UsageError` if it exists or cannot be written.
    """
    target = Path(path)
    secret = secrets.token_bytes(MIN_KEY_BYTES)
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{target} exists already: a key is never overwritten") from None
    except OSError as error:
        raise UsageError(f"cannot write the key file {target}: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(_PREFIX + secret.hex() + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return FingerprintKey(secret)


def load_key_file(path: Path | str) -> FingerprintKey:
    """Read a key file: one made by :func:`generate_key_file`, or at least 32 raw bytes of somebody's own.

    Raises :class:`~rkedoc.errors.UsageError` if it cannot be read or is too short.
    """
    target = Path(path)
    try:
        content = target.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the key file {target}: {error.strerror}") from None
    if content.startswith(_PREFIX.encode()):
        try:
            return FingerprintKey(bytes.fromhex(content[len(_PREFIX) :].decode("ascii").strip()))
        except ValueError:
            raise UsageError(f"the key file {target} is damaged: make a new one with rkedoc keygen") from None
    return FingerprintKey(content.strip())
