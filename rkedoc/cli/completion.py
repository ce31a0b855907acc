"""Completion of the command line: what a shell loads, where it looks for it, and what ``kubectl`` asks a plugin for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from rkedoc.cli.common import cli, say

VARIABLE: Final = "_RKEDOC_COMPLETE"
"""By this variable a shell asks the program what can follow."""

_PROGRAM = "rkedoc"
_NO_FILES, _FILES = 4, 0
"""Whether a shell offers files too (spf13/cobra, completions.go, ShellCompDirective)."""


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--install", is_flag=True, help="Write it to where the shell looks for it, for this account.")
def completion(shell: str, install: bool) -> None:
    """Print what a shell needs to complete commands, options and files; or install it."""
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    if script is None:
        raise AssertionError(f"click completes in {shell}")
    text = script(cli, {}, _PROGRAM, VARIABLE).source()
    if not install:
        click.echo(text, nl=False)
        return
    path = place(shell)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    say(f"wrote {path}: a new shell completes {_PROGRAM}")
    if shell == "zsh":
        say(f"if it does not: put  fpath=({path.parent} $fpath)  before compinit in ~/.zshrc")
    elif shell == "bash":
        say("if it does not: install the package bash-completion of your distribution")


def place(shell: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Where a shell looks for completions of an account (bash-completion 2, README; fish 3, complete; zsh has a folder if it is told)."""
    data = Path(environment.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser())
    if shell == "bash":
        return Path(environment.get("BASH_COMPLETION_USER_DIR") or data / "bash-completion") / "completions" / _PROGRAM
    if shell == "zsh":
        return data / "zsh" / "site-functions" / f"_{_PROGRAM}"
    settings = Path(environment.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser())
    return settings / "fish" / "completions" / f"{_PROGRAM}.fish"


def for_kubectl(arguments: Sequence[str] | None = None) -> None:
    """What may follow ``kubectl rkedoc …``, as ``kubectl`` asks ``kubectl_complete-rkedoc`` for it: the last argument is incomplete.

    A line for each, with its description after a tab; then a colon and what the shell shall do (kubernetes/kubectl,
    pkg/cmd/plugin/plugin_completion.go).
    """
    from click.shell_completion import ShellComplete

    *before, incomplete = (sys.argv[1:] if arguments is None else arguments) or [""]
    found = ShellComplete(cli, {}, _PROGRAM, VARIABLE).get_completions(before, incomplete)
    for item in found:
        if item.type == "plain":
            click.echo(f"{item.value}\t{item.help}" if item.help else item.value)
    click.echo(f":{_FILES if any(item.type != 'plain' for item in found) else _NO_FILES}")
