"""What the benchmarks compare is comparable: the peers do the same work on the same content."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from bench.__main__ import _runtime
from bench.cluster import Size, write_snapshot
from bench.fleet import compact, write_fleet
from bench.handmade import write_project
from bench.measure import exponent, rkedoc
from bench.server import Answers
from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.snapshot.reader import load
from rkedoc.sphinxext.project import build_site
from rkedoc.sphinxext.site import Site

SIZE = Size(workloads=3, namespaces=2, pods=2)
_TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "cluster.ndjson"
    write_snapshot(SIZE, path)
    return path


def test_the_pages_written_by_hand_hold_what_the_generated_ones_hold(snapshot: Path, tmp_path: Path) -> None:
    site = Site(Cluster(load(snapshot), load_catalog()))
    assert write_project(site, tmp_path / "hand") == len(site.pages)
    build_site(snapshot, tmp_path / "ours")
    peer = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(tmp_path / "hand"), str(tmp_path / "theirs")],
        check=False,
    )
    assert peer.returncode == 0
    for number in range(SIZE.workloads):
        page = next((tmp_path / "ours" / "workloads").glob(f"*app-{number}*.html")).name
        for folder in ("ours", "theirs"):
            shown = html.unescape(_TAG.sub(" ", (tmp_path / folder / "workloads" / page).read_text("utf-8")))
            wanted = [
                f"registry.example.com/team-{number % 2}/app-{number}:1.{number}.0",
                "MODE",
                "/etc/app",
                "8080/TCP",
                "256Mi",
            ]
            wanted += [f"value-{number}-{place}" for place in range(8)]
            assert [text for text in wanted if text not in shown] == [], folder


def test_one_change_changes_one_workload(snapshot: Path, tmp_path: Path) -> None:
    write_snapshot(SIZE, tmp_path / "changed.ndjson", changed=(1,))
    before, after = load(snapshot), load(tmp_path / "changed.ndjson")
    different = [one.id for one, other in zip(before.records, after.records, strict=True) if one != other]
    assert different[0] == "apps/Deployment/team-1/app-1"
    assert all(found.startswith("core/Pod/team-1/app-1-") for found in different[1:])


def test_the_pages_of_a_list_add_up_to_it() -> None:
    answers = Answers(30)
    names, token = [], 0
    while True:
        body = answers.of(f"/api/v1/pods?limit=7&continue={token}")
        assert body is not None
        page = orjson.loads(body)
        names += [item["metadata"]["name"] for item in page["items"]]
        if "continue" not in page["metadata"]:
            break
        token = int(page["metadata"]["continue"])
    assert len(set(names)) == len(names) == 30


def test_growth_is_the_slope_of_the_logarithms() -> None:
    assert exponent([10, 100, 1000], [1.0, 10.0, 100.0]) == pytest.approx(1.0)
    assert exponent([10, 100], [1.0, 100.0]) == pytest.approx(2.0)


def test_the_plain_program_is_told_what_the_collector_is_told(tmp_path: Path) -> None:
    collected, plain = tmp_path / "c.ndjson", tmp_path / "plain.ndjson"
    with _runtime(40) as url:
        subprocess.run([sys.executable, "-m", "bench.plain_cri", url, str(plain)], check=True)
        subprocess.run(rkedoc("collect", "-o", str(collected), "--kubernetes", "none", "--runtime", url), check=True)
    lines = map(orjson.loads, plain.read_bytes().splitlines())
    answered = {status["id"] for line in lines if "id" in (status := line.get("status") or {})}
    records = load(collected).by_kind("EngineContainer")
    assert answered == {record.body["id"] for record in records}
    assert sum(record.body["pod"]["type"] == "container" for record in records) == 40


def test_many_clusters_are_asked_the_same_as_duckdb_alone(tmp_path: Path) -> None:
    write_fleet(tmp_path, 3, 4)
    compact(tmp_path)
    folder = tmp_path / "snapshots"
    newest = folder / ".rkedoc" / "tables" / "v1" / "newest" / "images.parquet"
    ours = subprocess.run(
        rkedoc("fleet", "images", str(folder), "app-2:", "-o", "json"), check=True, capture_output=True
    )
    plain = subprocess.run(
        [sys.executable, "-m", "bench.fleet", "plain", str(newest), "app-2:"], check=True, capture_output=True
    )
    mine, other = orjson.loads(ours.stdout)["rows"], orjson.loads(plain.stdout)
    assert [(row["cluster"], row["image"], row["containers"]) for row in mine] == [
        (row["cluster"], row["image"], row["containers"]) for row in other
    ]
    assert {row["cluster"] for row in mine} == {f"cluster-{number:05}" for number in range(3)}
