"""Pages for ``man``, made of what the commands say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from rkedoc import __version__
from rkedoc.cli.common import FILE, cli, say

_STATUS = (
    ("0", "Done."),
    ("1", "What was looked for was found: something was changed, or falls short, or is wrong."),
    ("2", "The command could not do what it was asked for; standard error says why."),
    ("3", "With --strict: something could not be collected. The file was written."),
)


@cli.command()
@click.option("-o", "--output", type=FILE, required=True, metavar="DIR", help="The folder to write them to.")
def man(output: Path) -> None:
    """Write a page for man of each command: rkedoc.1, rkedoc-collect.1 and so on."""
    output.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, command in _commands("rkedoc", cli):
        (output / f"{name.replace(' ', '-')}.1").write_text(page(name, command), "utf-8")
        count += 1
    say(f"wrote {count} pages to {output}: man {output / 'rkedoc.1'}")


def page(name: str, command: click.Command) -> str:
    """A page in the macros of man(7). ``name`` is what is typed: ``rkedoc catalog list``."""
    context = click.Context(command, info_name=name, **cli.context_settings)
    paragraphs = [" ".join(part.split()) for part in (command.help or "").replace("\b", "").split("\n\n")]
    summary, _dot, rest = paragraphs[0].partition(". ")
    lines = [
        f'.TH "{_text(name.replace(" ", "-")).upper()}" 1 "" "rkedoc {__version__}" "rkedoc"',
        ".SH NAME", f"{_text(name.replace(' ', '-'))} \\- {_text(summary.rstrip('.'))}",
        ".SH SYNOPSIS", f".B {_text(name)}", _text(" ".join(command.collect_usage_pieces(context))),
    ]  # fmt: skip
    if more := [part for part in (rest, *paragraphs[1:]) if part]:
        lines.append(".SH DESCRIPTION")
        for part in more:
            lines += [".PP", _text(part)]
    lines.append(".SH OPTIONS")
    for option in command.get_params(context):
        if isinstance(option, click.Option) and (record := option.get_help_record(context)) is not None:
            lines += [".TP", f".B {_text(record[0])}", _text(record[1])]
    if isinstance(command, click.Group):
        lines.append(".SH COMMANDS")
        for inner, below in command.commands.items():
            lines += [".TP", f".B {_text(inner)}", _text(below.get_short_help_str(300))]
    variable = name.upper().replace(" ", "_").replace("-", "_")
    lines += [
        ".SH ENVIRONMENT",
        _text(f"Each option can be given by a variable: {variable}_, and its name in capitals with _ for each dash."),
        ".SH FILES", ".TP", ".B ~/.config/rkedoc/rkedoc.toml",
        _text("Options for all commands, a table for each. --config or RKEDOC_CONFIG names another file."),
        ".SH EXIT STATUS",
    ]  # fmt: skip
    strict = any(option.name == "strict" for option in command.params)
    for code, meaning in _STATUS if strict else _STATUS[:-1]:
        lines += [".TP", f".B {code}", _text(meaning)]
    lines += [".SH SEE ALSO", ", ".join(f"\\fB{_text(other)}\\fP(1)" for other in _others(name, command))]
    return "\n".join(line for line in lines if line) + "\n"


def _others(name: str, command: click.Command) -> list[str]:
    if isinstance(command, click.Group):
        return [f"{name} {below}".replace(" ", "-") for below in command.commands]
    return [name.rpartition(" ")[0].replace(" ", "-")]


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for below, inner in command.commands.items():
            yield from _commands(f"{name} {below}", inner)


def _text(text: str) -> str:
    """Text that no macro begins and no escape changes; what stands in backquotes is bold (groff_char(7), man(7))."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    bold = re.sub(r"`([^`]+)`", r"\\fB\1\\fP", safe)
    return re.sub(r"^(?=[.'])", r"\\&", bold, flags=re.MULTILINE)
