"""Every line of what the tools of a node print is said what it is: processes, open ports, units, what a runtime holds.

The catalog is the built-in one without its rules about hosts, and with the few entries below instead: what the built-in entries say of a
host is theirs to test.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.catalog import Catalog, Distribution, load_catalog
from rkedoc.catalog.entry import parse_entry
from rkedoc.explain.facts.ports import BY_PROGRAM
from rkedoc.explain.listing.lines import Explained, distribution_of, explain_lines
from rkedoc.explain.systemprograms import system_program, system_unit
from rkedoc.listing.kernel import is_kernel_thread
from rkedoc.listing.nodetables import node_header, node_row, says_nothing
from rkedoc.listing.tables import read_rows
from rkedoc.resources import load_yaml

DATA = Path(__file__).parents[1] / "data" / "node-listings"
LISTINGS = sorted(DATA.glob("*.txt"))

_HOSTS = {
    "host-rke2": '[{process: rke2, command: " server"}, {process: rke2, command: " agent"}, {unit: [rke2-server.service, rke2-agent.service]}]',
    "host-k3s": '[{process: k3s, command: "k3s server"}, {process: k3s, command: "k3s agent"}, {unit: [k3s.service, k3s-agent.service]}]',
    "host-kubelet": "[{process: kubelet}, {unit: kubelet.service}]",
    "host-containerd": "[{process: containerd}, {unit: containerd.service}]",
    "host-shim": "[{process: [containerd-shim, containerd-shim-runc-v2]}]",
    "host-runc": "[{process: runc}]",
    "host-dockerd": "[{process: dockerd}, {unit: [docker.service, docker.socket]}]",
    "host-docker-proxy": "[{process: docker-proxy}]",
    "host-cri-dockerd": "[{process: cri-dockerd}]",
    "host-system-agent": "[{process: rancher-system-agent}, {unit: rancher-system-agent.service}]",
}


@lru_cache
def catalog() -> Catalog:
    def of_hosts(entry_id: str, rules: str) -> str:
        return f"---\nid: {entry_id}\nname: {entry_id}\norigin: control-plane\nsummary: It is {entry_id}.\nmatch: {rules}\n---\n"

    built_in = [
        entry
        for entry in load_catalog().entries
        if not any(rule.values("process") or rule.values("unit") for rule in entry.match)
    ]
    own = [parse_entry(of_hosts(name, rules), name, provenance="test") for name, rules in _HOSTS.items()]
    return Catalog([*built_in, *own])


@lru_cache
def expected() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = yaml.safe_load((DATA / "expected.yaml").read_text(encoding="utf-8"))
    return loaded


def judged(line: Explained) -> str:
    """An answer as ``expected.yaml`` writes it: the name, and what it is."""
    if line.components:
        what = "|".join(line.components)
    elif line.origin == "unexplained":
        what = "unknown"
    elif line.origin == "workload":
        what = "own"
    else:
        of_system = "system" if line.summary.startswith("Of the operating system: ") else "told"
        what = "kernel" if "Linux kernel" in line.summary else of_system
    return f"{line.name} = {what}"


def answers(lines: list[str]) -> list[str]:
    return [judged(line) for line in explain_lines(lines, catalog())]


def pasted(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("file", LISTINGS, ids=lambda file: file.stem)
def test_every_line_of_a_node_is_said_what_it_is(file: Path) -> None:
    assert answers(pasted(file)) == expected()[file.stem]


@pytest.mark.parametrize("file", LISTINGS, ids=lambda file: file.stem)
@pytest.mark.parametrize("gap", [" ", "  ", "\t"], ids=["one space", "two spaces", "tab"])
def test_columns_that_slipped_change_nothing(file: Path, gap: str) -> None:
    lines = [re.sub(r"(?<=\S) {2,}(?=\S)", gap, line) for line in pasted(file)]
    assert answers(lines) == expected()[file.stem]


@pytest.mark.parametrize("file", LISTINGS, ids=lambda file: file.stem)
def test_no_header_is_needed_but_for_the_namespaces_of_containerd(file: Path) -> None:
    lines = pasted(file)
    until = next((number for number, line in enumerate(lines) if "namespaces ls" in line), len(lines))
    without = [line for line in lines[:until] if node_header(line) is None and not line.startswith("CONTAINER ")]
    found = answers(without)
    assert found == expected()[file.stem][: len(found)]
    assert len(found) == len(expected()[file.stem]) - (len(lines) - until - 2 if until < len(lines) else 0)


@pytest.mark.parametrize("file", LISTINGS, ids=lambda file: file.stem)
@pytest.mark.parametrize(
    "dress",
    [
        lambda line: f"> {line}",
        lambda line: f"\x1b[0m{line}\x1b[K",
        lambda line: re.sub(r"(\S+)$", "\x1b[01;31m\x1b[K\\1\x1b[m\x1b[K", line),
        lambda line: f"{line}\r",
    ],
    ids=["quoted", "colours around", "colours inside", "carriage returns"],
)
def test_tables_in_other_dress_are_read(file: Path, dress: Callable[[str], str]) -> None:
    assert answers([dress(line) for line in pasted(file)]) == expected()[file.stem]


@pytest.mark.parametrize("file", LISTINGS, ids=lambda file: file.stem)
def test_what_is_cut_off_makes_no_wrong_answer(file: Path) -> None:
    cut = [line[:110] for line in pasted(file) if "k8s://" not in line and "io.containerd" not in line]
    for answer in answers(cut):
        assert answer in expected()[file.stem] or answer.endswith((" = unknown", " = told"))


def test_a_container_of_containerd_is_not_judged_by_an_image_that_may_be_cut() -> None:
    lines = ["CONTAINER   IMAGE   RUNTIME", f"{'0a' * 32}   docker.io/rancher/hardened-fla", f"{'0b' * 32}"]
    assert answers(lines) == [f"{'0a' * 32} = told", f"{'0b' * 32} = told"]


@pytest.mark.parametrize("file", LISTINGS, ids=lambda file: file.stem)
def test_no_command_line_is_repeated(file: Path) -> None:
    assert not any("CANARY" in str(line.to_json()) for line in explain_lines(pasted(file), catalog()))


@pytest.mark.parametrize(
    ("file", "distribution"),
    [
        ("rke2-server", Distribution.RKE2), ("rke2-agent", Distribution.RKE2), ("k3s-server", Distribution.K3S),
        ("k3s-agent", Distribution.K3S), ("kubeadm-control-plane", Distribution.KUBEADM), ("rke1-docker", Distribution.RKE1),
    ],
)  # fmt: skip
def test_a_node_gives_its_distribution_away(file: str, distribution: Distribution) -> None:
    assert distribution_of(list(read_rows(pasted(DATA / f"{file}.txt")))) == distribution


@pytest.mark.parametrize(
    "typed",
    [
        "ps aux", "sudo ps -ef", "ps axo pid,ppid,user,args", "ss -tlnp", "sudo -n ss -tulpn", "netstat -tlnp", "lsof -i -P -n | grep LISTEN",
        "systemctl list-units", "systemctl status rke2-server", "top -b -n1", "ctr -n k8s.io c ls", "ctr namespaces ls", "pgrep -a kube",
        "/var/lib/rancher/rke2/bin/crictl ps -a", "CONTAINER_RUNTIME_ENDPOINT=unix:///run/k3s/containerd/containerd.sock crictl pods",
        "sudo k3s ctr c ls", "nerdctl -n k8s.io ps -a", "podman ps",
    ],
)  # fmt: skip
@pytest.mark.parametrize("prompt", ["", "$ ", "# ", "root@node:~# ", "[root@node ~]# ", "admin@node:~> ", "node:~ # "])
def test_what_was_typed_names_nothing(prompt: str, typed: str) -> None:
    assert answers([prompt + typed]) == []
    assert answers(["USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND", prompt + typed]) == []


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("1032 /usr/local/bin/rke2 server", "rke2 = host-rke2"),
        ("root 13 0.0 0.0 0 0 ? S Jul01 0:00 [rcu_sched]", "rcu_sched = kernel"),
        ("root 77 1 0 Jul01 ? 00:00:00 [kubelet] <defunct>", "kubelet = host-kubelet"),
        ("root 77 1 0 Jul01 ? 00:00:00 [strange]", "strange = unknown"),
        ("root 77 2 0 Jul01 ? 00:00:00 [strange]", "strange = kernel"),
        ("root 4 0.0 0.1 1 1 ? Ss 10:00 0:00 /usr/bin/conmon --api-version 1", "conmon = unknown"),
        ("root 4 0.0 0.1 1 1 ? Ss 10:00 0:00  \\_ sshd: admin@pts/0", "sshd = system"),
        ("root 4 0.0 0.1 1 1 ? Ss 10:00 0:00 /usr/bin/python3 /opt/job.py", "python3 = unknown"),
        ("root 4 0.0 0.1 1 1 ? Ss 10:00 0:00 sh -c /entry", "sh = system"),
        ("root 4 0.0 0.1 1 1 ? Ss 10:00 0:00 agent --server https://rancher.example.org", "agent = unknown"),
        ("root 4 0.0 0.1 1 1 ? Ss 10:00 0:00 SECRET=CANARY run", "SECRET = unknown"),
        (
            "a1b2c3d4e5f6 docker.io/rancher/rancher:v2.8.5 run.sh -x 2 hours ago Up 2 hours 0.0.0.0:443->443/tcp keen_bell",
            "keen_bell = rancher-server",
        ),
        (
            "a1b2c3d4e5f6  docker.io/library/redis:7  redis-server  2 days ago  Exited (0) 2 days ago    cache",
            "cache = own",
        ),
        ('23ae15691f61  registry.k8s.io/pause:3.9  "/pause"  5 hours ago  Up', "23ae15691f61 = pause"),
        (f"{'0c' * 32} docker.io/rancher/hardened-etcd:v3.5.13 io.containerd.runc.v2", f"{'0c' * 32} = rke2-etcd"),
        (
            f"{'0c' * 32} docker.io/rancher/rancher-agent:v2.8.5 io.containerd.runc.v2",
            f"{'0c' * 32} = cattle-cluster-agent|cattle-node-agent",
        ),
        ("rancher/rancher:v2.8.5  221177c6082a  1.9GB  600MB  U", "rancher/rancher:v2.8.5 = rancher-server"),
        ("root 4 0.0 0.1 1 1 ? Ss 10:00 0:00 bird -R", "bird = unknown"),
        ("kube-sche 1730 root 3u IPv4 38121 0t0 TCP 127.0.0.1:10259 (LISTEN)", "127.0.0.1:10259 = rke2-kube-scheduler"),
        ("container 1730 root 3u IPv4 38121 0t0 TCP 127.0.0.1:4711 (LISTEN)", "127.0.0.1:4711 = unknown"),
        ('tcp ESTAB 0 0 10.0.0.4:2379 10.0.0.5:4711 users:(("etcd",pid=1,fd=2))', "10.0.0.4:2379 = rke2-etcd"),
        ("user@1000.service loaded active running User Manager for UID 1000", "user@1000.service = told"),
        (
            "run-k3s-containerd-x-rootfs.mount loaded active mounted /run/k3s",
            "run-k3s-containerd-x-rootfs.mount = told",
        ),
        ("etcd.service enabled disabled", "etcd.service = unknown"),
    ],
)
def test_single_lines_are_judged_for_what_they_are(line: str, answer: str) -> None:
    assert answers([line, "1 /usr/local/bin/rke2 server"])[0] == answer


def test_columns_of_ones_own_are_read() -> None:
    lines = [
        "COMMAND           PID",
        "kworker/0:1-events   11",
        "kubelet            1180",
        "containerd-shim    1390",
        "shop               4102",
    ]
    found = ["kworker/0:1-events = kernel", "kubelet = host-kubelet", "containerd-shim = host-shim", "shop = unknown"]
    assert answers(lines) == found
    started = ["  PID                  STARTED CMD", " 1180 Mon Jul  1 10:00:00 2024 kubelet --config=/x"]
    assert answers(started) == ["kubelet = host-kubelet"]


def test_where_the_distribution_is_unknown_all_that_it_may_be_is_named() -> None:
    (line,) = explain_lines(["root 4 0.0 0.1 1 1 ? Ss 10:00 0:00 coredns -conf /etc/coredns/Corefile"], catalog())
    assert line.component is None
    assert {"rke2-coredns", "k3s-coredns", "kubeadm-coredns"} & set(line.components)


def test_a_port_without_a_process_is_judged_by_its_number_and_that_is_said() -> None:
    lines = explain_lines(["LISTEN 0 4096 *:9345 *:*", "LISTEN 0 4096 *:31000 *:*"], catalog())
    assert [line.component for line in lines] == ["host-rke2", None]
    assert all("by its number" in line.summary and "no process" in line.summary for line in lines)


@pytest.mark.parametrize(
    ("name", "full"),
    [("systemd-journal", "systemd-journald"), ("sshd", "sshd"), ("systemd-timesyn", "systemd-timesyncd"), ("systemd", "systemd")],
)  # fmt: skip
def test_a_program_of_the_system_is_known_by_what_the_kernel_keeps_of_its_name(name: str, full: str) -> None:
    found = system_program(name)
    assert found is not None
    assert found.name == full
    assert found.summary.endswith(".")


@pytest.mark.parametrize("name", ["rke2", "kubelet", "nginx", "system", "systemd-jour", "java", ""])
def test_what_is_not_of_the_system_is_not_said_to_be(name: str) -> None:
    assert system_program(name) is None
    assert not is_kernel_thread(name)


def test_units_are_known_by_the_programs_that_they_start() -> None:
    assert [found.name for unit in ("ssh.service", "getty@tty1.service") if (found := system_unit(unit))] == [
        "sshd",
        "agetty",
    ]
    assert system_unit("shop.service") is None


def test_every_program_of_the_system_is_told_in_both_languages() -> None:
    programs = load_yaml("explain", "listing", "system_programs.yaml")
    assert all(words["en"].endswith(".") and words["zh_CN"].endswith("。") for words in programs.values())
    # What opens a port of the platform is no program of the system.
    assert set(programs) & set(BY_PROGRAM) == {"sshd", "systemd-resolved", "rpcbind", "chronyd"}


_WORD = st.one_of(
    st.text(max_size=12),
    st.sampled_from([
        "PID", "COMMAND", "CMD", "USER", "TIME", "UNIT", "State", "root", "1", "2", "0.0", "?", "00:00:00", "[kworker/0:1]", "/usr/bin/kubelet",
        "LISTEN", "*:6443", "0.0.0.0:*", 'users:(("etcd",pid=1,fd=2))', "tcp6", "1/etcd", "rke2-server.service", "loaded", "active", "enabled",
        "io.containerd.runc.v2", "0" * 64, "RUNNING", "NAME LABELS", "├─1", "{k3s}", "(LISTEN)", "TCP", "IPv4", "-",
    ]),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.lists(_WORD).map(" ".join), max_size=8))
def test_any_text_is_taken_and_each_line_named_at_most_once(lines: list[str]) -> None:
    explained = explain_lines(lines, catalog())
    numbers = [line.line for line in explained]
    assert numbers == sorted(set(numbers))
    for line in explained:
        assert line.name
        assert line.summary
        assert line.origin is not None or line.role is None


@pytest.mark.parametrize(
    "part", ["1", "a ", "a@", "a:", "a: ", "[::", "-n ", "A=b ", "x ago ", "|  ", "xfs-", "a.", "0123456789ab a/b "]
)
@pytest.mark.parametrize("start", ["", "root 1 2 ", "LISTEN 0 0 ", "0123456789ab ", "0123456789ab a/b ", "sudo "])
def test_a_line_as_long_as_a_file_is_read_in_no_time(start: str, part: str) -> None:
    begun = time.process_time()
    node_row(None, start + part * (50_000 // len(part)), 1)
    says_nothing(start + part * (50_000 // len(part)))
    assert time.process_time() - begun < 2
