"""How a Rancher is reached: its address, and the token that opens it.

The token is read once, from a file, and is sent to this address alone: no redirection is followed, and no error, log or header says it.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from urllib.parse import urlsplit

from rkedoc.collect.kubernetes.endpoint import Endpoint, bare_url, is_loopback, with_token
from rkedoc.collect.kubernetes.transport import Transport
from rkedoc.collect.options import Through
from rkedoc.collect.rancher.guard import check
from rkedoc.errors import UsageError

SOURCE = "rancher"

_MOST = 16 * 1024
"""Bytes that a file with a token may have."""
_TOKEN = re.compile(r"[!-~]+")
_API = "/v3"
"""What Rancher's own page of API keys shows at the end of its address."""


def address_of(given: str) -> str:
    """Rancher's address, without a slash at its end and without the path of its API.

    Raises :class:`~rkedoc.errors.UsageError`, which never repeats the address: it may hold a password.
    """
    try:
        parts = urlsplit(given.strip())
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named or parts.scheme not in ("https", "http"):
        raise UsageError("--rancher takes the address of a Rancher: https://rancher.example")
    if parts.username is not None or parts.password is not None:
        raise UsageError("--rancher: a user or a password in the address is not taken; --token-file names who asks")
    if parts.query or parts.fragment:
        raise UsageError("--rancher takes the address alone, without what follows a ? or a #")
    url = bare_url(given.strip()).rstrip("/").removesuffix(_API)
    if parts.scheme == "http" and not is_loopback(url):
        raise UsageError("--rancher http://… would send the token in clear: give the address with https")
    return url


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
        raise UsageError(
            f"--token-file {file}: it holds no token: write the bearer token of an API key into it, and nothing else"
        )
    return token


def rancher_transport(address: str, token: str, *, run_id: str) -> tuple[Endpoint, Transport]:
    """What sends requests to Rancher itself. Raises :class:`~rkedoc.errors.SourceUnavailable`."""
    endpoint = with_token(address, token, origin=SOURCE, configured="--rancher", cluster="")
    return endpoint, Transport(endpoint, run=run_id, guard=check)


def endpoint_through(through: Through) -> Endpoint:
    """The API of a cluster behind Rancher's proxy (rancher/rancher v2.5.5 and v2.14.4, pkg/clusterrouter/lookup.go)."""
    url = f"{through.rancher}/k8s/clusters/{through.id}"
    return with_token(url, through.token, origin=SOURCE, configured="--rancher", cluster=through.name)
