"""What well-known programs take as a secret, wherever they are called: in a list of words, in a script, in a note.

The table is data (``programs.yaml``). A call is the name of a program and the words after it, up to the end of the line or what
separates commands; :func:`secrets_of` finds the secrets among the words, :func:`clean_calls` the calls in a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise, takewhile
from typing import Any, cast

from rkedoc.redact import vocabulary
from rkedoc.resources import load_yaml
from rkedoc.snapshot.record import HIDDEN_RE

DATA: dict[str, Any] = cast("dict[str, Any]", load_yaml("redact", "programs.yaml"))

WORD = re.compile(r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s\"';|&()])+|[;|&()\"']", re.DOTALL)
"""A word of a shell, with its quotes, or a sign between words."""

_ENDS = frozenset(";|&()`")
_LOGIN = re.compile(r"(?:[\w.-]+=)?[\w.$#\"-]+/(?P<v>[^\s/@\"']+)(?:@\S*)?")
"""``user/secret@service`` of Oracle's programs (Oracle Database Utilities, connect identifiers)."""
_CLUSTER = re.compile(r"-[A-Za-z#]{2,6}")
"""Short options in one word, of which the last may take the next word."""
_LONGEST_CALL = 32
"""Words of a call that are looked at."""
_MOST_CALLS = 64
"""Calls in a text that are looked at: no script that people write has more, and what has is hidden whole."""

Span = tuple[int, int, int]
"""A secret among words: which word, and from where to where in it."""


@dataclass(slots=True)
class Program:
    """What one program takes: see the head of ``programs.yaml``."""

    next: set[str] = field(default_factory=set)
    attached: set[str] = field(default_factory=set)
    pair: dict[str, str] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    forms: list[tuple[str, ...]] = field(default_factory=list)
    assigned: list[tuple[str, ...]] = field(default_factory=list)
    only_with: str = ""
    clusters: bool = False
    last: bool = False
    login: bool = False
    named: bool = False

    def options(self, kind: str, words: Sequence[str]) -> set[str]:
        """The options of a kind that hold in a call: those of a subcommand only where it stands there."""
        found = (option.rpartition(":") for option in getattr(self, kind))
        return {option for command, _colon, option in found if not command or command in words}


def _table() -> dict[str, tuple[Program, ...]]:
    table: dict[str, tuple[Program, ...]] = {}
    for entry in DATA["programs"]:
        program = Program(
            next=set(entry.get("next", ())),
            attached=set(entry.get("attached", ())),
            pair=dict(entry.get("pair", {})),
            whole=set(entry.get("whole", ())),
            forms=[tuple(form.split()) for form in entry.get("forms", ())],
            assigned=[tuple(words.split()) for words in entry.get("assigned", ())],
            only_with=entry.get("only_with", ""),
            **{flag: bool(entry.get(flag)) for flag in ("clusters", "last", "login", "named")},
        )
        for name in entry["names"]:
            table[name] = (*table.get(name, ()), program)
    return table


PROGRAMS: Mapping[str, tuple[Program, ...]] = _table()
"""What the table says of each program, by its name."""

CALL = re.compile(
    rf"(?<![\w.-])(?:{'|'.join(sorted(map(re.escape, PROGRAMS), key=len, reverse=True))})(?=[ \t]+[^\s=:,.])"
)
"""Where a call can begin: derived from the table."""


def secrets_of(name: str, words: Sequence[str]) -> list[Span]:
    """Where the secrets are among the words after a program's name, in order. Words may be in quotes."""
    return sorted({span for program in PROGRAMS[name] for span in _secrets(program, words)})


def _secrets(program: Program, words: Sequence[str]) -> Iterator[Span]:
    bare = [_unquoted(word) for word in words]
    if program.only_with and program.only_with not in bare:
        return
    following, attached = program.options("next", bare), sorted(program.attached, key=len, reverse=True)
    awaited: str | None = None
    plain: list[int] = []
    for index, word in enumerate(bare):
        previous, awaited = awaited, None
        if previous is not None:
            yield from _after(program, previous, index, words[index])
            continue
        short = f"-{word[-1]}" if program.clusters and _CLUSTER.fullmatch(word) else word
        if short in following or short in program.pair or short in program.whole:
            awaited = short
            continue
        if spans := _attached(program, attached, index, words[index]):
            yield from spans
            continue
        if not word.startswith(("-", "/")) or word.startswith("//"):
            plain.append(index)
    yield from _positional(program, words, bare, plain)


def _positional(program: Program, words: Sequence[str], bare: Sequence[str], plain: Sequence[int]) -> Iterator[Span]:
    """Secrets that are told by where they stand among the words that are no options."""
    named = [bare[index] for index in plain]
    for form in program.forms:
        if len(named) >= len(form) and all(_fits(part, word) for part, word in zip(form, named, strict=False)):
            yield from _whole(plain[len(form) - 1], words[plain[len(form) - 1]])
            break
    for command in program.assigned:
        if tuple(named[: len(command)]) == command:
            for index in plain[len(command) :]:
                yield from _from(index, words[index], bare[index].find("=") + 1)
    if program.last and plain:
        yield from _whole(plain[-1], words[plain[-1]])
    if program.login:
        for index in plain:
            if match := _LOGIN.fullmatch(bare[index]):
                yield from _part(index, words[index], match.start("v"), match.end("v"))
    if program.named:
        for name, value in pairwise(plain):
            if vocabulary.verdict(bare[name]) is vocabulary.Verdict.SECRET:
                yield from _whole(value, words[value])


def _fits(part: str, word: str) -> bool:
    return part in ("*", "{}") or part.lower() == word.lower() or (
        "*" in part and _glob(part).fullmatch(word) is not None
    )  # fmt: skip


def _glob(part: str) -> re.Pattern[str]:
    return re.compile(re.escape(part).replace(r"\*", ".*"), re.IGNORECASE | re.DOTALL)


def _after(program: Program, option: str, index: int, word: str) -> Iterator[Span]:
    """The word after an option that takes a secret, or a user and a secret."""
    separator = program.pair.get(option)
    if separator is None:
        if not (_unquoted(word).startswith("--") and len(word) > 2):
            yield from _whole(index, word)
        return
    at = _unquoted(word).find(separator)
    if at >= 0:
        yield from _from(index, word, at + 1)


def _attached(program: Program, options: Sequence[str], index: int, word: str) -> list[Span]:
    bare = _unquoted(word)
    for option in options:
        if bare.startswith(option) and len(bare) > len(option) and not bare.startswith("--"):
            return list(_from(index, word, len(option)))
    for option, separator in program.pair.items():
        if bare.startswith(option) and separator in bare[len(option) :]:
            return list(_from(index, word, bare.index(separator, len(option)) + 1))
    return []


def _quote(word: str) -> int:
    return int(len(word) >= 2 and word[0] in "\"'" and word[-1] == word[0])


def _unquoted(word: str) -> str:
    return word[1:-1] if _quote(word) else word


def _whole(index: int, word: str) -> Iterator[Span]:
    yield from _from(index, word, 0)


def _from(index: int, word: str, at: int) -> Iterator[Span]:
    """From a place in the word within its quotes to its end."""
    yield from _part(index, word, at, len(_unquoted(word))) if at >= 0 else ()


def _part(index: int, word: str, start: int, end: int) -> Iterator[Span]:
    bare = _unquoted(word)[start:end]
    quote = _quote(bare)
    bare = bare[quote : len(bare) - quote]
    if bare and not HIDDEN_RE.search(bare) and not vocabulary.allows("password", bare):
        yield index, _quote(word) + start + quote, _quote(word) + end - quote


def clean_words(words: Sequence[str], mark: Callable[[str, str], str], before: Sequence[str] = ()) -> list[str]:
    """A list of words with the secrets hidden that programs called in it take. ``before`` are the words before it."""
    every = [*before, *words]
    out = list(every)
    for at, word in enumerate(every):
        name = word.rsplit("/", 1)[-1]
        if name not in PROGRAMS:
            continue
        call = list(takewhile(lambda one: one not in _ENDS, every[at + 1 : at + 1 + _LONGEST_CALL]))
        for index, start, end in reversed(secrets_of(name, call)):
            place = at + 1 + index
            if place >= len(before) and out[place] == every[place]:
                out[place] = every[place][:start] + mark("argument", every[place][start:end]) + every[place][end:]
    return out[len(before) :]


def clean_calls(text: str, mark: Callable[[str, str], str]) -> str:
    """A text with the secrets hidden that programs called in it take."""
    out: list[str] = []
    done = 0
    calls = list(islice(CALL.finditer(text), _MOST_CALLS + 1))
    if len(calls) > _MOST_CALLS:
        return mark("too-long", text)
    for call in calls:
        if call.start() < done:
            continue
        words = list(_words(text, call.end()))
        for index, start, end in secrets_of(call.group(), [word for _at, word in words]):
            first, last = words[index][0] + start, words[index][0] + end
            if first >= done:
                out += (text[done:first], mark("argument", text[first:last]))
                done = last
    return "".join((*out, text[done:])) if out else text


def _words(text: str, at: int) -> Iterator[tuple[int, str]]:
    """The words of a call with their places, up to its end. A line goes on after a backslash."""
    end = at
    for count, match in enumerate(WORD.finditer(text, at)):
        gap = text[end : match.start()]
        end = match.end()
        word = match.group()
        if ("\n" in gap and not gap.lstrip(" \t").startswith("\\\n")) or word[0] in _ENDS or count >= _LONGEST_CALL:
            return
        if word.startswith(("<", ">")) or word in "\"'":
            return
        if word != "\\\n":
            yield match.start(), word.rstrip("`") if not word.startswith("`") else word
