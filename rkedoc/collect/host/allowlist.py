"""Which paths of a node may be looked at, and in which way: ``allowlist.yaml``.

The check stands before the file system, not beside the caller: a path that no entry names is never touched, whoever asks
for it and for whatever reason. What is listed under ``never`` wins over every entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from rkedoc.errors import ForbiddenRequest
from rkedoc.printable import printable
from rkedoc.resources import load_yaml

How = Literal["text", "certificate", "names", "size", "link", "space"]
"""What may be learnt of a path; ``allowlist.yaml`` says what each means."""

_OPENED: tuple[How, ...] = ("text", "certificate")
"""The ways in which the contents of a file are read."""

_SPECIAL = re.compile(r"\*\*/|/\*\*\Z|\*|<n>")
_REGEXES = {"**/": r"(?:[^/]+/)*", "/**": r"/.+", "*": r"[^/]*", "<n>": r"[0-9]+"}
_BRACES = re.compile(r"\{([^{}]*)\}")
_WILD = re.compile(r"\*|<n>")


class ForbiddenPath(ForbiddenRequest):
    """A path that is not on the allowlist was about to be touched; it was not."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the allowlist.

    ``patterns`` have no braces any more; ``part`` is the part of the reading that the files belong to; ``of`` are the
    distributions concerned.
    """

    patterns: tuple[str, ...]
    how: tuple[How, ...]
    part: str
    why: str
    of: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Never:
    """Paths that are never opened, why, and what an entry may still tell of them."""

    patterns: tuple[str, ...]
    why: str
    told: tuple[How, ...]


def check(path: str, how: How) -> None:
    """Let a path pass that may be looked at in this way, or raise :class:`ForbiddenPath`.

    ``path`` is absolute, below the root, without ``.``, ``..`` and empty parts.
    """
    if not is_allowed(path, how):
        raise ForbiddenPath(
            f"{printable(path[:200])} was not touched: the allowlist of the host's files does not name it ({how})"
        )


def is_allowed(path: str, how: How) -> bool:
    """Whether a path may be looked at in this way."""
    if not _is_plain(path):
        return False
    table = _table()
    ways = ("size", *_OPENED) if how == "size" else (how,)
    return any(table.allows(path, way) for way in ways) and not table.forbids(path, how)


def entries(part: str | None = None) -> tuple[Entry, ...]:
    """The entries of the allowlist, all or those of one part of the reading."""
    return tuple(entry for entry in _data()[0] if part is None or entry.part == part)


def never() -> tuple[Never, ...]:
    """What is never opened."""
    return _data()[1]


def wild(part: str) -> re.Pattern[str] | None:
    """What a part of a pattern matches; ``None`` if it is a name as it stands."""
    return _compiled(part) if _WILD.search(part) else None


def expand(pattern: str, names: Iterable[str] = ()) -> Iterator[str]:
    """A pattern without its braces: one for each alternative. ``names`` stands for ``{units}``."""
    found = _BRACES.search(pattern)
    if found is None:
        yield pattern
        return
    for one in names if found[1] == "units" else found[1].split(","):
        yield from expand(pattern[: found.start()] + one + pattern[found.end() :], names)


def _is_plain(path: str) -> bool:
    if path == "/":
        return True
    return path[:1] == "/" and "\0" not in path and not any(part in ("", ".", "..") for part in path[1:].split("/"))


@dataclass(frozen=True, slots=True)
class _Table:
    """Compiled patterns: by what may be learnt and the first part of the path, so that few are tried for each path."""

    allowed: dict[tuple[How, str], re.Pattern[str]]
    forbidden: dict[How, re.Pattern[str]]

    def allows(self, path: str, how: How) -> bool:
        pattern = self.allowed.get((how, path.split("/", 2)[1]))
        return pattern is not None and pattern.fullmatch(path) is not None

    def forbids(self, path: str, how: How) -> bool:
        return self.forbidden[how].fullmatch(path) is not None


@cache
def _table() -> _Table:
    every, nevers = _data()
    grouped: dict[tuple[How, str], dict[str, None]] = {}
    for entry in every:
        for pattern in entry.patterns:
            for how in entry.how:
                grouped.setdefault((how, pattern.split("/", 2)[1]), {})[pattern] = None
            for folder in _folders_above_wild_parts(pattern):
                grouped.setdefault(("names", folder.split("/", 2)[1]), {})[folder] = None
    forbidden = {
        how: _any(pattern for one in nevers if how not in one.told for pattern in one.patterns) for how in get_args(How)
    }
    return _Table({key: _any(patterns) for key, patterns in grouped.items()}, forbidden)


def _folders_above_wild_parts(pattern: str) -> Iterator[str]:
    """The folders that have to be listed to find what a pattern names."""
    parts = pattern.split("/")
    for index, part in enumerate(parts):
        if _WILD.search(part):
            yield "/".join(parts[:index]) or "/"


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_regex(pattern)})" for pattern in patterns))


def _regex(pattern: str) -> str:
    """A pattern as a regular expression. A name may hold any character but a slash, line breaks included."""
    out, at = "", 0
    for found in _SPECIAL.finditer(pattern):
        out += re.escape(pattern[at : found.start()]) + _REGEXES[found[0]]
        at = found.end()
    return out + re.escape(pattern[at:])


@cache
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(_regex(part))


@cache
def _data() -> tuple[tuple[Entry, ...], tuple[Never, ...]]:
    data = load_yaml("collect", "host", "allowlist.yaml")
    units: tuple[str, ...] = tuple(data["units"])
    return (
        tuple(
            Entry(
                _patterns(one, units),
                tuple(one["how"]),
                one["part"],
                one["why"],
                tuple(one["of"]),
                one.get("source", ""),
            )
            for one in data["entries"]
        ),
        tuple(Never(_patterns(one, units), one["why"], tuple(one.get("told", ()))) for one in data["never"]),
    )


def _patterns(one: dict[str, Any], units: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for pattern in one["paths"]:
        found.update(dict.fromkeys(expand(pattern, units)))
    return tuple(found)
