"""Where the prose says one thing and the object beside it another, the object is right: no sentence is left that one contradicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rkedoc.catalog.entry import Passage, Section
from rkedoc.catalog.images import parse_image
from rkedoc.catalog.loader import Catalog
from rkedoc.catalog.ranges import parse_range
from rkedoc.cluster.fields import items, text
from rkedoc.cluster.model import Cluster
from rkedoc.explain.holding import here, row_here
from rkedoc.listing.listing import read
from tests.explain.recorded import catalog, dumped
from tests.support.archives import Archives
from tools.objects import CHECKS, Thing, contradictions, contradictions_of_rows
from tools.truth import ROWS, contradicted, contradicted_by

COREDNS: dict[str, Any] = {
    "name": "coredns", "image": "rancher/coredns-coredns:1.7.0", "args": ["-conf", "/etc/coredns/Corefile", "--port=53"],
    "ports": [{"containerPort": 53}, {"containerPort": 9153}], "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}},
}  # fmt: skip


def test_no_object_contradicts_the_catalog(dump: Archives, recording: Archives) -> None:
    assert [str(one) for one in contradicted(dump, recording)] == []


@pytest.mark.parametrize("file", ROWS, ids=lambda file: file.stem)
def test_no_listing_contradicts_the_catalog(file: Path) -> None:
    assert [str(one) for one in contradicted_by(file)] == []


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("It listens on 53, metrics on 9153, health on 8080.", ""),
        ("It listens on 53, readiness on 8181.", "8181 is none of its numbers"),
        ("Liveness is `/health` on 8080.", ""),
        ("Liveness is `/healthz` on 8080.", "/healthz is not in its livenessProbe"),
        ("Readiness is asked at `/ready`.", "there is no readinessProbe"),
        ("RKE runs one replica.", ""),
        ("RKE runs two replicas.", "there are 1"),
        ("It is started with `--port=53`.", ""),
        ("It is started with `--port=54`.", "--port is '53'"),
        ("It is started with `--quiet`.", "there is no --quiet"),
        ("CoreDNS (image `rancher/coredns-coredns`).", ""),
        ("CoreDNS (image `rancher/hardened-coredns`).", "it runs rancher/coredns-coredns"),
        ("CoreDNS (image `rancher/hardened-coredns` or `rancher/coredns-coredns`).", ""),
        ("It runs rancher/coredns-coredns:1.8.0.", "its image is of 1.7.0"),
        ("The container is called `coredns`.", ""),
        ("The containers `coredns` and `sidecar` share a volume.", "no container is called sidecar: there are coredns, reloader"),
        ("The `coredns` container answers.", ""),
        ("A Deployment of two replicas by default.", ""),
        ("Names are kept for 30 seconds.", ""),
    ],
)  # fmt: skip
def test_a_sentence_is_compared_with_what_it_speaks_of(sentence: str, why: str) -> None:
    thing = Thing("apps/Deployment/kube-system/coredns", (COREDNS,), 1, names=frozenset(("coredns", "reloader")))
    told = [found for check in CHECKS if (found := check(sentence, thing))]
    assert why in told if why else told == []


def test_what_is_not_known_of_an_object_contradicts_nothing() -> None:
    cut = Thing("x", ({"name": "coredns", "image": "coredns"},), None)
    for sentence in ("Liveness is `/health` on 8080.", "It listens on 53.", "It runs two replicas.", "With `--quiet`."):
        assert not any(check(sentence, cut) for check in CHECKS)


def test_a_sentence_that_is_bound_elsewhere_is_not_compared(dump: Archives) -> None:
    snapshot = dumped(dump("rancher-v1.14"))

    def found(passage: Passage) -> list[str]:
        entries = [
            replace(entry, sections=(Section("how", (passage,)),))
            if entry.id == "coredns-rke1"
            else replace(entry, sections=())
            for entry in catalog().entries
        ]
        return [one.why for one in contradictions(Cluster(snapshot, Catalog(entries)))]

    words = "Readiness is `/ready` on 8181."
    assert found(Passage(words)) == ["/ready is not in its readinessProbe"] or found(Passage(words)) != []
    assert found(Passage(words, parse_range("Kubernetes from 1.16"))) == []


def test_a_listing_is_an_object_too() -> None:
    pods = [
        "NAMESPACE     NAME                                   READY   STATUS      RESTARTS   AGE",
        "kube-system   rke-coredns-addon-deploy-job-8xk2m     0/1     Completed   0          3d",
        "kube-system   coredns-66496c6fd6-2kl7n               1/1     Running   0          3d",
        "kube-system   coredns-66496c6fd6-c8vgm               1/1     Running   0          3d",
        "kube-system   coredns-66496c6fd6-zzzzz               0/1     Pending   0          3d",
    ]
    engine = [
        "IMAGE                               NAMES",
        "rancher/hyperkube:v1.19.6-rancher1  kubelet",
        "rancher/coredns-coredns:1.6.9       k8s_coredns_coredns-66496c6fd6-2kl7n_kube-system_a97e6619-5418-44f9-a2c0-8cba3cbcf068_0",
    ]
    sentence = "It runs one replica of rancher/coredns-coredns:1.7.0, container `dns`."
    entries = [
        replace(entry, sections=(Section("how", (Passage(sentence),)),) if entry.id == "coredns-rke1" else ())
        for entry in catalog().entries
    ]

    def why(lines: list[str]) -> list[str]:
        return [one.why for one in contradictions_of_rows(read(lines).rows, Catalog(entries))]

    assert why(pods) == ["there are 2"]
    assert why(engine) == ["its image is of 1.6.9", "no container is called dns: there are coredns"]


@pytest.mark.parametrize("name", ["rancher-v1.14", "rke-v1.14"])
def test_tables_of_versions_are_those_of_real_clusters(name: str, dump: Archives) -> None:
    cluster = Cluster(dumped(dump(name)), catalog())
    compared = 0
    for workload in cluster.workloads():
        for container in items(workload.pod_spec, "containers"):
            match = cluster.container_match(workload, text(container, "name"))
            if match is None or text(container, "name") != match.entry.name:
                continue
            for table in match.entry.tables:
                row = row_here(table, here(cluster))
                if table.of == match.entry.name and row is not None:
                    assert parse_image(text(container, "image")).tag == row.value, match.entry.id
                    compared += 1
    assert compared >= 3
