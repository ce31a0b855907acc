"""Of a pod's container only that is shown which the pod's spec, a shown ConfigMap or a real Service shows too."""

from __future__ import annotations

from typing import Any

from rkedoc.redact import Redactor, Shelter

UID = "856e265a-3a29-470d-bc04-5bcdb68dcc32"
HASH = "1fc70152f8a83f99712d64c189e88e9a"
H = "‹hidden›"


def _pod(**container: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "uid": UID, "labels": {"app": "web"}},
        "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": "x:1", **container}]},
        "status": {"podIP": "10.42.0.9"},
    }


def _container(env: list[str] | None = None, uid: str = UID, name: str = "web", **config: Any) -> dict[str, Any]:
    labels = {
        "io.kubernetes.pod.uid": uid,
        "io.kubernetes.container.name": name,
        "io.kubernetes.docker.type": "container",
    }
    entrypoint, command = config.get("Entrypoint") or [], config.get("Cmd") or []
    line = [*entrypoint, *command] or ["/x"]
    return {
        "Name": f"/k8s_{name}_web-1_shop_{uid}_0",
        "Path": line[0],
        "Args": line[1:],
        "Config": {
            "Labels": labels,
            "Env": env or [],
            "Entrypoint": entrypoint or None,
            "Cmd": command or None,
            **config,
        },
    }


def _shown(pod: dict[str, Any] | None, env: list[str], *learn: dict[str, Any]) -> list[str]:
    redactor, shelter = Redactor(), Shelter()
    for obj in learn:
        out = redactor.kubernetes(obj)
        (shelter.learn_configmap if obj["kind"] == "ConfigMap" else shelter.learn_service)(out)
    if pod is not None:
        shelter.learn_pod(pod, redactor.kubernetes(pod))
    shown: list[str] = redactor.engine_container(_container(env), shelter)["Config"]["Env"]
    return shown


def test_a_literal_that_passes_the_rules_is_shown() -> None:
    pod = _pod(
        env=[{"name": "LOG_LEVEL", "value": "info"}, {"name": "DB_PASSWORD", "value": "tulip"}, {"name": "EMPTY"}]
    )
    assert _shown(pod, ["LOG_LEVEL=info", "DB_PASSWORD=tulip", "EMPTY="]) == [
        "LOG_LEVEL=info",
        f"DB_PASSWORD={H}",
        "EMPTY=",
    ]


def test_values_of_secrets_are_hidden_whatever_their_names() -> None:
    pod = _pod(
        env=[{"name": "REGION", "valueFrom": {"secretKeyRef": {"name": "s", "key": "region"}}}],
        envFrom=[{"secretRef": {"name": "all"}}],
    )
    assert _shown(pod, ["REGION=eu", "COLOUR=blue"]) == [f"REGION={H}", f"COLOUR={H}"]


def test_a_reference_is_shown_as_it_is_written() -> None:
    pod = _pod(env=[{"name": "URL", "value": "http://$(HOST):80/"}, {"name": "A", "value": "x $(DB_PASSWORD)"}])
    assert _shown(pod, ["URL=http://db:80/", "A=x tulip"]) == ["URL=http://$(HOST):80/", "A=x $(DB_PASSWORD)"]


def test_a_configmap_shelters_only_if_its_own_value_is_shown() -> None:
    shown = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "canal-config", "namespace": "shop"},
        "data": {"veth_mtu": "1450"},
    }
    inside = {**shown, "metadata": {"name": "canal-config", "namespace": "kube-system"}}
    pod = _pod(env=[{"name": "MTU", "valueFrom": {"configMapKeyRef": {"name": "canal-config", "key": "veth_mtu"}}}])
    assert _shown(pod, ["MTU=1450"], shown) == [f"MTU={H}"]
    pod["metadata"]["namespace"] = "kube-system"
    assert _shown(pod, ["MTU=1450"], inside) == ["MTU=1450"]
    assert _shown(pod, ["MTU=tulip"], inside) == [f"MTU={H}"]


def test_variables_of_a_real_service_are_shown_and_others_that_look_like_them_are_not() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web-db", "namespace": "shop"}, "spec": {"clusterIP": "10.43.0.7", "ports": [{"name": "sql", "port": 5432, "protocol": "TCP"}]}}  # fmt: skip
    env = [
        "WEB_DB_SERVICE_HOST=10.43.0.7",
        "WEB_DB_PORT=tcp://10.43.0.7:5432",
        "WEB_DB_PORT_5432_TCP_PORT=5432",
        "WEB_DB_SERVICE_PORT_SQL=5432",
    ]
    assert _shown(_pod(), env, service) == env
    assert _shown(_pod(), ["WEB_DB_SERVICE_HOST=tulip", "X_SERVICE_HOST=10.43.0.7"], service) == [
        f"WEB_DB_SERVICE_HOST={H}",
        f"X_SERVICE_HOST={H}",
    ]


def test_fields_of_the_pod_are_shown_if_they_are_its_own() -> None:
    pod = _pod(
        env=[
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        ]
    )
    assert _shown(pod, ["IP=10.42.0.9", "NAME=web-1", "APP=web"]) == ["IP=10.42.0.9", "NAME=web-1", "APP=web"]
    assert _shown(pod, ["IP=tulip"]) == [f"IP={H}"]


def test_the_image_shelters_nothing_and_an_entry_without_a_name_is_hidden() -> None:
    assert _shown(_pod(), ["NGINX_VERSION=1.19.6", "tulip"]) == [f"NGINX_VERSION={H}", H]


def test_arguments_are_those_of_the_spec() -> None:
    redactor, shelter = Redactor(), Shelter()
    pod = _pod(command=["/app", "--namespace=$(NS)"], args=["--password", "tulip", "--v=2"])
    shelter.learn_pod(pod, redactor.kubernetes(pod))
    raw = _container(Entrypoint=["/app", "--namespace=shop"], Cmd=["--password", "tulip", "--v=2"])
    out = redactor.engine_container(raw, shelter)
    assert out["Config"]["Entrypoint"] == ["/app", "--namespace=$(NS)"]
    assert out["Config"]["Cmd"] == ["--password", H, "--v=2"]
    assert [out["Path"], *out["Args"]] == ["/app", "--namespace=$(NS)", "--password", H, "--v=2"]


def test_without_a_spec_all_is_hidden_and_a_sandbox_shows_its_pause() -> None:
    out = Redactor().engine_container(_container(["LOG_LEVEL=info"], Cmd=["--v=2"], Entrypoint=["/app"]), Shelter())
    assert out["Config"]["Env"] == [f"LOG_LEVEL={H}"]
    assert out["Config"]["Cmd"] == [H]
    assert out["Path"] == H
    sandbox = Redactor().engine_container(_container(name="POD", Entrypoint=["/pause"]), Shelter())
    assert sandbox["Config"]["Entrypoint"] == ["/pause"]


def test_a_static_pod_is_known_by_the_hash_that_the_engine_has_in_its_uids_place() -> None:
    redactor, shelter = Redactor(), Shelter(frozenset({HASH}))
    pod = _pod(env=[{"name": "A", "value": "b"}])
    pod["metadata"]["annotations"] = {"kubernetes.io/config.hash": HASH}
    shelter.learn_pod(pod, redactor.kubernetes(pod))
    assert redactor.engine_container(_container(["A=b"], uid=HASH), shelter)["Config"]["Env"] == ["A=b"]
    assert redactor.engine_container(_container(["A=b"]), shelter)["Config"]["Env"] == [f"A={H}"]


def test_a_pod_is_recognised_by_its_name_where_labels_are_missing() -> None:
    raw = _container(["A=tulip"])
    raw["Config"]["Labels"] = {}
    assert Redactor().engine_container(raw, Shelter())["Config"]["Env"] == [f"A={H}"]
