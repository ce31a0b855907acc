"""The figures that stand in the documentation are those that are measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.side_by_side import PAIRS, measured

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "side-by-side.md"


@pytest.mark.parametrize("pair", [PAIRS[1], PAIRS[3]], ids=lambda pair: pair.title)
def test_a_row_of_the_page_is_what_is_measured(pair: object, tmp_path: Path) -> None:
    title = pair.title  # type: ignore[attr-defined]
    row = next(line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {title} |"))
    written = [int(cell.replace(",", "")) for cell in re.findall(r"[0-9,]+(?= \|)", row)]
    counts = measured(pair, tmp_path)  # type: ignore[arg-type]
    assert written == [len(pair.edits), *counts]  # type: ignore[attr-defined]
    assert counts[-1] < min(counts[:-1])
