"""Options that are not typed: from variables of the environment, and from a file.

The command line comes first, then a variable, then the file, then the default. A variable is named after the command and the option:
``RKEDOC_COLLECT_ENGINE`` is ``rkedoc collect --engine``. The file has a table for each command, and names options as they are typed.

A file is read because somebody named it, or because it lies among the user's own settings; never because it lies in the working folder,
which somebody else may have written: a kubeconfig or a template that it names can run programs. Help tells which file was read. What lets in
what is refused otherwise (:class:`Permission`) is said whenever it does not come from the command line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from rkedoc.cli.given import looked_up
from rkedoc.errors import UsageError
from rkedoc.nearby import unknown
from rkedoc.printable import printable

FILE_NAME: Final = "rkedoc.toml"
_READ: Final = "rkedoc.settings"
"""Under this name the contexts of a call share the path of the file that was read."""
_ELSEWHERE: Final = (ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)


class Permission(click.Option):
    """An option that lets in what is refused otherwise."""


class _Told:
    """What commands and groups of commands have in common: help, errors and runs tell what comes from elsewhere."""

    params: list[click.Parameter]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it; of a value that makes no sense it is said where it comes from."""
        try:
            return super().parse_args(ctx, args)  # type: ignore[misc, no-any-return]
        except click.BadParameter as error:
            option = error.param
            if isinstance(option, click.Option) and (where := _origin(ctx, option)):
                raise click.BadParameter(f"{error.message} ({where} says so)", ctx, option) from None
            raise

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say which options do not have the defaults that are shown, and why."""
        super().format_epilog(ctx, formatter)  # type: ignore[misc]
        told: dict[str, list[str]] = {}
        for name, option in named_options(self):
            if os.environ.get(str(option.envvar)):
                told.setdefault("the environment", []).append(str(option.envvar))
            elif ctx.default_map and option.name in ctx.default_map:
                told.setdefault(str(ctx.meta.get(_READ)), []).append(name)
        for where, names in told.items():
            formatter.write_paragraph()
            formatter.write_text(printable(f"From {where}: {', '.join(names)}."))

    def invoke(self, ctx: click.Context) -> Any:
        """Run it. Permissions that nobody typed are named first."""
        for name, option in named_options(self):
            if isinstance(option, Permission) and ctx.params.get(str(option.name)) and (where := _origin(ctx, option)):
                click.echo(printable(f"rkedoc: --{name} is in effect: {where} says so"), err=True)
        return super().invoke(ctx)  # type: ignore[misc]


class Command(_Told, click.Command):
    """A command whose options may come from a file, and whose snapshots from a store."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it. Snapshots that URLs name are got first."""
        ctx.params.update(looked_up(self.params, ctx.params))
        return super().invoke(ctx)


class Group(_Told, click.Group):
    """A group of them."""

    command_class = Command
    group_class = type


def named_options(command: object) -> Iterator[tuple[str, click.Option]]:
    """The options of a command that a file and variables may set, by the names that are typed, without the dashes."""
    for option in getattr(command, "params", ()):
        if isinstance(option, click.Option) and option.expose_value:
            yield next(name for name in option.opts if name.startswith("--"))[2:], option


def name_variables(command: click.Command, name: str = "RKEDOC") -> None:
    """Give each option of a command, and of those below it, the name of its variable."""
    for option_name, option in named_options(command):
        option.envvar = f"{name}_{option_name}".upper().replace("-", "_")
    if isinstance(command, click.Group):
        for below, inner in command.commands.items():
            name_variables(inner, f"{name}_{below}")


def read_settings(context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    """Take the defaults of all commands from the file that was named, or from the user's own if there is one.

    Raises :class:`~rkedoc.errors.UsageError` for a file that cannot be read, or that names an option that there is not.
    """
    file = path if path is not None else own_file()
    if context.resilient_parsing or (path is None and not file.is_file()):
        return
    import tomllib

    try:
        with open(file, "rb") as stream:
            table = tomllib.load(stream)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}; --config or RKEDOC_CONFIG names it") from None
    except ValueError as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeError) else str(error)
        raise UsageError(f"{file}: this is no TOML: {reason}") from None
    context.default_map = _defaults(context.command, table, str(file), "")
    context.meta[_READ] = file


def own_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a user's settings are (XDG Base Directory Specification)."""
    folder = environment.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if os.path.isabs(folder) else Path("~/.config").expanduser()) / "rkedoc" / FILE_NAME


def _defaults(command: click.Command, table: Mapping[str, Any], file: str, place: str) -> dict[str, Any]:
    """A table of the file as click wants it: by the names of parameters, which no user knows."""
    options = dict(named_options(command))
    below = command.commands if isinstance(command, click.Group) else {}
    found: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{place}.{key}".lstrip(".")
        if key in below and isinstance(value, dict):
            found[key] = _defaults(below[key], value, file, where)
        elif key in options:
            found[str(options[key].name)] = _value(options[key], value, f"{file}: {where}")
        else:
            what = f"option for rkedoc {place.replace('.', ' ')}" if place else "command or option"
            raise UsageError(f"{file}: {where}: {unknown(what, key, (*options, *below))}")
    return found


def _value(option: click.Option, value: Any, where: str) -> Any:
    several = value if isinstance(value, list) else [value]
    if any(not isinstance(one, (str, int, float)) for one in several) or (
        isinstance(value, list) and not option.multiple
    ):
        wanted = "a string, a number or a list of them" if option.multiple else "a string, a number, true or false"
        raise UsageError(f"{where}: this has to be {wanted}")
    if option.is_flag != isinstance(value, bool):
        raise UsageError(
            f"{where}: this has to be {'true or false' if option.is_flag else 'a value, not true or false'}"
        )
    return several if option.multiple else value


def _origin(context: click.Context, option: click.Option) -> str:
    """Where the value of an option comes from, if it was not typed; empty if it was, or is the default."""
    source = context.get_parameter_source(str(option.name))
    if source not in _ELSEWHERE:
        return ""
    return str(option.envvar if source == ParameterSource.ENVIRONMENT else context.meta.get(_READ))
