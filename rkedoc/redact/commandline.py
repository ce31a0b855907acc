"""Command lines: a list of words, or one string for a shell.

Handled are ``--token=x``, ``--token x``, ``-token x``, ``TOKEN=x command``, ``-H "Authorization: …"``, ``-u user:password``,
the short options of well-known programs, and all of them again inside a string given to a shell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from rkedoc.redact import grammars, vocabulary
from rkedoc.redact.patterns import LONGEST
from rkedoc.redact.programs import DATA, WORD, clean_calls, clean_words
from rkedoc.redact.settled import Mark, settled
from rkedoc.redact.strings import Strings
from rkedoc.snapshot.record import HIDDEN, HIDDEN_RE

_LONG = frozenset(option.lower() for option in DATA["long"])
_USER_OPTIONS = frozenset(DATA["user_options"])
_HEADER_OPTIONS = frozenset(DATA["header_options"])
_HARMLESS_HEADERS = frozenset(DATA["harmless_headers"])
_HIDDEN_VARIABLES = frozenset(DATA["hidden_variables"])
_HIDDEN_PREFIXES: tuple[str, ...] = tuple(DATA["hidden_variable_prefixes"])
_DIGEST_NAME = re.compile(DATA["digest_names"])
_PUBLIC_DIGEST = re.compile(DATA["public_digest_names"])

_FLAG = re.compile(r"(?P<f>--?[A-Za-z\u0080-\uffff][\w.\u0080-\uffff-]*)(?:=(?P<v>.*))?", re.DOTALL)
_ASSIGN = re.compile(r"(?P<k>[A-Za-z_\u0080-\uffff][\w.\[\]/-]*)(?P<s>\+?=)(?P<v>.*)", re.DOTALL)
_SEPARATORS = frozenset(";|&()")
#: Short options of curl in one word, of which the last takes a header.
_CLUSTERED = re.compile(r"-[fgiIkLnNqRsSvZ#]+H")
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
    if not colon or value.startswith("//"):  # `-H` of Docker and its tools takes an address, not a header
        return strings.clean(text, mark)
    gap = value[: len(value) - len(value.lstrip())]
    return f"{name}:{gap}{header_value(name, value[len(gap) :], strings, mark)}"


def named_value(name: str, value: str, strings: Strings, mark: Mark, *, rule: str) -> str:
    """The value of a variable or an option called ``name``."""
    if strings.is_clean_value(name, value):
        return value
    out = settled(
        lambda one, counting: _named_value(name, one, strings, counting, rule),
        value,
        mark,
        lambda why: mark(why, value),
        lambda one: strings.is_clean_value(name, one),
    )
    strings.remember_value(name, out)
    return out


def _named_value(name: str, value: str, strings: Strings, mark: Mark, rule: str) -> str:
    if not value or HIDDEN_RE.fullmatch(value):
        return value
    if own := strings.own_rule(name):
        return mark(own, value)
    bare = name.lstrip("-")
    if bare in _HIDDEN_VARIABLES or bare.startswith(_HIDDEN_PREFIXES):
        return mark("file-in-variable", value)
    if _DIGEST_NAME.search(bare):
        if _PUBLIC_DIGEST.search(bare):
            return value if _HEX_DIGEST.fullmatch(value) else strings.clean(value, mark)
        if len(value) >= 16 and not vocabulary.allows(name, value):
            return mark("foreign-digest", value)
    if vocabulary.is_commit(name, value):
        return value
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

    __slots__ = ("_same", "mark", "owner", "pending", "strings")

    def __init__(self, strings: Strings, mark: Mark) -> None:
        self.strings = strings
        self.mark = mark
        self.pending = ""  # what the next word is: "", "secret", "user", "header"
        self.owner = ""  # the option that said so
        self._same: set[str] = set()  # words that stay as they are, and say nothing of the next one

    def word(self, word: str) -> str:
        """One word, after those before it."""
        if not self.pending and word in self._same:
            return word
        if not word.strip("\\\n"):
            return word  # a line that goes on
        pending, self.pending = self.pending, ""
        done = self._looked_at(word, pending)
        if done == word and not pending and not self.pending:
            self._same.add(word)
        return done

    def _looked_at(self, word: str, pending: str) -> str:
        if pending and word and not (word.startswith("--") and len(word) > 2):
            return self._awaited(pending, word)
        if word in _SEPARATORS:
            return word
        if word.startswith("-H") and ":" in word:
            return "-H" + _header_line(word[2:], self.strings, self.mark)
        flag = _FLAG.fullmatch(word) if word.startswith("-") else None
        if flag is not None:
            return self._flag(word, flag)
        assigned = _ASSIGN.fullmatch(word)
        if assigned is not None and assigned["v"].strip("="):
            return f"{self.strings.clean(assigned['k'], self.mark)}{assigned['s']}{self._value(assigned['k'], assigned['v'], 'assignment')}"
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
        if value is not None:
            if option in _HEADER_OPTIONS:
                return f"{option}={_header_line(value, self.strings, self.mark)}"
            return f"{self.strings.clean(option, self.mark)}={self._value(option, value, 'argument')}"
        if option in _HEADER_OPTIONS or _CLUSTERED.fullmatch(option):
            self.pending = "header"
        elif option in _USER_OPTIONS:
            self.pending, self.owner = "user", option
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
        elif option in ("-u", "-U"):
            self.pending = "user"
        return self.strings.clean(word, self.mark)


def clean_shell(text: str, strings: Strings, mark: Mark) -> str:
    """A command line or a script as one string. White space and quotes stay as they are."""
    if len(text) > LONGEST:
        return mark("too-long", text)
    if strings.is_clean_line(text):
        return text
    out = settled(
        lambda one, counting: _clean_shell(one, strings, counting), text, mark, lambda why: mark(why, text),
        strings.is_clean_line,
    )  # fmt: skip
    strings.remember_line(out)
    return out


def _clean_shell(text: str, strings: Strings, mark: Mark) -> str:
    text = clean_calls(text, mark)
    line = _Line(strings, mark)
    out: list[str] = []
    at = 0
    for match in WORD.finditer(text):
        gap = text[at : match.start()]
        if "\n" in gap and not (out and out[-2].endswith("\\")):
            line.pending = ""
        out.append(gap)
        at = match.end()
        out.append(_shell_word(match.group(), line))
    out.append(text[at:])
    return strings.once("".join(out), mark)


def _shell_word(word: str, line: _Line) -> str:
    quoted = len(word) >= 2 and word[0] in "\"'" and word[-1] == word[0] and word.count(word[0]) == 2
    if quoted and not line.pending:
        body = word[1:-1]
        if not body.strip():
            return word
        return word[0] + (clean_shell(body, line.strings, line.mark) if " " in body else line.word(body)) + word[0]
    return line.word(word)


def clean_argv(words: Iterable[Any], strings: Strings, mark: Mark, before: Iterable[Any] = ()) -> list[Any]:
    """A command line as a list of words. ``before`` are the words before it (a container's command before its args).

    A word with white space in it is taken as a line for a shell.
    """
    items, head = list(words), list(before)
    start = tuple(head)

    def is_known(line: list[Any]) -> bool:
        return strings.is_clean_line((*line, "\0", *start))

    try:
        if is_known(items):
            return items
    except TypeError:  # a word that is no text cannot be remembered, nor can a line with it
        return _settled_words(items, head, strings, mark, lambda _line: False)
    out = _settled_words(items, head, strings, mark, is_known)
    strings.remember_line((*out, "\0", *start))
    return out


def _settled_words(
    items: list[Any], head: list[Any], strings: Strings, mark: Mark, is_known: Callable[[list[Any]], bool]
) -> list[Any]:
    return settled(
        lambda words, counting: _clean_words(words, head, strings, counting),
        items,
        mark,
        lambda why: [mark(why, item) if isinstance(item, str) and item else item for item in items],
        is_known,
    )


def _clean_words(items: list[Any], before: list[Any], strings: Strings, mark: Mark) -> list[Any]:
    line = _Line(strings, mark)

    def quiet(rule: str, secret: str) -> str:
        return HIDDEN

    line.mark = quiet
    for item in before:
        if isinstance(item, str):
            line.word(item)
    line.mark = mark
    called = iter(
        grammars.clean_words(
            clean_words([w for w in items if isinstance(w, str)], mark, [w for w in before if isinstance(w, str)]), mark
        )
    )
    out: list[Any] = []
    for item in items:
        if not isinstance(item, str):
            out.append(item)
            continue
        word = next(called)
        if not word:
            line.pending = ""
            out.append(word)
        elif (
            not line.pending
            and any(c.isspace() for c in word)
            and not (word.startswith("-H") and ":" in word)
            and not (word.startswith("-") and "=" in word.split(None, 1)[0])
        ):
            out.append(clean_shell(word, strings, mark))
        else:
            out.append(line.word(word))
    return out


def is_public_digest_name(name: str) -> bool:
    """Whether a name is that of a digest which tells nothing secret (of a certificate, of a template)."""
    return _PUBLIC_DIGEST.search(name) is not None


def is_digest_name(name: str) -> bool:
    """Whether a name is that of a digest that somebody else made of content that may be secret."""
    return _DIGEST_NAME.search(name) is not None and not is_public_digest_name(name)
