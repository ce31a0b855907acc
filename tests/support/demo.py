"""Make the demo's snapshot: ``rkedoc collect`` against a recorded node that is played back.

``python -m tests.support.demo`` writes ``rkedoc/data/demo.ndjson.zst`` anew, after a change of what is collected.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from click.testing import CliRunner

from rkedoc.cli import cli
from rkedoc.resources import resource
from tests.support.archives import DATA, Archives
from tests.support.player import playing

RECORDING = "rke-single-node"
TIME = "2026-11-23T05:37:40Z"
"""When the node was recorded."""


def collect_demo(folder: Path, output: Path) -> None:
    """Collect the recording in ``folder`` into ``output``, as a person would."""
    with playing(folder, output.parent) as node:
        arguments = [
            "collect", "-o", str(output), "--cluster", "rancher-demo", "--engine", node.engine,
            "--kubeconfig", str(node.kubeconfig), "--collected-at", TIME, "--strict", "--quiet",
        ]  # fmt: skip
        result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        assert node.methods() == {"GET"}


def main() -> None:
    """Write the package's demo anew."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "demo.ndjson.zst"
        collect_demo(Archives(DATA / "recordings", Path(scratch))(RECORDING), fresh)
        (resource() / "data" / "demo.ndjson.zst").write_bytes(fresh.read_bytes())


if __name__ == "__main__":
    main()
