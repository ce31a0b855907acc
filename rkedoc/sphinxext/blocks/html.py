"""Blocks of a view as HTML (and as XHTML: epub takes the same).

Everything that is not a tag written in this file passes through :func:`escape`. The only other markup that reaches
the page is that of drawings, whose shapes escape their data (:mod:`rkedoc.sphinxext.pictures.shapes`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape as _escape
from urllib.parse import quote

from rkedoc.i18n import _, between, in_brackets
from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.blocks.columns import saying, widths
from rkedoc.sphinxext.blocks.sanitize import LONG, cut
from rkedoc.sphinxext.blocks.sorting import sort_values
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
    Image,
    Inline,
    ListBlock,
    Para,
    Part,
    Picture,
    ReadIn,
    Ref,
    Row,
    Strong,
    Table,
    Time,
)
from rkedoc.sphinxext.pictures.draw import Drawn, drawn, mark
from rkedoc.sphinxext.pictures.exchange import drawio, graph_of, mermaid
from rkedoc.sphinxext.pictures.shapes import Link, Svg

_TONE = re.compile(r"[a-z][a-z-]*")
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_HTTPS = re.compile(r"https://[^\s\"'<>\\^`{|}\x00-\x20]+")


def escape(text: str) -> str:
    """Text as HTML text or attribute value, with invisible characters made visible and a bound on its length."""
    shown, left_out = cut(text)
    return _escape(shown) + (f"… {_escape(_more(left_out))}" if left_out else "")


def _more(count: int) -> str:
    return _("({count} more characters are in the snapshot)").format(count=f"{count:,}")


def tone_class(prefix: str, tone: str) -> str:
    """The CSS class of a tone; a tone that is no word gives none."""
    return f" {prefix}-{tone}" if _TONE.fullmatch(tone) else ""


def time_text(rfc3339: str) -> str:
    """A moment as people read it; what is no moment is shown as it is."""
    match = _RFC3339.fullmatch(rfc3339)
    return f"{match[1]} {match[2]} UTC" if match else rfc3339


def inline(item: Inline, link: Link) -> str:
    """A piece of running text."""
    match item:
        case str():
            return _long(item, "span", "") if len(item) > LONG else escape(item)
        case Code(text):
            return _long(text, "code", ' class="rkedoc-code"')
        case Ref():
            return _ref(item, link)
        case Badge(text, tone):
            return f'<span class="rkedoc-badge{tone_class("rkedoc-tone", tone)}">{escape(text)}</span>'
        case Time(rfc3339, past):
            if _DAY.fullmatch(rfc3339):
                later = f' data-rkedoc-past="{escape(past)}"' if past else ""
                return f'<time datetime="{rfc3339}" data-rkedoc-day=""{later}>{rfc3339}</time>'
            if _RFC3339.fullmatch(rfc3339) is None:
                return escape(rfc3339)
            day, _space, rest = time_text(rfc3339).partition(" ")
            return f'<time datetime="{escape(rfc3339)}" data-rkedoc-time=""><span class="rkedoc-day">{day}</span> {rest}</time>'
        case Strong(text):
            return f"<strong>{escape(text)}</strong>"
        case Hidden():
            return f'<span class="rkedoc-hidden">{escape(item.text)}</span>'
        case ReadIn(place):
            return (
                f'<span class="rkedoc-read"><button type="button" aria-label="{escape(_("Where this was read"))}">i</button>'
                f'<span role="note">{cell((_("read in:"), " ", *place), link)}</span></span>'
            )
        case ExtRef(url, text):
            if _HTTPS.fullmatch(url) is None:
                return escape(text)
            return f'<a class="reference external" href="{_escape(url)}" rel="noopener noreferrer">{escape(text)}</a>'


def _ref(ref: Ref, link: Link) -> str:
    text = escape(ref.name if ref.text is None else ref.text)
    address = link(ref)
    if address is None:
        return f'<span class="rkedoc-name">{text}</span>'
    return f'<a class="reference internal" href="{_escape(address)}">{text}</a>'


def _long(text: str, tag: str, attributes: str) -> str:
    if len(text) <= LONG:
        return f"<{tag}{attributes}>{escape(text)}</{tag}>"
    start, _left = cut(text[: LONG // 2])
    count = _("{count} characters").format(count=f"{len(text):,}")
    return (
        f'<details class="rkedoc-long"><summary><{tag}{attributes}>{_escape(start)}…</{tag}>'
        f'<span class="rkedoc-muted">{_escape(in_brackets("", count))}</span></summary>'
        f"<{tag}{attributes}>{escape(text)}</{tag}></details>"
    )


def cell(inlines: Cell, link: Link) -> str:
    """The content of a cell of a table, or of a paragraph."""
    return "".join([inline(item, link) for item in typeset(inlines)])


def block(item: Block, link: Link, level: int) -> str:
    """A block. ``level`` is that of the heading of the section it stands in; headings in it begin one below."""
    match item:
        case Facts(rows):
            body = "".join(
                [f'<tr><th scope="row">{escape(name)}</th><td>{cell(c, link)}</td></tr>\n' for name, c in rows]
            )
            return (
                f'<div class="rkedoc-rows"><table class="docutils rkedoc-facts"><tbody>\n{body}</tbody></table></div>\n'
            )
        case Table():
            return table(item, link)
        case Para(inlines, tone):
            return f'<p class="rkedoc-para{tone_class("rkedoc-tone", tone)}">{cell(inlines, link)}</p>\n'
        case ListBlock(items):
            body = "".join([f"<li>{cell(c, link)}</li>\n" for c in items])
            return f'<ul class="simple rkedoc-list">\n{body}</ul>\n'
        case CodeBlock(text, language):
            kind = tone_class("rkedoc-language", language)
            return f'<div class="rkedoc-block{kind}"><pre>{_lines(text, language)}</pre></div>\n'
        case Callout():
            return f"{open_callout(item)}{blocks(item.body, link, level)}</div>\n"
        case Details():
            return f"{open_details(item, link)}{blocks(item.body, link, level)}</div></details>\n"
        case Part():
            return f"{open_part(item, level + 1)}{blocks(item.body, link, level + 1)}</section>\n"
        case Picture():
            return picture(item, link)
        case Image(file=file, title=title, width=width, height=height):
            shown = escape(title)
            return (
                f'<figure class="rkedoc-picture"><figcaption>{shown}</figcaption>'
                f'<img src="{_escape(file)}" alt="{shown}" width="{width}" height="{height}"/></figure>\n'
            )
        case _:
            raise TypeError(f"{type(item).__name__} is no plain block")


_DIFF = {"+": "added", "-": "removed", "@": "place"}


def _lines(text: str, language: str) -> str:
    """Lines as they are; those of a comparison each with the class of what happened to it."""
    if language != "diff":
        return escape(text)
    return "\n".join(
        f'<span class="rkedoc-line-{_DIFF[line[0]]}">{line}</span>' if line[:1] in _DIFF else line
        for line in escape(text).split("\n")
    )


def blocks(items: Iterable[Block], link: Link, level: int) -> str:
    """Several blocks, one after the other."""
    return "".join([block(item, link, level) for item in items])


def open_callout(item: Callout) -> str:
    """The start of a callout, up to its body."""
    heading = f'<p class="rkedoc-callout-title">{escape(item.title)}</p>' if item.title else ""
    return f'<div class="rkedoc-callout{tone_class("rkedoc-tone", item.tone)}" role="note">{heading}\n'


def open_details(item: Details, link: Link) -> str:
    """The start of folded blocks, up to their body."""
    return f'<details class="rkedoc-details"><summary>{cell(item.summary, link)}</summary><div>\n'


def open_part(item: Part, level: int) -> str:
    """The start of a titled group, up to its body; ``level`` is that of its heading."""
    tag = f"h{min(level, 6)}"
    anchor = _escape(item.anchor)
    permalink = (
        f'<a class="headerlink" href="#{anchor}" title="{escape(_("Link to this heading"))}">#</a>' if anchor else ""
    )
    ident = f' id="{anchor}"' if anchor else ""
    return f'<section class="rkedoc-part"{ident}><{tag}>{escape(item.title)}{permalink}</{tag}>\n'


def table(item: Table, link: Link) -> str:
    """A table that is never wider than the page. Where the page is too narrow for its columns each row becomes a card, in which every cell
    says the name of its column."""
    if not item.rows:
        return f'<p class="rkedoc-empty">{escape(item.empty)}</p>\n' if item.empty else ""
    item = saying(item)
    found = widths(item)
    kind = " rkedoc-below" if item.below else " rkedoc-crowded" if found.crowded else ""
    least = "" if item.below else f' style="--rk-least:{found.least}"'
    limit = f' style="max-width:{found.whole}ch"' if found.whole < _PAGE and not item.below else ""
    columns = "" if item.below else "".join([f'<col style="width:{share}%">' for share in found.shares])
    names = [escape(name) for name in item.columns]
    head = "".join([f'<th scope="col">{name}</th>' for name in names])
    caption = f"<caption>{escape(item.caption)}</caption>" if item.caption else ""
    marks = f' data-rkedoc-filter="{escape(_("Filter the rows"))}"' if item.filterable and len(item.rows) > 5 else ""
    label = "" if item.caption else f' aria-label="{between().join(filter(None, names))}"'
    values = () if item.below or len(item.rows) <= _UNSORTED else sort_values(item)
    body = "".join(
        [
            _row(row, names, breaking, link, [of[at] if of else "" for of in values])
            for at, (row, breaking) in enumerate(zip(item.rows, found.breaking, strict=True))
        ]
    )
    return (
        f'<div class="rkedoc-rows"{least}{marks}><table class="docutils rkedoc-table{kind}"{label}{limit}>{caption}'
        f"<colgroup>{columns}</colgroup><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )


_PAGE = 120
"""Characters from which a table takes the whole width."""


_UNSORTED = 3
"""Rows up to which the page offers no sorting."""


def _row(row: Row, names: list[str], breaking: frozenset[int], link: Link, values: list[str]) -> str:
    anchor = row_anchor(row)
    mark = f' id="{_escape(anchor)}"' if anchor else ""
    sorts = _sorted_by(values, len(names))
    cells = [
        f'<td data-label="{name}"{sort}{_BREAKS if place in breaking else ""}>{cell(c, link)}</td>'
        for place, (c, name, sort) in enumerate(zip(row.cells, names, sorts, strict=False))
    ]
    return f"<tr{mark}>{''.join(cells)}</tr>\n"


def _sorted_by(values: list[str], columns: int) -> list[str]:
    """The attribute by which each cell of a row is sorted, empty where that are its words."""
    return [f' data-sort="{value}"' if value else "" for value in values] or [""] * columns


_BREAKS = ' class="rkedoc-breaks"'


def picture(item: Picture, link: Link) -> str:
    """A picture with its title above it, how to read it below, and folded away the table that says the same and the
    picture for other programs."""
    title = escape(item.title)
    return (
        f'<figure class="rkedoc-picture"><figcaption>{title}</figcaption>{_drawings(drawn(item.drawing, link), title)}'
        f'<details class="rkedoc-details"><summary>{escape(_("The picture as a table, and as a file"))}</summary><div>\n'
        f"{table(item.table, link)}{_files(item)}</div></details></figure>\n"
    )


STEPS = (360, 440, 520, 600, 660, 700, 736, 800, 860, 900, 940)
"""The widths from which the style sheet shows a wide drawing: each is shown from the first one that it has room in."""


def _drawings(shown: Drawn, title: str) -> str:
    out = ""
    if shown.legend:
        marks = [f"<li>{_bare(mark(item))}{escape(item.label)}</li>" for item in shown.legend]
        out += f'<ul class="rkedoc-legend" aria-label="{escape(_("How to read it"))}">{"".join(marks)}</ul>'
    if shown.tiles:
        out += f'<div class="rkedoc-tiles">{"".join([_svg(tile, title) for tile in shown.tiles])}</div>'
    if shown.wide is not None:
        start = next(step for step in STEPS if shown.wide.width <= step)
        out += _svg(shown.wide, title, f" rkedoc-wide rkedoc-from-{start}")
    if shown.narrow is not None:
        out += _svg(shown.narrow, title, " rkedoc-narrow")
    return out


def _svg(svg: Svg, title: str, kind: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="rkedoc-svg{kind}" {_size(svg)} role="group" aria-label="{title}">{svg.markup}</svg>'


def _bare(svg: Svg) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rkedoc-svg" {_size(svg)} aria-hidden="true">{svg.markup}</svg>'
    )


def _size(svg: Svg) -> str:
    return f'width="{svg.width}" height="{svg.height}" viewBox="0 0 {svg.width} {svg.height}"'


def _files(item: Picture) -> str:
    """The picture for other programs, in the page itself, so that it can be had without a server."""
    graph = graph_of(item.drawing)
    name = escape(page_key(item.title))
    links = [
        f'<a class="rkedoc-file" download="{name}.{ending}" href="data:{kind};charset=utf-8,{_quoted(text)}">{words}</a>'
        for words, ending, kind, text in (
            ("Mermaid", "mmd", "text/plain", mermaid(graph)),
            ("draw.io", "drawio", "application/xml", drawio(graph, item.title)),
        )
    ]
    return f"<p>{escape(''.join(map(str, typeset((_('As a file for:'), ' ')))))}{between().join(links)}</p>\n"


def _quoted(text: str) -> str:
    """Text as the data of an address: what a page or an address would take for its own, and what is not ASCII, by numbers."""
    if not text.isascii():
        return quote(text, safe=_UNQUOTED)
    for char, number in _QUOTED:
        text = text.replace(char, number)
    return text


_UNQUOTED = "=/:;,()[]{}|+-._~!*@?"
# In the files above no other characters of ASCII stand: controls have been made visible. The sign of quoting comes first.
_QUOTED = [(char, quote(char)) for char in "%#<>\"& \n'`^\\$"]
