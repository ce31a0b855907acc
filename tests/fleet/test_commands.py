"""Questions to many clusters at the command line: what they answer, in which form, with which exit code, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from rkedoc.explain.support import state_on
from rkedoc.fleet.ask import Asked, failing, images, support
from rkedoc.fleet.keeping import FOLDER, Keeping
from rkedoc.fleet.schema import TABLES, columns
from rkedoc.fleet.text import answer_text, rows_csv
from rkedoc.publish.tree import Shelf
from tests.support.commands import Run
from tests.support.fleets import NOW, Fleet, digest_of, plan, write_fleet

FLEET = Fleet(clusters=8, versions=2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a fleet whose tables have been made. Nobody changes it."""
    folder = tmp_path_factory.mktemp("fleet")
    write_fleet(folder, FLEET)
    Keeping(folder / FOLDER).make(folder)
    return folder


def answer(run: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    ended = run("fleet", *arguments, "-o", "json")
    assert (ended.code, ended.err) == (code, "")
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_where_an_image_runs_is_found_by_name_and_by_digest(run: Run, made: Path) -> None:
    by_name = answer(run, "images", made, "redis")
    clusters = {row["cluster"] for row in by_name["rows"]}
    assert clusters == {one.name for one in plan(FLEET)}
    image = by_name["rows"][0]["image"]
    by_digest = answer(run, "images", made, digest_of(image))
    assert {row["image"] for row in by_digest["rows"]} == {image}
    # Where no status tells the digest, none is made up: the cluster is among those of which something is not known.
    unseen = {row["cluster"] for row in by_name["rows"] if row["image"] == image} - {
        row["cluster"] for row in by_digest["rows"]
    }
    assert unseen <= {one["cluster"] for one in by_digest["not_known"]}


def test_init_containers_sandboxes_and_static_pods_are_users(run: Run, made: Path) -> None:
    roles = {row["role"] for row in answer(run, "images", made, "e")["rows"]}
    assert {"init", "app", "sandbox", "standalone"} <= roles
    static = answer(run, "images", made, "hardened-kubernetes")["rows"]
    assert {row["kind"] for row in static} >= {"Pod"}


def test_nothing_found_is_exit_code_1_and_says_what_is_not_known(run: Run, made: Path) -> None:
    ended = run("fleet", "images", made, "no-such-image")
    assert ended.code == 1
    assert "8 clusters were asked: 0 rows" in ended.out
    assert "Not known, and more may be there:" in ended.out
    assert run("fleet", "where", made, "no-such-thing").code == 1
    assert run("fleet", "components", made, "no-such-component").code == 1


def test_patterns_of_names_narrow_every_question(run: Run, made: Path) -> None:
    wanted = {one.name for one in plan(FLEET) if one.environment == "prod"}
    for question in (("versions",), ("problems",), ("support",), ("changes",), ("images", "e"), ("where", "e")):
        found = answer(run, question[0], made, *question[1:], "--cluster", "prod-*")
        assert found["clusters"] == len(wanted)
        named = {row["cluster"] for row in found["rows"]} | {one["cluster"] for one in found["not_known"]}
        assert named <= wanted
    assert answer(run, "versions", made, "--cluster", "nothing-*") == {
        "rkedoc": "fleet-versions", "clusters": 0, "rows": [], "not_known": [], "left_out": [],
    }  # fmt: skip


def test_support_is_judged_on_the_day_that_is_asked_for(run: Run, made: Path) -> None:
    found = answer(run, "support", made, "--on", "2020-01-01")
    assert found["on"] == "2020-01-01"
    states = [row["state"] for row in found["rows"]]
    assert states == sorted(states, key=["ended", "ends-soon", "supported", "unknown"].index)
    later = answer(run, "support", made, "--on", "2026-11-30")
    assert sum(row["state"] == "ended" for row in later["rows"]) > states.count("ended")
    assert run("fleet", "support", made, "--on", "2026-11-30", "--fail-on", "ended").code == 1
    assert run("fleet", "support", made, "--on", "2015-01-01", "--fail-on", "ended").code == 0
    assert run("fleet", "support", made, "--on", "soon").code == 2


def test_exit_codes_follow_what_a_pipeline_asks_for(run: Run, made: Path) -> None:
    assert run("fleet", "problems", made).code == 0
    assert run("fleet", "problems", made, "--fail-on", "error").code == 1
    assert run("fleet", "problems", made, "--fail-on", "info").code == 0
    assert run("fleet", "drift", made).code == 0
    assert run("fleet", "drift", made, "--fail-on", "differs").code == 1
    assert run("fleet", "drift", made, "--fail-on", "not-known").code == 1
    assert run("fleet", "drift", made, "--fail-on", "expired").code == 0


def test_changes_are_those_of_the_newest_or_of_all_since_a_day(run: Run, made: Path) -> None:
    newest = answer(run, "changes", made)
    assert {row["change"] for row in newest["rows"]} == {"changed"}
    assert {row["weight"] for row in newest["rows"]} == {"version"}
    assert all(
        row["since"] < row["collected_at"] and row["old_version"] and row["new_version"] for row in newest["rows"]
    )
    all_of_them = answer(run, "changes", made, "--since", "2000-01-01")
    assert len(all_of_them["rows"]) == len(newest["rows"])
    assert {one["why"] for one in all_of_them["not_known"]} >= {"no-snapshot-before"}
    assert answer(run, "changes", made, "--since", "2027-01-01")["rows"] == []


def test_owners_answer_for_what_they_have_and_nobody_for_the_rest(run: Run, made: Path) -> None:
    found = {row["owner"]: row for row in answer(run, "owners", made)["rows"]}
    one = answer(run, "owners", made, "data")["rows"]
    assert len(one) == found["data"]["workloads"]
    assert {row["owner"] for row in one} == {"data"}
    assert {row["namespace"] for row in one} >= {"data"}


@pytest.mark.parametrize(
    "question",
    [
        ("images",),
        ("versions",),
        ("components",),
        ("problems",),
        ("support",),
        ("owners",),
        ("changes",),
        ("where", "web"),
        ("drift",),
    ],
)
def test_every_form_says_the_same_in_every_language(run: Run, made: Path, question: tuple[str, ...]) -> None:
    name, *more = question
    words = ("fleet", name, made, *more)
    chinese = run(*words, "-o", "json", "--language", "zh_CN").out
    assert run(*words, "-o", "json").out == chinese
    table = list(csv.reader(io.StringIO(run(*words, "-o", "csv").out)))
    if name != "drift":
        rows = json.loads(chinese)["rows"]
        assert len(table) == len(rows) + 1
        assert rows == [] or table[0] == list(rows[0])
    for style in ("table", "wide", "name", "yaml"):
        assert run(*words, "-o", style, "--language", "zh_CN").out


def test_a_query_of_ones_own_reads_the_tables(run: Run, made: Path) -> None:
    found = answer(run, "sql", made, "SELECT count(*) AS n FROM clusters")
    assert found["rows"] == [{"n": 8}]
    assert answer(run, "sql", made, "SELECT count(*) AS n FROM all_clusters")["rows"] == [{"n": 16}]
    shown = answer(run, "sql", made, "SHOW TABLES")["rows"]
    assert {row["name"] for row in shown} == {*TABLES, *(f"all_{name}" for name in TABLES)}
    for name in TABLES:
        told = answer(run, "sql", made, f"DESCRIBE {name}")["rows"]
        assert [(row["column_name"], row["column_type"]) for row in told] == [
            (column.name, column.type) for column in columns(name)
        ]


@pytest.mark.parametrize(
    "query",
    [
        "COPY clusters TO 'out.csv'", "CREATE TABLE t AS FROM clusters", "ATTACH 'x.db'", "INSTALL httpfs", "LOAD httpfs",
        "SET enable_external_access = true", "SET lock_configuration = false", "DROP VIEW clusters", "SELECT 1; SELECT 2", "",
        "PRAGMA database_list", "EXPORT DATABASE 'x'", "DELETE FROM clusters", "CALL pragma_version()", "SELECT FROM",
        "FROM nowhere", "FROM read_text('/etc/passwd')", "FROM '/etc/passwd'", "FROM read_csv('{outside}')", "FROM glob('/*')",
        "FROM read_parquet('https://example.com/x.parquet')", "FROM sniff_csv('{outside}')", "FROM read_blob('{outside}')",
        "FROM query('COPY clusters TO ''out.csv''')", "FROM parquet_metadata('{outside}')", "FROM made", "FROM asked",
    ],
)  # fmt: skip
def test_a_query_can_reach_nothing_but_the_tables(run: Run, made: Path, tmp_path: Path, query: str) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a,b\n1,2\n", "utf-8")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    ended = run("fleet", "sql", made, query.format(outside=outside))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("rkedoc: ")
    assert ended.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_a_broken_snapshot_costs_itself_and_is_named(run: Run, tmp_path: Path) -> None:
    paths = write_fleet(tmp_path / "fleet", Fleet(clusters=3, versions=2))
    paths[1].write_bytes(paths[1].read_bytes()[:-40])
    (tmp_path / "fleet" / "other.ndjson").write_text("no snapshot\n", "utf-8")
    for _again in range(2):
        found = answer(run, "versions", tmp_path / "fleet", "kubernetes")
        assert found["clusters"] == 3
        assert {Path(one["file"]).name for one in found["left_out"]} == {paths[1].name, "other.ndjson"}
        assert all(one["why"] and one["file"] not in one["why"] for one in found["left_out"])
        # The one before it answers in its place.
        first = plan(Fleet(clusters=3))[0].name
        assert [row["collected_at"][:10] for row in found["rows"] if row["cluster"] == first] == ["2026-11-23"]
    assert "Left out, since they cannot be read:" in run("fleet", "versions", tmp_path / "fleet").out


def test_tables_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    paths = write_fleet(folder, Fleet(clusters=3, versions=2))
    keeping = Keeping(tmp_path / "tables")
    assert keeping.make(folder).new == 6
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "tables").rglob("*.parquet")}
    assert len(files) == 6 * len(TABLES)
    assert keeping.make(folder).new == 0
    os.utime(paths[0])
    assert Keeping(tmp_path / "tables").make(folder).new == 0
    assert files == {path: path.stat().st_mtime_ns for path in (tmp_path / "tables").rglob("*.parquet")}
    # What was made from a snapshot goes with it, and the one after it is compared with another one now.
    paths[0].unlink()
    assert keeping.make(folder).new == 1
    assert len(list((tmp_path / "tables").rglob("*.parquet"))) == 5 * len(TABLES)


def test_the_newest_of_each_cluster_are_made_anew_when_they_are_others(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    first = write_fleet(folder, Fleet(clusters=2, versions=1))
    keeping = Keeping(tmp_path / "tables")

    def clusters() -> int:
        asked = Asked(keeping, keeping.make(folder))
        try:
            return images(asked).clusters
        finally:
            asked.close()

    assert clusters() == 2
    write_fleet(folder, Fleet(clusters=4, versions=1))
    assert clusters() == 4
    for path in first:
        path.unlink()
    assert clusters() == 2
    newest = tmp_path / "tables" / "v1" / "newest" / "images.parquet"
    newest.write_bytes(b"damaged")
    assert clusters() == 2


def test_the_snapshots_that_publish_keeps_are_asked(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shelf = Shelf(site)
    kept = shelf.snapshot(site / "demo", "2026-11-30")
    kept.parent.mkdir(parents=True)
    source = write_fleet(tmp_path / "fleet", Fleet(clusters=1))[0]
    kept.write_bytes(source.read_bytes())
    (site / "demo").mkdir()
    (site / "demo" / "stray.ndjson").write_text("a page's own data\n", "utf-8")
    found = answer(run, "versions", site, "kubernetes")
    assert (found["clusters"], found["left_out"]) == (1, [])
    assert (site / ".rkedoc" / "tables").is_dir()


def test_a_folder_that_is_none_or_cannot_be_written_is_an_error(run: Run, tmp_path: Path) -> None:
    ended = run("fleet", "versions", tmp_path / "nowhere", "--tables", tmp_path / "tables")
    assert (ended.code, "is no folder" in ended.err) == (2, True)
    (tmp_path / "file").write_text("x", "utf-8")
    (tmp_path / "empty").mkdir()
    ended = run("fleet", "versions", tmp_path / "empty", "--tables", tmp_path / "file")
    assert (ended.code, "--tables" in ended.err) == (2, True)
    assert answer(run, "images", tmp_path / "empty")["rows"] == []
    assert answer(run, "sql", tmp_path / "empty", "FROM images")["rows"] == []


def test_a_cell_that_a_spreadsheet_would_run_is_text() -> None:
    text = rows_csv(("a", "b"), [("=1+1", ["x", "y"]), (None, 3)])
    assert text == "a,b\r\n'=1+1,x y\r\n,3\r\n"


def test_what_fails_is_judged_by_one_column(made: Path) -> None:
    keeping = Keeping(made / FOLDER)
    asked = Asked(keeping, keeping.make(made))
    found = support(asked, NOW.date())
    asked.close()
    for row in found.rows:
        told = dict(zip(found.columns, row, strict=True))
        state = state_on(told["ends"], told["at_latest"], NOW.date()).value if told["ends"] else "unknown"
        assert told["state"] == state
    assert failing(found, "state", ("ended",))
    assert not failing(found, "state", ())
    assert "no longer supported" in answer_text(found)


def test_the_schema_is_printed(run: Run) -> None:
    shown = json.loads(run("schema", "--tables").out)
    assert shown["version"] == 1
    assert set(shown["tables"]) == set(TABLES)
