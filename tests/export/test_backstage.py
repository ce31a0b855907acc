"""A cluster as entities of Backstage: valid whatever things are called, with owners and what they depend on, and pages that TechDocs builds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.cli import cli
from rkedoc.cluster.model import Cluster
from rkedoc.export.backstage import catalog_info, entities, entity_name
from rkedoc.resources import resource
from tests.diff.world import find, objects, records
from tests.explain.recorded import cluster_of
from tests.fleet.test_tables import CASES

DEMO = str(resource("data", "demo.ndjson.zst"))
NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
NAMESPACE = re.compile(r"[a-z0-9]+(?:-+[a-z0-9]+)*")
REFERENCE = re.compile(r"(resource|system|component|group):([^/]+)/(.+)")
NEEDS = {"Resource": {"type", "owner"}, "System": {"owner"}, "Component": {"type", "lifecycle", "owner", "system"}}
"""What the schemas of Backstage ask of each kind (packages/catalog-model/src/schema/kinds)."""


def references(spec: dict[str, Any]) -> list[str]:
    return [spec["owner"], *([spec["system"]] if "system" in spec else []), *spec.get("dependsOn", [])]


def require_valid(found: list[dict[str, Any]]) -> None:
    named = set()
    for one in found:
        metadata, spec = one["metadata"], one["spec"]
        assert one["apiVersion"] == "backstage.io/v1alpha1" and NEEDS[one["kind"]] <= set(spec)
        assert NAME.fullmatch(metadata["name"]) and len(metadata["name"]) <= 63
        assert NAMESPACE.fullmatch(metadata["namespace"]) and len(metadata["namespace"]) <= 63
        assert "\n" not in metadata["description"] and metadata["title"]
        assert all(isinstance(value, str) for value in metadata.get("annotations", {}).values())
        key = f"{one['kind'].lower()}:{metadata['namespace']}/{metadata['name'].lower()}"
        assert key not in named, key
        named.add(key)
    for one in found:
        for reference in references(one["spec"]):
            match = REFERENCE.fullmatch(reference)
            assert match is not None and NAME.fullmatch(match[3]) and len(match[3]) <= 63, reference
            assert match[1] == "group" or reference in named, reference


@pytest.mark.parametrize("cluster", CASES, indirect=True)
def test_every_entity_is_valid_is_one_and_refers_to_what_is_there(cluster: Cluster) -> None:
    found = list(yaml.safe_load_all(catalog_info(cluster)))
    require_valid(found)
    workloads = {workload.id for workload in cluster.workloads()}
    assert {one["metadata"]["annotations"]["rkedoc/id"] for one in found if one["kind"] == "Component"} == workloads
    assert sum(one["kind"] == "Resource" for one in found) == 1


@given(st.lists(st.tuples(st.text(max_size=90), st.text(max_size=90)), min_size=2, max_size=6, unique=True))
def test_names_are_valid_and_differ_where_subjects_do(subjects: list[tuple[str, str]]) -> None:
    names = [entity_name(*parts) for parts in subjects]
    assert all(NAME.fullmatch(name) and len(name) <= 63 and NAMESPACE.fullmatch(name.lower()) for name in names)
    assert len({name.lower() for name in names}) == len(subjects)


HOSTILE = "Team <shop>\n---\nkind: Evil: 'x' \u202e"


def test_names_of_the_cluster_cannot_become_anything_but_text() -> None:
    found = objects()
    for one in found:
        if one["kind"] == "Deployment":
            one["metadata"].setdefault("labels", {})["owner"] = HOSTILE
    cluster = cluster_of(records(found))
    told = list(yaml.safe_load_all(catalog_info(cluster)))
    require_valid(told)
    assert {one["kind"] for one in told} == {"Resource", "System", "Component"}
    assert len(told) == len(entities(cluster))


def test_an_owner_is_who_the_objects_name_and_another_where_nobody_is_named() -> None:
    found = objects()
    find(found, "Deployment")["metadata"].setdefault("labels", {})["team"] = "shop"
    told = entities(cluster_of(records(found)), "platform")
    owners = {one["metadata"]["title"]: one["spec"]["owner"] for one in told if one["kind"] == "Component"}
    assert owners[find(found, "Deployment")["metadata"]["name"]] == "group:default/shop"
    assert set(owners.values()) == {"group:default/shop", "group:default/platform"}


def test_a_component_depends_on_its_cluster_and_on_what_it_talks_to(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["backstage", DEMO, "-o", str(tmp_path / "repo"), "--owner", "platform"])
    assert done.exit_code == 0, done.output
    told = list(yaml.safe_load_all((tmp_path / "repo" / "catalog-info.yaml").read_text("utf-8")))
    components = [one for one in told if one["kind"] == "Component"]
    assert all("resource:rancher-demo/rancher-demo" in one["spec"]["dependsOn"] for one in components)
    assert any(reference.startswith("component:") for one in components for reference in one["spec"]["dependsOn"])


def test_the_pages_lie_where_techdocs_looks_for_them_and_a_second_run_brings_them_up_to_date(tmp_path: Path) -> None:
    for _turn in range(2):
        done = CliRunner().invoke(cli, ["backstage", DEMO, "-o", str(tmp_path)])
        assert done.exit_code == 0, done.output
    settings = yaml.safe_load((tmp_path / "mkdocs.yml").read_text("utf-8"))
    assert settings == {"site_name": "rancher-demo", "docs_dir": "docs", "plugins": ["techdocs-core"]}
    pages = list((tmp_path / "docs").rglob("*.md"))
    assert (tmp_path / "docs" / "README.md") in pages
    for path in pages:
        for target in re.findall(r"\]\(([^)#:\s]+\.md)(?:#[^)]*)?\)", path.read_text("utf-8")):
            assert (path.parent / target).is_file(), (path, target)
    (tmp_path / "docs" / "own.md").write_text("mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalog-info.yaml", "docs", "mkdocs.yml"]
