"""A command line as whoever starts it reads it: the program with its words, then flags, each with what it was given.

An engine starts the entry point and the command as one list of words, so that the first of the command is the program where there is no
entry point (opencontainers/image-spec v1.0.1, config.md: Entrypoint and Cmd). Of a pod's container ``command`` stands in the place of the
image's entry point and ``args`` in that of its command; without ``command`` the program is the image's and stands nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rkedoc.catalog.images import parse_image
from rkedoc.explain.facts.flags import explained, programs
from rkedoc.i18n import N_
from rkedoc.snapshot.record import is_hidden
from rkedoc.vocabulary import Term

_SHELLS: Final = frozenset(("sh", "bash", "ash", "dash"))
_NUMBER: Final = re.compile(r"-\d+(?:\.\d+)?\Z")
_SWITCH: Final = ("true", "false")
_FIRST: Final = 3
"""Words of a command line among which the program's name stands, behind an entry point."""


class Given(Term):
    """What a flag was given."""

    VALUE = "value", N_("a value")
    EMPTY = "empty", N_("empty")
    NOTHING = "nothing", N_("no value")
    WORD = "word", N_("no flag, but a word")


@dataclass(frozen=True, slots=True)
class Argument:
    """A flag with its value, or a word that is none (``given`` is :attr:`Given.WORD`, ``name`` is empty)."""

    name: str
    value: str
    given: Given


@dataclass(frozen=True, slots=True)
class Command:
    """A command line taken apart.

    ``program`` is empty where the image says it. ``script`` is what a shell was given, with which there are no arguments. ``known`` is the
    program whose flags the data explains, if it is one of those.
    """

    program: tuple[str, ...]
    arguments: tuple[Argument, ...]
    script: tuple[str, ...] = ()
    known: str = ""


def command_of(entrypoint: Sequence[str], arguments: Sequence[str], *, whole: bool, image: str = "") -> Command:
    """A command line of an entry point and what follows it.

    ``whole`` says that nothing is missing before it: the first word is the program whether or not there is an entry point. Without it, and
    without an entry point, the program is that of ``image``.

    >>> command_of((), ("/usr/local/bin/etcd", "--name=a"), whole=True).program
    ('/usr/local/bin/etcd',)
    >>> [(one.name, one.value) for one in command_of(("nginx", "-g", "daemon off;"), (), whole=True).arguments]
    [('-g', 'daemon off;')]
    """
    line = (*entrypoint, *arguments)
    named = whole or bool(entrypoint)
    if named and line and line[0].rpartition("/")[2] in _SHELLS:
        return Command(line[:1], (), line[1:])
    if any("\n" in word for word in line):
        return Command(tuple(entrypoint), (), tuple(arguments)) if entrypoint else Command((), (), line)
    # "--" ends the flags of a program that starts another: dumb-init -- /nginx-ingress-controller --configmap=a
    first = next(
        (at for at, word in enumerate(line) if word.startswith("-") and word != "--" and not is_hidden(word)), len(line)
    )
    start = max(first, 1) if named else 0
    known = _known(line, image if not named else "")
    return Command(line[:start], tuple(_arguments(line[start:], known)), (), known)


def _known(line: Sequence[str], image: str) -> str:
    """The program whose flags these are, of those that are explained: by a word of the line, else by the image."""
    said = next((name for word in line[:_FIRST] if (name := word.rpartition("/")[2]) in programs()), "")
    if said or not image:
        return said
    built = parse_image(image).repository.rpartition("/")[2]  # mirrored-metrics-server, hardened-coredns
    return next((name for name in sorted(programs()) if built == name or built.endswith(f"-{name}")), "")


def _arguments(words: Sequence[str], program: str) -> Iterator[Argument]:
    at = 0
    flags = True
    while at < len(words):
        word = words[at]
        at += 1
        if not flags or not word.startswith("-") or word == "-" or is_hidden(word):
            yield Argument("", word, Given.WORD)
            continue
        if word == "--":
            flags = False
            continue
        name, equals, value = word.partition("=")
        if equals:
            yield Argument(name, value, Given.VALUE if value else Given.EMPTY)
            continue
        if at < len(words) and not _is_switch(program, name) and _is_value(words[at]):
            value = words[at]
            at += 1
            yield Argument(name, value, Given.VALUE if value else Given.EMPTY)
            continue
        yield Argument(name, "", Given.NOTHING)


def _is_value(word: str) -> bool:
    return not word.startswith("-") or word == "-" or is_hidden(word) or bool(_NUMBER.match(word))


def _is_switch(program: str, name: str) -> bool:
    """Whether a flag of a known program takes a value only behind ``=``, as those that are on or off do (spf13/pflag, flag.go)."""
    known = explained(program, name.lstrip("-")) if program else None
    return known is not None and known.default in _SWITCH
