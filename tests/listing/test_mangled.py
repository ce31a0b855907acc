"""Whatever people do to a listing before they paste it: its rows are right or unread, never wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.listing import ListingRow, read
from tests.listing.mangled import DRESSES, NAMED, PROSE, Row, cut, printed, some_columns, tables, wrapped

TABLES = dict(tables())
WIDTHS = st.integers(40, 200)
FILES = st.sampled_from(sorted(TABLES))


def truth(table: Sequence[Row]) -> dict[str, dict[str, str]]:
    """What a table says of each name: the value of each column, by its heading."""
    named = next(place for place, heading in enumerate(table[0]) if heading in NAMED)
    return {row[named]: dict(zip(table[0], row, strict=True)) for row in table[1:]}


def is_right(row: ListingRow, known: dict[str, dict[str, str]]) -> bool:
    """Whether a row says nothing but what the table does. Where no name is shown, the image is what it says."""
    if row.what in ("nameless container", "containerd container"):
        images = {values.get("IMAGE", "") for values in known.values()}
        shown = row.image or ""
        # Of what was cut in its tag or digest the name is whole.
        return shown in images or (
            re.search(r"[:@][^/]*\Z", shown) is not None and any(image.startswith(shown) for image in images)
        )
    values = known.get(row.name)
    return (
        values is not None
        and row.namespace in (None, values.get("NAMESPACE"))
        and row.image in (None, values.get("IMAGE"))
    )


def wrong(lines: Sequence[str], table: Sequence[Row]) -> list[ListingRow]:
    known = truth(table)
    return [row for row in read(lines).rows if not is_right(row, known)]


def names(lines: Sequence[str]) -> list[str]:
    return [row.name for row in read(lines).rows]


@pytest.mark.parametrize("file", TABLES)
@pytest.mark.parametrize("header", [True, False], ids=["header", "no header"])
@pytest.mark.parametrize("dress", DRESSES, ids=range(len(DRESSES)))
def test_every_row_is_read_whatever_stands_around_it(file: str, header: bool, dress: object) -> None:
    assert callable(dress)
    table = TABLES[file]
    lines = [dress(line) for line in printed(table, header=header)]
    assert names(lines) == [
        next(value for value, heading in zip(row, table[0], strict=True) if heading in NAMED) for row in table[1:]
    ]
    assert wrong(lines, table) == []


@settings(deadline=None)
@given(FILES, st.randoms(use_true_random=False))
def test_columns_may_be_dropped_and_stand_in_any_order(file: str, random: Random) -> None:
    table = some_columns(TABLES[file], random)
    assert wrong(printed(table), TABLES[file]) == []
    assert len(names(printed(table))) >= (len(table) - 1) * 0.9
    if len(table[0]) > 1:
        assert wrong(printed(table, header=False), TABLES[file]) == []


@settings(deadline=None)
@given(FILES, WIDTHS, st.booleans(), st.booleans())
def test_lines_may_be_wrapped(file: str, width: int, header: bool, stripped: bool) -> None:
    lines = wrapped(printed(TABLES[file], header=header), width)
    assert wrong([line.rstrip() for line in lines] if stripped else lines, TABLES[file]) == []


@settings(deadline=None)
@given(FILES, WIDTHS, st.booleans())
def test_lines_may_be_cut(file: str, width: int, header: bool) -> None:
    """One or two lines that reach the edge do not tell that there is one; nothing else may then be wrong than the end of a name there."""
    lines = cut(printed(TABLES[file], header=header), width)
    edge = max(map(len, lines))
    few = sum(len(line) == edge for line in lines) < 3
    for row in wrong(lines, TABLES[file]):
        assert few
        assert len(lines[row.line - 1]) == edge
        assert lines[row.line - 1].endswith(row.name)


@settings(deadline=None)
@given(FILES, st.lists(st.tuples(st.integers(0, 60), st.sampled_from(PROSE)), max_size=6), st.booleans())
def test_prose_may_stand_anywhere(file: str, prose: list[tuple[int, str]], header: bool) -> None:
    lines = printed(TABLES[file], header=header)
    for place, sentence in prose:
        lines.insert(min(place, len(lines)), sentence)
    assert wrong(lines, TABLES[file]) == []
    assert len(names(lines)) == len(TABLES[file]) - 1


@settings(deadline=None)
@given(
    FILES,
    st.sampled_from(["root@node1:~# ", "[root@node1 ~]# ", "$ ", "# ", "user@host:~$ sudo ", "node:~ # ", "PS C:\\> "]),
)
def test_commands_may_stand_before_and_after(file: str, prompt: str) -> None:
    lines = [f"{prompt}docker ps -a", *printed(TABLES[file]), f"{prompt}exit", "logout"]
    assert wrong(lines, TABLES[file]) == []
    assert len(names(lines)) == len(TABLES[file]) - 1
