"""Two clusters that are not the same one: what people put there is told apart from what the installers did, and is paired where it moved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.diff.across import Across, across
from rkedoc.diff.render.formats import across_formatted
from rkedoc.diff.run import compare_records
from rkedoc.i18n import LANGUAGES, set_language
from rkedoc.resources import resource
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import ChangeKind
from tests.explain.recorded import dumped
from tests.support.archives import Archives

OLD = load(resource("data", "demo.ndjson.zst"))
NEW = load(resource("data", "demo-rke2.ndjson.zst"))
SHOP = tuple(
    record
    for record in OLD.records
    if record.namespace == "default" and record.intent and not record.id.startswith("engine/")
)
"""What people put into the old cluster."""


def compared(old: Snapshot, new: Snapshot) -> Across:
    catalog = load_catalog()
    found = compare_records((old.header, iter(old.records)), (new.header, iter(new.records)), catalog)
    return across(found, Cluster(old, catalog), Cluster(new, catalog))


def with_records(snapshot: Snapshot, records: Sequence[Record]) -> Snapshot:
    """The snapshot without what people put there, and with these records."""
    kept = [
        record for record in snapshot.records if record.namespace not in ("default", "shop") and record.name != "shop"
    ]
    return Snapshot(snapshot.header, tuple(sorted((*kept, *records), key=lambda one: one.id.encode())))


def changed(record: Record, old: str, new: str) -> Record:
    """The record with one text exchanged for another in its intent."""
    intent: dict[str, Any] = json.loads(json.dumps(record.intent).replace(old, new))
    return replace(record, intent=intent, _cache={})


def elsewhere(record: Record, namespace: str) -> Record:
    group, kind, _namespace, name = record.id.split("/", 3)
    return replace(record, id=f"{group}/{kind}/{namespace}/{name}", _cache={})


def test_what_people_put_there_is_told_apart_from_the_installers() -> None:
    found = compared(OLD, NEW)
    places = {change.place[1] for change in found.changes}
    assert places == {"", "default", "shop", "rancher01"}
    assert {change.kind for change in found.changes if not change.place[1]} == {"PersistentVolume"}
    assert all(number > 100 for number in found.installed)


def test_components_are_paired_by_their_role() -> None:
    roles = {(role.old, role.new) for role in compared(OLD, NEW).roles}
    assert ("etcd v3.4.13-rancher1", "etcd (RKE2) v3.5.9-k3s1-build20230802") in roles
    assert ("canal (DaemonSet) v3.16.5", "rke2-canal v3.27.2-build20240308") in roles
    assert ("cattle-cluster-agent v2.5.5", "cattle-cluster-agent v2.8.3") in roles
    assert ("kubelet v1.20.9-rancher1", "kubelet (RKE2) v1.27.12+rke2r1") in roles
    (backend,) = [role for role in compared(OLD, NEW).roles if role.name == "default-http-backend"]
    assert str(backend.how) == "gone: the controller answers with 404 itself"


def test_settings_are_compared_by_their_meaning() -> None:
    settings = {(one.topic, str(one.name)): (one.old, one.new) for one in compared(OLD, NEW).settings}
    assert settings["etcd", "data directory of etcd"] == ("/var/lib/etcd", "/var/lib/rancher/rke2/server/db/etcd")
    assert ("network", "pod network") not in settings


def test_a_cluster_into_which_everything_moved_as_it_is_differs_in_nothing_of_peoples() -> None:
    moved = [record for record in OLD.records if record.kind == "PersistentVolume"]
    beside = [record for record in OLD.records if record.id.startswith(("engine/EngineNetwork", "engine/EngineVolume"))]
    found = compared(OLD, with_records(NEW, (*SHOP, *moved, *beside)))
    assert found.changes == ()
    assert found.same
    assert found.alike == 3
    assert found.roles


def test_what_is_different_in_a_workload_is_shown_field_by_field() -> None:
    shop = [
        changed(record, "nginx:1.19.6", "nginx:1.25.4") if record.kind == "Deployment" else record for record in SHOP
    ]
    (change,) = [one for one in compared(OLD, with_records(NEW, shop)).changes if one.kind == "Deployment"]
    assert (change.change, change.name) == (ChangeKind.CHANGED, "webapp")
    assert [(edit.old, edit.new) for edit in change.edits] == [("nginx:1.19.6", "nginx:1.25.4")]


def test_a_workload_that_lies_in_another_namespace_now_is_one_that_moved() -> None:
    shop = [elsewhere(record, "shop") for record in SHOP if record.name == "webapp" and record.kind == "Deployment"]
    moved = [change for change in compared(OLD, with_records(NEW, shop)).changes if change.change == ChangeKind.MOVED]
    assert [(change.old_id, change.id) for change in moved] == [
        ("apps/Deployment/default/webapp", "apps/Deployment/shop/webapp")
    ]


def test_another_program_of_the_same_name_is_not_the_same_workload() -> None:
    shop = [
        changed(elsewhere(record, "shop"), "nginx:1.19.6", "caddy:2") for record in SHOP if record.kind == "Deployment"
    ]
    kinds = {
        (change.change, change.id)
        for change in compared(OLD, with_records(NEW, shop)).changes
        if change.kind == "Deployment"
    }
    assert kinds == {
        (ChangeKind.REMOVED, "apps/Deployment/default/webapp"),
        (ChangeKind.ADDED, "apps/Deployment/shop/webapp"),
    }


def test_what_one_side_could_not_have_shown_is_said(dump: Archives) -> None:
    found = compared(dumped(dump("rancher-v1.14")), dumped(dump("oneke-v1.24")))
    assert {"longhorn-system", "metallb-system"} <= {one.namespace for one in found.unknown} | {
        change.name for change in found.changes
    }
    assert "kube-system" not in {one.namespace for one in found.unknown}
    assert "metallb-system" in across_formatted(found, "text")
    (agent,) = [role for role in found.roles if role.name == "cattle-cluster-agent"]
    assert (agent.new, agent.how) == ("", None)


def test_a_cluster_and_itself_are_the_same() -> None:
    found = compared(OLD, OLD)
    assert (found.changes, found.roles, found.settings, found.installed, found.same) == ((), (), (), (0, 0), True)


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("style", ["text", "markdown", "html", "json", "yaml"])
def test_it_is_told_in_every_form_and_language(language: str, style: str) -> None:
    set_language(language)
    said = across_formatted(compared(OLD, NEW), style)
    assert "webapp" in said
    assert "‹hidden:" not in said
    assert "attachdetach-controller" not in said
    if style == "text":
        assert ("What people put there" in said) is (language == "en")
