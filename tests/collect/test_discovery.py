"""Every group is discovered; of each resource one version is read, of each object one group."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.collect.kubernetes.discovery import (
    GroupVersion,
    Resource,
    aggregated_groups,
    choose,
    group_versions,
    may_be_aggregated,
    resources_of,
)

LISTED = ["get", "list"]


def served(group: str, *versions: tuple[str, list[tuple[str, str]]]) -> list[tuple[GroupVersion, tuple[Resource, ...]]]:
    return [
        (
            GroupVersion(group, version, rank),
            tuple(Resource(group, version, name, kind, namespaced=True) for name, kind in kinds),
        )
        for rank, (version, kinds) in enumerate(versions)
    ]


def test_a_resource_is_read_in_the_version_that_its_group_prefers() -> None:
    found = served("batch", ("v1", [("jobs", "Job")]), ("v1beta1", [("cronjobs", "CronJob"), ("jobs", "Job")]))
    assert [(one.name, one.version) for one in choose(found)] == [("cronjobs", "v1beta1"), ("jobs", "v1")]


def test_an_object_of_several_groups_is_read_once_whatever_the_order() -> None:
    found = [
        *served("extensions", ("v1beta1", [("ingresses", "Ingress")])),
        *served("networking.k8s.io", ("v1", [("ingresses", "Ingress"), ("networkpolicies", "NetworkPolicy")])),
        *served("crd.projectcalico.org", ("v1", [("networkpolicies", "NetworkPolicy")])),
        *served("core", ("v1", [("events", "Event")])),
        *served("events.k8s.io", ("v1", [("events", "Event")])),
    ]
    for order in itertools.permutations(found):
        assert [one.path() for one in choose(order)] == [
            "/api/v1/events",
            "/apis/crd.projectcalico.org/v1/networkpolicies",
            "/apis/networking.k8s.io/v1/ingresses",
            "/apis/networking.k8s.io/v1/networkpolicies",
        ]


def test_an_old_server_that_has_only_the_old_group_is_read_there() -> None:
    (one,) = choose(served("extensions", ("v1beta1", [("ingresses", "Ingress")])))
    assert (one.path("shop"), one.scope, one.record_kind) == (
        "/apis/extensions/v1beta1/namespaces/shop/ingresses",
        "networking.k8s.io/ingresses",
        "networking.k8s.io/Ingress",
    )


def test_what_cannot_be_listed_is_no_resource() -> None:
    document = {
        "resources": [
            {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": LISTED, "shortNames": ["po"]},
            {"name": "pods/log", "kind": "Pod", "namespaced": True, "verbs": LISTED},
            {"name": "bindings", "kind": "Binding", "namespaced": True, "verbs": ["create"]},
            {"name": "../secrets", "kind": "X", "verbs": LISTED},
            {"name": "things", "kind": "<script>", "verbs": LISTED},
            {"name": 7, "kind": "X", "verbs": LISTED},
            "nonsense",
        ]
    }
    (pods,) = resources_of(GroupVersion("core", "v1", 0), document)
    assert pods == Resource("core", "v1", "pods", "Pod", namespaced=True, short_names=("po",))


def test_the_preferred_version_comes_first() -> None:
    group = {
        "name": "apps",
        "versions": [{"version": "v1beta1"}, {"version": "v1"}, {"version": "../v2"}],
        "preferredVersion": {"version": "v1"},
    }
    assert group_versions({"versions": ["v1"]}, {"groups": [group]}) == (
        GroupVersion("core", "v1", 0),
        GroupVersion("apps", "v1", 0),
        GroupVersion("apps", "v1beta1", 1),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["groups", "name", "versions", "version", "verbs"]), inner)
    ),
)


@given(st.dictionaries(st.sampled_from(["groups", "versions", "resources"]), json_values))
def test_no_answer_of_a_server_breaks_discovery(document: dict[str, Any]) -> None:
    for at in group_versions(document, document):
        resources_of(at, document)
    resources_of(GroupVersion("core", "v1", 0), document)


@pytest.mark.parametrize(
    "name",
    ["deployments", "Deployment", "deploy", "deployments.apps", "apps/deployments", "apps/Deployment", " DEPLOY "],
)
def test_a_person_may_name_a_kind_in_many_ways(name: str) -> None:
    resource = Resource("apps", "v1", "deployments", "Deployment", namespaced=True, short_names=("deploy",))
    assert resource.answers_to(name)
    assert not resource.answers_to(name.strip() + "x")


def test_aggregated_groups_are_those_that_a_service_stands_behind() -> None:
    services = [
        {"spec": {"group": "apps", "service": None}},
        {"spec": {"group": "metrics.k8s.io", "service": {"name": "metrics-server"}}},
        {"spec": None},
    ]
    assert aggregated_groups(services) == {"metrics.k8s.io"}


@pytest.mark.parametrize(
    ("group", "may"),
    [("core", False), ("apps", False), ("networking.k8s.io", False), ("metrics.k8s.io", True), ("example.com", True),
     ("custom.metrics.k8s.io", True)],
)  # fmt: skip
def test_short_patience_is_for_groups_that_others_may_serve(group: str, may: bool) -> None:
    assert may_be_aggregated(group) is may
