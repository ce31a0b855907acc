"""Thousands of pairs: of all that could be changed in a cluster, some is changed, amid churn. Exactly that comes out.

What each edit shows when it is alone is looked at edit by edit (``EDITS`` says where it has to stand); then any number of
edits of different places, of things that came and things that went, are made together.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import jsonschema
import pytest

from rkedoc.catalog.loader import load_catalog
from rkedoc.diff.model import Diff
from rkedoc.diff.patch import apply, intents
from rkedoc.diff.render.formats import diff_data
from rkedoc.diff.render.words import place
from rkedoc.diff.run import compare_records
from rkedoc.diff.schema import json_schema
from rkedoc.snapshot.record import Record
from tests.diff.world import (
    EDITS,
    ENGINE_EDITS,
    Json,
    churned,
    churned_engine,
    engine_container,
    find,
    header,
    obj,
    objects,
    records,
    workload,
)

CATALOG = load_catalog()
VALIDATOR = jsonschema.Draft202012Validator(json_schema())
CHUNKS, PAIRS = 20, 100

Place = tuple[str, str, str]
"""What a change shows: the id of the record, what happened to it, and the field; no field where it came or went."""

CAME: list[Json] = [
    obj("Namespace", "fresh", None),
    workload("Deployment", "fresh"),
    workload("CronJob", "nightly"),
    obj("ConfigMap", "fresh", data={"a": "‹hidden:0123456789ab›"}),
    obj("Service", "fresh", spec={"ports": [{"port": 1}]}),
    obj("ClusterRole", "fresh", None, rules=[]),
    obj(
        "CustomResourceDefinition",
        "others.example.com",
        None,
        spec={"group": "example.com", "names": {"kind": "Other"}},
    ),
    obj("Ingress", "fresh", spec={"rules": [{"host": "fresh.example.com"}]}),
    obj("NetworkPolicy", "fresh", spec={"podSelector": {}}),
]
"""Objects that somebody could make."""

GOES = ("ResourceQuota", "LimitRange", "StorageClass", "PriorityClass", "IPPool", "Thing", "PersistentVolume", "Job")
"""Kinds of objects that somebody could take away."""


@dataclass(frozen=True)
class Edits:
    """What somebody did: numbers of edits, of engine edits, of objects that came, and kinds that went."""

    fields: frozenset[int] = frozenset()
    engine: frozenset[int] = frozenset()
    came: frozenset[int] = frozenset()
    went: frozenset[str] = frozenset()


def cluster(edits: Edits, chance: random.Random | None = None) -> list[Record]:
    """The records of the cluster after these edits, on a day of its own if there is ``chance`` for churn."""
    found = [item for item in objects() if item["kind"] not in edits.went]
    for number in sorted(edits.fields):
        kind, edit, _where = EDITS[number]
        edit(find(found, kind))
    found += [copy.deepcopy(CAME[number]) for number in sorted(edits.came)]
    intent = copy.deepcopy(dict(engine_container().intent))
    for number in sorted(edits.engine):
        ENGINE_EDITS[number][0](intent)
    container = replace(engine_container(), intent=intent, _cache={})
    if chance is None:
        return records(found, container)
    return records(churned(found, chance), churned_engine(container, chance))


def compared(old: list[Record], new: list[Record]) -> Diff:
    key = {"key": "k"}
    return compare_records((header(**key), iter(old)), (header(**key), iter(new)), CATALOG)


def places(found: Diff) -> set[Place]:
    shown: set[Place] = set()
    for change in found.changes:
        shown |= {(change.id, change.change, place(edit.path)) for edit in change.edits} or {
            (change.id, change.change, "")
        }
    return shown


@cache
def alone(edits: Edits) -> frozenset[Place]:
    """What an edit shows when nothing else happens."""
    return frozenset(places(compared(cluster(Edits()), cluster(edits))))


def some(chance: random.Random) -> tuple[Edits, frozenset[Place]]:
    """Edits of places that have nothing to do with each other, and what each shows alone."""
    fields, engine = set[int](), set[int]()
    shown = set[Place]()
    went = frozenset(chance.sample(GOES, chance.randrange(3)))
    came = frozenset(chance.sample(range(len(CAME)), chance.randrange(3)))
    for number in chance.sample(range(len(EDITS)), chance.randrange(9)):
        here = alone(Edits(fields=frozenset({number})))
        if EDITS[number][0] not in went and _apart(here, shown):
            fields.add(number)
            shown |= here
    for number in chance.sample(range(len(ENGINE_EDITS)), chance.randrange(4)):
        here = alone(Edits(engine=frozenset({number})))
        if _apart(here, shown):
            engine.add(number)
            shown |= here
    for number in came:
        shown |= alone(Edits(came=frozenset({number})))
    for kind in went:
        shown |= alone(Edits(went=frozenset({kind})))
    return Edits(frozenset(fields), frozenset(engine), came, went), frozenset(shown)


def _apart(one: frozenset[Place], other: set[Place]) -> bool:
    """Whether no place of the one lies within a place of the other. Lists whose order means something are whole."""
    return not any(
        mine[0] == theirs[0]
        and (_whole(mine[2]).startswith(_whole(theirs[2])) or _whole(theirs[2]).startswith(_whole(mine[2])))
        for mine in one
        for theirs in other
    )


def _whole(where: str) -> str:
    return where.replace("[order]", "")


@pytest.mark.parametrize("number", range(len(ENGINE_EDITS)))
def test_an_edit_of_an_engines_container_comes_out_alone_and_in_its_place(number: int) -> None:
    shown = alone(Edits(engine=frozenset({number})))
    assert {(identifier, change) for identifier, change, _where in shown} == {
        ("engine/EngineContainer/node-a/kubelet", "changed")
    }
    assert [where for *_rest, where in shown] == [ENGINE_EDITS[number][1]]


@pytest.mark.parametrize("number", range(len(EDITS)))
def test_an_edit_comes_out_at_one_object_and_in_its_place(number: int) -> None:
    kind, _edit, where = EDITS[number]
    shown = alone(Edits(fields=frozenset({number})))
    assert len({identifier for identifier, *_rest in shown}) == 1
    assert {identifier.split("/")[1] for identifier, *_rest in shown} == {kind}
    assert all(where.partition("--…")[0].rstrip("[") in found for *_rest, found in shown)


@pytest.mark.parametrize("kind", GOES)
def test_what_goes_is_gone_once(kind: str) -> None:
    ((identifier, change, field),) = alone(Edits(went=frozenset({kind})))
    assert (identifier.split("/")[1], change, field) == (kind, "removed", "")


@pytest.mark.parametrize("number", range(len(CAME)))
def test_what_comes_is_new_once(number: int) -> None:
    ((identifier, change, field),) = alone(Edits(came=frozenset({number})))
    assert (identifier.split("/")[1], change, field) == (CAME[number]["kind"], "added", "")


def pairs(chunk: int) -> Iterator[tuple[int, list[Record], list[Record], frozenset[Place]]]:
    for seed in range(chunk * PAIRS, (chunk + 1) * PAIRS):
        chance = random.Random(seed)
        edits, shown = some(chance)
        yield seed, cluster(Edits(), chance), cluster(edits, chance), shown


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_exactly_the_edits_come_out_both_ways_and_the_json_form_makes_them_again(chunk: int) -> None:
    for seed, old, new, shown in pairs(chunk):
        there, back = compared(old, new), compared(new, old)
        assert places(there) == shown, seed
        assert _mirrored(back) == _seen(there), seed
        content = json.loads(diff_data(there, "json"))
        VALIDATOR.validate(content)
        assert apply(content, intents(old)) == intents(new), seed


def _seen(found: Diff) -> set[tuple[object, ...]]:
    return {
        (change.id, change.old_id or change.id, change.change, change.weight, *map(repr, change.edits))
        for change in found.changes
    }


def _mirrored(found: Diff) -> set[tuple[object, ...]]:
    turned = {"added": "removed", "removed": "added"}
    return {
        (
            change.old_id or change.id, change.id, turned.get(change.change, change.change), change.weight,
            *(repr(edit.mirrored()) for edit in change.edits),
        )
        for change in found.changes
    }  # fmt: skip


def test_a_snapshot_compared_with_itself_shows_nothing() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        same = cluster(some(chance)[0], chance)
        found = compared(same, same)
        assert (found.changes, found.unknown, found.notes) == ((), (), ())
