"""Search engines are told which page is the newest of its kind, and only where somebody has said at which address the sites are served."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from rkedoc.cli import cli
from rkedoc.errors import UsageError
from rkedoc.publish.purge import purge
from rkedoc.publish.run import publish
from rkedoc.publish.work import require_base_url
from tests.publish.test_publish import content, with_image
from tests.support.days import write_day

BASE = "https://wiki.example.org/clusters/"
LOC = ".//{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("days")
    return [write_day(folder, day, with_image(tag)) for day, tag in (("2026-09-01", "1.0"), ("2026-10-02", "2.0"))]


@pytest.fixture(scope="module")
def listed(days: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("listed") / "SITE"
    publish(days, root, base_url=BASE, language="en,zh_CN")
    return root


def pages(root: Path) -> list[Path]:
    return [path for path in root.rglob("*.html") if "_static" not in path.parts]


def addresses(path: Path) -> list[str]:
    return [str(one.text) for one in ElementTree.fromstring(path.read_bytes()).iterfind(LOC)]


def test_every_page_of_every_version_names_that_of_the_newest_as_its_own(listed: Path) -> None:
    seen = 0
    for label in ("2026-09-01", "2026-10-02", "latest"):
        for code in ("en", "zh_CN"):
            root = listed / "demo" / label / code
            for path in pages(root):
                text = path.read_text("utf-8")
                found = re.findall(r'<link rel="canonical" href="([^"]+)"', text)
                assert found == [f"{BASE}demo/latest/{code}/{path.relative_to(root).as_posix()}"], path
                assert "noindex" not in text
                seen += 1
    assert seen > 60


def test_the_site_map_has_the_pages_of_the_newest_versions_and_all_of_them_are_there(listed: Path) -> None:
    assert addresses(listed / "sitemap.xml") == [f"{BASE}demo/sitemap.xml"]
    found = addresses(listed / "demo" / "sitemap.xml")
    assert found and all(one.startswith(f"{BASE}demo/latest/") for one in found)
    assert all((listed / one.removeprefix(BASE)).is_file() for one in found)
    there = {
        path.relative_to(listed).as_posix()
        for path in (listed / "demo" / "latest").rglob("*.html")
        if "_static" not in path.parts
    }
    assert {one.removeprefix(BASE) for one in found} == there


def test_without_an_address_nothing_is_listed(days: list[Path], tmp_path: Path) -> None:
    publish(days, tmp_path / "SITE")
    assert not list((tmp_path / "SITE").rglob("sitemap.xml"))
    for path in pages(tmp_path / "SITE"):
        text = path.read_text("utf-8")
        assert "noindex" in text and 'rel="canonical"' not in text, path


def test_a_cluster_that_is_taken_back_leaves_the_site_map(listed: Path, days: list[Path], tmp_path: Path) -> None:
    root = tmp_path / "SITE"
    publish(days[:1], root, base_url=BASE)
    publish([write_day(tmp_path, "2026-09-03", cluster="other")], root, base_url=BASE)
    assert len(addresses(root / "sitemap.xml")) == 2
    purge(root, "other", "")
    assert addresses(root / "sitemap.xml") == [f"{BASE}demo/sitemap.xml"]
    purge(root, "demo", "")
    assert not list(root.rglob("sitemap.xml"))


def test_somebody_elses_site_map_stays(days: list[Path], tmp_path: Path) -> None:
    root = tmp_path / "SITE"
    publish(days[:1], root)
    (root / "sitemap.xml").write_text("<urlset/>")
    publish(days[1:], root)
    assert (root / "sitemap.xml").read_text() == "<urlset/>"


@pytest.mark.parametrize(
    "wrong",
    [
        "wiki.example.org",
        "ftp://x/",
        "https://",
        "https://u:p@x/",
        "https://x/?a",
        "https://x/#a",
        "javascript:alert(1)",
        'https://x/"><script>',
        "https://[x/",
    ],
)
def test_what_is_no_address_is_refused(wrong: str, days: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--base-url"):
        require_base_url(wrong)
    done = CliRunner().invoke(cli, ["publish", str(days[0]), "-o", str(tmp_path / "S"), "--base-url", wrong])
    assert done.exit_code != 0 and not (tmp_path / "S").exists()


def test_the_address_is_part_of_what_a_version_was_built_from(days: list[Path], tmp_path: Path) -> None:
    root = tmp_path / "SITE"
    publish(days[:1], root)
    before = content(root / "demo" / "2026-09-01")
    assert publish([], root, renew=True, base_url=BASE).renewed == ("demo/2026-09-01",)
    assert content(root / "demo" / "2026-09-01") != before
