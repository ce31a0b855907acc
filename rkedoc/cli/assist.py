"""The command that answers assistants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rkedoc.cli.common import cli, say
from rkedoc.cli.given import SNAPSHOTS, Remote, local
from rkedoc.errors import UsageError

if TYPE_CHECKING:
    from rkedoc.assist.shelf import Shelf


@cli.command()
@click.argument("snapshots", nargs=-1, required=True, type=SNAPSHOTS, metavar="SNAPSHOT|DIR...")
@click.option(
    "--http",
    "port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Listen on this port of loopback, at /mcp, instead of standard input.",
)
def mcp(snapshots: Sequence[Path | Remote], port: int | None) -> None:
    """Answer assistants from snapshots, by the Model Context Protocol, over standard input and output.

    SNAPSHOT is a file, a folder of them at any depth, one that rkedoc publish has made, or the URL of a store. Tools only read; no cluster is asked.
    """
    from rkedoc.assist.server import serve

    shelf = _shelf(snapshots)
    if not shelf.clusters:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in shelf.left_out.items())
        raise UsageError(f"there is no snapshot that can be read{': ' if reasons else ''}{reasons}")
    for name, reason in shelf.left_out.items():
        say(f"left out: {name}: {reason}")
    if port is not None:
        say(f"http://127.0.0.1:{port}/mcp answers for {len(shelf.clusters)} clusters; Ctrl-C ends it")
    serve(shelf, port)


def _shelf(given: Sequence[Path | Remote]) -> Shelf:
    from rkedoc.assist.shelf import Shelf, Volume
    from rkedoc.fleet.snapshots import fleet_of

    remote = [one for one in given if isinstance(one, Remote)]
    found = fleet_of(_files(one for one in given if isinstance(one, Path)), {})
    volumes = [Volume(one.cluster, one.uid, one.time, one.digest, partial(_same, one.path)) for one in found.all]
    fetched: dict[str, Path] = {}
    volumes += [
        Volume(one.stored.cluster, "", one.stored.time, one.stored.digest, partial(_fetched, one, fetched))
        for one in remote
    ]
    return Shelf(volumes, {one.path.name: one.fault for one in found.left_out})


def _files(given: Iterator[Path]) -> Iterator[Path]:
    from rkedoc.fleet.snapshots import snapshot_paths

    for path in given:
        if path.is_dir():
            yield from snapshot_paths(path)
        elif path.is_file():
            yield path
        else:
            raise UsageError(f"{path}: there is no such file or folder")


def _same(path: Path) -> Path:
    return path


def _fetched(remote: Remote, known: dict[str, Path]) -> Path:
    """The file of a snapshot in a store, got when it is first asked for."""
    key = remote.stored.digest
    if key not in known:
        known[key] = local(remote)
    return known[key]
