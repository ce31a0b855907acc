from __future__ import annotations

from pathlib import Path

import pytest

from tests.sphinxext.stub import Builder

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """MyST-Parser 5.2 still uses an attribute that Sphinx 9 deprecates; nothing here can change that."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore:'myst_parser"))


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    """Builds stub sites with Sphinx."""
    return Builder(tmp_path, monkeypatch)
