"""From what container runtimes' commands printed to the ledger and to a site: what each can tell is told, and what it cannot is said."""

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
from tests.support import crictl
from tests.support.archives import DATA, Archives
from tests.support.collecting import Heard

MADE_OF = "Made of inspected containers: 5; rows of a list, which tell role and origin and no details: 46."
UNSEEN = "the details of containers that were listed and not looked into"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Archives(DATA / "cri", tmp_path_factory.mktemp("cri"))("cri-containerd")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    Archives(DATA / "bundles", folder)("synthetic")
    return folder


def snapshot_of(folder: Path, *dumps: Path, complete: tuple[str, ...] = ()) -> Path:
    options = CollectOptions(
        output=folder / "node.ndjson", from_=dumps, kubernetes=False, cluster="c", complete=complete
    )
    collect(options, progress=Heard())
    return folder / "node.ndjson"


@pytest.fixture(scope="module")
def node(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lists of crictl, and five containers that were looked into; the API's side of the same pods."""
    folder = tmp_path_factory.mktemp("node")
    printed = crictl.listed(recorded)
    for command in ("ps", "pods", "images", "info"):
        (folder / f"{command}.json").write_text(json.dumps(printed[command][0]))
    whole = [one for one in printed["inspect"] if one["status"]["metadata"]["name"] != "crasher"]
    (folder / "inspect.json").write_text(json.dumps(whole[:5]))
    return snapshot_of(folder, folder, recorded / "k8s", complete=("pods", "nodes"))


@pytest.fixture(scope="module")
def site(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_site(node, tmp_path_factory.mktemp("out") / "site")


def page(site: Built, name: str) -> str:
    """The text of a page, without its marks."""
    content = (site.folder / f"{name}.html").read_text("utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", content)).split())


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def ledger(snapshot: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("ledger", str(snapshot), "--format", "json"))
    return found


def test_the_ledger_of_a_dump_says_what_it_is_made_of(node: Path, site: Built) -> None:
    told = ledger(node)
    assert (told["total"], told["made_of"]) == (51, {"inspected": 5, "listed": 46})
    assert (told["closes_for_what_was_seen"], told["mismatches"], told["unexplained"]) == (True, [], [])
    assert UNSEEN in told["not_seen"]
    assert not any("did not tell" in text for text in told["not_seen"])
    assert {"sandbox": 20, "previous-attempt": 4}.items() <= told["by_role"].items()
    assert {line["made_of"] for line in told["containers"]} == {"inspected", "listed"}
    terminal = " ".join(run("ledger", str(node)).split())
    for text in (terminal, page(site, "ledger")):
        assert MADE_OF in text
        assert UNSEEN in text
    assert "there may be more" not in page(site, "ledger")


def test_what_was_not_looked_into_has_no_exit_code(node: Path, site: Built) -> None:
    assert "with which exit code, its row in the list does not say" in page(site, "ledger")
    assert "exit code 0" not in page(site, "ledger")


def test_no_pod_lacks_a_sandbox_where_nobody_listed_sandboxes(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "ps.json").write_text(json.dumps(crictl.listed(recorded)["ps"][0]))
    told = ledger(snapshot_of(tmp_path, tmp_path, recorded / "k8s", complete=("pods", "nodes")))
    assert (told["total"], told["mismatches"]) == (30, [])
    assert "containers that the engine did not tell of" in told["not_seen"]


def test_the_site_of_a_dump_is_built_without_a_warning(site: Built, recorded: Path) -> None:
    assert site.warnings == ()
    planted = json.loads((recorded / "canaries.json").read_text("utf-8"))
    for path in site.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [secret for secret in planted if secret.encode() in content] == [], path


@pytest.mark.parametrize(
    "name", ["crictl-inspect", "crictl-pods", "crictl-ps", "nerdctl-inspect", "podman-inspect", "podman-ps"]
)
def test_a_site_of_each_sample(name: str, bundles: Path, tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, bundles / name)
    told = ledger(snapshot)
    assert (told["total"], told["closes_for_what_was_seen"]) == (1, True)
    built = build_site(snapshot, tmp_path / "site")
    assert built.warnings == ()
    for path in built.folder.rglob("*.html"):
        content = path.read_text("utf-8")
        assert "canary-crictl-7fae31" not in content, path
        assert "as the image says" not in content, path  # no specification says so
