"""The builder of Markdown: a folder of files that a git host shows without hosting, with ``llms.txt`` for assistants.

Links are relative and lead to anchors of the same names as in HTML. The first document is ``README.md``, which hosts show for the folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import quote

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.text import TextBuilder
from sphinx.util.osutil import copyfile, ensuredir

from rkedoc import __version__
from rkedoc.sphinxext.blocks import markdown
from rkedoc.sphinxext.blocks.nodes import Linker, view_blocks, view_group
from rkedoc.sphinxext.blocks.view import Callout, Details

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

README: Final = "README"


class Writer:
    """Prints the nodes of one document. ``level`` is that of the heading of the section in which a node stands."""

    def __init__(self, link: Linker, image: Any) -> None:
        self._link, self._image = link, image

    def document(self, document: nodes.document) -> str:
        """The whole document."""
        return f"{self._blocks(document.children, 0)}\n"

    def _blocks(self, children: Iterable[nodes.Node], level: int) -> str:
        return "\n\n".join(text for child in children if (text := self._block(child, level).rstrip()))

    def _block(self, node: nodes.Node, level: int) -> str:
        match node:
            case view_blocks():
                return markdown.blocks(node["blocks"], self._link, level)
            case view_group():
                return self._group(node, level)
            case nodes.section():
                return f"{_anchors(node)}{self._blocks(node.children, level + 1)}"
            case nodes.title():
                return markdown.heading(self._inlines(node), max(level, 1))
            case nodes.paragraph() | nodes.rubric() | addnodes.compact_paragraph() | nodes.line() | nodes.term():
                if any(isinstance(child, nodes.bullet_list) for child in node.children):
                    return self._blocks(node.children, level)
                return f"{_anchors(node)}{markdown.paragraph(self._inlines(node))}"
            case nodes.bullet_list():
                return self._list(node, level, lambda _place: "-")
            case nodes.enumerated_list():
                first = int(node.get("start", 1))
                return self._list(node, level, lambda place: f"{first + place}.")
            case nodes.literal_block() | nodes.doctest_block():
                return markdown.fenced(node.astext(), str(node.get("language", "")))
            case nodes.block_quote():
                return markdown.quoted(self._blocks(node.children, level))
            case nodes.Element() if isinstance(node, nodes.Admonition):
                title = next((child.astext() for child in node.children if isinstance(child, nodes.title)), "")
                body = [child for child in node.children if not isinstance(child, nodes.title)]
                return markdown.callout(_tone(node), title, self._blocks(body, level))
            case nodes.definition_list_item():
                head = [f"**{self._inlines(one)}**" for one in node.findall(nodes.term)]
                body = [one for one in node.children if isinstance(one, nodes.definition)]
                return f"{_term_anchors(node)}{', '.join(head)}\n\n{self._blocks(body, level)}"
            case nodes.table():
                return self._table(node)
            case nodes.image():
                return self._picture(node)
            case nodes.transition():
                return "---"
            case nodes.target() | nodes.comment() | nodes.substitution_definition() | nodes.raw() | nodes.Invisible():
                return _anchors(node) if isinstance(node, nodes.target) else ""
            case nodes.Inline() | nodes.Text():
                return self._inline(node)
            case nodes.Element():
                return f"{_anchors(node)}{self._blocks(node.children, level)}"
            case _:
                return ""

    def _group(self, node: nodes.Element, level: int) -> str:
        frame = node["frame"]
        if isinstance(frame, Callout):
            return markdown.callout(frame.tone, frame.title, self._blocks(node.children, level))
        if isinstance(frame, Details):
            return markdown.details(frame.summary, self._blocks(node.children, level))
        head = markdown.heading(markdown.escape(frame.title), level + 1, frame.anchor)
        return f"{head}\n\n{self._blocks(node.children, level + 1)}"

    def _list(self, node: nodes.Element, level: int, mark: Any) -> str:
        items = []
        for place, item in enumerate(node.children):
            sign = f"{mark(place)} "
            if isinstance(item, nodes.Element):
                text = self._blocks(item.children, level).replace("\n", f"\n{' ' * len(sign)}")
                items.append(f"{sign}{_anchors(item)}{text}")
        return "\n".join(line.rstrip() for line in "\n".join(items).split("\n"))

    def _table(self, node: nodes.Element) -> str:
        rows = [
            [self._blocks(entry.children, 0) for entry in row.children if isinstance(entry, nodes.entry)]
            for row in node.findall(nodes.row)
        ]
        has_head = any(True for _head in node.findall(nodes.thead))
        width = max((len(row) for row in rows), default=0)
        if not width:
            return ""
        head, body = (rows[0], rows[1:]) if has_head else ([""] * width, rows)
        title = next((self._inlines(one) for one in node.findall(nodes.title)), "")
        told = markdown.table([*head, *[""] * (width - len(head))], [[_in_cell(text) for text in row] for row in body])
        return f"{_anchors(node)}{f'**{title}**' if title else ''}\n\n{told}".lstrip("\n")

    def _picture(self, node: nodes.Element) -> str:
        return f"![{markdown.on_one_line(markdown.escape(str(node.get('alt', ''))))}]({self._image(node)})"

    def _inlines(self, node: nodes.Element) -> str:
        return "".join(self._inline(child) for child in node.children)

    def _inline(self, node: nodes.Node) -> str:
        match node:
            case nodes.Text():
                return markdown.escape(str(node).replace("\n", " "))
            case nodes.literal():
                return markdown.code(node.astext())
            case nodes.strong() | addnodes.literal_strong():
                return f"**{self._inlines(node)}**"
            case nodes.emphasis() | addnodes.literal_emphasis() | nodes.title_reference():
                return f"*{self._inlines(node)}*"
            case nodes.reference():
                address = node.get("refuri") or (f"#{node['refid']}" if node.get("refid") else "")
                return markdown.link_to(self._inlines(node), address) if address else self._inlines(node)
            case nodes.image():
                return self._picture(node)
            case nodes.target():
                return _anchors(node).strip() + self._inlines(node)
            case nodes.raw() | nodes.comment() | nodes.problematic():
                return ""
            case nodes.Element():
                return self._inlines(node)
            case _:
                return ""


def _anchors(node: nodes.Element) -> str:
    found = "".join(map(markdown.anchor_of, node.get("ids", ())))
    return f"{found}\n\n" if found else ""


def _term_anchors(node: nodes.Element) -> str:
    return "".join(_anchors(term) for term in node.findall(nodes.term))


def _in_cell(text: str) -> str:
    """Markdown of several blocks as the content of a cell, which is one line: blocks are parted by breaks."""
    return "\n".join(part for part in text.split("\n") if part.strip())


def _tone(node: nodes.Element) -> str:
    match type(node).__name__:
        case "danger" | "error" | "caution":
            return "bad"
        case "warning" | "attention" | "important":
            return "warn"
        case "tip" | "hint":
            return "ok"
        case _:
            return ""


class MarkdownBuilder(TextBuilder):
    """Writes a file of Markdown for each document, and ``llms.txt``."""

    name = "markdown"
    format = "markdown"
    epilog = "The Markdown files are in %(outdir)s."
    out_suffix = ".md"
    supported_image_types: ClassVar[list[str]] = ["image/svg+xml", "image/png", "image/jpeg", "image/gif"]
    prints_views = True
    """Views reach it as they are, and not as ordinary nodes."""

    def file_of(self, docname: str) -> str:
        """The file of a document."""
        return f"{README if docname == self.config.root_doc else docname}{self.out_suffix}"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """The address of a document from the root of the folder."""
        return quote(self.file_of(docname))

    def get_output_path(self, docname: str) -> Path:
        """Where the file of a document is written."""
        return Path(self.outdir, self.file_of(docname))

    def get_outdated_docs(self) -> Iterator[str]:
        """Those whose file is older than their source."""
        for docname in self.env.found_docs:
            file = self.get_output_path(docname)
            known = docname in self.env.all_docs and file.exists()
            if not known or self.env.doc2path(docname).stat().st_mtime > file.stat().st_mtime:
                yield docname

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write the file of a document."""
        self.post_process_images(doctree)
        up = "../" * docname.count("/")

        def image(node: nodes.Element) -> str:
            return f"{up}_images/{quote(self.images[node['uri']])}" if node["uri"] in self.images else str(node["uri"])

        text = Writer(Linker(self.env, docname, self.get_relative_uri), image).document(doctree)
        path = self.get_output_path(docname)
        ensuredir(path.parent)
        path.write_bytes(text.encode("utf-8", "replace"))

    def finish(self) -> None:
        """Copy the pictures of hand-written pages."""
        for source, name in self.images.items():
            ensuredir(Path(self.outdir, "_images"))
            copyfile(Path(self.srcdir, source), Path(self.outdir, "_images", name), force=True)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the builder: ``extensions += ["rkedoc.sphinxext.markdown"]``. It is apart because others bring one of this name."""
    app.add_builder(MarkdownBuilder)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
