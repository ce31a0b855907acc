"""What was walked before is not walked again, and nothing tells that it was not: neither what is shown, nor what is counted and learned."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings

from rkedoc.redact import Redactor
from rkedoc.redact.fingerprint import FingerprintKey
from rkedoc.redact.mask import Mask
from rkedoc.redact.walk import DEEPEST
from tests.redact.test_settled import pod, strings

LOOKS = 4
"""A part is remembered at the second look, and used from the third on."""


def looked_at(redactor: Redactor, item: dict[str, Any]) -> tuple[list[dict[str, Any]], list[Counter[str]]]:
    """What several looks at an object give, and what each counts."""
    shown, counts, before = [], [], Counter(redactor.report)
    for _look in range(LOOKS):
        shown.append(copy.deepcopy(redactor.kubernetes(copy.deepcopy(item))))
        counts.append(Counter(redactor.report) - before)
        before = Counter(redactor.report)
    return shown, counts


@settings(max_examples=100)
@given(strings, strings)
def test_every_look_shows_and_counts_the_same(one: str, other: str) -> None:
    shown, counts = looked_at(Redactor(), pod(one, other))
    assert all(later == shown[0] for later in shown)
    assert all(later == counts[1] for later in counts[1:])


SECRET = "mobikaza94sa"


def workload(name: str, kind: str = "Pod") -> dict[str, Any]:
    """A pod or an object of another kind that holds what others of its kind hold too, and a secret."""
    container = {
        "name": "main", "image": "registry.example.com/shop:1",
        "env": [{"name": "DB_PASSWORD", "value": SECRET}, {"name": "MODE", "value": "a mode that somebody chose"}],
        "args": ["--mode=fast", f"--token={SECRET}"],
    }  # fmt: skip
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"containers": [container]},
    }


def test_a_fingerprint_is_that_of_its_own_object() -> None:
    key = FingerprintKey(bytes(range(32)))
    redactor = Redactor(key=key)
    for number in range(LOOKS):
        item = workload(f"web-{number}")
        assert redactor.kubernetes(item) == Redactor(key=key).kubernetes(item)


def test_a_secret_that_is_met_again_is_learned_by_whoever_meets_it() -> None:
    words = Redactor()
    looked_at(words, workload("web"))
    other = words.afresh()
    other.kubernetes(workload("web"))
    line = b'{"id":"core/ConfigMap/shop/c","intent":{"data":{"x":"' + SECRET.encode() + b'"}},"kind":"ConfigMap"}\n'
    assert SECRET.encode() not in other.everywhere(line)


def test_people_are_masked_by_each_redactor() -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "b", "namespace": "shop"},
        "subjects": [{"kind": "User", "name": "jane.doe", "apiGroup": "rbac.authorization.k8s.io"}],
    }  # fmt: skip
    redactor = Redactor(mask=Mask({"people"}))
    shown, _counts = looked_at(redactor, binding)
    assert all(later == shown[0] for later in shown)
    assert shown[0]["subjects"][0]["name"].startswith("person-")


def nested(part: dict[str, Any], levels: int) -> dict[str, Any]:
    for _level in range(levels):
        part = {"below": part}
    return part


@pytest.mark.parametrize("levels", [1, 40, 60, 110, 150, DEEPEST - 60, DEEPEST, DEEPEST + 20])
def test_a_part_is_hidden_where_it_lies_too_deep_wherever_it_was_met_before(levels: int) -> None:
    part = nested({"note": "a line of text that says little"}, levels)
    redactor = Redactor()
    for around in (0, 0, 0, 10, 45, 49, 60, 100):
        item = {"apiVersion": "v1", "kind": "Odd", "metadata": {"name": "a"}, "spec": nested(part, around)}
        assert redactor.kubernetes(item) == Redactor().kubernetes(item)


@pytest.mark.parametrize(
    "twins",
    [
        ({"password": 1, "note": "the same in both of these"}, {"password": True, "note": "the same in both of these"}),
        ({"pin": 1, "note": "the same in both of these"}, {"pin": 1.0, "note": "the same in both of these"}),
        ({"users": ["jane.doe", "john.doe", "somebody"]}, {"others": ["jane.doe", "john.doe", "somebody"]}),
    ],
)
def test_what_is_nearly_the_same_is_not_taken_for_the_same(twins: tuple[dict[str, Any], dict[str, Any]]) -> None:
    redactor = Redactor()
    for twin in (*twins, *twins, *twins):
        item = {"apiVersion": "v1", "kind": "Odd", "metadata": {"name": "a"}, "spec": {"part": twin}}
        found = redactor.kubernetes(item)
        assert repr(found) == repr(Redactor().kubernetes(item))


def test_what_a_kind_or_a_place_decides_is_decided_for_each() -> None:
    """The groups of a user are people, those of most other kinds are not; and names are judged otherwise where objects are named."""
    part = {
        "name": "x4k9q2z7w1m5v8b3n6c0-x4k9q2z7w1m5",
        "groups": ["jane.doe", "somebody else"],
        "note": "a line of text",
    }
    redactor = Redactor()
    for _look in range(LOOKS):
        for kind in ("Pod", "EngineContainer", "CertificateSigningRequest", "User"):
            for place in ("involvedObject", "spec"):
                item = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, place: {"part": part}}
                assert redactor.kubernetes(item) == Redactor().kubernetes(item)


def test_what_somebody_does_with_one_object_does_not_reach_another() -> None:
    """The name of an object that is a credential, and a request for a certificate, are put into what the walk gave."""
    redactor = Redactor()
    request = {"request": "LS0tLS1CRUdJTi", "signerName": "kubernetes.io/kubelet-serving", "usages": ["server auth"]}
    item = {
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
        "metadata": {"name": "csr-1"}, "spec": request,
    }  # fmt: skip
    other = {"apiVersion": "v1", "kind": "Odd", "metadata": {"name": "csr-1"}, "spec": request}
    for _look in range(LOOKS):
        for one in (item, other):
            assert redactor.kubernetes(one) == Redactor().kubernetes(one)
