"""Packages of others bring sources, catalogs and rules; nothing of them is loaded unless somebody names it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rkedoc.plugins import GROUPS, Folder, Formats, Pages, Source
from rkedoc.snapshot.reader import load

TOY = Path(__file__).parent / "toy"
PAGE = Path(__file__).parents[2] / "docs" / "development" / "plugins.md"
SECRET = "mobikaza94sa"
FAILING = """from rkedoc.sphinxext.pages import PageKind, Section
def view(site, key): return 1 / 0
def pages(): return [PageKind('x', 'X', (Section('x', view),))]"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy package, installed into a folder of its own, without the network."""
    target = tmp_path_factory.mktemp("toy")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--target",
        str(target),
        str(TOY),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def rkedoc(folder: Path | None, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder) if folder is not None else ""}
    return subprocess.run(
        [sys.executable, "-m", "rkedoc", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_foreign_source_never_gets_past_the_redaction(installed: Path, tmp_path: Path) -> None:
    done = rkedoc(installed, tmp_path, "collect", "--source", "toy=shop", "-o", "s.ndjson", "--cluster", "c")
    assert done.returncode == 0, done.stderr
    assert SECRET not in (tmp_path / "s.ndjson").read_text("utf-8") + done.stderr
    snapshot = load(tmp_path / "s.ndjson")
    assert [record.id for record in snapshot.records] == ["core/Pod/shop/toy-0"]
    assert {(scope.namespace, scope.result) for scope in snapshot.header.scopes()} == {
        ("shop", "complete"),
        (None, "partial"),
    }
    assert rkedoc(installed, tmp_path, "validate", "s.ndjson").returncode == 0


def test_a_format_of_a_package_reads_its_dumps(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    folder.mkdir()
    (folder / "toy.txt").write_text("2026-01-31T12:00:00Z\n", "utf-8")
    (folder / "notes.log").write_text("nothing to see\n", "utf-8")
    pod = {
        "metadata": {"name": "toy-0", "namespace": "shop"},
        "spec": {"containers": [{"name": "toy", "image": "toy:1"}]},
    }
    (folder / "things").write_text(json.dumps([pod]), "utf-8")
    done = rkedoc(installed, tmp_path, "collect", "--from", "dump", "--format", "toy", "-o", "s.ndjson")
    assert done.returncode == 0, done.stderr
    snapshot = load(tmp_path / "s.ndjson")
    assert [record.id for record in snapshot.records] == ["core/Pod/shop/toy-0"]
    (capture,) = snapshot.header.captures
    assert (capture.time, capture.tool["format"], capture.tool["toolVersion"]) == (
        "2026-01-31T12:00:00Z",
        "toy-dump",
        "1.0",
    )
    assert {scope.result for scope in capture.scopes} == {"partial", "skipped"}


def test_rules_of_a_package_hide_more(installed: Path, tmp_path: Path) -> None:
    for name, options in (("plain", ()), ("more", ("--redact-rules", "toy"))):
        assert (
            rkedoc(installed, tmp_path, "collect", "--source", "toy", *options, "-o", f"{name}.ndjson").returncode == 0
        )
    assert "TOY-X1Y2Z3" in (tmp_path / "plain.ndjson").read_text("utf-8")
    assert "X1Y2Z3" not in (tmp_path / "more.ndjson").read_text("utf-8")
    assert load(tmp_path / "more.ndjson").header.redaction["rules"]["toy-ref"] == 1


def test_a_page_of_a_package_stands_in_the_site(installed: Path, tmp_path: Path) -> None:
    assert rkedoc(installed, tmp_path, "collect", "--source", "toy", "-o", "s.ndjson").returncode == 0
    done = rkedoc(installed, tmp_path, "build", "s.ndjson", "--page", "toy", "-q", "-o", "site")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "toy-pulls.html").read_text("utf-8")
    assert "Pull policies" in page
    assert "default/toy-0" in page
    assert 'href="toy-pulls.html"' in (tmp_path / "site" / "index.html").read_text("utf-8")
    assert rkedoc(installed, tmp_path, "build", "s.ndjson", "-q", "-o", "plain").returncode == 0
    assert not (tmp_path / "plain" / "toy-pulls.html").exists()


def test_a_project_names_what_packages_bring_in_its_configuration(installed: Path, tmp_path: Path) -> None:
    assert rkedoc(installed, tmp_path, "collect", "--source", "toy", "-o", "s.ndjson").returncode == 0
    assert rkedoc(installed, tmp_path, "init", "wiki", "--snapshot", "s.ndjson").returncode == 0
    with (tmp_path / "wiki" / "conf.py").open("a") as conf:
        conf.write('\nrkedoc_more_pages = ["toy"]\nrkedoc_catalogs = ["toy"]\n')
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", "wiki", "out"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "cluster" / "toy-pulls.html").is_file()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def pages(): return [1]", "int, and not rkedoc.sphinxext.pages.PageKind"),
        ("def pages(): raise RuntimeError('no')", "the package has failed (RuntimeError: no)"),
        ("from rkedoc.sphinxext.pages import PageKind\ndef pages(): return [PageKind('overview', 'X', ())]", "one key"),
        ("from rkedoc.sphinxext.pages import PageKind\ndef pages(): return [PageKind('../x', 'X', ())]", "small letters"),
        (FAILING, "the package that brings it has failed (ZeroDiv"),
    ],
    ids=["no page", "fails", "known key", "odd key", "failing view"],
)  # fmt: skip
def test_a_package_whose_page_is_of_no_use_is_named(installed: Path, tmp_path: Path, code: str, says: str) -> None:
    brought = tmp_path / "brought"
    (brought / "odd-1.0.dist-info").mkdir(parents=True)
    (brought / "odd-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (brought / "odd-1.0.dist-info" / "entry_points.txt").write_text("[rkedoc.pages]\nodd = odd_pages:pages\n")
    (brought / "odd_pages.py").write_text(code + "\n")
    assert rkedoc(installed, tmp_path, "collect", "--source", "toy", "-o", "s.ndjson").returncode == 0
    done = rkedoc(brought, tmp_path, "build", "s.ndjson", "--page", "odd", "-q", "-o", "site")
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "site").exists()


def test_a_catalog_of_a_package_explains(installed: Path, tmp_path: Path) -> None:
    assert rkedoc(installed, tmp_path, "collect", "--source", "toy", "-o", "s.ndjson").returncode == 0
    done = rkedoc(installed, tmp_path, "build", "s.ndjson", "--catalog", "toy", "-q", "-o", "site")
    assert done.returncode == 0, done.stderr
    pages = "".join(path.read_text("utf-8") for path in (tmp_path / "site").rglob("*.html"))
    assert "A toy that a package explains." in pages


NAMED = {
    "rkedoc.sources": ("collect", "--source", "toy", "-o", "s.ndjson"),
    "rkedoc.formats": ("collect", "--from", ".", "--format", "toy", "-o", "s.ndjson"),
    "rkedoc.pages": ("build", "s.ndjson", "--page", "toy", "-o", "site"),
    "rkedoc.catalogs": ("build", "s.ndjson", "--catalog", "toy", "-o", "site"),
    "rkedoc.redaction_rules": ("collect", "--from", ".", "--redact-rules", "toy", "-o", "s.ndjson"),
}


@pytest.mark.parametrize("group", GROUPS)
def test_no_plugins_refuses_what_is_named(installed: Path, tmp_path: Path, group: str) -> None:
    assert rkedoc(installed, tmp_path, "collect", "--source", "toy", "-o", "s.ndjson").returncode == 0
    done = rkedoc(installed, tmp_path, "--no-plugins", *NAMED[group])
    assert done.returncode == 2
    assert "--no-plugins refuses" in done.stderr


@pytest.mark.parametrize(("arguments", "told"), [
    (("collect", "--source", "tyo", "-o", "s.ndjson"), "there is no source 'tyo'; did you mean toy? There are: toy"),
    (("build", "x.ndjson", "--catalog", "tyo", "-o", "site"), "there is no catalog 'tyo'"),
    (("collect", "--source", "toy", "--redact-rules", "tyo", "-o", "s.ndjson"), "cannot be read"),
])  # fmt: skip
def test_a_name_that_nobody_brings_is_an_error(
    installed: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "x.ndjson").write_text("", "utf-8")
    done = rkedoc(installed, tmp_path, *arguments)
    assert done.returncode == 2
    if "x.ndjson" not in arguments:
        assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_loaded_that_is_not_named(installed: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "toy_rkedoc.py").write_text("raise SystemExit('loaded')\n", "utf-8")
    for info in installed.glob("*.dist-info"):
        (broken / info.name).symlink_to(info)
    assert rkedoc(broken, tmp_path, "explain", "etcd").returncode == 0
    assert rkedoc(broken, tmp_path, "demo", "-q", "-o", "site").returncode == 0


def test_every_extension_point_is_documented_and_has_a_toy() -> None:
    page, toy = PAGE.read_text("utf-8"), (TOY / "pyproject.toml").read_text("utf-8")
    for name, group in GROUPS.items():
        assert f"`{name}`" in page
        assert f"`rkedoc.plugins.{group.protocol.__name__}`" in page
        assert f"`{group.option} NAME`" in page
        assert f'"{name}"' in toy
        assert name in NAMED
    assert {group.protocol for group in GROUPS.values()} == {Source, Formats, Folder, Pages}
