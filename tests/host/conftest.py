"""A service more that tests here may need: strace, which tells what a reading opens."""

from __future__ import annotations

import pytest

from tests.support import services


def pytest_configure(config: pytest.Config) -> None:
    """Let the marker be known, and a skip of it be a failure where services are required."""
    services.MARKERS["strace"] = "needs strace"
    config.addinivalue_line("markers", f"strace: {services.MARKERS['strace']}")
