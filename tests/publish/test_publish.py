"""Versions lie side by side, stay as they are, and lead to each other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rkedoc.cli import cli
from rkedoc.errors import RkedocError, SnapshotError, UsageError
from rkedoc.publish.run import publish
from rkedoc.store.retention import parse_rule
from tests.diff.world import find, objects
from tests.support.days import write_day


def with_image(tag: str) -> list[dict[str, Any]]:
    found = objects()
    image = f"registry.example.com/shop/web:{tag}"
    find(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return found


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def switch(site: Path, cluster: str = "demo") -> dict[str, Any]:
    text = (site / cluster / "versions.js").read_text("ascii")
    found = re.search(r"const data = (.*);\n", text)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("days")
    return [
        write_day(folder, "2026-09-01", with_image("1.0")),
        write_day(folder, "2026-10-02", with_image("1.0")),
        write_day(folder, "2026-11-02", with_image("2.0")),
    ]


@pytest.fixture(scope="module")
def published(days: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of three versions, published in two calls; tests that change anything work on a copy."""
    root = tmp_path_factory.mktemp("published") / "a b" / "SITE"
    publish(days[1::-1], root)
    first = content(root / "demo" / "2026-09-01")
    publish(days[2:], root)
    assert content(root / "demo" / "2026-09-01") == first
    return root


@pytest.fixture
def site(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "SITE"))


def test_each_version_has_its_folder_and_the_newest_is_latest(published: Path) -> None:
    demo = published / "demo"
    assert sorted(path.name for path in demo.iterdir()) == [
        "2026-09-01", "2026-10-02", "2026-11-02", "feed.xml", "index.html", "latest", "versions.js",
    ]  # fmt: skip
    assert content(demo / "latest") == content(demo / "2026-11-02")
    assert "latest/index.html" in (demo / "index.html").read_text("utf-8")


def test_the_start_page_tells_versions_ledgers_and_what_changed_last(published: Path) -> None:
    page = (published / "index.html").read_text("utf-8")
    for label in ("2026-09-01", "2026-10-02", "2026-11-02"):
        assert f'href="demo/{label}/index.html"' in page
    assert "0 unexplained" in page
    assert "1 change since 2026-10-02: version 1" in page
    assert "shop/web 1.0 → 2.0" in page
    assert "no change since 2026-09-01" in page
    assert "not compared with an earlier version" in page


def test_a_version_knows_those_before_it(published: Path) -> None:
    page = (published / "demo/2026-11-02/workloads/deployment-shop-web.html").read_text("utf-8")
    assert 'id="history-2026-11-02t053740z"' in page
    assert (published / "demo/2026-11-02/changes/2026-10-02t053740z.html").exists()
    assert not (published / "demo/2026-09-01/changes.html").exists()


def test_every_page_reads_the_one_script_beside_the_versions(published: Path) -> None:
    for name in ("index.html", "workloads/deployment-shop-web.html", "search.html", "genindex.html"):
        page = (published / "demo/2026-10-02" / name).read_text("utf-8")
        up = "../" * name.count("/")
        assert f'<script src="{up}../versions.js" defer="defer">' in page
        assert f'data-rkedoc-version="2026-10-02" data-rkedoc-root="{up}" data-rkedoc-page="{name}"' in page
        assert f'href="{up}../../index.html"' in page


def test_the_script_knows_which_version_lacks_which_page(published: Path) -> None:
    data = switch(published)
    assert [version["label"] for version in data["versions"]] == ["2026-11-02", "2026-10-02", "2026-09-01"]
    pages = [f"{folder}/{name}".lstrip("/") for folder, names in data["pages"].items() for name in names.split("|")]
    lacking = {version["label"]: {pages[place] for place in version["lacks"]} for version in data["versions"]}
    assert lacking["2026-11-02"] == set()
    assert "changes" in lacking["2026-09-01"]
    assert "workloads/deployment-shop-web" not in lacking["2026-09-01"]


def test_nothing_in_a_page_depends_on_where_the_site_lies(published: Path) -> None:
    for path in published.rglob("*.html"):
        text = path.read_text("utf-8")
        assert str(published) not in text
        for address in re.findall(r'(?:href|src)="([^"]*)"', text):
            assert not address.startswith("/"), (path, address)
            assert not address.startswith("file:"), (path, address)


def test_publishing_twice_changes_nothing(site: Path, days: list[Path]) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    found = publish([*days, days[0]], site)
    assert found.new == ()
    assert found.known == ("demo/2026-09-01", "demo/2026-09-01", "demo/2026-10-02", "demo/2026-11-02")
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before


def test_another_snapshot_of_the_same_day_gets_a_name_of_its_own(site: Path, tmp_path: Path) -> None:
    for tag, label in (("3.0", "2026-11-02-0537"), ("4.0", "2026-11-02-0537-2")):
        found = publish([write_day(tmp_path / tag, "2026-11-02", with_image(tag))], site)
        assert found.new == (f"demo/{label}",)


def test_a_version_is_never_written_again(site: Path, days: list[Path]) -> None:
    before = content(site / "demo/2026-09-01")
    with pytest.raises(UsageError, match="never written again"):
        publish([days[2]], site, label="2026-09-01")
    assert content(site / "demo/2026-09-01") == before


def test_an_older_snapshot_takes_its_place_among_the_versions(site: Path, tmp_path: Path) -> None:
    before = content(site / "demo/2026-11-02")
    publish([write_day(tmp_path, "2026-08-01")], site)
    assert [version["label"] for version in switch(site)["versions"]][-1] == "2026-08-01"
    assert content(site / "demo/2026-11-02") == before == content(site / "demo/latest")


def test_versions_that_no_rule_keeps_are_dropped(site: Path, days: list[Path]) -> None:
    found = publish(days, site, keep=[parse_rule("2")])
    assert found.dropped == ("demo/2026-09-01",)
    assert not (site / "demo/2026-09-01").exists()
    assert "2026-09-01/" not in (site / "index.html").read_text("utf-8")
    assert len(switch(site)["versions"]) == 2
    assert "2026-09-01" not in " ".join(path.name for path in (site / ".rkedoc").rglob("*"))


def test_two_clusters_stand_side_by_side(site: Path, tmp_path: Path) -> None:
    publish([write_day(tmp_path, "2026-10-05", cluster="other")], site)
    publish([write_day(tmp_path, "2026-10-06", cluster="third")], site, cluster="Prod EU/1 <b>")
    page = (site / "index.html").read_text("utf-8")
    assert page.index('id="demo"') < page.index('id="other"') < page.index('id="prod-eu-1-b')
    assert "<b>" not in page
    assert "Prod EU/1" in page


def test_two_clusters_of_one_name_are_not_mixed(site: Path, tmp_path: Path) -> None:
    other = write_day(tmp_path, "2026-12-01", cluster="other")
    with pytest.raises(UsageError, match="another cluster"):
        publish([other], site, cluster="demo")
    assert len(switch(site)["versions"]) == 3


@pytest.mark.parametrize(
    "label",
    [
        ".hidden",
        "latest",
        "LATEST",
        "a/b",
        "..",
        "a" * 65,
        "ä",
        "a b",
        "x.",
        "index.html",
        "Versions.js",
        "con",
        "NUL",
        "aux.2026",
        "lpt1",
    ],
)
def test_a_label_is_a_name_that_every_host_can_hold(tmp_path: Path, days: list[Path], label: str) -> None:
    with pytest.raises(UsageError, match="--version"):
        publish(days[:1], tmp_path / "SITE", label=label)
    assert not (tmp_path / "SITE").exists()


def test_a_broken_version_is_left_as_it_is_and_its_name_is_not_used_again(site: Path, days: list[Path]) -> None:
    (site / "demo/2026-09-01/rkedoc-version.json").write_text("half")
    before = content(site / "demo/2026-09-01")
    assert publish(days[:1], site).new == ("demo/2026-09-01-0537",)
    assert content(site / "demo/2026-09-01") == before
    with pytest.raises(UsageError, match="never written again"):
        publish(days[1:2], site, label="2026-09-01")


def test_an_unknown_language_is_refused_before_anything_is_written(tmp_path: Path, days: list[Path]) -> None:
    with pytest.raises(UsageError, match="no language"):
        publish(days[:1], tmp_path / "SITE", language="en,klingon")
    assert not (tmp_path / "SITE").exists()


def test_a_bad_snapshot_alone_stops_before_anything_is_written(tmp_path: Path, days: list[Path]) -> None:
    bad = tmp_path / "bad.ndjson.zst"
    for content in (days[0].read_bytes()[:-30], b"", b"half"):
        bad.write_bytes(content)
        with pytest.raises(SnapshotError, match=r"bad\.ndjson\.zst"):
            publish([bad], tmp_path / "SITE")
        assert not (tmp_path / "SITE").exists()


def test_of_several_snapshots_a_bad_one_costs_itself(tmp_path: Path, days: list[Path]) -> None:
    cut, empty = tmp_path / "cut.ndjson.zst", tmp_path / "empty.ndjson.zst"
    cut.write_bytes(days[0].read_bytes()[:-30])
    empty.write_bytes(b"")
    found = publish([cut, days[1], empty], tmp_path / "SITE")
    assert found.new == ("demo/2026-10-02",)
    assert sorted(Path(reason.partition(":")[0]).name for reason in found.failed) == [cut.name, empty.name]
    result = CliRunner().invoke(cli, ["publish", str(cut), str(days[1]), "-o", str(tmp_path / "SITE")])
    assert result.exit_code == 1
    assert cut.name in result.stderr
    assert "already published: demo/2026-10-02" in result.stdout


def test_a_folder_that_is_something_else_is_left_alone(tmp_path: Path, days: list[Path]) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(RkedocError, match="not one of rkedoc publish"):
        publish(days[:1], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    (tmp_path / "index.html").unlink()
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("mine")
    with pytest.raises(RkedocError, match="--cluster"):
        publish(days[:1], tmp_path)
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "mine"


def test_a_lost_index_is_made_anew(site: Path, days: list[Path]) -> None:
    before = content(site)
    (site / "index.html").write_text('<meta name="generator" content="rkedoc">half')
    (site / "demo" / "versions.js").unlink()
    shutil.rmtree(site / "demo" / "latest")
    publish(days[:1], site)
    assert content(site) == before


def test_snapshots_are_kept_where_only_their_owner_reads_them(published: Path) -> None:
    assert (published / ".rkedoc").stat().st_mode & 0o777 == 0o700
    kept = sorted((published / ".rkedoc/snapshots/demo").iterdir())
    assert [path.name for path in kept] == [f"{day}.ndjson.zst" for day in ("2026-09-01", "2026-10-02", "2026-11-02")]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert not list((published / ".rkedoc").glob("work-*"))


def test_without_the_older_snapshots_a_version_is_published_uncompared(site: Path, tmp_path: Path) -> None:
    shutil.rmtree(site / ".rkedoc" / "snapshots")
    publish([write_day(tmp_path, "2026-12-01")], site)
    assert not (site / "demo/2026-12-01/changes.html").exists()
    assert (site / "index.html").read_text("utf-8").count("not compared with an earlier version") == 3


def test_several_languages_have_a_start_page_each(tmp_path: Path, days: list[Path]) -> None:
    publish(days[:2], tmp_path, language="zh_CN,en")
    assert '<html lang="zh-CN">' in (tmp_path / "index.html").read_text("utf-8")
    english = (tmp_path / "index.en.html").read_text("utf-8")
    assert 'href="demo/2026-10-02/en/index.html"' in english
    page = (tmp_path / "demo/2026-10-02/zh_CN/workloads/deployment-shop-web.html").read_text("utf-8")
    assert 'data-rkedoc-root="../../" data-rkedoc-page="zh_CN/workloads/deployment-shop-web.html"' in page
    assert 'src="../../../versions.js"' in page
    assert "搜索" not in (tmp_path / "demo/2026-10-02/en/index.html").read_text("utf-8")


def test_two_publishers_at_once_do_not_tear_the_index(tmp_path: Path) -> None:
    given = [write_day(tmp_path, f"2026-0{month}-01", with_image(f"{month}.0")) for month in range(1, 5)]
    program = "import sys; from rkedoc.cli import main; main(sys.argv[1:])"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, "publish", *map(str, order), "-o", str(tmp_path / "SITE"), "-q"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for order in (given[:3], given[1:], [given[0], given[3]])
    ]  # fmt: skip
    for process in running:
        said, _nothing = process.communicate(timeout=300)
        assert process.returncode == 0, said
    labels = [f"2026-0{month}-01" for month in range(4, 0, -1)]
    assert [version["label"] for version in switch(tmp_path / "SITE")["versions"]] == labels
    page = (tmp_path / "SITE/index.html").read_text("utf-8")
    assert all(page.count(f'<a href="demo/{label}/index.html">') == 1 for label in labels)
    assert content(tmp_path / "SITE/demo/latest") == content(tmp_path / "SITE/demo/2026-04-01")
    assert sorted(path.name for path in (tmp_path / "SITE/demo").iterdir()) == sorted(
        [*labels, "feed.xml", "index.html", "latest", "versions.js"]
    )


def test_the_command_says_what_it_did(site: Path, days: list[Path], tmp_path: Path) -> None:
    newer = write_day(tmp_path, "2026-12-01")
    result = CliRunner().invoke(cli, ["publish", str(newer), str(days[0]), "-o", str(site), "--keep", "last=1"])
    assert result.exit_code == 0, result.output
    assert "published: demo/2026-12-01\n" in result.stdout
    assert "already published: demo/2026-09-01\n" in result.stdout
    assert "dropped: demo/2026-11-02\n" in result.stdout
    assert CliRunner().invoke(cli, ["publish", "-o", str(site)]).exit_code == 2
    assert CliRunner().invoke(cli, ["publish", str(newer), "-o", str(site), "--keep", "never"]).exit_code != 0
