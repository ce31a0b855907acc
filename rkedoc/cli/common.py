"""What the commands share: their group, options of one meaning, and how they speak."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from rkedoc import __version__, i18n
from rkedoc.cli.given import named
from rkedoc.cli.settings import Group, read_settings
from rkedoc.errors import UsageError
from rkedoc.printable import printable

if TYPE_CHECKING:
    from rkedoc.explain.screen import Screen
    from rkedoc.snapshot.reader import Snapshot

_Command = TypeVar("_Command", bound=Callable[..., Any])

TROUBLE = 2
"""The exit code of a command that could not do what it was asked for."""

FALLS_SHORT = 1
"""The exit code of a command that found what it was asked to look for: differences, or too little documentation."""

FILE = click.Path(path_type=Path)


def answer_format(people: str = "table", *others: str) -> Callable[[_Command], _Command]:
    """The option that says how an answer is printed: ``-o``, as ``kubectl`` has it, or ``--format``."""
    return click.option(
        "-o",
        "--format",
        "style",
        type=click.Choice([people, "wide", "json", "yaml", "name", *others]),
        default=people,
        show_default=True,
        help="How to print it. wide: nothing cut or folded; name: the names alone, one a line.",
    )


FORMAT = answer_format()
DATA = ("json", "yaml")
"""Forms of an answer that are data."""


def _languages(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """The codes of one language, or of several with commas between them. Raises :class:`~rkedoc.errors.UsageError`."""
    return None if value is None else ",".join(dict.fromkeys(map(i18n.named_language, value.split(","))))


def _language(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    return None if value is None else i18n.named_language(value)


LANGUAGE = click.option(
    "--language",
    metavar="LANG",
    callback=_language,
    help="en or zh_CN.  [default: the terminal's locale; JSON is English]",
)
LANGUAGES = click.option(
    "--language",
    default="en",
    show_default=True,
    metavar="LANG[,LANG]",
    callback=_languages,
    help="The language of the site: en or zh_CN. Of several each has a folder, and pages lead to each other.",
)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    type=FILE,
    envvar="RKEDOC_CONFIG",
    is_eager=True,
    expose_value=False,
    callback=read_settings,
    metavar="FILE",
    help="Options for all commands, as TOML.  [default: ~/.config/rkedoc/rkedoc.toml, if it is there]",
)
@click.option("--no-plugins", is_flag=True, help="Load nothing that other packages bring, even if it is named.")
@click.version_option(__version__, prog_name="rkedoc")
def cli(no_plugins: bool) -> None:
    """Document everything that runs on a Rancher/RKE Kubernetes node, and why.

    Start with `rkedoc demo`, which needs no cluster, or with `rkedoc collect` on a node.
    """
    click.get_current_context().color = wanted_colour()
    if no_plugins or "rkedoc.plugins" in sys.modules:
        from rkedoc import plugins

        (plugins.refuse if no_plugins else plugins.allow)()


def complain(what: object) -> None:
    click.echo(f"{click.style('rkedoc:', fg='red')} {printable(named(str(what)))}", err=True, color=wanted_colour())


def say(line: str) -> None:
    click.echo(printable(named(line)), err=True)


def print_data(value: Any, style: str = "json") -> None:
    """Print a value as JSON or as YAML."""
    from rkedoc.explain.data import data_text

    click.echo(data_text(value, "yaml" if style == "yaml" else "json"), nl=False)


def print_names(names: Iterable[str]) -> None:
    """Print each name once, on a line of its own."""
    for name in dict.fromkeys(names):
        click.echo(printable(name))


def wanted_colour(environment: Mapping[str, str] = os.environ) -> bool | None:
    """Whether to print in colour: ``NO_COLOR`` (no-color.org) and ``FORCE_COLOR`` (force-color.org) say so if they are not empty,
    and ``TERM=dumb`` has none; ``None`` where it depends on what is printed to."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return False if environment.get("TERM") == "dumb" else None


def screen_of(style: str = "table") -> Screen:
    """What standard output is: a terminal of so many columns (``COLUMNS``, or those that it has), or none."""
    from shutil import get_terminal_size

    from rkedoc.explain.screen import Screen

    terminal, wanted = sys.stdout.isatty(), wanted_colour()
    whole = style == "wide"
    width = get_terminal_size().columns if terminal and not whole else None
    return Screen(width, terminal if wanted is None else wanted, whole)


def path_or_dash(name: str) -> Path | Literal["-"]:
    return "-" if name == "-" else Path(name)


def snapshot_of(path: Path) -> Snapshot:
    """The snapshot in a file. Raises :class:`~rkedoc.errors.RkedocError` for one that is none, or that was not redacted."""
    from rkedoc.redact.check import require_redacted
    from rkedoc.snapshot.reader import load

    if not path.name:
        raise UsageError("the name of the snapshot is empty")
    snapshot = load(path)
    require_redacted(path, snapshot.records)
    return snapshot


def folders(names: Sequence[str]) -> tuple[Path, ...]:
    """The folders of the catalogs that packages bring under these names."""
    from rkedoc import plugins

    return tuple(plugins.folder("rkedoc.catalogs", name) for name in names)


CATALOGS = click.option(
    "--catalog",
    "catalogs",
    multiple=True,
    metavar="NAME",
    help="Entries that another package brings. Repeatable.",
)

_FOR_PROGRAMS = ("json", "yaml", "name", "sarif", "junit")


def speak(language: str | None, style: str = "table") -> str:
    """Say everything that follows in the language that was asked for, else in that of the terminal's locale.

    What programs read is the same in every language: codes, and English. Gives the language.
    """
    if style in _FOR_PROGRAMS:
        chosen = "en"
    elif language is not None:
        chosen = language
    else:
        chosen = i18n.environment_language() if style in ("table", "text", "wide", "markdown") else "en"
    i18n.set_language(chosen)
    return chosen
