"""Text that people bring is trusted only where the configuration says so: what could run, read or call home is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rkedoc.catalog.lint import lint_own
from rkedoc.catalog.loader import load_catalog, own_files
from rkedoc.catalog.markup import refusals
from rkedoc.errors import CatalogError
from rkedoc.resources import resource

HEAD = "---\nid: shop\nname: Shop\nsummary: Sells.\nmatch:\n  - name: shop\n---\n\n## What it is\n\n"
LINE = HEAD.count("\n") + 1

REFUSED = {
    "script": "<script>alert(1)</script>",
    "script in a line": "Words <script>alert(1)</script> and more.",
    "an event handler": '<b onclick="x()">b</b>',
    "an image in HTML": '<img src="https://evil.example/x.png">',
    "a link in HTML": '<a href="javascript:alert(1)">x</a>',
    "an iframe": "<iframe src=//evil.example></iframe>",
    "a style": "<style>body{display:none}</style>",
    "a comment that ends early": "<!--> <script>alert(1)</script> -->",
    "HTML after a comment": "<!-- a --><script>x</script>",
    "a declaration": "<!DOCTYPE html>",
    "an instruction": "<?php x ?>",
    "HTML in a list": "- one\n- <b>two</b>",
    "HTML in a quotation": "> <b>two</b>",
    "HTML in a table": "| a |\n| - |\n| <b>x</b> |",
    "raw": "```{raw} html\n<b>x</b>\n```",
    "raw with a colon fence": ":::{raw} html\n<b>x</b>\n:::",
    "raw with tildes": "~~~{raw} html\n<b>x</b>\n~~~",
    "raw in a note": "````{note}\n```{raw} html\n<b>x</b>\n```\n````",
    "raw in a note in a list": "- a\n\n  :::{note}\n  ```{raw} html\n  x\n  ```\n  :::",
    "HTML in a note": "```{note}\n<b>x</b>\n```",
    "HTML in the argument of a note": "```{admonition} <b>x</b>\nwords\n```",
    "reStructuredText": "```{eval-rst}\n.. raw:: html\n\n   <b>x</b>\n```",
    "an include": "```{include} ../../../../etc/passwd\n```",
    "an include of a neighbour": "```{include} other.md\n```",
    "a literal include": "```{literalinclude} /etc/hostname\n```",
    "a download": "{download}`/etc/hostname`",
    "a download with a title": "{download}`x </etc/hostname>`",
    "a raw role": "{raw-html}`<b>x</b>`",
    "a table from a file": "```{csv-table} x\n:file: /etc/passwd\n```",
    "a table from a URL": "```{csv-table} x\n:url: https://evil.example/x.csv\n```",
    "a table from a file, in YAML": "```{csv-table} x\n---\nfile: /etc/passwd\n---\n```",
    "a remote image": "![x](https://evil.example/x.png)",
    "a remote image without a scheme": "![x](//evil.example/x.png)",
    "a remote image by reference": "![x][y]\n\n[y]: http://evil.example/x.png",
    "an image as data": "![x](data:image/svg+xml;base64,AAAA)",
    "an image of another folder": "![x](../../../secret.png)",
    "a remote image as a directive": "```{image} https://evil.example/x.png\n```",
    "a remote figure": "```{figure} https://evil.example/x.png\nwords\n```",
    "an image whose target is a script": "```{image} x.png\n:target: javascript:alert(1)\n```",
    "a link to a script": "[x](javascript:alert(1))",
    "a link to a script in capitals": "[x](JaVaScRiPt:alert(1))",
    "a link to data": "[x](data:text/html,<script>1</script>)",
    "a link to a local file": "[x](file:///etc/passwd)",
    "an automatic link to a script": "<javascript:alert(1)>",
    "a link that copies a file": "[x](/etc/passwd)",
    "a link that copies a file above": "[x](../../../../etc/passwd)",
    "a link by MyST's path": "[x](path:../../etc/passwd)",
    "a substitution": "{{ secret }}",
    "a toctree": "```{toctree}\nother\n```",
    "a diagram that runs": "```{graphviz} /etc/passwd\n```",
    "an unknown directive": "```{exec} ls\n```",
}

KEPT = [
    "Plain words, *emphasis*, **strong**, `code`, ~~struck~~.",
    "A [link](https://example.org/a?b=c#d), a [page](other.md), an [anchor](#x), <https://example.org>, <mailto:a@example.org>.",
    "![a picture](pictures/shop.png)",
    "| a | b |\n| - | - |\n| 1 | 2 |",
    "- one\n- two\n\n1. one\n2. two",
    "```yaml\nkey: <value>\n```",
    "```\n<script>as code</script>\n```",
    "`<b>as code</b>`",
    "```{note}\nWords with `code`.\n```",
    "```{code-block} sh\n:caption: x\n\necho <b>\n```",
    "```{list-table}\n* - a\n  - b\n```",
    "{k8s:workload}`shop/web`, {ref}`x`, {kbd}`Ctrl`, {doc}`page`",
    "```{rkedoc-table} pod\n:where: x\n```",
    "<!-- a word to whoever writes here -->",
    "a < b and c > d",
    "$a + b$",
    "Term\n: Definition",
    "A note[^1].\n\n[^1]: At the end.",
]


def file(tmp_path: Path, body: str) -> Path:
    (tmp_path / "shop.md").write_text(f"{HEAD}{body}\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_run_or_read_or_call_home_is_refused_with_file_and_line(tmp_path: Path, name: str) -> None:
    folder = file(tmp_path, REFUSED[name])
    findings = [finding for finding in lint_own(folder) if finding.key.startswith("line ")]
    assert findings
    assert all(finding.file.endswith("shop.md") for finding in findings)
    assert all(int(finding.key.removeprefix("line ")) >= LINE for finding in findings)
    with pytest.raises(
        CatalogError, match=rf"shop\.md, line {findings[0].key.removeprefix('line ')}: .*--trust-annotations"
    ):
        load_catalog("en", [folder])


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_trusted_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    folder = file(tmp_path, REFUSED[name])
    entry = load_catalog("en", [folder], trusted=True).get("shop")
    assert entry is not None
    assert REFUSED[name].splitlines()[0][:20] in entry.sections[0].markdown


@pytest.mark.parametrize("body", KEPT)
def test_what_explains_is_kept(tmp_path: Path, body: str) -> None:
    folder = file(tmp_path, body)
    assert [finding for finding in lint_own(folder) if finding.key.startswith("line ")] == []
    assert load_catalog("en", [folder]).get("shop") is not None


def test_each_refusal_names_its_line() -> None:
    text = f"{HEAD}Fine.\n\n<b>x</b>\n\n```{{note}}\n\n![x](http://x/y.png)\n```\n\n{{{{ a }}}}\n"
    assert sorted({refusal.line for refusal in refusals(text)}) == [LINE + 2, LINE + 6, LINE + 9]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_entries_that_are_shipped_pass_the_same_check(language: str) -> None:
    for path in sorted(resource("catalog", "entries", language).glob("*.md")):
        assert refusals(path.read_text("utf-8")) == (), path.name


def test_the_annotations_of_the_documentation_and_of_a_new_project_pass(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    for folder in (root / "docs" / "annotations", root / "templates" / "project" / "annotations"):
        for path in own_files(folder):
            assert refusals(path.read_text("utf-8")) == (), path
