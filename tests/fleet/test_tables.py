"""The tables say what the pages say: they agree with ledger, support and coverage of the same snapshot, whatever was collected."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.explain.coverage import coverage
from rkedoc.explain.health.checks import problems
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.owners import owners
from rkedoc.explain.support import state_on
from rkedoc.explain.support_report import support_report
from rkedoc.fleet.schema import COMMON, TABLES, columns, phrase, phrase_text, tables_schema
from rkedoc.fleet.tables import as_data, common, tables
from rkedoc.i18n import Message
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import canonical
from tests.explain.recorded import dumped, recorded
from tests.support.archives import DATA, Archives
from tests.support.fleets import Fleet, write_fleet

DAYS = (date(2021, 1, 1), date(2024, 6, 1), date(2026, 11, 30), date(2028, 1, 1))
# The one that is left out holds answers to another account alone, and none of an engine.
RECORDINGS = sorted(
    {path.name.removesuffix(".tar.zst") for path in (DATA / "recordings").glob("*.tar.zst")}
    - {"rke-single-node-limited"}
)
DUMPS = sorted(path.name.removesuffix(".tar.zst") for path in (DATA / "dumps").glob("*.tar.zst"))
DEMOS = ("demo.ndjson.zst", "demo-rke2.ndjson.zst")
MADE_UP = range(16)
CASES = [
    *RECORDINGS,
    *(name for name in DUMPS if name != "others"),
    *DEMOS,
    *(f"made-up-{number}" for number in MADE_UP),
]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return write_fleet(tmp_path_factory.mktemp("fleet"), Fleet(clusters=len(MADE_UP)))


@pytest.fixture
def cluster(request: pytest.FixtureRequest, recording: Archives, dump: Archives, fleet: tuple[Path, ...]) -> Cluster:
    name: str = request.param
    if name in DEMOS:
        snapshot = load(resource("data", name))
    elif name.startswith("made-up-"):
        snapshot = load(fleet[int(name.rpartition("-")[2])])
    else:
        snapshot = recorded(recording(name)) if name in RECORDINGS else dumped(dump(name))
    return Cluster(snapshot, load_catalog())


every = pytest.mark.parametrize("cluster", CASES, indirect=True)


@every
def test_containers_of_all_images_are_those_of_the_ledger(cluster: Cluster) -> None:
    rows = tables(cluster, None)["images"]
    lines = build_ledger(cluster).lines
    assert sum(row.containers or 0 for row in rows) == len(lines)
    assert sum(row.running or 0 for row in rows) == sum(line.state == "running" for line in lines)
    for column, told in (
        ("role", Counter(line.role.value for line in lines)),
        ("origin", Counter(line.origin.value for line in lines)),
    ):
        summed: Counter[str] = Counter()
        for row in rows:
            if row.containers:
                summed[getattr(row, column)] += row.containers
        assert summed == told


@every
def test_support_is_the_same_on_any_day(cluster: Cluster) -> None:
    rows = [row for row in tables(cluster, None)["support"] if row.product is not None]
    for day in DAYS:
        told = {
            (one["of"], one["line"] or None): (one["state"], one["ends"])
            for one in support_report(cluster, day).to_json()["support"]
            if one["ends"] is not None
        }
        judged = {
            (row.product, row.line): (state_on(row.ends, bool(row.at_latest), day).value, row.ends.isoformat())
            for row in rows
            if row.ends is not None
        }
        assert told.items() <= judged.items()
        # What the report has no day for, the tables know until when it may be: no verdict can follow from that.
        assert {judged[key][0] for key in judged.keys() - told.keys()} <= {"unknown"}


@every
def test_coverage_owners_problems_and_nodes_are_those_of_the_pages(cluster: Cluster) -> None:
    rows = tables(cluster, None)
    assert [(row.rule, row.subject, row.message) for row in rows["coverage"] if row.rule] == [
        (one["rule"], one["subject"], one["message"]) for one in coverage(cluster).to_json()["findings"]
    ]
    assert [(row.id, row.owner or "", row.whose) for row in rows["workloads"] if row.id] == [
        (one.record_id, one.owner, one.whose.value) for one in owners(cluster).all
    ]
    assert [(row.what, row.severity, row.id) for row in rows["problems"] if row.what] == [
        (one.seen.kind.value, one.severity.value, one.record_id) for one in problems(cluster)
    ]
    assert [row.node for row in rows["nodes"] if row.node] == [place.name for place in cluster.nodes()]


@every
def test_what_was_not_looked_at_is_a_row(cluster: Cluster) -> None:
    rows = tables(cluster, None)
    codes = {name: {row.not_known for row in found if row.not_known} for name, found in rows.items()}
    ledger = build_ledger(cluster)
    assert bool(codes["coverage"]) or not ledger.unseen
    if not cluster.whole("Pod"):
        for name in ("images", "workloads", "components", "versions", "problems", "support", "coverage"):
            assert any(code.startswith("core/pods:") for code in codes[name]), name
    if not cluster.whole("Node"):
        assert any(code.startswith("core/nodes:") for code in codes["nodes"])
    if not cluster.engine_nodes:
        assert any(code.startswith("engine/containers:") for code in codes["images"])
    assert all(row.not_known or row.image for row in rows["images"])
    assert codes["changes"] == {"no-snapshot-before"}


@every
def test_rows_have_the_columns_of_the_schema(cluster: Cluster) -> None:
    shared = common(cluster.header)
    assert tuple(shared) == tuple(column.name for column in COMMON)
    for name, rows in tables(cluster, None).items():
        for row in rows:
            assert type(row) is TABLES[name]
            data = shared | as_data(row)
            assert tuple(data) == tuple(column.name for column in columns(name))
            canonical(data)


def test_planted_secrets_are_in_no_table(recording: Archives) -> None:
    planted = re.findall(r"^CANARY-\S+", (DATA / "recordings" / "canaries.txt").read_text("utf-8"), re.MULTILINE)
    assert len(planted) > 10
    for name in RECORDINGS:
        cluster = Cluster(recorded(recording(name)), load_catalog())
        text = b"\n".join(canonical(as_data(row)) for rows in tables(cluster, None).values() for row in rows).decode()
        assert [secret for secret in planted if secret in text] == []


def test_the_schema_says_what_each_column_means() -> None:
    shown: dict[str, Any] = tables_schema()["tables"]
    assert set(shown) == set(TABLES)
    for name, row in TABLES.items():
        assert len(shown[name]["columns"]) == len(COMMON) + len(fields(row))
        assert shown[name]["meaning"].endswith(".")
        assert all(column["meaning"] for column in shown[name]["columns"])
        assert shown[name]["columns"][-1]["name"] == "not_known"


def test_a_phrase_comes_back_as_it_was() -> None:
    inner = Message("container {name}", name="a{b}c")
    said = Message("{who}: its image cannot be had", who=inner)
    back = phrase(phrase_text(said))
    assert (back, back.message) == (said, said.message)
