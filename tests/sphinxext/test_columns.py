"""Columns share a page by what most of their cells need, whatever is in the others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rkedoc.sphinxext.blocks.columns import saying, widths
from rkedoc.sphinxext.blocks.view import Badge, Cell, Code, Ref, Row, Table

TEXTS = st.text(max_size=400)
CELLS = st.lists(
    st.one_of(TEXTS, st.builds(Code, TEXTS), st.builds(Badge, TEXTS), st.builds(Ref, st.just("pod"), TEXTS)), max_size=3
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    count = draw(st.integers(1, 12))
    names = tuple(draw(st.lists(st.text(max_size=30), min_size=count, max_size=count)))
    rows = draw(
        st.lists(st.lists(CELLS.map(tuple), min_size=count, max_size=count).map(tuple), min_size=1, max_size=12)
    )
    return Table(names, tuple(Row(cells) for cells in rows))


@given(tables())
def test_shares_add_up_and_no_column_vanishes(table: Table) -> None:
    found = widths(table)
    assert sum(found.shares) == 100
    assert min(found.shares) >= 2
    assert found.least > 0


def table(*rows: tuple[str, ...]) -> Table:
    def cell(text: str) -> Cell:
        return (text,)

    return Table(("Name", "Value", "Why"), tuple(Row(tuple(map(cell, row))) for row in rows))


def test_one_long_value_takes_next_to_no_room_from_what_explains() -> None:
    usual = [("a", "short", "a sentence that explains what this is and why it is here")] * 20
    calm = widths(table(*usual)).shares
    loud = widths(table(*usual, ("a", "x" * 3_000, "a sentence"))).shares
    assert loud[2] >= 0.85 * calm[2]


def test_a_table_whose_words_need_more_room_becomes_cards_earlier() -> None:
    assert (
        widths(table(("a", "b", "c"))).least
        < widths(table(("an-unbroken-name", "another-one-here", "and-a-third-one"))).least
    )


def test_a_column_that_says_nothing_is_left_out_and_one_with_a_dash_is_not() -> None:
    assert saying(table(("a", "", "–"), ("b", "", "–"))).columns == ("Name", "Why")


@given(tables())
def test_what_is_left_says_the_same(given_table: Table) -> None:
    kept = saying(given_table)
    before = [[item for cell in row.cells for item in cell if item != ""] for row in given_table.rows]
    after = [[item for cell in row.cells for item in cell if item != ""] for row in kept.rows]
    assert before == after
