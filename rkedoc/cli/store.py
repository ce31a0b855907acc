"""Commands about a store of snapshots."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rkedoc.cli.common import (
    DATA,
    FILE,
    FORMAT,
    LANGUAGE,
    TROUBLE,
    cli,
    print_data,
    print_names,
    say,
    screen_of,
    speak,
)
from rkedoc.cli.given import SNAPSHOT, room
from rkedoc.cli.given import put as put_there
from rkedoc.i18n import _
from rkedoc.printable import printable
from rkedoc.store.url import parse_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkedoc.store.layout import Stored
    from rkedoc.store.store import Store

_SHORT = 12
"""Digits of a digest that a person is shown."""


_URL = click.argument("url")


@cli.group()
def store() -> None:
    """List, get, put, prune and check the snapshots in a store: s3://, gs://, az://, file://."""


@store.command("ls")
@_URL
@FORMAT
@LANGUAGE
def list_snapshots(url: str, style: str, language: str | None) -> None:
    """List the snapshots of a store, or of one cluster in it. With -o name their URLs are printed."""
    from rkedoc.store.store import find

    speak(language, style)
    found = find(parse_url(url), may_be_empty=True)
    _print_listing(found.store, found.snapshots, style)
    if not found.snapshots:
        say(_("{store}: no snapshot lies there").format(store=parse_url(url)))
    if found.foreign:
        told = _("{count} objects beside them are no snapshots; `rkedoc store verify` names them")
        say(told.format(count=len(found.foreign)))


def _print_listing(there: Store, snapshots: Sequence[Stored], style: str) -> None:
    from rkedoc.collect.progress import in_bytes

    if style in DATA:
        print_data([_data(there, one) for one in snapshots], style)
    elif style == "name":
        print_names(str(there.url_of(one)) for one in snapshots)
    elif snapshots:
        head = (_("CLUSTER"), _("COLLECTED"), _("SIZE"), _("DIGEST"))
        digits = None if style == "wide" else _SHORT
        rows = [(one.cluster, one.time, in_bytes(one.size), one.digest[:digits]) for one in snapshots]
        click.echo("\n".join(screen_of(style).table(head, rows)))


def _data(there: Store, one: Stored) -> dict[str, Any]:
    return {
        "cluster": one.cluster, "time": one.time, "digest": one.digest, "size": one.size, "url": str(there.url_of(one)),
    }  # fmt: skip


@store.command()
@_URL
@click.option("-o", "--output", type=FILE, help="The file to write.  [default: <cluster>-<UTC time>.ndjson.zst]")
def get(url: str, output: Path | None) -> None:
    """Get a snapshot, or the newest one of a cluster. It was found to be whole before it gets its name."""
    from rkedoc.collect.run import file_name
    from rkedoc.store.store import find

    found = find(parse_url(url))
    path = output or Path(file_name(found.newest.cluster, found.newest.time))
    header = found.store.get(found.newest, path)
    click.echo(printable(f"{path}: {header.records} records"))


@store.command()
@_URL
@click.argument("snapshots", type=SNAPSHOT, nargs=-1, required=True, metavar="SNAPSHOT...")
def put(url: str, snapshots: tuple[Path, ...]) -> None:
    """Put snapshots into a store. Each must be whole and redacted; one that is there already is left as it is."""
    from rkedoc.store.store import store_of

    there = store_of(parse_url(url))
    there.require()
    for path in snapshots:
        put_there(there, path)


@store.command()
@_URL
@click.option(
    "--keep",
    multiple=True,
    required=True,
    metavar="RULE",
    help="Keep what a rule keeps: last=N (or N), daily=N, weekly=N, monthly=N, yearly=N, within=Nd. Repeatable.",
)
@click.option("--yes", is_flag=True, help="Delete them.  [default: say what would be deleted]")
@FORMAT
@LANGUAGE
def prune(url: str, keep: tuple[str, ...], yes: bool, style: str, language: str | None) -> None:
    """Delete the snapshots that no rule keeps, of each cluster by itself. Its newest is always kept.

    Without --yes nothing is deleted.
    """
    from rkedoc.store.prune import outdated
    from rkedoc.store.retention import parse_rule
    from rkedoc.store.store import find

    speak(language, style)
    rules = [parse_rule(rule) for rule in keep]
    found = find(parse_url(url))
    gone = outdated(found.snapshots, rules)
    _print_listing(found.store, gone, style)
    if yes:
        found.store.delete(gone)
    told = _("{count} of {all} deleted") if yes else _("{count} of {all} would be deleted; --yes deletes them")
    say(told.format(count=len(gone), all=len(found.snapshots)))


@store.command()
@_URL
@FORMAT
@LANGUAGE
def verify(url: str, style: str, language: str | None) -> None:
    """Check each object: that it is a whole and redacted snapshot, the one that its name says.

    With -o name those are named in which something is wrong. Exits with 2 if there are any.
    """
    from rkedoc.store.store import find
    from rkedoc.store.verify import verify as look

    speak(language, style)
    found = find(parse_url(url), may_be_empty=True)
    verdicts = [*look(found, room())]
    wrong = [one for one in verdicts if one.findings]
    if style in DATA:
        print_data(
            [{"url": one.url, "good": not one.findings, "findings": list(one.findings)} for one in verdicts], style
        )
    elif style == "name":
        print_names(one.url for one in wrong)
    else:
        screen = screen_of(style)
        for one in wrong:
            for finding in one.findings:
                say(f"{one.url}: {finding}")
        told = _("{good} of {all} objects are whole, redacted snapshots").format(
            good=len(verdicts) - len(wrong), all=len(verdicts)
        )
        click.echo(screen.said(told, tone="bad" if wrong else "good"))
    if wrong:
        sys.exit(TROUBLE)
