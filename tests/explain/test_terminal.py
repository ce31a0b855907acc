"""What is printed: the sum as a sentence, tables in columns, and nothing that a terminal would obey."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rkedoc.cluster.model import Cluster
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.ledger.text import ledger_text, sentence
from rkedoc.explain.listing.lines import explain_lines, explain_name
from rkedoc.explain.screen import PLAIN
from rkedoc.explain.text import detail_text, explained_text
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import Origin, Role
from tests.explain.recorded import recorded
from tests.explain.test_robust import mixed
from tests.support.nodes import EXITED, Made, Pod, catalog, cluster_of, container, nodes, rke

HOSTILE = "\x1b]0;owned\x07\x1b[31m\r\nfake line\u202eevil\u2066\u200b\x9b\x00\ud800"
UNSAFE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def safe(text: str) -> bool:
    """Whether nothing but line ends moves the cursor or turns words around."""
    return not [char for char in text if char != "\n" and unicodedata.category(char) in UNSAFE]


def printed(cluster: Cluster) -> str:
    return ledger_text(build_ledger(cluster), cluster)


def test_the_sum_of_the_recorded_node_is_told_as_a_sentence(recording: Callable[[str], Path]) -> None:
    cluster = Cluster(recorded(recording("rke-single-node")), catalog())
    assert sentence(build_ledger(cluster)) == (
        "50 containers (38 running, 12 not) − 18 pod sandboxes − 19 containers of pods − 2 init containers − 7 of Kubernetes "
        "itself, outside pods − 2 helpers of the installer − 1 Rancher server − 1 Rancher agents outside pods = 0. "
        "The ledger closes."
    )


def test_it_says_when_the_ledger_does_not_close() -> None:
    text = printed(cluster_of([container("sad_kilby", "sha256:" + "8" * 64), rke("kubelet")]))
    assert text.startswith("2 containers (2 running, 0 not) − 1 of Kubernetes itself, outside pods − 1 unexplained = 0. "
                           "The ledger does not close: nothing explains sad_kilby.\n")  # fmt: skip


def test_what_does_not_match_and_what_was_not_collected_stand_below() -> None:
    pod = Pod("web-0")
    text = printed(cluster_of([pod.record(), *Pod("gone-0").parts(), Pod("far", node="n2").record()]))
    below = text.partition("\n\nDo not match:\n")[2]
    assert "  sandbox without pod (node n1, container k8s_POD_gone-0_" in below
    assert "pod shop/gone-0): the API no longer knows this pod" in below
    assert "  pod without sandbox (node n1, pod shop/web-0): " in below
    assert "Not collected:\n  node (node n2, pods 1): its engine was not read\n" in below


def test_each_container_has_a_line_and_its_reason() -> None:
    text = printed(cluster_of([rke("kubelet"), container("web", state={"Status": "exited", "ExitCode": 7})]))
    lines = text.splitlines()
    assert lines[2].split() == ["CONTAINER", "NODE", "STATE", "ROLE", "ORIGIN", "COMPONENT", "WHY"]
    assert [line.split()[:6] for line in lines[3:5]] == [
        ["kubelet", "n1", "running", "standalone", "control-plane", "kubelet"], ["web", "n1", "exited", "standalone", "workload", "–"],
    ]  # fmt: skip
    assert lines[4].endswith("Not running: it ended with exit code 7")


@settings(max_examples=30, deadline=None)
@given(nodes())
def test_the_table_has_one_line_a_container_whatever_the_node(made: Made) -> None:
    cluster = made.cluster()
    body = printed(cluster).split("\n\n")[1].splitlines()
    assert len(body) == len(made.expected) + 1


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1), st.text())
def test_no_text_of_a_cluster_reaches_the_terminal_as_a_command(name: str, label: str) -> None:
    cluster = cluster_of([Record("engine/EngineContainer/n1/x", "EngineContainer", None, {}, {
        "image": name, "state": label, "labels": {"com.docker.compose.project": label, name: label}, "id": name,
    })])  # fmt: skip
    assert safe(printed(cluster))


@pytest.mark.parametrize("field", ["name", "state", "image", "label"])
def test_control_and_direction_characters_are_not_printed(field: str) -> None:
    words = {"name": "web", "state": "running", "image": "app", "label": "x", field: HOSTILE}
    body = {"image": words["image"], "state": words["state"], "labels": {"com.docker.compose.project": words["label"]}}
    record = Record(
        "engine/EngineContainer/n1/" + words["name"].replace("\ud800", ""), "EngineContainer", None, {}, body
    )
    text = printed(cluster_of([record]))
    assert safe(text)
    assert len(text.splitlines()) == 7  # the sum, the heading, the line, and which runtime was asked


def test_mismatches_and_nodes_are_printed_as_safely() -> None:
    pod = Pod("gone-0", namespace="a\x1b[2Jb")
    parts = [
        Record(f"engine/EngineContainer/n1/{name}", "EngineContainer", None, {}, pod.part(name, state=EXITED).body)
        for name in ("POD", "web")
    ]
    text = printed(cluster_of(parts))
    assert "Do not match" in text
    assert safe(text)


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=200))
def test_explanations_are_printed_as_safely(name: str) -> None:
    assert all(safe(detail_text(found, catalog())) for found in explain_name(name, catalog(), None))
    assert safe(
        explained_text(explain_lines([f"{name} x y", "NAME READY STATUS", f"{name} 1/1 Running"], catalog(), None))
    )


def test_columns_are_aligned_and_nothing_is_cut_where_there_is_no_terminal() -> None:
    lines = PLAIN.table(("A", "B", "C"), [("x" * 100, "y", "z" * 300), ("", "", "")])
    assert lines[0] == "A" + " " * 49 + "B  C"
    assert lines[1] == "x" * 100 + "  y  " + "z" * 300
    assert lines[2] == ""


def test_a_table_of_nothing_is_its_head() -> None:
    assert PLAIN.table(("A", "B"), []) == ["A  B"]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seed=st.integers(0, 2**32))
def test_scrambled_recordings_have_a_ledger_that_drops_nothing(recording: Callable[[str], Path], seed: int) -> None:
    snapshot = mixed(recorded(recording("rke-single-node-unhealthy")), seed)
    cluster = Cluster(snapshot, catalog())
    ledger = build_ledger(cluster)
    assert sorted(line.record_id for line in ledger.lines) == sorted(
        record.id for record in snapshot.by_kind("EngineContainer")
    )
    assert {line.role for line in ledger.lines} <= set(Role)
    assert {line.origin for line in ledger.lines} <= set(Origin)
    assert "‹hidden:" not in " ".join(line.evidence for line in ledger.lines)
    assert safe(ledger_text(ledger, cluster))
    orjson.dumps(ledger.to_json())


def test_a_cell_as_long_as_a_file_makes_no_other_row_longer() -> None:
    lines = PLAIN.table(("A", "B"), [("x" * 3_000_000, "1"), ("验" * 3_000_000, "2"), ("y" * 48, "3")])
    assert lines[1:] == ["x" * 3_000_000 + "  1", "验" * 3_000_000 + "  2", "y" * 48 + "  3"]
