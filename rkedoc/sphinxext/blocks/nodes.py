"""The document nodes of views, and how each output format prints them.

A run of blocks is one node that holds the blocks as values: a page of tables costs a handful of nodes instead of
thousands. For HTML formats visitors print the blocks; for all other formats :func:`unfold` puts ordinary nodes in
their place. Only blocks that hold :class:`~rkedoc.sphinxext.blocks.view.Prose` become nodes with children at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.util.nodes import make_refnode

from rkedoc.sphinxext.blocks import html
from rkedoc.sphinxext.blocks.docutils import Refer, framed, ordinary
from rkedoc.sphinxext.blocks.fingerprint import words
from rkedoc.sphinxext.blocks.images import maker, takes_images, with_images
from rkedoc.sphinxext.blocks.view import Block, Callout, Details, Part, Ref
from rkedoc.sphinxext.domain import K8sDomain

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator


class view_blocks(nodes.General, nodes.Element):
    """A run of blocks without prose. ``node["blocks"]`` are the blocks; the child text is what search indexes."""

    @classmethod
    def of(cls, blocks: tuple[Block, ...]) -> view_blocks:
        """The node of a run of blocks."""
        node = cls("", nodes.Text(words(blocks)))
        node["blocks"] = blocks
        node["support_smartquotes"] = False
        return node

    def astext(self) -> str:
        """Nothing: titles and tables of contents take no text from here."""
        return ""


class view_group(nodes.General, nodes.Element):
    """A callout, folded blocks or a titled group that has prose in it. ``node["frame"]`` is the block without body."""

    @classmethod
    def of(cls, frame: Callout | Details | Part, children: Iterable[nodes.Node]) -> view_group:
        """The node of a block whose body are the children."""
        node = cls("", *children)
        node["frame"] = frame
        if isinstance(frame, Part) and frame.anchor:
            node["ids"] = [frame.anchor]
        return node


class Linker:
    """Resolves references from the document that a builder is writing; remembers what it found for that document."""

    def __init__(self, env: BuildEnvironment, docname: str, relative_uri: Any) -> None:
        self.docname = docname
        self._relative_uri = relative_uri
        self._domain = cast(K8sDomain, env.domains["k8s"])
        self._found_docs = env.found_docs
        self._known: dict[tuple[str, str, str], str | None] = {}

    def __call__(self, ref: Ref) -> str | None:
        """The address of what a reference means, or None."""
        key = ref.kind, ref.name, ref.anchor
        if key not in self._known:
            self._known[key] = self._address(ref)
        return self._known[key]

    def _address(self, ref: Ref) -> str | None:
        entry = self._domain.entry(ref.kind, ref.name)
        if entry is None:
            return None
        uri: str = self._relative_uri(self.docname, entry.docname)
        anchor = ref.anchor or entry.anchor
        if "#" in uri and anchor:  # all pages are one page: only the anchor counts
            return f"#{anchor}"
        return f"{uri}#{anchor}" if anchor else uri or "#"


def _linker(translator: HTML5Translator) -> Linker:
    docname = translator.docnames[-1]
    linker = getattr(translator, "_rkedoc_linker", None)
    if not isinstance(linker, Linker) or linker.docname != docname:
        builder = translator.builder
        linker = Linker(builder.env, docname, builder.get_relative_uri)
        translator._rkedoc_linker = linker  # type: ignore[attr-defined]  # noqa: SLF001 - ours, kept on the translator
    return linker


def _visit_blocks(translator: HTML5Translator, node: nodes.Element) -> None:
    translator.body.append(html.blocks(node["blocks"], _linker(translator), translator.section_level))
    raise nodes.SkipNode


def _visit_group(translator: HTML5Translator, node: nodes.Element) -> None:
    frame = node["frame"]
    if isinstance(frame, Callout):
        translator.body.append(html.open_callout(frame))
    elif isinstance(frame, Details):
        translator.body.append(html.open_details(frame, _linker(translator)))
    else:
        translator.section_level += 1
        translator.body.append(html.open_part(frame, translator.section_level))


def _depart_group(translator: HTML5Translator, node: nodes.Element) -> None:
    frame = node["frame"]
    if isinstance(frame, Callout):
        translator.body.append("</div>\n")
    elif isinstance(frame, Details):
        translator.body.append("</div></details>\n")
    else:
        translator.section_level -= 1
        translator.body.append("</section>\n")


def referring(app: Sphinx, docname: str) -> Refer:
    """Makes links from a document to objects, as ordinary nodes; the document does not link to itself as a whole, which builders
    of other formats than HTML take for a document that has no title."""
    domain = cast(K8sDomain, app.env.domains["k8s"])

    def refer(ref: Ref, text: nodes.Element) -> nodes.Node:
        entry = domain.entry(ref.kind, ref.name)
        if entry is None:
            return text
        anchor = ref.anchor or entry.anchor
        if entry.docname == docname and not anchor:
            return text
        return make_refnode(app.builder, docname, entry.docname, anchor, text)

    return refer


def prints_views(builder: Builder) -> bool:
    """Whether a builder prints views itself, though it is not one of HTML: ours of Markdown."""
    return bool(getattr(builder, "prints_views", False))


def unfold(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """For builders that do not print views themselves: put ordinary nodes in place of ours; for those without drawings, images in place of
    pictures."""
    if takes_images(app.builder):
        make = maker(app.builder, docname)
        for node in doctree.findall(view_blocks):
            node["blocks"] = with_images(node["blocks"], make)
    if app.builder.format == "html" or prints_views(app.builder):
        return
    refer = referring(app, docname)
    for node in list(doctree.findall(view_blocks)):
        node.replace_self(ordinary(node["blocks"], refer))
    for group in reversed(list(doctree.findall(view_group))):
        group.replace_self(framed(group["frame"], group.children, refer))


def register(app: Sphinx) -> None:
    """Make the nodes known to Sphinx."""
    app.add_node(view_blocks, html=(_visit_blocks, None))
    app.add_node(view_group, html=(_visit_group, _depart_group))
    app.connect("doctree-resolved", unfold)
