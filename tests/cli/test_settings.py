"""Options that are not typed: every one has a variable and a place in the file, and none lets anything in unsaid."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.core import ParameterSource

from rkedoc.cli import cli
from rkedoc.cli.settings import Permission, named_options, own_file
from rkedoc.resources import resource
from tests.support.commands import Run


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from leaves(inner, (*path, name))
    else:
        yield path, command


LEAVES = dict(leaves(cli))
OPTIONS = [(path, name, option) for path, command in LEAVES.items() for name, option in named_options(command)]
NAMES = [f"{' '.join(path)} --{name}" for path, name, _option in OPTIONS]


def value_for(option: click.Option) -> str | int | bool:
    if option.is_flag:
        return True
    if isinstance(option.type, click.Choice):
        return str(option.type.choices[0])
    if isinstance(option.type, (click.IntRange, click.FloatRange)) or option.type.name == "integer":
        return 7
    return "en" if option.name == "language" else "given"


def called(path: tuple[str, ...], *before: str) -> click.Context:
    """The context of a command to which no option is given; its arguments and what it requires are."""
    command = LEAVES[path]
    typed = [
        word
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.required
        for word in (parameter.opts[0], "typed")
    ]
    context = cli.make_context("rkedoc", [*before, *path], resilient_parsing=False)
    for name in path[:-1]:
        group = context.command
        assert isinstance(group, click.Group)
        context = group.commands[name].make_context(name, [path[-1]], parent=context)
    return command.make_context(path[-1], [*typed, *arguments_for(command)], parent=context)


def arguments_for(command: click.Command) -> list[str]:
    required = [one for one in command.params if isinstance(one, click.Argument) and one.required]
    return [str(one.type.choices[0]) if isinstance(one.type, click.Choice) else "x" for one in required]


@pytest.mark.parametrize(("path", "name", "option"), OPTIONS, ids=NAMES)
def test_every_option_has_a_variable(
    path: tuple[str, ...], name: str, option: click.Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert option.envvar == "_".join(("RKEDOC", *path, name)).replace("-", "_").upper()
    monkeypatch.setenv(str(option.envvar), str(value_for(option)))
    if not option.required:
        context = called(path)
        assert context.get_parameter_source(str(option.name)) == ParameterSource.ENVIRONMENT


@pytest.mark.parametrize(("path", "name", "option"), OPTIONS, ids=NAMES)
def test_every_option_can_stand_in_the_file(
    path: tuple[str, ...], name: str, option: click.Option, tmp_path: Path
) -> None:
    value = value_for(option)
    shown = str(value).lower() if not isinstance(value, str) else f'"{value}"'
    file = tmp_path / "rkedoc.toml"
    file.write_text(f"[{'.'.join(path)}]\n{name} = {shown}\n", "utf-8")
    context = called(path, "--config", str(file))
    if not option.required:
        assert context.get_parameter_source(str(option.name)) == ParameterSource.DEFAULT_MAP
        given = context.params[str(option.name)]
        assert str(given[0] if option.multiple else given) in (str(value), f"{value}.0")


def test_variables_of_options_are_no_others() -> None:
    taken = {option.envvar for _path, _name, option in OPTIONS}
    assert len(taken) == len(OPTIONS)
    assert not taken & {"RKEDOC_DEBUG", "RKEDOC_REQUIRE_SERVICES", "RKEDOC_CONFIG"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def test_what_is_typed_comes_first_then_the_variable_then_the_file(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('[catalog.list]\nkind = "concept"\nformat = "name"\n', "utf-8")
    arguments = ("--config", str(file), "catalog", "list")
    assert "accounting" in run(*arguments).out.split()
    monkeypatch.setenv("RKEDOC_CATALOG_LIST_KIND", "namespace")
    assert "cattle-system" in run(*arguments).out.split()
    assert "etcd" in run(*arguments, "--kind", "component").out.split()


def test_help_tells_what_comes_from_where(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[build]\ntheme = "furo"\n', "utf-8")
    monkeypatch.setenv("RKEDOC_BUILD_JOBS", "2")
    told = " ".join(run("--config", str(file), "build", "--help").out.split())
    assert f"From {file}: theme." in told.replace("- ", "-")
    assert "From the environment: RKEDOC_BUILD_JOBS." in told
    assert "From " not in run("ledger", "--help").out.split("Options:")[1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[build]\nthem = 'furo'\n", "build.them: there is no option for rkedoc build 'them'; did you mean theme?"),
        ("[biuld]\ntheme = 'furo'\n", "there is no command or option 'biuld'; did you mean build?"),
        ("[build]\nquiet = 'yes'\n", "build.quiet: this has to be true or false"),
        ("[build]\ntheme = true\n", "build.theme: this has to be a value"),
        ("[build]\ntheme = ['a']\n", "build.theme: this has to be a string"),
        ("[build.theme]\na = 1\n", "build.theme: this has to be a string"),
        ("build = 1\n", "build: there is no command or option"),
        ("config = 'x'\n", "config: there is no command or option"),
        ("[build\n", "this is no TOML: "),
        ("\udcff", "it is not UTF-8"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_name_and_the_place(
    run: Run, file: Path, text: str, told: str
) -> None:
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    ended = run("--config", file, "schema")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"rkedoc: {file}: ")
    assert told in ended.err
    assert ended.err.count("\n") == 1


def test_a_file_that_is_named_has_to_be_there(run: Run, file: Path) -> None:
    assert run("--config", str(file), "schema").err.startswith(f"rkedoc: {file}: cannot be read: No such file")


def test_a_value_that_makes_no_sense_names_its_origin(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("[build]\njobs = 0\n", "utf-8")
    assert f"({file} says so)" in run("--config", str(file), "build", "x", "-o", "y").err
    monkeypatch.setenv("RKEDOC_BUILD_JOBS", "many")
    assert "(RKEDOC_BUILD_JOBS says so)" in run("build", "x", "-o", "y").err
    assert "says so" not in run("build", "x", "-o", "y", "-j", "many").err


def test_one_value_will_do_for_an_option_that_takes_several(file: Path) -> None:
    file.write_text("[build]\nannotations = 'one'\n", "utf-8")
    assert list(map(str, called(("build",), "--config", str(file)).params["annotations"])) == ["one"]
    file.write_text("[build]\nannotations = ['one', 'two']\n", "utf-8")
    assert list(map(str, called(("build",), "--config", str(file)).params["annotations"])) == ["one", "two"]


def test_what_lets_in_is_an_option_that_says_so() -> None:
    found = {(path, name) for path, name, option in OPTIONS if isinstance(option, Permission)}
    assert found >= {
        (("build",), "trust-annotations"), (("publish",), "trust-annotations"), (("rbac",), "with-secrets"),
        (("deploy",), "with-secrets"), (("deploy",), "run-as"),
    }  # fmt: skip


def test_what_lets_in_is_never_in_effect_unsaid(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("[rbac]\nwith-secrets = true\n", "utf-8")
    demo = resource("data", "demo.ndjson.zst")
    told = run("--config", file, "rbac", "--from", demo)
    assert told.code == 0
    assert f"--with-secrets is in effect: {file} says so" in told.err
    monkeypatch.setenv("RKEDOC_RBAC_WITH_SECRETS", "1")
    assert "--with-secrets is in effect: RKEDOC_RBAC_WITH_SECRETS says so" in run("rbac", "--from", demo).err
    assert "in effect" not in run("rbac", "--from", demo, "--with-secrets").err
    monkeypatch.setenv("RKEDOC_RBAC_WITH_SECRETS", "0")
    assert "in effect" not in run("rbac", "--from", demo).err


@pytest.mark.parametrize("home", [{"XDG_CONFIG_HOME": "/x"}, {"XDG_CONFIG_HOME": "x"}, {}])
def test_the_file_of_a_user_lies_where_settings_do(home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    wanted = "/x/rkedoc/rkedoc.toml" if home == {"XDG_CONFIG_HOME": "/x"} else "/home/me/.config/rkedoc/rkedoc.toml"
    assert str(own_file(home)) == wanted


def test_a_file_in_the_working_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "rkedoc.toml").write_text("nonsense = 1\n", "utf-8")
    (tmp_path / "rkedoc").mkdir()
    (tmp_path / "rkedoc" / "rkedoc.toml").write_text("other = 1\n", "utf-8")
    bare = {name: value for name, value in os.environ.items() if name != "RKEDOC_CONFIG"}
    program = [sys.executable, "-c", "from rkedoc.cli import main; main()", "schema"]
    root = str(Path(__file__).parents[2])
    environment = {**bare, "HOME": str(tmp_path / "nobody"), "PYTHONPATH": root}
    assert subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, check=False).returncode == 0
    mine = subprocess.run(
        program, cwd=tmp_path, env={**environment, "XDG_CONFIG_HOME": str(tmp_path)}, capture_output=True, check=False
    )
    assert (mine.returncode, b"'other'" in mine.stderr) == (2, True)


def test_the_file_and_the_variables_of_the_documentation_are_understood(run: Run, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "options.md").read_text("utf-8")
    (tmp_path / "shown.toml").write_text(page.split("```toml\n")[1].split("```")[0], "utf-8")
    assert run("--config", str(tmp_path / "shown.toml"), "schema").code == 0
    variables = {option.envvar for _path, _name, option in OPTIONS} | {"RKEDOC_NO_PLUGINS", "RKEDOC_CONFIG"}
    assert set(re.findall(r"`(RKEDOC_[A-Z_]+[A-Z])`", page)) <= variables
