"""The documented pipelines do what the page says: their steps are run here, in a repository with a remote, with stand-ins for the hosts' programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.diff.world import find, objects
from tests.support.days import write_day

PIPELINES = Path(__file__).resolve().parents[2] / "docs" / "howto" / "pipelines"


def steps(name: str, job: str) -> list[str]:
    """The shell steps of a job, without those that install."""
    content: dict[str, Any] = yaml.safe_load((PIPELINES / name).read_text("utf-8"))
    if name == "github.yml":
        return [step["run"] for step in content["jobs"][job]["steps"] if "name" in step]
    return list(content[job]["script"])


JOBS = {"github.yml": ("changes", "pages"), "gitlab.yml": ("changes", "pages-in-git")}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone, on a branch that brings another snapshot than the remote's main has."""
    remote, clone = tmp_path / "remote.git", tmp_path / "clone"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    git(tmp_path, "clone", "-q", str(remote), str(clone))
    place = clone / "snapshots" / "production.ndjson.zst"
    place.parent.mkdir()
    shutil.copy(write_day(tmp_path, "2026-10-01"), place)
    git(clone, "checkout", "-q", "-B", "main")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "first")
    git(clone, "push", "-q", "-u", "origin", "main")
    git(clone, "checkout", "-q", "-b", "new")
    found = objects()
    find(found, "Deployment")["spec"]["replicas"] = 7
    shutil.copy(write_day(tmp_path, "2026-10-02", found), place)
    git(clone, "commit", "-q", "-am", "second")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "rkedoc").write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "from rkedoc.cli import main; main()" "$@"\n'
    )
    for name in ("gh", "curl"):
        (programs / name).write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/said\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    return clone


def git(folder: Path, *arguments: str) -> str:
    own = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    return subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def run(clone: Path, script: str, **environment: str) -> None:
    path = f"{clone.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=clone,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", JOBS)
def test_a_merge_request_is_told_what_changes_in_the_cluster(name: str, repository: Path) -> None:
    for step in steps(name, JOBS[name][0]):
        run(repository, step, BASE="origin/main", NUMBER="7", DOCS_TOKEN="token", CI_API_V4_URL="https://git.example/api", CI_PROJECT_ID="1", CI_MERGE_REQUEST_IID="7")  # fmt: skip
    comment = (repository / "comment.md").read_text("utf-8")
    assert "replicas" in comment and len(comment) < 65_536
    assert "comment.md" in (repository.parent / "said").read_text()


@pytest.mark.parametrize("name", JOBS)
def test_nothing_is_said_where_there_is_nothing_to_compare_with(name: str, repository: Path) -> None:
    git(repository, "mv", "snapshots/production.ndjson.zst", "snapshots/other.ndjson.zst")
    for step in steps(name, JOBS[name][0]):
        run(repository, step, BASE="origin/main", NUMBER="7")
    assert not (repository.parent / "said").exists()


@pytest.mark.parametrize("name", JOBS)
def test_the_main_branch_gets_the_pages(name: str, repository: Path) -> None:
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "new")
    git(repository, "push", "-q")
    write, push = steps(name, JOBS[name][1])
    remote = (repository.parent / "remote.git").as_uri()
    if name == "gitlab.yml":
        address = "https://documentation:$DOCS_TOKEN@$CI_SERVER_HOST/$CI_PROJECT_PATH.git"
        assert address in push
        push = push.replace(address, remote)
    for _turn in range(2):  # a second run with the same snapshots pushes nothing
        run(repository, write)
        run(repository, push, CI_COMMIT_BRANCH="main")
    git(repository, "fetch", "-q")
    assert git(repository, "log", "--format=%s", "origin/main").splitlines()[0].startswith("Bring the documentation")
    assert git(repository, "log", "--format=%s", "origin/main").count("Bring the documentation") == 1
    assert "collected 2026-10-02" in git(repository, "show", "origin/main:clusters/production/README.md")
