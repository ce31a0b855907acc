"""A token that opens a server, and the addresses that it may be sent to.

A token is read once, from a file, and no error, log or file says it. It goes over TLS, or to this machine itself.
"""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from pathlib import Path
from urllib.parse import urlsplit

from rkedoc.errors import UsageError

_MOST = 16 * 1024
"""Bytes that a file with a token may have."""
_TOKEN = re.compile(r"[!-~]+")


def read_token(file: Path) -> str:
    """The token in a file. Raises :class:`~rkedoc.errors.UsageError` for a file that cannot be read, that others may read, or that
    holds no token. A file of one's own must be one's own alone, as OpenSSH wants it of a key (openssh-portable V_9_2_P1,
    authfile.c, sshkey_perm_ok); one of somebody else, such as a Secret that is mounted, is the business of whoever made it.
    """
    try:
        with file.open("rb") as opened:
            about = os.fstat(opened.fileno())
            own = os.name == "posix" and stat.S_ISREG(about.st_mode) and about.st_uid == os.getuid()
            if own and about.st_mode & 0o077:
                raise UsageError(
                    f"--token-file {file}: others may read it (mode {stat.S_IMODE(about.st_mode):04o}): chmod 600 makes it yours alone"
                )
            content = opened.read(_MOST + 1)
    except OSError as error:
        raise UsageError(f"--token-file {file}: it cannot be read ({error.strerror})") from None
    token = content.decode("ascii", "replace").strip()
    if len(content) > _MOST or not _TOKEN.fullmatch(token):
        raise UsageError(f"--token-file {file}: it holds no token: write the token alone into it, and nothing else")
    return token


def server_address(given: str, option: str, example: str) -> str:
    """The address of a server that a token is sent to, without a slash at its end; ``option`` is how it was given.

    Raises :class:`~rkedoc.errors.UsageError`, which never repeats the address: it may hold a password.
    """
    text = given.strip()
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named or parts.scheme not in ("https", "http") or re.search(r"[\s<>\"'\\]", text):
        raise UsageError(f"{option} takes the address of a server: {example}")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{option}: a user or a password in the address is not taken; --token-file names who asks")
    if parts.query or parts.fragment:
        raise UsageError(f"{option} takes the address alone, without what follows a ? or a #")
    if parts.scheme == "http" and not is_loopback(text):
        raise UsageError(f"{option} http://… would send the token in clear: give the address with https")
    return text.rstrip("/")


def is_loopback(url: str) -> bool:
    """Whether an address is that of this machine itself."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
