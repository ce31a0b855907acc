"""What people bring is looked at once more where it becomes part of a page, however the project reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from docutils import nodes
from sphinx.addnodes import download_reference
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from rkedoc.errors import BuildError, RkedocError
from rkedoc.sphinxext.brought import require_harmless
from rkedoc.sphinxext.project import build_site
from tests.test_cli import container, snapshot

HARMFUL = {
    "raw markup": nodes.raw("", "<script>x</script>", format="html"),
    "a remote image": nodes.image(uri="https://evil.example/x.png"),
    "an image elsewhere": nodes.image(uri="../x.png"),
    "a file": download_reference(reftarget="/etc/hostname"),
    "a link to a script": nodes.reference(refuri="javascript:x()"),
    "a formula that links": nodes.math("", r"\href{javascript:x()}{x}"),
}
HARMLESS = [
    nodes.raw("", "<!-- a word -->", format="html"),
    nodes.raw("", '<input class="task-list-item-checkbox" checked="checked" disabled="disabled" type="checkbox">', format="html"),
    nodes.image(uri="pictures/x.png"),
    nodes.reference(refuri="https://example.org"),
    nodes.reference(refid="x"),
    nodes.literal_block("", "<script>"),
]  # fmt: skip


def entry(folder: Path, body: str) -> Path:
    folder.mkdir()
    head = "---\nid: blog\nname: Blog\nsummary: Words.\nmatch:\n  - name: blog\n---\n\n## What it is\n\nMARK\n\n"
    (folder / "blog.md").write_text(f"{head}{body}\n", "utf-8")
    return folder


def pages(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in folder.rglob("*.html"))


@pytest.mark.parametrize("name", HARMFUL)
def test_what_a_page_may_not_hold_is_refused_with_its_file(name: str) -> None:
    with pytest.raises(BuildError, match=r"own/blog\.md: .*--trust-annotations"):
        require_harmless([nodes.paragraph("", "", HARMFUL[name].deepcopy())], "own/blog.md")


def test_what_a_page_may_hold_is_kept() -> None:
    require_harmless([nodes.paragraph("", "", *(node.deepcopy() for node in HARMLESS))], "own/blog.md")


@pytest.mark.parametrize(
    "body", ["<script>EVIL</script>", "```{raw} html\nEVIL\n```", "```{csv-table} x\n:file: {file}\n```"]
)
def test_nothing_reaches_a_page_that_the_reading_of_files_overlooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    (tmp_path / "file.csv").write_text("EVIL\n", "utf-8")
    own = entry(tmp_path / "own", body.replace("{file}", str(tmp_path / "file.csv")))
    node = snapshot(tmp_path / "node.ndjson", [container("blog", "nginx:1.19")])
    monkeypatch.setattr("rkedoc.catalog.markup.refusals", lambda text: ())
    refused = ""
    try:
        build_site(node, tmp_path / "site", annotations=[own])
    except RkedocError as error:
        refused = str(error)
    assert ("own/blog.md" in refused) is not (tmp_path / "site").exists()
    assert refused or "MARK" in pages(tmp_path / "site")
    assert "EVIL" not in pages(tmp_path / "site")


@pytest.mark.parametrize("trusted", [False, True])
def test_a_page_in_restructuredtext_takes_no_raw_markup_and_no_files_either(tmp_path: Path, trusted: bool) -> None:
    (tmp_path / "file.txt").write_text("EVIL\n", "utf-8")
    entry(tmp_path / "own", ".. raw:: html\n\n   EVIL\n\n.. include:: /file.txt")
    snapshot(tmp_path / "node.ndjson", [container("blog", "nginx:1.19")])
    (tmp_path / "index.rst").write_text(
        "Top\n===\n\n.. toctree::\n\n   cluster/index\n\n.. rkedoc:: container-about container-n1-blog\n", "utf-8"
    )
    values = {
        "extensions": ["myst_parser", "rkedoc.sphinxext"], "rkedoc_snapshot": "node.ndjson", "rkedoc_pages": "cluster",
        "rkedoc_annotations": ["own"], "rkedoc_trust_annotations": trusted, "exclude_patterns": ["own", "out"],
        "source_suffix": {".rst": "restructuredtext", ".md": "markdown"},
    }  # fmt: skip
    with patch_docutils(), docutils_namespace():
        source, out = str(tmp_path), tmp_path / "out"
        app = Sphinx(source, None, str(out), str(out / ".doctrees"), "html", values, None, None)
        app.build()
    shown = (out / "index.html").read_text("utf-8")
    assert "MARK" in shown
    assert ("EVIL" in shown) is trusted
