"""What happens to a node by itself, done to its raw answers: a reboot, containers made anew, a rollout, newer defaults."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rkedoc.catalog.loader import load_catalog
from rkedoc.cli import cli
from rkedoc.diff.model import Diff
from rkedoc.diff.render.words import place
from rkedoc.diff.run import compare
from tests.support.player import playing

Json = dict[str, Any]
Doing = Callable[[Path], object]
CATALOG = load_catalog()


@pytest.fixture
def after(
    recording: Callable[[str], Path], collected: Callable[[str], Path], tmp_path: Path
) -> Callable[[Doing], Diff]:
    """``after(something)`` compares the recorded node with what it is after something was done to its answers."""

    def run(doing: Doing) -> Diff:
        folder = tmp_path / "node"
        shutil.copytree(recording("rke-single-node"), folder)
        doing(folder)
        with playing(folder, tmp_path) as node:
            arguments = ["collect", "-o", str(tmp_path / "after.ndjson"), "--cluster", "demo", "--engine", node.engine,
                         "--kubeconfig", str(node.kubeconfig), "--quiet"]  # fmt: skip
            result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return compare(collected("rke-single-node"), tmp_path / "after.ndjson", CATALOG)

    return run


def told(found: Diff) -> set[tuple[str, str, str]]:
    return {
        (change.kind, change.name, place(edit.path) if edit is not None else change.change)
        for change in found.changes
        for edit in change.edits or (None,)
    }


# -- doing something to raw answers ------------------------------------------------------------------------------------


def containers(folder: Path) -> Iterator[tuple[Path, Json]]:
    for path in sorted((folder / "docker" / "containers").glob("*.json")):
        yield path, json.loads(path.read_bytes())


def lists(folder: Path) -> Iterator[tuple[Path, Json]]:
    for path in sorted((folder / "k8s").glob("*.json")):
        content = json.loads(path.read_bytes())
        if isinstance(content, dict) and str(content.get("kind", "")).endswith("List"):
            yield path, content


def edit(folder: Path, kind: str, name: str, change: Callable[[Json], object]) -> int:
    """Change an object in every list that has it; gives how many have."""
    count = 0
    for path, content in lists(folder):
        for item in content.get("items") or ():
            if content["kind"] == f"{kind}List" and item["metadata"]["name"] == name:
                change(item)
                count += 1
        path.write_text(json.dumps(content), "utf-8")
    assert count, (kind, name)
    return count


def reboot(folder: Path) -> None:
    """Every running container of a pod leaves a dead instance behind and gets a successor; plain ones begin again."""
    listed = json.loads((folder / "docker" / "containers.json").read_bytes())
    rows = {row["Id"]: row for row in listed}
    paths = (folder / "index.txt").read_text("utf-8").splitlines()
    renamed: dict[str, str] = {}
    for path, content in list(containers(folder)):
        old, running = content["Id"], content["State"]["Running"]
        if not running:
            continue
        if not content["Name"].startswith("/k8s_"):
            content["State"] |= {"StartedAt": "2026-11-24T01:00:00Z", "FinishedAt": "2026-11-24T00:59:00Z", "Pid": 4711}
            path.write_text(json.dumps(content), "utf-8")
            continue
        fresh = copy.deepcopy(content)
        head, _underline, attempt = content["Name"].rpartition("_")
        fresh["Id"] = renamed[old] = f"{random.Random(old).getrandbits(256):064x}"
        fresh["Name"] = f"{head}_{int(attempt) + 1}"
        fresh["State"]["StartedAt"] = "2026-11-24T01:00:00Z"
        fresh["LogPath"] = f"/var/log/{fresh['Id']}"
        content["State"] |= {
            "Status": "exited",
            "Running": False,
            "Pid": 0,
            "ExitCode": 255,
            "FinishedAt": "2026-11-24T00:59:00Z",
        }
        path.write_text(json.dumps(content), "utf-8")
        (path.parent / f"{fresh['Id']}.json").write_text(json.dumps(fresh), "utf-8")
        paths.append(f"200 /containers/{fresh['Id']}/json docker/containers/{fresh['Id']}.json")
        row = copy.deepcopy(rows[old])
        row |= {"Id": fresh["Id"], "Names": [fresh["Name"]], "Status": "Up 1 minute"}
        rows[old] |= {"State": "exited", "Status": "Exited (255) 1 minute ago"}
        listed.append(row)
    for path in (folder / "docker" / "containers").glob("*.json"):
        text = path.read_text("utf-8")
        content = json.loads(text)
        labels = content["Config"]["Labels"]
        if content["State"]["Running"] and labels.get("io.kubernetes.sandbox.id") in renamed:
            labels["io.kubernetes.sandbox.id"] = renamed[labels["io.kubernetes.sandbox.id"]]
        path.write_text(json.dumps(content), "utf-8")
    random.Random(1).shuffle(listed)
    (folder / "docker" / "containers.json").write_text(json.dumps(listed), "utf-8")
    (folder / "index.txt").write_text("\n".join(paths) + "\n", "utf-8")
    for number, (path, content) in enumerate(lists(folder)):
        for item in content.get("items") or ():
            item["metadata"]["resourceVersion"] = str(99_000 + number)
            if content["kind"] == "PodList" and "podIP" in item.get("status", {}):
                item["status"] |= {"podIP": f"10.42.0.{number + 200}", "podIPs": [{"ip": f"10.42.0.{number + 200}"}]}
                for status in item["status"].get("containerStatuses", ()):
                    status["restartCount"] += 1
                    status["containerID"] = f"docker://{renamed.get(status.get('containerID', '')[9:], '0' * 64)}"
        path.write_text(json.dumps(content), "utf-8")


def other_order(folder: Path) -> None:
    """RKE makes its plain containers anew: another id, and the flags in another order, as its Go maps have it."""
    chance = random.Random(7)
    for path, content in containers(folder):
        if "io.rancher.rke.container.name" in content["Config"]["Labels"]:
            for name in ("Entrypoint", "Cmd"):
                words = content["Config"][name] or []
                first = next((n for n, word in enumerate(words) if word.startswith("--") and word != "--"), len(words))
                rest = words[first:]
                chance.shuffle(rest)
                content["Config"][name] = [*words[:first], *rest] or None
            for name in ("Env", "Binds"):
                chance.shuffle((content["Config"] if name == "Env" else content["HostConfig"]).get(name) or [])
            content["Mounts"].reverse()
            content["Args"] = (content["Config"]["Entrypoint"] or [])[1:] + (content["Config"]["Cmd"] or [])
            content["Created"] = "2026-11-24T01:00:00Z"
        path.write_text(json.dumps(content), "utf-8")


def newer_defaults(folder: Path) -> None:
    """A newer server fills in what an older one left out, and says so in another version."""
    for path, content in lists(folder):
        for item in content.get("items") or ():
            spec = item.get("spec", {}) if isinstance(item.get("spec"), dict) else {}
            pod = (
                spec.get("template", {}).get("spec", {})
                if content["kind"] in ("DeploymentList", "DaemonSetList")
                else {}
            )
            for container in pod.get("containers", ()):
                container.setdefault("terminationMessagePolicy", "File")
                container.setdefault("resources", {})
                for port in container.get("ports", ()):
                    port.setdefault("protocol", "TCP")
            if content["kind"] == "ServiceList":
                spec |= {"internalTrafficPolicy": "Cluster", "ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"]}
            if content["kind"] == "NamespaceList":
                item["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = item["metadata"]["name"]
            item["metadata"]["managedFields"] = [{"manager": "kubelet", "operation": "Update"}]
        path.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize("doing", [reboot, other_order, newer_defaults])
def test_what_nobody_decided_is_no_change(after: Callable[[Doing], Diff], doing: Doing) -> None:
    found = after(doing)
    assert (told(found), found.unknown, found.notes) == (set(), (), ())


def _image(item: Json) -> None:
    item["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.21.0"


def rollout(folder: Path) -> None:
    """A Deployment gets another image; its old ReplicaSet stays with no pods, and new pods have other names."""
    edit(folder, "Deployment", "webapp", _image)
    edit(
        folder,
        "Deployment",
        "webapp",
        lambda o: o["metadata"]["annotations"].update({"deployment.kubernetes.io/revision": "7"}),
    )
    for path, content in lists(folder):
        if content["kind"] == "ReplicaSetList":
            (old,) = [item for item in content["items"] if item["metadata"]["name"].startswith("webapp-")]
            fresh = copy.deepcopy(old)
            fresh["metadata"] |= {"name": "webapp-5d8f7c9b4d", "uid": "fresh-uid"}
            _image(fresh)
            old["spec"]["replicas"] = 0
            content["items"].append(fresh)
        if content["kind"] == "PodList":
            for number, item in enumerate(content["items"]):
                if item["metadata"]["name"].startswith("webapp-"):
                    item["metadata"] |= {"name": f"webapp-5d8f7c9b4d-{'bcdfg'[number % 5]}xzv2", "uid": f"uid-{number}"}
                    item["spec"]["containers"][0]["image"] = "nginx:1.21.0"
                    for owner in item["metadata"]["ownerReferences"]:
                        owner["name"] = "webapp-5d8f7c9b4d"
        path.write_text(json.dumps(content), "utf-8")


def test_a_rollout_is_one_change_at_the_deployment(after: Callable[[Doing], Diff]) -> None:
    assert told(after(rollout)) == {("Deployment", "webapp", "spec.template.spec.containers[web].image")}


def flag(folder: Path) -> None:
    for path, content in containers(folder):
        if content["Name"] == "/kubelet":
            for words in (content["Config"]["Entrypoint"], content["Args"]):
                words[words.index("--event-qps=0")] = "--event-qps=5"
        path.write_text(json.dumps(content), "utf-8")


def six(folder: Path) -> None:
    """Six things that somebody did, in a node that was rebooted, whose plain containers were made anew, on a newer server."""
    rollout(folder)
    flag(folder)
    edit(
        folder,
        "ConfigMap",
        "coredns",
        lambda o: o["data"].update(Corefile=o["data"]["Corefile"].replace("cache 30", "cache 9")),
    )
    edit(folder, "ClusterRole", "system:coredns", lambda o: o["rules"][0]["verbs"].append("delete"))
    edit(folder, "Node", "rancher01", lambda o: o["metadata"]["labels"].update(disk="ssd"))
    edit(folder, "HorizontalPodAutoscaler", "webapp", lambda o: o["spec"].update(maxReplicas=9))
    other_order(folder)
    newer_defaults(folder)
    reboot(folder)


def test_six_things_that_somebody_did_amid_heavy_churn_are_all_that_is_told(after: Callable[[Doing], Diff]) -> None:
    found = after(six)
    assert len(found.changes) == 6
    shown = told(found)
    assert {("Deployment", "webapp", "spec.template.spec.containers[web].image"), ("ConfigMap", "coredns", "data.Corefile"),
            ("Node", "rancher01", "metadata.labels.disk"), ("HorizontalPodAutoscaler", "webapp", "spec.maxReplicas"),
            ("EngineContainer", "kubelet", "entrypoint[--event-qps]")} < shown  # fmt: skip
    ((kind, name, where),) = [item for item in shown if item[0] == "ClusterRole"]
    assert (kind, name) == ("ClusterRole", "system:coredns")
    assert where.endswith(".verbs[delete]")


def upgraded(folder: Path) -> None:
    """Rancher and Kubernetes are upgraded: the agent on each node is gone, everything else has newer images."""
    for path, content in lists(folder):
        if content["kind"] in ("DaemonSetList", "PodList"):
            content["items"] = [
                i for i in content["items"] if not i["metadata"]["name"].startswith("cattle-node-agent")
            ]
        text = json.dumps(content).replace("rancher/rancher-agent:v2.5.5", "rancher/rancher-agent:v2.12.1")
        path.write_text(text.replace('"v1.20.9"', '"v1.24.4"'), "utf-8")


def test_an_upgrade_says_what_it_brought_and_what_it_took_away(after: Callable[[Doing], Diff]) -> None:
    found = after(upgraded)
    meaning = {change.name: " ".join(change.meaning) for change in found.changes}
    assert "Gone with Rancher 2.12.0" in meaning["cattle-node-agent"]
    assert "Kubernetes 1.24 has no dockershim any more" in meaning["rancher01"]
    assert "Kubernetes 1.22 no longer serves the v1beta1 versions of Ingress" in meaning["rancher01"]
    assert "1.25" not in meaning["rancher01"]
    assert ("Kubernetes", "v1.20.9", "v1.24.4") in {(one.name, one.old, one.new) for one in found.versions}


def renamed_by_an_upgrade(folder: Path) -> None:
    """Rancher's upgrade moves Fleet into another namespace, with a newer agent."""
    for path in (*(folder / "k8s").glob("*.json"), *(folder / "docker").rglob("*.json")):
        text = path.read_text("utf-8").replace("rancher/fleet-agent:v0.3.3", "rancher/fleet-agent:v0.3.5")
        path.write_text(text.replace("fleet-system", "cattle-fleet-system"), "utf-8")


def test_a_namespace_that_an_upgrade_renamed_is_recognised_with_all_that_is_in_it(
    after: Callable[[Doing], Diff],
) -> None:
    found = after(renamed_by_an_upgrade)
    moved = {(change.kind, change.old_id) for change in found.changes if change.change == "moved"}
    assert ("Namespace", "core/Namespace/-/fleet-system") in moved
    assert ("Deployment", "apps/Deployment/fleet-system/fleet-agent") in moved
    assert {change.change for change in found.changes if change.place != ("", "")} == {"moved"}
    namespace = next(change for change in found.changes if change.kind == "Namespace")
    assert "Rancher 2.6" in str(namespace.evidence)
    assert "objects have the same kind and name there" in str(namespace.evidence)
    agent = next(change for change in found.changes if change.name == "fleet-agent" and change.kind == "Deployment")
    assert agent.version == ("v0.3.3", "v0.3.5")
