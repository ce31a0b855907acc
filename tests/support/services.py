"""Tests that need something to run on this machine, and a promise that none of them is left out unseen.

A test that needs a real Docker engine, a browser or containerd carries the marker of that name. It may skip itself
where the service is missing, unless ``RKEDOC_REQUIRE_SERVICES=1`` is set: then a skip is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

MARKERS = {
    "engine": "needs a Docker engine that can be started here",
    "browser": "needs Chromium",
    "containerd": "needs containerd",
    "nginx": "needs nginx",
    "strace": "needs strace, which tells what a reading opens",
    "s3": "needs moto's server, which is installed from the package index",
    "ssh": "needs an sshd that can be started here",
    "image": "needs mmdebstrap and a mirror of Debian",
}


def required() -> bool:
    """Whether this run promises that every service is there."""
    return os.environ.get("RKEDOC_REQUIRE_SERVICES") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a marked test into a failure where services are required."""
    report = yield
    needed = [name for name in MARKERS if item.get_closest_marker(name)]
    if report.skipped and needed and required() and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{', '.join(needed)} required, but the test was skipped: {_reason(report.longrepr)}"
    return report


def _reason(longrepr: Any) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
