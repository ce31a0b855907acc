"""Questions to many clusters at once, over a folder of their snapshots."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rkedoc.cli.common import (
    DATA,
    FALLS_SHORT,
    FILE,
    LANGUAGE,
    answer_format,
    cli,
    print_data,
    print_names,
    say,
    screen_of,
    speak,
)
from rkedoc.cli.given import FOLDER
from rkedoc.vocabulary import Severity, SupportState

if TYPE_CHECKING:
    from rkedoc.fleet.ask import Answer, Asked

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FOLDER = click.argument("folder", type=FOLDER)
_OPTIONS = (
    click.option(
        "--cluster", "clusters", default="*", metavar="PATTERN", help="Clusters of such names alone (prod-*)."
    ),
    click.option(
        "--tables",
        "kept",
        type=FILE,
        metavar="DIR",
        help="Where the tables are kept.  [default: .rkedoc/tables in FOLDER]",
    ),
    answer_format("table", "csv"),
    LANGUAGE,
)


def _question(command: _Command) -> _Command:
    """The options that all questions have."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), command)


@cli.group()
def fleet() -> None:
    """Ask all clusters at once, whose snapshots lie in FOLDER at any depth.

    FOLDER may be one that rkedoc publish has made, or the URL of a store, whose snapshots are got once and kept. The newest snapshot of each cluster answers.
    """


@fleet.command()
@_FOLDER
@click.argument("text", default="")
@_question
def images(folder: Path, text: str, clusters: str, kept: Path | None, style: str, language: str | None) -> None:
    """Say which images run where; of those with TEXT in name or digest, in what: init containers, sandboxes and static pods too.

    Exits with 0, with 1 if there is no such image, with 2 if it could not be found out.
    """
    from rkedoc.fleet import ask

    speak(language, style)
    _print(_ask(folder, kept, clusters, lambda asked: ask.images(asked, text)), style, found=not text)


@fleet.command()
@_FOLDER
@click.argument("text", default="")
@_question
def versions(folder: Path, text: str, clusters: str, kept: Path | None, style: str, language: str | None) -> None:
    """Say in which versions everything is: Kubernetes, kubelets, runtimes, systems; or what has TEXT in its name or version."""
    from rkedoc.fleet import ask

    speak(language, style)
    _print(_ask(folder, kept, clusters, lambda asked: ask.versions(asked, text)), style, found=not text)


@fleet.command()
@_FOLDER
@click.argument("component", default="")
@_question
def components(
    folder: Path, component: str, clusters: str, kept: Path | None, style: str, language: str | None
) -> None:
    """Say which components of the platform and which add-ons are where in which versions; or where COMPONENT is, by its id or name."""
    from rkedoc.fleet import ask

    speak(language, style)
    _print(_ask(folder, kept, clusters, lambda asked: ask.components(asked, component)), style, found=not component)


@fleet.command()
@_FOLDER
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice([one.value for one in Severity]),
    help="Fall short if there is a problem as grave as this. Repeatable.",
)
@_question
def problems(
    folder: Path, fail_on: tuple[str, ...], clusters: str, kept: Path | None, style: str, language: str | None
) -> None:
    """Say what is not well anywhere, the worst first.

    Exits with 0, with 1 if there is something of --fail-on, with 2 if it could not be found out.
    """
    from rkedoc.fleet import ask

    speak(language, style)
    answer = _ask(folder, kept, clusters, ask.problems)
    _print(answer, style)
    if ask.failing(answer, "severity", fail_on):
        sys.exit(FALLS_SHORT)


@fleet.command()
@_FOLDER
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice([state.value for state in SupportState if state != SupportState.SUPPORTED]),
    help="Fall short if there is any of these. Repeatable.",
)
@click.option("--on", "day", metavar="DAY", help="Judge by this day (2027-01-31).  [default: today]")
@_question
def support(
    folder: Path, fail_on: tuple[str, ...], day: str | None, clusters: str, kept: Path | None, style: str,
    language: str | None,
) -> None:  # fmt: skip
    """Say what is out of support anywhere, the worst first.

    Exits with 0, with 1 if there is something of --fail-on, with 2 if it could not be found out.
    """
    from rkedoc.fleet import ask

    speak(language, style)
    on = _day("--on", day) if day is not None else datetime.now(UTC).date()
    answer = _ask(folder, kept, clusters, lambda asked: ask.support(asked, on))
    _print(answer, style)
    if ask.failing(answer, "state", fail_on):
        sys.exit(FALLS_SHORT)


@fleet.command()
@_FOLDER
@click.argument("owner", default="")
@_question
def owners(folder: Path, owner: str, clusters: str, kept: Path | None, style: str, language: str | None) -> None:
    """Say who answers for how much, and for how much nobody does; or what OWNER answers for."""
    from rkedoc.fleet import ask

    speak(language, style)
    _print(_ask(folder, kept, clusters, lambda asked: ask.owners(asked, owner)), style, found=not owner)


@fleet.command()
@_FOLDER
@click.option(
    "--since", metavar="DAY", help="In all snapshots since this day.  [default: in the newest of each cluster]"
)
@_question
def changes(
    folder: Path, since: str | None, clusters: str, kept: Path | None, style: str, language: str | None
) -> None:
    """Say what somebody has changed anywhere, from each snapshot to the next."""
    from rkedoc.fleet import ask

    speak(language, style)
    day = _day("--since", since) if since is not None else None
    _print(_ask(folder, kept, clusters, lambda asked: ask.changes(asked, day)), style)


@fleet.command()
@_FOLDER
@click.argument("text")
@_question
def where(folder: Path, text: str, clusters: str, kept: Path | None, style: str, language: str | None) -> None:
    """Say where TEXT occurs: in names, images, versions, owners, settings.

    Exits with 0, with 1 if it occurs nowhere, with 2 if it could not be found out.
    """
    from rkedoc.fleet import ask

    speak(language, style)
    _print(_ask(folder, kept, clusters, lambda asked: ask.where(asked, text)), style, found=False)


@fleet.command()
@_FOLDER
@click.argument("query")
@click.option(
    "--tables",
    "kept",
    type=FILE,
    metavar="DIR",
    help="Where the tables are kept.  [default: .rkedoc/tables in FOLDER]",
)
@answer_format("table", "csv")
@LANGUAGE
def sql(folder: Path, query: str, kept: Path | None, style: str, language: str | None) -> None:
    """Answer QUERY, one SELECT in DuckDB's SQL, from the tables that rkedoc schema --tables names.

    It reads the tables and can reach no file, no network and no setting.
    """
    speak(language, style)
    _print(_ask(folder, kept, "*", lambda asked: asked.sql(query)), style)


@fleet.command()
@_FOLDER
@click.option("--by", metavar="label=KEY", help="Compare those whose nodes all bear the same value of this label.")
@click.option("--names", multiple=True, metavar="PATTERN", help="Compare those of such names (prod-*). Repeatable.")
@click.option(
    "--reference", default="", metavar="NAME", help="Compare with this cluster.  [default: with what most have]"
)
@click.option(
    "--accepted", type=FILE, metavar="FILE", help="Differences that may be, each with reason, owner and day, as YAML."
)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(["differs", "expired", "not-known"]),
    help="Fall short if there is any of these. What is accepted does not differ. Repeatable.",
)
@_question
def drift(
    folder: Path, by: str | None, names: tuple[str, ...], reference: str, accepted: Path | None, fail_on: tuple[str, ...],
    clusters: str, kept: Path | None, style: str, language: str | None,
) -> None:  # fmt: skip
    """Say which clusters are not like the others: in versions, components and add-ons, flags and settings.

    What was not looked at is not known, and never the same. Exits with 0, with 1 if there is something of --fail-on, with 2 if it could not be found out.
    """
    from rkedoc.fleet.accepted import read_accepted
    from rkedoc.fleet.drift import drift as compare
    from rkedoc.fleet.text import DRIFT_COLUMNS, drift_rows, drift_text, rows_csv

    speak(language, style)
    if by is not None and names:
        raise click.UsageError("--by and --names both say which clusters are compared: give one of them")
    label = _label(by) if by is not None else ""
    may_be = read_accepted(accepted) if accepted is not None else ()
    today = datetime.now(UTC).date()
    with _asked(folder, kept, clusters) as asked:
        found = compare(asked, today, label=label, names=names, reference=reference, accepted=may_be)
    if style in DATA:
        print_data(found.to_json(), style)
    elif style == "name":
        print_names(dict.fromkeys(cell.cluster for cell in found.cells if cell.counts))
    elif style == "csv":
        click.echo(rows_csv(DRIFT_COLUMNS, drift_rows(found)), nl=False)
    else:
        click.echo(drift_text(found, screen_of(style)), nl=False)
    there = {"differs": any(cell.counts for cell in found.cells)} | {
        name: bool(found.counts[name]) for name in ("expired", "not-known")
    }
    if any(there[name] for name in fail_on):
        sys.exit(FALLS_SHORT)


def _label(by: str) -> str:
    """The name of the label by which clusters are compared."""
    kind, _equals, name = by.partition("=")
    if kind != "label" or not name:
        raise click.BadParameter(f"--by: {by!r}: write label= and the name of a label, such as label=environment")
    return name


def _day(option: str, text: str) -> date:
    """A day as it was typed. Raises ``click.BadParameter``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{option}: {text!r} is no day: write it as 2027-01-31") from None


def _ask(folder: Path, kept: Path | None, clusters: str, question: Callable[[Asked], Answer]) -> Answer:
    with _asked(folder, kept, clusters) as asked:
        return question(asked)


def _asked(folder: Path, kept: Path | None, clusters: str) -> closing[Asked]:
    """Make the tables that are missing, and open them for questions."""
    from rkedoc.fleet.ask import Asked
    from rkedoc.fleet.keeping import FOLDER, Keeping

    keeping = Keeping(kept if kept is not None else folder / FOLDER)
    made = keeping.make(folder, say if sys.stderr.isatty() else None)
    return closing(Asked(keeping, made, clusters))


def _print(answer: Answer, style: str, *, found: bool = True) -> None:
    """Print an answer; ``found`` is whether one without rows is an answer all the same."""
    from rkedoc.fleet.text import answer_names, answer_text, beside, rows_csv

    if style in DATA:
        print_data(answer.to_json(), style)
    elif style in ("name", "csv"):
        if style == "name":
            print_names(answer_names(answer))
        else:
            click.echo(rows_csv(answer.columns, answer.rows), nl=False)
        for line in beside(answer.not_known, answer.left_out):
            if line:
                say(line)
    else:
        click.echo(answer_text(answer, screen_of(style)), nl=False)
    if not answer.rows and not found:
        sys.exit(FALLS_SHORT)
