"""The command that publishes into a wiki."""

from __future__ import annotations

from pathlib import Path

import click

from rkedoc.cli.common import FILE, LANGUAGES, cli, say
from rkedoc.cli.given import SNAPSHOT
from rkedoc.cli.progress import building
from rkedoc.printable import printable


@cli.command()
@click.argument("snapshot", type=SNAPSHOT)
@click.option(
    "--url",
    required=True,
    metavar="URL",
    help="The wiki, such as https://example.atlassian.net/wiki or https://wiki.example.org.",
)
@click.option("--space", required=True, metavar="KEY", help="The key of the space.")
@click.option("--token-file", type=FILE, required=True, metavar="FILE", help="The file with the token.")
@click.option(
    "--user",
    default="",
    metavar="ACCOUNT",
    help="The account of the token, for Confluence Cloud. Without it the token is one of Data Center.",
)
@click.option("--parent", default="", metavar="PAGE", help="The title or the id of the page below which the pages lie.")
@click.option(
    "--cluster",
    default="",
    metavar="NAME",
    help="The name in the titles of the pages.  [default: that in the snapshot]",
)
@click.option(
    "--removed",
    type=click.Choice(["keep", "note", "archive"]),
    default="keep",
    show_default=True,
    help="What becomes of pages whose subject is gone. note takes the place of their text; archive is there at Cloud alone.",
)
@click.option(
    "--pause",
    type=click.FloatRange(0, 60),
    default=0.0,
    metavar="SECONDS",
    help="Wait before each request.  [default: only as the wiki asks]",
)
@click.option("--dry-run", is_flag=True, help="Only read, and say what would be written.")
@LANGUAGES
@click.option("--classification", default="", help="A line on every page, such as: internal.")
@click.option("--annotations", multiple=True, type=FILE, metavar="DIR", help="Entries of your own. Repeatable.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
@click.option("-v", "--verbose", is_flag=True, help="Show what Sphinx says while it works.")
def confluence(
    snapshot: Path, url: str, space: str, token_file: Path, user: str, parent: str, cluster: str, removed: str, pause: float, dry_run: bool, language: str,
    classification: str, annotations: tuple[Path, ...], quiet: bool, verbose: bool,
) -> None:  # fmt: skip
    """Publish the site of a snapshot into a Confluence space.

    A page is written only if it tells something else than the one that is there, so that nobody is told of what has not changed, and what people have
    marked to comment on stays marked. A page that rkedoc did not make is never changed.
    """
    from rkedoc.publish.confluence.run import Wiki, to_confluence
    from rkedoc.redact.check import require_redacted
    from rkedoc.snapshot.reader import open_stream

    require_redacted(snapshot, open_stream(snapshot)[1])
    wiki = Wiki(url, space, token_file, user, parent, removed, pause, dry_run)
    with building(quiet=quiet, verbose=verbose) as progress:
        came, warnings = to_confluence(
            snapshot, wiki, cluster=cluster, language=language, classification=classification, annotations=annotations, progress=progress
        )  # fmt: skip
    for warning in warnings:
        say(warning)
    for title, words in came.comments_lost:
        say(
            f"{printable(title)}: a comment has lost its place, as the words that were marked are gone: {printable(words)}"
        )
    if came.unseen:
        say(
            f"left as they are, since this snapshot does not tell whether what they are about is gone: {', '.join(map(printable, came.unseen))}"
        )
    if quiet:
        return
    would = "would be " if dry_run else ""
    gone = {"note": "noted as gone", "archive": "archived"}.get(removed)
    for word, titles in (("added", came.new), ("changed", came.changed), (gone or "gone", came.removed)):
        for title in titles:
            click.echo(f"{would if word != 'gone' else ''}{word}: {printable(title)}")
    if came.removed and gone is None:
        say("what is gone stays as it was: --removed note or --removed archive settles it")
    click.echo(f"as they were: {came.unchanged}")
    if came.address:
        click.echo(f"Open {printable(came.address)}")
