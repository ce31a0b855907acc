"""A fleet of any size: one generated cluster under many names, with the tables that ``rkedoc fleet`` would make of each.

``python -m bench.fleet plain TABLES TEXT`` answers as a program would that asks DuckDB about the same file itself.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import zstandard

from bench.cluster import Size, write_snapshot
from rkedoc.fleet.ask import Asked
from rkedoc.fleet.keeping import FOLDER, Keeping, connect, file_name, literal
from rkedoc.fleet.schema import TABLES
from rkedoc.fleet.snapshots import Kept, fleet_of, snapshot_paths
from rkedoc.snapshot.identity import page_key
from rkedoc.snapshot.reader import SnapshotFile


def write_fleet(folder: Path, clusters: int, workloads: int) -> None:
    """The snapshots of so many clusters, and their tables. The clusters differ in their names alone: how long an answer takes does not hang on
    more, and the tables of one are made as for any other snapshot."""
    first = folder / "first"
    first.mkdir(parents=True)
    source = first / "cluster.ndjson"
    write_snapshot(Size(workloads, max(1, workloads // 20)), source)
    keeping = Keeping(folder / "first-tables")
    keeping.make(first)
    snapshots = folder / "snapshots"
    snapshots.mkdir()
    with SnapshotFile(source) as file:
        header = file.header
    body = source.read_bytes().split(b"\n", 1)[1]
    packed = zstandard.ZstdCompressor(level=3).compress(body)
    for number in range(clusters):
        name = f"cluster-{number:05}"
        line = replace(header, cluster={"name": name, "uid": f"uid-{number}"}).line()
        (snapshots / f"{name}.ndjson.zst").write_bytes(zstandard.ZstdCompressor().compress(line) + packed)
    found = fleet_of(snapshot_paths(snapshots), {}).all
    many = Keeping(snapshots / FOLDER)
    for table in TABLES:
        _multiply(keeping, many, table, found)


def _multiply(one: Keeping, many: Keeping, table: str, found: tuple[Kept, ...]) -> None:
    """The rows of one cluster as those of each other, in the files in which they would be."""
    target = many.root / table
    rows = [(page_key(kept.cluster), kept.cluster, kept.uid, kept.digest) for kept in found]
    source = f"read_parquet({literal(one.all(table))}, hive_partitioning = false)"
    with connect() as connection:
        connection.execute(
            "CREATE TABLE names (cluster_key VARCHAR, cluster VARCHAR, cluster_uid VARCHAR, snapshot VARCHAR)"
        )
        connection.executemany("INSERT INTO names VALUES (?, ?, ?, ?)", rows)
        connection.execute(
            f"COPY (FROM {source} AS row, names SELECT row.* REPLACE (names.cluster AS cluster, names.cluster_uid AS cluster_uid, "
            f"names.snapshot AS snapshot), cluster_key) TO {literal(str(target))} "
            "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (cluster_key), WRITE_PARTITION_COLUMNS false)"
        )
    (empty,) = (one.root / table).rglob("*.parquet")
    for kept in found:
        written = target / f"cluster_key={page_key(kept.cluster)}"
        written.mkdir(parents=True, exist_ok=True)
        # A table without rows gives no partition.
        part = next(written.iterdir(), None) or Path(shutil.copy(empty, written / "part"))
        part.rename(written / file_name(kept, None))


def plain(newest: Path, text: str) -> None:
    """The users of an image, from the file that has the newest snapshot of each cluster, as JSON."""
    import duckdb

    found = duckdb.connect().execute(
        "FROM read_parquet($file) SELECT image, digests, cluster, namespace, node, kind, name, container, role, component, containers, "
        "running, collected_at WHERE contains(lower(image), lower($text)) "
        "ORDER BY image, cluster, namespace, node, name, container, role",
        {"file": str(newest), "text": text},
    )
    names = [column[0] for column in found.description or ()]
    print(json.dumps([dict(zip(names, row, strict=True)) for row in found.fetchall()], default=str))


def compact(folder: Path) -> None:
    """Make the files of the newest snapshots, as the first question does."""
    keeping = Keeping(folder / "snapshots" / FOLDER)
    asked = Asked(keeping, keeping.make(folder / "snapshots"))
    asked.sql("SELECT 1")
    asked.close()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["plain", newest, text]:
            plain(Path(newest), text)
        case ["compact", folder]:
            compact(Path(folder))
        case [folder, clusters, workloads]:
            write_fleet(Path(folder), int(clusters), int(workloads))
