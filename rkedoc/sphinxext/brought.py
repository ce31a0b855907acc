"""A second look at text that people bring: at what a page gets from it, however it was written.

:mod:`rkedoc.catalog.markup` has read the files before, and names the line. A project's own configuration can still read a text in another
way, and a page in reStructuredText does. So no directive may read a file or write raw markup while such a text is read, and what comes out
is held to the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from docutils import nodes
from sphinx.addnodes import download_reference

from rkedoc.catalog.markup import html_refusal, image_refusal, link_refusal, mathematics_refusal
from rkedoc.errors import BuildError

# What MyST itself writes for `- [ ]` where a project has switched task lists on.
_CHECKBOX = re.compile(r'<input class="task-list-item-checkbox"(?: (?:checked|disabled)="\w+")* type="checkbox">')
_SWITCHES = ("raw_enabled", "file_insertion_enabled")


@contextmanager
def nothing_from_outside(document: nodes.document) -> Iterator[None]:
    """While this holds, docutils' directives refuse raw markup and files."""
    before = {name: getattr(document.settings, name, True) for name in _SWITCHES}
    try:
        for name in _SWITCHES:
            setattr(document.settings, name, False)
        yield
    finally:
        for name, value in before.items():
            setattr(document.settings, name, value)


def require_harmless(found: Iterable[nodes.Node], origin: str) -> None:
    """Raise :class:`~rkedoc.errors.BuildError` for nodes that are not allowed in a page; ``origin`` names the file."""
    for node in found:
        for part in node.findall():
            message = _refusal(part)
            if message is not None:
                raise BuildError(
                    f"{origin}: {message}. Files that you trust are taken as they are with --trust-annotations, or "
                    "rkedoc_trust_annotations = True in conf.py"
                )


def _refusal(node: nodes.Node) -> str | None:
    match node:
        case nodes.raw():
            return None if _CHECKBOX.fullmatch(node.astext()) else html_refusal(node.astext())
        case nodes.image():
            return image_refusal(str(node.get("uri", "")))
        case nodes.math() | nodes.math_block():
            return mathematics_refusal(node.astext())
        case download_reference():
            return f"a link that copies the file {node.get('reftarget', '')} into the site"
        case nodes.reference() if "refuri" in node:
            return link_refusal(str(node["refuri"]))
        case _:
            return None
