"""What a text holds: documents, what a command said of how it ended, and what cannot be read.

A file may be one JSON document, several after one another or one a line, or YAML; and people and tools put other text around them:
warnings above, logs between, the prompt of a shell. So documents are looked for where a line begins one. A document that is broken
costs itself, and is no reason to leave out the next.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from rkedoc.collect.files.yaml import NotYaml, load, load_first

MOST_BROKEN: Final = 200
"""After so many broken documents the rest of a text is left alone."""

_WINDOW: Final = 1 << 18
_TOKEN: Final = 64
"""A word or number of JSON is shorter."""

_NEAR: Final = 1 << 20
"""Bytes that YAML in braces may take in the midst of a text."""
_QUOTED: Final = 1 << 24
"""Bytes of a text in which what is indented or quoted is looked for: people write those, and programs what is larger."""

_LONGEST_LINE: Final = 2000
"""Characters of a line that a command said; more is a document that is none."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document, and the text that it was read from. ``cut`` says that it is a list that lacks its end, with the items that are whole;
    ``last`` that it is YAML and stands at the end of a text, which may lack something without that it shows."""

    value: Any
    text: bytes
    cut: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said instead of an answer, or after it: ``Error from server (Forbidden): …``."""

    line: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that cannot be read. ``reason`` is a code."""

    reason: str


Found = Document | Said | Broken

_SAYS = (
    rb"Error from server|[Ee]rror: |Unable to connect to the server|The connection to the server |No resources found\b"
)
"""How kubectl, docker, crictl and their like begin to say that there is no answer (kubectl v1.31, pkg/cmd/util/helpers.go)."""

_LOG_BEGINS = rb"==== START logs for container "
_LOG_ENDS = re.compile(rb"^==== END logs for container .*$", re.MULTILINE)
"""Around each log in what ``kubectl cluster-info dump`` prints (kubectl v1.31, pkg/cmd/clusterinfo/clusterinfo_dump.go)."""

_KEY = rb"""["']?[A-Za-z_][\w./-]*["']?[ \t]*:(?:[ \t\r\n]|\Z)"""
_BEGINS = re.compile(
    rb"^(?:(?P<json>[{\[])|(?P<says>" + _SAYS + rb")|(?P<log>" + _LOG_BEGINS + rb")"
    rb"|(?P<yaml>---(?=[ \t\r\n]|\Z)|(?:- )?(?:apiVersion|kind|items|metadata)[ \t]*:(?:[ \t\r\n]|\Z)"
    rb"|(?:containers|images|info|status|object):[ \t\r]*$))",
    re.MULTILINE,
)
"""The lines with which something begins. The last are those of ``crictl -o yaml``, and of what kubectl prints of a watch."""

_INSIDE = re.compile(
    rb"^(?P<before>[ \t>]*[ \t>])(?:---[ \t\r]*$|(?:- )?(?:apiVersion|kind|items|metadata)[ \t]*:(?:[ \t\r\n]|\Z)|[{\[][ \t\r]*[\"{\[\n])",
    re.MULTILINE,
)
"""The line with which a document begins that somebody indented or quoted, as in Markdown and in messages."""

_NOISE = rb"(?:Warning|WARN|WARNING|warning|INFO|Error|error|Flag|Unable)\b|time=|[IWEF]\d{4} "
_NOT_YAML = re.compile(
    rb"^(?=[^\n])(?:(?=" + _NOISE + rb"|---(?:[ \t\r\n]|\Z)|\.\.\.[ \t\r]*$)|(?![ \t\r#]|-(?:[ \t\r\n]|\Z)|" + _KEY + rb"))",
    re.MULTILINE,
)  # fmt: skip
"""A line that no document goes on with: a mark between documents, what a command said, or what is no YAML."""

_FLOW = re.compile(rb"[{\[][ \t\r\n{\[]*(?:[A-Za-z_][\w./-]*|'[A-Za-z_][\w./-]*')[ \t]*:[ \t\r\n{\[]")
"""How YAML begins that is written in braces: a name without quotes, which JSON does not know."""
_OF_KUBERNETES = re.compile(rb"\b(?:apiVersion|kind|metadata)\b")

_LOOKS_LIKE_JSON = re.compile(rb'(?:\{[ \t\r]*"|\{[ \t\r]*$|\[[ \t\r]*(?:[{\["]|$))', re.MULTILINE)
"""How a line begins that may begin a document: a line of a log may begin with a bracket as well."""

_CLOSES = {ord("{"): re.compile(rb"^\}[ \t\r,]*$", re.MULTILINE), ord("["): re.compile(rb"^\][ \t\r,]*$", re.MULTILINE)}
"""The line that closes a document which was written over several, not indented."""


def may_hold_documents(content: bytes) -> bool:
    """Whether something begins in a text that may be a document, or says why there is none. Costs less than reading it."""
    try:
        text = _as_utf8(content)
        return any(begins.search(text) for begins in (_BEGINS, _INSIDE)) or text.lstrip()[:1] in (b"{", b"[")
    except UnicodeError:
        return False


def documents(content: bytes) -> Iterator[Found]:
    """Everything that a text holds, in its order. A text with nothing in it is :class:`Broken`, with what it is instead."""
    try:
        content = _as_utf8(content)
    except UnicodeError:
        yield Broken("not-utf-8")
        return
    if not content.strip():
        yield Broken("empty")
        return
    if content.lstrip(b" \t\r\n")[:1] in (b"{", b"["):
        try:
            yield Document(orjson.loads(content), content)
        except orjson.JSONDecodeError:
            pass
        else:
            return
    scanner = _Scanner(content)
    yield from scanner.found()
    if not scanner.any:
        blocks = _blocks(content) if len(content) <= _QUOTED else ()
        inside = [found for block in blocks for found in _Scanner(block).found()]
        if any(isinstance(found, Document) for found in inside):
            yield from inside
        else:
            yield Broken(_what_else(content))


def _blocks(content: bytes) -> Iterator[bytes]:
    """What stands indented or quoted in a text, without what stands before each line. Nothing if the text is one document, whatever of."""
    at = 0
    while (begins := _INSIDE.search(content, at)) is not None:
        if at == 0 and _is_other_yaml(content):
            return
        before, lines, at = begins["before"], [], begins.start()
        while at < len(content):
            end = _line_end(content, at)
            line = content[at:end]
            if line.startswith(before):
                lines.append(line[len(before) :])
            elif not line.strip(b" \t\r\n>"):
                lines.append(b"\n")
            else:
                break
            at = end
        yield b"".join(lines)


def _is_other_yaml(content: bytes) -> bool:
    """Whether a text is YAML that is none of Kubernetes: what stands in it is a part of it, such as the values of a chart."""
    try:
        found = list(load(content))
    except NotYaml:
        return False
    return all(isinstance(one, dict) and not one.keys() & {"apiVersion", "kind", "items"} for one in found)


class _Scanner:
    """Looks for documents in a text that is not one alone."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._broken = 0
        self._wasted = 0
        """Characters that were looked at in vain."""
        self.any = False
        """Whether anything was found, be it broken."""
        self._closed: dict[int, re.Match[bytes] | None] = {}
        """The closing line that was found last for each bracket, so that a text is searched for them once."""

    def found(self) -> Iterator[Found]:
        """Everything that is in it."""
        at = _first(self._content)
        while (begins := _BEGINS.search(self._content, at)) is not None:
            kind, start = begins.lastgroup, begins.start()
            if kind == "says":
                end = _line_end(self._content, start)
                self.any = True
                yield Said(self._content[start : min(end, start + _LONGEST_LINE)].decode("utf-8", "replace").rstrip())
                at = end
            elif kind == "log":
                closed = _LOG_ENDS.search(self._content, start)
                at = closed.end() if closed else len(self._content)
            elif kind == "json":
                at = yield from self._json(start)
            else:
                at = yield from self._yaml(at, begins)
            if self._broken >= MOST_BROKEN or self._wasted > 4 * len(self._content):
                yield Broken("too-many-broken")
                return

    def _json(self, start: int) -> Generator[Found, None, int]:
        """A JSON document that begins at ``start``; gives where to go on."""
        content = self._content
        line = _line_end(content, start)
        if (read := _read_json(content[start:line])) is not None:
            yield from self._read(read)
            return line
        if _FLOW.match(content, start) is not None:
            return (yield from self._flow(start, line))
        if _LOOKS_LIKE_JSON.match(content, start) is None:
            return line  # a line of a log, or of prose
        closes = self._closing(content[start], line)
        if closes is not None and (read := _read_json(content[start : closes.end()])) is not None:
            yield from self._read(read)
            return closes.end()
        return (yield from self._odd_json(start, line))

    def _closing(self, bracket: int, at: int) -> re.Match[bytes] | None:
        """The next line from ``at`` on that closes a document."""
        known = self._closed.get(bracket)
        if bracket not in self._closed or (known is not None and known.start() < at):
            self._closed[bracket] = _CLOSES[bracket].search(self._content, at)
        return self._closed[bracket]

    def _read(self, document: Document) -> Iterator[Document]:
        if isinstance(document.value, dict) or not _is_stamp(document.text):
            self.any = True
            yield document

    def _odd_json(self, start: int, line: int) -> Generator[Found, None, int]:
        """JSON that is written otherwise: documents side by side, without indentation, with NaN, or broken."""
        at = start
        while at < len(self._content) and self._content[at] in b"{[":
            self.any = True
            found = self._decoded(at)
            yield found
            if isinstance(found, Broken):
                self._broken += 1
                return max(line, at)
            at += len(found.text)
            if found.cut:
                return max(line, _line_end(self._content, at))
            while at < len(self._content) and self._content[at] in b" \t\r\n,":
                at += 1
        return max(line, at)

    def _decoded(self, start: int) -> Document | Broken:
        """The JSON document that begins at ``start``, wherever it ends. Only as much is looked at as it needs."""
        window = _WINDOW
        while True:
            text = self._content[start : start + window].decode("utf-8", "surrogateescape")
            try:
                value, end = _DECODER.raw_decode(text)
            except RecursionError:
                return Broken("too-deep")
            except json.JSONDecodeError as error:
                whole = start + window >= len(self._content)
                if whole or (error.pos < len(text) - _TOKEN and not error.msg.startswith("Unterminated")):
                    self._wasted += len(text)
                    if (cut := _whole_items(text)) is not None:
                        return cut
                    return Broken("not-json" if start == 0 and not _is_end(error, text) else "cut-off")
                window *= 4
                continue
            return Document(value, text[:end].encode("utf-8", "surrogateescape"))

    def _flow(self, start: int, line: int) -> Generator[Found, None, int]:
        """YAML in braces that begins at ``start``; gives where to go on. It ends on its line, or in the lines that are near; where the text
        begins with it, it may be all of it."""
        content = self._content
        ends = [line]
        if content.count(b"{", start, line) + content.count(b"[", start, line) > content.count(
            b"}", start, line
        ) + content.count(b"]", start, line):
            ends.append(len(content) if start == _first(content) else min(start + _NEAR, len(content)))
        reason = ""
        for end in ends:
            try:
                value, length = load_first(content[start:end])
            except NotYaml as error:
                self._wasted += end - start
                reason = error.reason
                continue
            if isinstance(value, dict | list):
                self.any = True
                yield Document(value, content[start : start + length])
            return max(line, _line_end(content, start + length))
        if _OF_KUBERNETES.search(content, start, line) is not None:
            self.any = True
            self._broken += 1
            yield Broken(reason)
        return line

    def _yaml(self, at: int, begins: re.Match[bytes]) -> Generator[Found, None, int]:
        """A YAML document; gives where to go on. Keys above the one that was found belong to it, back to ``at``."""
        content, start = self._content, begins.start()
        if content[start : start + 3] == b"---":
            start = begin = begins.end()
        else:
            begin = at
            for line in _NOT_YAML.finditer(content, at, start):
                begin = _line_end(content, line.start())
        ends = _NOT_YAML.search(content, _line_end(content, start) if begin != start else begin)
        end = ends.start() if ends is not None else len(content)
        text = content[begin:end]
        if not any(line.strip() and not line.lstrip().startswith(b"#") for line in text.splitlines()):
            return max(end, begins.end())
        try:
            for value in load(text):
                if value is not None:
                    self.any = True
                    yield Document(value, text, last=end == len(content))
        except NotYaml as error:
            self.any = True
            self._broken += 1
            yield Broken(error.reason)
        return max(end, begins.end())


def _whole_items(text: str) -> Document | None:
    """The items of a list of which the end is missing, or broken, that stand there whole; ``None`` where there is none. ``text`` begins with
    the bracket of the document."""
    head: dict[str, Any] = {}
    at = items_end = 0
    items: list[Any] | None = [] if text[0] == "[" else None
    try:
        at = _after_space(text, 1)
        while items is None:
            name, at = _DECODER.raw_decode(text, _after_space(text, at, ","))
            at = _after_space(text, at, ":")
            if name == "items" and text[at] == "[":
                items, at = [], at + 1
            else:
                head[name], at = _DECODER.raw_decode(text, at)
        while True:
            item, at = _DECODER.raw_decode(text, _after_space(text, at, ","))
            items.append(item)
            items_end = at
    except (json.JSONDecodeError, RecursionError, IndexError, TypeError):
        pass
    if not items or not isinstance(items[0], dict):
        return None
    value = {**head, "kind": head.get("kind", "List"), "items": items} if text[0] == "{" else items
    return Document(value, text[:items_end].encode("utf-8", "surrogateescape"), cut=True)


def _after_space(text: str, at: int, also: str = "") -> int:
    """The first place from ``at`` on with neither white space nor one of these signs. Raises ``IndexError`` at the end."""
    while text[at] in " \t\r\n" or text[at] in also:
        at += 1
    return at


def _read_json(text: bytes) -> Document | None:
    text = text.rstrip(b" \t\r\n,")
    try:
        return Document(orjson.loads(text), text)
    except orjson.JSONDecodeError:
        return None


def _constant(_word: str) -> None:
    """What JSON does not know: NaN and infinity."""


def _number(text: str) -> int | float:
    number = int(text) if len(text) < 30 else math.inf
    return number if -(1 << 63) <= number < 1 << 64 else float(text)


def _is_end(error: json.JSONDecodeError, text: str) -> bool:
    """Whether a document is broken in that its text ends."""
    rest = text[error.pos :].strip()
    return error.msg.startswith("Unterminated") or any(word.startswith(rest) for word in ("true", "false", "null", "-"))


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_int=_number)


def _is_stamp(text: bytes) -> bool:
    """Whether an array is what a line of a log may begin with: ``[2026]``, ``[12]``."""
    return len(text) < 64 and b"{" not in text and b'"' not in text and text != b"[]"


def _first(content: bytes) -> int:
    return (
        len(content) - len(content.lstrip(b" \t\r\n"))
        if content[:1] in b" \t\r\n" and content.lstrip()[:1] in b"{["
        else 0
    )


def _line_end(content: bytes, start: int) -> int:
    found = content.find(b"\n", start)
    return len(content) if found < 0 else found + 1


def _what_else(content: bytes) -> str:
    """What a text without any document is, as a reason code."""
    try:
        content[:65536].decode()
    except UnicodeDecodeError as error:
        return "not-json" if error.start > 65000 else "not-utf-8"
    return "not-json"


_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
"""How texts begin that say how they are encoded; that of UTF-32 begins as that of UTF-16 does."""


def encoding_of(content: bytes) -> str:
    """How a text is encoded that is not UTF-8, by its mark or by the zeros in its first characters (RFC 4627, 3); empty for any other."""
    if found := next((encoding for mark, encoding in _MARKS if content.startswith(mark)), ""):
        return found
    zeros = "".join("0" if byte == 0 else "x" for byte in content[:4])
    return {"x0x0": "utf-16-le", "0x0x": "utf-16-be", "x000": "utf-32-le", "000x": "utf-32-be"}.get(zeros, "")


def _as_utf8(content: bytes) -> bytes:
    encoding = encoding_of(content)
    if encoding == "utf-8-sig":
        return content[len(codecs.BOM_UTF8) :]
    return content.decode(encoding).encode() if encoding else content
