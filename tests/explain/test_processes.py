"""The ledger's second half: every process of a node in exactly one class, and who listens where."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.catalog import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import collect
from rkedoc.explain.ledger.processes import ProcessLedger, ProcessLine, process_ledger
from rkedoc.explain.ledger.sockets import open_sockets
from rkedoc.explain.ledger.text import processes_text
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.blocks.view import Para
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.views.pages.host import ledger_processes
from rkedoc.vocabulary import ProcessClass
from tests.host import nodes as hosts
from tests.host.nodes import FakeProcess, Node, table
from tests.support.collecting import Heard
from tests.support.nodes import cluster_of, container

CATALOG = load_catalog()
ONE, TWO = "1" * 64, "2" * 64


def process(
    pid: int, program: str, *, node: str = "n1", ppid: int = 1, args: tuple[str, ...] = (), **more: Any
) -> Record:
    observed: dict[str, Any] = {
        "pid": pid, "ppid": ppid, "program": program, "comm": program[:15], "unit": "", "kernel": False, "collector": False, **more,
    }  # fmt: skip
    intent: Mapping[str, Any] = {"args": list(args), "exe": ""} if args else {}
    return Record(f"host/HostProcess/{node}/{program if args else pid}", "HostProcess", None, intent, observed)


def ledger(*records: Record) -> ProcessLedger:
    return process_ledger(cluster_of(records))


def only(*records: Record) -> ProcessLine:
    """The line of the last of some processes."""
    return next(line for line in ledger(*records).lines if line.id == records[-1].id)


INIT = process(1, "systemd", ppid=0, unit="init.scope")


@pytest.mark.parametrize(
    ("records", "klass", "component", "rule"),
    [
        ((process(2, "kthreadd", ppid=0, kernel=True),), ProcessClass.SYSTEM, None, "kernel"),
        ((INIT,), ProcessClass.SYSTEM, None, "unit"),
        ((process(70, "sshd", unit="ssh.service"),), ProcessClass.SYSTEM, None, "unit"),
        ((process(70, "sshd"),), ProcessClass.SYSTEM, None, "program"),
        ((process(70, "systemd-udevd"), process(71, "odd-worker", ppid=70)), ProcessClass.SYSTEM, None, "parent"),
        ((process(70, "bash"), process(71, "xmrig", ppid=70)), ProcessClass.UNEXPLAINED, None, "none"),
        ((process(71, "xmrig", unit="session-3.scope"),), ProcessClass.UNEXPLAINED, None, "session"),
        ((process(71, "bash", unit="session-3.scope"),), ProcessClass.SYSTEM, None, "program"),
        (
            (process(710, "containerd-shim-runc-v2", shim={"id": ONE, "namespace": "k8s.io"}, args=("/bin/containerd-shim-runc-v2",)), process(711, "nginx", ppid=710)),
            ProcessClass.IN_CONTAINER, None, "shim",
        ),
        ((process(80, "python3", collector=True),), ProcessClass.COLLECTOR, None, "collector"),
        ((process(80, "python3", collector=True), process(81, "ssh-agent-x", ppid=80)), ProcessClass.COLLECTOR, None, "parent"),
        ((process(99, "xmrig"),), ProcessClass.UNEXPLAINED, None, "none"),
        (
            (process(700, "rke2", args=("/usr/local/bin/rke2", "server"), unit="rke2-server.service"),),
            ProcessClass.PLATFORM, "rke2-server", "process",
        ),
        (
            (process(701, "containerd", args=("containerd", "-c", "/var/lib/rancher/rke2/agent/etc/containerd/config.toml", "-a", "/run/k3s/containerd/containerd.sock")),),
            ProcessClass.PLATFORM, "k3s-containerd", "process",
        ),
        (
            (process(700, "rke2", args=("rke2", "server"), unit="x"), process(750, "odd-helper", ppid=700)),
            ProcessClass.PLATFORM, "rke2-server", "parent",
        ),
        (
            (process(710, "containerd-shim-runc-v2", shim={"id": ONE}, args=("/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", ONE)),),
            ProcessClass.SHIM, "containerd-shim", "shim",
        ),
        ((process(900, "web", container={"id": TWO}),), ProcessClass.IN_CONTAINER, None, "control group"),
    ],
)  # fmt: skip
def test_a_process_is_classed_by_what_the_kernel_and_its_own_words_say(
    records: tuple[Record, ...], klass: ProcessClass, component: str | None, rule: str
) -> None:
    line = only(*records)
    assert (line.klass, line.component, line.reasons[0].rule) == (klass, component, rule)
    assert line.reasons[0].evidence


def test_a_process_in_a_container_is_that_container() -> None:
    inside = container("etcd", image="rancher/coreos-etcd:v3.4.13", labels={"io.rancher.rke.container.name": "etcd"})
    identifier = inside.body["id"]
    line = only(inside, process(900, "etcd", container={"id": identifier}))
    assert (line.klass, line.component, line.container) == (ProcessClass.IN_CONTAINER, "etcd", inside.id)


def test_the_name_of_a_platform_program_in_a_container_makes_it_no_process_of_the_platform() -> None:
    line = only(process(900, "kubelet", container={"id": TWO}, args=("kubelet",)))
    assert line.klass == ProcessClass.IN_CONTAINER


def test_a_circle_of_parents_ends() -> None:
    line = only(process(10, "a-thing", ppid=11), process(11, "b-thing", ppid=10))
    assert line.klass == ProcessClass.UNEXPLAINED


PROGRAMS = (
    "rke2",
    "k3s",
    "kubelet",
    "containerd",
    "containerd-shim-runc-v2",
    "sshd",
    "systemd",
    "xmrig",
    "kube-proxy",
    "etcd",
    "bash",
    "",
)


@settings(max_examples=120)
@given(
    st.lists(
        st.builds(
            lambda program, ppid, unit, kernel, place, args: (program, ppid, unit, kernel, place, args),
            st.sampled_from(PROGRAMS), st.integers(0, 30), st.sampled_from(("", "x.service", "session-1.scope")), st.booleans(),
            st.sampled_from((None, ONE, TWO)), st.booleans(),
        ),
        min_size=1, max_size=25,
    )
)  # fmt: skip
def test_every_process_stands_in_exactly_one_class_and_the_sum_closes(found: list[tuple[Any, ...]]) -> None:
    records = []
    for pid, (program, ppid, unit, kernel, place, args) in enumerate(found, 1):
        more: dict[str, Any] = {"container": {"id": place}} if place else {}
        record = process(pid, program, ppid=ppid, unit=unit, kernel=kernel, **more)
        intent = {"args": [program, "server"], "exe": ""} if args else {}
        records.append(Record(f"host/HostProcess/n1/{pid}", "HostProcess", None, intent, record.observed))
    whole = ledger(*records)
    assert whole.closes
    assert len(whole.lines) == len(records)
    assert sum(len(whole.of(klass)) for klass in ProcessClass) == len(records)
    told = whole.to_json()
    assert sum(told["by_class"].values()) == told["total"] == len(records)


def collected(root: Path, folder: Path, **options: Any) -> Cluster:
    asked: dict[str, Any] = {
        "output": folder / "host.ndjson",
        "engine": "none",
        "kubernetes": False,
        "host": root,
        "cluster": "c",
    }
    outcome = collect(CollectOptions(**(asked | options)), progress=Heard())
    assert outcome.path is not None
    return Cluster(load(outcome.path), CATALOG)


@pytest.mark.parametrize(
    "make", [hosts.rke2_server, hosts.k3s_agent, hosts.kubeadm_worker, hosts.rke1_node], ids=lambda make: make.__name__
)
def test_the_sum_of_a_node_of_each_distribution_closes(make: Any, tmp_path: Path) -> None:
    make(tmp_path / "root")
    listed = [entry for entry in (tmp_path / "root" / "proc").iterdir() if entry.name.isdecimal()]
    whole = process_ledger(collected(tmp_path / "root", tmp_path))
    assert whole.closes
    assert whole.counted[0][1] == len(whole.lines) == len(listed)
    assert whole.unexplained == ()


def test_no_secret_of_a_host_is_in_the_snapshot(tmp_path: Path) -> None:
    for make in (hosts.rke2_server, hosts.k3s_agent, hosts.kubeadm_worker, hosts.rke1_node):
        root = tmp_path / make.__name__
        make(root)
        collected(root, tmp_path)
        assert hosts.SECRET not in (tmp_path / "host.ndjson").read_text(encoding="utf-8")


def test_this_machine_is_accounted_for(tmp_path: Path) -> None:
    whole = process_ledger(collected(Path("/"), tmp_path))
    assert whole.closes
    assert os.getpid() in {line.pid for line in whole.of(ProcessClass.COLLECTOR)}
    assert Counter(line.klass for line in whole.lines)[ProcessClass.SYSTEM] > 0


def test_who_listens_where_is_told_with_the_process_and_what_for(tmp_path: Path) -> None:
    hosts.rke2_server(tmp_path / "root")
    cluster = collected(tmp_path / "root", tmp_path)
    found = {one.socket.port: one for one in open_sockets(cluster)}
    assert [line.program for line in found[9345].holders] == ["rke2"]
    assert [line.component for line in found[9345].holders] == ["rke2-server"]
    assert str(found[6443].purpose) == "the Kubernetes API (HTTPS)"
    assert found[6443].everywhere
    assert found[22].holders == ()


def test_a_host_whose_proc_shows_no_process_was_read_and_closes_nothing(tmp_path: Path) -> None:
    (tmp_path / "root" / "proc").mkdir(parents=True)
    cluster = collected(tmp_path / "root", tmp_path)
    ledger = process_ledger(cluster)
    told = "No process was read: /proc of the hosts showed none."
    assert (ledger.lines, ledger.read, ledger.closes) == ((), frozenset(cluster.hosts), False)
    assert processes_text(ledger, ()) == f"{told}\n"
    assert ledger_processes(Site(cluster), "ledger") == (Para((told,), "muted"),)
    for name in cluster.hosts:
        assert str(process_ledger(cluster, name).nothing) == told
    assert str(process_ledger(cluster, "another-node").nothing).startswith("The hosts themselves were not read")


def test_a_tunnel_that_the_kernel_opens_is_told_though_no_process_holds_it(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc(
        [FakeProcess(2, "kthreadd", ppid=0, flags=0x00208040)],
        {"tcp": table(("00000000:2118", "0A", 0, 7)), "udp": table(("00000000:2118", "07", 0, 8))},
    )
    found = {one.socket.protocol: one for one in open_sockets(collected(tmp_path / "root", tmp_path))}
    assert (found["udp"].socket.port, found["udp"].holders) == (8472, ())
    assert "VXLAN" in str(found["udp"].purpose)
    assert str(found["tcp"].purpose) == ""


def test_arguments_are_kept_of_programs_of_the_platform_alone(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc(
        [
            FakeProcess(
                50, "kubelet", ("/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml"), exe="/usr/bin/kubelet"
            ),
            FakeProcess(51, "mytool", ("/usr/bin/mytool", "--harmless-argument"), exe="/usr/bin/mytool"),
            FakeProcess(
                52, "kubelet", ("/opt/kubelet", "--inside-argument"), exe="/opt/kubelet", cgroup=f"0::/docker/{ONE}\n"
            ),
        ]
    )
    collected(tmp_path / "root", tmp_path)
    text = (tmp_path / "host.ndjson").read_text(encoding="utf-8")
    assert "--config=/var/lib/kubelet/config.yaml" in text
    assert "--harmless-argument" not in text
    assert "--inside-argument" not in text


def test_a_shim_is_told_with_what_it_stands_for(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    words = (
        "/bin/containerd-shim-runc-v2",
        "-namespace",
        "k8s.io",
        "-id",
        ONE,
        "-address",
        "/run/k3s/containerd/containerd.sock",
    )
    node.proc(
        [
            FakeProcess(
                60,
                "containerd-shim",
                words,
                exe="/bin/containerd-shim-runc-v2",
                cgroup="0::/system.slice/rke2-server.service\n",
            )
        ]
    )
    cluster = collected(tmp_path / "root", tmp_path)
    (shim,) = [one for one in cluster.processes if one.pid == 60]
    assert shim.shim_of == ONE
    (line,) = process_ledger(cluster).of(ProcessClass.SHIM)
    assert line.component == "containerd-shim"
    assert ONE[:12] in line.evidence


@pytest.mark.parametrize(
    ("make", "found"),
    [(hosts.rke2_server, "rke2"), (hosts.k3s_agent, "k3s"), (hosts.kubeadm_worker, "kubeadm")],
    ids=["rke2", "k3s", "kubeadm"],
)
def test_a_host_alone_tells_which_distribution_it_is_of(make: Any, found: str, tmp_path: Path) -> None:
    make(tmp_path / "root")
    assert collected(tmp_path / "root", tmp_path).distribution == found


def test_containers_of_two_namespaces_may_have_one_id_and_stay_two() -> None:
    def of(namespace: str) -> Record:
        body = {"id": "dup", "state": "running", "runtime": "containerd", "runtimeNamespace": namespace}
        return Record(f"engine/EngineContainer/n1/dup-{namespace}", "EngineContainer", None, {}, body)

    first, second = of("default"), of("buildkit")
    words = ("/bin/containerd-shim-runc-v2", "-namespace", "buildkit")
    shim = process(50, "containerd-shim-runc-v2", args=words, shim={"id": "dup", "namespace": "buildkit"})
    inside = process(51, "sleep", ppid=50, cgroup="/buildkit/dup")
    lines = {line.pid: line for line in ledger(first, second, shim, inside).lines}
    assert lines[50].container == second.id
    assert (lines[51].klass, lines[51].container) == (ProcessClass.IN_CONTAINER, second.id)


def test_a_command_of_a_unit_is_read_without_its_quotes_and_hides_what_it_must(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([])
    # As the installer of K3s writes it (k3s-io/k3s, install.sh, create_systemd_service_file).
    lines = [
        "[Service]",
        "ExecStart=/usr/local/bin/k3s \\",
        "    server \\",
        "\t'--token' \\",
        f"\t'{hosts.SECRET}' \\",
        "\t'--disable=traefik' \\",
    ]
    node.file("/etc/systemd/system/k3s.service", "\n".join([*lines, ""]))
    cluster = collected(tmp_path / "root", tmp_path)
    (unit,) = cluster.snapshot.by_kind("HostUnit")
    assert "--disable=traefik" in unit.body["commands"][0]
    assert hosts.SECRET not in (tmp_path / "host.ndjson").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        f"a: &x 1\nenv:\n- name: TOKEN\n  value: {hosts.SECRET}\n",
        f"token:\n  {hosts.SECRET}\n",
        f"token: >-\n  {hosts.SECRET}\n",
        f"kind: Secret\napiVersion: v1\nmetadata: {{name: x}}\nstringData: {{a: {hosts.SECRET}}}\n",
        f"a: [\nenv:\n- name: TOKEN\n  value: {hosts.SECRET}\n",
        f"a: &a [x]\nb: &b [*a, *a]\ntoken: {hosts.SECRET}\n",
    ],
)
def test_a_file_whose_form_cannot_be_read_shows_nothing_of_itself(text: str, tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([])
    node.file("/etc/rancher/k3s/config.yaml", text)
    collected(tmp_path / "root", tmp_path)
    assert hosts.SECRET not in (tmp_path / "host.ndjson").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("exe", "argv", "program"),
    [
        ("/opt/x/miner", ("kubelet", "--config=/x"), "miner"),
        ("/usr/bin/kubelet", ("/usr/bin/kubelet",), "kubelet"),
        ("/var/lib/rancher/k3s/data/current/bin/k3s", ("/usr/local/bin/k3s server",), "k3s"),
        ("/var/lib/rancher/k3s/data/current/bin/k3s", ("containerd", "-c", "x"), "containerd"),
        ("/memfd:runc_cloned (deleted)", ("runc", "init"), "runc-comm"),
        (None, ("/usr/bin/kubelet",), "kubelet"),
        (None, ("nginx: master process",), "nginx"),
    ],
)
def test_the_file_of_a_program_says_more_than_its_words(
    exe: str | None, argv: tuple[str, ...], program: str, tmp_path: Path
) -> None:
    node = Node(tmp_path / "root")
    node.proc([FakeProcess(50, "runc-comm", argv, exe=exe)])
    (found,) = [one for one in collected(tmp_path / "root", tmp_path).processes if one.pid == 50]
    assert found.program == program


def test_what_somebody_asks_k3s_for_is_not_kept(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    words = ("k3s", "kubectl", "exec", "web", "--", "sh", "-c", f"echo {hosts.SECRET}")
    node.proc(
        [
            FakeProcess(50, "k3s", words, exe="/usr/local/bin/k3s"),
            FakeProcess(51, "conmon", ("conmon", "-e", hosts.SECRET), exe="/usr/bin/conmon"),
        ]
    )
    collected(tmp_path / "root", tmp_path)
    assert hosts.SECRET not in (tmp_path / "host.ndjson").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["token: 55512345678\n", "agent-token: 123456\n", "a:\n  password: 12345678\n"])
def test_a_token_of_digits_alone_is_hidden(text: str, tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([])
    node.file("/etc/rancher/k3s/config.yaml", text)
    cluster = collected(tmp_path / "root", tmp_path)
    assert "55512345678" not in (tmp_path / "host.ndjson").read_text(encoding="utf-8")
    (file,) = cluster.snapshot.by_kind("HostFile")
    assert "123456" not in str(file.body["content"])


def test_a_file_nested_deeper_than_a_snapshot_holds_costs_its_contents_alone(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([])
    node.file("/etc/docker/daemon.json", '{"a":' * 300 + "1" + "}" * 300)
    cluster = collected(tmp_path / "root", tmp_path)
    (file,) = cluster.snapshot.by_kind("HostFile")
    assert file.body["unparsed"] == "json"


def test_defaults_are_not_claimed_where_the_settings_could_not_be_read(tmp_path: Path) -> None:
    from rkedoc.explain.facts.supervisor import supervisor_parts
    from rkedoc.vocabulary import Evidence

    node = Node(tmp_path / "root")
    node.proc([FakeProcess(50, "k3s-server", ("/usr/local/bin/k3s server",), exe="/usr/local/bin/k3s")])
    node.file("/etc/rancher/k3s/config.yaml", "disable-kube-proxy: true\nbroken: [\n")
    cluster = collected(tmp_path / "root", tmp_path)
    parts = {str(part.name): part for part in supervisor_parts(cluster, cluster.hosts[0])}
    assert parts["kube-proxy"].evidence != Evidence.DEFAULT
