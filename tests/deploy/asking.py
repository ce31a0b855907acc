"""Requests as people make them, what is printed for them, and what Helm and Kustomize would make of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from rkedoc.collect.kubernetes.rbac import cluster_role
from rkedoc.deploy import render
from rkedoc.deploy.request import Request, check_request
from rkedoc.deploy.rights import Rights, read_rights

IMAGE = f"registry.example:5000/tools/rkedoc@sha256:{'a' * 64}"
RESOURCES = (("core", "pods"), ("core", "namespaces"), ("core", "secrets"), ("apps", "deployments"))

REQUESTS: Mapping[str, Request] = {
    "rke2": Request(IMAGE, "rke2"),
    "rke2 with files": Request(IMAGE, "rke2", host=True),
    "rke2, files alone": Request(IMAGE, "rke2", host=True, runtime_socket="none"),
    "rke2, some folders": Request(IMAGE, "rke2", host=True, host_paths=("/proc", "/opt/rke2")),
    "k3s with Docker": Request(IMAGE, "k3s", runtime_socket="/var/run/docker.sock", host=True),
    "kubeadm with files": Request(IMAGE, "kubeadm", host=True),
    "kubeadm with CRI-O": Request(IMAGE, "kubeadm", runtime_socket="/var/run/crio/crio.sock", run_as="0:0"),
    "rke1": Request(IMAGE, "rke1", namespace="docs", cluster="生产 'one'", pull_secret="registry"),
    "two nodes": Request(IMAGE, "rke2", nodes=("node-a.example.org", "b" * 253)),
    "the API alone": Request(IMAGE, parts=("api",)),
    "the nodes alone": Request(IMAGE, "rke2", parts=("nodes",)),
    "into a store": Request(IMAGE, parts=("api",), store="s3://snapshots/rkedoc", store_secret="store", ports=(9000,)),
    "every night": Request(
        IMAGE,
        parts=("api",),
        store="gs://snapshots",
        schedule="30 3 * * *",
        proxy="http://proxy.example:3128",
        no_proxy=(".example.org", "10.0.0.0/8"),
        ca_config_map="authorities",
        cluster="生产 'one'",
        account_annotations=("iam.gke.io/gcp-service-account=rkedoc@project.iam.gserviceaccount.com",),
    ),
    "every week on Azure": Request(
        IMAGE,
        parts=("api",),
        store="az://snapshots/x",
        schedule="@weekly",
        account_annotations=("azure.workload.identity/client-id=00000000-0000-0000-0000-000000000000",),
    ),
}

_EXPRESSION = re.compile(r'\{\{ (?:printf "([^"]*)%s" )?\.Values\.([A-Za-z.]+) \| toJson \}\}')


def some_rights() -> Rights:
    return read_rights(cluster_role(RESOURCES))


def parts_of(request: Request, rights: Rights | None = None) -> dict[str, list[dict[str, Any]]]:
    """The objects with their settings, of a request that was checked."""
    check_request(request)
    return render.parts(request, rights or some_rights())


def stream_of(request: Request, rights: Rights | None = None) -> str:
    return render.stream(parts_of(request, rights))


def objects_of(request: Request, rights: Rights | None = None) -> list[dict[str, Any]]:
    """The objects as ``kubectl apply`` reads them."""
    return list(yaml.safe_load_all(stream_of(request, rights)))


def installed(chart: Mapping[str, str], values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The objects that Helm would make of a chart, with these values in place of those of the same name.

    The templates hold one form of expression, which is all that is understood here; anything else is an error.
    """
    given = yaml.safe_load(chart["values.yaml"])
    for name, value in (values or {}).items():
        *groups, last = name.split(".")
        place = given
        for group in groups:
            place = place[group]
        assert last in place, name
        place[last] = value

    def evaluated(match: re.Match[str]) -> str:
        value: Any = given
        for step in match[2].split("."):
            value = value[step]
        # Go writes characters of all planes as they are, and escapes < > & alone, which YAML reads as well.
        return json.dumps(f"{match[1]}{value}" if match[1] else value, ensure_ascii=False)

    found = []
    for name, text in chart.items():
        if name.startswith("templates/"):
            rest = _EXPRESSION.sub("", text)
            assert "{{" not in rest and "}}" not in rest
            found += list(yaml.safe_load_all(_EXPRESSION.sub(evaluated, text)))
    return found


def built(base: Mapping[str, str]) -> list[dict[str, Any]]:
    """The objects that Kustomize would make of a base that changes nothing."""
    kustomization = yaml.safe_load(base["kustomization.yaml"])
    assert set(kustomization) == {"apiVersion", "kind", "resources"}
    assert set(base) == {"kustomization.yaml", *kustomization["resources"]}
    return [item for name in kustomization["resources"] for item in yaml.safe_load_all(base[name])]


def pods_in(objects: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The namespace and the specification of each pod that the objects start."""
    for item in objects:
        spec = item.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield item["metadata"]["namespace"], spec["template"]["spec"]


def containers_in(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


def one(objects: Sequence[Mapping[str, Any]], kind: str, namespace: str | None = None) -> dict[str, Any]:
    """The one object of a kind, in a namespace if one is named."""
    (found,) = [
        item for item in objects if item["kind"] == kind and namespace in (None, item["metadata"].get("namespace"))
    ]
    return dict(found)
