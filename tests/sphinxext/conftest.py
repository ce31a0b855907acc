from __future__ import annotations

from pathlib import Path

import pytest

from tests.sphinxext.stub import Builder


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    """Builds stub sites with Sphinx."""
    return Builder(tmp_path, monkeypatch)
