"""What a person sees while a site is built: a bar at a terminal, Sphinx's own log if it is asked for, else nothing."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

from rkedoc.cli.common import say

_STEP: Final = re.compile(r"(.+?)\.\.\. *\[ *(\d{1,3})%\]")
"""A step of a phase, as Sphinx tells it in every language (sphinx/util/display.py, status_iterator)."""
_GONE: Final = "\r\x1b[2K\x1b[?25h"
"""Empties the line and shows the cursor again, which click's bar hides."""


@contextmanager
def building(*, quiet: bool, verbose: bool) -> Iterator[Callable[[str], None] | None]:
    """What hears the lines of a build while it lasts. A bar is gone when it ends, however it ends."""
    if verbose:
        yield lambda line: say(click.unstyle(line))
    elif quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
    else:
        bar = _Bars()
        try:
            yield bar.hear
        finally:
            click.echo(_GONE, err=True, nl=False, color=True)


class _Bars:
    """One line that shows the phase that a build is in, and how far it is."""

    def __init__(self) -> None:
        self._label = ""
        self._bar = self._begun("preparing")

    def hear(self, line: str) -> None:
        """Take a line of Sphinx's log."""
        if step := _STEP.match(click.unstyle(line)):
            label, percent = step[1], int(step[2])
            if label != self._label or percent < self._bar.pos:
                self._label, self._bar = label, self._begun(label)
            self._bar.update(percent - self._bar.pos)

    def _begun(self, label: str) -> Any:
        """A bar of click's at its beginning. It is not used as a context, which would leave each phase on a line of its own."""
        click.echo(_GONE, err=True, nl=False, color=True)
        bar = click.progressbar(length=100, label=click.style(label, bold=True), file=sys.stderr, width=0)
        bar.render_progress()
        return bar
