"""A comparison for a terminal."""

from __future__ import annotations

from rkedoc.diff.model import Diff
from rkedoc.diff.render.lines import lines
from rkedoc.printable import printable

_COLOURS = {"added": "32", "removed": "31", "changed": "33", "moved": "36", "+": "32", "-": "31", "@": "36"}
_INDENT = {"change": "  ", "field": "      ", "meaning": "      ", "more": "        "}


def diff_text(diff: Diff, *, summary: bool = False, colour: bool = False) -> str:
    """The comparison as text; ``colour`` adds escape sequences of our own. No text of a cluster brings any."""
    shown = []
    for line in lines(diff, summary=summary):
        text = printable(line.text)
        if line.kind == "group":
            shown += ["", _paint(text, "1", colour)]
        elif line.kind == "title":
            shown.append(_paint(text, "1", colour))
        elif line.kind in ("+", "-", "=", "@"):
            sign = {"=": " ", "@": ""}.get(line.kind, line.kind)
            shown.append("        " + _paint(f"{sign}{text}", _COLOURS.get(line.kind, ""), colour))
        elif line.kind == "meaning":
            shown.append(_INDENT["meaning"] + _paint(text, "2", colour))
        else:
            tone = _COLOURS.get(line.tone, "") if line.kind == "change" else ""
            shown.append(_INDENT.get(line.kind, "") + _paint(text, tone, colour))
    return "\n".join(shown) + "\n"


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text
