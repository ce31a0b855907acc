"""Documentation coverage: what counts, what documents it, and what is found wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.explain.coverage import Coverage, coverage
from rkedoc.explain.coverage_reports import REPORTS, as_table
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record
from tests.explain.recorded import cluster_of, dumped
from tests.support.archives import Archives

SHOP = """---
id: shop
name: Shop
summary: The web shop that customers see.
match:
  - {workload: web, namespace: shop}
---
"""


def deployment(name: str, namespace: str = "shop", annotations: dict[str, str] | None = None) -> Record:
    body: dict[str, Any] = {
        "metadata": {"annotations": annotations or {}},
        "spec": {"template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": name, "image": name}]}}},
    }  # fmt: skip
    return Record(f"apps/Deployment/{namespace}/{name}", "Deployment", None, body, {})


def found(folder: Path, *records: Record, files: dict[str, str] | None = None, **how: Any) -> Coverage:
    for name, text in (files or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    plain = cluster_of(records, **how)
    return coverage(Cluster(plain.snapshot, load_catalog(extra=[folder] if files else [])))


def told(result: Coverage) -> list[tuple[str, str]]:
    return [(finding.rule, finding.subject) for finding in result.findings]


def test_the_platform_is_documented_by_the_catalog_and_ones_own_by_nobody() -> None:
    demo = Cluster(load(resource("data", "demo.ndjson.zst")), load_catalog())
    result = coverage(demo)
    assert result.groups["platform"].documented == result.groups["platform"].total > 30
    own = [subject for subject in result.subjects if subject.group == "workload"]
    assert [subject.name for subject in own if subject.documented] == [
        "default"
    ]  # what the namespace is, not what is in it
    assert {subject for rule, subject in told(result) if rule == "undocumented"} == {
        "default/cache", "default/nightly-report", "default/webapp",
    }  # fmt: skip
    parts = (*result.groups.values(),)
    assert sum(share.total for share in parts) == sum(share.total for share in result.namespaces.values())


def test_an_annotation_file_documents_a_workload(tmp_path: Path) -> None:
    assert ("undocumented", "shop/web") in told(found(tmp_path, deployment("web")))
    result = found(tmp_path, deployment("web"), files={"shop.md": SHOP})
    assert told(result) == [("undocumented", "shop")]
    assert {s.name: s.said_by for s in result.subjects}["shop/web"] == f"{tmp_path.name}/shop.md"


@pytest.mark.parametrize("name", ["kubernetes.io/description", "field.cattle.io/description", "a8r.io/description"])
def test_a_description_of_its_own_documents_a_workload(tmp_path: Path, name: str) -> None:
    result = found(tmp_path, deployment("web", annotations={name: "Takes orders."}))
    assert ("undocumented", "shop/web") not in told(result)
    assert {s.name: s.said_by for s in result.subjects}["shop/web"].endswith(name)


def test_a_rule_that_fits_nothing_any_more_is_stale(tmp_path: Path) -> None:
    two = SHOP.replace("match:\n", "match:\n  - {workload: gone, namespace: shop}\n")
    result = found(tmp_path, deployment("web"), files={"shop.md": two})
    stale = [finding for finding in result.findings if finding.rule == "stale"]
    assert [(finding.subject, finding.file) for finding in stale] == [("shop", f"{tmp_path.name}/shop.md")]
    assert "gone" in stale[0].message


def test_an_extension_of_what_is_not_here_is_stale(tmp_path: Path) -> None:
    files = {"etcd.md": "---\nid: etcd\nteam: storage\n---\n", "concept.md": "---\nid: fleet\nteam: git\n---\n"}
    assert ("stale", "etcd") in told(found(tmp_path, deployment("web"), files=files))
    assert ("stale", "fleet") not in told(found(tmp_path, deployment("web"), files=files))


def test_an_extension_for_a_namespace_that_is_gone_is_stale(tmp_path: Path) -> None:
    files = {"dns.md": "---\nid: coredns-rke1\nnamespaces: [dns]\nteam: dns\n---\n"}
    assert ("stale", "coredns-rke1") in told(found(tmp_path, deployment("coredns", "kube-system"), files=files))
    here = {"dns.md": files["dns.md"].replace("[dns]", "[kube-*]")}
    assert ("stale", "coredns-rke1") not in told(found(tmp_path, deployment("coredns", "kube-system"), files=here))


def test_nothing_is_stale_where_pods_were_not_all_read(tmp_path: Path) -> None:
    result = found(tmp_path, deployment("other"), files={"shop.md": SHOP}, results={"core/Pod": "forbidden"})
    assert not result.judged
    assert ("stale", "shop") not in told(result)


def test_of_a_real_cluster_nothing_is_unexplained(dump: Archives) -> None:
    result = coverage(Cluster(dumped(dump("rke-v1.14")), load_catalog()))
    assert {rule for rule, _subject in told(result)} <= {"undocumented"}


def test_an_empty_cluster_wants_nothing() -> None:
    result = coverage(cluster_of(()))
    assert (result.total.percent, result.findings) == (100.0, ())


HOSTILE = "a\x00b<&>\"'\u202ez"


@pytest.fixture
def hostile(tmp_path: Path) -> Coverage:
    return found(tmp_path, deployment(HOSTILE), files={"shop.md": SHOP})


def test_junit_is_xml_with_a_case_for_each_subject(hostile: Coverage) -> None:
    root = ET.fromstring(REPORTS["junit"](hostile, "s.ndjson"))
    cases = root.findall("./testsuite/testcase")
    others = [finding for finding in hostile.findings if finding.rule in ("stale", "mismatch")]
    assert len(cases) == len(hostile.subjects) + len(others)
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite)
        assert int(suite.get("failures", "")) == len(suite.findall("./testcase/failure"))


def test_sarif_names_the_file_of_a_stale_annotation(hostile: Coverage, tmp_path: Path) -> None:
    run = json.loads(REPORTS["sarif"](hostile, "my snapshot.ndjson"))["runs"][0]
    places = {
        result["ruleId"]: result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
    }
    assert places == {"undocumented": "my%20snapshot.ndjson", "stale": f"{tmp_path.name}/shop.md"}
    assert all(run["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])


def test_the_table_holds_no_control_characters(hostile: Coverage) -> None:
    text = as_table(hostile)
    assert "\x00" not in text
    assert "\u202e" not in text
