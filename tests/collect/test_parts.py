"""What a dump does not hold is not known, what was not read is named, and nothing ends in silence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml as pyyaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import Outcome, collect
from rkedoc.diff.run import compare_records
from rkedoc.errors import UsageError
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.snapshot.record import NEWEST_IN_OBJECTS, TIME_OF_READING
from tests.explain.recorded import catalog, dumped

DUMPS = ("civo-v1.26", "oneke-v1.24", "rancher-v1.14", "rke-v1.14")


def gathered(*sources: Path, to: Path, **options: Any) -> Outcome:
    return collect(CollectOptions(output=to, from_=sources, **options), progress=QuietProgress())


def scopes(found: Snapshot) -> set[tuple[str, str | None, str, str]]:
    return {(scope.name, scope.namespace, scope.result, scope.reason) for scope in found.header.scopes()}


def pod(name: str, namespace: str = "shop", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}", **metadata},
        "spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
    }


def listed(*items: Mapping[str, Any], **metadata: Any) -> str:
    """As kubectl prints a list, whether it was asked for all or for some by name."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "metadata": metadata, "items": items})


def answered(*items: Mapping[str, Any]) -> str:
    """As an API server answers when it is asked for all of a kind."""
    return json.dumps(
        {"apiVersion": "v1", "kind": f"{items[0]['kind']}List", "metadata": {"resourceVersion": "7"}, "items": items}
    )


# What a list is complete for --------------------------------------------------------------------------------------------


def test_a_list_is_complete_for_the_namespaces_that_it_holds_and_for_no_other(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text(listed(pod("a"), pod("b", "team")))
    gathered(tmp_path / "pods.json", to=tmp_path / "s.ndjson")
    assert scopes(load(tmp_path / "s.ndjson")) == {
        ("core/pods", "shop", "complete", ""), ("core/pods", "team", "complete", ""),
        ("core/pods", None, "partial", "not-in-these-files"),
    }  # fmt: skip


@pytest.mark.parametrize("form", ["single", "lines", "a page of more", "a page with more behind it"])
def test_objects_that_came_alone_are_no_list(tmp_path: Path, form: str) -> None:
    content = {
        "single": json.dumps(pod("a")), "lines": f"{json.dumps(pod('a'))}\n{json.dumps(pod('b'))}",
        "a page of more": listed(pod("a"), **{"continue": "token"}), "a page with more behind it": listed(pod("a"), remainingItemCount=7),
    }[form]  # fmt: skip
    (tmp_path / "x.json").write_text(content)
    gathered(tmp_path / "x.json", to=tmp_path / "s.ndjson")
    assert ("core/pods", "shop", "partial", "single-objects") in scopes(load(tmp_path / "s.ndjson"))


def labelled(made: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {**made, "metadata": {**made["metadata"], "labels": {"app": made["metadata"]["name"]}}, **more}


NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}


@pytest.mark.parametrize(
    "items",
    [
        [pod("a"), pod("b")],  # kubectl get pod a b
        [pod("b"), pod("c", "team"), pod("a")],  # in no order of a server: kubectl get -f
        [labelled(pod("a")), labelled(pod("b", "team"))],  # kubectl get pods -A -l app
        [pod(name, space) | {"spec": {"nodeName": "n1"}} for name, space in (("a", "shop"), ("b", "team"))],  # --field-selector spec.nodeName=n1
        [pod("a"), NODE],  # kubectl get pod/a node/n1
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["List", "array", "items", "yaml"])
def test_a_list_of_what_somebody_may_have_chosen_is_complete_for_nothing(
    tmp_path: Path, items: list[dict[str, Any]], form: str
) -> None:
    written = {"List": listed(*items), "array": json.dumps(items), "items": json.dumps({"items": items}), "yaml": pyyaml.safe_dump(json.loads(listed(*items)))}  # fmt: skip
    (tmp_path / "x.yaml").write_text(written[form])
    gathered(tmp_path / "x.yaml", to=tmp_path / "s.ndjson", strict=True)
    assert ("core/pods", "shop", "partial", "may-be-some") in scopes(load(tmp_path / "s.ndjson"))
    assert {end for _name, _place, end, _reason in scopes(load(tmp_path / "s.ndjson"))} == {"partial"}


def test_a_list_over_several_namespaces_tells_of_all_that_was_asked_for_with_it(tmp_path: Path) -> None:
    """kubectl takes no names where it is asked for all namespaces."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop"}}
    (tmp_path / "x.json").write_text(listed(labelled(pod("a")), pod("b", "team"), service, NODE))
    gathered(tmp_path / "x.json", to=tmp_path / "s.ndjson")
    found = {(name, place) for name, place, end, _reason in scopes(load(tmp_path / "s.ndjson")) if end == "complete"}
    assert found == {("core/pods", "shop"), ("core/pods", "team"), ("core/services", "shop"), ("core/nodes", None)}


def test_of_a_namespace_somebody_can_say_that_the_list_is_all(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(listed(pod("a"), pod("b")))
    gathered(tmp_path / "x.json", to=tmp_path / "s.ndjson", complete=("pods",), namespaces=("shop",))
    assert scopes(load(tmp_path / "s.ndjson")) == {("core/pods", "shop", "complete", "")}


def test_what_has_no_namespace_is_listed_whole(tmp_path: Path) -> None:
    (tmp_path / "nodes.json").write_text(answered(NODE))
    gathered(tmp_path / "nodes.json", to=tmp_path / "s.ndjson")
    assert scopes(load(tmp_path / "s.ndjson")) == {("core/nodes", None, "complete", "")}


@pytest.mark.parametrize("name", ["pods", "Pod", "po"])
def test_a_person_can_say_that_the_files_hold_all_of_a_kind(tmp_path: Path, name: str) -> None:
    (tmp_path / "pods.json").write_text(listed(pod("a")))
    gathered(tmp_path / "pods.json", to=tmp_path / "s.ndjson", complete=(name,))
    assert scopes(load(tmp_path / "s.ndjson")) == {
        ("core/pods", "shop", "complete", ""), ("core/pods", None, "complete", ""),
    }  # fmt: skip


def test_a_kind_that_no_file_holds_cannot_be_complete(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text(listed(pod("a")))
    with pytest.raises(UsageError, match=r"--complete: there is no kind 'pdos'.*pods"):
        gathered(tmp_path / "pods.json", to=tmp_path / "s.ndjson", complete=("pdos",))
    with pytest.raises(UsageError, match="--complete"):
        collect(CollectOptions(output=tmp_path / "s.ndjson", complete=("pods",)), progress=QuietProgress())


def test_a_chosen_namespace_that_no_file_holds_is_not_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text(answered(pod("a")))
    gathered(tmp_path / "pods.json", to=tmp_path / "s.ndjson", namespaces=("shop", "team"))
    assert scopes(load(tmp_path / "s.ndjson")) == {
        ("core/pods", "shop", "complete", ""), ("core/pods", "team", "partial", "not-in-these-files"),
    }  # fmt: skip


# A part against the whole -----------------------------------------------------------------------------------------------


def part_of(folder: Path, to: Path, namespaces: set[str]) -> None:
    """The lists of a dump, with the objects of some namespaces alone; a list of nothing is not written."""
    for file in folder.rglob("*.json"):
        content = orjson.loads(file.read_bytes())
        items = content.get("items") if isinstance(content, dict) else None
        if items is None:
            continue
        kept = [item for item in items if (item.get("metadata") or {}).get("namespace") in namespaces]
        if kept:
            (to / file.name).write_bytes(orjson.dumps({**content, "items": kept}))


@pytest.mark.parametrize("name", DUMPS)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_removal_is_told_that_was_not_seen(
    dump: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    whole = dumped(dump(name))
    places = sorted({pod.namespace or "" for pod in whole.by_kind("Pod")})
    held = data.draw(st.sets(st.sampled_from(places), min_size=1))
    work = tmp_path_factory.mktemp("part")
    part_of(dump(name), work, held)
    gathered(work, to=work / "s.snapshot", collected_at="2026-11-24T05:50:00Z")
    part = load(work / "s.snapshot")
    found = compare_records((whole.header, iter(whole.records)), (part.header, iter(part.records)), catalog())
    gone = {change.id for change in found.changes if change.change == "removed"}
    assert {identifier for identifier in gone if identifier.split("/")[2] not in held} == set()
    assert part.header.scopes()


@pytest.mark.parametrize("name", DUMPS)
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_of_what_was_asked_for_by_name_no_removal_is_told(
    dump: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    """kubectl get pod a b …, for some pods of one namespace, as it prints them: in the order of the names that were given."""
    whole = dumped(dump(name))
    pods = orjson.loads((dump(name) / "pods.json").read_bytes())["items"]
    place = data.draw(st.sampled_from(sorted({item["metadata"]["namespace"] for item in pods})))
    some = [{"apiVersion": "v1", "kind": "Pod", **item} for item in pods if item["metadata"]["namespace"] == place]
    chosen = data.draw(st.lists(st.sampled_from(range(len(some))), min_size=1, unique=True))
    work = tmp_path_factory.mktemp("named")
    (work / "pods.json").write_text(listed(*(some[number] for number in chosen)))
    gathered(work, to=work / "s.snapshot", collected_at="2026-11-24T05:50:00Z")
    part = load(work / "s.snapshot")
    found = compare_records((whole.header, iter(whole.records)), (part.header, iter(part.records)), catalog())
    assert [change.id for change in found.changes if change.change == "removed"] == []


def test_a_removal_that_was_seen_is_told(tmp_path: Path) -> None:
    for side, items in (("old", (pod("a"), pod("b"))), ("new", (pod("a"),))):
        (tmp_path / f"{side}.json").write_text(answered(*items))
        gathered(tmp_path / f"{side}.json", to=tmp_path / f"{side}.ndjson")
    old, new = (load(tmp_path / f"{side}.ndjson") for side in ("old", "new"))
    found = compare_records((old.header, iter(old.records)), (new.header, iter(new.records)), catalog())
    assert [(change.change, change.id) for change in found.changes] == [("removed", "core/Pod/shop/b")]


# The time of a dump -----------------------------------------------------------------------------------------------------


def test_the_time_of_a_dump_is_the_newest_in_its_objects(tmp_path: Path) -> None:
    aged = pod("a", creationTimestamp="2020-01-01T00:00:00Z")
    aged["status"] = {
        "conditions": [{"type": "Ready", "lastTransitionTime": "2021-05-06T07:08:09+02:00"}],
        "notAfter": "2024-01-01T00:00:00Z",
    }
    planned = pod("b", creationTimestamp="2999-01-01T00:00:00Z")
    (tmp_path / "pods.json").write_text(listed(aged, planned))
    gathered(tmp_path / "pods.json", to=tmp_path / "s.ndjson")
    (capture,) = load(tmp_path / "s.ndjson").header.captures
    assert (capture.time, capture.tool["time"]) == ("2021-05-06T05:08:09Z", NEWEST_IN_OBJECTS)


@pytest.mark.parametrize(
    ("document", "time"),
    [
        ({"ID": "ab" * 6, "Names": "web", "Image": "nginx", "Status": "Up 3 days", "CreatedAt": "2021-03-04 05:06:07 +0100 CET"}, "2021-03-04T04:06:07Z"),
        (
            {"containers": [{"id": "e" * 64, "podSandboxId": "f" * 64, "metadata": {"name": "etcd"}, "state": "CONTAINER_RUNNING", "createdAt": "1614830767123456789", "labels": {"io.kubernetes.pod.uid": "u"}}]},
            "2021-03-04T04:06:07Z",
        ),
        ({**pod("a"), "metadata": {"name": "a", "namespace": "shop", "managedFields": [{"manager": "x", "operation": "Update", "apiVersion": "v1", "time": "2021-03-04T04:06:07Z"}]}}, "2021-03-04T04:06:07Z"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["json", "indented", "yaml"])
def test_the_time_of_a_thing_is_known_in_the_form_of_each_tool(
    tmp_path: Path, document: Mapping[str, Any], time: str, form: str
) -> None:
    if form == "yaml" and "ID" in document:
        pytest.skip("docker writes no YAML")
    indent = 4 if form == "indented" else None
    written = pyyaml.safe_dump(dict(document)) if form == "yaml" else json.dumps(document, indent=indent)
    (tmp_path / "x").write_text(written, "utf-8")
    gathered(tmp_path / "x", to=tmp_path / "s.ndjson")
    assert {capture.time for capture in load(tmp_path / "s.ndjson").header.captures} == {time}


@pytest.mark.parametrize("form", [json.dumps, pyyaml.safe_dump])
def test_what_somebody_has_written_into_an_object_is_no_time_of_it(tmp_path: Path, form: Callable[[Any], str]) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop", "creationTimestamp": "2017-01-02T03:04:05Z"}, "data": {"time": "2023-01-01T00:00:00Z"}}  # fmt: skip
    (tmp_path / "x.yaml").write_text(form(config), "utf-8")
    gathered(tmp_path / "x.yaml", to=tmp_path / "s.ndjson")
    (capture,) = load(tmp_path / "s.ndjson").header.captures
    assert capture.time == "2017-01-02T03:04:05Z"


def test_a_time_that_was_given_stands(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text(listed(pod("a", creationTimestamp="2020-01-01T00:00:00Z")))
    gathered(tmp_path / "pods.json", to=tmp_path / "s.ndjson", collected_at="2022-02-02T02:02:02Z")
    (capture,) = load(tmp_path / "s.ndjson").header.captures
    assert (capture.time, "time" in capture.tool) == ("2022-02-02T02:02:02Z", False)


def test_a_dump_without_any_time_says_that_it_has_none(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text(listed(pod("a")))
    gathered(tmp_path / "pods.json", to=tmp_path / "s.ndjson")
    (capture,) = load(tmp_path / "s.ndjson").header.captures
    assert capture.tool["time"] == TIME_OF_READING


def test_dumps_of_real_clusters_are_as_old_as_they_are(dump: Callable[[str], Path], tmp_path: Path) -> None:
    gathered(dump("civo-v1.26"), to=tmp_path / "s.snapshot")
    (capture,) = load(tmp_path / "s.snapshot").header.captures
    assert capture.time < "2025"
    assert capture.tool["time"] == NEWEST_IN_OBJECTS


# Files that are not read ------------------------------------------------------------------------------------------------

UNREAD: Mapping[str, tuple[bytes, str]] = {
    "pods.yaml": (b"apiVersion: v1\nkind: List\nitems: [\n", "not-yaml"),
    "dump": (b"---\napiVersion: v1\nspec: {}\n", "not-understood:1"),
    "cut": (b"---\napiVersion: v1\n", "cut-off"),
    "bundle.tar.gz": (gzip.compress(b"x" * 1000)[:20], "archive-broken"),
    "bundle.zip": (b"PK\x03\x04rest", "archive-broken"),
    "pods.json.gz": (gzip.compress(b"{}"), "not-understood:1"),
    "journal.log": (b"Jan 01 started\n", "not-json"),
    "pods.json": (b"", "empty"),
    "cut.json": (b'{"kind": "List", "items": [', "cut-off"),
    "other.json": (b'{"a": 1}', "not-understood:1"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
@pytest.mark.parametrize("how", ["in a folder", "by its name"])
def test_a_file_that_was_not_read_is_named_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, how: str
) -> None:
    folder = tmp_path / "give"
    folder.mkdir()
    (folder / name).write_bytes(UNREAD[name][0])
    (folder / "good.json").write_text(listed(pod("a")))
    sources = (folder,) if how == "in a folder" else (folder / name, folder / "good.json")
    strict = gathered(*sources, to=tmp_path / "s.snapshot", strict=True)
    assert strict.exit_code == 3
    assert [(scope.path, scope.result, scope.reason) for scope in strict.partial] == [(name, "failed", UNREAD[name][1])]
    said = capsys.readouterr().err
    assert name in said
    assert UNREAD[name][1] in said
    assert gathered(*sources, to=tmp_path / "s.snapshot").exit_code == 0


EMPTY: Mapping[str, tuple[dict[str, bytes], str]] = {
    "a folder of nothing": ({}, "empty-folder"),
    "a folder of YAML": ({"pods.yaml": b"kind: List\n"}, "not-understood:1"),
    "a folder of archives": ({"a.tar.gz": gzip.compress(b"x")}, "not-json"),
    "an empty List": ({"x.json": b'{"apiVersion": "v1", "kind": "List", "items": []}'}, "empty-list"),
    "an empty PodList": ({"x.json": b'{"apiVersion": "v1", "kind": "PodList", "items": []}'}, "empty-list"),
    "an empty array": ({"x.json": b"[]"}, "empty-list"),
    "a kubeconfig": ({"x.json": b'{"apiVersion": "v1", "kind": "Config"}'}, "no-objects"),
    "what nobody knows": ({"x.json": b'{"a": 1}'}, "not-understood:1"),
    "noise alone": ({"x.json": b'{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a","namespace":"b"}}'}, "noise"),
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_where_nothing_was_collected_it_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    folder = tmp_path / "give"
    folder.mkdir()
    for file, content in EMPTY[name][0].items():
        (folder / file).write_bytes(content)
    assert gathered(folder, to=tmp_path / "s.snapshot").exit_code == 2
    said = capsys.readouterr().err
    assert "nothing was collected" in said
    assert EMPTY[name][1] in said
    assert all(file in said for file in EMPTY[name][0])
