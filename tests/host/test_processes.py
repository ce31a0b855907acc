"""Processes: what each says of itself, what may not be seen, and what has ended meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rkedoc.collect.host.cgroups import ContainerPlace
from rkedoc.collect.host.processes import MOST_ARGUMENTS, Process, Processes, read_processes
from rkedoc.collect.host.root import HostRoot, Unread
from tests.host.nodes import ONE, POD, TWO, FakeProcess, Node, k3s_agent, rke2_server


def read(node: Node) -> Processes:
    with HostRoot(node.root) as root:
        return read_processes(root)


def of(found: Processes, pid: int) -> Process:
    return next(one for one in found.processes if one.pid == pid)


def test_a_process_is_told_with_all_that_it_says(tmp_path: Path) -> None:
    found = read(rke2_server(tmp_path / "root"))
    assert [one.pid for one in found.processes] == [1, 2, 33, 700, 900, 901]
    assert (found.vanished, found.unread, found.hidden) == (0, (), False)
    assert of(found, 700) == Process(
        pid=700, ppid=1, started="2023-11-14T22:15:23Z", state="S", comm="rke2", argv=("/usr/local/bin/rke2 server",), argv_cut=False,
        uid=0, exe="/usr/local/bin/rke2", exe_unread=None, network="net:[4026531840]", network_unread=None,
        cgroups=("/system.slice/rke2-server.service",), threads=3, kernel=False, depth=1,
    )  # fmt: skip
    assert of(found, 700).unit == "rke2-server.service"
    assert of(found, 700).container is None
    assert of(found, 900).container == ContainerPlace(ONE, "containerd", POD)
    assert of(found, 901).depth == 2


def test_with_control_groups_of_version_1_the_container_is_found_too(tmp_path: Path) -> None:
    found = read(k3s_agent(tmp_path / "root"))
    assert of(found, 501).container == ContainerPlace(TWO, "containerd", POD)
    assert of(found, 500).unit == "k3s-agent.service"


def test_threads_of_the_kernel_are_known(tmp_path: Path) -> None:
    found = read(rke2_server(tmp_path / "root"))
    assert [one.pid for one in found.processes if one.kernel] == [2, 33]
    assert of(found, 33).argv == ()
    assert (of(found, 33).exe, of(found, 33).exe_unread) == (None, "absent")


def test_in_a_node_that_is_a_container_process_2_is_any_process(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([FakeProcess(2, "sh", ("sh",)), FakeProcess(3, "sleep", ("sleep", "1"), ppid=2)])
    found = read(node)
    assert [one.kernel for one in found.processes] == [False, False, False]
    assert of(found, 3).argv == ("sleep", "1")


@pytest.mark.parametrize(
    ("content", "argv"),
    [
        (b"", ()),
        (b"a\0b\0", ("a", "b")),
        (b"a\0\0b\0", ("a", "", "b")),
        (b"nginx: master process nginx -g daemon off;\0\0\0\0", ("nginx: master process nginx -g daemon off;",)),
        (b"no nul", ("no nul",)),
        (b"\xff\0\n\0", ("\ufffd", "\n")),
    ],
)
def test_a_command_line_is_what_the_process_shows(tmp_path: Path, content: bytes, argv: tuple[str, ...]) -> None:
    node = Node(tmp_path / "root")
    node.proc([FakeProcess(7, "x")])
    node.file("/proc/7/cmdline", content)
    assert of(read(node), 7).argv == argv


def test_a_long_command_line_is_cut(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([FakeProcess(7, "x"), FakeProcess(8, "y")])
    node.file("/proc/7/cmdline", b"x" * (MOST_ARGUMENTS + 1))
    node.file("/proc/8/cmdline", b"x" * MOST_ARGUMENTS)
    found = read(node)
    assert of(found, 7).argv_cut
    assert len(of(found, 7).argv[0]) == MOST_ARGUMENTS
    assert not of(found, 8).argv_cut


@pytest.mark.parametrize("comm", ["a) S 1 (b", ") (", "", "(sd-pam)", "\n", "x y z"])
def test_a_name_may_hold_anything(tmp_path: Path, comm: str) -> None:
    node = Node(tmp_path / "root")
    node.proc([FakeProcess(7, comm, ppid=5)])
    assert (of(read(node), 7).comm, of(read(node), 7).ppid) == (comm, 5)


def test_a_process_that_ends_meanwhile_is_counted(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([FakeProcess(7, "x"), FakeProcess(8, "y"), FakeProcess(9, "z")])
    (node.root / "proc/7/stat").unlink()
    (node.root / "proc/8/cmdline").unlink()
    found = read(node)
    assert [one.pid for one in found.processes] == [1, 9]
    assert (found.vanished, found.unread) == (2, ())


def test_what_is_not_understood_has_failed(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([FakeProcess(7, "x"), FakeProcess(8, "y")])
    node.file("/proc/7/stat", "7 (x) S")
    node.file("/proc/8/status", "Uid:\t-\n")
    found = read(node)
    assert [one.pid for one in found.processes] == [1, 8]
    assert found.unread == (Unread("/proc/7/stat", "failed", "/proc/7/stat"),)
    assert of(found, 8).uid is None


def test_where_process_1_is_not_listed_others_are_hidden(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.process(FakeProcess(7, "x"))
    found = read(node)
    assert found.hidden
    assert of(found, 7).started == ""


def test_without_proc_there_is_nothing(tmp_path: Path) -> None:
    assert read(Node(tmp_path / "root")) == Processes((), 0, (Unread("/proc", "absent", "/proc"),))


def test_every_process_of_this_machine_is_read_or_has_ended() -> None:
    before = {int(name) for name in os.listdir("/proc") if name.isdecimal()}
    with HostRoot(Path("/")) as root:
        found = read_processes(root)
    after = {int(name) for name in os.listdir("/proc") if name.isdecimal()}
    read_pids = {one.pid for one in found.processes}
    assert before & after <= read_pids
    assert len(before - read_pids) <= found.vanished
    # What a thread of the kernel is, its command line shows too: it has none, and no program.
    assert all(one.argv == () and one.exe is None for one in found.processes if one.kernel)
    own = of(found, os.getpid())
    assert not own.kernel
    assert own.argv == tuple(Path("/proc/self/cmdline").read_text("utf-8", "replace").rstrip("\0").split("\0"))
    assert own.exe == os.readlink("/proc/self/exe")
    assert (own.uid, own.ppid) == (os.geteuid(), os.getppid())
    assert own.network == os.readlink("/proc/self/ns/net")
