"""What Markdown that people bring may hold: an allowlist, since a site that others write for must not run what they write.

An annotation file becomes part of a page. Raw HTML runs in the browser of whoever reads it, an include reads files of the machine that
builds, a remote image tells a foreign server who reads. What is not listed here is refused, with its line, unless the configuration says
that the files are trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.substitution import substitution_plugin

CONTAINERS: Final = frozenset(
    {
        "admonition", "attention", "caution", "danger", "deprecated", "epigraph", "error", "hint", "important", "list-table", "note",
        "seealso", "sidebar", "tip", "topic", "versionadded", "versionchanged", "warning",
    }
)  # fmt: skip
"""Directives whose content is Markdown, which is looked at in turn."""

DIRECTIVES: Final = CONTAINERS | {
    "code", "code-block", "csv-table", "figure", "glossary", "highlight", "image", "math", "rkedoc-picture", "rkedoc-table", "rubric",
    "sourcecode", "table",
}  # fmt: skip
"""Directives that are allowed. Those of the domain of Kubernetes are too."""

ROLES: Final = frozenset(
    {
        "abbr", "any", "code", "command", "dfn", "doc", "emphasis", "file", "guilabel", "kbd", "literal", "math", "menuselection", "numref",
        "program", "ref", "samp", "strong", "sub", "subscript", "sup", "superscript", "term",
    }
)  # fmt: skip
"""Roles that are allowed, beside those of the domain of Kubernetes and references to other inventories."""

_FILE_OPTIONS: Final = frozenset({"file", "url"})
_FENCE: Final = re.compile(r"\{(?P<name>[^\s}]+)\}\s*(?P<argument>.*)", re.DOTALL)
_OPTION: Final = re.compile(r":(?P<key>[\w-]+):\s*(?P<value>.*)")
_COMMENT: Final = re.compile(r"\s*<!--(?!>|->)[^<>]*-->\s*")
_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_PAGE: Final = frozenset({".md", ".html", ".rst"})
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something in a text that is not allowed: the line, counted from 1, and what to do instead."""

    line: int
    message: str


def refusals(text: str) -> tuple[Refusal, ...]:
    """Everything in an annotation file that is not allowed in a page, in order. The front matter is not looked at: its values are shown
    as text."""
    lines = text.lstrip("\ufeff").splitlines()
    begins = 0
    if lines and lines[0].strip() == "---":
        begins = next((number for number, line in enumerate(lines[1:], 2) if line.strip() == "---"), 0)
    found = _of_text("\n".join(lines[begins:]), begins, 0)
    return tuple(sorted(dict.fromkeys(found), key=lambda refusal: refusal.line))


@cache
def _parser() -> MarkdownIt:
    """Everything that a project can switch on is looked for, whether it is switched on or not."""
    parser = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # a link that is left as text is refused all the same
    for plugin in (
        colon_fence_plugin, deflist_plugin, dollarmath_plugin, footnote_plugin, myst_block_plugin, myst_role_plugin, substitution_plugin,
    ):  # fmt: skip
        parser.use(plugin)
    return parser


def _of_text(text: str, before: int, depth: int) -> Iterator[Refusal]:
    """What is refused in a text that begins after ``before`` lines of its file."""
    if depth > _DEEPEST:
        yield Refusal(before + 1, "directives are nested too deep: take them apart")
        return
    yield from _of_tokens(_parser().parse(text), before, before + 1, depth)


def _of_tokens(tokens: Sequence[Token], before: int, line: int, depth: int) -> Iterator[Refusal]:
    for token in tokens:
        if token.map is not None:
            line = before + token.map[0] + 1
        yield from _of_token(token, line, depth)
        if token.children:
            yield from _of_tokens(token.children, before, line, depth)


def _of_token(token: Token, line: int, depth: int) -> Iterator[Refusal]:
    match token.type:
        case "html_block" | "html_inline":
            if not _COMMENT.fullmatch(token.content):
                yield Refusal(line, f"raw HTML ({_shown(token.content)}): write it as Markdown")
        case "fence" | "colon_fence":
            yield from _of_fence(token, line, depth)
        case "myst_role":
            name = str(token.meta.get("name", ""))
            if name not in ROLES and not name.startswith(("k8s:", "external")):
                yield Refusal(line, f"the role {{{name}}} is not allowed here: {_names(ROLES)} are, and those of k8s:")
        case "link_open":
            yield from _of_link(str(token.attrs.get("href", "")), line)
        case "image":
            yield from _of_image(str(token.attrs.get("src", "")), line)
        case "substitution_block" | "substitution_inline":
            yield Refusal(line, "a substitution ({{…}}): write out what it stands for")
        case _:
            return


def _of_fence(token: Token, line: int, depth: int) -> Iterator[Refusal]:
    match = _FENCE.match(token.info.strip())
    if match is None:
        return  # a block of code
    name, argument = match["name"], match["argument"].strip()
    if name not in DIRECTIVES and not name.startswith("k8s:"):
        yield Refusal(
            line, f"the directive {{{name}}} is not allowed here: {_names(DIRECTIVES)} are, and those of k8s:"
        )
        return
    options, content, skipped = _options(token.content)
    for key, value in options:
        if key in _FILE_OPTIONS:
            yield Refusal(line, f"the option :{key}: of {{{name}}} reads a file: write its content into the directive")
        if key == "target":
            yield from _of_link(value, line)
    if name in ("image", "figure"):
        yield from _of_image(argument, line)
    if name in CONTAINERS or name in ("figure", "glossary", "table", "csv-table") or name.startswith("k8s:"):
        yield from _of_text(argument, line - 1, depth + 1)
        yield from _of_text(content, line + skipped, depth + 1)


def _options(content: str) -> tuple[list[tuple[str, str]], str, int]:
    """The options of a directive, in either form, its content, and how many lines lie before that."""
    lines = content.splitlines()
    found: list[tuple[str, str]] = []
    at = 0
    if lines and lines[0].strip() == "---":
        at = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == "---"), len(lines) - 1) + 1
        for line in lines[1:at]:
            key, colon, value = line.partition(":")
            if colon:
                found.append((key.strip().strip("\"'").lower(), value.strip().strip("\"'")))
    else:
        while at < len(lines) and (match := _OPTION.match(lines[at].strip())):
            found.append((match["key"].lower(), match["value"].strip()))
            at += 1
    return found, "\n".join(lines[at:]), at


def _of_link(target: str, line: int) -> Iterator[Refusal]:
    scheme = _SCHEME.match(target.strip())
    if scheme is not None:
        if scheme["scheme"].lower() not in _SCHEMES:
            yield Refusal(line, f"a link to {_shown(target)}: only http, https and mailto are followed")
    elif _leaves(target.partition("#")[0]):
        yield Refusal(line, f"a link to the file {_shown(target)}: link to a page, or put the file beside this one")


def _leaves(path: str) -> bool:
    """Whether a relative target can be a file elsewhere, which would be copied into the site."""
    pure = PurePosixPath(path.replace("%2e", ".").replace("%2E", ".").replace("%2f", "/").replace("%2F", "/"))
    outside = path.startswith(("/", "\\", "~")) or ".." in pure.parts or "\\" in path
    return outside and pure.suffix not in _PAGE


def _of_image(source: str, line: int) -> Iterator[Refusal]:
    if _SCHEME.match(source.strip()) or source.strip().startswith("//"):
        yield Refusal(
            line, f"a remote image ({_shown(source)}): a site asks nothing of the network; put it beside this file"
        )
    elif _leaves(source):
        yield Refusal(line, f"an image outside of this folder ({_shown(source)}): put it beside this file")


def _shown(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else f"{words[:60]}…"


def _names(known: frozenset[str]) -> str:
    return ", ".join(sorted(known))
