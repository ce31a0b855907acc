"""Snapshots of recorded nodes, collected once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from rkedoc.cli import cli
from tests.support.player import playing

Collected = Callable[[str], Path]


@pytest.fixture(scope="session")
def collected(recording: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """``collected(name)`` is the snapshot of a recorded node."""
    folder = tmp_path_factory.mktemp("snapshots")

    def collect(name: str) -> Path:
        output = folder / f"{name}.ndjson"
        if not output.exists():
            with playing(recording(name), folder) as node:
                arguments = ["collect", "-o", str(output), "--cluster", "demo", "--engine", node.engine,
                             "--kubeconfig", str(node.kubeconfig), "--quiet"]  # fmt: skip
                result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
            assert result.exit_code == 0, result.output
        return output

    return collect
