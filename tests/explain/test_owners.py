"""Whose things are: files of one's own first, then the object, its services, and its namespace; and that nobody says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.explain.owners import owners
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import Whose
from tests.explain.recorded import catalog, cluster_of, record, recorded, rke

WEB = "apps/Deployment/shop/web"
LABELS = {"app": "web"}


def world(
    own: Mapping[str, Any] | None = None, service: Mapping[str, str] | None = None, namespace: Mapping[str, str] | None = None
) -> list[Record]:  # fmt: skip
    """A workload with its service in their namespace, each with these annotations (``own`` is all of the workload's metadata)."""
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "main", "image": "x"}]}}
    return [
        record(WEB, {"metadata": own or {}, "spec": {"template": template}}),
        record("core/Service/shop/web", {"metadata": {"annotations": service or {}}, "spec": {"selector": LABELS}}),
        record("core/Namespace/-/shop", {"metadata": {"annotations": namespace or {}}}),
    ]


def owner(records: list[Record], *files: Path) -> tuple[str, str]:
    found = cluster_of(records)
    own = owners(Cluster(found.snapshot, load_catalog(extra=files))).by_record[WEB]
    return own.owner, own.where


def test_the_nearest_that_names_an_owner_counts(tmp_path: Path) -> None:
    mine, theirs, all_of_it = (
        {"annotations": {"a8r.io/owner": "me"}},
        {"a8r.io/owner": "service"},
        {"a8r.io/owner": "place"},
    )
    assert owner(world()) == ("", "")
    assert owner(world(namespace=all_of_it)) == ("place", "Namespace shop, annotation a8r.io/owner")
    assert owner(world(service=theirs, namespace=all_of_it)) == ("service", "Service web, annotation a8r.io/owner")
    assert owner(world(mine, theirs, all_of_it)) == ("me", "Deployment web, annotation a8r.io/owner")
    file = tmp_path / "shop.md"
    file.write_text(
        "---\nid: shop\nname: Shop\nsummary: A shop.\nmatch: [{workload: web, namespace: shop}]\nteam: crew\n---\n"
    )
    assert owner(world(mine, theirs, all_of_it), file) == ("crew", "shop.md")
    file.write_text(
        "---\nid: shop-ns\nname: Shop\nkind: namespace\nsummary: A.\nmatch: [{namespace: shop}]\nowner: all\n---\n"
    )
    assert owner(world(service=theirs), file) == ("service", "Service web, annotation a8r.io/owner")
    assert owner(world(namespace=all_of_it), file) == ("all", "shop.md")


@pytest.mark.parametrize(
    ("metadata", "wanted"),
    [
        ({"labels": {"team": "a"}}, "a"), ({"labels": {"example.com/Owner": "a b"}}, "a b"),
        ({"labels": {"team": "a", "owner": "b"}}, "b"), ({"labels": {"owner": "b"}, "annotations": {"a8r.io/owner": "c"}}, "c"),
        ({"annotations": {"objectset.rio.cattle.io/owner": "a"}}, ""), ({"labels": {"app.kubernetes.io/team": "a"}}, ""),
        ({"labels": {"owner-name": "a", "powner": "b", "owner": ""}}, ""), ({"annotations": {"owner": "‹hidden›"}}, ""),
        ({"annotations": {"owner": "  two\n lines "}}, "two lines"), ({"annotations": {"owner": 7}, "labels": []}, ""),
        ({"annotations": {"owner": "x" * 999}}, "x" * 120),
    ],
)  # fmt: skip
def test_annotations_and_labels_that_name_an_owner_are_told_from_others(
    metadata: Mapping[str, Any], wanted: str
) -> None:
    assert owner(world(metadata))[0] == wanted


def test_the_platform_without_an_owner_is_told_from_what_nobody_explains() -> None:
    found = owners(cluster_of([*world(), rke("kubelet")]))
    assert [item.record_id for item in found.without(Whose.OWN, Whose.UNKNOWN)] == [WEB]
    assert [item.record_id for item in found.without(Whose.PLATFORM)] == ["engine/EngineContainer/n1/kubelet"]


def test_everything_that_runs_on_the_recorded_node_stands_once(recording: Callable[[str], Path]) -> None:
    cluster = Cluster(recorded(recording("rke-single-node")), catalog())
    found = owners(cluster)
    assert len(found.by_record) == len(found.all)
    assert sum(map(len, found.by_owner.values())) + len(found.without(*Whose)) == len(found.all)
    assert {item.record_id for item in found.by_owner["team-shop"]} == {"apps/Deployment/default/webapp"}
    assert {workload.id for workload in cluster.workloads()} <= set(found.by_record)
