"""The commands. Each reads its options, calls one stage, and prints what came of it."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rkedoc.cli import assist, catalog, completion, deploy, export, fleet, man, questions, sites, snapshots, store, wiki
from rkedoc.cli.common import TROUBLE, cli, complain
from rkedoc.cli.settings import name_variables
from rkedoc.errors import RkedocError, mistake

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "assist",
    "catalog",
    "cli",
    "completion",
    "deploy",
    "export",
    "fleet",
    "main",
    "man",
    "questions",
    "sites",
    "snapshots",
    "store",
    "wiki",
]

name_variables(cli)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. Never ends in a traceback; ``RKEDOC_DEBUG=1`` asks for one."""
    # kubectl runs a program of this name on PATH as its own command (kubernetes.io, Extend kubectl with plugins).
    name = "kubectl rkedoc" if Path(sys.argv[0]).name == "kubectl-rkedoc" else "rkedoc"
    try:
        cli.main(args=arguments, prog_name=name, complete_var=completion.VARIABLE, standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except RkedocError as error:
        complain(error)
        sys.exit(TROUBLE)
    except BrokenPipeError:
        # Whoever read our output has gone; closing it again would complain about that a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if os.environ.get("RKEDOC_DEBUG"):
            traceback.print_exc()
        name = error.filename if isinstance(error.filename, str) else "the output"
        complain(f"{name}: cannot be read or written: {error.strerror or type(error).__name__}")
        sys.exit(TROUBLE)
    except Exception as error:  # noqa: BLE001 - a person at a terminal needs a sentence; the debugger asks for more
        if os.environ.get("RKEDOC_DEBUG"):
            traceback.print_exc()
        complain(mistake(error))
        sys.exit(TROUBLE)
