"""Who may do what: as the API server would answer it, in the whole cluster and in each namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.cluster.model import Cluster
from rkedoc.explain.rights import NEEDS, Grant, all_powerful, rights
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import Right
from tests.explain.recorded import catalog, cluster_of, dumped, record, recorded
from tests.views.cluster import site_of

RBAC = "rbac.authorization.k8s.io"
READ_SECRETS = {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}


def rule(verbs: str, resources: str, groups: tuple[str, ...] = ("",), *names: str) -> dict[str, Any]:
    """A rule of a role."""
    narrowed = {"resourceNames": list(names)} if names else {}
    return {"verbs": verbs.split(), "apiGroups": list(groups), "resources": resources.split(), **narrowed}


def role(name: str, *rules: Mapping[str, Any], namespace: str = "-", **more: Any) -> Record:
    kind = "ClusterRole" if namespace == "-" else "Role"
    return record(f"{RBAC}/{kind}/{namespace}/{name}", {"rules": list(rules), **more})


def binding(
    to: str, name: str = "b", namespace: str = "-", kind: str = "ClusterRole", who: Mapping[str, str] | None = None
) -> Record:
    """A binding of a role to the user ``ann``, or to somebody else."""
    body = {"roleRef": {"kind": kind, "name": to}, "subjects": [who or {"kind": "User", "name": "ann"}]}
    return record(f"{RBAC}/{'ClusterRoleBinding' if namespace == '-' else 'RoleBinding'}/{namespace}/{name}", body)


def seen(records: Iterable[Record], ended: Mapping[str, str] | None = None) -> Cluster:
    """The cluster of these records, with lists of roles and bindings that were complete unless something else is said."""
    return site_of(records, ended).cluster


def held(records: Iterable[Record]) -> dict[Right, set[tuple[str, str | None]]]:
    """Who has which right where."""
    found: dict[Right, set[tuple[str, str | None]]] = {}
    for grant in rights(seen(records)).grants:
        found.setdefault(grant.right, set()).add((grant.subject.label, grant.namespace))
    return found


@pytest.mark.parametrize(
    ("given_rule", "wanted"),
    [
        (rule("get", "secrets"), {"read-secrets"}),
        (rule("delete", "secrets"), set()),
        (rule("get", "secrets", ("apps",)), set()),
        (rule("*", "*", ("",)), {*Right} - {"do-everything", "read-everything"}),
        (rule("*", "*", ("*",)), {*Right}),
        (rule("*", "*", ("*",), "one"), {*Right} - {"do-everything", "read-everything"}),
        (rule("list", "*", ("*",)), {"read-secrets", "read-everything"}),
        (rule("create", "pods/exec"), {"exec-into-pods"}),
        (rule("create", "*/exec"), {"exec-into-pods"}),
        (rule("create", "pods/*"), set()),
        (rule("create", "pods/exec", ("",), "one"), {"exec-into-pods"}),
        (rule("create", "pods"), {"create-pods"}),
        (rule("create", "pods", ("",), "one"), set()),
        (rule("patch", "deployments", ("apps",), "one"), {"create-pods"}),
        (rule("bind", "clusterroles", (RBAC,)), {"gain-rights"}),
        (rule("impersonate", "groups"), {"gain-rights"}),
        (rule("create", "serviceaccounts/token", ("",), "one"), {"gain-rights"}),
        (rule("delete", "namespaces"), {"delete-namespaces"}),
        ({"verbs": ["*"], "nonResourceURLs": ["*"]}, set()),
        ({"verbs": "get", "resources": None}, set()),
    ],
)
def test_a_rule_for_the_whole_cluster_gives_what_the_api_server_would_allow(
    given_rule: Mapping[str, Any], wanted: set[str]
) -> None:
    assert held([role("r", given_rule), binding("r")]) == {Right(code): {("ann", None)} for code in wanted}


def test_a_binding_in_a_namespace_gives_rights_there_alone_and_none_on_what_lies_in_no_namespace() -> None:
    secrets = [role("r", READ_SECRETS), binding("r", namespace="shop")]
    assert held(secrets) == {Right.READ_SECRETS: {("ann", "shop")}}
    nodes = role(
        "r",
        rule("create", "nodes/proxy"),
        rule("impersonate", "users groups"),
        rule("escalate", "clusterroles", (RBAC,)),
    )
    assert held([nodes, binding("r", namespace="shop")]) == {}
    assert set(held([nodes, binding("r")])) == {Right.EXEC_INTO_PODS, Right.GAIN_RIGHTS}
    own = [role("r", READ_SECRETS, namespace="shop"), binding("r", namespace="shop", kind="Role")]
    assert held(own) == {Right.READ_SECRETS: {("ann", "shop")}}
    assert held([own[0], binding("r", namespace="other", kind="Role")]) == {}


def test_an_account_without_a_namespace_is_one_of_the_bindings_own() -> None:
    here, elsewhere = ({"kind": "ServiceAccount", "name": "bot", **more} for more in ({}, {"namespace": "ci"}))
    given_to = [binding("r", name, namespace="shop", who=who) for name, who in (("b", here), ("c", elsewhere))]
    assert held([role("r", READ_SECRETS), *given_to])[Right.READ_SECRETS] == {
        ("shop/bot", "shop"),
        ("ci/bot", "shop"),
    }


def test_an_aggregated_role_has_the_rules_of_the_roles_that_it_chooses() -> None:
    chosen = role("part", READ_SECRETS, metadata={"labels": {"to": "all"}})
    whole = role("all", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]})
    assert held([chosen, whole, binding("all")]) == {Right.READ_SECRETS: {("ann", None)}}
    assert held([role("part", READ_SECRETS), whole, binding("all")]) == {}


def test_a_right_narrowed_to_names_says_which_and_stands_beside_one_for_all() -> None:
    narrowed = role("r", rule("get", "secrets", ("",), "b", "a"), rule("list", "secrets"))
    grants = rights(seen([narrowed, binding("r")])).grants
    assert {(grant.ways, grant.names) for grant in grants} == {(("get secrets",), ("a", "b")), (("list secrets",), ())}


def test_what_was_not_collected_is_said_and_never_taken_for_nobody() -> None:
    unread = {f"{RBAC}/{plural}": "forbidden" for plural in ("clusterroles", "rolebindings")}
    report = rights(seen([binding("some-role"), binding("cluster-admin", "a")], unread))
    assert report.unresolved == (f"{RBAC}/ClusterRoleBinding/-/b",)
    assert {grant.binding for grant in report.grants} == {f"{RBAC}/ClusterRoleBinding/-/a"}
    assert [str(item) for item in report.unseen] == ["bindings in namespaces"]
    # A role that is not there gives nothing; that it is not there is known where all roles are.
    assert rights(seen([binding("some-role")])).unresolved == ()
    assert len(rights(cluster_of([])).unseen) == 2


# -- compared with a plain reading of the API server's rules ------------------------------------------------------------


VERBS = ("get", "list", "create", "update", "delete", "bind", "escalate", "impersonate", "*")
GROUPS = ("", "apps", RBAC, "*")
RESOURCES = (
    "secrets",
    "pods",
    "pods/exec",
    "*/exec",
    "nodes/proxy",
    "deployments",
    "roles",
    "clusterroles",
    "users",
    "namespaces",
    "*",
)
RULES = st.builds(
    lambda verbs, groups, resources, names: {"verbs": verbs, "apiGroups": groups, "resources": resources, "resourceNames": names},
    st.lists(st.sampled_from(VERBS), max_size=2), st.lists(st.sampled_from(GROUPS), max_size=2),
    st.lists(st.sampled_from(RESOURCES), max_size=2), st.lists(st.just("one"), max_size=1),
)  # fmt: skip
PLACES = st.sampled_from(("-", "shop", "other"))
WORLDS = st.tuples(
    st.lists(st.lists(RULES, max_size=2), min_size=1, max_size=3),
    st.lists(st.tuples(PLACES, st.integers(0, 2), st.sampled_from(("ann", "bob"))), max_size=4),
)


def world(rules: list[list[dict[str, Any]]], given_to: list[tuple[str, int, str]]) -> list[Record]:
    roles = [role(f"r{at}", *own) for at, own in enumerate(rules)]
    return [
        *roles,
        *(
            binding(f"r{to}", f"b{at}", place, who={"kind": "User", "name": who})
            for at, (place, to, who) in enumerate(given_to)
        ),
    ]


def may(records: list[Record], who: str, verb: str, group: str, what: str, name: str, namespace: str) -> bool:
    """The API server's answer to one request: rule for rule, without anything that the code under test knows."""
    roles = {item.name: item.body["rules"] for item in records if item.kind == "ClusterRole"}
    for item in records:
        applies = item.kind == "ClusterRoleBinding" or (
            item.kind == "RoleBinding" and item.namespace == namespace != ""
        )
        if not applies or item.body["subjects"][0]["name"] != who:
            continue
        for one in roles.get(item.body["roleRef"]["name"], ()):
            part = what.partition("/")[2]
            resources = one["resources"]
            if (
                ("*" in one["verbs"] or verb in one["verbs"])
                and ("*" in one["apiGroups"] or group in one["apiGroups"])
                and ("*" in resources or what in resources or (bool(part) and f"*/{part}" in resources))
                and (not one["resourceNames"] or name in one["resourceNames"])
            ):
                return True
    return False


def requests(right: Right, namespace: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Requests of which one that is allowed gives a right; a kind, verb or group that nobody has named stands for every one."""
    for need in NEEDS[right]:
        verbs = ["unheard-of"] if need.verbs == ("*",) else need.verbs
        group = "unheard.of" if need.group == "*" else need.group
        what = "unheardofs" if need.resource == "*" else need.resource
        for verb, name in product(verbs, ("", "one")):
            if (verb == "create" and "/" not in what and name) or (need.resource == "*" and name):
                continue
            yield verb, group, what, name, namespace if need.scoped else ""


@given(WORLDS)
def test_it_is_what_the_api_server_would_answer(drawn: Any) -> None:
    records = world(*drawn)
    found = {(grant.right, grant.subject.name, grant.namespace) for grant in rights(seen(records)).grants}
    for right, who, namespace in product(Right, ("ann", "bob"), ("", "shop", "other")):
        known = (right, who, None) in found or (right, who, namespace or None) in found
        assert known == any(may(records, who, *request) for request in requests(right, namespace))


@given(WORLDS, st.integers(0, 3))
def test_taking_a_binding_away_takes_its_rights_and_no_others(drawn: Any, gone: int) -> None:
    records = world(*drawn)
    before = rights(seen(records)).grants
    fewer = [item for item in records if item.name != f"b{gone}"]
    assert rights(seen(fewer)).grants == tuple(grant for grant in before if not grant.binding.endswith(f"/b{gone}"))


# -- real clusters ------------------------------------------------------------------------------------------------------


def check(cluster: Cluster) -> tuple[Grant, ...]:
    """What holds of every report: roles and bindings are there, everything includes the rest, and all that is powerful is in it."""
    report = rights(cluster)
    by_right = {right: {(g.subject, g.namespace) for g in report.of(right) if not g.names} for right in Right}
    assert all(by_right[Right.DO_EVERYTHING] <= holders for holders in by_right.values())
    assert by_right[Right.READ_EVERYTHING] <= by_right[Right.READ_SECRETS]
    for grant in report.grants:
        found = cluster.snapshot.get(grant.binding)
        assert found is not None
        assert found.namespace == grant.namespace
    powerful = all_powerful(cluster)
    assert {g.role.rpartition("/")[2] for g in report.of(Right.DO_EVERYTHING) if "/ClusterRole/" in g.role} <= powerful
    return report.grants


@pytest.mark.parametrize("name", ["demo.ndjson.zst", "demo-rke2.ndjson.zst"])
def test_the_demos_say_who_reads_secrets(name: str) -> None:
    cluster = Cluster(load(resource("data", name)), catalog())
    grants = check(cluster)
    assert {grant.right for grant in grants} == set(Right)
    assert any(grant.namespace for grant in grants)


@pytest.mark.parametrize("name", ["rancher-v1.14", "rke-v1.14", "oneke-v1.24", "civo-v1.26"])
def test_dumps_hold_what_must_hold(dump: Callable[[str], Path], name: str) -> None:
    check(Cluster(dumped(dump(name)), catalog()))


@pytest.mark.parametrize("name", ["rke-single-node-idle", "rke-single-node-unhealthy"])
def test_recordings_hold_what_must_hold(recording: Callable[[str], Path], name: str) -> None:
    check(Cluster(recorded(recording(name)), catalog()))
