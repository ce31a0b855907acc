"""The intake is the only way from a raw object to a record, for every source, and nothing that it is given vanishes."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import rkedoc
from rkedoc.collect import run, sources
from rkedoc.collect.engine.rows import row_of_inspect
from rkedoc.collect.intake import Intake, IntakeList
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.selection import resource_in_file
from rkedoc.collect.source import Source
from rkedoc.redact import Redactor
from rkedoc.snapshot.reader import SnapshotFile
from tests.collect.toy_source import ToySource
from tests.support.collecting import Heard, MemorySpools, intake
from tests.support.fake_engine import container

COLLECT = Path(rkedoc.__file__).parent / "collect"
SECRET = "CANARY-s3cr3t-of-a-toy"
NOTE = f"password={SECRET}"
INSIDE = {
    "credential",
    "kubernetes",
    "engine_container",
    "engine_image",
    "engine_network",
    "engine_volume",
    "engine_info",
}
"""The methods of the redactor that take a whole object."""


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id


def test_no_module_but_the_intake_redacts_an_object_opens_a_sink_or_makes_a_record_of_it() -> None:
    assert {name for name in vars(Redactor) if name in INSIDE} == INSIDE
    assert {name for name in dir(Redactor) if name.startswith("engine_")} <= INSIDE
    only = INSIDE | {"sink", "object_record", "container_record", "learn_pod", "learn_service", "learn_configmap"}
    for path in COLLECT.rglob("*.py"):
        found = {name for name in calls(path) if name in only}
        if path.name == "intake.py":
            assert found == only
        else:
            assert not found, path


def test_every_capture_of_a_run_is_made_in_one_place() -> None:
    """So that all of them have one time."""
    made = [path.name for path in COLLECT.rglob("*.py") if "Capture(" in path.read_text("utf-8")]
    assert made == ["captures.py"]
    clocks = [
        path.relative_to(COLLECT).as_posix() for path in COLLECT.rglob("*.py") if "now(" in path.read_text("utf-8")
    ]
    assert sorted(clocks) == ["options.py", "sources.py"]


@pytest.mark.parametrize(
    "options",
    [CollectOptions(), CollectOptions(from_=(Path("x.json"),)), CollectOptions(from_=("-",), engine="", context="a")],
    ids=["live", "files", "all"],
)
def test_all_sources_are_made_alike(options: CollectOptions) -> None:
    with ExitStack() as stack:
        made: tuple[Source, ...] = sources.sources_of(
            options, run_id="cafe0123", redactor=Redactor(), progress=Heard(), resources=stack
        )
        assert made
        names = [source.name for source in made]
        assert names == [name for name in ("kubernetes", "files", "engine") if name in names]
        for source in made:
            for asked in ("connect", "plan", "pods", "collect"):
                assert callable(getattr(source, asked))


def toy(namespaces: dict[str, str]) -> Callable[..., tuple[Source, ...]]:
    inspect = container(1, "beside")
    inspect["Config"]["Env"] = [f"PASSWORD={SECRET}"]
    return lambda _options, *, progress, **_more: (ToySource(namespaces, inspect, progress=progress),)


def test_a_source_that_the_run_has_never_heard_of_is_collected_from_and_redacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "sources_of", toy({"shop": NOTE, "kube-system": ""}))
    out = tmp_path / "toy.ndjson"
    done = run.collect(CollectOptions(output=out, collected_at="2026-01-31T12:00:00Z"), progress=Heard())
    assert done.exit_code == 0
    with SnapshotFile(out) as file:
        ids = [record.id for record in file]
        header = file.header
    assert ids == ["core/Namespace/-/kube-system", "core/Namespace/-/shop", "engine/EngineContainer/toy-node/beside"]
    assert header.cluster["name"] == "toy"
    assert {capture.time for capture in header.captures} == {"2026-01-31T12:00:00Z"}
    assert sum(scope.count for scope in header.scopes()) == header.records
    assert SECRET not in out.read_text("utf-8")


def test_a_source_that_does_not_answer_is_told_by_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "sources_of", toy({}))
    done = run.collect(CollectOptions(output=tmp_path / "toy.ndjson"), progress=Heard())
    assert done.exit_code == run.NOTHING
    assert "it was given nothing" in capsys.readouterr().err


def test_its_plan_is_asked_for_without_collecting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "sources_of", toy({"shop": ""}))
    assert run.collect(CollectOptions(plan=True), progress=Heard()).exit_code == 0
    assert "files  GET toy  (1)" in capsys.readouterr().out


# Odd shapes -----------------------------------------------------------------------------------------------------------

ODD: tuple[Any, ...] = (None, 0, -1.5, True, "", "x", "\ud800", [], [None], {}, {"": None}, [[[]]], {"name": 5})
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "a", "namespace": "default", "uid": "u", "labels": {"app": "a"}, "annotations": {"note": "b"},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a-1", "uid": "v", "controller": True}],
    },
    "spec": {
        "nodeName": "n", "containers": [
            {"name": "c", "image": "i", "args": ["--a=b"], "env": [{"name": "A", "value": "b"}],
             "envFrom": [{"configMapRef": {"name": "m"}}]},
        ],
        "volumes": [{"name": "v", "hostPath": {"path": "/x"}}],
    },
    "status": {"phase": "Running", "containerStatuses": [{"name": "c", "ready": True, "state": {"running": {}}}]},
}  # fmt: skip
SERVICE = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "default"},
    "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 80, "name": "http", "protocol": "TCP"}], "selector": {"a": "b"}},
}  # fmt: skip
AUTOSCALER = {
    "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h", "namespace": "default"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}},
}  # fmt: skip
SECRET_OBJECT = {
    "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "data": {"a": "YQ=="},
}  # fmt: skip
EVENT = {
    "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "BackOff", "count": 2,
    "metadata": {"name": "e", "namespace": "default"}, "involvedObject": {"kind": "Pod", "name": "a", "namespace": "default"},
    "lastTimestamp": "2026-01-31T12:00:00Z",
}  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in an object."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def mangled(item: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """The object with each of its parts in turn taken out, and replaced by something that does not belong there."""
    chance = random.Random(seed)
    for path in places(item):
        if path in {("apiVersion",), ("kind",), ("metadata",)}:
            continue  # the reader of a page or a file sees to these
        for odd in ("gone", *chance.sample(ODD, 6)):
            made = copy.deepcopy(item)
            inside: Any = made
            for key in path[:-1]:
                inside = inside[key]
            if odd == "gone":
                del inside[path[-1]]
            else:
                inside[path[-1]] = copy.deepcopy(odd)
            yield made


@pytest.mark.parametrize("item", [POD, SERVICE, AUTOSCALER, SECRET_OBJECT], ids=lambda item: item["kind"])
def test_of_objects_in_any_shape_each_is_a_record_or_refused(item: dict[str, Any]) -> None:
    spools = MemorySpools()
    taken = intake(spools, frozenset({"u"})).objects(
        resource_in_file(item["apiVersion"].rpartition("/")[0] or "core", item["kind"], namespaced=True)
    )
    given = 0
    for given, odd in enumerate(mangled(item, 1), 1):  # noqa: B007 - the last is the number of all
        taken.take(odd)
    taken.close()
    assert given > 20
    assert taken.count + taken.refused.total() == given
    assert len(spools.records) == taken.count > given / 3
    assert bool(taken.lacks()) is bool(taken.refused)


def test_of_events_in_any_shape_none_stops_the_list() -> None:
    spools = MemorySpools()
    taken = intake(spools).objects(resource_in_file("core", "Event", namespaced=True))
    for odd in mangled(EVENT, 2):
        taken.take(odd)
    taken.close()
    assert taken.count == len(spools.records) > 0


def test_of_containers_in_any_shape_each_is_a_record_or_refused() -> None:
    spools = MemorySpools()
    whole = container(1, "a", HostConfig={"NetworkMode": "host", "PortBindings": {"80/tcp": [{"HostPort": "80"}]}})
    row = row_of_inspect(whole)
    assert row is not None
    taken = intake(spools).containers("n", [row])
    given = 0
    for given, odd in enumerate(mangled(whole, 3), 1):  # noqa: B007 - the last is the number of all
        taken.take(row, odd)
    taken.close()
    assert taken.count == given, "where the answer is of no use the row stands in"
    assert taken.refused.total() == 0
    assert len({record.id for record in spools.records}) == given


@pytest.mark.parametrize("what", ["images", "networks", "volumes", "engine"])
def test_of_what_else_an_engine_holds_each_is_a_record_or_refused(what: str) -> None:
    raw = {
        "Id": "sha256:1", "Name": "a", "RepoTags": ["a:1"], "Driver": "bridge", "Labels": {"a": "b"}, "Options": {"a": "b"},
        "IPAM": {"Config": [{"Subnet": "10.0.0.0/8"}]}, "Config": {"Env": ["A=b"], "Labels": {"a": "b"}},
        "version": {"Version": "20.10", "Components": [{"Name": "a"}]}, "info": {"Name": "n", "Plugins": {"Volume": ["a"]}},
    }  # fmt: skip
    spools = MemorySpools()
    made: Intake = intake(spools)
    taken: IntakeList = getattr(made, what)("n")
    given = 0
    for given, odd in enumerate(mangled(raw, 4), 1):  # noqa: B007 - the last is the number of all
        taken.take(odd)  # type: ignore[attr-defined]
    taken.close()
    assert taken.count + taken.refused.total() == given
    assert len(spools.records) == taken.count > given / 3
