"""Collecting from an engine that behaves, and from engines that do not."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from rkedoc import __version__
from rkedoc.collect.engine.own_container import is_own, own_container_ids
from rkedoc.collect.engine.source import EngineSource
from rkedoc.collect.few import few_at_a_time, one
from rkedoc.collect.kubernetes.transport import NoAnswer
from rkedoc.errors import SourceUnavailable
from rkedoc.redact import Redactor
from tests.support import fake_engine
from tests.support.collecting import QUICK, Heard, collect_engine, finish
from tests.support.fake_engine import Reply, answers, container


def source(url: str, **settings: Any) -> tuple[EngineSource, Heard]:
    heard = Heard()
    return EngineSource(url, redactor=Redactor(), progress=heard, run_id="cafe0123", limits=QUICK, **settings), heard


def test_everything_of_a_healthy_engine_is_complete() -> None:
    served = answers(container(1, "a"), container(2, "b"))
    identifier = f"sha256:{'c' * 64}"
    served["/images/json"] = [{"Id": identifier, "RepoTags": ["example/app:1"]}]
    served[f"/images/{identifier}/json"] = {"Id": identifier, "RepoTags": ["example/app:1"], "Size": 7}
    served["/networks"] = [{"Name": "bridge", "Id": "1", "Driver": "bridge"}]
    served["/volumes"] = {"Volumes": [{"Name": "nas", "Driver": "local", "Mountpoint": "/x"}], "Warnings": None}
    with fake_engine.running(served) as engine:
        found = collect_engine(engine.url)
    assert sorted(found.containers()) == ["a", "b"]
    assert {record.kind for record in found.records.values()} == {
        "Engine", "EngineContainer", "EngineImage", "EngineNetwork", "EngineVolume",
    }  # fmt: skip
    assert {scope.result for scope in found.capture.scopes} == {"complete"}
    assert found.capture.tool == {"rkedoc": __version__, "server": "20.10.24", "api": "1.41"}
    assert found.capture.node == "node-a"
    assert found.heard.ended == dict.fromkeys(("containers", "engine", "images", "networks", "volumes"), "complete")


def test_requests_say_who_asks_in_which_run_and_nothing_but_reads_arrives() -> None:
    with fake_engine.running(answers(container(1, "a"))) as engine:
        collect_engine(engine.url)
        assert {method for method, _, _ in engine.requests} == {"GET"}
        assert {headers["User-Agent"] for _, _, headers in engine.requests} == {f"rkedoc/{__version__} run=cafe0123"}
        assert not [path for path in engine.paths() if "size" in path or "/system/df" in path]


def test_the_plan_names_every_request_that_is_sent() -> None:
    with fake_engine.running(answers(container(1, "a"))) as engine:
        asked, heard = source(engine.url)
        asked.connect()
        planned = [request.path for request in asked.plan()]
        assert [path for path in engine.paths() if "containers" in path] == []
        asked.pods()
        finish(asked, heard)
        patterns = [re.escape(path).replace(r"\{id\}", "[^/]+") for path in planned]
        assert [path for path in engine.paths() if not any(re.fullmatch(pattern, path) for pattern in patterns)] == []


@pytest.mark.parametrize(
    ("newest", "oldest", "agreed"),
    [
        ("1.24", "1.12", "1.24"),
        ("1.41", "1.12", "1.41"),
        ("1.99", "1.24", "1.45"),
        ("1.99", "1.60", "1.60"),
        ("1.30", None, "1.30"),
    ],
)
def test_the_newest_version_that_both_know_is_spoken(newest: str, oldest: str | None, agreed: str) -> None:
    served = answers(api=newest)
    served["/version"] = {"Version": "x", "ApiVersion": newest, **({"MinAPIVersion": oldest} if oldest else {})}
    with fake_engine.running(served) as engine:
        asked, _ = source(engine.url)
        asked.connect()
        assert engine.paths() == ["/version", f"/v{agreed}/info"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"Version": "1.10", "ApiVersion": "1.22"}, "too old"),
        ({"major": "1", "gitVersion": "v1.20"}, "not as a Docker Engine does"),
        (["a"], "not as a Docker Engine does"),
        (Reply(body=b"<html>SECRET"), "not as a Docker Engine does"),
        (Reply(500, b"SECRET"), "http-500"),
        (Reply(403, b"SECRET"), "does not allow reading"),
        (Reply(302, b"", headers=(("Location", "http://127.0.0.1:1/SECRET"),)), "does not follow"),
        (Reply(hang=True), "no answer in time"),
        (Reply(cut_after=1), "no connection"),
    ],
)
def test_an_engine_that_cannot_be_used_is_unavailable_and_its_words_are_not_repeated(answer: Any, says: str) -> None:
    with fake_engine.running({"/version": answer}) as engine:
        asked, _ = source(engine.url)
        with pytest.raises(SourceUnavailable) as caught:
            asked.connect()
    assert says in str(caught.value)
    assert engine.url in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("answer", [Reply(500), Reply(hang=True), Reply(body=b"]"), {"message": "x"}])
def test_without_a_list_of_containers_the_engine_is_unavailable(answer: Any) -> None:
    with fake_engine.running(answers() | {"/containers/json": answer}) as engine:
        asked, _ = source(engine.url)
        asked.connect()
        with pytest.raises(SourceUnavailable):
            asked.pods()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Reply(hang=True), "timeout:1"),
        (Reply(500, b"SECRET"), "http-500:1"),
        (Reply(body=b"{garbage"), "not-json:1"),
        (Reply(body=b'{"Id": "x"}', cut_after=5), "connection-failed:1"),
        (["not", "a", "container"], "not-understood:1"),
        (container(9, "another"), "not-understood:1"),
    ],
)
def test_the_row_stands_in_for_a_container_whose_inspect_fails(answer: Any, reason: str) -> None:
    stuck = container(1, "stuck", Config={"Labels": {"team": "blue"}})
    served = answers(stuck, container(2, "fine")) | {f"/containers/{stuck['Id']}/json": answer}
    with fake_engine.running(served) as engine:
        found = collect_engine(engine.url, limits=QUICK)
    body = found.containers()["stuck"].body
    assert (body["inspected"], body["state"], body["labels"]) == (False, "running", {"team": "blue"})
    assert found.containers()["stuck"].intent == {}
    assert found.containers()["fine"].body["inspected"] is True
    assert found.scope("engine/containers") == ("partial", reason)
    assert b"SECRET" not in found.lines


def test_a_container_that_vanished_is_noted_and_not_fatal() -> None:
    gone = container(1, "gone")
    served = answers(gone, container(2, "fine"))
    del served[f"/containers/{gone['Id']}/json"]
    with fake_engine.running(served) as engine:
        found = collect_engine(engine.url)
    assert list(found.containers()) == ["fine"]
    assert found.scope("engine/containers") == ("partial", "vanished:1")


def test_an_engine_whose_inspects_all_hang_is_left_alone_after_a_few() -> None:
    many = [container(number, f"c{number}") for number in range(1, 41)]
    served = answers(*many) | {f"/containers/{each['Id']}/json": Reply(hang=True) for each in many}
    with fake_engine.running(served) as engine:
        found = collect_engine(engine.url, limits=QUICK)
        asked = [
            path for path in engine.paths() if path.endswith("/json") and "/containers/" in path and "?" not in path
        ]
    assert len(found.containers()) == 40
    assert len(asked) < 20
    result, reason = found.scope("engine/containers")
    assert result == "partial"
    assert "engine-hangs" in reason


def test_an_engine_that_dies_between_its_list_and_the_rest_leaves_its_rows() -> None:
    with fake_engine.running(answers(container(1, "a"), container(2, "b"))) as engine:
        asked, heard = source(engine.url)
        asked.connect()
        asked.pods()
    found = finish(asked, heard)
    assert sorted(found.containers()) == ["a", "b"]
    assert {record.body["inspected"] for record in found.containers().values()} == {False}
    assert {found.scope(f"engine/{name}")[0] for name in ("images", "networks", "volumes")} == {"failed"}
    assert found.scope("engine/containers")[0] == "partial"


@pytest.mark.parametrize("what", ["images/json", "networks", "volumes", "info"])
@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Reply(403), "forbidden"),
        (Reply(404), "absent"),
        (Reply(500), "failed"),
        (Reply(hang=True), "failed"),
        (Reply(body=b"x"), "failed"),
    ],
)
def test_a_list_that_fails_is_a_scope_and_the_run_goes_on(what: str, answer: Any, result: str) -> None:
    with fake_engine.running(answers(container(1, "a")) | {f"/{what}": answer}) as engine:
        found = collect_engine(engine.url, limits=QUICK)
    assert list(found.containers()) == ["a"]
    name = {"images/json": "images", "info": "engine"}.get(what, what)
    assert found.scope(f"engine/{name}")[0] == ("partial" if what == "info" else result)


def test_an_answer_of_absurd_size_is_an_error() -> None:
    limits = QUICK.__class__(connect=1, one=2, list=2, one_bytes=4000, list_bytes=4000)
    served = answers(container(1, "a")) | {"/networks": [{"Name": "x" * 10_000}]}
    with fake_engine.running(served) as engine:
        found = collect_engine(engine.url, limits=limits)
    assert found.scope("engine/networks") == ("failed", "too-large")


def test_things_without_sense_in_a_list_are_left_out() -> None:
    served = answers(container(1, "a"))
    served["/containers/json"] += ["text", 7, None, {}, {"Id": 5}]
    served["/networks"] = ["x", {"Name": 7, "Labels": 3}]
    with fake_engine.running(served) as engine:
        found = collect_engine(engine.url)
    assert list(found.containers()) == ["a"]


def test_an_id_that_is_no_id_is_never_part_of_a_request() -> None:
    odd = container(1, "odd") | {"Id": "../../system/df?x="}
    served = answers(container(2, "fine"))
    served["/containers/json"].append(fake_engine.row(odd))
    with fake_engine.running(served) as engine:
        found = collect_engine(engine.url)
        assert not [path for path in engine.paths() if "system" in path]
    assert sorted(found.containers()) == ["fine", "odd"]
    assert found.containers()["odd"].body["inspected"] is False


def test_secrets_of_a_container_do_not_reach_the_records() -> None:
    secret = "CANARY-s3cr3t-of-a-container"
    leaky = container(
        1, "leaky", Path="run.sh", Args=["--token", secret],
        Config={
            "Env": [f"DB_PASSWORD={secret}", "LOG_LEVEL=info"], "Cmd": ["run.sh", "--token", secret],
            "Labels": {"com.example.backup-token": secret},
        },
    )  # fmt: skip
    stuck = container(2, "stuck", Args=["--token", secret], Config={"Labels": {"backup-token": secret}})
    served = answers(leaky, stuck) | {f"/containers/{stuck['Id']}/json": Reply(500)}
    served["/volumes"] = {
        "Volumes": [{"Name": "nas", "Driver": "local", "Options": {"o": f"username=x,password={secret}"}}]
    }
    with fake_engine.running(served) as engine:
        found = collect_engine(engine.url)
    assert secret.encode() not in found.lines
    assert {"name": "LOG_LEVEL", "value": "info"} in found.containers()["leaky"].body["env"]


def test_a_hanging_call_is_given_up_whatever_it_hangs_on() -> None:
    hold = threading.Event()
    with pytest.raises(NoAnswer, match="timeout"):
        one(lambda: hold.wait(30), seconds=0.05)
    done = list(few_at_a_time(lambda n: hold.wait(30) if n < 3 else n, range(6), at_once=2, seconds=0.05, hung=2))
    assert [(each.item, each.error.reason if each.error else "") for each in done] == [
        (0, "timeout"), (1, "timeout"), (2, "timeout"), (3, "engine-hangs"), (4, "engine-hangs"), (5, "engine-hangs"),
    ]  # fmt: skip
    hold.set()


def test_a_mistake_of_ours_is_not_taken_for_one_of_the_engine() -> None:
    with pytest.raises(ZeroDivisionError):
        list(few_at_a_time(lambda n: 1 // n, [0], at_once=1, seconds=5, hung=1))


OWN = "c0ffee" + "0" * 58


@pytest.mark.parametrize(
    ("cgroup", "mountinfo", "hostname", "found"),
    [
        (f"12:memory:/docker/{OWN}\n0::/\n", "", "chosen", (OWN,)),
        (f"0::/system.slice/docker-{OWN}.scope\n", "", "chosen", (OWN,)),
        (f"3:cpu:/kubepods/burstable/poda97e6619-5418/{OWN}\n", "", "x", (OWN,)),
        (
            "0::/\n",
            f"1 2 8:1 /var/lib/docker/containers/{OWN}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n",
            "x",
            (OWN,),
        ),
        ("0::/\n", f"1 2 8:1 /var/lib/docker/containers/{OWN}/mounts/shm /somewhere rw - tmpfs shm rw\n", "x", ()),
        ("0::/\n", "", OWN[:12], (OWN[:12],)),
        ("0::/user.slice\n", "", "rancher01", ()),
    ],
)
def test_the_collector_knows_its_own_container(
    tmp_path: Path, cgroup: str, mountinfo: str, hostname: str, found: tuple[str, ...]
) -> None:
    (tmp_path / "cgroup").write_text(cgroup)
    (tmp_path / "mountinfo").write_text(mountinfo)
    own = own_container_ids(tmp_path, hostname)
    assert own == found
    assert is_own(OWN, own) is bool(found)


def test_the_collector_lists_itself_and_stays_out_of_what_was_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rkedoc.collect.engine.source.own_container_ids", lambda: (f"{5:064x}"[:60],))
    with fake_engine.running(answers(container(5, "rkedoc"), container(0x1111, "other"))) as engine:
        found = collect_engine(engine.url).containers()
    assert found["rkedoc"].body["collector"] is True
    assert found["rkedoc"].intent == {}
    assert found["other"].body["collector"] is True or found["other"].intent
