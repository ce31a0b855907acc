"""Several nodes over ssh in one run: each is read once, and one that fails costs nothing but itself."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rkedoc.catalog import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect import private_folder, ssh
from rkedoc.collect.cri.channel import Limits as CriLimits
from rkedoc.collect.cri.sockets import KnownSocket
from rkedoc.collect.cri.ways import way_to
from rkedoc.collect.nodes import node as nodes_node
from rkedoc.collect.nodes.addresses import logins
from rkedoc.collect.nodes.node import Reading
from rkedoc.collect.nodes.source import NODES_AT_ONCE, NodesSource
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import Outcome, collect
from rkedoc.errors import SourceUnavailable, UsageError
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.redact import Redactor
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.snapshot.record import Capture
from rkedoc.snapshot.validate import validate
from tests.support import containerd, cri_player, fake_engine, sshd
from tests.support.archives import DATA, Archives
from tests.support.collecting import QUICK, Heard, MemorySpools, intake
from tests.support.containerd import Containerd
from tests.support.cri_player import CriPlayer
from tests.support.sshd import Ssh

TIME = "2026-11-23T12:00:00Z"
_ID = re.compile(r"\b[0-9a-f]{32,64}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The answers of the runtime of the node ``rke2-01``, and the pods of its cluster."""
    return Archives(DATA / "cri", tmp_path_factory.mktemp("cri"))("cri-containerd")


@pytest.fixture(scope="module")
def second(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a node ``rke2-02``: other ids, other pods."""
    folder = tmp_path_factory.mktemp("second")
    for path in recorded.rglob("*.json"):
        name = re.sub(r"-([0-9a-f])(?=[0-9a-f]{12}\b)", lambda match: f"-{_other(match[1])}", path.name)
        target = folder / path.relative_to(recorded).with_name(name)
        target.parent.mkdir(exist_ok=True)
        text = _ID.sub(lambda match: _other(match[0]), path.read_text(encoding="utf-8"))
        target.write_text(text.replace("rke2-01", "rke2-02"), encoding="utf-8")
    return folder


def _other(identifier: str) -> str:
    return f"{(int(identifier[0], 16) + 1) % 16:x}{identifier[1:]}"


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ssh]:
    for made in sshd.fixture(monkeypatch):
        monkeypatch.setattr(nodes_node, "DOCKER_SOCKETS", (KnownSocket(f"{made.run}/docker.sock", "Docker"),))
        monkeypatch.setattr(nodes_node, "CRI_SOCKETS", _runtimes(made))
        yield made


def _runtimes(made: Ssh) -> tuple[KnownSocket, ...]:
    return (
        KnownSocket(f"{made.run}/k3s.sock", "RKE2, K3s"),
        KnownSocket(f"{made.run}/containerd.sock", "containerd"),
        KnownSocket(f"{made.run}/cri-dockerd.sock", "cri-dockerd", wraps_docker=True),
    )


@pytest.fixture
def first_runtime(recorded: Path) -> Iterator[CriPlayer]:
    with cri_player.running(cri_player.recorded(recorded)) as player:
        yield player


@pytest.fixture
def second_runtime(second: Path) -> Iterator[CriPlayer]:
    with cri_player.running(cri_player.recorded(second)) as player:
        yield player


def run(folder: Path, *nodes: str, heard: Heard | None = None, **options: Any) -> Outcome:
    asked = CollectOptions(
        output=folder / "nodes.ndjson", nodes=nodes, kubernetes=False, cluster="rke2", collected_at=TIME, **options
    )
    return collect(asked, progress=heard or Heard())


def snapshot(folder: Path) -> Snapshot:
    return load(folder / "nodes.ndjson")


def per_node(found: Snapshot) -> dict[str, int]:
    return dict(Counter(record.namespace or "" for record in found.by_kind("EngineContainer")))


def failed(captures: tuple[Capture, ...]) -> dict[str, str]:
    """The reason for which each address failed."""
    return {
        capture.tool["endpoint"]: scope.reason
        for capture in captures
        for scope in capture.scopes
        if scope.name == "engine/*" and scope.result == "failed"
    }


# Behind a real sshd -----------------------------------------------------------------------------------------------------


@pytest.mark.ssh
def test_a_node_that_fails_costs_itself_alone(
    users: Ssh, first_runtime: CriPlayer, second_runtime: CriPlayer, recorded: Path, second: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    right = users.server(sockets={"k3s.sock": first_runtime.path})
    empty = users.server()
    strange = users.server(sockets={"k3s.sock": first_runtime.path}, knows="stranger")
    unknown = users.server(sockets={"k3s.sock": first_runtime.path}, known=False)
    last = users.server(sockets={"containerd.sock": second_runtime.path})
    nodes = [server.url() for server in (right, empty, strange, unknown, last)]
    outcome = run(tmp_path, *nodes, from_=(recorded / "k8s", second / "k8s"), strict=True)
    assert outcome.exit_code == 3
    found = snapshot(tmp_path)
    assert per_node(found) == {"rke2-01": 51, "rke2-02": 51}
    assert failed(found.header.captures) == {
        empty.where: "unavailable:no-socket-answers",
        strange.where: "unavailable:login-refused",
        unknown.where: "unavailable:host-key",
    }
    said = capsys.readouterr().err
    assert f"{empty.where}: ssh has logged in, and no container runtime answers" in said
    assert f"{users.run}/docker.sock" in said and "may root open its socket" in said
    assert f"{strange.where}: root may not log in" in said and f"`ssh -p {strange.port} root@127.0.0.1 true`" in said
    assert f"{unknown.where}: ssh does not know its host key" in said
    assert users.processes() == []
    assert validate(tmp_path / "nodes.ndjson").findings == ()
    # Captures are in the order in which the nodes were named, those of the API's dumps first.
    engines = [capture.tool["endpoint"] for capture in found.header.captures if capture.source == "engine"]
    assert engines == [
        f"{right.where}{users.run}/k3s.sock", empty.where, strange.where, unknown.where,
        f"{last.where}{users.run}/containerd.sock",
    ]  # fmt: skip


@pytest.mark.ssh
def test_what_was_read_over_ssh_is_what_was_read_there(
    users: Ssh, first_runtime: CriPlayer, second_runtime: CriPlayer, recorded: Path, second: Path, tmp_path: Path
) -> None:
    nodes = [users.server(sockets={"k3s.sock": player.path}).url() for player in (first_runtime, second_runtime)]
    dumps = (recorded / "k8s", second / "k8s")
    assert run(tmp_path, *nodes, from_=dumps).exit_code == 0
    ledger = build_ledger(Cluster(snapshot(tmp_path), load_catalog()))
    assert ledger.counted == (("rke2-01", 51), ("rke2-02", 51))
    assert ledger.closes
    for number, player in enumerate((first_runtime, second_runtime)):
        folder = tmp_path / str(number)
        folder.mkdir()
        asked = CollectOptions(
            output=folder / "nodes.ndjson", runtimes=(player.url,), from_=dumps, kubernetes=False, cluster="rke2", collected_at=TIME
        )  # fmt: skip
        collect(asked, progress=Heard())
    told = {record.id: record for record in snapshot(tmp_path).by_kind("EngineContainer")}
    alone = [record for number in (0, 1) for record in snapshot(tmp_path / str(number)).by_kind("EngineContainer")]
    assert {record.id: record.body for record in alone} == {name: record.body for name, record in told.items()}


@pytest.mark.ssh
def test_nothing_is_run_on_a_node_and_no_question_is_asked(
    users: Ssh, first_runtime: CriPlayer, tmp_path: Path
) -> None:
    server = users.server(sockets={"k3s.sock": first_runtime.path})
    run(tmp_path, server.url())
    (words,) = users.calls()
    assert words.endswith("-- root@127.0.0.1")
    assert words.startswith("-N ") and "BatchMode=yes" in words
    assert words.count("-L ") == 4, "one process forwards all sockets of a node"


@pytest.mark.ssh
def test_a_key_that_may_forward_and_nothing_else_is_enough(
    users: Ssh, first_runtime: CriPlayer, tmp_path: Path
) -> None:
    server = users.server(sockets={"k3s.sock": first_runtime.path}, limits="restrict,port-forwarding")
    assert run(tmp_path, server.url(), strict=True).exit_code == 0
    assert per_node(snapshot(tmp_path)) == {"rke2-01": 51}
    closed = users.server(sockets={"k3s.sock": first_runtime.path}, limits="no-port-forwarding")
    assert run(tmp_path, closed.url()).exit_code == 2


@pytest.mark.ssh
def test_two_addresses_of_one_node_are_read_once(
    users: Ssh, first_runtime: CriPlayer, recorded: Path, tmp_path: Path
) -> None:
    servers = [users.server(sockets={"k3s.sock": first_runtime.path}) for _ in range(2)]
    one, again = (server.where for server in servers)
    for dumps in ((), (recorded / "k8s",)):
        heard = Heard()
        assert (
            run(tmp_path, *(server.url() for server in servers), heard=heard, from_=dumps, strict=True).exit_code == 0
        )
        assert f"engine: {again} is the same node as {one}, and is read once" in heard.notes
        found = snapshot(tmp_path)
        assert per_node(found) == {"rke2-01": 51}
        assert found.header.twice == {}
        (left,) = [capture for capture in found.header.captures if capture.scopes[0].reason == "same-node"]
        assert (left.tool["endpoint"], left.scopes[0].result) == (again, "skipped")


@pytest.mark.ssh
def test_one_runtime_under_two_names_is_read_once(users: Ssh, first_runtime: CriPlayer, tmp_path: Path) -> None:
    server = users.server(sockets={"k3s.sock": first_runtime.path, "containerd.sock": first_runtime.path})
    assert run(tmp_path, server.url(), strict=True).exit_code == 0
    assert per_node(snapshot(tmp_path)) == {"rke2-01": 51}
    assert len(snapshot(tmp_path).header.captures) == 1


@pytest.mark.ssh
def test_two_machines_of_which_only_the_address_is_known_stay_two(users: Ssh, tmp_path: Path) -> None:
    with (
        fake_engine.running(fake_engine.answers(fake_engine.container(1, "a"))) as one,
        fake_engine.running(fake_engine.answers(fake_engine.container(2, "b"))) as other,
    ):
        sockets = [Path(engine.url.removeprefix("unix://")) for engine in (one, other)]
        nodes = [users.server(sockets={"docker.sock": path}).url() for path in sockets]
        assert run(tmp_path, *nodes).exit_code == 0
    found = snapshot(tmp_path)
    assert len(per_node(found)) == 2
    assert sorted(record.name for record in found.by_kind("EngineContainer")) == ["a", "b"]


@pytest.mark.ssh
def test_docker_is_read_and_what_passes_on_to_it_is_not_asked(users: Ssh, recorded: Path, tmp_path: Path) -> None:
    with (
        fake_engine.running(fake_engine.answers(fake_engine.container(1, "beside"))) as engine,
        cri_player.running(cri_player.recorded(recorded)) as wrapper,
    ):
        sockets = {"docker.sock": Path(engine.url.removeprefix("unix://")), "cri-dockerd.sock": wrapper.path}
        server = users.server(sockets=sockets)
        assert run(tmp_path, server.url(), strict=True).exit_code == 0
        assert wrapper.requests == []
    (capture,) = snapshot(tmp_path).header.captures
    assert capture.tool["endpoint"] == f"{server.where}{users.run}/docker.sock"
    assert [record.name for record in snapshot(tmp_path).by_kind("EngineContainer")] == ["beside"]


@pytest.mark.ssh
def test_a_docker_of_one_node_is_not_given_to_another(
    users: Ssh, first_runtime: CriPlayer, recorded: Path, tmp_path: Path
) -> None:
    with fake_engine.running(fake_engine.answers(fake_engine.container(1, "beside"))) as engine:
        other = users.server(sockets={"docker.sock": Path(engine.url.removeprefix("unix://"))})
        server = users.server(sockets={"k3s.sock": first_runtime.path})
        run(tmp_path, other.url(), server.url(), from_=(recorded / "k8s",))
    found = per_node(snapshot(tmp_path))
    assert found.pop("rke2-01") == 51
    assert list(found.values()) == [1]


@pytest.mark.ssh
def test_docker_and_another_runtime_of_one_node_belong_to_the_same_node(
    users: Ssh, first_runtime: CriPlayer, recorded: Path, tmp_path: Path
) -> None:
    with fake_engine.running(fake_engine.answers(fake_engine.container(1, "beside"))) as engine:
        sockets = {"docker.sock": Path(engine.url.removeprefix("unix://")), "k3s.sock": first_runtime.path}
        run(tmp_path, users.server(sockets=sockets).url(), from_=(recorded / "k8s",))
    assert per_node(snapshot(tmp_path)) == {"rke2-01": 52}


@pytest.mark.ssh
@pytest.mark.parametrize(
    ("user", "options"),
    [("nobody", ""), ("root", "AllowStreamLocalForwarding no"), ("root", "DisableForwarding yes")],
    ids=["an account without rights", "no forwarding of sockets", "no forwarding at all"],
)
def test_a_login_that_may_not_open_the_socket_says_what_to_look_at(
    users: Ssh, first_runtime: CriPlayer, tmp_path: Path, capsys: pytest.CaptureFixture[str], user: str, options: str
) -> None:
    first_runtime.path.parent.chmod(0o700)
    server = users.server(sockets={"k3s.sock": first_runtime.path}, options=options)
    assert run(tmp_path, server.url(user)).exit_code == 2
    said = capsys.readouterr().err
    assert f"may {user} open its socket" in said and "AllowStreamLocalForwarding" in said
    assert users.processes() == []


@pytest.mark.ssh
def test_a_node_that_hangs_is_given_up_and_the_others_are_kept(
    users: Ssh, first_runtime: CriPlayer, recorded: Path, second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "CONNECTING", 2.0)
    hanging = users.server(sockets={"k3s.sock": first_runtime.path})
    hanging.hang()
    server = users.server(sockets={"k3s.sock": first_runtime.path})
    began = time.monotonic()
    dumps = {"from_": (recorded / "k8s", second / "k8s"), "complete": ("pods", "nodes")}
    assert run(tmp_path, hanging.url(), server.url(), strict=True, **dumps).exit_code == 3
    assert time.monotonic() - began < 20
    found = snapshot(tmp_path)
    assert failed(found.header.captures) == {hanging.where: "unavailable:timeout"}
    assert per_node(found) == {"rke2-01": 51}
    ledger = build_ledger(Cluster(found, load_catalog()))
    assert [left.node for left in ledger.not_collected] == ["rke2-02"]
    assert users.processes() == []


@pytest.mark.ssh
def test_a_runtime_that_hangs_beside_another_is_told(users: Ssh, first_runtime: CriPlayer, tmp_path: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as silent:
        silent.bind(str(users.folder / "silent"))
        silent.listen(8)
        server = users.server(sockets={"containerd.sock": users.folder / "silent", "k3s.sock": first_runtime.path})
        heard = Heard()
        reading = Reading(
            Redactor(), heard, "cafe0123", cri_limits=CriLimits(connect=1.0, one=5, list=5), engine_limits=QUICK
        )
        with ExitStack() as resources:
            source = NodesSource(logins((server.url(),), None), reading, resources=resources)
            source.connect()
            source.pods()
            taken = intake(MemorySpools())
            captures = source.collect(taken)
    assert failed(captures) == {f"{server.where}{users.run}/containerd.sock": "unavailable:timeout"}
    assert [error.code for error in taken.unavailable] == ["timeout"]
    assert any(capture.node == "rke2-01" for capture in captures)


@pytest.mark.ssh
def test_a_node_that_goes_away_while_it_is_read_keeps_what_was_read(
    users: Ssh, recorded: Path, second_runtime: CriPlayer, tmp_path: Path
) -> None:
    answers = cri_player.recorded(recorded)
    with cri_player.running(answers) as player:
        leaving = users.server(sockets={"k3s.sock": player.path})
        plain, left = answers["ContainerStatus"], threading.Event()

        def last(request: Mapping[str, Any]) -> Mapping[str, Any]:
            if not left.is_set():
                left.set()
                leaving.stop()
            return plain(request)

        answers["ContainerStatus"] = last
        other = users.server(sockets={"k3s.sock": second_runtime.path})
        assert run(tmp_path, leaving.url(), other.url(), strict=True).exit_code == 3
    found = snapshot(tmp_path)
    assert per_node(found) == {"rke2-01": 51, "rke2-02": 51}, "the row of the list stands in for what was not told"
    (scope,) = [
        scope
        for capture in found.header.captures
        for scope in capture.scopes
        if capture.node == "rke2-01" and scope.name == "engine/containers"
    ]
    assert scope.result == "partial" and "connection-failed" in scope.reason
    assert users.processes() == []


@pytest.mark.ssh
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["while it logs in", "while it reads"])
def test_an_interruption_leaves_no_ssh_and_no_folder(
    users: Ssh, recorded: Path, tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    temporary = users.folder / "t"
    temporary.mkdir()
    reached = threading.Event()
    answers = cri_player.recorded(recorded)
    with cri_player.running(answers) as player:
        plain = answers["ContainerStatus"]

        def slow(request: Mapping[str, Any]) -> Mapping[str, Any]:
            reached.set()
            player.done.wait(5)
            return plain(request)

        answers["ContainerStatus"] = slow
        server = users.server(sockets={"k3s.sock": player.path})
        if moment == "while it logs in":
            server.hang()
        found = ", ".join(repr((one.path, one.whose, one.wraps_docker)) for one in _runtimes(users))
        code = (
            # What runs in the background of a script inherits SIGINT as ignored.
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "import rkedoc.collect.nodes.node as node; from rkedoc.collect.cri.sockets import KnownSocket; "
            f"node.DOCKER_SOCKETS = (); node.CRI_SOCKETS = tuple(KnownSocket(*one) for one in ({found},)); "
            "from rkedoc.cli import main; main()"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, "collect", "--kubernetes", "none", "--node", server.url(), "-o", str(tmp_path / "s.ndjson")],
            env={**os.environ, "TMPDIR": str(temporary)}, stderr=subprocess.PIPE,
        )  # fmt: skip
        ends = time.monotonic() + 30
        while not (users.processes() if moment == "while it logs in" else reached.is_set()):
            assert time.monotonic() < ends and process.poll() is None
            time.sleep(0.05)
        began = time.monotonic()
        process.send_signal(number)
        _out, err = process.communicate(timeout=30)
        assert process.returncode == 128 + number, err.decode()
        assert time.monotonic() - began < 10
        assert users.processes() == []
        assert [path.name for path in temporary.iterdir() if path.name.startswith(private_folder.PREFIX)] == []
        assert not (tmp_path / "s.ndjson").exists()
        assert b"Traceback" not in err


@pytest.mark.ssh
def test_ssh_has_the_users_configuration(users: Ssh, first_runtime: CriPlayer, tmp_path: Path) -> None:
    """A name of the user's own with host, port, account and a machine on the way: case counts, and a forwarding that is in use is no reason to fail."""
    server, between = users.server(sockets={"k3s.sock": first_runtime.path}), users.server()
    with contextlib.closing(socket.socket()) as used:
        used.bind(("127.0.0.1", 0))
        used.listen()
        users.configure(
            f"Host Node-A\n  HostName 127.0.0.1\n  Port {server.port}\n  User root\n"
            f"  LocalForward {used.getsockname()[1]} 127.0.0.1:1\n  ProxyJump root@127.0.0.1:{between.port}\n"
        )
        # The ssh of the jump reads the configuration that ssh was given with -F.
        assert run(tmp_path, "ssh://Node-A", strict=True).exit_code == 0
    (capture,) = snapshot(tmp_path).header.captures
    assert capture.tool["endpoint"] == f"ssh://Node-A{users.run}/k3s.sock"
    assert users.processes() == [], "the ssh to the machine on the way ends too"


@pytest.mark.ssh
def test_the_plan_names_every_request_to_every_node(
    users: Ssh, first_runtime: CriPlayer, second_runtime: CriPlayer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    servers = [users.server(sockets={"k3s.sock": player.path}) for player in (first_runtime, second_runtime)]
    assert run(tmp_path, *(server.url() for server in servers), plan=True).exit_code == 0
    lines = capsys.readouterr().out.splitlines()
    for server in servers:
        assert any(
            line.startswith(f"engine at {server.where}  CALL /runtime.v1.RuntimeService/ListContainers")
            for line in lines
        )
    assert not (tmp_path / "nodes.ndjson").exists()
    assert users.processes() == []


@pytest.mark.ssh
def test_one_socket_over_ssh(
    users: Ssh, first_runtime: CriPlayer, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--runtime ssh://host/path``."""
    server = users.server(sockets={"k3s.sock": first_runtime.path})
    address = f"{server.url()}{users.run}/k3s.sock"
    assert run(tmp_path, runtimes=(address,), from_=(recorded / "k8s",), strict=True).exit_code == 0
    assert per_node(snapshot(tmp_path)) == {"rke2-01": 51}
    assert users.processes() == []
    assert run(tmp_path, runtimes=(f"{server.url()}{users.run}/other.sock",)).exit_code == 2
    said = capsys.readouterr().err
    assert f"is {users.run}/other.sock there, may root open it" in said
    strange = users.server(knows="stranger")
    assert run(tmp_path, runtimes=(f"{strange.url()}{users.run}/k3s.sock",)).exit_code == 2
    assert "root may not log in" in capsys.readouterr().err
    assert users.processes() == []


@pytest.mark.ssh
@pytest.mark.containerd
def test_a_real_containerd_behind_ssh(users: Ssh, second_runtime: CriPlayer, tmp_path: Path) -> None:
    for runtime in containerd.fixture():
        _fill(runtime)
        real = users.server(sockets={"containerd.sock": runtime.socket})
        recorded = users.server(sockets={"k3s.sock": second_runtime.path})
        assert run(tmp_path, real.url(), recorded.url(), strict=True).exit_code == 0
        told = runtime.told()
    found = snapshot(tmp_path)
    mine = [record for record in found.by_kind("EngineContainer") if record.namespace != "rke2-02"]
    assert {record.body["id"] for record in mine} == set(told)
    assert per_node(found)["rke2-02"] == 51


def _fill(runtime: Containerd) -> None:
    for number in range(3):
        box = runtime.sandbox("shop", f"web-{number}")
        runtime.container(box, "web", containerd.PAUSE, command=("/bin/sh", "-c", "sleep 1000"))


# Without one ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An ``ssh`` that writes down that it was there, says what the host's name asks for, and fails."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "ssh"
    script.write_text(
        "#!/bin/sh\n"
        f"for last; do :; done\necho start >>{tmp_path}/log\nsleep 0.3\necho end >>{tmp_path}/log\n"
        'case "$last" in\n'
        '*lost*) echo "ssh: Could not resolve hostname $last: Name or service not known" >&2;;\n'
        '*refused*) echo "ssh: connect to host $last port 22: Connection refused" >&2;;\n'
        "*slow*) exec sleep 60;;\n"
        '*) echo "kex: something new with a secret hunter2" >&2;;\n'
        "esac\nexit 255\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "log"


def test_nodes_that_cannot_be_reached_are_named_in_order_and_the_rest_is_kept(
    scripted: Path, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "CONNECTING", 1.0)
    nodes = ("ssh://lost", "ssh://ops@refused:2222", "ssh://slow", "ssh://odd")
    for strict, code in ((False, 0), (True, 3)):
        outcome = run(tmp_path, *nodes, from_=(recorded / "k8s",), strict=strict)
        assert outcome.exit_code == code
        found = snapshot(tmp_path)
        assert list(failed(found.header.captures).items()) == [
            ("ssh://lost", "unavailable:no-such-host"),
            ("ssh://refused:2222", "unavailable:no-connection"),
            ("ssh://slow", "unavailable:timeout"),
            ("ssh://odd", "unavailable:ssh-failed"),
        ]
        said = capsys.readouterr().err
        places = [said.index(f"engine at {node.replace('ops@', '')}: ") for node in nodes]
        assert places == sorted(places)
        assert "`ssh -p 2222 ops@refused true`" in said
        assert "4 scopes are not complete" in said
        assert "hunter2" not in said, "what ssh says may come from the other machine"
        # A node that was not read is none whose runtime was read.
        assert Cluster(found, load_catalog()).engine_nodes == ()


def test_a_few_nodes_are_connected_to_at_a_time(scripted: Path, tmp_path: Path) -> None:
    assert run(tmp_path, *(f"ssh://refused-{number}" for number in range(9))).exit_code == 2
    under_way = most = 0
    for line in scripted.read_text().split():
        under_way += 1 if line == "start" else -1
        most = max(most, under_way)
    assert most == NODES_AT_ONCE


def test_a_machine_without_ssh_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(tmp_path, "ssh://node-a").exit_code == 2
    assert "ssh://node-a: there is no ssh on this machine" in capsys.readouterr().err


def test_a_tunnel_that_was_closed_is_not_opened(scripted: Path) -> None:
    """A thread that comes late must not start an ssh that nobody ends."""
    tunnel = ssh.Tunnel(ssh.Login("", "node-a", None), ("/run/a.sock",), source="engine")
    tunnel.close()
    with pytest.raises(SourceUnavailable, match="the run was ended"):
        tunnel.open()
    assert not scripted.exists()


def test_addresses_come_from_the_command_line_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "nodes"
    file.write_text(
        "# servers\nssh://root@node-a\n\n  ssh://Node-B:2222   # with a name of its own\nssh://[2001:db8::1]\n"
    )
    found = logins(("ssh://root@first", "ssh://root@node-a"), file)
    assert [login.url for login in found] == [
        "ssh://first", "ssh://node-a", "ssh://Node-B:2222", "ssh://[2001:db8::1]",
    ]  # fmt: skip
    assert [login.word for login in found] == ["root@first", "root@node-a", "Node-B", "2001:db8::1"]


@pytest.mark.parametrize(
    "address",
    [
        "node-a", "tcp://node-a", "ssh://", "ssh://-oProxyCommand=x", "ssh://-l@node-a", "ssh://node-a/run/c.sock", "ssh://me:hunter2@node-a",
        "ssh://me:hunter2@node-a:x", "ssh://me:@node-a", "ssh://a b", "ssh://node-a:99999", "ssh://node-a?x=hunter2", "ssh://$(x)", "ssh://@-x",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_not_repeated(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--node") as told:
        run(tmp_path, address)
    assert "hunter2" not in str(told.value)
    file = tmp_path / "nodes"
    file.write_text(f"ssh://good\n{address}\n")
    with pytest.raises(UsageError, match=r"nodes, line 2"):
        run(tmp_path, nodes_file=file)


@pytest.mark.parametrize(
    "address",
    ["ssh://-oProxyCommand=x/run/a.sock", "ssh://me:hunter2@a/run/a.sock", "ssh://node-a", "ssh://a/run/a:b.sock"],
)  # fmt: skip
def test_an_address_of_one_socket_is_checked_alike(address: str) -> None:
    with pytest.raises(UsageError, match="--runtime") as told:
        way_to(address, "--runtime")
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"nodes": ("ssh://a",), "host": Path("/")}, "--host"),
        ({"nodes_file": Path("nodes"), "host": Path("/")}, "--host"),
        ({"nodes": ("ssh://a", "ssh://b"), "node_name": "a"}, "--node-name"),
        ({"nodes": ("ssh://a",), "engine": "none", "runtimes": ("none",)}, "--engine none and --runtime none"),
        ({"nodes_file": Path("/no/such/file")}, "/no/such/file"),
    ],
)
def test_options_that_contradict_nodes(options: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=re.escape(named)):
        collect(CollectOptions(kubernetes=False, **options), progress=Heard())


def test_a_file_without_nodes_is_no_run_of_none(tmp_path: Path) -> None:
    file = tmp_path / "nodes"
    file.write_text("# none yet\n")
    with pytest.raises(UsageError, match="it names no node"):
        run(tmp_path, nodes_file=file)
