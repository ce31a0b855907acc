"""Hand-written pages: descriptions of objects, tables of any kind, and what is said of things that are not there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rkedoc.catalog.loader import Catalog
from rkedoc.cluster.model import Cluster
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.reader import Snapshot
from rkedoc.sphinxext import site as site_module
from rkedoc.sphinxext.query import QueryError, parse_conditions
from tests.sphinxext.stub import Builder, Result, Stub, StubSite


def thing(kind: str, name: str, namespace: str | None = "default", api: str = "v1", **rest: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": {"app.kubernetes.io/name": name, "tier": "front"}}
    if namespace is not None:
        metadata["namespace"] = namespace
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


OBJECTS = [
    thing("Pod", "web-0", spec={"containers": [{"name": "nginx", "image": "nginx:1.19"}]}, status={"phase": "Running"}),
    thing("Pod", "web-1", spec={"containers": [{"name": "nginx", "image": "nginx:1.20"}]}, status={"phase": "Pending"}),
    thing("Service", "web", spec={"type": "ClusterIP", "ports": [{"port": 80}, {"port": 443}]}),
    thing("Service", "dns", "kube-system", spec={"type": "ClusterIP", "ports": [{"port": 53}]}),
    thing("Addon", "<b>x</b>", None, "management.cattle.io/v3"),
]


@pytest.fixture
def page(build: Builder, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Builds a hand-written page beside a stub whose cluster has some objects."""
    records = tuple(sorted((object_record(item) for item in OBJECTS), key=lambda record: record.id.encode()))
    original = StubSite.__init__

    def with_objects(self: StubSite, stub: Stub, views: Any = None) -> None:
        original(self, stub, views)
        snapshot = Snapshot(self.cluster.header, records)
        self.cluster = Cluster(snapshot, Catalog(()))

    monkeypatch.setattr(StubSite, "__init__", with_objects)
    assert site_module.Site

    def make(text: str) -> Result:
        return build(pages={"index.md": f"# Mine\n\n{text}\n\n```{{toctree}}\n:hidden:\n\ncluster/index\n```\n"})

    return make


def body(result: Result) -> str:
    return result.html("index").partition('<section id="mine">')[2]


def test_an_object_is_described_and_can_be_linked_to(page: Any) -> None:
    result = page(
        "```{k8s:pod} default/web-1\nWords of *mine*.\n```\n\nSee {k8s:service}`dns` and {k8s:pod}`web-1`.\n\n```{k8s:service} kube-system/dns\n```"
    )
    text = body(result)
    assert result.warnings == ""
    assert "nginx:1.20" in text
    assert "Pending" in text
    assert "<em>mine</em>" in text
    assert re.search(r'href="#service-[a-z0-9-]+" title="service', text)
    assert re.search(r'href="cluster/workloads/deployment-default-web.html#pod-[a-z0-9-]+" title="pod', text)


@pytest.mark.parametrize("kind", ["pod", "configmap", "container", "image", "customresource"])
def test_an_object_that_is_not_there_is_a_warning_and_seen_on_the_page(page: Any, kind: str) -> None:
    result = page(f"```{{k8s:{kind}}} default/gone\n```")
    assert "[rkedoc.unknown_object]" in result.warnings
    assert "rkedoc-missing" in body(result)


def test_a_table_has_the_columns_and_rows_that_were_asked_for(page: Any) -> None:
    result = page(
        "```{rkedoc-table} pod\n:columns: name, status.phase, spec.containers.image\n:where: status.phase = Running\n```"
    )
    text = body(result)
    assert result.warnings == ""
    assert "nginx:1.19" in text
    assert "web-1" not in text


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("spec.ports.port = 443", {"web"}),
        ("spec.ports.port != 443", {"dns"}),
        ("metadata.labels[app.kubernetes.io/name] ~ dn", {"dns"}),
        ("spec.ports; metadata.labels.tier = front", {"web", "dns"}),
        ("spec.clusterIP", set()),
    ],
)
def test_conditions_narrow_a_table(page: Any, where: str, names: set[str]) -> None:
    text = body(page(f"```{{rkedoc-table}} service\n:columns: name\n:where: {where}\n```"))
    assert set(re.findall(r"<td[^>]*><[^>]+>([a-z]+)<", text)) == names


def test_a_table_of_one_namespace(page: Any) -> None:
    text = body(page("```{rkedoc-table} service\n:namespace: kube-system\n```"))
    assert "dns" in text
    assert ">web<" not in text


def test_a_table_of_custom_resources_by_their_kind(page: Any) -> None:
    text = body(page("```{rkedoc-table} Addon\n```"))
    assert "&lt;b&gt;x&lt;/b&gt;" in text


@pytest.mark.parametrize(
    "text",
    [
        "```{rkedoc-table} nonsense\n```",
        "```{rkedoc-table} pod\n:where: = x\n```",
        "```{rkedoc} no-such-view overview\n```",
        "```{rkedoc-picture} no-such\n```",
        "```{rkedoc} overview-intro no-such-page\n```",
    ],
)
def test_what_makes_no_sense_is_a_warning_and_seen_on_the_page(page: Any, text: str) -> None:
    result = page(text)
    assert result.warnings.count("WARNING") == 1
    assert "[rkedoc." in result.warnings
    assert "rkedoc-missing" in body(result)


def test_a_condition_says_what_is_wrong_with_it() -> None:
    with pytest.raises(QueryError, match="'= x' is no condition"):
        parse_conditions("a = b; = x")
