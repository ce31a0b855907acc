"""YAML, Kustomize and Helm say the same, and nothing that a person or a cluster names can say more than a name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.collect.kubernetes.rbac import cluster_role
from rkedoc.deploy import render
from rkedoc.deploy.request import Request, check_request, has_digest
from rkedoc.deploy.rights import Rights, read_rights
from rkedoc.errors import UsageError
from tests.deploy.asking import (
    IMAGE,
    REQUESTS,
    built,
    containers_in,
    installed,
    objects_of,
    one,
    parts_of,
    pods_in,
    some_rights,
    stream_of,
)

HOSTILE = (
    "a\nkind: Pod",
    "a: b",
    "'",
    '"',
    "{{ .Values.image }}",
    "a b",
    "--privileged",
    "",
    "a" * 300,
    "ä",
    "../..",
    "$(X)",
)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_chart_whose_values_nobody_changes_gives_the_same_objects(name: str) -> None:
    parts = parts_of(REQUESTS[name])
    assert installed(render.helm(parts)) == objects_of(REQUESTS[name])


@pytest.mark.parametrize("name", REQUESTS)
def test_a_base_gives_the_same_objects(name: str) -> None:
    assert built(render.kustomize(parts_of(REQUESTS[name]))) == objects_of(REQUESTS[name])


@pytest.mark.parametrize("name", REQUESTS)
def test_the_same_is_said_whenever_the_same_is_asked(name: str) -> None:
    mixed = read_rights(
        cluster_role([("apps", "deployments"), ("core", "secrets"), ("core", "namespaces"), ("core", "pods")])
    )
    assert stream_of(REQUESTS[name], mixed) == stream_of(REQUESTS[name])
    assert render.helm(parts_of(REQUESTS[name])) == render.helm(parts_of(REQUESTS[name]))


def test_values_that_are_changed_arrive_and_stay_values() -> None:
    chart = render.helm(parts_of(REQUESTS["rke2"]))
    text = 'x"\nkind: Pod {{ evil }}'
    values = {
        "image": text,
        "nodes.socket": "/run/other.sock",
        "nodes.namespace": "elsewhere",
        "imagePullSecrets": [{"name": "mirror"}],
        "nodes.tolerations": [],
        "nodes.resources": {"limits": {"memory": "1Gi"}},
    }
    objects = installed(chart, values)
    pods = dict(pods_in(objects))
    assert set(pods) == {"rkedoc", "elsewhere"}
    pod = pods["elsewhere"]
    collect = pod["initContainers"][0]
    assert {container["image"] for container in containers_in(pod)} == {text}
    assert collect["args"][-1] == "unix:///run/other.sock"
    assert {"name": "socket", "mountPath": "/run/other.sock", "readOnly": True} in collect["volumeMounts"]
    assert pod["imagePullSecrets"] == [{"name": "mirror"}]
    assert (pod["tolerations"], collect["resources"]) == ([], {"limits": {"memory": "1Gi"}})


def test_every_value_is_used_and_explained() -> None:
    chart = render.helm(parts_of(REQUESTS["rke2"]))
    values = yaml.safe_load(chart["values.yaml"])
    names = [name for name in values if name not in ("api", "nodes")]
    names += [f"{group}.{name}" for group in ("api", "nodes") for name in values[group]]
    text = "".join(body for name, body in chart.items() if name.startswith("templates/"))
    assert [name for name in names if f".Values.{name} " not in text] == []
    assert chart["values.yaml"].count("# ") == len(names)


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "field", ["image", "namespace", "runtime_socket", "host_paths", "nodes", "run_as", "pull_secret", "distribution"]
)
def test_what_is_no_name_is_refused(field: str, value: str) -> None:
    given_value: Any = (value,) if field in ("host_paths", "nodes") else value
    with pytest.raises(UsageError):
        check_request(replace(Request(IMAGE, "rke2", host=True), **{field: given_value}))


@given(st.text(max_size=30))
def test_the_name_of_a_cluster_is_refused_or_quoted(name: str) -> None:
    request = replace(REQUESTS["rke2"], cluster=name)
    try:
        check_request(request)
    except UsageError:
        return
    objects = objects_of(request)
    assert objects == installed(render.helm(parts_of(request)))
    before = objects_of(REQUESTS["rke2"])
    assert [item["kind"] for item in objects] == [item["kind"] for item in before]
    for _namespace, pod in pods_in(objects):
        arguments = pod["initContainers"][0]["args"]
        assert arguments[arguments.index("--cluster") + 1] == name


@pytest.mark.parametrize("name", ["x\ny", "{{ x }}", "a b", "*", "pods/exec", "Pods"])
@pytest.mark.parametrize("of_group", [False, True])
def test_a_kind_that_kubernetes_could_not_have_is_refused(name: str, of_group: bool) -> None:
    with pytest.raises(UsageError):
        read_rights(cluster_role([(name, "widgets") if of_group else ("example.org", name)]))


def test_rights_that_are_more_than_reading_are_refused() -> None:
    printed = cluster_role([("core", "pods")])
    with pytest.raises(UsageError):
        read_rights(printed.replace("- list", "- list\n  - delete"))
    with pytest.raises(UsageError):
        read_rights(cluster_role([("core", "secrets")], with_secrets=True))


def test_a_chart_in_which_a_name_would_be_a_command_is_not_written() -> None:
    rights = some_rights()
    role = {**rights.role, "metadata": {"name": "{{ x }}"}}
    with pytest.raises(UsageError):
        render.helm(render.parts(REQUESTS["rke2"], Rights(role, ())))


STORED = Request(IMAGE, parts=("api",), store="s3://bucket")


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "field",
    ["store", "store_secret", "schedule", "proxy", "ca_config_map", "no_proxy", "account_annotations"],
)
def test_what_is_no_name_of_what_is_outside_is_refused(field: str, value: str) -> None:
    given_value: Any = (value,) if field in ("no_proxy", "account_annotations") else value
    changed = replace(replace(STORED, proxy="http://proxy.example:3128"), **{field: given_value})
    if field == "schedule" and not value:
        return  # none is given
    with pytest.raises(UsageError):
        check_request(changed)


@pytest.mark.parametrize(
    "store",
    ["s3://user:CANARY@bucket", "https://bucket", "s3://", "s3://b/../c", "file:///x", "s3://bucket?secret=CANARY"],
)
def test_an_address_of_a_store_holds_no_credentials(store: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_request(replace(STORED, store=store))
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("proxy", ["http://user:CANARY@proxy.example", "proxy.example:3128", "socks5://x", "http://"])
def test_an_address_of_a_proxy_holds_no_credentials(proxy: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_request(replace(STORED, proxy=proxy))
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("schedule", ["30 3 * * *", "*/15 0-6,22 1 JAN MON", "@daily"])
def test_a_schedule_is_written_as_cron_writes_it(schedule: str) -> None:
    check_request(replace(STORED, schedule=schedule))


@pytest.mark.parametrize("schedule", ["TZ=UTC 30 3 * * *", "30 3 * *", "30 3 * * * *", "@reboot", "@every 1h", "never"])
def test_what_kubernetes_does_not_take_is_no_schedule(schedule: str) -> None:
    with pytest.raises(UsageError):
        check_request(replace(STORED, schedule=schedule))


@pytest.mark.parametrize(
    "request_made",
    [
        Request(IMAGE),
        Request(IMAGE, "rke2", runtime_socket="none"),
        Request(IMAGE, "rke2", host_paths=("/proc",)),
        Request(IMAGE, "rke2", namespace="a" * 58),
        Request(IMAGE, "rke2", store="s3://bucket"),
        Request(IMAGE, parts=("api",), schedule="@daily"),
        Request(IMAGE, parts=("api",), store_secret="x"),
        Request(IMAGE, parts=("api",), account_annotations=("a=b",)),
        Request(IMAGE, parts=("api",), no_proxy=("x",)),
        Request(IMAGE, parts=("api",), ports=(0,)),
        Request(IMAGE, "rke2", parts=("nodes",), ports=(9000,)),
        Request(IMAGE, "rke2", parts=("nodes",), proxy="http://proxy.example"),
    ],
)
def test_what_makes_no_sense_is_refused(request_made: Request) -> None:
    with pytest.raises(UsageError):
        check_request(request_made)


@pytest.mark.parametrize(
    ("image", "digest"),
    [
        (IMAGE, True),
        (f"rkedoc:1@sha256:{'0' * 64}", True),
        ("rkedoc", False),
        ("rkedoc:latest", False),
        ("10.0.0.1:5000/a/b_c/d--e:v1", False),
        (f"rkedoc@sha256:{'0' * 63}", False),
    ],
)
def test_an_image_is_known_by_its_digest_or_is_not(image: str, digest: bool) -> None:
    assert has_digest(image) is digest


def test_the_namespace_and_the_pull_secret_stand_where_they_belong() -> None:
    objects = objects_of(REQUESTS["rke1"])
    assert {item["metadata"]["name"] for item in objects if item["kind"] == "Namespace"} == {"docs", "docs-nodes"}
    assert one(objects, "DaemonSet")["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    assert one(objects, "Job")["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "registry"}]
