"""Command lines: a list of words, or one string for a shell.

Handled are ``--token=x``, ``--token x``, ``-token x``, ``TOKEN=x command``, ``-H "Authorization: …"``, ``-u user:password``,
the short options of well-known programs, and all of them again inside a string given to a shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from rkedoc.redact import vocabulary
from rkedoc.redact.patterns import LONGEST
from rkedoc.redact.settled import settled
from rkedoc.redact.strings import Mark, Strings
from rkedoc.resources import load_yaml
from rkedoc.snapshot.record import HIDDEN, HIDDEN_RE

_DATA: dict[str, Any] = cast("dict[str, Any]", load_yaml("redact", "programs.yaml"))


@dataclass(slots=True)
class _Program:
    next: set[str] = field(default_factory=set)
    attached: set[str] = field(default_factory=set)
    user: set[str] = field(default_factory=set)
    attached_user: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    last: bool = False


def _programs() -> dict[str, _Program]:
    table: dict[str, _Program] = {}
    for entry in _DATA["programs"]:
        for name in entry["names"]:
            program = table.setdefault(name, _Program())
            for slot in ("next", "attached", "user", "attached_user", "whole"):
                getattr(program, slot).update(entry.get(slot, ()))
            program.last |= bool(entry.get("last"))
    return table


_PROGRAMS = _programs()
_LONG = frozenset(option.lower() for option in _DATA["long"])
_USER_OPTIONS = frozenset(_DATA["user_options"])
_HEADER_OPTIONS = frozenset(_DATA["header_options"])
_HARMLESS_HEADERS = frozenset(_DATA["harmless_headers"])
_HIDDEN_VARIABLES = frozenset(_DATA["hidden_variables"])
_HIDDEN_PREFIXES: tuple[str, ...] = tuple(_DATA["hidden_variable_prefixes"])
_DIGEST_NAME = re.compile(_DATA["digest_names"])
_PUBLIC_DIGEST = re.compile(_DATA["public_digest_names"])

_FLAG = re.compile(r"(?P<f>--?[A-Za-z\u0080-\uffff][\w.\u0080-\uffff-]*)(?:=(?P<v>.*))?", re.DOTALL)
_ASSIGN = re.compile(r"(?P<k>[A-Za-z_\u0080-\uffff][\w.\[\]/-]*)(?P<s>\+?=)(?P<v>.*)", re.DOTALL)
_WORD = re.compile(r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s\"';|&()])+|[;|&()\"']", re.DOTALL)
_SEPARATORS = frozenset(";|&()")
_PREFIXES = frozenset(
    {
        "sudo",
        "exec",
        "env",
        "time",
        "nohup",
        "sh",
        "bash",
        "ash",
        "/bin/sh",
        "/bin/bash",
        "then",
        "do",
        "else",
        "if",
        "while",
        "!",
        "-c",
        "--",
        "tini",
        "dumb-init",
        "su-exec",
        "gosu",
        "xargs",
        "command",
    }
)
#: Short options of curl in one word, of which the last takes a user or a header.
_CLUSTERED = re.compile(r"-[fgiIkLnNqRsSvZ#]+[uUH]")
_HEX_DIGEST = re.compile(r"(?:[A-Za-z0-9]+[:=])?[0-9a-fA-F]{32,128}")


def header_value(name: str, value: str, strings: Strings, mark: Mark) -> str:
    """The value of an HTTP header, hidden unless the header is one that never says anything secret."""
    if not value or HIDDEN_RE.fullmatch(value) or vocabulary.allows("ref", value) and value.startswith(("$", "{")):
        return value
    if name.strip().lower() in _HARMLESS_HEADERS:
        return strings.clean(value, mark)
    return mark("header", value)


def _header_line(text: str, strings: Strings, mark: Mark) -> str:
    name, colon, value = text.partition(":")
    if not colon:
        return strings.clean(text, mark)
    gap = value[: len(value) - len(value.lstrip())]
    return f"{name}:{gap}{header_value(name, value[len(gap) :], strings, mark)}"


def named_value(name: str, value: str, strings: Strings, mark: Mark, *, rule: str) -> str:
    """The value of a variable or an option called ``name``."""
    return settled(lambda one: _named_value(name, one, strings, mark, rule), value, lambda: mark("unsettled", value))


def _named_value(name: str, value: str, strings: Strings, mark: Mark, rule: str) -> str:
    if not value or HIDDEN_RE.fullmatch(value):
        return value
    bare = name.lstrip("-")
    if bare in _HIDDEN_VARIABLES or bare.startswith(_HIDDEN_PREFIXES):
        return mark("file-in-variable", value)
    if _DIGEST_NAME.search(bare):
        if _PUBLIC_DIGEST.search(bare):
            return value if _HEX_DIGEST.fullmatch(value) else strings.clean(value, mark)
        if len(value) >= 16 and not vocabulary.allows(name, value):
            return mark("foreign-digest", value)
    level = vocabulary.verdict(name)
    if level is vocabulary.Verdict.HARMLESS:
        if name.lower() in _LONG and not vocabulary.allows(name, value):
            return _after_colon(value, strings, mark) if name in _USER_OPTIONS else mark(rule, value)
        return strings.clean(value, mark)
    if vocabulary.allows(name, value):
        return strings.clean(value, mark)
    if name in _USER_OPTIONS and ":" in value:
        return _after_colon(value, strings, mark)
    if value.startswith(("{", "[")) and not vocabulary.is_hard(name):
        done = strings.clean(value, mark)
        if done != value or HIDDEN_RE.search(value):
            return done
    return mark(rule, value)


def _after_colon(value: str, strings: Strings, mark: Mark) -> str:
    user, colon, secret = value.partition(":")
    if not colon or not secret or HIDDEN_RE.fullmatch(secret) or secret.startswith("$"):
        return strings.clean(value, mark)
    return mark("argument", value) if "://" in value else f"{user}:{mark('argument', secret)}"


class _Line:
    """The state of a walk over the words of a command line."""

    __slots__ = ("mark", "owner", "pending", "program", "strings")

    def __init__(self, strings: Strings, mark: Mark) -> None:
        self.strings = strings
        self.mark = mark
        self.pending = ""  # what the next word is: "", "secret", "user", "header"
        self.owner = ""  # the option that said so
        self.program = ""

    def word(self, word: str, *, last: bool = False) -> str:
        """One word, after those before it."""
        if not word.strip("\\\n"):
            return word  # a line that goes on
        pending, self.pending = self.pending, ""
        if pending and word and not (word.startswith("--") and len(word) > 2):
            return self._awaited(pending, word)
        if word in _SEPARATORS:
            self.program = ""
            return word
        if word.startswith("-H") and ":" in word:
            return "-H" + _header_line(word[2:], self.strings, self.mark)
        flag = _FLAG.fullmatch(word) if word.startswith("-") else None
        if flag is not None:
            return self._flag(word, flag)
        assigned = _ASSIGN.fullmatch(word)
        if assigned is not None and assigned["v"].strip("="):
            return f"{self.strings.clean(assigned['k'], self.mark)}{assigned['s']}{self._value(assigned['k'], assigned['v'], 'assignment')}"
        base = word.rsplit("/", 1)[-1]
        if base in _PROGRAMS or not self.program and word not in _PREFIXES:
            self.program = base
        elif last and self.program in _PROGRAMS and _PROGRAMS[self.program].last and not HIDDEN_RE.search(word):
            return self.mark("argument", word)
        return self.strings.clean(word, self.mark)

    def _value(self, name: str, value: str, rule: str) -> str:
        if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0] and value.count(value[0]) == 2:
            return value[0] + self._value(name, value[1:-1], rule) + value[0]
        if (
            0 < value.count("=") <= 8
            and vocabulary.verdict(name) is vocabulary.Verdict.HARMLESS
            and _ASSIGN.fullmatch(value)
            and "," not in value
        ):
            return self.word(value)  # --set auth.password=x, -Dkey=value, --env A=b
        return named_value(name, value, self.strings, self.mark, rule=rule)

    def _awaited(self, pending: str, word: str) -> str:
        quote = word[0] if len(word) >= 2 and word[0] in "\"'" and word[-1] == word[0] else ""
        body = word[1:-1] if quote else word
        if HIDDEN_RE.fullmatch(body):
            return word
        if pending == "literal":
            return quote + self._after_equals(body) + quote
        if pending == "header":
            return quote + _header_line(body, self.strings, self.mark) + quote
        if pending == "user" and ":" not in body and self.owner == "--basic-auth":
            return quote + (body if vocabulary.allows("x", body) else self.mark("argument", body)) + quote
        if pending == "user":
            return quote + _after_colon(body, self.strings, self.mark) + quote
        if pending == "whole":
            return word if vocabulary.allows("x", body) else quote + self.mark("argument", body) + quote
        if pending == "digest" and _HEX_DIGEST.fullmatch(body):
            return word
        if pending == "assignment":
            return quote + self.word(body) + quote
        if pending == "digest":
            return self.word(word)
        done = named_value(self.owner, body, self.strings, self.mark, rule="argument")
        return quote + done + quote

    def _literal(self, value: str | None) -> str:
        """``--from-literal=key=value`` of whoever makes Secrets on the command line."""
        if value is None:
            self.pending = "literal"
            return "--from-literal"
        return f"--from-literal={self._after_equals(value)}"

    def _after_equals(self, text: str) -> str:
        name, equals, value = text.partition("=")
        return f"{name}={self.mark('argument', value)}" if equals and value and not HIDDEN_RE.fullmatch(value) else text

    def _flag(self, word: str, flag: re.Match[str]) -> str:
        option, value = flag["f"], flag["v"]
        if option == "--from-literal":
            return self._literal(value)
        program = _PROGRAMS.get(self.program)
        if value is not None:
            if option in _HEADER_OPTIONS:
                return f"{option}={_header_line(value, self.strings, self.mark)}"
            return f"{self.strings.clean(option, self.mark)}={self._value(option, value, 'argument')}"
        if program is not None and self.program == "curl" and _CLUSTERED.fullmatch(option):
            self.pending, self.owner = ("header", "") if option.endswith("H") else ("user", option)
        elif option in _HEADER_OPTIONS:
            self.pending = "header"
        elif option in _USER_OPTIONS or program is not None and (option in program.user):
            self.pending, self.owner = "user", option
        elif program is not None and option in program.next:
            self.pending, self.owner = "secret", "--password"
        elif program is not None and option in program.whole:
            self.pending = "whole"
        elif option in (
            "-e",
            "--env",
            "--set",
            "--set-string",
            "--build-arg",
            "--values",
        ):
            self.pending = "assignment"
        elif option.lower() in _LONG or (
            len(option) > 2 and vocabulary.verdict(option) is not vocabulary.Verdict.HARMLESS
        ):
            self.pending, self.owner = "secret", option
        elif is_public_digest_name(option):
            self.pending = "digest"
        elif program is not None and len(option) > 2:
            for short in program.attached:
                if word.startswith(short) and not word.startswith("--"):
                    return short + self.mark("argument", word[len(short) :])
            for short in program.attached_user:
                if word.startswith(short) and not word.startswith("--"):
                    return short + _after_colon(word[len(short) :], self.strings, self.mark)
        elif option in ("-u", "-U"):
            self.pending = "user"
        return self.strings.clean(word, self.mark)


def _attached(word: str, program: _Program | None, mark: Mark) -> str | None:
    """``-psecret`` of a program that takes it so, where the secret holds signs that no option has."""
    for short in program.attached if program is not None else ():
        if (
            word.startswith(short)
            and len(word) > len(short)
            and not word.startswith("--")
            and not HIDDEN_RE.fullmatch(word[len(short) :])
        ):
            return short + mark("argument", word[len(short) :])
    return None


def clean_shell(text: str, strings: Strings, mark: Mark) -> str:
    """A command line or a script as one string. White space and quotes stay as they are."""
    if len(text) > LONGEST:
        return mark("too-long", text)
    return settled(lambda one: _clean_shell(one, strings, mark), text, lambda: mark("unsettled", text))


def _clean_shell(text: str, strings: Strings, mark: Mark) -> str:
    line = _Line(strings, mark)
    out: list[str] = []
    at = 0
    words = list(_WORD.finditer(text))
    for number, match in enumerate(words):
        gap = text[at : match.start()]
        if "\n" in gap and not (out and out[-2].endswith("\\")):
            line.program, line.pending = "", ""
        out.append(gap)
        at = match.end()
        word = match.group()
        last = number + 1 == len(words) or words[number + 1].group() in _SEPARATORS
        out.append(_shell_word(word, line, last=last))
    out.append(text[at:])
    return strings.clean("".join(out), mark)


def _shell_word(word: str, line: _Line, *, last: bool) -> str:
    quoted = len(word) >= 2 and word[0] in "\"'" and word[-1] == word[0] and word.count(word[0]) == 2
    attached = None if line.pending else _attached(word, _PROGRAMS.get(line.program), line.mark)
    if attached is not None:
        return attached
    if quoted and not line.pending:
        body = word[1:-1]
        return (
            word[0]
            + (clean_shell(body, line.strings, line.mark) if " " in body else line.word(body, last=last))
            + word[0]
        )
    return line.word(word, last=last)


def clean_argv(words: Iterable[Any], strings: Strings, mark: Mark, before: Iterable[Any] = ()) -> list[Any]:
    """A command line as a list of words. ``before`` are the words before it (a container's command before its args).

    A word with white space in it is taken as a line for a shell.
    """
    items, head = list(words), list(before)
    try:
        known = (tuple(items), tuple(head))
        if strings.is_clean_line(known):
            return items
    except TypeError:  # a word that is no string cannot be remembered
        known = None
    out = settled(
        lambda words: _clean_words(words, head, strings, mark),
        items,
        lambda: [mark("unsettled", item) if isinstance(item, str) and item else item for item in items],
    )
    if known is not None and out == items:
        strings.remember_line(known)
    return out


def _clean_words(items: list[Any], before: list[Any], strings: Strings, mark: Mark) -> list[Any]:
    line = _Line(strings, mark)

    def quiet(rule: str, secret: str) -> str:
        return HIDDEN

    line.mark = quiet
    for item in before:
        if isinstance(item, str):
            line.word(item)
    line.mark = mark
    out: list[Any] = []
    for number, item in enumerate(items):
        if not isinstance(item, str):
            out.append(item)
            continue
        if not item:
            line.pending = ""
            out.append(item)
            continue
        attached = None if line.pending else _attached(item, _PROGRAMS.get(line.program), mark)
        if attached is not None:
            out.append(attached)
        elif (
            not line.pending
            and any(c.isspace() for c in item)
            and not (item.startswith("-H") and ":" in item)
            and not (item.startswith("-") and "=" in item.split(None, 1)[0])
        ):
            out.append(clean_shell(item, strings, mark))
        else:
            out.append(line.word(item, last=number + 1 == len(items)))
    return out


def is_public_digest_name(name: str) -> bool:
    """Whether a name is that of a digest which tells nothing secret (of a certificate, of a template)."""
    return _PUBLIC_DIGEST.search(name) is not None


def is_digest_name(name: str) -> bool:
    """Whether a name is that of a digest that somebody else made of content that may be secret."""
    return _DIGEST_NAME.search(name) is not None and not is_public_digest_name(name)
