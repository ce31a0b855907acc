"""Blocks of a view as Markdown that a git host shows: tables, folded parts and links within the same folder of files.

What is meant is GitHub Flavored Markdown 0.29 (tables, and HTML for anchors and folded parts), with the alerts that GitHub and GitLab
know. Data stays text: everything that could be markup is escaped, and code is fenced by more backticks than it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape as html_escape

from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.columns import saying
from rkedoc.sphinxext.blocks.html import time_text
from rkedoc.sphinxext.blocks.sanitize import cut
from rkedoc.sphinxext.blocks.targets import row_anchor
from rkedoc.sphinxext.blocks.typeset import typeset
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    CodeBlock,
    Details,
    ExtRef,
    Facts,
    Hidden,
    Inline,
    ListBlock,
    Para,
    Part,
    Picture,
    ReadIn,
    Ref,
    Strong,
    Table,
    Time,
)
from rkedoc.sphinxext.pictures.exchange import graph_of, mermaid
from rkedoc.sphinxext.pictures.shapes import Link

_MARKUP = re.compile(r"([\\`*_\[\]|~$])")
_AT_START = re.compile(r"(\d*)(?=[-+#=]|(?<=\d)[.)](?:\s|$))")
_HTTPS = re.compile(r"https://[^\s\"'<>\\^`{|}()\x00-\x20]+")
_BACKTICKS = re.compile(r"`+")
_ALERTS = {"bad": "CAUTION", "warn": "WARNING", "ok": "TIP"}


def escape(text: str) -> str:
    """Text as Markdown that shows it and nothing else.

    >>> escape("a|b <i> *c* [d](e)")
    'a\\\\|b &lt;i&gt; \\\\*c\\\\* \\\\[d\\\\](e)'
    """
    shown, left_out = cut(text)
    marked = _MARKUP.sub(r"\\\1", html_escape(shown, quote=False)).replace("\n", "<br>")
    return f"{marked}…" if left_out else marked


def paragraph(text: str) -> str:
    """Markdown that is a paragraph, whatever it begins with."""
    shown = on_one_line(text)
    sign = _AT_START.match(shown)
    return f"{sign[0]}\\{shown[sign.end() :]}" if sign else shown


def on_one_line(text: str) -> str:
    """Markdown without line breaks, for a cell or a heading."""
    return " ".join(text.split())


def code(text: str) -> str:
    """A code span. One with bars is given as HTML: within a table a bar is escaped, and outside of one a span shows the escape."""
    shown, left_out = cut(text)
    shown = on_one_line(shown) + ("…" if left_out else "")
    if "|" in shown or not shown.strip("`"):
        return f"<code>{escape(shown)}</code>" if shown else ""
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(shown)), default=0))
    pad = " " if len(fence) > 1 else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def fenced(text: str, language: str) -> str:
    """A block of code."""
    shown, left_out = cut(text)
    fence = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(shown)), default=0))
    kind = language if re.fullmatch(r"[a-z]+", language) else ""
    return f"{fence}{kind}\n{shown}{'…' if left_out else ''}\n{fence}"


def link_to(text: str, address: str) -> str:
    """A link with a text that is Markdown already."""
    return f"[{on_one_line(text)}]({address})"


def anchor_of(name: str) -> str:
    """A place that links can lead to."""
    return f'<a id="{html_escape(name)}"></a>' if name else ""


def heading(text: str, level: int, anchor: str = "") -> str:
    """A heading, below its anchor."""
    line = f"{'#' * min(level, 6)} {on_one_line(text)}"
    return f"{anchor_of(anchor)}\n\n{line}" if anchor else line


def inline(item: Inline, link: Link) -> str:
    """A piece of running text."""
    match item:
        case str():
            return escape(item)
        case Code(text):
            return code(text)
        case Ref(name=name, text=text):
            shown = escape(name if text is None else text)
            address = link(item)
            return shown if address is None else link_to(shown, address)
        case Badge(text):
            return _around("*", text)
        case Time(rfc3339):
            return escape(time_text(rfc3339))
        case Strong(text):
            return _around("**", text)
        case Hidden():
            return escape(item.text)
        case ExtRef(url, text):
            return link_to(escape(text), url) if _HTTPS.fullmatch(url) else escape(text)
        case ReadIn(place):
            return cell(("(", _("read in:"), " ", *place, ")"), link)


def _around(sign: str, text: str) -> str:
    """Text between signs of emphasis, which hold only where no blank is next to them."""
    shown = on_one_line(escape(text))
    return f"{sign}{shown}{sign}" if shown else ""


def cell(inlines: Cell, link: Link) -> str:
    """A paragraph, or the content of a cell."""
    return "".join([inline(item, link) for item in typeset(inlines)])


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already, and are brought onto one line each."""
    lines = [_row(columns), f"|{' --- |' * len(columns)}"]
    lines += [_row([*row, *[""] * (len(columns) - len(row))][: len(columns)]) for row in rows]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join('<br>'.join(map(on_one_line, item.strip().splitlines())) for item in cells)} |"


def quoted(text: str) -> str:
    """Markdown as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def callout(tone: str, title: str, body: str) -> str:
    """A box that stands out, with a body that is Markdown already."""
    head = f"{_around('**', title)}\n\n" if title else ""
    return f"> [!{_ALERTS.get(tone, 'NOTE')}]\n{quoted(f'{head}{body}'.rstrip())}"


def details(summary: Cell, body: str) -> str:
    """A folded part, with a body that is Markdown already. Within its summary hosts read no Markdown."""
    words = html_escape(cut("".join(_plain(item) for item in summary))[0], quote=False)
    return f"<details>\n<summary>{on_one_line(words)}</summary>\n\n{body}\n\n</details>"


def _plain(item: Inline) -> str:
    match item:
        case str():
            return item
        case Ref(name=name, text=text):
            return name if text is None else text
        case Time(rfc3339):
            return time_text(rfc3339)
        case Hidden():
            return item.text
        case Code(text) | Badge(text) | Strong(text) | ExtRef(_, text):
            return text
        case ReadIn():
            return ""


def block(item: Block, link: Link, level: int) -> str:
    """A block. ``level`` is that of the heading of the section it stands in; headings in it begin one below."""
    match item:
        case Facts(rows):
            return table(("", ""), [(_around("**", name), cell(words, link)) for name, words in rows]) if rows else ""
        case Table(caption=caption, empty=empty):
            if not item.rows:
                return paragraph(escape(empty))
            shown = saying(item)
            head = f"{_around('**', caption)}\n\n" if caption else ""
            lines = []
            for row in shown.rows:
                cells = [cell(words, link) for words in row.cells]
                if cells:
                    cells[0] = f"{anchor_of(row_anchor(row))}{cells[0]}"
                lines.append(cells)
            return head + table([escape(name) for name in shown.columns], lines)
        case Para(inlines=inlines):
            return paragraph(cell(inlines, link))
        case ListBlock(items):
            return "\n".join(f"- {paragraph(cell(words, link))}" for words in items)
        case CodeBlock(text, language):
            return fenced(text, language)
        case Callout(tone, title, body):
            return callout(tone, title, blocks(body, link, level))
        case Details(summary, body):
            return details(summary, blocks(body, link, level))
        case Part(anchor=anchor, title=title, body=body):
            return f"{heading(escape(title), level + 1, anchor)}\n\n{blocks(body, link, level + 1)}"
        case Picture(title=title, table=rows, drawing=drawing):
            drawn = fenced(mermaid(graph_of(drawing)), "mermaid")
            return f"{_around('**', title)}\n\n{drawn}\n\n{details((_('The picture as a table'),), block(rows, link, level))}"
        case _:
            raise TypeError(f"{type(item).__name__} is no plain block")


def blocks(items: Iterable[Block], link: Link, level: int) -> str:
    """Several blocks, one after the other."""
    return "\n\n".join(text for item in items if (text := block(item, link, level)))
