"""What is amiss in a Chinese text: marks of the other width, blanks where none belong, and English that was left in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

_CHINESE: Final = r"\u3400-\u9fff"
_WIDE: Final = "，。：；（）、！？“”"
_CODE: Final = re.compile(
    r"^(```|~~~).*?^\1|`[^`]*`|\]\([^)]*\)|\{#[\w-]+\}|https?://\S+|\{[^{}]*\}|\"[^\"]*\"|“[^”\u3400-\u9fff]*”|（[^（）\u3400-\u9fff]*）",
    re.DOTALL | re.MULTILINE,
)
"""What is taken out of Markdown and messages: code, targets of links, anchors, fields, and what is quoted as a
program prints it or stands in brackets as the English name of a thing."""

_AFTER: Final = "a blank after a full-width mark"
_BETWEEN: Final = "a blank between Chinese characters"
_MARKS: Final = (
    (re.compile(rf"[{_CHINESE}）”][,:;.!?](?![\w/.-])"), "a half-width mark after Chinese"),
    (re.compile(rf"(?:[{_CHINESE}）”]|(?<=\w))[,:;!?] ?(?=[{_CHINESE}（“])"), "a half-width mark before Chinese"),
    (re.compile(rf"\([^()\n]*[{_CHINESE}][^()\n]*\)|[{_CHINESE}] ?\([^()\n]*\)|\([^()\n]*\)(?=[{_CHINESE}])"), "half-width brackets"),
    (re.compile(rf"[{_WIDE}] (?=[^\s|—])"), _AFTER),
    (re.compile(rf"(?<=[^\s|]) [{_WIDE}]"), "a blank before a full-width mark"),
    (re.compile(rf"[{_CHINESE}] +[{_CHINESE}]"), _BETWEEN),
)  # fmt: skip
_SENTENCES: Final = re.compile(
    r"(?<![\w./$<>*-])(?:the|a|an|of|and|or|is|are|was|not|no|with|by|from|for|in|on|to|its|it|this|that|which|who|at|as|than)(?![\w./<>*-])"
    r"|(?<![\w./*-])[a-z]+(?: [a-z]+){2,}(?![\w./*-])"
)
"""A word that only sentences have, or three words in small letters one after the other. Names of things are none, and commands are code."""


def marks(text: str, *, apart: bool = False) -> Iterator[str]:
    """Each mark and blank that is wrong in a text, in Markdown or plain, with what stands around it.

    ``apart``: the text is made of pieces between which a blank may stand, such as a badge and what follows it.
    """
    prose = _CODE.sub("§", text)
    for pattern, what in _MARKS:
        for match in pattern.finditer(prose):
            if apart and (what == _BETWEEN or (what == _AFTER and match[0].startswith("）"))):
                continue
            yield f"{what}: {prose[max(0, match.start() - 12) : match.end() + 12]!r}"


def english(text: str) -> Iterator[str]:
    """Each place in a text where English was left."""
    prose = _CODE.sub("§", text)
    for match in _SENTENCES.finditer(prose):
        yield f"English: {prose[max(0, match.start() - 20) : match.end() + 20]!r}"


_APART: Final = frozenset(
    ("address", "article", "aside", "button", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "footer", "form", "h1",
     "h2", "h3", "h4", "h5", "h6", "header", "label", "li", "main", "nav", "ol", "option", "p", "section", "summary", "table", "tbody", "td",
     "text", "th", "thead", "title", "tr", "ul")
)  # fmt: skip
_UNREAD: Final = frozenset(("code", "pre", "kbd", "samp", "script", "style", "template"))
_SPOKEN: Final = ("title", "aria-label", "placeholder", "alt", "data-label")


class _Reader(HTMLParser):
    """Reads a page a piece at a time: what stands in one block, with code left out."""

    def __init__(self, unread: frozenset[str]) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unread = unread
        self._open: list[tuple[str, bool]] = []
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        there = dict(attrs)
        skipped = tag in _UNREAD or bool(self._unread & set((there.get("class") or "").split()))
        if tag in _APART:
            self._flush()
        if not self._skips:
            if skipped:
                self._text.append("§")
            self.pieces.extend(value for name in _SPOKEN if not skipped and (value := there.get(name)))
        if tag not in _VOID:
            self._open.append((tag, skipped))

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _skipped in self._open):
            while self._open and self._open.pop()[0] != tag:
                pass
        if tag in _APART:
            self._flush()

    def handle_data(self, data: str) -> None:
        if not self._skips:
            self._text.append(data)

    @property
    def _skips(self) -> bool:
        return any(skipped for _tag, skipped in self._open)

    def _flush(self) -> None:
        if words := " ".join("".join(self._text).split()):
            self.pieces.append(words)
        self._text.clear()


_VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)


def pieces(page: str, *unread: str) -> list[str]:
    """What a page says, block by block, code left out and the elements of these classes."""
    reader = _Reader(frozenset(unread))
    reader.feed(page)
    reader.close()
    return reader.pieces
