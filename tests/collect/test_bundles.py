"""What another tool wrote is the same whether it comes as a folder or packed, and says what it is, how old it is and what it lacks."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
import zstandard

from rkedoc.collect.files.formats import FORMATS, OTHERWISE
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import Outcome, collect
from rkedoc.errors import UsageError
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.snapshot.validate import validate
from tests.support.archives import DATA, Archives
from tests.support.collecting import Heard

INPUTS = DATA / "inputs"
PLANTED = "CANARY-"
"""What the secrets begin with that were planted in the recorded node."""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a sample of each format, made from the recorded node."""
    folder = tmp_path_factory.mktemp("bundles")
    Archives(DATA / "bundles", folder)("synthetic")
    return folder


def gathered(*sources: Path, to: Path, heard: Heard | None = None, **options: Any) -> Outcome:
    return collect(CollectOptions(output=to, from_=sources, **options), progress=heard or QuietProgress())


def scopes(found: Snapshot) -> dict[tuple[str, str | None], tuple[str, str]]:
    return {(scope.name, scope.namespace): (scope.result, scope.reason) for scope in found.header.scopes()}


def packed(folder: Path, to: Path) -> Path:
    """A folder in an archive of the kind that its name says."""
    if to.suffix == ".zip":
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        return to
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        tar.add(folder, arcname=".")
    pack = {".gz": gzip.compress, ".xz": lzma.compress, ".zst": zstandard.ZstdCompressor().compress, ".tar": bytes}
    to.write_bytes(pack[to.suffix](made.getvalue()))
    return to


# The same, however it comes -----------------------------------------------------------------------------------------------

READ = {
    "cluster-info-dump": 30, "cluster-info-dump-stdout": 30, "cluster-info-dump-yaml": 30, "kubectl-yaml": 130, "kubectl-yaml-docs": 31,
    "docker-inspect": 71,
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_sample_is_read_whole_and_closes(bundles: Path, tmp_path: Path, name: str) -> None:
    outcome = gathered(bundles / name, to=tmp_path / "s.ndjson", strict=True)
    assert (outcome.exit_code, outcome.partial) == (0, ())
    found = load(tmp_path / "s.ndjson")
    assert len(found.records) == READ[name]
    assert sum(scope.count for scope in found.header.scopes()) == len(found.records) + sum(found.header.twice.values())
    assert validate(tmp_path / "s.ndjson").findings == ()
    assert PLANTED.encode() not in (tmp_path / "s.ndjson").read_bytes()


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".tar.xz", ".tar.zst", ".zip"])
def test_an_archive_gives_what_its_folder_gives(bundles: Path, tmp_path: Path, name: str, ending: str) -> None:
    gathered(bundles / name, to=tmp_path / "folder.ndjson", cluster="c")
    archive = packed(bundles / name, tmp_path / f"{name}{ending}")
    gathered(archive, to=tmp_path / "archive.ndjson", cluster="c")
    folder, other = load(tmp_path / "folder.ndjson"), load(tmp_path / "archive.ndjson")
    assert [record.line() for record in other.records] == [record.line() for record in folder.records]
    assert scopes(other) == scopes(folder)
    assert {capture.time for capture in other.header.captures} == {capture.time for capture in folder.header.captures}


def test_an_archive_comes_from_standard_input(bundles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(bundles / "kubectl-yaml", tmp_path / "k.tar.gz")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(archive.read_bytes())))
    collect(CollectOptions(output=tmp_path / "s.ndjson", from_=("-",)), progress=QuietProgress())
    assert len(load(tmp_path / "s.ndjson").records) == READ["kubectl-yaml"]


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("cluster-info-dump", "cluster-info-dump"), ("cluster-info-dump-stdout", "cluster-info-dump"), ("cluster-info-dump-yaml", "cluster-info-dump"),
        ("kubectl-yaml", "command-output"), ("docker-inspect", "command-output"),
    ],
)  # fmt: skip
def test_the_header_names_the_format(bundles: Path, tmp_path: Path, name: str, format_: str) -> None:
    gathered(bundles / name, to=tmp_path / "s.ndjson")
    assert {capture.tool["format"] for capture in load(tmp_path / "s.ndjson").header.captures} == {format_}


INPUT = {
    "42-cluster-info-dump-kubectl-1.9": {"Pod": 3, "DaemonSet": 2, "Node": 1}, "45b-cluster-info-dump-stdout-no-prompt.txt": {"Pod": 3, "Node": 1},
    "47-kubectl-get-o-yaml": {"Pod": 3, "Node": 1}, "49-warning-line-above-json": {"Pod": 3},
}  # fmt: skip


@pytest.mark.parametrize("name", INPUT)
def test_what_people_posted_is_read(tmp_path: Path, name: str) -> None:
    assert gathered(INPUTS / name, to=tmp_path / "s.ndjson", strict=True).exit_code == 0
    found = load(tmp_path / "s.ndjson")
    assert {kind: len(found.by_kind(kind)) for kind in INPUT[name]} == INPUT[name]


def test_objects_of_an_old_kubectl_have_the_shape_of_the_api(tmp_path: Path) -> None:
    gathered(INPUTS / "42-cluster-info-dump-kubectl-1.9", to=tmp_path / "s.ndjson")
    found = load(tmp_path / "s.ndjson")
    pod = found.by_kind("Pod")[0].body
    assert pod["spec"]["containers"][0]["image"].startswith("gcr.io/google_containers/kube-apiserver")
    assert pod["spec"]["hostNetwork"] is True
    assert {capture.time[:4] for capture in found.header.captures} == {"2017"}


def test_a_value_that_is_hidden_by_name_is_hidden_wherever_it_stands(tmp_path: Path) -> None:
    gathered(INPUTS / "51-secret-under-another-name", to=tmp_path / "s.ndjson")
    text = (tmp_path / "s.ndjson").read_text("utf-8")
    assert "83a1af91" not in text
    assert text.count("‹hidden›") >= 6


# What is claimed ----------------------------------------------------------------------------------------------------------


def pod(name: str, namespace: str = "shop", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
    }  # fmt: skip


def node(name: str, uid: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "uid": uid}}


def listed(*items: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": items}


def test_a_dump_of_two_namespaces_is_complete_for_these_and_their_empty_lists(bundles: Path, tmp_path: Path) -> None:
    gathered(bundles / "cluster-info-dump", to=tmp_path / "s.ndjson")
    found = scopes(load(tmp_path / "s.ndjson"))
    assert found["core/pods", "kube-system"] == found["core/pods", "default"] == ("complete", "")
    assert found["apps/daemonsets", "default"] == ("complete", "")
    assert found["core/pods", None] == ("partial", "not-in-these-files")
    assert found["core/nodes", None] == ("complete", "")
    assert ("apps/statefulsets", None) not in found


CUT = pyyaml.safe_dump(listed(pod("a"), pod("b"), pod("c")))
UNNAMED = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop"}}


@pytest.mark.parametrize("end", [CUT.rindex("kind: List"), CUT.rindex("nginx"), CUT.rindex("- apiVersion")])
@pytest.mark.parametrize("folder", ["", "dump/shop/"])
def test_a_list_without_its_end_is_complete_for_nothing(tmp_path: Path, end: int, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / "pods.yaml").write_text(CUT[:end], "utf-8")
    if folder:  # where a format says that the file is all of the namespace
        (tmp_path / folder / "daemonsets.yaml").write_text(
            "kind: DaemonSetList\napiVersion: apps/v1\nitems: []\n", "utf-8"
        )
        (tmp_path / "dump/nodes.yaml").write_text("kind: NodeList\napiVersion: v1\nitems: []\n", "utf-8")
    assert gathered(tmp_path, to=tmp_path / "s.ndjson", strict=True).exit_code == 3
    found = load(tmp_path / "s.ndjson")
    assert {record.name for record in found.records} < {"a", "b", "c"}  # the last may be but a part of itself
    assert scopes(found)["core/pods", "shop"] == ("partial", "single-objects")
    assert scopes(found)["files/file", None] == ("partial", "cut-off")


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("kept", [0, 1, 2])
@pytest.mark.parametrize("folder", ["", "dump/shop/"])
def test_a_list_in_json_gives_what_stands_before_its_cut(
    tmp_path: Path, indent: int | None, kept: int, folder: str
) -> None:
    made = {
        "kind": "PodList",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "7"},
        "items": [pod("a"), pod("b"), pod("c")],
    }
    text = json.dumps(made, indent=indent)
    end = text.index(f'"name": "{"abc"[kept]}"')
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / "pods.json").write_text(text[:end], "utf-8")
    (tmp_path / folder / "services.json").write_text(
        '{"kind": "ServiceList", "apiVersion": "v1", "items": []}', "utf-8"
    )
    if folder:
        (tmp_path / folder / "replication-controllers.json").write_text('{"kind": "List", "items": []}', "utf-8")
    (tmp_path / "x.json").write_text(json.dumps(node("n1", "u1")), "utf-8")
    assert gathered(tmp_path, to=tmp_path / "s.ndjson", strict=True).exit_code == 3
    found = load(tmp_path / "s.ndjson")
    assert [record.name for record in found.records if record.kind == "Pod"] == list("abc")[:kept]
    named = {scope.path: (scope.result, scope.reason) for scope in found.header.scopes() if scope.name == "files/file"}
    (end_of_file,) = (end for path, end in named.items() if path and path.endswith("pods.json"))
    assert end_of_file == (("partial", "cut-off") if kept else ("failed", "cut-off"))
    assert ("core/pods", "shop") not in scopes(found) or scopes(found)["core/pods", "shop"] == (
        "partial",
        "single-objects",
    )


LIVING = pod("a", uid="u-a", creationTimestamp="2026-01-01T00:00:00Z") | {"status": {"phase": "Running"}}


@pytest.mark.parametrize("end", ["kind: Pod", "  name: a", "  uid:", "spec:", "  - image", "status:"])
def test_an_object_in_yaml_that_is_cut_off_costs_itself_and_says_so(tmp_path: Path, end: str) -> None:
    text = pyyaml.safe_dump(LIVING)
    (tmp_path / "a.yaml").write_text(text[: text.index(end)], "utf-8")
    (tmp_path / "b.yaml").write_text(pyyaml.safe_dump(pod("b")), "utf-8")  # that of a manifest, which nobody has cut
    assert gathered(tmp_path, to=tmp_path / "s.ndjson", strict=True).exit_code == 3
    found = load(tmp_path / "s.ndjson")
    assert [record.name for record in found.records] == ["b"]
    assert scopes(found)["files/file", None] == ("failed", "cut-off")


def event(what: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": what, "object": told}


WATCHED = [
    event("ADDED", pod("a", resourceVersion="1")), event("ADDED", pod("b", resourceVersion="2")), event("ADDED", pod("c", resourceVersion="3")),
    event("MODIFIED", pod("a", resourceVersion="5", labels={"seen": "twice"})), event("DELETED", pod("b", resourceVersion="6")),
    event("BOOKMARK", {"apiVersion": "v1", "kind": "Pod", "metadata": {"resourceVersion": "9"}}),
]  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        "\n".join(map(json.dumps, WATCHED)),
        "\n".join(json.dumps(one, indent=4) for one in WATCHED),
        pyyaml.safe_dump_all(WATCHED),
    ],
    ids=["lines", "indented", "yaml"],
)
def test_of_a_watch_the_last_state_of_each_object_stands(tmp_path: Path, written: str) -> None:
    """kubectl get -w --output-watch-events, and the API's own watch."""
    (tmp_path / "pods.json").write_text(written, "utf-8")
    assert gathered(tmp_path, to=tmp_path / "s.ndjson", strict=True).exit_code == 0
    found = load(tmp_path / "s.ndjson")
    shown = {record.name: record.intent.get("labels") or record.intent.get("metadata") for record in found.records}
    assert shown.keys() == {"a", "c"}
    assert "twice" in str(shown["a"])
    assert scopes(found)["core/pods", "shop"] == ("partial", "single-objects")


@pytest.mark.parametrize(
    "form", [lambda *items: listed(*items), lambda *items: [*items], lambda *items: {"items": [*items]}]
)
@pytest.mark.parametrize("broken", [UNNAMED, None, 5])
def test_a_list_of_which_something_was_not_understood_is_complete_for_nothing(
    tmp_path: Path, form: Callable[..., Any], broken: Any
) -> None:
    (tmp_path / "pods.json").write_text(json.dumps(form(pod("a"), broken, pod("b"))), "utf-8")
    gathered(tmp_path, to=tmp_path / "s.ndjson")
    found = load(tmp_path / "s.ndjson")
    assert {record.name for record in found.records} == {"a", "b"}
    assert scopes(found)["core/pods", "shop"] == ("partial", "single-objects")


def test_the_sums_close_whatever_a_kind_is_called(tmp_path: Path) -> None:
    items = [{**pod("a"), "kind": kind} for kind in ("Pod", "pod", "POD")]
    (tmp_path / "x.json").write_text(json.dumps(listed(*items)), "utf-8")
    gathered(tmp_path, to=tmp_path / "s.ndjson")
    found = load(tmp_path / "s.ndjson")
    assert sum(scope.count for scope in found.header.scopes()) == len(found.records) == 3


@pytest.mark.parametrize("odd", [5, "all", {"a": 1}, True])
def test_what_only_looks_like_a_list_is_none(tmp_path: Path, odd: Any) -> None:
    (tmp_path / "pods.json").write_text(json.dumps({"apiVersion": "v1", "kind": "PodList", "items": odd}), "utf-8")
    assert gathered(tmp_path, to=tmp_path / "s.ndjson").exit_code == 2


def test_a_dump_without_nodes_is_one_all_the_same(bundles: Path, tmp_path: Path) -> None:
    """Who may not list nodes has the lists of namespaces alone."""
    shutil.copytree(bundles / "cluster-info-dump", tmp_path / "dump", ignore=shutil.ignore_patterns("nodes.json"))
    gathered(tmp_path, to=tmp_path / "s.ndjson", strict=True)
    found = load(tmp_path / "s.ndjson")
    assert [capture.tool["format"] for capture in found.header.captures] == ["cluster-info-dump"]
    assert scopes(found)["apps/daemonsets", "default"] == ("complete", "")
    assert ("core/nodes", None) not in scopes(found)


PSA = "POD ID              CREATED             STATE               NAME                 NAMESPACE           ATTEMPT             RUNTIME\n"


@pytest.mark.parametrize(
    ("left", "added", "name"),
    [
        (["pods", "nodes.json"], {}, "rancher01"),  # rows of pods say where these are
        (["nodes.json"], {}, "rancher01"),  # the only node
        ([], {"systeminfo/uname": "Linux worker-7 5.15.0-91-generic #101-Ubuntu SMP x86_64 GNU/Linux"}, "worker-7"),
        ([], {"systeminfo/hostname": "worker-8\n", "systeminfo/uname": "Linux worker-8 5.15.0 #1 SMP"}, "worker-8"),
        ([], {"rke2/crictl/pods": "".join(f"0a1b2c3d4e5f{number}       3 days ago          Ready               {pod}-worker-9       kube-system         0                   (default)\n" for number, pod in enumerate(("etcd", "kube-proxy")))}, "worker-9"),
        ([], {}, "node"),  # nothing says it
    ],
)  # fmt: skip
def test_a_node_of_rke2_has_its_name_from_whatever_says_it(
    bundles: Path, tmp_path: Path, left: list[str], added: Mapping[str, str], name: str
) -> None:
    (sample,) = (bundles / "rancher-logs-collector-rke2").iterdir()
    root = tmp_path / "sent-by-mail"
    shutil.copytree(sample, root)
    for path in [path for path in (root / "rke2/kubectl").rglob("*") if path.is_file() and path.name not in left]:
        path.unlink()
    for path, content in added.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{PSA if path.endswith('crictl/pods') else ''}{content}", "utf-8")
    heard = Heard()
    gathered(tmp_path, to=tmp_path / "s.ndjson", heard=heard)
    found = load(tmp_path / "s.ndjson")
    assert {record.namespace for record in found.records if record.kind == "EngineContainer"} == {name}
    assert any("has its name in none of them" in note for note in heard.notes) == (name == "node")


FORBIDDEN = 'Error from server (Forbidden): secrets is forbidden: User "u" cannot list resource "secrets" in API group "" in the namespace "shop"'


@pytest.mark.parametrize(
    ("said", "name", "place", "end"),
    [
        (FORBIDDEN, "core/secrets", "shop", ("forbidden", "Forbidden")),
        ('deployments.apps is forbidden: User "u" cannot list resource "deployments" in API group "apps" at the cluster scope', "apps/deployments", None, ("forbidden", "Forbidden")),
        ("error: You must be logged in to the server (Unauthorized)", "core/secrets", None, ("forbidden", "Unauthorized")),
        ("No resources found in shop namespace.", "core/secrets", None, ("partial", "empty-list")),
        (
            json.dumps({
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "details": {"group": "apps", "kind": "deployments"}, "code": 403,
                "message": 'deployments.apps is forbidden: User "u" cannot list resource "deployments" in API group "apps" in the namespace "shop"',
            }),
            "apps/deployments", "shop", ("forbidden", "Forbidden"),
        ),
        ('{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}', "core/secrets", None, ("absent", "NotFound")),
        ("error: the server doesn't have a resource type \"ingress\"", "networking.k8s.io/ingresses", None, ("absent", "NotFound")),
    ],
)  # fmt: skip
def test_an_error_in_place_of_a_list_is_a_scope(
    tmp_path: Path, said: str, name: str, place: str | None, end: tuple[str, str]
) -> None:
    said = f"Error from server (Forbidden): {said}" if said.startswith("deployments.apps") else said
    (tmp_path / "pods.json").write_text(json.dumps(listed(pod("a"))), "utf-8")
    (tmp_path / "secrets.json").write_text(f"{said}\n", "utf-8")
    gathered(tmp_path, to=tmp_path / "s.ndjson")
    found = scopes(load(tmp_path / "s.ndjson"))
    assert found[name, place] == end
    assert found.get(("files/file", None), ("skipped", ""))[0] == "skipped"


def test_what_was_said_after_a_document_costs_no_document(tmp_path: Path) -> None:
    (tmp_path / "pods").write_text(f"{json.dumps(listed(pod('a')))}\nerror: the command was stopped\n", "utf-8")
    gathered(tmp_path / "pods", to=tmp_path / "s.ndjson")
    found = load(tmp_path / "s.ndjson")
    assert [record.name for record in found.records] == ["a"]
    assert scopes(found)["files/file", None] == ("partial", "command-failed")


# What stands twice --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["old", "new"])
def test_of_two_states_of_an_object_the_newer_stands(tmp_path: Path, first: str) -> None:
    states = {"old": ("9", "nginx:1"), "new": ("10", "nginx:2")}
    for at, name in enumerate((first, "new" if first == "old" else "old")):
        version, image = states[name]
        item = pod("a", resourceVersion=version)
        item["spec"]["containers"][0]["image"] = image
        (tmp_path / f"{at}.json").write_text(json.dumps(listed(item)), "utf-8")
    heard = Heard()
    gathered(tmp_path, to=tmp_path / "s.ndjson", heard=heard)
    found = load(tmp_path / "s.ndjson")
    (record,) = found.records
    assert record.body["spec"]["containers"][0]["image"] == "nginx:2"
    assert dict(found.header.twice) == {"core/Pod": 1}
    assert sum(scope.count for scope in found.header.scopes()) == 2
    assert any("stand in two places and differ: 1" in note for note in heard.notes)


# Several bundles ----------------------------------------------------------------------------------------------------------


def bundle(path: Path, *items: Mapping[str, Any]) -> Path:
    path.write_bytes(gzip.compress(json.dumps(listed(*items)).encode()))
    return path


SYSTEM = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}


def test_bundles_of_one_cluster_come_together(bundles: Path, tmp_path: Path) -> None:
    gathered(
        bundles / "cluster-info-dump",
        bundles / "kubectl-yaml-docs",
        bundles / "docker-inspect",
        to=tmp_path / "s.ndjson",
    )
    found = load(tmp_path / "s.ndjson")
    assert {capture.tool["format"] for capture in found.header.captures} == {"cluster-info-dump", "command-output"}
    assert found.header.twice
    assert {capture.node for capture in found.header.captures} == {None, "rancher01"}


def with_uid(uid: str) -> dict[str, Any]:
    return {**SYSTEM, "metadata": {**SYSTEM["metadata"], "uid": uid}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ((with_uid("u1"),), (with_uid("u2"),), True),
        ((node("a", "n1"),), (node("a", "n2"), node("b", "n3")), True),
        ((node("a", "n1"),), (node("a", "n1"), node("b", "n3")), False),
        ((with_uid("u1"),), (node("a", "n1"),), False),
    ],
)  # fmt: skip
def test_bundles_of_two_clusters_are_refused(
    bundles: Path, tmp_path: Path, one: tuple[Any, ...], other: tuple[Any, ...], refused: bool
) -> None:
    for name, items in (("east", one), ("west", other)):
        folder = tmp_path / name / "shop"
        folder.mkdir(parents=True)
        (folder / "daemonsets.json").write_text(
            '{"kind": "DaemonSetList", "apiVersion": "apps/v1", "items": []}', "utf-8"
        )
        (tmp_path / name / "nodes.json").write_text(json.dumps(listed(*items)), "utf-8")
    if refused:
        with pytest.raises(UsageError, match="two clusters: east and west"):
            gathered(tmp_path / "east", tmp_path / "west", to=tmp_path / "s.ndjson")
    else:
        assert gathered(tmp_path / "east", tmp_path / "west", to=tmp_path / "s.ndjson").exit_code == 0


@pytest.mark.parametrize("folders", [("east", "west"), ("both/east", "both/west")])
def test_what_commands_printed_of_two_clusters_is_refused(tmp_path: Path, folders: tuple[str, str]) -> None:
    for folder, uid in zip(folders, ("u1", "u2"), strict=True):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "namespaces.yaml").write_text(pyyaml.safe_dump(listed(with_uid(uid))), "utf-8")
    given = {tmp_path / folder.split("/")[0] for folder in folders}
    with pytest.raises(
        UsageError, match=r"two clusters: [a-z/]*east/namespaces\.yaml and [a-z/]*west/namespaces\.yaml"
    ):
        gathered(*sorted(given), to=tmp_path / "s.ndjson")


def test_nodes_that_came_in_files_of_their_own_are_of_one_cluster(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(node(name, f"uid-{name}")), "utf-8")
    assert gathered(tmp_path / "a.json", tmp_path / "b.json", to=tmp_path / "s.ndjson").exit_code == 0


def test_who_inspected_all_containers_may_say_so(bundles: Path, tmp_path: Path) -> None:
    for complete, end in (((), "partial"), (("containers", "images"), "complete")):
        gathered(bundles / "docker-inspect", to=tmp_path / "s.ndjson", complete=complete)
        assert scopes(load(tmp_path / "s.ndjson"))["engine/containers", None][0] == end
    with pytest.raises(UsageError, match="containers"):
        gathered(bundles / "kubectl-yaml", to=tmp_path / "s.ndjson", complete=("containers",))


# What is left out ---------------------------------------------------------------------------------------------------------


def test_what_is_left_out_belongs_to_the_bundle_that_it_lies_in(bundles: Path, tmp_path: Path) -> None:
    """Its format stands in the header alone, and its time."""
    whole = tmp_path / "whole.tar"
    packed(bundles / "cluster-info-dump", whole)
    link = tarfile.TarInfo("./nodes-link.json")
    link.type, link.linkname = tarfile.SYMTYPE, "nodes.json"
    broken = gzip.compress(link.tobuf() + whole.read_bytes())
    (tmp_path / "broken.tar.gz").write_bytes(broken[: len(broken) - 400])
    gathered(tmp_path / "broken.tar.gz", to=tmp_path / "s.ndjson")
    (capture,) = load(tmp_path / "s.ndjson").header.captures
    assert capture.tool["format"] == "cluster-info-dump" and capture.time.startswith("2026-11-23")
    assert {scope.reason for scope in capture.scopes} >= {"link", "archive-broken"}


def test_files_that_gave_nothing_have_no_time_of_their_own(bundles: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text("see the bundle\n", "utf-8")
    gathered(bundles / "cluster-info-dump", tmp_path / "notes", to=tmp_path / "s.ndjson")
    captures = load(tmp_path / "s.ndjson").header.captures
    assert len({capture.time for capture in captures}) == 1
    assert [capture.tool.get("format", "") for capture in captures] == ["", "cluster-info-dump"]


# What is never read -------------------------------------------------------------------------------------------------------

PAGE = b"\0" * 16 + b"\xed\xda\x0c\xed" + b"\0" * 4076
STATE = {"desiredState": {"certificatesBundle": {"kube-ca": {"keyPEM": "SECRET"}}}, "currentState": {}}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("snapshot.db", PAGE, "etcd-snapshot"), ("bundle.age", b"age-encryption.org/v1\n-> X25519 x\n", "encrypted"),
        ("x.asc", b"-----BEGIN PGP MESSAGE-----\n", "encrypted"), ("cluster.rkestate", json.dumps(STATE).encode(), "rke-state"),
    ],
)  # fmt: skip
def test_what_is_never_read_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert gathered(tmp_path / name, to=tmp_path / "s.ndjson").exit_code == 2
    said = capsys.readouterr().err
    assert name in said and reason in said
    assert "SECRET" not in said
    (tmp_path / "pods.json").write_text(json.dumps(listed(pod("a"))), "utf-8")
    assert gathered(tmp_path, to=tmp_path / "s.ndjson", strict=True).exit_code == 0
    assert reason in capsys.readouterr().err


# The plan -----------------------------------------------------------------------------------------------------------------


def test_the_plan_says_what_it_is_and_what_would_be_left_out(
    bundles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = packed(bundles / "cluster-info-dump", tmp_path / "dump.tar.gz")
    (tmp_path / "notes.txt").write_text("nothing to see\n", "utf-8")
    outcome = gathered(archive, tmp_path / "notes.txt", to=tmp_path / "s.ndjson", plan=True)
    assert outcome.exit_code == 0
    assert not (tmp_path / "s.ndjson").exists()
    said = capsys.readouterr().out
    assert "read dump.tar.gz: cluster-info-dump  (15 files as documents)" in said
    assert "(12 files: no-objects" in said
    assert "leave out notes.txt  (1 file: not-json" in said
    assert "0 kinds of requests; nothing else would be sent" in said


# The registry -------------------------------------------------------------------------------------------------------------


def test_each_format_has_a_name_of_its_own_and_says_what_it_can_and_cannot() -> None:
    formats = (*FORMATS, OTHERWISE)
    assert len({one.name for one in formats}) == len(formats)
    assert all(one.title and one.recognised and one.shows and one.lacks for one in formats)
