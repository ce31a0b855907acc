"""A node that has only Docker: from the real engine to a ledger and a site, by the commands that a person types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rkedoc.cli import cli
from tests.support import dockerd as support
from tests.support.dockerd import Dockerd

pytestmark = pytest.mark.engine

SECRET = "CANARY-e2e-5up3rs3cr3t"
UID = "0b0c9a50-6c5d-4c5e-9d0a-0f5a3c8f1e11"


@pytest.fixture(scope="module")
def dockerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    yield from support.fixture(tmp_path_factory)


def _pod(engine: Dockerd, container: str, kind: str, image: str, *, attempt: int = 0, start: bool = True) -> None:
    labels = {
        "io.kubernetes.container.name": container, "io.kubernetes.docker.type": kind, "io.kubernetes.pod.name": "canal-x7x9z",
        "io.kubernetes.pod.namespace": "kube-system", "io.kubernetes.pod.uid": UID, "controller-revision-hash": "59d4c5cb6c",
    }  # fmt: skip
    name = f"k8s_{container}_canal-x7x9z_kube-system_{UID}_{attempt}"
    engine.create(
        name, image, ["/bin/sleep", "1000000"], start=start, labels=labels, environment={"DB_PASSWORD": SECRET}
    )


@pytest.fixture(scope="module")
def snapshot(dockerd: Dockerd, tmp_path_factory: pytest.TempPathFactory) -> Path:
    forever = ["/bin/sleep", "1000000"]
    for name in ("rancher/hyperkube:v1.20.9-rancher1", "rancher/pause:3.2", "rancher/rancher-agent:v2.5.5", "rancher/calico-node:v3.16.5",
                 "nginx:1.19"):  # fmt: skip
        dockerd.image(name)
    dockerd.create(
        "kubelet", "rancher/hyperkube:v1.20.9-rancher1", forever, labels={"io.rancher.rke.container.name": "kubelet"}
    )
    dockerd.create(
        "share-mnt",
        "rancher/rancher-agent:v2.5.5",
        ["/bin/true"],
        labels={"io.rancher.rke.container.name": "share-mnt"},
    )
    dockerd.create("happy_hopper", "rancher/rancher-agent:v2.5.5", [*forever], environment={"CATTLE_TOKEN": SECRET})
    dockerd.create("blog", "nginx:1.19", forever)
    _pod(dockerd, "POD", "podsandbox", "rancher/pause:3.2")
    _pod(dockerd, "calico-node", "container", "rancher/calico-node:v3.16.5", start=False)
    _pod(dockerd, "calico-node", "container", "rancher/calico-node:v3.16.5", attempt=1)
    output = tmp_path_factory.mktemp("node") / "node.ndjson.zst"
    result = _run("collect", "--kubernetes", "none", "--engine", dockerd.url, "-o", str(output), "--quiet")
    assert result.exit_code == 0, result.output
    return output


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_every_container_of_the_engine_is_accounted_for(dockerd: Dockerd, snapshot: Path) -> None:
    ledger = json.loads(_run("ledger", str(snapshot), "--format", "json").output)
    lines = {line["name"]: line for line in ledger["containers"]}
    assert {name: line["state"] for name, line in lines.items()} == dockerd.states()
    assert ledger["closes_for_what_was_seen"] is True
    assert ledger["unexplained"] == []
    found = {name: (line["role"], line["origin"], line["component"]) for name, line in lines.items()}
    assert found == {
        "kubelet": ("standalone", "control-plane", "kubelet"),
        "share-mnt": ("standalone", "helper", "share-mnt"),
        "happy_hopper": ("standalone", "rancher-agent", "rancher-agent-bootstrap"),
        "blog": ("standalone", "workload", None),
        f"k8s_POD_canal-x7x9z_kube-system_{UID}_0": ("sandbox", "platform", "pause"),
        f"k8s_calico-node_canal-x7x9z_kube-system_{UID}_0": ("previous-attempt", "platform", "canal-calico-node"),
        f"k8s_calico-node_canal-x7x9z_kube-system_{UID}_1": ("app", "platform", "canal-calico-node"),
    }


def test_the_site_tells_of_them_and_of_no_secret(snapshot: Path, tmp_path: Path) -> None:
    result = _run("build", str(snapshot), "-o", str(tmp_path / "site"), "--quiet")
    assert result.exit_code == 0, result.output
    assert "Traceback" not in result.output
    pages = list((tmp_path / "site").rglob("*"))
    assert any(page.name.startswith("daemonset-kube-system-canal") for page in pages)
    for page in pages:
        if page.is_file():
            assert SECRET.encode() not in page.read_bytes(), page
