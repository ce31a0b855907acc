"""No secret that was planted on a real node comes through, in any form."""

from __future__ import annotations

from typing import Any

from rkedoc.redact import Redactor, Shelter
from tests.redact.planting import readable


def _shows(node: Any) -> bool:
    return any("CANARY" in text or "s3cr3t" in text for text in readable(node, 2))


def _sheltered(answers: Any, redactor: Redactor) -> Shelter:
    shelter = Shelter()
    for configmap in answers.objects("api_v1_configmaps"):
        shelter.learn_configmap(redactor.kubernetes(configmap))
    for service in answers.objects("api_v1_services"):
        shelter.learn_service(redactor.kubernetes(service))
    for pod in answers.objects("api_v1_pods"):
        shelter.learn_pod(pod, redactor.kubernetes(pod))
    return shelter


def test_no_canary_survives_in_the_objects_of_the_api(answers: Any) -> None:
    redactor = Redactor()
    count = 0
    for obj in answers.objects():
        out = redactor.kubernetes(obj)
        assert not _shows(out), (obj["kind"], obj["metadata"].get("name"))
        assert Redactor().kubernetes(out) == out
        count += 1
    assert count > 500
    assert redactor.report["annotation-copy"] > 50


def test_no_canary_survives_in_what_the_engine_says(answers: Any) -> None:
    redactor = Redactor()
    shelter = _sheltered(answers, redactor)
    for raw in [*answers.containers(), *answers.engine("containers")]:
        out = redactor.engine_container(raw, shelter)
        assert not _shows(out)
        assert redactor.engine_container(out, shelter) == out
    for raw in [*answers.images(), *answers.engine("images")]:
        assert not _shows(redactor.engine_image(raw))
    for raw in answers.engine("volumes")["Volumes"]:
        assert not _shows(redactor.engine_volume(raw))
    for raw in answers.engine("networks"):
        assert not _shows(redactor.engine_network(raw))
    assert not _shows(redactor.engine_info(answers.engine("info")))


def test_without_a_pod_spec_every_value_and_argument_of_its_containers_is_hidden(answers: Any) -> None:
    redactor = Redactor()
    for raw in answers.containers():
        if not raw["Name"].startswith("/k8s_") or raw["Name"].startswith("/k8s_POD_"):
            continue
        out = redactor.engine_container(raw, Shelter())
        assert all(entry.split("=", 1)[1] in ("", "‹hidden›") for entry in out["Config"]["Env"])
        assert [entry.split("=", 1)[0] for entry in out["Config"]["Env"]] == [
            entry.split("=", 1)[0] for entry in raw["Config"]["Env"]
        ]
        assert {out["Path"], *out["Args"], *(out["Config"]["Cmd"] or [])} <= {"‹hidden›"}


def test_the_input_is_left_as_it_was(answers: Any) -> None:
    import json

    redactor = Redactor()
    for obj in answers.objects("api*_v1_*"):
        before = json.dumps(obj)
        redactor.kubernetes(obj)
        assert json.dumps(obj) == before
