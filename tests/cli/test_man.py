"""There is a page for man of each command, with all of its options, and nothing in it that man would obey."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from rkedoc.cli import cli
from rkedoc.cli.man import page
from tests.cli.test_settings import LEAVES
from tests.support.commands import Run

PAGES = {" ".join(("rkedoc", *path)): command for path, command in LEAVES.items()} | {
    "rkedoc": cli,
    "rkedoc catalog": cli.commands["catalog"],
    "rkedoc store": cli.commands["store"],
}
MACROS = (".TH", ".SH", ".TP", ".PP", ".B")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_its_parts_and_every_option(name: str) -> None:
    text = page(name, PAGES[name])
    lines = text.splitlines()
    title, _dash, about = lines[2].replace("\\-", "-").partition(" - ")
    assert (title, about[-1:]) == (name.replace(" ", "-"), about.rstrip(".")[-1:])
    assert [line for line in lines if line.startswith(".SH")][:2] == [".SH NAME", ".SH SYNOPSIS"]
    assert [line for line in lines if line[0] in ".'" and line.split()[0] not in MACROS] == []
    shown = text.replace("\\-", "-")
    options = [option for option in PAGES[name].params if isinstance(option, click.Option)]
    assert "-h, --help" in shown
    assert [word for option in options for word in option.opts if word not in shown] == []
    assert "`" not in text
    assert not re.search(r"\\(?![-efR&])", text)


def test_all_are_written_to_a_folder(run: Run, tmp_path: Path) -> None:
    ended = run("man", "-o", tmp_path / "man1")
    assert (ended.code, ended.out) == (0, "")
    written = {path.name for path in (tmp_path / "man1").iterdir()}
    assert written == {f"{name.replace(' ', '-')}.1" for name in PAGES}
    whole = (tmp_path / "man1" / "rkedoc.1").read_text("utf-8")
    assert [name for name in cli.commands if f".B {name}\n" not in whole] == []


def test_text_is_text() -> None:
    command = click.Command("x", help=".Does it. \\Fine.\n\n'quoted' `code` a-b")
    assert page("x", command).splitlines()[2:10] == [
        "x \\- \\&.Does it", ".SH SYNOPSIS", ".B x", "[OPTIONS]", ".SH DESCRIPTION", ".PP", "\\eFine.", ".PP",
    ]  # fmt: skip
    assert "\\&'quoted' \\fBcode\\fP a\\-b" in page("x", command)
