"""Everything together: how each part ended, with and without rights, and what was opened for it."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from rkedoc.collect.host.allowlist import entries, is_allowed
from rkedoc.collect.host.reading import HostReading, Part, read_host
from rkedoc.collect.host.root import HostRoot, Reason, Unread
from rkedoc.vocabulary import Result
from tests.host.nodes import SECRET, FakeProcess, Node, k3s_agent, kubeadm_worker, rke1_node, rke2_server

CHECKOUT = Path(__file__).resolve().parents[2]
NODES = (rke2_server, k3s_agent, kubeadm_worker, rke1_node)
AS_NOBODY = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from rkedoc.collect.host.reading import read_host
from rkedoc.collect.host.root import HostRoot
import rkedoc.resources, yaml, encodings.idna
from rkedoc.collect.host.allowlist import entries
entries()
from tests.host.nodes import as_nobody
as_nobody()
with HostRoot(Path(sys.argv[1])) as root:
    reading = read_host(root)
for part in reading.parts:
    print(part.name, part.result, part.count, dict(part.reasons), ",".join(part.closed), sep="|")
for listener in reading.listeners.listeners:
    print("listener", listener.port, listener.owners, listener.owner_unread, sep="|")
for process in reading.processes.processes:
    print("process", process.pid, process.exe_unread, sep="|")
"""


def read(root: Path) -> HostReading:
    with HostRoot(root) as host:
        return read_host(host)


def read_as_nobody(root: Path, inside: Sequence[str] = ()) -> list[list[str]]:
    """What an account without rights reads, as lines of fields; ``inside`` are words of a command before the others."""
    run = subprocess.run(
        [*inside, sys.executable, "-c", AS_NOBODY, str(root), str(CHECKOUT)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert run.returncode == 0, run.stderr
    return [line.split("|") for line in run.stdout.splitlines()]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up rights that it has")


@pytest.mark.parametrize("make", NODES)
def test_all_of_a_node_is_read_and_no_secret_of_it(tmp_path: Path, make: object) -> None:
    assert callable(make)
    reading = read(make(tmp_path / "root").root)
    results = {part.name: part.result for part in reading.parts}
    assert set(results.values()) <= {Result.COMPLETE, Result.ABSENT} or make in (kubeadm_worker, rke1_node)
    assert results["processes"] is results["machine"] is results["mounts"] is Result.COMPLETE
    assert SECRET not in repr(reading)
    assert "PRIVATE KEY" not in repr(reading)


HOSTILE = (
    "kubeconfig",
    "my.key",
    "-key.pem",
    "a\nb",
    "\x1b[2J",
    os.fsdecode(b"\xff"),
    "…" * 60,
    "kubecfg-x",
    ".ssh",
    ".kube",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_somebody_chose_neither_stop_a_reading_nor_open_what_is_never_opened(
    tmp_path: Path, name: str
) -> None:
    node = rke2_server(tmp_path / "root")
    wild = {
        pattern.replace("<n>", "700").replace("*", name)
        for entry in entries()
        for pattern in entry.patterns
        if "*" in pattern and "{" not in pattern
    }
    for path in sorted(wild, key=len):
        place = node.root / path.lstrip("/")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(SECRET if not is_allowed(path, "text") else "harmless")
        except (OSError, UnicodeError):
            continue  # a file stands where a folder would have to be, or the name is too long
    reading = read(node.root)
    assert SECRET not in repr(reading)
    json.dumps(dataclasses.asdict(reading), ensure_ascii=False).encode()


def test_an_empty_folder_is_no_node(tmp_path: Path) -> None:
    reading = read(tmp_path)
    assert {part.result for part in reading.parts if part.name != "space"} == {Result.ABSENT}
    assert reading.part("processes").reasons == (("absent", 1),)


@pytest.mark.parametrize(
    ("count", "reasons", "hidden", "result"),
    [
        (1, (), False, Result.COMPLETE),
        (0, (), False, Result.ABSENT),
        (0, ("absent",), False, Result.ABSENT),
        (0, ("forbidden",), False, Result.FORBIDDEN),
        (0, ("forbidden", "absent"), False, Result.FORBIDDEN),
        (0, ("failed", "forbidden"), False, Result.FAILED),
        (0, ("leads-elsewhere",), False, Result.FAILED),
        (3, ("forbidden",), False, Result.PARTIAL),
        (3, (), True, Result.PARTIAL),
        (0, (), True, Result.FORBIDDEN),
    ],
)
def test_how_a_part_ended(count: int, reasons: tuple[Reason, ...], hidden: bool, result: Result) -> None:
    part = Part(
        "x", count, tuple(Unread(f"/{at}", reason, f"/{at}") for at, reason in enumerate(reasons)), hidden=hidden
    )
    assert part.result is result


@needs_root
def test_what_an_account_without_rights_may_not_read_is_forbidden(tmp_path: Path) -> None:
    node = rke2_server(tmp_path / "root")
    for folder in ("var/lib/rancher/rke2/server", "proc/700/fd", "etc/rancher/rke2/config.yaml.d"):
        (node.root / folder).chmod(0o700)
    (node.root / "etc/rancher/rke2/config.yaml").chmod(0o600)
    (node.root / "proc/1/net/tcp6").chmod(0)
    let_through(tmp_path)
    lines = read_as_nobody(node.root)
    parts = {fields[0]: fields[1:] for fields in lines}
    assert parts["processes"][0] == "complete"
    assert parts["configuration"][0] == "partial"
    assert "/etc/rancher/rke2/config.yaml,/etc/rancher/rke2/config.yaml.d" in parts["configuration"][3]
    assert parts["etcd-snapshots"][:2] == ["forbidden", "0"]
    assert parts["server-manifests"][:2] == ["forbidden", "0"]
    assert parts["server-manifests"][3] == "/var/lib/rancher/rke2/server"
    assert parts["certificates"][:2] == ["forbidden", "0"]
    assert parts["static-pods"][0] == "complete"
    assert parts["environment"][0] == "complete"  # the size of a file is told by its folder
    assert parts["listeners"][0] == "partial"
    assert ["listener", "9345", "()", "forbidden"] in lines


@needs_root
def test_on_this_machine_an_account_without_rights_sees_processes_and_not_their_files() -> None:
    lines = read_as_nobody(Path("/"))
    parts = {fields[0]: fields[1:] for fields in lines}
    assert parts["processes"][0] == "partial"
    reasons = {fields[2] for fields in lines if fields[0] == "process" and fields[1] != "1"}
    assert "forbidden" in reasons
    assert int(parts["processes"][1]) > 3


@needs_root
@pytest.mark.parametrize("hidepid", [1, 2])
def test_where_the_kernel_hides_processes_that_is_told(hidepid: int) -> None:
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no namespace may be made here")
    # The shell stays, so that process 1 is root's.
    script = f'mount -t proc -o hidepid={hidepid} proc /proc || exit 1; "$@"; exit $?'
    inside = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", script, "sh"]
    parts = {fields[0]: fields[1:] for fields in read_as_nobody(Path("/"), inside)}
    assert parts["processes"][0] == "partial"
    assert parts["mounts"][0] == "forbidden"
    assert parts["listeners"][0] in ("partial", "forbidden")


def let_through(folder: Path) -> None:
    """Let everybody enter the folders above a root, which pytest keeps for one account."""
    for one in (folder, *folder.parents):
        if one != Path("/") and one.stat().st_uid == os.geteuid():
            one.chmod(one.stat().st_mode | 0o011)


def test_five_hundred_processes_are_read_in_well_under_a_second(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([FakeProcess(pid, "x", ("a", "b"), exe="/bin/x", sockets=tuple(range(20))) for pid in range(100, 600)])
    with HostRoot(node.root) as root:
        read_host(root)
        began = time.process_time()
        reading = read_host(root)
        took = time.process_time() - began
    assert len(reading.processes.processes) == 501
    assert took < 1.0, f"{took:.2f} s"


TRACED = """
import os
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from rkedoc.collect.host.reading import read_host
from rkedoc.collect.host.root import HostRoot
with HostRoot(Path(sys.argv[1])) as root:
    read_host(root)  # after this nothing has to be imported any more
os.access("/marker-begin", os.F_OK)
with HostRoot(Path(sys.argv[1])) as root:
    read_host(root)
os.access("/marker-end", os.F_OK)
"""
_OPENED = re.compile(
    r'open(?:at)?\((?P<folder>[^<,]*(?:<(?P<at>[^>]*)>)?), "(?P<path>(?:[^"\\]|\\.)*)", (?P<flags>[A-Z_|]+)'
)


@pytest.mark.strace
@pytest.mark.parametrize("make", NODES)
def test_nothing_outside_of_the_allowlist_is_opened(tmp_path: Path, make: object) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    assert callable(make)
    root: Path = make(tmp_path / "root").root
    (tmp_path / "root/etc/rancher/agent").mkdir(parents=True)
    (tmp_path / "root/etc/rancher/agent/config.yaml").symlink_to("/etc/shadow")
    (tmp_path / "root/etc/shadow").write_text(SECRET)
    opened, walked = traced(root)
    assert len(opened) > 10
    for path in opened:
        assert any(is_allowed(path, how) for how in ("text", "certificate", "names")), path
    for path in walked:
        assert not re.search(r"shadow|/cred|/pods|environ|\.key", path), path


@pytest.mark.strace
def test_on_this_machine_nothing_outside_of_the_allowlist_is_opened() -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    opened, _walked = traced(Path("/"))
    assert len(opened) > 100
    assert [path for path in opened if not any(is_allowed(path, how) for how in ("text", "certificate", "names"))] == []


def traced(root: Path) -> tuple[set[str], set[str]]:
    """The paths below a root that a reading opens, and those that it goes through without being able to read them."""
    # -y tells the path of each folder that a name is relative to.
    strace = ["strace", "-f", "-y", "-s", "4096", "-e", "trace=open,openat,openat2,access,faccessat,faccessat2"]
    command = [*strace, sys.executable, "-c", TRACED, str(root), str(CHECKOUT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", errors="replace")
    if run.returncode != 0 and "PTRACE" in run.stderr:
        pytest.skip("no process may be traced here")
    assert run.returncode == 0, run.stderr
    during = run.stderr[run.stderr.index("/marker-begin") : run.stderr.index("/marker-end")]
    prefix = "" if root == Path("/") else str(root)
    opened: set[str] = set()
    walked: set[str] = set()
    for found in _OPENED.finditer(during):
        at = (found["at"] or "").rstrip("/")
        path = found["path"] if found["path"].startswith("/") else f"{at}/{found['path']}"
        path = path.removesuffix("/.") or "/"
        if path == str(root) and "O_PATH" in found["flags"]:
            continue
        assert path.startswith(f"{prefix}/"), path
        (walked if "O_PATH" in found["flags"] else opened).add(path.removeprefix(prefix))
    assert len(re.findall(r"\bopen(?:at2?)?\(", during)) == sum(1 for _ in _OPENED.finditer(during))
    return opened, walked
