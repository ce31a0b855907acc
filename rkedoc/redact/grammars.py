"""Where a password stands in what people type: configuration files, statements, connection strings, sentences.

The grammars are data (``grammars.yaml``), each with its source and with examples that it must hide and must keep. Which texts are worth
looking at is derived from the patterns (:mod:`rkedoc.redact.needs`), so that a new grammar cannot be forgotten there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from rkedoc.redact import vocabulary
from rkedoc.redact.needs import Prefilter
from rkedoc.resources import load_yaml
from rkedoc.snapshot.record import HIDDEN_RE

_NAMES = "passw(?:or)?d|passwort|passphrase|pass|pwd|passcode|secret(?:[._-]?key)?|token|api[._-]?key|access[._-]?key|auth[._-]?key|private[._-]?key|salt|credential|kennwort|bindpw|rootpw"  # fmt: skip
_MACROS = {
    "<V>": r"(?P<v>(?![=:{(\[])[^\s\"'`‹›<>]+)",
    "<Q>": r"[\"'](?P<v>[^\"'\n‹›]+)[\"']",
    # A word of a sentence is in small letters and has no digit: a password that people choose has something else too.
    "<S>": r"(?P<v>(?![=:：＝是为]|--?[A-Za-z])(?=[^\s\"'`‹›<>]{0,64}(?-i:[0-9_!@#$%^&*+=~?]|[a-z][A-Z]))[^\s\"'`‹›<>,;()]{4,64})",
    "<N>": _NAMES,
}


@dataclass(frozen=True, slots=True)
class Grammar:
    """One way to write a password down. ``rule`` counts its hits; ``hides`` and ``keeps`` are examples."""

    id: str
    rule: str
    source: str
    pattern: re.Pattern[str]
    hides: tuple[str, ...]
    keeps: tuple[str, ...]
    values: str

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where passwords stand in a text, by this grammar."""
        found = []
        for match in self.pattern.finditer(text):
            value = match["v"]
            if not HIDDEN_RE.search(value) and not _is_harmless(value, self.values):
                found.append(match.span("v"))
        return found


_COMMON = re.compile(r"[a-z]{1,32}[.:,!?]?|[A-Z]{2,16}")
_VERSION = re.compile(r"v?\d+(?:\.\d+)*(?:[-+][\w.]+)?|latest|stable|main|master|edge|alpine|slim", re.IGNORECASE)


def _is_harmless(value: str, kind: str) -> bool:
    """Whether what stands where a password would is none: a variable, a path, a switch; in some places a common word or a version."""
    if vocabulary.allows("password", value) or value[:1] in "$%" or value.startswith(("{{", "<")):
        return True
    if kind == "statement":
        return _COMMON.fullmatch(value) is not None and len(value) < 10
    return kind == "password" and (_VERSION.fullmatch(value) is not None or value.isdigit())


def _compiled(pattern: str) -> re.Pattern[str]:
    for macro, meaning in _MACROS.items():
        pattern = pattern.replace(macro, meaning)
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def _load() -> tuple[Grammar, ...]:
    data = cast("dict[str, Any]", load_yaml("redact", "grammars.yaml"))
    return tuple(
        Grammar(
            item["id"], item["rule"], item["source"], _compiled(item["pattern"]), tuple(item["hides"]), tuple(item["keeps"]),
            item.get("values", ""),
        )
        for item in data["grammars"]
    )  # fmt: skip


GRAMMARS = _load()
_PREFILTER = Prefilter([grammar.pattern for grammar in GRAMMARS])


def clean(text: str, mark: Callable[[str, str], str]) -> str:
    """A text with the passwords hidden that a grammar finds in it."""
    for index in _PREFILTER.candidates(text):
        grammar = GRAMMARS[index]
        for start, end in reversed(grammar.spans(text)):
            text = text[:start] + mark(grammar.rule, text[start:end]) + text[end:]
    return text


def clean_words(words: Sequence[str], mark: Callable[[str, str], str]) -> list[str]:
    """The same for a list of words, read as one line. A secret lies within a word."""
    out = list(words)
    text = " ".join(words)
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    for index in _PREFILTER.candidates(text):
        grammar = GRAMMARS[index]
        for start, end in grammar.spans(text):
            at = next(i for i in range(len(words)) if starts[i + 1] > start)
            first = start - starts[at]
            if out[at] == words[at] and end <= starts[at] + len(words[at]):
                out[at] = words[at][:first] + mark(grammar.rule, text[start:end]) + words[at][end - starts[at] :]
    return out
