"""Keep the tables as Parquet: a file for each table and snapshot, and one with the newest snapshot of each cluster.

::

    TABLES/v1/<table>/cluster_key=<cluster>/<snapshot>-<key>.parquet    one snapshot; once there, never written again
    TABLES/v1/newest/<table>.parquet                                    the newest of each cluster
    TABLES/v1/schema.json                                               what the columns mean
    TABLES/v1/snapshots.json                                            what the snapshots are, so that they need not be opened again

The key is made of what the rows depend on: the snapshot, the one before it, the version of the schema, and this program with its catalog. What
was made already is not made again. The folders are named as Hive's partitions are, so that DuckDB, Polars, Spark and Trino read them where they
lie.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from rkedoc import __version__
from rkedoc.errors import FleetError, SnapshotError
from rkedoc.fleet.schema import TABLES, VERSION, columns, tables_schema
from rkedoc.fleet.snapshots import Kept, Snapshots, broken, fleet_of, remember, remembered, snapshot_paths
from rkedoc.resources import resource
from rkedoc.snapshot.identity import page_key

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from rkedoc.catalog.loader import Catalog

FOLDER: Final = Path(".rkedoc", "tables")
"""Where the tables of a folder of snapshots lie, unless somebody wants them elsewhere."""

_SET: Final = "rkedoc_snapshots"
"""The key in the metadata of a file of newest snapshots under which the digest stands of what it was made from."""

_MODE: Final = 0o700
"""Tables say of clusters what snapshots say: for whoever may read these."""


@dataclass(frozen=True, slots=True)
class Made:
    """The tables of a fleet, all of which are there: the snapshots that they are of, the names of their files by the digest of the snapshot, and
    how many were made just now."""

    snapshots: Snapshots
    names: Mapping[str, str]
    new: int


def duckdb() -> Any:
    """DuckDB's module. Raises :class:`~rkedoc.errors.FleetError` if it is not installed."""
    try:
        import duckdb as module
    except ImportError:
        raise FleetError(
            "DuckDB, which keeps the tables and answers from them, is not installed: pip install 'rkedoc[fleet]'"
        ) from None
    return module


def connect() -> DuckDBPyConnection:
    """A database in memory that loads no code and sees no variables of this program."""
    config = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "python_enable_replacements": "false",
        "temp_directory": "",
    }
    connection: DuckDBPyConnection = duckdb().connect(":memory:", config=config)
    return connection


class Keeping:
    """The folder of the tables. Raises :class:`~rkedoc.errors.FleetError` where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / f"v{VERSION}"
        try:
            self.root.mkdir(mode=_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from None
        self._known = self.root / "snapshots.json"

    def make(self, snapshots: Path, progress: Callable[[str], None] | None = None) -> Made:
        """Make the tables of all snapshots of a folder that have none yet, and forget those of snapshots that are no more."""
        before = remembered(self._known)
        found = fleet_of(snapshot_paths(snapshots), before)
        there = {path.name: path for path in self.root.glob(f"clusters/*/*{_SUFFIX}")}
        faults: dict[Path, str] = {}
        names: dict[str, str] = {}
        last: dict[str, Kept] = {}
        new = 0
        try:
            with connect() as connection:
                connection.execute("SET threads = 1")
                for kept in found.all:
                    name = file_name(kept, last.get(kept.of))
                    if name not in there:
                        if progress is not None:
                            progress(f"making the tables of {kept.cluster}, {kept.time[:10]}")
                        try:
                            self._make(connection, kept, last.get(kept.of), name)
                        except SnapshotError as error:
                            faults[kept.path] = str(error).removeprefix(f"{kept.path}: ")
                            continue
                        new += 1
                    names[kept.digest] = name
                    last[kept.of] = kept
            self._forget(set(there) - set(names.values()))
            known = broken(found, faults) if faults else found
            everything = [*known.all, *known.left_out]
            if {str(one.path): one for one in everything} != before:
                remember(self._known, everything)
                self._write(self.root / "schema.json", orjson.dumps(tables_schema(), option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise _unwritable(self.root, error) from None
        return Made(known, names, new)

    def _make(self, connection: DuckDBPyConnection, kept: Kept, earlier: Kept | None, name: str) -> None:
        # What makes tables takes long to load, and where all are there nobody has to wait for it.
        from rkedoc.cluster.model import Cluster
        from rkedoc.diff.history import history
        from rkedoc.fleet.tables import as_data, common, tables
        from rkedoc.redact.check import require_redacted
        from rkedoc.snapshot.reader import load

        snapshot = load(kept.path)
        require_redacted(kept.path, iter(snapshot.records))
        steps = history([earlier.path] if earlier is not None else [], kept.path, snapshot, _catalog()).steps
        shared = common(snapshot.header)
        for table, rows in tables(Cluster(snapshot, _catalog()), steps[-1] if steps else None).items():
            target = self.file(table, kept, name)
            target.parent.mkdir(mode=_MODE, parents=True, exist_ok=True)
            self._parquet(connection, table, (shared | as_data(row) for row in rows), target)

    def file(self, table: str, kept: Kept, name: str) -> Path:
        """The file of a table of one snapshot."""
        return self.root / table / f"cluster_key={page_key(kept.cluster)}" / name

    def _parquet(
        self, connection: DuckDBPyConnection, table: str, rows: Iterable[Mapping[str, Any]], target: Path
    ) -> None:
        shape = ", ".join(f"{quoted(column.name)}: {literal(column.type)}" for column in columns(table))
        with tempfile.NamedTemporaryFile(dir=self.root, prefix=".rows-", suffix=".ndjson") as stream:
            for row in rows:
                stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
            stream.flush()
            source = f"read_json({literal(stream.name)}, format = 'newline_delimited', columns = {{{shape}}}, maximum_object_size = {_LARGEST})"
            _copied(connection, f"FROM {source}", target, {})

    def _forget(self, names: Iterable[str]) -> None:
        """Remove the tables of snapshots that are no more, those of clusters first."""
        for name in names:
            for table in reversed(list(TABLES)):
                for path in self.root.glob(f"{table}/*/{name}"):
                    path.unlink()

    def newest(self, connection: DuckDBPyConnection, made: Made, table: str) -> Path:
        """The file that has the rows of a table for the newest snapshot of each cluster; made anew if these are others than before."""
        target = self.root / "newest" / f"{table}{_SUFFIX}"
        names = [(kept, made.names[kept.digest]) for kept in made.snapshots.newest]
        digest = sha256("\n".join(name for _kept, name in names).encode()).hexdigest()
        if target.exists() and _metadata(connection, target) == digest:
            return target
        files = ", ".join(literal(str(self.file(table, kept, name))) for kept, name in names)
        shown = ", ".join(quoted(column.name) for column in columns(table))
        rows = f"FROM read_parquet([{files}], hive_partitioning = false) SELECT {shown}" if files else _nothing(table)
        try:
            target.parent.mkdir(mode=_MODE, exist_ok=True)
            _copied(connection, rows, target, {_SET: digest})
        except OSError as error:
            raise _unwritable(self.root, error) from None
        return target

    def all(self, table: str) -> str:
        """The pattern of all files of a table, whatever the snapshot."""
        return str(self.root / table / "*" / f"*{_SUFFIX}")

    def _write(self, target: Path, content: bytes) -> None:
        fresh = target.with_suffix(".part")
        fresh.write_bytes(content)
        fresh.replace(target)


_SUFFIX: Final = ".parquet"
_LARGEST: Final = 1 << 26


def file_name(kept: Kept, earlier: Kept | None) -> str:
    """The name of the files of a snapshot's tables: another one whenever something else would come of it."""
    parts = (kept.digest, earlier.digest if earlier is not None else "", str(VERSION), __version__, knowledge())
    return f"{kept.digest[:16]}-{sha256(' '.join(parts).encode()).hexdigest()[:16]}{_SUFFIX}"


@cache
def knowledge() -> str:
    """A digest of the data that rows are made with: the catalog, and what is known of support. Found without reading what it means."""
    digest = sha256()
    for folder in (resource("catalog", "entries", "en"), resource("explain")):
        for path in sorted(file for file in folder.rglob("*") if file.suffix in (".md", ".yaml")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@cache
def _catalog() -> Catalog:
    from rkedoc.catalog.loader import load_catalog

    return load_catalog()


def _copied(connection: DuckDBPyConnection, rows: str, target: Path, metadata: Mapping[str, str]) -> None:
    """Write the rows of a query as Parquet, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-", suffix=_SUFFIX)
    os.close(handle)
    noted = ", ".join(f"{key}: {literal(value)}" for key, value in metadata.items())
    try:
        connection.execute(
            f"COPY ({rows}) TO {literal(name)} (FORMAT parquet, COMPRESSION zstd{f', KV_METADATA {{{noted}}}' if noted else ''})"
        )
        Path(name).replace(target)
    except duckdb().Error as error:
        raise FleetError(f"{target}: the table cannot be written: {str(error).splitlines()[0]}") from None
    finally:
        Path(name).unlink(missing_ok=True)


def _metadata(connection: DuckDBPyConnection, file: Path) -> str:
    """The digest of what a file of newest snapshots was made from; empty if it has none, or is damaged."""
    query = f"SELECT decode(value) FROM parquet_kv_metadata({literal(str(file))}) WHERE decode(key) = {literal(_SET)}"  # noqa: S608
    try:
        found = connection.execute(query).fetchone()
    except duckdb().Error:
        return ""
    return str(found[0]) if found is not None else ""


def _nothing(table: str) -> str:
    """A query that gives no row of a table."""
    shown = ", ".join(f"NULL::{column.type} AS {quoted(column.name)}" for column in columns(table))
    return f"SELECT {shown} WHERE false"


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def _unwritable(folder: Path, error: OSError) -> FleetError:
    return FleetError(
        f"{error.filename or folder}: the tables cannot be kept there: {error.strerror or type(error).__name__}; "
        "name another folder with --tables"
    )
