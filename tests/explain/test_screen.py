"""What is printed fits the terminal, loses nothing by it, and is one stable form wherever there is no terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.cluster.model import Cluster
from rkedoc.diff.render.text import diff_text
from rkedoc.diff.run import compare
from rkedoc.explain.coverage import coverage
from rkedoc.explain.coverage_reports import as_table
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.ledger.processes import process_ledger
from rkedoc.explain.ledger.sockets import open_sockets
from rkedoc.explain.ledger.text import ledger_text, processes_text
from rkedoc.explain.listing.lines import explain_lines, explain_name
from rkedoc.explain.screen import PLAIN, Screen, wrapped
from rkedoc.explain.text import detail_text, entry_text, explained_text
from rkedoc.i18n import set_language
from rkedoc.printable import columns, cut
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from tests.support.nodes import catalog

RKE2 = resource("data", "demo-rke2.ndjson.zst")
RKE1 = resource("data", "demo.ndjson.zst")
COLOUR = re.compile("\x1b\\[[0-9;]*m")
WORDS = st.text("ab 集群状态，。()-/ｗ\u0301", max_size=120)
WIDTHS = st.integers(2, 200)


def letters(text: str) -> str:
    return "".join(text.split())


@given(WORDS, WIDTHS)
def test_a_line_is_never_wider_than_the_screen_and_no_letter_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert [line for line in lines if columns(line) > width] == []
    assert letters("".join(lines)) == letters(text)


@given(WORDS, WIDTHS)
def test_a_cut_is_as_much_as_there_is_room_for(text: str, width: int) -> None:
    kept = cut(text, width)
    assert text.startswith(kept)
    assert columns(kept) <= width
    assert kept == text or columns(text[: len(kept) + 1]) > width


def test_chinese_characters_take_two_columns_and_marks_none() -> None:
    assert [columns(text) for text in ("etcd", "集群", "e\u0301", "")] == [4, 4, 1, 0]


def test_what_closes_does_not_begin_a_line() -> None:
    assert wrapped("集群状态，状态。", 8) == ["集群状", "态，状", "态。"]


def test_names_are_broken_after_a_joint() -> None:
    assert wrapped("rancher/mirrored-coreos-etcd", 18) == ["rancher/mirrored-", "coreos-etcd"]


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=4), st.integers(20, 120))
def test_a_table_fits_and_holds_all_of_its_cells(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = Screen(width).table(("NAME", "ROLE", "WHY"), rows)
    assert [line for line in lines if columns(line) > width] == []
    shown = letters("".join(lines))
    assert all(shown.count(char) >= letters("".join(map("".join, rows))).count(char) for char in set("集群ab"))


@pytest.mark.parametrize("width", [None, 40, 80])
def test_a_row_without_a_terminal_is_a_line(width: int | None) -> None:
    rows = [("name " * 30, "why " * 60)] * 3
    assert (len(Screen(width).table(("NAME", "WHY"), rows)) == 4) is (width is None)
    assert Screen(whole=True).table(("NAME", "WHY"), rows)[1] == f"{'name ' * 30}  {'why ' * 60}".rstrip()


def answers(screen: Screen) -> dict[str, str]:
    """Every answer of the command line, as a terminal shows it."""
    known = catalog()
    cluster = Cluster(load(RKE2), known)
    listing = (Path(__file__).parents[1] / "data" / "listings" / "recorded").glob("*.docker-ps-a.txt")
    lines = min(listing).read_text("utf-8").splitlines()
    return {
        "ledger": ledger_text(build_ledger(cluster), cluster, screen),
        "processes": processes_text(process_ledger(cluster), open_sockets(cluster), screen),
        "coverage": as_table(coverage(cluster), screen),
        "listing": explained_text(explain_lines(lines, known, None), screen),
        "name": "".join(detail_text(item, known, screen) for item in explain_name("kube-apiserver", known, None)),
        "entries": "".join(entry_text(entry, screen) for entry in known.entries),
        "diff": diff_text(compare(RKE1, RKE2, known), screen=screen),
    }


@pytest.fixture
def speaking() -> Callable[[str], None]:
    yield set_language
    set_language("en")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_every_answer_fits_the_terminal(width: int, language: str, speaking: Callable[[str], None]) -> None:
    speaking(language)
    code = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)  # what one copies stays on its lines
    for name, text in answers(Screen(width)).items():
        lines = code.sub("", text).splitlines()
        wide = [line for line in lines if columns(line) > width and not line.startswith("|")]
        assert (name, wide) == (name, [])


def test_colour_changes_no_letter() -> None:
    plain, coloured = answers(PLAIN), answers(Screen(colour=True))
    assert {name: COLOUR.sub("", text) for name, text in coloured.items()} == plain
    assert [name for name, text in coloured.items() if "\x1b[" not in text] == []


def test_paragraphs_are_joined_and_code_is_not() -> None:
    text = "One\ntwo.\n\n- a point\n  goes on\n- next\n\n```sh\nls   -l\nx\n```\n| a | b |"
    assert Screen(80).prose(text) == "One two.\n\n- a point goes on\n- next\n\n```sh\nls   -l\nx\n```\n| a | b |"
    assert PLAIN.prose(text) == text
    assert Screen(12).prose("- a point that goes on") == "- a point\n  that goes\n  on"
    assert Screen(80).prose("集群\n状态") == "集群状态"


@pytest.mark.parametrize("indent", ["", "  "])
def test_the_rest_of_a_sentence_stands_further_in_than_its_beginning(indent: str) -> None:
    text = f"{indent}one two three four five"
    first, *rest = Screen(16).said(text, indent="  ").splitlines()
    assert first.startswith(f"  {indent}one")
    assert rest
    assert all(line.startswith(f"    {indent}") and len(line) <= 16 for line in rest)
    assert PLAIN.said(text) == text
