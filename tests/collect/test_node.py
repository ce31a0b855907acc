"""Which Node an engine belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from rkedoc.collect.engine.node import which_node


@dataclass
class Row:
    pod_uid: str | None = None
    hostname_override: str | None = None


def test_the_pods_in_the_engine_decide() -> None:
    rows = [Row("u1"), Row("u1"), Row("u2"), Row("u3"), Row(None, "other")]
    match = which_node(rows, {"u1": "node-1", "u2": "node-1", "u3": "node-2", "u9": "node-3"}, "machine")
    assert (match.name, match.rule) == ("node-1", "pods")
    assert match.evidence == "2 of 3 pods in the engine are bound to it"


def test_then_the_kubelet_then_the_engines_own_name() -> None:
    assert which_node([Row("u1"), Row(None, "node-7")], {}, "machine").name == "node-7"
    assert which_node([Row("u1")], {}, "machine").name == "machine"
    assert which_node([Row(None, "a"), Row(None, "b")], {}, "machine").name == "machine"


def test_a_node_is_always_a_part_of_an_id() -> None:
    assert which_node([], {}, "a/b").name == "a_b"
    assert which_node([], {}, "").name == "node"
    assert which_node([], {}, "-").name == "node"
