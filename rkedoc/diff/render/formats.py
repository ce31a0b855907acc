"""The forms in which a comparison is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from rkedoc.diff.model import Diff
from rkedoc.diff.render.html import diff_html
from rkedoc.diff.render.markdown import diff_markdown
from rkedoc.diff.render.text import diff_text

Formatter = Callable[..., str]


def formatted(diff: Diff, style: str, *, summary: bool = False, colour: bool = False) -> str:
    """The comparison in one of :data:`FORMATS`. ``colour`` is for text alone."""
    return diff_text(diff, summary=summary, colour=colour) if style == "text" else FORMATS[style](diff, summary=summary)


def diff_json(diff: Diff, *, summary: bool = False) -> str:
    """The comparison as JSON."""
    return orjson.dumps(diff.to_json(summary=summary), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


FORMATS: Mapping[str, Formatter] = {"text": diff_text, "markdown": diff_markdown, "json": diff_json, "html": diff_html}
