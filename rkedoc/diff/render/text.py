"""A comparison for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rkedoc.diff.model import Diff
from rkedoc.diff.render.lines import ReportLine, lines
from rkedoc.explain.screen import PLAIN, Screen, Tone

_TONES: Mapping[str, Tone] = {
    "added": "good", "removed": "bad", "changed": "warning", "moved": "other", "+": "good", "-": "bad", "@": "other",
    "group": "strong", "title": "strong", "meaning": "faint",
}  # fmt: skip
_INDENT = {
    "change": "  ", "field": "      ", "meaning": "      ", "more": "        ", "+": "        ", "-": "        ",
    "=": "        ", "@": "        ",
}  # fmt: skip
_SIGN = {"+": "+", "-": "-", "=": " "}


def diff_text(diff: Diff, *, summary: bool = False, screen: Screen = PLAIN) -> str:
    """The comparison as text. No text of a cluster brings escape sequences of its own."""
    return lines_text(lines(diff, summary=summary), screen)


def lines_text(found: Iterable[ReportLine], screen: Screen = PLAIN) -> str:
    """Lines of a comparison as text."""
    shown = []
    for line in found:
        text = _SIGN.get(line.kind, "") + line.text
        tone = _TONES.get(line.tone if line.kind == "change" else line.kind)
        shown += [""] if line.kind == "group" else []
        shown.append(screen.said(text, indent=_INDENT.get(line.kind, ""), tone=tone))
    return "\n".join(shown) + "\n"
