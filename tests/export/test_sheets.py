"""The tables of a snapshot, for spreadsheets: no cell is a formula, and equal snapshots give equal bytes."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from rkedoc.cli import cli
from rkedoc.cluster.model import Cluster
from rkedoc.errors import UsageError
from rkedoc.export.sheets import csv_files, workbook
from rkedoc.fleet.schema import TABLES, columns
from rkedoc.resources import resource
from tests.diff.world import find, objects, records
from tests.explain.recorded import cluster_of
from tests.fleet.test_tables import CASES
from tests.support.days import write_day

everywhere = pytest.mark.parametrize("cluster", CASES, indirect=True)
DEMO = str(resource("data", "demo.ndjson.zst"))
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return done.output


@everywhere
def test_each_table_is_a_file_with_the_columns_of_its_schema(cluster: Cluster) -> None:
    files = dict(csv_files(cluster, None))
    assert set(files) == {f"{name}.csv" for name in TABLES}
    for name in TABLES:
        head, *rows = csv.reader(io.StringIO(files[f"{name}.csv"]))
        assert head == [column.name for column in columns(name)]
        assert all(len(row) == len(head) for row in rows), name


@everywhere
def test_a_workbook_has_a_sheet_for_each_table_and_is_the_same_each_time(cluster: Cluster) -> None:
    content = workbook(cluster, None)
    assert workbook(cluster, None) == content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        root = ElementTree.fromstring(book.read("xl/workbook.xml"))
        names = [sheet.attrib["name"] for sheet in root.iter(f"{SHEET}sheet")]
        assert set(names) == {*TABLES, "columns"} and names[0] == "clusters" and names[-1] == "columns"


def test_no_cell_is_a_formula_whatever_stands_in_the_cluster() -> None:
    found = objects()
    deployment = find(found, "Deployment")
    (one,) = deployment["spec"]["template"]["spec"]["containers"][:1]
    deployment["spec"]["template"]["spec"]["containers"] = [{**one, "name": text, "image": text} for text in FORMULAS]
    cluster = cluster_of(records([deployment]))
    book = workbook(cluster, None)
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        sheets = [file.read(name) for name in file.namelist() if name.startswith("xl/worksheets/")]
        assert sheets and not any(b"<f>" in sheet or b"<f " in sheet or b"hyperlink" in sheet for sheet in sheets)
        assert b"=1+1" in file.read("xl/sharedStrings.xml")
    for text in dict(csv_files(cluster, None)).values():
        for row in csv.reader(io.StringIO(text)):
            assert not any(cell[:1] in "=+-@\t\r\n＝＋－＠" for cell in row if cell)


def test_the_command_writes_both(tmp_path: Path) -> None:
    run("tables", DEMO, "-o", tmp_path / "tables.xlsx")
    run("tables", DEMO, "-o", tmp_path / "tables")
    assert (tmp_path / "tables.xlsx").read_bytes()[:2] == b"PK"
    assert len(list((tmp_path / "tables").iterdir())) == len(TABLES)
    assert (tmp_path / "tables" / "nodes.csv").read_bytes().startswith(b"\xef\xbb\xbfcluster,")
    first = (tmp_path / "tables.xlsx").read_bytes()
    run("tables", DEMO, "-o", tmp_path / "tables.xlsx")
    assert (tmp_path / "tables.xlsx").read_bytes() == first


def test_changes_are_those_since_the_snapshot_that_is_named(tmp_path: Path) -> None:
    found = objects()
    find(found, "Deployment")["spec"]["replicas"] = 7
    old, new = write_day(tmp_path, "2026-10-01"), write_day(tmp_path, "2026-10-02", found)
    run("tables", new, "--since", old, "-o", tmp_path / "out")
    text = (tmp_path / "out" / "changes.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["kind"] for row in rows] == ["Deployment"] and rows[0]["since"].endswith("Z")
    with pytest.raises(UsageError, match="not older"):
        CliRunner().invoke(cli, ["tables", str(old), "--since", str(new), "-o", str(tmp_path)], catch_exceptions=False)


def test_the_library_is_asked_for_where_it_is_missing(tmp_path: Path) -> None:
    code = "import sys; sys.modules['xlsxwriter'] = None; from rkedoc.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "tables", DEMO, "-o", str(tmp_path / "a.xlsx")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'rkedoc[tables]'" in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
