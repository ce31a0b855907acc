"""``rkedoc deploy`` as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rkedoc.cli import main
from rkedoc.cli.deploy import _DISTRIBUTIONS
from rkedoc.deploy.distributions import DISTRIBUTIONS
from rkedoc.resources import resource
from tests.deploy.asking import IMAGE

SNAPSHOT = ("--from", str(resource("data", "demo.ndjson.zst")))
NODES = ("deploy", "--image", IMAGE, "--distribution", "rke2")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, and what was printed for results and for people."""
    code = 0
    try:
        main(arguments)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0
    out, err = capsys.readouterr()
    return code, out, err


def test_all_is_one_stream_and_the_rights_are_those_of_a_snapshot(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *NODES, *SNAPSHOT)
    assert (code, err) == (0, "")
    kinds = [item["kind"] for item in yaml.safe_load_all(out)]
    assert kinds == [
        "Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "NetworkPolicy", "Job",
        "Namespace", "NetworkPolicy", "DaemonSet",
    ]  # fmt: skip


def test_the_nodes_alone_need_neither_a_snapshot_nor_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *NODES, "--part", "nodes")
    assert (code, err) == (0, "")
    assert [item["kind"] for item in yaml.safe_load_all(out)] == ["Namespace", "NetworkPolicy", "DaemonSet"]


@pytest.mark.parametrize(
    ("style", "files"),
    [
        ("kustomize", {"kustomization.yaml", "api.yaml", "nodes.yaml"}),
        ("helm", {"Chart.yaml", "values.yaml", "templates/api.yaml", "templates/nodes.yaml"}),
    ],
)
def test_a_folder_is_written_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, style: str, files: set[str]
) -> None:
    folder = tmp_path / "out"
    arguments = (*NODES, *SNAPSHOT, "--format", style, "-o", str(folder))
    assert run(capsys, *arguments)[:2] == (0, "")
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert set(found) == files
    code, _out, err = run(capsys, *arguments)
    assert code == 2 and "is there already" in err
    assert all((folder / name).read_bytes() == text for name, text in found.items())


def test_a_stream_can_be_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    assert run(capsys, *NODES, "--part", "nodes", "-o", str(file))[:2] == (0, "")
    assert run(capsys, *NODES, "--part", "nodes")[1] == file.read_text("utf-8")


def test_a_tag_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "deploy", "--image", "rkedoc:1", "--distribution", "k3s", "--part", "nodes")
    assert code == 0 and out and "digest" in err


def test_secrets_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *NODES, *SNAPSHOT, "--with-secrets")
    assert code == 0 and "may read Secrets" in err
    (role,) = [item for item in yaml.safe_load_all(out) if item["kind"] == "ClusterRole"]
    assert any("secrets" in rule["resources"] for rule in role["rules"])


@pytest.mark.parametrize(
    "arguments",
    [
        (*NODES, "--format", "helm"),
        ("deploy", "--image", IMAGE),
        (*NODES, "--namespace", "a\nb"),
        (*NODES, "--from", "missing.ndjson"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("rkedoc: ") and err.count("\n") == 1


def test_the_distributions_that_can_be_named_are_those_that_are_known() -> None:
    assert set(_DISTRIBUTIONS) == set(DISTRIBUTIONS)
