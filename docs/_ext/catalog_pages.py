"""Directives of the pages about the catalog: its entries as sections, and tables of what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from reference_tables import code, table
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from rkedoc.catalog.entry import HEADINGS, ON_HOST
from rkedoc.catalog.loader import Catalog, load_catalog
from rkedoc.catalog.ranges import IMAGE
from rkedoc.explain.holding import lives, markdown_of, spans_words

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

    from rkedoc.catalog.entry import Entry, VersionTable

_MARKS = re.compile(r"[\\`*_<>\[\]]")
_OUTSIDE_PODS = ("control-plane", "helper", "rancher-server", "rancher-agent")


def _of(kind: str) -> Callable[[Entry], bool]:
    return lambda entry: entry.kind == kind


def _on_host(entry: Entry) -> bool:
    """Whether an entry is about processes of the host and nothing else."""
    return bool(entry.match) and all(not set(ON_HOST).isdisjoint(rule.anchor) for rule in entry.match)


GROUPS: Mapping[str, Callable[[Entry], bool]] = {
    "concepts": _of("concept"),
    "namespaces": _of("namespace"),
    "on-the-host": _on_host,
    "outside-pods": lambda entry: entry.origin in _OUTSIDE_PODS,
    "rke1": lambda entry: set(entry.distributions) == {"rke1"},
    "rke2-k3s": lambda entry: set(entry.distributions) <= {"rke2", "k3s"},
    "kubeadm": lambda entry: "kubeadm" in entry.distributions and "rke1" not in entry.distributions,
    "rancher": _of("component"),
}
"""The pages, in their order. An entry stands on the first whose condition holds."""


def groups(catalog: Catalog) -> Mapping[str, tuple[Entry, ...]]:
    """The entries of each page, by name."""
    found: dict[str, list[Entry]] = {name: [] for name in GROUPS}
    for entry in catalog.entries:
        if entry.provenance == "rkedoc":
            found[next(name for name, holds in GROUPS.items() if holds(entry))].append(entry)
    return {name: tuple(sorted(entries, key=lambda entry: entry.name.casefold())) for name, entries in found.items()}


class Entries(SphinxDirective):
    """``{catalog-entries} group``: the entries of a page, a section each."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Show them."""
        entries = groups(load_catalog()).get(self.arguments[0])
        if entries is None:
            raise ExtensionError(f"the catalog has no group {self.arguments[0]}")
        known = load_catalog()
        text = "\n\n".join("\n\n".join(_entry(entry, known)) for entry in entries)
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _entry(entry: Entry, known: Catalog) -> Iterator[str]:
    yield f"(catalog-{entry.id})="
    yield f"## {_plain(entry.name)}"
    # A heading needs words of its own; what tells two of one name apart stands below it.
    yield f"{code(entry.id)} · {_plain(entry.summary)}"
    for section in entry.sections:
        title = HEADINGS.get(section.id, section.title)
        if section.id != "what":
            yield f"**{title}**"
        if section.id == "versions":
            yield from (_versions(each) for each in entry.tables)
        yield markdown_of(section)
    if others := [known.get(name) for name in entry.talks_to]:
        links = [_link(other) for other in others if other is not None]
        if links:
            yield f"See also: {', '.join(links)}."
    yield table(("", ""), [row for row in _facts(entry) if row[1]])


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "Found on", ", ".join(entry.distributions)
    for title, versions, how in lives(entry):
        yield title, _plain(f"{versions} ({how})" if how else versions)
    yield "Recognised by", "; ".join(code(rule) for rule in entry.match)
    yield "Read at", ", ".join(entry.read_at)
    yield "Confidence", entry.confidence if entry.confidence != "verified" else ""
    yield "Sources", "; ".join(map(_plain, entry.sources))


def _versions(each: VersionTable) -> str:
    by = "Version" if each.by == IMAGE else each.by
    return table((by, _plain(each.of)), [(spans_words(row.spans), code(row.value)) for row in each.rows])


def _link(entry: Entry) -> str:
    return f"[{_plain(entry.name)}](#catalog-{entry.id})"


def _plain(text: str) -> str:
    """Words that are no Markdown."""
    return _MARKS.sub(r"\\\g<0>", text)


class Overview(SphinxDirective):
    """``{catalog-overview}``: every entry in a table, with a link to it."""

    def run(self) -> list[nodes.Node]:
        """Show the table."""
        rows = [
            (_link(entry), code(entry.id), entry.kind, _plain(entry.summary))
            for entries in groups(load_catalog()).values()
            for entry in entries
        ]
        return self.parse_text_to_nodes(table(("Name", "Id", "Kind", "What it is"), rows))


class Claims(SphinxDirective):
    """``{claims}``: what an article about such a node claimed, and where each claim is answered."""

    def run(self) -> list[nodes.Node]:
        """Show the table."""
        file = Path(self.env.srcdir) / "_data" / "claims.yaml"
        self.env.note_dependency(str(file))
        known = load_catalog()
        rows = []
        for number, item in enumerate(yaml.safe_load(file.read_text("utf-8")), 1):
            pages = ", ".join(_link(entry) for name in item["entries"] if (entry := known.get(name)))
            answer = f"{item['answer']} *({item['source']})*"
            rows.append((str(number), item["claim"], item["verdict"], answer, pages))
        return self.parse_text_to_nodes(table(("", "Claim", "Verdict", "What is so", "Answered at"), rows))


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives."""
    app.add_directive("catalog-entries", Entries)
    app.add_directive("catalog-overview", Overview)
    app.add_directive("claims", Claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
