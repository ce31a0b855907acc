"""A comparison as Markdown, for a merge request: whatever a cluster says stands in code, where nothing is markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rkedoc.diff.model import Diff
from rkedoc.diff.render.lines import ReportLine, lines
from rkedoc.printable import printable

_TICKS = re.compile(r"`+")
_LINE = ("+", "-", "=", "@")


def diff_markdown(diff: Diff, *, summary: bool = False) -> str:
    """The comparison as Markdown (CommonMark)."""
    return lines_markdown(lines(diff, summary=summary))


def lines_markdown(found: Iterable[ReportLine]) -> str:
    """Lines of a comparison as Markdown."""
    return "\n".join(_blocks(list(found))) + "\n"


def _blocks(found: list[ReportLine]) -> Iterator[str]:
    text: list[ReportLine] = []
    for line in found:
        if text and line.kind not in _LINE:
            yield from _fenced(text)
            text = []
        if line.kind == "title":
            yield f"# {code(line.text)}"
        elif line.kind == "group":
            yield f"\n## {code(line.text)}"
        elif line.kind == "note":
            yield f"\n{escaped(line.text)}"
        elif line.kind == "change":
            yield f"\n- **{code(line.text)}**"
        elif line.kind == "field":
            yield f"    - {code(line.text)}"
        elif line.kind in ("meaning", "more"):
            yield f"    - *{escaped(line.text)}*"
        else:
            text.append(line)
    if text:
        yield from _fenced(text)


def _fenced(text: list[ReportLine]) -> Iterator[str]:
    shown = [
        f"{' ' if line.kind == '=' else '' if line.kind == '@' else line.kind}{printable(line.text)}" for line in text
    ]
    longest = max((len(run) for line in shown for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"\n      {fence}diff"
    yield from (f"      {line}" for line in shown)
    yield f"      {fence}\n"


def code(text: str) -> str:
    """A code span in which any text stands as it is."""
    shown = printable(text)
    ticks = "`" * (max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) or not shown else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def escaped(text: str) -> str:
    """Prose in which every character that could be markup, a link or a mention is escaped."""
    shown = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    shown = re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", shown)
    return re.sub(r"(?i)\b(https?|ftp|www|mailto|javascript|data)(?=[:.])", "\\1&#8203;", shown)
