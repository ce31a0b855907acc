"""The forms in which a comparison is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from rkedoc.diff.across import Across
from rkedoc.diff.model import Diff
from rkedoc.diff.render.across import across_lines
from rkedoc.diff.render.html import diff_html, lines_html
from rkedoc.diff.render.markdown import diff_markdown, lines_markdown
from rkedoc.diff.render.text import diff_text, lines_text
from rkedoc.explain.data import DataForm, data_text
from rkedoc.explain.screen import PLAIN, Screen

Formatter = Callable[..., str]


def formatted(diff: Diff, style: str, *, summary: bool = False, screen: Screen = PLAIN) -> str:
    """The comparison in one of :data:`FORMATS`. ``screen`` is for text alone."""
    return diff_text(diff, summary=summary, screen=screen) if style == "text" else FORMATS[style](diff, summary=summary)


def diff_data(diff: Diff, form: DataForm, *, summary: bool = False) -> str:
    """The comparison as data."""
    return data_text(diff.to_json(summary=summary), form)


def across_formatted(across: Across, style: str, screen: Screen = PLAIN) -> str:
    """The comparison of two clusters in one of :data:`FORMATS`."""
    match style:
        case "json" | "yaml":
            return data_text(across.to_json(), "yaml" if style == "yaml" else "json")
        case "markdown":
            return lines_markdown(across_lines(across))
        case "html":
            return lines_html(across_lines(across), f"{across.old.cluster} → {across.new.cluster}")
        case _:
            return lines_text(across_lines(across), screen)


FORMATS: Mapping[str, Formatter] = {
    "text": diff_text, "json": partial(diff_data, form="json"), "yaml": partial(diff_data, form="yaml"),
    "markdown": diff_markdown, "html": diff_html,
}  # fmt: skip
