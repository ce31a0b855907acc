"""What Markdown that people bring may hold: an allowlist, since a site that others write for must not run what they write.

An annotation file becomes part of a page. Raw HTML runs in the browser of whoever reads it, an include reads files of the machine that
builds, a remote image tells a foreign server who reads. What is not listed here is refused, with its line, unless the configuration says
that the files are trusted.

A text is read as a page reads it: cut into the same sections, and with every syntax that a project can switch on both on and off, since
what one of them hides another shows. Of what only looks like an option or a path, nothing is guessed: it is refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations
from typing import Any, Final
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.field_list import fieldlist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.substitution import substitution_plugin

from rkedoc.catalog.entry import written
from rkedoc.errors import CatalogError

LITERAL: Final = frozenset({"code", "code-block", "highlight", "rkedoc-picture", "rkedoc-table", "sourcecode"})
"""Directives whose content is shown as it stands, or that have none."""

DIRECTIVES: Final = LITERAL | {
    "admonition", "attention", "caution", "csv-table", "danger", "deprecated", "error", "figure", "hint", "image", "important",
    "list-table", "note", "rubric", "seealso", "sidebar", "table", "tip", "topic", "versionadded", "versionchanged", "warning",
}  # fmt: skip
"""Directives that are allowed. Those of the domain of Kubernetes are too. Mathematics is not: Sphinx shows it with a script of a foreign
server."""

OPTIONS: Final = frozenset(
    {
        "align", "alt", "caption", "class", "collapsible", "columns", "dedent", "emphasize-lines", "figclass", "figwidth", "force", "header",
        "header-rows", "height", "lineno-start", "linenos", "name", "namespace", "no-index", "number-lines", "open", "scale", "stub-columns",
        "subtitle", "target", "where", "width", "widths",
    }
)  # fmt: skip
"""Options of directives that are allowed: those that read no file and change nothing in how the content is read."""

ROLES: Final = frozenset(
    {
        "abbr", "any", "code", "command", "dfn", "doc", "emphasis", "file", "guilabel", "kbd", "literal", "menuselection", "numref",
        "program", "ref", "samp", "strong", "sub", "subscript", "sup", "superscript", "term",
    }
)  # fmt: skip
"""Roles that are allowed, beside those of the domain of Kubernetes and references to other inventories."""

_OF_KUBERNETES: Final = re.compile(r"k8s:[a-z]+")
_ROLE: Final = re.compile(r"k8s:[a-z]+|external(?:\+[\w.-]+)?(?::[\w-]+){0,2}")
_FENCE: Final = re.compile(r"\{(?P<name>[^\s}]+)\}\s*(?P<argument>.*)", re.DOTALL)
_OPTION: Final = re.compile(
    r"""(?P<key>[a-z][a-z-]*):(?:[ ]+(?:"(?P<double>[^"\\]*)"|'(?P<single>[^']*)'|(?P<plain>[^\s&*!|>%@`{}\[\],#?"'-](?:(?!\s\#).)*))?)?[ ]*"""
)
_COMMENT: Final = re.compile(r"\s*<!--(?!>|->)[^<>]*-->\s*")
_LINK: Final = re.compile(r"(?:https?|mailto|inv):.*|\#.*|[\w./ %+-]*\.md(?:\#.*)?|[\w -]*", re.IGNORECASE | re.DOTALL)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_PICTURE: Final = re.compile(r"(?!/)(?!.*\.\.)[\w./%()+,@~-]+\.(?:png|jpe?g|gif|svg|webp|avif)", re.IGNORECASE)
_SYNTAXES: Final[tuple[tuple[re.Pattern[str], Callable[[MarkdownIt], None]], ...]] = (
    (re.compile(r":::"), colon_fence_plugin),
    (re.compile(r"\$"), dollarmath_plugin),
    (re.compile(r"\\begin\{"), amsmath_plugin),
    (re.compile(r"^\s*[:~]\s", re.MULTILINE), deflist_plugin),
    (re.compile(r"^\s*:[^:\s]", re.MULTILINE), fieldlist_plugin),
    (re.compile(r"\{\{"), substitution_plugin),
    (
        re.compile(r"[])`]\{"),
        partial(attrs_plugin, after=("image", "code_inline", "link_close", "span_close"), spans=True),
    ),
    (re.compile(r"^\s*\{", re.MULTILINE), attrs_block_plugin),
)
"""The syntaxes that a project can switch on and that take text away from the others, each with what has to be there for it."""

_BY_REFERENCE: Final = "#by-reference"
_DEEPEST: Final = 8
_LONGEST: Final = 500_000
"""Characters that are read for one section, those that are read again included: what mixes all syntaxes would cost minutes."""


class _AnyLabel(dict[str, Any]):
    """Definitions of links among which every label is found: one that is not here can stand in another text of the same page."""

    def get(self, label: str, default: Any = None) -> Any:
        """A definition that tells that it is one; labels of footnotes are none."""
        return default if label.startswith("^") else {"href": _BY_REFERENCE, "title": ""}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something in a text that is not allowed: the line, counted from 1, and what to do instead."""

    line: int
    message: str


def refusals(text: str) -> tuple[Refusal, ...]:
    """Everything in an annotation file that is not allowed in a page, in order.

    The front matter is not looked at: its values are shown as text. Of a file without one there is nothing to show.
    """
    found: dict[Refusal, None] = {}
    try:
        sections = tuple(written(text, ""))
    except CatalogError:
        return ()
    for shown, numbers in sections:
        for refusal in _Reading(numbers).of_text(shown, 0, 0):
            found[refusal] = None
    return tuple(sorted(found, key=lambda refusal: refusal.line))


def link_refusal(target: str) -> str | None:
    """Why a page may not link there; ``None`` if it may."""
    if _LINK.fullmatch(target.strip()):
        return None
    if _SCHEME.match(target.strip()):
        return f"a link to {_shown(target)}: only http, https and mailto are followed"
    return f"a link to the file {_shown(target)}: link to a page (.md), a heading (#…) or a site"


def image_refusal(source: str) -> str | None:
    """Why a page may not show that picture; ``None`` if it may."""
    plain = unquote("".join(source.split()))
    if "%" not in plain and _PICTURE.fullmatch(plain):
        return None
    if _SCHEME.match(plain):
        return f"a remote image ({_shown(source)}): a site asks nothing of the network"
    return f"the image {_shown(source)}: only pictures (.png, .svg, .jpg, .webp) below the page's own folder are shown"


def html_refusal(markup: str) -> str | None:
    """Why a page may not hold this HTML; ``None`` for a comment, which shows nothing."""
    return None if _COMMENT.fullmatch(markup) else f"raw HTML ({_shown(markup)}): write it as Markdown"


def mathematics_refusal(formula: str) -> str | None:
    """Why a page may not show this formula; ``None`` for one without commands, some of which make links and styles."""
    return f"mathematics with commands ({_shown(formula)}): write it as code" if "\\" in formula else None


@cache
def _parser(*plugins: Callable[[MarkdownIt], None]) -> MarkdownIt:
    """MyST's parser, with these plug-ins switched on."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.use(front_matter_plugin).use(myst_block_plugin).use(myst_role_plugin)
    parser.use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # a link that is left as text is refused all the same
    for plugin in plugins:
        parser.use(plugin)
    return parser


class _Reading:
    """One section while it is read: the number of each of its lines, and what of it was looked at already."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = numbers
        self._read: set[str] = set()
        self._left = _LONGEST

    def of_text(self, text: str, before: int, depth: int) -> Iterator[Refusal]:
        """What is refused in a text that begins after ``before`` lines of the section."""
        if text in self._read or not text.strip():
            return
        self._read.add(text)
        if depth > _DEEPEST:
            yield self._refusal(before, "directives are nested too deep: take them apart")
            return
        there = [plugin for sign, plugin in _SYNTAXES if sign.search(text)]
        for count in range(len(there) + 1):
            for plugins in combinations(there, count):
                self._left -= len(text)
                if self._left < 0:
                    yield self._refusal(before, "too much markup of too many kinds: take the section apart")
                    return
                yield from self._of_syntax(_parser(*plugins), text, before, depth)

    def _of_syntax(self, parser: MarkdownIt, text: str, before: int, depth: int) -> Iterator[Refusal]:
        env: dict[str, Any] = {"references": {}}
        yield from self._of_tokens(parser.parse(text, env), before, before, depth)
        for definition in (*env["references"].values(), *env.get("duplicate_refs", ())):
            yield from self._told(before + definition["map"][0], link_refusal(str(definition["href"])))
        yield from self._of_tokens(parser.parse(text, {"references": _AnyLabel()}), before, before, depth)

    def _of_tokens(self, tokens: Sequence[Token], before: int, line: int, depth: int) -> Iterator[Refusal]:
        for token in tokens:
            if token.map is not None:
                line = before + token.map[0]
            yield from self._of_token(token, line, depth)
            if token.children:
                yield from self._of_tokens(token.children, before, line, depth)

    def _of_token(self, token: Token, line: int, depth: int) -> Iterator[Refusal]:
        match token.type:
            case "html_block" | "html_inline":
                yield from self._told(line, html_refusal(token.content))
            case "fence" | "colon_fence":
                yield from self._of_fence(token, line, depth)
            case "myst_role":
                name = str(token.meta.get("name", ""))
                if name not in ROLES and not _ROLE.fullmatch(name):
                    yield self._refusal(
                        line, f"the role {{{name}}} is not allowed here: {_names(ROLES)} are, and those of k8s:"
                    )
            case "link_open":
                yield from self._told(line, link_refusal(str(token.attrs.get("href", ""))))
            case "image" if token.attrs.get("src") == _BY_REFERENCE:
                yield self._refusal(
                    line, "an image by reference: write its path where it is shown, ![words](picture.png)"
                )
            case "image":
                yield from self._told(line, image_refusal(str(token.attrs.get("src", ""))))
            case "substitution_block" | "substitution_inline":
                yield self._refusal(line, "a substitution ({{…}}): write out what it stands for")
            case kind if kind.startswith(("math_", "amsmath")):
                yield from self._told(line, mathematics_refusal(token.content))
            case _:
                return

    def _of_fence(self, token: Token, line: int, depth: int) -> Iterator[Refusal]:
        match = _FENCE.match(token.info.strip())
        if match is None:
            return  # a block of code
        name, argument = match["name"], match["argument"].strip()
        if name not in DIRECTIVES and not _OF_KUBERNETES.fullmatch(name):
            yield self._refusal(
                line, f"the directive {{{name}}} is not allowed here: {_names(DIRECTIVES)} are, and those of k8s:"
            )
            return
        options, rest = _options(token.content)
        for key, value in options:
            if value is None:
                yield self._refusal(line, f"the options of {{{name}}}: write each on a line, as :key: value")
            elif key not in OPTIONS:
                yield self._refusal(
                    line, f"the option :{key}: of {{{name}}} is not allowed here: {_names(OPTIONS)} are"
                )
            elif key == "target":
                yield from self._told(line, link_refusal(value))
            else:
                yield from self.of_text(value, line, depth + 1)
        if name in ("image", "figure"):
            yield from self._told(line, image_refusal(argument))
        if name == "csv-table":
            header = next((value for key, value in options if key == "header" and value), "")
            yield from self._of_cells([header, *rest.split("\n")], line, depth)
        if name not in LITERAL:
            # Some take what follows their name, or what looks like options, for the first lines of the content.
            skipped = token.content.count("\n") - rest.count("\n")
            yield from self.of_text(rest, line + 1 + skipped, depth + 1)
            yield from self.of_text(token.content, line + 1, depth + 1)
            yield from self.of_text(argument, line, depth + 1)
            yield from self.of_text(f"{argument}\n{rest}", line, depth + 1)
            yield from self.of_text(f"{argument}\n{token.content}", line, depth + 1)

    def _of_cells(self, lines: Sequence[str], line: int, depth: int) -> Iterator[Refusal]:
        """What is refused in the cells of a table of comma-separated values, each of which is a text of its own."""
        try:
            rows = list(csv.reader([f"{one}\n" for one in lines], skipinitialspace=True, strict=True))
        except csv.Error as error:
            yield self._refusal(
                line, f"the rows of {{csv-table}} cannot be read ({error}): write them as a {{list-table}}"
            )
            return
        for cell in (cell for row in rows for cell in row):
            yield from self.of_text(cell.strip(), line, depth + 1)

    def _told(self, line: int, message: str | None) -> Iterator[Refusal]:
        if message is not None:
            yield self._refusal(line, message)

    def _refusal(self, line: int, message: str) -> Refusal:
        return Refusal(self._number(line), message)

    def _number(self, line: int) -> int:
        """The number in the file of a line of the section, counted from 0."""
        return self._numbers[min(line, len(self._numbers) - 1)]


def _options(content: str) -> tuple[list[tuple[str, str | None]], str]:
    """The options of a directive, in either form, and its content. A line that is none and stands among them has no value."""
    lines = content.split("\n")
    found: list[str] = []
    if content.startswith("---"):
        end = next((number for number, line in enumerate(lines[1:], 1) if line.startswith("---")), 0)
        found = [line for line in lines[1:end] if line.strip()]
        if not end or lines[0].rstrip() != "---" or lines[end].rstrip() != "---":
            found.append("---")
        rest = lines[end + 1 :]
    else:
        rest = lines
        while rest and rest[0].lstrip().startswith(":") and not rest[0].lstrip().startswith(":::"):
            found.append(rest[0].lstrip()[1:])
            rest = rest[1:]
    return [_option(line) for line in found], "\n".join(rest)


def _option(line: str) -> tuple[str, str | None]:
    match = _OPTION.fullmatch(line)
    if match is None:
        return "", None
    return match["key"], (match["double"] or match["single"] or match["plain"] or "").strip()


def _shown(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else f"{words[:60]}…"


def _names(known: frozenset[str]) -> str:
    return ", ".join(sorted(known))
