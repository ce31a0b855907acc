"""Text that people bring is trusted only where the configuration says so: what could run, read or call home is refused with its line."""

from __future__ import annotations

import time
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
    "a table from a file, its option in quotes": '```{csv-table} x\n:"file": /etc/passwd\n```',
    "a table from a file, its option escaped": '```{csv-table} x\n---\n"f\\x69le": /etc/passwd\n---\n```',
    "a table from a file, a space before the colon": "```{csv-table} x\n:file : /etc/passwd\n```",
    "a table from a file, after a text of several lines": "```{csv-table} x\n:header: |\n:  a\n:file: /etc/passwd\n```",
    "a table from a file, after a comment": "```{csv-table} x\n:# c\n:file: /etc/passwd\n```",
    "a table from a file, between odd dashes": "```{csv-table} x\n----\nfile: /etc/passwd\n---\n```",
    "a target that is a script, in quotes": '```{image} x.png\n:target: "javascript:alert(1)"\n```',
    "a target that is a script, folded": "```{image} x.png\n---\ntarget: >\n  javascript:alert(1)\n---\n```",
    "HTML after the dashes of options": "```{note}\n---\nclass: x\n--- <b>x</b>\n```",
    "HTML in a header of a table": "```{csv-table} x\n:header: <b>x</b>,b\n\n1,2\n```",
    "raw in a cell": '```{csv-table} x\n"~~~{raw} html\n<b>x</b>\n~~~",b\n```',
    "a cell that another sign puts together": "```{csv-table} x\n:escape: X\n\n!X[x](https://evil.example/x.png),b\n```",
    "a cell that quotes put together": '```{csv-table} x\n"!"[x](https://evil.example/x.png),b\n```',
    "HTML in a rubric": "```{rubric} <b>x</b>\n```",
    "HTML in a caption": "```{code-block} sh\n:caption: <b>x</b>\n\nx\n```",
    "a remote image in a subtitle": '```{sidebar} T\n:subtitle: "![x](https://evil.example/x.png)"\n\nx\n```',
    "HTML in a glossary": "```{glossary}\nx\n    words\n\n    <b>x</b>\n```",
    "HTML after a fence that the first words open": "~~~{note} ```text\n```\n<b>x</b>\n```\n~~~",
    "a script of mathematics": "```{math}\n\\href{javascript:alert(1)}{x}\n```",
    "a script of mathematics in a line": "{math}`\\href{javascript:alert(1)}{x}`",
    "a script in dollars": "a $\\href{javascript:alert(1)}{x}$ b",
    "HTML in dollars": "$$\n<b>x</b>\n$$",
    "a remote image in dollars": "a $![x](https://evil.example/x.png)$ b",
    "HTML in a fence of colons": ":::text\n<b>x</b>\n:::",
    "an include in colons in dollars": "$$\n:::{include} /etc/passwd\n:::\n$$",
    "HTML in what is a definition, or not": "Term\n:     <b>x</b>",
    "an image in a comment with a heading": "<!--\n## Why it is here\n\n![x](https://evil.example/x.png)\n\n-->",
    "HTML in code with a heading": "````text\n```\n## Why it is here\n\n<b>x</b>\n````",
    "HTML in another fence with a heading": "~~~text\n```\n## Why it is here\n\n<b>x</b>\n~~~",
    "HTML after what looks like a front matter": "---\n```text\n---\n<b>x</b>",
    "an image whose definition stands elsewhere": "![x][y]\n\n## Why it is here\n\n[y]: https://evil.example/x.png",
    "an image whose definition is of another file": "![x][y]",
    "a definition that is a script": "[y]: a.md\n[y]: javascript:alert(1)",
    "a remote image with spaces": "```{image} ht tps://evil.example/x.png\n```",
    "a remote image with backslashes": "![x](\\\\\\\\evil.example/x.png)",
    "a remote image by an attribute": '![x](a.png){src="https://evil.example/x.png"}',
    "a link to a script by an attribute": '[x](a.md){href="javascript:alert(1)"}',
    "an image that is none": "![x](conf.py)",
    "a link that copies a page of HTML": "[x](../../../../tmp/x.html)",
    "a link that copies a file beside the page": "[x](conf.py)",
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
    "[x][y] and [y]\n\n[y]: https://example.org",
    "Costs $5, or $6; `$HOME\\bin`, `{{ .Values.x }}`, `![x](https://example.org/x.png)`",
    '```{csv-table} Ports\n:header: a, b\n:widths: 1, 2\n\n1, "two, three"\n```',
    '```{figure} pictures/shop.png\n---\nalt: "A shop"\nwidth: 200px\ntarget: https://example.org\n---\nWords.\n```',
    ":::{tip}\n:class: x\n\nWords.\n:::",
    "```{versionadded} 1.2 With *words*.\n```",
    "```{rkedoc-table} pod\n:where: namespace=shop\n:columns: name, node\n:caption: Pods of the shop\n```",
    "中文，\n中文 `代码`。\n\n- 一\n- 二",
    "{external+python:ref}`x`, [a heading](#x), [objects](inv:k8s#pod)",
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


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_below_chinese_text_too(name: str) -> None:
    """Where breaks between Chinese characters are taken out, a line keeps its number in the file."""
    before = "第一行，\n第二行\n第三行。\n\n"
    plain = refusals(f"{HEAD}{REFUSED[name]}\n")
    assert [
        (found.line - before.count("\n"), found.message) for found in refusals(f"{HEAD}{before}{REFUSED[name]}\n")
    ] == [(found.line, found.message) for found in plain] or name == "HTML after what looks like a front matter"


def test_a_text_that_nests_and_mixes_everything_is_read_in_bounded_time() -> None:
    body = "$a$ {{ b }} \\begin{x}\n: c\n:d: e\n{#f}\n"
    for depth in range(3, 20):
        fence = ":" * (40 - depth)
        body = f"{fence}{{note}} $a$ {{{{ b }}}}\n{body}\n{fence}\n"
    started = time.process_time()
    assert any("take" in found.message for found in refusals(f"{HEAD}{body}"))
    assert time.process_time() - started < 20


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
