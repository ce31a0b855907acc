"""Where everything in the catalog was read: each project, ref and file that an entry or a data file names, and whether it is there.

``python -m tools.citations`` prints them, one a line: project, ref, path, and who names them. ``python -m tools.citations --clones DIR`` looks
for each in the clones of a folder, ``DIR/owner/name`` or ``DIR/owner+name``, and prints what is not there; the exit status is 1 if anything is not.
With ``--write`` the result becomes ``tools/citations.yaml``: by project, on which day how many were found, and which could not be looked for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from rkedoc.catalog.loader import load_catalog
from rkedoc.catalog.sources import Citation, data_sources, parse_source

RESULT: Final = Path(__file__).with_name("citations.yaml")

_HEAD: Final = """# Written by tools/citations.py: the files that the catalog names as its sources, looked for in clones of their projects. By project the day, how many
# were found at their refs, which were not, and how many could not be looked for, since there was no clone.
"""


class State(StrEnum):
    """What looking for a file at a ref gave."""

    FOUND = "found"
    NO_REF = "no such ref"
    NO_FILE = "no such file"
    NO_CLONE = "no clone"


@dataclass(frozen=True, slots=True)
class Named:
    """A file or folder at a ref of a project, and where it is named. ``beside`` is the one named before it."""

    project: str
    ref: str
    path: str
    where: str
    beside: str = ""

    def __str__(self) -> str:
        return f"{self.project}\t{self.ref}\t{self.path}\t{self.where}"


def shipped_sources() -> Iterator[tuple[str, str]]:
    """(where, source) of every source that the package names."""
    for entry in load_catalog().entries:
        yield from ((f"{entry.id}.md", source) for source in entry.sources)
    yield from data_sources()


def named(sources: Iterable[tuple[str, str]]) -> Iterator[Named]:
    """Every file at every ref of (where, source). Of threads and pages there is nothing to look for in a clone."""
    for where, source in sources:
        for citation in parse_source(source):
            yield from _of(citation, where)


def _of(citation: Citation, where: str) -> Iterator[Named]:
    for ref in citation.refs if citation.kind == "file" else ():
        beside = ""
        for path in citation.paths:
            yield Named(citation.project, ref, path, where, beside)
            beside = path if "/" in path else str(PurePosixPath(beside).parent / path)


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone of a project."""

    git_dir: Path

    def commit(self, ref: str) -> str:
        """The commit that a tag, a branch, or the beginning of a commit stands for; empty if there is none."""
        for name in (ref, f"refs/remotes/origin/{ref}"):
            if told := self._git("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}"):
                return told.strip()
        return ""

    def files(self, commit: str) -> frozenset[str]:
        """The files of a commit and the folders that they lie in."""
        files = self._git("ls-tree", "-r", "-z", "--name-only", commit).split("\0")
        return frozenset(files).union(*({str(one) for one in PurePosixPath(file).parents} for file in files))

    def _git(self, *arguments: str) -> str:
        command = ["git", f"--git-dir={self.git_dir}", *arguments]
        return subprocess.run(command, capture_output=True, check=False).stdout.decode("utf-8", "replace")


def clone_of(folder: Path, project: str) -> Clone | None:
    """The clone of a project in a folder of clones, bare or with a work tree; ``None`` if there is none."""
    for place in (folder / project, folder / project.replace("/", "+")):
        for git_dir in (place, place / ".git", place.with_name(f"{place.name}.git")):
            if (git_dir / "HEAD").is_file() and (git_dir / "objects").is_dir():
                return Clone(git_dir)
    return None


def looked_for(things: Iterable[Named], folder: Path) -> Iterator[tuple[Named, State]]:
    """Each with what looking for it in the clones of a folder gave; those of one commit are told one after the other."""
    by_project: dict[str, dict[str, list[Named]]] = {}
    for thing in things:
        by_project.setdefault(thing.project, {}).setdefault(thing.ref, []).append(thing)
    for project, by_ref in sorted(by_project.items()):
        clone = clone_of(folder, project)
        for ref, asked in by_ref.items():
            commit = clone.commit(ref) if clone else ""
            files = clone.files(commit) if clone and commit else frozenset()
            for thing in asked:
                if clone is None:
                    yield thing, State.NO_CLONE
                elif not commit:
                    yield thing, State.NO_REF
                else:
                    yield thing, State.FOUND if _is_there(thing, files) else State.NO_FILE


def _is_there(thing: Named, files: frozenset[str]) -> bool:
    path = thing.path.rstrip("/")
    return path in files or (bool(thing.beside) and str(PurePosixPath(thing.beside).parent / path) in files)


def evidence(results: Iterable[tuple[Named, State]], before: Mapping[str, Any], today: str) -> dict[str, Any]:
    """What is written down of results. Of a project without a clone, what was found before stays."""
    by_project: dict[str, list[tuple[Named, State]]] = {}
    for thing, state in results:
        by_project.setdefault(thing.project, []).append((thing, state))
    told: dict[str, Any] = {}
    for project, found in sorted(by_project.items()):
        unread = sum(state is State.NO_CLONE for _thing, state in found)
        missing = [
            f"{thing.ref}, {thing.path}: {state}" for thing, state in found if state in (State.NO_REF, State.NO_FILE)
        ]
        if unread:
            told[project] = before.get(project, {"not looked for": unread})
        else:
            told[project] = {
                "day": today,
                "found": len(found) - len(missing),
                **({"missing": missing} if missing else {}),
            }
    return told


def main(arguments: Sequence[str]) -> int:
    """Print what is named, or what of it is not there."""
    parser = argparse.ArgumentParser(prog="python -m tools.citations", description=__doc__)
    parser.add_argument("--clones", type=Path, metavar="DIR", help="look for each in the clones of this folder")
    parser.add_argument("--write", action="store_true", help=f"write the result to {RESULT.name}")
    asked = parser.parse_args(arguments)
    things = tuple(dict.fromkeys(named(shipped_sources())))
    if asked.clones is None:
        print("\n".join(map(str, sorted(things, key=str))))
        return 0
    results = tuple(looked_for(things, asked.clones))
    for thing, state in results:
        if state is not State.FOUND and state is not State.NO_CLONE:
            print(f"{state}\t{thing}")
    count = {state: sum(one is state for _thing, one in results) for state in State}
    print(", ".join(f"{state}: {number}" for state, number in count.items()))
    if asked.write:
        before = yaml.safe_load(RESULT.read_text("utf-8")) if RESULT.exists() else {}
        told = evidence(results, before, datetime.now(UTC).date().isoformat())
        RESULT.write_text(_HEAD + yaml.safe_dump(told, sort_keys=False, width=120, default_flow_style=None), "utf-8")
    return 1 if count[State.NO_REF] or count[State.NO_FILE] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
