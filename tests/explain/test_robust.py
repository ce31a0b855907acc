"""Whatever a snapshot holds that the reader accepts, nothing here raises."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rkedoc.cluster.distribution import distribution, distribution_id
from rkedoc.cluster.model import Cluster
from rkedoc.explain.facts.topics import Fact, Unread, facts, listeners
from rkedoc.explain.health.checks import problems
from rkedoc.explain.relations.graph import VERBS, edges
from rkedoc.snapshot.identity import parse_id
from rkedoc.snapshot.reader import Snapshot
from rkedoc.snapshot.record import HIDDEN, Header, Record
from rkedoc.vocabulary import Severity
from tests.explain.recorded import catalog, dumped, recorded

Recording = Callable[[str], Path]

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**18, 1.5, "", " ", "x", "-", "/", "a/b/c/d", HIDDEN, "‹hidden:0123456789ab›", "2026-99-99T99:99:99Z",
    "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "<script>", "two\nlines", "right\u202eleft", "$(POD_NAMESPACE)/x", "--port=99999999999999",
    "²", "٣", "[" * 3000, "{" * 3000, "x" * 100_000, "\n" * 100_000, [], {}, [None], [[]], [{}], ["x"], {"": ""}, {"name": None},
    {"name": {"name": 1}}, {"matchLabels": []}, {"matchExpressions": [{"key": 1, "operator": "In", "values": "x"}]},
)  # fmt: skip


def check(snapshot: Snapshot) -> None:
    """Everything that this package derives, and the promises that hold for whatever comes in."""
    cluster = Cluster(snapshot, catalog())
    assert distribution_id(snapshot) == distribution(cluster).id
    for edge in edges(cluster):
        assert edge.verb in VERBS
        parse_id(edge.source)
        parse_id(edge.target)
        assert isinstance(edge.evidence, str)
    for problem in problems(cluster):
        parse_id(problem.record_id)
        assert problem.severity in set(Severity)
        assert problem.what
        assert HIDDEN not in " ".join((problem.told, problem.reason, *problem.commands))
    for found in facts(cluster).values():
        for fact in found:
            assert isinstance(fact, Fact | Unread)
            assert isinstance(fact.value if isinstance(fact, Fact) else fact.why, str)
    for listener in listeners(cluster):
        assert 0 < listener.port < 65536


def scrambled(record: Record, random: Random) -> Record:
    """A record with some of its values replaced by odd ones."""
    parts = [copy.deepcopy(dict(record.intent)), copy.deepcopy(dict(record.observed))]
    for _ in range(random.randint(1, 4)):
        value: Any = random.choice(parts)
        while isinstance(value, dict | list) and value:
            key = random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
            if not isinstance(value[key], dict | list) or not value[key] or random.random() < 0.25:
                if random.random() < 0.15 and isinstance(value, dict):
                    del value[key]
                else:
                    value[key] = copy.deepcopy(random.choice(ODD))
                break
            value = value[key]
    owner = random.choice((record.owner, record.owner, record.owner, "", "x", "a/b/c/d", record.id))
    return Record(
        record.id, record.kind, owner, orjson.loads(orjson.dumps(parts[0])), orjson.loads(orjson.dumps(parts[1]))
    )


def mixed(snapshot: Snapshot, seed: int) -> Snapshot:
    random = Random(seed)
    share = random.choice((0.02, 0.2, 0.7))
    records = [
        scrambled(record, random) if random.random() < share else record
        for record in snapshot.records
        if random.random() > 0.05
    ]
    return Snapshot(snapshot.header, tuple(records))


@pytest.mark.parametrize("name", ["rke-single-node", "rke-single-node-unhealthy"])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seed=st.integers(0, 2**32))
def test_scrambled_recordings_raise_nothing(recording: Recording, name: str, seed: int) -> None:
    check(mixed(recorded(recording(name)), seed))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seed=st.integers(0, 2**32))
def test_scrambled_dumps_raise_nothing(dump: Recording, seed: int) -> None:
    check(mixed(dumped(dump("oneke-v1.24")), seed))


def test_records_with_empty_bodies_raise_nothing(recording: Recording) -> None:
    snapshot = recorded(recording("rke-single-node"))
    check(Snapshot(snapshot.header, tuple(Record(record.id, record.kind) for record in snapshot.records)))


def test_a_snapshot_of_nothing_raises_nothing() -> None:
    check(Snapshot(Header({"name": "", "uid": ""}, (), {"rules": {}, "key": None, "masked": []}, 0, "", ""), ()))


@pytest.mark.parametrize(
    "identifier",
    [
        "core/Pod/a b/x/y",
        "x/Pod/-/-",
        "core/Pod/-/\n",
        "engine/EngineContainer/-/x",
        "core/Event/-/a/b/c",
        "core/Node/n/é",
    ],
)
def test_odd_ids_raise_nothing(identifier: str) -> None:
    kind = identifier.split("/")[1]
    header = Header({"name": "", "uid": ""}, (), {"rules": {}, "key": None, "masked": []}, 1, "", "")
    spec = {"containers": [{"name": "x", "image": "y", "ports": [{"hostPort": 80}]}], "nodeName": "n/m"}
    check(
        Snapshot(
            header,
            (
                Record(
                    identifier,
                    kind,
                    "a/b/c/d",
                    {"spec": spec, "state": "dead", "restartPolicy": {"name": "always"}},
                    {},
                ),
            ),
        )
    )
