"""Questions to all clusters, answered from the tables.

An answer has rows, and beside them what is not known: parts of clusters that nobody has looked at, which could hold more rows, and snapshots that
cannot be read. Queries of others are read-only: nothing can be reached from them but the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from rkedoc.errors import FleetError
from rkedoc.fleet.keeping import Keeping, Made, connect, duckdb, literal, quoted
from rkedoc.fleet.schema import TABLES
from rkedoc.vocabulary import Severity, SupportState, Weight

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from rkedoc.fleet.snapshots import Kept

ALL: Final = "all_"
"""What the name of a table begins with that has all snapshots of each cluster, and not the newest alone."""

_KEYS: Final[Mapping[str, str]] = {
    "nodes": "node", "images": "image", "workloads": "id", "components": "component", "versions": "product", "settings": "value",
    "problems": "what", "support": "product", "coverage": "rule", "changes": "id",
}  # fmt: skip
"""The column of each table that is null where a row says what is not known."""


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Something that is not known of a cluster: ``why`` is the code of the table's column ``not_known``, ``rows`` how often it stands there."""

    cluster: str
    why: str
    rows: int

    def to_json(self) -> dict[str, Any]:
        """It for programs."""
        return {"cluster": self.cluster, "why": self.why, "rows": self.rows}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question to ``clusters`` clusters has come to. ``not_known`` is what could hold more rows."""

    question: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    clusters: int
    not_known: tuple[NotKnown, ...] = ()
    left_out: tuple[Kept, ...] = ()
    more: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer for programs: the same in every language."""
        return {
            "rkedoc": f"fleet-{self.question}",
            "clusters": self.clusters,
            **(self.more or {}),
            "rows": [dict(zip(self.columns, map(_as_json, row), strict=True)) for row in self.rows],
            "not_known": [one.to_json() for one in self.not_known],
            "left_out": [{"file": str(one.path), "why": one.fault} for one in self.left_out],
        }

    def column(self, name: str) -> tuple[Any, ...]:
        """The values of one column."""
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value


class Asked:
    """The tables of a fleet, open for questions. ``clusters`` is a pattern of clusters' names (``prod-*``) to which built-in questions go."""

    def __init__(self, keeping: Keeping, made: Made, clusters: str = "*") -> None:
        self._keeping = keeping
        self._made = made
        self.clusters = clusters
        self._connection: DuckDBPyConnection = connect()
        self._there: set[str] = set()

    @property
    def left_out(self) -> tuple[Kept, ...]:
        """The snapshots that cannot be read."""
        return self._made.snapshots.left_out

    def close(self) -> None:
        """Nothing can be asked any more."""
        self._connection.close()

    def _tables(self, names: Iterable[str]) -> None:
        """Have these tables at hand: of the newest snapshots, and of all."""
        for name in names:
            if name in self._there:
                continue
            of_all = name.startswith(ALL)
            file = (
                self._keeping.all(name.removeprefix(ALL))
                if of_all
                else self._keeping.newest(self._connection, self._made, name)
            )
            if of_all and not self._made.names:
                continue
            self._connection.execute(
                f"CREATE VIEW {quoted(name)} AS FROM read_parquet({literal(str(file))}, hive_partitioning = false)"
            )
            self._there.add(name)

    def query(self, text: str, /, *names: str, **values: Any) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """The columns and rows of a query of ours over these tables."""
        self._tables(names)
        found = self._connection.execute(text, values or None)
        return tuple(str(column[0]) for column in found.description or ()), found.fetchall()

    def answer(self, question: str, text: str, /, *names: str, gaps: str = "", **values: Any) -> Answer:
        """An answer from a query over these tables, with what is not known of the first of them, or of ``gaps``.

        Each table is narrowed to the clusters that are asked.
        """
        asked = {"clusters_asked": self.clusters, **values}
        narrowed = ", ".join(
            f"{quoted(f'{name}_asked')} AS (FROM {quoted(name)} WHERE cluster GLOB $clusters_asked)" for name in names
        )
        columns, rows = self.query(f"WITH {narrowed} {text}", *names, **asked)
        _columns, (counted,) = self.query(
            "SELECT count(DISTINCT snapshot) FROM clusters WHERE cluster GLOB $name", "clusters", name=self.clusters
        )
        return Answer(
            question, columns, tuple(rows), counted[0], self._not_known(gaps or names[0]), self._made.snapshots.left_out
        )

    def _not_known(self, table: str) -> tuple[NotKnown, ...]:
        key = quoted(_KEYS[table.removeprefix(ALL)])
        _columns, rows = self.query(
            f"FROM {quoted(table)} SELECT cluster, not_known, count(*) WHERE {key} IS NULL AND not_known IS NOT NULL "
            "AND cluster GLOB $name GROUP BY ALL ORDER BY ALL",
            table,
            name=self.clusters,
        )
        return tuple(NotKnown(*row) for row in rows)

    def sql(self, text: str) -> Answer:
        """The answer to somebody's query. It reads the tables and can reach nothing else: no file, no network, no setting.

        Raises :class:`~rkedoc.errors.FleetError` for one that is no query, or that cannot be answered.
        """
        self._tables((*TABLES, *(f"{ALL}{name}" for name in TABLES)))
        connection = self._connection
        connection.execute(f"SET allowed_directories = [{literal(str(self._keeping.root))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        module = duckdb()
        try:
            statements = connection.extract_statements(text)
            if [one.type for one in statements] != [module.StatementType.SELECT]:
                raise FleetError("only one query at a time is answered, which reads: SELECT …, or FROM …")
            found = connection.execute(statements[0])
            columns = tuple(str(column[0]) for column in found.description or ())
            rows = tuple(found.fetchall())
        except module.Error as error:
            raise FleetError(
                f"the query cannot be answered: {_first_line(error)} (rkedoc schema --tables names tables and columns)"
            ) from None
        return Answer("sql", columns, rows, len(self._made.snapshots.newest), (), self._made.snapshots.left_out)


def _first_line(error: Exception) -> str:
    """What DuckDB says, without the picture of where."""
    return str(error).split("\n\n", 1)[0].replace("\n", " ").strip().rstrip("!")


# -- the questions ----------------------------------------------------------------------------------------------------

_ANY: Final = "(contains(lower(image), lower($text)) OR contains(array_to_string(digests, ' '), lower($text)))"


def images(asked: Asked, text: str = "") -> Answer:
    """All images with the clusters that use them; of those in whose name or digest the ``text`` is, each user."""
    if text:
        return asked.answer(
            "images",
            "FROM images_asked SELECT image, digests, cluster, namespace, node, kind, name, container, role, component, containers, "
            f"running, collected_at WHERE {_ANY} ORDER BY image, cluster, namespace, node, name, container, role",
            "images",
            text=text,
        )
    return asked.answer(
        "images",
        "FROM images_asked SELECT image, count(DISTINCT snapshot) AS clusters, count(DISTINCT (snapshot, subject)) AS users, "
        "sum(containers)::BIGINT AS containers, sum(running)::BIGINT AS running, "
        "list_sort(list_distinct(flatten(list(digests) FILTER (digests IS NOT NULL)))) AS digests "
        "WHERE image IS NOT NULL GROUP BY image ORDER BY clusters DESC, containers DESC, image",
        "images",
    )


def versions(asked: Asked, text: str = "") -> Answer:
    """The versions that each cluster tells, or those alone in whose product or version the ``text`` is."""
    return asked.answer(
        "versions",
        "FROM versions_asked SELECT cluster, product, version, said_by, collected_at WHERE product IS NOT NULL AND "
        "(contains(lower(product), lower($text)) OR contains(lower(version), lower($text))) ORDER BY product, cluster, version",
        "versions",
        text=text,
    )


def components(asked: Asked, component: str = "") -> Answer:
    """All components in their versions with the clusters that have them; of one, each cluster."""
    if component:
        return asked.answer(
            "components",
            "FROM components_asked SELECT component, name, version, cluster, containers, processes, collected_at "
            "WHERE component = $component OR lower(name) = lower($component) ORDER BY version, cluster",
            "components",
            component=component,
        )
    return asked.answer(
        "components",
        "FROM components_asked SELECT component, name, version, count(DISTINCT snapshot) AS clusters, "
        "sum(containers)::BIGINT AS containers, sum(processes)::BIGINT AS processes WHERE component IS NOT NULL "
        "GROUP BY ALL ORDER BY component, version",
        "components",
    )


def problems(asked: Asked) -> Answer:
    """What is not well anywhere, the worst first."""
    order = " ".join(f"WHEN {literal(one.value)} THEN {one.order}" for one in Severity)
    return asked.answer(
        "problems",
        "FROM problems_asked SELECT severity, cluster, namespace, kind, subject, what, values, phrases, reason, exit_code, others, collected_at "
        f"WHERE what IS NOT NULL ORDER BY CASE severity {order} END, cluster, subject, what",
        "problems",
    )


def support(asked: Asked, on: date) -> Answer:
    """How it stands on a day with the support of what runs anywhere, the worst first."""
    found = asked.answer(
        "support",
        "FROM support_asked SELECT cluster, product, version, line, ends, at_latest, source, collected_at WHERE product IS NOT NULL "
        "ORDER BY cluster, product, version",
        "support",
    )
    judged = [(_state(ends, at_latest, on), row) for row, ends, at_latest in zip(found.rows, found.column("ends"), found.column("at_latest"), strict=True)]  # fmt: skip
    judged.sort(key=lambda one: one[0].order)
    rows = tuple((state.value, *row) for state, row in judged)
    return Answer(
        found.question,
        ("state", *found.columns),
        rows,
        found.clusters,
        found.not_known,
        found.left_out,
        {"on": on.isoformat()},
    )


def _state(ends: date | None, at_latest: bool | None, on: date) -> SupportState:
    from rkedoc.explain.support import state_on

    return state_on(ends, bool(at_latest), on) if ends is not None else SupportState.UNKNOWN


def owners(asked: Asked, owner: str = "") -> Answer:
    """Who answers for how much of somebody's own, and for how much nobody does; of one owner, each thing."""
    if owner:
        return asked.answer(
            "owners",
            "FROM workloads_asked SELECT owner, cluster, namespace, node, kind, name, owner_said_by, pods, collected_at "
            "WHERE lower(owner) = lower($owner) ORDER BY cluster, namespace, node, kind, name",
            "workloads",
            owner=owner,
        )
    return asked.answer(
        "owners",
        "FROM workloads_asked SELECT owner, count(DISTINCT snapshot) AS clusters, count(*) AS workloads "
        "WHERE id IS NOT NULL AND (owner IS NOT NULL OR whose IN ('own', 'unknown')) GROUP BY owner ORDER BY owner NULLS LAST",
        "workloads",
    )


def changes(asked: Asked, since: date | None = None) -> Answer:
    """What somebody has changed in the newest snapshot of each cluster; or in all that were collected since a day."""
    table = "changes" if since is None else f"{ALL}changes"
    order = " ".join(f"WHEN {literal(one.value)} THEN {one.order}" for one in Weight)
    return asked.answer(
        "changes",
        f"FROM {table}_asked SELECT cluster, collected_at, since, weight, change, kind, namespace, name, component, old_version, "
        "new_version, fields, id WHERE id IS NOT NULL AND ($day IS NULL OR collected_at >= $day::TIMESTAMP) "
        f"ORDER BY cluster, collected_at DESC, CASE weight {order} END, id",
        table,
        day=since.isoformat() if since is not None else None,
    )


_PLACES: Final = (
    ("nodes", "node", "NULL", "node", "coalesce(kubelet, '')"),
    ("workloads", "kind", "coalesce(namespace, node)", "name", "coalesce(owner, '')"),
    ("images", "'image'", "coalesce(namespace, node)", "name", "image"),
    ("components", "'component'", "NULL", "component", "coalesce(version, '')"),
    ("settings", "topic", "subject", "name", "value"),
    ("problems", "'problem'", "namespace", "subject", "what"),
)
"""Where a text is looked for: the table, what a row is, its place, its name, and what else it says."""


def where(asked: Asked, text: str) -> Answer:
    """Everything in whose place, name or value the ``text`` is."""
    parts = []
    for table, kind, place, name, told in _PLACES:
        kind = "'Node'" if table == "nodes" else kind
        said = f"contains(lower(concat_ws(' ', {place}, {name}, {told})), lower($text))"
        parts.append(f"(FROM {table}_asked SELECT DISTINCT {kind} AS kind, cluster, {place} AS place, {name} AS name, {told} AS told WHERE {name} IS NOT NULL AND {said})")  # fmt: skip
    found = asked.answer(
        "where",
        " UNION ALL ".join(parts) + " ORDER BY kind, name, cluster, place, told",
        *(table for table, *_columns in _PLACES),
        gaps="images",
        text=text,
    )
    return found


def failing(answer: Answer, column: str, among: Sequence[str]) -> bool:
    """Whether a row has one of these words in a column."""
    return not set(answer.column(column)).isdisjoint(among)
