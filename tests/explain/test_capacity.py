"""Quantities are exact, and pods are added up as the scheduler adds them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.cluster.model import Cluster
from rkedoc.explain.capacity import capacity, pod_limits, pod_requests, resources_of
from rkedoc.explain.quantities import ONE, parse_quantity
from tests.explain.recorded import catalog, cluster_of, pod, record, recorded

GI, MI = 1 << 30, 1 << 20


@pytest.mark.parametrize(
    ("written", "billionths"),
    [
        ("0", 0), ("1", ONE), ("+1", ONE), ("-1", -ONE), ("100m", ONE // 10), ("1500m", ONE * 3 // 2), ("0.5", ONE // 2), (".5", ONE // 2),
        ("1.", ONE), ("1Ki", 1024 * ONE), ("1.5Gi", GI * 3 // 2 * ONE), ("12e6", 12 * 10**6 * ONE), ("1E3", 1000 * ONE),
        ("1E", 10**18 * ONE), ("1Ei", (1 << 60) * ONE), ("1k", 1000 * ONE), ("7n", 7), ("7u", 7000), ("0.1n", 1), ("1.0000000001", ONE + 1),
        ("243497856212", 243497856212 * ONE), ("1e-9", 1), ("1e-12", 1), ("-0.1n", -1), ("10Ei", (2**63 - 1) * ONE),
    ],
)  # fmt: skip
def test_quantities_are_read_exactly(written: str, billionths: int) -> None:
    assert parse_quantity(written) == billionths


@pytest.mark.parametrize("odd", ["", ".", "m", "1 ", " 1", "1mm", "1ki", "1KI", "1e", "1e999999999", "9" * 400, "0x10", "١", "1_0", "1\n"])  # fmt: skip
def test_what_is_no_quantity_is_none(odd: str) -> None:
    assert parse_quantity(odd) is None


@given(st.integers(0, 10**9), st.integers(0, 6), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi"]))
def test_a_quantity_is_its_number_times_its_suffix(digits: int, places: int, suffix: str) -> None:
    number = Decimal(digits).scaleb(-places)
    factor = {"": Decimal(1), "m": Decimal("0.001"), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9),
              "Ki": Decimal(1024), "Mi": Decimal(MI), "Gi": Decimal(GI)}[suffix]  # fmt: skip
    wanted = (number * factor * ONE).to_integral_value(ROUND_UP)
    assert parse_quantity(f"{number:f}{suffix}") == int(wanted)


def asks(cpu: str, memory: str = "0", *, name: str = "c", **more: Any) -> dict[str, Any]:
    return {"name": name, "resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def body(**spec: Any) -> dict[str, Any]:
    return {"spec": spec}


@pytest.mark.parametrize(
    ("spec", "cpu"),
    [
        ({"containers": [asks("1"), asks("500m")]}, "1500m"),
        ({"containers": [asks("1")], "initContainers": [asks("3"), asks("2")]}, "3"),
        ({"containers": [asks("4")], "initContainers": [asks("3"), asks("2")]}, "4"),
        # KEP-753: what an init container needs, with the sidecars that were started before it
        ({"containers": [asks("1")], "initContainers": [asks("1", restartPolicy="Always"), asks("3")]}, "4"),
        ({"containers": [asks("1")], "initContainers": [asks("3"), asks("1", restartPolicy="Always")]}, "3"),
        ({"containers": [asks("3")], "initContainers": [asks("1", restartPolicy="Always"), asks("2")]}, "4"),
        ({"containers": [asks("1")], "overhead": {"cpu": "250m"}}, "1250m"),
        ({"containers": [asks("1")], "resources": {"requests": {"cpu": "2"}}, "overhead": {"cpu": "250m"}}, "2250m"),
        ({"containers": [asks("1")], "ephemeralContainers": [asks("8")]}, "1"),
    ],
)
def test_the_request_of_a_pod_is_that_of_the_scheduler(spec: Mapping[str, Any], cpu: str) -> None:
    assert pod_requests(body(**spec))["cpu"] == parse_quantity(cpu)


def test_overhead_is_added_to_limits_that_there_are_and_to_no_others() -> None:
    limited = {"name": "c", "resources": {"limits": {"memory": "1Gi"}}}
    found = pod_limits(body(containers=[limited], overhead={"memory": "1Gi", "cpu": "1"}))
    assert found == {"memory": 2 * GI * ONE}


def test_a_pod_that_is_being_resized_counts_with_the_most_of_what_is_asked_granted_and_in_force() -> None:
    resized = {"name": "c", "allocatedResources": {"cpu": "3"}, "resources": {"requests": {"cpu": "2"}}}
    smaller = body(containers=[asks("1")]) | {"status": {"containerStatuses": [resized]}}
    assert pod_requests(smaller)["cpu"] == 3 * ONE
    refused = {"type": "PodResizePending", "status": "True", "reason": "Infeasible"}
    larger = body(containers=[asks("9")]) | {"status": {"containerStatuses": [resized], "conditions": [refused]}}
    assert pod_requests(larger)["cpu"] == 3 * ONE


def test_pods_that_have_ended_count_nowhere_and_those_without_a_node_stand_apart() -> None:
    node = record("core/Node/-/n1", {"status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}})
    spec = {"containers": [asks("1", "1Gi")]}
    pods = [
        pod("a", spec=spec), pod("b", spec=spec, node=""), pod("c", spec=spec, phase="Succeeded"), pod("d", spec=spec, phase="Failed"),
    ]  # fmt: skip
    found = capacity(cluster_of([node, *pods]))
    assert (found.nodes["n1"].pods, found.nodes["n1"].requests["cpu"]) == (1, ONE)
    assert (found.unplaced.pods, found.unplaced.requests["memory"]) == (1, GI * ONE)
    assert (found.namespaces["shop"].pods, found.namespaces["shop"].unlimited) == (2, 2)
    assert found.allocatable["n1"] == {"cpu": 4 * ONE, "memory": 8 * GI * ONE}


def test_quantities_that_are_none_are_counted_and_left_out() -> None:
    spec = {"containers": [asks("many", "1Gi"), asks("1")], "overhead": {"cpu": True}}
    found = capacity(cluster_of([pod("a", spec=spec)]))
    assert found.unread == 2
    assert found.namespaces["shop"].requests == {"cpu": ONE, "memory": GI * ONE}


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [[]], [None], True, {"cpu": {}}])
def test_specifications_of_any_shape_are_added_up(odd: Any) -> None:
    spec = {
        "containers": [{"name": odd, "resources": odd}, odd],
        "initContainers": odd,
        "overhead": odd,
        "resources": odd,
    }
    status = {"containerStatuses": [{"name": odd, "allocatedResources": odd, "resources": odd}], "conditions": odd}
    found = capacity(cluster_of([record("core/Pod/shop/x", {"spec": spec, "status": status})]))
    assert found.namespaces["shop"].pods == 1
    assert capacity(cluster_of([pod("x", spec=spec)])).namespaces["shop"].pods == 1


def test_the_recorded_node_adds_up(recording: Callable[[str], Path]) -> None:
    found = capacity(Cluster(recorded(recording("rke-single-node")), catalog()))
    (load,) = found.nodes.values()
    assert resources_of(found.namespaces.values()) == ("cpu", "memory")
    for resource in ("cpu", "memory"):
        assert sum(item.requests.get(resource, 0) for item in found.namespaces.values()) == load.requests[resource]
    # Added up by hand from the answers of the recorded API; four pods of RKE's jobs have ended.
    assert (load.pods, load.unlimited, found.unread) == (14, 11, 0)
    assert load.requests == {"cpu": ONE * 400 // 1000, "memory": 132 * MI * ONE}
    assert load.limits == {"cpu": ONE * 210 // 1000, "memory": 318 * MI * ONE}
    assert found.allocatable["rancher01"]["memory"] == 24581684 * 1024 * ONE
