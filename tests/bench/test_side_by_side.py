"""The figures that stand in the documentation are those that are measured."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.side_by_side import PAIRS, as_text, by_object, edit, measured, objects
from bench.structure import report_lines
from tests.support.archives import DATA, Archives

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "side-by-side.md"


@pytest.mark.parametrize("pair", [PAIRS[1], PAIRS[3]], ids=lambda pair: pair.title)
def test_a_row_of_the_page_is_what_is_measured(pair: object, tmp_path: Path) -> None:
    title = pair.title  # type: ignore[attr-defined]
    row = next(line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {title} |"))
    written = [int(cell.replace(",", "")) for cell in re.findall(r"[0-9,]+(?= \|)", row)]
    counts = measured(pair, tmp_path)  # type: ignore[arg-type]
    assert written == [len(pair.edits), *counts]  # type: ignore[attr-defined]
    assert counts[-1] < min(counts[:-1])


def test_every_way_shows_each_of_the_six_changes(tmp_path: Path) -> None:
    pair = PAIRS[3]
    archives = Archives(DATA / "recordings", tmp_path)
    old, new = archives(pair.old), tmp_path / "new"
    shutil.copytree(archives(pair.new), new)
    edit(new, pair.edits)
    one, other = objects(old), objects(new)
    for way in (as_text, by_object):
        assert way(one, other, tmp_path) > 0
    for kind, name in pair.edits:
        (key,) = [key for key in one if (key[0], key[2]) == (kind, name)]
        assert report_lines([one[key]], [other[key]]) > 0
        shown = subprocess.run(
            ["diff", "-u", "-N", str(tmp_path / "LIVE"), str(tmp_path / "MERGED")],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        assert f"LIVE/{'.'.join(key).replace(':', '-')}" in shown
