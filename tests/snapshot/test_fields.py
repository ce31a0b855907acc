"""What somebody decided is intent, what changes by itself is observed, what is neither is not kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.resources import load_yaml
from rkedoc.snapshot.intent import object_record, split

UID = "0b1c3e9e-5a6f-4f0e-9d7e-0123456789ab"


def thing(api_version: str, kind: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "shop", "uid": UID, "resourceVersion": "7", **more.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}


def owner(kind: str, name: str, api_version: str = "apps/v1") -> dict[str, Any]:
    return {
        "ownerReferences": [{"apiVersion": api_version, "kind": kind, "name": name, "uid": UID, "controller": True}]
    }


def test_a_deployment_is_intent_but_for_what_controllers_say() -> None:
    record = object_record(thing("apps/v1", "Deployment", spec={"replicas": 2}, status={"readyReplicas": 1}))
    assert (record.id, record.owner) == ("apps/Deployment/shop/web", None)
    assert record.intent == {"spec": {"replicas": 2}}
    assert record.observed == {"apiVersion": "apps/v1", "metadata": {"uid": UID}, "status": {"readyReplicas": 1}}
    assert record.body["metadata"]["uid"] == UID


def test_replicas_that_an_autoscaler_owns_are_observed() -> None:
    record = object_record(thing("apps/v1", "Deployment", spec={"replicas": 2, "paused": True}), autoscaled=True)
    assert record.intent == {"spec": {"paused": True}}
    assert record.observed["spec"] == {"replicas": 2}


@pytest.mark.parametrize(
    ("kind", "metadata", "expected"),
    [
        ("Pod", owner("ReplicaSet", "web-7d9"), "apps/ReplicaSet/shop/web-7d9"),
        ("ReplicaSet", owner("Deployment", "web"), "apps/Deployment/shop/web"),
        ("ReplicaSet", owner("Deployment", "web", "extensions/v1beta1"), "apps/Deployment/shop/web"),
    ],
)
def test_what_a_controller_made_holds_no_intent(kind: str, metadata: dict[str, Any], expected: str) -> None:
    record = object_record(thing("v1" if kind == "Pod" else "apps/v1", kind, metadata=metadata, spec={"x": 1}))
    assert record.owner == expected
    assert record.intent == {}
    assert record.observed["spec"] == {"x": 1}


@pytest.mark.parametrize(
    "kind", ["Pod", "ReplicaSet", "ValidatingWebhookConfiguration", "Ingress", "PersistentVolumeClaim"]
)
def test_what_a_controller_made_keeps_what_is_kept_of_what_somebody_made(kind: str) -> None:
    """Only the part in which it stands is another one."""
    item = thing(
        "v1", kind, metadata={"managedFields": [{"manager": "x"}], "labels": {}, "generation": 3, "annotations": {"a": "b"}},
        spec={"replicas": 1, "nodeName": "n", "volumeName": "v", "containers": [{"name": "c", "image": "i"}]},
        webhooks=[{"name": "w", "clientConfig": {"caBundle": "x", "url": "y"}}], status={"phase": "Running"},
    )  # fmt: skip
    others = owner("Node", "web"), owner("ReplicaSet", "web")
    somebodys, made = (object_record({**item, "metadata": {**item["metadata"], **more}}) for more in others)
    references = [{**others[1]["ownerReferences"][0], "kind": "Node"}]
    kept = dict(made.observed["metadata"])
    if "ownerReferences" in kept:
        kept["ownerReferences"] = references
    assert made.intent == {}
    assert {**made.observed, "metadata": kept} == somebodys.body


def test_a_static_pod_is_somebodys_intent() -> None:
    record = object_record(thing("v1", "Pod", metadata=owner("Node", "node-1", "v1"), spec={"hostNetwork": True}))
    assert record.owner == "core/Node/-/node-1"
    assert record.intent == {"spec": {"hostNetwork": True}}


def test_the_random_name_of_the_token_volume_is_no_intent() -> None:
    def pod(end: str) -> dict[str, Any]:
        name = f"kube-api-access-{end}"
        mount = {"name": name, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
        volumes = [{"name": name, "projected": {}}, {"name": "data", "emptyDir": {}}]
        containers = [{"name": "a", "volumeMounts": [mount, {"name": "data", "mountPath": "/d"}]}]
        return thing("v1", "Pod", spec={"containers": containers, "volumes": volumes})

    one, other = object_record(pod("abcde")), object_record(pod("x7k2q"))
    assert one.intent == other.intent
    assert one.intent["spec"]["containers"][0]["volumeMounts"][1]["name"] == "data"


def test_a_role_that_is_gathered_from_others_has_no_rules_of_its_own() -> None:
    role = thing("rbac.authorization.k8s.io/v1", "ClusterRole", rules=[{"verbs": ["get"]}])
    assert "rules" in split(role)[0]
    intent, observed = split({**role, "aggregationRule": {"clusterRoleSelectors": []}})
    assert "rules" not in intent and "rules" in observed


@pytest.mark.parametrize("kind", ["Endpoints", "ComponentStatus"])
def test_some_kinds_are_written_by_controllers_alone(kind: str) -> None:
    intent, observed = split(thing("v1", kind, subsets=[1]))
    assert intent == {}
    assert observed["subsets"] == [1]


def test_the_token_of_an_account_is_no_intent_and_another_secret_is() -> None:
    assert not object_record(thing("v1", "Secret", type="kubernetes.io/service-account-token")).intent
    assert object_record(thing("v1", "Secret", type="Opaque")).intent == {"type": "Opaque"}


def test_schemas_and_certificates_are_left_out_of_lists() -> None:
    crd = thing(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", spec={"versions": [{"name": "v1", "schema": {}}]}
    )
    assert split(crd)[0]["spec"] == {"versions": [{"name": "v1"}]}


@pytest.mark.parametrize(
    "obj",
    [
        {},
        {"apiVersion": "v1", "kind": "Pod"},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {}},
        thing("v1", "Pod", metadata={"name": ""}),
        thing("v1", "Pod", metadata={"name": 7}),
    ],
)
def test_what_is_no_object_is_refused(obj: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError)):
        object_record(obj)


KEYS = ["spec", "volumes", "name", "annotations", "versions", "schema", "template", "x"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(["Pod", "Service", "Node", "Thing", "Endpoints"]),
    st.dictionaries(st.sampled_from(["spec", "status", "data"]), json_values),
)
def test_nothing_stands_in_both_parts_and_nothing_is_invented(kind: str, fields: dict[str, Any]) -> None:
    record = object_record({**thing("v1", kind), **fields})
    for part in (record.intent, record.observed):
        assert set(part) <= {"apiVersion", "metadata", *fields}
    for key in set(record.intent) & set(record.observed):
        mine, seen = record.intent[key], record.observed[key]
        assert isinstance(mine, dict) and isinstance(seen, dict)
    record.line()


def test_every_rule_says_why() -> None:
    for rule in load_yaml("snapshot", "fields.yaml")["rules"]:
        assert rule["reason"] and rule["class"] in ("observed", "dropped"), rule
        assert rule.get("when") in (None, "autoscaled", "aggregated"), rule
        assert rule["class"] == "dropped" or "[]" not in rule["path"], rule
