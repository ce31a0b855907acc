"""``rkedoc collect`` as it is typed: what it prints, what it leaves behind, whom it talks to."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from rkedoc.snapshot.reader import load
from tests.support import fake_engine
from tests.support.misbehave import (
    CONFIGMAPS,
    NAMESPACES,
    PODS,
    Api,
    Handler,
    Kind,
    Reply,
    Request,
    kubeconfig,
    pod,
    running,
    status,
)
from tests.support.player import api_of, playing

CANARY = "CANARY-s3cr3t"
LEAKY = {"env": [{"name": "DB_PASSWORD", "value": CANARY}], "name": "main", "image": "busybox:1"}
COMMAND = [sys.executable, "-c", "from rkedoc.cli import main; main()", "collect"]


def typed(
    *arguments: object, stdin: bytes = b"", code: int = 0, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    command = [*COMMAND, *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, env={**os.environ, **environment}, timeout=120)
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert CANARY.encode() not in done.stderr + done.stdout
    return done


@pytest.fixture
def api() -> Api:
    api = Api(PODS, NAMESPACES, CONFIGMAPS)
    api.serve(PODS, [pod("web", containers=[LEAKY])])
    api.serve(NAMESPACES, [{"metadata": {"name": "default"}}])
    api.serve(CONFIGMAPS, [])
    return api


def test_inspect_on_standard_input_is_counted(tmp_path: Path) -> None:
    inspected = [fake_engine.container(number, f"c{number}") for number in (1, 2, 3)]
    done = typed("--from", "-", "-o", tmp_path / "s.ndjson", stdin=json.dumps(inspected).encode())
    assert b"files: -: 3 objects" in done.stderr


def test_standard_output_is_the_snapshot(tmp_path: Path) -> None:
    done = typed("--from", "-", "-o", "-", stdin=json.dumps([fake_engine.container(1, "own")]).encode())
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["records"] == len(lines) - 1 == 1
    assert lines[0]["cluster"]["name"] == "node"


@pytest.mark.parametrize("how", ["option", "environment"])
def test_the_same_answers_at_the_same_time_are_the_same_bytes(api: Api, tmp_path: Path, how: str) -> None:
    with running(api) as url:
        config = kubeconfig(tmp_path, url)
        for name, seed in (("a", "1"), ("b", "2")):
            given = ("--collected-at", "2026-11-23T10:00:00Z") if how == "option" else ()
            environment = {"PYTHONHASHSEED": seed} | ({} if given else {"SOURCE_DATE_EPOCH": "1795428000"})
            typed("--kubeconfig", config, "--engine", "none", "-o", tmp_path / f"{name}.zst", *given, **environment)
    assert (tmp_path / "a.zst").read_bytes() == (tmp_path / "b.zst").read_bytes()
    assert load(tmp_path / "a.zst").header.captures[0].time == "2026-11-23T10:00:00Z"


LISTENING = """
import os
import sys
def hear(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        where = arguments[-1] if event.startswith("socket.c") else arguments[:2]
        os.write(2, f"HEARD {event} {where}\\n".encode())  # threads hear at once: one line, one write
sys.addaudithook(hear)
from rkedoc.cli import main
main(sys.argv[1:])
"""


def test_nobody_is_talked_to_but_the_two_endpoints_and_nothing_but_get_is_said(
    recording: Callable[[str], Path], tmp_path: Path
) -> None:
    with playing(recording("rke-single-node"), tmp_path) as node:
        command = [
            sys.executable, "-c", LISTENING, "collect", "--kubeconfig", str(node.kubeconfig), "--engine", node.engine,
            "-o", str(tmp_path / "s.ndjson.zst"), "--strict",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        heard = {line.split(" ", 2)[2] for line in done.stderr.splitlines() if line.startswith("HEARD")}
        port = node.kubeconfig.read_text().rpartition("127.0.0.1:")[2].split()[0]
        socket = node.engine.removeprefix("unix://")
        assert heard and {where for where in heard if socket not in where and f"127.0.0.1', {port}" not in where} <= {
            f"('127.0.0.1', '{port}')"
        }
        assert node.methods() == {"GET"}
        agents = {request.headers["user-agent"] for request in node.api.requests}
        agents |= {headers["User-Agent"] for _, _, headers in node.docker.requests}
    assert len(agents) == 1 and agents.pop().startswith("rkedoc/")


def test_the_plan_sends_discovery_alone_and_names_what_a_run_sends(
    recording: Callable[[str], Path], tmp_path: Path
) -> None:
    with playing(recording("rke-single-node"), tmp_path) as node:
        sources = ("--kubeconfig", node.kubeconfig, "--engine", node.engine)
        planned = typed(*sources, "--plan").stdout.decode()
        assert not [request for request in node.api.requests if request.query]
        assert {path.rpartition("/")[2] for path in node.docker.paths()} == {"version", "info"}
        assert list(tmp_path.glob("*.ndjson*")) == []
        typed(*sources, "-o", tmp_path / "s.ndjson")
        promised = {line.split()[2].partition("?")[0] for line in planned.splitlines() if "  GET " in line}
        assert {request.path for request in node.api.requests} == {
            path for path in promised if path.startswith(("/api", "/version"))
        }


def test_half_of_discovery_broken_leaves_the_other_half(api: Api, tmp_path: Path) -> None:
    broken = {
        "gone.example.com": Reply(503, b"service unavailable", content_type="text/plain"),
        "garbage.example.com": Reply(200, b"<html>"), "list.example.com": Reply(200, b"[]"),
        "forbidden.example.com": Reply(403, b"no"), "cut.example.com": Reply(200, b'{"resources":[]}', cut_after=5),
        "odd.example.com": Reply(200, b'{"resources":[7,{"name":"x"},{"name":"../x","kind":"X","verbs":["list"]}]}'),
    }  # fmt: skip
    groups = [{"name": name, "versions": [{"version": "v1"}]} for name in broken]
    api.route("/apis", {"groups": [*groups, 7, {"name": None}, {"versions": 3}]})
    for name, reply in broken.items():
        api.route(f"/apis/{name}/v1", reply)
    with running(api) as url:
        done = typed(
            "--kubeconfig",
            kubeconfig(tmp_path, url),
            "--engine",
            "none",
            "-o",
            tmp_path / "s.ndjson",
            "--strict",
            code=3,
        )
    snapshot = load(tmp_path / "s.ndjson")
    assert len(snapshot.by_kind("Pod")) == 1
    found = {scope.name: scope.result for scope in snapshot.header.scopes() if scope.name.endswith(".example.com/v1")}
    assert found == {
        f"{name}/v1": "failed" for name in broken if name not in ("odd.example.com", "forbidden.example.com")
    } | {"forbidden.example.com/v1": "forbidden"}
    assert b"5 scopes are not complete" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_nothing_raw_and_the_next_sweeps(api: Api, tmp_path: Path, number: int) -> None:
    spool, temporary, out = (tmp_path / name for name in ("spool", "tmp", "out"))
    for folder in (spool, temporary, out):
        folder.mkdir()
    many = [pod(f"p{n}", containers=[LEAKY], filler="x" * 50_000) for n in range(200)]
    reached: list[float] = []

    def endless() -> Iterator[bytes]:
        reached.append(time.monotonic())
        while True:
            yield b" " * 100

    last = Kind("apps/v1", "zebras", "Zebra")
    hanging = Api(PODS, NAMESPACES, last)
    hanging.serve(NAMESPACES, [])
    hanging.serve(PODS, many)
    hanging.route(last.path, lambda _: Reply(200, endless(), pause=0.05))
    environment = {**os.environ, "TMPDIR": str(temporary), "XDG_RUNTIME_DIR": ""}
    with running(hanging) as url:
        config = kubeconfig(
            tmp_path, url, user={"client-certificate-data": "WA==", "client-key-data": "WA==", "token": CANARY}
        )
        arguments = ["--kubeconfig", config, "--engine", "none", "--spool-dir", spool, "-o", out / "s.ndjson"]
        child = subprocess.Popen([*COMMAND, *map(str, arguments)], stderr=subprocess.PIPE, env=environment)
        deadline = time.monotonic() + 60
        while not (reached and hanging.sent(PODS.path)) and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(number)
        said = child.communicate(timeout=60)[1]
    assert list(out.iterdir()) == []
    left = [path for folder in (spool, temporary) for path in folder.rglob("*") if path.is_file()]
    for path in left:
        content = path.read_bytes()
        if path.suffix == ".zst":
            content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
        assert CANARY.encode() not in content, path
    if number == signal.SIGTERM:
        assert left == [] and b"interrupted by SIGTERM: nothing was left behind" in said
    with running(api) as url:
        typed(
            "--kubeconfig", kubeconfig(tmp_path, url), "--engine", "none", "--spool-dir", spool, "-o", tmp_path / "s.ndjson",
            TMPDIR=str(temporary), XDG_RUNTIME_DIR="",
        )  # fmt: skip
    assert [list(folder.iterdir()) for folder in (spool, temporary)] == [[], []]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["s.ndjson", "s.ndjson.zst"])
def test_on_a_full_disk_there_is_no_file_and_the_old_one_stays(
    api: Api, tmp_path: Path, small_disk: Path, name: str
) -> None:
    chance = random.Random(7)
    numbers = ("terminationGracePeriodSeconds", "activeDeadlineSeconds", "priority")
    api.serve(PODS, [pod(f"p{n}", **{name: chance.randrange(10**9) for name in numbers}) for n in range(3000)])
    (small_disk / name).write_bytes(b"the old one")
    with running(api) as url:
        done = typed("--kubeconfig", kubeconfig(tmp_path, url), "--engine", "none", "-o", small_disk / name, code=2)
    assert [path.name for path in small_disk.iterdir()] == [name]
    assert (small_disk / name).read_bytes() == b"the old one"
    assert b"No space left" in done.stderr


def test_a_spool_on_a_small_disk_is_refused_before_anything_is_asked(
    api: Api, tmp_path: Path, small_disk: Path
) -> None:
    with running(api) as url:
        done = typed(
            "--kubeconfig", kubeconfig(tmp_path, url), "--engine", "none", "--spool-dir", small_disk,
            "-o", tmp_path / "s.ndjson", code=2,
        )  # fmt: skip
    assert b"--spool-dir" in done.stderr
    assert not (tmp_path / "s.ndjson").exists()
    assert list(small_disk.iterdir()) == []


def test_with_nobody_there_both_are_named_with_what_to_do(tmp_path: Path) -> None:
    with running(Api()) as url:
        config = kubeconfig(tmp_path, url)
    done = typed("--kubeconfig", config, "--engine", "unix:///no/such.sock", "-o", tmp_path / "s.ndjson", code=2)
    said = done.stderr.decode()
    assert "no file was written" in said
    assert f"kubernetes at {url}: nothing listens there" in said
    assert f"context 'here' of {config}" in said
    assert "engine at unix:///no/such.sock: there is no such socket" in said
    assert not (tmp_path / "s.ndjson").exists()


def only_in(api: Api, namespace: str) -> None:
    """Let an account see one namespace of a recorded API, and nothing in all of them."""
    for path, handler in list(api.routes.items()):
        match = re.fullmatch(r"(/api/v1|/apis/[^/]+/[^/]+)/([^/]+)", path)
        if match is None:
            continue

        def inside(request: Request, handler: Handler = handler) -> Reply:
            reply = handler(request)
            assert isinstance(reply, Reply)
            content = json.loads(reply.body) if isinstance(reply.body, bytes) and reply.status == 200 else {}
            for name in ("items", "rows"):
                found = content.get(name) or []
                kept = [item for item in found if item.get("object", item)["metadata"].get("namespace") == namespace]
                content.update({name: kept} if found else {})
            return Reply(reply.status, json.dumps(content).encode()) if content else reply

        api.route(f"{match[1]}/namespaces/{namespace}/{match[2]}", inside)
        api.route(path, status(403, "Forbidden", "User someone@example.com cannot list"))
    api.route(f"/api/v1/namespaces/{namespace}", {"metadata": {"name": namespace}})


def test_rights_in_one_namespace_are_enough_for_that_namespace(
    recording: Callable[[str], Path], tmp_path: Path
) -> None:
    api = api_of(recording("rke-single-node"))
    only_in(api, "ingress-nginx")
    with running(api) as url:
        sources = (
            "--kubeconfig",
            kubeconfig(tmp_path, url),
            "--engine",
            "none",
            "-o",
            tmp_path / "s.ndjson",
            "--strict",
        )
        refused = typed(*sources, code=2).stderr.decode()
        assert not (tmp_path / "s.ndjson").exists()
        api.requests.clear()
        typed(*sources, "--namespace", "ingress-nginx")
    assert "--namespace NAME" in refused and "someone@example.com" not in refused
    lists = [request.path for request in api.requests if request.query]
    assert lists and all("/namespaces/ingress-nginx/" in path for path in lists)
    snapshot = load(tmp_path / "s.ndjson")
    assert {record.namespace for record in snapshot.records} == {None, "ingress-nginx"}
    assert [record.id for record in snapshot.records if record.namespace is None] == ["core/Namespace/-/ingress-nginx"]
    assert snapshot.by_kind("Pod") and snapshot.by_kind("Secret")
