"""The nodes that a person names: on the command line, and in a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rkedoc.collect.ssh import Login, login_of
from rkedoc.errors import UsageError

_MOST = 1024 * 1024
"""Bytes that a file of addresses may have: many more nodes than a cluster of Kubernetes has."""


def logins(addresses: Iterable[str], file: Path | None) -> tuple[Login, ...]:
    """The machines that are named, in order, those of the file last, each once.

    Raises :class:`~rkedoc.errors.UsageError` for an address that is none, with the line where it stands in the file.
    """
    found = [_login(address, "--node") for address in addresses]
    if file is not None:
        found += [_login(address, f"{file}, line {number}: --node") for number, address in _lines(file)]
        if not found:
            raise UsageError(f"{file}: it names no node: write one address a line, such as ssh://root@node-a")
    return tuple(dict.fromkeys(found))


def _login(address: str, option: str) -> Login:
    scheme, colons, rest = address.strip().partition("://")
    if not colons or scheme.lower() != "ssh":
        raise UsageError(f"{option} takes ssh://[user@]host[:port]")
    login, path = login_of(rest, option)
    if path:
        raise UsageError(
            f"{option} ssh://{login.host}: it names no socket, all that are known are looked for; --runtime takes one socket"
        )
    return login


def _lines(file: Path) -> Iterable[tuple[int, str]]:
    """The addresses in a file with their lines; what follows a ``#`` says something to a person."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_MOST + 1).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{file}: not a text in UTF-8") from None
    except OSError as error:
        raise UsageError(f"{file}: it cannot be read ({error.strerror})") from None
    if len(text) > _MOST:
        raise UsageError(f"{file}: too large for a list of nodes")
    for number, line in enumerate(text.splitlines(), start=1):
        if address := line.partition("#")[0].strip():
            yield number, address
