"""What commands printed as tables is read as rows: containers without details, pods and nodes of which nothing is decided."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect.files.tables import listing_of, table_things
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import Outcome, collect
from rkedoc.snapshot.reader import Snapshot, load

PODS = """\
NAMESPACE     NAME                        READY   STATUS      RESTARTS   AGE   IP          NODE   NOMINATED NODE   READINESS GATES
kube-system   rke2-canal-nsttb            2/2     Running     0          2m    192.0.2.2   n1     <none>           <none>
kube-system   helm-install-traefik-9xk2p  0/1     Completed   0          11m   10.42.0.3   n1     <none>           <none>
default       web-645d6dcdd5-4677w        0/1     CrashLoopBackOff   7   11m   10.42.0.4   n1     <none>           <none>
"""
NODES = """\
NAME   STATUS                     ROLES               AGE   VERSION
n1     Ready                      controlplane,etcd   10m   v1.20.9
n2     NotReady,SchedulingDisabled   worker           10m   v1.20.9
"""
POD = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-645d6dcdd5-4677w", "namespace": "default", "uid": "u1"},
    "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": "nginx:1"}]},
}  # fmt: skip


def of(text: str, kind: str = "") -> list[tuple[str, dict[str, object]]]:
    return [(thing.what, thing.content) for thing in table_things(listing_of(text.encode()), kind)]


def test_a_pod_is_where_and_how_its_row_says() -> None:
    pods = [content for what, content in of(PODS, "Pod") if what == "object"]
    assert [(pod["metadata"]["name"], pod["spec"], pod["status"]) for pod in pods] == [  # type: ignore[index]
        ("rke2-canal-nsttb", {"nodeName": "n1"}, {"phase": "Running"}),
        ("helm-install-traefik-9xk2p", {"nodeName": "n1"}, {"phase": "Succeeded"}),
        ("web-645d6dcdd5-4677w", {"nodeName": "n1"}, {}),
    ]


def test_a_node_is_ready_or_not() -> None:
    ready = {
        content["metadata"]["name"]: content["status"]["conditions"][0]["status"] for _, content in of(NODES, "Node")
    }  # type: ignore[index]
    assert ready == {"n1": "True", "n2": "False"}


def test_rows_of_another_kind_than_was_asked_for_are_not_taken() -> None:
    assert of(PODS, "Node") == of(NODES, "Pod") == of(NODES) == []


def test_a_table_of_docker_is_what_docker_ps_has_as_json() -> None:
    text = 'CONTAINER ID   IMAGE     COMMAND    CREATED       STATUS                  PORTS   NAMES\nadced4797723   nginx:1   "nginx"   2 hours ago   Exited (1) 2 hours ago           web\n'
    ((what, content),) = of(text)
    assert (what, content["ID"], content["Names"], content["Image"]) == ("ps", "adced4797723", "web", "nginx:1")
    assert str(content["Status"]).startswith("Exited (1)")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_encoding_of_a_table_is_told_by_its_first_bytes(encoding: str) -> None:
    assert len(listing_of(NODES.encode(encoding)).nodes) == 2


# The bundle that a table lies in ---------------------------------------------------------------------------------------


def bundle(folder: Path, **members: str) -> Path:
    """A logs-collector's bundle of RKE2 with these members of its folder ``kubectl``."""
    (folder / "systeminfo").mkdir(parents=True)
    (folder / "systeminfo" / "hostname").write_text("n1\n", encoding="utf-8")
    (folder / "rke2" / "kubectl").mkdir(parents=True)
    (folder / "rke2" / "version").write_text("rke2 version v1.27.12+rke2r1\n", encoding="utf-8")
    for name, text in members.items():
        (folder / "rke2" / "kubectl" / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def collected(output: Path, *given: Path) -> tuple[Outcome, Snapshot | None]:
    options = CollectOptions(output=output, from_=given, engine="none", kubernetes=False)
    outcome = collect(options, progress=QuietProgress())
    return outcome, load(output) if output.exists() else None


def test_what_a_row_tells_was_decided_by_nobody_and_is_whole_of_nothing(tmp_path: Path) -> None:
    outcome, snapshot = collected(tmp_path / "s.ndjson", bundle(tmp_path / "b", pods=PODS, nodes=NODES))
    assert outcome.exit_code == 0
    assert snapshot is not None
    assert len(snapshot.by_kind("Pod")) == 3
    assert not any(record.intent for record in snapshot.records)
    assert {scope.result.value for scope in snapshot.header.scopes() if scope.name in ("core/pods", "core/nodes")} == {
        "partial"
    }


def test_the_workload_of_a_pod_in_a_row_is_what_its_name_tells(tmp_path: Path) -> None:
    _, snapshot = collected(tmp_path / "s.ndjson", bundle(tmp_path / "b", pods=PODS))
    assert snapshot is not None
    workloads = {(one.kind, one.name) for one in Cluster(snapshot, load_catalog()).workloads()}
    assert workloads == {("DaemonSet", "rke2-canal"), ("Job", "helm-install-traefik"), ("Deployment", "web")}


def test_a_document_stands_in_place_of_a_row(tmp_path: Path) -> None:
    for number, (rows, documents) in enumerate((("a", "b"), ("b", "a"))):
        folder = tmp_path / str(number)
        bundle(folder / rows, pods=PODS)
        (folder / documents).mkdir()
        (folder / documents / "pods.json").write_bytes(orjson.dumps(POD))
        _, snapshot = collected(folder / "s.ndjson", folder)
        assert snapshot is not None
        pod = snapshot.get("core/Pod/default/web-645d6dcdd5-4677w")
        assert pod is not None
        assert "containers" in pod.body["spec"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('Error from server (Forbidden): pods is forbidden: User "u" cannot list resource "pods" in API group "" at the cluster scope\n',
         ("core/pods", "forbidden")),
        ("No resources found\n", ("core/pods", "partial")),
        ("this is a text without a table\n", ("files/file", "failed")),
    ],
)  # fmt: skip
def test_what_was_said_in_place_of_a_table_is_kept(tmp_path: Path, text: str, told: tuple[str, str]) -> None:
    _, snapshot = collected(tmp_path / "s.ndjson", bundle(tmp_path / "b", pods=text, nodes=NODES))
    assert snapshot is not None
    assert told in {(scope.name, scope.result.value) for scope in snapshot.header.scopes()}


DOCKER = """\
CONTAINER ID   IMAGE     COMMAND    CREATED       STATUS                  PORTS   NAMES
adced4797723   nginx:1   "nginx"   2 hours ago   Exited (1) 2 hours ago           web
"""
CRICTL_PODS = """\
POD ID              CREATED             STATE     NAME               NAMESPACE     ATTEMPT   RUNTIME
0a1b2c3d4e5f6       3 days ago          Ready     etcd-rancher01     kube-system   0         (default)
"""
WIDGETS = """\
NAMESPACE   NAME   READY   UP-TO-DATE   AVAILABLE   AGE
shop        web    1/1     1            1           3d
"""


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (PODS, {"Pod"}), (NODES, {"Node"}), (DOCKER, {"EngineContainer"}), (CRICTL_PODS, {"EngineContainer"}),
        (f"[root@n1 ~]# docker ps -a\n{DOCKER}[root@n1 ~]# kubectl get pods -A -o wide\n{PODS}", {"EngineContainer", "Pod"}),
        (f"W1123 05:37:31.1 1 warnings.go:70] v1 Foo is deprecated\n\n{NODES}", {"Node"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_in_a_file_of_its_own_is_read(tmp_path: Path, text: str, kinds: set[str], encoding: str) -> None:
    (tmp_path / "out.txt").write_bytes(text.encode(encoding))
    (tmp_path / "pod.json").write_bytes(orjson.dumps({**POD, "metadata": {**POD["metadata"], "name": "other"}}))  # type: ignore[dict-item]
    _, found = collected(tmp_path / "s.ndjson", tmp_path)
    assert found is not None
    assert {record.kind for record in found.records} == {*kinds, "Pod"}
    assert not any(scope.reason.startswith("not-") and scope.name == "files/file" for scope in found.header.scopes())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"# How to look at pods\n\nType this:\n\n{PODS}", ("failed", "not-json")),
        ("started\nNAMESPACE NAME\n", ("failed", "not-json")),
        (WIDGETS, ("skipped", "rows-alone")),
        ("NAME    READY   STATUS    RESTARTS   AGE\nweb-1   1/1     Running   0          3d\n", ("skipped", "rows-without-namespace")),
    ],
)  # fmt: skip
def test_a_table_of_which_nothing_comes_says_why(tmp_path: Path, text: str, reason: tuple[str, str]) -> None:
    (tmp_path / "pods.txt").write_text(text, "utf-8")
    (tmp_path / "pod.json").write_bytes(orjson.dumps(POD))
    _, found = collected(tmp_path / "s.ndjson", tmp_path)
    assert found is not None
    assert [(s.result, s.reason) for s in found.header.scopes() if s.name == "files/file"] == [reason]
    assert [record.name for record in found.records] == [POD["metadata"]["name"]]  # type: ignore[index]


def test_the_plan_says_which_files_are_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("pods.txt", PODS), ("deployments.txt", WIDGETS), ("notes.txt", "see pods.txt\n")):
        (tmp_path / name).write_text(text, "utf-8")
    collect(CollectOptions(from_=(tmp_path,), plan=True, engine="none", kubernetes=False), progress=QuietProgress())
    said = capsys.readouterr().out
    assert "command-output  (1 file as tables)" in said
    assert "leave out deployments.txt  (1 file: rows-alone" in said
    assert "leave out notes.txt  (1 file: not-json" in said
