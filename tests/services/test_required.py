"""Where services are required, a test that needs one and is skipped fails; otherwise it may be skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROBE = """
import pytest

@pytest.fixture
def missing():
    pytest.skip("not installed")

@pytest.mark.engine
def test_skips_in_its_fixture(missing): ...

@pytest.mark.browser
def test_skips_itself():
    pytest.skip("not here")

@pytest.mark.containerd
@pytest.mark.skipif(True, reason="not now")
def test_is_skipped(): ...

def test_needs_nothing():
    pytest.skip("for a reason of its own")
"""


@pytest.mark.parametrize(("required", "summary"), [("0", "4 skipped"), ("1", "1 failed, 1 skipped, 2 errors")])
def test_a_skip_is_a_failure_where_services_are_required(tmp_path: Path, required: str, summary: str) -> None:
    (tmp_path / "test_probe.py").write_text(PROBE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.services", "-p", "no:cacheprovider",
               "--rootdir", str(tmp_path), "-c", os.devnull, str(tmp_path / "test_probe.py")]  # fmt: skip
    environment = {**os.environ, "RKEDOC_REQUIRE_SERVICES": required, "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert summary in done.stdout, done.stdout + done.stderr
    assert (done.returncode == 0) is (required == "0")
