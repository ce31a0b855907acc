"""What was not seen is unknown, what was hidden stays hidden, and what was renamed is recognised."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rkedoc.catalog.loader import load_catalog
from rkedoc.cli import cli
from rkedoc.diff.canonical import arguments
from rkedoc.diff.model import Diff
from rkedoc.diff.render.formats import FORMATS, formatted
from rkedoc.diff.run import CompareOptions, compare_records
from rkedoc.diff.why import explained
from rkedoc.errors import SnapshotError, UsageError
from rkedoc.explain.screen import Screen
from rkedoc.redact import Redactor
from rkedoc.redact.redactor import CredentialName
from rkedoc.snapshot.record import Header, Record
from tests.diff.world import engine_container, find, header, obj, objects, records, workload
from tests.support.hostile import STRINGS

CATALOG = load_catalog()


def compared(
    old: list[Record], new: list[Record], one: Header | None = None, other: Header | None = None, **more: Any
) -> Diff:
    return compare_records(
        (one or header(), iter(old)), (other or header(), iter(new)), CATALOG, CompareOptions(**more)
    )


def told(found: Diff) -> set[tuple[str, str, str]]:
    return {(change.change, change.kind, change.name) for change in found.changes}


@pytest.mark.parametrize("result", ["forbidden", "failed", "partial", "skipped"])
def test_an_object_of_a_list_that_was_not_read_is_unknown(result: str) -> None:
    whole = records(objects(), engine_container())
    less = [record for record in whole if record.kind != "ConfigMap"]
    partly = header(results={"core/ConfigMap": result})
    for found in (compared(whole, less, None, partly), compared(less, whole, partly)):
        assert found.changes == ()
        assert [(group.kind, group.reason) for group in found.unknown] == [("ConfigMap", result)]
        assert "core/ConfigMap" in " ".join(found.notes)
    text = formatted(compared(whole, less, None, partly), "text")
    assert text.index("core/ConfigMap") < text.index("Nothing that somebody decided has changed.")


def redacted(item: dict[str, Any]) -> list[Record]:
    return records([Redactor().kubernetes(item)])


def test_an_object_of_a_kind_that_was_left_out_is_unknown() -> None:
    whole = records(objects())
    less = [record for record in whole if record.kind != "Deployment"]
    apart = header(
        without=[
            "apps/Deployment",
            "apps/StatefulSet",
            "apps/DaemonSet",
            "apps/ReplicaSet",
            "apiextensions.k8s.io/CustomResourceDefinition",
        ]
    )
    found = compared(whole, less, None, apart)
    assert found.changes == ()
    assert [(group.kind, group.missing_in) for group in found.unknown] == [("Deployment", "new")]


def test_an_object_of_a_kind_that_is_not_served_any_more_is_removed() -> None:
    whole = records(objects())
    less = [record for record in whole if record.kind != "PodDisruptionBudget"]
    assert told(compared(whole, less, None, header(without=["policy/PodDisruptionBudget"]))) == {
        ("removed", "PodDisruptionBudget", "web")
    }


def test_a_partial_list_still_tells_what_changed_in_it() -> None:
    other = objects()
    find(other, "ConfigMap")["data"]["Corefile"] = "b"
    found = compared(records(objects()), records(other), None, header(results={"core/ConfigMap": "partial"}))
    assert told(found) == {("changed", "ConfigMap", "coredns")}


def hidden(value: str) -> list[Record]:
    found = objects()
    find(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["env"].append(
        {"name": "PASSWORD", "value": value}
    )
    return records(found)


def test_a_hidden_value_is_compared_by_its_fingerprint_and_never_shown() -> None:
    old, new = hidden("‹hidden:0123456789ab›"), hidden("‹hidden:ba9876543210›")
    found = compared(old, new, header(key="k"), header(key="k"))
    assert [edit.path[-1] for change in found.changes for edit in change.edits] == ["value"]
    assert found.hidden == 0
    for style in FORMATS:
        shown = formatted(found, style)
        assert "0123456789ab" not in shown
        assert "ba9876543210" not in shown
    assert "a hidden value changed" in formatted(found, "text")


@pytest.mark.parametrize(("one", "other"), [("k", "l"), ("k", None), (None, None)])
def test_fingerprints_under_different_keys_are_counted_not_compared(one: str | None, other: str | None) -> None:
    found = compared(
        hidden("‹hidden:0123456789ab›"), hidden("‹hidden:ba9876543210›"), header(key=one), header(key=other)
    )
    assert (found.changes, found.hidden) == ((), 1)
    assert "1 hidden value could not be compared" in formatted(found, "text")


@pytest.mark.parametrize("key", ["k", None])
@pytest.mark.parametrize("value", ["‹hidden›", "‹hidden:ba9876543210›", "$(OTHER)", "‹hidden-in-bundle›"])
def test_what_a_bundles_tool_has_hidden_is_no_change(value: str, key: str | None) -> None:
    mask = "‹hidden-in-bundle›"
    for old, new in ((mask, value), (value, mask)):
        found = compared(hidden(old), hidden(new), header(key=key), header(key=key))
        assert (found.changes, found.hidden) == ((), 0)
        assert "values of which this holds: 1." in formatted(found, "text")


def test_what_a_bundles_tool_has_hidden_in_a_list_is_no_change_and_the_rest_is() -> None:
    def serving(*words: str) -> list[Record]:
        found = objects()
        find(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"] = list(words)
        return records(found)

    mask = "‹hidden-in-bundle›"
    for old, new in ((["serve", mask], ["serve", "shop"]), ([f"--to={mask}", "--x=1"], ["--to=till", "--x=1"])):
        assert compared(serving(*old), serving(*new)).changes == ()
    found = compared(serving("--to=till", "--x=1"), serving(f"--to={mask}", "--x=2"))
    assert [edit.path[-1] for change in found.changes for edit in change.edits] == ["[--x]"]


def test_what_should_have_been_hidden_is_refused() -> None:
    with pytest.raises(SnapshotError, match="should have been hidden"):
        compared(hidden("a"), hidden("hunter2-plain-text"))


def test_a_number_of_replicas_that_an_autoscaler_took_over_is_no_change() -> None:
    other = objects()
    find(other, "StatefulSet")["spec"]["replicas"] = 5
    assert compared(records(objects()), records(other)).changes == ()


def test_an_object_without_content_that_somebody_made_is_told() -> None:
    made = [
        *objects(),
        obj("ServiceAccount", "robot"),
        obj("Namespace", "empty", None),
        obj("ServiceAccount", "default", "empty"),
    ]
    assert told(compared(records(objects()), records(made))) == {
        ("added", "ServiceAccount", "robot"),
        ("added", "Namespace", "empty"),
    }


def test_a_deployment_that_became_a_statefulset_is_one_thing() -> None:
    other = [item for item in objects() if item["kind"] != "Deployment"] + [
        workload("StatefulSet", "web", serviceName="web")
    ]
    found = compared(records(objects()), records(other))
    assert [(c.change, c.id, c.old_id) for c in found.changes] == [
        ("moved", "apps/StatefulSet/shop/web", "apps/Deployment/shop/web")
    ]
    assert "shop/web" in found.changes[0].evidence


def test_a_renamed_namespace_is_one_thing_with_all_that_is_in_it() -> None:
    other = copy.deepcopy(objects())
    for item in other:
        if item["metadata"].get("namespace") == "shop":
            item["metadata"]["namespace"] = "store"
        if item["kind"] == "Namespace":
            item["metadata"]["name"] = "store"
    found = compared(records(objects()), records(other))
    assert {change.change for change in found.changes} == {"moved"}
    namespace = next(change for change in found.changes if change.kind == "Namespace")
    assert (namespace.old_id, namespace.id) == ("core/Namespace/-/shop", "core/Namespace/-/store")
    assert "objects have the same kind and name" in namespace.evidence


def test_a_container_that_the_engine_named_by_chance_is_known_by_its_image() -> None:
    one = replace(engine_container(), id="engine/EngineContainer/node-a/happy_curie", _cache={})
    other = replace(one, id="engine/EngineContainer/node-a/sad_turing", _cache={})
    assert compared([one], [other]).changes == ()
    moved = replace(other, intent={**other.intent, "networkMode": "none"}, _cache={})
    found = compared([one], [moved])
    assert [(c.change, [e.path for e in c.edits]) for c in found.changes] == [("changed", [("networkMode",)])]


def test_filters_narrow_what_is_shown() -> None:
    other = objects()
    find(other, "Service")["spec"]["type"] = "LoadBalancer"
    find(other, "ConfigMap")["data"]["Corefile"] = "b"
    pair = records(objects()), records(other)
    assert told(compared(*pair, only=("services",))) == {("changed", "Service", "web")}
    assert told(compared(*pair, only=("svc",))) == {("changed", "Service", "web")}
    assert told(compared(*pair, only=("ConfigMap",))) == {("changed", "ConfigMap", "coredns")}
    assert told(compared(*pair, namespaces=("shop",))) == {("changed", "Service", "web")}
    assert "in what was asked for" in formatted(compared(*pair, only=("nodes",)), "text")
    with pytest.raises(UsageError, match=r"no kind 'sevices'; did you mean services\?"):
        compared(*pair, only=("sevices",))


def test_a_profile_adds_rules_and_overrules_ours(tmp_path: Path) -> None:
    other = objects()
    find(other, "Service")["spec"]["type"] = "LoadBalancer"
    profile = tmp_path / "profile.yaml"
    profile.write_text("rules: [{path: [spec, type], kinds: [core/Service], class: observed, reason: ours}]\n")
    assert compared(records(objects()), records(other), profile=profile).changes == ()
    assert "ours" in explained("Service:spec.type", profile)
    for wrong in (
        "rules: [{path: [a], class: observed}]",
        "rules: 3",
        "a: b",
        "rules: [{path: [], class: observed, reason: x}]",
        ": [",
    ):
        profile.write_text(wrong)
        with pytest.raises(UsageError):
            compared([], [], profile=profile)


def test_a_rule_is_explained() -> None:
    assert "the server gives it out" in explained("Service:spec.clusterIP")
    assert "No rule is for it" in explained("ConfigMap:data.a.b")
    result = CliRunner().invoke(cli, ["diff", "--explain-rule", "metadata.annotations.cattle.io/status"])
    assert result.exit_code == 0
    assert "Rancher" in result.stdout


UID = "0f1e2d3c-0000-4000-8000-000000000000"


def may_be_a_namespace(name: str) -> bool:
    """Whether an object in a namespace of this name is kept: where the name is hidden, nothing tells two objects apart."""
    try:
        Redactor().kubernetes(obj("ConfigMap", "x", name))
    except CredentialName:
        return False
    return True


@pytest.mark.parametrize("text", STRINGS)
def test_names_cannot_break_out_of_any_form(text: str) -> None:
    name = text.replace("/", "∕")
    hostile = obj(
        "ConfigMap",
        name or "x",
        name if may_be_a_namespace(name) else "shop",
        metadata={"uid": UID, "labels": {text: text}, "annotations": {text: f"{text}\n{text}"}},
    )
    changed = copy.deepcopy(hostile)
    changed["metadata"]["annotations"][text] = f"{text}\nother"
    changed["metadata"]["labels"] = {}
    found = compared(redacted(hostile), redacted(changed))
    assert len(found.changes) == 1
    for style in ("text", "markdown", "html"):
        shown = formatted(found, style)
        assert all(char.isprintable() or char == "\n" for char in shown)
    page = formatted(found, "html")
    assert page.count("<script") == page.count("<img") == page.count("<svg") == 0
    assert page.count("<!--") == 0
    plain = formatted(found, "text", screen=Screen(colour=True))
    assert "\x1b[2J" not in plain


def test_colours_are_only_ours() -> None:
    old = records([obj("ConfigMap", "a", metadata={"labels": {"x": "\x1b[2Jone"}})])
    new = records([obj("ConfigMap", "a", metadata={"labels": {"x": "\x1b[31mtwo"}})])
    found = compared(old, new)
    assert "\x1b" not in formatted(found, "text")
    assert "\x1b[2J" not in formatted(found, "text", screen=Screen(colour=True))


def test_markdown_shows_names_as_code_that_nothing_ends() -> None:
    from markdown_it import MarkdownIt

    for text in STRINGS:
        old = redacted(obj("ConfigMap", "a", metadata={"annotations": {"x": f"{text}\n```\n{text}"}}))
        new = redacted(obj("ConfigMap", "a", metadata={"annotations": {"x": f"````\n{text}"}}))
        tokens = MarkdownIt().parse(formatted(compared(old, new), "markdown"))
        kinds = {inner.type for token in tokens for inner in (token, *(token.children or ()))}
        assert not kinds & {"html_block", "html_inline", "link_open", "image"}, text


def test_the_command_reports_observed_changes_apart(collected: Callable[[str], Path]) -> None:
    old, new = str(collected("rke-single-node")), str(collected("rke-single-node-recreated"))
    result = CliRunner().invoke(cli, ["diff", old, new, "--observed"])
    assert result.exit_code == 0
    assert "Changed by itself" in result.stdout


def test_the_order_of_flags_means_nothing_and_that_of_a_shell_line_does() -> None:
    assert arguments(["/a", "--x", "1", "--y=2"]) == arguments(["/a", "--y=2", "--x", "1"])
    assert arguments(["sh", "-c", "a b"]) == ["sh", "-c", "a b"]
    assert arguments(["serve", "now"]) != arguments(["now", "serve"])
    assert arguments(["--x=1", "--x=2"]) != arguments(["--x=2", "--x=1"])


def test_a_hidden_value_in_an_element_without_a_name_is_one_change_in_sight() -> None:
    def agent(fingerprint: str) -> list[Record]:
        words = ["--", "share-root.sh", f"run --token ‹hidden:{fingerprint}› --node-name rancher01"]
        labels = {"io.rancher.rke.container.name": "share-mnt"}
        intent = {**engine_container().intent, "entrypoint": ["run.sh"], "args": words, "labels": labels}
        return [replace(engine_container(), intent=intent, _cache={})]

    found = compared(agent("0123456789ab"), agent("ba9876543210"), header(key="k"), header(key="k"))
    shown = formatted(found, "text")
    assert shown.count("a hidden value changed") == 1
    assert "run --token ‹hidden› --node-name rancher01" in shown
    assert "0123456789ab" not in shown


def test_many_of_one_kind_that_came_together_are_one_line_and_all_in_the_json_form() -> None:
    many = [obj("Thing", f"thing-{number:02}", spec={"size": number}) for number in range(30)]
    found = compared(records(objects()), records([*objects(), *many]))
    lines = [line for line in formatted(found, "text").splitlines() if "thing-" in line]
    assert len(lines) == 1
    assert lines[0].startswith("  + 30 Thing [added, configuration]: thing-00, thing-01")
    assert "and 18 more" in lines[0]
    assert len(found.to_json()["changes"]) == 30


def test_two_workloads_that_only_share_an_image_are_two_things() -> None:
    def only(name: str, container: str, namespace: str) -> list[dict[str, Any]]:
        made = workload("Deployment", name, namespace)
        made["spec"]["template"]["spec"] = {"containers": [{"name": container, "image": "nginx:1.19"}]}
        return [*objects(), made]

    found = compared(records(only("front", "a", "shop")), records(only("back", "b", "kube-system")))
    assert {change.change for change in found.changes} == {"added", "removed"}
