"""Closed vocabularies: one table with code, label, colour and order, and nobody who spells a word of one by hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

import rkedoc
from rkedoc import i18n, vocabulary
from rkedoc.cli import cli
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.vocabulary import Term

PACKAGE = Path(rkedoc.__file__).parent
TABLES = [
    found for found in vars(vocabulary).values() if isinstance(found, type) and issubclass(found, Term) and len(found)
]
FIELDS = {"role", "origin", "result", "change", "weight", "severity"}
"""Fields that hold a word of a closed vocabulary."""

CODES = {term.value for table in TABLES for term in table}


def test_the_vocabularies_are_found() -> None:
    assert len(TABLES) == 23


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_word_has_a_code_a_label_in_every_language_a_colour_and_its_place(table: type[Term]) -> None:
    terms = list(table)
    assert [term.order for term in terms] == list(range(len(terms)))
    assert all(one.order < other.order for one, other in pairwise(terms))
    for term in terms:
        assert re.fullmatch(r"[a-z]+(?:[- ][a-z]+)*", term.value)
        assert str(term) == f"{term}" == term.value
        assert table(term.value) is term
        assert term.label
        assert re.fullmatch(r"[a-z][a-z-]*", term.tone)
        again = getattr(term, "again", "")
        assert not again or set(re.findall(r"{\w+}", term.label)) < set(re.findall(r"{\w+}", again))
        for language in i18n.LANGUAGES:
            i18n.set_language(language)
            assert term.label.translated
            same = language == "en" or re.fullmatch(
                r"Rancher server|API server|etcd|kubelet|kube-proxy|flannel|containerd|cri-dockerd|({\w+}\W*)+",
                term.label,
            )
            assert bool(same) or term.label.translated != str(term.label)
        i18n.set_language("en")


def test_the_colours_are_those_of_the_style_sheet() -> None:
    style = "".join(path.read_text("utf-8") for path in (PACKAGE / "sphinxext").rglob("*.css"))
    for table in TABLES:
        if table in (vocabulary.GapKind, vocabulary.ProblemKind):
            continue  # levels of SARIF; a problem has the colour of its severity
        for term in table:
            assert f"-{term.tone}" in style, term


def compared(path: Path) -> Iterator[tuple[str, str]]:
    """Each comparison of such a field with a text that is spelled out."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        fields = {side.attr if isinstance(side, ast.Attribute) else side.id for side in sides
                  if isinstance(side, ast.Attribute | ast.Name)} & FIELDS  # fmt: skip
        texts = {inner.value for side in sides for inner in ast.walk(side)
                 if isinstance(inner, ast.Constant) and isinstance(inner.value, str)} & CODES  # fmt: skip
        for field in fields:
            yield from ((field, text) for text in texts)


def test_nobody_compares_with_a_word_that_is_spelled_out() -> None:
    found = {(path.relative_to(PACKAGE).as_posix(), *item) for path in PACKAGE.rglob("*.py") for item in compared(path)}
    assert not found


@pytest.fixture(scope="module")
def two(recording: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two snapshots of one node; of the second the services were left out."""
    folder = tmp_path_factory.mktemp("two")
    made = []
    for name, skip in (("rke-single-node", ()), ("rke-single-node-unhealthy", ("services",))):
        options = CollectOptions(output=folder / f"{name}.ndjson", from_=(recording(name),), cluster="one", skip=skip)
        collect(options, progress=QuietProgress())
        made.append(folder / f"{name}.ndjson")
    return made[0], made[1]


@pytest.mark.parametrize(
    "command",
    [
        ["ledger", "{new}"],
        ["coverage", "{new}"],
        ["coverage", "{new}", "--format", "sarif"],
        ["coverage", "{new}", "--format", "junit"],
        ["diff", "{old}", "{new}"],
        ["diff", "{old}", "{new}", "--across"],
        ["migrate", "{new}"],
        ["support", "{new}"],
        ["explain", "kube-system", "--snapshot", "{new}"],
        ["explain", "rancher/hyperkube:v1.20.4-rancher1"],
        ["explain", "etcd"],
        ["catalog", "list"],
    ],
    ids=" ".join,
)
def test_what_programs_read_is_the_same_in_every_language(command: list[str], two: tuple[Path, Path]) -> None:
    old, new = two
    words = [word.format(old=old, new=new) for word in command]
    words += [] if "--format" in words else ["--format", "json"]
    said = {language: CliRunner().invoke(cli, [*words, "--language", language]) for language in i18n.LANGUAGES}
    i18n.set_language("en")
    assert {done.exit_code for done in said.values()} <= {0, 1}
    assert said["en"].stdout
    assert said["en"].stdout == said["zh_CN"].stdout
