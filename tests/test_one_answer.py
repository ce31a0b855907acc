"""Whoever is asked what a thing is gives the same answer: page, ledger, ``explain``, ``coverage`` and both sides of a diff.

Every container, workload, namespace and image of all recordings, of all dumps, and of clusters that are made up for each
distribution. Each answer is taken from what its reader sees: the view of a page, and what the commands print as JSON.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rkedoc
from rkedoc.catalog.bound import Distribution
from rkedoc.cluster.model import Cluster, Workload
from rkedoc.diff.run import compare_records
from rkedoc.explain.coverage import coverage
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.listing.lines import explain_name
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.reader import Snapshot
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.blocks.view import Badge, Para, Part, Ref, Table
from rkedoc.sphinxext.layout import subject_key
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.views.parts.cells import badge
from rkedoc.vocabulary import Origin
from tests.explain.recorded import catalog, dumped, recorded
from tests.support.archives import Archives
from tests.support.nodes import Pod, cluster_of, container, rke

RECORDINGS = ("", "-idle", "-recreated", "-unhealthy")
DUMPS = ("civo-v1.26", "oneke-v1.24", "rancher-v1.14", "rke-v1.14")
OTHERS = (
    "aks-v1.26", "eks-v1.27", "gke-v1.24", "k0s-v1.20", "kamaji-v1.25", "ksyun-v1.15", "kublr-v1.13", "mke-v1.12",
    "ncs-v1.17", "onekube-v1.23", "ovh-v1.11", "platform9-v1.12", "rancher-v1.11", "snaps-v1.11", "talos-v1.25",
    "vanillastack-v1.19",
)  # fmt: skip

Answer = tuple[str, str]
"""An origin, and what a page says: the summary of an entry, or nothing."""


def said(component: str | None, origin: str) -> Answer:
    """What has to be said of a component, wherever it is said."""
    entry = catalog().get(component) if component is not None else None
    return origin, entry.summary if entry is not None else ""


def of_page(blocks: Iterable[Any]) -> Answer:
    """The badge of an origin and the sentence after it, or that of the component which is named there, in the first paragraph with one."""
    badges = {badge(origin): origin for origin in Origin}  # fmt: skip
    summaries = {entry.summary for entry in catalog().entries}
    for block in blocks:
        inlines = block.inlines if isinstance(block, Para) else ()
        for at, inline in enumerate(inlines):
            if isinstance(inline, Badge) and inline in badges:
                named = (
                    catalog().get(ref.name)
                    for ref in inlines[at + 1 : at + 3]
                    if isinstance(ref, Ref) and ref.kind == "component"
                )
                rest = [text for text in inlines[at + 1 :] if isinstance(text, str) and text in summaries]
                rest += [entry.summary for entry in named if entry is not None]
                return badges[inline], rest[0] if rest else ""
    raise AssertionError("the page says of nobody whose it is")


def group(origin: str) -> str:
    """The group of the coverage that something of this origin is in."""
    return origin if origin in ("add-on", "workload", "unexplained") else "platform"


def answers(cluster: Cluster, name: str) -> set[tuple[Answer, str | None]]:
    """What ``explain`` says of a name: its answers with their roles."""
    return {
        (said(item["component"], item["origin"]), item["role"])
        for item in (found.to_json() for found in explain_name(name, catalog(), cluster))
    }


def differences(cluster: Cluster) -> tuple[int, list[str]]:
    """How many things were compared, and for which of them somebody says something else."""
    site, ledger = Site(cluster), build_ledger(cluster)
    compared, wrong = 0, []

    def check(what: str, *told: object) -> None:
        nonlocal compared
        compared += 1
        if any(one != told[0] for one in told):
            wrong.append(f"{what}: {told}")

    covered = {(thing["kind"], thing["name"]): thing for thing in coverage(cluster).to_json()["subjects"]}
    told_by_diff = [changes(cluster, side) for side in ("old", "new", "removed")]
    for workload in cluster.workloads():
        key = subject_key("workload", workload.kind.lower(), workload.namespace, workload.name)
        page = of_page(PAGES.views["workload-intro"](site, key))
        name = f"{workload.namespace}/{workload.name}"
        explained = {answer for answer, _role in answers(cluster, name)}
        check(f"workload {workload.id}", True, page in explained)
        check(f"workload {workload.id}", group(page[0]), covered[workload.kind.lower(), name]["group"])
        for told in told_by_diff:
            if workload.id in told:
                check(f"workload {workload.id} in a diff", page[1], told[workload.id])
        containers(check, cluster, site, workload, key)
    for line in ledger.lines:
        entry = said(line.component, line.origin)
        check(f"container {line.name}", True, (entry, line.role) in answers(cluster, line.name))
        if line.role == "standalone":
            page = of_page(PAGES.views["container-intro"](site, site.page_of_record[line.record_id].key))
            check(f"container {line.name}", entry, page)
            for told in told_by_diff:
                if line.record_id in told:
                    check(f"container {line.name} in a diff", entry[1], told[line.record_id])
    for namespace in cluster.namespaces():
        page = of_page(PAGES.views["namespace-intro"](site, subject_key("namespace", namespace.name)))
        check(f"namespace {namespace.name}", True, (page, None) in answers(cluster, namespace.name))
        check(f"namespace {namespace.name}", group(page[0]), covered["namespace", namespace.name]["group"])
        for told in told_by_diff:
            if namespace.id in told:
                check(f"namespace {namespace.name} in a diff", page[1], told[namespace.id])
    images(check, cluster, site)
    return compared, wrong


def containers(check: Any, cluster: Cluster, site: Site, workload: Workload, key: str) -> None:
    """Each container of a workload: its part of the page, and the ledger's lines of it."""
    parts = {part.title: part for part in PAGES.views["workload-containers"](site, key) if isinstance(part, Part)}
    pods = {(pod.namespace, pod.name) for pod in workload.pods}
    for line in build_ledger(cluster).lines:
        if (line.namespace, line.pod) not in pods or line.component == "pause":
            continue
        record = cluster.snapshot.get(line.record_id)
        assert record is not None
        name = record.body["pod"]["container"] if record.kind == "EngineContainer" else line.name.rpartition("/")[2]
        name = name.partition(" (")[0]
        if name in parts:
            told = of_page((*parts[name].body, Para((badge(Origin.WORKLOAD),))))
            check(f"container {workload.id}/{name}", said(line.component, line.origin), told)


def images(check: Any, cluster: Cluster, site: Site) -> None:
    """Each image: its row, and what ``explain`` says of it, are about the containers that run it."""
    running: dict[str, set[str]] = {}
    unknown: set[str] = set()
    for workload in cluster.workloads():
        for part in ("containers", "initContainers", "ephemeralContainers"):
            for item in workload.pod_spec.get(part) or ():
                if not isinstance(item.get("image"), str) or not item["image"]:
                    continue
                match = cluster.container_match(workload, item["name"])
                if match is None:
                    unknown.add(item["image"])
                else:
                    running.setdefault(item["image"], set()).add(match.entry.id)
    for line in build_ledger(cluster).lines:
        record = cluster.snapshot.get(line.record_id)
        if line.role in ("standalone", "sandbox") and record is not None and record.body.get("image"):
            (running.setdefault(record.body["image"], set()).add(line.component) if line.component
             else unknown.add(record.body["image"]))  # fmt: skip
    (table,) = [block for block in PAGES.views["images-table"](site, "images") if isinstance(block, Table)]
    rows = {row.objects[0].name: row for row in table.rows}
    for image, components in running.items():
        told = explain_name(image, catalog(), cluster)
        check(f"image {image}", components, set(told[0].components))
        entry = catalog().get(next(iter(components)))
        if len(components) == 1 and image not in unknown and entry is not None:
            check(f"image {image}", True, str(rows[image].cells[1][-1]) == entry.summary)


def changes(cluster: Cluster, side: str) -> Mapping[str, str]:
    """What a diff says that each thing is, when everything has been edited, or is gone."""
    header, records = cluster.snapshot.header, cluster.snapshot.records
    edited = () if side == "removed" else tuple(map(edit, records))
    pair = (edited, records) if side == "old" else (records, edited)
    diff = compare_records((header, iter(pair[0])), (header, iter(pair[1])), catalog())
    told = {change.id: said(change.component, "")[1] for change in diff.changes}
    own = {
        workload.id for workload in cluster.workloads() if workload.record is not None and workload.record.owner is None
    }
    return {one: text for one, text in told.items() if one in own or "/Namespace/" in one or one.startswith("engine/")}


def edit(record: Record) -> Record:
    """The record with one thing changed that somebody decides."""
    return record if record.kind == "Secret" else replace(record, intent={**record.intent, "edited": 7})


def check_cluster(snapshot: Snapshot) -> None:
    cluster = Cluster(snapshot, catalog())
    compared, wrong = differences(cluster)
    assert compared > 0
    assert wrong == []


@pytest.mark.parametrize("name", RECORDINGS)
def test_on_a_recorded_node_all_give_one_answer(recording: Archives, name: str) -> None:
    check_cluster(recorded(recording(f"rke-single-node{name}")))


@pytest.mark.parametrize("name", DUMPS)
def test_on_a_cluster_of_ranchers_all_give_one_answer(dump: Archives, name: str) -> None:
    check_cluster(dumped(dump(name)))


@pytest.mark.parametrize("name", OTHERS)
def test_on_a_cluster_of_others_all_give_one_answer(dump: Archives, name: str) -> None:
    check_cluster(dumped(dump("others") / name))


MARKS: Mapping[str, Mapping[str, Any]] = {
    Distribution.RKE1: {"metadata": {"annotations": {"rke.cattle.io/external-ip": "10.0.0.1"}}},
    Distribution.RKE2: {"status": {"nodeInfo": {"kubeletVersion": "v1.27.12+rke2r1"}}},
    Distribution.K3S: {"status": {"nodeInfo": {"kubeletVersion": "v1.27.12+k3s1"}}},
    Distribution.KUBEADM: {"metadata": {"annotations": {"kubeadm.alpha.kubernetes.io/cri-socket": "unix:///x"}}},
    Distribution.OTHER: {"status": {"nodeInfo": {"kubeletVersion": "v1.27.12-eks-a"}}},
    Distribution.UNKNOWN: {},
}
"""What a node of each distribution bears."""


@cache
def names_in_rules() -> tuple[tuple[str, str, str, str, str], ...]:
    """Namespace, kind, workload, container and image as the rules of the catalog write them."""

    def one(values: tuple[str, ...], otherwise: str) -> str:
        return values[0].replace("*", "b") if values else otherwise

    return tuple(
        (one(rule.values("namespace"), "kube-system"), one(rule.values("kind"), "Deployment"), one(rule.values("workload"), "web"),
         one(rule.values("container"), "main"), f"rancher/{one(rule.values('image'), 'thing')}:v1")
        for entry in catalog().of_kind("component") for rule in entry.match if not rule.labels
    )  # fmt: skip


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """A cluster of any distribution, with and without Rancher, with and without an engine that was read."""
    found: list[Record] = []
    distribution = draw(st.sampled_from(sorted(MARKS)))
    if distribution != Distribution.UNKNOWN:
        node = {"apiVersion": "v1", "kind": "Node", **MARKS[distribution]}
        node["metadata"] = {"name": "n1", **MARKS[distribution].get("metadata", {})}
        found.append(object_record(node))
    if draw(st.booleans()):
        metadata = {"name": "cattle-system"}
        found.append(object_record({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
    engine = draw(st.booleans())
    things = draw(st.lists(st.sampled_from(names_in_rules()), min_size=1, max_size=6, unique_by=lambda item: item[2]))
    for namespace, kind, workload, name, image in things:
        kind = kind if kind in ("DaemonSet", "StatefulSet", "Job") else "Deployment"
        pod = Pod(f"{workload}-7p4tm", namespace, containers=(name, "other"), owner=(kind, workload), image=image)
        if draw(st.booleans()):
            group = "batch/v1" if kind == "Job" else "apps/v1"
            spec = {"template": {"spec": {"containers": [{"name": name, "image": image}]}}}
            found.append(object_record({"apiVersion": group, "kind": kind, "spec": spec,
                                        "metadata": {"name": workload, "namespace": namespace}}))  # fmt: skip
        found.append(pod.record())
        found += pod.parts() if engine else ()
    if engine:
        outside = [rke("kubelet"), container("my-blog", "nginx:1"), container("rancher", "rancher/rancher:v2.5.5")]
        found += draw(st.lists(st.sampled_from(outside), unique_by=lambda record: record.id))
    return cluster_of({record.id: record for record in found}.values(), engines=("n1",) if engine else ())


@settings(max_examples=60)
@given(clusters())
def test_on_a_cluster_of_any_distribution_all_give_one_answer(cluster: Cluster) -> None:
    _compared, wrong = differences(cluster)
    assert wrong == []


def modules() -> Iterator[Path]:
    return (path for path in Path(rkedoc.__file__).parent.rglob("*.py") if path.parent.name != "catalog")


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: path.stem)
def test_nobody_outside_the_catalog_looks_past_its_one_way_in(path: Path) -> None:
    private = {"Candidate", "Matcher", "weigh", "is_foreign"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rkedoc.catalog"):
            assert not private & {alias.name for alias in node.names}
