"""What all tests share: recordings of real nodes, dumps of real clusters, and the rule about services."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from rkedoc import i18n
from tests.support.archives import DATA, Archives
from tests.support.browser import browser
from tests.support.commands import run
from tests.support.services import pytest_configure, pytest_runtest_makereport
from tools.messages import compile_stale

# How long an example takes depends on what else the machine does, and decides no test. Whether a change may land must not depend on luck
# either: the examples of a property are the same in each run, and ``nox -s fuzz`` looks for others.
settings.register_profile("rkedoc", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("fuzz", settings.get_profile("rkedoc"), derandomize=False, print_blob=True)
settings.load_profile("rkedoc")

compile_stale()

# What a developer has set for rkedoc at large is nothing to its tests.
os.environ["RKEDOC_CONFIG"] = os.devnull

__all__ = ["browser", "pytest_configure", "pytest_runtest_makereport", "run"]


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    """``recording(name)`` is a folder with ``index.txt``, ``docker/`` and ``k8s/``: what a real node answered."""
    return Archives(DATA / "recordings", tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    """``dump(name)`` is a folder of lists of a real cluster, as ``kubectl get -o json`` writes them."""
    return Archives(DATA / "dumps", tmp_path_factory.mktemp("dumps"))


@pytest.fixture(autouse=True)
def english() -> None:
    """Every test begins in English, whatever language the one before it has left in use."""
    i18n.set_language("en")
