"""What is installed is whole: from the wheel, from the source distribution, and from a checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from rkedoc import __version__

ROOT = Path(__file__).resolve().parents[2]

LOOK = """
import json, rkedoc
from rkedoc.catalog.loader import load_catalog
from rkedoc.resources import load_yaml, resource
from rkedoc.snapshot.reader import load
print(json.dumps({
    "package": rkedoc.__file__,
    "entries": len(load_catalog().entries),
    "pages": len(list(resource("templates", "page").glob("*.jinja"))),
    "project": resource("templates", "project", "conf.py.jinja").is_file(),
    "style": len(list(resource("sphinxext", "assets", "static").glob("*.css"))),
    "locale": resource("locale", "zh_CN", "LC_MESSAGES", "rkedoc.mo").is_file(),
    "rules": len(load_yaml("redact", "rules.yaml")),
    "demo": len(load(resource("data", "demo.ndjson.zst")).records),
    "demo of rke2": len(load(resource("data", "demo-rke2.ndjson.zst")).records),
    "typed": resource("py.typed").is_file(),
}))
"""


def files_of(folder: Path, below: str) -> Iterator[str]:
    for path in sorted((folder / below).rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and path.name != ".gitkeep":
            yield path.relative_to(folder).as_posix()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The source distribution, and the wheel that is made from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist, "editable": ROOT}


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(built: dict[str, Path]) -> None:
    names = {name for name in zipfile.ZipFile(built["wheel"]).namelist() if ".dist-info/" not in name}
    wanted = {*files_of(ROOT, "rkedoc"), *(f"rkedoc/{name}" for name in files_of(ROOT, "templates"))}
    assert {name for name in names if not name.endswith(".gitkeep")} == wanted


def test_the_source_distribution_holds_what_building_and_testing_it_need(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as tar:
        names = {PurePosixPath(*PurePosixPath(name).parts[1:]).as_posix() for name in tar.getnames()}
    for folder in ("rkedoc", "templates", "tests", "tools"):
        assert {name for name in files_of(ROOT, folder) if not name.endswith(".mo")} <= names
    assert not {name for name in names if name.endswith(".mo")}
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "noxfile.py",
        "hatch_build.py",
        ".ci/run",
    } <= names
    assert not {name for name in names if name.startswith((".venv", ".git/", "docs/_build"))}


@pytest.mark.parametrize("what", ["wheel", "sdist", "editable"])
def test_an_installation_finds_its_data(built: dict[str, Path], tmp_path: Path, what: str) -> None:
    python = environment(tmp_path / "env")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index",
               "--no-build-isolation", "--disable-pip-version-check"]  # fmt: skip
    target = ["--editable", str(ROOT)] if what == "editable" else [str(built[what])]
    done = subprocess.run([*command, *target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    seen: dict[str, Any] = json.loads(output(tmp_path, python, "-c", LOOK))
    inside = ROOT if what == "editable" else tmp_path / "env"
    assert Path(seen.pop("package")).is_relative_to(inside)
    assert seen.pop("typed") and seen.pop("project") and seen.pop("locale")
    assert min(seen.values()) > 0, seen
    assert seen["entries"] > 100 and seen["pages"] == len(list((ROOT / "templates/page").glob("*.jinja")))
    assert __version__ in output(tmp_path, python.parent / "rkedoc", "--version")
    assert "kubelet" in output(tmp_path, python.parent / "rkedoc", "explain", "kubelet")


def environment(folder: Path) -> Path:
    """A new environment that sees the libraries of this one, but not rkedoc: links to checkouts are not followed from
    a path that a ``.pth`` file adds."""
    venv.create(folder, with_pip=False)
    python = folder / "bin/python"
    where = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    Path(where, "libraries.pth").write_text("\n".join(sorted(libraries)) + "\n")
    return python


def output(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
