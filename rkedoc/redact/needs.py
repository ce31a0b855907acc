"""What a text must hold for a pattern to match in it: the cheap look before the dear one, derived from the pattern itself.

A hint that is written beside a pattern is forgotten when the pattern grows, and then a secret is shown. So the words that every match of
a pattern must hold are read from the parsed pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_SHORTEST = 2
_MOST = 256
_GRAM = 3
_LONG = 200


def needed(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """Texts in small letters of which at least one stands in every match; ``None`` if there is nothing that must.

    >>> sorted(needed(re.compile("(?:user|login)=[a-z]+")))
    ['login', 'user']
    """
    return _of_sequence(parser.parse(pattern.pattern, pattern.flags))


def _of_sequence(items: Iterable[Any]) -> frozenset[str] | None:
    """The best of what the parts of a sequence need: the longest text that stands there as it is."""
    found: list[frozenset[str]] = []
    run = ""
    for op, value in [*items, (None, None)]:
        if op is constants.LITERAL:
            run += chr(value).lower()
            continue
        if len(run) >= _SHORTEST or (run and not run.isalnum() and not run.isspace()):
            found.append(frozenset({run}))
        run = ""
        inner = _of_part(op, value)
        if inner:
            found.append(inner)
    return max(found, key=lambda words: (min(map(len, words)), -len(words)), default=None)


def _of_part(op: Any, value: Any) -> frozenset[str] | None:
    if op is constants.SUBPATTERN:
        return _of_sequence(value[-1])
    if op is constants.ATOMIC_GROUP:
        return _of_sequence(value)
    if op in (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT):
        least, _most, body = value
        return _of_sequence(body) if least else None
    if op is constants.BRANCH:
        branches = [_of_sequence(branch) for branch in value[1]]
        if all(branches):
            every: frozenset[str] = frozenset().union(*(branch for branch in branches if branch))
            return every if len(every) <= _MOST else None
    return None


@lru_cache(maxsize=16)
def _grams(text: str) -> frozenset[str]:
    """The runs of three signs in a text, which every filter that it passes asks for."""
    return frozenset(text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1))


class Prefilter:
    """Tells which of many patterns can match in a text."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        needs = [needed(pattern) for pattern in patterns]
        self._always = tuple(index for index, words in enumerate(needs) if words is None)
        self._of: dict[str, list[int]] = {}
        for index, words in enumerate(needs):
            for word in words or ():
                self._of.setdefault(word, []).append(index)
        self._words = tuple(sorted(self._of))
        self._short = tuple(word for word in self._words if len(word) < _GRAM)
        self._by_gram: dict[str, list[str]] = {}
        for word in self._words:
            if len(word) >= _GRAM:
                self._by_gram.setdefault(word[:_GRAM], []).append(word)

    @property
    def words(self) -> tuple[str, ...]:
        """The texts that are looked for."""
        return self._words

    def candidates(self, text: str) -> tuple[int, ...]:
        """The numbers of the patterns that can match in a text, in order."""
        lowered = text.lower()
        return tuple(sorted({*self._always, *(index for word in self._held(lowered) for index in self._of[word])}))

    def _held(self, lowered: str) -> Iterator[str]:
        """The words that stand in a text in small letters. Of a short text the runs of three signs that it holds tell which can."""
        if len(lowered) > _LONG:
            yield from (word for word in self._words if word in lowered)
            return
        yield from (word for word in self._short if word in lowered)
        for gram in _grams(lowered).intersection(self._by_gram):
            yield from (word for word in self._by_gram[gram] if word in lowered)

    def holds(self, text: str) -> bool:
        """Whether any of the words stands in a text."""
        return next(self._held(text.lower()), None) is not None
