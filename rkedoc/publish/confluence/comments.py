"""What people have marked in a page to comment on, put into the page that takes its place.

Confluence keeps the place of an inline comment in the page itself, as ``<ac:inline-comment-marker ac:ref="ID">text</ac:inline-comment-marker>`` around the
words that were marked ("Confluence Storage Format", Atlassian); a page that is written without it loses the comment's place. Here the same words are
looked for in the new page, and where there are several, those with the most of the same text around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Final, NamedTuple

MARKER: Final = "ac:inline-comment-marker"
_TOKEN: Final = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>|(?P<text>[^<]+)",
    re.DOTALL,
)
_UNIT: Final = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);|\s+|.", re.DOTALL)
_WITHIN_LINES: Final = frozenset(
    {
        "a", "abbr", "b", "big", "code", "del", "em", "i", "ins", "s", "small", "span", "strong", "sub", "sup", "time", "u",
        "ac:link", "ac:link-body", "ri:page", MARKER,
    }
)  # fmt: skip
"""Elements that do not end a line: words before and after stand side by side."""
_NO_WORDS: Final = frozenset({"ac:parameter", "ac:plain-text-body", "ac:plain-text-link-body"})
"""Elements whose text is no part of what a reader marks."""
_BORDER: Final = "\n"
_AROUND: Final = 200
"""How many characters before and after tell places apart."""
_ENOUGH: Final = 8
"""Characters before a place that are the same from which on it is taken to be the one."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A page with the marks of the one before: its text, how many comments have found their place, and the words of those that have not.

    The words of one comment may be marked in several pieces; it has its place where one of them has.
    """

    content: str
    kept: int = 0
    lost: tuple[str, ...] = ()


def carry_over(before: str, content: str) -> Carried:
    """Put the marks of a page into the one that takes its place; both are of Confluence's storage format."""
    if MARKER not in before:
        return Carried(content)
    kept: dict[str, None] = {}
    lost: dict[str, list[str]] = {}
    for mark in _marks(before):
        placed = _placed(mark, content)
        if placed is None:
            lost.setdefault(mark.tag, []).append(mark.text.strip())
        else:
            content = placed
            kept[mark.tag] = None
    return Carried(content, len(kept), tuple(" … ".join(words) for tag, words in lost.items() if tag not in kept))


class _Unit(NamedTuple):
    """A character that is read, and where it stands in the source."""

    character: str
    start: int
    end: int


@dataclass(slots=True)
class _Mark:
    """Words that were marked: the tag that begins it, and where they lie in what is read of the page."""

    tag: str
    start: int
    end: int = 0
    text: str = ""
    before: str = ""
    after: str = ""
    among: float = 0.0


@dataclass(slots=True)
class _Read:
    """What is read of a page, character by character, and the marks in it."""

    units: list[_Unit] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(unit.character for unit in self.units)


def _read(source: str) -> _Read:
    found = _Read()
    unread: list[str] = []
    opened: list[_Mark] = []
    for token in _TOKEN.finditer(source):
        name, text = token["name"], token["text"]
        if text is not None:
            if not unread:
                found.units += _units(text, token.start())
        elif name is None:
            continue
        elif name == MARKER:
            if token["close"] and opened:
                mark = opened.pop()
                mark.end = len(found.units)
                found.marks.append(mark)
            elif not token["close"] and not token[0].endswith("/>"):
                opened.append(_Mark(token[0], len(found.units)))
        else:
            if name in _NO_WORDS and not token[0].endswith("/>"):
                if token["close"]:
                    unread[-1:] = []
                else:
                    unread.append(name)
            if name not in _WITHIN_LINES and found.units and found.units[-1].character != _BORDER:
                found.units.append(_Unit(_BORDER, token.start(), token.start()))
    return found


def _units(text: str, start: int) -> Iterator[_Unit]:
    for unit in _UNIT.finditer(text):
        shown = unescape(unit[0])
        yield _Unit(" " if shown.isspace() else shown[:1], start + unit.start(), start + unit.end())


def _marks(source: str) -> list[_Mark]:
    """The marks in a page, in their order, with the words and what stands around them."""
    read = _read(source)
    text = read.text
    for mark in read.marks:
        mark.text = text[mark.start : mark.end]
        mark.before = text[max(0, mark.start - _AROUND) : mark.start]
        mark.after = text[mark.end : mark.end + _AROUND]
        mark.among = mark.start / max(1, len(text))
    return sorted((mark for mark in read.marks if mark.text.strip()), key=lambda mark: (mark.start, -mark.end))


def _placed(mark: _Mark, source: str) -> str | None:
    """The page with the mark in it; nothing if its words are not there, or what stands before them is not the same."""
    read = _read(source)
    text = read.text
    best: tuple[int, float, int] | None = None
    place = text.find(mark.text)
    while place >= 0:
        before, end = text[max(0, place - _AROUND) : place], place + len(mark.text)
        same = _common(mark.before[::-1], before[::-1])
        if _is_the_place(mark.before[len(mark.before) - same :], whole=mark.before == before):
            alike = same + _common(mark.after, text[end : end + _AROUND])
            rank = (alike, -abs(place / max(1, len(text)) - mark.among), place)
            if best is None or rank > best:
                best = rank
        place = text.find(mark.text, place + 1)
    return None if best is None else _around(source, read.units[best[2] : best[2] + len(mark.text)], mark.tag)


def _is_the_place(same: str, *, whole: bool) -> bool:
    """Whether enough stands the same before a place: some words, all that is before it, or the whole cell or line before, as the name of a row."""
    told = same.rstrip(_BORDER)
    return whole or len(told) >= _ENOUGH or _BORDER in told


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _around(source: str, units: list[_Unit], tag: str) -> str:
    """The source with a tag around these characters: of words that lie in several elements around each part, so that elements stay whole."""
    parts: list[tuple[int, int]] = []
    for unit in units:
        if unit.start == unit.end:
            continue
        if parts and parts[-1][1] == unit.start:
            parts[-1] = (parts[-1][0], unit.end)
        else:
            parts.append((unit.start, unit.end))
    for start, end in reversed(parts):
        source = f"{source[:start]}{tag}{source[start:end]}</{MARKER}>{source[end:]}"
    return source
