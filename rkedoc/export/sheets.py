"""The tables of a snapshot for a spreadsheet: a file of CSV for each, or one workbook.

They are those of ``rkedoc fleet``, with the same columns. No cell is a formula, whatever stands in the cluster: in a workbook text is text, in
CSV what a spreadsheet would run has an apostrophe before it. Equal snapshots give equal bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rkedoc.errors import UsageError
from rkedoc.fleet.schema import TABLES, Column, columns
from rkedoc.fleet.tables import as_data, common, tables
from rkedoc.fleet.text import cell_text, rows_csv

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.diff.history import HistoryStep

_LONGEST: Final = 32_767
"""Characters that a cell of a workbook holds (support.microsoft.com, Excel specifications and limits)."""
_MOST: Final = 1_048_576
"""Rows of a sheet (ibid.)."""


def csv_files(cluster: Cluster, before: HistoryStep | None) -> Iterator[tuple[str, str]]:
    """A file for each table, by its name."""
    for name, rows in _tables(cluster, before).items():
        yield f"{name}.csv", rows_csv([column.name for column in columns(name)], rows)


def workbook(cluster: Cluster, before: HistoryStep | None) -> bytes:
    """A workbook (XLSX) with a sheet for each table, and one that says what the columns mean.

    Raises :class:`~rkedoc.errors.UsageError` if the library that writes it is not installed.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise UsageError("a workbook needs a library: install it with pip install 'rkedoc[tables]'") from None
    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    time = cluster.header.time.replace("Z", "")
    # A workbook says when it was made: it is made of the snapshot, and of nothing that is newer.
    book.set_properties({"created": datetime.fromisoformat(time) if time else datetime(1980, 1, 1)})  # noqa: DTZ001 - XLSX has no zones
    strong = book.add_format({"bold": True})
    found = {"clusters": (), **_tables(cluster, before)}
    for name, rows in found.items():
        sheet = book.add_worksheet(name)
        heads = [column.name for column in columns(name)]
        sheet.write_row(0, 0, heads, strong)
        for number, row in enumerate(rows[: _MOST - 1], 1):
            for place, value in enumerate(row):
                _write(sheet, number, place, value)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, len(rows)), len(heads) - 1)
        sheet.set_column(0, len(heads) - 1, 18)
    sheet = book.add_worksheet("columns")
    sheet.write_row(0, 0, ("table", "column", "meaning"), strong)
    meanings = [(name, column.name, column.meaning) for name in found for column in columns(name)]
    for number, row in enumerate(meanings, 1):
        for place, value in enumerate(row):
            sheet.write_string(number, place, value)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 2, 30)
    book.close()
    return content.getvalue()


def _write(sheet: Any, number: int, place: int, value: Any) -> None:
    match value:
        case None:
            pass
        case bool():
            sheet.write_boolean(number, place, value)
        case int():
            sheet.write_number(number, place, value)
        case _:
            sheet.write_string(number, place, cell_text(value)[:_LONGEST])


def _tables(cluster: Cluster, before: HistoryStep | None) -> Mapping[str, Sequence[Sequence[Any]]]:
    """The rows of each table, as plain values in the order of its columns; that of the cluster comes first."""
    shared = common(cluster.header)
    made = tables(cluster, before)
    names = ("clusters", *(name for name in TABLES if name != "clusters"))
    return {name: [_cells(name, shared | as_data(row)) for row in made[name]] for name in names}


def _cells(table: str, row: Mapping[str, Any]) -> list[Any]:
    return [_zoned(column, row[column.name]) for column in columns(table)]


def _zoned(column: Column, value: Any) -> Any:
    """A time with its zone, which a table says once for all and a cell by itself."""
    return f"{value}Z" if column.type == "TIMESTAMP" and value is not None else value
