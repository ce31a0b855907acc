"""A picture turns with the screen, and can be had as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Reader


@pytest.mark.parametrize("name", ["rke1-en", "rke2-en"])
def test_a_way_goes_sideways_on_a_wide_screen_and_downwards_on_a_narrow_one(
    reader: Reader, sites: dict[str, Path], name: str
) -> None:
    path = next(sites[name].rglob("control-plane-outside-pods.html"))
    for width, kind in ((1440, "wide"), (390, "narrow")):
        with reader(width=width) as seen:
            page = seen.open(path)
            assert page.locator(f"figure svg.rkedoc-{kind}").first.is_visible()


@pytest.mark.parametrize("name", ["rke1-en", "rke2-en"])
def test_a_picture_can_be_had_as_a_file_from_disk(reader: Reader, sites: dict[str, Path], name: str) -> None:
    path = next(sites[name].rglob("control-plane-outside-pods.html"))
    with reader(accept_downloads=True) as seen:
        page = seen.open(path)
        page.locator("figure details summary").first.click()
        for name, start in (("Mermaid", "flowchart LR"), ("draw.io", "<mxfile>")):
            with page.expect_download() as started:
                page.locator("figure details a", has_text=name).first.click()
            assert Path(started.value.path()).read_text("utf-8").startswith(start)
        seen.check()
