"""What Sphinx does anew for every document and need be done once a build, and how documents are shared among processes.

Everything that takes the place of something private to Sphinx stands in this file. Each part first looks whether Sphinx
has what it knows, under that name and with those parameters (Sphinx 8.2.3 to 9.0.4); where it has not, Sphinx is left as
it is: a build is slower then, and gives the same pages.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from os import fspath
from typing import TYPE_CHECKING, Any

import myst_parser.mdit_to_docutils.base
import sphinx.builders
import sphinx.builders.html
import sphinx.environment.adapters.toctree
import sphinx.util.docutils
from docutils import nodes
from docutils.parsers.rst import Parser
from docutils.utils import DependencyList, new_document
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.locale import __
from sphinx.util.display import status_iterator

from rkedoc.sphinxext.headings import kind_badge

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from docutils.frontend import Values
    from sphinx.application import Sphinx
    from sphinx.builders import Builder

_SAYS_EVENTS = 2
"""From this verbosity on Sphinx says what it does at each event (``sphinx.util.logging.VERBOSITY_MAP``)."""

Undo = ExitStack
"""Takes note of what was replaced, and puts it back when it is closed."""


def prepare_reading(app: Sphinx, undo: Undo) -> None:
    """Replace what Sphinx does again for each document that it reads."""
    builder = app.builder
    _replace(
        undo, sphinx.util.docutils, "_get_settings", ("components", "defaults", "read_config_files"), _settings_once
    )
    _replace(undo, myst_parser.mdit_to_docutils.base, "make_document", ("source_path", "parser_cls"), _settings_kept)
    _replace(undo, builder, "_read_serial", ("docnames",), lambda read: _all_cleared_first(builder, read))
    _replace(undo, builder, "_read_parallel", ("docnames", "nproc"), _one_batch_a_process)
    _replace(undo, builder, "_write_parallel", ("docnames", "nproc"), _one_writer_more)
    if isinstance(builder, StandaloneHTMLBuilder):
        app.env.settings["stylesheet_path"] = []  # of docutils: see below
    if app.verbosity < _SAYS_EVENTS:
        _unheard(logging.getLogger("sphinx.sphinx.events"), undo)


def prepare_writing(builder: Builder, undo: Undo) -> None:
    """Replace what Sphinx does again for each page that it writes. Nothing that a page is made from may change from here on."""
    adapters = sphinx.environment.adapters.toctree
    _replace(undo, adapters, "_get_toctree_ancestors", ("toctree_includes", "docname"), lambda _old: _Ancestors())
    if isinstance(builder, StandaloneHTMLBuilder):
        _replace(undo, sphinx.builders.html, "_file_checksum", ("outdir", "filename"), _checksum_once)
        _replace(undo, builder, "render_partial", ("node",), _titles_once)
        for settings in (getattr(builder, name, None) for name in ("docsettings", "_settings")):
            if settings is not None:
                # docutils' own style sheets are looked for anew for each document, title and outline, and Sphinx uses none of them.
                settings.stylesheet_path = []
        environment = getattr(builder.templates, "environment", None)
        if environment is not None:
            # Else Jinja asks for the time of each template's file whenever it is used.
            environment.auto_reload = False


def _unheard(logger: logging.Logger, undo: Undo) -> None:
    """Have nothing made of what Sphinx says of each event with ``-vv``, and throws away with less."""
    undo.callback(logger.setLevel, logger.level)
    logger.setLevel(logging.INFO)


def forget_document(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let go of the bytes of a document that is about to be written. Sphinx keeps those of all documents to the end."""
    kept = getattr(app.env, "_pickled_doctree_cache", None)
    if isinstance(kept, dict) and docname != app.config.root_doc:
        kept.pop(docname, None)


def _replace(undo: Undo, owner: Any, name: str, parameters: tuple[str, ...], make: Callable[[Any], Any]) -> None:
    """Put what ``make`` makes of a function in its place, if it is there and takes these parameters, until ``undo`` is closed."""
    old = getattr(owner, name, None)
    if not callable(old) or tuple(inspect.signature(old).parameters) != parameters:
        return
    own = name in vars(owner)
    setattr(owner, name, make(old))
    if own:
        undo.callback(setattr, owner, name, old)
    else:
        undo.callback(delattr, owner, name)


def _settings_once(old: Callable[..., Values]) -> Callable[..., Values]:
    """Sphinx 9 makes docutils' parser of command lines anew for each document, to learn the same settings again."""
    known: dict[Any, tuple[dict[str, Any], Values]] = {}

    def settings(*components: Any, defaults: Mapping[str, Any], read_config_files: bool = False) -> Values:
        key = tuple(item if isinstance(item, type) else type(item) for item in components), read_config_files
        given = dict(defaults)
        if key not in known or known[key][0] != given:
            known[key] = given, old(*components, defaults=defaults, read_config_files=read_config_files)
        values = known[key][1].copy()
        for name, value in vars(values).items():
            if isinstance(value, list | dict):
                setattr(values, name, value.copy())
        values.record_dependencies = DependencyList()
        return values

    return settings


def _settings_kept(old: Callable[..., nodes.document]) -> Callable[..., nodes.document]:
    """MyST makes an empty document for each one that it reads, in case that it had been given none."""
    known: dict[Any, nodes.document] = {}

    def make_document(source_path: str = "notset", parser_cls: Any = Parser) -> nodes.document:
        if parser_cls not in known:
            known[parser_cls] = old(source_path, parser_cls)
        return new_document(source_path, known[parser_cls].settings.copy())

    return make_document


_READS_ONE_BY_ONE = frozenset({
    "status_iterator", "__", "len", "app", "config", "verbosity", "events", "emit", "env", "clear_doc", "read_doc",
})  # fmt: skip
"""The names in the function that reads documents one after the other: with these it can do nothing that ours does not."""


def _all_cleared_first(builder: Builder, old: Callable[[list[str]], None]) -> Callable[[list[str]], None]:
    """Forget all documents that are read again before the first one is read, as Sphinx does with several processes.

    Else each document is looked for among all that were read before it, also where there is nothing to forget.
    """
    code = getattr(old, "__code__", None)
    if code is None or not _READS_ONE_BY_ONE.issuperset(code.co_names):
        return old

    def read_serial(docnames: list[str]) -> None:
        for docname in docnames:
            builder.events.emit("env-purge-doc", builder.env, docname)
            builder.env.clear_doc(docname)
        said, verbosity = __("reading sources... "), getattr(builder.config, "verbosity", 0)
        for docname in status_iterator(docnames, said, "purple", len(docnames), verbosity):
            # Documents are read from disk again when they are written; all of them in memory are half of what it takes.
            builder.read_doc(docname, _cache=False)

    return read_serial


def _one_batch_a_process(old: Callable[[list[str], int], None]) -> Callable[[list[str], int], None]:
    """Sphinx reads in batches of at most some dozens of documents, and with each the whole environment is sent back."""

    def read_parallel(docnames: list[str], nproc: int) -> None:
        with ExitStack() as undo:
            _replace(undo, sphinx.builders, "make_chunks", ("arguments", "nproc", "maxbatch"), lambda _old: _dealt_out)
            old(docnames, nproc)

    return read_parallel


def _dealt_out(arguments: Sequence[str], nproc: int, maxbatch: int = 0) -> list[Sequence[str]]:
    """As many batches as processes, dealt out in turn: neighbours are pages of one kind, which cost about the same."""
    del maxbatch
    return [batch for batch in (arguments[start::nproc] for start in range(nproc)) if batch]


def _one_writer_more(old: Callable[[Sequence[str], int], None]) -> Callable[[Sequence[str], int], None]:
    """Sphinx counts the process that resolves references and feeds the index as a writer. It does a sixth of the work."""

    def write_parallel(docnames: Sequence[str], nproc: int) -> None:
        old(docnames, nproc + 1)

    return write_parallel


class _Ancestors:
    """Sphinx turns the whole tree of pages round for each page, twice, to go up from it."""

    def __init__(self) -> None:
        self._of: Mapping[str, Sequence[str]] | None = None
        self._parents: dict[str, str] = {}

    def __call__(self, toctree_includes: Mapping[str, Sequence[str]], docname: str) -> AbstractSet[str]:
        """The document and those above it, as far as there is one above."""
        if self._of is not toctree_includes:
            self._of = toctree_includes
            self._parents = {child: above for above, children in toctree_includes.items() for child in children}
        found: dict[str, None] = {}
        while docname in self._parents and docname not in found:
            found[docname] = None
            docname = self._parents[docname]
        return found.keys()


def _checksum_once(old: Callable[[Path, Any], str]) -> Callable[[Path, Any], str]:
    """Sphinx remembers the checksum of a file, and still asks the file system for its path on each page."""
    known: dict[tuple[Path, str], str] = {}

    def checksum(outdir: Path, filename: Any) -> str:
        key = outdir, fspath(filename)
        if key not in known:
            known[key] = old(outdir, filename)
        return known[key]

    return checksum


_THE_SAME = (nodes.Text, kind_badge)
"""What is written in the same way on every page."""


def _titles_once(old: Callable[[nodes.Node | None], dict[str, str]]) -> Callable[[nodes.Node | None], dict[str, str]]:
    """Each page asks for the titles of those above, before and after it. One without links or pictures is the same on every page."""
    known: dict[int, tuple[nodes.Node, dict[str, str]]] = {}

    def render_partial(node: nodes.Node | None) -> dict[str, str]:
        if not isinstance(node, nodes.title) or not all(isinstance(child, _THE_SAME) for child in node.children):
            return old(node)
        # The node is kept, so that no other one gets its number; what Sphinx 8 gives is used again for the next node.
        if id(node) not in known:
            known[id(node)] = node, dict(old(node))
        return dict(known[id(node)][1])

    return render_partial
