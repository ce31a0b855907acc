"""A node of RKE2 from its runtime, its API and its host to the site: both halves of the account are there, and no secret is."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rkedoc.cli import cli
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import collect
from rkedoc.sphinxext.project import Built, build_site
from tests.host import nodes as hosts
from tests.support import cri_player
from tests.support.archives import DATA, Archives
from tests.support.collecting import Heard


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Archives(DATA / "cri", tmp_path_factory.mktemp("cri"))("cri-containerd")


@pytest.fixture(scope="module")
def snapshot(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node")
    hosts.rke2_server(folder / "root")
    with cri_player.running(cri_player.recorded(recorded)) as player:
        options = CollectOptions(
            output=folder / "node.ndjson", runtimes=(player.url,), from_=(recorded / "k8s",), host=folder / "root", cluster="rke2",
            node_name="rke2-01", collected_at="2026-11-23T12:00:00Z", complete=("pods", "nodes"),
        )  # fmt: skip
        assert collect(options, progress=Heard()).exit_code == 0
    return folder / "node.ndjson"


@pytest.fixture(scope="module")
def site(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_site(snapshot, tmp_path_factory.mktemp("out") / "site", language="en,zh_CN")


def page(site: Built, name: str, language: str = "en") -> str:
    """The text of a page, without its marks."""
    content = (site.folder / language / f"{name}.html").read_text("utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", content)).split())


def told(snapshot: Path) -> dict[str, Any]:
    result = CliRunner().invoke(cli, ["ledger", str(snapshot), "--format", "json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_it_is_built_without_a_warning(site: Built) -> None:
    assert site.warnings == ()


def test_both_halves_close_on_the_page_as_at_the_terminal(site: Built, snapshot: Path) -> None:
    ledger = told(snapshot)
    assert ledger["closes_for_what_was_seen"]
    assert ledger["processes"]["closes"]
    assert (ledger["total"], ledger["processes"]["total"]) == (51, 6)
    shown = page(site, "ledger")
    assert "51 containers" in shown
    assert "6 processes − 2 in containers − 1 of the platform itself − 3 of the operating system = 0" in shown
    assert "containerd 1.6.20" in shown
    assert "not visible through CRI" in shown


def test_a_component_that_runs_as_a_process_has_its_page(site: Built) -> None:
    shown = page(site, "processes/rke2-server")
    assert "rke2-server.service" in shown
    assert "If it stops" in shown
    assert "9345/tcp" in shown
    assert "rke2 server" in page(site, "processes")


def test_the_page_of_the_node_shows_processes_sockets_units_and_files(site: Built) -> None:
    shown = page(site, "nodes/rke2-01")
    for words in ("Who listens where", "6443/TCP", "the Kubernetes API (HTTPS)", "Units of the platform", "/etc/rancher/rke2/config.yaml",
                  "SUSE Linux Enterprise Server 15 SP6", "net.ipv4.ip_forward=1", "kube-apiserver"):  # fmt: skip
        assert words in shown, words


def test_the_same_pages_are_there_in_chinese(site: Built) -> None:
    for name in ("processes", "processes/rke2-server", "nodes/rke2-01", "ledger"):
        assert re.search(r"[\u4e00-\u9fff]", page(site, name, "zh_CN"))
    assert "节点的进程" in page(site, "processes", "zh_CN")


def test_no_secret_of_the_runtime_or_the_host_is_anywhere(site: Built, snapshot: Path, recorded: Path) -> None:
    planted = [*json.loads((recorded / "canaries.json").read_text("utf-8")), hosts.SECRET]
    for path in (snapshot, *(path for path in site.folder.rglob("*") if path.is_file())):
        content = path.read_bytes()
        assert [secret for secret in planted if secret.encode() in content] == [], path


def test_a_site_without_hosts_has_no_page_about_processes_and_says_how_to_get_one(
    recorded: Path, tmp_path: Path
) -> None:
    with cri_player.running(cri_player.recorded(recorded)) as player:
        options = CollectOptions(output=tmp_path / "n.ndjson", runtimes=(player.url,), kubernetes=False, cluster="c")
        collect(options, progress=Heard())
    built = build_site(tmp_path / "n.ndjson", tmp_path / "site")
    assert not (built.folder / "processes.html").exists()
    content = (built.folder / "ledger.html").read_text("utf-8")
    assert "rkedoc collect --host accounts for their processes as well" in content
