"""The peer of a site: the same content written as ordinary MyST pages with Markdown tables, as a person would.

``python -m bench.handmade SNAPSHOT FOLDER`` writes the project. What our views say goes into the pages as Markdown;
drawings are left out (the table that says the same stays), which favours the peer.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.snapshot.reader import load
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
    Prose,
    ReadIn,
    Ref,
    Strong,
    Table,
    Time,
)  # fmt: skip
from rkedoc.sphinxext.generate import Templates, page_text
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.project import settings
from rkedoc.sphinxext.site import Site

_TITLE = re.compile(r"# \{rkedoc-title\}`[^`]*`")
_HEADING = re.compile(r"## \{rkedoc-heading\}`([^`]*)`")
_VIEW = re.compile(r"```\{rkedoc\} (\S+) (\S+)\n```")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#$~])")
_SPACE = re.compile(r"\s+")
_LINKED = {"workload", "namespace", "node", "page", "deployment", "daemonset", "enginecontainer"}


def write_project(site: Site, folder: Path) -> int:
    """Write the pages and ``conf.py``; gives the number of pages."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {key: value for key, value in settings("bench").items() if key != "extensions"}
    lines = ['extensions = ["myst_parser"]', *(f"{key} = {value!r}" for key, value in values.items())]
    # The theme's sidebars would repeat a whole section on each of its pages, most of what large sites cost it.
    lines.append('html_sidebars = {"**": []}')
    (folder / "conf.py").write_text("\n".join(lines) + "\n", "utf-8")
    templates = Templates()
    addresses = {("page", page.key): page.docname for page in site.pages.values()}
    addresses |= {(page.kind, page.subject): page.docname for page in site.pages.values() if page.subject}
    for page in site.pages.values():
        path = folder / f"{page.docname}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = _Writer(addresses, PurePosixPath(page.docname).parent)
        text = page_text(site, page, templates, PurePosixPath(""))
        text = _TITLE.sub(lambda _: f"# {_escape(page.title or page.key)}", text)  # noqa: B023 - used before the next
        text = _HEADING.sub(lambda match: f"## {match[1]}", text)
        text = _VIEW.sub(lambda match: writer.blocks(PAGES.views[match[1]](site, match[2]), 3), text)  # noqa: B023 - the same
        path.write_text(text, "utf-8")
    return len(site.pages)


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _SPACE.sub(" ", text))


class _Writer:
    """Blocks of a view as Markdown."""

    def __init__(self, addresses: dict[tuple[str, str], str], here: PurePosixPath) -> None:
        self._addresses = addresses
        self._here = here

    def blocks(self, found: Iterable[Block], level: int) -> str:
        return "\n\n".join(self.block(block, level) for block in found) + "\n"

    def block(self, block: Block, level: int) -> str:
        match block:
            case Para():
                return self.cell(block.inlines)
            case Table():
                rows = [[self.cell(cell) for cell in row.cells] for row in block.rows]
                return _table(block.columns, rows) if rows else _escape(block.empty)
            case Facts():
                return _table(("", ""), [[_escape(name), self.cell(cell)] for name, cell in block.rows])
            case ListBlock():
                return "\n".join(f"- {self.cell(item)}" for item in block.items)
            case CodeBlock():
                return f"````{block.language}\n{block.text}\n````"
            case Callout():
                return f"```{{admonition}} {_escape(block.title)}\n{self.blocks(block.body, level)}```"
            case Details():
                return f"**{self.cell(block.summary)}**\n\n{self.blocks(block.body, level)}"
            case Part():
                return f"{'#' * min(level, 6)} {_escape(block.title)}\n\n{self.blocks(block.body, level + 1)}"
            case Prose():
                return block.markdown
            case Picture():
                return f"{_escape(block.title)}\n\n{self.block(block.table, level)}"
            case Image():
                return f"![{_escape(block.title)}]({block.file})"

    def cell(self, cell: Cell) -> str:
        return "".join(self.inline(item) for item in cell)

    def inline(self, item: Inline) -> str:
        match item:
            case str():
                return _escape(item) if item.strip() else item
            case Code():
                return f"`` {item.text} ``" if "`" in item.text else f"`{' '.join(item.text.split()) or '-'}`"
            case Badge() | Strong():
                return f"**{_escape(item.text)}**"
            case Time():
                return item.rfc3339
            case Hidden():
                return "*hidden*"
            case ExtRef():
                return f"[{_escape(item.text)}]({item.url})"
            case Ref():
                return self._link(item)
            case ReadIn():
                return f"({self.cell(item.place)})"

    def _link(self, ref: Ref) -> str:
        text = ref.text or ref.name
        kind = "workload" if ref.kind in ("deployment", "daemonset") else ref.kind
        address = self._addresses.get((kind, ref.name)) if ref.kind in _LINKED else None
        return f"`{text}`" if address is None else f"[{_escape(text)}]({os.path.relpath(address, self._here)}.md)"


def _table(columns: Iterable[str], rows: list[list[str]]) -> str:
    head = [_escape(column) for column in columns]
    lines = [head, ["---"] * len(head), *([cell.replace("\n", " ") or " " for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Write the project of a snapshot."""
    write_project(Site(Cluster(load(sys.argv[1]), load_catalog())), Path(sys.argv[2]))


if __name__ == "__main__":
    main()
