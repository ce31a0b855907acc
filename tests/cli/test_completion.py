"""Shells and ``kubectl`` complete what is typed, after one command or none."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rkedoc.cli import cli
from rkedoc.cli.completion import for_kubectl, place
from tests.support.commands import Run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """An environment in which the programs of the package are installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    for name, point in scripts.items():
        module, _, function = point.partition(":")
        (folder / name).write_text(f"#!{sys.executable}\nfrom {module} import {function}\n{function}()\n", "utf-8")
        (folder / name).chmod(0o755)
    home = str(tmp_path / "home")
    bare = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    return {**bare, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": home}


def ran(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


COMPLETE = '_rkedoc_completion rkedoc; printf "%s\\n" "${COMPREPLY[@]}"'


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("rkedoc cov", ["coverage"]),
        ("rkedoc catalog l", ["lint", "list"]),
        ("rkedoc ledger -o y", ["yaml"]),
        ("rkedoc build --trust", ["--trust-annotations"]),
    ],
)
def test_bash_completes_after_it_was_installed(programs: dict[str, str], typed: str, offered: list[str]) -> None:
    ran(programs, "rkedoc", "completion", "bash", "--install")
    file = Path(programs["HOME"]) / ".local/share/bash-completion/completions/rkedoc"
    words = typed.split()
    script = f"source {file}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; {COMPLETE}"
    assert ran(programs, "bash", "--norc", "-c", script).split() == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_is_installed_is_what_is_printed(
    run: Run, shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    printed = run("completion", shell)
    assert (printed.code, "rkedoc" in printed.out) == (0, True)
    for _time in range(2):
        installed = run("completion", shell, "--install")
        assert (installed.code, installed.out) == (0, "")
        assert str(place(shell)) in installed.err
    assert place(shell).read_text("utf-8") == printed.out
    assert tmp_path in place(shell).parents


def test_each_shell_has_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert [str(place(shell, {})) for shell in ("bash", "zsh", "fish")] == [
        "/home/me/.local/share/bash-completion/completions/rkedoc",
        "/home/me/.local/share/zsh/site-functions/_rkedoc",
        "/home/me/.config/fish/completions/rkedoc.fish",
    ]
    assert str(place("bash", {"BASH_COMPLETION_USER_DIR": "/x"})) == "/x/completions/rkedoc"


def test_it_is_a_plugin_of_kubectl(programs: dict[str, str]) -> None:
    assert ran(programs, "kubectl-rkedoc", "ledger", "--help").startswith("Usage: kubectl rkedoc ledger ")
    assert ran(programs, "rkedoc", "ledger", "--help").startswith("Usage: rkedoc ledger ")
    assert ran(programs, "kubectl_complete-rkedoc", "cov").startswith("coverage\tSay how much")


@pytest.mark.parametrize(
    ("typed", "offered", "directive"),
    [
        (["ledger", "-o", ""], ["table", "wide", "json", "yaml", "name"], ":4"),
        (["ledger", ""], [], ":0"),
        (["completion", "z"], ["zsh"], ":4"),
    ],
)
def test_kubectl_is_told_what_may_follow(
    capsys: pytest.CaptureFixture[str], typed: list[str], offered: list[str], directive: str
) -> None:
    for_kubectl(typed)
    assert capsys.readouterr().out.splitlines() == [*offered, directive]


def test_kubectl_is_told_the_commands_where_nothing_is_typed(capsys: pytest.CaptureFixture[str]) -> None:
    for_kubectl([])
    told = [line.partition("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert sorted(told[:-1]) == sorted(cli.commands)
